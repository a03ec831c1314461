"""A sheet on which something goes by while it is made: sound, or notes."""

from __future__ import annotations

import math
from abc import abstractmethod

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.paper import paint_empty, paint_paper
from studio.ui.theme import colour, number_font, theme


class LiveSheet(QWidget):
    """What such sheets have in common.

    Args:
        name: what a screen reader says.
        icon: is shown while there is nothing else.
    """

    def __init__(self, name: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = (icon, "", "")
        self._is_empty = True
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 88)
        self.setAccessibleName(name)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        """Show nothing, and say why and what to do."""
        self._empty, self._is_empty = (icon, title, text), True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_paper(painter, self)
        if self._is_empty:
            paint_empty(painter, QRectF(self.rect()), *self._empty)
        else:
            self._paint(painter)

    @abstractmethod
    def _paint(self, painter: QPainter) -> None:
        """Paint on the paper what has been made."""

    def _paint_ruler(self, painter: QPainter, area: QRectF, start: float, seconds: float) -> None:
        """Every second, moving along, below an area that shows so many seconds from the start on."""
        painter.setFont(number_font("small"))
        for second in range(math.ceil(start), math.floor(start + seconds) + 1):
            x = area.left() + (second - start) * area.width() / seconds
            painter.setPen(QPen(colour("border"), 1))
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4))
            painter.setPen(colour("muted"))
            text = f"{second // 60}:{second % 60:02d}"
            wide = painter.fontMetrics().horizontalAdvance(text)
            if x - wide / 2 >= 4 and x + wide / 2 <= self.width() - 4:
                painter.drawText(QPointF(x - wide / 2, self.height() - 4.0), text)
