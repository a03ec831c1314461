"""Whether the tables of a file are those of a project, to the letter.

A file from a stranger may hold more than rows: views and triggers, but also generated columns, indices over expressions
and constraints, which SQLite computes while a project is read or written, and tables of its own.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache

from studio.project import schema

Described = dict[tuple[str, str], str]  # what stands under (kind, name), in SQL without comments and superfluous blanks


def strange(connection: sqlite3.Connection) -> list[str]:
    """A sentence for everything in a file's schema that no project of its version has, or that it lacks."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not 1 <= version <= len(schema.MIGRATIONS):
        return [f"It says that it is of version {version}."]
    known, found = _made_by(schema.MIGRATIONS[:version]), _described(connection)
    sentences = [
        f"It holds the {kind} {name}, which no project has." for kind, name in sorted(found.keys() - known.keys())
    ]
    sentences += [f"It lacks the {kind} {name}." for kind, name in sorted(known.keys() - found.keys())]
    return sentences + [
        f"The {kind} {name} is another one than projects have."
        for kind, name in sorted(known.keys() & found.keys())
        if known[kind, name] != found[kind, name]
    ]


@cache
def _made_by(migrations: tuple[Callable[[sqlite3.Connection], None], ...]) -> Described:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for migrate in migrations:
            migrate(connection)
        return _described(connection)


def _described(connection: sqlite3.Connection) -> Described:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    return {(str(kind), str(name)): _plain(str(sql)) for kind, name, sql in rows}


def _plain(sql: str) -> str:
    return " ".join(re.sub(r"--[^\n]*", " ", sql).split())
