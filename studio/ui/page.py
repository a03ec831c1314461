"""How a region of material lies on a canvas: one scale for x and y (but for series), the right way up, and a margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sequences.material import Drawing, FloatArray, stretch_of_series

OWN_EXTENT = 400.0  # the page of drawings made here, in units along the canvas's shorter side
MOST_LOOKED_AT = 200  # drawings that decide about the page of a large collection


@dataclass(frozen=True)
class Page:
    """A square region of material units that always fits on the canvas.

    Attributes:
        centre: x, y of its middle.
        extent: how many units the shorter side of the canvas shows.
        y_up: whether y grows upwards.
        stretch: how many times as large y is shown as x; 1 but for series.
    """

    centre: tuple[float, float] = (0.0, 0.0)
    extent: float = OWN_EXTENT
    y_up: bool = False
    stretch: float = 1.0

    @classmethod
    def around(
        cls, low: ArrayLike, high: ArrayLike, y_up: bool | None, margin: float = 0.08, *, of_series: bool = False
    ) -> Page:
        """The page that shows a box with a margin, given as a share of the page on every side."""
        low, high = np.asarray(low, float), np.asarray(high, float)
        stretch = stretch_of_series(high - low) if of_series else 1.0
        size = float(((high - low) * (1, stretch)).max())
        middle = (low + high) / 2
        return cls((float(middle[0]), float(middle[1])), (size or 1.0) / (1 - 2 * margin), y_up is not False, stretch)

    @classmethod
    def of(cls, drawing: Drawing, margin: float = 0.08) -> Page:
        """The page that shows a drawing."""
        return cls.around(*drawing.box, drawing.y_up, margin, of_series=drawing.is_series)

    def scale(self, width: float, height: float) -> float:
        """Pixels per unit on a canvas of that size."""
        return max(1.0, min(width, height)) / self.extent

    @property
    def _directions(self) -> FloatArray:
        """Which way x and y go, and how many times as far as x does."""
        return np.array([1.0, -self.stretch if self.y_up else self.stretch])

    def to_canvas(self, points: ArrayLike, width: float, height: float) -> FloatArray:
        """Material ``[N, 2]`` to pixels."""
        signs = self.scale(width, height) * self._directions
        return (np.asarray(points, np.float64) - self.centre) * signs + (width / 2, height / 2)

    def to_material(self, pixels: ArrayLike, width: float, height: float) -> FloatArray:
        """Pixels ``[N, 2]`` to material."""
        signs = self.scale(width, height) * self._directions
        return (np.asarray(pixels, np.float64) - (width / 2, height / 2)) / signs + self.centre

    def shows(self, low: ArrayLike, high: ArrayLike) -> bool:
        """Whether a box lies on the page and is not lost on it."""
        low, high = np.asarray(low, float), np.asarray(high, float)
        stretched = np.array([1, self.stretch])
        lowest, highest = (low - self.centre) * stretched, (high - self.centre) * stretched
        inside = np.all(lowest >= -self.extent / 2) and np.all(highest <= self.extent / 2)
        return bool(inside and (highest - lowest).max() >= 0.2 * self.extent)


def page_of_collection(drawings: Sequence[Drawing], before: Page) -> Page:
    """The page on which new drawings are made, so that they get the units, place and direction of the others.

    It stays as it was while the collection still looks right on it: nothing jumps.
    """
    if not drawings:
        return Page()
    looked_at = [drawings[i] for i in np.linspace(0, len(drawings) - 1, min(len(drawings), MOST_LOOKED_AT)).astype(int)]
    boxes = np.array([drawing.box for drawing in looked_at])  # [N, low/high, x/y]
    low, high = _typical(boxes)
    upward = sum(1 if drawing.y_up is not False else -1 for drawing in looked_at) > 0
    of_series = all(drawing.is_series for drawing in looked_at)
    if before.y_up == upward and (before.stretch != 1) == of_series and before.shows(low, high):
        return before
    own = Page()
    if not upward and own.shows(low, high):
        return own
    return Page.around(low, high, upward, of_series=of_series)


def _typical(boxes: NDArray[np.float64]) -> tuple[FloatArray, FloatArray]:
    """The box that nearly all boxes lie in; a few far-off ones do not make everything else tiny."""
    return np.quantile(boxes[:, 0], 0.05, axis=0), np.quantile(boxes[:, 1], 0.95, axis=0)
