"""The window as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fakes import circle
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QInputDialog,
    QLabel,
    QMessageBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.errors import StudioError
from studio.ui.actions import SPECS, Actions
from studio.ui.file_dialogs import DRAWING_FILES, ask_where_to_save
from studio.ui.import_dialog import ImportDialog
from studio.ui.main_window import MainWindow
from studio.ui.pattern_dialog import PatternDialog
from studio.ui.preferences import preferences
from studio.ui.problems import problems, reported
from studio.ui.shortcuts import ShortcutsDialog
from studio.ui.theme import theme
from studio.ui.widgets import ElidedLabel
from studio.workbench import Job, TrainingState, Workbench


def draw(window: MainWindow, *places: tuple[int, int]) -> None:
    """One stroke with the mouse."""
    canvas = window.trajectories.canvas
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(*places[0]))
    for place in places[1:]:
        QTest.mouseMove(canvas, QPoint(*place))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(*places[-1]))


def add_circles(window: MainWindow, count: int) -> None:
    window.workbench.add_drawings([circle(1.0) for _ in range(count)])
    window.workbench.poll()


# --- drawing and the collection


def test_only_drawings_of_the_chosen_label_lie_under_the_pen(window: MainWindow) -> None:
    window.workbench.add_drawings([circle(1.0, label) for label in ("ring", "ring", "eight", "oval", "eight")])
    window.workbench.poll()

    def below() -> list[str]:
        return [drawing.label for drawing in window.trajectories.canvas._others]

    assert below() == ["eight", "eight"]  # as the newest one
    window.trajectories.label_field.setText("ring")
    assert below() == ["ring", "ring"]
    window.trajectories.label_field.setText("")
    assert below() == ["eight", "eight"]


def test_drawn_strokes_reach_the_collection(qtbot: QtBot, window: MainWindow) -> None:
    window.trajectories.label_field.setText(" eight ")
    draw(window, (50, 50), (100, 120), (150, 50))
    QTest.keyClick(window.trajectories.canvas, Qt.Key.Key_Return)
    window.workbench.poll()
    (item,) = window.workbench.materials()
    assert item.label == "eight"
    assert item.material.times is not None
    assert window.trajectories.collection.collection.rowCount() == 1
    assert window.windowTitle().startswith("Untitled*")


def test_undo_takes_back_strokes_first_and_then_steps_of_the_project(window: MainWindow) -> None:
    window.trajectories.canvas.adding = "hand"
    undo, redo = window.commands["undo"], window.commands["redo"]
    assert not undo.isEnabled()
    assert "nothing to undo" in undo.toolTip()
    draw(window, (50, 50), (150, 150))
    window.trajectories.canvas.finish()
    window.workbench.poll()
    draw(window, (50, 150), (150, 50))
    assert "stroke" in undo.text()
    undo.trigger()
    assert window.trajectories.canvas.empty
    assert len(window.workbench.materials()) == 1
    undo.trigger()
    window.workbench.poll()
    assert not window.workbench.materials()
    assert redo.isEnabled()
    redo.trigger()
    assert not window.trajectories.canvas.empty  # the stroke, taken back last but one


def test_delete_duplicate_label_and_flip(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    add_circles(window, 3)
    view, actions = window.trajectories.collection, window.commands
    for name in ("delete", "duplicate", "label", "flip-horizontal"):
        assert not actions[name].isEnabled()
        assert "select" in actions[name].toolTip()
    view.select([view.collection.items[0].id])
    actions["duplicate"].trigger()
    window.workbench.poll()
    assert view.collection.rowCount() == 4
    assert len(view.selected()) == 1
    copy = view.selected()[0]
    assert copy.id not in (1, 2, 3)
    monkeypatch.setattr(QInputDialog, "getItem", lambda *a, **k: (" ring ", True))
    actions["label"].trigger()
    window.workbench.poll()
    assert window.workbench.material(copy.id).label == "ring"
    actions["flip-vertical"].trigger()
    window.workbench.poll()
    flipped = window.workbench.material(copy.id).material.points
    np.testing.assert_allclose(flipped[:, 1], -copy.material.points[:, 1], atol=1e-9)
    actions["select-all"].trigger()
    assert window.trajectories._count.text() == "4 of 4"
    actions["delete"].trigger()
    window.workbench.poll()
    assert not window.workbench.materials()


def test_delete_key_belongs_to_the_collection(window: MainWindow) -> None:
    add_circles(window, 2)
    window.trajectories.collection.selectAll()
    window.trajectories.label_field.setFocus()
    window.trajectories.label_field.setText("ab")
    window.trajectories.label_field.setCursorPosition(0)
    QTest.keyClick(window.trajectories.label_field, Qt.Key.Key_Delete)
    assert window.trajectories.label_field.text() == "b"
    window.workbench.poll()
    assert len(window.workbench.materials()) == 2


def test_a_drawing_of_the_collection_is_changed_on_the_canvas(window: MainWindow) -> None:
    add_circles(window, 1)
    (before,) = window.workbench.materials()
    window.trajectories.collection.opened.emit(before.id)
    canvas = window.trajectories.canvas
    assert canvas.editing is before.material
    draw(window, (canvas.width() // 2, 60), (canvas.width() // 2, 120))
    canvas.finish()
    window.workbench.poll()
    (after,) = window.workbench.materials()
    assert after.id == before.id
    assert len(after.material.strokes) == 2
    window.trajectories.collection.opened.emit(after.id)
    window.workbench.delete([after.id])
    window.workbench.poll()
    assert canvas.editing is None


# --- files


def test_dropped_files_are_imported_and_refusals_told(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("x,y\n0,0\n1,1\n2,0\n")
    bad.write_text("x,y\n0,zero\n")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (good, bad)])
    copy = Qt.DropAction.CopyAction
    event = QDropEvent(QPointF(300, 300), copy, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    window.dropEvent(event)
    qtbot.waitUntil(lambda: len(window.workbench.materials()) == 1)
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert "bad.csv" in window.stage.banner.sentence.text()
    window.stage.banner._copy.click()
    assert "bad.csv" in QApplication.clipboard().text()


def test_import_dialog_gathers_paths(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("0,0\n1,1\n")
    dialog = ImportDialog(bench)
    qtbot.addWidget(dialog)
    assert not dialog.ok.isEnabled()
    dialog.add([path, path, tmp_path])
    assert dialog.paths == [path, tmp_path]
    dialog.names.item(1).setSelected(True)
    dialog.remove.click()
    assert dialog.paths == [path]
    dialog.label_field.setText("line")
    dialog.begin()
    qtbot.waitUntil(lambda: bench.poll() or len(bench.materials()) == 1)
    assert bench.materials()[0].label == "line"


def test_saving_asks_for_a_name_and_adds_the_ending(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_circles(window, 1)
    answer = str(tmp_path / "mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (answer, "VRNN Studio project (*.vrnn)"))
    window.commands["save"].trigger()
    assert window.workbench.path == tmp_path / "mine.vrnn"
    window.workbench.poll()
    assert window.windowTitle() == "mine — VRNN Studio"
    window.commands["save"].trigger()
    assert "mine.vrnn" in window.status.text.text()


def test_ending_is_that_of_the_chosen_kind(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: ("/x/a.b", "SVG picture (*.svg)"))
    assert ask_where_to_save(window, "Export", "a.csv", DRAWING_FILES) == Path("/x/a.b.svg")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: ("/x/a.JSON", "SVG picture (*.svg)"))
    assert ask_where_to_save(window, "Export", "a.csv", DRAWING_FILES) == Path("/x/a.JSON")


# --- unsaved work


def answering(button: QMessageBox.StandardButton) -> Callable[[QMessageBox], int]:
    return lambda box: button


def test_untouched_project_is_left_without_a_question(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QMessageBox, "exec", lambda box: pytest.fail("asked"))
    window.commands["new"].trigger()
    assert window.close()
    assert not window.workbench.is_open


def test_unsaved_work_is_asked_about(window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    buttons = QMessageBox.StandardButton
    add_circles(window, 2)
    monkeypatch.setattr(QMessageBox, "exec", answering(buttons.Cancel))
    window.commands["new"].trigger()
    assert len(window.workbench.materials()) == 2
    assert not window.close()
    assert window.isVisible()
    monkeypatch.setattr(QMessageBox, "exec", answering(buttons.Save))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: ("", ""))
    assert not window.close()  # nowhere to save to: stay
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(tmp_path / "kept.vrnn"), ""))
    assert window.close()
    assert (tmp_path / "kept.vrnn").exists()


def test_quitting_during_a_training_asks(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(window.workbench), "training", TrainingState("training", 1, 5, 100))
    asked: list[str] = []

    def stay(box: QMessageBox) -> int:
        asked.append(box.text())
        return 0

    monkeypatch.setattr(QMessageBox, "exec", stay)
    assert not window.close()
    assert asked == ["A training is running. Stop it and quit?"]

    def quit_now(box: QMessageBox) -> int:
        next(button for button in box.buttons() if button.text() == "Stop and Quit").click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", quit_now)
    assert window.close()


def test_discarded_work_is_gone(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    add_circles(window, 2)
    monkeypatch.setattr(QMessageBox, "exec", answering(QMessageBox.StandardButton.Discard))
    window.commands["new"].trigger()
    window.workbench.poll()
    assert not window.workbench.materials()
    assert not window.workbench.left_behind()


def test_no_picture_of_another_project_is_held(window: MainWindow) -> None:
    bench, view = window.workbench, window.trajectories.collection
    bench.add_drawings([circle(), circle()])
    bench.poll()
    view.repaint()
    assert len(view.delegate._pictures) == 2
    bench.discard()
    bench.new()
    bench.poll()
    assert not view.delegate._pictures


def test_a_project_that_cannot_be_opened_leaves_a_usable_window(window: MainWindow, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.vrnn"
    wrong.write_text("no project")
    window.open(wrong)
    assert "wrong.vrnn" in window.stage.banner.sentence.text()
    assert window.workbench.is_open


def test_recent_projects(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    menu = window.commands.menus["recent*"]
    menu.aboutToShow.emit()
    assert not menu.actions()[0].isEnabled()
    window.workbench.save_as(tmp_path / "one.vrnn")
    window.new()
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    assert window.workbench.path == tmp_path / "one.vrnn"


# --- first start, hints, layout, theme


def test_first_start_opens_the_sample_and_can_train_at_once(window: MainWindow) -> None:
    window.workbench.close()
    window.open_first(None)
    window.workbench.poll()
    assert len(window.workbench.materials()) >= 8
    assert window.commands["train"].isEnabled(), window.commands["train"].toolTip()
    for hint in (window.training.hint, window.stage.hint):
        assert hint.isVisible()


def test_given_project_is_opened(window: MainWindow, tmp_path: Path) -> None:
    window.workbench.save_as(tmp_path / "given.vrnn")
    window.workbench.close()
    window.open_first(tmp_path / "given.vrnn")
    assert window.workbench.name == "given"
    window.workbench.close()
    window.open_first(tmp_path / "missing.vrnn")
    assert window.workbench.is_open
    assert "missing.vrnn" in window.stage.banner.sentence.text()


def test_project_of_last_time_is_opened_again(window: MainWindow, tmp_path: Path) -> None:
    window.workbench.save_as(tmp_path / "last.vrnn")
    window.workbench.close()
    window.open_first(None)
    assert window.workbench.name == "last"


def test_hints_are_closed_for_good_until_asked_for(window: MainWindow) -> None:
    hint = window.training.hint
    hint.findChild(QToolButton).click()
    assert not hint.isVisible()
    assert hint.dismissed
    window.commands["hints"].trigger()
    assert hint.isVisible()
    assert not hint.dismissed


def test_layout_is_remembered_and_can_be_reset(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.docks["generate"].hide()
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, window.docks["train"])
    window.close()
    again = MainWindow(Workbench(tmp_path / "other"))
    qtbot.addWidget(again)
    again.show()
    again.resize(1280, 800)  # the screen of these tests is smaller, and docks are folded there
    assert again.docks["generate"].isHidden()
    assert again.dockWidgetArea(again.docks["train"]) == Qt.DockWidgetArea.RightDockWidgetArea
    again.reset_layout()
    assert again.docks["generate"].isVisible()
    assert again.dockWidgetArea(again.docks["train"]) == Qt.DockWidgetArea.BottomDockWidgetArea


def test_theme_is_chosen_and_remembered(window: MainWindow) -> None:
    def brightness() -> float:
        image = window.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        return float(np.frombuffer(image.constBits(), np.uint8).mean())

    window.choose_theme("dark")
    assert brightness() < 80
    assert preferences().value("window/theme") == "dark"
    window.choose_theme("light")
    assert brightness() > 200
    assert theme().mode == "light"


# --- what can be read and reached


def truncated(top: QWidget) -> list[str]:
    """Visible labels and buttons whose text does not fit."""
    found = []
    for widget in top.findChildren(QWidget):
        if not widget.isVisible() or isinstance(widget, ElidedLabel):
            continue
        if isinstance(widget, QLabel) and not widget.text():
            continue
        if not isinstance(widget, QLabel | QAbstractButton | QComboBox):
            continue
        wraps = isinstance(widget, QLabel) and widget.wordWrap()
        needed = widget.heightForWidth(widget.width()) if wraps else widget.sizeHint().height()
        too_narrow = not wraps and widget.width() < widget.sizeHint().width() - 1
        if too_narrow or widget.height() < needed - 1:
            name = widget.accessibleName() or getattr(widget, "text", lambda: "")()
            found.append(f"{type(widget).__name__} {name!r} {widget.size()} needs {widget.sizeHint()}")
    return found


@pytest.mark.parametrize("size", [(1280, 800), (1272, 760), (1920, 1080)])
def test_no_text_is_cut_off(qtbot: QtBot, window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    window.reset_layout()
    qtbot.wait(50)
    assert (window.width(), window.height()) == size
    assert truncated(window) == []


def test_no_text_is_cut_off_in_dialogs(qtbot: QtBot, window: MainWindow) -> None:
    for dialog in (
        PatternDialog(window.workbench, window),
        ImportDialog(window.workbench, [], window),
        ShortcutsDialog(window.commands, window),
    ):
        dialog.show()
        qtbot.waitExposed(dialog)
        assert truncated(dialog) == []
        dialog.close()


def test_shortcuts_differ_and_every_action_is_in_a_menu(window: MainWindow) -> None:
    keys = [spec.keys for spec in SPECS.values() if spec.keys]
    assert len(keys) == len(set(keys))
    assert all(not QKeySequence(key).isEmpty() for key in keys)
    in_menus = {action.text() for action in all_actions(window)}
    assert {window.commands[name].text() for name in SPECS} <= in_menus


def test_mnemonics_differ(window: MainWindow) -> None:
    texts = [action.text() for action in window.menuBar().actions()]
    texts += [part.text() for part in window.findChildren(QLabel) if part.buddy() is not None]
    texts += [part.text() for part in window.findChildren(QAbstractButton) if not isinstance(part, QToolButton)]
    letters = [key for text in texts if (key := QKeySequence.mnemonic(text).toString())]
    assert len(letters) > 12
    assert sorted(letters) == sorted(set(letters))


def all_actions(window: MainWindow) -> list:
    found = []
    menus = [action.menu() for action in window.menuBar().actions()]
    while menus:
        for action in menus.pop().actions():
            found.append(action)
            if action.menu():
                menus.append(action.menu())
    return found


def test_everything_that_takes_the_focus_has_a_name(window: MainWindow) -> None:
    nameless = []
    for widget in window.findChildren(QWidget):
        keyboard = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        inner = widget.objectName().startswith("qt_")
        text = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
        if keyboard and not inner and widget.isVisible() and not (widget.accessibleName() or text):
            nameless.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    assert nameless == []


def test_tab_goes_through_the_window_and_comes_back(window: MainWindow) -> None:
    start = window.trajectories.canvas
    start.setFocus()
    seen = []
    for _ in range(100):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget())
        if seen[-1] is start:
            break
    assert seen[-1] is start
    for target in (window.generation.latent, window.generation.output, window.training.recipes):
        assert target in seen


def test_disabled_buttons_say_why(window: MainWindow) -> None:
    assert not window.workbench.materials()
    for name in ("train", "pause-training", "stop-training", "undo", "delete", "add", "begin", "play", "resume-run"):
        assert not window.commands[name].isEnabled(), name
        assert "Not now:" in window.commands[name].toolTip(), name


# --- dialogs, jobs, problems


def test_pattern_dialog_previews_and_inserts(qtbot: QtBot, window: MainWindow) -> None:
    dialog = PatternDialog(window.workbench, window)
    qtbot.addWidget(dialog)
    dialog.show()
    pictures = []
    for line in range(dialog.names.count()):
        dialog.names.setCurrentRow(line)
        pictures.append(dialog.preview.grab().toImage())
    assert len(pictures) >= 6
    assert all(one != other for i, one in enumerate(pictures) for other in pictures[:i])
    before = dialog.preview.grab().toImage()
    dialog.noise.setValue(0.2)
    assert dialog.preview.grab().toImage() != before
    dialog.count.setValue(3)
    dialog.points.setValue(50)
    dialog.label_field.setText("mine")
    dialog.insert()
    qtbot.waitUntil(lambda: len(window.workbench.materials()) == 3)
    items = window.workbench.materials()
    assert {(item.label, len(item.material)) for item in items} == {("mine", 50)}
    np.testing.assert_array_equal(items[0].material.points, dialog.preview._drawing.points)


def test_progress_of_jobs_is_shown_until_they_end(window: MainWindow) -> None:
    status = window.status
    status.show_job(Job(1, "Import", done=3, total=10))
    assert status._work.isVisible()
    assert (status._bar.value(), status._bar.maximum()) == (3, 10)
    status.show_job(Job(1, "Import", done=10, total=10, finished=True, messages=tuple("abcde")))
    assert not status._work.isVisible()
    assert window.stage.banner.sentence.text() == "a\nb\nc\nand 2 more."
    assert not window.stage.banner._details.startswith("and")


def test_errors_become_a_banner(window: MainWindow) -> None:
    @reported
    def fails() -> None:
        raise StudioError("That cannot be done: do something else.")

    fails()
    assert window.stage.banner.isVisible()
    assert window.stage.banner.sentence.text() == "That cannot be done: do something else."
    problems().met.emit("A mistake.", "Traceback: all of it")
    assert window.stage.banner.sentence.text() == "A mistake."
    window.stage.banner._copy.click()
    assert QApplication.clipboard().text() == "A mistake.\n\nTraceback: all of it"


def test_shortcuts_dialog_has_them_all(qtbot: QtBot, window: MainWindow) -> None:
    dialog = ShortcutsDialog(window.commands, window)
    qtbot.addWidget(dialog)
    texts = {text.text() for text in dialog.findChildren(QLabel)}
    with_keys = [spec for spec in SPECS.values() if spec.keys]
    assert len(window.commands.shortcuts()) == len(with_keys)
    assert {keys for _, _, keys in window.commands.shortcuts()} <= texts


def test_actions_that_toggle_keep_their_shortcut(window: MainWindow) -> None:
    actions: Actions = window.commands
    actions.retitle("play", "&Stop", "pause", "Hold")
    assert actions["play"].toolTip() == "Hold (F8)"


def test_wide_samples_do_not_push_the_controls_out_of_the_window(window: MainWindow) -> None:
    window.show()
    content = window.generation.widget()
    assert content is not None
    assert window.docks["generate"].minimumSizeHint().width() >= content.minimumSizeHint().width()
