"""Compiling what training and drawing need, before somebody waits for it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from studio import child
from studio.generation import stepper
from studio.models import compiling

_log = logging.getLogger(__name__)


def prepare(announce: Callable[[], None] | None = None) -> None:
    """Have everything compiled.

    Where this version of the studio has never run before it takes half a minute; later starts find what it has left.
    It happens in a process of its own: a window of this process would stand still now and again, and who waits on the
    command line could not interrupt it.

    Args:
        announce: is called before, where it takes long.

    Raises:
        KeyboardInterrupt: where the user would not wait; what calculates meanwhile then does without.
    """
    with compiling.lock:
        if find_spec("numba") is None:
            _settle()
            return
        marker = _marker()
        if marker is not None and marker.exists():
            _settle()
            return
        with compiling.taking_long():
            if announce is not None:
                announce()
            # else what another process compiles is lost
            apart = marker is not None and _can_be_written(marker.parent)
            complete = apart and _compile_apart()
            if _settle() and marker is not None and (complete or not apart):
                _leave(marker)


def _settle() -> bool:
    """Compile in this process what has not been, and check it; whether everything can be used."""
    training, drawing = compiling.loop.settled(), stepper.compiled.settled()
    return training and drawing


def _compile_apart() -> bool:
    result = child.run("from studio.generation.prepare import compile_here; compile_here()")
    if result.returncode != 0:
        _log.warning("compiling in a process of its own failed: %s", result.stderr.strip())
    return result.returncode == 0


def _marker() -> Path | None:
    """The empty file that says that everything is compiled; None where nothing is kept."""
    import numba
    from llvmlite import binding

    from studio.generation import kernel
    from studio.models import compiled, kernels, scan_kernels

    if compiled.place is None:
        return None
    edition = f"{compiled.stamp(kernels, scan_kernels, kernel):08x}-{numba.__version__}-{binding.get_host_cpu_name()}"
    return Path(compiled.place, f"complete-{edition}")


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _leave(marker: Path) -> None:
    try:
        marker.touch()
    except OSError as error:
        _log.warning("what was compiled cannot be kept: %s", error)


def compile_here() -> NoReturn:
    """All that the process does which compiles for another one; it then ends."""
    if hasattr(os, "nice"):
        os.nice(5)
    sys.exit(not _settle())
