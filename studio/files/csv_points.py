"""Tables of points as text (.csv, .tsv, .txt): reading, whatever the columns and the dialect, and writing."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

import numpy as np

from studio.files import limits, own_tables
from studio.files.columns import FloatArray
from studio.files.readings import mistaken_pen
from studio.files.source import Source
from studio.files.table_options import AS_FOUND
from studio.files.table_reader import drawings_in
from studio.files.text_tables import read_table
from studio.sequences.material import Drawing


def read(source: Source) -> Iterator[Drawing]:
    """The drawings in a text: one, or one for each trial, participant and so on. See `readings` for how it is read.

    A set pen column, another stroke id, a blank line or a sample that is missing ends a stroke. A column of times with
    one of values beside it is a series: x is the time and y the value.

    Raises:
        StudioError: with its line, for a value that is no finite number, rows of unequal length, no x and y, or several
            values for each time.
    """
    head = source.data[: source.data.find(b"\n")].decode("latin-1")
    if own_tables.is_described(head) and source.options == AS_FOUND and (ours := _as_written(source)) is not None:
        yield ours
        return
    table, y_up = own_tables.without_direction(read_table(source, source.options))
    for drawing in drawings_in(source, [(table, None)]):
        yield drawing if y_up is None else Drawing(drawing.strokes, drawing.label, y_up)


def _as_written(source: Source) -> Drawing | None:
    source.limit_bytes(limits.DOCUMENT_BYTES)
    try:
        return own_tables.from_lines(source.text())
    except csv.Error:
        return None


def to_text(drawing: Drawing, all_columns: bool = False) -> str:
    """The drawing as ``x,y,pen`` lines, pen = 1 at the last point of a stroke; `read` gives the same points back.

    Of a drawing that is mostly dots, the column is called ``pen_up``, or it could be taken for a pen that is down.

    A series in one stroke is written as ``t_s,value`` lines, unless all columns are asked for.

    Args:
        all_columns: add ``t_s`` (seconds) and ``pressure`` where the drawing has them, empty in strokes that have none,
            and ``y_up`` and ``label``, which say the same in every row, where something is to be said: `read` gives the
            same drawing back.
    """
    if drawing.is_series and len(drawing.strokes) == 1 and not all_columns:
        return "\n".join(["t_s,value", *(f"{x!r},{y!r}" for x, y in drawing.points.tolist())]) + "\n"
    names = ["x", "y", "pen_up" if mistaken_pen(drawing.pen_up) else "pen"]
    values: list[list[float] | list[int]] = [*drawing.points.T.tolist(), drawing.pen_up.astype(int).tolist()]
    extras = own_tables.extras(drawing) if all_columns else (None, None)
    for name, extra in zip(own_tables.EXTRA, extras, strict=True):
        if extra is not None:
            names.append(name)
            values.append(extra.tolist())
    is_described = all_columns and (drawing.label or drawing.y_up is not None or _is_unusual(extras[0]))
    described = own_tables.description_of(drawing) if is_described else []
    names += [name for name, _ in described]
    ending = "".join(f",{_quoted(text)}" for _, text in described)
    rows = (",".join("" if value != value else repr(value) for value in row) for row in zip(*values, strict=True))
    return "\n".join([",".join(names), *(row + ending for row in rows)]) + "\n"


def _quoted(text: str) -> str:
    """A text as a cell."""
    return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]|^\\s|\\s$', text) else text


def _is_unusual(times: FloatArray | None) -> bool:
    """Whether times are not such as any table's become when it is read: from 0 on, never falling, for every point."""
    return times is not None and not (times[0] == 0 and (np.diff(times) >= 0).all())
