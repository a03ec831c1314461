"""Tables of points that the studio wrote itself: they come back exactly as they were, and nothing is guessed.

A table is x, y and the pen, 1 at the last point of a stroke; times and pressure are NaN in strokes that have none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray
from studio.sequences.material import Drawing, Stroke

DIRECTIONS = {"upwards": True, "downwards": False, "unknown": None}
COMMENT = re.compile(r'# vrnn-studio drawing, y: (upwards|downwards|unknown)(?:, label: (".*"))?')
COLUMNS = (("x", "y", "pen"), ("x", "y", "pen_up"))
EXTRA = ("t_s", "pressure")


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
    cuts = np.flatnonzero(pen[:-1]) + 1
    columns = [[None] * (len(cuts) + 1) if extra is None else np.split(extra, cuts) for extra in (times, pressure)]
    strokes = []
    for points, when, force in zip(np.split(table[:, :2], cuts), *columns, strict=True):
        kept = [None if values is None or np.isnan(values).all() else values for values in (when, force)]
        if any(values is not None and not (np.abs(values) <= limits.LARGEST_NUMBER).all() for values in kept):
            return None
        if kept[0] is not None and (np.diff(kept[0]) < 0).any():
            return None
        strokes.append(Stroke(points, kept[0], kept[1]))
    return Drawing(tuple(strokes), label, y_up)


def comment_of(drawing: Drawing) -> str:
    """The line above a table that tells what it has no columns for."""
    direction = next(name for name, y_up in DIRECTIONS.items() if y_up is drawing.y_up)
    label = f", label: {json.dumps(drawing.label, ensure_ascii=False)}" if drawing.label else ""
    return f"# vrnn-studio drawing, y: {direction}{label}"


def said_in(line: str) -> tuple[bool | None, str] | None:
    """Which way y grows and the label, in such a line; None for any other."""
    found = COMMENT.fullmatch(line)
    if found is None:
        return None
    try:
        label = json.loads(found[2]) if found[2] else ""
    except ValueError:
        return None
    return DIRECTIONS[found[1]], label if isinstance(label, str) else ""


def from_lines(lines: Sequence[str]) -> Drawing | None:
    """The drawing in the lines of a CSV file below such a line; None where another program has changed them."""
    said = said_in(lines[0]) if len(lines) > 2 else None
    names = tuple(lines[1].split(",")) if said is not None else ()
    if said is None or names[:3] not in COLUMNS or not set(names[3:]) <= set(EXTRA) or len(set(names)) < len(names):
        return None
    rows = [line.split(",") for line in lines[2:] if line]
    if not rows or len(rows) > limits.POINTS_PER_DRAWING or any(len(row) != len(names) for row in rows):
        return None
    try:
        table = np.array([[float(field) if field else np.nan for field in row] for row in rows])
    except ValueError:
        return None
    times, pressure = (table[:, names.index(name)] if name in names else None for name in EXTRA)
    return drawing_of(table[:, :3], times, pressure, label=said[1], y_up=said[0])
