"""What a person says of tables, arrays of points and texts, where the files do not say it themselves."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from studio.errors import StudioError
from studio.files.columns import Column, column_named

TimeUnit: TypeAlias = Literal["s", "ms", "us", "ns", "ticks"]
TIME_UNITS: tuple[TimeUnit, ...] = get_args(TimeUnit)

SECONDS: dict[TimeUnit, float] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ticks": 1e-7}
"""Of each unit; ticks are those of .NET and Windows, 100 nanoseconds."""

NOTHING = ("none", "no")
"""What `by` may say: the whole file is one drawing."""

IGNORED = ("", "-", "_", "ignore")
"""What `columns` may say of a column that is not read."""

KNOWN_COLUMNS = (
    "x, y, dx, dy, lat, lon, t, t_ms, t_us, pen, pen_up, pen_down, stroke, pressure, value, trial, label and -"
)


@dataclass(frozen=True)
class TableOptions:
    """The same for every table, or text, of an import; None and () leave it to what the values speak for.

    Attributes:
        columns: what each column is, from the first on, such as ("x", "y", "t_ms"), "-" for one that is not read;
            or "x=NAME" and so on for columns by the names (or numbers, from 1) that the file gives them.
        offsets: whether x and y are offsets from point to point (True) or positions (False).
        pen_down: whether a 1 in the pen's column says that the pen is on the paper (True), or that it leaves the paper
            after that point (False).
        time_unit: of the column of times.
        by: the column, by name or number from 1, each value of which is a drawing of its own; "none": one drawing.
        decimal: the decimal sign of texts.
        sentinels: whether points such as (-1, -1) may stand for a lifted pen.
        encoding: of tables and texts that do not begin with a byte order mark, as `encoding_from` gives it.
    """

    columns: tuple[str, ...] = ()
    offsets: bool | None = None
    pen_down: bool | None = None
    time_unit: TimeUnit | None = None
    by: str | None = None
    decimal: Literal[".", ","] | None = None
    sentinels: bool | None = None
    encoding: str | None = None


AS_FOUND = TableOptions()


def encoding_from(text: str) -> str | None:
    """Python's name of an encoding that a person named, such as "cp866" or "ISO 8859-2"; None for nothing.

    Raises:
        StudioError: it is not known, or none of texts.
    """
    name = text.strip()
    if not name:
        return None
    try:
        "a".encode(name)  # which refuses what makes no text of bytes, such as base64
        return codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError):
        raise StudioError(
            f"The encoding {name!r} is unknown; known are utf-8, utf-16, cp866, iso8859-2, mac-roman, big5 and what "
            "else Python knows."
        ) from None


def columns_from(text: str) -> tuple[str, ...]:
    """The columns that a person typed, such as "x,y,t" or "x=gaze_x, y=gaze_y"; () for nothing.

    Raises:
        StudioError: a column that is not known.
    """
    words = tuple(word.strip() for word in text.split(","))
    if words == ("",):
        return ()
    if len({"=" in word for word in words}) > 1:
        raise StudioError(f"The columns {text!r} are named partly by =: write = in all of them, or in none.")
    for word in words:
        role_of(word.partition("=")[0])
    roles = [word.partition("=")[0].strip().lower() for word in words]
    if not _has_points([role_of(role) for role in roles]):
        raise StudioError(f"The columns {text!r} lack x and y: name both, such as x,y,t (or t,value for a series).")
    return words


def role_of(word: str) -> Column | None:
    """What a word of `TableOptions.columns` means; None for a column that is not read.

    Raises:
        StudioError: it is not known.
    """
    if word.strip().lower() in IGNORED:
        return None
    column = column_named(word)
    if column is None:
        raise StudioError(f"The column {word.strip()!r} is unknown; known are {KNOWN_COLUMNS}.")
    return column


def _has_points(columns: Sequence[Column | None]) -> bool:
    roles = [column.role for column in columns if column is not None]
    return any(set(pair) <= set(roles) for pair in (("x", "y"), ("dx", "dy"), ("lon", "lat"), ("time", "value")))


def column_index(word: str, names: Sequence[str] | None, width: int) -> int | None:
    """Which column a person means by a name or by a number from 1; None where there is none such."""
    wanted = word.strip()
    for i, name in enumerate(names or ()):
        if name.strip().lower() == wanted.lower():
            return i
    if wanted.isdecimal() and 1 <= int(wanted) <= width:
        return int(wanted) - 1
    return None


def given_columns(words: Sequence[str], names: Sequence[str] | None, width: int) -> dict[int, Column | None]:
    """What a person says of which column, as far as a table has it; {} where nothing is said."""
    if not any("=" in word for word in words):
        return dict(enumerate(map(role_of, words[:width])))
    found = {}
    for role, _, name in (word.partition("=") for word in words):
        at = column_index(name, names, width)
        if at is not None:
            found[at] = role_of(role)
    return found
