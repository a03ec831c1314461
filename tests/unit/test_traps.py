"""Started in a folder full of traps, the studio steps into none.

A trap is a file that leaves a mark when it is imported, under the name of something that the studio or its libraries
import: every module of Python, every library, the studio itself, and what Python runs by itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studio import child

TOP = Path(__file__).parent.parent.parent
PROGRAM = Path(sys.executable).with_name("vrnn-studio" + (".exe" if sys.platform == "win32" else ""))

LIBRARIES = (
    *("studio", "torch", "numpy", "scipy", "numba", "llvmlite", "PySide6", "shiboken6", "pyqtgraph", "msgspec", "PIL"),
    *("safetensors", "soundfile", "sounddevice", "_sounddevice", "_soundfile", "soxr", "psygnal", "rich", "pygments"),
    *(
        "platformdirs",
        "defusedxml",
        "charset_normalizer",
        "tinycss2",
        "cssselect2",
        "webencodings",
        "torchdiffeq",
        "yaml",
    ),
    *("colorama", "cffi", "_cffi_backend"),
    *("sympy", "mpmath", "networkx", "jinja2", "typing_extensions", "filelock", "fsspec", "cuda", "triton", "IPython"),
    *("sitecustomize", "usercustomize", "setuptools", "pkg_resources", "packaging", "resources", "sample_data"),
)
TRAP = "import os\nopen(os.path.join({marks!r}, __name__), 'w').close()\nraise SystemExit('a trap was sprung')\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of traps; what was stepped into is in the folder `marks` beside it."""
    folder, marks = tmp_path / "folder", tmp_path / "marks"
    folder.mkdir()
    marks.mkdir()
    for name in {*sys.stdlib_module_names, *LIBRARIES}:
        (folder / f"{name}.py").write_text(TRAP.format(marks=str(marks)))
    for name in ("studio", "torch", "PySide6", "numba"):  # packages come before modules
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(TRAP.format(marks=str(marks)))
    (folder / ".numba_config.yaml").write_text(f"cache_dir: {folder}\n")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """What is compiled already, but for the word that it is: so another process sees to it, as at the first start."""
    cache = tmp_path / "cache"
    known = Path(os.environ["NUMBA_CACHE_DIR"])
    shutil.copytree(known, cache) if known.exists() else cache.mkdir()
    for marker in cache.glob("complete-*"):
        marker.unlink()
    return cache


def sprung(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder.parent / "marks").iterdir())


def started(folder: Path, cache: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        command,
        cwd=folder,
        env=kept | {"NUMBA_CACHE_DIR": str(cache), "QT_QPA_PLATFORM": "offscreen"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


TINY = "--set hidden=8 --set components=1 --set batch=2 --set window=16 --steps 2"
COMMANDS = (
    "--version",
    "recipes pens",
    "pattern sine --count 4 --points 24 --out drawings",
    "new p.vrnn",
    "import p.vrnn drawings",
    f"train p.vrnn --recipe pens-quick {TINY}",
    "generate p.vrnn --length 8 --out one.svg",
    "generate p.vrnn --length 8 --out one.gif",
    "evaluate p.vrnn",
    "compare p.vrnn --count 1 --image table.png",
    "inside p.vrnn --item 1 --out inside.png",
    "transitions p.vrnn --pattern eight --count 1 --length 300",
    "info p.vrnn --json",
    "check p.vrnn --repair",
    "copy-synthesis {words} --out copy.wav",
    "demo --steps 1",
    "doctor --bundle report.zip",
)


def words(tmp_path: Path) -> Path:
    import numpy as np
    import soundfile

    path = tmp_path / "word.wav"
    soundfile.write(path, 0.1 * np.sin(np.arange(4000) / 5), 16000)
    return path


def test_no_command_steps_into_a_trap(folder: Path, cache: Path, tmp_path: Path) -> None:
    sound = words(tmp_path)
    for line in COMMANDS:
        done = started(folder, cache, str(PROGRAM), *line.format(words=sound).split())
        assert sprung(folder) == [], line
        assert "Traceback" not in done.stderr, f"{line}: {done.stderr}"
        assert done.returncode == 0 or line.startswith("doctor"), f"{line}: {done.stderr}"
    assert list(cache.glob("complete-*")), "another process was to compile"


WINDOW = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from studio import app
from studio.ui.main_window import MainWindow

def look():
    window = next((w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)), None)
    if window is not None and window.workbench.ready and not window.workbench._loading.is_alive():
        window.close()
        QApplication.quit()

make = app._application
def application():
    made = make()
    made.timer = QTimer(made, interval=50, timeout=look)
    made.timer.start()
    return made
app._application = application
app.run()
"""


def test_the_window_steps_into_no_trap(folder: Path, cache: Path) -> None:
    """As it is started by its script, which has the script's folder in front of the path."""
    script = folder.parent / "vrnn-studio-window"
    script.write_text(WINDOW)
    done = started(folder, cache, sys.executable, str(script))
    assert sprung(folder) == []
    assert (done.returncode, done.stderr) == (0, "")
    assert list(cache.glob("complete-*")), "another process was to compile"


def test_python_m_studio_steps_into_no_trap_of_a_folder_that_python_itself_does_not_step_into(
    folder: Path, cache: Path
) -> None:
    """``python -m`` looks in the working folder before the studio can say anything; ``python -P -m`` does not."""
    done = started(folder, cache, sys.executable, "-P", "-m", "studio", "recipes")
    assert (done.returncode, done.stderr) == (0, "")
    shutil.rmtree(folder / "studio")
    for name in {*sys.stdlib_module_names, "studio"} - {"json", "logging", "argparse", "pathlib", "tomllib"}:
        (folder / f"{name}.py").unlink()
    done = started(folder, cache, sys.executable, "-m", "studio", "recipes")
    assert (done.returncode, done.stderr) == (0, "")
    assert sprung(folder) == []


def test_a_trap_would_be_noticed(folder: Path, cache: Path) -> None:
    started(folder, cache, sys.executable, "-c", "import json")
    assert "json" in sprung(folder)


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process works in the folder of traps, and Python has been told by accident to look there."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", ["", ".", str(folder), *sys.path])
    monkeypatch.setenv("PYTHONPATH", os.pathsep + str(folder))
    monkeypatch.setenv("PYTHONSTARTUP", str(folder / "json.py"))
    return folder


def test_children_look_where_their_parent_looks_but_not_in_the_working_folder(inside: Path) -> None:
    done = child.run("import json, torch, studio, os; print(studio.__file__); print(os.getcwd())")
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.splitlines()[0]) == TOP / "studio" / "__init__.py"
    assert Path(done.stdout.splitlines()[1]) != inside
    assert sprung(inside) == []


def test_children_are_told_only_what_is_meant_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("SOMETHING", "else")
    done = child.run("import os; print(sorted({'PYTHONWARNINGS', 'SOMETHING', 'MEANT'} & set(os.environ)))", MEANT="1")
    assert done.stdout == "['MEANT', 'SOMETHING']\n"
