"""Eights as a hand draws them, and how far one shape is from another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # [N, 2]


def eight(middle: tuple[float, float], height: float, chance: np.random.Generator, points: int = 80) -> Points:
    """A figure eight from the top right, a little different each time: size, place, proportions, a slow wobble."""
    turn = 2 * np.pi * np.linspace(0.06, 1.06 + chance.normal(0, 0.01), points)
    width = 0.27 * chance.uniform(0.95, 1.05)
    curve = np.column_stack([width * np.sin(2 * turn), -0.5 * np.cos(turn)])
    for wave in (1, 2, 3):
        curve += chance.normal(0, 0.006, 2) * np.sin(wave * turn[:, None] / 2 + chance.uniform(0, 2 * np.pi, 2))
    return curve * height * chance.uniform(0.94, 1.06) + np.array(middle) + chance.normal(0, 0.02 * height, 2)


def size(shape: Points) -> float:
    """The longer side of its box."""
    return float(np.ptp(shape, axis=0).max())


def dense(shape: Points, count: int = 400) -> Points:
    """Points at equal distances along the line."""
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(shape, axis=0).T))])
    at = np.linspace(0, way[-1], count)
    return np.column_stack([np.interp(at, way, column) for column in shape.T])


def distance(drawn: Points, wanted: Points, quantile: float = 0.5) -> float:
    """Median (or other quantile) of the distance between two lines, as a share of the size of `wanted`.

    Where on the page they lie does not matter. The larger of both directions: a mere part of the shape is far from the
    whole, and so is a shape with more to it.
    """
    one, other = centred(dense(drawn)), centred(dense(wanted))
    apart = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    return float(max(np.quantile(apart.min(axis), quantile) for axis in (0, 1))) / size(wanted)


def centred(shape: Points) -> Points:
    """The shape with the middle of its box at the origin."""
    return shape - (shape.min(0) + shape.max(0)) / 2
