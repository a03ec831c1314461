"""Which process is at work on something, so that work left behind by a crash can be told from work going on.

A number alone does not name a process: it is used again, containers count from one each, and so does a computer that
has been started anew. So a name also says on which computer, since which start of its system, among which numbers (the
namespace of a container) and since when the process runs. The time of day plays no part: clocks jump.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

Standing = Literal["alive", "dead", "unknown"]


@dataclass(frozen=True)
class Life:
    """What tells a process from all others of its number; "" where the system does not say.

    Attributes:
        machine: the computer, or the container's image.
        boot: which start of the system: containers on one computer share it.
        namespace: where its number counts.
        start: when it began, in ticks since the system started.
    """

    machine: str = ""
    boot: str = ""
    namespace: str = ""
    start: str = ""


def this_process() -> str:
    """The name of this process, as stored in project files: computer/number/life."""
    return _name_of(os.getpid())


def named(owner: str) -> tuple[str, int, Life] | None:
    """Computer, number and life of an owner; None for what is no name. Names of older studios have no life."""
    node, _, rest = owner.partition("/")
    number, _, life = rest.partition("/")
    words = life.split(".") if life else [""] * 4
    if not (node and number.isascii() and number.isdecimal() and len(number) < 20 and len(words) == 4):
        return None
    return node, int(number), Life(*words)


def standing(owner: str) -> Standing:
    """Whether that process runs: "unknown" where it cannot be seen from here, on another computer for instance."""
    name = named(owner)
    if name is None:
        return "dead"
    node, number, life = name
    here = _this_life()
    if not life.boot or not here.boot:
        return "unknown" if node != platform.node() else _standing_here(number, life)
    if life.boot == here.boot:
        return _standing_here(number, life) if life.namespace == here.namespace else "unknown"
    started_anew = (node, life.machine) == (platform.node(), here.machine)
    return "dead" if started_anew else "unknown"


def may_be_alive(owner: str) -> bool:
    """Whether that process may still run. One on another computer may; one that never signed does not."""
    return standing(owner) != "dead"


def shares_clock(owner: str) -> bool:
    """Whether `time.monotonic` there is that of this process."""
    name = named(owner)
    return name is not None and bool(name[2].boot) and name[2].boot == _this_life().boot


def _standing_here(number: int, life: Life) -> Standing:
    if not _runs(number) or (life.start and life.start != _start(number)):
        return "dead"
    return "alive"


@lru_cache(maxsize=1)
def _name_of(number: int) -> str:
    life = _this_life()
    words = (life.machine, life.boot, life.namespace, _start(number))
    return f"{platform.node()}/{number}/{'.'.join(words)}"


@lru_cache(maxsize=1)
def _this_life() -> Life:
    try:
        namespace = os.readlink("/proc/self/ns/pid").strip("pid:[]")  # noqa: PTH115, it points to no path
    except OSError:
        namespace = ""
    return Life(_short("/etc/machine-id"), _short("/proc/sys/kernel/random/boot_id"), namespace)


def _short(file: str) -> str:
    try:
        return Path(file).read_text("ascii").strip().replace("-", "")[:12]
    except (OSError, ValueError):
        return ""


def _start(process: int) -> str:
    """When a process of this computer began; "" where that is not known."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


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
