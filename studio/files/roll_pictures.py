"""Piano rolls as pictures (.png), with Pillow and without a screen."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from studio.files.images import INK, PAPER
from studio.sequences.roll import OCTAVE, Roll

LONGEST = 8000
"""Side of the picture at most, in pixels."""

ROW = 8
"""Height of a key, in pixels; it is less where there is no room."""

FRAME = 16
GAP = 24
LINE = (226, 222, 213)
BLACK_KEY = (243, 240, 233)
_BLACK = (1, 3, 6, 8, 10)  # above C
_MARGIN = 2  # keys above and below those that are heard


def to_png(rolls: Sequence[Roll]) -> bytes:
    """The rolls, at least one, below one another, time running to the right and pitch upwards, as a PNG file."""
    spans = [_span(roll) for roll in rolls]
    keys = sum(high - low + 1 for low, high in spans)
    row = max(1, min(ROW, (LONGEST - GAP * (len(rolls) + 1)) // keys))
    frame = max(1, min(FRAME, (LONGEST - 2 * GAP) // max(map(len, rolls))))
    width = min(LONGEST, max(map(len, rolls)) * frame + 2 * GAP)
    picture = Image.new("RGB", (width, min(LONGEST, keys * row + GAP * (len(rolls) + 1))), PAPER)
    pen = ImageDraw.Draw(picture)
    top = GAP
    for roll, (low, high) in zip(rolls, spans, strict=True):
        _paint(pen, roll, low, high, top, row, frame)
        top += (high - low + 1) * row + GAP
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _span(roll: Roll) -> tuple[int, int]:
    """The pitches to show: those that are heard, and a little above and below."""
    low, high = roll.sounding or (60, 60)
    return max(0, low - _MARGIN), min(127, high + _MARGIN)


def _paint(pen: ImageDraw.ImageDraw, roll: Roll, low: int, high: int, top: int, row: int, frame: int) -> None:
    right = GAP + len(roll) * frame
    for pitch in range(low, high + 1):
        y = top + (high - pitch) * row
        if pitch % OCTAVE in _BLACK:
            pen.rectangle((GAP, y, right - 1, y + row - 1), fill=BLACK_KEY)
        if pitch % OCTAVE == 0:
            pen.line((GAP, y + row - 1, right - 1, y + row - 1), fill=LINE)
    for note in roll.notes:
        y = top + (high - note.pitch) * row
        gap = 1 if frame > 2 else 0
        pen.rectangle(
            (GAP + note.start * frame, y, GAP + note.end * frame - 1 - gap, y + row - 1 - (row > 3)), fill=INK
        )
