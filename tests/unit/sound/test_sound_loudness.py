"""Loudness, against the standard's own table and examples."""

import math

import numpy as np
import pytest

from studio.sound.loudness import _high_pass, _shelf, gain_to_match, loudness


def sine(rate: int, seconds: float = 3.0, amplitude: float = 1.0, frequency: float = 997.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def test_the_filters_are_those_of_the_standard() -> None:
    """BS.1770-4, tables 1 and 2, at 48 kHz."""
    numerator, denominator = _shelf(48000)
    np.testing.assert_allclose(numerator, [1.53512485958697, -2.69169618940638, 1.19839281085285], rtol=1e-9)
    np.testing.assert_allclose(denominator, [1, -1.69065929318241, 0.73248077421585], rtol=1e-9)
    numerator, denominator = _high_pass(48000)
    np.testing.assert_allclose(numerator, [1, -2, 1])
    np.testing.assert_allclose(denominator, [1, -1.99004745483398, 0.99007225036621], rtol=1e-9)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_a_full_scale_tone_in_one_channel_has_minus_three(rate: int) -> None:
    assert loudness(sine(rate), rate) == pytest.approx(-3.01, abs=0.06)
    assert loudness(sine(rate, amplitude=0.1), rate) == pytest.approx(-23.01, abs=0.06)


def test_two_channels_are_louder_than_one() -> None:
    tone = sine(48000)
    assert loudness(np.stack([tone, tone], 1), 48000) == pytest.approx(0, abs=0.06)


def test_pauses_do_not_count() -> None:
    tone = sine(16000)
    long_pause = np.concatenate([tone, np.zeros(10 * 16000), tone])
    assert loudness(long_pause, 16000) == pytest.approx(loudness(tone, 16000), abs=0.5)


@pytest.mark.parametrize("samples", [np.zeros(16000), np.zeros(1), np.zeros((100, 2))])
def test_silence_has_none(samples: np.ndarray) -> None:
    assert loudness(samples, 16000) == -math.inf
    assert gain_to_match(samples, sine(16000), 16000) == 1


def test_a_short_word_has_its_own() -> None:
    assert loudness(sine(16000, 0.2), 16000) == pytest.approx(-3, abs=0.3)


def test_matching_makes_them_equal() -> None:
    quiet, loud = sine(16000, amplitude=0.05, frequency=300), sine(8000, amplitude=0.5, frequency=2000)
    gain = gain_to_match(quiet, loud, 16000, 8000)
    assert loudness(gain * quiet, 16000) == pytest.approx(loudness(loud, 8000), abs=0.01)
