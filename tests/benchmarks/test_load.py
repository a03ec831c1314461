"""A project of years: how long it takes to open, and what one more drawing costs the window.

Printed by ``make bench``; nothing here asserts seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studio.project.file import Project
from studio.project.records import StoredCheckpoint
from studio.sequences.material import Drawing
from studio.training.recipe import Recipe
from studio.workbench import Workbench

DRAWINGS, RUNS, VALUES, CHUNK = 2_000, 200, 1_000_000, 50
NAMES = ("loss", "reconstruction", "kl", "learning_rate", "gradient_norm")
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"


def drawing(seed: int) -> Drawing:
    return Drawing.from_points(np.cumsum(np.random.default_rng(seed).normal(size=(60, 2)), 0))


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("load") / "years.vrnn"
    project = Project.create(path)
    project.collection.add([("drawn", drawing(seed)) for seed in range(DRAWINGS)], "add")
    toml = Recipe(name="mine", title="Mine").to_toml()
    each = VALUES // RUNS // len(NAMES)
    for number in range(RUNS):
        run = project.runs.create(f"run {number}", toml, device="cpu", seed=number)
        with project._database.transaction():
            for begin in range(0, each, CHUNK):
                steps = np.arange(begin, begin + CHUNK)
                project.runs.add_metrics(run, dict.fromkeys(NAMES, (steps, steps / 7)), step=begin + CHUNK)
        project.runs.save_checkpoint(run, StoredCheckpoint("last", each, bytes(200_000), {"step": each}))
        project.runs.set_status(run, "finished")
    project.close()
    return path


def timed(what: str, work: Callable[[], object], times: int = 1) -> None:
    durations = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        durations.append(1000 * (time.perf_counter() - began))
    print(f"{what:<60} {sorted(durations)[len(durations) // 2]:8.1f} ms")


def test_opening(years: Path, tmp_path: Path) -> None:
    bench = Workbench(tmp_path / "home", remember=False)
    print()
    timed(f"open {DRAWINGS:,} drawings, {RUNS} runs, {VALUES:,} values of curves", lambda: bench.open(years))
    timed("its drawings", bench.materials)
    timed("its runs", bench.runs)
    timed("the curves of one run", lambda: bench.metrics(100), times=5)
    assert len(bench.materials()) == DRAWINGS
    assert len(bench.runs()) == RUNS
    assert sum(len(values) for _, values in bench.metrics(100).values()) == VALUES // RUNS
    bench.close()


@pytest.mark.parametrize("count", [100, 10_000])
def test_one_more_drawing(count: int, tmp_path: Path) -> None:
    from PySide6.QtWidgets import QApplication

    from studio.ui.main_window import MainWindow

    application = QApplication.instance() or QApplication([])
    bench = Workbench(tmp_path / "home", remember=False)
    bench.new(tmp_path / "p.vrnn")
    bench.add_drawings([drawing(seed) for seed in range(count)])
    window = MainWindow(bench)
    window.resize(1280, 800)
    window.show()
    application.processEvents()
    bench.poll()
    application.processEvents()

    def add() -> None:
        bench.add_drawing(drawing(1))
        bench.poll()
        application.processEvents()

    print()
    timed(f"one more drawing among {count:,}, shown in the window", add, times=9)
    assert len(bench.materials()) == count + 9
    window.close()
    window.deleteLater()
