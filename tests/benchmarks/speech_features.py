"""What the judges hear of a clip: loudness-free log-mels of everything above 60 Hz, and whether there is a voice.

Written apart from studio/sequences/speech/, so that a fault there is not a fault here too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt
from spoken_digits import Clip

RATE = 8_000
"""Samples per second at which the judges hear; of clips with more, nothing above 4 kHz."""

HOP, WINDOW = 80, 256
BANDS = 40
FRAMES = 112
"""A second and an eighth; of longer clips the part with the most sound is heard."""

LOWEST = 60.0
"""Hz. By an offset or a hum below it a judge would know a microphone; no model need learn them."""

_RANGE = 60.0  # decibels below the loudest moment that are heard
_SILENT = (
    1e-10  # power of the loudest moment below which there is nothing to be heard, a hundred times less than a step
)
_HIGH_PASS = butter(6, 1.5 * LOWEST, "highpass", fs=RATE, output="sos")

Waveform = NDArray[np.float64]


def heard(clip: Clip) -> Waveform:
    """A clip at 8 kHz without what lies below 60 Hz (41 dB less there, and less still below)."""
    samples, rate = np.asarray(clip[0], np.float64).reshape(-1), clip[1]
    if rate != RATE:
        samples = resample_poly(samples, RATE, rate)
    samples = samples - samples.mean()
    padded = np.pad(samples, (0, max(0, 400 - len(samples))))
    filtered: Waveform = sosfiltfilt(_HIGH_PASS, padded)[: len(samples)]
    return filtered


def log_mels(clip: Clip) -> NDArray[np.float32]:
    """``[BANDS, FRAMES]``: 0 at the clip's loudest place, -1 where it is 60 dB softer or there is no clip."""
    samples = heard(clip)
    padded = np.pad(samples, (WINDOW // 2, WINDOW // 2 + HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(windows * np.hanning(WINDOW), axis=1)) ** 2 @ _MEL_BANK.T  # [T, BANDS]
    loudest = float(power.max())
    if loudest < _SILENT:
        return np.full((BANDS, FRAMES), -1, np.float32)
    decibels = np.clip(10 * np.log10(power / loudest + 1e-12), -_RANGE, 0) / _RANGE
    result = np.full((FRAMES, BANDS), -1.0)
    start = _most_sound(power.sum(1))
    part = decibels[start : start + FRAMES]
    first = (FRAMES - len(part)) // 2
    result[first : first + len(part)] = part
    return result.T.astype(np.float32)


def voicing(clip: Clip) -> tuple[int, int]:
    """In how many of a clip's loud frames there is a clear pitch, and how many loud frames there are.

    Loud is what lies less than 25 dB below the loudest 40 ms; a pitch between 60 and 400 Hz is clear where the wave is
    at least 0.6 correlated with itself one period later.
    """
    samples = heard(clip)
    size, lags = RATE // 25, np.arange(RATE // 400, RATE // 60 + 1)
    padded = np.pad(samples, (0, max(0, size + lags[-1] - len(samples))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size + lags[-1])[::HOP]
    level = (windows[:, :size] ** 2).mean(1)
    loud = windows[level > max(_SILENT, level.max() * 10**-2.5)]
    if len(loud) == 0:
        return 0, 0
    first = loud[:, :size]
    later = np.lib.stride_tricks.sliding_window_view(loud, size, axis=1)[:, lags]  # [n, lags, size]
    product = np.einsum("ns,nls->nl", first, later)
    energies = (first**2).sum(1)[:, None] * (later**2).sum(2)
    correlation = product / np.sqrt(np.maximum(energies, 1e-20))
    return int((correlation.max(1) > 0.6).sum()), len(loud)


def share_voiced(clips: list[Clip]) -> float:
    """The share of all loud frames that have a clear pitch."""
    counts = np.array([voicing(clip) for clip in clips]).sum(0)
    return float(counts[0] / max(1, counts[1]))


def _most_sound(power: Waveform) -> int:
    """Where the FRAMES begin that have the most power together."""
    if len(power) <= FRAMES:
        return 0
    sums = np.cumsum(np.concatenate([[0.0], power]))
    return int(np.argmax(sums[FRAMES:] - sums[:-FRAMES]))


def _mel_bank() -> Waveform:
    """Triangles evenly spaced in mel (O'Shaughnessy 1987) from 60 Hz to 4 kHz: ``[BANDS, WINDOW // 2 + 1]``."""
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    ends = 2595 * np.log10(1 + np.array([LOWEST, RATE / 2]) / 700)
    edges = 700 * (10 ** (np.linspace(*ends, BANDS + 2) / 2595) - 1)
    width = np.maximum(np.diff(edges), RATE / WINDOW)  # a band narrower than a bin takes from both beside it
    rising = 1 - (edges[1:-1, None] - bins) / width[:-1, None]
    falling = 1 - (bins - edges[1:-1, None]) / width[1:, None]
    bank: Waveform = np.clip(np.minimum(rising, falling), 0, None)
    return bank


_MEL_BANK = _mel_bank()
