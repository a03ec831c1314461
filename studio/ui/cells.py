"""Where on a sheet each of several pens draws: side by side, in a row, or also laid over each other."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF

MARGIN = 8  # pixels between a line and the edge of the sheet
SHARED = 0.62  # of the sheet is where all are laid over each other


@dataclass(frozen=True)
class Cells:
    """The parts of a sheet.

    Attributes:
        own: of each pen.
        shared: of all together, None where there is no such place.
        lines: between them.
    """

    own: tuple[QRectF, ...]
    shared: QRectF | None = None
    lines: tuple[QLineF, ...] = ()

    def at(self, place: QPointF) -> int | None:
        """The pen whose own part lies there."""
        return next((pen for pen, cell in enumerate(self.own) if cell.contains(place)), None)


def side_by_side(count: int, sheet: QRectF) -> Cells:
    """As many columns as rows."""
    side = max(1, math.ceil(math.sqrt(count)))
    return _grid(count, sheet, side, side)


def best_filling(count: int, sheet: QRectF) -> Cells:
    """Row after row, in as many columns as make them largest."""
    columns = best_columns(count, sheet.width(), sheet.height())
    return _grid(count, sheet, columns, -(-count // columns))


def laid_over(count: int, sheet: QRectF) -> Cells:
    """One large part for all of them, and beside or below it a small one for each."""
    shared, rest = QRectF(sheet), QRectF(sheet)
    if sheet.width() >= sheet.height():
        shared.setWidth(round(sheet.width() * SHARED))
        rest.setLeft(shared.right())
        border = QLineF(shared.right() + 0.5, sheet.top() + MARGIN, shared.right() + 0.5, sheet.bottom() - MARGIN)
    else:
        shared.setHeight(round(sheet.height() * SHARED))
        rest.setTop(shared.bottom())
        border = QLineF(sheet.left() + MARGIN, shared.bottom() + 0.5, sheet.right() - MARGIN, shared.bottom() + 0.5)
    small = best_filling(count, rest)
    return Cells(small.own, shared, (border, *small.lines))


def best_columns(count: int, width: float, height: float) -> int:
    """In how many columns so many cells, row after row, are largest."""

    def size(columns: int) -> float:
        return min(width / columns, height / -(-count // columns))

    choices: Iterable[int] = range(1, count + 1)
    return max(choices, key=size)


def _grid(count: int, sheet: QRectF, columns: int, rows: int) -> Cells:
    width, height = sheet.width() / columns, sheet.height() / rows
    left, top = sheet.left(), sheet.top()
    places = [(left + pen % columns * width, top + pen // columns * height) for pen in range(max(count, 1))]
    across = (round(left + place * width) + 0.5 for place in range(1, columns))
    down = (round(top + place * height) + 0.5 for place in range(1, rows))
    lines = [QLineF(x, top + MARGIN, x, sheet.bottom() - MARGIN) for x in across]
    lines += [QLineF(left + MARGIN, y, sheet.right() - MARGIN, y) for y in down]
    return Cells(tuple(QRectF(*place, width, height) for place in places), lines=tuple(lines))
