"""The material of a project, and the history of everything done to it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from studio.errors import LostClaim, StudioError
from studio.project.contents import Content, facts, pack, unpack
from studio.project.database import Database
from studio.project.records import MaterialItem
from studio.project.shelf import Shelf
from studio.sequences.materials import Facts, Kind, Material, kind_of

_log = logging.getLogger(__name__)

_AT_ONCE = 2**20  # samples, points or characters stored in one transaction where there are many
_MOST_AT_ONCE = 500  # pieces, likewise
_DELETED_AT_ONCE = 20  # contents, likewise
_STATE = "label, content, place, deleted"
_UNUSED = (  # contents that nothing refers to, or will, as those do that are written before a number given
    "id < ? AND id NOT IN (SELECT content FROM materials) AND id NOT IN (SELECT content FROM changes) "
    "AND id NOT IN (SELECT content FROM samples)"
)


@dataclass(frozen=True)
class _Written:
    """A piece of material whose content is in the file."""

    name: str
    label: str
    kind: Kind
    content: int
    facts: Facts


@dataclass
class _Coming:
    """Material that is being added as it comes.

    Attributes:
        materials: what has not come yet.
        waiting: what has come.
        written: what is in the file.
        lots: the first content, once there is one.
        gone: how many that were written could not be read again.
    """

    materials: Iterator[tuple[str, Material]]
    waiting: list[tuple[str, Material]] = field(default_factory=list)
    written: list[_Written] = field(default_factory=list)
    lots: list[int] = field(default_factory=list)
    gone: int = 0

    def all(self, read: Callable[[_Written], Material | None]) -> Iterator[tuple[str, Material]]:
        """All of it, from the beginning."""
        for piece in self.written:
            material = read(piece)
            if material is None:
                self.gone += 1
            else:
                yield piece.name, material
        yield from self.waiting
        yield from self.materials


class Collection:
    """Every method that changes something is one transaction and one entry of the history."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shelf = Shelf(database)
        self._facts: dict[int, Facts] = {}  # by content, which never changes
        self._known: list[MaterialItem] | None = None  # what `items` gave, until it is other than that
        self._before: dict[int, MaterialItem] = {}  # what was known last, by id
        self._seen: int | None = None  # the state of the file then, as far as others have changed it
        self._changes = 0  # so far, by this program
        self._adding = threading.Lock()  # so that what is known grows in the order in which it was stored
        self._coming: list[int] = []  # the first content of each lot that is being written and not yet referred to

    def items(self) -> list[MaterialItem]:
        """What is not deleted, in its order. One whose description is damaged is left out and logged.

        What is in them is not read. What has not changed since the last call is the same object again.
        """
        ((seen,),) = self._database.read("PRAGMA data_version")
        known, changes = self._known, self._changes
        if self._seen not in (
            seen,
            None,
        ):  # another program may have put others under the numbers that we know
            self._facts, self._before = {}, {}
            self._shelf.clear()
        if known is None or seen != self._seen:
            known = self._found()
            if changes == self._changes:  # else another thread has changed something meanwhile
                self._known, self._seen = known, seen
        return list(known)

    def _found(self) -> list[MaterialItem]:
        rows = self._database.read(
            "SELECT materials.id, kind, label, name, content, shape, length(data), typeof(data) FROM materials "
            "JOIN contents ON contents.id = content WHERE NOT deleted ORDER BY place, materials.id"
        )
        before, facts_before = self._before, self._facts
        now: dict[int, MaterialItem] = {}
        facts_now: dict[int, Facts] = {}
        for id, kind, label, name, content, shape, size, type in rows:
            known = facts_before.get(content) or self._described(content, kind, shape, size, type)
            if known is not None and isinstance(label, str) and isinstance(name, str):
                item, facts_now[content] = before.get(id), known
                if item is None or (item.label, item.content, item.name) != (label, content, name):
                    item = MaterialItem(id, kind, label, name, content, known, self._shelf)
                now[id] = item
        self._before, self._facts = now, facts_now
        return list(now.values())

    def _described(self, content: int, kind: str, shape: str, size: int, type: str) -> Facts | None:
        try:
            if type != "blob":
                raise ValueError(f"its bytes are of type {type}")
            return facts(kind, shape, size)
        except ValueError as error:
            _log.warning("content %d of %s is damaged: %s", content, self._database.path, error)
            return None

    def let_go(self) -> None:
        """Hold nothing of what was read, also where somebody still holds items: the project has been closed."""
        self._facts, self._before, self._known = {}, {}, None
        self._shelf.clear()

    def add(self, materials: Sequence[tuple[str, Material]], text: str) -> list[int]:
        """Add (name, material) pairs at the end; returns their ids."""
        with self._adding, self._kept_beside(materials, text):
            known = self._known
            with self._database.transaction() as connection:
                action = self._begin(connection, text)  # first, since it deletes what nothing refers to
                written = [self._write(name, material) for name, material in materials]
                ids = _join(connection, action, written)
            self._know(known, ids, written)
        for piece, (_, material) in zip(written, materials, strict=True):
            self._shelf.put(piece.content, material, piece.facts.memory)
        return ids

    def add_as_they_come(
        self, materials: Iterable[tuple[str, Material]], text: Callable[[int, Set[Kind]], str]
    ) -> list[int]:
        """Add (name, material) pairs at the end, of which there may be more than memory holds; returns their ids.

        What has come is written while more comes, in transactions of a few megabytes, so that those who read and write
        meanwhile do not wait for hours of sound. All of it joins the collection at the end, as one entry of the
        history. Where `materials` raises, or the program is killed, nothing has been added.

        Args:
            text: what the history calls it, from how many there are and of which kinds.
        """
        coming = _Coming(iter(materials))
        lots = coming.lots
        try:
            self._delete_unused()  # of a program that was killed while it did this
            written = self._written_as_they_come(coming)
            if not written:
                return []
            with self._adding:
                known = self._known
                with self._database.transaction() as connection:
                    kinds = {piece.kind for piece in written}
                    ids = _join(connection, self._begin(connection, text(len(written), kinds)), written)
                self._know(known, ids, written)
        except LostClaim as lost:
            self._forget_lot(lots)
            raise self._brought_beside(lost, coming, text) from lost
        except BaseException:
            self._forget_lot(lots)
            with suppress(StudioError):  # it may have been closed: then whoever adds next does it
                self._delete_unused()
            raise
        self._forget_lot(lots)
        return ids

    def _brought_beside(self, lost: LostClaim, coming: _Coming, text: Callable[[int, Set[Kind]], str]) -> LostClaim:
        """Bring what is coming into a copy of the project, since the file has been taken over; says where it is."""
        try:
            beside = self._database.beside()
            Collection(beside).add_as_they_come(coming.all(self._read_again), text)
        except StudioError as error:
            return LostClaim(f"{lost} Nothing of what was being imported is kept: {error}")
        missing = f", but for {coming.gone}, to be imported again" if coming.gone else ""
        return LostClaim(f"{lost} What was being imported is kept in {beside.path}{missing}.")

    def _read_again(self, piece: _Written) -> Material | None:
        """What has been written, unless whoever took the file over has deleted it, since nothing refers to it."""
        rows = self._database.read("SELECT kind, shape, data FROM contents WHERE id = ?", piece.content)
        with suppress(ValueError, TypeError):
            for kind, shape, data in rows:
                return unpack(Content(kind, shape, data), piece.label)
        return None

    def _written_as_they_come(self, coming: _Coming) -> list[_Written]:
        written, waiting, lots = coming.written, coming.waiting, coming.lots
        length = 0

        def write() -> None:
            with self._database.transaction():
                pieces = []
                for pair in waiting:
                    pieces.append(self._write(*pair))
                    if not lots:
                        lots.append(pieces[0].content)
                        self._coming += lots
            written.extend(pieces)
            waiting.clear()

        for name, material in coming.materials:
            waiting.append((name, material))
            length += len(material)
            del material  # or it would be held while the next one is read, which may be as large
            if length >= _AT_ONCE or len(waiting) == _MOST_AT_ONCE:
                write()
                length = 0
        if waiting:
            write()
        return written

    def _forget_lot(self, lots: list[int]) -> None:
        for first in lots:
            self._coming.remove(first)

    def _delete_unused(self) -> None:
        """Delete contents that nothing refers to, a few at a time: of hours of sound it takes a second."""
        query = f"SELECT id FROM contents WHERE {_UNUSED}"
        with self._database.transaction() as connection:
            unused = connection.execute(query, (self._settled,)).fetchall()
        for first in range(0, len(unused), _DELETED_AT_ONCE):
            with self._database.transaction() as connection:
                some = [(id, self._settled) for (id,) in unused[first : first + _DELETED_AT_ONCE]]
                connection.executemany(f"DELETE FROM contents WHERE id = ? AND {_UNUSED}", some)

    @property
    def _settled(self) -> int:
        """Contents below this number are referred to, or unused for good."""
        return min(self._coming, default=2**63 - 1)

    def _write(self, name: str, material: Material) -> _Written:
        """Write what is in a piece of material, inside a transaction."""
        packed = pack(material)
        size = facts(packed.kind, packed.shape, len(packed.data))
        return _Written(name, material.label, kind_of(material), store(self._database, packed), size)

    def _know(self, known: list[MaterialItem] | None, ids: Sequence[int], written: Sequence[_Written]) -> None:
        """What `items` gives from now on, where `known` is what it gave before they joined."""
        self._changes += 1
        if known is None or known is not self._known:
            self._known = None
            return
        items = [
            MaterialItem(id, piece.kind, piece.label, piece.name, piece.content, piece.facts, self._shelf)
            for id, piece in zip(ids, written, strict=True)
        ]
        known += items  # so thousands of others need not be read again
        self._before |= {item.id: item for item in items}
        self._facts |= {item.content: item.facts for item in items}

    @contextmanager
    def _kept_beside(self, materials: Sequence[tuple[str, Material]], text: str) -> Iterator[None]:
        """Where the file has been taken over before this is in it, keep it in a copy beside.

        Raises:
            LostClaim: that says where.
        """
        try:
            yield
        except LostClaim as lost:
            if not materials:
                raise
            try:
                beside = self._database.beside()
                Collection(beside).add(materials, text)
            except StudioError as error:
                raise LostClaim(f"{lost} What is new could not be kept beside: {error}") from error
            raise LostClaim(f"{lost} What is new is kept in {beside.path}.") from lost

    def duplicate(self, ids: Iterable[int], text: str) -> list[int]:
        """Add copies at the end; returns their ids. What is in them is stored once."""
        with self._changing() as connection:
            action = self._begin(connection, text)
            (place,) = connection.execute("SELECT coalesce(max(place), 0) FROM materials").fetchone()
            copies = []
            for number, id in enumerate(ids, 1):
                _refuse_deleted(connection, id)
                copies.append((*_row(connection, "name, label, content", id), place + number))
            return _insert(connection, action, copies)

    def delete(self, ids: Iterable[int], text: str) -> None:
        """Take them out of the collection; undo brings them back."""
        with self._changing() as connection:
            action = self._begin(connection, text)
            for id in ids:
                _change(connection, action, id, "deleted", 1)

    def relabel(self, ids: Iterable[int], label: str, text: str) -> None:
        """Put them under another label."""
        with self._changing() as connection:
            action = self._begin(connection, text)
            for id in ids:
                _change(connection, action, id, "label", label)

    def replace(self, materials: Mapping[int, Material | None], text: str) -> None:
        """Put other material in the place of items; None deletes. Labels stay."""
        new = [("kept", material) for material in materials.values() if material is not None]
        with self._kept_beside(new, text), self._changing() as connection:
            action = self._begin(connection, text)
            for id, material in materials.items():
                if material is None:
                    _change(connection, action, id, "deleted", 1)
                else:
                    _change(connection, action, id, "content", store(self._database, pack(material)))

    def split(self, id: int, parts: Sequence[Material], text: str) -> list[int]:
        """Put several pieces, under the item's own name and label, in the place of one; returns their ids."""
        with self._changing() as connection:
            action = self._begin(connection, text)
            name, label, place = _row(connection, "name, label, place", id)
            following = connection.execute("SELECT min(place) FROM materials WHERE place > ?", (place,)).fetchone()[0]
            step = ((place + 1 if following is None else following) - place) / len(parts)
            _change(connection, action, id, "deleted", 1)
            rows = [(name, label, store(self._database, pack(part)), place + step * i) for i, part in enumerate(parts)]
            return _insert(connection, action, rows)

    def arrange(self, ids: Sequence[int], text: str) -> None:
        """Put the whole collection into the order of `ids`."""
        with self._changing() as connection:
            action = self._begin(connection, text)
            for place, id in enumerate(ids, start=1):
                if _row(connection, "place", id) != (place,):
                    _change(connection, action, id, "place", place)

    def undo_text(self) -> str:
        """What undo would undo, "" for nothing."""
        return _text(self._database, "NOT undone ORDER BY id DESC")

    def redo_text(self) -> str:
        """What redo would do again, "" for nothing."""
        return _text(self._database, "undone ORDER BY id")

    def undo(self) -> str:
        """Undo the last action; returns its text, "" where there was none."""
        return self._step("NOT undone ORDER BY id DESC", "before", undone=1)

    def redo(self) -> str:
        """Do the last undone action again; returns its text, "" where there was none."""
        return self._step("undone ORDER BY id", "after", undone=0)

    def forget_history(self) -> None:
        """Make the present state the beginning."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM actions")
            self._purge(connection)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction after which the items are other ones."""
        try:
            with self._database.transaction() as connection:
                yield connection
        finally:
            self._changes += 1
            self._known = None

    def _begin(self, connection: sqlite3.Connection, text: str) -> int:
        """A new action; what was undone before it can no longer be done again."""
        if connection.execute("DELETE FROM actions WHERE undone").rowcount:
            self._purge(connection)
        return _id(connection.execute("INSERT INTO actions (created, text) VALUES (?, ?)", (now(), text)))

    def _purge(self, connection: sqlite3.Connection) -> None:
        """Delete for good what no action can bring back."""
        connection.execute("DELETE FROM materials WHERE deleted AND id NOT IN (SELECT material FROM changes)")
        connection.execute(f"DELETE FROM contents WHERE {_UNUSED}", (self._settled,))

    def _step(self, which: str, side: str, *, undone: int) -> str:
        with self._changing() as connection:
            action = connection.execute(f"SELECT id, text FROM actions WHERE {which} LIMIT 1").fetchone()
            if action is None:
                return ""
            id, text = action
            connection.execute(
                f"UPDATE materials SET ({_STATE}) = (SELECT {_STATE} FROM changes "
                "WHERE action = ?1 AND side = ?2 AND material = materials.id) "
                "WHERE id IN (SELECT material FROM changes WHERE action = ?1)",
                (id, side),
            )
            connection.execute("UPDATE actions SET undone = ? WHERE id = ?", (undone, id))
            return str(text)


def now() -> str:
    """The time as stored: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def store(database: Database, content: Content) -> int:
    """Write what is in a piece of material inside a transaction; returns the number of its content."""
    with database.transaction() as connection:
        id = database.fresh_content()
        connection.execute(
            "INSERT INTO contents (id, kind, shape, data) VALUES (?, ?, ?, ?)",
            (id, content.kind, content.shape, content.data),
        )
        return id


def _join(connection: sqlite3.Connection, action: int, written: Sequence[_Written]) -> list[int]:
    """Put what has been written at the end of the collection; returns the ids."""
    (place,) = connection.execute("SELECT coalesce(max(place), 0) FROM materials").fetchone()
    rows = [(piece.name, piece.label, piece.content, place + i) for i, piece in enumerate(written, 1)]
    return _insert(connection, action, rows)


def _insert(connection: sqlite3.Connection, action: int, rows: Sequence[tuple[str, str, int, float]]) -> list[int]:
    """New items as (name, label, content, place), which were deleted before the action; returns their ids."""
    insert = f"INSERT INTO materials (created, name, {_STATE}) VALUES (?, ?, ?, ?, ?, 0)"
    moment = now()
    ids = [_id(connection.execute(insert, (moment, *row))) for row in rows]
    for side, deleted in (("before", 1), ("after", 0)) if ids else ():
        connection.execute(  # SQLite numbers them without a gap
            f"INSERT INTO changes (action, side, material, {_STATE}) "
            "SELECT ?, ?, id, label, content, place, ? FROM materials WHERE id BETWEEN ? AND ?",
            (action, side, deleted, ids[0], ids[-1]),
        )
    return ids


def _change(connection: sqlite3.Connection, action: int, id: int, column: str, value: str | float) -> None:
    if column == "deleted":
        _row(connection, "id", id)
    else:
        _refuse_deleted(connection, id)
    _remember(connection, action, id, "before")
    connection.execute(f"UPDATE materials SET {column} = ? WHERE id = ?", (value, id))
    _remember(connection, action, id, "after")


def _refuse_deleted(connection: sqlite3.Connection, id: int) -> None:
    if _row(connection, "deleted", id) == (1,):
        raise StudioError(f"Item {id} has been deleted: undo that first.")


def _remember(connection: sqlite3.Connection, action: int, id: int, side: str) -> None:
    connection.execute(
        f"INSERT INTO changes (action, side, material, {_STATE}) SELECT ?, ?, id, {_STATE} FROM materials WHERE id = ?",
        (action, side, id),
    )


def _row(connection: sqlite3.Connection, columns: str, id: int) -> tuple[Any, ...]:
    row = connection.execute(f"SELECT {columns} FROM materials WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise StudioError(f"There is no item {id} in this project.")
    return tuple(row)


def _text(database: Database, which: str) -> str:
    rows = database.read(f"SELECT text FROM actions WHERE {which} LIMIT 1")
    return str(rows[0][0]) if rows else ""


def _id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid
