"""Drawings and strokes."""

import numpy as np
import pytest
from drawing_strategies import drawings
from hypothesis import given

from studio.sequences.material import SERIES_HEIGHT, Drawing, Stroke, stretch_of_series


@given(drawings(timed=True))
def test_flat_points_and_strokes_are_the_same_drawing(drawing):
    again = Drawing.from_points(
        drawing.points, drawing.pen_up, times=drawing.times, pressure=drawing.pressure, label=drawing.label
    )
    assert len(again) == len(drawing)
    assert [len(stroke) for stroke in again.strokes] == [len(stroke) for stroke in drawing.strokes]
    for mine, theirs in zip(again.strokes, drawing.strokes, strict=True):
        np.testing.assert_array_equal(mine.points, theirs.points)
        np.testing.assert_array_equal(mine.times, theirs.times)
        np.testing.assert_array_equal(mine.pressure, theirs.pressure)


def test_the_pen_leaves_the_paper_after_marked_points_and_after_the_last():
    drawing = Drawing.from_points(np.arange(10).reshape(5, 2), [0, 1, 0, 0, 0])
    assert [len(stroke) for stroke in drawing.strokes] == [2, 3]
    assert drawing.pen_up.tolist() == [False, True, False, False, True]


def test_size_is_the_longer_side_of_the_box():
    drawing = Drawing.from_points([[1, 1], [4, 3], [2, -4]])
    assert drawing.size == 7
    assert [side.tolist() for side in drawing.box] == [[1, -4], [4, 3]]


def test_times_are_known_only_where_every_stroke_has_them():
    timed, untimed = Stroke([[0, 0]], [0.5]), Stroke([[1, 1]])
    assert Drawing((timed, timed)).times.tolist() == [0.5, 0.5]
    assert Drawing((timed, untimed)).times is None


@pytest.mark.parametrize(
    ("points", "times"),
    [([], None), ([[1, 2, 3]], None), ([[1, np.nan]], None), ([[np.inf, 0]], None), ([[1, 2]], [1, 2])],
)
def test_a_stroke_without_points_or_with_impossible_ones_is_refused(points, times):
    with pytest.raises(ValueError, match=r"point|shape|finite"):
        Stroke(np.array(points, float).reshape(len(points), -1) if points else np.empty((0, 2)), times)


def test_points_cannot_be_changed_behind_the_drawing():
    drawing = Drawing.from_points([[0, 0], [1, 1]])
    with pytest.raises(ValueError, match="read-only"):
        drawing.strokes[0].points[0] = 5


def test_a_drawing_needs_a_stroke():
    with pytest.raises(ValueError, match="at least one stroke"):
        Drawing(())


def test_a_series_says_that_its_x_is_time():
    series = Drawing.series([2000.1, 2000.2, 2003], [5, -1, 3], "level")
    assert series.is_series
    assert series.labelled("other").is_series
    assert series.times.tolist() == pytest.approx([0, 0.1, 2.9])
    assert not Drawing.from_points(series.points).is_series
    assert not Drawing.from_points(series.points, times=[0, 0.2, 2.9]).is_series
    assert not Drawing.from_points([[1, 2], [1, 3]], times=[0, 0]).is_series


@pytest.mark.parametrize("extent", [(100, 1e-3), (1e-9, 5), (1e300, 1e-300), (1e-300, 1e300)])
def test_series_are_stretched_until_they_can_be_seen(extent):
    stretch = stretch_of_series(extent)
    assert 0 < stretch < np.inf
    if 1e-12 < extent[1] / extent[0] < 1e12:
        assert extent[1] * stretch / extent[0] == pytest.approx(SERIES_HEIGHT)
    assert stretch_of_series((0, 1)) == stretch_of_series((1, 0)) == 1
