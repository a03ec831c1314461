"""Material is read on another thread where that takes long, and what was asked for last comes first."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.errors import StudioError
from studio.sequences.materials import Facts, Material
from studio.sequences.recording import Recording
from studio.ui import reading
from studio.ui.reading import Reader
from studio.workbench import MaterialItem

SOUND = Recording(np.zeros(8, np.float32), 8000)


class Slow:
    """A file that gives nothing before it is told to."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.readers: list[str] = []
        self.damaged: set[int] = set()

    def at_hand(self, item: MaterialItem) -> bool:
        return False

    def read(self, item: MaterialItem) -> Material:
        self.readers.append(threading.current_thread().name)
        assert self.go.wait(60)
        if item.id in self.damaged:
            raise StudioError(f"Item {item.id} is damaged.")
        return SOUND


@pytest.fixture
def file() -> Slow:
    return Slow()


def item(id: int, file: Slow, memory: int = 2**30) -> MaterialItem:
    return MaterialItem(id, "audio", "", "recorded", id, Facts(8, 1, 8000, memory), file)


def test_small_material_is_there_at_once(qtbot: QtBot, file: Slow) -> None:
    file.go.set()
    found: list[object] = []
    Reader().read(item(1, file, memory=100), found.append)
    assert found == [SOUND]
    assert file.readers == [threading.current_thread().name]


def test_large_material_is_read_elsewhere_and_told_here(qtbot: QtBot, file: Slow) -> None:
    reader, found = Reader(), []
    reader.read(item(1, file), lambda sound: found.append((sound, threading.current_thread())))
    assert not found
    file.go.set()
    qtbot.waitUntil(lambda: bool(found))
    assert found == [(SOUND, threading.current_thread())]
    assert file.readers == ["reading"]


def test_what_was_asked_for_last_comes_first(qtbot: QtBot, file: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_WAITING", 3)
    reader, found = Reader(), []

    def ask(id: int) -> None:
        reader.read_later(item(id, file), lambda _: found.append(id))

    ask(1)
    qtbot.waitUntil(lambda: bool(file.readers))  # it is being read
    for id in (2, 3, 4, 5, 3):
        ask(id)
    file.go.set()
    qtbot.waitUntil(lambda: len(found) == 4)
    assert found == [1, 3, 5, 4]  # 2 was asked for too long ago


def test_what_is_damaged_is_told(qtbot: QtBot, file: Slow) -> None:
    file.damaged, told = {1}, []
    file.go.set()
    reader = Reader()
    for wanted in (item(1, file), replace(item(1, file), facts=Facts(8))):
        reader.read(wanted, lambda _: pytest.fail("it was read"), told.append)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told == ["Item 1 is damaged."] * 2


def test_the_thread_ends_by_itself(qtbot: QtBot, file: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "IDLE_SECONDS", 0.01)
    reader, found = Reader(), []
    file.go.set()
    for id in (1, 2):
        reader.read(item(id, file), found.append)
        qtbot.waitUntil(lambda count=id: len(found) == count)  # type: ignore[misc]
        qtbot.waitUntil(lambda: "reading" not in [thread.name for thread in threading.enumerate()])
