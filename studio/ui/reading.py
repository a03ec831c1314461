"""Reading material of the collection on another thread: a minute of sound takes milliseconds, an hour much longer."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from studio.errors import StudioError
from studio.ui.audio.background import tell
from studio.workbench import MaterialItem

_log = logging.getLogger(__name__)

SMALL = 2**20  # bytes of memory: so much is read at once
IDLE_SECONDS = 1.0
MOST_WAITING = 200  # pictures of a large screen; who was scrolled past has to ask again

Done: TypeAlias = Callable[[Any], object]
Failed: TypeAlias = Callable[[str], object]
Wish: TypeAlias = tuple[MaterialItem, Done, Failed]


class Reader(QObject):
    """Reads what was asked for last first. Its thread ends once nobody has asked for a while.

    Args:
        parent: once it is gone, what was read is dropped.
    """

    _over = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked = threading.Condition()
        self._waiting: OrderedDict[int, Wish] = OrderedDict()  # by the item's id
        self._reading = False
        self._over.connect(lambda call: call(), Qt.ConnectionType.QueuedConnection)

    def at_once(self, item: MaterialItem) -> bool:
        """Whether `read` does not make anybody wait."""
        return item.at_hand or item.facts.memory <= SMALL

    def read(self, item: MaterialItem, done: Done, failed: Failed = tell) -> None:
        """Call `done` with the material of an item: before this returns where it is small, else later.

        Args:
            failed: is called with a sentence instead, where it is damaged.
        """
        if self.at_once(item):
            _outcome(item, done, failed)()
        else:
            self.read_later(item, done, failed)

    def read_later(self, item: MaterialItem, done: Done, failed: Failed = tell) -> None:
        """As `read`, but always on the other thread: for many at a time. May be asked again for the same."""
        with self._asked:
            self._waiting.pop(item.id, None)
            self._waiting[item.id] = item, done, failed
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)
            begin, self._reading = not self._reading, True
            self._asked.notify()
        if begin:
            threading.Thread(target=self._run, name="reading", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._asked:
                self._asked.wait_for(lambda: bool(self._waiting), IDLE_SECONDS)
                if not self._waiting or not isValid(self):
                    self._reading = False
                    return
                _, wish = self._waiting.popitem()
            outcome = _outcome(*wish)
            if isValid(self):
                self._over.emit(outcome)


def _outcome(item: MaterialItem, done: Done, failed: Failed) -> Callable[[], object]:
    try:
        return partial(done, item.material)
    except StudioError as error:
        return partial(failed, str(error))
    except Exception as error:
        _log.exception("item %d cannot be read", item.id)
        return partial(failed, f"Something went wrong inside the studio ({error}): see its log.")
