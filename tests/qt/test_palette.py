"""Ctrl+K finds every action, every setting and every run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import circle
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

sys.path.append(str(Path(__file__).parent.parent / "unit" / "workbench"))
from tiny import tiny, train

from studio.ui.actions import plain
from studio.ui.commands import entries_of
from studio.ui.main_window import MainWindow
from studio.ui.palette import Entry, Palette, matching
from studio.ui.recipe_dialog import RecipeDialog
from studio.ui.recipe_fields import fields


def entry(window: MainWindow, text: str, where: str) -> Entry:
    (found,) = [entry for entry in entries_of(window) if entry.text == text and entry.where.startswith(where)]
    return found


def test_every_action_every_setting_and_every_run_is_there(window: MainWindow) -> None:
    window.workbench.add_drawings([circle(size) for size in (1.0, 1.1, 1.2, 1.3)])
    train(window.workbench, tiny(steps=2), seed=1)
    found = {(entry.text, entry.where) for entry in entries_of(window)}
    for menu, action in window.commands.in_menus():
        assert (plain(action.text()), plain(menu)) in found
    assert window.training.recipe is not None
    for field in fields(window.training.recipe):
        assert any(text == field.name.capitalize() and where.startswith("Setting") for text, where in found)
    assert {where for text, where in found if text == "tiny-1"} == {"Run: show its curves", "Run: draw with it"}
    assert ("Seed", "Generate") in found
    assert ("Material", "Pane") in found


def test_words_are_found_wherever_they_are(window: MainWindow) -> None:
    entries = entries_of(window)
    assert matching(entries, "undo")[0].text.startswith("Undo")
    assert matching(entries, "samp exp")[0].text == "Export Samples"
    assert {entry.text for entry in matching(entries, "learning rate")} >= {"Learning rate"}
    assert matching(entries, "nothing is called so") == []


def with_palette(use: Callable[[Palette], None]) -> None:
    """Do something with the palette once it is open."""

    def act() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, Palette)
        use(dialog)

    QTimer.singleShot(0, act)


def test_typed_and_chosen_by_keys(window: MainWindow) -> None:
    def use(dialog: Palette) -> None:
        QTest.keyClicks(dialog.words, "compare runs")
        assert dialog.chosen is not None
        before = dialog.found.currentRow()
        QTest.keyClick(dialog.words, Qt.Key.Key_Down)
        QTest.keyClick(dialog.words, Qt.Key.Key_Up)
        assert dialog.found.currentRow() == before
        QTest.keyClick(dialog.words, Qt.Key.Key_Return)

    with_palette(use)
    window.commands["palette"].trigger()
    assert window.centre.view == "view-compare"


def test_what_cannot_be_done_says_why_and_is_not_done(window: MainWindow) -> None:
    assert "select" in entry(window, "Delete", "Edit").why_not

    def use(dialog: Palette) -> None:
        QTest.keyClicks(dialog.words, "delete edit")
        assert dialog.found.currentItem().toolTip().startswith("Not now: ")
        QTest.keyClick(dialog.words, Qt.Key.Key_Return)
        assert dialog.isVisible()
        dialog.reject()

    with_palette(use)
    window.commands["palette"].trigger()


def test_a_setting_opens_where_it_is_changed(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr(RecipeDialog, "exec", lambda dialog: searched.append(dialog.search.text()))
    entry(window, "Learning rate", "Setting").act()
    assert searched == ["training.learning_rate"]


def test_a_control_gets_the_focus_also_where_panes_are_tabs(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(512, 350)
    window.activateWindow()
    entry(window, "Seed", "Generate").act()
    assert window.centre.view == "generate"
    assert window.focusWidget() is window.generation.seed


def test_a_run_is_shown_or_drawn_with(window: MainWindow) -> None:
    window.workbench.add_drawings([circle(size) for size in (1.0, 1.1, 1.2, 1.3)])
    runs = [train(window.workbench, tiny(steps=2), seed=seed) for seed in (1, 2)]
    window.workbench.poll()
    entry(window, "tiny-1", "Run: show").act()
    assert window.training.chosen_run == runs[0]
    entry(window, "tiny-1", "Run: draw").act()
    assert window.generation.settings().run == runs[0]
