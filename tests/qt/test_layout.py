"""Nothing overlaps, nothing is cut and everything can be reached, on every screen, at every scale, in both themes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import circle, tone
from layout import faults, settle, walk
from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

sys.path.append(str(Path(__file__).parent.parent / "unit" / "workbench"))
from tiny import tiny, train

from studio.sequences.roll import Note, Roll
from studio.sequences.text import Text
from studio.training.recipe import Recipe
from studio.ui.adapting import FRAME
from studio.ui.commands import entries_of
from studio.ui.curves_dialog import CurvesDialog
from studio.ui.import_dialog import ImportDialog
from studio.ui.main_window import MainWindow
from studio.ui.measure_dialog import MeasureDialog
from studio.ui.palette import Palette
from studio.ui.pattern_dialog import PatternDialog
from studio.ui.recipe_dialog import RecipeDialog
from studio.ui.recover_dialog import RecoverDialog
from studio.ui.shortcuts import ShortcutsDialog
from studio.ui.theme import Mode, font, theme
from studio.ui.thumbnails import cell_of
from studio.workbench import Workbench

SCREENS = ((1024, 700), (1280, 800), (1920, 1080), (2560, 1440))
SCALES = (1.0, 1.5, 2.0)
LONG = "A sentence as long as those that tell what went wrong with a file of somebody's, and how that can be mended."


def logical(screen: tuple[int, int], scale: float) -> QSize:
    """What is left of a screen for the window, in the pixels that Qt counts in."""
    return QSize(*(int(pixels / scale) for pixels in screen)) - FRAME


def look_at_all(window: MainWindow, sizes: list[QSize]) -> list[str]:
    """What is wrong anywhere in the window at these sizes."""
    found = []
    for size in sizes:
        window.resize(size)

        def look(where: str, size: QSize = size) -> None:
            at = f"{size.width()} x {size.height()}, {theme().mode}, {where}"
            if window.size() != size:
                found.append(f"{at}: the window is {window.size().toTuple()}")
            found.extend(f"{at}: {what}" for what in faults(window))

        walk(window, look)
    return found


@pytest.fixture
def full(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """With material of every kind, a finished run, and what it draws."""
    bench = window.workbench
    bench.add_materials([circle(label="a circle"), tone(440, 0.4, label="seven"), Text("a text")], "made up")
    bench.add_drawings([circle(size, "circle") for size in (1.0, 1.1, 1.2, 1.3)])
    train(bench, tiny(steps=2), seed=1)
    qtbot.waitUntil(lambda: bool(window.generation._made()))
    return window


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("scale", SCALES)
def test_nothing_overlaps_and_nothing_is_cut(full: MainWindow, scale: float, mode: Mode) -> None:
    theme().apply(mode)
    sizes = [logical(screen, scale) for screen in (SCREENS if mode == "light" else SCREENS[1:2])]
    assert look_at_all(full, sizes) == []
    full.stage.banner.tell(LONG, "details")
    full.training.hint._dismiss()
    assert look_at_all(full, sizes[:1]) == []


@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_nothing_overlaps_where_qt_itself_scales(scale: str, tmp_path: Path) -> None:
    """In a process of its own: fonts and lines are rounded to other pixels there."""
    script = Path(__file__).with_name("scaled_window.py")
    environment = os.environ | {"QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, script, str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture
def large_font(qapp: QApplication) -> Iterator[None]:
    """Half as large again, as some set it in place of a scale."""
    usual = qapp.font()
    larger = QFont(usual)
    larger.setPointSizeF(usual.pointSizeF() * 1.5)
    qapp.setFont(larger)
    yield
    qapp.setFont(usual)


def test_nothing_is_cut_where_the_font_is_large(large_font: None, window: MainWindow) -> None:
    window.workbench.add_drawings([circle(label="a circle")])
    window.workbench.poll()
    assert look_at_all(window, [logical(screen, 1.0) for screen in SCREENS[:3]]) == []


def test_labels_of_thumbnails_end_above_the_next_row(large_font: None, window: MainWindow) -> None:
    for pane in window.panes:
        look = pane.look
        below = cell_of(look).height() - 4 - look.picture.height()
        assert below >= QFontMetrics(font("small")).height()


def test_the_rules_find_what_is_wrong(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(200, 100)
    for place, part in (
        (QRect(0, 0, 100, 30), QPushButton("One")),
        (QRect(90, 0, 100, 30), QPushButton("Other")),
        (QRect(150, 50, 100, 30), QPushButton("Out")),
        (QRect(0, 50, 20, 20), QLabel("a long text")),
    ):
        part.setParent(window)
        part.setGeometry(place)
    window.show()
    found = faults(window)
    assert [word in " ".join(found) for word in ("share 10x30+90+0", "sticks out of", "its words need")] == [True] * 3
    assert len(found) == 3


RECIPE = Recipe(name="mine", title="Mine")
DIALOGS: dict[str, Callable[[MainWindow], QDialog]] = {
    "pattern": lambda window: PatternDialog(window.workbench, window),
    "settings": lambda window: RecipeDialog(RECIPE, RECIPE, lambda recipe: None, window),
    "import": lambda window: ImportDialog(window.workbench, [], window),
    "measure": lambda window: MeasureDialog(window.workbench, window),
    "curves": lambda window: CurvesDialog(window.workbench, window),
    "shortcuts": lambda window: ShortcutsDialog(window.commands, window),
    "palette": lambda window: Palette(entries_of(window), window),
    "recover": lambda window: RecoverDialog(window.workbench, window),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_dialogs_fit_on_every_screen(qtbot: QtBot, window: MainWindow, name: str) -> None:
    dialog = DIALOGS[name](window)
    qtbot.addWidget(dialog)
    dialog.show()
    if isinstance(dialog, CurvesDialog):  # its graphs come later
        qtbot.waitUntil(lambda: dialog.view is not None)
    for size in (dialog.size(), logical((1024, 700), 2.0), logical((1280, 800), 1.0)):
        dialog.resize(size)
        settle()
        assert dialog.size() == size
        assert faults(dialog) == []


def test_what_a_and_b_are_is_said_whole(window: MainWindow) -> None:
    window.resize(logical((1024, 700), 1.0))
    window.stage.show_kind("audio")
    window.stage.compared.setText("B: real, the quick brown fox jumps")
    settle()
    assert faults(window) == []
    assert window.stage.compared.isVisible()


def test_a_change_of_theme_keeps_the_layout(window: MainWindow) -> None:
    window.resize(logical((1024, 700), 1.0))
    for mode in ("dark", "light"):
        theme().apply(mode)
        settle()
        assert faults(window) == []


# --- folding


def test_panes_become_tabs_where_there_is_no_room_and_come_back(window: MainWindow) -> None:
    window.resize(1280, 800)
    widths = {name: dock.width() for name, dock in window.docks.items()}
    window.resize(900, 560)
    assert window.centre.names[-1] == "train"
    assert window.tabifiedDockWidgets(window.docks["material"]) == [window.docks["generate"]]
    window.resize(512, 350)
    assert {"material", "generate", "train"} <= set(window.centre.names)
    assert all(dock.isHidden() for dock in window.docks.values())
    window.resize(1280, 800)
    QCoreApplication.processEvents()
    assert window.centre.names == ["view-samples", "view-inside", "view-compare"]
    assert {name: dock.width() for name, dock in window.docks.items()} == widths


def test_a_pane_that_was_closed_stays_closed_when_folded(window: MainWindow) -> None:
    window.resize(1280, 800)
    window.places.toggles["generate"].trigger()
    assert window.docks["generate"].isHidden()
    window.resize(512, 350)
    assert not window.centre.has("generate")
    window.places.toggles["generate"].trigger()
    assert window.centre.has("generate")
    window.places.toggles["generate"].trigger()
    window.resize(1280, 800)
    assert window.docks["generate"].isHidden()
    assert window.docks["material"].isVisible()


def test_a_layout_made_by_hand_outlives_a_small_window(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1400, 900)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, window.docks["train"])
    window.resize(600, 400)
    window.resize(1400, 900)
    assert window.dockWidgetArea(window.docks["train"]) == Qt.DockWidgetArea.RightDockWidgetArea


def test_what_is_wanted_comes_to_the_front_where_panes_are_tabs(window: MainWindow) -> None:
    window.resize(512, 350)
    window.audio.wants_front.emit()
    assert window.centre.view == "material"
    assert window.audio.isVisible()


def test_a_plot_fills_the_pane_and_goes_back(window: MainWindow) -> None:
    window.resize(1280, 800)
    first, second, *_ = plots = window.training.plots
    before = second.size()
    QTest.mouseDClick(second.graph, Qt.MouseButton.LeftButton)
    settle()
    assert second.width() == window.training.curves.width()
    assert [plot.isVisible() for plot in plots] == [False, True, False, False]
    QTest.mouseClick(second.filling, Qt.MouseButton.LeftButton)
    settle()
    assert second.size() == before
    assert all(plot.isVisible() for plot in plots)
    assert not first.filling.isChecked()


def test_plots_grow_with_the_window(window: MainWindow) -> None:
    window.resize(1280, 800)
    settle()
    small = [plot.size() for plot in window.training.plots]
    for size in (QSize(1920, 1080), QSize(2560, 1440)):
        window.resize(size)
        settle()
        for plot, before in zip(window.training.plots, small, strict=True):
            assert plot.width() >= before.width()
            assert plot.height() > before.height()
        small = [plot.size() for plot in window.training.plots]


def test_a_piano_roll_is_worth_drawing_on_at_1280_by_800(window: MainWindow) -> None:
    for hint in (window.notes.hint, window.training.hint):
        hint._dismiss()
    window.workbench.add_rolls([Roll.from_notes([Note(0, 4, 60)], 32, 8.0)])
    window.workbench.poll()
    window.resize(1280, 800)
    window.material_tabs.setCurrentWidget(window.notes)
    settle()
    assert window.notes.editor.viewport().height() >= 150


def test_a_new_project_has_room_to_draw_at_1280_by_800(window: MainWindow) -> None:
    window.resize(1280, 800 - FRAME.height())
    settle()
    assert window.trajectories.canvas.height() >= 170


def test_the_material_reaches_to_the_bottom_where_the_training_has_room_beside_it(window: MainWindow) -> None:
    window.resize(1280, 800)
    settle()
    assert window.trajectories.canvas.height() < 250
    window.resize(1920, 1080)
    settle()
    assert window.trajectories.canvas.height() > 450
    assert window.training.plots[0].height() > 150
    window.resize(1280, 800)
    settle()
    assert window.training.width() == window.width()


def test_a_workbench_without_a_project_has_its_layout_too(qtbot: QtBot, window: MainWindow, bench: Workbench) -> None:
    bench.discard()
    assert look_at_all(window, [logical((1024, 700), 2.0)]) == []
