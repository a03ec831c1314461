"""Work on a thread of its own for somebody who moves about: always for what was asked for last."""

from __future__ import annotations

import logging
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from studio.errors import StudioError
from studio.models.threads import give_way

if TYPE_CHECKING:
    from studio.generation.loaded import Loaded

_log = logging.getLogger(__name__)

Asked = TypeVar("Asked")
Made = TypeVar("Made")


class Newest(ABC, Generic[Asked, Made]):
    """No method waits for the model; all may be called from any thread. The caller closes it.

    Args:
        load: gives the model; called in the background.

    Attributes:
        error: one sentence where it cannot go on, else "".
        details: of a mistake in the studio: its traceback.
    """

    _what: str  # is made, in a sentence

    def __init__(self, load: Callable[[], Loaded]) -> None:
        self.error = self.details = ""
        self._load = load
        self._wake = threading.Condition()
        self._wanted: Asked | None = None
        self._made: Made | None = None
        self._busy = self._closed = False
        self._thread = threading.Thread(target=self._run, name=self._what, daemon=True)
        self._thread.start()

    def ask(self, asked: Asked) -> None:
        """Make this, instead of what was asked for before and is not begun."""
        with self._wake:
            self._wanted = asked
            self._wake.notify()

    def take(self) -> Made | None:
        """What was made since the last call; None where that is nothing."""
        with self._wake:
            made, self._made = self._made, None
            return made

    @property
    def busy(self) -> bool:
        """Whether anything that was asked for is yet to be taken."""
        with self._wake:
            return not self.error and (self._busy or self._wanted is not None or self._made is not None)

    def close(self) -> None:
        """Make nothing more."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    @abstractmethod
    def _make(self, loaded: Loaded, asked: Asked) -> Made:
        """What was asked for; called on the thread."""

    def _run(self) -> None:
        give_way()
        try:
            loaded = self._load()
            while (asked := self._next()) is not None:
                made = self._make(loaded, asked)
                with self._wake:
                    self._made, self._busy = made, False
        except StudioError as error:
            self.error = str(error)
        except Exception as error:
            _log.exception("%s could not be made", self._what)
            self.details = traceback.format_exc()
            self.error = f"The {self._what} stopped because of a mistake in the studio ({error}): see its log."

    def _next(self) -> Asked | None:
        with self._wake:
            self._wake.wait_for(lambda: self._closed or self._wanted is not None)
            asked, self._wanted = self._wanted, None
            self._busy = asked is not None
            return None if self._closed else asked
