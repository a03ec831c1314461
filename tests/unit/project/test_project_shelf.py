"""What is in a project is read when it is asked for, and no more of it is held than is said."""

import gc
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from some_drawings import line

from studio.errors import StudioError
from studio.project import database, shelf
from studio.project.file import Project
from studio.project.records import Unread, readable
from studio.project.shelf import Shelf
from studio.sequences.recording import Recording

RATE = 8000


def sound(seconds: float, seed: int = 0) -> Recording:
    samples = np.random.default_rng(seed).uniform(-1, 1, round(RATE * seconds)).astype(np.float32)
    return Recording(samples, RATE)


def stored(path: Path, *recordings: Recording) -> Project:
    """A project opened anew, so that nothing of it is known yet."""
    project = Project.create(path)
    project.collection.add([("recorded", recording) for recording in recordings], "add")
    project.close()
    return Project.open(path)


def test_a_list_of_items_reads_none_of_them(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = stored(path, sound(1.5), sound(0.5))
    monkeypatch.setattr(shelf, "unpack", lambda *_: pytest.fail("something was read"))
    items = project.collection.items()
    assert [(item.facts.length, item.facts.parts, item.facts.seconds) for item in items] == [
        (12_000, 1, 1.5),
        (4_000, 1, 0.5),
    ]
    assert not any(item.at_hand for item in items)
    project.close()


def test_what_is_read_is_what_was_stored(path: Path) -> None:
    recording = sound(1)
    project = stored(path, recording)
    (item,) = project.collection.items()
    np.testing.assert_array_equal(item.recording.samples, recording.samples)
    assert item.at_hand
    project.close()


def test_new_material_need_not_be_read(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "unpack", lambda *_: pytest.fail("something was read"))
    drawing = line(1)
    project.collection.add([("drawn", drawing)], "add")
    (item,) = project.collection.items()
    assert item.drawing is drawing


def test_no_more_is_held_than_there_is_memory_for(path: Path) -> None:
    project = stored(path, *(sound(1, seed) for seed in range(10)))
    items = project.collection.items()
    room = Shelf(project._database, most_memory=3 * items[0].facts.memory)
    for item in items:
        room.read(item)
    gc.collect()
    assert [room.at_hand(item) for item in items] == [False] * 7 + [True] * 3
    held = room.read(items[0])
    for item in items[1:]:
        room.read(item)
    assert room.read(items[0]) is held  # nothing is in memory twice
    project.close()


@pytest.mark.parametrize("end", [Project.close, Project.delete])
def test_a_closed_project_holds_nothing_whoever_holds_its_items(path: Path, end: Callable[[Project], None]) -> None:
    project = stored(path, sound(1))
    (item,) = project.collection.items()
    held = weakref.ref(item.recording)
    assert item.at_hand
    end(project)
    assert held() is None
    assert not item.at_hand
    with pytest.raises(StudioError, match="closed"):
        item.material  # noqa: B018


def test_another_label_needs_no_reading(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (id,) = project.collection.add([("recorded", sound(1))], "add")
    before = project.collection.items()[0].recording
    monkeypatch.setattr(shelf, "unpack", lambda *_: pytest.fail("something was read"))
    project.collection.relabel([id], "seven", "label")
    after = project.collection.items()[0].recording
    assert after.label == "seven"
    assert after.samples is before.samples


def test_a_number_never_means_two_things(project: Project) -> None:
    numbers = []
    for seed in range(4):  # each is undone, and deleted for good by the next
        project.collection.add([("drawn", line(seed))], "add")
        (item,) = project.collection.items()
        assert item.drawing.points.tolist() == line(seed).points.tolist()
        numbers.append(item.content)
        project.collection.undo()
    assert len(set(numbers)) == 4


def test_a_number_beyond_all_others_leaves_room(project: Project) -> None:
    with project._database.transaction() as connection:
        connection.execute("INSERT INTO contents VALUES (?, 'pen', '', x'')", (2**63 - 1,))
    project.collection.add([("drawn", line(1))], "add")
    assert [item.drawing.points.tolist() for item in project.collection.items()] == [line(1).points.tolist()]


def test_a_damaged_one_is_refused_in_a_sentence_and_can_be_deleted(path: Path) -> None:
    project = stored(path, sound(1, 1), sound(1, 2))
    with project._database.transaction() as connection:
        (size,) = connection.execute("SELECT length(data) FROM contents WHERE id = 1").fetchone()
        connection.execute("UPDATE contents SET data = ? WHERE id = 1", (b"\xff" * size,))  # no numbers at all
    bad, good = project.collection.items()
    with pytest.raises(StudioError, match=rf"Item {bad.id} \(recorded\) .* is damaged: delete it"):
        _ = bad.material
    assert len(list(readable([bad, good]))) == 1
    project.collection.delete([bad.id], "delete")
    assert project.collection.items() == [good]
    project.close()


def test_one_whose_size_cannot_be_is_left_out_of_the_list(path: Path) -> None:
    project = stored(path, sound(1, 1), sound(1, 2))
    for wrong in ("data = x''", "data = 7", "shape = '{'", "kind = 'smell'"):
        with project._database.transaction() as connection:
            connection.execute(f"UPDATE contents SET {wrong} WHERE id = 1")
        again = Project.open(path)
        assert [item.id for item in again.collection.items()] == [2]
        again.close()
    project.close()


def test_reading_long_ones_does_not_wait_for_those_who_write(path: Path) -> None:
    project = stored(path, sound(60))
    (item,) = project.collection.items()
    assert item.facts.memory > shelf.APART
    found: list[Recording] = []
    with project._database.transaction():
        thread = threading.Thread(target=lambda: found.append(item.recording))
        thread.start()
        thread.join(60)
        assert [len(recording) for recording in found] == [60 * RATE]
    project.close()
    with pytest.raises(StudioError, match="closed"):
        project._database.read_apart("SELECT 1")


@pytest.mark.parametrize("keep", [True, False])
def test_reading_goes_on_where_the_project_goes(path: Path, tmp_path: Path, keep: bool) -> None:
    project = stored(path, sound(60, 1), sound(60, 2))
    first, second = project.collection.items()
    assert len(first.recording) == 60 * RATE
    (project.copy_to if keep else project.move_to)(tmp_path / "elsewhere.vrnn")
    assert len(second.recording) == 60 * RATE
    project.close()
    assert not list(tmp_path.glob("elsewhere.vrnn-*"))  # the last connection has folded the log in


def test_opening_looks_at_the_beginning_of_long_material_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(path, sound(10, 1), sound(10, 2)).close()
    with path.open("r+b") as file:  # inside the samples: a page that does not know the next one
        pages = len(file.read()) // 4096
        file.seek((pages // 2) * 4096)
        file.write(bytes(4))
    with pytest.raises(StudioError, match="damaged"):
        Project.open(path)
    monkeypatch.setattr(database, "_CHECKED_WHOLE", 0)
    project = Project.open(path)
    assert sorted(item.id for item in project.collection.items()) == [1, 2]
    assert len(list(readable(project.collection.items()))) == 1
    project.close()


def test_material_is_gone_through_one_by_one(path: Path) -> None:
    project = stored(path, sound(1, 1), sound(2, 2), sound(3, 3))
    asked: list[int] = []
    unread = Unread(project.collection.items(), lambda: asked.append(len(asked)))
    assert len(unread) == 3
    assert not asked
    assert [len(recording) for recording in unread] == [RATE, 2 * RATE, 3 * RATE]  # type: ignore[arg-type]
    assert asked == [0, 1, 2]
    assert len(unread[1:]) == 2
    assert len(unread[1:][0]) == 2 * RATE
    project.close()
