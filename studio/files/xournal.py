"""Xournal and Xournal++ (.xoj, .xopp): handwritten notes, an XML document compressed by gzip or within a zip archive.

A stroke is the text of its element, x y x y in points of 1/72 inch, y downwards; its width is one number, or that and
one for each segment where the pen felt pressure.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray
from studio.files.source import Source, shown
from studio.files.xml_tree import Document, local_name, read_document
from studio.sequences.material import Drawing, Stroke

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
CONTENT = "content.xml"
WITH_HEADER = 32 + zlib.MAX_WBITS
OTHERS = frozenset({"text", "image", "teximage", "link"})
NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")


def read(source: Source) -> Iterator[Drawing]:
    """One drawing for each page on which a pen has written: all its layers, one after another, from below.

    Raises:
        StudioError: with the line, for a damaged file, a stroke that holds no pairs of numbers, or nothing written.
    """
    source = replace(source, data=_unpacked(source))
    document = read_document(source, "xournal")
    found = False
    for page in document.root:
        if local_name(page) != "page":
            continue
        strokes = list(_strokes(source, document, page))
        if strokes:
            found = True
            yield Drawing(tuple(_with_pressure_of_one(strokes)), y_up=False)
    if not found:
        raise source.refuse("holds no page on which a pen has written")


def _unpacked(source: Source) -> bytes:
    """The XML document in the file."""
    data = source.data
    try:
        if data.startswith(GZIP):
            unpacker = zlib.decompressobj(WITH_HEADER)
            data = unpacker.decompress(data, limits.DOCUMENT_BYTES + 1)
            if not unpacker.eof and len(data) <= limits.DOCUMENT_BYTES:
                raise source.refuse("ends before its content does: copy it again")
        elif data.startswith(ZIP):
            with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(CONTENT) as file:
                data = file.read(limits.DOCUMENT_BYTES + 1)
    except (
        zlib.error,
        zipfile.BadZipFile,
        EOFError,
        LookupError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise source.refuse(f"is damaged: {str(error)[:80] or type(error).__name__}") from error
    return data


def _strokes(source: Source, document: Document, page: Element) -> Iterator[Stroke]:
    total = 0
    for element in page.iter():
        name = local_name(element)
        if name in OTHERS:
            source.assume("typed text, formulas, links and pictures were left out; only strokes of the pen came in")
        elif name == "stroke" and element.get("tool", "pen") != "pen":
            source.assume("strokes of the highlighter and of white-out were left out")
        elif name == "stroke":
            source.check_cancelled()
            stroke = _stroke(source, element, document.line(element))
            total += 0 if stroke is None else len(stroke)
            if total > limits.POINTS_PER_DRAWING:
                what = f"holds more than {limits.POINTS_PER_DRAWING:,} points on one page"
                raise source.refuse(what, line=document.line(element))
            if stroke is not None:
                yield stroke


def _stroke(source: Source, element: Element, line: int) -> Stroke | None:
    """The stroke of an element; its pressure is the width of each segment as a share of the pen's."""
    numbers = _numbers(source, element.text or "", line)
    if len(numbers) % 2:
        raise source.refuse(f"holds a stroke of {len(numbers)} numbers; expected pairs of x and y", line=line)
    if not len(numbers):
        return None
    points = numbers.reshape(-1, 2)
    widths = _numbers(source, element.get("width", ""), line)
    if len(widths) < 2 or widths[0] <= 0 or widths.min() < 0:
        return Stroke(points)
    pressure = np.append(widths[1:], widths[-1])[: len(points)] / widths[0]
    if len(pressure) < len(points):
        source.assume("strokes that tell the pressure of too few points came in without it")
        return Stroke(points)
    return Stroke(points, pressure=pressure)


def _with_pressure_of_one(strokes: list[Stroke]) -> list[Stroke]:
    """Strokes whose largest pressure is at most 1: the pen's width is not the largest that it draws."""
    largest = max((float(stroke.pressure.max()) for stroke in strokes if stroke.pressure is not None), default=1.0)
    if largest <= 1:
        return strokes
    return [
        stroke if stroke.pressure is None else replace(stroke, pressure=stroke.pressure / largest) for stroke in strokes
    ]


def _numbers(source: Source, text: str, line: int) -> FloatArray:
    words = text.split()
    bad = next((word for word in words if not NUMBER.fullmatch(word)), None)
    if bad is not None:
        raise source.refuse(f"{shown(bad)} is not a number", line=line)
    numbers = np.array([float(word) for word in words])
    if not (np.abs(numbers) <= limits.LARGEST_NUMBER).all():
        what = f"holds a value that is not a finite number below {limits.LARGEST_NUMBER:g}"
        raise source.refuse(what, line=line)
    return numbers
