"""What a person says, or any sound: a recording, and where in it something is to be heard."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sound.resampling import resampled

Samples: TypeAlias = NDArray[np.float32]

_FRAME_SECONDS = 0.01
_SHORTEST_SECONDS = 0.04  # a click is no word
_BELOW_LOUDEST = 35.0  # decibels by which the softest sounds of speech lie under its loudest
_ABOVE_NOISE = 8.0  # decibels by which a sound stands out from a room
BEFORE = 0.05
"""Seconds left before what is heard: the beginnings of f and s are soft."""
AFTER = 0.10
"""Seconds left after it, for a voice to fade."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Sound as samples.

    Attributes:
        samples: ``[N, C]`` float32, 1 being full scale; ``[N]`` is taken as one channel. N >= 1.
        rate: samples per second and channel.
        label: what is said, "" where unknown.

    Raises:
        ValueError: where there are no samples, one is not finite, or the rate is not positive.
    """

    samples: Samples
    rate: int
    label: str = ""

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples, np.float32)
        if samples.ndim == 1:
            samples = samples[:, None]
        if samples.ndim != 2 or samples.size == 0:
            raise ValueError(f"samples must have shape [N, C] with at least one of each, not {self.samples.shape}")
        if not np.isfinite(samples).all():
            raise ValueError("samples must be finite numbers")
        if self.rate < 1 or self.rate != int(self.rate):
            raise ValueError(f"a rate of {self.rate} samples per second cannot be")
        if samples.flags.writeable:  # else it is another recording's, and stays the very same
            samples = samples.view()
            samples.setflags(write=False)
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "rate", int(self.rate))

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def channels(self) -> int:
        """C."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self) / self.rate

    @property
    def mono(self) -> Samples:
        """The mean of all channels, ``[N]``."""
        if self.channels == 1:
            return self.samples[:, 0]
        mixed: Samples = self.samples.mean(1, dtype=np.float32)
        return mixed

    def labelled(self, label: str) -> Recording:
        """The same recording under another label."""
        other = copy(self)  # `replace` would look through all the samples again
        object.__setattr__(other, "label", label)
        return other

    def cut(self, start: int, end: int | None = None) -> Recording:
        """The frames from ``start`` to before ``end``, counted as in a slice; at least one is left."""
        first, last, _ = slice(start, end).indices(len(self))
        first = min(first, len(self) - 1)
        return replace(self, samples=self.samples[first : max(last, first + 1)])


def mixed_to_mono(recording: Recording) -> Recording:
    """The recording with one channel, the mean of all."""
    return recording if recording.channels == 1 else replace(recording, samples=recording.mono)


def at_rate(recording: Recording, rate: int) -> Recording:
    """The recording resampled."""
    return replace(recording, samples=resampled(recording.samples, recording.rate, rate), rate=rate)


def trimmed(recording: Recording) -> Recording:
    """The recording without the silence before the first sound and after the last; all of it if it is all silence."""
    start, end = sounding_part(recording.samples, recording.rate)
    return recording.cut(start, end)


def sounding_part(samples: ArrayLike, rate: float) -> tuple[int, int]:
    """Where a recording begins and ends to be heard: the first frame, and the first one after it.

    Args:
        samples: ``[N, C]`` or ``[N]``.
        rate: samples per second.
    """
    parts = sounding_parts(samples, rate, pause=np.inf)
    return parts[0] if parts else (0, len(np.asarray(samples)))


def split_at_pauses(recording: Recording, pause: float = 0.3) -> list[Recording]:
    """One recording for each stretch between pauses: ten words said in a row become ten recordings.

    Args:
        recording: what to split.
        pause: seconds of silence that part two stretches.

    Returns:
        at least one; the recording itself where it is all silence.
    """
    parts = sounding_parts(recording.samples, recording.rate, pause)
    return [recording.cut(start, end) for start, end in parts] or [recording]


def sounding_parts(samples: ArrayLike, rate: float, pause: float) -> list[tuple[int, int]]:
    """The stretches of sound between pauses, each with a margin (`BEFORE`, `AFTER`), in order, not overlapping.

    Sound is what lies less than 35 dB below the loudest moments and stands out from the softest by 8 dB.

    Args:
        samples: ``[N, C]`` or ``[N]``.
        rate: samples per second.
        pause: seconds of silence that part two stretches.

    Returns:
        for each the first frame, and the first one after it; none where all is silence.
    """
    array = np.asarray(samples, np.float32)
    levels = _levels(array.reshape(len(array), -1), rate)
    loudest, softest = np.percentile(levels, 98), np.percentile(levels, 5)
    if loudest <= _LOWEST:
        return []
    threshold = loudest - _BELOW_LOUDEST
    if softest + _ABOVE_NOISE < loudest:
        threshold = max(threshold, softest + _ABOVE_NOISE)
    runs = [(a, b) for a, b in _runs(levels > threshold) if (b - a) * _FRAME_SECONDS >= _SHORTEST_SECONDS]
    frame = max(1, round(_FRAME_SECONDS * rate))
    before, after = round(BEFORE * rate), round(AFTER * rate)
    parts: list[tuple[int, int]] = []
    for first, last in _joined(runs, pause / _FRAME_SECONDS):
        start, end = max(0, first * frame - before), min(len(array), last * frame + after)
        if parts and start < parts[-1][1]:  # the margins of neighbours meet half-way
            start = (start + parts[-1][1]) // 2
            parts[-1] = (parts[-1][0], start)
        parts.append((start, end))
    return parts


_LOWEST = -96.0  # decibels, the step of 16-bit samples


def _levels(frames: Samples, rate: float) -> NDArray[np.float64]:
    """Root mean square of each 10 ms, in decibels, without what does not oscillate."""
    size = max(1, round(_FRAME_SECONDS * rate))
    sums = np.add.reduceat(frames**2, np.arange(0, len(frames), size), 0, np.float64).mean(1)
    means = np.add.reduceat(frames, np.arange(0, len(frames), size), 0, np.float64)
    counts = np.diff(np.append(np.arange(0, len(frames), size), len(frames)))
    offset = frames.mean(0, dtype=np.float64)
    power = sums / counts - (2 * means / counts[:, None] * offset - offset**2).mean(1)
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 10 ** (_LOWEST / 10)))
    return decibels


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First index and the one after the last of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _joined(runs: list[tuple[int, int]], pause: float) -> list[tuple[int, int]]:
    """Runs with less than a pause between them become one."""
    result: list[tuple[int, int]] = []
    for first, last in runs:
        if result and first - result[-1][1] < pause:
            result[-1] = (result[-1][0], last)
        else:
            result.append((first, last))
    return result
