"""A file has one hand: what a process writes that stood still while another took the file over does not land."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hands import working
from some_drawings import line

from studio.errors import LostClaim, StudioError
from studio.project import database
from studio.project.claim import holder
from studio.project.file import Project
from studio.project.records import StoredCheckpoint
from studio.project.rescue import check

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="there is no SIGSTOP, and no file is replaced while open"
)

IMPORTING = """
def coming():
    for number in range(1100):
        if number == 1000:
            say("half")
            heard()
        yield f"file {number}", line(number, "mine")

try:
    project.collection.add_as_they_come(coming(), lambda count, kinds: "import")
    say("done")
except StudioError as error:
    say(error)
project.close()
"""

TRAINING = """
run = project.runs.create("pens-1", "", device="cpu", seed=1)
for step in range(1, 1000):
    if step == 5:
        say("half")
        heard()
    try:
        project.runs.add_metrics(run, {"loss": ([step], [1 / step])}, step=step)
        project.runs.save_checkpoint(run, StoredCheckpoint("last", step, b"mine" * 1000, {}))
    except StudioError as error:
        say(error)
        break
project.close()
"""

ADDING = """
for number in range(20):
    project.collection.add([("drawn", line(number))], "add")
say("half")
heard()
try:
    project.collection.add([("drawn", line(99))], "add")
except StudioError as error:
    say(error)
project.close()
"""

WAITING = """
heard()
say("closing")
project.close()
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the file each time that there is occasion to."""
    monkeypatch.setattr(database, "_LOOK_SECONDS", 0.0)


@pytest.fixture
def closed(path: Path) -> Path:
    Project.create(path).close()
    return path


def take_over(path: Path) -> Project:
    """Open a project whose process stands still, as if it had done so for long."""
    project = Project.open(path)
    project.claim(silent_after=0)
    assert not project.read_only
    return project


def labels(path: Path) -> list[str]:
    project = Project.open(path)
    found = [item.label for item in project.collection.items()]
    project.close()
    return found


def test_an_import_that_stood_still_lands_beside(closed: Path) -> None:
    with working(IMPORTING, closed) as worker:
        assert worker.hear() == "half"
        worker.stop()
        other = take_over(closed)
        ids = other.collection.add([("drawn", line(number, label="theirs")) for number in range(500)], "add")
        other.collection.relabel(ids, "other", "label")
        worker.wake()
        worker.tell()
        said = worker.hear()
    assert "took" in said
    assert labels(closed) == ["other"] * 500
    other.close()
    assert check(closed) == []
    kept = closed.with_name("eights.kept.vrnn")
    assert str(kept) in said
    assert check(kept) == []
    assert sorted(labels(kept)) == ["mine"] * 1100 + ["other"] * 500


@pytest.mark.parametrize("closes", [False, True])
def test_a_training_that_stood_still_overwrites_nothing(closed: Path, closes: bool) -> None:
    """Also where the other has closed the file again by then."""
    with working(TRAINING, closed) as worker:
        assert worker.hear() == "half"
        worker.stop()
        other = take_over(closed)
        (run,) = other.runs.all()
        assert run.status == "interrupted"
        other.runs.resume(run.id, "", step=4)
        other.runs.add_metrics(run.id, {"loss": (list(range(5, 100)), [0.5] * 95)}, step=99)
        other.runs.save_checkpoint(run.id, StoredCheckpoint("last", 99, b"longer", {}))
        if closes:
            other.close()
        worker.wake()
        worker.tell()
        assert "took" in worker.hear()
    again = other if not closes else Project.open(closed)
    assert again.runs.checkpoint(run.id, "last").weights == b"longer"
    assert again.runs.metrics(run.id)["loss"][0].tolist() == list(range(1, 100))
    again.close()


def test_who_lost_it_is_told_and_can_look_on(project: Project, path: Path) -> None:
    project.claim()
    with working(WAITING, path, 0) as other:
        (note,) = project.keep_claim()
        assert note.ends
        assert f"process {other.number}" in note.sentence
        assert project.why_read_only == note.sentence
        assert project.keep_claim() == []
        with pytest.raises(LostClaim):
            project.save_recipe("mine", "")
    project.close()


def test_a_drawing_in_hand_is_kept_beside(project: Project, path: Path, add) -> None:
    add(3)
    project.claim()
    with working(WAITING, path, 0) as other:
        other.tell()
        assert other.hear() == "closing"
    with pytest.raises(LostClaim, match=r"What is new is kept in .*eights\.kept\.vrnn"):
        project.collection.add([("drawn", line(7, label="in hand"))], "add")
    project.close()
    assert labels(path.with_name("eights.kept.vrnn")) == ["line", "line", "line", "in hand"]
    assert len(labels(path)) == 3


def test_numbers_are_never_used_again(project: Project, path: Path) -> None:
    """Not even in another session: whoever has read the number of what is gone cannot take another for it."""
    (first,) = project.collection.add([("drawn", line())], "add")
    project.collection.undo()
    project.collection.add([("drawn", line(1))], "add")
    highest = project._database.read("SELECT max(id) FROM contents")[0][0]
    project.collection.undo()
    project.collection.forget_history()
    assert project._database.read("SELECT count(*) FROM contents")[0] == (0,)
    project.close()
    again = Project.open(path)
    (id,) = again.collection.add([("drawn", line(2))], "add")
    assert id > first + 1
    assert again._database.read("SELECT min(id) FROM contents")[0][0] > highest
    ((text,),) = again._database.read("SELECT sql FROM sqlite_schema WHERE name = 'contents'")
    assert "AUTOINCREMENT" in text
    again.close()


@pytest.mark.parametrize("link", ["symlink", "hard link"])
def test_a_claim_holds_by_every_name(closed: Path, link: str) -> None:
    name = closed.with_name("folder") / "other name.vrnn"
    name.parent.mkdir()
    if link == "symlink":
        name.symlink_to(closed)
    else:
        os.link(closed, name)
    with working(WAITING, closed) as worker:
        second = Project.open(name)
        second.claim()
        assert f"process {worker.number}" in second.why_read_only
        with pytest.raises(StudioError, match="open in another"):
            second.collection.add([("drawn", line())], "add")
        second.close()
        worker.tell()
        assert worker.hear() == "closing"


def test_a_copy_is_not_claimed_by_who_has_the_original_open(closed: Path) -> None:
    with working(WAITING, closed):
        copy = closed.with_name("copy.vrnn")
        shutil.copy(closed, copy)
        assert holder(copy) == ""
        project = Project.open(copy)
        project.claim()
        assert not project.read_only
        project.close()


def test_a_hard_link_is_told_while_it_is_open(project: Project, path: Path) -> None:
    project.claim()
    os.link(path, path.with_name("link.vrnn"))
    (note,) = project.keep_claim()
    assert "hard link" in note.sentence
    assert not note.ends
    assert project.keep_claim() == []


@pytest.mark.parametrize("by", ["looking", "writing"])
def test_a_renamed_file_is_followed(project: Project, path: Path, add, by: str) -> None:
    add(3)
    project.claim()
    new = path.with_name("new name.vrnn")
    path.rename(new)
    if by == "writing":
        add(2)
    (note,) = project.keep_claim()
    assert note.sentence == f"{path} is called {new} now: the studio goes on there."
    assert project.path == new
    add(1)
    assert not project.read_only
    project.close()
    assert [file.name for file in path.parent.iterdir()] == [new.name]
    assert check(new) == []
    assert len(labels(new)) == (6 if by == "writing" else 4)


def test_a_file_that_is_renamed_just_before_it_is_closed(project: Project, path: Path, add) -> None:
    add(3)
    new = path.with_name("new name.vrnn")
    path.rename(new)
    project.close()
    assert [file.name for file in path.parent.iterdir()] == [new.name]
    assert len(labels(new)) == 3


def test_who_takes_over_a_renamed_file_has_all_that_was_in_its_log(closed: Path) -> None:
    """And the one that wakes up does not write its log into what the other has changed."""
    with working(ADDING, closed) as worker:
        assert worker.hear() == "half"
        worker.stop()
        new = closed.with_name("new name.vrnn")
        closed.rename(new)
        other = take_over(new)
        assert len(other.collection.items()) == 20
        other.collection.delete([item.id for item in other.collection.items()][:15], "delete")
        worker.wake()
        worker.tell()
        assert "took" in worker.hear()
        other.close()
    assert check(new) == []
    assert len(labels(new)) == 5


def test_who_looks_at_a_renamed_file_leaves_the_log_to_who_writes(closed: Path) -> None:
    """Else what the writer adds after it would go into a log that nobody reads."""
    with working(ADDING, closed) as worker:
        assert worker.hear() == "half"
        new = closed.with_name("new name.vrnn")
        closed.rename(new)
        looking = Project.open(new)  # the worker has not looked at its file since
        assert any("are not shown" in note.sentence for note in looking.keep_claim())
        looking.close()
        worker.tell()
        assert worker.hear() == ""
    assert check(new) == []
    assert len(labels(new)) == 21


def test_a_folder_that_is_renamed_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    project = Project.create(tmp_path / "a" / "p.vrnn")
    project.claim()
    (tmp_path / "a").rename(tmp_path / "b")
    project.collection.add([("drawn", line())], "add")
    assert project.path == tmp_path / "b" / "p.vrnn"
    project.close()
    assert [file.name for file in (tmp_path / "b").iterdir()] == ["p.vrnn"]


@pytest.mark.parametrize("what", ["deleted", "replaced"])
@pytest.mark.parametrize("by", ["looking", "writing"])
def test_a_file_that_goes_while_open_is_kept_beside(project: Project, path: Path, add, what: str, by: str) -> None:
    older = path.with_name("older.vrnn")
    shutil.copy(path, older)
    add(3)
    project.claim()
    if what == "deleted":
        path.unlink()
        older.unlink()
    else:
        older.replace(path)
    if by == "writing":
        add(2)
    (note,) = project.keep_claim()
    assert note.ends
    assert f"was {what}" in note.sentence
    kept = path.with_name("eights.kept.vrnn")
    assert project.path == kept
    assert not project.read_only
    add(1)
    project.close()
    assert len(labels(kept)) == (6 if by == "writing" else 4)
    assert check(kept) == []
    if what == "replaced":
        assert labels(path) == []
        assert check(path) == []
    assert {file.name for file in path.parent.iterdir()} <= {path.name, kept.name}


@pytest.mark.parametrize("folded", [False, True])
def test_a_file_that_is_written_over_while_open_stays_what_it_is_now(
    project: Project, path: Path, add, folded: bool
) -> None:
    """As `cp` does: the same file, with the bytes of an older copy; nothing of ours may get into it."""
    add(2)
    project.close()
    older = path.with_name("older.vrnn")
    shutil.copy(path, older)
    project = Project.open(path)
    project.claim()
    project.collection.add([("drawn", line(number)) for number in range(50)], "add")
    if folded:
        project._database._fold()
    os.utime(path, ns=(0, 0))  # whatever the clock's grain
    shutil.copyfile(older, path)
    with pytest.raises(LostClaim, match="written over"):
        project.collection.add([("drawn", line(99))], "add")
    (note,) = project.keep_claim()
    assert note.ends
    project.close()
    assert check(path) == []
    assert len(labels(path)) == 2


def test_a_file_that_is_only_touched_is_ours(project: Project, path: Path, add) -> None:
    add(2)
    project.claim()
    path.touch()
    os.utime(path, (1, 1))
    assert project.keep_claim() == []
    add(1)
    assert len(project.collection.items()) == 3


def test_a_rename_after_a_crash_loses_nothing(closed: Path) -> None:
    """The log stays under the old name: it is brought along."""
    with working(
        "project.collection.add([('drawn', line(1, 'last'))], 'add')\nsay('added')\nheard()", closed
    ) as worker:
        assert worker.hear() == "added"
        worker.kill()
    new = closed.with_name("new.vrnn")
    closed.rename(new)
    project = Project.open(new)
    assert [item.label for item in project.collection.items()] == ["last"]
    assert any("are here again" in note.sentence for note in project.keep_claim())
    project.close()
    assert check(new) == []


def test_who_wakes_up_may_go_on_where_nobody_took_over(closed: Path) -> None:
    with working(
        "say('half')\nheard()\nproject.save_recipe('mine', '')\nproject.close()\nsay('saved')", closed
    ) as worker:
        assert worker.hear() == "half"
        worker.stop()
        worker.wake()
        worker.tell()
        assert worker.hear() == "saved"
    with closing(sqlite3.connect(closed)) as connection:
        assert connection.execute("SELECT name FROM recipes").fetchall() == [("mine",)]
