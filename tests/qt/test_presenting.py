"""F11: the canvas alone, with its buttons where the mouse wants them, and everything back afterwards."""

from __future__ import annotations

import pytest
from layout import faults, settle
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.ui.main_window import MainWindow


@pytest.fixture
def around(window: MainWindow) -> list[object]:
    """What is around the canvas."""
    return [window.menuBar(), window.statusBar(), window.centre.tabs, *window.docks.values()]


def test_the_canvas_is_alone_and_everything_comes_back(window: MainWindow, around: list) -> None:
    window.centre.show_view("view-compare")
    window.commands["present"].trigger()
    settle()
    assert not any(part.isVisible() for part in around)
    assert window.centre.view == "view-samples"
    assert window.stage.canvas.width() >= window.width() - 2
    assert faults(window) == []
    QTest.keyClick(window, Qt.Key.Key_Escape)
    settle()
    window.resize(1280, 800)
    settle()
    assert not window.commands["present"].isChecked()
    assert all(part.isVisible() for part in around)
    assert window.stage.player.isVisible()


def test_buttons_appear_on_hover_and_nothing_moves(window: MainWindow) -> None:
    window.commands["present"].trigger()
    settle()
    look, stage = window.presentation.look, window.stage
    look(QPoint(stage.width() // 2, 20))
    settle()
    size = stage.canvas.size()
    assert not stage.player.isVisible()
    look(QPoint(stage.width() // 2, stage.height() - 20))
    settle()
    assert stage.player.isVisible()
    assert stage.canvas.size() == size
    look(QPoint(-50, stage.height() - 20))
    assert not stage.player.isVisible()
    window.commands["present"].trigger()
    assert stage.player.isVisible()


def test_keys_work_while_the_menus_are_hidden(window: MainWindow) -> None:
    window.commands["present"].trigger()
    heard: list[bool] = []
    window.commands["dice"].triggered.connect(lambda *_: heard.append(True))
    QTest.keySequence(window, window.commands["dice"].shortcut())
    assert len(heard) == 1
    window.commands["present"].trigger()
    assert not set(window.actions()) & {window.commands["dice"]}


def test_a_pane_that_was_closed_stays_closed(window: MainWindow) -> None:
    window.docks["train"].hide()
    window.commands["present"].trigger()
    window.commands["present"].trigger()
    assert window.docks["train"].isHidden()
    assert not window.docks["material"].isHidden()
