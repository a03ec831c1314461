"""The window, painted for real into memory (Qt's offscreen platform), in which a model of size S trains."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"

import numpy as np
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from studio.models import threads
from studio.sequences.material import Drawing
from studio.training.recipe import Recipe
from studio.ui.main_window import MainWindow
from studio.workbench import Workbench

PATIENCE = 300_000  # milliseconds: not how long anything should take, but when to give up
WARM = 10  # updates after which a training runs at full speed
S = Recipe(name="s", title="Size S").changed(
    {
        "hidden": 60,
        "latent": 10,
        "batch": 32,
        "window": 300,
        "training.steps": 1_000_000,
        "resample": "none",
        "phi_x.widths": (10,),
        "phi_z.widths": (16,),
        "prior.widths": (30,),
        "encoder.widths": (30,),
        "decoder.widths": (40,),
    }
)


def window_with_drawings(qtbot: QtBot, folder: Path) -> MainWindow:
    """On screen, with everything loaded, and 40 drawings to train on."""
    window = new_window(folder)
    qtbot.waitExposed(window)
    window.workbench.load_in_background()
    qtbot.waitUntil(lambda: window.workbench.ready, timeout=PATIENCE)
    return window


def new_window(folder: Path) -> MainWindow:
    """Shown, with 40 drawings to train on; nothing is loaded yet."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder / "settings"))
    random = np.random.default_rng(0)
    bench = Workbench(folder / "studio")
    bench.new()
    bench.add_drawings([Drawing.from_points(np.cumsum(random.normal(size=(500, 2)), 0)) for _ in range(40)])
    window = MainWindow(bench)
    window.resize(1280, 800)
    window.show()
    return window


@contextmanager
def training(qtbot: QtBot, window: MainWindow) -> Iterator[None]:
    """While S trains at full speed."""
    bench = window.workbench
    threads.spare = 1  # as the program does
    bench.train(S)
    qtbot.waitUntil(lambda: bench.training.step > WARM, timeout=PATIENCE)
    qtbot.wait(1000)
    try:
        yield
    finally:
        bench.stop()
        qtbot.waitUntil(lambda: bench.training.phase == "idle", timeout=PATIENCE)
        threads.spare = 0


def put_away(window: MainWindow) -> None:
    """Close it without asking what to do with the project."""
    window.generation.close_pens()
    window.workbench.discard()
    window.close()
    window.deleteLater()
