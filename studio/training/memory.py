"""How the system hands out memory to trainings, and telling that there is none left."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

# Of glibc's mallopt: how much must be free before it is given back, from which size on blocks are got singly, and how
# many arenas there may be
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
LARGE = 1 << 30
FEW = 2

# Of graphics processors (CUDA, MPS), of the C library on Linux and on Windows
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")


@contextmanager
def keeping_memory() -> Iterator[None]:
    """What is freed inside stays with the program until the end.

    Every update of a training takes and frees the same many megabytes. Usually the C library hands them back to the
    system each time, and each page that it asks for again costs a fault: up to a quarter of the time. Only glibc can
    be told; elsewhere nothing happens.
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(M_MMAP_THRESHOLD, LARGE)
    library.mallopt(M_TRIM_THRESHOLD, LARGE)
    try:
        yield
    finally:
        library.malloc_trim(0)


def share_arenas() -> None:
    """Let all threads from now on take their memory from the same few arenas.

    glibc gives each thread one of its own, up to eight for each core. Where many threads begin and end, as in a window,
    a few small blocks that stay in each arena keep much from being given back. Only glibc can be told; elsewhere
    nothing happens.
    """
    if (library := _glibc()) is not None:
        library.mallopt(M_ARENA_MAX, FEW)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that there is no memory left: Python's own, or what PyTorch raises on any device."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _OUT_OF_MEMORY)


@cache
def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows
        return None
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
