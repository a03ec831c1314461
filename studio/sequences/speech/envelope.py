"""The spectral envelope of a voice, without its harmonics: CheapTrick (Morise 2015).

A window three periods long has nearly the same power wherever in a period it lies; smoothing its power spectrum over
two thirds of the pitch, and then, as a cepstrum, over the pitch itself, leaves the envelope that the harmonics sampled.
"""

from __future__ import annotations

import numpy as np

from studio.sequences.speech.framing import Floats, pieces, windows

_LOWEST_PITCH = 70.0  # windows are no longer than this voice needs: three periods, 43 ms
_SPECTRAL_RECOVERY = -0.15  # q1 of the paper: sharpens what the smoothing blurred
FLOOR = 1e-9
"""Power per sample added to every spectrum, -90 dB below full scale: the logarithm of silence is finite."""


def transform_size(rate: float) -> int:
    """Points of the Fourier transform for the envelope at this rate: 512 at 8 kHz, 1024 at 16 kHz."""
    return 1 << int(np.ceil(np.log2(3 * rate / _LOWEST_PITCH)))


def log_envelope(samples: Floats, rate: float, hop: int, pitch: Floats) -> Floats:
    """Natural logarithm of the power spectral density, per sample, ``[T, transform_size // 2 + 1]``.

    Args:
        samples: ``[N]``.
        rate: samples per second.
        hop: samples from frame to frame.
        pitch: ``[T]`` Hz; what to take for one where there is no voice.
    """
    size = transform_size(rate)
    frames = windows(samples, hop, size)
    pitch = np.maximum(pitch, _LOWEST_PITCH)
    return np.concatenate([_log_envelope(frames[piece], rate, pitch[piece]) for piece in pieces(len(frames))])


def _log_envelope(frames: Floats, rate: float, pitch: Floats) -> Floats:
    size = frames.shape[1]
    place = np.arange(size) - size // 2
    half = 1.5 * rate / pitch[:, None]  # [T, 1] half a window of three periods, in samples
    window = np.where(np.abs(place) < half, 0.5 + 0.5 * np.cos(np.pi * place / half), 0.0)  # [T, size]
    weight = (window**2).sum(1, keepdims=True)
    cut = frames * window
    cut -= window * cut.sum(1, keepdims=True) / window.sum(1, keepdims=True)
    spectrum = np.fft.rfft(cut)
    power = (spectrum.real**2 + spectrum.imag**2) / weight
    smooth = _moving_mean(_without_gap(power, rate, pitch), pitch * (size / rate) * 2 / 3) + FLOOR
    cepstrum = np.fft.irfft(np.log(smooth))
    quefrency = np.minimum(np.arange(size), size - np.arange(size)) / rate  # seconds
    cycles = quefrency * pitch[:, None]  # [T, size]
    lifter = np.sinc(cycles) * (1 - 2 * _SPECTRAL_RECOVERY * (1 - np.cos(2 * np.pi * cycles)))
    envelope: Floats = np.fft.rfft(cepstrum * lifter).real
    return envelope


def _without_gap(power: Floats, rate: float, pitch: Floats) -> Floats:
    """Below the pitch nothing sounds, so the spectrum is mirrored there about half the pitch and added."""
    bins = np.arange(power.shape[1]) * (rate / 2 / (power.shape[1] - 1))  # Hz
    mirrored = _at(power, (pitch[:, None] - bins) * (power.shape[1] - 1) * 2 / rate)
    return power + np.where(bins < pitch[:, None], mirrored, 0.0)


def _at(values: Floats, places: Floats) -> Floats:
    """Each row between its points: ``[T, K]`` at fractional ``[T, P]``, held at both ends."""
    places = np.clip(places, 0, values.shape[1] - 1)
    below = np.minimum(places.astype(np.intp), values.shape[1] - 2)
    share = places - below
    rows = np.arange(len(values))[:, None]
    low = values[rows, below]
    result: Floats = low + share * (values[rows, below + 1] - low)
    return result


def _moving_mean(power: Floats, width: Floats) -> Floats:
    """Over a width of ``[T]`` bins around each bin; beyond both ends the spectrum is mirrored, as it is."""
    count = power.shape[1]
    margin = int(np.ceil(width.max())) + 1
    mirrored = np.concatenate([power[:, margin:0:-1], power, power[:, -2 : -2 - margin : -1]], 1)
    total = np.concatenate([np.zeros((len(power), 1)), np.cumsum(mirrored, 1)], 1)
    centre = np.arange(count) + margin + 0.5
    reach = width[:, None] / 2
    return (_at(total, centre + reach) - _at(total, centre - reach)) / width[:, None]
