"""Weights are chosen wherever those of a run are used, and lists of runs name the best."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import circle
from pytestqt.qtbot import QtBot

from studio.ui.comparing.table import STEPS
from studio.ui.main_window import MainWindow
from studio.ui.measure_dialog import MeasureDialog
from studio.ui.weights import best_in_words, weights_in_words

sys.path.append(str(Path(__file__).parent.parent / "unit" / "workbench"))
from tiny import tiny, train


@pytest.fixture
def trained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """A run that is used with its best weights, those of step 5 of 12."""
    bench = window.workbench
    bench.add_drawings([circle(1.0 + i / 50) for i in range(6)])
    run = train(bench, tiny(validation=0.4, weights="best"), seed=1)
    runs = bench._project.runs
    runs.save_checkpoint(run, replace(runs.checkpoint(run, "best"), step=5))
    bench._runs_changed()
    bench.poll()
    return window


def choose(box: object, text: str) -> None:
    place = box.findText(text)  # type: ignore[attr-defined]
    assert place >= 0, [box.itemText(i) for i in range(box.count())]  # type: ignore[attr-defined]
    box.setCurrentIndex(place)  # type: ignore[attr-defined]
    box.activated.emit(place)  # type: ignore[attr-defined]


def test_lists_of_runs_name_the_best(trained: MainWindow) -> None:
    assert trained.training.runs.itemText(0) == "tiny-1 · finished · best, step 5"
    assert "used: best, step 5" in trained.training.runs.toolTip()
    (run,) = trained.workbench.runs()
    assert best_in_words(replace(run, status="training")) == weights_in_words(replace(run, status="training")) == ""
    assert best_in_words(replace(run, best_step=None)) == ""


def test_look_inside_reads_with_those_chosen(qtbot: QtBot, trained: MainWindow) -> None:
    trained.commands["view-inside"].trigger()
    pane = trained.inside

    def step() -> int | None:
        looking = pane.looking
        if looking is None or not trained.workbench.job(looking.job.id).finished or looking.latest is None:
            return None
        return looking.latest.step

    qtbot.waitUntil(lambda: step() == 5)
    choose(pane.weights, "last, step 12")
    qtbot.waitUntil(lambda: step() == 12)


def test_measuring_uses_those_chosen(qtbot: QtBot, trained: MainWindow) -> None:
    dialog = MeasureDialog(trained.workbench)
    qtbot.addWidget(dialog)
    assert dialog.runs.itemText(1) == "tiny-1: Tiny, best, step 5"
    for text, step in (("best, step 5", 5), ("last, step 12", 12)):
        choose(dialog.weights, text)
        dialog.bound.button.click()
        qtbot.waitUntil(lambda: not dialog._waiting)
        assert f"at step {step} on" in dialog.bound.on.text()


def test_comparing_uses_those_chosen(qtbot: QtBot, trained: MainWindow) -> None:
    trained.commands["view-compare"].trigger()
    pane = trained.compare
    assert pane.table._items()[0].text(STEPS) == "best, 5"
    choose(pane.weights, "last")
    pane.compare()
    qtbot.waitUntil(lambda: not pane.running)
    trained.workbench.poll()
    assert pane.table._items()[0].text(STEPS) == "12"
