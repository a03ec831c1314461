"""Music that is made while somebody listens: frames of keys that are down, and what they sound like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio.generation.live_sound import LiveSound, Samples
from studio.generation.loaded import Loaded
from studio.sequences.materials import Material
from studio.sequences.performance import hertz_of
from studio.sequences.roll import Keys, Roll
from studio.sound.tones import RATE, RELEASE_SECONDS, Tones, sample_at

if TYPE_CHECKING:
    from studio.generation.sampler import Sampler

PAUSE = 0.75
"""Seconds of silence between two rolls that have an end."""


@dataclass
class _Piece:
    """A roll within all that was made.

    Attributes:
        start, end: its first frame, and the first after it; None while it goes on.
    """

    start: int
    label: str
    end: int | None = None


class LiveRoll(LiveSound):
    """One piano roll after another, or one that goes on and on, played as tones.

    Attributes:
        begun: how many frames at the beginning are the given one's.
    """

    _what = "music"
    _keeps_samples = False  # frames are all that is shown, and far smaller

    def _begin_anew(self, seed: int) -> None:
        super()._begin_anew(seed)
        self.begun = 0
        self._rows: list[Keys] = []
        self._pieces: list[_Piece] = []
        self._tones: Tones | None = None
        self._sampler: Sampler | None = None
        self._frames_left: int | None = None  # of the present piece, None: no end
        self._rests = 0  # frames of a pause that are left

    def _rate_of(self, loaded: Loaded) -> int:
        loaded.rolls  # noqa: B018, it says what is wrong where this makes no music
        return RATE

    # ------------------------------------------------------------ what can be seen of it

    @property
    def tempo(self) -> float:
        """Frames per second; 0 while that is not known."""
        return self._loaded.rolls.constants.rate if self._loaded else 0.0

    @property
    def lowest(self) -> int:
        """MIDI number of the first key; 0 while that is not known."""
        return self._loaded.rolls.constants.lowest if self._loaded else 0

    @property
    def pitches(self) -> int:
        """D; 0 while that is not known."""
        return self._loaded.rolls.constants.pitches if self._loaded else 0

    def keys(self, start: int = 0) -> Keys:
        """Which keys were down in the frames made so far, ``[T, D]``, from frame ``start`` on, pauses included."""
        rows = self._rows[start:]
        return np.stack(rows) if rows else np.zeros((0, self.pitches), np.uint8)

    def rolls(self) -> list[Roll]:
        """What was made so far, piece by piece, without the pauses."""
        with self._lock:
            rows, pieces, loaded = list(self._rows), list(self._pieces), self._loaded
        if loaded is None:
            return []
        constants = loaded.rolls.constants
        spans = [(piece, rows[piece.start : piece.end]) for piece in pieces]
        return [Roll(np.stack(part), constants.rate, constants.lowest, piece.label) for piece, part in spans if part]

    def materials(self) -> list[Material]:
        return [*self.rolls()]

    # ------------------------------------------------------------ making it

    def _next(self, loaded: Loaded) -> Samples:
        """The samples of one frame."""
        rolls = loaded.rolls
        constants = rolls.constants
        if self._tones is None:
            self._tones = Tones(hertz_of(constants.lowest, constants.pitches))
        frame = len(self._rows)
        row = self._next_row(loaded)
        self._rows.append(row)
        start, end = sample_at(frame, constants.rate), sample_at(frame + 1, constants.rate)
        last = end if self._seconds is None else round((self._seconds - RELEASE_SECONDS) * RATE)
        held = min(max(last, start), end)  # then all keys are let go, so that the end is no click
        parts = ((row, held - start), (0 * row, end - held))
        return np.concatenate([self._tones.samples(keys, count) for keys, count in parts if count])

    def _next_row(self, loaded: Loaded) -> Keys:
        rolls = loaded.rolls
        if self._rests:
            self._rests -= 1
            return np.zeros(rolls.constants.pitches, np.uint8)
        if self._sampler is None:
            self._sampler = self._next_sampler(loaded)
        frame = self._sampler.frames(1, self._variance)[0, 0]  # [D]
        if self._frames_left is not None:
            self._frames_left -= 1
        # A model that has hardly learned may never say that something ends.
        if bool(rolls.stops(frame)) or self._frames_left == 0:
            self._pieces[-1].end = len(self._rows) + 1
            self._sampler = None
            self._rests = round(PAUSE * rolls.constants.rate)
        return rolls.keys(frame)

    def _next_sampler(self, loaded: Loaded) -> Sampler:
        from studio.generation.sampler import Sampler

        rolls = loaded.rolls
        frames = None
        if self._piece == 0 and isinstance(self._begin, Roll):
            frames = rolls.encode_beginning(self._begin).frames
            self.begun = len(frames)
        seed = self._seed + self._piece
        self._piece += 1
        sampler = Sampler(loaded.model, 1, seed, frames, self._label)
        label = sampler.labels[0]
        self._labels.append((self._made, label))
        self._pieces.append(_Piece(len(self._rows), label))
        self._frames_left = 2 * rolls.typical_length + self.begun if rolls.ends else None
        return sampler
