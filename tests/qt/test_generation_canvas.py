"""The sheet on which the model draws."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import FakePens, rings
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from studio.ui.generation_canvas import GenerationCanvas
from studio.ui.main_window import MainWindow
from studio.ui.preferences import smooth_lines


@pytest.fixture
def canvas(qtbot: QtBot) -> GenerationCanvas:
    found = GenerationCanvas()
    found.resize(400, 400)
    qtbot.addWidget(found)
    found.show()
    qtbot.waitExposed(found)
    return found


def advance(canvas: GenerationCanvas, seconds: float, tick: float = 1 / 60) -> None:
    """Let so much time pass, without waiting for it."""
    canvas._timer.stop()
    for _ in range(round(seconds / tick)):
        canvas._advance(tick) if canvas._playing and not canvas.done else None
        canvas._fade(tick)
        canvas._timer.stop()


def started(canvas: GenerationCanvas, pens: FakePens) -> FakePens:
    canvas.start(pens)  # type: ignore[arg-type]
    canvas.play(True)
    canvas._timer.stop()
    return pens


def ink(canvas: GenerationCanvas) -> NDArray[np.bool_]:
    """Which pixels have dry ink, ``[height, width]``."""
    image = canvas._ink.image.convertToFormat(QImage.Format.Format_ARGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return (pixels >> 24) > 64


def test_time_decides_how_far_the_pens_are(canvas: GenerationCanvas) -> None:
    pens = started(canvas, FakePens(rings(4, frames=600)))
    advance(canvas, 1.0)
    assert pens.position == pytest.approx(60, abs=2)
    canvas.speed = 3.0
    advance(canvas, 1.0, tick=1 / 20)
    assert pens.position == pytest.approx(240, abs=5)
    canvas.play(False)
    advance(canvas, 1.0)
    assert pens.position == pytest.approx(240, abs=5)


def test_a_hold_up_is_not_made_up_for(canvas: GenerationCanvas) -> None:
    pens = started(canvas, FakePens(rings(1, frames=600)))
    pens.ready = False
    advance(canvas, 3.0)
    pens.ready = True
    canvas._advance(1 / 60)
    assert pens.position <= 7


def test_only_new_pieces_are_painted(canvas: GenerationCanvas) -> None:
    pens = started(canvas, FakePens(rings(4, frames=5000)))
    canvas.speed = 10
    advance(canvas, 5.0)
    assert pens.position > 2000
    before, at = canvas.pieces_painted, pens.position
    canvas.speed = 1
    advance(canvas, 0.5)
    assert canvas.pieces_painted - before == 4 * (pens.position - at)


@pytest.mark.parametrize("count", [1, 4, 9, 16])
def test_every_pen_draws_in_its_own_cell(canvas: GenerationCanvas, count: int) -> None:
    started(canvas, FakePens(rings(count)))
    advance(canvas, 2.0)
    assert canvas.done
    side = round(count**0.5)
    cell = 400 // side
    painted = ink(canvas)
    for row in range(side):
        for column in range(side):
            part = painted[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
            rows, columns = np.nonzero(part)
            assert 0.6 * cell < np.ptp(rows) < cell
            assert 0.6 * cell < np.ptp(columns) < cell


def test_what_points_up_is_drawn_up(canvas: GenerationCanvas) -> None:
    course = np.zeros((10, 1, 4))
    course[:, 0, 1] = np.linspace(0.1, 0.9, 10)
    started(canvas, FakePens(course))
    advance(canvas, 1.0)
    rows, _ = np.nonzero(ink(canvas))
    assert rows.max() < 200


def test_pen_lifts_leave_gaps_and_dots_are_seen(canvas: GenerationCanvas) -> None:
    course = np.zeros((5, 1, 4))
    course[:, 0, 0] = [-0.8, -0.4, 0.4, 0.8, 0.0]
    course[4, 0, 1] = 0.5
    course[[1, 3, 4], 0, 2] = 1
    started(canvas, FakePens(course))
    advance(canvas, 1.0)
    painted = ink(canvas)
    line = painted[197:203].any(axis=0)
    assert line[70:130].all()
    assert not line[140:260].any()
    assert line[272:328].all()
    assert painted[110:122, 195:205].any()


def test_a_pen_that_has_ended_leaves_no_more_ink(canvas: GenerationCanvas) -> None:
    course = rings(2, frames=60)
    course[20:, 0, 3] = 1
    course[20:, 0, :2] = [0.9, 0.9]
    started(canvas, FakePens(course))
    spy = QSignalSpy(canvas.finished)
    advance(canvas, 3.0)
    painted = ink(canvas)
    assert spy.count() == 1
    assert painted[:200, :200].sum() < 0.5 * painted[:200, 200:].sum()
    assert not painted[:20, 180:200].any()


def test_changing_the_size_paints_the_same_again(qtbot: QtBot, canvas: GenerationCanvas) -> None:
    started(canvas, FakePens(rings(1, frames=3000)))
    canvas.speed = 10
    advance(canvas, 6.0)
    assert canvas.done
    before = ink(canvas)
    canvas.resize(300, 300)
    qtbot.waitUntil(lambda: canvas._painted == canvas._read)
    small = ink(canvas)
    assert small.shape == (300, 300)
    assert np.ptp(np.nonzero(small)[0]) == pytest.approx(np.ptp(np.nonzero(before)[0]) * 0.75, abs=4)
    canvas.resize(400, 400)
    qtbot.waitUntil(lambda: canvas._painted == canvas._read)
    assert (ink(canvas) ^ before).mean() < 0.01


def test_page_grows_where_a_pen_leaves_it(canvas: GenerationCanvas) -> None:
    started(canvas, FakePens(rings(1, size=5.0)))
    advance(canvas, 2.0)
    rows, columns = np.nonzero(ink(canvas))
    assert rows.min() > 4
    assert rows.max() < 396
    assert np.ptp(rows) > 200
    assert np.ptp(columns) > 200


def test_pen_tips_fade_once_the_pens_have_ended(canvas: GenerationCanvas) -> None:
    started(canvas, FakePens(rings(1)))
    advance(canvas, 1.05)
    wet = canvas.grab().toImage()
    advance(canvas, 1.0)
    dry = canvas.grab().toImage()
    assert wet != dry
    canvas.update()
    assert canvas.grab().toImage() == dry


def test_pens_that_cannot_go_on_say_so(canvas: GenerationCanvas) -> None:
    pens = started(canvas, FakePens(rings(1)))
    spy = QSignalSpy(canvas.failed)
    pens.error = "The model is gone."
    advance(canvas, 0.1)
    assert spy.at(0) == ["The model is gone."]


def test_given_beginning_is_fainter(canvas: GenerationCanvas) -> None:
    course = np.zeros((40, 1, 4))
    course[:, 0, 0] = np.linspace(-0.9, 0.9, 40)
    started(canvas, FakePens(course, begin_frames=20))
    advance(canvas, 1.0)
    image = canvas._ink.image
    assert image.pixelColor(100, 200).alpha() < image.pixelColor(300, 200).alpha() == 255


def test_empty_canvas_says_why(canvas: GenerationCanvas) -> None:
    canvas.show_empty("train", "Train a model")
    one = canvas.grab().toImage()
    canvas.show_empty("train", "Draw something first")
    assert canvas.grab().toImage() != one


def test_pens_may_be_taken_away_once_they_fail(canvas: GenerationCanvas) -> None:
    pens = started(canvas, FakePens(rings(1)))
    canvas.failed.connect(lambda _: canvas.show_empty("pen", "Gone"))
    pens.error = "The model is gone."
    canvas._tick()
    assert canvas._live is None


def test_lines_are_smooth_or_straight_as_the_view_menu_says(qtbot: QtBot, window: MainWindow) -> None:
    canvas = window.stage.canvas
    turn = np.linspace(0, 2 * np.pi, 9)
    ring = np.stack([np.cos(turn), np.sin(turn), turn > 6, np.zeros(9)], 1)[:, None]
    started(canvas, FakePens(ring))
    advance(canvas, 1.0)
    smooth = ink(canvas)
    window.commands["smooth-lines"].trigger()
    assert not smooth_lines()
    straight = ink(canvas)
    assert straight.any()
    assert (smooth & ~straight).sum() > 0.05 * straight.sum()  # its sides bend outwards
    window.commands["smooth-lines"].trigger()
    assert (ink(canvas) == smooth).all()
