"""The dialog that measures: bounds and transitions of a run, while everything else goes on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from fakes import circle
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from studio.ui.measure_dialog import MEASURE, MeasureDialog
from studio.workbench import Workbench

sys.path.append(str(Path(__file__).parent.parent / "unit" / "workbench"))
from tiny import tiny, train


@pytest.fixture
def dialog(qtbot: QtBot, bench: Workbench) -> MeasureDialog:
    for size in (1.0, 1.5, 2.0):
        bench.add_drawing(circle(size))
    train(bench, tiny(steps=4), seed=1)
    found = MeasureDialog(bench)
    qtbot.addWidget(found)
    return found


def texts(dialog: MeasureDialog, part: str) -> list[list[str]]:
    table = getattr(dialog, part).table
    return [[table.item(i, j).text() for j in range(table.columnCount())] for i in range(table.rowCount())]


def wait(qtbot: QtBot, bench: Workbench, dialog: MeasureDialog) -> None:
    def polled() -> bool:
        bench.poll()
        return not dialog._waiting

    qtbot.waitUntil(polled)


def test_a_bound_with_its_error_units_and_particles(qtbot: QtBot, bench: Workbench, dialog: MeasureDialog) -> None:
    assert not dialog.bound.particles.isEnabled()
    dialog.bound.kind.setCurrentIndex(dialog.bound.kind.findData("iwae"))
    assert dialog.bound.particles.isEnabled()
    dialog.bound.particles.setValue(5)
    dialog.bound.button.click()
    assert not dialog.bound.button.isEnabled()
    assert dialog.transitions.button.isEnabled()
    wait(qtbot, bench, dialog)
    assert dialog.bound.button.text() == MEASURE
    expected = bench.wait(bench.evaluate(bound="iwae", particles=5)).result
    rows = texts(dialog, "bound")
    assert rows[0][0] == f"{expected.bound.per_frame.mean:.4f}"
    assert rows[2][0] == f"{expected.bound.bits_per_frame:.4f}"
    assert "5 particles of tiny-1 at step 4" in dialog.bound.on.text()
    for name in expected.bound.units:
        assert name in dialog.bound.constants.text()


def test_transitions_beside_the_truth(qtbot: QtBot, bench: Workbench, dialog: MeasureDialog) -> None:
    part = dialog.transitions
    part.pattern.setCurrentIndex(part.pattern.findData("circle-triangle-eight"))
    part.count.setValue(2)
    part.length.setValue(200)
    part.latent.setValue(0.5)
    part.button.click()
    wait(qtbot, bench, dialog)
    rows = texts(dialog, "transitions")
    assert len(rows) == 3
    assert [row[1].split("\n")[1] for row in rows] == ["true 1.000", "true 0.333", "true 0.000"]
    assert "latent variance 0.5" in part.summary.text()


def test_nothing_learned_yet(qtbot: QtBot, bench: Workbench) -> None:
    found = MeasureDialog(bench)
    qtbot.addWidget(found)
    assert not found.bound.button.isEnabled()
    assert "train first" in found.bound.button.toolTip()


def test_a_run_comes_and_the_chosen_one_stays(bench: Workbench, dialog: MeasureDialog) -> None:
    assert [dialog.runs.itemData(i) for i in range(dialog.runs.count())] == [None, bench.runs()[0].id]
    dialog.runs.setCurrentIndex(1)
    train(bench, tiny(steps=4), seed=2)
    assert dialog.runs.count() == 3
    assert dialog.runs.currentData() == bench.runs()[0].id


def test_the_window_shows_it_once(window: MainWindow) -> None:
    window.commands["measure"].trigger()
    window.commands["measure"].trigger()
    (found,) = window.findChildren(MeasureDialog)
    assert found.isVisible()
    assert not found.isModal()
