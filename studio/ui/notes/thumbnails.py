"""Piano rolls as small pictures in their collection."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from studio.sequences.materials import Facts
from studio.sequences.roll import OCTAVE, Roll
from studio.ui.notes.keyboard import Rows, paint_notes
from studio.ui.theme import colour
from studio.ui.thumbnails import Look

MARGIN = 5  # pixels
MOST_FRAMES = 512  # more cannot be told apart in so small a picture


def thumbnail(roll: Roll, size: QSize, ratio: float = 1.0) -> QPixmap:
    """The notes, as large as they fit, in the theme's ink on nothing."""
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    low, high = roll.sounding or (60, 60)
    while high - low < OCTAVE:  # a single note shall not fill the height
        low, high = max(0, low - 1), min(127, high + 1)
    area = QRectF(0, 0, size.width(), size.height()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    rows = Rows(area.top(), area.height() / (high - low + 1), low, high)
    shown = roll.cut(0, MOST_FRAMES)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_notes(painter, shown.notes, rows, area.left(), area.width() / len(shown), colour("ink"))
    painter.end()
    return pixmap


def describe(facts: Facts) -> str:
    """How long it is, how fast, and on how many keys."""
    return f"{facts.length:,} frames, {facts.rate:g} a second: {facts.seconds:.1f} s; {facts.parts} keys"


ROLLS = Look(
    noun="piano roll",
    cell=QSize(104, 72),
    picture=QSize(96, 44),
    paint=thumbnail,
    describe=describe,
    empty=("import", "No piano rolls yet", "Draw notes above, or drop files here."),
    badge="play",
)
