"""The pane of texts: write, paste, change, delete, label."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fakes import circle
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from studio.sequences.text import Text
from studio.ui.main_window import MainWindow
from studio.ui.text.editor import EDITABLE
from studio.ui.text.pane import PREVIEW, TextPane
from studio.ui.text.thumbnails import first_words

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def pane(window: MainWindow) -> TextPane:
    """In front."""
    window.material_tabs.setCurrentWidget(window.texts)
    return window.texts


def add(window: MainWindow, *characters: str) -> list[int]:
    ids = window.workbench.add_texts([Text(each) for each in characters])
    window.workbench.poll()
    return list(ids)


def kept(window: MainWindow) -> list[str]:
    window.workbench.poll()
    return [item.text.characters for item in window.workbench.materials("text")]


def write(pane: TextPane, characters: str) -> None:
    QTest.keyClicks(pane.editor, characters)


def paste(pane: TextPane, characters: str) -> None:
    data = QMimeData()
    data.setText(characters)
    pane.editor.insertFromMimeData(data)


def test_what_is_written_joins_the_collection(window: MainWindow, pane: TextPane) -> None:
    assert not window.commands["add-text"].isEnabled()
    assert "the sheet is empty" in window.commands["add-text"].toolTip()
    write(pane, "It rains.")
    pane.label_field.setText("weather")
    window.commands["add-text"].trigger()
    assert kept(window) == ["It rains."]
    assert window.workbench.materials("text")[0].label == "weather"
    assert pane.editor.is_blank
    write(pane, "It snows.")
    QTest.keyClick(pane.editor, Qt.Key.Key_Return, CONTROL)
    assert kept(window) == ["It rains.", "It snows."]
    window.commands["undo"].trigger()
    assert kept(window) == ["It rains."]


def test_the_selected_text_is_on_the_sheet_and_can_be_changed(window: MainWindow, pane: TextPane) -> None:
    one, _ = add(window, "one", "two")
    write(pane, "a draft")
    pane.collection.select([one])
    assert pane.editor.toPlainText() == "one"
    assert window.commands["add-text"].text() == "&Save Changes"
    assert not window.commands["add-text"].isEnabled()
    write(pane, "more than ")
    window.commands["add-text"].trigger()
    assert kept(window) == ["more than one", "two"]
    assert pane.editor.toPlainText() == "more than one"
    assert pane.editor.textCursor().position() == len("more than ")  # what is kept does not jump
    window.commands["undo"].trigger()
    window.workbench.poll()
    assert pane.editor.toPlainText() == "one"
    window.commands["new-text"].trigger()
    assert pane.editor.toPlainText() == "a draft"
    assert not pane.collection.selected()


def test_changes_are_kept_when_the_person_goes_on(window: MainWindow, pane: TextPane) -> None:
    one, two = add(window, "one", "two")
    pane.collection.select([one])
    write(pane, "a ")
    pane.collection.select([two])
    assert kept(window) == ["a one", "two"]
    write(pane, "b ")
    window.material_tabs.setCurrentWidget(window.trajectories)
    assert kept(window) == ["a one", "b two"]
    window.workbench.undo()
    assert kept(window) == ["a one", "two"]


def test_a_text_without_words_is_not_kept(window: MainWindow, pane: TextPane) -> None:
    (one,) = add(window, "one")
    pane.collection.select([one])
    pane.editor.selectAll()
    write(pane, "   ")
    said: list[str] = []
    pane.said.connect(said.append)
    window.commands["add-text"].trigger()
    assert kept(window) == ["one"]
    assert "delete it instead" in said[0]


def test_long_texts_are_shown_in_part_and_stay_quick(window: MainWindow, pane: TextPane) -> None:
    characters = "It rains, it rains, and then it snows.\n" * 26_000
    assert len(characters) > 10**6
    paste(pane, characters)
    assert kept(window) == [characters]
    assert pane.editor.is_blank
    pane.collection.select([window.workbench.materials("text")[0].id])
    assert pane.editor.isReadOnly()
    assert pane.editor.document().characterCount() - 1 == PREVIEW
    assert "20,000 of 1,014,000" in pane.what.text()
    write(pane, "x")
    assert kept(window) == [characters]


def test_keys_cost_the_same_on_a_long_sheet(pane: TextPane) -> None:
    def milliseconds() -> float:
        began = time.perf_counter()
        write(pane, "abcdefghijklmnopqrst")
        return 50 * (time.perf_counter() - began)

    short = min(milliseconds() for _ in range(3))
    paste(pane, "It rains, it rains, and then it snows.\n" * (EDITABLE // 50))
    assert min(milliseconds() for _ in range(3)) < 30 * short


def test_lines_become_texts(qtbot: QtBot, window: MainWindow, pane: TextPane) -> None:
    (names,) = add(window, "Ada\nGrace\n\nEmmy\n")
    assert not window.commands["split-lines"].isEnabled()
    pane.collection.select([names])
    window.commands["split-lines"].trigger()
    qtbot.waitUntil(lambda: kept(window) == ["Ada", "Grace", "Emmy"])
    qtbot.waitUntil(lambda: len(pane.collection.selected()) == 3)


def test_actions_mean_the_pane_in_front(window: MainWindow, pane: TextPane, monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = window.workbench.add_drawing(circle())
    _, two = add(window, "one", "two")
    pane.collection.select([two])
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("numbers", True))
    window.commands["label"].trigger()
    assert window.workbench.material(two).label == "numbers"
    window.commands["duplicate"].trigger()
    assert kept(window) == ["one", "two", "two"]
    window.commands["select-all"].trigger()
    window.commands["delete"].trigger()
    window.workbench.poll()
    assert [item.id for item in window.workbench.materials()] == [drawing]
    window.material_tabs.setCurrentWidget(window.trajectories)
    assert window.commands["new-text"].toolTip().endswith("choose Text above the collection first.")


def test_export(
    qtbot: QtBot, window: MainWindow, pane: TextPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(window, "one")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a.txt"), ""))
    window.commands["export-selected"].trigger()
    qtbot.waitUntil(lambda: not window.workbench.jobs() or bool(window.workbench.poll()))
    qtbot.waitUntil((tmp_path / "a.txt").exists)
    assert (tmp_path / "a.txt").read_text() == "one"


def test_the_sample_is_offered_while_there_is_nothing(qtbot: QtBot, window: MainWindow, pane: TextPane) -> None:
    assert pane.sample_button.isVisible()
    pane.sample_button.click()
    qtbot.waitUntil(lambda: len(pane.collection.collection.items) == 1)
    assert not pane.sample_button.isVisible()
    assert window.training.recipe is not None
    assert window.training.recipe.name == "text"


def test_a_project_of_texts_brings_them_to_the_front(window: MainWindow) -> None:
    window.open_sample("harbour")
    window.workbench.poll()
    assert window.front is window.texts
    window.open_sample("eights")
    window.workbench.poll()
    assert window.front is window.trajectories


def test_the_first_words_are_the_picture(window: MainWindow, pane: TextPane) -> None:
    assert first_words(Text("\n\n  One \n\n two\n")) == "One\ntwo"
    add(window, "one", "x" * 5000, "\n")
    pane.collection.viewport().repaint()
    assert pane.collection.delegate.painted == 3
