"""What the collection remembers of itself is what the file says."""

import random
import shutil
import threading
from collections.abc import Iterator, Set
from pathlib import Path

import pytest
from some_drawings import line

from studio.errors import StudioError
from studio.project.collection import Collection
from studio.project.file import Project
from studio.project.rescue import check
from studio.sequences.material import Drawing


def told(items: list) -> list[tuple]:
    return [(item.id, item.kind, item.label, item.name, item.drawing.points.tolist()) for item in items]


def reopened(path: Path) -> list[tuple]:
    project = Project.open(path)
    found = told(project.collection.items())
    project.close()
    return found


def test_after_any_changes(project: Project, path: Path) -> None:
    chance = random.Random(2)
    collection = project.collection
    for number in range(60):
        ids = [item.id for item in collection.items()]
        some = chance.sample(ids, min(len(ids), 2))
        change = chance.randrange(8)
        if change < 3 or not ids:
            collection.add([("drawn", line(number)), ("drawn", line(number + 1))][: 1 + change % 2], "add")
        elif change == 3:
            collection.delete(some, "delete")
        elif change == 4:
            collection.relabel(some, chance.choice("ab"), "label")
        elif change == 5:
            collection.replace({some[0]: line(1000 + number)}, "edit")
        elif change == 6:
            collection.arrange(chance.sample(ids, len(ids)), "move")
        else:
            chance.choice([collection.undo, collection.redo])()
        if chance.random() < 0.7:  # else the next change comes before anybody has looked
            assert told(collection.items()) == reopened(path)
    assert told(collection.items()) == reopened(path)


def test_one_more_costs_nothing_that_grows_with_the_others(
    project: Project, add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(50)
    before = project.collection.items()
    monkeypatch.setattr(Collection, "_found", lambda _: pytest.fail("everything was read again"))
    add(1)
    after = project.collection.items()
    assert len(after) == 51
    assert all(one is other for one, other in zip(before, after, strict=False))


def test_changes_of_another_program_are_seen(project: Project, path: Path) -> None:
    other = Project.open(path)
    other.collection.add([("drawn", line(number)) for number in range(2)], "add")
    project.collection.items()
    other.collection.add([("other", line(9))], "add")
    other.close()
    assert [item.name for item in project.collection.items()] == ["drawn", "drawn", "other"]


def test_asking_while_another_thread_adds(project: Project) -> None:
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            project.collection.items()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(100):
        project.collection.add([("drawn", line(number))], "add")
        if number % 10 == 0:
            project.collection.relabel([1], str(number), "label")
    stop.set()
    for thread in threads:
        thread.join()
    items = project.collection.items()
    assert [item.id for item in items] == list(range(1, 101))
    assert items[0].label == "90"


def many(count: int, points: int = 5) -> list[tuple[str, Drawing]]:
    return [("read", line(seed, points=points)) for seed in range(count)]


def named(count: int, kinds: Set[str]) -> str:
    return f"import {count} of {', '.join(sorted(kinds))}"


def contents(project: Project) -> int:
    """How many pieces of material the file holds, whether anything refers to them or not."""
    ((count,),) = project._database.read("SELECT count(*) FROM contents")
    return int(count)


def test_many_are_written_while_they_come_and_are_one_change(
    project: Project, path: Path, add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.project.collection._AT_ONCE", 100)
    monkeypatch.setattr("studio.project.collection._MOST_AT_ONCE", 4)
    add(2)
    project.collection.items()
    seen: list[tuple[int, int]] = []

    def coming() -> Iterator[tuple[str, Drawing]]:
        for pair in [*many(6), *many(3, points=90)]:
            seen.append((contents(project) - 2, len(project.collection.items())))
            yield pair

    ids = project.collection.add_as_they_come(coming(), named)
    written = [0, 0, 0, 0, 4, 4, 4, 7, 7]  # four at once, or a hundred points
    assert seen == [(count, 2) for count in written]
    assert ids == list(range(3, 12))
    assert told(project.collection.items()) == reopened(path)
    assert project.collection.undo() == "import 9 of pen"
    assert len(project.collection.items()) == 2
    assert project.collection.redo() == "import 9 of pen"
    assert told(project.collection.items()) == reopened(path)


def test_what_is_done_while_they_come_is_a_change_of_its_own(
    project: Project, path: Path, add, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And deletes nothing of what is to join, though nothing refers to it yet."""
    monkeypatch.setattr("studio.project.collection._MOST_AT_ONCE", 2)
    add(1)

    def coming() -> Iterator[tuple[str, Drawing]]:
        yield from many(4)
        project.collection.undo()
        add(1)
        project.collection.forget_history()
        add(1)
        assert project.collection.add_as_they_come(many(3), named) == [4, 5, 6]

    project.collection.add_as_they_come(coming(), named)
    assert told(project.collection.items()) == reopened(path)
    assert len(project.collection.items()) == contents(project) == 9
    undone = [project.collection.undo() for _ in range(4)]
    assert undone == ["import 4 of pen", "import 3 of pen", "add 1", ""]


@pytest.mark.parametrize("error", [KeyboardInterrupt, StudioError("The disk is full.")])
def test_adding_that_is_given_up_leaves_nothing(
    error: BaseException | type[BaseException], project: Project, add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.project.collection._MOST_AT_ONCE", 2)
    monkeypatch.setattr("studio.project.collection._DELETED_AT_ONCE", 3)
    add(1)
    project.collection.undo()

    def coming() -> Iterator[tuple[str, Drawing]]:
        yield from many(9)
        assert contents(project) == 9
        raise error

    with pytest.raises((KeyboardInterrupt, StudioError)):
        project.collection.add_as_they_come(coming(), named)
    assert project.collection.items() == []
    assert contents(project) == 1
    assert project.collection.undo_text() == ""
    assert project.collection.redo_text() == "add 1"
    assert project.collection.add_as_they_come([], named) == []


def test_what_a_killed_program_had_written_goes_when_more_comes(
    project: Project, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.project.collection._MOST_AT_ONCE", 2)

    def coming() -> Iterator[tuple[str, Drawing]]:
        yield from many(4)
        shutil.copy(path, path.with_name("killed.vrnn"))
        shutil.copy(f"{path}-wal", path.with_name("killed.vrnn-wal"))

    project.collection.add_as_they_come(coming(), named)
    killed = Project.open(path.with_name("killed.vrnn"))
    assert killed.collection.items() == []
    assert killed.collection.undo_text() == ""
    assert contents(killed) == 4
    killed.collection.add_as_they_come(many(1), named)
    assert contents(killed) == 1
    killed.close()
    assert check(path.with_name("killed.vrnn")) == []
