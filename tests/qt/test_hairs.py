"""Hairs at the tip of the person's pen."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import FakePens, Model, circle, rings
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.errors import StudioError
from studio.generation.futures import Hairs as Found
from studio.sequences.material import Drawing
from studio.ui.drawing_canvas import DrawingCanvas
from studio.ui.hairs import Hairs
from studio.ui.main_window import MainWindow
from studio.ui.page import Page
from studio.ui.shared_canvas import SharedCanvas
from studio.workbench import GenerationSettings

LEFT = Qt.MouseButton.LeftButton


class FakeFutures:
    """Four straight lines from where the pen is to the right."""

    def __init__(self) -> None:
        self.asked: list[Drawing] = []
        self.closed = False
        self.lifted = -1  # the point after which the first of them is lifted
        self._made: Found | None = None

    def ask(self, drawing: Drawing) -> None:
        self.asked.append(drawing)
        tip = drawing.strokes[-1].points[-1]
        points = np.zeros((10, 4, 4))
        points[..., :2] = tip
        points[..., 0] += np.arange(1, 11)[:, None]
        points[..., 1] += np.arange(4) * np.arange(1, 11)[:, None]
        points[5:, 3, 3] = 1  # the last of them ends
        points[self.lifted, 0, 2] = 1
        self._made = Found(tip, points)

    def take(self) -> Found | None:
        made, self._made = self._made, None
        return made

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def futures() -> FakeFutures:
    return FakeFutures()


def shown(qtbot: QtBot, widget: QWidget) -> None:
    widget.resize(400, 400)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)


def press_and_move(canvas: QWidget, *places: tuple[int, int]) -> None:
    QTest.mousePress(canvas, LEFT, pos=QPoint(*places[0]))
    for place in places[1:]:
        QTest.mouseMove(canvas, QPoint(*place))


def test_hairs_are_there_while_the_pen_is_down(qtbot: QtBot, futures: FakeFutures) -> None:
    canvas = DrawingCanvas()
    shown(qtbot, canvas)
    canvas.hairs.source = lambda: futures  # type: ignore[assignment,return-value]
    press_and_move(canvas, (100, 100), (120, 110), (150, 120))
    qtbot.waitUntil(lambda: canvas.hairs.shown == 4)
    np.testing.assert_array_equal(futures.asked[-1].points[-1], canvas.page.to_material([150, 120], 400, 400))
    assert futures.asked[-1].y_up == canvas.page.y_up
    with_hairs = canvas.grab().toImage()
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(150, 120))
    assert futures.closed
    assert canvas.hairs.shown == 0
    assert canvas.grab().toImage() != with_hairs


def test_they_know_the_strokes_before(qtbot: QtBot, futures: FakeFutures) -> None:
    canvas = DrawingCanvas()
    canvas.adding = "hand"
    shown(qtbot, canvas)
    canvas.hairs.source = lambda: futures  # type: ignore[assignment,return-value]
    press_and_move(canvas, (100, 100), (120, 110))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(120, 110))
    press_and_move(canvas, (200, 100), (220, 110), (230, 120))
    qtbot.waitUntil(lambda: bool(futures.asked))
    assert [len(stroke) for stroke in futures.asked[-1].strokes] == [2, 3]


def test_on_the_large_canvas_they_know_what_the_model_drew(qtbot: QtBot, futures: FakeFutures) -> None:
    canvas = SharedCanvas()
    shown(qtbot, canvas)
    canvas.hairs.source = lambda: futures  # type: ignore[assignment,return-value]
    canvas.start(FakePens(rings(1)))  # type: ignore[arg-type]
    canvas.lend(True)
    canvas.play(True)
    canvas._timer.stop()
    while canvas.frames_shown < 20:
        canvas._advance(1 / 60)
    press_and_move(canvas, (200, 200), (220, 200), (240, 210))
    qtbot.waitUntil(lambda: canvas.hairs.shown == 4)
    assert [len(stroke) for stroke in futures.asked[-1].strokes] == [canvas.frames_shown, 3]
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(240, 210))
    assert futures.closed


def test_without_a_model_there_are_none(qtbot: QtBot) -> None:
    canvas = DrawingCanvas()
    shown(qtbot, canvas)
    canvas.hairs.source = lambda: None
    press_and_move(canvas, (100, 100), (120, 110))
    assert not canvas.hairs._timer.isActive()
    assert canvas.hairs.shown == 0


def test_a_future_is_seen_up_to_where_it_ends_and_not_while_the_pen_is_lifted(
    qtbot: QtBot, futures: FakeFutures
) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    hairs, page, size = Hairs(owner), Page((0.0, 0.0), 40.0, False), 400
    hairs.source = lambda: futures  # type: ignore[assignment,return-value]
    hairs.begin()
    futures.lifted = 3  # the first is lifted after its fourth point
    hairs.follow((), [np.array([-15.0, -15.0])], False)
    qtbot.waitUntil(lambda: hairs.shown == 5)
    image = QImage(size, size, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    hairs.paint(painter, page, QRectF(0, 0, size, size))
    painter.end()

    def inked(x: float, y: float) -> bool:
        place = page.to_canvas([x, y], size, size).round().astype(int)
        return image.pixelColor(*place.tolist()).lightness() < 250

    assert inked(-14, -15)
    assert inked(-12, -15)
    assert not inked(-10.5, -15)  # in the air
    assert inked(-8, -15)
    assert inked(-10.5, -1.5)  # of the last, before its end
    assert not inked(-8, 6)
    hairs.end()


def test_the_menu_shows_hairs_or_does_without(
    qtbot: QtBot, window: MainWindow, model: Model, monkeypatch: pytest.MonkeyPatch, futures: FakeFutures
) -> None:
    asked: list[tuple[GenerationSettings, int]] = []
    monkeypatch.setattr(window.workbench, "why_not_foresee", lambda run=None: "")
    monkeypatch.setattr(window.workbench, "futures", lambda *what: asked.append(what) or futures)
    action, canvas = window.commands["hairs"], window.trajectories.canvas
    assert action.isChecked()
    press_and_move(canvas, (100, 60), (120, 70))
    qtbot.waitUntil(lambda: canvas.hairs.shown > 0)
    ((settings, frames),) = asked
    assert frames == 30  # half a second of 60 frames
    assert settings.output_variance == window.generation.output.number
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(120, 70))
    action.trigger()
    press_and_move(canvas, (100, 60), (120, 70))
    assert len(asked) == 1
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(120, 70))


def test_weights_that_are_gone_give_none(window: MainWindow, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise StudioError("These weights are gone.")

    monkeypatch.setattr(window.workbench, "why_not_foresee", lambda run=None: "")
    monkeypatch.setattr(window.workbench, "futures", gone)
    press_and_move(window.trajectories.canvas, (100, 60), (120, 70))
    assert window.trajectories.canvas.hairs.shown == 0
    assert len(window.trajectories.canvas._trace.points) == 2  # type: ignore[union-attr]


def test_a_model_that_cannot_say_gives_none(window: MainWindow, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window.workbench, "why_not_foresee", lambda run=None: "This model cannot say.")
    assert window.generation.futures() is None
    window.trajectories.canvas.edit(circle())
    press_and_move(window.trajectories.canvas, (100, 60), (120, 70))
    assert window.trajectories.canvas.hairs.shown == 0
