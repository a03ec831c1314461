"""Omniglot's stroke files (.txt): lines ``x,y,milliseconds`` after START, BREAK after each stroke; y up.

https://github.com/brendenlake/omniglot
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from studio.errors import StudioError
from studio.files.columns import Column, drawing_from_table
from studio.files.source import Source, shown
from studio.files.text_tables import Dialect
from studio.sequences.material import Drawing

LINE = Dialect(",", ".")
COLUMNS = (Column("x"), Column("y"), Column("time", 1e-3))


def looks_like(lines: Sequence[str]) -> bool:
    """Whether there are but START, BREAK and rows of three numbers, START the first of them."""
    rows = [line for line in lines if line.upper() not in ("START", "BREAK")]
    return lines[0].upper() == "START" and bool(rows) and all(map(_is_row, rows[:-1] if len(rows) > 1 else rows))


def _is_row(line: str) -> bool:
    values = [LINE.number(field) for field in LINE.fields(line)]
    return len(values) == 3 and None not in values


def read(source: Source) -> Iterator[Drawing]:
    """One drawing per file.

    Raises:
        StudioError: with the line, for anything but START, BREAK and x,y,t.
    """
    rows: list[list[float]] = []
    lines: list[int] = []
    begins: list[float] = []
    new_stroke = True
    for number, line in enumerate(source.lines(), 1):
        word = line.strip().upper()
        if word in ("START", "BREAK", ""):
            new_stroke = new_stroke or word == "BREAK"
            continue
        values = [LINE.number(field) for field in LINE.fields(line)]
        finite = [value for value in values if value is not None]
        if len(values) != 3 or len(finite) != 3:
            raise source.refuse(f"{shown(line.strip())} is neither x,y,t nor START nor BREAK", line=number)
        rows.append(finite)
        lines.append(number)
        begins.append(float(new_stroke))
        new_stroke = False

    def refuse(what: str, row: int | None) -> StudioError:
        return source.refuse(what, line=None if row is None else lines[row])

    table = np.array(rows).reshape(-1, 3)
    drawing = drawing_from_table(table, refuse, columns=COLUMNS, begins=np.array(begins))
    yield Drawing(drawing.strokes, y_up=True)
