"""Whose log lies beside a project.

SQLite keeps the last changes in NAME-wal until they are folded into the file, and applies whatever it finds under that
name. A log that was left behind, beside a new file or a copy that was put back, would show old contents, or damage the
file. Every transaction of the studio leaves a `Mark` in the log, and the file holds the mark of the state that the log
begins with: so it can be told whether they belong together, before SQLite sees them.
"""

from __future__ import annotations

import logging
import mmap
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Literal

from studio.project.claim import Claim, Mark, stored_claim
from studio.project.handle import copy_of, identity_of, opened

Belongs = Literal["none", "own", "foreign"]

_log = logging.getLogger(__name__)

_HEADER, _FRAME = 32, 24  # bytes, of a log and before each page in it (SQLite's file format, section 4.1)
_MAGIC = (0x377F0682, 0x377F0683)
_LEAF = 0x0D  # a page of a table
_MARKED = re.compile(rb"<vrnn \d{1,18} \d{1,18} [0-9a-f,]{1,2000}>")
_NO_CLAIM = Claim("", "", "", 0, Mark(0, 0, ("",)))  # of a file of an older studio


def log_file(path: Path) -> Path:
    """The log of a project; the same for every link that leads to it."""
    real = path.resolve()
    return real.with_name(real.name + "-wal")


def belongs(path: Path, log: Path | None = None) -> Belongs:
    """Whether there are changes in a log, and whether they are changes of the file at `path`.

    Args:
        log: None for the one beside it.

    Raises:
        OSError: where they cannot be read.
    """
    log = log_file(path) if log is None else log
    has_frames, mark = _last_mark(log)
    if not has_frames:
        return "none"
    try:
        claim = stored_claim(path)
    except (sqlite3.Error, UnicodeDecodeError):
        return "own"  # only half folded perhaps, so that it makes sense with its log alone
    if mark is None:
        return "own" if claim is None and _fits(path, log) else "foreign"
    claim = _NO_CLAIM if claim is None else claim
    return "own" if mark.stands_on(claim) else "foreign"


def settle(path: Path) -> list[str]:
    """Put everything aside that lies beside a project, or where one will be, and is not its own.

    To be called only while no process has it open.

    Returns:
        a sentence for each.

    Raises:
        OSError: where it cannot be put aside.
    """
    said = []
    log = log_file(path)
    if _exists(log) and (not path.exists() or belongs(path) == "foreign"):
        said.append(_put_aside(log, path))
    journal = log.with_name(log.name.removesuffix("-wal") + "-journal")
    if _exists(journal) and (not path.exists() or _keeps_a_log(path)):
        said.append(_put_aside(journal, path))
    if said or not _exists(log):
        # Its index; SQLite makes it again.
        log.with_name(log.name.removesuffix("-wal") + "-shm").unlink(missing_ok=True)
    return said


def left_under(path: Path, place: Path) -> bool:
    """Whether the last changes of a file lie under the name that it had before.

    Args:
        place: what it was called when it was open last.
    """
    if place.exists() and identity_of(place) != identity_of(path):
        return False  # that one needs its log
    left = log_file(place)
    return left != log_file(path) and _exists(left) and belongs(path, left) == "own"


def adopt(path: Path, place: Path, *, copied: bool = False) -> str:
    """Bring the log of a file along that was renamed without it, as after a crash.

    Args:
        place: what it was called when it was open last.
        copied: leave it there, too, since a process that stands still has it open.

    Returns:
        a sentence; "" where there is nothing to bring along.
    """
    log, left = log_file(path), log_file(place)
    if not left_under(path, place) or _exists(log):
        return ""
    if copied:
        copy_of(left, log)
    else:
        left.replace(log)
        left.with_name(left.name.removesuffix("-wal") + "-shm").unlink(missing_ok=True)
    return f"{path} was called {place}; its last changes lay there in {left.name} and are here again."


def remove_logs(path: Path) -> None:
    """Delete everything that SQLite keeps beside a project."""
    log = log_file(path)
    for ending in ("-wal", "-shm", "-journal"):
        log.with_name(log.name.removesuffix("-wal") + ending).unlink(missing_ok=True)


@contextmanager
def private_copy(path: Path) -> Iterator[Path]:
    """A copy of a project and of its own log that may be opened without fear."""
    with tempfile.TemporaryDirectory(prefix="vrnn-studio-") as folder:
        copy = Path(folder, "copy.vrnn")
        own = belongs(path) == "own"
        copy_of(path, copy)
        if own:
            copy_of(log_file(path), log_file(copy))
        yield copy


def _last_mark(log: Path) -> tuple[bool, Mark | None]:
    """Whether a log has anything in it, and the last mark there; pages of an earlier round are not looked at."""
    try:
        if log.stat().st_size <= _HEADER + _FRAME:
            return False, None
    except FileNotFoundError:
        return False, None
    with log.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        page = int.from_bytes(data[8:12], "big")
        if int.from_bytes(data[:4], "big") not in _MAGIC or not 512 <= page <= 65536:
            return False, None
        found = False
        last: Mark | None = None
        for start in range(_HEADER, len(data) - _FRAME - page + 1, _FRAME + page):
            if data[start + 8 : start + 16] != data[16:24]:
                break
            found = True
            last = _mark_on(data[start + _FRAME : start + _FRAME + page], last)
        return found, last


def _mark_on(page: bytes, before: Mark | None) -> Mark | None:
    """The mark on a page of the table `claim`, which has one row, if it is later than the one before."""
    if page[0] != _LEAF or int.from_bytes(page[3:5], "big") != 1:
        return before
    found = [mark for text in _MARKED.findall(page) if (mark := Mark.read(text.decode("ascii")))]
    return max((*found, *([before] if before else [])), key=lambda mark: mark.writes, default=None)


def _fits(path: Path, log: Path) -> bool:
    """Whether a log of an older studio, which left no mark, makes a sound whole with a file."""
    with tempfile.TemporaryDirectory(prefix="vrnn-studio-") as folder:
        copy = Path(folder, "copy.vrnn")
        copy_of(path, copy)
        copy_of(log, log_file(copy))
        with suppress(sqlite3.Error, UnicodeDecodeError), closing(sqlite3.connect(copy)) as connection:
            sound = connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            return sound and not connection.execute("PRAGMA foreign_key_check").fetchall()
    return False


def _keeps_a_log(path: Path) -> bool:
    """Whether a file is one with a log, so that a rollback journal beside it is of another."""
    with opened(path) as handle:
        return handle.read(2, 18) == b"\2\2"


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _put_aside(file: Path, path: Path) -> str:
    number = 1
    while _exists(target := file.with_name(f"{file.name}.left-over-{number}")):
        number += 1
    file.rename(target)
    sentence = f"{file.name} beside {path} was the log of another file, or of another state of it; it is {target} now."
    _log.warning("%s", sentence)
    return sentence
