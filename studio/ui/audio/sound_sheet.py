"""A sheet on which one sees sound that is being made, while it is heard; it stands in for the canvas of pens."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Protocol

from numpy.typing import ArrayLike
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.ui.audio.background import Background
from studio.ui.audio.output import SoundOutput
from studio.ui.canvas import Canvas
from studio.ui.widgets import column

TICK_MILLISECONDS = 33
SILENT_CHUNK = 0.1  # seconds made at a time where nobody can hear them


class Sound(Protocol):
    """What is used of `studio.generation.live_sound.LiveSound`."""

    error: str
    variance: tuple[float, float]

    @property
    def ready(self) -> bool: ...
    @property
    def rate(self) -> int: ...
    @property
    def made(self) -> int: ...
    @property
    def finished(self) -> bool: ...
    def read(self, count: int) -> ArrayLike | None: ...
    def restart(self, seed: int | None = None, label: str | None = None) -> None: ...
    def close(self) -> None: ...


class _Reader:
    """Reads from a sound until it is told not to: what another thread asks for after that is for nobody."""

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self.over = False

    def read(self, count: int) -> ArrayLike | None:
        return None if self.over else self._sound.read(count)


class SoundSheet(Canvas):
    """Lets a `Sound` be heard, and shows each sample when it is.

    Where there is no loudspeaker it goes on all the same: it can be seen, and written to a file.

    Args:
        output: the loudspeaker.
        picture: fills the sheet; it has a method ``show_empty(icon, title, text)``.
        can: what the model can do, as a title.
    """

    interrupted = Signal()  # somebody else plays now

    def __init__(self, output: SoundOutput, picture: Any, can: str, parent: QWidget | None = None) -> None:
        super().__init__(TICK_MILLISECONDS, parent)
        self._output = output
        self._picture = picture
        self._can = can
        self._sound: Any = None
        self._reader: _Reader | None = None
        self._begun = False  # whether it was asked to be heard
        self._deaf = False  # there is nothing to hear it with
        self._shown = 0  # samples
        self._base = 0  # samples made before it was last asked to be heard
        self._given_seconds = 0.0
        self._silent_seconds = 0.0  # by the clock
        self._reading = False
        self._background = Background("silent sound", self)
        self.setLayout(column(picture))
        output.changed.connect(self._follow_output)
        output.failed.connect(self._go_on_unheard)

    @abstractmethod
    def _begin_picture(self, sound: Any, given_seconds: float) -> None:
        """Show what has just been loaded from its beginning, whose first seconds were given."""

    @abstractmethod
    def _show_made(self, sound: Any, first: int, last: int) -> None:
        """Show the samples from the first one to before the last one."""

    # --- what the pane asks for

    @property
    def frames_shown(self) -> int:
        """Samples shown so far."""
        return self._shown

    @property
    def rate(self) -> int:
        """Samples per second; 0 while nobody knows."""
        return self._sound.rate if self._sound is not None else 0

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        self.leave()
        self._sound = None
        self._picture.show_empty(icon, title, text)

    def begin(self, sound: Sound, given_seconds: float = 0.0) -> None:
        """Show this sound from its beginning, whose first seconds were given; also after `Sound.restart`."""
        self.leave()
        self._sound, self._given_seconds = sound, given_seconds
        self._finished = self._deaf = False
        self._shown = 0
        self._silent_seconds = 0.0
        self._picture.show_empty("play", self._can, "Press Play below, or F8, to hear it.")
        self.advanced.emit(0)

    def play(self, on: bool) -> None:
        self._playing = on
        self._clock.restart()
        if self._sound is None:
            return
        if on:
            self._timer.start()
            self._output.resume(self)
        else:
            self._output.pause(self)

    def leave(self) -> None:
        """Fall silent, before the sound is begun anew or closed."""
        if self._reader is not None:
            self._reader.over = True
        self._timer.stop()
        self._playing = self._begun = False
        self._output.stop(self)

    def close_down(self) -> None:
        """End the thread, before the window goes."""
        self.leave()
        self._background.close()

    # --- time

    def _tick(self) -> None:
        sound = self._sound
        if sound is None:
            self._timer.stop()
        elif sound.error:
            self.leave()
            self.failed.emit(sound.error)
        elif not self._playing:
            self._timer.stop()
        elif not sound.ready:
            self._picture.show_empty("train", "Loading the model …")
        elif not self._begun:
            self._begin_to_sound(sound)
        else:
            self._advance(sound)

    def _begin_to_sound(self, sound: Sound) -> None:
        if self._shown == 0:
            self._begin_picture(sound, self._given_seconds)
        self._begun = True
        self._show_up_to(sound, sound.made)  # what was made and not heard, where somebody else had played meanwhile
        self._base = sound.made
        self._clock.restart()
        if not self._deaf:
            self._reader = _Reader(sound)
            self._output.stream(self, self._reader.read, sound.rate)

    def _advance(self, sound: Sound) -> None:
        if self._deaf:
            self._go_on_silently(sound)
        elif self._output.state_of(self) in ("playing", "paused"):
            self._show_up_to(sound, self._base + int(self._output.position * sound.rate))

    def _show_up_to(self, sound: Sound, count: int) -> None:
        first, last = self._shown, min(count, sound.made)
        if last > first:
            self._shown = last
            self._show_made(sound, first, last)
            self.advanced.emit(last)

    def _follow_output(self) -> None:
        sound = self._sound
        if sound is None or not self._begun or self._deaf or self._output.state_of(self) != "silent":
            return
        if sound.finished and self._playing:
            self._end(sound)
        elif self._playing:
            self._playing = self._begun = False
            self.interrupted.emit()
        else:
            self._begun = False

    def _end(self, sound: Sound) -> None:
        self._show_up_to(sound, sound.made)
        self._playing = self._begun = False
        self._timer.stop()
        if sound.error:
            self.failed.emit(sound.error)
            return
        self._finished = True
        self.finished.emit()

    # --- without a loudspeaker

    def _go_on_unheard(self, _: str) -> None:
        if self._sound is not None and self._output.owner is self and self._begun and self._playing:
            self._deaf = self._begun = self._playing = True
            self._clock.restart()
            self._timer.start()

    def _go_on_silently(self, sound: Sound) -> None:
        self._silent_seconds += self._clock.restart() / 1000
        wanted = self._base + int(self._silent_seconds * sound.rate)
        if sound.made < wanted and not self._reading and not sound.finished:
            self._reading = True
            count = round(SILENT_CHUNK * sound.rate)
            self._background.run(lambda: sound.read(count), self._take_note, self.failed.emit)
        self._show_up_to(sound, wanted)
        if sound.finished and self._shown == sound.made:
            self._end(sound)

    def _take_note(self, _: object) -> None:
        self._reading = False
