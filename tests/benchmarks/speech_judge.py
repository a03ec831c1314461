"""Two judges of spoken digits, taught by real recordings only, and distances between what they hear.

    judge = Judge.trained()
    judge.digits(clips)             # J1: which digit, of ten
    judge.strict_digits(clips)      # J2: which digit, or NOT_SPEECH
    frechet_distance(judge.features(clips), judge.features(real))

Both are small convolutional networks on log-mels (`speech_features`): neither loudness nor anything below 60 Hz makes a
difference to them. The second has an eleventh class for what is not speech (`not_speech`): the first, which must
answer with a digit, still recognises most clips whose frames have been shuffled.

They are taught once (about three minutes of one processor core) and kept below .benchmarks/.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import not_speech
import numpy as np
import speech_features
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from speech_features import BANDS, FRAMES, log_mels
from spoken_digits import ROOT, Clip, SpokenDigits, spoken_digits
from torch import Tensor, nn
from torch.nn import functional as F

CACHE = ROOT / ".benchmarks" / "speech-judges"
NOT_SPEECH = 10
FEATURES = 64

_SEED = 1
_EPOCHS = {10: 16, 11: 14}  # by number of classes
_BATCH = 32
_RATE = 3e-3

Labels = NDArray[np.int64]
Features = NDArray[np.float64]


class Judge:
    """The two judges together.

    Args:
        lenient: J1, ten classes.
        strict: J2, eleven.
    """

    def __init__(self, lenient: Listener, strict: Listener) -> None:
        self._lenient, self._strict = lenient.eval(), strict.eval()

    @classmethod
    def trained(cls, cache: Path = CACHE) -> Judge:
        """The judges, taught now if that has not been done yet.

        Raises:
            FileNotFoundError: they have to be taught, and the data set is absent.
        """
        judges = []
        material: SpokenDigits | None = None
        for classes in _EPOCHS:
            path = cache / f"{classes}-classes-{_version(classes)}.safetensors"
            listener = Listener(classes)
            if not path.is_file():
                material = material or spoken_digits(test=False)
                began = time.process_time()
                teach(listener, material)
                print(f"judge of {classes} classes taught in {time.process_time() - began:.0f} s of processor time")
                cache.mkdir(parents=True, exist_ok=True)
                save_file(listener.state_dict(), path)
            listener.load_state_dict(load_file(path))
            judges.append(listener)
        return cls(*judges)

    def digits(self, clips: Sequence[Clip]) -> Labels:
        """J1's answers ``[N]``, 0 to 9."""
        return _answers(self._lenient, clips)

    def strict_digits(self, clips: Sequence[Clip]) -> Labels:
        """J2's answers ``[N]``: 0 to 9, or `NOT_SPEECH`."""
        return _answers(self._strict, clips)

    def is_speech(self, clips: Sequence[Clip]) -> NDArray[np.bool_]:
        """Whether J2 takes each clip for speech, ``[N]``."""
        return self.strict_digits(clips) != NOT_SPEECH

    def features(self, clips: Sequence[Clip]) -> Features:
        """What J2 makes of each clip before it decides, ``[N, FEATURES]``."""
        with torch.inference_mode():
            parts = [self._strict.features(part) for part in heard(clips).split(256)]
        return torch.cat(parts).double().numpy()


def frechet_distance(a: Features, b: Features) -> float:
    """Between the normal distributions that have the means and covariances of two sets of features.

    |mu_a - mu_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)) (Dowson and Landau 1982; Heusel et al. 2017, arXiv:1706.08500).

    Args:
        a: ``[N, F]``.
        b: ``[M, F]``.
    """
    difference = a.mean(0) - b.mean(0)
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # The eigenvalues of C_a C_b are those of the symmetric C_a^(1/2) C_b C_a^(1/2).
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    crossed = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    return float(difference @ difference + np.trace(first) + np.trace(second) - 2 * crossed)


class Listener(nn.Module):
    """Four convolutions, the mean and the largest of each channel over time, one hidden layer.

    Args:
        classes: how many answers there are.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        widths = (1, 16, 32, 48)
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        self.across = nn.Conv2d(widths[-1], 96, (BANDS // 8, 3), padding=(0, 1), bias=False)
        self.across_norm = nn.BatchNorm2d(96)
        self.hidden = nn.Linear(2 * 96, FEATURES)
        self.answer = nn.Linear(FEATURES, classes)

    def features(self, mels: Tensor) -> Tensor:
        """``[N, BANDS, FRAMES] -> [N, FEATURES]``."""
        x = 2 * mels[:, None] + 1  # [N, 1, BANDS, FRAMES]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.max_pool2d(F.relu(norm(convolution(x))), 2)  # [N, C, BANDS / 2, FRAMES / 2]
        x = F.relu(self.across_norm(self.across(x))).squeeze(2)  # [N, 96, FRAMES / 8]
        return torch.tanh(self.hidden(torch.cat([x.mean(-1), x.amax(-1)], -1)))

    def forward(self, mels: Tensor) -> Tensor:
        """``[N, BANDS, FRAMES]`` to log odds ``[N, classes]``."""
        return self.answer(F.dropout(self.features(mels), 0.3, self.training))


def heard(clips: Sequence[Clip]) -> Tensor:
    """``[N, BANDS, FRAMES]``."""
    return torch.from_numpy(np.stack([log_mels(clip) for clip in clips]))


def _answers(listener: Listener, clips: Sequence[Clip]) -> Labels:
    with torch.inference_mode():
        parts = [listener(part).argmax(-1) for part in heard(clips).split(256)]
    return torch.cat(parts).numpy()


# ---------------------------------------------------------------- teaching


def teach(listener: Listener, material: SpokenDigits) -> None:
    """Train a judge; the same each time on the same machine.

    Args:
        listener: with ten classes, or eleven: then every epoch hears as much that is not speech as half the speech.
        material: the real clips of the training part.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        fresh = Listener(listener.classes)
        listener.load_state_dict(fresh.state_dict())
        mels, labels = heard(material.clips), torch.from_numpy(material.digits)
        spoilt = _spoilt(material.clips) if listener.classes > NOT_SPEECH else mels[:0]
        epochs = _EPOCHS[listener.classes]
        steps = epochs * math.ceil((len(mels) + min(len(spoilt), len(mels) // 2)) / _BATCH)
        optimiser = torch.optim.AdamW(listener.parameters(), _RATE, weight_decay=0.02)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
        listener.train()
        for _ in range(epochs):
            some = spoilt[torch.randperm(len(spoilt))[: len(mels) // 2]]
            inputs = torch.cat([mels, some])
            wanted = torch.cat([labels, labels.new_full((len(some),), NOT_SPEECH)])
            for chosen in torch.randperm(len(inputs)).split(_BATCH):
                loss = F.cross_entropy(listener(_varied(inputs[chosen])), wanted[chosen], label_smoothing=0.05)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
        listener.eval()


def _spoilt(clips: list[Clip]) -> Tensor:
    """All kinds of what is not speech, from half of the clips each."""
    parts = []
    for i, kind in enumerate(not_speech.KINDS):
        parts.append(heard(not_speech.spoilt(clips[i % 2 :: 2], kind, _SEED)))
    return torch.cat(parts)


def _varied(mels: Tensor) -> Tensor:
    """The same clips spoken a little earlier or later, faster or slower, in other rooms, with pieces missing."""
    count = len(mels)
    # A stretch of time by up to 15% and a shift by up to 120 ms, one grid for each clip.
    scale = 1 + 0.15 * (2 * torch.rand(count, 1) - 1)
    shift = (2 * torch.rand(count, 1) - 1) * 24 / FRAMES
    time = torch.linspace(-1, 1, FRAMES) * scale + shift  # [N, FRAMES]
    tone = torch.linspace(-1, 1, BANDS)[None] + 0.05 * (2 * torch.rand(count, 1) - 1)  # [N, BANDS]
    grid = torch.stack([time[:, None].expand(-1, BANDS, -1), tone[:, :, None].expand(-1, -1, FRAMES)], -1)
    moved = F.grid_sample(mels[:, None] + 1, grid, align_corners=True)[:, 0] - 1  # outside is silence
    # The room: a slope and a bend over the bands, and a floor of noise.
    band = torch.linspace(-1, 1, BANDS)[None, :, None]
    colour = 0.12 * torch.randn(count, 1, 1) * band + 0.06 * torch.randn(count, 1, 1) * torch.cos(torch.pi * band)
    coloured = torch.where(moved > -0.999, moved + colour, moved)
    floor = -1 + 0.45 * torch.rand(count, 1, 1) ** 2 + 0.02 * torch.randn(mels.shape)
    noisy = torch.maximum(coloured, floor)
    noisy = (noisy - noisy.amax((1, 2), keepdim=True)).clamp(-1, 0)
    # Pieces missing (Park et al. 2019, SpecAugment).
    bands, frames = torch.arange(BANDS)[None], torch.arange(FRAMES)[None]
    lost_bands = (bands - torch.randint(BANDS, (count, 1))).abs() < torch.randint(1, 4, (count, 1))
    lost_frames = (frames - torch.randint(FRAMES, (count, 1))).abs() < torch.randint(1, 4, (count, 1))
    return noisy.masked_fill(lost_bands[:, :, None] | lost_frames[:, None, :], -1.0)


def _version(classes: int) -> str:
    """Changes with whatever a judge is made of, so that a changed judge is taught anew."""
    digest = hashlib.sha256()
    for module in (__file__, speech_features.__file__, not_speech.__file__)[: 2 + (classes > NOT_SPEECH)]:
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()[:12]
