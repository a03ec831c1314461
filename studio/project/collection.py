"""The material of a project, and the history of everything done to it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from studio.errors import StudioError
from studio.project.contents import Content, facts, pack
from studio.project.database import Database
from studio.project.records import MaterialItem
from studio.project.shelf import Shelf
from studio.sequences.materials import Facts, Material, kind_of

_log = logging.getLogger(__name__)

_AT_ONCE = 2**20  # samples, points or characters stored in one transaction where there are many
_MOST_AT_ONCE = 500  # pieces, likewise
_STATE = "label, content, place, deleted"


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

    def add(self, materials: Sequence[tuple[str, Material]], text: str) -> list[int]:
        """Add (name, material) pairs at the end; returns their ids."""
        return self._add(materials, text)[0]

    def add_in_parts(
        self,
        materials: Sequence[tuple[str, Material]],
        text: str,
        between: Callable[[int], object] = lambda added: None,
    ) -> list[int]:
        """As `add`, in several transactions, so that those who read and write meanwhile do not wait for hours of sound.

        They are one entry of the history all the same, unless something else was done in between.

        Args:
            between: called before each with how many there are by then; where it raises, what has been added is
                undone.
        """
        ids: list[int] = []
        action: int | None = None
        try:
            for first, last in _parts(materials):
                between(first)
                added, action = self._add(materials[first:last], text, action)
                ids += added
        except BaseException:
            with suppress(StudioError):  # it may have been closed: then undo is for whoever opens it again
                if action is not None and self._is_last(action):
                    self.undo()
            raise
        return ids

    def _is_last(self, action: int) -> bool:
        with self._database.transaction() as connection:
            return _is_last(connection, action)

    def _add(
        self, materials: Sequence[tuple[str, Material]], text: str, action: int | None = None
    ) -> tuple[list[int], int]:
        """The ids, and the action, which is the one given as long as that is the last."""
        with self._adding:
            known, items = self._known, []
            with self._database.transaction() as connection:
                if action is None or not _is_last(connection, action):
                    action = _begin(connection, text)
                (place,) = connection.execute("SELECT coalesce(max(place), 0) FROM materials").fetchone()
                for number, (name, material) in enumerate(materials, 1):
                    packed = pack(material)
                    content = store(self._database, packed)
                    id = _insert(connection, action, name, material.label, content, place + number)
                    size = facts(packed.kind, packed.shape, len(packed.data))
                    items.append(MaterialItem(id, kind_of(material), material.label, name, content, size, self._shelf))
            self._changes += 1
            for item, (_, material) in zip(items, materials, strict=True):
                self._shelf.put(item.content, material, item.facts.memory)
            if known is not None and known is self._known:  # then thousands of others need not be read again
                known += items
                self._before |= {item.id: item for item in items}
                self._facts |= {item.content: item.facts for item in items}
            else:
                self._known = None
            return [item.id for item in items], action

    def duplicate(self, ids: Iterable[int], text: str) -> list[int]:
        """Add copies at the end; returns their ids. What is in them is stored once."""
        with self._changing() as connection:
            action = _begin(connection, text)
            (place,) = connection.execute("SELECT coalesce(max(place), 0) FROM materials").fetchone()
            copies = []
            for number, id in enumerate(ids):
                _refuse_deleted(connection, id)
                name, label, content = _row(connection, "name, label, content", id)
                copies.append(_insert(connection, action, name, label, content, place + 1 + number))
            return copies

    def delete(self, ids: Iterable[int], text: str) -> None:
        """Take them out of the collection; undo brings them back."""
        with self._changing() as connection:
            action = _begin(connection, text)
            for id in ids:
                _change(connection, action, id, "deleted", 1)

    def relabel(self, ids: Iterable[int], label: str, text: str) -> None:
        """Put them under another label."""
        with self._changing() as connection:
            action = _begin(connection, text)
            for id in ids:
                _change(connection, action, id, "label", label)

    def replace(self, materials: Mapping[int, Material | None], text: str) -> None:
        """Put other material in the place of items; None deletes. Labels stay."""
        with self._changing() as connection:
            action = _begin(connection, text)
            for id, material in materials.items():
                if material is None:
                    _change(connection, action, id, "deleted", 1)
                else:
                    _change(connection, action, id, "content", store(self._database, pack(material)))

    def split(self, id: int, parts: Sequence[Material], text: str) -> list[int]:
        """Put several pieces, under the item's own name and label, in the place of one; returns their ids."""
        with self._changing() as connection:
            action = _begin(connection, text)
            name, label, place = _row(connection, "name, label, place", id)
            following = connection.execute("SELECT min(place) FROM materials WHERE place > ?", (place,)).fetchone()[0]
            step = ((place + 1 if following is None else following) - place) / len(parts)
            _change(connection, action, id, "deleted", 1)
            return [
                _insert(connection, action, name, label, store(self._database, pack(part)), place + step * number)
                for number, part in enumerate(parts)
            ]

    def arrange(self, ids: Sequence[int], text: str) -> None:
        """Put the whole collection into the order of `ids`."""
        with self._changing() as connection:
            action = _begin(connection, text)
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
            _purge(connection)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction after which the items are other ones."""
        try:
            with self._database.transaction() as connection:
                yield connection
        finally:
            self._changes += 1
            self._known = None

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


def _begin(connection: sqlite3.Connection, text: str) -> int:
    """A new action; what was undone before it can no longer be done again."""
    if connection.execute("DELETE FROM actions WHERE undone").rowcount:
        _purge(connection)
    return _id(connection.execute("INSERT INTO actions (created, text) VALUES (?, ?)", (now(), text)))


def _is_last(connection: sqlite3.Connection, action: int) -> bool:
    newest = connection.execute("SELECT id, undone FROM actions ORDER BY id DESC LIMIT 1").fetchone()
    return bool(newest == (action, 0))


def _parts(materials: Sequence[tuple[str, Material]]) -> Iterator[tuple[int, int]]:
    """Neighbours that together are not too long for one transaction, as (first, one after the last)."""
    first = length = 0
    for number, (_, material) in enumerate(materials):
        if number > first and (length + len(material) > _AT_ONCE or number - first == _MOST_AT_ONCE):
            yield first, number
            first, length = number, 0
        length += len(material)
    if first < len(materials):
        yield first, len(materials)


def _purge(connection: sqlite3.Connection) -> None:
    """Delete for good what no action can bring back."""
    connection.execute("DELETE FROM materials WHERE deleted AND id NOT IN (SELECT material FROM changes)")
    connection.execute(
        "DELETE FROM contents WHERE id NOT IN (SELECT content FROM materials) "
        "AND id NOT IN (SELECT content FROM changes) AND id NOT IN (SELECT content FROM samples)"
    )


def store(database: Database, content: Content) -> int:
    """Write what is in a piece of material inside a transaction; returns the number of its content."""
    with database.transaction() as connection:
        id = database.fresh_content()
        connection.execute(
            "INSERT INTO contents (id, kind, shape, data) VALUES (?, ?, ?, ?)",
            (id, content.kind, content.shape, content.data),
        )
        return id


def _insert(connection: sqlite3.Connection, action: int, name: str, label: str, content: int, place: float) -> int:
    id = _id(
        connection.execute(
            f"INSERT INTO materials (created, name, {_STATE}) VALUES (?, ?, ?, ?, ?, 1)",
            (now(), name, label, content, place),
        )
    )
    _change(connection, action, id, "deleted", 0)
    return id


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
