"""What views along a time axis have in common: the stretch that is seen, the wheel, the ruler, a picture kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.audio.span import SHORTEST, Span
from studio.ui.paper import paint_paper
from studio.ui.theme import colour, number_font, theme

EDGE = 10  # pixels left and right, where trim handles have their place
RULER = 20  # pixels below
ZOOM = 1.25  # per click of the wheel


class TimeAxisView(QWidget):
    """Shows a span. What stays as it is while a line moves over it is painted once, by `_paint_still`."""

    span_changed = Signal()

    def __init__(self, parent: QWidget | None, icon: str) -> None:
        super().__init__(parent)
        self.span = Span.whole(1.0)
        self._empty = (icon, "", "")
        self._picture = QImage()
        self._stale = True
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme().changed.connect(self._repaint)

    def show_span(self, span: Span) -> None:
        """Show another stretch."""
        if span != self.span:
            self.span = span
            self.span_changed.emit()
            self._repaint()

    def _repaint(self) -> None:
        self._stale = True
        self.update()

    def _x(self, second: float) -> float:
        return EDGE + self.span.x_of(second, self.width() - 2 * EDGE)

    def _second(self, x: float) -> float:
        return self.span.second_at(x - EDGE, self.width() - 2 * EDGE)

    def _turn(self, event: QWheelEvent, least: float = SHORTEST) -> None:
        """The wheel zooms about the pointer until no less than `least` is seen; sideways, or with Shift, it moves."""
        turned, sideways = event.angleDelta().y() / 120, event.angleDelta().x() / 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            turned, sideways = 0.0, turned + sideways
        if turned:
            self.show_span(self.span.zoomed(ZOOM**turned, self._second(event.position().x()), least))
        if sideways:
            self.show_span(self.span.panned(-sideways * self.span.seconds / 8))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._repaint()

    def focusInEvent(self, event: QEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        self.update()

    @abstractmethod
    def _paint_still(self, painter: QPainter) -> None:
        """Paint on the paper what stays as it is."""

    def _paint_picture(self, painter: QPainter) -> None:
        """The paper and what stays as it is, painted anew only if it is another."""
        if self._stale:
            ratio = self.devicePixelRatioF()
            self._picture = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
            self._picture.setDevicePixelRatio(ratio)
            still = QPainter(self._picture)
            still.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_paper(still, self)
            self._paint_still(still)
            still.end()
            self._stale = False
        painter.drawImage(0, 0, self._picture)

    def _paint_ruler(self, painter: QPainter, marks: Iterable[tuple[float, str]]) -> None:
        """Ticks along the lower edge, where they are on the axis, and what they say."""
        top = self.height() - RULER
        painter.setFont(number_font("small"))
        for second, text in marks:
            x = round(self._x(second)) + 0.5
            painter.setPen(QPen(colour("border"), 1))
            painter.drawLine(QPointF(x, top), QPointF(x, top + 4))
            painter.setPen(colour("muted"))
            wide = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(x - wide / 2, 4.0), self.width() - 4.0 - wide)
            painter.drawText(QPointF(left, self.height() - 4.0), text)
