"""Tables of points as text (.csv, .tsv, .txt): reading with delimiter, decimal sign and header sniffed, and writing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from studio.errors import StudioError
from studio.files import limits
from studio.files.columns import Column, FloatArray, column_named, drawing_from_table, series_columns
from studio.files.source import Source, shown
from studio.sequences.material import Drawing

NUMBER = re.compile(r"[+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|1\.#(inf|ind|qnan)0*)", re.IGNORECASE)
TRUTH = {"true": 1.0, "false": 0.0}
COMMENT_SIGNS = ("#", "%", "//")
SNIFFED_LINES = 50


@dataclass(frozen=True)
class Dialect:
    """How a line is cut into numbers.

    Attributes:
        delimiter: between fields; None for any white space.
        decimal: the decimal sign.
    """

    delimiter: str | None
    decimal: str

    def fields(self, line: str) -> list[str]:
        """The fields of a line without quotes and the space around them; none for a line of delimiters only."""
        fields = [field.strip().strip("\"'").strip() for field in line.split(self.delimiter)]
        return fields if any(fields) else []

    def number(self, field: str) -> float | None:
        """The value of a field, NaN where it is not finite, None where it is no number."""
        plain = field if self.decimal == "." else field.replace(",", ".")
        if NUMBER.fullmatch(plain):
            return float(plain)
        return float("nan") if NOT_FINITE.fullmatch(field) else TRUTH.get(field.lower())


# Tried in this order: the decimal comma only where the comma does not already separate fields.
DIALECTS = tuple(
    Dialect(delimiter, decimal)
    for delimiter, decimal in (
        *(("\t", "."), ("\t", ","), (";", "."), (";", ","), ("|", "."), ("|", ",")),
        *((",", "."), (None, "."), (None, ",")),
    )
)


@dataclass(frozen=True)
class Row:
    """A line of the table, counted from 1; `after_gap`: blank lines stand before it."""

    line: int
    fields: list[str]
    after_gap: bool


def read(source: Source) -> Iterator[Drawing]:
    """One drawing per file. A set pen column, another stroke id or a blank line ends a stroke.

    A column of times with one of values beside it is a series: x is the time and y the value.

    Raises:
        StudioError: with its line, for a value that is no finite number, rows of unequal length, no x and y, or several
            values for each time.
    """
    lines = source.lines()
    dialect = sniff(lines)
    rows = _rows(source, lines, dialect)
    header = _header(rows, lines, dialect)
    if header is not None and rows and rows[0].line == header.line:
        rows = rows[1:]
    if not rows:
        raise source.refuse("holds no points; expected lines of x and y")
    columns = None if header is None else _columns(source, header)
    table = _table(source, rows, columns, dialect)

    def refuse(what: str, row: int | None) -> StudioError:
        return source.refuse(what, line=None if row is None else rows[row].line)

    yield drawing_from_table(table, refuse, columns=columns, begins=_begins(rows))


def sniff(lines: list[str]) -> Dialect:
    """The dialect in which most fields of the first lines are numbers, two or more to a line."""
    sample = [line for line in lines[: 10 * SNIFFED_LINES] if line.strip() and not _is_comment(line)][:SNIFFED_LINES]

    def score(dialect: Dialect) -> float:
        total = 0.0
        for line in sample:
            fields = [field for field in dialect.fields(line) if field]
            numbers = sum(dialect.number(field) is not None for field in fields)
            total += numbers / len(fields) if numbers >= 2 else 0.0
        return total

    return max(DIALECTS, key=score)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(COMMENT_SIGNS)


def _rows(source: Source, lines: list[str], dialect: Dialect) -> list[Row]:
    rows: list[Row] = []
    gap = False
    for number, line in enumerate(lines, 1):
        if _is_comment(line):
            continue
        fields = dialect.fields(line)
        if fields:
            rows.append(Row(number, fields, gap))
        gap = not fields
        if len(rows) > limits.POINTS_PER_DRAWING + 1:
            raise source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points")
        if number % 10_000 == 0:
            source.check_cancelled()
    return rows


def _header(rows: list[Row], lines: list[str], dialect: Dialect) -> Row | None:
    """The names of the columns: the first row if no field of it is a number, else a comment with as many names."""
    if rows and all(dialect.number(field) is None for field in rows[0].fields):
        return rows[0]
    for number, line in enumerate(lines[: rows[0].line - 1 if rows else 0], 1):
        names = re.split(r"[\s,;|]+", line.strip().lstrip("#%/ \t"))
        roles = [column.role for name in names if (column := column_named(name))]
        is_table = ("x" in roles and "y" in roles) or series_columns(names) is not None
        if is_table and rows and len(names) == len(rows[0].fields):
            return Row(number, names, False)
    return None


def _columns(source: Source, header: Row) -> list[Column | None] | None:
    fields = header.fields[: _filled(header.fields)]
    columns = [column_named(name) for name in fields]
    roles = [column.role for column in columns if column]
    if not roles and len(columns) == 2:
        return None
    if series := series_columns(fields):
        return series
    if "x" not in roles or "y" not in roles:
        names = ", ".join(shown(name) for name in fields[:8])
        wanted = "one value for each time, or columns x and y" if "time" in roles else "x and y among them"
        raise source.refuse(f"names the columns {names}; expected {wanted}", line=header.line)
    repeated = next((role for role in roles if roles.count(role) > 1), None)
    if repeated:
        raise source.refuse(f"names two columns for {repeated}; expected one", line=header.line)
    return columns


def _table(source: Source, rows: list[Row], columns: list[Column | None] | None, dialect: Dialect) -> FloatArray:
    """The values, ``[N, C]``; 0 in columns that are not used, and strokes numbered in the order they appear."""
    strokes: dict[str, float] = {}

    def stroke_number(field: str) -> float:
        return strokes.setdefault(field, float(len(strokes)))

    width = max(_filled(row.fields) for row in rows) if columns is None else len(columns)
    parsers: list[Callable[[str], float | None]] = [dialect.number] * width
    for j, column in enumerate(columns or []):
        if column is None:
            parsers[j] = _unused
        elif column.role == "stroke":
            parsers[j] = stroke_number
    table = np.empty((len(rows), width))
    for i, row in enumerate(rows):
        if len(row.fields) < width or _filled(row.fields) > width:
            raise source.refuse(f"has {_filled(row.fields)} values where {width} were expected", line=row.line)
        values = [parser(field) for parser, field in zip(parsers, row.fields, strict=False)]
        if None in values:
            raise source.refuse(f"{shown(row.fields[values.index(None)])} is not a number", line=row.line)
        table[i] = values
        if i % 10_000 == 0:
            source.check_cancelled()
    return table


def _unused(field: str) -> float:
    """The value of a field in a column that nothing is known of."""
    return 0.0


def _filled(fields: list[str]) -> int:
    """How many fields there are up to the last one that is not empty."""
    return next(i for i in range(len(fields), 0, -1) if fields[i - 1])


def _begins(rows: list[Row]) -> FloatArray:
    """1 where a blank line says that another stroke begins, unless the file is merely double-spaced."""
    gaps = np.array([row.after_gap for row in rows], np.float64)
    gaps[0] = 0
    return gaps * 0 if len(rows) > 2 and gaps[1:].all() else gaps


def to_text(drawing: Drawing, all_columns: bool = False) -> str:
    """The drawing as ``x,y,pen`` lines, pen = 1 at the last point of a stroke; `read` gives the same points back.

    A series in one stroke is written as ``t_s,value`` lines, unless all columns are asked for.

    Args:
        all_columns: add ``t_s`` (seconds) and ``pressure`` where the drawing has them.
    """
    if drawing.is_series and len(drawing.strokes) == 1 and not all_columns:
        return "\n".join(["t_s,value", *(f"{x!r},{y!r}" for x, y in drawing.points.tolist())]) + "\n"
    names = ["x", "y", "pen"]
    values: list[list[float] | list[int]] = [*drawing.points.T.tolist(), drawing.pen_up.astype(int).tolist()]
    for name, extra in (("t_s", drawing.times), ("pressure", drawing.pressure)):
        if all_columns and extra is not None:
            names.append(name)
            values.append(extra.tolist())
    lines = [",".join(names), *(",".join(map(repr, row)) for row in zip(*values, strict=True))]
    return "\n".join(lines) + "\n"


def looks_like(lines: list[str]) -> bool:
    """Whether most of the lines are numbers, two or more to a line."""
    dialect = sniff(lines)
    rows = [dialect.fields(line) for line in lines if not _is_comment(line)]
    tables = [row for row in rows if len(row) > 1 and all(dialect.number(field) is not None for field in row)]
    return len(tables) > len(rows) / 2 or (len(rows) == 2 and len(tables) == 1)
