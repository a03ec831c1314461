"""Undo and redo: whatever is done can be undone to the beginning and done again to the end, also after reopening."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from some_drawings import line

from studio.project.file import Project


def state_of(project: Project) -> list[tuple[Any, ...]]:
    return [(i.id, i.label, i.name, i.material.points.tobytes()) for i in project.collection.items()]


class Actions(RuleBasedStateMachine):
    """Does what a person may do, and remembers what the collection should look like after each action."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="vrnn-studio-")
        self.path = Path(self.folder.name) / "p.vrnn"
        self.project = Project.create(self.path)
        # The disk is not what is tested here, and waiting for it takes most of the time.
        self.project._database._connection.execute("PRAGMA synchronous = OFF")
        self.states = [state_of(self.project)]
        self.texts = [""]
        self.now = 0

    def done(self, text: str) -> None:
        del self.states[self.now + 1 :], self.texts[self.now + 1 :]
        self.states.append(state_of(self.project))
        self.texts.append(text)
        self.now += 1

    @property
    def ids(self) -> list[int]:
        return [item.id for item in self.project.collection.items()]

    def some(self, data: st.DataObject) -> list[int]:
        return data.draw(st.lists(st.sampled_from(self.ids), min_size=1, unique=True))

    @rule(count=st.integers(1, 3), seed=st.integers(0, 9))
    def add(self, count: int, seed: int) -> None:
        ids = self.project.collection.add([("drawn", line(seed + n)) for n in range(count)], f"add {count}")
        assert self.ids[-count:] == ids
        self.done(f"add {count}")

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        chosen = self.some(data)
        rest = [id for id in self.ids if id not in chosen]
        self.project.collection.delete(chosen, "delete")
        assert self.ids == rest
        self.done("delete")

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), label=st.sampled_from(["a", "b", ""]))
    def relabel(self, data: st.DataObject, label: str) -> None:
        chosen = self.some(data)
        self.project.collection.relabel(chosen, label, "label")
        assert all(item.label == label for item in self.project.collection.items() if item.id in chosen)
        assert all(item.material.label == item.label for item in self.project.collection.items())
        self.done("label")

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), seed=st.integers(10, 19))
    def replace(self, data: st.DataObject, seed: int) -> None:
        changed, *deleted = self.some(data)
        self.project.collection.replace({changed: line(seed)} | dict.fromkeys(deleted), "erase")
        assert not set(deleted) & set(self.ids)
        self.done("erase")

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        chosen = self.some(data)
        copies = self.project.collection.duplicate(chosen, "duplicate")
        points = {item.id: item.material.points.tobytes() for item in self.project.collection.items()}
        assert [points[id] for id in chosen] == [points[id] for id in copies]
        self.done("duplicate")

    @precondition(lambda self: len(self.ids) > 1)
    @rule(data=st.data())
    def arrange(self, data: st.DataObject) -> None:
        order = data.draw(st.permutations(self.ids))
        self.project.collection.arrange(order, "move")
        assert self.ids == order
        self.done("move")

    @rule()
    def undo(self) -> None:
        assert self.project.collection.undo() == self.texts[self.now]
        self.now = max(0, self.now - 1)

    @rule()
    def redo(self) -> None:
        text = self.texts[self.now + 1] if self.now + 1 < len(self.texts) else ""
        assert self.project.collection.redo() == text
        self.now = min(len(self.states) - 1, self.now + 1)

    @rule()
    def reopen(self) -> None:
        self.project.close()
        self.project = Project.open(self.path)
        self.project._database._connection.execute("PRAGMA synchronous = OFF")

    @rule()
    def undo_everything_and_redo_everything(self) -> None:
        while self.project.collection.undo():
            pass
        assert state_of(self.project) == self.states[0]
        while self.project.collection.redo():
            pass
        assert state_of(self.project) == self.states[-1]
        self.now = len(self.states) - 1

    @invariant()
    def it_looks_as_it_should(self) -> None:
        assert state_of(self.project) == self.states[self.now]
        assert self.project.collection.undo_text() == self.texts[self.now]

    def teardown(self) -> None:
        if hasattr(self, "project"):
            assert self.project._database.read("PRAGMA foreign_key_check") == []
            self.project.close()
            self.folder.cleanup()


TestActions = Actions.TestCase
TestActions.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_forgetting_keeps_what_there_is(project: Project, add) -> None:
    first, second, third = add(3)
    project.collection.delete([second], "delete")
    project.collection.forget_history()
    assert [item.id for item in project.collection.items()] == [first, third]
    assert project.collection.undo_text() == project.collection.redo_text() == ""
    assert project._database.read("SELECT count(*) FROM contents") == [(2,)]


def test_what_no_action_can_bring_back_takes_no_room(project: Project, add) -> None:
    add(3)
    project.collection.undo()
    add(1)
    assert project._database.read("SELECT count(*) FROM materials") == [(1,)]
    assert project._database.read("SELECT count(*) FROM contents") == [(1,)]


def test_unchanged_drawings_are_the_same_objects(project: Project, add) -> None:
    """Training tells by this which drawings it knows already."""
    (first, _) = add(2)
    before = project.collection.items()
    add(1)
    project.collection.relabel([first], "other", "label")
    after = project.collection.items()
    assert all(a.material.strokes is b.material.strokes for a, b in zip(before, after, strict=False))


def test_a_damaged_drawing_is_left_out(project: Project, add, path: Path) -> None:
    first, second = add(2)
    with project._database.transaction() as connection:
        connection.execute("UPDATE contents SET data = x'00' WHERE id = 1")
    project.close()
    again = Project.open(path)
    assert [item.id for item in again.collection.items()] == [second]
    assert first != second
    again.close()
