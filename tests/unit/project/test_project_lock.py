"""One program at a time changes a project; the claim of a dead one is worth nothing."""

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from some_drawings import line

from studio.errors import StudioError
from studio.project import database
from studio.project import lock as lock_module
from studio.project.claim import holder
from studio.project.file import Project
from studio.project.lock import Lock, lock_file, sign_of
from studio.project.owner import this_process

ELSEWHERE = "another-computer/17"
DEAD = f"{platform.node()}/4194399"  # above the largest process number there can be

OTHER = """
import sys
from pathlib import Path
from studio.project.file import Project
project = Project.open(Path(sys.argv[1]))
project.claim()
print(project.why_read_only, flush=True)
sys.stdin.readline()
project.close()
"""


def owner_of(path: Path) -> str:
    sign = sign_of(lock_file(path))
    assert sign is not None
    return sign.owner


@pytest.fixture
def other(project: Project, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the project open; this one has closed it."""
    project.close()
    found = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert found.stdout is not None
    assert found.stdin is not None
    assert found.stdout.readline() == "\n"
    yield found
    found.kill()
    found.wait()
    found.stdout.close()
    found.stdin.close()


def test_the_second_looks_on_and_says_why(other: subprocess.Popen[str], path: Path) -> None:
    second = Project.open(path)
    second.claim()
    assert second.read_only
    assert f"is open in another VRNN Studio (process {other.pid} on {platform.node()})" in second.why_read_only
    with pytest.raises(StudioError, match="open in another VRNN Studio"):
        second.collection.add([("drawn", line())], "add")
    assert second.collection.items() == []
    second.copy_to(path.with_name("copy.vrnn"))
    assert not second.read_only
    second.collection.add([("drawn", line())], "add")
    second.close()
    assert holder(path).startswith(f"{platform.node()}/{other.pid}/")


def test_what_another_has_open_is_neither_replaced_nor_deleted(other: subprocess.Popen[str], path: Path) -> None:
    mine = Project.create(path.with_name("mine.vrnn"))
    for replace in (mine.copy_to, mine.move_to):
        with pytest.raises(StudioError, match="open in another VRNN Studio"):
            replace(path)
    assert mine.path.name == "mine.vrnn"
    mine.close()
    with pytest.raises(StudioError, match="open in another VRNN Studio"):
        Project.open(path).delete()
    assert path.exists()


def test_once_the_other_has_closed_it_can_be_changed(other: subprocess.Popen[str], path: Path) -> None:
    other.communicate("\n")
    project = Project.open(path)
    project.claim()
    assert not project.read_only
    assert owner_of(path) == this_process()
    project.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_killed_one_holds_nothing(other: subprocess.Popen[str], path: Path) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert lock_file(path).exists()
    project = Project.open(path)
    project.claim()
    assert not project.read_only
    project.close()


@pytest.mark.parametrize(("owner", "held"), [(ELSEWHERE, True), (DEAD, False), ("", False), ("nonsense", False)])
def test_who_is_taken_for_alive(project: Project, path: Path, owner: str, held: bool) -> None:
    file = lock_file(path)
    file.write_text(owner)
    os.utime(file, (1, 1))  # the time of day does not count
    assert holder(path) == (owner if held else "")
    project.claim()
    assert project.read_only == held
    assert owner_of(path) == (owner if held else this_process())


def test_one_that_cannot_be_seen_is_given_up_once_it_was_silent_for_long(
    project: Project, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(lock_module.time, "monotonic", lambda: now[0])
    file = lock_file(path)
    file.write_text(ELSEWHERE)
    assert holder(path) == ELSEWHERE
    now[0] += lock_module.DEAD_SECONDS - 1
    os.utime(file, (5, 5))  # a sign of life
    assert holder(path) == ELSEWHERE
    now[0] += lock_module.DEAD_SECONDS - 1
    assert holder(path) == ELSEWHERE
    now[0] += 2
    assert holder(path) == ""
    project.claim()
    assert not project.read_only


def test_a_sign_of_life_that_was_taken_away_is_given_again(
    project: Project, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_module, "TOUCH_SECONDS", 0.0)
    monkeypatch.setattr(database, "_LOOK_SECONDS", 0.0)
    project.claim()
    file = lock_file(path)
    before = sign_of(file)
    assert project.keep_claim() == []
    after = sign_of(file)
    assert before is not None
    assert after is not None
    assert (after.beats, after.token) == (before.beats + 1, before.token)
    file.unlink()  # as somebody who tidies up would
    project.keep_claim()
    assert owner_of(path) == this_process()
    assert not project.read_only
    file.write_text(ELSEWHERE)
    (said,) = project.keep_claim()
    assert said.sentence == project.why_read_only
    assert said.ends
    assert "process 17 on another-computer" in said.sentence
    project.close()
    assert file.read_text() == ELSEWHERE


def test_the_claim_moves_with_the_project(project: Project, path: Path) -> None:
    project.claim()
    new = path.with_name("new.vrnn")
    project.move_to(new)
    assert not lock_file(path).exists()
    assert owner_of(new) == this_process()


def test_where_no_lock_can_be_kept_everybody_may(project: Project, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Lock, "_made", refused)
    project.claim()
    assert not project.read_only
    project.close()
