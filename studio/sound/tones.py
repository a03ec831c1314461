"""A small instrument: struck tones that ring on while a key is down, and no clicks.

A tone is a sum of harmonics below half the sample rate, each of which fades by itself, the higher the sooner, as those
of a string do:

    x(t) = attack(t) release(t) sum_h a_h exp(-d_h t) sin(2 pi h f t)

Attack and release are half a cosine long, and every sine begins at zero: nothing ever jumps, so nothing clicks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

RATE = 24_000
"""Samples per second."""

RELEASE_SECONDS = 0.06
"""How long a tone takes to end once its key is let go."""

_ATTACK_SECONDS = 0.004
_HARMONICS = 10  # at most
_HIGHEST = 0.45  # of the sample rate: no harmonic is above
_FALL = 1.2  # amplitude of harmonic h: h to the power of minus this
_DECAY = 1.2  # of the fundamental of A4, per second; lower tones ring longer
_LEVEL = 0.2  # of one tone: a chord of four stays clear of the limit
_UNHEARD = 1e-5  # a tone softer than this, less than a step of 16 bits, is dropped
_STRAIGHT = 0.7  # up to this level samples are left alone

Samples: TypeAlias = NDArray[np.float32]


class _Timbre(NamedTuple):
    """Of one pitch, for each of its H harmonics."""

    amplitude: NDArray[np.float64]  # [H, 1]
    decay: NDArray[np.float64]  # [H, 1], per second
    angle: NDArray[np.float64]  # [H, 1], radians per second


@cache
def _timbre(hertz: float) -> _Timbre:
    count = max(1, min(_HARMONICS, math.floor(_HIGHEST * RATE / hertz)))
    number = np.arange(1, count + 1, dtype=np.float64)[:, None]
    amplitude = number**-_FALL * (hertz <= _HIGHEST * RATE)
    low_is_soft = (440 / hertz) ** 0.25  # to the ear
    decay = _DECAY * (hertz / 440) ** 0.5 * (1 + 0.6 * (number - 1))
    scale = _LEVEL * low_is_soft / max(float(amplitude.sum()), 1e-9)
    return _Timbre(amplitude * scale, decay, 2 * np.pi * hertz * number)


class _Tone:
    """One struck key."""

    def __init__(self, hertz: float) -> None:
        self._timbre = _timbre(hertz)
        self._age = 0  # samples
        self._let_go: int | None = None  # the age at which it was

    def let_go(self) -> None:
        self._let_go = self._age

    @property
    def over(self) -> bool:
        """Whether it is no longer heard."""
        if self._let_go is not None and self._age - self._let_go >= RELEASE_SECONDS * RATE:
            return True
        timbre = self._timbre
        return bool(timbre.amplitude[0, 0] * math.exp(-timbre.decay[0, 0] * self._age / RATE) < _UNHEARD)

    def samples(self, count: int) -> NDArray[np.float64]:
        """The next ``[count]``."""
        seconds = (self._age + np.arange(count)) / RATE
        timbre = self._timbre
        waves = timbre.amplitude * np.exp(-timbre.decay * seconds) * np.sin(timbre.angle * seconds)  # [H, count]
        found: NDArray[np.float64] = waves.sum(0) * _rise(seconds / _ATTACK_SECONDS)
        if self._let_go is not None:
            found *= 1 - _rise((seconds - self._let_go / RATE) / RELEASE_SECONDS)
        self._age += count
        return found


def _rise(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 at 0 to 1 at 1, along half a cosine."""
    return 0.5 - 0.5 * np.cos(np.pi * share.clip(0, 1))


class Tones:
    """Makes samples of keys that are pressed and let go.

    Args:
        hertz: ``[D]``, the frequency of each key.
    """

    def __init__(self, hertz: ArrayLike) -> None:
        self._hertz = [float(value) for value in np.asarray(hertz, np.float64)]
        self._held: dict[int, _Tone] = {}
        self._fading: list[_Tone] = []

    @property
    def silent(self) -> bool:
        """Whether nothing is heard any more, and no key is down."""
        return not self._held and not self._fading

    def samples(self, down: ArrayLike, count: int) -> Samples:
        """The next samples ``[count]``, float32 between -1 and 1.

        Args:
            down: ``[D]``, nonzero for the keys that are down from the first of these samples on.
            count: how many.
        """
        pressed = {int(key) for key in np.flatnonzero(np.asarray(down))}
        for key in sorted(self._held.keys() - pressed):
            tone = self._held.pop(key)
            tone.let_go()
            self._fading.append(tone)
        for key in sorted(pressed - self._held.keys()):
            self._held[key] = _Tone(self._hertz[key])
        mixed = np.zeros(count)
        for tone in (*self._held.values(), *self._fading):
            if not tone.over:
                mixed += tone.samples(count)
        self._fading = [tone for tone in self._fading if not tone.over]
        return _limited(mixed)


def _limited(samples: NDArray[np.float64]) -> Samples:
    """As they are up to `_STRAIGHT`, then bent smoothly, so that many tones at once do not go beyond 1."""
    size = np.abs(samples)
    rest = 1 - _STRAIGHT
    bent = np.sign(samples) * (_STRAIGHT + rest * np.tanh((size - _STRAIGHT) / rest))
    return np.where(size <= _STRAIGHT, samples, bent).astype(np.float32)


def sample_at(frame: int, frames_per_second: float) -> int:
    """The sample with which a frame begins."""
    return round(frame * RATE / frames_per_second)


def played(keys: ArrayLike, hertz: ArrayLike, beginnings: ArrayLike) -> Iterator[Samples]:
    """What keys ``[T, D]`` sound like, frame after frame, and then until the last tones have ended.

    Args:
        keys: nonzero where a key is down.
        hertz: ``[D]``, the frequency of each key.
        beginnings: ``[T + 1]`` seconds at which each frame begins, and the last one ends.
    """
    tones = Tones(hertz)
    rows = np.asarray(keys)
    edges = np.rint(np.asarray(beginnings, np.float64) * RATE).astype(np.int64)
    for down, count in zip(rows, np.diff(edges).tolist(), strict=True):
        yield tones.samples(down, count)
    yield tones.samples(np.zeros(rows.shape[1]), math.ceil(RELEASE_SECONDS * RATE))
