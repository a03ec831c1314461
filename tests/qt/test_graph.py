"""The graph that curves are painted on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.ui.graph import (
    BELOW,
    LEFT,
    Graph,
    Line,
    even_ticks,
    from_log,
    logarithmic_ticks,
    mixed,
    polygon,
    thinned,
    to_log,
)
from studio.ui.theme import colour

RED = QColor("#ff0000")


@given(st.floats(-1e6, 1e6))
def test_logarithmic_scale_and_back(value: float) -> None:
    assert from_log(to_log(np.array([value])))[0] == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_logarithmic_scale_is_one_far_from_zero_and_has_a_place_for_negative_values() -> None:
    decades = to_log(np.array([1.0, 10.0, 100.0, 1000.0]))
    np.testing.assert_allclose(np.diff(decades), 1, atol=0.01)
    assert to_log(np.array([-10.0]))[0] == -to_log(np.array([10.0]))[0]


@given(
    st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(float("nan"))), min_size=1, max_size=400),
    st.integers(1, 30),
    st.floats(-50, 450),
    st.floats(1, 500),
)
def test_thinning_keeps_the_peaks_of_what_is_seen(values: list[float], columns: int, low: float, wide: float) -> None:
    steps, raw = np.arange(len(values)), np.array(values)
    high = low + wide
    x, y = thinned(steps, raw, low, high, columns)
    assert len(x) == len(y) <= 2 * columns + 4
    assert (np.diff(x) >= 0).all()
    seen = raw[(steps >= low) & (steps <= high)]
    if np.isfinite(seen).any():
        assert np.nanmin(y) <= np.nanmin(seen)
        assert np.nanmax(y) >= np.nanmax(seen)
    assert set(y[np.isfinite(y)]) <= set(raw[np.isfinite(raw)])


def test_a_short_line_is_not_thinned() -> None:
    x, y = thinned(np.arange(5), np.array([1.0, 2, 3, 4, 5]), 0, 4, 100)
    assert x.tolist() == [0, 1, 2, 3, 4]
    assert y.tolist() == [1, 2, 3, 4, 5]


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(1, 12), st.booleans())
def test_ticks_are_round_evenly_spaced_and_not_too_many(low: float, wide: float, most: int, whole: bool) -> None:
    ticks, apart = even_ticks(low, low + wide, most, whole=whole)
    assert len(ticks) <= most + 1
    leading = apart / 10 ** np.floor(np.log10(apart) + 1e-9)
    assert leading == pytest.approx(round(leading))
    assert round(leading) in (1, 2, 5)
    if whole:
        assert apart >= 1
    np.testing.assert_allclose(np.array(ticks) / apart, np.round(np.array(ticks) / apart), atol=1e-6)


def test_logarithmic_ticks_are_decades_or_round_numbers() -> None:
    low, high = to_log(np.array([0.5, 40.0])).tolist()
    np.testing.assert_allclose(from_log(np.array(logarithmic_ticks(low, high, 6))), [1, 3, 10, 30])
    low, high = to_log(np.array([0.42, 0.88])).tolist()
    np.testing.assert_allclose(from_log(np.array(logarithmic_ticks(low, high, 4))), [0.6, 0.8])


def test_a_polygon_has_the_points_it_was_made_of() -> None:
    points = polygon(np.array([1.5, 2.5]), np.array([-3.0, 4.0]))
    assert [points[0], points[1]] == [QPointF(1.5, -3), QPointF(2.5, 4)]
    assert polygon(np.empty(0), np.empty(0)).isEmpty()


def test_a_mixed_colour_is_what_a_transparent_one_looks_like() -> None:
    image = QImage(1, 1, QImage.Format.Format_RGB32)
    image.fill(QColor("#fbfaf7"))
    painter = QPainter(image)
    faint = QColor("#0072b2")
    faint.setAlphaF(0.4)
    painter.fillRect(image.rect(), faint)
    painter.end()
    mix, seen = mixed(QColor("#0072b2"), QColor("#fbfaf7"), 0.4), image.pixelColor(0, 0)
    assert mix.alpha() == 255
    assert max(abs(a - b) for a, b in zip(mix.getRgb()[:3], seen.getRgb()[:3], strict=True)) <= 1


@pytest.fixture
def graph(qtbot: QtBot) -> Graph:
    found = Graph()
    found.resize(300, 180)
    qtbot.addWidget(found)
    found.show()
    qtbot.waitExposed(found)
    return found


def line(values: list[float], *, rare: bool = False) -> Line:
    return Line(np.arange(len(values)), np.array(values), RED, rare)


def red(image: QImage) -> list[tuple[int, int]]:
    return [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).red() > 200 and image.pixelColor(x, y).green() < 60
    ]


def test_a_line_is_painted_from_end_to_end(graph: Graph) -> None:
    graph.show_lines([line([0.0, 1.0])])
    points = red(graph.grab().toImage())
    left, right = min(points), max(points)
    assert left[1] > 130 > 40 > right[1]  # upwards
    assert LEFT < left[0] < LEFT + 20
    assert right[0] > 300 - 30


def test_missing_values_leave_a_gap(graph: Graph) -> None:
    graph.show_lines([line([1.0, 1.0, float("nan"), 1.0, 1.0])])
    columns = {x for x, _ in red(graph.grab().toImage())}
    inside = range(min(columns), max(columns) + 1)
    assert 0.3 * len(inside) < len([x for x in inside if x not in columns]) < 0.7 * len(inside)


def test_numbers_stand_beside_a_graph_that_has_something_to_number(graph: Graph) -> None:
    def written(image: QImage) -> bool:
        below = image.copy(LEFT, image.height() - BELOW + 2, image.width() - LEFT, BELOW - 2)
        return any(
            below.pixelColor(x, y) != colour("window") for x in range(below.width()) for y in range(below.height())
        )

    assert not written(graph.grab().toImage())
    graph.show_lines([line([1.0, 2.0])])
    assert written(graph.grab().toImage())


def test_the_axes_follow_a_growing_curve(graph: Graph) -> None:
    pictures = []
    for top in (1.0, 1000.0, 1000.0):
        graph.show_lines([line([0.0, top / 2, top])])
        pictures.append(graph.grab().toImage().copy(0, 0, LEFT, 180))
    assert pictures[0] != pictures[1]
    assert pictures[1] == pictures[2]


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize(
    "values", [[], [1.0], [2.0, 2.0], [0.0, 0.0], [float("nan")] * 3, [1e-9, 1e9], [-1e12, 1e-12], [float("inf"), 1.0]]
)
def test_whatever_the_values_it_is_painted(graph: Graph, values: list[float], logarithmic: bool) -> None:
    graph.set_logarithmic(logarithmic)
    graph.show_lines([line(values), line(values, rare=True)])
    graph.grab()


def test_all_steps_are_shown_as_they_become_more(graph: Graph) -> None:
    for last in (99, 199):
        graph.show_lines([line([float(i) for i in range(last + 1)])])
        assert graph.steps_shown == pytest.approx((-0.04 * last, 1.04 * last))


def test_a_double_click_is_told(graph: Graph, qtbot: QtBot) -> None:
    with qtbot.waitSignal(graph.double_clicked):
        QTest.mouseDClick(graph, Qt.MouseButton.LeftButton)


def test_where_the_ring_is() -> None:
    steps, values = np.array([100, 200, 300]), np.array([3.0, 1.0, np.nan])
    assert Line(steps, values, RED, rare=True, best=200).best_point == (200.0, 1.0)
    for none in (None, 250, 300):  # not marked, not there, not known
        assert Line(steps, values, RED, rare=True, best=none).best_point is None


def test_a_ring_is_painted(qtbot: QtBot) -> None:
    pictures = []
    for best in (None, 200):
        graph = Graph()
        qtbot.addWidget(graph)
        graph.resize(300, 200)
        graph.show_lines([Line(np.array([100, 200, 300]), np.array([3.0, 1.0, 2.0]), RED, rare=True, best=best)])
        pictures.append(graph.grab().toImage())
    assert pictures[0] != pictures[1]
