"""A and B: what was generated and a real recording, one after the other, as loud as each other."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.sequences.recording import Recording
from studio.sound.loudness import gain_to_match
from studio.ui.audio.background import Background
from studio.ui.audio.output import SoundOutput

LONGEST = 6.0  # seconds of what was generated last


def matched(generated: Recording, real: Recording) -> tuple[Recording, Recording]:
    """Both as loud as the generated one; softer where one of them would be clipped."""
    gain = gain_to_match(real.samples, generated.samples, real.rate, generated.rate)
    loudest = max(gain * float(np.abs(real.samples).max()), float(np.abs(generated.samples).max()))
    softer = 1 / max(1.0, loudest)
    return (
        Recording(generated.samples * softer, generated.rate, generated.label),
        Recording(real.samples * (gain * softer), real.rate, real.label),
    )


class Comparison(QObject):
    """Each call of `switch` lets the other one be heard."""

    told = Signal(str)  # which is heard now, "" for none

    def __init__(self, output: SoundOutput, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._output = output
        self._background = Background("loudness", self)
        self._real_next = False
        output.changed.connect(self._follow_output)

    def switch(self, generated: Recording, real: Recording) -> None:
        """Play the generated one, next time the real one, and so on."""
        last = max(0, len(generated) - round(LONGEST * generated.rate))
        part = generated.cut(last)
        as_real, self._real_next = self._real_next, not self._real_next
        self._background.run(lambda: matched(part, real), lambda pair: self._play(pair, as_real))

    def begin_with_generated(self) -> None:
        """There are other samples: the next to be heard is A."""
        self._real_next = False

    def close_down(self) -> None:
        """End the thread, before the window goes."""
        self._background.close()

    def _play(self, pair: tuple[Recording, Recording], as_real: bool) -> None:
        chosen = pair[as_real]
        what = f"B: real{f', {chosen.label}' if chosen.label else ''}" if as_real else "A: generated"
        self._output.play(self, chosen.samples, chosen.rate)
        self.told.emit(what)

    def _follow_output(self) -> None:
        if self._output.state_of(self) == "silent":
            self.told.emit("")
