"""A waveform at any size: the smallest and largest samples of blocks, of blocks of blocks, and so on."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]

SMALLEST_BLOCK = 256  # samples; less is looked up in the samples themselves
FACTOR = 4  # from one level to the next
_SLICE = 2**20  # frames reduced at a time, so that a long recording does not keep others from the processor


class Peaks:
    """The pyramid of a recording. Ten minutes take some 50 ms to build, so that is done on another thread.

    Args:
        samples: ``[N, C]``; what is seen are the extremes of all channels.

    Attributes:
        loudest: the largest absolute sample.
    """

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        low, high = _reduced(samples, SMALLEST_BLOCK)
        self._levels = [(SMALLEST_BLOCK, low, high)]
        while len(low) > FACTOR:
            low, high = _coarser(low, np.minimum), _coarser(high, np.maximum)
            self._levels.append((self._levels[-1][0] * FACTOR, low, high))
        self.loudest = float(max(-self._levels[-1][1].min(), self._levels[-1][2].max()))

    def __len__(self) -> int:
        return len(self._samples)

    def columns(self, first: int, count: int, width: float) -> tuple[Samples, Samples]:
        """The smallest and the largest sample in each of neighbouring columns, 0 where there are no samples.

        Columns are counted from the first sample on, so that the same stretch looks the same wherever it is shown.

        Args:
            first: number of the first column.
            count: how many.
            width: samples per column, at least 1.

        Returns:
            two arrays ``[count]``.
        """
        block, low, high = self._level(first, count, width)
        edges = np.floor((np.arange(count + 1) + first) * (width / block)).astype(np.int64)
        inside = (edges[1:] > 0) & (edges[:-1] < len(low))
        lows, highs = np.zeros(count, np.float32), np.zeros(count, np.float32)
        if inside.any():
            starts = np.clip(edges[:-1][inside], 0, len(low) - 1)
            stop = min(len(low), max(int(edges[1:][inside][-1]), int(starts[-1]) + 1))
            lows[inside] = np.minimum.reduceat(low[:stop], starts)
            highs[inside] = np.maximum.reduceat(high[:stop], starts)
        return lows, highs

    def _level(self, first: int, count: int, width: float) -> tuple[int, Samples, Samples]:
        fitting = [level for level in self._levels if level[0] <= width]
        if fitting:
            return fitting[-1]
        # Only what can be seen of the samples: of several channels, that must be reduced first.
        if self._samples.shape[1] == 1:
            return 1, self._samples[:, 0], self._samples[:, 0]
        start = max(0, int(first * width) - 1)
        stop = min(len(self._samples), int((first + count) * width) + 2)
        low, high = np.zeros(max(stop, 1), np.float32), np.zeros(max(stop, 1), np.float32)
        if start < stop:
            low[start:stop], high[start:stop] = self._samples[start:stop].min(1), self._samples[start:stop].max(1)
        return 1, low, high


def _reduced(samples: Samples, block: int) -> tuple[Samples, Samples]:
    lows, highs = [], []
    for start in range(0, len(samples), _SLICE):
        part = samples[start : start + _SLICE]
        whole = len(part) // block * block
        blocks = part[:whole].reshape(len(part) // block, block * part.shape[1])
        lows.append(blocks.min(1))
        highs.append(blocks.max(1))
        if whole < len(part):
            lows.append(part[whole:].min(keepdims=True)[0])
            highs.append(part[whole:].max(keepdims=True)[0])
    return np.concatenate(lows), np.concatenate(highs)


def _coarser(values: Samples, reduce: np.ufunc) -> Samples:
    coarser: Samples = reduce.reduceat(values, np.arange(0, len(values), FACTOR))
    return coarser
