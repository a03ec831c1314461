"""Several drawings side by side: a grid of equal cells, filled row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.files.columns import FloatArray
from studio.sequences.material import Drawing, stretch_of_series

MARGIN = 0.1
"""Around every drawing, as a share of the largest one."""

SLIMMEST = 0.4
"""A cell's shorter side as a share of its longer one, at least: a flat line is not shown in a slit."""

OUTLIER = 3.0
"""A drawing this many times larger than the median one is drawn smaller, so that it does not shrink all others."""


@dataclass(frozen=True)
class Cell:
    """Where a drawing goes on a page whose y grows downwards.

    Attributes:
        middle: of the drawing's bounding box, in its own units.
        centre: of the cell, in page units.
        scale: page units per drawing unit; 1 but for outliers.
        stretch: how many times as large y is shown as x; 1 but for series.
        turned: whether y is turned over, as for drawings whose y grows upwards or may do so.
    """

    middle: FloatArray
    centre: FloatArray
    scale: float
    turned: bool
    stretch: float = 1.0

    def place(self, points: FloatArray) -> FloatArray:
        """Points of the drawing, ``[N, 2]``, on the page."""
        upright = self.scale * self.stretch
        return (points - self.middle) * [self.scale, -upright if self.turned else upright] + self.centre


@dataclass(frozen=True)
class Grid:
    """A page of cells, in the units of the drawings.

    Attributes:
        cells: one per drawing, row by row.
        cell: width and height of a cell.
        page: width and height of the page.
        typical: size of the largest drawing that is no outlier.
    """

    cells: tuple[Cell, ...]
    cell: FloatArray
    page: FloatArray
    typical: float


def arranged(drawings: Sequence[Drawing]) -> Grid:
    """Lay drawings out, at least one, all at one scale but for outliers; series fill their cells also in height."""
    boxes = [drawing.box for drawing in drawings]
    extents = np.array([high - low for low, high in boxes])  # [K, 2]
    stretch = stretch_of_series(extents.max(0)) if all(drawing.is_series for drawing in drawings) else 1.0
    extents *= (1, stretch)
    sizes = extents.max(1)
    typical = float(sizes[sizes <= OUTLIER * np.median(sizes)].max()) or 1.0
    scales = typical / np.maximum(typical, sizes)
    cell = (extents * scales[:, None]).max(0)
    cell = np.maximum(cell, SLIMMEST * cell.max()) + 2 * MARGIN * typical
    columns = best_columns(len(drawings), float(cell[0] / cell[1]))
    cells = []
    for i, ((low, high), drawing) in enumerate(zip(boxes, drawings, strict=True)):
        centre = (np.array([i % columns, i // columns]) + 0.5) * cell
        cells.append(Cell(low + (high - low) / 2, centre, float(scales[i]), drawing.y_up is not False, stretch))
    page = cell * [columns, math.ceil(len(drawings) / columns)]
    return Grid(tuple(cells), cell, page, typical)


def best_columns(count: int, aspect: float) -> int:
    """How many columns lay out so many cells, each `aspect` times as wide as high: about square, and few left empty."""

    def crudeness(columns: int) -> float:
        rows = math.ceil(count / columns)
        empty = (columns * rows - count) / count
        return empty + 0.5 * abs(math.log(columns * aspect / rows))

    return min(range(1, count + 1), key=crudeness)
