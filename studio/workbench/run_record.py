"""What a training keeps in its project, as long as that is open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from studio.errors import StudioError
from studio.project.records import Status
from studio.project.runs import Runs

T = TypeVar("T")


class LetGo(Exception):
    """Raised where a training whose project has been closed would read or write it."""


class RunRecord:
    """One run in a project. Its methods may be called from any thread.

    A training ends when its project is closed, but it may be in the middle of something that takes long, such as an
    update of a huge model. Then the project does not wait, and the training must not touch it any more: the file may
    be open in another program by then.
    """

    def __init__(self, runs: Runs, run: int) -> None:
        self.run = run
        self._runs = runs
        self._lock = threading.RLock()
        self._let_go = False

    def use(self, what: Callable[[Runs], T]) -> T:
        """Read or write.

        Raises:
            LetGo: the project has been closed.
            StudioError: it cannot be done.
        """
        with self._lock:
            if self._let_go:
                raise LetGo
            return what(self._runs)

    def let_go(self, status: Status) -> None:
        """Never touch the project again, from the moment that this returns.

        Args:
            status: what the run is left as.
        """
        with self._lock:
            with suppress(StudioError):  # else whoever opens it next finds it interrupted
                self._runs.set_status(self.run, status)
            self._let_go = True
