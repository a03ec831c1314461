"""What the collection remembers of itself is what the file says."""

import random
import threading
from pathlib import Path

import pytest
from some_drawings import line

from studio.project.collection import Collection
from studio.project.file import Project
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


def test_changes_of_another_program_are_seen(project: Project, path: Path, add) -> None:
    add(2)
    project.collection.items()
    other = Project.open(path)
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
    return [("read", line(seed, points)) for seed in range(count)]


def test_many_are_added_in_parts_and_as_one_change(
    project: Project, path: Path, add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.project.collection._AT_ONCE", 100)
    monkeypatch.setattr("studio.project.collection._MOST_AT_ONCE", 4)
    add(2)
    project.collection.items()
    sizes = [0]
    ids = project.collection.add_in_parts([*many(6), *many(3, points=90)], "import 9", sizes.append)
    assert sizes[1:] == [0, 4, 7, 8]  # four at once, or a hundred points
    assert ids == list(range(3, 12))
    assert told(project.collection.items()) == reopened(path)
    assert project.collection.undo() == "import 9"
    assert len(project.collection.items()) == 2


def test_what_is_done_between_the_parts_is_a_change_of_its_own(
    project: Project, path: Path, add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.project.collection._MOST_AT_ONCE", 2)
    project.collection.add_in_parts(many(4), "import 4", lambda added: add(1) if added == 2 else None)
    assert told(project.collection.items()) == reopened(path)
    assert [project.collection.undo() for _ in range(3)] == ["import 4", "add 1", "import 4"]
    assert project.collection.items() == []


def test_adding_that_is_given_up_leaves_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.project.collection._MOST_AT_ONCE", 2)

    def give_up(added: int) -> None:
        if added == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project.collection.add_in_parts(many(6), "import 6", give_up)
    assert project.collection.items() == []
    assert project.collection.undo_text() == ""
