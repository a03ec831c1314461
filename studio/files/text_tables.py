"""Tables as text: the delimiter, the decimal sign and the names of the columns found out, the cells made numbers."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from studio.files import limits
from studio.files.clocks import clock
from studio.files.columns import Column, Role, column_named, series_columns
from studio.files.pen_words import pen_of_words
from studio.files.raw_table import RawTable
from studio.files.source import Source, shown
from studio.files.table_options import TableOptions, column_index, given_columns

NUMBER = re.compile(r"[+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
GROUPED = {
    ".": re.compile(r"[+-]?[0-9]{1,3}([,'’ \u00a0\u202f])[0-9]{3}(?:\1[0-9]{3})*(?:\.[0-9]*)?"),
    ",": re.compile(r"[+-]?[0-9]{1,3}([.'’ \u00a0\u202f])[0-9]{3}(?:\1[0-9]{3})*(?:,[0-9]*)?"),
}
"""Numbers with thousands separators, by the decimal sign."""
SEPARATORS = str.maketrans("", "", ",.'’ \u00a0\u202f")
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|1\.#(inf|ind|qnan)0*)", re.IGNORECASE)
ERRORS = ("#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#n/a")
"""What spreadsheets write in place of a value."""
MISSING = frozenset(
    {"", "na", "n/a", "#n/a", "nan", "-nan", ".", "null", "none", "nil", "missing", "-", "--", "?", "--undefined--"}
    | set(ERRORS)
)
TRUTH = {"true": 1.0, "false": 0.0}
COMMENT_SIGNS = ("#", "%", "//")
DELIMITER_LINE = re.compile(r'\ufeff?"?sep=(.|\\t)"?', re.IGNORECASE)
"""With which spreadsheets announce the delimiter."""
PEN_COLUMN = re.compile(r"phase|event|type|action|state|status|button|kind")
"""In names of columns whose words may say when the pen is down."""
PENS = ("pen", "pen flag", "pen down")
NUMBERS = frozenset({"x", "y", "dx", "dy", "lon", "lat", "end", "pressure", "pen or pressure", "time", "value", *PENS})
"""The roles of columns of numbers."""
PAIRS: tuple[tuple[Role, Role], ...] = (("x", "y"), ("dx", "dy"), ("lon", "lat"))
"""Of which one makes points."""
MINUS_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\uff0d": "-", "\ufe63": "-"})
SNIFFED_LINES = 50
MOST_PREAMBLE = 200  # lines above the names of the columns
MOST_HEADINGS = 3  # below them


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
        fields = [field.strip().strip("\"'").strip() for field in self._cut(line)]
        return fields if any(fields) else []

    def _cut(self, line: str) -> list[str]:
        if self.delimiter is None or '"' not in line:
            return line.split(self.delimiter)
        try:
            return next(csv.reader([line.strip(" ")], delimiter=self.delimiter, skipinitialspace=True), [])
        except csv.Error:
            return line.split(self.delimiter)

    def number(self, field: str) -> float | None:
        """The value of a field, NaN where it is not finite, None where it is no number."""
        plain = field if self.decimal == "." else field.replace(",", ".")
        if NUMBER.fullmatch(plain):
            return float(plain)
        if not field.isascii():
            field = field.translate(MINUS_SIGNS)
            plain = field if self.decimal == "." else field.replace(",", ".")
            if NUMBER.fullmatch(plain):
                return float(plain)
        if GROUPED[self.decimal].fullmatch(field):
            whole, _, fraction = field.partition(self.decimal)
            return float(f"{whole.translate(SEPARATORS)}.{fraction}")
        return float("nan") if NOT_FINITE.fullmatch(field) else TRUTH.get(field.lower())


# Tried in this order: the decimal comma only where the comma does not already separate fields.
DIALECTS = tuple(
    Dialect(delimiter, decimal)
    for delimiter, decimal in (
        *(("\t", "."), ("\t", ","), (";", "."), (";", ","), ("|", "."), ("|", ",")),
        *((",", "."), (",", ","), (None, "."), (None, ",")),
    )
)


@dataclass(frozen=True)
class Row:
    """A line of the table, counted from 1; `after_gap`: blank lines stand before it."""

    line: int
    fields: list[str]
    after_gap: bool


def read_table(source: Source, options: TableOptions) -> RawTable:
    """The table in a text.

    Raises:
        StudioError: with its line, for rows of unequal length or a cell that is no number where one was expected.
    """
    lines = source.lines()
    dialect = sniff(lines, options)
    return table_of(source, _rows(source, lines, dialect), lines, dialect, options)


def table_of(source: Source, rows: list[Row], lines: list[str], dialect: Dialect, options: TableOptions) -> RawTable:
    """The table in rows that are cut into fields already.

    Args:
        lines: of the text, in whose comments the names of the columns may stand.

    Raises:
        StudioError: as for `read_table`.
    """
    header, rows, left_out = _header(rows, lines, dialect)
    if left_out:
        source.note("the lines above the names of the columns were left out")
    if header is not None and (more := _more_headings(header, rows, dialect)):
        source.assume("the lines below the names of the columns were left out")
        rows = rows[more:]
    if not rows:
        raise source.refuse("holds no points; expected lines of x and y")
    names = None if header is None else header.fields[: _filled(header.fields)]
    line = None if header is None else header.line
    return _table(source, rows, names, line, dialect, options)


def sniff(lines: Sequence[str], options: TableOptions | None = None) -> Dialect:
    """The dialect in which most fields of the first lines are numbers, two or more to a line."""
    announced = DELIMITER_LINE.fullmatch(lines[0].strip()) if lines else None
    sample = [line for line in lines[: 10 * SNIFFED_LINES] if line.strip() and not _is_comment(line)][:SNIFFED_LINES]
    delimiter = announced[1].replace("\\t", "\t") if announced else None
    decimal = options.decimal if options is not None else None

    def score(dialect: Dialect) -> float:
        total = 0.0
        for line in sample:
            fields = [field for field in dialect.fields(line) if not is_missing(field)]
            numbers = [field for field in fields if dialect.number(field) is not None]
            grouped = sum(_may_be_decimal(dialect, field) for field in numbers)
            total += (len(numbers) - 0.5 * grouped) / len(fields) if len(numbers) >= 2 else 0.0
            # A cell that is missing is as good as a number beside one.
            total += 0.5 if len(numbers) == 1 and len(fields) < len(dialect.fields(line)) else 0.0
        return total

    if delimiter is not None:
        return max((Dialect(delimiter, sign) for sign in (decimal or ".", decimal or ",")), key=score)
    fitting = [dialect for dialect in DIALECTS if decimal in (None, dialect.decimal)]
    best = max(fitting, key=score)
    if sample and not score(best):  # no numbers: by what parts most lines
        return max(fitting, key=lambda dialect: (dialect.delimiter is not None, _parted(dialect, sample))[::-1])
    return best


def _parted(dialect: Dialect, lines: list[str]) -> int:
    """How many lines it cuts into as many fields as the first, two or more."""
    counts = [len(dialect.fields(line)) for line in lines]
    return sum(count == counts[0] > 1 for count in counts)


def _may_be_decimal(dialect: Dialect, field: str) -> bool:
    """Whether a number with thousands separators may as well be one with the other decimal sign: 1,234."""
    return dialect.decimal == "." and field.count(",") == 1 and "." not in field


def is_missing(field: str) -> bool:
    """Whether a cell says that its value is not known."""
    return field.lower() in MISSING or (field[:1] in "-1+" and field.lower().startswith(("-1.#i", "1.#q", "1.#ind")))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(COMMENT_SIGNS) and not line.lstrip()[:8].lower().startswith(ERRORS)


def _rows(source: Source, lines: list[str], dialect: Dialect) -> list[Row]:
    rows: list[Row] = []
    gap = False
    for number, line in enumerate(lines, 1):
        if _is_comment(line) or (number == 1 and DELIMITER_LINE.fullmatch(line.strip())):
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


# --- the names of the columns


def _header(rows: list[Row], lines: list[str], dialect: Dialect) -> tuple[Row | None, list[Row], bool]:
    """The names of the columns, the rows below them, and whether lines above them are left out."""
    if _is_header(rows, dialect):
        below = rows[1:]
        if len(below) > 1 and _is_units(below[0], dialect, len(rows[0].fields)):
            return _with_units(rows[0], below[0]), below[1:], False
        return rows[0], below, False
    for i, (row, below_it) in enumerate(pairwise(rows[:MOST_PREAMBLE])):
        if i and _is_words(row, dialect) and has_points(row.fields) and _values(below_it, dialect):
            return row, rows[i + 1 :], True
    return _commented_header(rows, lines, dialect), rows, False


def _is_header(rows: list[Row], dialect: Dialect) -> bool:
    """Whether the first row holds names: of points, or those of the rows right below it."""
    if not rows or not _is_words(rows[0], dialect):
        return False
    return has_points(rows[0].fields) or len(rows) < 2 or not _is_words(rows[1], dialect)


def _is_words(row: Row, dialect: Dialect) -> bool:
    """Whether a row can be one of names."""
    return all(dialect.number(field) is None for field in row.fields) and not all(map(is_missing, row.fields))


def _values(row: Row, dialect: Dialect) -> bool:
    return any(dialect.number(field) is not None for field in row.fields)


def _is_units(row: Row, dialect: Dialect, width: int) -> bool:
    """Whether the row below the names says in which units the values are: mm, ms."""
    return (
        len(row.fields) == width
        and all(re.fullmatch(r"[\[(]?([a-zA-Zµμ°%]{1,7}|[-.]?)[\])]?", field) for field in row.fields)
        and _is_words(row, dialect)
        and not any(field.lower() in MISSING - {"", "-"} for field in row.fields)
    )


def _more_headings(header: Row, rows: list[Row], dialect: Dialect) -> int:
    """How many rows below the names repeat them in other words, such as long names and units: words throughout."""
    count = 0
    for row in rows[:MOST_HEADINGS]:
        if len(row.fields) != len(header.fields) or not _is_words(row, dialect) or row.after_gap:
            break
        count += 1
    return count if count < len(rows) and _values(rows[count], dialect) and not rows[count].after_gap else 0


def _with_units(header: Row, units: Row) -> Row:
    """The names, that of a time with its unit."""
    fields = list(header.fields)
    for i, (name, unit) in enumerate(zip(header.fields, units.fields, strict=True)):
        column, with_unit = column_named(name), column_named(f"t_{unit.strip('[]()')}")
        if column is not None and column.role == "time" and with_unit is not None and with_unit.unit is not None:
            fields[i] = f"t_{unit.strip('[]()')}"
    return Row(header.line, fields, header.after_gap)


def _commented_header(rows: list[Row], lines: list[str], dialect: Dialect) -> Row | None:
    """A comment above the rows with as many names as there are columns."""
    for number, line in enumerate(lines[: rows[0].line - 1 if rows else 0], 1):
        names = re.split(r"[\s,;|]+", line.strip().lstrip("#%/ \t"))
        if has_points(names) and rows and len(names) == len(rows[0].fields):
            return Row(number, names, False)
    return None


def has_points(names: Sequence[str]) -> bool:
    """Whether names speak of points or of a series."""
    roles = {column.role for name in names if (column := column_named(name))}
    return any(set(pair) <= roles for pair in PAIRS) or series_columns(names) is not None or bool(named_pairs(names))


def named_pairs(names: Sequence[str]) -> list[tuple[int, int]]:
    """Columns whose names differ in nothing but x and y, such as left_x and left_y."""
    keys = [[part for part in re.split(r"[^0-9a-z]+", re.sub(r"([a-z0-9])([XY])\b", r"\1_\2", name).lower()) if part]
            for name in names]  # fmt: skip
    where = {tuple(key): j for j, key in reversed(list(enumerate(keys)))}
    found = []
    for i, key in enumerate(keys):
        other = where.get(tuple("y" if part == "x" else part for part in key))
        if key.count("x") == 1 and other is not None:
            found.append((i, other))
    return found


# --- the cells


def _table(
    source: Source,
    rows: list[Row],
    names: list[str] | None,
    header_line: int | None,
    dialect: Dialect,
    options: TableOptions,
) -> RawTable:
    width = max(_filled(row.fields) for row in rows) if names is None else len(names)
    if width * len(rows) > limits.VALUES:
        raise source.refuse(f"holds more than {limits.VALUES:,} numbers")
    texts = _columns_of_texts(rows, names, width, dialect, options)
    for row in rows:
        if len(row.fields) < width or _filled(row.fields) > width:
            raise source.refuse(f"has {_filled(row.fields)} values where {width} were expected", line=row.line)
    values = np.full((len(rows), width), np.nan)
    asked = None if options.by is None else column_index(options.by, names, width)
    given = given_columns(options.columns, names, width)
    pens = _pens_in_words(rows, names, given, asked)
    texts -= pens.keys()
    for j in range(width):
        if j in pens:
            values[:, j] = pens[j]
        elif j not in texts:
            is_time = _role(j, names, given) == "time"
            values[:, j] = _column(source, rows, j, dialect, _clock(source, rows, j) if is_time else None)
            if len(rows) >= 10_000:
                source.check_cancelled()
    begins = np.array([row.after_gap for row in rows], bool)
    begins[0] = False
    if len(rows) > 2 and begins[1:].all():  # merely double-spaced
        begins[:] = False
    return RawTable(
        values,
        None if names is None else tuple(names),
        {j: [row.fields[j] for row in rows] for j in texts},
        begins,
        [row.line for row in rows],
        header_line,
        pens=frozenset(pens),
        clocks=frozenset(j for j in range(width) if j not in texts and _is_clock(rows, j, dialect, names, given)),
    )


def _is_clock(
    rows: list[Row], j: int, dialect: Dialect, names: list[str] | None, given: Mapping[int, Column | None]
) -> bool:
    """Whether a column of times holds dates or times of day instead of numbers."""
    first = next((row.fields[j] for row in rows if not is_missing(row.fields[j])), "0")
    return _role(j, names, given) == "time" and dialect.number(first) is None


def _pens_in_words(
    rows: list[Row], names: list[str] | None, given: Mapping[int, Column | None], asked: int | None
) -> dict[int, list[float]]:
    """The columns whose words say when the pen is down, but for one that tells drawings apart."""
    found = {}
    for j in set(given) | set(range(len(names or ()))):
        role = _role(j, names, given)
        speaks = role in PENS or (role is None and not given and PEN_COLUMN.search((names or ())[j].lower()))
        if speaks and j != asked and (pen := pen_of_words([row.fields[j] for row in rows])) is not None:
            found[j] = pen
    return found


def _columns_of_texts(
    rows: list[Row], names: list[str] | None, width: int, dialect: Dialect, options: TableOptions
) -> set[int]:
    """The columns whose cells need not be numbers: unknown ones, those that tell rows apart, and plain texts."""
    texts = set()
    given = given_columns(options.columns, names, width)
    asked = None if options.by is None else column_index(options.by, names, width)
    pairs = {i for pair in named_pairs(names or ()) for i in pair}
    series = series_columns(names) if names is not None and not options.columns else None
    for j in range(width):
        cells = [row.fields[j] for row in rows[:SNIFFED_LINES] if j < len(row.fields)]
        plain = [field for field in cells if not is_missing(field)]
        numeric = [dialect.number(field) is not None for field in plain]
        if names is None or options.columns:
            role = _role(j, None, given)
            is_text = role == "label" or (len(plain) > 1 and not any(numeric) and role not in NUMBERS)
        else:
            column = column_named(names[j])
            in_series = series is not None and series[j] is not None and series[j] != column
            tells_apart = column is not None and column.role in ("group", "label", "stroke")
            unknown = column is None and j not in pairs and not all(numeric)
            is_text = (tells_apart or unknown) and not in_series
        if j == asked or is_text:
            texts.add(j)
    return texts


def _role(j: int, names: Sequence[str] | None, given: Mapping[int, Column | None]) -> str | None:
    """What a column holds: what a person says of it, else its name."""
    column = given.get(j) if given else column_named(names[j]) if names is not None else None
    return None if column is None else column.role


def _clock(source: Source, rows: list[Row], j: int) -> Callable[[str], float | None]:
    """What makes seconds of the dates in a column."""
    number, said = clock([row.fields[j] for row in rows])
    if said:
        source.assume(f"it was assumed that {said}")
    return number


def _column(
    source: Source, rows: list[Row], j: int, dialect: Dialect, other: Callable[[str], float | None] | None
) -> list[float]:
    """The numbers of a column; NaN for what is missing."""
    values = []
    for row in rows:
        field = row.fields[j]
        value = dialect.number(field)
        if value is None and other is not None:
            value = other(field)
        if value is None or value != value:
            if not is_missing(field):
                what = "is not a number" if value is None else "is not a finite number"
                raise source.refuse(f"{shown(field)} {what}", line=row.line)
            value = float("nan")
        values.append(value)
    return values


def _is_of_numbers(fields: list[str], dialect: Dialect) -> bool:
    numbers = [dialect.number(field) is not None for field in fields if not is_missing(field)]
    return bool(numbers) and all(numbers)


def _filled(fields: list[str]) -> int:
    """How many fields there are up to the last one that is not empty."""
    return next((i for i in range(len(fields), 0, -1) if fields[i - 1]), 0)


def looks_like(lines: Sequence[str]) -> bool:
    """Whether most of the lines are numbers, two or more to a line."""
    dialect = sniff(lines)
    is_announced = bool(lines) and DELIMITER_LINE.fullmatch(lines[0].strip()) is not None
    rows = [dialect.fields(line) for line in lines[is_announced:] if not _is_comment(line)]
    tables = [row for row in rows if len(row) > 1 and _is_of_numbers(row, dialect)]
    if len(tables) > len(rows) / 2 or (len(rows) == 2 and len(tables) == 1):
        return True
    return _names_points([row for row in rows if row], dialect)


def _names_points(rows: Sequence[list[str]], dialect: Dialect) -> bool:
    """Whether a row names columns of points, and most rows below it have numbers there, whatever else they hold."""
    for i, names in enumerate(rows[:MOST_PREAMBLE]):
        if len(names) < 3 or not has_points(names) or any(dialect.number(name) is not None for name in names):
            continue
        roles = [column.role if (column := column_named(name)) else None for name in names]
        pairs = [(roles.index(a), roles.index(b)) for a, b in PAIRS if a in roles and b in roles] or named_pairs(names)
        below = rows[i + 1 :]
        numbers = [
            row for row in below if pairs and len(row) > max(pairs[0])
            and all(dialect.number(row[j]) is not None for j in pairs[0])
        ]  # fmt: skip
        return len(numbers) > len(below) / 2
    return False
