"""The sheet on which one sees what the model says, while it is heard; it stands in for the canvas of pens."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtWidgets import QWidget

from studio.sequences.recording import Recording
from studio.ui.audio.background import Background
from studio.ui.audio.live_view import LiveView
from studio.ui.audio.output import SoundOutput
from studio.ui.widgets import timer

TICK_MILLISECONDS = 33
SILENT_CHUNK = 0.1  # seconds made at a time where nobody can hear them


class Voice(Protocol):
    """What is used of `studio.generation.live_voice.LiveVoice`."""

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
    @property
    def label(self) -> str: ...
    def read(self, count: int) -> ArrayLike | None: ...
    def samples(self, start: int = 0) -> NDArray[np.float32]: ...
    def recording(self) -> Recording | None: ...
    def restart(self, seed: int | None = None, label: str | None = None) -> None: ...
    def close(self) -> None: ...


class _Reader:
    """Reads from a voice until it is told not to: what another thread asks for after that is for nobody."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self.over = False

    def read(self, count: int) -> ArrayLike | None:
        return None if self.over else self._voice.read(count)


class VoiceCanvas(LiveView):
    """Lets a `Voice` speak into the loudspeaker, and shows each sample when it is heard.

    Where there is no loudspeaker it speaks all the same: it can be seen, and written to a file.
    """

    finished = Signal()  # it has said everything
    failed = Signal(str)  # it cannot go on: one sentence
    advanced = Signal(int)  # samples shown so far
    interrupted = Signal()  # somebody else plays now

    def __init__(self, output: SoundOutput, parent: QWidget | None = None) -> None:
        super().__init__("Generated speech", parent)
        self._output = output
        self._voice: Voice | None = None
        self._reader: _Reader | None = None
        self._playing = False
        self._begun = False  # whether it was asked to be heard
        self._finished = False
        self._deaf = False  # there is nothing to hear it with
        self._shown = 0  # samples
        self._base = 0  # samples made before it was last asked to be heard
        self._given_seconds = 0.0
        self._clock = QElapsedTimer()  # of what nobody hears
        self._silent_seconds = 0.0
        self._reading = False
        self._background = Background("silent voice", self)
        self._timer = timer(self, TICK_MILLISECONDS, self._tick)
        output.changed.connect(self._follow_output)
        output.failed.connect(self._go_on_unheard)

    # --- what the pane asks for

    @property
    def playing(self) -> bool:
        """Whether it speaks, or will as soon as it can."""
        return self._playing

    @property
    def done(self) -> bool:
        """Whether everything was said."""
        return self._finished

    @property
    def frames_shown(self) -> int:
        """Samples shown so far."""
        return self._shown

    @property
    def rate(self) -> int:
        """Samples per second; 0 while nobody knows."""
        return self._voice.rate if self._voice is not None else 0

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        """Show no voice, and say why and what to do."""
        self.leave()
        self._voice = None
        super().show_empty(icon, title, text)

    def begin(self, voice: Voice, given_seconds: float = 0.0) -> None:
        """Show this voice from its beginning, whose first seconds were given; also after `Voice.restart`."""
        self.leave()
        self._voice, self._given_seconds = voice, given_seconds
        self._finished = self._deaf = False
        self._shown = 0
        self._silent_seconds = 0.0
        super().show_empty("play", "The model can speak", "Press Play below, or F8, to hear it.")
        self.advanced.emit(0)

    def play(self, on: bool) -> None:
        """Let it speak, or hold it."""
        self._playing = on
        self._clock.restart()
        if self._voice is None:
            return
        if on:
            self._timer.start()
            self._output.resume(self)
        else:
            self._output.pause(self)

    def leave(self) -> None:
        """Say nothing more, before the voice is begun anew or closed."""
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
        voice = self._voice
        if voice is None:
            self._timer.stop()
        elif voice.error:
            self.leave()
            self.failed.emit(voice.error)
        elif not self._playing:
            self._timer.stop()
        elif not voice.ready:
            super().show_empty("train", "Loading the model …")
        elif not self._begun:
            self._begin_to_speak(voice)
        else:
            self._advance(voice)

    def _begin_to_speak(self, voice: Voice) -> None:
        if self._shown == 0:
            self.start(voice.rate, round(self._given_seconds * voice.rate))
        self._begun = True
        self._show_up_to(voice, voice.made)  # what was made and not heard, where somebody else had played meanwhile
        self._base = voice.made
        self._clock.restart()
        if not self._deaf:
            self._reader = _Reader(voice)
            self._output.stream(self, self._reader.read, voice.rate)

    def _advance(self, voice: Voice) -> None:
        if self._deaf:
            self._speak_unheard(voice)
        elif self._output.state_of(self) in ("playing", "paused"):
            self._show_up_to(voice, self._base + int(self._output.position * voice.rate))

    def _show_up_to(self, voice: Voice, count: int) -> None:
        new = voice.samples(self._shown)[: max(0, count - self._shown)]
        self._shown += len(new)
        self.push(new)
        if len(new):
            self.advanced.emit(self._shown)

    def _follow_output(self) -> None:
        voice = self._voice
        if voice is None or not self._begun or self._deaf or self._output.state_of(self) != "silent":
            return
        if voice.finished and self._playing:
            self._end(voice)
        elif self._playing:
            self._playing = self._begun = False
            self.interrupted.emit()
        else:
            self._begun = False

    def _end(self, voice: Voice) -> None:
        self._show_up_to(voice, voice.made)
        self._playing = self._begun = False
        self._timer.stop()
        if voice.error:
            self.failed.emit(voice.error)
            return
        self._finished = True
        self.finished.emit()

    # --- without a loudspeaker

    def _go_on_unheard(self, _: str) -> None:
        if self._voice is not None and self._output.owner is self and self._begun and self._playing:
            self._deaf = self._begun = self._playing = True
            self._clock.restart()
            self._timer.start()

    def _speak_unheard(self, voice: Voice) -> None:
        self._silent_seconds += self._clock.restart() / 1000
        wanted = self._base + int(self._silent_seconds * voice.rate)
        if voice.made < wanted and not self._reading and not voice.finished:
            self._reading = True
            count = round(SILENT_CHUNK * voice.rate)
            self._background.run(lambda: voice.read(count), self._take_note, self.failed.emit)
        self._show_up_to(voice, wanted)
        if voice.finished and self._shown == voice.made:
            self._end(voice)

    def _take_note(self, _: object) -> None:
        self._reading = False
