"""Which process is at work on something, so that work left behind by a crash can be told from work going on."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path


def this_process() -> str:
    """The name of this process, as stored in project files."""
    return f"{platform.node()}/{os.getpid()}"


def may_be_alive(owner: str) -> bool:
    """Whether that process may still run. One on another computer may; one that never signed does not."""
    node, _, number = owner.rpartition("/")
    if not (node and number.isdecimal()):
        return False
    if node != platform.node():
        return True
    return _runs(int(number))


if sys.platform == "win32":

    def _runs(process: int) -> bool:
        import ctypes

        query_limited_information, still_active = 0x1000, 259
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(query_limited_information, False, process)
        if not handle:
            return False
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == still_active

else:

    def _runs(process: int) -> bool:
        try:
            os.kill(process, 0)  # signal 0 only asks
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            return True
        return not _is_zombie(process)

    def _is_zombie(process: int) -> bool:
        """Killed, but not yet collected by its parent."""
        try:
            return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (OSError, IndexError):
            return False
