"""Lines as a hand draws them: a smooth curve through the points of a stroke, with its corners left sharp.

The curve is a centripetal Catmull-Rom spline (Catmull and Rom 1974; Yuksel, Schaefer and Keyser 2011), which makes no
loops and leaves no line far, written as cubic Bézier pieces from each point to the next. Where the line turns by more
than `CORNER` it is broken in two: each side runs into the point as if the line ended there.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.sequences.material import FloatArray

CORNER = 60.0  # degrees between two steps, from which on a turn is a corner: a curve is sampled finer than that
_COSINE = math.cos(math.radians(CORNER))
_NOTHING = 1e-12  # of a step's length: two points at one place

Point: TypeAlias = tuple[float, float]
Piece: TypeAlias = tuple[Point, Point, Point]  # the two control points of a piece and its end, as of cubicTo


def corners(points: FloatArray) -> NDArray[np.bool_]:
    """Where a line ``[N, 2]`` is broken, ``[N]``: at its ends, and where it turns sharply or stands still."""
    found = np.ones(len(points), bool)
    if len(points) > 2:
        steps = np.diff(points, axis=0)  # [N - 1, 2]
        lengths = np.hypot(steps[:, 0], steps[:, 1])
        along = (steps[:-1] * steps[1:]).sum(1)
        both = lengths[:-1] * lengths[1:]
        found[1:-1] = (along < _COSINE * both) | (both <= _NOTHING)
    return found


def controls(points: FloatArray) -> FloatArray:
    """The control points of each piece of the curve through a line: ``[N, 2] -> [N - 1, 2, 2]``.

    Piece i leads from point i to point i + 1. Between two corners it is straight; with one at one of its ends it bends
    as the other end wants it.
    """
    sharp = corners(points)
    steps = np.diff(points, axis=0)  # [N - 1, 2]
    squares = np.hypot(steps[:, 0], steps[:, 1])  # of the centripetal distances, [N - 1]
    roots = np.sqrt(squares)
    result = np.empty((len(steps), 2, 2))
    result[:, 0], result[:, 1] = points[:-1] + steps / 3, points[1:] - steps / 3
    if len(points) > 2:
        before, after = roots[:-1, None], roots[1:, None]  # of the steps to and from each inner point
        with np.errstate(all="ignore"):
            # The tangent of the spline with respect to its centripetal parameter, at each inner point.
            slope = steps[:-1] / before + steps[1:] / after - (points[2:] - points[:-2]) / (before + after)
            smooth = ~sharp[1:-1]
            result[1:, 0][smooth] = (points[1:-1] + slope * after / 3)[smooth]
            result[:-1, 1][smooth] = (points[1:-1] - slope * before / 3)[smooth]
    starts, ends = sharp[:-1] & ~sharp[1:], sharp[1:] & ~sharp[:-1]
    result[starts, 0] = (points[:-1][starts] + result[starts, 1]) / 2
    result[ends, 1] = (points[1:][ends] + result[ends, 0]) / 2
    return result


def along(points: FloatArray, parts: int) -> tuple[FloatArray, FloatArray]:
    """The curve through a line as points, so many for each of its pieces.

    Args:
        points: ``[N, 2]``.
        parts: of each piece.

    Returns:
        ``[(N - 1) parts + 1, 2]``, and the place of each along the line, counted in its points, from 0 to N - 1.
    """
    if len(points) < 2 or parts < 2:
        return points, np.arange(len(points), dtype=np.float64)
    t = (np.arange(parts) / parts)[None, :, None]  # [1, parts, 1]
    inner, s = controls(points), 1 - t
    pieces = (
        s**3 * points[:-1, None]
        + 3 * s * s * t * inner[:, None, 0]
        + 3 * s * t * t * inner[:, None, 1]
        + t**3 * points[1:, None]
    )  # [N - 1, parts, 2]
    places = (np.arange(len(points) - 1)[:, None] + t[0, :, 0]).ravel()
    return np.concatenate([pieces.reshape(-1, 2), points[-1:]]), np.append(places, len(points) - 1.0)


class GrowingCurve:
    """The same curve of points that come one by one: a piece is known once the point after its end is.

    Args:
        start: the first point.
        smooth: else the line is straight from point to point.
    """

    def __init__(self, start: Point, *, smooth: bool = True) -> None:
        self._smooth = smooth
        self._points: list[Point] = [start]  # the last three at most

    @property
    def last(self) -> Point:
        """The newest point."""
        return self._points[-1]

    def to(self, point: Point) -> tuple[Point, Piece] | None:
        """Go on to a point; returns where the piece begins that is known now, and the piece."""
        known, self._points = self._points, [*self._points[-2:], point]
        if len(known) < 2:
            return None
        before = known[-3] if len(known) > 2 else None
        return known[-2], self._piece(before, known[-2], known[-1], point)

    def rest(self) -> tuple[Point, Piece]:
        """The piece that is not known yet, as it is if the line ends here; of a single point, the point."""
        if len(self._points) < 2:
            return self.last, (self.last, self.last, self.last)
        before = self._points[-3] if len(self._points) > 2 else None
        return self._points[-2], self._piece(before, self._points[-2], self.last, None)

    def _piece(self, before: Point | None, start: Point, end: Point, after: Point | None) -> Piece:
        if not self._smooth:
            return start, end, end
        first, second = _leaving(before, start, end), _leaving(after, end, start)
        if first is None and second is None:
            return _between(start, end, 1 / 3), _between(end, start, 1 / 3), end
        if first is None:
            assert second is not None
            return _between(start, second, 0.5), second, end
        return first, second or _between(end, first, 0.5), end


def _between(one: Point, other: Point, share: float) -> Point:
    return one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])


def _leaving(before: Point | None, here: Point, after: Point) -> Point | None:
    """The control point with which the curve leaves `here` for `after`; None where it is a corner. As in `controls`."""
    if before is None:
        return None
    (x, y), (u, v), (p, q) = here, (here[0] - before[0], here[1] - before[1]), (after[0] - here[0], after[1] - here[1])
    came, goes = math.hypot(u, v), math.hypot(p, q)
    if came * goes <= _NOTHING or u * p + v * q < _COSINE * came * goes:
        return None
    came, goes = math.sqrt(came), math.sqrt(goes)
    both, third = came + goes, goes / 3
    return (
        x + third * (u / came + p / goes - (u + p) / both),
        y + third * (v / came + q / goes - (v + q) / both),
    )
