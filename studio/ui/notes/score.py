"""Plays a piano roll while it is being changed: every frame is read only when it is due."""

from __future__ import annotations

import threading
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from studio.sequences.performance import hertz_of
from studio.sequences.roll import PITCHES, Roll, on_keys
from studio.sound.tones import RATE, RELEASE_SECONDS, Tones

_TAIL = 4.0  # times the release that is waited for the last tone


class Score:
    """What a loudspeaker reads, on its own thread, and what a pane looks at and changes on another.

    Args:
        roll: to begin with.
        start: the frame to begin with.
        loop: whether it begins again at its end.

    Attributes:
        loop: may be changed at any time.
        rate: samples per second.
    """

    rate = RATE

    def __init__(self, roll: Roll, start: int, loop: bool) -> None:
        self.loop = loop
        self._roll = on_keys(roll, 0, PITCHES)
        self._tones = Tones(hertz_of(0, PITCHES))
        self._frame = start
        self._exact = 0.0  # samples until the frame that comes next, parts of them included
        self._made = 0
        self._lock = threading.Lock()
        self._samples: list[int] = []  # with which each frame began,
        self._frames: list[int] = []  # and which it was
        self._ended_at: int | None = None
        self._over = False

    def change(self, roll: Roll) -> None:
        """Play this from now on, at the place where it is."""
        self._roll = on_keys(roll, 0, PITCHES)

    def stop(self) -> None:
        """Give no more samples."""
        self._over = True

    def frame_at(self, seconds: float) -> float | None:
        """Which frame is heard so many seconds after the beginning, with its part; None once all are over."""
        with self._lock:
            place = bisect_right(self._samples, seconds * RATE) - 1
            if place < 0:
                return None
            frame, began = self._frames[place], self._samples[place]
            ended = self._ended_at
        if ended is not None and seconds * RATE >= ended:
            return None
        return frame + min((seconds - began / RATE) * self._roll.rate_at(frame), 1.0)

    def read(self, count: int) -> NDArray[np.float32] | None:
        """The samples of the next frame, whatever their number; None at the end."""
        if self._over:
            return None
        roll = self._roll
        if self._frame >= len(roll):
            if not self.loop:
                return self._tail()
            self._frame = 0
        self._exact += RATE / roll.rate_at(self._frame)
        length = max(1, round(self._exact))
        self._exact -= length
        with self._lock:
            self._samples.append(self._made)
            self._frames.append(self._frame)
        found = self._tones.samples(roll.keys[self._frame], length)
        self._frame += 1
        self._made += length
        return found

    def read_up_to(self, seconds: float) -> bool:
        """Make what nobody hears, up to this second; False at the end."""
        while self._made < seconds * RATE:
            if self.read(1) is None:
                return False
        return True

    def _tail(self) -> NDArray[np.float32]:
        with self._lock:
            self._ended_at = self._made
        self._over = True
        return self._tones.samples(np.zeros(PITCHES), round(_TAIL * RELEASE_SECONDS * RATE))
