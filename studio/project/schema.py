"""The tables of a project file, and how an older file becomes a newer one."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable

from studio.errors import StudioError
from studio.project.claim import Claim, Mark, new_token, write_claim

APPLICATION_ID = 0x56524E4E  # "VRNN", at byte 68 of the file, where `file` and others look

# Material is never changed in place: `contents` rows are written once, `materials` rows say which content stands under
# which label at which place, and `changes` keeps that state before and after each action of the user. Undo and redo
# copy one side of an action back, so they survive closing the file and cost no more than the action did.
_VERSION_1 = """
CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    shape TEXT NOT NULL,            -- JSON: how `data` is divided
    data BLOB NOT NULL              -- little-endian numbers
);
CREATE TABLE materials (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL,          -- ISO 8601, UTC
    name TEXT NOT NULL,             -- where it came from
    label TEXT NOT NULL,
    content INTEGER NOT NULL REFERENCES contents,
    place REAL NOT NULL,            -- order of the collection
    deleted INTEGER NOT NULL
);
CREATE INDEX materials_content ON materials (content);
CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL,
    text TEXT NOT NULL,             -- "delete 3 drawings"
    undone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE changes (
    action INTEGER NOT NULL REFERENCES actions ON DELETE CASCADE,
    side TEXT NOT NULL CHECK (side IN ('before', 'after')),
    material INTEGER NOT NULL REFERENCES materials,
    label TEXT NOT NULL,
    content INTEGER NOT NULL REFERENCES contents,
    place REAL NOT NULL,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (action, side, material)
) WITHOUT ROWID;
CREATE INDEX changes_material ON changes (material);
CREATE INDEX changes_content ON changes (content);
CREATE TABLE recipes (
    name TEXT PRIMARY KEY,
    toml TEXT NOT NULL
);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    recipe TEXT NOT NULL,           -- TOML
    status TEXT NOT NULL,
    step INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL,
    device TEXT NOT NULL,
    seed INTEGER NOT NULL,
    held_back TEXT NOT NULL,        -- JSON: ids of the material it is measured on
    owner TEXT NOT NULL,            -- the process that trains it
    seen REAL NOT NULL              -- when that process last wrote, seconds since 1970
);
CREATE TABLE metrics (              -- about a second of one curve
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    name TEXT NOT NULL,
    step INTEGER NOT NULL,          -- the first of `steps`
    steps BLOB NOT NULL,            -- little-endian int64
    data BLOB NOT NULL,             -- little-endian float64, one for each of `steps`
    PRIMARY KEY (run, name, step)
);
CREATE TABLE checkpoints (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    kind TEXT NOT NULL,             -- best, last; "step 120" for weights kept to look back at
    step INTEGER NOT NULL,
    meta TEXT NOT NULL,             -- JSON
    weights BLOB NOT NULL,          -- safetensors
    PRIMARY KEY (run, kind)
);
CREATE TABLE samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER REFERENCES runs ON DELETE SET NULL,
    created TEXT NOT NULL,
    settings TEXT NOT NULL,         -- JSON: seed, length, variances
    content INTEGER NOT NULL REFERENCES contents
);
CREATE INDEX samples_content ON samples (content);
"""


def _create(connection: sqlite3.Connection) -> None:
    for statement in _VERSION_1.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


# Who may write, and what the log beside the file stands on: see claim.py and logs.py. `token` is that of whoever
# claimed the file last, `owner` that process, empty once it has let go; `place` and `inode` are the file as it was
# then, by which a copy is known; `mark` is that of the last transaction. No comments within: so the descriptions of all
# tables are on the first page of the file, the only one without which a damaged file cannot be rescued.
_CLAIM = (
    "CREATE TABLE claim (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL, owner TEXT NOT NULL, "
    "place TEXT NOT NULL, inode INTEGER NOT NULL, mark TEXT NOT NULL)"
)
_REUSED = "CREATE TABLE contents (\n    id INTEGER PRIMARY KEY,"
_NEVER_REUSED = "CREATE TABLE contents (\n    id INTEGER PRIMARY KEY AUTOINCREMENT,"


def _claimable(connection: sqlite3.Connection) -> None:
    connection.execute(_CLAIM)
    token = new_token()
    write_claim(connection, Claim(token, "", "", 0, Mark(1, 0, ("", token))))
    _never_reuse_contents(connection)


def _never_reuse_contents(connection: sqlite3.Connection) -> None:
    """Numbers of contents that were deleted are not given to others.

    Only the text of the table changes, not a byte of its rows: so hours of sound need not be copied.
    """
    (text,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'contents' AND type = 'table'").fetchone()
    if not text.startswith(_REUSED):
        raise StudioError("The table of contents was changed by another program: restore a copy of the project.")
    _defend(connection, False)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_schema SET sql = ? WHERE name = 'contents' AND type = 'table'",
        (text.replace(_REUSED, _NEVER_REUSED, 1),),
    )
    (version,) = connection.execute("PRAGMA schema_version").fetchone()
    connection.execute(f"PRAGMA schema_version = {version + 1}")
    connection.execute("PRAGMA writable_schema = OFF")
    _defend(connection, True)
    connection.execute("INSERT INTO sqlite_sequence (name, seq) SELECT 'contents', coalesce(max(id), 0) FROM contents")


def _defend(connection: sqlite3.Connection, on: bool) -> None:
    """Whether SQLite refuses that the descriptions of tables are written to."""
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, on)


# The step at index n makes version n + 1 of version n; a file without tables is version 0.
MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_create, _claimable)
SCHEMA_VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to the newest version, in one transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in MIGRATIONS[version:]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
