"""Lower bounds on the log likelihood of whole sequences: the ELBO, and the tighter importance-weighted bound.

Both walk through a sequence once, from its first frame to its last, and never reset the state within it. They are given
in nats, in the units of the material: the representation's ``nats_per_frame_offset`` is taken off the log density of
every frame, since p(x in material units) = p(frame) / (material units per frame unit)^columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.capacity import refuse_beyond_memory
from studio.models.sequence_model import SequenceModel, Terms
from studio.sequences.batches import padded
from studio.sequences.sequence import Sequence as FrameSequence

CHUNK = 512  # frames scored at a time at most; the state is carried from chunk to chunk
LEAST_CHUNK = 16  # at least; a multiple of it too, so that the noise is the same whatever the chunks
CHUNK_WORK = 2**33  # multiplications in a chunk, where that leaves enough frames: some tenths of a second
TOGETHER = 64  # sequences times particles scored at a time


@dataclass(frozen=True)
class Estimate:
    """A mean over items and its standard error; NaN for a single item."""

    mean: float
    standard_error: float


@dataclass(frozen=True)
class Bound:
    """A lower bound on the log likelihood, in nats; the larger the better.

    Attributes:
        name: "elbo" or "iwae".
        particles: K, how many samples of z per sequence.
        items: how many sequences.
        frames: how many frames they have together.
        per_sequence: log p(x) of a sequence, mean over sequences.
        per_frame: all nats over all frames.
        reconstruction: mean of -log p(x_t | z_t), per frame; with ``kl`` it makes up the ELBO.
        kl: mean KL per frame, which has no units.
        nats_per_frame_offset: what changing to material units took off every frame.
        units: the constants of the normalisation, for display.
    """

    name: str
    particles: int
    items: int
    frames: int
    per_sequence: Estimate
    per_frame: Estimate
    reconstruction: float
    kl: float
    nats_per_frame_offset: float = 0.0
    units: Mapping[str, float] = field(default_factory=dict)

    @property
    def bits_per_frame(self) -> float:
        """The bound per frame in bits."""
        return self.per_frame.mean / math.log(2)

    def to_dict(self) -> dict[str, Any]:
        """JSON values: for ``vrnn-studio evaluate --json``."""

        def estimate(value: Estimate) -> dict[str, float | None]:
            error = None if math.isnan(value.standard_error) else value.standard_error
            return {"mean": value.mean, "standard_error": error}

        return {
            "bound": self.name,
            "particles": self.particles,
            "items": self.items,
            "frames": self.frames,
            "nats_per_sequence": estimate(self.per_sequence),
            "nats_per_frame": estimate(self.per_frame),
            "bits_per_frame": self.bits_per_frame,
            "reconstruction_nats_per_frame": self.reconstruction,
            "kl_nats_per_frame": self.kl,
            "nats_per_frame_offset": self.nats_per_frame_offset,
            "units": dict(self.units),
        }


def elbo(
    model: SequenceModel,
    sequences: Sequence[FrameSequence],
    *,
    seed: int = 0,
    nats_per_frame_offset: float = 0.0,
    units: Mapping[str, float] | None = None,
    beside: Sequence[float] = (),
    before_chunk: Callable[[], object] = lambda: None,
) -> Bound:
    """The bound (11) of Chung et al. 2015, with one sample of z and the KL in closed form.

    Args:
        model: on whatever device it is.
        sequences: at least one.
        seed: of the posterior's samples.
        nats_per_frame_offset: of the representation; 0 leaves the bound in frame units.
        units: of the representation, to be kept with the figure.
        beside: nats that each sequence costs beside the model (see `unrepresented`); none: nothing.
        before_chunk: called every few tenths of a second; what it raises ends the measuring.
    """
    return _bound("elbo", model, sequences, 1, seed, nats_per_frame_offset, units or {}, before_chunk, beside)


def iwae(
    model: SequenceModel,
    sequences: Sequence[FrameSequence],
    particles: int,
    *,
    seed: int = 0,
    nats_per_frame_offset: float = 0.0,
    units: Mapping[str, float] | None = None,
    beside: Sequence[float] = (),
    before_chunk: Callable[[], object] = lambda: None,
) -> Bound:
    """The importance-weighted bound E log 1/K sum_k p(x, z_k) / q(z_k | x) over whole sequences.

    Burda et al. 2016 (arXiv:1509.00519), equation (8). In expectation it grows with K, from the ELBO at K = 1 towards
    log p(x); for long sequences it needs many particles to come near. Arguments as for `elbo`.
    """
    return _bound("iwae", model, sequences, particles, seed, nats_per_frame_offset, units or {}, before_chunk, beside)


def _bound(
    name: str,
    model: SequenceModel,
    sequences: Sequence[FrameSequence],
    particles: int,
    seed: int,
    offset: float,
    units: Mapping[str, float],
    before_chunk: Callable[[], object],
    beside: Sequence[float],
) -> Bound:
    if not sequences or particles < 1:
        raise ValueError("a bound needs at least one sequence and one particle")
    refuse_beyond_memory(
        4.0 * particles * (model.latent + model.layout.width) * min(LEAST_CHUNK, max(map(len, sequences))),
        f"{particles:,} particles",
        "choose fewer",
    )
    generator = torch.Generator().manual_seed(seed)
    order = sorted(range(len(sequences)), key=lambda i: len(sequences[i]))  # batches of about the same length
    at_once = max(1, TOGETHER // particles)
    parts = [
        _score([sequences[i] for i in order[first : first + at_once]], model, particles, generator, before_chunk)
        for first in range(0, len(order), at_once)
    ]
    nll, kl, log_weight = (np.concatenate(values, -1) for values in zip(*parts, strict=True))  # each [K, N]
    lengths = np.array([len(sequences[i]) for i in order])  # [N]
    extra = offset * lengths + (np.array(beside)[order] if len(beside) else 0.0)  # [N]
    nll = nll + extra
    if name == "elbo":
        bounds = -(nll + kl).mean(0)  # [N]
    else:
        # The mean in one number, not of logarithms: log 1/K sum_k exp(w_k), with the largest taken out.
        log_weight = log_weight - extra
        largest = log_weight.max(0)
        bounds = largest + np.log(np.exp(log_weight - largest).mean(0))
    frames = int(lengths.sum())
    return Bound(
        name=name,
        particles=particles,
        items=len(sequences),
        frames=frames,
        per_sequence=_mean(bounds),
        per_frame=_ratio(bounds, lengths),
        reconstruction=float(nll.mean(0).sum()) / frames,
        kl=float(kl.mean(0).sum()) / frames,
        nats_per_frame_offset=offset,
        units=units,
    )


def _score(
    sequences: list[FrameSequence],
    model: SequenceModel,
    particles: int,
    generator: torch.Generator,
    before_chunk: Callable[[], object],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Negative log likelihood, KL and log importance weight of each sequence, ``[K, N]``."""
    totals = torch.zeros(3, particles * len(sequences), dtype=torch.float64)  # [3, K N]
    for terms in scored(sequences, model, particles, generator, before_chunk):
        sums = [value.cpu().double().sum(0) for value in (terms.nll, terms.kl, terms.log_weight)]  # [K N] each
        totals += torch.stack(sums)
    nll, kl, log_weight = totals.view(3, particles, len(sequences)).numpy()
    return nll, kl, log_weight


def scored(
    sequences: list[FrameSequence],
    model: SequenceModel,
    particles: int,
    generator: torch.Generator,
    before_chunk: Callable[[], object] = lambda: None,
) -> Iterator[Terms]:
    """The terms of whole sequences side by side, stretch after stretch; the state is carried from one to the next.

    Args:
        sequences: N of them.
        particles: K; each sequence is scored so often, with other samples of z.
        generator: of the posterior's samples.
        before_chunk: is called before each stretch; what it raises ends it all.
    """
    device = next(model.parameters()).device
    state = model.labelled_state([sequence.label for sequence in sequences] * particles, device)
    for x, mask, times in _chunks(sequences, particles, _at_once(model, sequences, particles)):
        before_chunk()
        noise = torch.randn(*mask.shape, model.posterior_noise_width, generator=generator)  # [T, K N, Z + G]
        with torch.inference_mode():
            timed = None if times is None else times.to(device)
            terms, state = model.score(x.to(device), mask.to(device), state, noise.to(device), times=timed)
        yield terms


def _at_once(model: SequenceModel, sequences: list[FrameSequence], particles: int) -> int:
    """How many frames to score at a time, so that whoever waits for the end of a chunk does not wait long."""
    if model.needs_whole_sequence:
        return max(map(len, sequences))
    work = particles * len(sequences) * sum(parameter.numel() for parameter in model.parameters())  # of a frame
    return min(CHUNK, max(LEAST_CHUNK, CHUNK_WORK // work // LEAST_CHUNK * LEAST_CHUNK))


def _chunks(
    sequences: list[FrameSequence], particles: int, at_once: int
) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    """Frames ``[T, K N, D]``, mask ``[T, K N]`` and times ``[T, K N]``, stretch after stretch."""
    batch = padded(sequences)
    frames, mask = torch.from_numpy(batch.frames), torch.from_numpy(batch.mask)
    times = None if batch.times is None else torch.from_numpy(batch.times)
    for first in range(0, len(mask), at_once):
        chunk = slice(first, first + at_once)
        timed = None if times is None else times[chunk].repeat(1, particles)
        yield frames[chunk].repeat(1, particles, 1), mask[chunk].repeat(1, particles), timed


def _mean(values: NDArray[np.float64]) -> Estimate:
    count = len(values)
    error = float(values.std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan
    return Estimate(float(values.mean()), error)


def _ratio(values: NDArray[np.float64], lengths: NDArray[np.int64]) -> Estimate:
    """Sum of values over sum of lengths, with the standard error of a ratio (Cochran 1977, section 2.11)."""
    ratio = float(values.sum() / lengths.sum())
    count = len(values)
    if count < 2:
        return Estimate(ratio, math.nan)
    residuals = values - ratio * lengths
    error = math.sqrt(float((residuals**2).sum()) / (count - 1) / count) / float(lengths.mean())
    return Estimate(ratio, error)
