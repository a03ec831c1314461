"""The window without a screen: a workbench in an empty folder, and settings that nobody has touched."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"

import pytest
from fakes import Model
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sound import FakeSound

from studio.ui.main_window import MainWindow
from studio.ui.preferences import preferences
from studio.ui.theme import theme
from studio.workbench import Workbench
from studio.workbench.garbage import by_hand, by_itself

# Not how long anything should take: when to give up on something that never comes.
for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitExposed):
    wait.__kwdefaults__["timeout"] = 300_000  # milliseconds


@pytest.fixture(autouse=True)
def settings_of_this_test(tmp_path: Path) -> None:
    """Nothing remembered from before."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    preferences().clear()


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> None:
    """The studio's looks."""
    qapp.setStyle("Fusion")
    if theme().mode != "light":
        theme().apply("light")


@pytest.fixture(autouse=True, scope="session")
def garbage_of_this_thread() -> Iterator[None]:
    """Never taken away on another thread, also where a test has a part of the window without the window."""
    by_hand()
    yield
    by_itself()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A workbench with an empty project."""
    workbench = Workbench(tmp_path / "studio")
    workbench.new()
    workbench.poll()
    yield workbench
    if workbench.is_open:
        workbench.discard()


@pytest.fixture
def sound() -> FakeSound:
    """The window's loudspeaker and microphone."""
    return FakeSound()


@pytest.fixture
def window(qtbot: QtBot, bench: Workbench, sound: FakeSound) -> Iterator[MainWindow]:
    """The window, shown at the size it has on a small screen."""
    found = MainWindow(bench, sound=sound.system)
    found.resize(1280, 800)
    found.show()
    qtbot.waitExposed(found)
    yield found
    found.generation.close_pens()
    if bench.is_open:
        bench.discard()
    found.close()
    found.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()  # menus belong to Python, and every theme restyles those that are left


@pytest.fixture
def model(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Model:
    found = Model()
    asked = ("why_not_generate", "live", "kind_of", "labels_of", "preset_of", "why_latent_does_nothing")
    for name in (*asked, "why_not_begin", "why_not_between"):
        monkeypatch.setattr(window.workbench, name, getattr(found, name))
    return found
