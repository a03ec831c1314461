"""Outlines of shapes as lines and curves, as every program that draws has them, and what becomes of them: strokes."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator, Sequence

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray
from studio.files.curves import extremes, flattened
from studio.files.source import Source
from studio.files.svg_path import Piece
from studio.sequences.material import Stroke

TOLERANCE = 1e-3
"""How far points may stray from a curve, as a share of the drawing's size."""

QUARTER = math.pi / 2


def rectangle(x: float, y: float, width: float, height: float, rx: float = 0.0, ry: float = 0.0) -> str:
    """The path data of a rectangle whose corners have the radii rx and ry."""
    if rx == 0 or ry == 0:
        return f"M{x} {y}h{width}v{height}h{-width}z"
    corner = f"a{rx} {ry} 0 0 1"
    return (
        f"M{x + rx} {y}h{width - 2 * rx}{corner} {rx} {ry}v{height - 2 * ry}{corner} {-rx} {ry}"
        f"h{2 * rx - width}{corner} {-rx} {-ry}v{2 * ry - height}{corner} {rx} {-ry}z"
    )


def ellipse(cx: float, cy: float, rx: float, ry: float) -> str:
    """The path data of an ellipse, from its rightmost point and back."""
    return f"M{cx + rx} {cy}a{rx} {ry} 0 0 1 {-2 * rx} 0a{rx} {ry} 0 0 1 {2 * rx} 0z"


def polyline(points: FloatArray, *, is_closed: bool = False) -> list[list[Piece]]:
    """Lines from point to point, ``[N, 2]``, and back to the first where they are closed; none of fewer than two."""
    if is_closed:
        points = np.concatenate([points, points[:1]])
    return [[points[i : i + 2] for i in range(len(points) - 1)]] if len(points) > 1 else []


def turn(start: complex, centre: complex, angle: float, end: complex | None = None) -> list[Piece]:
    """Part of a circle as curves of at most a quarter turn; of a spiral where the end is nearer or further away.

    Args:
        angle: how far to turn, in radians from x to y; at most a few whole turns.
        end: where exactly it ends, None for where the angle leads.
    """
    count = max(1, math.ceil(abs(angle) / QUARTER - 1e-9))
    bow = 4j / 3 * math.tan(angle / count / 4)
    spoke = start - centre
    last = spoke * cmath.exp(1j * angle) if end is None else end - centre
    growth = abs(last) / abs(spoke) if abs(spoke) > 0 else 1.0
    points: list[complex] = []
    for number in range(count):
        one, two = (spoke * cmath.exp(1j * angle * k / count) * growth ** (k / count) for k in (number, number + 1))
        points += [one, one + bow * one, two - bow * two, two]
    points[-1] = last
    placed = [point + centre for point in points]
    return [
        np.array([[point.real, point.imag] for point in placed[i : i + 4]], np.float64)
        for i in range(0, len(placed), 4)
    ]


def moved(subpaths: Sequence[Sequence[Piece]], matrix: FloatArray) -> list[list[Piece]]:
    """The subpaths under a transformation.

    Args:
        matrix: ``[3, 3]``, of columns (x, y, 1).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return [[piece @ matrix[:2, :2].T + matrix[:2, 2] for piece in subpath] for subpath in subpaths]


def bounds(subpaths: Sequence[Sequence[Piece]]) -> tuple[float, float, float, float]:
    """x, y, width and height of the box around subpaths; zeros where there are none."""
    pieces = [piece for subpath in subpaths for piece in subpath]
    if not pieces:
        return 0.0, 0.0, 0.0, 0.0
    ends = np.concatenate([piece[[0, -1]] for piece in pieces])
    curves = [piece for piece in pieces if len(piece) == 4]
    points = np.concatenate([ends, extremes(np.stack(curves))]) if curves else ends
    low, high = points.min(0), points.max(0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def strokes(source: Source, subpaths: Sequence[Sequence[Piece]]) -> Iterator[Stroke]:
    """Each subpath, of at least one piece, as a stroke; curves as evenly spaced points.

    Raises:
        StudioError: coordinates too large, or more points than a drawing may have.
    """
    corners = np.concatenate([piece for subpath in subpaths for piece in subpath])
    if not (np.abs(corners) <= limits.LARGEST_NUMBER).all():
        raise source.refuse(f"holds a coordinate that is not a finite number below {limits.LARGEST_NUMBER:g}")
    tolerance = TOLERANCE * float(np.ptp(corners, axis=0).max()) or 1.0
    count = 0
    for number, subpath in enumerate(subpaths):
        points = _points(subpath, tolerance)
        count += len(points)
        if count > limits.POINTS_PER_DRAWING:
            raise source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points")
        if number % 1000 == 0:
            source.check_cancelled()
        yield Stroke(points)


def _points(subpath: Sequence[Piece], tolerance: float) -> FloatArray:
    """A subpath as points; where one piece ends and the next begins there is one point, and a dot is one point."""
    lines = [piece if len(piece) == 2 else flattened(piece, tolerance) for piece in subpath]
    points = np.concatenate([lines[0][:1], *(line[1:] for line in lines)])
    return points[:1] if len(points) == 2 and (points[0] == points[1]).all() else points
