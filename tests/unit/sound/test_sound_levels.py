"""The level meter: its clock is that of the samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from studio.sound.levels import SILENCE, LevelMeter, decibels

RATE = 1000


def tone(amplitude: float, seconds: float) -> np.ndarray:
    return np.full((round(seconds * RATE), 1), amplitude, np.float32)


def test_decibels() -> None:
    assert decibels(1.0) == 0
    assert decibels(0.1) == pytest.approx(-20)
    assert decibels(0.0) == decibels(1e-9) == decibels(float("nan")) == SILENCE


def test_the_level_rises_at_once_and_falls_slowly() -> None:
    meter = LevelMeter(RATE)
    assert meter.update(tone(0.1, 0.01)).level == pytest.approx(-20)
    assert meter.update(tone(0.0, 0.5)).level == pytest.approx(-30)
    assert meter.update(tone(0.0, 60)).level == SILENCE


def test_the_peak_is_held_and_then_falls() -> None:
    meter = LevelMeter(RATE)
    meter.update(tone(0.1, 0.001))
    for _ in range(14):
        levels = meter.update(tone(0.0, 0.1))
    assert levels.peak == pytest.approx(-20)
    for _ in range(6):
        levels = meter.update(tone(0.0, 0.1))
    assert -31 < levels.peak < -29
    assert meter.update(tone(0.5, 0.01)).peak == pytest.approx(-6.02, abs=0.01)


def test_the_loudest_channel_counts() -> None:
    meter = LevelMeter(RATE)
    assert meter.update(np.array([[0.0, -0.1]], np.float32)).level == pytest.approx(-20)


@pytest.mark.parametrize("sample", [1.0, -1.0, 32767 / 32768, 1.5])
def test_the_light_stays_on_until_it_is_put_out(sample: float) -> None:
    meter = LevelMeter(RATE)
    assert not meter.update(tone(0.99, 0.1)).clipped
    assert meter.update(tone(sample, 0.001)).clipped
    assert meter.update(tone(0, 10)).clipped
    meter.put_out_light()
    assert not meter.levels.clipped


@given(st.lists(arrays(np.float32, st.tuples(st.integers(0, 50), st.just(1)), elements=st.floats(-1, 1, width=32))))
def test_the_peak_is_never_below_the_level(blocks: list[np.ndarray]) -> None:
    meter = LevelMeter(RATE)
    for block in blocks:
        levels = meter.update(block)
        assert SILENCE <= levels.level <= levels.peak <= 0.01
