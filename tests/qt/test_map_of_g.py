"""The map of g in Look Inside, with a real mouse: marks, the point that is dragged, and what lies there."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from fakes import circle, slow_down
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.sequences.material import Drawing
from studio.ui.inside.chart import KEY_STEP
from studio.ui.inside.pane import InsidePane
from studio.ui.main_window import MainWindow
from studio.ui.theme import theme

WHOLE = {
    "model.hidden": 8,
    "model.whole": 3,
    "training.batches": "whole",
    "training.average": 0.9,
    "training.steps": 12,
    "training.batch": 2,
    "training.base": "none",
}
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def pane(qtbot: QtBot, window: MainWindow) -> InsidePane:
    """Look Inside of a run with g, at its map."""
    bench = window.workbench
    bench.add_drawings([circle(1.0 + i / 50, ("ring", "wheel")[i % 2]) for i in range(6)])
    bench.train(bench.recipe("pens").changed(WHOLE), seed=1)
    qtbot.waitUntil(lambda: bench.training.phase == "idle")
    window.commands["view-inside"].trigger()
    qtbot.mouseClick(window.inside.all_pieces, LEFT)
    qtbot.waitUntil(lambda: window.inside.map.piece.found is not None)
    return window.inside


def at(pane: InsidePane, x: float, y: float) -> QPoint:
    """A place on the chart, by shares of its size."""
    return QPoint(round(x * pane.map.chart.width()), round(y * pane.map.chart.height()))


def arrived(qtbot: QtBot, pane: InsidePane, point: tuple[float, float]) -> None:
    qtbot.waitUntil(lambda: pane.map.piece.found is not None and tuple(pane.map.piece.found.asked) == point)


def test_every_piece_has_a_mark_of_its_label(pane: InsidePane) -> None:
    marks = pane.map.chart.marks
    assert marks is not None
    assert list(marks.names) == ["ring", "wheel"] * 3
    places = pane.map.chart.to_pixels(marks.points)
    assert (places > 0).all()
    assert (places < [pane.map.chart.width(), pane.map.chart.height()]).all()
    assert "g of 6 pieces" in pane.map.caption.text()
    assert not pane.glow.isVisible()
    assert not pane.quantities.isVisible()


def test_dragging_draws_what_lies_there(qtbot: QtBot, pane: InsidePane) -> None:
    chart = pane.map.chart
    QTest.mousePress(chart, LEFT, pos=at(pane, 0.3, 0.3))
    assert chart.point is not None
    arrived(qtbot, pane, chart.point)
    first = pane.map.piece.found
    for step in range(20):
        QTest.mouseMove(chart, at(pane, 0.3 + 0.02 * step, 0.3 + 0.01 * step))
    QTest.mouseRelease(chart, LEFT, pos=at(pane, 0.7, 0.5))
    end = chart.point
    arrived(qtbot, pane, end)
    last = pane.map.piece.found
    assert first is not None
    assert last is not None
    assert isinstance(first.material, Drawing)
    assert isinstance(last.material, Drawing)
    assert not np.array_equal(first.point, last.point)
    QTest.mouseMove(chart, at(pane, 0.1, 0.9))  # the button is up
    assert chart.point == end


def test_the_window_waits_for_nothing_while_the_point_is_dragged(qtbot: QtBot, pane: InsidePane) -> None:
    """No more is done on its thread than to ask; the work itself is on another."""
    chart, live = pane.map.chart, pane.map._live
    assert live is not None
    slow_down(live, 0.2)
    QTest.mousePress(chart, LEFT, pos=at(pane, 0.4, 0.4))
    began = time.perf_counter()
    for step in range(50):
        QTest.mouseMove(chart, at(pane, 0.4 + 0.005 * step, 0.4))
    took = time.perf_counter() - began
    QTest.mouseRelease(chart, LEFT, pos=at(pane, 0.645, 0.4))
    assert took < 50 * 0.2  # or every one of them had been waited for
    assert chart.point is not None
    arrived(qtbot, pane, chart.point)


def test_the_arrow_keys_move_the_point(qtbot: QtBot, pane: InsidePane) -> None:
    chart = pane.map.chart
    assert chart.point is not None
    x, y = chart.point
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Right)
    QTest.keyClick(chart, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert chart.point[0] - x == pytest.approx(KEY_STEP * min(chart.width(), chart.height()) / chart._scale)
    assert 0 < chart.point[1] - y < chart.point[0] - x
    arrived(qtbot, pane, chart.point)


def test_a_piece_is_pictured_at_its_mark(qtbot: QtBot, pane: InsidePane) -> None:
    chart = pane.map.chart
    assert chart.marks is not None
    x, y = chart.to_pixels(chart.marks.points[4]).tolist()
    before = chart.grab().toImage()
    QTest.mouseMove(chart, QPoint(round(x), round(y)))
    qtbot.waitUntil(lambda: chart.hovered >= 0)
    there = chart.to_pixels(chart.marks.points[chart.hovered])
    assert np.hypot(*(there - [x, y])) < 3
    assert chart.grab().toImage() != before
    theme().apply("dark")
    assert chart.grab().toImage() != before


def test_far_out_the_nearest_that_is_drawn_is_shown(qtbot: QtBot, pane: InsidePane) -> None:
    pane.map.chart._move(1e4, 1e4)
    arrived(qtbot, pane, (1e4, 1e4))
    assert pane.map.chart.reached is not None
    assert max(map(abs, pane.map.chart.reached)) < 1e3


def test_what_lies_there_can_be_kept_and_the_map_exported(
    qtbot: QtBot, window: MainWindow, pane: InsidePane, tmp_path: Path
) -> None:
    qtbot.mouseClick(pane.map.keep, LEFT)
    qtbot.waitUntil(lambda: len(window.workbench.materials()) == 7)
    qtbot.waitUntil(lambda: pane.map.mapped is not None and len(pane.map.mapped.items) == 7)
    for name in ("map.csv", "there.svg"):
        pane.export_to(tmp_path / name)
        qtbot.waitUntil((tmp_path / name).exists)
    assert (tmp_path / "map.csv").read_text().startswith("item,label,group,x,y,g_1")


def test_without_g_one_sentence_says_so(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    bench = window.workbench
    bench.train(bench.recipe("pens-gmm").changed({"model.hidden": 8, "training.steps": 4}), seed=1)
    qtbot.waitUntil(lambda: bench.training.phase == "idle")
    qtbot.waitUntil(lambda: pane.map.chart.marks is None)
    assert pane.map.chart._empty[2].startswith("This model draws no latent variable g")
    qtbot.mouseClick(pane.one_piece, LEFT)
    qtbot.waitUntil(lambda: pane.look is not None)
    assert pane.glow.isVisible()


def test_another_project_has_no_map(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    window.workbench.discard()
    window.workbench.new()
    qtbot.waitUntil(lambda: pane.map.chart.marks is None)
    assert pane.map._live is None


def test_the_latent_variance_can_be_split(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    window.commands["view-samples"].trigger()
    controls = window.generation
    assert controls.split.isVisible()
    whole, step = controls.split.sliders
    assert not whole.isVisible()
    qtbot.mouseClick(controls.split.more, LEFT)
    assert whole.isVisible()
    controls.latent.number = 0.5
    assert (controls.split.whole, controls.split.step) == (0.5, 0.5)
    assert controls.settings().variance.whole is None
    step.number = 1.5
    assert controls.split.more.text() == "More: whole 0.50, step 1.50"
    variance = controls.settings().variance
    assert (variance.latent, variance.of_whole) == (1.5, 0.5)
    assert controls._live is not None
    assert controls._live._variance == variance
    window.commands["reset-variance"].trigger()
    assert (controls.split.whole, controls.split.step) == (1.0, 1.0)
    assert controls.split.more.text() == "More"


def test_a_dead_part_says_why(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    bench, controls = window.workbench, window.generation
    bench._shares[bench._kept_weights(None, None)] = {"latent": 0.9, "whole": 0.9, "step": 0.02}  # type: ignore[index]
    bench.latent_share_changed.emit(1)
    whole, step = controls.split.sliders
    assert whole.isEnabled()
    assert not step.isEnabled()
    assert step.toolTip().startswith("z, which this run draws with each step, decides only 2%")


def test_without_g_there_is_nothing_to_split(qtbot: QtBot, window: MainWindow, pane: InsidePane) -> None:
    bench, controls = window.workbench, window.generation
    bench.train(bench.recipe("pens-gmm").changed({"model.hidden": 8, "training.steps": 4}), seed=1)
    qtbot.waitUntil(lambda: bench.training.phase == "idle")
    window.commands["view-samples"].trigger()
    qtbot.waitUntil(lambda: not controls.split.isVisible())
    assert controls.settings().whole_variance is None


def test_what_one_piece_was_read_for_is_dropped_for_the_map_and_taken_up_again(
    qtbot: QtBot, window: MainWindow, pane: InsidePane
) -> None:
    qtbot.mouseClick(pane.one_piece, LEFT)
    qtbot.waitUntil(lambda: pane.look is not None and pane.looking is not None and pane.looking.job.finished)
    for _ in range(30):  # jobs that ended long ago are forgotten
        window.workbench.wait(window.workbench.map_whole())
    qtbot.mouseClick(pane.all_pieces, LEFT)
    qtbot.waitUntil(lambda: not pane.map.busy)
    qtbot.mouseClick(pane.one_piece, LEFT)
    qtbot.waitUntil(lambda: pane.looking is not None and pane.looking.job.finished)
    assert pane.look is not None
