"""Work shared out over the cores by plain threads.

Torch has threads of its own, which wait for one another by running in circles: on a machine that does something else
besides, as this studio always does, an update of a small model then takes twenty times as long. So torch is left with
one thread, and what can be shared out, products and loops that run without the interpreter's lock, is shared out here.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

GIVES_WAY = 5  # steps of niceness

# Cores that training leaves to others, where it hardly gains by them. Where a window draws beside it, that is one: its
# thread then never waits until one that calculates has had its turn. Set by who starts the window.
spare = 0

_most = 1


def give_way() -> None:
    """Let this thread come after those of ordinary priority. For threads that calculate all the time.

    Where cores are short, one that calculates goes on for milliseconds when the window's thread wants to, which draws
    60 pictures a second. Only a little lower: a thread that hardly ever runs, because others on the machine do, may
    hold the interpreter's lock all that while. Linux only; elsewhere threads have no niceness of their own.
    """
    if sys.platform == "linux":
        ordinary = os.getpriority(os.PRIO_PROCESS, os.getpid())  # that of the main thread
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), ordinary + GIVES_WAY)


def use(threads: int) -> None:
    """Set how many threads may work at a time, in the whole process; one to begin with."""
    global _most
    _most = max(1, threads)


def used() -> int:
    """How many threads may work at a time."""
    return _most


def share(count: int, least: int, work: Callable[[int, int], object]) -> None:
    """Call ``work(first, end)`` for shares of 0 .. count, and wait for all of them.

    Args:
        count: of rows, say, that are to be worked on.
        least: fewer are not worth a thread of their own.
        work: must run without the interpreter's lock.
    """
    shares = max(1, min(_most, count // least))
    bounds = [count * i // shares for i in range(shares + 1)]
    others = [_helpers().submit(work, bounds[i], bounds[i + 1]) for i in range(1, shares)]
    work(bounds[0], bounds[1])
    for other in others:
        other.result()


@cache
def _helpers() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="share", initializer=give_way)
