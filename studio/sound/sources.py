"""What a player plays: a recording that is all there, or samples that are still being made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sound.stretching import Stretcher

Samples: TypeAlias = NDArray[np.float32]
ReadChunk: TypeAlias = Callable[[int], ArrayLike | None]
"""Asked for n frames, gives ``[m, C]`` or ``[m]``: preferably n, but any number will do, also 0; None at the end."""


class Source(Protocol):
    """Where a player's thread gets its samples.

    Attributes:
        rate: samples per second.
        channels: C.
    """

    rate: int
    channels: int

    @property
    def position(self) -> float:
        """The frame that comes next."""
        ...

    def read(self, count: int) -> Samples | None:
        """The next frames ``[m, C]``, m about ``count`` but 0 where there are none yet; None at the end.

        They follow upon one another in time.
        """
        ...

    def seek(self, frame: float) -> None:
        """Go on from another frame."""
        ...


class Clip:
    """Samples that are all there: they can be looped, sought in, slowed down.

    Args:
        samples: ``[N, C]`` or ``[N]``.
        rate: samples per second.
        start: first frame to be heard.
        end: first frame not to be heard; None: to the last.

    Attributes:
        loop: whether it begins again at its end.
        speed: 1 as it was, 0.5 half as fast at the same pitch.
    """

    def __init__(self, samples: ArrayLike, rate: int, start: int = 0, end: int | None = None) -> None:
        self.rate = rate
        self.loop = False
        self.speed = 1.0
        self._samples = as_frames(samples)
        self.channels = self._samples.shape[1]
        self.end = len(self._samples) if end is None else max(0, min(end, len(self._samples)))
        self.start = max(0, min(start, self.end))
        self._stretcher = Stretcher(self._samples, rate)
        self._stretcher.jump(self.start)

    @property
    def position(self) -> float:
        """The frame that comes next."""
        return self._stretcher.position

    def seek(self, frame: float) -> None:
        """Go on from another frame, or the nearest one that is to be heard."""
        self._stretcher.jump(min(max(frame, self.start), self.end))

    def read(self, count: int) -> Samples | None:
        """The next frames ``[m, C]``, never across the end into the next round of a loop; None at the end."""
        result = self._read(count)
        if len(result) == 0 and self.loop and self.end > self.start:
            self._stretcher.jump(self.start)
            result = self._read(count)
        return result if len(result) else None

    def _read(self, count: int) -> Samples:
        if self.speed != 1:
            return self._stretcher.segment(self.speed, self.end)
        begin = self._stretcher.settle()
        result = self._samples[begin : min(begin + count, self.end)]
        self._stretcher.position = begin + len(result)
        return result


class Endless:
    """Samples that are made as they are needed, by a function that the player's thread calls.

    Args:
        read_chunk: see `ReadChunk`. It may take its time, but on average less than what it gives lasts.
        rate: samples per second.
        channels: C.
    """

    def __init__(self, read_chunk: ReadChunk, rate: int, channels: int = 1) -> None:
        self.rate = rate
        self.channels = channels
        self.position = 0.0
        self._read_chunk = read_chunk

    def seek(self, frame: float) -> None:
        """Nothing: what is still being made has no other place to go to."""

    def read(self, count: int) -> Samples | None:
        """The next frames ``[m, C]``, as many as there are; None at the end."""
        chunk = self._read_chunk(count)
        if chunk is None:
            return None
        frames = as_frames(chunk)
        if frames.shape[1:] != (self.channels,):
            raise ValueError(f"expected {self.channels} channels, but was given an array of shape {frames.shape}")
        self.position += len(frames)
        return frames


def as_frames(samples: ArrayLike) -> Samples:
    """Samples as float32 ``[N, C]``; ``[N]`` becomes ``[N, 1]``."""
    array = np.asarray(samples, np.float32)
    return array[:, None] if array.ndim == 1 else array
