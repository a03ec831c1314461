"""Cutting a waveform into overlapping windows. Frame t of a signal is centred on sample (t + 1/2) hop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FRAMES_AT_A_TIME = 2048  # of an hour of speech, so that its windows never stand in memory side by side


def frame_count(samples: int, hop: int) -> int:
    """How many frames cover so many samples."""
    return max(1, -(-samples // hop))


def windows(samples: Floats, hop: int, size: int) -> Floats:
    """Every frame's surroundings: ``[N]`` to ``[T, size]``, a view; beyond both ends there is silence.

    Args:
        samples: the waveform.
        hop: samples from frame to frame.
        size: of each window; sample ``size // 2`` of it is the frame's centre.
    """
    count = frame_count(len(samples), hop)
    before = size // 2 - hop // 2
    padded = np.zeros((count - 1) * hop + size)
    first = max(0, -before)  # where windows are shorter than the hop
    kept = samples[first : first + len(padded) - max(0, before)]
    padded[max(0, before) : max(0, before) + len(kept)] = kept
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]


def pieces(count: int) -> Iterator[slice]:
    """Slices that together go through so many frames."""
    for start in range(0, count, FRAMES_AT_A_TIME):
        yield slice(start, min(start + FRAMES_AT_A_TIME, count))
