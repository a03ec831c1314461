"""What is painted behind pens."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import FakePens, rings
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from studio.generation.backdrop import Extrapolation, Field
from studio.ui.backdrops import MOVES, BackdropPicture
from studio.ui.cells import best_columns
from studio.ui.generation_canvas import GenerationCanvas
from studio.ui.ink import InkPicture
from studio.ui.page import Page

SIZE = 400


def field(angle: float, side: int = 10) -> Field:
    """Everywhere the same velocity, in that direction."""
    along = np.linspace(-1, 1, side)
    points = np.stack([value.ravel() for value in np.meshgrid(along, along)], 1)
    return Field(points, np.tile([np.cos(angle), np.sin(angle)], (len(points), 1)), 2 / (side - 1))


def picture(qtbot: QtBot) -> tuple[BackdropPicture, InkPicture]:
    canvas = GenerationCanvas()
    canvas.resize(SIZE, SIZE)
    qtbot.addWidget(canvas)
    ink = InkPicture()
    ink.fit(canvas)
    return BackdropPicture(), ink


def painted(behind: BackdropPicture, ink: InkPicture, cells: list[QRectF] | None = None) -> NDArray[np.int64]:
    """Rows and columns of the pixels that are painted, ``[N, 2]``."""
    image = behind.picture(cells or [QRectF(0, 0, SIZE, SIZE)], Page(extent=2.5, y_up=True), ink)
    assert image is not None
    plain = image.convertToFormat(QImage.Format.Format_ARGB32)
    pixels = np.frombuffer(plain.constBits(), np.uint32).reshape(plain.height(), -1)
    shown = (pixels[: SIZE - 40] >> 24) > 40  # above the caption
    return np.argwhere(shown)


def test_arrows_point_where_the_field_leads(qtbot: QtBot) -> None:
    behind, ink = picture(qtbot)
    behind.follow(field(0.0), 0)
    lying = painted(behind, ink)
    behind = BackdropPicture()
    behind.follow(field(np.pi / 2), 0)
    standing = painted(behind, ink)
    assert len(np.unique(lying[:, 0])) < len(np.unique(standing[:, 0]))
    assert len(np.unique(lying[:, 1])) > len(np.unique(standing[:, 1]))


def test_a_field_turns_smoothly_into_that_of_newer_weights(qtbot: QtBot) -> None:
    behind, ink = picture(qtbot)
    assert behind.follow(field(0.0), 0)
    assert not behind.moving
    before, newer = painted(behind, ink), field(np.pi / 2)
    assert behind.follow(newer, 0)
    assert behind.moving
    np.testing.assert_array_equal(painted(behind, ink), before)
    behind.follow(newer, MOVES / 2)
    half = painted(behind, ink)
    behind.follow(newer, MOVES)
    assert not behind.moving
    after = painted(behind, ink)
    assert not np.array_equal(half, before)
    assert not np.array_equal(half, after)
    assert not behind.follow(newer, 1.0)


def test_what_has_not_changed_is_not_painted_again(qtbot: QtBot) -> None:
    behind, ink = picture(qtbot)
    assert behind.picture([QRectF(0, 0, SIZE, SIZE)], Page(), ink) is None
    behind.follow(field(0.0), 0)
    cells = [QRectF(0, 0, SIZE, SIZE)]
    one = behind.picture(cells, Page(extent=2.5), ink)
    assert behind.picture(cells, Page(extent=2.5), ink) is one
    assert behind.picture(cells, Page(extent=5), ink) is not one


def test_many_arrows_are_thinned_out(qtbot: QtBot) -> None:
    behind, ink = picture(qtbot)
    behind.follow(field(0.0, side=120), 0)
    assert 0.02 < len(painted(behind, ink)) / SIZE**2 < 0.3


def test_a_curve_beyond_its_points(qtbot: QtBot) -> None:
    behind, ink = picture(qtbot)
    within = np.stack([np.linspace(-0.5, 0.5, 50), np.zeros(50)], 1)
    step, up = np.array([1.0, 0.0]), np.array([0.0, 0.3])
    behind.follow(Extrapolation(within[::10] + up, within - step, within, within + step, True), 0)
    places = painted(behind, ink)
    middle = SIZE / 2
    on_line = places[np.abs(places[:, 0] - middle) < 4]
    columns = np.unique(on_line[:, 1])
    inside = columns[np.abs(columns - middle) < 75]
    assert np.diff(inside).max() == 1  # a line
    outside = columns[columns > middle + 85]
    assert np.diff(outside).max() > 2  # dashes
    assert len(places[np.abs(places[:, 0] - (middle - 0.3 * SIZE / 2.5)) < 4]) > 40  # dots


@pytest.mark.parametrize(
    ("count", "width", "height", "columns"),
    [(1, 400, 400, 1), (4, 400, 400, 2), (8, 900, 300, 4), (4, 900, 240, 4), (9, 900, 500, 5)],
)
def test_cells_are_as_large_as_they_can_be(count: int, width: int, height: int, columns: int) -> None:
    assert best_columns(count, width, height) == columns


def test_pens_that_lead_from_one_to_another_stand_in_a_row(qtbot: QtBot) -> None:
    canvas = GenerationCanvas()
    canvas.resize(900, 240)
    qtbot.addWidget(canvas)
    pens = FakePens(rings(4))
    pens.in_a_row = True
    canvas.start(pens)  # type: ignore[arg-type]
    cells = [canvas._cell(index) for index in range(4)]
    assert {cell.top() for cell in cells} == {0}
    assert [cell.left() for cell in cells] == [0, 225, 450, 675]
    canvas._timer.stop()


def test_the_canvas_waits_for_what_stands_behind(qtbot: QtBot) -> None:
    """Also when all pens have ended, newer weights move the field."""
    canvas = GenerationCanvas()
    canvas.resize(SIZE, SIZE)
    qtbot.addWidget(canvas)
    canvas.show()
    qtbot.waitExposed(canvas)
    pens = FakePens(rings(1, frames=4))
    pens.backdrop = field(0.0)
    canvas.start(pens)  # type: ignore[arg-type]
    canvas.play(True)
    qtbot.waitUntil(lambda: canvas.done and not canvas._timer.isActive())
    canvas.refresh()
    assert pens.refreshing
    assert canvas._timer.isActive()
    pens.backdrop, pens.refreshing = field(1.0), False
    qtbot.waitUntil(lambda: not canvas._timer.isActive())
    assert canvas._behind._shown is pens.backdrop


def test_observed_points_are_dots_and_no_line(qtbot: QtBot) -> None:
    """The pens begin where the curve goes on."""
    within = np.stack([np.linspace(-0.5, 0.5, 50), np.zeros(50)], 1)
    for backdrop, lines in ((None, True), (Extrapolation(within, None, within, None, True), False)):
        canvas = GenerationCanvas()
        canvas.resize(SIZE, SIZE)
        qtbot.addWidget(canvas)
        pens = FakePens(rings(1, frames=30), begin_frames=20)
        pens.backdrop = backdrop
        canvas.start(pens)  # type: ignore[arg-type]
        canvas._take(pens.read(20))
        assert (canvas.pieces_painted > 0) == lines
        canvas._take(pens.read(10))
        assert canvas.pieces_painted > 0
        canvas._timer.stop()
