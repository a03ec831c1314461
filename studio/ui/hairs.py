"""Hairs at the tip of a person's pen: where it may go, as the model sees it, redrawn as the pen moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPen

from studio.sequences.material import Drawing, FloatArray, Stroke
from studio.ui.ink import smooth_path
from studio.ui.page import Page
from studio.ui.theme import colour
from studio.ui.widgets import timer
from studio.workbench import Futures

SECONDS = 0.5  # that are looked ahead, at speed 1
TICK_MILLISECONDS = 33  # between two looks: as often as the hairs are redrawn, at most
SHADE = 0.4


class Hairs(QObject):
    """Asks for futures while a pen is down, and paints the newest that there are.

    Attributes:
        source: gives futures, when a pen touches the canvas; None where there are none, or nobody wants them.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.source: Callable[[], Futures | None] | None = None
        self._futures: Futures | None = None
        # What is to be asked about with the next tick: the strokes before, the points of this one, and y_up.
        self._wanted: tuple[Sequence[Stroke], Sequence[FloatArray], bool | None] | None = None
        self._lines: list[FloatArray] = []  # each [N, 2], in the units of the material
        self._timer = timer(self, TICK_MILLISECONDS, self._look)

    @property
    def shown(self) -> int:
        """How many lines are shown."""
        return len(self._lines)

    def begin(self) -> None:
        """The pen touches the canvas."""
        self.end()
        self._wanted = None
        self._futures = None if self.source is None else self.source()
        if self._futures is not None:
            self._timer.start()

    def follow(self, before: Sequence[Stroke], points: Sequence[FloatArray], y_up: bool | None) -> None:
        """The pen is at the last of these points, to which more may come.

        Args:
            before: the strokes before this one.
            points: of this one.
            y_up: as in `Drawing`.
        """
        self._wanted = before, points, y_up

    def end(self) -> None:
        """The pen leaves the canvas."""
        self._timer.stop()
        if self._futures is not None:
            self._futures.close()
            self._futures = None
        if self._lines:
            self._lines = []
            self.changed.emit()

    def _look(self) -> None:
        if self._futures is None:
            return
        if self._wanted is not None:
            before, points, y_up = self._wanted
            self._futures.ask(Drawing((*before, Stroke(np.array(points))), y_up=y_up))
            self._wanted = None
        found = self._futures.take()
        if found is not None:
            self._lines = [
                line for pen in range(found.points.shape[1]) for line in _lines(found.tip, found.points[:, pen])
            ]
            self.changed.emit()

    def paint(self, painter: QPainter, page: Page, cell: QRectF) -> None:
        """All of them, on a part of a canvas."""
        style = QPen(colour("accent", SHADE), 1)
        style.setCosmetic(True)  # Qt paints lines of one pixel twelve times as fast as wider ones
        for line in self._lines:
            painter.strokePath(_path(line, page, cell), style)


def _lines(tip: FloatArray, future: FloatArray) -> list[FloatArray]:
    """The strokes of one future ``[n, 4]``, the first of which begins at the tip."""
    drawn = future[future[:, 3] == 0]
    points = np.concatenate([tip[None], drawn[:, :2]])
    cuts = np.flatnonzero(drawn[:, 2]) + 2
    return [stroke for stroke in np.split(points, cuts) if len(stroke) > 1]


def _path(line: FloatArray, page: Page, cell: QRectF) -> QPainterPath:
    path = smooth_path(page.to_canvas(line, cell.width(), cell.height()))
    return path if cell.topLeft() == QPointF() else path.translated(cell.topLeft())
