"""IAM-OnDB (.xml): handwriting captured from a whiteboard, one file for each line, or one for each form.

A ``WhiteboardCaptureSession`` holds strokes of points x, y (y grows downwards) and time (seconds). The transcriptions
lie beside the strokes as they are downloaded, in ``ascii``, a file for each form, whose lines below ``CSR:`` are those
of the whiteboard (Liwicki and Bunke, "IAM-OnDB: an on-line English sentence database", 2005).
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.errors import StudioError
from studio.files import limits
from studio.files.columns import Column, FloatArray, drawing_from_table
from studio.files.source import Source, shown
from studio.files.xml_tree import Document, local_name, read_document
from studio.sequences.material import Drawing

ROOT = "WhiteboardCaptureSession"
LINE_FILE = re.compile(r"([a-z][0-9]{2})-([0-9]{3})([a-z]?)-([0-9]{1,3})", re.IGNORECASE)
COLUMNS = (Column("x"), Column("y"), Column("time", 1.0))

CARRIAGE_RETURN = 0.4
"""A stroke that begins so much of the page's width to the left of the one before begins another line."""


@dataclass(frozen=True, eq=False)
class _Stroke:
    """``[N, 3]``: x, y and seconds; and the line of the document that it begins on."""

    points: FloatArray
    line: int


def read(source: Source) -> Iterator[Drawing]:
    """One drawing for each line of handwriting, its transcription the label where it is there.

    A file of a whole form is cut into its lines where that gives as many as its transcription has.

    Raises:
        StudioError: with the line, for damaged XML, or points that are no numbers.
    """
    document = read_document(source, ROOT)
    strokes = list(_strokes(source, document))
    if not strokes:
        raise source.refuse("holds no <Stroke> with points", line=1)
    texts = _own_transcription(document)
    if len(texts) > 1:
        cut = _lines(strokes)
        if len(cut) == len(texts):
            yield from (_drawing(source, line, text) for line, text in zip(cut, texts, strict=True))
            return
        source.note("its lines could not be told apart and are one drawing; lineStrokes has a file for each of them")
    yield _drawing(source, strokes, _transcription(source) or " ".join(texts))


def _strokes(source: Source, document: Document) -> Iterator[_Stroke]:
    total = 0
    for stroke in document.root.iter():
        if local_name(stroke) != "Stroke":
            continue
        source.check_cancelled()
        rows = []
        for point in stroke:
            if local_name(point) != "Point":
                continue
            words = [point.get(name, "") for name in ("x", "y", "time")]
            try:
                rows.append([float(word) for word in words])
            except ValueError:
                line = document.line(point)
                raise source.refuse(f"{shown(' '.join(words))} is no point x, y and time", line=line) from None
        total += len(rows)
        if total > limits.POINTS_PER_DRAWING:
            raise source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points", line=document.line(stroke))
        if rows:
            yield _Stroke(np.array(rows), document.line(stroke))


def _drawing(source: Source, strokes: list[_Stroke], label: str) -> Drawing:
    lines = [stroke.line for stroke in strokes for _ in stroke.points]
    table = np.concatenate([stroke.points for stroke in strokes])
    begins = np.concatenate([np.arange(len(stroke.points)) == 0 for stroke in strokes]).astype(np.float64)

    def refuse(what: str, row: int | None) -> StudioError:
        return source.refuse(what, line=None if row is None else lines[row])

    drawing = drawing_from_table(table, refuse, columns=COLUMNS, begins=begins)
    return Drawing(drawing.strokes, label, y_up=False)


def _own_transcription(document: Document) -> list[str]:
    """The lines of text that the file itself gives."""
    lines = [element.get("text", "") for element in document.root.iter() if local_name(element) == "TextLine"]
    return [html.unescape(line).strip() for line in lines]


def _lines(strokes: list[_Stroke]) -> list[list[_Stroke]]:
    """Strokes by the lines of writing: another one begins where the pen goes back to the left, and down."""
    everything = np.concatenate([stroke.points for stroke in strokes])
    width = float(np.ptp(everything[:, 0]))
    lines: list[list[_Stroke]] = [[strokes[0]]]
    for before, stroke in itertools.pairwise(strokes):
        back = before.points[-1, 0] - stroke.points[0, 0]
        if back > CARRIAGE_RETURN * width and stroke.points[:, 1].mean() > before.points[:, 1].mean():
            lines.append([])
        lines[-1].append(stroke)
    return lines


def _transcription(source: Source) -> str:
    """What is written in a file of one line, from the folder ``ascii`` of the same download; "" where it is missing."""
    found = LINE_FILE.fullmatch(source.path.stem) if source.path is not None else None
    if found is None or source.path is None:
        return ""
    writer, form, part, number = found.groups()
    inside = Path(writer, f"{writer}-{form}", f"{writer}-{form}{part}.txt")
    for folder in source.path.resolve().parents[:5]:
        for name in ("ascii", "ascii-all/ascii", "ascii-all"):
            text = _text_of(folder / name / inside)
            if text is not None:
                lines = [line.strip() for line in text.partition("CSR:")[2].splitlines() if line.strip()]
                return lines[int(number) - 1] if 1 <= int(number) <= len(lines) else ""
    return ""


def _text_of(path: Path) -> str | None:
    try:
        if not path.is_file():
            return None
        source = Source.open(path)
        source.limit_bytes(limits.TEXT_BYTES)
        return source.text()
    except StudioError:
        return None
