"""Quick, Draw! in its binary form (.bin): one drawing after the other, coordinates as bytes, without times or words.

Each is, in little-endian order: a key (8 bytes), the country (2), whether it was recognized (1), when it was drawn (4),
the number of strokes (2); and for each stroke the number of its points (2), then their x and then their y, a byte each.
https://github.com/googlecreativelab/quickdraw-dataset
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import numpy as np

from studio.files.source import Source
from studio.sequences.material import Drawing, Stroke

HEAD = struct.Struct("<Q2sbIH")
COUNT = struct.Struct("<H")
NAME = re.compile(r"(?:full_binary_|full_|binary_)?(.+)")


def read(source: Source) -> Iterator[Drawing]:
    """All drawings of a category; its name, that of the file, is the label.

    Raises:
        StudioError: with the byte, where a drawing is cut short or has no strokes.
    """
    label = _label(source)
    at, data = 0, source.data
    if not data:
        raise source.refuse("holds no drawings")
    while at < len(data):
        if len(data) - at < HEAD.size:
            raise source.refuse("ends within the head of a drawing", byte=at)
        _, _, recognized, _, count = HEAD.unpack_from(data, at)
        if recognized not in (0, 1) or count == 0:
            raise source.refuse("is no drawing of Quick, Draw!: expected 0 or 1 for recognized, and strokes", byte=at)
        at += HEAD.size
        strokes = []
        for _ in range(count):
            stroke, at = _stroke(source, at)
            strokes.append(stroke)
        source.check_cancelled()
        yield Drawing(tuple(strokes), label, y_up=False)


def _stroke(source: Source, at: int) -> tuple[Stroke, int]:
    """A stroke that begins at a byte, and the byte after it."""
    data = source.data
    count = COUNT.unpack_from(data, at)[0] if at + COUNT.size <= len(data) else 0
    start = at + COUNT.size
    if count == 0 or start + 2 * count > len(data):
        raise source.refuse("ends within a stroke, or a stroke there has no points", byte=at)
    values = np.frombuffer(data, np.uint8, 2 * count, start).reshape(2, count)
    return Stroke(values.T.astype(np.float64)), start + 2 * count


def _label(source: Source) -> str:
    found = NAME.fullmatch(source.path.stem) if source.path is not None else None
    return found[1].replace("_", " ").strip() if found else ""
