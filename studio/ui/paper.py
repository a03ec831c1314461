"""What canvases have in common: the sheet, and what it says while it is empty."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from studio.ui.icons import picture
from studio.ui.theme import STEP, colour, font

CORNER = 6.0


def paint_paper(painter: QPainter, widget: QWidget) -> None:
    """The sheet that fills a widget."""
    painter.fillRect(widget.rect(), colour("window"))
    painter.setPen(QPen(colour("line"), 1))
    painter.setBrush(colour("paper"))
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_empty(painter: QPainter, area: QRectF, icon: str, title: str, text: str = "") -> None:
    """An icon, what this place is for, and what to do; the icon is left out where there is no room."""
    title_font, text_font = font("title"), font("body")
    wrap = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter)
    room = QRectF(0, 0, area.width() - 4 * STEP, area.height())
    title_height = QFontMetricsF(title_font).boundingRect(room, wrap, title).height()
    text_height = QFontMetricsF(text_font).boundingRect(room, wrap, text).height() if text else 0
    icon_size = 32 if area.height() > title_height + text_height + 10 * STEP else 0
    gap = STEP if icon_size else 0
    height = icon_size + gap + title_height + (STEP / 2 + text_height if text else 0)
    top = area.center().y() - height / 2
    left = area.left() + 2 * STEP
    if icon_size:
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(QPointF(area.center().x() - icon_size / 2, top), picture(icon, "muted", icon_size, ratio))
    top += icon_size + gap
    painter.setPen(colour("text"))
    painter.setFont(title_font)
    painter.drawText(QRectF(left, top, room.width(), title_height + 2), wrap, title)
    painter.setPen(colour("muted"))
    painter.setFont(text_font)
    painter.drawText(QRectF(left, top + title_height + STEP / 2, room.width(), text_height + 2), wrap, text)
