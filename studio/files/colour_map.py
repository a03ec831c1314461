"""Numbers as colours: two maps of even steps, one that glows on slate and one that burns into paper.

Their lightness runs one way from end to end, so that eyes that tell no hues apart, and black-and-white prints, read
them all the same; and neighbouring colours differ equally everywhere, in Oklab (Ottosson 2020), a space made for that.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Colours = NDArray[np.uint8]

SHADES = 256

# Lightness, chroma and hue in degrees of a few colours on the way.
_ON_SLATE = (
    (0.46, 0.040, 258.0),
    (0.50, 0.100, 295.0),
    (0.57, 0.160, 340.0),
    (0.66, 0.175, 25.0),
    (0.79, 0.150, 68.0),
    (0.95, 0.080, 98.0),
)
_ON_PAPER = (
    (0.77, 0.035, 255.0),
    (0.72, 0.090, 75.0),
    (0.65, 0.155, 50.0),
    (0.54, 0.185, 27.0),
    (0.42, 0.150, 5.0),
    (0.28, 0.105, 330.0),
)
_FINE = 2048

# From Oklab to linear sRGB: https://bottosson.github.io/posts/oklab
_TO_CONES = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def colour_map(*, dark: bool) -> Colours:
    """The colours from 0 to 1, ``[256, 3]``, for a dark ground or a light one."""
    return _table(_ON_SLATE if dark else _ON_PAPER)


def coloured(shares: ArrayLike, *, dark: bool) -> Colours:
    """Numbers from 0 to 1 as colours, ``[...] -> [..., 3]``; what lies outside is drawn to the nearest end."""
    places = np.nan_to_num(np.asarray(shares, np.float64))
    return colour_map(dark=dark)[np.clip(np.rint(places * (SHADES - 1)), 0, SHADES - 1).astype(np.intp)]


@cache
def _table(stops: tuple[tuple[float, float, float], ...]) -> Colours:
    lab = np.array([(light, chroma * _cos(hue), chroma * _sin(hue)) for light, chroma, hue in stops])
    way = np.linspace(0, 1, _FINE)
    fine = np.column_stack([_smooth(np.linspace(0, 1, len(lab)), lab[:, axis], way) for axis in range(3)])
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    even = np.interp(np.linspace(0, length[-1], SHADES), length, way)
    found = to_srgb(np.column_stack([np.interp(even, way, fine[:, axis]) for axis in range(3)]))
    table = np.rint(255 * np.clip(found, 0, 1)).astype(np.uint8)
    table.setflags(write=False)
    return table


def to_srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Oklab ``[..., 3]`` to sRGB; beyond 0 and 1 where no screen shows the colour."""
    linear = (lab @ _TO_CONES.T) ** 3 @ _TO_LINEAR.T
    magnitude = np.abs(linear)
    curved = np.where(magnitude > 0.0031308, 1.055 * magnitude ** (1 / 2.4) - 0.055, 12.92 * magnitude)
    return np.asarray(np.sign(linear) * curved)


def _smooth(places: NDArray[np.float64], values: NDArray[np.float64], wanted: NDArray[np.float64]) -> ArrayLike:
    """Through all values, without corners: a cubic with the slope between the neighbours at each place."""
    slopes = np.gradient(values, places)
    i = np.clip(np.searchsorted(places, wanted, side="right") - 1, 0, len(places) - 2)
    width = places[i + 1] - places[i]
    t = (wanted - places[i]) / width
    s = 1 - t
    first = (1 + 2 * t) * s**2 * values[i] + t * s**2 * width * slopes[i]
    return first + t**2 * (3 - 2 * t) * values[i + 1] - t**2 * s * width * slopes[i + 1]


def _cos(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def _sin(degrees: float) -> float:
    return math.sin(math.radians(degrees))
