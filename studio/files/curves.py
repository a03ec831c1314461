"""Bézier curves as points: evenly spaced along the line, and never further from it than a tolerance."""

from __future__ import annotations

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray

DENSITY = 8
"""How many times finer than the answer a curve is measured."""


def cubic_at(control: FloatArray, t: FloatArray) -> FloatArray:
    """Points of a cubic Bézier curve.

    Args:
        control: ``[4, 2]`` control points.
        t: ``[N]`` between 0 and 1.

    Returns:
        ``[N, 2]``.
    """
    s = 1 - t
    weights = np.stack([s**3, 3 * s**2 * t, 3 * s * t**2, t**3], 1)  # [N, 4]
    return weights @ control


def extremes(control: FloatArray) -> FloatArray:
    """Points of cubic Bézier curves where x or y turns back; with the ends they tell the box around the curves.

    Args:
        control: ``[N, 4, 2]`` control points.

    Returns:
        ``[4 N, 2]``; an end of a curve where nothing turns back.
    """
    p0, p1, p2, p3 = (control[:, i] for i in range(4))
    a, b, c = p3 - p0 + 3 * (p1 - p2), 2 * (p0 - 2 * p1 + p2), p1 - p0  # a third of B' = a t^2 + b t + c, [N, 2]
    with np.errstate(all="ignore"):
        # The root of the larger numerator, and the other one by the product of both: no digits are lost.
        q = -(b + np.where(b < 0, -1, 1) * np.sqrt(b * b - 4 * a * c)) / 2
        t = np.stack([q / a, c / q])  # [2, N, 2]
        t = np.where((t > 0) & (t < 1), t, 0.0)[..., None]  # [2, N, 2, 1]
        s = 1 - t
        points: FloatArray = (
            s**3 * p0[:, None] + 3 * s * s * t * p1[:, None] + 3 * s * t * t * p2[:, None] + t**3 * p3[:, None]
        )  # [2, N, 2, 2]
    turns: FloatArray = points.reshape(-1, 2)
    return turns


def flattened(control: FloatArray, tolerance: float) -> FloatArray:
    """A cubic Bézier curve as points at even distances along it.

    Args:
        control: ``[4, 2]`` control points.
        tolerance: largest distance between the curve and the lines through the points, in the same units.

    Returns:
        ``[N, 2]``, N >= 2, the curve's first point first and its last one last.
    """
    # |B''| <= 6 max |second differences|, and a chord over 1/n of t strays at most |B''| / (8 n^2).
    bend = 6 * float(np.linalg.norm(np.diff(control, 2, axis=0), axis=1).max())
    count = int(np.clip(np.ceil(np.sqrt(bend / (8 * tolerance))), 1, limits.POINTS_PER_CURVE))
    while True:
        points, strayed = _evenly(control, count)
        if strayed <= tolerance or count >= limits.POINTS_PER_CURVE:
            return points
        count = min(2 * count, limits.POINTS_PER_CURVE)  # even spacing puts fewer points into tight bends


def _evenly(control: FloatArray, count: int) -> tuple[FloatArray, float]:
    """`count` + 1 evenly spaced points, and how far the curve strays from the lines through them."""
    t = np.linspace(0, 1, DENSITY * count + 1)
    dense = cubic_at(control, t)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))])
    wanted = np.linspace(0, length[-1], count + 1)
    points = cubic_at(control, np.interp(wanted, length, t))
    points[0], points[-1] = control[0], control[-1]
    along = np.clip(np.searchsorted(wanted, length, side="right") - 1, 0, count - 1)
    return points, float(_distance(dense, points[along], points[along + 1]).max())


def _distance(points: FloatArray, starts: FloatArray, ends: FloatArray) -> FloatArray:
    """The distance of each point from its line segment, ``[N]``."""
    chords = ends - starts
    squares = np.maximum((chords**2).sum(1), np.finfo(float).tiny)
    share = np.clip(((points - starts) * chords).sum(1) / squares, 0, 1)
    nearest = starts + share[:, None] * chords
    return np.asarray(np.linalg.norm(points - nearest, axis=1))
