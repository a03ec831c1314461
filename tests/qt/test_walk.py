"""From this to that: two selected drawings, and a slider between them on the map of g, with a real mouse."""

from __future__ import annotations

import time

import numpy as np
import pytest
from fakes import circle, slow_down
from layout import faults, settle
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from test_map_of_g import LEFT

from studio.generation.walk import NOT_ALIKE
from studio.sequences.material import Drawing
from studio.ui.adapting import FRAME
from studio.ui.commands import entries_of
from studio.ui.inside.chart_pane import ChartPane
from studio.ui.main_window import MainWindow
from studio.ui.theme import Mode, theme

SHORT = {"training.steps": 20, "training.validation": 0.0, "training.snapshots": 0}  # from the base


def spiral(turns: float, label: str) -> Drawing:
    angle = np.linspace(0, 2 * np.pi * turns, 80)
    return Drawing.from_points((angle * np.stack([np.cos(angle), np.sin(angle)])).T, label=label)


@pytest.fixture
def trained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """A run with g, of three rings and three spirals."""
    bench = window.workbench
    bench.add_drawings([circle(1.0 + i / 50, "ring") for i in range(3)])
    bench.add_drawings([spiral(2.5 + i / 20, "spiral") for i in range(3)])
    bench.train(bench.recipe("pens").changed(SHORT), seed=1)
    qtbot.waitUntil(lambda: bench.training.phase == "idle")
    return window


def select(window: MainWindow, *rows: int) -> None:
    items = window.workbench.materials()
    window.trajectories.collection.select([items[row].id for row in rows])


def walk(qtbot: QtBot, window: MainWindow, *rows: int) -> ChartPane:
    """Begin a walk, as a person does."""
    select(window, *rows)
    window.commands["walk"].trigger()
    arrived(qtbot, window, 0.5)
    return window.inside.map


def arrived(qtbot: QtBot, window: MainWindow, share: float) -> Drawing:
    piece = window.inside.map.piece
    qtbot.waitUntil(lambda: piece.found is not None and piece.found.asked.tolist() == [pytest.approx(share)])
    assert piece.found is not None
    assert isinstance(piece.found.material, Drawing)
    return piece.found.material


def test_the_slider_leads_from_the_one_to_the_other(qtbot: QtBot, trained: MainWindow) -> None:
    pane = walk(qtbot, trained, 0, 2)
    assert trained.centre.view == "view-inside"
    assert trained.inside.looking is None  # no piece was read in vain
    assert pane.walk.isVisible()
    assert not pane.walk.remark.isVisible()
    assert not any(picture.pixmap().isNull() for picture in pane.walk.pictures)
    assert pane.mapped is not None
    slider, points = pane.walk.slider, pane.mapped.chart.points
    made = []
    for row, x in ((0, 0), (2, slider.width())):
        QTest.mousePress(slider, LEFT, pos=QPoint(x, slider.height() // 2))
        QTest.mouseRelease(slider, LEFT, pos=QPoint(x, slider.height() // 2))
        made.append(arrived(qtbot, trained, 1.0 if x else 0.0))
        assert pane.chart.point is not None
        np.testing.assert_allclose(pane.chart.point, points[row], atol=1e-5)
    assert not np.array_equal(made[0].points[:5], made[1].points[:5])
    np.testing.assert_array_equal(pane.chart.way, points[[0, 2]])


def test_the_window_waits_for_nothing_while_the_slider_moves(qtbot: QtBot, trained: MainWindow) -> None:
    pane = walk(qtbot, trained, 0, 1)
    live = pane.walk._live
    assert live is not None
    slow_down(live, 0.2)
    began = time.perf_counter()
    for share in range(50):
        pane.walk.slider.number = share / 50
    assert time.perf_counter() - began < 50 * 0.2  # or every one of them had been waited for
    arrived(qtbot, trained, 49 / 50)
    assert pane.walk.reading.text() == "98 %"


def test_the_keys_move_it(qtbot: QtBot, trained: MainWindow) -> None:
    pane = walk(qtbot, trained, 0, 1)
    pane.walk.slider.setFocus()
    QTest.keyClick(pane.walk.slider, Qt.Key.Key_Right)
    arrived(qtbot, trained, 0.55)
    QTest.keyClick(pane.walk.slider, Qt.Key.Key_Home)
    arrived(qtbot, trained, 0.0)


def test_two_shapes_are_walked_between_with_a_sentence(qtbot: QtBot, trained: MainWindow) -> None:
    pane = walk(qtbot, trained, 0, 5)
    assert pane.walk.remark.isVisible()
    assert pane.walk.remark.text() == NOT_ALIKE
    walk(qtbot, trained, 0, 1)
    assert not pane.walk.remark.isVisible()


def test_it_says_what_it_needs(qtbot: QtBot, trained: MainWindow) -> None:
    action = trained.commands["walk"]
    select(trained, 1)
    assert not action.isEnabled()
    assert "Not now: select two drawings in the collection first." in action.toolTip()
    select(trained, 1, 2, 3)
    assert not action.isEnabled()
    select(trained, 1, 2)
    assert action.isEnabled()
    bench = trained.workbench
    bench.train(bench.recipe("pens-gmm").changed({"model.hidden": 8, "training.steps": 4}), seed=1)
    qtbot.waitUntil(lambda: bench.training.phase == "idle")
    qtbot.waitUntil(lambda: not action.isEnabled())
    assert "Not now: this model draws no latent variable g" in action.toolTip()


def test_it_is_in_the_context_menu_and_in_the_palette(trained: MainWindow) -> None:
    assert "walk" in trained.trajectories.menu
    select(trained, 0, 1)
    (entry,) = [entry for entry in entries_of(trained) if entry.text == "From This to That"]
    assert not entry.why_not
    entry.act()
    assert trained.centre.view == "view-inside"
    assert trained.inside.mapping


def test_it_ends_with_its_button_and_with_either_drawing(qtbot: QtBot, trained: MainWindow) -> None:
    pane = walk(qtbot, trained, 0, 2)
    qtbot.mouseClick(pane.walk.close_button, LEFT)
    assert not pane.walk.isVisible()
    assert pane.chart.way is None
    walk(qtbot, trained, 0, 2)
    trained.workbench.delete([trained.workbench.materials()[2].id])
    qtbot.waitUntil(lambda: not pane.walk.isVisible())
    assert pane.walk._live is None


def test_what_lies_there_can_be_kept_and_the_walk_goes_on(qtbot: QtBot, trained: MainWindow) -> None:
    pane = walk(qtbot, trained, 0, 2)
    pane.walk.slider.number = 0.25
    kept = arrived(qtbot, trained, 0.25)
    qtbot.mouseClick(pane.keep, LEFT)
    qtbot.waitUntil(lambda: len(trained.workbench.materials()) == 7)
    np.testing.assert_array_equal(trained.workbench.materials()[-1].drawing.points, kept.points)
    qtbot.waitUntil(lambda: pane.mapped is not None and len(pane.mapped.items) == 7)
    assert pane.walk.isVisible()
    assert pane.walk.slider.number == 0.25
    arrived(qtbot, trained, 0.25)


def test_the_map_can_be_dragged_beside_it(qtbot: QtBot, trained: MainWindow) -> None:
    pane = walk(qtbot, trained, 0, 2)
    QTest.mousePress(pane.chart, LEFT, pos=QPoint(60, 60))
    QTest.mouseRelease(pane.chart, LEFT, pos=QPoint(60, 60))
    point = pane.chart.point
    assert point is not None
    qtbot.waitUntil(lambda: pane.piece.found is not None and tuple(pane.piece.found.asked) == point)
    assert pane.walk.isVisible()


def test_both_themes_show_the_way(qtbot: QtBot, trained: MainWindow) -> None:
    pane = walk(qtbot, trained, 0, 5)
    with_way = pane.chart.grab().toImage()
    light = pane.walk.pictures[0].pixmap().toImage()
    theme().apply("dark")
    assert pane.walk.pictures[0].pixmap().toImage() != light
    theme().apply("light")
    assert pane.chart.grab().toImage() == with_way
    pane.chart.show_way(None)
    assert pane.chart.grab().toImage() != with_way


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_nothing_of_it_is_cut(qtbot: QtBot, trained: MainWindow, mode: Mode) -> None:
    pane = walk(qtbot, trained, 0, 5)
    theme().apply(mode)
    for size in (QSize(512, 350) - FRAME, QSize(960, 640), QSize(1024, 700), QSize(1280, 800)):
        trained.resize(size)
        settle()
        assert pane.walk.remark.isVisible()
        assert faults(trained) == []


def test_another_project_has_no_walk(qtbot: QtBot, trained: MainWindow) -> None:
    pane = walk(qtbot, trained, 0, 2)
    trained.workbench.discard()
    trained.workbench.new()
    qtbot.waitUntil(lambda: not pane.walk.isVisible())
    assert pane.walk._live is None
    assert not trained.commands["walk"].isEnabled()


def test_the_row_from_one_to_another_says_so_too(qtbot: QtBot, trained: MainWindow) -> None:
    said: list[str] = []
    trained.generation.said.connect(said.append)
    for last, sentences in ((1, []), (5, [NOT_ALIKE])):
        select(trained, 0, last)
        trained.commands["between"].trigger()
        qtbot.waitUntil(lambda: trained.stage.canvas.frames_shown > 10)
        assert said == sentences
