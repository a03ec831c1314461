"""What is asked for and could never fit into this computer's memory: refused before any of it is taken."""

from __future__ import annotations

import os
import sys
from functools import cache

from studio.errors import StudioError

_UNKNOWN = 100 * 2**30  # bytes, where the system does not tell


@cache
def memory() -> int:
    """The memory of this computer in bytes."""
    if sys.platform == "win32":
        return _memory_of_windows() or _UNKNOWN
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") or _UNKNOWN
    except (OSError, ValueError):
        return _UNKNOWN


def refuse_beyond_memory(needed: float, what: str, mend: str) -> None:
    """Refuse what needs more memory than there is at all.

    Args:
        needed: bytes, estimated from below.
        what: needs them, to begin a sentence with.
        mend: how the user gets along with less, to end it with.

    Raises:
        StudioError: it does; the sentence has both numbers.
    """
    if needed > memory():
        there_is = _gigabytes(memory())
        raise StudioError(
            f"{what} would take {_gigabytes(needed)} GB of memory, and this computer has {there_is}: {mend}."
        )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.0f}" if size >= 1e10 else f"{size / 1e9:.1f}"


def _memory_of_windows() -> int:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            *(("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("total", ctypes.c_ulonglong)),
            *((f"other{i}", ctypes.c_ulonglong) for i in range(6)),
        )

    status = Status()
    status.length = ctypes.sizeof(status)
    found = getattr(ctypes, "windll").kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # noqa: B009, it is on Windows alone
    return int(status.total) if found else 0
