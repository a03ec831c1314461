"""Every version of the file that there has ever been can be opened, with everything in it.

versions/N.sql is a project as the studio wrote it when N was its newest version; whoever makes a new version adds one.
"""

import sqlite3
from pathlib import Path

import pytest

from studio.errors import StudioError
from studio.project import database, schema
from studio.project.file import Project
from studio.project.rescue import check

VERSIONS = Path(__file__).with_name("versions")


def written_by(version: int, path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript((VERSIONS / f"{version}.sql").read_text("utf-8"))
    connection.close()
    return path


def assert_complete(project: Project) -> None:
    first, second = project.collection.items()
    assert (first.label, first.name, first.drawing.y_up) == ("eight", "drawn", True)
    assert first.drawing.points.tolist() == [[0, 0], [1, 2], [3, 1]]
    assert first.drawing.times is not None
    assert first.drawing.times.tolist() == [0, 0.125, 0.25]
    assert first.drawing.pen_up.tolist() == [False, True, True]
    assert (second.label, second.name) == ("line", "one.csv")
    assert project.collection.undo() == "delete one drawing"
    assert len(project.collection.items()) == 3
    assert project.collection.redo() == "delete one drawing"
    assert project.recipes() == {"mine": 'name = "mine"\ntitle = "Mine"\n'}
    (run,) = project.runs.all()
    assert (run.name, run.status, run.step, run.seed, run.held_back) == ("pens-1", "stopped", 3, 7, (2,))
    assert [values.tolist() for values in project.runs.metrics(run.id)["loss"]] == [[1, 2, 3], [3, 2, 1.5]]
    assert project.runs.checkpoint(run.id, "last").weights.endswith(bytes([1, 2, 3, 4]))
    (sample,) = project.runs.samples()
    assert sample.settings == {"seed": 4}


@pytest.mark.parametrize("version", range(1, schema.SCHEMA_VERSION + 1))
def test_every_older_version(version: int, tmp_path: Path) -> None:
    path = written_by(version, tmp_path / "p.vrnn")
    assert check(path) == []
    project = Project.open(path)
    assert project._database.read("PRAGMA user_version") == [(schema.SCHEMA_VERSION,)]
    assert (project.backup is not None) == (version < schema.SCHEMA_VERSION)
    assert_complete(project)
    project.close()


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A studio whose files have one table more."""

    def next_version(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE notes (text TEXT NOT NULL)")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, next_version))
    for module in (schema, database):
        monkeypatch.setattr(module, "SCHEMA_VERSION", len(schema.MIGRATIONS))


@pytest.mark.usefixtures("newer")
def test_a_copy_is_kept_before_a_file_is_changed(tmp_path: Path) -> None:
    path = written_by(1, tmp_path / "p.vrnn")
    project = Project.open(path)
    assert project._database.read("SELECT * FROM notes") == []
    assert_complete(project)
    assert project.backup == tmp_path / "p.version-1.vrnn"
    project.close()
    copy = sqlite3.connect(project.backup)
    assert copy.execute("PRAGMA user_version").fetchone() == (1,)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    again = Project.open(path)
    assert again.backup is None
    again.close()


@pytest.mark.usefixtures("newer")
def test_without_room_for_a_copy_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written_by(1, tmp_path / "p.vrnn")
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(database, "_back_up", full)
    with pytest.raises(StudioError, match=r"disk that holds .* is full"):
        Project.open(path)
    assert path.read_bytes() == before


def test_the_copy_opens_in_the_studio_that_made_it(tmp_path: Path) -> None:
    path = written_by(1, tmp_path / "p.vrnn")
    with pytest.MonkeyPatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, lambda connection: None))
        for module in (schema, database):
            newer.setattr(module, "SCHEMA_VERSION", len(schema.MIGRATIONS))
        project = Project.open(path)
        project.close()
    with pytest.raises(StudioError, match="newer VRNN Studio"):
        Project.open(path)
    assert project.backup is not None
    copy = Project.open(project.backup)
    assert_complete(copy)
    copy.close()
