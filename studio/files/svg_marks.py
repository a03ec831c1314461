"""Marks in the studio's own SVG files: what SVG has no place for, so that drawings come back as they were.

An SVG file has y downwards, no times and no pressure. The page is marked with ``data-vrnn-studio``, a checksum of its
paths and of where they stand: as long as it holds, nothing was drawn or moved by another program, and the numbers in
the paths are those of the drawings, turned over where ``data-y`` says so. Else the file is read like any other.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray
from studio.files.xml_tree import Document, local_name
from studio.sequences.material import Drawing, Stroke

NO_MARK = "00000000"
PAGE, Y, TIMES, PRESSURE = "data-vrnn-studio", "data-y", "data-times", "data-pressure"
DIRECTIONS = {"up": True, "down": False, "unknown": None}
HIDDEN = re.compile(r"(?:display|visibility)\s*:\s*(?:none|hidden|collapse)")
PATH = re.compile(r"M([^A-DF-Za-df-z]+?)(?:z| ([LC])([^A-DF-Za-df-z]+))")


def marked(text: str) -> str:
    """A page that is written with `NO_MARK`, with its mark."""
    root = ElementTree.fromstring(text)
    groups = [element for element in root.iter() if element.get("class") == "drawing"]
    return text.replace(f'{PAGE}="{NO_MARK}"', f'{PAGE}="{_page_mark(root, groups)}"', 1)


def _page_mark(root: Element, groups: list[Element]) -> str:
    return f"{zlib.crc32(chr(10).join(_parts_of(root, groups)).encode('utf-8', 'replace')):08x}"


def extras(stroke: Stroke) -> str:
    """The attributes for the times and the pressure of a stroke."""
    found = [(TIMES, stroke.times), (PRESSURE, stroke.pressure)]
    return "".join(f' {name}="{_numbers_of(values)}"' for name, values in found if values is not None)


def direction_of(drawing: Drawing) -> str:
    """The value of ``data-y``."""
    return next(name for name, y_up in DIRECTIONS.items() if y_up is drawing.y_up)


def _numbers_of(values: FloatArray) -> str:
    return " ".join(map(repr, values.tolist()))


def _parts_of(root: Element, groups: list[Element]) -> Iterator[str]:
    """What the mark of a page is a checksum of."""
    for group in groups or [root]:
        yield group.get(Y, "")
        yield group.get("transform", "")
        for element in group.iter():
            if element is not group and local_name(element) != "title":
                yield local_name(element)
                yield from (element.get(name, "") for name in ("d", "transform", TIMES, PRESSURE))


def drawings_of(document: Document, groups: list[Element]) -> list[Drawing] | None:
    """The drawings of a page that the studio wrote and nobody changed; None of any other page.

    Args:
        groups: those of the class "drawing".
    """
    root = document.root
    if root.get(PAGE, "") != _page_mark(root, groups) or any(map(_is_hidden, root.iter())):
        return None
    found = [_drawing(group) for group in groups or [root]]
    made = [drawing for drawing in found if drawing is not None]
    too_large = any(len(drawing) > limits.POINTS_PER_DRAWING for drawing in made)
    return None if too_large or len(made) < len(found) else made


def _is_hidden(element: Element) -> bool:
    """Whether another program hid it, which changes no path."""
    said = "".join(f"{name}:{element.get(name, '')};" for name in ("display", "visibility"))
    return HIDDEN.search(said + element.get("style", "")) is not None


def _drawing(group: Element) -> Drawing | None:
    y_up = DIRECTIONS.get(group.get(Y, ""), False)
    turn = np.array([1.0, 1.0 if y_up is False else -1.0])
    strokes = []
    for path in group:
        if local_name(path) == "path":
            stroke = _stroke(path, turn)
            if stroke is None:
                return None
            strokes.append(stroke)
    label = next((child.text or "" for child in group if local_name(child) == "title"), "")
    return Drawing(tuple(strokes), label.strip(), y_up) if strokes else None


def _stroke(path: Element, turn: FloatArray) -> Stroke | None:
    found = PATH.fullmatch(path.get("d", ""))
    if found is None:
        return None
    try:
        first, rest = (_numbers_in(part or "").reshape(-1, 2) for part in (found[1], found[3]))
        if found[2] == "C":  # two control points before each of the stroke's own
            rest = rest.reshape(-1, 3, 2)[:, 2]
        points = np.concatenate([first, rest]) * turn
        times, pressure = (_numbers(path.get(name, ""), len(points)) for name in (TIMES, PRESSURE))
        return Stroke(points, times, pressure)
    except ValueError:
        return None


def _numbers_in(text: str) -> FloatArray:
    return np.array([float(word) for word in text.replace(",", " ").split()])


def _numbers(text: str, count: int) -> FloatArray | None:
    values = np.array([float(word) for word in text.split()])
    return values if len(values) == count else None
