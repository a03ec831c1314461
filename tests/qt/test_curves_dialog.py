"""The large view of a run's curves."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.ui.curves_dialog import CurvesDialog
from studio.ui.curves_view import CurvesView, LargeGraph, nearest
from studio.ui.graph import from_log
from studio.ui.main_window import MainWindow
from studio.ui.plots import PLOTS, in_bits
from studio.ui.theme import theme
from studio.workbench import Series, Workbench

sys.path.append(str(Path(__file__).parent.parent / "unit" / "workbench"))
from tiny import circle, tiny, train

Curves = dict[str, Series]


@pytest.fixture
def curves(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Curves:
    """What the newest run has for curves: change it as you like."""
    bench.add_drawing(circle())
    train(bench, tiny(steps=2), seed=1)
    found: Curves = {}
    grow(found, 300)
    monkeypatch.setattr(bench, "metrics", lambda run: found)
    return found


def grow(curves: Curves, length: int) -> None:
    """So many steps of every curve, and a validation of every hundredth."""
    steps, rare = np.arange(1, length + 1), np.arange(100, length + 1, 100)
    for index, curve in enumerate(curve for _, group, _ in PLOTS for curve in group):
        x = rare if curve.rare else steps
        curves[curve.metric] = x, curve.sign * (index + 8 * np.exp(-x / 50))


@pytest.fixture
def dialog(qtbot: QtBot, bench: Workbench, curves: Curves) -> CurvesDialog:
    found = CurvesDialog(bench)
    qtbot.addWidget(found, before_close_func=CurvesDialog.close_down)
    found.show()
    wait(qtbot, found)
    return found


def wait(qtbot: QtBot, dialog: CurvesDialog) -> None:
    """Until everything is drawn."""
    qtbot.waitUntil(lambda: dialog.view is not None and not dialog._stale and not dialog._outdated)


def view(dialog: CurvesDialog) -> CurvesView:
    assert dialog.view is not None
    return dialog.view


def shown(graph: LargeGraph) -> list[tuple[list[float], list[float]]]:
    """What each of its lines was given, as it was measured or smoothed; those without values left out."""
    data = [line.getOriginalDataset() for line in graph.lines]
    return [(x.tolist(), y.tolist()) for x, y in data if x is not None]


def test_pyqtgraph_is_loaded_when_curves_are_opened(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from PySide6.QtWidgets import QApplication\n"
        "app = QApplication([])\n"
        "from studio.ui.main_window import MainWindow; from studio.workbench import Workbench\n"
        f"bench = Workbench(Path({str(tmp_path)!r})); bench.new(); window = MainWindow(bench); window.show()\n"
        "app.processEvents(); loaded = lambda: 'pyqtgraph' in sys.modules; print(loaded())\n"
        "window.show_curves(); print(window._curves.isVisible(), loaded() and window._curves.view)\n"
        "while window._curves.view is None: app.processEvents()\n"
        "print(loaded()); bench.discard(); window.close(); print(window._curves.isVisible())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", "True", "False", "True", "False"], done.stderr


def test_all_curves_of_a_run(dialog: CurvesDialog, curves: Mapping[str, Series]) -> None:
    dialog.smoothing.number = 0
    dialog._draw_all()
    graphs = view(dialog).graphs
    assert [graph.title for graph in graphs] == [title for title, _, _ in PLOTS]
    for graph, (_, group, _) in zip(graphs, PLOTS, strict=True):
        expected = [(curve, *curves[curve.metric]) for curve in group]
        assert shown(graph) == [(x.tolist(), (curve.sign * y).tolist()) for curve, x, y in expected]
        for curve, _, values in expected:
            number = f"{values[-1]:.1e}" if curve.metric == "learning_rate" else f"{curve.sign * values[-1]:.3f}"
            assert f"</span> {curve.name} {number}".replace("  ", " ") in graph.words.text


def test_smoothed_curves_stand_before_what_was_measured(dialog: CurvesDialog) -> None:
    dialog.smoothing.number = 0
    dialog._draw_all()
    (raw, _), (_, held_back) = shown(view(dialog).graphs[0]), shown(view(dialog).graphs[0])
    dialog.smoothing.number = 0.5
    dialog._draw_all()
    behind, before, rare = shown(view(dialog).graphs[0])
    assert behind == raw
    assert before != raw
    assert rare == held_back
    assert len(shown(view(dialog).graphs[3])) == 1  # the learning rate is nothing to smooth


def test_new_values_are_followed_while_a_training_runs(qtbot: QtBot, dialog: CurvesDialog, curves: Curves) -> None:
    assert view(dialog).steps_shown == pytest.approx((-5, 306), abs=1)
    grow(curves, 600)
    dialog._workbench.training_event.emit(None)
    qtbot.waitUntil(lambda: all(max(shown(graph)[0][0]) == 600 for graph in view(dialog).graphs))
    for graph in view(dialog).graphs:
        assert graph.box.viewRange()[0] == pytest.approx([-11, 612], abs=2)


def test_a_hidden_dialog_draws_nothing(qtbot: QtBot, dialog: CurvesDialog, curves: Curves) -> None:
    dialog.hide()
    grow(curves, 600)
    dialog._workbench.training_event.emit(None)
    qtbot.wait(2 * dialog._timer.interval())
    assert max(shown(view(dialog).graphs[0])[0][0]) == 300
    dialog.show()
    qtbot.waitUntil(lambda: max(shown(view(dialog).graphs[0])[0][0]) == 600)


def test_the_steps_shown_are_never_by_pyqtgraphs_reckoning(dialog: CurvesDialog, curves: Curves) -> None:
    """It reckons with the points that it draws, which depend on the steps shown: plots went to and fro for ever."""
    dialog._timer.stop()
    width = int(view(dialog).graphs[0].box.width())
    for length in (width, int(1.99 * width), 2 * width, int(2.55 * width)):
        grow(curves, length)
        dialog.all.click()
        dialog.grab()
        assert view(dialog).steps_shown == pytest.approx((1 - 0.02 * (length - 1), length + 0.02 * (length - 1)))
        assert not any(graph.box.autoRangeEnabled()[0] for graph in view(dialog).graphs)


def middle(graph: LargeGraph) -> QPointF:
    return graph.box.sceneBoundingRect().center()


def turn_wheel(dialog: CurvesDialog, graph: LargeGraph) -> None:
    paper = view(dialog).paper.viewport()
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    turned = QWheelEvent(middle(graph), paper.mapToGlobal(middle(graph)), QPoint(), QPoint(0, 120), *none, False)
    QApplication.sendEvent(paper, turned)


def test_whoever_looks_closer_is_left_there(qtbot: QtBot, dialog: CurvesDialog, curves: Curves) -> None:
    everything = view(dialog).steps_shown
    turn_wheel(dialog, view(dialog).graphs[2])
    low, high = view(dialog).steps_shown
    assert everything[0] < low < high < everything[1]
    for graph in view(dialog).graphs:
        assert graph.box.viewRange()[0] == pytest.approx([low, high], abs=2)  # all over the same steps
    grow(curves, 600)
    dialog._draw_all()
    assert view(dialog).steps_shown == (low, high)
    QTest.mouseDClick(view(dialog).paper.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.waitUntil(lambda: view(dialog).steps_shown[1] > 600)


def test_dragging_moves_along(dialog: CurvesDialog) -> None:
    low, high = view(dialog).steps_shown
    paper, here = view(dialog).paper.viewport(), middle(view(dialog).graphs[0]).toPoint()
    QTest.mousePress(paper, Qt.MouseButton.LeftButton, pos=here)
    for by in (-20, -50):
        moved = QPointF(here + QPoint(by, 0))
        buttons = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(QEvent.Type.MouseMove, moved, paper.mapToGlobal(moved), *buttons)
        event.setTimestamp(10_000 - by)
        QApplication.sendEvent(paper, event)
    QTest.mouseRelease(paper, Qt.MouseButton.LeftButton, pos=here + QPoint(-50, 0))
    moved_low, moved_high = view(dialog).steps_shown
    assert moved_low > low + 10
    assert moved_high - moved_low == pytest.approx(high - low)


def point(dialog: CurvesDialog, place: QPointF) -> None:
    paper = view(dialog).paper.viewport()
    none = Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(paper, QMouseEvent(QEvent.Type.MouseMove, place, paper.mapToGlobal(place), *none))


def test_values_at_the_mouse(dialog: CurvesDialog, curves: Mapping[str, Series]) -> None:
    graphs = view(dialog).graphs
    point(dialog, middle(graphs[2]))
    step = round(graphs[0].upright.value())
    assert step in (150, 151)
    assert dialog.step.text() == f"step {step}"
    for graph in graphs:
        assert graph.upright.isVisible()
        assert graph.upright.value() == pytest.approx(150.5, abs=1)
        assert graph.level.isVisible() == (graph is graphs[2])
    _, values = curves["kl"]
    assert f" {values[step - 1]:.3f}" in graphs[2].words.text  # as measured, however smooth the curves are
    assert f" {-curves['validation.elbo'][1][1]:.3f}" in graphs[0].words.text  # at step 200, the nearest
    QApplication.sendEvent(view(dialog).paper.viewport(), QEvent(QEvent.Type.Leave))
    assert not graphs[0].upright.isVisible()
    assert dialog.step.text() == ""
    assert f" {values[-1]:.3f}" in graphs[2].words.text


@pytest.mark.parametrize(("step", "index"), [(-5, 0), (10, 0), (14, 0), (16, 1), (29, 2), (99, 2)])
def test_nearest(step: float, index: int) -> None:
    assert nearest(np.array([10, 20, 30]), step) == index
    assert nearest(np.array([10]), step) == 0


def test_logarithmic_scale(dialog: CurvesDialog, curves: Curves) -> None:
    steps = np.arange(1, 301)
    curves["loss"] = steps, np.geomspace(100, 0.5, 300)
    dialog._draw_all()
    axis, box = view(dialog).graphs[0].plot.getAxis("left"), view(dialog).graphs[0].box
    dialog.logarithmic.setChecked(True)
    QApplication.processEvents()
    _, high = from_log(np.array(box.viewRange()[1]))
    assert high == pytest.approx(100, rel=0.5)
    assert {text for _, text in axis._tickLevels[0]} >= {"1", "10", "100"}
    dialog.logarithmic.setChecked(False)
    QApplication.processEvents()
    assert axis._tickLevels is None
    assert box.viewRange()[1][1] == pytest.approx(100, rel=0.1)


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0], [float("nan")] * 3, [-1e12, 1e-12], [float("inf"), 1.0]])
def test_whatever_the_values_they_are_painted(
    dialog: CurvesDialog, curves: Curves, values: list[float], logarithmic: bool
) -> None:
    for metric in curves:
        curves[metric] = np.arange(len(values)), np.array(values)
    dialog.logarithmic.setChecked(logarithmic)
    dialog._draw_all()
    dialog.grab()
    point(dialog, middle(view(dialog).graphs[0]))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_both_themes(qtbot: QtBot, dialog: CurvesDialog, mode: str) -> None:
    theme().apply(mode)  # type: ignore[arg-type]
    wait(qtbot, dialog)
    image = dialog.grab().toImage()
    found = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    colours = theme().colours
    assert {QColor(name).name() for name in (colours.window, colours.paper, *colours.plots)} <= found
    assert all(shade in view(dialog).graphs[0].words.text for shade in colours.plots[:2])


def export(dialog: CurvesDialog, name: str, path: Path) -> None:
    """As pyqtgraph's dialog does it."""
    from pyqtgraph import exporters

    (found,) = (kind for kind in exporters.listExporters() if name in kind.Name)
    item = view(dialog).graphs[0].plot if name == "CSV" else view(dialog).paper.scene()
    found(item).export(str(path))


def test_export(qtbot: QtBot, dialog: CurvesDialog, tmp_path: Path) -> None:
    QTest.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    formats = view(dialog).paper.scene().exportDialog
    offered = [formats.ui.formatList.item(i).text() for i in range(formats.ui.formatList.count())]
    assert formats.isVisible()
    assert len(offered) == 3  # those that work with what the studio brings
    export(dialog, "Image", tmp_path / "curves.png")
    assert QImage(str(tmp_path / "curves.png")).width() > 400
    export(dialog, "SVG", tmp_path / "curves.svg")
    assert "<polyline" in (tmp_path / "curves.svg").read_text() or "<path" in (tmp_path / "curves.svg").read_text()
    dialog.close()
    assert not formats.isVisible()  # it would keep the program running


def test_a_table_holds_the_values_whatever_the_scale(dialog: CurvesDialog, curves: Curves, tmp_path: Path) -> None:
    dialog.logarithmic.setChecked(True)
    export(dialog, "CSV", tmp_path / "loss.csv")
    with (tmp_path / "loss.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss training_y"]) for row in rows] == pytest.approx(curves["loss"][1].tolist())
    assert rows[0]["loss smoothed_y"]
    held_back = [float(row["loss held back_y"]) for row in rows if row["loss held back_y"]]
    assert held_back == pytest.approx((-curves["validation.elbo"][1]).tolist())


def test_texts_are_counted_in_bits(dialog: CurvesDialog, curves: Curves, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = dialog._workbench.runs()
    recipe = next(recipe for recipe in dialog._workbench.recipes() if recipe.material == "text")
    monkeypatch.setattr(dialog._workbench, "runs", lambda: [SimpleNamespace(id=run.id, recipe=recipe, best_step=None)])
    dialog.smoothing.number = 0
    dialog._draw_all()
    graphs = view(dialog).graphs
    assert shown(graphs[2])[0][1] == in_bits(curves)["kl"][1].tolist()
    assert ["bits" in graph.words.text for graph in graphs] == [True, True, True, False]


def test_runs_come_and_the_chosen_one_stays(qtbot: QtBot, bench: Workbench, dialog: CurvesDialog) -> None:
    first = bench.runs()[0].id
    assert dialog.run_shown == first
    dialog.choose_run(first)
    train(bench, tiny(steps=2), seed=2)
    bench.poll()
    assert dialog.run_shown == first
    dialog.choose_run(None)
    assert dialog.run_shown == bench.runs()[1].id


def test_without_a_run_there_is_nothing_to_export(qtbot: QtBot, bench: Workbench) -> None:
    found = CurvesDialog(bench)
    qtbot.addWidget(found, before_close_func=CurvesDialog.close_down)
    found.show()
    wait(qtbot, found)
    assert not found.export.isEnabled()
    found.grab()


def test_the_window_shows_it_once_and_takes_it_along(qtbot: QtBot, window: MainWindow) -> None:
    window.commands["curves"].trigger()
    window.commands["curves"].trigger()
    (found,) = window.findChildren(CurvesDialog)
    assert found.isVisible()
    assert not found.isModal()
    wait(qtbot, found)
    view(found).export()
    window.workbench.discard()
    window.close()
    assert not found.isVisible()
    assert not view(found).paper.scene().exportDialog.isVisible()


def test_it_shows_the_run_of_the_pane(window: MainWindow) -> None:
    bench = window.workbench
    bench.add_drawing(circle())
    runs = [train(bench, tiny(steps=2), seed=seed) for seed in (1, 2)]
    bench.poll()
    window.training.runs.setCurrentIndex(window.training.runs.findData(runs[0]))
    window.training._choose_run()
    window.show_curves()
    assert window._curves is not None
    assert window._curves.run_shown == runs[0]


def test_a_ring_marks_the_best_step(dialog: CurvesDialog, curves: Curves, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, values = curves["validation.elbo"]
    monkeypatch.setattr(dialog._workbench, "best_step", lambda run: int(steps[0]))
    dialog._draw_all()
    (place,) = view(dialog).graphs[0].ring.points()
    assert place.pos().x() == steps[0]
    assert place.pos().y() == pytest.approx(-values[0])
    assert len(view(dialog).graphs[3].ring.points()) == 0  # nothing is held back of a learning rate
