"""Texts as small pictures in their collection: their first words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from studio.sequences.materials import Facts
from studio.sequences.text import Text
from studio.ui.text.sheet import reading_font
from studio.ui.theme import colour
from studio.ui.thumbnails import Look

MARGIN = 6
MOST_CHARACTERS = 160  # more are not seen in so small a picture
POINT_SIZE = 7.5


def thumbnail(text: Text, size: QSize, ratio: float = 1.0) -> QPixmap:
    """The first words, in the theme's ink on nothing."""
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    face = reading_font()
    face.setPointSizeF(POINT_SIZE)
    painter.setFont(face)
    painter.setPen(colour("ink"))
    room = QRectF(MARGIN, MARGIN / 2, size.width() - 2 * MARGIN, size.height() - MARGIN)
    painter.setClipRect(room)
    painter.drawText(room, int(Qt.TextFlag.TextWrapAnywhere) if _is_one_word(text) else _WRAPPED, first_words(text))
    painter.end()
    return pixmap


_WRAPPED = int(Qt.TextFlag.TextWordWrap)


def first_words(text: Text) -> str:
    """The beginning of a text, blank lines left out."""
    lines = text.characters[: 2 * MOST_CHARACTERS].split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())[:MOST_CHARACTERS]


def _is_one_word(text: Text) -> bool:
    return not any(character.isspace() for character in text.characters[:MOST_CHARACTERS])


def describe(facts: Facts) -> str:
    """How long it is."""
    return "1 character" if facts.length == 1 else f"{facts.length:,} characters"


TEXTS = Look(
    noun="text",
    cell=QSize(112, 80),
    picture=QSize(104, 54),
    paint=thumbnail,
    describe=describe,
    empty=("import", "No texts yet", "Write above, or drop text files here."),
)
