"""What every picture of a piano roll has: a keyboard at the left, a row for each key, and notes as bars."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.sequences.roll import OCTAVE, Note, pitch_name
from studio.ui.theme import colour, number_font, theme

KEYBOARD = 40.0  # pixels wide
BLACK = (1, 3, 6, 8, 10)  # semitones above C
_BLACK_SHARE = 0.62  # of the width of a white key
_NAMED = 9.0  # pixels that a row needs for a name


@dataclass(frozen=True)
class Rows:
    """Where pitches lie: higher ones further up.

    Attributes:
        top: y of the upper edge of the highest pitch.
        height: of a row, in pixels.
        lowest, highest: pitches with a row.
    """

    top: float
    height: float
    lowest: int
    highest: int

    def y(self, pitch: int) -> float:
        """The upper edge of a pitch's row."""
        return self.top + (self.highest - pitch) * self.height

    def pitch_at(self, y: float) -> int:
        """The pitch in whose row that is, the nearest where there is none."""
        return min(max(self.highest - int((y - self.top) // self.height), self.lowest), self.highest)

    def within(self, area: QRectF) -> range:
        """Pitches whose rows can be seen."""
        return range(self.pitch_at(area.bottom() - 0.01), self.pitch_at(area.top()) + 1)


def is_black(pitch: int) -> bool:
    """Whether that is a black key."""
    return pitch % OCTAVE in BLACK


def paint_rows(painter: QPainter, area: QRectF, rows: Rows) -> None:
    """Darker rows for black keys, and a line below each C, and between E and F as on a keyboard."""
    shade, line = colour("line", 0.55), QPen(colour("line"), 1)
    for pitch in rows.within(area):
        y = rows.y(pitch)
        if is_black(pitch):
            painter.fillRect(QRectF(area.left(), y, area.width(), rows.height), shade)
        if pitch % OCTAVE in (0, 5):
            painter.setPen(line)
            painter.drawLine(QPointF(area.left(), y + rows.height), QPointF(area.right(), y + rows.height))


def paint_keyboard(painter: QPainter, area: QRectF, rows: Rows, down: Collection[int]) -> None:
    """The keys, those that are down in the accent colour; each C says which it is."""
    white, black, edge = _key_colours()
    painter.save()
    painter.setClipRect(area)
    painter.fillRect(area, white)
    painter.setFont(number_font("small"))
    for pitch in rows.within(area):
        row = QRectF(area.left(), rows.y(pitch), area.width(), rows.height)
        pressed = pitch in down
        if is_black(pitch):
            row.setWidth(area.width() * _BLACK_SHARE)
            painter.fillRect(row, colour("accent") if pressed else black)
        elif pressed:
            painter.fillRect(row, colour("accent"))
        if pitch % OCTAVE in (0, 5):
            painter.setPen(QPen(edge, 1))
            painter.drawLine(QPointF(area.left(), row.bottom()), QPointF(area.right(), row.bottom()))
        if pitch % OCTAVE == 0:
            _paint_name(painter, area, row, pitch, pressed)
    painter.setPen(QPen(colour("border"), 1))
    painter.drawLine(QPointF(area.right(), area.top()), QPointF(area.right(), area.bottom()))
    painter.restore()


def _paint_name(painter: QPainter, area: QRectF, row: QRectF, pitch: int, pressed: bool) -> None:
    painter.setPen(colour("on_accent") if pressed else _key_colours()[1])
    high = max(row.height(), _NAMED + 4)
    place = QRectF(area.left(), row.bottom() - high, area.width() - 4, high)
    painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, pitch_name(pitch))


def _key_colours() -> tuple[QColor, QColor, QColor]:
    """White keys, black keys, and the line between two white ones: of ivory and ebony in either theme."""
    if theme().colours.dark:
        return QColor("#C4C2BC"), QColor("#15181C"), QColor("#8D8B85")
    return QColor("#FFFEFA"), QColor("#3A3E47"), QColor("#CFCABF")


def paint_notes(
    painter: QPainter, notes: Iterable[Note], rows: Rows, left: float, per_frame: float, fill: QColor
) -> None:
    """Bars for notes, whose frame 0 is at x = left."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    gap = 1.0 if per_frame >= 4 else 0.0
    inset = 1.0 if rows.height >= 6 else 0.0
    round_by = 2.0 if rows.height >= 8 and per_frame >= 6 else 0.0
    for note in notes:
        bar = QRectF(
            left + note.start * per_frame,
            rows.y(note.pitch) + inset / 2,
            max(1.0, (note.end - note.start) * per_frame - gap),
            max(1.0, rows.height - inset),
        )
        if round_by:
            painter.drawRoundedRect(bar, round_by, round_by)
        else:
            painter.drawRect(bar)
    painter.setBrush(Qt.BrushStyle.NoBrush)
