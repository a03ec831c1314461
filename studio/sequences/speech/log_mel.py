"""A spectrogram on the mel scale, its phases thrown away and found again."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from studio.sequences.speech.framing import Floats, pieces, windows
from studio.sequences.speech.griffin_lim import ShortTimeTransform, StreamedInversion, invert
from studio.sequences.speech.mel import filter_bank
from studio.sequences.speech.settings import LogMelSettings

_WINDOW_SECONDS = 0.032
_FLOOR = 1e-9  # power per sample, -90 dB below full scale
_ITERATIONS = 30


class LogMel:
    """Columns: natural logarithm of the power in each band.

    Args:
        settings: sizes.
        rate: samples per second.
    """

    def __init__(self, settings: LogMelSettings, rate: int) -> None:
        self.hop = max(1, round(settings.hop * rate / 1000))
        self.columns = settings.bands
        size = 1 << round(np.log2(max(_WINDOW_SECONDS * rate, 2 * self.hop)))
        self._transform = ShortTimeTransform(max(size, 2 * self.hop), self.hop)
        self._bank = _bank(settings.bands, self._transform.size, rate)
        self._weight = float((self._transform.window**2).sum())

    def analyse(self, samples: Floats) -> Floats:
        """``[N]`` to ``[T, bands]``."""
        frames = windows(samples, self.hop, self._transform.size)
        parts = []
        for piece in pieces(len(frames)):
            spectra = np.fft.rfft(frames[piece] * self._transform.window)
            power = (spectra.real**2 + spectra.imag**2) / self._weight
            parts.append(np.log(power @ self._bank.T + _FLOOR))
        return np.concatenate(parts)

    def synthesise(self, features: Floats) -> Floats:
        """``[T, bands]`` to ``[T * hop]``."""
        return invert(self.amplitude(features), self._transform)

    def synthesis(self, seed: int = 0) -> LogMelSynthesis:
        """The same for features that are still to come; late by three frames and half a window."""
        return LogMelSynthesis(self, StreamedInversion(self._transform, seed))

    def amplitude(self, features: Floats) -> Floats:
        """The spectrum, nowhere negative, whose bands come closest: ``[T, bands]`` to ``[T, size // 2 + 1]``.

        By multiplicative updates (Lee and Seung 2001), from the spectrum that spreads each band evenly.
        """
        bands = np.maximum(np.exp(np.minimum(features, 10)) - _FLOOR, 0)
        wanted = bands @ self._bank
        power = wanted / np.maximum(self._bank.sum(0), 1e-3)
        both = self._bank.T @ self._bank
        for _ in range(_ITERATIONS):
            power *= wanted / np.maximum(power @ both, 1e-15)
        amplitude: Floats = np.sqrt(power * self._weight)
        return amplitude


class LogMelSynthesis:
    """Features in, samples out."""

    def __init__(self, coder: LogMel, inversion: StreamedInversion) -> None:
        self._coder = coder
        self._inversion = inversion

    def push(self, features: Floats) -> Floats:
        """``[n, bands]`` to the samples decided by now."""
        return self._inversion.push(self._coder.amplitude(features))

    def finish(self) -> Floats:
        """The samples left."""
        return self._inversion.finish()


@lru_cache
def _bank(bands: int, size: int, rate: int) -> Floats:
    return filter_bank(bands, size, rate)
