"""The material of a project, and the history of everything done to it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from studio.errors import StudioError
from studio.project.contents import Content, pack, unpack
from studio.project.database import Database
from studio.project.records import MaterialItem
from studio.sequences.materials import Material, kind_of

_log = logging.getLogger(__name__)

_AT_ONCE = 500  # rows asked for by number in one query
_STATE = "label, content, place, deleted"


class Collection:
    """Every method that changes something is one transaction and one entry of the history."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._contents: dict[int, Material] = {}  # by content, which never changes
        self._labelled: dict[tuple[int, str], Material] = {}  # by content and label
        self._known: list[MaterialItem] | None = None  # what `items` gave, until it is other than that
        self._seen = -1  # the state of the file then, as far as others have changed it
        self._changes = 0  # so far, by this program

    def items(self) -> list[MaterialItem]:
        """What is not deleted, in its order. A damaged item is left out and logged.

        What has not changed since the last call is the same object again.
        """
        ((seen,),) = self._database.read("PRAGMA data_version")
        known, changes = self._known, self._changes
        if known is None or seen != self._seen:
            known = self._found()
            if changes == self._changes:  # else another thread has changed something meanwhile
                self._known, self._seen = known, seen
        return list(known)

    def _found(self) -> list[MaterialItem]:
        rows = self._database.read(
            "SELECT materials.id, kind, label, name, content FROM materials "
            "JOIN contents ON contents.id = content WHERE NOT deleted ORDER BY place, materials.id"
        )
        self._read({content for *_, content in rows})
        labelled: dict[tuple[int, str], Material] = {}
        found = []
        for id, kind, label, name, content in rows:
            if content in self._contents and isinstance(label, str) and isinstance(name, str):
                material = self._labelled.get((content, label))
                if material is None:
                    material = self._contents[content].labelled(label)
                labelled[content, label] = material
                found.append(MaterialItem(id, kind, label, name, material))
        self._labelled = labelled
        return found

    def _read(self, wanted: set[int]) -> None:
        contents = {content: self._contents[content] for content in wanted & self._contents.keys()}
        missing = sorted(wanted - contents.keys())
        for begin in range(0, len(missing), _AT_ONCE):
            some = missing[begin : begin + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._database.read(f"SELECT id, kind, shape, data FROM contents WHERE id IN ({marks})", *some)
            for id, kind, shape, data in rows:
                try:
                    contents[id] = unpack(Content(kind, shape, data))
                except ValueError as error:
                    _log.warning("content %d of %s is damaged: %s", id, self._database.path, error)
        self._contents = contents

    def add(self, materials: Sequence[tuple[str, Material]], text: str) -> list[int]:
        """Add (name, material) pairs at the end; returns their ids."""
        known = self._known
        with self._database.transaction() as connection:
            action = _begin(connection, text)
            (place,) = connection.execute("SELECT coalesce(max(place), 0) FROM materials").fetchone()
            contents = [store(connection, material) for _, material in materials]
            ids = [
                _insert(connection, action, name, material.label, content, place + 1 + number)
                for number, ((name, material), content) in enumerate(zip(materials, contents, strict=True))
            ]
        self._changes += 1
        if known is not None and known is self._known:
            self._grow(known, ids, contents, materials)
        else:
            self._known = None
        return ids

    def _grow(
        self,
        known: list[MaterialItem],
        ids: Sequence[int],
        contents: Sequence[int],
        materials: Sequence[tuple[str, Material]],
    ) -> None:
        """Know what was added at the end without reading all the rest again: thousands of items take long."""
        for id, content, (name, material) in zip(ids, contents, materials, strict=True):
            self._contents[content] = self._labelled[content, material.label] = material
            known.append(MaterialItem(id, kind_of(material), material.label, name, material))

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
                    _change(connection, action, id, "content", store(connection, material))

    def split(self, id: int, parts: Sequence[Material], text: str) -> list[int]:
        """Put several pieces, under the item's own name and label, in the place of one; returns their ids."""
        with self._changing() as connection:
            action = _begin(connection, text)
            name, label, place = _row(connection, "name, label, place", id)
            following = connection.execute("SELECT min(place) FROM materials WHERE place > ?", (place,)).fetchone()[0]
            step = ((place + 1 if following is None else following) - place) / len(parts)
            _change(connection, action, id, "deleted", 1)
            return [
                _insert(connection, action, name, label, store(connection, part), place + step * number)
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


def _purge(connection: sqlite3.Connection) -> None:
    """Delete for good what no action can bring back."""
    connection.execute("DELETE FROM materials WHERE deleted AND id NOT IN (SELECT material FROM changes)")
    connection.execute(
        "DELETE FROM contents WHERE id NOT IN (SELECT content FROM materials) "
        "AND id NOT IN (SELECT content FROM changes) AND id NOT IN (SELECT content FROM samples)"
    )


def store(connection: sqlite3.Connection, material: Material) -> int:
    """Write what is in a piece of material inside a transaction; returns the number of its content."""
    content = pack(material)
    return _id(
        connection.execute(
            "INSERT INTO contents (kind, shape, data) VALUES (?, ?, ?)", (content.kind, content.shape, content.data)
        )
    )


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
