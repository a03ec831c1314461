"""Python's garbage, objects that hold one another in a circle: who takes it away, and what is never looked through.

Python looks for it on whichever thread happens to make the object that is one too many. That brings Qt down where such
a circle has objects of a window in it, and lets the window wait as long as it takes: 0.1 s for what compiling leaves.
So a window takes it away by itself (`by_hand`, `Collector`). The command line has no window, and leaves it to Python.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 700  # new objects that are not gone again after which it is worth looking through them, as for Python itself
_OLDER = 10  # looks after which it is worth to look also through those that had been kept, likewise
_FEW = 30_000  # objects: to look through so many takes 20 ms
_GROWTH = 1.25  # where there are more: when they have grown so much, it is worth the wait

_lock = threading.Lock()
_reasons = 0  # why Python does not look by itself
_loading = 0  # things of which most will never be garbage
_kept = 0  # of those, things of which nothing will


@contextmanager
def loading() -> Iterator[None]:
    """What is made within mostly stays: no window looks through all of it, neither now nor later.

    What of it is garbage in the end stays too.
    """
    global _loading
    with _lock:
        _loading += 1
    try:
        yield
    finally:
        gc.freeze()
        with _lock:
            _loading -= 1


@contextmanager
def kept_for_good() -> Iterator[None]:
    """Nothing that is made within is ever garbage, so nobody need look: 0.2 s for all that torch brings."""
    global _kept
    by_hand()
    with _lock:
        _kept += 1
    try:
        with loading():
            yield
    finally:
        with _lock:
            _kept -= 1
        by_itself()


def by_hand() -> None:
    """Until `by_itself` is called as often, garbage is only taken away by `Collector.take_away`."""
    global _reasons
    with _lock:
        _reasons += 1
        gc.disable()


def by_itself() -> None:
    """Take one call of `by_hand` back."""
    global _reasons
    with _lock:
        _reasons -= 1
        if _reasons == 0:
            gc.enable()


class Collector:
    """Takes garbage away on the thread that calls it, as soon as Python would, but no oftener than it is asked to."""

    def __init__(self) -> None:
        self._left = 0  # objects that were no garbage when all were last looked through
        self._considered = 0  # looks through the others when it was last considered to look through all

    def take_away(self) -> None:
        """Look where it is worth it: mostly nowhere, and for less than a millisecond. To be called often."""
        young, middle, old = gc.get_count()
        if _kept or young <= _YOUNG:
            return
        if middle <= _OLDER:
            gc.collect(0)
            return
        self._considered = min(self._considered, old)  # it is less where somebody else has looked through all
        if _loading or old - self._considered <= _OLDER:
            gc.collect(1)
        elif self._worth_it():
            gc.collect()
            self._considered, self._left = 0, len(gc.get_objects(2))
        else:
            gc.collect(1)
            self._considered = old

    def _worth_it(self) -> bool:
        """Whether to look through all objects, which takes longer the more there are."""
        objects = len(gc.get_objects(2))
        return objects <= _FEW or objects > _GROWTH * self._left
