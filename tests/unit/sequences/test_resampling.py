"""Even spacing along the line and in time."""

import numpy as np
import pytest
from drawing_strategies import drawings
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.sequences.material import Drawing, Stroke
from studio.sequences.resampling import arc_length, resample_arc, resample_growing, resample_time, step_lengths


def assert_ends_kept(resampled, drawing):
    assert len(resampled.strokes) == len(drawing.strokes)
    for new, old in zip(resampled.strokes, drawing.strokes, strict=True):
        np.testing.assert_array_equal(new.points[0], old.points[0])
        np.testing.assert_array_equal(new.points[-1], old.points[-1])


@given(drawings(timed=True), st.floats(50, 1000))
def test_arc_keeps_strokes_their_ends_and_their_extent(drawing, spacing):
    resampled = resample_arc(drawing, spacing)
    assert_ends_kept(resampled, drawing)
    assert resampled.label == drawing.label
    for new, old in zip(resampled.strokes, drawing.strokes, strict=True):
        assert (new.points.min(0) >= old.points.min(0) - 1e-9).all()
        assert (new.points.max(0) <= old.points.max(0) + 1e-9).all()
        assert (np.diff(new.times) >= 0).all()
        assert (new.times[0], new.pressure[0]) == (old.times[0], old.pressure[0])


@given(drawings(), st.floats(50, 1000))
def test_arc_takes_as_many_steps_as_fit_into_each_stroke(drawing, spacing):
    for new, old in zip(resample_arc(drawing, spacing).strokes, drawing.strokes, strict=True):
        length = arc_length(old.points)[-1]
        assert len(new) == (1 if length == 0 else max(1, round(length / spacing)) + 1)


@given(drawings(), st.floats(20, 1000))
def test_points_of_a_growing_drawing_stay_where_they_are(drawing, spacing):
    points, before = drawing.points, np.empty((0, 2))
    for count in range(1, len(points) + 1):
        part = Drawing.from_points(points[:count], drawing.pen_up[:count])
        found = resample_growing(part, spacing)
        assert_ends_kept(found, part)
        np.testing.assert_array_equal(found.points[: len(before)], before)
        before = found.points[:-1]


@given(drawings(), st.floats(50, 1000))
def test_points_of_a_growing_drawing_are_spaced_from_its_beginning(drawing, spacing):
    for new, old in zip(resample_growing(drawing, spacing).strokes, drawing.strokes, strict=True):
        length = arc_length(old.points)[-1]
        assert len(new) == (1 if length == 0 else max(1, int(length / spacing + 0.5)) + 1)


def test_arc_spaces_points_evenly_along_a_bent_line():
    corner = Drawing.from_points([[0, 0], [4, 0], [4, 1], [4, 4]], times=[0, 4, 5, 8], pressure=[0, 1, 0.5, 0.5])
    resampled = resample_arc(corner, 1.1)  # 8 units of line: 7 steps
    assert len(resampled) == 8
    np.testing.assert_allclose(resampled.times, np.linspace(0, 8, 8))  # the pen moved at one unit per second
    np.testing.assert_allclose(resampled.points[2], [16 / 7, 0])
    np.testing.assert_allclose(resampled.points[5], [4, 12 / 7])
    np.testing.assert_allclose(resampled.pressure[1], 2 / 7)


def test_a_dot_recorded_many_times_is_one_point():
    drawing = Drawing((Stroke([[3, 3]] * 5), Stroke([[0, 0], [1, 0]])))
    assert [len(stroke) for stroke in resample_arc(drawing, 0.5).strokes] == [1, 3]


@given(drawings(timed=True), st.floats(0.05, 1))
def test_time_keeps_strokes_and_their_ends(drawing, interval):
    resampled = resample_time(drawing, interval)
    assert_ends_kept(resampled, drawing)
    for new, old in zip(resampled.strokes, drawing.strokes, strict=True):
        duration = old.times[-1] - old.times[0]
        if duration == 0:
            np.testing.assert_array_equal(new.points, old.points)
        else:
            assert len(new) == max(1, round(duration / interval)) + 1
            np.testing.assert_allclose(np.diff(new.times), duration / (len(new) - 1), atol=1e-12)


def test_time_shows_where_the_pen_was_slow():
    line = Drawing.from_points([[0, 0], [1, 0], [2, 0], [12, 0]], times=[0, 1, 2, 3])
    np.testing.assert_allclose(resample_time(line, 0.5).points[:, 0], [0, 0.5, 1, 1.5, 2, 7, 12])


def test_time_without_times_says_what_to_do():
    with pytest.raises(StudioError, match=r"'cat' has no times.*arc or auto"):
        resample_time(Drawing.from_points([[0, 0], [1, 1]], label="cat"), 0.1)


def test_step_lengths_leave_out_the_way_between_strokes():
    drawing = Drawing.from_points([[0, 0], [3, 4], [100, 100], [100, 101]], [0, 1, 0, 0])
    assert step_lengths(drawing).tolist() == [5, 1]
