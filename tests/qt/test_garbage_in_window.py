"""Garbage is taken away on the window's thread: Qt does not survive it elsewhere."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from studio.workbench import Workbench, garbage


class Circle:
    """Garbage once nobody has it."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_of_other_threads_is_taken_away_on_the_windows(qtbot: QtBot, window: MainWindow) -> None:
    threads: set[str] = set()
    circles: list[weakref.ref[Circle]] = []

    def note(phase: str, told: dict[str, Any]) -> None:
        threads.add(threading.current_thread().name)

    def train() -> None:
        for _ in range(50_000):
            circles.append(weakref.ref(Circle()))

    gc.callbacks.append(note)
    try:
        training = threading.Thread(target=train, name="training")
        training.start()
        qtbot.waitUntil(lambda: not training.is_alive() and sum(ref() is not None for ref in circles) < 2000)
        assert threads == {threading.current_thread().name}
    finally:
        gc.callbacks.remove(note)


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a program, without what these tests share."""
    monkeypatch.setattr(garbage, "_reasons", 0)
    gc.enable()
    yield
    gc.disable()


@pytest.mark.usefixtures("usual")
def test_without_a_window_it_is_pythons_matter(qtbot: QtBot, bench: Workbench) -> None:
    assert gc.isenabled()
    one, other = MainWindow(bench), MainWindow(bench)
    for window in (one, other):
        assert not gc.isenabled()
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert gc.isenabled()
