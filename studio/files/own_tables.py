"""Tables of points that the studio wrote itself: they come back exactly as they were, and nothing is guessed.

A table is x, y and the pen, 1 at the last point of a stroke; times and pressure are NaN in strokes that have none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray
from studio.files.raw_table import RawTable
from studio.sequences.material import Drawing, Stroke

COLUMNS = (["x", "y", "pen"], ["x", "y", "pen_up"])
EXTRA = ("t_s", "pressure")
DIRECTION, LABEL = "y_up", "label"
"""The names of columns that say the same in every row: 1 where y grows upwards, 0 downwards, empty: not known."""

DIRECTIONS = {"1": True, "0": False, "": None}


def whole_column(values: Sequence[FloatArray | None], lengths: Sequence[int]) -> FloatArray | None:
    """One column of the parts of each stroke, NaN where it has none; None where no stroke has any."""
    if all(part is None for part in values):
        return None
    parts = [np.full(length, np.nan) if part is None else part for part, length in zip(values, lengths, strict=True)]
    return np.concatenate(parts)


def extras(drawing: Drawing) -> tuple[FloatArray | None, FloatArray | None]:
    """Times and pressure of a drawing as columns, ``[N]``."""
    lengths = [len(stroke) for stroke in drawing.strokes]
    times = whole_column([stroke.times for stroke in drawing.strokes], lengths)
    return times, whole_column([stroke.pressure for stroke in drawing.strokes], lengths)


def drawing_of(
    table: FloatArray,
    times: FloatArray | None = None,
    pressure: FloatArray | None = None,
    *,
    label: str = "",
    y_up: bool | None = None,
) -> Drawing | None:
    """The drawing in a table; None where the studio cannot have written it.

    Args:
        table: ``[N, 3]``.
        times: ``[N]``.
        pressure: ``[N]``.
    """
    pen = table[:, 2]
    if not 0 < len(table) <= limits.POINTS_PER_DRAWING or not ((pen == 0) | (pen == 1)).all() or pen[-1] != 1:
        return None
    if not (np.abs(table) <= limits.LARGEST_NUMBER).all():
        return None
    if pressure is not None and not ((pressure >= 0) & (pressure <= 1) | np.isnan(pressure)).all():
        return None
    if times is not None and (np.diff(times[~np.isnan(times)]) < 0).any():
        return None
    cuts = np.flatnonzero(pen[:-1]) + 1
    columns = [[None] * (len(cuts) + 1) if extra is None else np.split(extra, cuts) for extra in (times, pressure)]
    strokes = []
    for points, when, force in zip(np.split(table[:, :2], cuts), *columns, strict=True):
        kept = [None if values is None or np.isnan(values).all() else values for values in (when, force)]
        if any(values is not None and not (np.abs(values) <= limits.LARGEST_NUMBER).all() for values in kept):
            return None
        strokes.append(Stroke(points, kept[0], kept[1]))
    return Drawing(tuple(strokes), label, y_up)


def description_of(drawing: Drawing) -> list[tuple[str, str]]:
    """The columns that describe a drawing as a whole, and what stands in each of their rows."""
    direction = next(text for text, y_up in DIRECTIONS.items() if y_up is drawing.y_up)
    return [(DIRECTION, direction), *([(LABEL, drawing.label)] if drawing.label else [])]


def is_described(line: str) -> bool:
    """Whether a line names the columns of a table that `from_lines` may read."""
    names = line.rstrip("\r").split(",")
    return names[:3] in COLUMNS and DIRECTION in names[3:] and set(names[3:]) <= {*EXTRA, DIRECTION, LABEL}


def from_lines(text: str) -> Drawing | None:
    """The drawing in a CSV file with such columns; None where another program has changed it."""
    names, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    if len(set(names)) < len(names) or not rows or len(rows) > limits.POINTS_PER_DRAWING:
        return None
    whole = [name for name in names if name in (DIRECTION, LABEL)]
    described = {name: rows[0][names.index(name)] if len(rows[0]) == len(names) else "?" for name in whole}
    if described.get(DIRECTION) not in DIRECTIONS or any(len(row) != len(names) for row in rows):
        return None
    if any(row[names.index(name)] != described[name] for row in rows for name in whole):
        return None
    numbers = [i for i, name in enumerate(names) if name not in whole]
    try:
        table = np.array([[float(row[i]) if row[i] else np.nan for i in numbers] for row in rows])
    except ValueError:
        return None
    times, pressure = (table[:, names.index(name)] if name in names else None for name in EXTRA)
    direction = DIRECTIONS[described[DIRECTION]]
    return drawing_of(table[:, :3], times, pressure, label=described.get(LABEL, ""), y_up=direction)


def without_direction(table: RawTable) -> tuple[RawTable, bool | None]:
    """A table that another program has changed without the column of the direction, and what that says."""
    names = [name.strip().lower() for name in table.names or ()]
    if DIRECTION not in names:
        return table, None
    at = names.index(DIRECTION)
    said = set(table.values[:, at].tolist())
    kept = [i for i in range(table.width) if i != at]
    texts = {new: table.texts[old] for new, old in enumerate(kept) if old in table.texts}
    left = tuple((table.names or ())[i] for i in kept)
    pens = frozenset(new for new, old in enumerate(kept) if old in table.pens)
    clocks = frozenset(new for new, old in enumerate(kept) if old in table.clocks)
    rest = replace(table, values=table.values[:, kept], names=left, texts=texts, pens=pens, clocks=clocks)
    return rest, True if said == {1.0} else False if said == {0.0} else None
