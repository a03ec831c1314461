"""Curves."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.ui.plots import PLOTS, CurvePlot, from_log, smoothed, to_log


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


@given(st.floats(-1e6, 1e6))
def test_logarithmic_scale_and_back(value: float) -> None:
    assert from_log(to_log(np.array([value])))[0] == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_logarithmic_scale_is_one_far_from_zero_and_has_a_place_for_negative_values() -> None:
    decades = to_log(np.array([1.0, 10.0, 100.0, 1000.0]))
    np.testing.assert_allclose(np.diff(decades), 1, atol=0.01)
    assert to_log(np.array([-10.0]))[0] == -to_log(np.array([10.0]))[0]


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


def test_curves_are_thinned_to_what_can_be_seen(plot: CurvePlot) -> None:
    plot.show_series({"loss": series(100_000)})
    plot.grab()
    shown, _ = plot._lines[0].getData()
    assert 100 < len(shown) < 3 * plot.plot.width()


def test_smoothing_shows_the_raw_curve_behind(plot: CurvePlot) -> None:
    plot.show_series({"loss": series(200)})
    assert plot._raw[0].getOriginalDataset()[0] is None or not len(plot._raw[0].getOriginalDataset()[0])
    plot.set_smoothing(20)
    assert len(plot._raw[0].getOriginalDataset()[0]) == 200


def test_logarithmic_axis_tells_the_values_themselves(plot: CurvePlot) -> None:
    plot.show_series({"loss": series(200)})
    plot.set_logarithmic(True)
    strings = plot._axis.tickStrings(list(to_log(np.array([-3.0, 0.0, 0.1, 30.0]))), 1, 1)
    assert strings == ["-3", "0", "0.1", "30"]
    low, high = to_log(np.array([0.5, 40.0]))
    ((_, ticks),) = plot._axis.tickValues(low, high, 150)
    np.testing.assert_allclose(from_log(np.array(ticks)), [1, 3, 10, 30])
    plot.grab()


def test_missing_values_leave_a_gap(plot: CurvePlot) -> None:
    values = np.array([1.0, np.nan, 3.0])
    plot.show_series({"loss": (np.arange(3), values)})
    plot.grab()
    assert "3.000" in plot._values[0].text()


def test_the_axes_follow_a_growing_curve(plot: CurvePlot) -> None:
    pictures = []
    for top in (1.0, 1000.0, 1000.0):
        plot.show_series({"loss": (np.arange(3), np.array([0.0, top / 2, top]))})
        pictures.append(plot.grab(plot._axis.mapRectToScene(plot._axis.boundingRect()).toRect()).toImage())
    assert pictures[0] != pictures[1]
    assert pictures[1] == pictures[2]


def test_a_plot_comes_to_rest_at_any_length(plot: CurvePlot, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """About two steps to a pixel, where as many are left out as not."""
    painted: list[int] = []
    paint = plot.plot.paintEvent
    monkeypatch.setattr(pg.GraphicsView, "paintEvent", lambda view, event: painted.append(1) or paint(event))
    plot.resize(230, 130)
    plot.show()
    qtbot.waitExposed(plot)
    width = int(plot.plot.getViewBox().width())
    (validated,) = (curve.metric for curve in plot._curves if curve.rare)
    (trained,) = (curve.metric for curve in plot._curves if not curve.rare)
    for length in (*range(int(1.6 * width), int(2.2 * width)), *range(int(2.5 * width), int(2.7 * width))):
        steps, rare = np.arange(1, length + 1), np.arange(100, length + 1, 100)
        plot.show_series({trained: (steps, 8 * np.exp(-steps / 50)), validated: (rare, 8 * np.exp(-rare / 50))})
        for _ in range(12):
            QApplication.processEvents()
        painted.clear()
        for _ in range(4):
            QApplication.processEvents()
        assert not painted, length


def test_whoever_looks_closer_is_left_there(plot: CurvePlot) -> None:
    (metric,) = (curve.metric for curve in plot._curves if not curve.rare)
    box = plot.plot.getViewBox()

    def show(length: int) -> list[float]:
        plot.show_series({metric: (np.arange(length), np.ones(length))})
        return list(box.viewRange()[0])

    assert show(100) == pytest.approx([-4, 103], abs=1)
    assert show(200) == pytest.approx([-8, 207], abs=1)
    box.setXRange(20, 40, padding=0)
    box.sigRangeChangedManually.emit([True, False])
    assert show(300) == [20, 40]
    plot.mouseDoubleClickEvent(None)  # type: ignore[arg-type]
    assert box.viewRange()[0][1] > 299
