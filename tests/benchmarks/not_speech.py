"""Sounds that are not speech, made from speech: what a strict judge must not be taken in by."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import istft, stft
from spoken_digits import Clip

Waveform = NDArray[np.float64]
Spoiler: TypeAlias = Callable[[Waveform, int, np.random.Generator], Waveform]


def shuffled(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """Frames of 12.5 to 100 ms in random order."""
    size = max(1, int(rate * chance.choice([0.0125, 0.025, 0.05, 0.1])))
    frames = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size)
    return frames[chance.permutation(len(frames))].reshape(-1)


def backwards(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """From its end to its beginning."""
    return samples[::-1].copy()


def same_spectrum(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """Noise with the clip's spectrum."""
    spectrum = np.abs(np.fft.rfft(samples))
    phases = np.exp(2j * np.pi * chance.random(len(spectrum)))
    return np.fft.irfft(spectrum * phases, len(samples))


def same_loudness(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """Noise, white or with the clip's spectrum, that is as loud as the clip at any time."""
    width = max(1, rate // 50)
    envelope = np.sqrt(np.convolve(samples**2, np.ones(width) / width, "same"))
    white = chance.random() < 0.5
    noise = chance.standard_normal(len(samples)) if white else same_spectrum(samples, rate, chance)
    return envelope * noise


def silence(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """Nothing, or as good as nothing: a step of 16 bits up and down."""
    return chance.integers(-1, 2, len(samples)) * (chance.random() < 0.7) / 2**15


def hum(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """A steady tone with harmonics, and some noise."""
    pitch = chance.uniform(50, 300)
    count = int(chance.integers(1, 20))
    time = np.arange(len(samples)) / rate
    heights = np.arange(1, count + 1) ** -chance.uniform(0.3, 2.0)
    tone = sum(
        height * np.sin(2 * np.pi * pitch * k * time + chance.uniform(0, 6.3))
        for k, height in enumerate(heights, 1)
        if pitch * k < rate / 2
    )
    return 0.1 * tone + 10 ** chance.uniform(-4, -1.5) * chance.standard_normal(len(samples))


def stuck(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """One piece of 20 to 80 ms again and again, as by a model that cannot go on."""
    size = int(rate * chance.uniform(0.02, 0.08))
    level = np.convolve(samples**2, np.ones(size), "valid") if len(samples) > size else np.ones(1)
    loud = np.flatnonzero(level > 0.2 * level.max())
    start = int(chance.choice(loud))
    piece = samples[start : start + size]
    return np.resize(piece, len(samples)) * np.hanning(len(samples) + 2)[1:-1] ** 0.2


def crackling(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """Each patch of time and frequency far too loud or too soft, as of a model that draws them one by one."""
    _, _, spectrum = stft(samples, rate, nperseg=_size(samples, 256), noverlap=None)
    strength = chance.uniform(1.6, 2.6)
    patches = np.exp(strength * chance.standard_normal(spectrum.shape)) * np.exp(
        2j * np.pi * chance.random(spectrum.shape)
    )
    return _back(spectrum * patches, samples, 256)


def blurred(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """Every moment the mean of 0.3 to 0.6 s around it, as of a model that predicts the mean of all it might say."""
    _, _, spectrum = stft(samples, rate, nperseg=_size(samples, 256), noverlap=None)
    power = np.abs(spectrum) ** 2
    width = max(1, round(chance.uniform(0.3, 0.6) * rate / 128))
    mean = uniform_filter1d(power, width, axis=1, mode="constant")
    phases = np.exp(2j * np.pi * chance.random(spectrum.shape))
    return _back(np.sqrt(np.maximum(mean, 0)) * phases, samples, 256)


def wandering(samples: Waveform, rate: int, chance: np.random.Generator) -> Waveform:
    """Pieces of 40 to 120 ms from all over the clip, faded into one another, some of them backwards: babble."""
    size = int(rate * chance.uniform(0.04, 0.12)) // 2 * 2
    padded = np.pad(samples, (0, size + 1))
    result = np.zeros(len(samples) + size)
    for start in range(0, len(samples), size // 2):
        at = int(chance.integers(0, len(padded) - size))
        piece = padded[at : at + size]
        result[start : start + size] += np.hanning(size) * (piece if chance.random() < 0.5 else piece[::-1])
    return result[: len(samples)]


KINDS: dict[str, Spoiler] = {
    "shuffled frames": shuffled,
    "backwards": backwards,
    "noise of the same spectrum": same_spectrum,
    "noise of the same loudness": same_loudness,
    "silence": silence,
    "hum": hum,
    "stuck": stuck,
    "crackling": crackling,
    "blurred": blurred,
    "wandering": wandering,
}


def spoilt(clips: list[Clip], kind: str, seed: int) -> list[Clip]:
    """Every clip made into something that is not speech.

    Args:
        clips: of speech.
        kind: one of `KINDS`.
        seed: the same seed spoils alike.
    """
    chance = np.random.default_rng([seed, *kind.encode()])
    return [(KINDS[kind](samples.astype(np.float64), rate, chance).astype(np.float32), rate) for samples, rate in clips]


def _size(samples: Waveform, most: int) -> int:
    return min(most, len(samples))


def _back(spectrum: NDArray[np.complex128], samples: Waveform, size: int) -> Waveform:
    _, result = istft(spectrum, nperseg=_size(samples, size))
    return np.resize(result, len(samples)) if len(result) < len(samples) else result[: len(samples)]
