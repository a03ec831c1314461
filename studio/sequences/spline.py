"""Lines as a hand draws them: a smooth curve through the points of a stroke, with its corners left sharp.

The curve is a centripetal Catmull-Rom spline (Catmull and Rom 1974; Yuksel, Schaefer and Keyser 2011), which makes no
loops and leaves no line far, written as cubic Bézier pieces from each point to the next. At a corner it is broken in
two: each side runs into the point as if the line ended there.

What a corner is, the turning angles decide. A tight curve turns much at many points, and a corner all at once; but
points at even distances seldom hit a corner, so that the turn is shared by two of them. So a corner is where at most
two neighbouring points turn by more than `BEND`, together by `CORNER` or more, and those beside them by far less; and
any point that turns by `ALWAYS`.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.sequences.material import FloatArray

BEND = math.radians(25)
CORNER = math.radians(60)
ALWAYS = math.radians(100)
BESIDE = 0.4  # of the larger turn at a corner: more beside it is the rest of a curve
MOST = 2  # points that share the turn of a corner
_NOTHING = 1e-12  # the product of two steps' lengths, of which one is none: there the line stands still

Point: TypeAlias = tuple[float, float]
Piece: TypeAlias = tuple[Point, Point, Point]  # the two control points of a piece and its end, as of cubicTo


def corners(points: FloatArray) -> NDArray[np.bool_]:
    """Where a line ``[N, 2]`` is broken, ``[N]``: at its ends, at its corners, and where it stands still."""
    found = np.ones(len(points), bool)
    if len(points) < 3:
        return found
    (u, v), (p, q) = np.diff(points[:-1], axis=0).T, np.diff(points[1:], axis=0).T  # steps to and from inner points
    turn = np.arctan2(u * q - v * p, u * p + v * q)  # [N - 2]
    side = np.where(np.abs(turn) >= BEND, np.sign(turn), 0.0)
    begins = np.flatnonzero(np.diff(side, prepend=np.nan))  # of runs that turn to one side
    lengths = np.diff(begins, append=len(side))
    size = np.abs(turn)
    totals, largest = np.add.reduceat(size, begins), np.maximum.reduceat(size, begins)
    around = np.pad(size, 1)  # the line turns neither before its first point nor after its last
    beside = np.maximum(around[begins], around[begins + lengths + 1])
    sharp = (lengths <= MOST) & (totals >= CORNER) & (beside <= BESIDE * largest)
    still = np.hypot(u, v) * np.hypot(p, q) <= _NOTHING
    found[1:-1] = (np.repeat(sharp, lengths) & (side != 0)) | (size >= ALWAYS) | still
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
    """The same curve of points that come one by one: a piece is known once `MOST` + 1 points follow its end.

    Args:
        start: the first point.
        smooth: else the line is straight from point to point.
    """

    def __init__(self, start: Point, *, smooth: bool = True) -> None:
        self._smooth = smooth
        self._points = [start]  # from two before the next piece's start on
        self._turns = [math.inf]  # at each of them; more than any, where the line begins
        self._next = 1  # which of them the next piece ends at
        self._sharp = True  # whether it starts at a corner

    def to(self, point: Point) -> tuple[Point, Piece] | None:
        """Go on to a point; returns where the piece begins that is known now, and the piece."""
        points, turns = self._points, self._turns
        if len(points) > 1:
            turns[-1] = _turn(points[-2], points[-1], point)
        points.append(point)
        turns.append(0.0)
        if self._next + MOST + 1 >= len(points):
            return None
        start, sharp = points[self._next - 1], self._is_corner(self._next)
        piece = self._piece(self._next, self._sharp, sharp)
        self._sharp = sharp
        if self._next > MOST + 1:
            del points[0], turns[0]
        else:
            self._next += 1
        return start, piece

    def rest(self) -> tuple[Point, list[Piece]]:
        """From where the pieces end to the last point, if the line ends here; no pieces where there is but one."""
        start, sharp, pieces = self._points[self._next - 1], self._sharp, []
        for end in range(self._next, len(self._points)):
            ends_sharp = end == len(self._points) - 1 or self._is_corner(end)
            pieces.append(self._piece(end, sharp, ends_sharp))
            sharp = ends_sharp
        return start, pieces

    def _is_corner(self, index: int) -> bool:
        turns, turn = self._turns, self._turns[index]
        if abs(turn) < BEND:
            return False
        if abs(turn) >= ALWAYS:
            return True
        first = last = index
        while last - first < MOST and first > 0 and _bends_alike(turns[first - 1], turn):
            first -= 1
        while last - first < MOST and last + 1 < len(turns) and _bends_alike(turns[last + 1], turn):
            last += 1
        sizes = [abs(other) for other in turns[first : last + 1]]
        beside = max(
            _size(turns[first - 1]) if first else 0.0, _size(turns[last + 1]) if last + 1 < len(turns) else 0.0
        )
        return len(sizes) <= MOST and sum(sizes) >= CORNER and beside <= BESIDE * max(sizes)

    def _piece(self, end: int, starts_sharp: bool, ends_sharp: bool) -> Piece:
        one, other = self._points[end - 1], self._points[end]
        if not self._smooth:
            return one, other, other
        if starts_sharp and ends_sharp:
            return _between(one, other, 1 / 3), _between(other, one, 1 / 3), other
        if starts_sharp:
            second = _leaving(self._points[end + 1], other, one)
            return _between(one, second, 0.5), second, other
        first = _leaving(self._points[end - 2], one, other)
        return first, _between(other, first, 0.5) if ends_sharp else _leaving(self._points[end + 1], other, one), other


def _turn(before: Point, here: Point, after: Point) -> float:
    """The turning angle, in radians; more than any where the line stands still."""
    u, v, p, q = here[0] - before[0], here[1] - before[1], after[0] - here[0], after[1] - here[1]
    return math.inf if math.hypot(u, v) * math.hypot(p, q) <= _NOTHING else math.atan2(u * q - v * p, u * p + v * q)


def _bends_alike(turn: float, other: float) -> bool:
    return BEND <= abs(turn) < math.inf and (turn > 0) == (other > 0)


def _size(turn: float) -> float:
    """Where the line stands still or begins, it does not turn."""
    return 0.0 if turn == math.inf else abs(turn)


def _between(one: Point, other: Point, share: float) -> Point:
    return one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])


def _leaving(before: Point, here: Point, after: Point) -> Point:
    """The control point with which the curve leaves `here` for `after`, as in `controls`."""
    (x, y), (u, v), (p, q) = here, (here[0] - before[0], here[1] - before[1]), (after[0] - here[0], after[1] - here[1])
    came, goes = math.sqrt(math.hypot(u, v)), math.sqrt(math.hypot(p, q))
    both, third = came + goes, goes / 3
    return (
        x + third * (u / came + p / goes - (u + p) / both),
        y + third * (v / came + q / goes - (v + q) / both),
    )
