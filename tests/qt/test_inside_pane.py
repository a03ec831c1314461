"""Look inside: the views of one reading, the slider over the steps, and the marks that go together."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import circle, tone
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.files.colour_map import coloured
from studio.sequences.roll import Roll
from studio.sequences.text import Text
from studio.training.recipe import Recipe
from studio.ui.audio.span import Span
from studio.ui.inside.letters import lines_of
from studio.ui.inside.pane import InsidePane
from studio.ui.inside.rows import HEAD, Bars, Notes, Traces, round_steps
from studio.ui.inside.trajectory import GlowView, Scene
from studio.ui.main_window import MainWindow
from studio.ui.theme import theme
from studio.workbench import Workbench

SMALL = {"model.hidden": 8, "training.steps": 12, "training.batch": 2, "training.window": 16}


def small(bench: Workbench, name: str) -> Recipe:
    return bench.recipe(name).changed(SMALL)


def train(qtbot: QtBot, bench: Workbench, recipe: str = "pens") -> int:
    run = bench.train(small(bench, recipe), seed=1)
    qtbot.waitUntil(lambda: bench.training.phase == "idle")
    bench.poll()
    return run


@pytest.fixture
def pane(qtbot: QtBot, window: MainWindow) -> InsidePane:
    window.workbench.add_drawings([circle(1.0 + i / 50, "ring") for i in range(6)])
    train(qtbot, window.workbench)
    return window.inside


def looked(qtbot: QtBot, pane: InsidePane) -> None:
    """Until everything that was asked for is there to be seen."""
    qtbot.waitUntil(
        lambda: (
            pane.looking is not None
            and pane._workbench.job(pane.looking.job.id).finished
            and pane.look is not None
            and pane.glow.ready
        ),
    )


def test_it_says_what_to_do_before_there_is_a_model(window: MainWindow) -> None:
    window.commands["view-inside"].trigger()
    assert window.centre.view == "view-inside"
    assert window.inside.isVisible()
    assert "train first" in window.inside.glow._empty[2]
    assert not window.commands["export-inside"].isEnabled()
    assert not window.commands["play-steps"].isEnabled()


def test_the_views_take_the_place_of_the_generation_pane_and_give_it_back(window: MainWindow) -> None:
    window.commands["view-inside"].trigger()
    assert window.docks["generate"].isHidden()
    assert not window.stage.canvas.isVisible()
    window.commands["view-samples"].trigger()
    assert not window.docks["generate"].isHidden()
    assert window.stage.canvas.isVisible()
    window.docks["generate"].hide()
    window.centre.tabs.setCurrentIndex(1)
    assert window.commands["view-inside"].isChecked()
    window.centre.tabs.setCurrentIndex(0)
    assert window.docks["generate"].isHidden()  # as the person had it


def test_hidden_views_take_no_room_from_the_panes(qtbot: QtBot, window: MainWindow) -> None:
    material, generate = (window.docks[name].width() for name in ("material", "generate"))
    assert generate >= 240
    for view in ("view-inside", "view-compare", "view-samples"):
        window.commands[view].trigger()
        qtbot.wait(50)
    assert abs(window.docks["generate"].width() - generate) <= 2
    assert abs(window.docks["material"].width() - material) <= 2


def test_nothing_is_computed_while_it_is_hidden(pane: InsidePane) -> None:
    assert pane.looking is None


def test_a_drawing_glows(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    window.commands["view-inside"].trigger()
    looked(qtbot, pane)
    assert pane.look is not None
    assert pane.look.step == 12
    assert pane.step.text() == "step 12"
    assert "held back" in pane.caption.text()
    assert [type(row) for row in pane.strips._rows] == [Bars, Bars, Bars, Traces]
    assert len(pane.glow._places) == len(pane.look.inside)
    image = pane.glow._image
    assert image is not None
    assert len({image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}) > 20


def test_the_slider_goes_through_the_steps(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    window.commands["view-inside"].trigger()
    looked(qtbot, pane)
    assert pane.looking is not None
    assert pane.looking.steps == (0, 2, 6, 10, 12)
    now = pane.strips._rows[0].values
    QTest.keyClick(pane.slider, Qt.Key.Key_Home)
    assert pane.look is pane.looking.looks[0]
    assert pane.step.text() == "step 0"
    assert not np.array_equal(pane.strips._rows[0].values, now)
    QTest.mouseClick(pane.slider, Qt.MouseButton.LeftButton, pos=QPoint(pane.slider.width() // 2, 12))
    assert pane.look is pane.looking.looks[6]
    pane._play.setInterval(5)
    window.commands["play-steps"].trigger()
    assert window.commands["play-steps"].text() == "&Hold the Steps"
    qtbot.waitUntil(lambda: pane.slider.at_the_end)
    assert window.commands["play-steps"].text() == "&Watch It Learn"


def test_pointer_ring_and_line_go_together(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    window.commands["view-inside"].trigger()
    looked(qtbot, pane)
    place = QPointF(*pane.glow._places[7])
    QTest.mouseMove(pane.glow, QPoint(0, 0))
    QTest.mouseMove(pane.glow, place.toPoint())
    qtbot.waitUntil(lambda: pane.strips.marked == 7)
    assert pane.look is not None
    assert f"KL {pane.look.inside.kl[7]:.3f} nats" in pane.reading.text()
    pane.strips.setFocus()
    QTest.keyClick(pane.strips, Qt.Key.Key_Right)
    assert pane.glow._mark == 8


def test_colours_overlay_and_theme(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    window.commands["view-inside"].trigger()
    looked(qtbot, pane)
    pictures = [pane.glow._image.copy()]  # type: ignore[union-attr]
    pane.quantities.setCurrentIndex(1)
    pane.quantities.activated.emit(1)
    looked(qtbot, pane)
    pictures.append(pane.glow._image.copy())  # type: ignore[union-attr]
    pane.overlay.setChecked(True)
    looked(qtbot, pane)
    pictures.append(pane.glow._image.copy())  # type: ignore[union-attr]
    theme().apply("dark")
    looked(qtbot, pane)
    pictures.append(pane.glow._image.copy())  # type: ignore[union-attr]
    theme().apply("light")
    assert all(one != other for i, one in enumerate(pictures) for other in pictures[:i])


def test_another_selected_drawing_is_read(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    window.commands["view-inside"].trigger()
    looked(qtbot, pane)
    item = window.workbench.materials()[4]
    window.trajectories.collection.select([item.id])
    qtbot.waitUntil(lambda: pane.looking is not None and pane.looking.item == item.id)
    looked(qtbot, pane)
    assert "drawing 5 of 6" in pane.caption.text()


def test_zoom_and_pan(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    window.commands["view-inside"].trigger()
    looked(qtbot, pane)
    strips = pane.strips
    whole = strips.span
    strips.setFocus()
    for _ in range(30):
        QTest.keyClick(strips, Qt.Key.Key_Plus)
    assert strips.span.seconds == pytest.approx(8.0)
    start = strips.span.start
    middle = strips.rect().center()
    QTest.mousePress(strips, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(strips, middle + QPoint(60, 0))
    QTest.mouseRelease(strips, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 0))
    assert strips.span.start < start
    QTest.keyClick(strips, Qt.Key.Key_0)
    assert strips.span == whole


def test_under_the_waveform_on_one_axis(qtbot: QtBot, window: MainWindow) -> None:
    bench = window.workbench
    bench.add_recordings([tone(200 + 50 * i, 0.4, label="hum") for i in range(4)])
    train(qtbot, bench, "speech")
    window.commands["view-inside"].trigger()
    pane = window.inside
    looked(qtbot, pane)
    assert pane.sound.isVisible()
    assert not pane.glow.isVisible()
    assert pane.views.orientation() == Qt.Orientation.Vertical
    assert pane.looking is not None
    assert pane.looking.seconds_per_frame
    assert pane.strips.span.total * pane.looking.seconds_per_frame == pytest.approx(0.4)
    pane.sound.show_span(Span(0.1, 0.2, 0.4))
    assert pane.strips.span.start * pane.looking.seconds_per_frame == pytest.approx(0.1)
    pane.strips.show_span(Span.whole(pane.strips.span.total))
    assert pane.sound.span.is_whole


def test_whole_frames_on_the_ruler() -> None:
    assert list(round_steps(Span.whole(100.0), 560.0)) == list(range(0, 101, 10))
    assert list(round_steps(Span(3.0, 8.0, 100.0), 600.0)) == [3, 4, 5, 6, 7, 8]


def test_bars_keep_the_highest_where_frames_share_a_pixel() -> None:
    values = np.zeros(1000)
    values[503] = 1.0
    bars = Bars("", "", values, values, 0.0, 1.0)
    left, right, shown, shares = bars._columns(Span.whole(1000.0), 100.0)
    assert len(left) == 100
    assert shown.max() == shares.max() == 1.0
    assert left[int(shown.argmax())] == 50
    assert (right - left == 1).all()


def test_without_z_the_colours_show_what_is_unexpected(qtbot: QtBot, window: MainWindow) -> None:
    bench = window.workbench
    bench.add_drawings([circle(1.0 + i / 50) for i in range(6)])
    bench.train(small(bench, "pens").changed({"model.latent": 0}), seed=1)
    qtbot.waitUntil(lambda: bench.training.phase == "idle")
    bench.poll()
    window.commands["view-inside"].trigger()
    looked(qtbot, window.inside)
    assert not window.inside.quantities.isEnabled()
    assert [row.title for row in window.inside.strips._rows] == ["Negative log likelihood"]
    assert window.inside._quantity == "nll"


def test_along_a_text(qtbot: QtBot, window: MainWindow) -> None:
    bench = window.workbench
    bench.add_texts([Text("the cat sat on the mat.\n" * 4, "cat") for _ in range(5)])
    train(qtbot, bench, "text")
    window.commands["view-inside"].trigger()
    pane = window.inside
    looked(qtbot, pane)
    assert pane.letters.isVisible()
    assert not pane.glow.isVisible()
    assert pane.look is not None
    box = pane.letters._box(5)
    QTest.mouseMove(pane.letters.viewport(), QPoint(1, 1))
    QTest.mouseMove(pane.letters.viewport(), box.center().toPoint())
    qtbot.waitUntil(lambda: pane.strips.marked == 5)
    assert "character 6 'a'" in pane.reading.text()
    image = pane.letters.grab().toImage()
    assert len({image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}) > 20


def test_lines_of_letters() -> None:
    lines, places = lines_of("ab\ncdef", 3)
    assert lines.tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert places.tolist() == [0, 1, 2, 0, 1, 2, 0]


def tune(seed: int) -> Roll:
    """A few notes, two at a time."""
    random = np.random.default_rng(seed)
    keys = np.zeros((24, 13), np.uint8)
    for start in range(0, 24, 4):
        keys[start : start + 3, random.integers(13, size=2)] = 1
    return Roll(keys, 8.0, 60, "tune")


def test_on_the_notes_of_a_piano_roll(qtbot: QtBot, window: MainWindow) -> None:
    bench = window.workbench
    bench.add_rolls([tune(seed) for seed in range(5)])
    train(qtbot, bench, "roll")
    window.commands["view-inside"].trigger()
    pane = window.inside
    looked(qtbot, pane)
    strips = pane.strips
    notes = strips._rows[0]
    assert isinstance(notes, Notes)
    assert pane.looking is not None
    assert pane.look is not None
    assert isinstance(pane.looking.material, Roll)
    assert len(notes.roll) == len(notes.shares) == len(pane.look.inside) == 24
    areas = strips._areas()
    assert areas[0].height() > 2 * areas[1].height()
    assert areas[-1].bottom() <= strips._field.bottom() + 1e-6
    frame = int(np.flatnonzero(pane.looking.material.keys.any(1))[1])
    strips._hover(frame)
    heard = " ".join(pane.looking.material.names_at(frame))
    assert f"{frame / 8:.3f} s {heard}: KL" in pane.reading.text()
    before = notes.shares
    pane.quantities.setCurrentIndex(2)
    pane._show_look()
    assert not np.array_equal(strips._rows[0].shares, before)


def test_notes_have_the_colour_of_their_frame(qtbot: QtBot) -> None:
    keys = np.zeros((4, 2), np.uint8)
    keys[[1, 3], 0] = 1
    row = Notes(Roll(keys, 8.0, 60), np.array([0.0, 1.0, 0.0, 0.0]))
    image = QImage(400, 200, QImage.Format.Format_RGB32)
    for span, middles in ((Span.whole(4.0), (150, 350)), (Span(1.0, 2.0, 4.0), (200,))):
        image.fill(0)
        painter = QPainter(image)
        row.paint(painter, QRectF(image.rect()), span)
        painter.end()
        place = row.places(QRectF(0, HEAD, 400, 200 - HEAD)).y(60) + 3
        seen = [image.pixelColor(x, round(place)).getRgb()[:3] for x in middles]
        wanted = coloured([1.0, 0.0][: len(middles)], dark=theme().colours.dark).tolist()
        assert [list(one) for one in seen] == wanted


def test_a_drawing_is_there_before_it_glows(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    view = GlowView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    monkeypatch.setattr(view._background, "run", lambda *_: None)  # a thread that has not come to it yet
    view.show()
    blank = view.grab().toImage()
    view.show_empty("train", "", "")
    view.show_scene(Scene(1, circle(), np.zeros(24), None))
    assert not view.ready
    assert view.grab().toImage() != blank
    view.close_down()
