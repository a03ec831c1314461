"""Work that would hold up the window: done on another thread, its outcome told on the window's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from studio.errors import StudioError
from studio.ui.problems import problems

_log = logging.getLogger(__name__)

Work: TypeAlias = tuple[Callable[[], Any], Callable[[Any], object], Callable[[str], object]]


def tell(sentence: str) -> None:
    """Show what went wrong in the window's banner."""
    problems().met.emit(sentence, "")


class Background(QObject):
    """One thread that does one thing after another.

    Args:
        name: of the thread, for whoever looks at a traceback.
        parent: once it is gone, outcomes are dropped.
    """

    _over = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._over.connect(lambda call: call(), Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object] = lambda _: None,
        failed: Callable[[str], object] = tell,
    ) -> None:
        """Do `work` when what was asked for before is done; then `done` with its result, or `failed` with a sentence.

        Both run on the window's thread.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._queue.put((work, done, failed))

    def close(self) -> None:
        """End the thread after what it has been asked for; it begins anew when asked again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            work, done, failed = job
            try:
                outcome: Callable[[], object] = _call(done, work())
            except StudioError as error:
                outcome = _call(failed, str(error))
            except Exception as error:
                _log.exception("%s failed", self._name)
                outcome = _call(failed, f"Something went wrong inside the studio ({error}): see its log.")
            if isValid(self):
                self._over.emit(outcome)


def _call(function: Callable[[Any], object], value: Any) -> Callable[[], object]:
    return lambda: function(value)
