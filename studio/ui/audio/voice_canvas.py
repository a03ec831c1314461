"""The sheet on which one sees what the model says, while it is heard."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from studio.sequences.recording import Recording
from studio.ui.audio.live_view import LiveView
from studio.ui.audio.output import SoundOutput
from studio.ui.audio.sound_sheet import Sound, SoundSheet


class Voice(Sound, Protocol):
    """What is used of `studio.generation.live_voice.LiveVoice`."""

    @property
    def label(self) -> str: ...
    def samples(self, start: int = 0) -> NDArray[np.float32]: ...
    def recording(self) -> Recording | None: ...


class VoiceCanvas(SoundSheet):
    """Waveform and spectrogram of a voice."""

    def __init__(self, output: SoundOutput, parent: QWidget | None = None) -> None:
        self.view = LiveView("Generated speech")
        super().__init__(output, self.view, "The model can speak", parent)

    @property
    def seconds(self) -> float:
        """How much is shown."""
        return self.view.seconds

    def _begin_picture(self, sound: Voice, given_seconds: float) -> None:
        self.view.start(sound.rate, round(given_seconds * sound.rate))

    def _show_made(self, sound: Voice, first: int, last: int) -> None:
        self.view.push(sound.samples(first)[: last - first])
