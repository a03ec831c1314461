"""What the sheets have in common on which one sees what a model makes, while it makes it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtWidgets import QWidget

from studio.ui.widgets import timer


class Canvas(QWidget):
    """A sheet that plays. What is counted in frames are points, samples or characters.

    Args:
        milliseconds: between two ticks.
    """

    finished = Signal()  # everything was shown
    failed = Signal(str)  # it cannot go on: one sentence
    advanced = Signal(int)  # frames shown so far

    def __init__(self, milliseconds: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playing = self._finished = False
        self._clock = QElapsedTimer()
        self._timer = timer(self, milliseconds, self._tick)

    @property
    @abstractmethod
    def frames_shown(self) -> int:
        """So far."""

    @property
    def playing(self) -> bool:
        """Whether it goes on, or will as soon as it can."""
        return self._playing

    @property
    def done(self) -> bool:
        """Whether everything was shown."""
        return self._finished

    @abstractmethod
    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        """Show nothing, and say why and what to do."""

    @abstractmethod
    def play(self, on: bool) -> None:
        """Go on, or hold."""

    @abstractmethod
    def _tick(self) -> None:
        """Show what time has come for."""


class PacedCanvas(Canvas):
    """A canvas that keeps time by itself: at speed 1 so many frames a second, as far as they are ready."""

    def __init__(self, milliseconds: int, parent: QWidget | None = None) -> None:
        super().__init__(milliseconds, parent)
        self.speed = 1.0
        self._live: Any = None  # what is shown
        self._empty = ("play", "", "")
        self._due = 0.0  # frames that time asks for
        self._hurried = False  # somebody waits for the end

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        self._live = None
        self._timer.stop()
        self._empty = (icon, title, text)
        self._forget()

    def start(self, live: Any) -> None:
        """Show this from its beginning; also after it was restarted."""
        self._live = live
        self._forget()
        self._timer.start()

    def play(self, on: bool) -> None:
        self._playing = on
        self._due = 0.0
        self._clock.restart()
        if on and self._live is not None:
            self._timer.start()

    def hurry(self) -> None:
        """Show the rest as fast as it comes: somebody waits for what is finished."""
        self._hurried = True
        self.play(True)

    def _forget(self) -> None:
        """Be as at the beginning."""
        self._hurried = False
        self._due = 1.0
        self._finished = False
        self._clock.restart()
        self.advanced.emit(0)
        self.update()
