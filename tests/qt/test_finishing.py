"""What the person draws, or selects, is finished by the model in several ways; and the pen goes from hand to hand."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import Model, circle
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.sequences.material import Drawing
from studio.ui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def stroke(window: MainWindow, *places: tuple[int, int]) -> None:
    """Draw on the person's canvas."""
    canvas = window.trajectories.canvas
    QTest.mousePress(canvas, LEFT, pos=QPoint(*places[0]))
    for place in places[1:]:
        QTest.mouseMove(canvas, QPoint(*place))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(*places[-1]))


@pytest.fixture
def drawn(window: MainWindow, model: Model) -> Drawing:
    """A window with strokes on the person's canvas, and a model."""
    window.commands["loop"].setChecked(True)
    window.generation.renew()
    assert not window.commands["finish"].isEnabled()
    window.trajectories.canvas.adding = "hand"
    window.trajectories.canvas.label = "roof"
    stroke(window, (40, 80), (60, 40), (80, 80))
    stroke(window, (90, 40), (120, 40))
    found = window.trajectories.canvas.drawing
    assert found is not None
    return found


def finished(qtbot: QtBot, window: MainWindow) -> None:
    window.commands["finish"].trigger()
    window.stage.canvas.hurry()
    qtbot.waitUntil(lambda: window.stage.canvas.done)


def click_way(window: MainWindow, way: int) -> None:
    canvas = window.stage.canvas
    QTest.mouseClick(canvas, LEFT, pos=canvas._cells.own[way].center().toPoint())


def test_what_is_on_the_canvas_is_finished_in_so_many_ways(window: MainWindow, model: Model, drawn: Drawing) -> None:
    window.generation.ways.setValue(5)
    window.commands["finish"].trigger()
    asked = model.asked[-1]
    assert asked.count == 5
    assert isinstance(asked.begin, Drawing)
    assert asked.begin.strokes == drawn.strokes
    assert window.stage.canvas._ways
    assert window.generation._begin_row.isVisibleTo(window.generation)


def test_by_default_there_are_nine_ways(window: MainWindow, model: Model, drawn: Drawing) -> None:
    window.commands["finish"].trigger()
    assert model.asked[-1].count == 9
    assert (window.generation.ways.minimum(), window.generation.ways.maximum()) == (2, 16)


def test_what_is_being_finished_waits_on_the_canvas(window: MainWindow, model: Model, drawn: Drawing) -> None:
    canvas = window.trajectories.canvas
    canvas.adding = "pause"
    stroke(window, (40, 80), (60, 40))
    assert canvas._ring.isActive()
    window.commands["finish"].trigger()
    assert not canvas._ring.isActive()
    assert canvas.strokes


def test_a_click_takes_a_way_onto_the_canvas_and_undo_takes_it_back(
    qtbot: QtBot, window: MainWindow, model: Model, drawn: Drawing
) -> None:
    finished(qtbot, window)
    click_way(window, 3)
    canvas = window.trajectories.canvas
    taken = canvas.drawing
    assert taken is not None
    assert len(taken) > len(drawn)
    for one, other in zip(taken.strokes, drawn.strokes, strict=False):
        np.testing.assert_allclose(one.points[: len(other)], other.points)
    assert not window.workbench.materials()
    canvas.undo()
    assert canvas.strokes == drawn.strokes
    canvas.redo()
    canvas.finish()
    window.workbench.poll()
    (item,) = window.workbench.materials()
    assert item.label == "roof"


def test_ways_stand_still_once_they_are_finished(
    qtbot: QtBot, window: MainWindow, model: Model, drawn: Drawing
) -> None:
    finished(qtbot, window)
    assert not window.generation._hold.isActive()
    assert window.stage.canvas.done
    window.commands["dice"].trigger()
    assert model.pens[-1].seeds  # others are drawn only when somebody asks for them
    assert window.stage.canvas._ways


def test_a_way_of_a_selected_drawing_goes_to_the_collection_as_one_step(
    qtbot: QtBot, window: MainWindow, model: Model
) -> None:
    window.generation.renew()
    window.workbench.add_drawing(circle(0.5, "ring"))
    window.workbench.poll()
    window.trajectories.collection.selectAll()
    qtbot.waitUntil(lambda: window.commands["finish"].isEnabled())
    window.commands["finish"].trigger()
    qtbot.waitUntil(lambda: model.asked[-1].count == 9 and window.stage.canvas.frames_shown > 0)
    click_way(window, 0)  # still being drawn: it is finished first
    qtbot.waitUntil(lambda: len(window.workbench.materials()) == 2)
    added = window.workbench.materials()[-1].drawing
    assert added.label == "ring"
    np.testing.assert_allclose(added.points[:24], circle(0.5).points)
    assert window.workbench.undo_text == "finish a drawing"
    window.workbench.undo()
    assert len(window.workbench.materials()) == 1


def test_only_a_model_that_goes_on_finishes_drawings(window: MainWindow, model: Model, drawn: Drawing) -> None:
    model.no_beginning = "This model makes a drawing in one piece."
    window.generation.renew()
    assert not window.commands["finish"].isEnabled()
    assert "this model makes" in window.commands["finish"].toolTip()
    assert window.stage.canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_other_beginnings_put_an_end_to_it(window: MainWindow, model: Model, drawn: Drawing) -> None:
    for ends in (lambda: window.commands["begin-nothing"].trigger(), lambda: window.generation._begin_with(circle())):
        window.commands["finish"].trigger()
        assert window.stage.canvas._ways
        ends()
        assert not window.stage.canvas._ways
        assert model.asked[-1].count == window.generation.count
    window.commands["finish"].trigger()
    window.workbench.new()
    window.workbench.poll()
    assert window.generation.settings().begin is None


def test_the_pen_is_taken_and_the_model_goes_on_from_there(window: MainWindow, model: Model) -> None:
    window.generation.counts.button(1).click()
    canvas = window.stage.canvas
    canvas._timer.stop()
    while canvas.frames_shown < 10:
        canvas._advance(1 / 60)
    before, shown = model.pens[-1], canvas.frames_shown
    middle = canvas.rect().center()
    QTest.mousePress(canvas, LEFT, pos=middle)
    QTest.mouseMove(canvas, middle + QPoint(50, 0))
    assert not before.closed
    QTest.mouseRelease(canvas, LEFT, pos=middle + QPoint(80, 20))
    assert before.closed
    asked = model.asked[-1]
    assert isinstance(asked.begin, Drawing)
    assert [len(each) for each in asked.begin.strokes] == [shown, 2]
    assert asked.count == 1
    assert canvas.playing
    assert canvas._paged  # nothing jumps


def test_nothing_begins_anew_while_the_person_has_the_pen(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    canvas, pane = window.stage.canvas, window.generation
    canvas._timer.stop()
    while not canvas.done:
        canvas._advance(1 / 60)
    assert pane._hold.isActive()
    QTest.mousePress(canvas, LEFT, pos=canvas.rect().center())
    assert not pane._hold.isActive()
    pane._live_run = None
    window.workbench.weights_changed.emit(1)
    assert len(model.pens) == 1
    QTest.mouseRelease(canvas, LEFT, pos=canvas.rect().center())
    assert pane._hold.isActive()  # a click changes nothing
