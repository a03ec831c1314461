"""Smooth curves through points: corners that stay, curves that go round, and the same point by point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from studio.sequences.material import FloatArray
from studio.sequences.spline import GrowingCurve, along, controls, corners

LINES = st.integers(1, 30).flatmap(
    lambda count: arrays(np.float64, (count, 2), elements=st.sampled_from([-3.0, -1.0, 0.0, 0.25, 1.0, 2.0, 7.0]))
)


def circle(count: int) -> FloatArray:
    turn = np.linspace(0, 2 * np.pi, count)
    return np.stack([np.cos(turn), np.sin(turn)], 1)


def star(spacing: float = 0.11) -> FloatArray:
    """A pentagram whose points are evenly spaced, so that hardly one of them is at a corner."""
    turn = np.pi / 2 + 4 * np.pi / 5 * np.arange(6)
    ends = np.stack([np.cos(turn), np.sin(turn)], 1)
    travelled = np.arange(6) * np.hypot(*(ends[1] - ends[0]))
    wanted = np.arange(0, travelled[-1], spacing)
    return np.stack([np.interp(wanted, travelled, ends[:, 0]), np.interp(wanted, travelled, ends[:, 1])], 1)


def grown(points: FloatArray) -> list[tuple[object, ...]]:
    curve, found = GrowingCurve(tuple(points[0].tolist())), []
    for point in points[1:].tolist():
        known = curve.to(tuple(point))
        if known is not None:
            found.append((known[0], *known[1]))
    start, rest = curve.rest()
    for piece in rest:
        found.append((start, *piece))
        start = piece[2]
    return found


def test_a_circle_has_no_corner_and_is_round() -> None:
    points = circle(21)
    assert corners(points)[1:-1].sum() == 0
    curve, _ = along(points, 10)
    inner = curve[20:-20]  # its ends do not know that it is closed
    assert np.abs(np.hypot(inner[:, 0], inner[:, 1]) - 1).max() < 0.002
    assert np.abs(np.hypot(*((points[1:] + points[:-1]) / 2).T) - 1).max() > 0.01  # as straight lines


@pytest.mark.parametrize("count", [7, 9, 12])
def test_a_tight_curve_is_no_row_of_corners(count: int) -> None:
    assert corners(circle(count))[1:-1].sum() == 0


@pytest.mark.parametrize("spacing", [0.05, 0.11, 0.17])
def test_a_star_keeps_its_corners_also_where_two_points_share_one(spacing: float) -> None:
    points = star(spacing)
    sharp = np.flatnonzero(corners(points))[1:-1]
    places = np.split(sharp, np.flatnonzero(np.diff(sharp) > 1) + 1)
    assert len(places) == 4
    curve, _ = along(points, 8)
    box = curve.min(0), curve.max(0)
    np.testing.assert_allclose(box, (points.min(0), points.max(0)), atol=1e-9)  # nothing swings out beyond them


def test_the_curve_goes_through_every_point_and_is_smooth_there() -> None:
    points = circle(16) * [1, 0.7]
    curve, places = along(points, 6)
    np.testing.assert_allclose(curve[::6], points, atol=1e-12)
    np.testing.assert_array_equal(places[::6], np.arange(len(points)))
    inner = controls(points)
    for index in range(1, len(points) - 1):
        came, goes = points[index] - inner[index - 1, 1], inner[index, 0] - points[index]
        cross = came[0] * goes[1] - came[1] * goes[0]
        assert abs(cross) < 1e-12
        assert came @ goes > 0


def test_a_line_that_goes_back_on_itself_or_stands_still_makes_no_loop() -> None:
    points = np.array([[0, 0], [1, 0], [2, 0], [2, 0], [1, 0], [0, 0]], float)
    curve, _ = along(points, 8)
    assert (curve[:, 1] == 0).all()
    assert curve[:, 0].min() >= 0
    assert curve[:, 0].max() <= 2


@pytest.mark.parametrize("count", [1, 2])
def test_of_one_or_two_points(count: int) -> None:
    points = np.array([[1.0, 2.0], [3.0, 1.0]])[:count]
    curve, places = along(points, 4)
    assert len(curve) == len(places) == 4 * (count - 1) + 1
    np.testing.assert_array_equal(curve[[0, -1]], points[[0, -1]])


@given(LINES)
def test_point_by_point_it_is_the_same(points: FloatArray) -> None:
    found = grown(points)
    assert [piece[0] for piece in found] == [tuple(point) for point in points[:-1].tolist()]
    assert [piece[3] for piece in found] == [tuple(point) for point in points[1:].tolist()]
    inner = np.array([piece[1:3] for piece in found]).reshape(-1, 2, 2)
    np.testing.assert_allclose(inner, controls(points), atol=1e-9)


@given(LINES)
def test_it_is_finite_and_near_its_points(points: FloatArray) -> None:
    curve, _ = along(points, 4)
    assert np.isfinite(curve).all()
    reach = np.ptp(points, axis=0).max()
    assert (curve >= points.min(0) - reach / 2 - 1e-9).all()
    assert (curve <= points.max(0) + reach / 2 + 1e-9).all()


def test_straight_lines_are_what_they_are() -> None:
    curve = GrowingCurve((0.0, 0.0), smooth=False)
    for point in star()[1:].tolist():
        known = curve.to(tuple(point))
        assert known is None or known[1] == (known[0], known[1][2], known[1][2])
