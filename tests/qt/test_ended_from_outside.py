"""The window is closed in good order where its terminal, the system or a scheduler ends the program."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")

PROGRAM = """
import os, signal, sys
import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from studio import app
from studio.sequences.material import Drawing
from studio.ui.main_window import MainWindow

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have had it ignored

def end():
    window = next((w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)), None)
    if window is not None and window.workbench.is_open and window._started:
        timer.stop()
        window.workbench.add_drawing(Drawing.from_points(np.cumsum(np.ones((5, 2)), 0)))
        assert window.workbench.unsaved
        print(len(window.workbench.materials()), window.workbench._project.path, flush=True)
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))

make = app._application
def application():
    global timer
    made = make()
    timer = QTimer(made, interval=20, timeout=end)
    timer.start()
    return made
app._application = application
wanted, sys.argv[1:] = sys.argv[1], []
sys.argv.append(wanted)
app.leave(app.open_window(None))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_closes_the_window_and_keeps_the_work(name: str, tmp_path) -> None:
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, name],
        env=os.environ | homes | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    count, _, path = done.stdout.strip().partition(" ")
    from pathlib import Path

    from studio.project.file import Project

    project = Project.open(Path(path))
    assert len(project.collection.items()) == int(count)
    project.close()
