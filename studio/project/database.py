"""The SQLite file under a project: opening it safely, transactions, moving it."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from studio.errors import DamagedProject, StudioError
from studio.project.schema import APPLICATION_ID, SCHEMA_VERSION, migrate
from studio.project.tables import strange

_log = logging.getLogger(__name__)

_HEADER = 100  # bytes
_BUSY_SECONDS = 10.0
_CHECKED_WHOLE = 32 * 2**20  # bytes; of larger files only the tables of material are checked on opening
_HIGHEST = 2**62  # numbers of rows beyond were put there by a stranger, and leave no room above them
_MATERIAL_TABLES = ("materials", "actions", "changes")


class Database:
    """One connection, shared by all threads of the program behind a lock, and another one for long reading.

    Every change is one transaction that is on the disk when the call returns (write-ahead log, synced), so that a
    killed program loses nothing that was acknowledged.

    Attributes:
        path: where the file is now.
        why_read_only: a sentence, where it can only be looked at; else "".
        backup: the copy that was made because the file had to be brought up to date, None where there was no need.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, why_read_only: str = "") -> None:
        self.path = path
        self.why_read_only = why_read_only
        self.backup: Path | None = None
        self._unwritable = bool(why_read_only)  # and not only because another program has it open
        self._connection = connection
        self._lock = threading.RLock()
        self._depth = 0
        self._reader: sqlite3.Connection | None = None
        self._reader_lock = threading.RLock()  # taken after `_lock`, where both are
        self._closed = False
        self._highest_content = 0  # of this session

    @classmethod
    def create(cls, path: Path) -> Database:
        """Make a new file.

        Raises:
            StudioError: where there already is one, or it cannot be written.
        """
        if path.exists():
            raise StudioError(f"{path} already exists: choose another name, or open it.")
        # Made under another name first: whoever is interrupted here leaves no half project.
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with explained(path, "create"):
            try:
                with closing(_connect(draft, "rwc")) as connection:
                    migrate(connection)
                draft.replace(path)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Database:
        """Open an existing file, migrating an older one.

        Raises:
            StudioError: where it is missing, no project, damaged, or made by a newer studio.
        """
        with explained(path, "open"):
            check_header(path)
            backup = None
            read_only = not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
            # Without "immutable" SQLite needs to write a log even to read.
            connection = _connect(path, "ro&immutable=1" if read_only else "rw")
            try:
                version = _check(connection, path)
                if not read_only and version < SCHEMA_VERSION:
                    backup = _back_up(connection, path, version)
                    migrate(connection)
                if not read_only:
                    connection.execute("PRAGMA journal_mode = WAL")
            except BaseException:
                connection.close()
                raise
        why = f"{path} can only be read here: save the project under another name first." if read_only else ""
        database = cls(path, connection, why_read_only=why)
        database.backup = backup
        return database

    @property
    def read_only(self) -> bool:
        """Whether it can only be looked at."""
        return bool(self.why_read_only)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: the block's changes are kept together, or not at all where it raises.

        Raises:
            StudioError: where the file cannot be written (any more).
        """
        with self._lock, explained(self.path, "write"):
            self._refuse_closed()
            if self.read_only:
                raise StudioError(self.why_read_only)
            if self._depth:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has rolled back already
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a query finds."""
        with self._lock, explained(self.path, "read"):
            self._refuse_closed()
            return self._connection.execute(query, values).fetchall()

    def read_apart(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a query finds, without keeping others waiting who read or write meanwhile."""
        with self._reader_lock, explained(self.path, "read"):
            self._refuse_closed()
            if self._reader is None:
                self._reader = _connect(self.path, "ro&immutable=1" if self._unwritable else "rw")
                self._reader.execute("PRAGMA query_only = ON")
            return self._reader.execute(query, values).fetchall()

    def fresh_content(self) -> int:
        """A number for a new row of `contents`, in a transaction; none that had another meaning in this session.

        SQLite would use the number of a deleted row again, and whoever has read that row could not tell.
        """
        query = "SELECT coalesce(max(id), 0) FROM contents WHERE id < ?"
        ((highest,),) = self._connection.execute(query, (_HIGHEST,)).fetchall()
        self._highest_content = max(self._highest_content, highest) + 1
        return self._highest_content

    def move(self, path: Path, *, keep: bool) -> None:
        """Go on in a complete copy of the file at `path`, replacing what is there; without `keep` the old one goes."""
        with self._lock, self._reader_lock, explained(path, "write"):
            old = self.path
            if path.exists() and path.samefile(old):
                return
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            copy = _connect(draft, "rwc")
            try:
                self._connection.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            except BaseException:
                copy.close()
                draft.unlink(missing_ok=True)
                raise
            copy.close()
            # A log left beside the replaced file would be applied to the new one.
            _remove_log(path)
            draft.replace(path)
            self._close_reader()
            self._connection.close()
            if not keep:
                remove(old)
            self.path, self.why_read_only, self._unwritable = path, "", False
            self._connection = _connect(path, "rw")
            self._connection.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        with self._lock, self._reader_lock, suppress(sqlite3.Error):
            self._closed = True
            self._close_reader()
            self._connection.close()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise StudioError(f"{self.path} has been closed: open it again.")

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def remove(path: Path) -> None:
    """Delete a project file and its log."""
    _remove_log(path)
    path.unlink(missing_ok=True)


def _remove_log(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def read_only_connection(path: Path) -> sqlite3.Connection:
    """A connection through which nothing can be changed, and nothing in the file can call anything."""
    connection = _connect(path, "rw")  # a log beside it must be applied
    connection.execute("PRAGMA query_only = ON")
    return connection


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """A copy of a file as it is, beside it, which the older studio can open."""
    target = path.with_name(f"{path.stem}.version-{version}{path.suffix}")
    draft = path.with_name(f".{target.name}.{os.getpid()}")
    try:
        copy = _connect(draft, "rwc")
        try:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    _log.info("%s is of version %d: a copy of it is kept as %s", path, version, target)
    return target


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    # A file from a stranger: nothing in its schema may call anything.
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def check_header(path: Path) -> None:
    """Refuse what is no project.

    Raises:
        StudioError: says what it is instead.
    """
    # Read plainly: SQLite would leave its log beside whatever file it is pointed at.
    if not path.exists():
        raise StudioError(f"There is no project at {path}: check the name, or create it with 'new'.")
    if path.is_dir():
        raise StudioError(f"{path} is a folder, not a project file: name a file that ends in .vrnn.")
    if not path.is_file():  # a pipe would keep whoever reads it waiting
        raise StudioError(f"{path} is not a file: name a file that ends in .vrnn.")
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if header[:16] != b"SQLite format 3\0" or int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StudioError(f"{path} is not a VRNN Studio project: import it as material, or choose another file.")


def _check(connection: sqlite3.Connection, path: Path) -> int:
    """Refuse a newer, tampered or damaged file; its version."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not 1 <= version <= SCHEMA_VERSION:
        raise StudioError(
            f"{path} was made by a newer VRNN Studio (its format is {version}, this one reads up to {SCHEMA_VERSION}): "
            "update the studio to open it."
        )
    if strangers := strange(connection):
        _log.warning("%s: %s", path, " ".join(strangers))
        raise DamagedProject(
            f"{path} holds tables or statements that no VRNN Studio project has: it was tampered with, or another "
            "program has changed it. Rescue what can be read with `vrnn-studio check --repair`.",
            path,
        )
    for table in _tables_to_check(connection) if path.stat().st_size > _CHECKED_WHOLE else ("100",):
        (result,) = connection.execute(f"PRAGMA quick_check({table})").fetchone()
        if result != "ok":
            raise sqlite3.DatabaseError(f"malformed: {result}")
    return int(version)


def _tables_to_check(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Those of a large file that opening looks through.

    Hours of sound would take many seconds. Of those only the beginning of every row is looked at, which is where it
    says what and how long it is; the rest is checked where it is read, and by `vrnn-studio check`.
    """
    ((size,),) = connection.execute("SELECT coalesce(sum(length(data)), 0) FROM contents").fetchall()
    return _MATERIAL_TABLES if size > _CHECKED_WHOLE else ("contents", *_MATERIAL_TABLES)


@contextmanager
def explained(path: Path, doing: str) -> Iterator[None]:
    """What SQLite and the system say, in a sentence for the user.

    Raises:
        StudioError: instead of theirs; `DamagedProject` where that is what is wrong.
    """
    try:
        yield
    except sqlite3.Error as error:
        _log.warning("%s %s: %s", doing, path, error)
        raise _refusal(" ".join(str(error).split()), path, doing) from error
    except UnicodeDecodeError as error:  # what SQLite says of a damaged file may quote it
        _log.warning("%s %s: %s", doing, path, error)
        raise _refusal("malformed", path, doing) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise StudioError(f"Cannot {doing} {path}: {reason}; choose another place or mend its permissions.") from error


_SENTENCES = (
    (("full",), "The disk that holds {path} is full: make room, then try again; everything saved before is safe."),
    (("locked", "busy"), "{path} is in use by another program: close it there, then try again."),
    (("readonly", "read-only"), "{path} can only be read here: save the project under another name."),
    (("unable to open",), "Cannot {doing} {path}: check that its folder exists and that you may write there."),
)
_DAMAGED = ("malformed", "not a database", "corrupt")


def _refusal(error: str, path: Path, doing: str) -> StudioError:
    if any(word in error for word in _DAMAGED):
        return DamagedProject(
            f"{path} is damaged ({error}): restore a copy of it, or rescue what can be read with "
            "`vrnn-studio check --repair`.",
            path,
        )
    return StudioError(_sentence(error, path, doing))


def _sentence(error: str, path: Path, doing: str) -> str:
    for words, sentence in _SENTENCES:
        if any(word in error for word in words):
            return sentence.format(path=path, doing=doing, error=error)
    return f"Cannot {doing} {path}: {error}."
