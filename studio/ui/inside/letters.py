"""A text as a model reads it: each character on a ground that is the brighter the less the model expected it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from studio.files.colour_map import coloured
from studio.ui.theme import STEP, colour, fixed_font, theme

LINE = 1.35  # height of a line, in heights of the letters
FAINTEST = 0.12  # opacity of the ground under what was expected
PALE = 140  # from this luminance on a ground wants dark letters


def lines_of(characters: str, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The line and the column of each character, ``[N]`` each: a new line after a line feed, or where one is full."""
    lines, places = np.zeros(len(characters), np.int64), np.zeros(len(characters), np.int64)
    line = place = 0
    for number, letter in enumerate(characters):
        if place >= columns:
            line, place = line + 1, 0
        lines[number], places[number] = line, place
        place += 1
        if letter == "\n":
            line, place = line + 1, 0
    return lines, places


class Letters(QAbstractScrollArea):
    """Shows characters; paints only the lines that are seen."""

    hovered = Signal(int)  # a frame, or -1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._characters = ""
        self._shares = np.zeros(0)
        self._lines = self._places = np.zeros(0, np.int64)
        self._mark = -1
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumSize(200, 120)
        self.setFont(fixed_font())
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("The text, bright where the model had to decide")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme().changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        return QSize(480, 260)

    def show_text(self, characters: str, shares: NDArray[np.float64]) -> None:
        """Show these characters with a share from 0 to 1 for each; frames beyond them are no characters."""
        if characters != self._characters:
            self._characters = characters
            self._wrap()
        self._shares = shares
        self.viewport().update()

    def mark(self, frame: int) -> None:
        """Frame a character; -1: none."""
        if frame != self._mark:
            self._mark = frame
            self.viewport().update()

    # --- where things are

    @property
    def _cell(self) -> tuple[float, float]:
        metrics = QFontMetricsF(self.font())
        return metrics.horizontalAdvance("n"), metrics.height() * LINE

    def _wrap(self) -> None:
        wide, high = self._cell
        columns = max(8, int((self.viewport().width() - 2 * STEP) / wide))
        self._lines, self._places = lines_of(self._characters, columns)
        count = int(self._lines[-1]) + 1 if len(self._lines) else 0
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(round(high))
        bar.setRange(0, max(0, round(count * high + 2 * STEP - self.viewport().height())))

    def _box(self, number: int) -> QRectF:
        wide, high = self._cell
        top = STEP + self._lines[number] * high - self.verticalScrollBar().value()
        return QRectF(STEP + self._places[number] * wide, top, wide, high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._wrap()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        wide, high = self._cell
        line = int((event.position().y() - STEP + self.verticalScrollBar().value()) // high)
        place = int((event.position().x() - STEP) // wide)
        found = np.flatnonzero((self._lines == line) & (self._places == place))
        self.hovered.emit(int(found[0]) if len(found) else -1)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(-1)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), colour("paper"))
        painter.setFont(self.font())
        _, high = self._cell
        first = (self.verticalScrollBar().value() - STEP) / high - 1
        last = first + self.viewport().height() / high + 2
        begin, end = np.searchsorted(self._lines, [int(max(first, 0)), int(last) + 1])
        shares = np.clip(self._shares, 0, 1)
        inks = coloured(shares[begin:end], dark=theme().colours.dark).tolist()
        for number, ink in zip(range(begin, end), inks, strict=False):
            self._paint_letter(painter, number, QColor(*ink), float(shares[number]))
        if 0 <= self._mark < len(self._lines):
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawRect(self._box(self._mark).adjusted(-1, 0, 1, 0))

    def _paint_letter(self, painter: QPainter, number: int, ink: QColor, share: float) -> None:
        letter, box = self._characters[number], self._box(number)
        opacity = FAINTEST + (1 - FAINTEST) * share
        ink.setAlphaF(opacity)
        painter.fillRect(box.adjusted(0, 1, 0, -1), ink)
        paper = colour("paper")
        mixed = [opacity * getattr(ink, name)() + (1 - opacity) * getattr(paper, name)() for name in _CHANNELS]
        pale = float(np.dot(mixed, (0.299, 0.587, 0.114))) > PALE
        painter.setPen(QColor("#16191E") if pale else QColor("#F4F1EA"))
        shown = "¶" if letter == "\n" else letter
        if not letter.isspace() or letter == "\n":
            base = box.center().y() + QFontMetricsF(self.font()).ascent() / 2 - 1
            painter.drawText(QPointF(box.left(), base), shown)


_CHANNELS = ("red", "green", "blue")
