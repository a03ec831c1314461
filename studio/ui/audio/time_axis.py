"""What views along a time axis have in common: how the wheel moves them, and the ruler below them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from studio.ui.audio.span import SHORTEST, Span
from studio.ui.theme import colour, number_font

EDGE = 10  # pixels left and right, where trim handles have their place
RULER = 20  # pixels below
ZOOM = 1.25  # per click of the wheel


def wheeled(span: Span, event: QWheelEvent, width: float, least: float = SHORTEST) -> Span:
    """What is seen once the wheel has turned: it zooms about the pointer; sideways, or with Shift, it moves along.

    Args:
        span: what was seen before.
        event: at a place of the view, whose axis begins after `EDGE` pixels.
        width: pixels of the axis.
        least: as in `Span.zoomed`.
    """
    turned, sideways = event.angleDelta().y() / 120, event.angleDelta().x() / 120
    if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        turned, sideways = 0.0, turned + sideways
    if turned:
        span = span.zoomed(ZOOM**turned, span.second_at(event.position().x() - EDGE, width), least)
    if sideways:
        span = span.panned(-sideways * span.seconds / 8)
    return span


def paint_ruler(painter: QPainter, widget: QWidget, span: Span, marks: Iterable[tuple[float, str]]) -> None:
    """Ticks along the lower edge of a view, and what they say.

    Args:
        marks: where each of them is on the axis, and its text.
    """
    top, width = widget.height() - RULER, widget.width() - 2 * EDGE
    painter.setFont(number_font("small"))
    for second, text in marks:
        x = round(EDGE + span.x_of(second, width)) + 0.5
        painter.setPen(QPen(colour("border"), 1))
        painter.drawLine(QPointF(x, top), QPointF(x, top + 4))
        painter.setPen(colour("muted"))
        wide = painter.fontMetrics().horizontalAdvance(text)
        left = min(max(x - wide / 2, 4.0), widget.width() - 4.0 - wide)
        painter.drawText(QPointF(left, widget.height() - 4.0), text)
