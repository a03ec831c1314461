"""Two processes on one project against a model of what was acknowledged: the short form of tests/fuzz/two_hands.py."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there is no SIGSTOP", allow_module_level=True)

import two_hands

from studio.project.file import Project


def test_nothing_is_lost_and_nothing_written_without_a_claim() -> None:
    total = two_hands.run(300)
    assert total["steps"] > 200
    assert min(total[name] for name in ("acknowledged", "refused", "kills")) > 0


def test_a_loss_would_be_noticed(tmp_path: Path) -> None:
    world = two_hands.World(tmp_path)
    world.open_it(0)
    world.add(0)
    world.look()
    world.items[99] = "never added"
    with pytest.raises(AssertionError):
        world.look()
    world.end_processes()


@pytest.fixture
def looked_at(tmp_path: Path) -> Iterator[two_hands.World]:
    """One has written and stands still, its file is renamed, and another looks at it."""
    world = two_hands.World(tmp_path)
    try:
        world.open_it(0)
        world.bring(0, 3)
        world.stop(0)
        world.rename()
        world.open_it(1)
        yield world
    finally:
        world.end_processes()


def test_changes_under_an_old_name_are_told_of_and_come_back(looked_at: two_hands.World) -> None:
    """The one is killed."""
    looked_at.kill(0, writing=False, after=0)
    project = Project.open(looked_at.path)
    assert any("its last changes are not shown" in note.sentence for note in project.keep_claim())
    project.close()
    looked_at.close(1)
    looked_at.look()


def test_changes_under_an_old_name_come_back_where_who_looked_was_killed_too(looked_at: two_hands.World) -> None:
    for which in (1, 0):
        looked_at.kill(which, writing=False, after=0)
    looking = Project.open(looked_at.path)
    assert len(looking.collection.items()) == 0
    looking.close()
    looked_at.look()  # which knows that they are not shown
    looked_at.open_it(0)
    looked_at.look()


@pytest.mark.parametrize("added", [0, 1])
def test_what_another_wrote_meanwhile_is_in_the_file_once_it_has_closed_it(tmp_path: Path, added: int) -> None:
    """One stands still, its file is renamed, another takes it over and closes it, and it is renamed once more."""
    world = two_hands.World(tmp_path)
    try:
        world.open_it(0)
        world.add(0)
        world.stop(0)
        world.rename()
        world.open_it(1, take_over=True)
        for _ in range(added):
            world.add(1)
        world.close(1)
        world.rename()
        world.look()
        world.open_it(0)
        world.look()
    finally:
        world.end_processes()


def test_a_copy_is_gone_back_to_as_it_was(tmp_path: Path) -> None:
    """Its last change is taken back in the file, more is added there, and the copy is put back."""
    world = two_hands.World(tmp_path)
    try:
        world.open_it(0)
        world.bring(0, 1)
        world.add(0)
        world.close(0)
        world.copy()
        world.open_it(0)
        world.take_back(0)
        world.add(0)
        world.put_copy_back(0, killed=False)
        world.open_it(0)
        world.take_back(0)
        world.look()
    finally:
        world.end_processes()


def test_never_two_at_once() -> None:
    assert two_hands.race(40) == 40
