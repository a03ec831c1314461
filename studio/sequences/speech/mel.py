"""The mel scale: frequencies spaced as the ear tells them apart (O'Shaughnessy 1987)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def to_mel(frequency: ArrayLike) -> Floats:
    """Hz to mel."""
    mel: Floats = 2595 * np.log10(1 + np.asarray(frequency, np.float64) / 700)
    return mel


def from_mel(mel: ArrayLike) -> Floats:
    """Mel to Hz."""
    frequency: Floats = 700 * (10 ** (np.asarray(mel, np.float64) / 2595) - 1)
    return frequency


def mel_points(count: int, highest: float) -> Floats:
    """Frequencies in Hz, evenly spaced in mel from 0 to the highest: ``[count]``."""
    return from_mel(np.linspace(0, to_mel(highest), count))


def filter_bank(bands: int, size: int, rate: float) -> Floats:
    """Overlapping triangles, each with weights that sum to one: ``[bands, size // 2 + 1]``.

    Args:
        bands: how many.
        size: points of the Fourier transform whose power spectrum they are for.
        rate: samples per second.
    """
    bins = np.fft.rfftfreq(size, 1 / rate)
    edges = mel_points(bands + 2, rate / 2)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    # A band narrower than a bin lies between two: it takes from both.
    thin = triangles.sum(1) < 0.5
    nearest = np.clip(1 - np.abs(bins - edges[1:-1, None]) / bins[1], 0, None)
    triangles[thin] = nearest[thin]
    bank: Floats = triangles / triangles.sum(1, keepdims=True)
    return bank


def cosine_transform(coefficients: int, points: int) -> Floats:
    """The orthonormal DCT-II as a matrix, ``[coefficients, points]``; its transpose takes back what it kept."""
    n = np.arange(points) + 0.5
    matrix: Floats = np.sqrt(2 / points) * np.cos(np.pi / points * np.arange(coefficients)[:, None] * n)
    matrix[0] /= np.sqrt(2)
    return matrix
