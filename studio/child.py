"""Child processes: another Python that finds exactly the modules that this one finds, wherever it is started.

``python -m`` and ``python -c`` look for every module in the working folder first. The studio is started in folders full
of files from strangers, and a ``json.py`` among them would run. So children are started isolated (``-I``: neither the
working folder, nor PYTHONPATH, PYTHONSTARTUP and their like), and are told where to look. They work in the folder of
the studio itself, for libraries read settings of the working folder too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TimeoutExpired = subprocess.TimeoutExpired
ROOT = Path(__file__).resolve().parent.parent  # where the package `studio` lies


def run(code: str, *, seconds: float | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run some Python to its end; what it says is in the result.

    Args:
        code: Python.
        seconds: how long it may take; None: as long as it likes.
        environment: variables of its environment, beside or instead of those of this process.

    Raises:
        TimeoutExpired: it has taken longer, and has been ended.
    """
    return subprocess.run(
        command(code),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=seconds,
        cwd=ROOT / "studio",
        env=inherited() | environment,
        check=False,
    )


def command(code: str) -> list[str]:
    """The command line that runs some Python."""
    return [sys.executable, "-I", "-X", "utf8", "-c", f"import sys; sys.path[:] = {search_path()!r}\n{code}"]


def search_path() -> list[str]:
    """Where this process finds modules, without the working folder; the studio itself comes last."""
    here = os.path.realpath(os.curdir)
    elsewhere = [place for place in sys.path if Path(place).is_absolute() and os.path.realpath(place) != here]
    return [*elsewhere, *([] if str(ROOT) in elsewhere else [str(ROOT)])]


def inherited() -> dict[str, str]:
    """The environment without what changes how Python starts."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
