"""Voices whose pitch and envelope are known, for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.sequences.recording import Recording

Floats = NDArray[np.float64]

FORMANTS = ((600.0, 80.0), (1200.0, 100.0), (2500.0, 150.0), (3500.0, 200.0))  # Hz: frequency, width


def pulses(rate: int, pitch: Floats) -> Floats:
    """A pulse train of unit power with a pitch ``[N]`` in Hz, every pulse between samples where it falls there."""
    phase = np.cumsum(pitch) / rate
    highest = int(rate / 2 / pitch.min())
    wave = np.zeros(len(pitch))
    for harmonic in range(1, highest + 1):
        wave += np.where(harmonic * pitch < rate / 2, np.cos(2 * np.pi * harmonic * phase), 0.0)
    return wave * np.sqrt(pitch / rate) * 2


def resonances(rate: int) -> Floats:
    """The recursive part ``[1, a1, a2, ...]`` of an all-pole filter with these formants."""
    poles = [np.exp(-np.pi * width / rate + 2j * np.pi * f / rate) for f, width in FORMANTS if f < 0.45 * rate]
    polynomial: Floats = np.real(np.poly([*poles, *np.conj(poles)]))
    return polynomial


def vowel(
    rate: int = 8000, seconds: float = 0.5, pitch: float = 120.0, glide: float = 0.0, level: float = 0.1
) -> Floats:
    """A vowel whose pitch goes up by so many octaves on its way, ``[N]``."""
    count = round(rate * seconds)
    course = pitch * 2 ** (glide * np.arange(count) / count)
    frequency = np.arange(count // 2 + 1) * rate / count
    turn = np.exp(-2j * np.pi * frequency[:, None] / rate * np.arange(len(resonances(rate))))
    wave = np.fft.irfft(np.fft.rfft(pulses(rate, course)) / (turn @ resonances(rate)), count)
    scaled: Floats = wave * level / wave.std()
    return scaled


def hiss(rate: int = 8000, seconds: float = 0.5, level: float = 0.1, seed: int = 0) -> Floats:
    """Noise."""
    return level * np.random.default_rng(seed).standard_normal(round(rate * seconds))


def word(rate: int = 8000, seed: int = 0, label: str = "") -> Recording:
    """Silence, hiss, a vowel of some pitch, silence: something like "see"."""
    random = np.random.default_rng(seed)
    quiet = np.zeros(rate // 20)
    voice = vowel(rate, random.uniform(0.15, 0.3), random.uniform(90, 250), random.uniform(-0.3, 0.3))
    parts = [quiet, hiss(rate, random.uniform(0.08, 0.15), 0.03, seed), voice, quiet]
    samples = np.concatenate(parts) + 1e-3 * random.standard_normal(sum(map(len, parts)))
    return Recording(samples.astype(np.float32), rate, label)
