"""The libraries of torch, loaded while all other threads go on.

Whoever imports torch waits 0.2 s for its libraries, and so does every other thread, the window's too: Python keeps its
lock while the system binds their hundred thousand symbols. It does not while it calls a function of the system itself,
and what has been loaded in that way is there when torch is imported.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

_log = logging.getLogger(__name__)

_lock = threading.Lock()


def load_libraries() -> None:
    """Load them, or wait until another thread has; costs nothing once torch is there.

    Where that fails, which only the log says, importing torch does it. On Windows that lets the others go on anyway.
    """
    with _lock:
        if sys.platform == "win32" or "torch" in sys.modules:
            return
        package = find_spec("torch")
        if package is None or package.origin is None:
            return
        ending = ".dylib" if sys.platform == "darwin" else ".so"
        # As torch does: first those that everything else refers to, for all to see.
        for name, seen in (("libtorch_global_deps", os.RTLD_GLOBAL), ("libtorch", os.RTLD_LOCAL)):
            path = Path(package.origin).parent / "lib" / f"{name}{ending}"
            if path.exists() and not _load(path, os.RTLD_NOW | seen):
                _log.info("%s is left to torch", path)


def _load(path: Path, mode: int) -> bool:
    system = ctypes.CDLL(None)
    system.dlopen.restype = ctypes.c_void_p
    system.dlopen.argtypes = ctypes.c_char_p, ctypes.c_int
    return system.dlopen(os.fsencode(path), mode) is not None
