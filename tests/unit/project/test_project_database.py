"""The file itself: opening, refusing, writing, moving."""

import os
import sqlite3
from pathlib import Path

import pytest
from some_drawings import line

from studio.errors import StudioError
from studio.project import database, schema
from studio.project.file import Project


def test_a_project_is_an_sqlite_file_of_its_own_kind(project: Project, path: Path) -> None:
    header = path.read_bytes()[:100]
    assert header[:16] == b"SQLite format 3\0"
    assert header[68:72] == b"VRNN"
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_closing_leaves_one_file(project: Project, path: Path, add) -> None:
    add(3)
    project.close()
    assert list(path.parent.iterdir()) == [path]


def test_creating_never_replaces(project: Project, path: Path) -> None:
    with pytest.raises(StudioError, match="already exists"):
        Project.create(path)


def test_creating_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="Cannot create"):
        Project.create(tmp_path / "none" / "p.vrnn")


def test_opening_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="There is no project"):
        Project.open(tmp_path / "none.vrnn")
    assert not list(tmp_path.iterdir())


def test_opening_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="is a folder"):
        Project.open(tmp_path)


@pytest.mark.parametrize("data", [b"", b"x,y\n1,2\n", b"SQLite format 3\0" + bytes(200)])
def test_opening_another_kind_of_file(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(StudioError, match="not a VRNN Studio project"):
        Project.open(path)
    assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_opening_another_programs_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.commit()
    connection.close()
    with pytest.raises(StudioError, match="not a VRNN Studio project"):
        Project.open(path)


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_newer_file_is_refused_kindly_and_left_alone(project: Project, path: Path) -> None:
    project.close()
    change(path, f"PRAGMA user_version = {schema.SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StudioError, match=r"newer VRNN Studio.*update"):
        Project.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON materials BEGIN DELETE FROM materials; END",
        "CREATE VIEW v AS SELECT * FROM materials",
    ],
)
def test_statements_from_strangers_are_refused(project: Project, path: Path, statement: str) -> None:
    project.close()
    change(path, statement)
    with pytest.raises(StudioError, match="tampered"):
        Project.open(path)


def test_damage_is_told(project: Project, path: Path, add) -> None:
    add(200)
    project.close()
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(StudioError, match="damaged"):
        Project.open(path)


def test_a_truncated_file_is_told(project: Project, path: Path, add) -> None:
    add(200)
    project.close()
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(StudioError, match="damaged"):
        Project.open(path)


def test_a_read_only_file_can_be_looked_at(project: Project, path: Path, add, monkeypatch: pytest.MonkeyPatch) -> None:
    add(3)
    project.close()
    monkeypatch.setattr(database.os, "access", lambda *_: False)
    seen = Project.open(path)
    assert seen.read_only
    assert len(seen.collection.items()) == 3
    with pytest.raises(StudioError, match="only be read"):
        seen.collection.delete([1], "delete")
    seen.copy_to(path.with_name("copy.vrnn"))
    assert not seen.read_only
    seen.collection.delete([1], "delete")
    assert len(seen.collection.items()) == 2
    seen.close()


def test_a_full_disk_loses_nothing_that_was_acknowledged(project: Project, add) -> None:
    add(3)
    (pages,) = project._database.read("PRAGMA page_count")[0]
    project._database.read(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(StudioError, match=r"full.*safe"):
        project.collection.add([("large", line(9, points=20_000))], "add")
    assert len(project.collection.items()) == 3
    assert project.collection.undo_text() == "add 3"
    project._database.read("PRAGMA max_page_count = 1000000")
    project.collection.add([("large", line(9, points=20_000))], "add")
    assert len(project.collection.items()) == 4


def test_a_file_locked_by_another_program(project: Project, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project._database.read("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StudioError, match="in use by another program"):
        project.save_recipe("mine", "")
    other.execute("ROLLBACK")
    other.close()
    project.save_recipe("mine", "")
    assert project.recipes() == {"mine": ""}


def test_a_failure_in_the_middle_leaves_no_trace(project: Project, add) -> None:
    first, second = add(2)
    with pytest.raises(StudioError, match="There is no item 99"):
        project.collection.delete([first, 99, second], "delete")
    assert [item.id for item in project.collection.items()] == [first, second]
    assert project.collection.undo_text() == "add 2"


def test_moving_takes_everything_along(project: Project, path: Path, add) -> None:
    add(3)
    new = path.with_name("moved.vrnn")
    project.move_to(new)
    assert project.path == new
    assert not path.exists()
    add(1)
    project.close()
    assert list(path.parent.iterdir()) == [new]
    again = Project.open(new)
    assert len(again.collection.items()) == 4
    again.close()


def test_copying_leaves_the_old_one(project: Project, path: Path, add) -> None:
    add(3)
    new = path.with_name("copy.vrnn")
    project.copy_to(new)
    add(1)
    old = Project.open(path)
    assert (len(old.collection.items()), len(project.collection.items())) == (3, 4)
    old.close()


def test_replacing_a_project_also_replaces_its_log(project: Project, path: Path, add) -> None:
    """A log left behind by a crash must not be applied to the file that takes its place."""
    other = Project.create(path.with_name("other.vrnn"))
    other.collection.add([("other", line(7))], "add other")
    log = path.with_name("other.vrnn-wal")
    saved = log.read_bytes()
    other.close()
    log.write_bytes(saved)
    add(3)
    project.copy_to(other.path)
    assert [item.name for item in project.collection.items()] == ["drawn"] * 3
    project.close()
    again = Project.open(other.path)
    assert [item.name for item in again.collection.items()] == ["drawn"] * 3
    again.close()


def test_copying_onto_itself_changes_nothing(project: Project, path: Path, add) -> None:
    add(2)
    project.copy_to(path)
    assert len(project.collection.items()) == 2


def test_copying_where_nothing_can_be_written_keeps_the_old_one_open(project: Project, path: Path, add) -> None:
    add(2)
    with pytest.raises(StudioError, match="Cannot write"):
        project.move_to(path.parent / "none" / "p.vrnn")
    assert project.path == path
    add(1)
    assert len(project.collection.items()) == 3


def test_an_older_file_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.create(path)
    project.collection.add([("drawn", line())], "add")
    project.close()

    def next_version(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE recipes ADD COLUMN note TEXT")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, next_version))
    monkeypatch.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION + 1)
    monkeypatch.setattr(database, "SCHEMA_VERSION", schema.SCHEMA_VERSION)
    project = Project.open(path)
    assert project._database.read("SELECT note FROM recipes") == []
    assert len(project.collection.items()) == 1
    project.close()


def test_a_failed_migration_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Project.create(path).close()

    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE samples")
        connection.execute("CREATE TABLE recipes (name)")

    before = schema.SCHEMA_VERSION
    with monkeypatch.context() as changed:
        changed.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, fails))
        changed.setattr(schema, "SCHEMA_VERSION", before + 1)
        changed.setattr(database, "SCHEMA_VERSION", before + 1)
        with pytest.raises(StudioError, match="Cannot open"):
            Project.open(path)
    project = Project.open(path)
    assert project.runs.samples() == []
    project.close()


def test_own_recipes(project: Project) -> None:
    project.save_recipe("b", "1")
    project.save_recipe("a", "2")
    project.save_recipe("b", "3")
    assert project.recipes() == {"a": "2", "b": "3"}
    project.delete_recipe("b")
    assert project.recipes() == {"a": "2"}
