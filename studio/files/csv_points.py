"""Tables of points as text (.csv, .tsv, .txt): reading, whatever the columns and the dialect, and writing."""

from __future__ import annotations

from collections.abc import Iterator

from studio.files.readings import mistaken_pen
from studio.files.source import Source
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
    yield from drawings_in(source, [(read_table(source, source.options), None)])


def to_text(drawing: Drawing, all_columns: bool = False) -> str:
    """The drawing as ``x,y,pen`` lines, pen = 1 at the last point of a stroke; `read` gives the same points back.

    Of a drawing that is mostly dots, the column is called ``pen_up``, or it could be taken for a pen that is down.

    A series in one stroke is written as ``t_s,value`` lines, unless all columns are asked for.

    Args:
        all_columns: add ``t_s`` (seconds) and ``pressure`` where the drawing has them.
    """
    if drawing.is_series and len(drawing.strokes) == 1 and not all_columns:
        return "\n".join(["t_s,value", *(f"{x!r},{y!r}" for x, y in drawing.points.tolist())]) + "\n"
    names = ["x", "y", "pen_up" if mistaken_pen(drawing.pen_up) else "pen"]
    values: list[list[float] | list[int]] = [*drawing.points.T.tolist(), drawing.pen_up.astype(int).tolist()]
    for name, extra in (("t_s", drawing.times), ("pressure", drawing.pressure)):
        if all_columns and extra is not None:
            names.append(name)
            values.append(extra.tolist())
    lines = [",".join(names), *(",".join(map(repr, row)) for row in zip(*values, strict=True))]
    return "\n".join(lines) + "\n"
