"""A level meter: how loud it is now, how loud it was at most, and a light for what was too loud."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.sound.levels import Levels
from studio.ui.theme import colour, theme

LOWEST = -60.0  # decibels at the left end
WARM = -12.0  # from here on it is loud
LIGHT = 12  # pixels of the clip light
GAP = 4


class MeterView(QWidget):
    """Shows `Levels`. A click puts out the light."""

    light_put_out = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: Levels | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(64)
        self.setAccessibleName("Level of the microphone")
        self.show_levels(None)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(120, 12)

    def show_levels(self, levels: Levels | None) -> None:
        """Show these, or that nobody listens."""
        self._levels = levels
        if levels is None:
            tip = "Level of the microphone: moves as soon as it listens"
        else:
            tip = f"Level of the microphone: {levels.peak:.0f} dB at most lately; speak so that it stays below -6"
            if levels.clipped:
                tip = "Too loud: samples were clipped. Speak softer or move away; click puts out the light"
        if tip != self.toolTip():
            self.setToolTip(tip)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.light_put_out.emit()

    def _x(self, decibels: float) -> float:
        share = (max(decibels, LOWEST) - LOWEST) / -LOWEST
        return min(share, 1.0) * (self.width() - LIGHT - GAP)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, wide = self.height() / 2, self.width() - LIGHT - GAP
        painter.setBrush(colour("raised"))
        painter.drawRoundedRect(QRectF(0, middle - 3, wide, 6), 3, 3)
        light = QRectF(wide + GAP, middle - LIGHT / 2, LIGHT, LIGHT)
        if self._levels is not None:
            self._paint_bar(painter, self._levels, middle)
        clipped = self._levels is not None and self._levels.clipped
        painter.setBrush(QColor(theme().colours.plots[1]) if clipped else colour("raised"))
        painter.setPen(QPen(colour("border"), 1) if not clipped else QPen(colour("warning_text"), 1))
        painter.drawEllipse(light.adjusted(1, 1, -1, -1))

    def _paint_bar(self, painter: QPainter, levels: Levels, middle: float) -> None:
        here, warm = self._x(levels.level), self._x(WARM)
        painter.save()
        painter.setClipRect(QRectF(0, 0, here, self.height()))
        painter.setBrush(QColor(theme().colours.plots[2]))
        painter.drawRoundedRect(QRectF(0, middle - 3, self._x(0.0), 6), 3, 3)
        if here > warm:
            painter.setClipRect(QRectF(warm, 0, here - warm, self.height()))
            painter.setBrush(QColor(theme().colours.plots[1]))
            painter.drawRoundedRect(QRectF(0, middle - 3, self._x(0.0), 6), 3, 3)
        painter.restore()
        if levels.peak > LOWEST:
            painter.setBrush(colour("text"))
            painter.drawRect(QRectF(self._x(levels.peak) - 1, middle - 5, 2, 10))
