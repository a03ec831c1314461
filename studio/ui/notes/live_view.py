"""Notes that are being made: the roll scrolls by, the newest on the right, and the keys at the left go down."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from studio.sequences.roll import PITCHES, Keys, Roll
from studio.ui.live_sheet import LiveSheet
from studio.ui.notes.keyboard import KEYBOARD, Rows, paint_keyboard, paint_notes, paint_rows
from studio.ui.theme import colour

SECONDS = 8.0  # seen at once
RULER = 20
EDGE = 8
FEWEST_ROWS = 24
_BLOCK = 1024  # frames by which room for them grows


class LiveRollView(LiveSheet):
    """Takes frames by `push`, and the moment that is heard by `show_moment`."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "play", parent)
        self._keys: Keys = np.zeros((0, 1), np.uint8)  # with room for more
        self._count = 0
        self._tempo = 8.0
        self._lowest = 60
        self._given = 0
        self._moment = 0.0  # frames, with a part

    # --- what the sheet asks for

    @property
    def frames(self) -> int:
        """How many have been pushed."""
        return self._count

    @property
    def moment(self) -> float:
        """The frame that is heard, with its part."""
        return self._moment

    def start(self, tempo: float, lowest: int, pitches: int, given: int = 0) -> None:
        """Begin anew.

        Args:
            tempo: frames per second.
            lowest: MIDI number of the first column.
            pitches: how many columns.
            given: how many frames at the beginning are somebody else's; they are shown paler.
        """
        self._tempo, self._lowest, self._given = tempo, lowest, given
        self._keys, self._count, self._moment = np.zeros((0, pitches), np.uint8), 0, 0.0
        self._is_empty = False
        self.update()

    def push(self, keys: Keys) -> None:
        """Frames ``[n, D]`` that follow upon the last; they are shown once they are heard."""
        needed = self._count + len(keys)
        if needed > len(self._keys):
            more = -(-(needed - len(self._keys)) // _BLOCK) * _BLOCK + len(self._keys)
            self._keys = np.pad(self._keys, ((0, more), (0, 0)))
        self._keys[self._count : needed] = keys
        self._count = needed

    def show_moment(self, frame: float, given: int | None = None) -> None:
        """Show all up to this frame."""
        self._moment = min(frame, float(self._count))
        self._given = self._given if given is None else given
        self.update()

    def down(self) -> set[int]:
        """The pitches that are heard."""
        now = math.ceil(self._moment) - 1
        if not 0 <= now < self._count:
            return set()
        return {self._lowest + int(column) for column in np.flatnonzero(self._keys[now])}

    # --- painting

    def _rows(self, area: QRectF) -> Rows:
        low, high = self._lowest, self._lowest + self._keys.shape[1] - 1
        missing = max(0, FEWEST_ROWS - (high - low + 1))
        low, high = max(0, low - missing // 2), min(PITCHES - 1, high + (missing + 1) // 2)
        return Rows(area.top(), area.height() / (high - low + 1), low, high)

    def _paint(self, painter: QPainter) -> None:
        area = QRectF(self.rect()).adjusted(EDGE + KEYBOARD, EDGE, -EDGE, -RULER)
        rows = self._rows(area)
        paint_rows(painter, area, rows)
        painter.save()
        painter.setClipRect(area)
        self._paint_notes(painter, area, rows)
        painter.restore()
        paint_keyboard(painter, QRectF(EDGE, area.top(), KEYBOARD, area.height()), rows, self.down())
        self._paint_ruler(painter, area, self._first / self._tempo, SECONDS)

    @property
    def _first(self) -> float:
        """The frame at the left edge."""
        return max(0.0, self._moment - SECONDS * self._tempo)

    def _paint_notes(self, painter: QPainter, area: QRectF, rows: Rows) -> None:
        per_frame = area.width() / (SECONDS * self._tempo)
        first = int(self._first)
        left = area.left() - (self._first - first) * per_frame
        now = area.left() + (self._moment - self._first) * per_frame
        painter.setClipRect(QRectF(area.left(), area.top(), max(0.0, now - area.left()), area.height()))
        keys = self._keys[first : min(math.ceil(self._moment), self._count)]
        if len(keys):
            notes = Roll(keys, 1.0, self._lowest).notes
            sounding = math.ceil(self._moment) - 1 - first
            for found, name in (
                ([note for note in notes if not note.start <= sounding < note.end], "ink"),
                ([note for note in notes if note.start <= sounding < note.end], "accent"),
            ):
                paint_notes(painter, found, rows, left, per_frame, colour(name))
        given = left + (self._given - first) * per_frame
        if given > area.left():  # paler: the model has not made this
            painter.fillRect(QRectF(area.left(), area.top(), given - area.left(), area.height()), colour("paper", 0.55))
        painter.setClipRect(area)
        painter.setPen(QPen(colour("accent"), 1.5))
        painter.drawLine(QPointF(now, area.top()), QPointF(now, area.bottom()))
