"""Tones: the right pitch, no clicks, nothing above what a sample rate can hold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sound.tones import RATE, RELEASE_SECONDS, Tones, played, sample_at

HERTZ = 440.0 * 2.0 ** ((np.arange(21, 109) - 69) / 12)
A4 = 69 - 21


def whole(keys: NDArray[np.uint8], rate: float = 8.0) -> NDArray[np.float32]:
    return np.concatenate(list(played(keys, HERTZ, np.arange(len(keys) + 1) / rate)))


def random_keys(seed: int, frames: int = 40) -> NDArray[np.uint8]:
    """Three at a time at most, so that nothing is so loud that it is bent."""
    chance = np.random.default_rng(seed)
    keys = np.zeros((frames, 88), np.uint8)
    for row in keys:
        row[chance.integers(0, 88, 3)] = chance.random(3) < 0.7
    return keys


def loudest_hiss(samples: NDArray[np.float32]) -> float:
    """Decibels by which the loudest moment lies below full scale, of all above 0.47 of the sample rate.

    No tone has anything there; a click, which has as much of every frequency, does.
    """
    size = 256
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(samples, size), size)[:: size // 8]
    window = np.blackman(size)
    spectrum = np.abs(np.fft.rfft(windows * window)) / window.sum()
    high = spectrum[:, round(0.47 * size) :].max()
    return float(20 * np.log10(high + 1e-12))


@pytest.mark.parametrize("rate", [8.0, 31.7, 200.0])
def test_no_clicks(rate: float) -> None:
    samples = whole(random_keys(1), rate)
    assert np.abs(samples).max() > 0.1
    assert loudest_hiss(samples) < -75
    cut = np.concatenate([samples[: np.abs(samples).argmax()], np.zeros(100, np.float32)])
    assert loudest_hiss(cut) > -60  # so that the test would hear one


def test_it_begins_and_ends_in_silence() -> None:
    samples = whole(random_keys(2))
    assert samples[0] == 0
    assert abs(samples[-1]) < 1e-4


def test_the_pitch() -> None:
    keys = np.zeros((8, 88), np.uint8)
    keys[:, A4] = 1
    samples = whole(keys)[:RATE]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(RATE)))
    assert abs(int(spectrum.argmax()) - 440) <= 1
    heard = np.flatnonzero(spectrum > spectrum.max() / 30)
    assert all(min(bin % 440, -bin % 440) <= 4 for bin in heard)


def test_a_tone_fades_while_held_and_ends_when_let_go() -> None:
    keys = np.zeros((16, 88), np.uint8)
    keys[:12, A4] = 1
    loudness = [float(np.abs(part).max()) for part in played(keys, HERTZ, np.arange(17) / 8)]
    assert all(later < earlier for earlier, later in pairwise(loudness[1:12]))
    assert loudness[11] > 1e-3
    assert not any(loudness[13:])
    assert RELEASE_SECONDS < 1 / 8


def test_chunks_make_no_difference() -> None:
    keys = random_keys(3)
    tones = Tones(HERTZ)
    pieces = []
    for frame, row in enumerate(keys):
        left = sample_at(frame + 1, 8.0) - sample_at(frame, 8.0)
        while left:
            count = min(left, 37)
            pieces.append(tones.samples(row, count))
            left -= count
    np.testing.assert_allclose(np.concatenate(pieces), whole(keys)[: sum(map(len, pieces))], atol=1e-6)


def test_frames_are_where_the_clock_has_them() -> None:
    keys = np.zeros((1000, 88), np.uint8)
    assert len(whole(keys, 7.3)) - RELEASE_SECONDS * RATE == pytest.approx(1000 / 7.3 * RATE, abs=1)


def test_many_at_once_stay_within_bounds_and_a_few_are_not_bent() -> None:
    loud = whole(np.ones((8, 88), np.uint8))
    assert 0.9 < np.abs(loud).max() <= 1
    assert np.isfinite(loud).all()
    one, other = np.zeros((2, 8, 88), np.uint8)
    one[:, A4], other[:, A4 + 4] = 1, 1
    np.testing.assert_allclose(whole(one | other), whole(one) + whole(other), atol=1e-6)


def test_silence_is_told() -> None:
    tones = Tones(HERTZ)
    assert tones.silent
    down = np.zeros(88)
    down[A4] = 1
    tones.samples(down, 100)
    assert not tones.silent
    tones.samples(0 * down, 100)
    assert not tones.silent
    tones.samples(0 * down, round(RELEASE_SECONDS * RATE))
    assert tones.silent
