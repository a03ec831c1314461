"""Another sample rate without another sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sound.resampling import Resampler, resampled

RATES = st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000, 96000])


def sine(frequency: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate).astype(np.float32)


@pytest.mark.parametrize(("rate", "wanted"), [(44100, 16000), (8000, 16000), (48000, 44100), (16000, 8000)])
def test_a_tone_stays_the_same_tone(rate: int, wanted: int) -> None:
    result = resampled(sine(1000, rate), rate, wanted)
    middle = slice(wanted // 10, -wanted // 10)
    np.testing.assert_allclose(result[middle], sine(1000, wanted)[middle], atol=1e-4)


def test_what_the_lower_rate_cannot_hold_is_gone() -> None:
    assert np.abs(resampled(sine(9000, 44100), 44100, 16000)[1600:-1600]).max() < 1e-5


def test_the_same_rate_is_the_same_array() -> None:
    samples = sine(100, 8000)
    assert resampled(samples, 8000, 8000) is samples


@given(st.integers(1, 3000), RATES, RATES, st.integers(1, 3))
def test_the_duration_stays(count: int, rate: int, wanted: int, channels: int) -> None:
    samples = np.random.default_rng(count).standard_normal((count, channels)).astype(np.float32)
    result = resampled(samples, rate, wanted)
    assert result.shape == (max(1, round(count * wanted / rate)), channels)
    assert np.isfinite(result).all()


@given(RATES, RATES, st.lists(st.integers(0, 700), max_size=8))
def test_pieces_give_the_whole(rate: int, wanted: int, pieces: list[int]) -> None:
    samples = np.random.default_rng(0).standard_normal((sum(pieces) + 1, 2)).astype(np.float32)
    resampler = Resampler(rate, wanted, 2)
    parts = [resampler.push(part) for part in np.split(samples, np.cumsum(pieces))[:-1]]
    parts.append(resampler.push(samples[sum(pieces) :], last=True))
    if rate != wanted:
        np.testing.assert_array_equal(np.concatenate(parts), resampled(samples, rate, wanted))
    assert resampler.given == sum(map(len, parts))


def test_a_single_sample_is_still_one() -> None:
    assert resampled(np.float32([0.5]), 48000, 8000).tolist() == [0.5]
