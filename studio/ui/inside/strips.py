"""Strips along a sequence, one below the other on one axis: zoom, pan, and a line at the frame under the pointer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from studio.ui.audio.span import Span, reading, ticks
from studio.ui.audio.time_axis import EDGE, RULER, ZOOM, TimeAxisView
from studio.ui.inside.rows import HEAD, Row, round_steps
from studio.ui.paper import paint_empty
from studio.ui.theme import STEP, colour

GAP = 8  # between two strips
FEWEST = 8.0  # frames that fill the view
LOWEST = 18  # pixels of a strip without its title


class Strips(TimeAxisView):
    """Shows rows of T numbers each. `span` counts in frames."""

    hovered = Signal(int)  # a frame, or -1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, "inside")
        self.frames = 0
        self._rows: tuple[Row, ...] = ()
        self._seconds: float | None = None
        self._mark = -1
        self._pressed: tuple[QPointF, Span] | None = None
        self.setMinimumSize(200, 120)
        self.setAccessibleName("What goes on, frame by frame")
        self.setAccessibleDescription("Arrows move along the frames; plus and minus zoom, 0 shows all.")
        self.setToolTip("Turn the wheel to zoom, drag to move along, double click to see all")

    def sizeHint(self) -> QSize:
        return QSize(420, 320)

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        """Show no rows, and say why and what to do."""
        self._rows, self.frames, self._empty = (), 0, (icon, title, text)
        self._repaint()

    def show_rows(self, rows: Sequence[Row], frames: int, total: float, seconds_per_frame: float | None) -> None:
        """Show these rows; the span stays where the sequence is as long as the one before.

        Args:
            rows: from above to below.
            frames: T.
            total: how many frames the axis is long; for sound, which need not end with a whole frame, a little less.
            seconds_per_frame: for an axis in seconds; None: in frames.
        """
        self._rows, self.frames, self._seconds = tuple(rows), frames, seconds_per_frame
        if abs(self.span.total - total) > 1e-6:
            self.span = Span.whole(total)
            self.span_changed.emit()
        self._mark = min(self._mark, frames - 1)
        self._repaint()

    @property
    def marked(self) -> int:
        """The frame that the line stands at, or -1."""
        return self._mark

    def mark(self, frame: int) -> None:
        """Put the line at a frame; -1: nowhere."""
        if frame != self._mark:
            self._mark = frame
            self.update()

    # --- where things are

    @property
    def _field(self) -> QRectF:
        return QRectF(self.rect()).adjusted(EDGE, STEP / 2, -EDGE, -RULER)

    def _frame_at(self, x: float) -> int:
        return min(int(self._second(x)), self.frames - 1)

    def _areas(self) -> list[QRectF]:
        field, weights = self._field, np.array([row.weight for row in self._rows])
        needed = np.cumsum(weights * (HEAD + LOWEST) + GAP) - GAP
        weights = weights[: max(1, int((needed <= field.height()).sum()))]  # the first, where there is no room for all
        heights = weights / weights.sum() * (field.height() - GAP * (len(weights) - 1))
        tops = field.top() + np.cumsum(heights + GAP) - heights - GAP
        places = zip(tops.tolist(), heights.tolist(), strict=True)
        return [QRectF(field.left(), top, field.width(), height) for top, height in places]

    # --- mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._rows and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = (event.position(), self.span)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._rows:
            return
        if self._pressed is not None:
            place, span = self._pressed
            self.show_span(span.dragged(event.position().x() - place.x(), self._field.width()))
        self._hover(self._frame_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_span(Span.whole(self.span.total))

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self._hover(-1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._rows:
            event.ignore()
            return
        self._turn(event, FEWEST)

    def zoom(self, factor: float, about: float) -> None:
        """Show less, or more, with the frame `about` in its place."""
        self.show_span(self.span.zoomed(factor, about, FEWEST))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, key = Qt.Key, event.key()
        steps: dict[int, int] = {keys.Key_Left: -1, keys.Key_Right: 1, keys.Key_PageUp: -10, keys.Key_PageDown: 10}
        if self._rows and key in steps:
            self._hover(min(max(self._mark + steps[key], 0), self.frames - 1))
            self.show_span(self.span.showing(self._mark + 0.5))
        elif self._rows and key in (keys.Key_Plus, keys.Key_Equal, keys.Key_Minus):
            factor = 1 / ZOOM if key == keys.Key_Minus else ZOOM
            self.zoom(factor, self._mark + 0.5 if self._mark >= 0 else (self.span.start + self.span.end) / 2)
        elif self._rows and key == keys.Key_0:
            self.show_span(Span.whole(self.span.total))
        else:
            super().keyPressEvent(event)

    def _hover(self, frame: int) -> None:
        self.mark(frame)
        self.hovered.emit(frame)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_picture(painter)
        if not self._rows:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        x = self._x(self._mark + 0.5)
        if self._mark >= 0 and EDGE <= x <= self.width() - EDGE:
            painter.setPen(QPen(colour("accent"), 1))
            painter.drawLine(QPointF(x, self._field.top()), QPointF(x, self._field.bottom()))

    def _paint_still(self, painter: QPainter) -> None:
        """Everything that stays as it is while the pointer moves."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for area, row in zip(self._areas(), self._rows, strict=False):
            row.paint(painter, area, self.span)
        if self._rows:
            self._paint_ruler(painter, self._marks())

    def _marks(self) -> list[tuple[float, str]]:
        width = self._field.width()
        if self._seconds is None:
            return [(float(frame), f"{frame:,}") for frame in round_steps(self.span, width)]
        per = self._seconds
        step, seconds = ticks(Span(self.span.start * per, self.span.end * per, self.span.total * per), width)
        return [(second / per, reading(second, step)) for second in seconds]
