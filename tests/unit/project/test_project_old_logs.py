"""A log that was left behind beside a new or a restored file is known, and never applied to it."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hands import working
from some_drawings import line

from studio.errors import StudioError
from studio.project import database, logs
from studio.project.file import Project
from studio.project.rescue import check, rescue
from studio.project.restoring import restore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

ADDING = """
for number in range({first}, {last}):
    project.collection.add([("drawn", line(number, f"{{number}}"))], "add")
say("added")
heard()
"""


def crashed(path: Path, first: int, last: int) -> None:
    """Add drawings and die: they are in the log alone."""
    with working(ADDING.format(first=first, last=last), path) as worker:
        assert worker.hear() == "added"
        worker.kill()
    assert logs.log_file(path).stat().st_size > 0


def labels(path: Path) -> list[str]:
    project = Project.open(path)
    found = [item.label for item in project.collection.items()]
    project.close()
    return found


@pytest.fixture
def left(path: Path) -> Path:
    """A project of a process that was killed, with twenty drawings in its log."""
    Project.create(path).close()
    crashed(path, 0, 20)
    return path


def test_a_new_project_beside_an_old_log_is_empty(left: Path) -> None:
    left.unlink()
    project = Project.create(left)
    assert project.collection.items() == []
    (note,) = project.keep_claim()
    assert "eights.vrnn-wal.left-over-1" in note.sentence
    project.close()
    assert check(left) == []
    assert left.with_name("eights.vrnn-wal.left-over-1").exists()


def test_a_restored_copy_beside_a_newer_log_is_what_it_was(left: Path) -> None:
    older = left.with_name("older.vrnn")
    project = Project.open(left)
    project.close()
    shutil.copy(left, older)
    crashed(left, 20, 60)
    shutil.copy(older, left)  # by hand
    (problem,) = check(left)
    assert "is of another file, or of another state of this one" in problem
    project = Project.open(left)
    assert [item.label for item in project.collection.items()] == [str(number) for number in range(20)]
    assert len(project.keep_claim()) == 1
    project.close()
    assert check(left) == []


def test_a_copy_of_the_same_session_beside_its_later_log(path: Path) -> None:
    """The token is the same, the state is not: pages that were folded in between are not in the log any more."""
    project = Project.create(path)
    project.claim()
    project.collection.add([("drawn", line(number, str(number))) for number in range(5)], "add")
    project._database._fold()
    shutil.copy(path, path.with_name("older.vrnn"))
    for number in range(5, 40):
        project.collection.add([("drawn", line(number, str(number), points=900))], "add")
    project._database._fold("TRUNCATE")
    project.collection.add([("drawn", line(99, "last"))], "add")
    log = logs.log_file(path).read_bytes()
    project.close()
    shutil.copy(path.with_name("older.vrnn"), path)
    logs.log_file(path).write_bytes(log)
    assert logs.belongs(path) == "foreign"
    assert labels(path) == [str(number) for number in range(5)]
    assert check(path) == []


def test_the_log_of_another_project(left: Path) -> None:
    other = left.with_name("other.vrnn")
    project = Project.create(other)
    project.collection.add([("drawn", line(1, "other"))], "add")
    project.close()
    logs.log_file(left).rename(logs.log_file(other))
    assert check(other)
    assert rescue(other, left.with_name("rescued.vrnn")).kept["contents"] == 1
    assert labels(other) == ["other"]


def test_its_own_log_is_applied(left: Path) -> None:
    assert logs.belongs(left) == "own"
    assert check(left) == []
    copy = left.with_name("copy.vrnn")
    shutil.copy(left, copy)
    shutil.copy(logs.log_file(left), logs.log_file(copy))
    assert labels(left) == labels(copy) == [str(number) for number in range(20)]
    assert not list(left.parent.glob("*left-over*"))


@pytest.mark.parametrize("kept", [b"", b"nonsense" * 1000, bytes(5000)])
def test_what_is_no_log_at_all(path: Path, kept: bytes) -> None:
    Project.create(path).close()
    logs.log_file(path).write_bytes(kept)
    assert logs.belongs(path) == "none"
    assert labels(path) == []


def test_the_log_of_an_older_studio_is_applied_where_it_fits(tmp_path: Path) -> None:
    versions = Path(__file__).with_name("versions")
    path = tmp_path / "p.vrnn"
    connection = sqlite3.connect(path)
    connection.executescript((versions / "1.sql").read_text("utf-8"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO recipes VALUES ('late', '')")
    connection.commit()
    copies = [path.read_bytes(), path.with_name("p.vrnn-wal").read_bytes()]
    connection.close()
    path.write_bytes(copies[0])
    path.with_name("p.vrnn-wal").write_bytes(copies[1])
    project = Project.open(path)
    assert "late" in project.recipes()
    project.close()


def test_a_left_over_journal_rolls_nothing_back(path: Path) -> None:
    project = Project.create(path)
    project.collection.add([("drawn", line(1, "kept"))], "add")
    project.close()
    journal = path.with_name("eights.vrnn-journal")
    journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(1016))
    assert labels(path) == ["kept"]
    assert not journal.exists()


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes a file and its folder ones that can only be read, also for root."""

    def make(path: Path) -> None:
        real = os.access
        monkeypatch.setattr(
            os, "access", lambda place, mode: real(place, mode) and Path(place) not in (path, path.parent)
        )

    return make


def test_read_only_with_a_log_reads_the_log(left: Path, unwritable: Callable[[Path], None]) -> None:
    before = {file.name: file.read_bytes() for file in left.parent.iterdir()}
    unwritable(left)
    project = Project.open(left)
    assert project.read_only
    assert [item.label for item in project.collection.items()] == [str(number) for number in range(20)]
    assert project._database.read_apart("SELECT count(*) FROM contents") == [(20,)]
    project.close()
    assert {file.name: file.read_bytes() for file in left.parent.iterdir()} == before


def test_read_only_without_room_for_the_log_says_what_is_missing(
    left: Path, unwritable: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    unwritable(left)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(logs, "copy_of", full)
    project = Project.open(left)
    assert "Its last changes, in eights.vrnn-wal beside it, are missing here" in project.why_read_only
    assert project.collection.items() == []
    project.close()


def test_on_a_full_disk_it_can_be_looked_at_with_its_log(left: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(database.Database, "_open_to_write", full)
    project = Project.open(left)
    assert "is full" in project.why_read_only
    assert len(project.collection.items()) == 20
    project.close()


# Restoring.


def test_restoring_puts_a_copy_in_place_and_keeps_what_was_there(left: Path) -> None:
    copy = left.with_name("copy.vrnn")
    project = Project.create(copy)
    project.collection.add([("drawn", line(1, "copied"))], "add")
    project.close()
    restored = restore(copy, left)
    assert (restored.path, restored.before) == (left, left.with_name("eights.before-restoring.vrnn"))
    assert labels(left) == labels(copy) == ["copied"]
    assert labels(restored.before) == [str(number) for number in range(20)]
    for path in (left, copy, restored.before):
        assert check(path) == []


def test_restoring_where_there_is_nothing_but_a_log(left: Path) -> None:
    copy = left.with_name("copy.vrnn")
    Project.create(copy).close()
    left.unlink()
    restored = restore(copy, left)
    assert restored.before is None
    assert labels(left) == []
    assert left.with_name("eights.vrnn-wal.left-over-1").exists()


def test_a_copy_without_its_log_takes_no_log_from_the_original(left: Path) -> None:
    """But where the original is gone, the log that lies there is all that is left of the last changes."""
    copy = left.with_name("copy.vrnn")
    shutil.copy(left, copy)
    assert labels(copy) == []
    assert labels(left) == [str(number) for number in range(20)]
    crashed(left, 20, 25)
    shutil.copy(left, copy)
    left.unlink()
    assert labels(copy) == [str(number) for number in range(25)]


def test_a_damaged_copy_is_not_restored(left: Path) -> None:
    copy = left.with_name("copy.vrnn")
    Project.create(copy).close()
    copy.write_bytes(copy.read_bytes()[:-4096])
    with pytest.raises(StudioError, match="cut short"):
        restore(copy, left)
    assert len(labels(left)) == 20


def test_what_is_damaged_is_replaced_and_kept(path: Path) -> None:
    copy = path.with_name("copy.vrnn")
    Project.create(copy).close()
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    restored = restore(copy, path)
    assert restored.before is not None
    assert restored.before.read_bytes() == b"SQLite format 3\0" + bytes(5000)
    assert labels(path) == []


def test_what_is_open_is_not_replaced(path: Path) -> None:
    Project.create(path).close()
    copy = path.with_name("copy.vrnn")
    shutil.copy(path, copy)
    with working("heard()", path), pytest.raises(StudioError, match="open in another VRNN Studio"):
        restore(copy, path)
    with pytest.raises(StudioError, match="is itself"):
        restore(path, path)
