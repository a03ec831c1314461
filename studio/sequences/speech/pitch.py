"""The pitch of a voice, as Boersma (1993) finds it: "Accurate short-term analysis of the fundamental frequency and
the harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17.

The autocorrelation of each windowed frame, divided by that of the window, has its highest peak at the period of the
voice; the height of that peak is the share of the power that is periodic. The path through the candidates of all frames
that costs least (few octave jumps, few changes between voice and none) is the pitch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sequences.speech.framing import Floats, pieces, windows

# Costs of the paper, section "Determination of the fundamental frequency", for frames 10 ms apart.
_VOICING_THRESHOLD = 0.45
_SILENCE_THRESHOLD = 0.03
_OCTAVE_COST = 0.01
_OCTAVE_JUMP_COST = 0.35
_VOICED_UNVOICED_COST = 0.14

_CANDIDATES = 8
_PERIODS = 3  # of the lowest pitch, in a window


class Pitch(NamedTuple):
    """What is known of each frame's voice."""

    frequency: Floats  # [T] Hz, 0 where there is no voice
    strength: Floats  # [T] share of the power that is periodic, 0 to 1; 0 where there is no voice


class _Candidates(NamedTuple):
    """The first candidate of each frame is to have no voice: its frequency is 0."""

    frequency: Floats  # [T, K]
    strength: Floats  # [T, K] height of the peak, 0 to 1
    score: Floats  # [T, K] the same with the paper's preferences


def track_pitch(samples: Floats, rate: float, hop: int, lowest: float, highest: float) -> Pitch:
    """The pitch of every frame.

    Args:
        samples: ``[N]``.
        rate: samples per second.
        hop: samples from frame to frame.
        lowest: pitch in Hz.
        highest: pitch in Hz.
    """
    size = int(np.ceil(_PERIODS * rate / lowest)) // 2 * 2
    frames = windows(samples, hop, size)
    loudest = float(np.abs(samples).max(initial=0))
    lags = (max(2, int(rate / highest)), min(int(np.ceil(rate / lowest)), size // 2))
    parts = [_candidates(frames[piece], rate, lags, loudest) for piece in pieces(len(frames))]
    candidates = _Candidates(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    path = _cheapest_path(candidates, hop / rate)
    chosen = np.arange(len(path)), path
    return Pitch(candidates.frequency[chosen], np.where(path > 0, candidates.strength[chosen], 0.0))


def _candidates(frames: Floats, rate: float, lags: tuple[int, int], loudest: float) -> _Candidates:
    first, last = lags
    frames = frames - frames.mean(1, keepdims=True)
    correlation = _autocorrelation(frames, last + 1)[:, first - 1 :]  # [T, lags], from one before the first
    middle = correlation[:, 1:-1]
    is_peak = (middle > correlation[:, :-2]) & (middle >= correlation[:, 2:]) & (middle > 0)
    height = np.where(is_peak, middle, -1.0)
    count = min(_CANDIDATES, height.shape[1])
    index = np.argpartition(-height, count - 1, axis=1)[:, :count]  # [T, K]
    rows = np.arange(len(frames))[:, None]
    # A parabola through the peak and its neighbours.
    left, peak, right = (correlation[rows, index + offset] for offset in range(3))
    bend = np.minimum(left - 2 * peak + right, -1e-12)
    shift = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    strength = np.clip(peak - 0.25 * (left - right) * shift, 0.0, 1.0)
    period = index + first + shift
    there = height[rows, index] > 0
    frequency = np.where(there, rate / period, 0.0)
    score = strength - _OCTAVE_COST * np.log2(period / first)
    score = np.where(there, score, -np.inf)
    strength = np.where(there, strength, 0.0)
    loudness = np.abs(frames).max(1) / max(loudest, 1e-9)
    silence = np.maximum(0.0, 2 - loudness * (1 + _VOICING_THRESHOLD) / _SILENCE_THRESHOLD)
    unvoiced = (_VOICING_THRESHOLD + silence)[:, None]
    zeros = np.zeros_like(unvoiced)
    columns = (zeros, frequency), (zeros, strength), (unvoiced, score)
    return _Candidates(*(np.concatenate(column, 1) for column in columns))


def _autocorrelation(frames: Floats, lags: int) -> Floats:
    """Of a signal, as far as its windowed frame tells: ``[T, size]`` to ``[T, lags]``, 1 at lag 0."""
    size = frames.shape[1]
    window = np.hanning(size + 1)[:-1]
    points = 1 << (size + lags).bit_length()

    def raw(signal: Floats) -> Floats:
        spectrum = np.fft.rfft(signal, points)
        power = spectrum.real**2 + spectrum.imag**2
        correlation: Floats = np.fft.irfft(power, points)[..., :lags]
        return correlation / np.maximum(correlation[..., :1], 1e-12)

    return raw(frames * window) / raw(window)


def _cheapest_path(candidates: _Candidates, interval: float) -> NDArray[np.intp]:
    """Viterbi's path through the candidates: ``[T]`` indices."""
    scale = 0.01 / interval
    jump, change = _OCTAVE_JUMP_COST * scale, _VOICED_UNVOICED_COST * scale
    voiced = candidates.frequency > 0  # [T, K]
    octave = np.log2(np.where(voiced, candidates.frequency, 1.0))
    # [T - 1, K before, K after]
    cost = np.where(
        voiced[:-1, :, None] & voiced[1:, None, :],
        jump * np.abs(octave[:-1, :, None] - octave[1:, None, :]),
        change * (voiced[:-1, :, None] != voiced[1:, None, :]),
    )
    best = candidates.score[0]
    origins = np.zeros(voiced.shape, np.intp)
    for t in range(1, len(voiced)):
        total = best[:, None] - cost[t - 1]
        origins[t] = total.argmax(0)
        best = total.max(0) + candidates.score[t]
    path = np.empty(len(voiced), np.intp)
    path[-1] = best.argmax()
    for t in range(len(path) - 1, 0, -1):
        path[t - 1] = origins[t, path[t]]
    return path


def filled(pitch: Pitch, fallback: float) -> Floats:
    """Frequencies ``[T]``, those between voiced frames filled in evenly in log frequency.

    Args:
        pitch: with zeros where there is no voice.
        fallback: for all frames where none has a voice.
    """
    known = np.flatnonzero(pitch.frequency)
    if len(known) == 0:
        return np.full(len(pitch.frequency), fallback)
    logarithm = np.interp(np.arange(len(pitch.frequency)), known, np.log(pitch.frequency[known]))
    return np.exp(logarithm)
