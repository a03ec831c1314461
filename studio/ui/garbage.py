"""Python's garbage is taken away on the window's thread, and on no other; `studio.workbench.garbage` says why."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.ui.widgets import timer
from studio.workbench.garbage import Collector, by_hand, by_itself

LOOKS_PER_SECOND = 30


class TakesAwayGarbage(QObject):
    """Does so for as long as its parent, a window, is there."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        by_hand()
        self.destroyed.connect(by_itself)
        self._collector = Collector()
        self._timer = timer(self, 1000 // LOOKS_PER_SECOND, self._collector.take_away)
        self._timer.start()
