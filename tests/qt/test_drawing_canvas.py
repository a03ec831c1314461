"""Drawing by hand."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import circle
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.sequences.material import Drawing
from studio.ui.drawing_canvas import DrawingCanvas


@pytest.fixture
def canvas(qtbot: QtBot) -> DrawingCanvas:
    found = DrawingCanvas()
    found.adding = "hand"
    found.resize(400, 400)
    qtbot.addWidget(found)
    found.show()
    qtbot.waitExposed(found)
    return found


def draw(canvas: DrawingCanvas, *places: tuple[int, int]) -> None:
    """One stroke with the mouse."""
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(*places[0]))
    for place in places[1:]:
        QTest.mouseMove(canvas, QPoint(*place))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(*places[-1]))


def finished(canvas: DrawingCanvas) -> list[Drawing]:
    """What the canvas hands over from now on."""
    found: list[Drawing] = []
    canvas.finished.connect(found.append)
    return found


def ink(canvas: DrawingCanvas) -> int:
    """How many pixels the canvas has painted that are not paper."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)[20:-20, 20:-20]
    return int((pixels != pixels[0, 0]).sum())


def test_strokes_become_a_drawing_in_page_units(canvas: DrawingCanvas) -> None:
    found = finished(canvas)
    canvas.label = "cross"
    draw(canvas, (100, 100), (200, 200), (300, 300))
    draw(canvas, (300, 100), (100, 300))
    assert len(canvas.strokes) == 2
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    (drawing,) = found
    assert drawing.label == "cross"
    assert drawing.y_up is False
    np.testing.assert_allclose(drawing.strokes[0].points, [[-100, -100], [0, 0], [100, 100]])
    np.testing.assert_allclose(drawing.strokes[1].points, [[100, -100], [-100, 100]])
    assert canvas.empty


def test_times_are_recorded_and_never_run_backwards(canvas: DrawingCanvas) -> None:
    found = finished(canvas)
    draw(canvas, (100, 100), (200, 200), (300, 300))
    draw(canvas, (300, 100), (100, 300))
    canvas.finish()
    times = found[0].times
    assert times is not None
    assert times[0] == 0
    assert (np.diff(times) >= 0).all()


def test_ink_is_under_the_pen_before_the_stroke_ends(canvas: DrawingCanvas) -> None:
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    dot = ink(canvas)
    QTest.mouseMove(canvas, QPoint(200, 200))
    half = ink(canvas)
    QTest.mouseMove(canvas, QPoint(340, 60))
    assert 0 < dot < half < ink(canvas)


def test_only_new_pieces_are_painted(canvas: DrawingCanvas) -> None:
    draw(canvas, *[(50 + i, 100 + (i * 7) % 50) for i in range(200)])
    before = canvas._ink.pieces_painted
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 300))
    for x in range(60, 160, 10):
        QTest.mouseMove(canvas, QPoint(x, 300))
    assert canvas._ink.pieces_painted - before == 10


def test_a_pause_adds_the_drawing_and_a_new_stroke_puts_it_off(qtbot: QtBot, canvas: DrawingCanvas) -> None:
    found = finished(canvas)
    canvas.adding = "pause"
    canvas.pause_seconds = 0.3
    draw(canvas, (100, 100), (300, 300))
    assert not found
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
    qtbot.wait(500)
    assert not found
    QTest.mouseMove(canvas, QPoint(100, 300))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 300))
    qtbot.waitUntil(lambda: len(found) == 1)
    assert len(found[0].strokes) == 2


def test_each_stroke_can_be_a_drawing(canvas: DrawingCanvas) -> None:
    found = finished(canvas)
    canvas.adding = "stroke"
    draw(canvas, (100, 100), (300, 300))
    draw(canvas, (100, 200), (300, 200))
    assert [len(drawing.strokes) for drawing in found] == [1, 1]


def test_undo_and_redo_strokes(canvas: DrawingCanvas) -> None:
    draw(canvas, (100, 100), (300, 300))
    one = ink(canvas)
    draw(canvas, (300, 100), (100, 300))
    canvas.undo()
    assert len(canvas.strokes) == 1
    assert ink(canvas) == one
    canvas.redo()
    assert len(canvas.strokes) == 2
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.empty
    canvas.undo()
    assert len(canvas.strokes) == 2
    draw(canvas, (50, 50), (60, 350))
    assert not canvas.can_redo


def test_eraser_removes_the_strokes_it_touches(canvas: DrawingCanvas) -> None:
    draw(canvas, (50, 100), (350, 100))
    draw(canvas, (50, 300), (350, 300))
    QTest.keyClick(canvas, Qt.Key.Key_E)
    draw(canvas, (200, 250), (205, 350))  # crosses between two events
    assert len(canvas.strokes) == 1
    assert canvas.strokes[0].points[0, 1] == pytest.approx(-100)
    canvas.undo()
    assert len(canvas.strokes) == 2


def test_a_single_dot_is_refused_but_a_dot_of_an_i_is_not(canvas: DrawingCanvas) -> None:
    found = finished(canvas)
    refused: list[str] = []
    canvas.refused.connect(refused.append)
    draw(canvas, (200, 200), (200, 200))
    canvas.finish()
    assert refused
    assert not found
    draw(canvas, (200, 150), (200, 300))
    draw(canvas, (200, 100), (200, 100))
    canvas.finish()
    assert [len(stroke) for stroke in found[0].strokes] == [2, 1]


def test_changing_a_drawing(canvas: DrawingCanvas) -> None:
    canvas.show_others([circle(1.0, "ring")])
    found = finished(canvas)
    canvas.edit(circle(1.0, "ring"))
    assert canvas.editing is not None
    draw(canvas, (200, 150), (200, 250))
    canvas.finish()
    (drawing,) = found
    assert drawing.label == "ring"
    assert drawing.y_up is True
    assert len(drawing.strokes) == 2
    assert np.abs(drawing.strokes[1].points).max() < 1
    assert drawing.strokes[1].points[0, 1] > drawing.strokes[1].points[1, 1]  # downwards, where y grows upwards
    assert canvas.editing is None


def test_other_drawings_lie_faintly_underneath(canvas: DrawingCanvas) -> None:
    canvas.show_others([circle(1.0)])
    shown = ink(canvas)
    canvas.set_onion_skin(False)
    assert ink(canvas) < shown


def test_of_the_drawings_underneath_only_new_ones_are_painted(canvas: DrawingCanvas) -> None:
    drawings = [circle(1.0, str(number)) for number in range(30)]
    canvas.show_others(drawings)
    before = canvas._onion.painted
    canvas.show_others([*drawings, circle(0.9)])
    assert canvas._onion.painted == before + 1
    shown = canvas.grab().toImage()
    canvas.set_onion_skin(False)
    canvas.set_onion_skin(True)
    assert canvas.grab().toImage() == shown


def test_empty_canvas_says_what_to_do(canvas: DrawingCanvas) -> None:
    empty = ink(canvas)
    draw(canvas, (180, 200), (220, 200))
    assert ink(canvas) < empty  # the words are gone


def test_drawing_survives_a_change_of_size(canvas: DrawingCanvas) -> None:
    found = finished(canvas)
    draw(canvas, (100, 100), (300, 300))
    canvas.resize(200, 300)
    QApplication.processEvents()
    draw(canvas, (50, 100), (150, 200))
    canvas.finish()
    np.testing.assert_allclose(found[0].strokes[0].points, found[0].strokes[1].points)


def tablet(canvas: DrawingCanvas, kind: QEvent.Type, x: float, y: float, pressure: float, eraser: bool = False) -> None:
    """One event of a pen tablet."""
    types = QPointingDevice.PointerType
    device = QPointingDevice(
        "pen", 1, QInputDevice.DeviceType.Stylus, types.Eraser if eraser else types.Pen,
        QInputDevice.Capability.Pressure | QInputDevice.Capability.Position, 1, 1,
    )  # fmt: skip
    button = Qt.MouseButton.LeftButton
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.TabletRelease else button
    place = QPointF(x, y)
    event = QTabletEvent(kind, device, place, place, pressure, 0, 0, 0, 0, 0, Qt.KeyboardModifier(0), button, held)
    QApplication.sendEvent(canvas, event)


def test_tablet_gives_pressure_and_its_other_end_erases(canvas: DrawingCanvas) -> None:
    tablet(canvas, QEvent.Type.TabletPress, 100.25, 100, 0.2)
    tablet(canvas, QEvent.Type.TabletMove, 200, 200, 0.6)
    tablet(canvas, QEvent.Type.TabletMove, 300, 100, 0.9)
    tablet(canvas, QEvent.Type.TabletRelease, 300, 100, 0.0)
    (stroke,) = canvas.strokes
    assert stroke.pressure is not None
    np.testing.assert_allclose(stroke.pressure, [0.2, 0.6, 0.9])
    assert stroke.points[0, 0] == pytest.approx(-99.75)
    tablet(canvas, QEvent.Type.TabletPress, 150, 150, 0.5, eraser=True)
    tablet(canvas, QEvent.Type.TabletRelease, 150, 150, 0.0, eraser=True)
    assert canvas.strokes == ()


def test_a_finger_draws_and_a_second_one_does_not(canvas: DrawingCanvas) -> None:
    screen = QTest.createTouchDevice()
    QTest.touchEvent(canvas, screen).press(0, QPoint(100, 100), canvas).commit()
    QTest.touchEvent(canvas, screen).move(0, QPoint(200, 150), canvas).press(1, QPoint(300, 300), canvas).commit()
    QTest.touchEvent(canvas, screen).move(0, QPoint(250, 200), canvas).stationary(1).commit()
    QTest.touchEvent(canvas, screen).release(0, QPoint(250, 200), canvas).release(1, QPoint(300, 300), canvas).commit()
    (stroke,) = canvas.strokes
    np.testing.assert_allclose(stroke.points, [[-100, -100], [0, -50], [50, 0]])
