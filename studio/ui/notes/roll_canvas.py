"""The sheet on which one sees the notes that the model makes, while they are heard."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import QWidget

from studio.sequences.roll import Keys
from studio.ui.audio.output import SoundOutput
from studio.ui.audio.sound_sheet import Sound, SoundSheet
from studio.ui.notes.live_view import LiveRollView


class Music(Sound, Protocol):
    """What is used of `studio.generation.live_roll.LiveRoll`."""

    begun: int

    @property
    def tempo(self) -> float: ...
    @property
    def lowest(self) -> int: ...
    @property
    def pitches(self) -> int: ...
    def keys(self, start: int = 0) -> Keys: ...


class RollCanvas(SoundSheet):
    """A piano roll that scrolls by."""

    def __init__(self, output: SoundOutput, parent: QWidget | None = None) -> None:
        self.view = LiveRollView("Generated notes")
        super().__init__(output, self.view, "The model can play", parent)

    def _begin_picture(self, sound: Music, given_seconds: float) -> None:
        self.view.start(sound.tempo, sound.lowest, sound.pitches, round(given_seconds * sound.tempo))

    def _show_made(self, sound: Music, first: int, last: int) -> None:
        self.view.push(sound.keys(self.view.frames))
        self.view.show_moment(last / sound.rate * sound.tempo, sound.begun)
