"""Curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from studio.ui.plots import PLOTS, CurvePlot, smoothed
from studio.ui.theme import theme


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60), st.integers(0, 100))
def test_smoothing_keeps_length_ends_and_range(values: list[float], width: int) -> None:
    raw = np.array(values)
    found = smoothed(raw, width)
    assert found.shape == raw.shape
    assert found[0] == pytest.approx(raw[0])
    assert found[-1] == pytest.approx(raw[-1], abs=1e-9)
    assert raw.min() - 1e-9 <= found.min()
    assert found.max() <= raw.max() + 1e-9


def test_smoothing_does_not_lag() -> None:
    ramp = np.arange(100.0)
    np.testing.assert_allclose(smoothed(ramp, 21), ramp)
    noise = np.random.default_rng(0).standard_normal(1000)
    assert smoothed(noise, 50)[100:900].std() < 0.3 * noise.std()


@pytest.fixture
def plot(qtbot: QtBot) -> CurvePlot:
    found = CurvePlot(*PLOTS[0])
    found.resize(300, 180)
    qtbot.addWidget(found)
    found.show()
    return found


def series(count: int, sign: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    steps = np.arange(count)
    return steps, sign * np.exp(-steps / count) * 5


def test_values_above_the_curves(plot: CurvePlot) -> None:
    assert all("–" in label.text() for label in plot._values)
    plot.show_series({"loss": series(500), "validation.elbo": (np.array([100, 200]), np.array([-2.5, -2.25]))})
    assert "1.84" in plot._values[0].text()
    assert "2.250" in plot._values[1].text()  # shown as a loss
    width = plot._values[0].minimumWidth()
    plot.show_series({"loss": (np.array([1]), np.array([-88.0]))})
    assert plot._values[0].minimumWidth() == width >= plot._values[0].sizeHint().width() - 2


def shown(plot: CurvePlot) -> list[tuple[int, bool]]:
    """How many values each line has, and whether it is faint."""
    plain = [QColor(shade) for shade in theme().colours.plots]
    return [(len(line.values), line.colour not in plain) for line in plot.graph._lines if len(line.values)]


def test_smoothing_shows_the_raw_curve_behind(plot: CurvePlot) -> None:
    plot.show_series({"loss": series(200)})
    assert shown(plot) == [(200, False)]
    plot.set_smoothing(20)
    assert shown(plot) == [(200, True), (200, False)]
    raw, smooth = (line.values for line in plot.graph._lines if len(line.values))
    np.testing.assert_array_equal(smooth, smoothed(raw, 20))


def test_what_is_held_back_is_never_smoothed_and_shown_with_dots(plot: CurvePlot) -> None:
    plot.set_smoothing(20)
    steps, bound = np.array([100, 200]), np.array([-2.5, -2.25])
    plot.show_series({"validation.elbo": (steps, bound)})
    (line,) = (line for line in plot.graph._lines if len(line.values))
    np.testing.assert_array_equal(line.values, -bound)
    assert line.rare


def test_curves_follow_the_theme(plot: CurvePlot) -> None:
    theme().apply("light")
    plot.show_series({"loss": series(200)})
    before = plot.graph._lines[0].colour
    theme().apply("dark")
    assert plot.graph._lines[0].colour != before
    theme().apply("light")


def test_another_scale_shows_all_steps_again(plot: CurvePlot) -> None:
    plot.show_series({"loss": series(200)})
    plot.graph.look_at((20.0, 40.0))
    plot.set_logarithmic(True)
    assert plot.graph.steps_shown[1] >= 199


def test_missing_values_leave_a_gap(plot: CurvePlot) -> None:
    values = np.array([1.0, np.nan, 3.0])
    plot.show_series({"loss": (np.arange(3), values)})
    plot.grab()
    assert "3.000" in plot._values[0].text()
