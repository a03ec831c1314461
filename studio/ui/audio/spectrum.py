"""Spectrograms in pieces: any stretch of a recording at any zoom, as bytes that a colour table makes visible."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]

WINDOW_SECONDS = 0.025  # about two periods of a low voice: its harmonics and its syllables can both be seen
HIGHEST = 8000.0  # Hz: what lies above is no speech
RANGE = 70.0  # decibels from the loudest to what is not seen
TILE = 256  # columns computed at once
OVERLAP = 8  # windows that cover each sample where it is seen largest
WINDOWS_PER_COLUMN = 4  # looked at where a column is longer than a window


class Spectrum:
    """Short-time power spectra of one recording.

    Columns of level k stand for `hop` · 2^k samples each; a tile has `TILE` of them.

    Args:
        samples: ``[N]``.
        rate: samples per second.
        loudest: the largest absolute sample, which is what decibels count from.

    Attributes:
        samples: as above; may be changed, for samples that are still being made.
        hop: samples per column of level 0.
        reach: samples before and after its middle that a column depends on.
        top: Hz at the upper edge.
        bins: F, how many frequencies a column has.
    """

    def __init__(self, samples: NDArray[np.float32], rate: int, loudest: float = 1.0) -> None:
        self.samples = samples
        self._size = 1 << int(np.ceil(np.log2(max(16.0, WINDOW_SECONDS * rate))))
        self._window = np.hanning(self._size + 1)[:-1].astype(np.float32)
        self.hop = max(1, self._size // OVERLAP)
        self.reach = self._size // 2
        self.top = min(rate / 2, HIGHEST)
        self.bins = max(2, int(self.top / rate * self._size))
        # A sine at full scale has this power in its bin; voices spread theirs over several.
        self._loudest = 20 * np.log10(max(loudest, 1e-4) * float(self._window.sum()) / 2) - 6

    def level(self, samples_per_pixel: float) -> int:
        """Which level shows as many columns as there are pixels, or up to twice as many."""
        return max(0, int(np.floor(np.log2(max(samples_per_pixel, 1.0) / self.hop))))

    def hop_of(self, level: int) -> int:
        """Samples per column."""
        return self.hop << level

    def tiles(self, level: int) -> int:
        """How many tiles there are."""
        return -(-len(self.samples) // (self.hop_of(level) * TILE))

    def tile(self, level: int, number: int) -> Bytes:
        """The columns of one tile ``[F, TILE]``, high frequencies first: 0 for silence, 255 for the loudest."""
        hop = self.hop_of(level)
        return self.columns((np.arange(TILE) + number * TILE) * hop + hop // 2, hop)

    def columns(self, middles: NDArray[np.int64], hop: int) -> Bytes:
        """Columns around these samples ``[n]``, each standing for ``hop`` of them: ``[F, n]``."""
        looks = min(WINDOWS_PER_COLUMN, max(1, hop // self._size))
        offsets = ((np.arange(looks) + 0.5) / looks - 0.5) * hop
        starts = (middles[:, None] + offsets - self._size / 2).astype(np.int64).reshape(-1)  # [n * looks]
        places = starts[:, None] + np.arange(self._size)
        inside = (places >= 0) & (places < len(self.samples))
        frames = np.where(inside, self.samples[np.clip(places, 0, max(0, len(self.samples) - 1))], np.float32(0))
        spectra = np.fft.rfft(frames * self._window, axis=1)[:, 1 : self.bins + 1]
        power = (spectra.real**2 + spectra.imag**2).reshape(len(middles), looks, self.bins).mean(1)
        decibels = 10 * np.log10(power + 1e-12) - self._loudest
        shades = np.clip((decibels + RANGE) * (255 / RANGE), 0, 255).astype(np.uint8)
        return np.ascontiguousarray(shades.T[::-1])
