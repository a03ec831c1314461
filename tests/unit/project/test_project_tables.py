"""A file whose tables are not to the letter those of a project is refused, found by check, and can be rescued."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from studio.errors import DamagedProject
from studio.project.file import Project
from studio.project.rescue import check, rescue
from studio.project.tables import strange

VERSIONS = Path(__file__).parent / "versions"

CHANGES = {
    "view": "CREATE VIEW v AS SELECT 1",
    "trigger": "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM contents; END",
    "table": "CREATE TABLE more (id INTEGER)",
    "index": "CREATE INDEX more ON contents (kind)",
    "index over an expression": "CREATE INDEX more ON contents (length(data))",
    "generated column": "ALTER TABLE materials ADD COLUMN g TEXT GENERATED ALWAYS AS (upper(label)) VIRTUAL",
    "column": "ALTER TABLE recipes ADD COLUMN more TEXT",
    "virtual table": "CREATE VIRTUAL TABLE words USING fts5(text)",
    "missing index": "DROP INDEX samples_content",
    "missing table": "DROP TABLE metrics",
    "renamed column": "ALTER TABLE recipes RENAME COLUMN toml TO text",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "p.vrnn"
    project = Project.create(path)
    project.save_recipe("mine", "title = 'Mine'")
    project.close()
    return path


@pytest.mark.parametrize("what", CHANGES)
def test_what_no_project_has_is_refused_found_and_rescued_from(path: Path, tmp_path: Path, what: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        try:
            connection.execute(CHANGES[what])
        except sqlite3.OperationalError as error:
            pytest.skip(f"this SQLite does without: {error}")
        connection.commit()
    with pytest.raises(DamagedProject, match="no VRNN Studio project has"):
        Project.open(path)
    assert check(path)
    if what != "renamed column":
        rescue(path, tmp_path / "new.vrnn")
        assert check(tmp_path / "new.vrnn") == []
        project = Project.open(tmp_path / "new.vrnn")
        assert project.recipes() == {"mine": "title = 'Mine'"}
        project.close()


@pytest.mark.parametrize("text", ["CHECK (length(name) < 9)", "DEFAULT (random())", "COLLATE NOCASE"])
def test_constraints_written_into_the_schema_are_found(path: Path, text: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, 'toml TEXT NOT NULL', ?) WHERE name = 'recipes'",
            (f"toml TEXT NOT NULL {text}",),
        )
        connection.commit()
    assert any("recipes" in sentence for sentence in check(path))
    with pytest.raises(DamagedProject):
        Project.open(path)


def test_a_new_project_and_those_of_every_version_are_as_they_should_be(path: Path, tmp_path: Path) -> None:
    assert check(path) == []
    found = sorted(VERSIONS.glob("*.sql"))
    assert found
    for script in found:
        older = tmp_path / f"{script.stem}.vrnn"
        with closing(sqlite3.connect(older)) as connection:
            connection.executescript(script.read_text())
            assert strange(connection) == []


def test_a_file_whose_end_is_still_in_its_log_is_not_cut_short(path: Path) -> None:
    """A log that was folded in halfway, as where the disk was full: the file's head knows of more than the file has."""
    project = Project.open(path)
    project.claim()
    project.save_recipe("long", "x" * 100_000)
    whole = path.stat().st_size
    assert path.with_name(f"{path.name}-wal").stat().st_size > 100_000
    with path.open("r+b") as file:  # the first page alone
        file.seek(28)
        pages = int.from_bytes(file.read(4), "big")
        file.seek(28)
        file.write((pages + 20).to_bytes(4, "big"))
    assert not any("cut short" in sentence for sentence in check(path))
    with path.open("r+b") as file:
        file.seek(28)
        file.write(pages.to_bytes(4, "big"))
    assert path.stat().st_size == whole
    project.close()
    assert check(path) == []
