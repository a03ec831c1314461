"""The SQLite file under a project: opening it safely, transactions, moving it."""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from studio.errors import DamagedProject, LostClaim, StudioError
from studio.project import logs
from studio.project.claim import (
    Claim,
    Mark,
    claim_without_log,
    holder,
    holds,
    lost,
    mine,
    new_token,
    read_claim,
    taken,
    write_claim,
    write_mark,
)
from studio.project.handle import Handle, copy_of, identity_of, is_open_here, opened
from studio.project.lock import Lock
from studio.project.owner import this_process
from studio.project.schema import APPLICATION_ID, SCHEMA_VERSION, migrate
from studio.project.tables import strange

_log = logging.getLogger(__name__)

_HEADER = 100  # bytes
_BUSY_SECONDS = 10.0
_CHECKED_WHOLE = 32 * 2**20  # bytes; of larger files only the tables of material are checked on opening
_HIGHEST = 2**62  # numbers of rows beyond were put there by a stranger, and leave no room above them
_MATERIAL_TABLES = ("materials", "actions", "changes")
_LONG_LOG = 4 * 2**20  # bytes, from which on a log is folded into the file
_KEPT_LOG = 2**20  # bytes that a folded log may keep on the disk
_FOLLOW_SECONDS = 1.5  # in which a process notices that its file was renamed
_LOOK_SECONDS = 0.5  # between two looks whether the file is still what it was

_claimed: WeakValueDictionary[str, Database] = WeakValueDictionary()  # by token: who writes in this process


@dataclass(frozen=True)
class Note:
    """A sentence for the user.

    Attributes:
        ends: whether the file is not what it was, or not ours, so that whoever is not asked any more had better end.
    """

    sentence: str
    ends: bool = False


class Database:
    """One connection, shared by all threads of the program behind a lock, and another one for long reading.

    Every change is one transaction that is on the disk when the call returns (write-ahead log, synced), so that a
    killed program loses nothing that was acknowledged. Every transaction checks that the file is still this process's
    to write to (`studio/project/claim.py`), and that it still is the file that was opened: one that has been renamed is
    followed, of one that has been deleted or replaced everything is kept beside, and the work goes on there.

    Attributes:
        path: where the file is now.
        why_read_only: a sentence, where it can only be looked at; else "".
        backup: the copy that was made because the file had to be brought up to date, None where there was no need.
        notes: what the user must know of what became of the file, until they are taken away.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, why_read_only: str = "") -> None:
        self.path = path
        self.why_read_only = why_read_only
        self.backup: Path | None = None
        self.notes: list[Note] = []
        self._source = path  # what is read: a private copy, where the file cannot be opened with its log
        self._unwritable = bool(why_read_only)  # and not only because another program has it open
        self._connection = connection
        self._lock = threading.RLock()
        self._depth = 0
        self._reader: sqlite3.Connection | None = None
        self._reader_lock = threading.RLock()  # taken after `_lock`, where both are
        self._closed = False
        self._highest_content = 0  # of this session
        self._token = ""  # of our claim, once there is one
        self._mark: Mark | None = None  # of our last transaction
        self._is_lost = False
        self._overwritten = False
        self._life: Lock | None = None
        self._beside: Database | None = None
        self._resources = ExitStack()
        self._handle = Handle.of(path)
        self._looked = time.monotonic()
        self._note_state()

    @classmethod
    def create(cls, path: Path) -> Database:
        """Make a new file.

        Raises:
            StudioError: where there already is one, or it cannot be written.
        """
        if os.path.lexists(path):
            raise StudioError(f"{path} already exists: choose another name, or open it.")
        # Made under another name first: whoever is interrupted here leaves no half project.
        with explained(path, "create"), _draft(path) as draft:
            with closing(_connect(draft, "rw")) as connection:
                migrate(connection)
            said = logs.settle(path)
            _put_in_place(draft, path)
        database = cls.open(path)
        database.notes += map(Note, said)
        return database

    @classmethod
    def open(cls, path: Path) -> Database:
        """Open an existing file, migrating an older one. A log beside it that is not its own is put aside before.

        Raises:
            StudioError: where it is missing, no project, damaged, or made by a newer studio.
        """
        with explained(path, "open"):
            check_header(path)
            if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
                why = f"{path} can only be read here: save the project under another name first."
                return cls._open_to_look(path, why)
            said = _wait_for_log(path) if _is_in_use(path) else _settle(path)
            try:
                database = cls._open_to_write(path)
            except sqlite3.OperationalError as error:
                if not _is_without_room(error) or logs.belongs(path) != "own":
                    raise
                return cls._open_to_look(path, _sentence(str(error), path, "open"))
        database.notes += [Note(sentence) for sentence in said if sentence]
        return database

    @classmethod
    def _open_to_write(cls, path: Path) -> Database:
        connection = _connect(path, "rw")
        backup = None
        try:
            version = _check(connection, path)
            if version < SCHEMA_VERSION and _is_in_use(path):
                raise StudioError(f"{path} is open in an older VRNN Studio: close it there, then try again.")
            if version < SCHEMA_VERSION:
                backup = _back_up(connection, path, version)
            _keep_log(connection)
            if version < SCHEMA_VERSION:
                migrate(connection)
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # so that the log is there
        except BaseException:
            connection.close()
            raise
        database = cls(path, connection)
        database.backup = backup
        return database

    @classmethod
    def _open_to_look(cls, path: Path, why: str) -> Database:
        """Where nothing can be written beside it, SQLite can read no log: then a copy of both is read."""
        with ExitStack() as resources:
            source = path
            if logs.belongs(path) == "own":
                try:
                    source = resources.enter_context(logs.private_copy(path))
                except OSError as error:
                    _log.warning("no private copy of %s can be made: %s", path, error)
                    why += (
                        f" Its last changes, in {logs.log_file(path).name} beside it, are missing here: there is no "
                        f"room to read them ({error.strerror or error})."
                    )
            connection = _connect(source, "ro&immutable=1" if source == path else "rw")
            resources.callback(connection.close)
            _check(connection, path)
            connection.execute("PRAGMA query_only = ON")
            database = cls(path, connection, why_read_only=why)
            database._source = source
            database._resources = resources.pop_all()
        return database

    @property
    def read_only(self) -> bool:
        """Whether it can only be looked at."""
        return bool(self.why_read_only)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: the block's changes are kept together, or not at all where it raises.

        Raises:
            LostClaim: where another process has taken the file over, or it is another file now.
            StudioError: where the file cannot be written (any more).
        """
        with self._lock, explained(self.path, "write"):
            self._refuse_closed()
            if self._depth:
                yield self._connection
                return
            if not self.read_only:
                self._look_at_file()
            if self.read_only:
                raise LostClaim(self.why_read_only) if self._is_lost else StudioError(self.why_read_only)
            first = not self._token
            with self._signed():
                yield self._connection
            self._fold_long_log(at_once=first)  # so that the file itself says who has it

    @contextmanager
    def _signed(self, token: str = "", silent_after: float | None = None) -> Iterator[None]:
        """A transaction under our claim, which it checks and marks; under a new one where `token` is given."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            token, mark = self._sign(token, silent_after)
            yield
            self._connection.execute("COMMIT")
            self._token, self._mark = token, mark
            _claimed[token] = self
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk has rolled back already
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._depth -= 1

    def _sign(self, token: str, silent_after: float | None) -> tuple[str, Mark]:
        claim = read_claim(self._connection)
        if claim is None:
            raise DamagedProject(f"{self.path} does not say who writes to it: rescue what can be read.", self.path)
        if not self._token:
            if self._is_another_hand(claim, silent_after):
                raise StudioError(taken(self.path, claim.owner or this_process()))
            token = token or new_token()
        elif claim.token != self._token:
            raise self._lose(lost(self.path, claim.owner))
        # Since the row was written, the log may have been folded.
        before = self._mark if self._mark is not None and self._mark.writes == claim.mark.writes else claim.mark
        mark = before.by(token or self._token)
        if self._token and claim.place == str(self._place):
            write_mark(self._connection, mark)
        else:
            write_claim(self._connection, mine(token or self._token, self._place, self._handle.identity[1], mark))
        return token or self._token, mark

    def _is_another_hand(self, claim: Claim, silent_after: float | None) -> bool:
        other = _claimed.get(claim.token)
        if other is not None and other is not self and other._handle is self._handle:
            return not other._closed
        return bool(claim.owner) and holds(claim, self.path, silent_after)

    def claim(self, silent_after: float | None = None) -> str:
        """Keep others from writing to it until it is closed.

        Args:
            silent_after: seconds without a sign of life after which another process is taken for dead.

        Returns:
            the process that has it, "" where it is ours now.
        """
        with self._lock, explained(self.path, "open"):
            if self._life is not None or self.read_only:
                return ""
            token = self._token or new_token()
            life = Lock.take(self.path, token, silent_after)
            if life is None:
                return holder(self.path, silent_after) or "unknown/0"
            try:
                if not self._token:
                    self._take(token, silent_after)
            except BaseException as error:
                life.release()
                owner = holder(self.path, silent_after) or self._owner_here()
                if isinstance(error, StudioError) and owner:
                    return owner
                raise
            self._life = life
            self._handle.claim()
            return ""

    def _take(self, token: str, silent_after: float | None) -> None:
        claim = read_claim(self._connection)
        if claim is not None and claim.owner and logs.left_under(self.path, Path(claim.place)):
            self._bring_log(claim, silent_after)
        self._fold()  # so that the log is ours from its beginning
        with self._signed(token, silent_after):
            pass
        self._fold()  # so that the file itself says who has it

    def _bring_log(self, claim: Claim, silent_after: float | None) -> None:
        """Bring the last changes of a process along that stands still while its file was renamed."""
        if holds(claim, self.path, silent_after):
            raise StudioError(taken(self.path, claim.owner))
        self._close_reader()
        self._connection.close()
        if logs.belongs(self.path) == "none":  # SQLite keeps an empty one, since the other has the file open
            logs.remove_logs(self.path)
        said = logs.adopt(self.path, Path(claim.place), copied=True)
        self._connection = _connect(self.path, "rw")
        _keep_log(self._connection)
        if not said:
            raise StudioError(
                f"{self.path} was called {claim.place}, where its last changes lie, and others look at it here: close "
                "it in all windows, then try again."
            )
        self.notes.append(Note(said))
        self._note_state()

    def _owner_here(self) -> str:
        """This process, where another project of it has the claim."""
        claim = read_claim(self._connection)
        other = None if claim is None else _claimed.get(claim.token)
        if other is None or other is self or other._closed or other._handle is not self._handle:
            return ""
        return this_process()

    def look(self) -> None:
        """Look whether the file still is what it was and ours, and say that we live; cheap, to be called often."""
        if time.monotonic() - self._looked < _LOOK_SECONDS or self._closed or self.read_only:
            return
        with self._lock, suppress(StudioError), explained(self.path, "read"):
            self._looked = time.monotonic()
            self._look_at_file()
            claim = read_claim(self._connection)
            if self._token and claim is not None and claim.token != self._token and not self.read_only:
                self._lose(lost(self.path, claim.owner))
            elif self._life is not None and not self._life.keep():
                self._lose(taken(self.path, holder(self.path)))

    def is_at(self, path: Path) -> bool:
        """Whether `path` names this very file."""
        return self._handle.is_at(path)

    def writer(self) -> str:
        """The living process that may write to it, "" for none."""
        if self._token and not self.read_only:
            return this_process()
        return holder(self._source)

    def _lose(self, sentence: str) -> LostClaim:
        """From now on only look."""
        self.why_read_only, self._is_lost = sentence, True
        self.notes.append(Note(sentence, ends=True))
        if self._life is not None:
            self._life.release()
            self._life = None
        _log.warning("%s", sentence)
        return LostClaim(sentence)

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
                alone = self._unwritable and self._source == self.path
                self._reader = _connect(self._source, "ro&immutable=1" if alone else "rw")
                self._reader.execute("PRAGMA query_only = ON")
            return self._reader.execute(query, values).fetchall()

    def fresh_content(self) -> int:
        """A number for a new row of `contents`, in a transaction; none that any other row ever had.

        SQLite sees to that by itself, but for a file in which a stranger has used up the highest number.
        """
        query = (
            "SELECT max((SELECT coalesce(max(id), 0) FROM contents WHERE id < ?1), "
            "(SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'contents' AND seq < ?1))"
        )
        ((highest,),) = self._connection.execute(query, (_HIGHEST,)).fetchall()
        self._highest_content = max(self._highest_content, highest) + 1
        return self._highest_content

    def move(self, path: Path, *, keep: bool) -> None:
        """Go on in a complete copy of the file at `path`, replacing what is there; without `keep` the old one goes."""
        with self._lock, self._reader_lock, explained(path, "write"):
            old = self.path
            if path.exists() and path.samefile(old):
                return
            token = new_token()
            with _draft(path) as draft:
                self._copy_to(draft, token, path, this_process())
                logs.remove_logs(path)  # one left beside the replaced file would be applied to the new one
                draft.replace(path)
            self._leave(kept=True)
            if not keep:
                remove(old)
            self._arrive(path, token)

    def beside(self) -> Database:
        """A copy of everything next to the file, for work that can no longer be kept in it; the same one each time.

        Raises:
            StudioError: where none can be made.
        """
        with self._lock:
            if self._beside is None:
                target = _free_place(self.path)
                with explained(target, "write"), _draft(target) as draft:
                    self._copy_to(draft, new_token(), target, "")
                    _put_in_place(draft, target)
                self._beside = Database.open(target)
                self._beside.claim()
            return self._beside

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        with self._lock, self._reader_lock:
            if self._closed:
                return
            with suppress(StudioError, sqlite3.Error, OSError):
                if self._token and not self.read_only:
                    self._look_at_file()  # what it is called, or whether it is, may have changed just now
                self._release()
            self._closed = True
            with suppress(sqlite3.Error, OSError):
                self._leave()
            self._resources.close()
            if self._beside is not None:
                self._beside.close()

    # What the file is on the disk.

    def _note_state(self) -> None:
        """Remember what file and log are, to notice what others do to them."""
        self._place = self.path.resolve()
        self._log = logs.log_file(self.path)
        self._log_identity = identity_of(self._log)
        self._written = self._handle.written
        self._names = self._handle.names

    def _look_at_file(self) -> None:
        """Follow a file that was renamed, keep what was in one that was deleted or replaced.

        Raises:
            sqlite3.Error, OSError, StudioError: where that cannot be done.
        """
        if not self._handle.is_at(self.path):
            where = self._handle.where()
            if where is None:
                self._go_on_beside()
            else:
                self._follow(where)
            return
        if self._token and self._handle.written != self._written:
            self._look_at_bytes()
        names = self._handle.names
        if names > self._names:
            self.notes.append(
                Note(f"{self.path} has another name now (a hard link): both are the same project, whichever is opened.")
            )
        self._names = names

    def _follow(self, where: Path) -> None:
        """Go on under another name of the same file; its log, and our sign of life, come along."""
        old = self.path
        claim = claim_without_log(where)
        if self._token and (claim is None or self._mark is None or not self._mark.stands_on(claim)):
            # Another process took it over under its new name, and must not get our log.
            raise self._lose(lost(where, "" if claim is None else claim.owner))
        self._fold("TRUNCATE")
        self._leave(follow=where)
        self._arrive(where, self._token)
        if self._token:
            with self._signed():  # so that the file itself says what it is called
                pass
            self._fold()
        self.notes.append(Note(f"{old} is called {where} now: the studio goes on there."))

    def _go_on_beside(self) -> None:
        """Keep everything of a file that has no name any more in a new one, and go on there."""
        old = self.path
        what = "was replaced by another file" if old.exists() else "was deleted"
        target = _free_place(old)
        try:
            self.move(target, keep=True)
        except StudioError as error:
            raise self._lose(
                f"{old} {what} while it was open, and all of it cannot be kept beside ({error}) Save it under another "
                "name before you close it."
            ) from error
        sentence = f"{old} {what} while it was open: all that was in it is kept in {target}, where the studio goes on."
        self.notes.append(Note(sentence, ends=True))

    def _look_at_bytes(self) -> None:
        """Tell a file that was written over from one that was only touched, or taken over."""
        claim = claim_without_log(self.path)
        if claim is not None and self._mark is not None and self._mark.stands_on(claim):
            self._note_state()
            return
        with suppress(sqlite3.Error):
            now = read_claim(self._connection)
            later = now is not None and self._mark is not None and now.mark.writes > self._mark.writes
            if now is not None and later and now.token != self._token:
                self._lose(lost(self.path, now.owner))
                return
        self._overwritten = True
        raise self._lose(
            f"{self.path} was written over by another file while it was open; {self._keep_what_was_read()}nothing "
            "more is written to it from here: open it again to go on with what is there now."
        )

    def _keep_what_was_read(self) -> str:
        """A copy of a file that was written over, where enough of it was in memory and in the log to be whole."""
        try:
            target = _free_place(self.path)
            with _draft(target) as draft:
                self._copy_to(draft, new_token(), target, "")
                with closing(_connect(draft, "rw")) as copy:
                    _check(copy, draft)
                _put_in_place(draft, target)
        except (sqlite3.Error, OSError, StudioError, UnicodeDecodeError) as error:
            _log.warning("%s cannot be kept: %s", self.path, error)
            return ""
        return f"what this studio had in it is kept in {target}; "

    # Coming and going.

    def _copy_to(self, draft: Path, token: str, place: Path, owner: str) -> None:
        """Write everything into an empty file, brought up to date and claimed, without a log."""
        with closing(_connect(draft, "rw")) as copy:
            self._connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            migrate(copy)
            claim = read_claim(copy)
            writes = 1 if claim is None else claim.mark.writes + 1
            inode = draft.stat().st_ino  # which it keeps under its name
            write_claim(copy, Claim(token, owner, str(place.resolve()), inode, Mark(writes, writes, (token,))))

    def _leave(self, follow: Path | None = None, *, kept: bool = False) -> None:
        """Close all connections, and take away what SQLite leaves of a file that is not at its place any more.

        Args:
            follow: its new name, to which a log goes that others kept from being folded.
            kept: whether all that is in the log is in another file, too.
        """
        if self._overwritten and self._handle.is_at(self.path):
            _put_anew(self.path)  # or SQLite would fold the log of the old contents into the new ones
        gone = not self._handle.is_at(self.path)
        self._close_reader()
        self._connection.close()
        if gone and self._log_identity is not None and identity_of(self._log) == self._log_identity:
            shared = self._log.with_name(self._log.name.removesuffix("-wal") + "-shm")
            if follow is not None and self._log.stat().st_size and not logs.log_file(follow).exists():
                self._log.replace(logs.log_file(follow))
            elif kept or not self._log.stat().st_size:
                self._log.unlink()
            shared.unlink(missing_ok=True)
        self._handle.close()
        if self._overwritten:
            logs.settle(self.path)
        if self._life is not None:
            self._life.release()

    def _arrive(self, path: Path, token: str) -> None:
        """Go on with the file at `path`, which has this claim of ours."""
        self.path = self._source = path
        self.why_read_only, self._unwritable, self._is_lost, self._overwritten = "", False, False, False
        self._resources.close()
        self._connection = _connect(path, "rw")
        _keep_log(self._connection)
        self._token = token
        if token:
            _claimed[token] = self
        claim = read_claim(self._connection)
        self._mark = None if claim is None else claim.mark
        self._handle = Handle.of(path)
        if self._life is not None:
            self._life = Lock.take(path, token)
            self._handle.claim()
        self._fold()
        self._note_state()

    def _release(self) -> None:
        """Say that it is free, in the file, with all that was in the log.

        SQLite folds the log when the last one closes the file. A process that stands still keeps it from that, though
        its log may have another name, if the file was renamed meanwhile.
        """
        if self._token and not self.read_only and self._handle.is_at(self.path):
            with self._signed():
                self._connection.execute("UPDATE claim SET owner = '' WHERE id = 1")
            self._fold()

    def _fold(self, how: str = "PASSIVE") -> None:
        """Write the log into the file, as far as nobody reads what was there before."""
        busy, pages, folded = self._connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
        if not busy and pages == folded:
            claim = read_claim(self._connection)
            self._mark = None if claim is None else claim.mark.folded()
        self._note_state()

    def _fold_long_log(self, *, at_once: bool = False) -> None:
        try:
            is_long = self._log.stat().st_size > _LONG_LOG
        except OSError:
            return
        if is_long or at_once:
            with suppress(sqlite3.Error):  # a full disk: all of it is safe in the log
                self._fold()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise StudioError(f"{self.path} has been closed: open it again.")

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def remove(path: Path) -> None:
    """Delete a project file and its log."""
    logs.remove_logs(path)
    path.unlink(missing_ok=True)


def read_only_connection(path: Path) -> sqlite3.Connection:
    """A connection through which nothing can be changed, and nothing in the file can call anything."""
    connection = _connect(path, "rw")  # a log beside it must be applied
    connection.execute("PRAGMA query_only = ON")
    return connection


def _is_in_use(path: Path) -> bool:
    return is_open_here(path) or bool(holder(path))


def _settle(path: Path) -> list[str]:
    """See to it that the log beside a file that no process has open is its own; sentences on what was done."""
    said = logs.settle(path)
    claim = claim_without_log(path)
    if not said and claim is not None and claim.owner:
        said = [logs.adopt(path, Path(claim.place)) or _not_shown(path, claim)]
    return said


def _not_shown(path: Path, claim: Claim) -> str:
    """That the last changes lie under an old name, where a log of those who look at the file is in their place."""
    if not logs.left_under(path, Path(claim.place)):
        return ""
    return (
        f"{path} was called {claim.place}, and others look at it here, or were killed while they did: its last changes "
        "are not shown until it is opened to be changed."
    )


def _wait_for_log(path: Path) -> list[str]:
    """Where a file was renamed while a process has it open, give that one the time to bring its log along.

    The log is that one's alone: whoever only looks must not touch it.
    """
    give_up = time.monotonic() + _FOLLOW_SECONDS
    while (claim := claim_without_log(path)) is not None and claim.owner and logs.left_under(path, Path(claim.place)):
        if time.monotonic() > give_up:
            return [
                f"{path} was called {claim.place}; who has it open stands still, and its last changes are not shown."
            ]
        time.sleep(_FOLLOW_SECONDS / 20)
    return []


def _is_without_room(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite could not write what it needs beside a file."""
    return any(word in str(error) for word in ("full", "disk I/O", "unable to open", "readonly"))


def _keep_log(connection: sqlite3.Connection) -> None:
    """Write changes to a log first, which is folded into the file when this module says so."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA journal_size_limit = {_KEPT_LOG}")


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """A new, empty file beside `path` under a name that nobody can foresee, deleted in the end if it is still there."""
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))  # never through a link
    try:
        yield draft
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                draft.with_name(draft.name + ending).unlink(missing_ok=True)


def _put_in_place(draft: Path, path: Path) -> None:
    """Give a draft its name, which must be free.

    Raises:
        StudioError: it is not, by now.
    """
    try:
        os.link(draft, path)
    except FileExistsError:
        raise StudioError(f"{path} already exists: choose another name, or open it.") from None
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise StudioError(f"{path} already exists: choose another name, or open it.") from None
        draft.replace(path)


def _put_anew(path: Path) -> None:
    """Make a file another one on the disk with the same bytes, once nobody is writing it any more."""
    state = None
    for _ in range(50):
        now = path.stat()
        if state == (now.st_mtime_ns, now.st_size):
            break
        state = now.st_mtime_ns, now.st_size
        time.sleep(0.2)
    with _draft(path) as draft:
        copy_of(path, draft)
        draft.replace(path)


def _free_place(path: Path) -> Path:
    """A free name beside a project for what is kept of it."""
    stem, number = path.stem, 1
    while os.path.lexists(place := path.with_name(f"{stem}.kept{f'-{number}' if number > 1 else ''}{path.suffix}")):
        number += 1
    return place


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """A copy of a file as it is, beside it, which the older studio can open."""
    target = path.with_name(f"{path.stem}.version-{version}{path.suffix}")
    with _draft(target) as draft:
        with closing(_connect(draft, "rw")) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        draft.replace(target)
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
    with opened(path) as handle:
        header = handle.read(_HEADER, 0)
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
