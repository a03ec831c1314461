"""Slower and faster at the same pitch: waveform similarity overlap-add (WSOLA, Verhelst and Roelands 1993)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_OVERLAP_SECONDS = 0.020  # long enough to hold a period of a low voice
_SEARCH_SECONDS = 0.010  # half a period of 50 Hz to either side finds the same phase of any voice


class Stretcher:
    """Walks through samples ``[N, C]`` at any speed, in segments of 20 ms.

    Each segment is taken near the place where the speed leads, but there where it continues the segment before most
    like the original would have; the two are faded into one another. At speed 1 that is the original itself, exactly.

    Args:
        samples: ``[N, C]``.
        rate: samples per second.

    Attributes:
        position: the frame from which the next segment comes, about.
    """

    def __init__(self, samples: Samples, rate: float) -> None:
        self.position = 0.0
        self._samples = samples
        self._overlap = max(2, round(_OVERLAP_SECONDS * rate))
        self._search = max(1, round(_SEARCH_SECONDS * rate))
        # Two halves that add up to one.
        phase = (np.arange(self._overlap, dtype=np.float32) + 0.5) / self._overlap
        self._rise = (np.sin(0.5 * np.pi * phase) ** 2)[:, None].astype(np.float32)
        self._continuation: int | None = None  # the frame that would follow upon the last segment

    def jump(self, position: float) -> None:
        """Go on from another frame, without regard to what came before."""
        self.position = position
        self._continuation = None

    def settle(self) -> int:
        """Stop stretching: the frame that continues the last segment exactly."""
        if self._continuation is not None:
            self.position = self._continuation
            self._continuation = None
        return round(self.position)

    def segment(self, speed: float, end: int) -> Samples:
        """The next 20 ms, or fewer samples where the frame ``end`` comes before; none at the end.

        Args:
            speed: 1 as it was, 0.5 half as fast.
            end: the first frame that is no longer to be heard.
        """
        start = round(self.position) if self._continuation is None else self._best_start(self._continuation)
        count = min(self._overlap, end - start)
        if count <= 0:
            return self._samples[:0]
        result = self._samples[start : start + count]
        if self._continuation is not None:
            before = self._samples[self._continuation : self._continuation + count]
            rise = self._rise[: len(before)]
            result = before + rise * (result[: len(before)] - before) if start != self._continuation else result
        self._continuation = start + count
        self.position += count * speed
        return result

    def _best_start(self, continuation: int) -> int:
        """Where, near `position`, the samples are most like those that would follow."""
        wanted = round(self.position)
        low = max(0, wanted - self._search)
        wave = self._samples[continuation : continuation + self._overlap].mean(1)
        field = self._samples[low : wanted + self._search + len(wave)].mean(1)
        if len(wave) < self._overlap or len(field) <= len(wave):
            return wanted
        energy = np.concatenate([[0.0], np.cumsum(field.astype(np.float64) ** 2)])
        energy = energy[len(wave) :] - energy[: -len(wave)]
        likeness = np.correlate(field, wave, "valid") / np.sqrt(energy + 1e-9)
        return low + int(likeness.argmax())
