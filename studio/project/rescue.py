"""Looking over a project file, and bringing what can be read of a damaged one into a new file.

A damaged file is only ever read, and as a copy: SQLite writes beside and into what it opens. Rows are asked for one by
one, so that a page that is gone costs only the rows on it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.errors import StudioError
from studio.project import logs
from studio.project.contents import Content, unpack
from studio.project.database import Database, check_header, explained, read_only_connection
from studio.project.handle import opened
from studio.project.schema import SCHEMA_VERSION
from studio.project.tables import strange

_log = logging.getLogger(__name__)

_MOST_PROBLEMS = 100
_GIVEN_UP_AFTER = 100_000  # numbers without a row, one after another
_LONGEST_HEADER = 2**24  # bytes of JSON before weights
_LARGEST = 2**40  # bytes of a project

# Every table, parents before children, and what undo needs apart: it is of use only as a whole.
_TABLES = ("contents", "materials", "recipes", "runs", "metrics", "checkpoints", "samples")
_HISTORY = ("actions", "changes")
_NOUNS = {
    "contents": "drawings and recordings",
    "materials": "items of the collection",
    "recipes": "recipes",
    "runs": "runs",
    "metrics": "pieces of curves",
    "checkpoints": "checkpoints",
    "samples": "kept samples",
}

Row = dict[str, Any]


@dataclass
class Rescued:
    """What became of a damaged file.

    Attributes:
        path: the new one.
        kept: how many rows of each table are in it.
        lost: sentences on what is not.
    """

    path: Path
    kept: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def check(path: Path) -> list[str]:
    """Look over a whole file: the pages, what refers to what, and whether everything in it can be read.

    Returns:
        a sentence for every problem, at most a hundred; none where all is well.

    Raises:
        StudioError: where it is no project, or was made by a newer studio.
    """
    with explained(path, "open"):
        check_header(path)
    with explained(path, "read"):
        # What a log of its own has not been folded in yet may well be the end of the file.
        is_cut = path.stat().st_size < _expected_size(path) and logs.belongs(path) != "own"
        problems = ["The file is cut short."] if is_cut else []
        if logs.belongs(path) == "foreign":
            problems.append(
                f"The log beside it, {logs.log_file(path).name}, is of another file, or of another state of this one: "
                "opening the project puts it aside."
            )
    with _copied(path) as copy:
        try:
            with closing(read_only_connection(copy)) as connection:
                _refuse_newer(connection, path)
                problems += [*_structure(connection), *_values(connection)]
        except (sqlite3.Error, UnicodeDecodeError) as error:
            problems.append(f"The file cannot be read as a whole: {error}.")
    return problems[:_MOST_PROBLEMS]


def rescue(path: Path, target: Path) -> Rescued:
    """Make a new project of what can be read of a damaged one, which stays as it is.

    Raises:
        StudioError: where there is a file at `target`, or nothing can be read at all.
    """
    if not path.is_file():
        raise StudioError(f"There is no project at {path}: check the name.")
    with _copied(path) as copy, closing(_opened(copy, path)) as connection:
        if not any(next(_rows(connection, table), None) for table in ("contents", "recipes", "runs")):
            raise _nothing_left(path)
        rescued = Rescued(target)
        new = Database.create(target)
        try:
            with new.transaction() as into:
                _bring_over(connection, into, rescued)
        finally:
            new.close()
        return rescued


def _opened(copy: Path, path: Path) -> sqlite3.Connection:
    try:
        return read_only_connection(copy)
    except sqlite3.Error as error:
        raise _nothing_left(path) from error


def _nothing_left(path: Path) -> StudioError:
    return StudioError(f"Nothing can be read of {path}: restore a copy of it.")


def _bring_over(connection: sqlite3.Connection, into: sqlite3.Connection, rescued: Rescued) -> None:
    for table in _TABLES:
        kept = lost = 0
        for row in _rows(connection, table):
            if _problem(table, row) or not _inserted(into, table, row):
                lost += 1
            else:
                kept += 1
        rescued.kept[table] = kept
        if lost:
            rescued.lost.append(f"{lost} {_NOUNS[table]} cannot be read and are left out.")
    into.execute("SAVEPOINT history")
    whole = not any(_structure_of(connection, table) for table in _HISTORY)
    if whole and all(_inserted(into, table, row) for table in _HISTORY for row in _rows(connection, table)):
        into.execute("RELEASE history")
        return
    into.execute("ROLLBACK TO history")
    into.execute("RELEASE history")
    into.execute("DELETE FROM materials WHERE deleted")
    rescued.lost.append("The history cannot be read: what was done before cannot be undone.")


def _inserted(into: sqlite3.Connection, table: str, row: Row) -> bool:
    known = {name for _, name, *_ in into.execute(f"PRAGMA table_info({table})")}
    row = {name: value for name, value in row.items() if name in known}  # others were added by another program
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    try:
        into.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))
    except sqlite3.IntegrityError as error:  # what it belongs to is gone, or it is there twice
        _log.info("a row of %s cannot be kept: %s", table, error)
        return False
    return True


def _structure(connection: sqlite3.Connection) -> Iterator[str]:
    yield from strange(connection)
    for (found,) in connection.execute(f"PRAGMA integrity_check({_MOST_PROBLEMS})"):
        if found != "ok":
            yield f"The file is damaged: {found}."
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"Something in {table} belongs to something in {parent} that is not there."


def _structure_of(connection: sqlite3.Connection, table: str) -> str:
    """What is wrong with the pages of one table, "" for nothing."""
    try:
        (found,) = connection.execute(f"PRAGMA quick_check({table})").fetchone()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)
    return "" if found == "ok" else str(found)


def _values(connection: sqlite3.Connection) -> Iterator[str]:
    for table in _TABLES:
        for number, row in enumerate(_rows(connection, table), start=1):
            if problem := _problem(table, row):
                yield f"{table} {row.get('id', number)}: {problem}."


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[Row]:
    """Every row of a table that can be read."""
    if table == "changes":  # has no row numbers
        yield from _scanned(connection, "SELECT * FROM changes")
        return
    for number in _numbers(connection, table):
        yield from _scanned(connection, f"SELECT * FROM {table} WHERE rowid = ?", number)


def _numbers(connection: sqlite3.Connection, table: str) -> Iterator[int]:
    """The row numbers of a table; where the way through it is broken, every number there may be."""
    seen = 0
    try:
        for (number,) in connection.execute(f"SELECT rowid FROM {table} ORDER BY rowid"):
            seen = number
            yield number
        return
    except sqlite3.Error as error:
        _log.warning("%s is damaged after row %d: %s", table, seen, error)
    missed = 0
    while missed < _GIVEN_UP_AFTER:
        seen += 1
        try:
            found = connection.execute(f"SELECT rowid FROM {table} WHERE rowid = ?", (seen,)).fetchone()
        except sqlite3.Error:
            found = None
        missed = 0 if found else missed + 1
        if found:
            yield seen


def _scanned(connection: sqlite3.Connection, query: str, *values: Any) -> Iterator[Row]:
    try:
        cursor = connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        _log.warning("%s %s: %s", query, values, error)


def _problem(table: str, row: Row) -> str:
    """What is wrong with a row, "" for nothing."""
    try:
        if table in _READERS:
            _READERS[table](row)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        return str(error) or repr(error)
    return ""


def _read_content(row: Row) -> None:
    unpack(Content(row["kind"], row["shape"], row["data"]))


def _read_material(row: Row) -> None:
    if not (isinstance(row["label"], str) and isinstance(row["name"], str)):
        raise TypeError("its label and its name are no texts")


def _read_run(row: Row) -> None:
    if not isinstance(json.loads(row["held_back"]), list) or not isinstance(row["recipe"], str):
        raise ValueError("it says neither what it learned from nor how")


def _read_metrics(row: Row) -> None:
    if len(row["steps"]) != len(row["data"]) or len(row["steps"]) % 8:
        raise ValueError(f"{len(row['steps'])} bytes of steps for {len(row['data'])} of values")


def _read_checkpoint(row: Row) -> None:
    """The layout of safetensors: the length of a header, the header, and as many bytes as it says."""
    weights = row["weights"]
    length = int.from_bytes(weights[:8], "little")
    if not isinstance(json.loads(row["meta"]), dict) or not 0 < length <= min(_LONGEST_HEADER, len(weights) - 8):
        raise ValueError("its weights have no header")
    header = json.loads(weights[8 : 8 + length])
    ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
    if max(ends, default=0) != len(weights) - 8 - length:
        raise ValueError("its weights are cut short")


def _read_sample(row: Row) -> None:
    json.loads(row["settings"])


_READERS: dict[str, Callable[[Row], None]] = {
    "contents": _read_content,
    "materials": _read_material,
    "runs": _read_run,
    "metrics": _read_metrics,
    "checkpoints": _read_checkpoint,
    "samples": _read_sample,
}


def _refuse_newer(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise StudioError(f"{path} was made by a newer VRNN Studio: update the studio to check it.")


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """A copy of a project and its own log that may be opened without fear; cut-off pages are filled with nothing."""
    with ExitStack() as resources:
        with explained(path, "read"):
            copy = resources.enter_context(logs.private_copy(path))
            with copy.open("r+b") as file:
                file.truncate(max(copy.stat().st_size, min(_expected_size(copy), _LARGEST)))
        yield copy


def _expected_size(path: Path) -> int:
    """The bytes that a file has by its header, 0 where that does not say (SQLite's file format, section 1.3)."""
    with opened(path) as handle:
        header = handle.read(100, 0)
    page = int.from_bytes(header[16:18], "big")
    known = header[24:28] == header[92:96]
    return (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big") if known else 0
