"""A voice from its envelope, pitch and voicing: pulses and noise through minimum-phase filters, frame after frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from studio.sequences.speech.envelope import transform_size
from studio.sequences.speech.framing import Floats
from studio.sequences.speech.mel import cosine_transform, mel_points, to_mel

Complex = NDArray[np.complex128]

_MEL_POINTS = 96
_STRENGTHS = 51  # steps of voicing strength for which filters are kept
_QUIETEST = 1e-3  # amplitude below which neither pulses nor noise are told from silence
_WEAKEST = 0.25  # voicing strength up to which there are no pulses
_LOWEST = 40.0  # Hz; what no voice has and no loudspeaker should be asked for


@dataclass(frozen=True)
class VoiceFrames:
    """What a voice does, frame by frame.

    Attributes:
        cepstrum: ``[T, C]`` orthonormal cosine transform of the log power envelope on the mel scale.
        pitch: ``[T]`` Hz.
        strength: ``[T]`` share of the power that is periodic, 0 to 1.
    """

    cepstrum: Floats
    pitch: Floats
    strength: Floats


def mel_cepstrum(log_envelope: Floats, rate: float, coefficients: int) -> Floats:
    """``[T, K]`` natural log power on evenly spaced frequencies to ``[T, C]``."""
    return log_envelope @ _cepstrum_matrix(log_envelope.shape[1], coefficients, rate)


@lru_cache
def _cepstrum_matrix(bins: int, coefficients: int, rate: float) -> Floats:
    to_mel_points = _interpolation(mel_points(_MEL_POINTS, rate / 2), np.linspace(0, rate / 2, bins))
    return to_mel_points @ cosine_transform(coefficients, _MEL_POINTS).T


def envelope_from(cepstrum: Floats, rate: float) -> Floats:
    """What `mel_cepstrum` kept of the envelope: ``[T, C]`` to ``[T, K]``."""
    return cepstrum @ _envelope_matrix(cepstrum.shape[1], rate)


@lru_cache
def _envelope_matrix(coefficients: int, rate: float) -> Floats:
    bins = np.linspace(0, rate / 2, transform_size(rate) // 2 + 1)
    back = _interpolation(to_mel(bins), to_mel(mel_points(_MEL_POINTS, rate / 2)))  # [mel points, K]
    return cosine_transform(coefficients, _MEL_POINTS) @ back


def _interpolation(places: Floats, points: Floats) -> Floats:
    """The matrix that takes values at points to linearly interpolated ones at places, ``[points, places]``."""
    return np.stack([np.interp(places, points, row) for row in np.eye(len(points))])


def minimum_phase(log_power: Floats) -> Complex:
    """Natural logarithm of the transfer function with that power and its energy as early as can be: ``[..., K]``.

    Its cepstrum is that of the log amplitude with what lies before time zero folded onto what lies after
    (Oppenheim and Schafer, Discrete-Time Signal Processing, section on the cepstrum).
    """
    cepstrum = np.fft.irfft(0.5 * log_power)
    size = cepstrum.shape[-1]
    fold = np.zeros(size)
    fold[0] = fold[size // 2] = 1
    fold[1 : size // 2] = 2
    return np.fft.rfft(cepstrum * fold)


@lru_cache
def _filter_matrix(coefficients: int, rate: float) -> Complex:
    """From a cepstrum to the log transfer function of its envelope, ``[C, K]``: all of that is linear."""
    return minimum_phase(_envelope_matrix(coefficients, rate))


def periodic_share(frequency: Floats, strength: Floats) -> Floats:
    """How much of the power at a frequency is periodic in a voice of that strength, ``[..., K]``.

    Medians over voiced frames of read English and of spoken digits follow 1 / (1 + (f / c)^2) with a corner c that
    rises from 1 kHz at strength 0.5 to 3.6 kHz at 0.97. Below 0.45, where no voice is found, it fades.
    """
    strength = np.clip(strength, 0.0, 0.995)[..., None]
    corner = 750.0 * (1 - strength) ** -0.45
    there = np.clip((strength - _WEAKEST) / 0.2, 0.0, 1.0)
    return there / (1 + (frequency / corner) ** 2)


@lru_cache
def _excitation_filters(rate: float) -> tuple[Complex, Complex]:
    """Log transfer functions of pulses and of noise for each step of voicing strength, ``[_STRENGTHS, K]`` each."""
    bins = np.linspace(0, rate / 2, transform_size(rate) // 2 + 1)
    share = periodic_share(bins, np.linspace(0, 1, _STRENGTHS))
    audible = bins**2 / (bins**2 + _LOWEST**2)
    pulses, noise = (np.maximum(power * audible, _QUIETEST**2) for power in (share, 1 - share))
    return minimum_phase(np.log(pulses)), minimum_phase(np.log(noise))


class Vocoder:
    """Frames in, samples out, half a frame later; how many come at a time makes no difference.

    Args:
        rate: samples per second.
        hop: samples per frame.
        coefficients: C.
        seed: of the noise.
    """

    def __init__(self, rate: float, hop: int, coefficients: int, seed: int = 0) -> None:
        self._rate, self._hop = rate, hop
        self._size = transform_size(rate)
        self._envelope = _filter_matrix(coefficients, rate)
        self._pulse_filters, self._noise_filters = _excitation_filters(rate)
        self._noise = np.random.default_rng(seed)
        self._fade = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop))  # its square and its neighbour's add to one
        self._one_sample = -2j * np.pi * np.arange(self._size // 2 + 1) / self._size  # log of a delay
        self._phase = 0.0  # in periods
        self._last: _Course | None = None  # the last frame
        self._sounding = np.zeros(0)  # what is begun but not yet complete

    def push(self, frames: VoiceFrames) -> Floats:
        """The samples up to the centre of the last frame, ``[n]``."""
        if len(frames.pitch) == 0:
            return np.zeros(0)
        course = _Course(frames.cepstrum @ self._envelope, np.log(frames.pitch), frames.strength)
        skipped = 0
        if self._last is None:  # as if the voice had been there for two frames already
            self._last = course.part(slice(1)).then(course.part(slice(1)))
            skipped = 2 * self._hop - self._hop // 2
        course = self._last.then(course)
        self._last = course.part(slice(-1, None))
        return self._advance(course)[skipped:]

    def finish(self) -> Floats:
        """The samples after the centre of the last frame."""
        if self._last is None:
            return np.zeros(0)
        return self._advance(self._last.then(self._last))[: self._hop - self._hop // 2]

    def _advance(self, course: _Course) -> Floats:
        """From the centre of the first of these frames to that of the last."""
        count = len(course.octave) - 1
        output = np.zeros(count * self._hop + self._hop + self._size)
        output[: len(self._sounding)] += self._sounding
        self._add_noise(output, course.part(slice(1, None)))
        self._add_pulses(output, course)
        done = count * self._hop
        self._sounding = output[done:]
        return output[:done]

    def _add_noise(self, output: Floats, course: _Course) -> None:
        """Noise fades in from the frame before each, and out towards the next."""
        noise = self._noise.standard_normal((len(course.octave), 2 * self._hop)) * self._fade
        filters = course.shape + self._noise_filters[_step(course.strength)]
        responses = np.fft.irfft(np.fft.rfft(noise, self._size) * np.exp(filters), self._size)
        for t, response in enumerate(responses):
            output[t * self._hop : t * self._hop + self._size] += response

    def _add_pulses(self, output: Floats, course: _Course) -> None:
        """One pulse for each period, between samples where it falls there."""
        octave = course.octave
        along = (np.arange(self._hop) + 1) / self._hop
        steps = np.exp(octave[:-1, None] + along * np.diff(octave)[:, None]).ravel() / self._rate  # periods per sample
        phase = self._phase + np.cumsum(steps)
        index = np.flatnonzero(np.diff(np.floor(phase), prepend=np.floor(self._phase)) > 0)
        self._phase = float(phase[-1] % 1)
        early = (phase[index] % 1) / steps[index]  # samples by which a pulse came before this one
        place = (index + 1 - early) / self._hop  # in frames
        strength = np.interp(place, np.arange(len(octave)), course.strength)
        heard = strength > _WEAKEST
        index, early, place, strength = index[heard], early[heard], place[heard], strength[heard]
        frame = np.minimum(place.astype(np.intp), len(octave) - 2)
        share = (place - frame)[:, None]
        filters = (1 - share) * course.shape[frame] + share * course.shape[frame + 1]
        filters += self._pulse_filters[_step(strength)]
        filters += (1 - early)[:, None] * self._one_sample
        responses = np.fft.irfft(np.exp(filters), self._size) / np.sqrt(steps[index])[:, None]
        for start, response in zip(index, responses, strict=True):
            output[start : start + self._size] += response


@dataclass(frozen=True)
class _Course:
    """What a vocoder works with, frame by frame."""

    shape: Complex  # [T, K] log transfer function of the envelope
    octave: Floats  # [T] log pitch
    strength: Floats  # [T]

    def part(self, which: slice) -> _Course:
        return _Course(self.shape[which], self.octave[which], self.strength[which])

    def then(self, other: _Course) -> _Course:
        return _Course(
            np.concatenate([self.shape, other.shape]),
            np.concatenate([self.octave, other.octave]),
            np.concatenate([self.strength, other.strength]),
        )


def _step(strength: Floats) -> NDArray[np.intp]:
    return np.rint(np.clip(strength, 0, 1) * (_STRENGTHS - 1)).astype(np.intp)
