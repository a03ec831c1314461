"""The sheet on which two hands draw."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import FakePens, rings
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from studio.sequences.material import Drawing
from studio.ui.cells import laid_over
from studio.ui.shared_canvas import SharedCanvas

LEFT = Qt.MouseButton.LeftButton
BEGUN = 20  # frames that were given


@pytest.fixture
def canvas(qtbot: QtBot) -> SharedCanvas:
    found = SharedCanvas()
    found.resize(400, 400)
    qtbot.addWidget(found)
    found.show()
    qtbot.waitExposed(found)
    return found


def started(canvas: SharedCanvas, pens: FakePens, **how: object) -> FakePens:
    canvas.start(pens, **how)  # type: ignore[arg-type]
    canvas.lend(True)
    canvas.play(True)
    canvas._timer.stop()
    return pens


def advance(canvas: SharedCanvas, frames: int) -> None:
    """Let the pens draw that many frames, without waiting for them."""
    wanted = canvas.frames_shown + frames
    while canvas.frames_shown < wanted and not canvas.done:
        canvas._advance(1 / 60)


def fan(ways: int, begun: int = BEGUN, frames: int = 60) -> NDArray[np.float64]:
    """All pens draw the same line from the left to the middle, and then each in a direction of its own."""
    course = np.zeros((frames, ways, 4))
    course[:begun, :, 0] = np.linspace(-0.9, 0, begun)[:, None]
    angles = np.linspace(-1.2, 1.2, ways)
    length = np.linspace(0, 0.9, frames - begun + 1)[1:, None]
    course[begun:, :, 0] = length * np.cos(angles)
    course[begun:, :, 1] = length * np.sin(angles)
    course[-1, :, 2] = 1
    return course


GIVEN = Drawing.from_points(np.column_stack([np.linspace(-0.9, 0, BEGUN), np.zeros(BEGUN)]), y_up=True)


def ink(canvas: SharedCanvas) -> NDArray[np.bool_]:
    image = canvas._ink.image.convertToFormat(QImage.Format.Format_ARGB32)
    return (np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1) >> 24) > 64


def pixel(canvas: SharedCanvas, x: float, y: float, cell: QRectF | None = None) -> QPoint:
    area = cell or canvas._cells.own[0]
    place = canvas._page.to_canvas([x, y], area.width(), area.height())
    return (QPointF(*place) + area.topLeft()).toPoint()


def drag(canvas: SharedCanvas, *places: QPoint) -> None:
    QTest.mousePress(canvas, LEFT, pos=places[0])
    for place in places[1:]:
        QTest.mouseMove(canvas, place)
    QTest.mouseRelease(canvas, LEFT, pos=places[-1])


# --- taking the pen


def test_a_press_takes_the_pen_and_the_model_stands_still(canvas: SharedCanvas) -> None:
    pens = started(canvas, FakePens(rings(1)))
    advance(canvas, 20)
    held = QSignalSpy(canvas.held)
    QTest.mousePress(canvas, LEFT, pos=QPoint(200, 200))
    assert canvas.taken
    assert held.at(0) == [True]
    at = pens.position
    for _ in range(10):
        canvas._tick()
    assert pens.position == at
    QTest.mouseMove(canvas, QPoint(240, 200))
    assert ink(canvas)[195:205, 215:225].any()  # at once


def test_what_the_person_drew_follows_what_the_model_drew(canvas: SharedCanvas) -> None:
    started(canvas, FakePens(rings(1)))
    advance(canvas, 20)
    shown = canvas.frames_shown
    drawn = QSignalSpy(canvas.drawn)
    drag(canvas, QPoint(200, 200), QPoint(240, 200), QPoint(280, 160))
    assert not canvas.taken
    (drawing,) = drawn.at(0)
    assert [len(stroke) for stroke in drawing.strokes] == [shown, 3]
    np.testing.assert_allclose(drawing.strokes[0].points, rings(1)[:shown, 0, :2])
    assert drawing.strokes[1].points[-1, 1] > drawing.strokes[1].points[0, 1]  # y grows upwards here
    np.testing.assert_allclose(drawing.strokes[1].points[0], 0, atol=0.02)


def test_a_stroke_that_begins_at_the_tip_goes_on_with_it(canvas: SharedCanvas) -> None:
    started(canvas, FakePens(rings(1)))
    advance(canvas, 20)
    x, y = rings(1)[canvas.frames_shown - 1, 0, :2]
    drawn = QSignalSpy(canvas.drawn)
    tip = pixel(canvas, x, y)
    drag(canvas, tip, tip + QPoint(20, 0), tip + QPoint(40, 5))
    (drawing,) = drawn.at(0)
    assert len(drawing.strokes) == 1


def test_a_stroke_that_begins_where_the_pen_was_lifted_is_one_of_its_own(canvas: SharedCanvas) -> None:
    course = rings(1)
    course[19, 0, 2] = 1
    started(canvas, FakePens(course[:20]))
    advance(canvas, 20)
    drawn = QSignalSpy(canvas.drawn)
    tip = pixel(canvas, *course[19, 0, :2])
    drag(canvas, tip, tip + QPoint(20, 0))
    (drawing,) = drawn.at(0)
    assert [len(stroke) for stroke in drawing.strokes] == [20, 2]


def test_the_pen_of_one_of_several_is_taken_in_its_own_cell(canvas: SharedCanvas) -> None:
    started(canvas, FakePens(fan(4, begun=1)))
    advance(canvas, 30)
    drawn = QSignalSpy(canvas.drawn)
    drag(canvas, QPoint(250, 250), QPoint(270, 260))
    (drawing,) = drawn.at(0)
    np.testing.assert_allclose(drawing.strokes[0].points, fan(4, begun=1)[: canvas.frames_shown, 3, :2])


def test_a_click_changes_nothing_and_the_model_goes_on(canvas: SharedCanvas) -> None:
    pens = started(canvas, FakePens(rings(1)))
    advance(canvas, 20)
    drawn, held = QSignalSpy(canvas.drawn), QSignalSpy(canvas.held)
    QTest.mouseClick(canvas, LEFT, pos=QPoint(200, 200))
    assert drawn.count() == 0
    assert [held.at(0), held.at(1)] == [[True], [False]]
    at = pens.position
    advance(canvas, 5)
    assert pens.position == at + 5


@pytest.mark.parametrize("why", ["not lent", "of series", "nothing there"])
def test_a_pen_that_cannot_be_taken_is_not(canvas: SharedCanvas, why: str) -> None:
    pens = FakePens(rings(1))
    pens.of_series = why == "of series"
    if why != "nothing there":
        started(canvas, pens)
        advance(canvas, 5)
    canvas.lend(why != "not lent")
    drawn = QSignalSpy(canvas.drawn)
    drag(canvas, QPoint(200, 200), QPoint(240, 200))
    assert drawn.count() == 0
    assert canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


# --- going on from an unfinished drawing


def test_an_unfinished_drawing_is_there_at_once_and_stays_as_it_is(canvas: SharedCanvas) -> None:
    pens = started(canvas, FakePens(fan(1), begin_frames=BEGUN), unfinished=GIVEN)
    canvas._advance(1 / 60)
    assert pens.position >= BEGUN
    assert ink(canvas)[200, 55:195].all()
    advance(canvas, 10)
    assert canvas.drawing_of(0).strokes[0].points[:BEGUN].tolist() == GIVEN.points.tolist()  # type: ignore[union-attr]


def test_what_was_drawn_on_the_sheet_stays_where_it_is(canvas: SharedCanvas) -> None:
    started(canvas, FakePens(rings(1)))
    advance(canvas, 20)
    drawn = QSignalSpy(canvas.drawn)
    drag(canvas, QPoint(200, 200), QPoint(280, 200))
    before = ink(canvas)
    (drawing,) = drawn.at(0)
    pens = FakePens(rings(1), begin_frames=20)
    pens.ready = False  # nothing is known of the model yet
    pens.box = (np.full(2, -5.0), np.full(2, 5.0))
    started(canvas, pens, unfinished=drawing, stay=True)
    assert (ink(canvas) & before).sum() > 0.9 * before.sum()


# --- several ways


def with_ways(canvas: SharedCanvas, ways: int = 5) -> FakePens:
    pens = started(canvas, FakePens(fan(ways), begin_frames=BEGUN), unfinished=GIVEN, ways=True)
    advance(canvas, 100)
    assert canvas.done
    canvas._fade(1.0)  # the tips are dry
    return pens


def test_ways_are_laid_over_each_other_and_side_by_side(canvas: SharedCanvas) -> None:
    with_ways(canvas)
    shared, own = canvas._cells.shared, canvas._cells.own
    assert shared is not None
    for way, cell in enumerate(own):
        x, y = fan(5)[-10, way, :2]
        for area in (shared, cell):
            place = pixel(canvas, x, y, area)
            assert ink(canvas)[place.y() - 3 : place.y() + 4, place.x() - 3 : place.x() + 4].any()
    given, way = pixel(canvas, -0.5, 0, shared), pixel(canvas, *fan(5)[-10, 1, :2], shared)
    image = canvas.grab().toImage()
    assert image.pixelColor(given).lightness() < 80  # in full ink

    def darkest(place: QPoint) -> int:
        around = [QPoint(place.x() + x, place.y() + y) for x in range(-2, 3) for y in range(-2, 3)]
        return min(image.pixelColor(each).lightness() for each in around)

    assert 140 < darkest(way) < 230  # in light ink


@pytest.mark.parametrize("size", [(400, 400), (900, 300), (300, 700)])
@pytest.mark.parametrize("count", [2, 9, 16])
def test_parts_of_the_sheet_do_not_overlap(size: tuple[int, int], count: int) -> None:
    cells = laid_over(count, QRectF(0, 0, *size))
    assert cells.shared is not None
    areas = [cells.shared, *cells.own]
    assert len(areas) == count + 1
    for index, one in enumerate(areas):
        assert QRectF(0, 0, *size).adjusted(-0.01, -0.01, 0.01, 0.01).contains(one)
        for other in areas[index + 1 :]:
            overlap = one.intersected(other)
            assert overlap.width() * overlap.height() < 1e-6
    assert cells.shared.width() * cells.shared.height() > 0.5 * size[0] * size[1]


def test_a_click_chooses_a_way_by_its_line_or_by_its_cell(canvas: SharedCanvas) -> None:
    with_ways(canvas)
    chosen = QSignalSpy(canvas.chosen)
    shared = canvas._cells.shared
    QTest.mouseClick(canvas, LEFT, pos=pixel(canvas, *fan(5)[-5, 3, :2], shared))
    QTest.mouseClick(canvas, LEFT, pos=canvas._cells.own[1].center().toPoint())
    QTest.mouseClick(canvas, LEFT, pos=pixel(canvas, -0.9, 0.9, shared))  # far from all of them
    assert [chosen.at(place) for place in range(chosen.count())] == [[3], [1]]


def test_the_way_under_the_mouse_stands_out(canvas: SharedCanvas) -> None:
    with_ways(canvas)
    plain = canvas.grab().toImage()
    QTest.mouseMove(canvas, canvas._cells.own[2].center().toPoint())
    assert canvas.pointed == 2
    assert canvas.grab().toImage() != plain
    QTest.mouseMove(canvas, pixel(canvas, -0.9, 0.9, canvas._cells.shared))
    assert canvas.pointed is None


def test_ways_are_chosen_by_keys(canvas: SharedCanvas) -> None:
    with_ways(canvas)
    chosen = QSignalSpy(canvas.chosen)
    canvas.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Return):
        QTest.keyClick(canvas, key)
    assert chosen.at(0) == [4]
    assert "Way 5" in canvas.accessibleDescription()


def test_a_stroke_where_all_lie_goes_on_from_what_was_given(canvas: SharedCanvas) -> None:
    with_ways(canvas)
    drawn, chosen = QSignalSpy(canvas.drawn), QSignalSpy(canvas.chosen)
    shared = canvas._cells.shared
    drag(canvas, pixel(canvas, 0, 0.5, shared), pixel(canvas, 0.3, 0.5, shared), pixel(canvas, 0.5, 0.2, shared))
    (drawing,) = drawn.at(0)
    assert drawing.strokes[0].points.tolist() == GIVEN.points.tolist()
    assert len(drawing.strokes) == 2
    assert chosen.count() == 0


def test_while_the_person_draws_there_the_ways_are_put_away(qtbot: QtBot, canvas: SharedCanvas) -> None:
    with_ways(canvas)
    shared = canvas._cells.shared
    assert shared is not None
    QTest.mousePress(canvas, LEFT, pos=pixel(canvas, 0, 0.5, shared))
    QTest.mouseMove(canvas, pixel(canvas, 0.3, 0.5, shared))
    way, given = (pixel(canvas, *place, shared) for place in ((*fan(5)[-10, 0, :2],), (-0.5, 0)))
    assert not ink(canvas)[way.y() - 3 : way.y() + 4, way.x() - 3 : way.x() + 4].any()
    assert ink(canvas)[given.y(), given.x()]
    own = pixel(canvas, *fan(5)[-10, 0, :2], canvas._cells.own[0])
    assert ink(canvas)[own.y() - 2 : own.y() + 3, own.x() - 2 : own.x() + 3].any()
    canvas.resize(410, 400)  # which takes the pen away
    assert not canvas.taken
    qtbot.waitUntil(lambda: canvas._painted == canvas._read)
    shared = canvas._cells.shared
    assert shared is not None
    way = pixel(canvas, *fan(5)[-10, 0, :2], shared)
    assert ink(canvas)[way.y() - 3 : way.y() + 4, way.x() - 3 : way.x() + 4].any()
