"""Spreadsheets (.xlsx, .xlsm), read with openpyxl where it is installed: each sheet is a table of points."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from studio.errors import StudioError
from studio.files import limits
from studio.files.raw_table import RawTable
from studio.files.source import Source
from studio.files.table_reader import drawings_in
from studio.files.text_tables import Dialect, Row, table_of
from studio.sequences.material import Drawing

CELLS = 8_000_000
"""In all sheets of a file, empty ones between others among them."""

DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
NEEDED = (
    "is a spreadsheet, and openpyxl, which reads those, is not installed: pip install 'vrnn-studio[excel]', "
    "or save the sheet as CSV"
)

DIGITS = frozenset("0123456789")
NEVER_CALCULATED = re.compile(
    rb"<c\b(?![^<>]*\bt=\"str\")[^<>]*+>\s*+<f\b[^<>]*+(?:/>|>[^<]*+</f>)\s*+(?:<v\s*+/>|<v>\s*+</v>)?+\s*+</c>"
)
"""A cell with a formula and without the number that it has, as programs write it that do not calculate."""

CALCULATE = "open the file in a spreadsheet program and save it there, or save the sheet as CSV"


def read(source: Source) -> Iterator[Drawing]:
    """The drawings in all sheets that hold a table; see `csv_points.read`. Of formulas, their stored values are read.

    Raises:
        StudioError: openpyxl is missing; the file is damaged or too large; with the sheet and the row, a bad cell.
    """
    sheets = list(_sheets(source))
    unknown = _never_calculated(source)
    try:
        if not sheets:
            raise source.refuse("holds no sheet with a table; expected rows of x and y")
        yield from drawings_in(source, sheets)
    except StudioError as error:
        if not unknown:
            raise
        what = f"In it are {unknown:,} formulas whose values were never calculated: {CALCULATE}."
        raise StudioError(f"{error} {what}") from error
    if unknown:
        source.note(f"{unknown:,} formulas whose values were never calculated count as empty cells; {CALCULATE}")


def _never_calculated(source: Source) -> int:
    """How many formulas are stored without their values."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            sheets = [
                name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")
            ]
            return sum(sum(1 for _ in NEVER_CALCULATED.finditer(archive.read(name))) for name in sheets)
    except Exception:  # a damaged member that openpyxl had no need of
        return 0


def is_spreadsheet(names: list[str]) -> bool:
    """Whether an archive with these members is one."""
    return "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)


def _sheets(source: Source) -> Iterator[tuple[RawTable, str | None]]:
    book = _opened(source)
    several = len(book.worksheets) > 1
    cells = 0
    for sheet in book.worksheets:
        part = f"sheet {sheet.title}" if several else None
        rows: list[Row] = []
        gap = False
        try:
            sheet.reset_dimensions()  # what a file says of its size need not be so
            for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
                cells += len(values) + 1
                if cells > CELLS:
                    raise source.refuse(f"holds more than {CELLS:,} cells", part=part)
                fields = [_field(value) for value in values]
                if any(fields):
                    rows.append(Row(number, fields, gap))
                gap = not any(fields)
                if number % 1000 == 0:
                    source.check_cancelled()
        except StudioError:
            raise
        except Exception as error:  # whatever the library raises at a damaged file
            raise source.refuse(f"is a damaged spreadsheet ({type(error).__name__})", part=part) from error
        if len(rows) > limits.POINTS_PER_DRAWING:
            raise source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} rows", part=part)
        if len(rows) > 1 and _is_table(source, rows, several):
            width = max(len(row.fields) for row in rows)
            filled = [Row(row.line, row.fields + [""] * (width - len(row.fields)), row.after_gap) for row in rows]
            named = source if part is None else replace(source, name=f"{source.name}, {part}")
            yield table_of(named, filled, [], Dialect("\t", "."), source.options), part


def _is_table(source: Source, rows: list[Row], several: bool) -> bool:
    """Whether a sheet holds numbers; one of several that does not is left out, which is said."""
    if not several or any(_numbers(row.fields) > 1 for row in rows):
        return True
    source.assume("sheets without a row of two numbers were left out")
    return False


def _numbers(fields: list[str]) -> int:
    """How many fields begin as numbers do."""
    return sum(field[:1] in DIGITS or field[1:2] in DIGITS for field in fields if field)


def _opened(source: Source) -> Any:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise source.refuse(NEEDED) from error
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > limits.UNPACKED_BYTES:
                raise source.refuse(f"unpacks to more than {limits.UNPACKED_BYTES // 2**20} MB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions that it does not know
            return load_workbook(io.BytesIO(source.data), read_only=True, data_only=True, keep_links=False)
    except StudioError:
        raise
    except Exception as error:  # whatever the library raises at a damaged file
        raise source.refuse(f"is a damaged spreadsheet ({type(error).__name__})") from error


def _field(value: Any) -> str:
    """A cell as it would stand in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    text = str(value).strip()
    return text.replace(",", ".") if DECIMAL_COMMA.fullmatch(text) else text
