"""Compare: ticks, the table that sorts, samples side by side, stopping, and exports."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import circle, tone
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sound import FakeSound

from studio.evaluation.bounds import Bound, Estimate
from studio.ui.audio.span import Span
from studio.ui.comparing.pane import ComparePane
from studio.ui.comparing.table import FRAME, PADDING, RUN, STEPS, RunTable
from studio.ui.main_window import MainWindow
from studio.workbench import Row, RunInfo, Workbench

SMALL = {"model.hidden": 8, "training.batch": 2, "training.window": 16}


def train(qtbot: QtBot, bench: Workbench, name: str, recipe: str = "pens", **settings: object) -> int:
    chosen = bench.recipe(recipe).changed({**SMALL, "training.steps": 12, **settings})
    run = bench.train(chosen, seed=1, name=name)
    qtbot.waitUntil(lambda: bench.training.phase == "idle")
    bench.poll()
    return run


@pytest.fixture
def pane(qtbot: QtBot, window: MainWindow) -> ComparePane:
    bench = window.workbench
    bench.add_drawings([circle(1.0 + i / 50, "ring") for i in range(12)])
    train(qtbot, bench, "vrnn")
    train(qtbot, bench, "rnn", **{"model.latent": 0, "training.steps": 8})
    window.commands["view-compare"].trigger()
    return window.compare


def compared(qtbot: QtBot, pane: ComparePane) -> None:
    assert pane.comparison is not None
    qtbot.waitUntil(lambda: not pane.running)
    pane._workbench.poll()
    qtbot.waitUntil(lambda: pane.cards.ready)


def column(table: RunTable, number: int) -> list[str]:
    return [item.text(number) for item in table._items()]


def test_it_says_what_to_do_before_there_is_a_run(window: MainWindow) -> None:
    window.commands["view-compare"].trigger()
    assert "Train at least one run" in window.compare.cards._empty[1]
    assert not window.compare.button.isEnabled()
    assert "train first" in window.compare.button.toolTip()
    assert not window.commands["export-comparison"].isEnabled()


def test_runs_stand_there_before_they_are_measured(pane: ComparePane) -> None:
    assert set(column(pane.table, RUN)) == {"vrnn", "rnn"}
    assert column(pane.table, FRAME) == ["–", "–"]
    assert pane.comparison is None
    assert pane.button.isEnabled()
    assert pane.button.text() == "Compare"


def test_compare(qtbot: QtBot, pane: ComparePane) -> None:
    QTest.mouseClick(pane.button, Qt.MouseButton.LeftButton)
    assert pane.button.text() == "Stop"
    compared(qtbot, pane)
    assert pane.button.text() == "Compare"
    assert "–" not in column(pane.table, FRAME)
    assert "both runs held back" in pane.words.text()
    assert sorted(group.title for group in pane.cards._groups) == ["real", "rnn", "vrnn"]
    assert not pane.waves.isVisible()
    image = next(iter(pane.cards._pictures.values()))
    assert len({image.pixel(x, y) for x in range(image.width()) for y in range(0, image.height(), 2)}) > 5


def test_only_what_is_ticked(qtbot: QtBot, pane: ComparePane) -> None:
    pane.table.setCurrentItem(next(item for item in pane.table._items() if item.text(RUN) == "rnn"))
    QTest.keyClick(pane.table, Qt.Key.Key_Space)
    assert len(pane.table.chosen) == 1
    pane.compare()
    compared(qtbot, pane)
    assert pane.comparison is not None
    assert [row.run.name for row in pane.comparison.rows.values()] == ["vrnn"]
    pane.table.setCurrentItem(next(item for item in pane.table._items() if item.text(RUN) == "vrnn"))
    QTest.keyClick(pane.table, Qt.Key.Key_Space)
    assert not pane.button.isEnabled()
    assert "choose the runs" in pane.button.toolTip()


def test_stop(qtbot: QtBot, pane: ComparePane, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = pane._workbench
    measure, done = bench._measure, list[bool]()

    def slow(*arguments: object) -> None:
        measure(*arguments)  # type: ignore[arg-type]
        done.append(True)
        while not bench._jobs._tasks[pane.comparison.job.id].cancelled:  # type: ignore[union-attr]
            time.sleep(0.002)

    monkeypatch.setattr(bench, "_measure", slow)
    pane.compare()
    assert pane.running
    qtbot.waitUntil(lambda: bool(done))
    QTest.mouseClick(pane.button, Qt.MouseButton.LeftButton)
    compared(qtbot, pane)
    assert sorted(text == "–" for text in column(pane.table, FRAME)) == [False, True]
    assert pane.button.text() == "Compare"


def row(id: int, name: str, bound: float | None, steps: int) -> Row:
    recipe = Workbench(remember=False).recipe("pens")
    info = RunInfo(id, name, recipe, "finished", steps, "", "cpu", 1, True)
    found = Row(info, "VRNN-GMM", "GRU 8, z 2", steps)
    if bound is None:
        return found
    estimate = Estimate(bound, 0.1)
    return replace(found, bound=Bound("elbo", 1, 2, 20, estimate, estimate, -bound, 0.0), bits=(bound, "per frame"))


def test_a_run_that_is_being_trained_can_be_compared_too(qtbot: QtBot, pane: ComparePane) -> None:
    bench = pane._workbench
    chosen = bench.recipe("pens").changed({**SMALL, "training.steps": 10**6})
    run = bench.train(chosen, seed=1, name="under way")
    qtbot.waitUntil(lambda: run in pane.table.chosen)  # once it has weights
    steps = dict(zip(column(pane.table, RUN), column(pane.table, STEPS), strict=True))
    assert steps == {"vrnn": "12", "rnn": "8", "under way": "–"}
    pane.compare()
    compared(qtbot, pane)
    steps = dict(zip(column(pane.table, RUN), column(pane.table, STEPS), strict=True))
    assert pane.comparison is not None
    assert steps["under way"] == f"{pane.comparison.rows[run].step:,}"
    assert pane.comparison.rows[run].step >= 1  # type: ignore[operator]
    bench.stop()
    qtbot.waitUntil(lambda: bench.training.phase == "idle")


def test_names_can_be_read_in_a_narrow_window(qtbot: QtBot) -> None:
    table = RunTable()
    qtbot.addWidget(table)
    table.show_rows({1: row(1, "a name of some length", -2.5, 900)}, best=None, left_out=[])
    table.show()
    for width in (400, 1600):
        table.resize(width, 200)
        assert table.columnWidth(RUN) >= table.sizeHintForColumn(RUN) + PADDING
    qtbot.waitUntil(lambda: not table.horizontalScrollBar().isVisible())


def test_sorting_by_any_column_leaves_what_is_not_known_last(qtbot: QtBot) -> None:
    table = RunTable()
    qtbot.addWidget(table)
    rows = {1: row(1, "b", -2.5, 900), 2: row(2, "a", None, 50), 3: row(3, "C", 10.0, 1000)}
    table.show_rows(rows, best=3, left_out=[])
    assert column(table, RUN) == ["C", "b", "a"]  # the best first
    table.sortByColumn(FRAME, Qt.SortOrder.AscendingOrder)
    assert column(table, RUN) == ["b", "C", "a"]
    table.sortByColumn(STEPS, Qt.SortOrder.DescendingOrder)
    assert column(table, STEPS) == ["1,000", "900", "50"]
    table.sortByColumn(RUN, Qt.SortOrder.AscendingOrder)
    assert column(table, RUN) == ["a", "b", "C"]
    fonts = {item.text(RUN): item.font(RUN).bold() for item in table._items()}
    assert fonts == {"a": False, "b": False, "C": True}


def test_what_cannot_be_compared_is_told(qtbot: QtBot, pane: ComparePane) -> None:
    train(qtbot, pane._workbench, "finer", **{"representation.resample": "arc", "representation.spacing": 0.02})
    pane.compare()
    compared(qtbot, pane)
    item = next(item for item in pane.table._items() if item.text(RUN).startswith("finer"))
    assert item.text(RUN) == "finer *"
    assert "densities of other numbers" in item.toolTip(RUN)
    assert "finer" in pane.words.text()


@pytest.mark.parametrize("ending", [".csv", ".png", ".svg"])
def test_export(
    qtbot: QtBot, window: MainWindow, pane: ComparePane, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane.compare()
    compared(qtbot, pane)
    path = tmp_path / f"found{ending}"
    monkeypatch.setattr("studio.ui.comparing.pane.ask_where_to_save", lambda *_: path)
    window.commands["export-comparison"].trigger()
    qtbot.waitUntil(path.exists)


def test_waveforms_one_below_the_other(qtbot: QtBot, window: MainWindow, sound: FakeSound) -> None:
    bench = window.workbench
    bench.add_recordings([tone(200 + 50 * i, 0.3) for i in range(4)])
    train(qtbot, bench, "voice", "speech")
    window.commands["view-compare"].trigger()
    pane = window.compare
    pane.compare()
    compared(qtbot, pane)
    waves = pane.waves
    assert waves.isVisible()
    assert not pane.cards.isVisible()
    assert [group.title for group, _, _ in waves._rows] == ["real", "voice"]
    waves.show_span(Span(0.1, 0.11, waves.span.total))
    waves.grab()
    QTest.mouseDClick(waves, Qt.MouseButton.LeftButton, pos=waves.rect().center())
    assert waves.span.is_whole
    QTest.mouseClick(waves, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    qtbot.waitUntil(lambda: window.output.state_of(pane) == "playing")
