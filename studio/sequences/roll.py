"""Which notes sound when: a piano roll, as the paper of a player piano has it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Keys: TypeAlias = NDArray[np.uint8]

PITCHES = 128
"""There are as many in MIDI, from 0 to 127; 60 is middle C."""

PIANO = (21, 108)
"""The lowest and the highest pitch of a piano, A0 and C8."""

OCTAVE = 12
_ROUNDING = 1e-9  # frames
_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "s": 1, "b": -1, "♭": -1}


class Note(NamedTuple):
    """A key that is held down.

    Attributes:
        start: the first frame in which it sounds.
        end: the first frame in which it does no longer.
        pitch: MIDI number.
    """

    start: int
    end: int
    pitch: int


class TempoChange(NamedTuple):
    """From a frame on there are so many of them in a second."""

    frame: int
    rate: float


def _are_flags(values: NDArray[Any]) -> bool:
    """Whether there are only zeros and ones; of whole numbers without another array of that size."""
    if values.dtype.kind in "biu":
        return bool(values.min() >= 0 and values.max() <= 1)
    return bool(((values == 0) | (values == 1)).all())


@dataclass(frozen=True, eq=False)
class Roll:
    """A piano roll: one row for each moment, one column for each key.

    A note that is struck again at once cannot be told from one that is held: between the two there is a frame without.

    Attributes:
        keys: ``[T, D]`` uint8, 1 where a key is down; T and D >= 1.
        rate: its tempo, frames per second; where that changes, the one with which it begins.
        lowest: MIDI number of column 0 (60 is middle C); those to its right are higher by a semitone each.
        label: what it is, "" where unknown.
        changes: where its tempo changes, in the order of frames; those that change nothing, and those after its end,
            are left out.

    Raises:
        ValueError: where there is no frame, something other than 0 or 1, a rate that is not positive, a pitch that
            MIDI does not have, or changes of tempo out of order.
    """

    keys: Keys
    rate: float
    lowest: int = PIANO[0]
    label: str = ""
    changes: tuple[TempoChange, ...] = ()

    def __post_init__(self) -> None:
        given = np.asarray(self.keys)
        if given.ndim != 2 or given.size == 0:
            raise ValueError(f"keys must have shape [T, D] with at least one of each, not {given.shape}")
        if not _are_flags(given):
            raise ValueError("keys must be zeros and ones")
        another_rolls = given.dtype == np.uint8 and not given.flags.writeable  # which stay the very same
        keys = given if another_rolls else given.astype(np.uint8)
        for rate in (self.rate, *(change.rate for change in self.changes)):
            if not 0 < rate < math.inf:
                raise ValueError(f"a tempo of {rate} frames per second cannot be")
        if not 0 <= self.lowest <= PITCHES - keys.shape[1]:
            raise ValueError(f"{keys.shape[1]} pitches from {self.lowest} on are not all between 0 and {PITCHES - 1}")
        keys.setflags(write=False)
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "rate", float(self.rate))
        object.__setattr__(self, "lowest", int(self.lowest))
        object.__setattr__(self, "changes", tuple(self._true_changes()))

    def _true_changes(self) -> Iterator[TempoChange]:
        frame, rate = 0, self.rate
        for change in self.changes:
            if change[0] <= frame:
                raise ValueError(f"a change of tempo at frame {change[0]}, after one at {frame}")
            frame = change[0]
            if frame < len(self.keys) and change[1] != rate:
                rate = float(change[1])
                yield TempoChange(int(frame), rate)

    @classmethod
    def from_notes(
        cls, notes: Iterable[Note], frames: int, rate: float, *, label: str = "", changes: Iterable[TempoChange] = ()
    ) -> Roll:
        """The roll of such notes, with the keys from the lowest of them to the highest; without any, middle C alone.

        Args:
            notes: in any order.
            frames: T.
            rate: frames per second.
            changes: of the tempo.
        """
        given = list(notes)
        lowest = min((note.pitch for note in given), default=60)
        keys = np.zeros((frames, max((note.pitch for note in given), default=60) - lowest + 1), np.uint8)
        for note in given:
            keys[max(0, note.start) : note.end, note.pitch - lowest] = 1
        return cls(keys, rate, lowest, label, tuple(changes))

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def pitches(self) -> int:
        """D."""
        return int(self.keys.shape[1])

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.seconds_at(len(self))

    def rate_at(self, frame: int) -> float:
        """Its tempo at a frame, frames per second."""
        before = bisect_right(self.changes, frame, key=lambda change: change.frame)
        return self.changes[before - 1].rate if before else self.rate

    def seconds_at(self, frame: float) -> float:
        """When a frame begins, or a part of one, in seconds."""
        if not self.changes:
            return frame / self.rate
        passed, at, rate = 0.0, 0, self.rate
        for change in self.changes:
            if change.frame >= frame:
                break
            passed, at, rate = passed + (change.frame - at) / rate, *change
        return passed + (frame - at) / rate

    @property
    def beginnings(self) -> NDArray[np.float64]:
        """When each frame begins and the last one ends, ``[T + 1]`` seconds."""
        frames = np.arange(len(self) + 1, dtype=np.float64)
        if not self.changes:
            return frames / self.rate
        at = np.array([0, *(change.frame for change in self.changes), len(self)], np.float64)
        rates = np.array([self.rate, *(change.rate for change in self.changes)])
        found: NDArray[np.float64] = np.interp(frames, at, np.concatenate([[0.0], np.cumsum(np.diff(at) / rates)]))
        return found

    def at_tempo(self, rate: float) -> Roll:
        """The same frames at another tempo, frames per second; later changes keep their proportion to it."""
        share = rate / self.rate
        changes = tuple(TempoChange(change.frame, change.rate * share) for change in self.changes)
        return replace(self, rate=rate, changes=changes)

    @property
    def notes(self) -> list[Note]:
        """What sounds, sorted by start, then pitch."""
        edges = np.diff(np.pad(self.keys.astype(np.int8), ((1, 1), (0, 0))), axis=0)  # [T + 1, D]
        pitch, start = np.nonzero(edges.T == 1)
        _, end = np.nonzero(edges.T == -1)
        found = (Note(int(a), int(b), self.lowest + int(d)) for a, b, d in zip(start, end, pitch, strict=True))
        return sorted(found)

    @property
    def sounding(self) -> tuple[int, int] | None:
        """The lowest and the highest pitch that is ever heard; None where none is."""
        used = np.flatnonzero(self.keys.any(0))
        return (self.lowest + int(used[0]), self.lowest + int(used[-1])) if len(used) else None

    def names_at(self, frame: int) -> list[str]:
        """The names of what sounds in a frame, from the lowest pitch up."""
        return [pitch_name(self.lowest + int(key)) for key in np.flatnonzero(self.keys[frame])]

    def labelled(self, label: str) -> Roll:
        """The same roll under another label."""
        return replace(self, label=label)

    def cut(self, start: int, end: int | None = None) -> Roll:
        """The frames from ``start`` to before ``end``, counted as in a slice; at least one is left."""
        first, last, _ = slice(start, end).indices(len(self))
        first = min(first, len(self) - 1)
        later = tuple(TempoChange(at - first, rate) for at, rate in self.changes if at > first)
        kept = self.keys[first : max(last, first + 1)]
        return replace(self, keys=kept, rate=self.rate_at(first), changes=later)


def at_rate(roll: Roll, rate: float) -> Roll:
    """The roll at another number of frames per second, with each note as long in seconds as frames allow.

    Where its tempo changes, the one with which it begins becomes that number; the others keep their proportion to it.
    """
    if rate == roll.rate:
        return roll
    count = max(1, round(len(roll) * rate / roll.rate))
    # A new frame has what sounds in any of the old ones whose middle lies in it; where there is none, in the nearest.
    old_per_new = roll.rate / rate
    edges = np.ceil(np.arange(count + 1) * old_per_new - 0.5 - _ROUNDING).astype(np.int64)
    edges[-1] = max(edges[-1], len(roll))  # what is left over at the end is not lost
    middle = np.floor((np.arange(count) + 0.5) * old_per_new + _ROUNDING).astype(np.int64)
    first = np.where(edges[1:] > edges[:-1], edges[:-1], middle).clip(0, len(roll) - 1)
    end = np.maximum(edges[1:], first + 1).clip(0, len(roll))
    padded = np.pad(roll.keys, ((0, 1), (0, 0)))
    keys = np.maximum.reduceat(padded, np.stack([first, end], 1).ravel(), axis=0)[::2]
    return replace(roll, keys=keys, rate=rate, changes=_changes_at(roll, rate, count))


def _changes_at(roll: Roll, rate: float, count: int) -> tuple[TempoChange, ...]:
    """Where the tempo changes among so many frames of another length."""
    share = rate / roll.rate
    moved = {round(change.frame * share): change.rate * share for change in roll.changes}
    return tuple(TempoChange(frame, each) for frame, each in sorted(moved.items()) if 0 < frame < count)


def on_keys(roll: Roll, lowest: int, pitches: int) -> Roll:
    """The roll on a keyboard of so many keys; what lies beyond them is played in the nearest octave that has it.

    Args:
        roll: whatever it has.
        lowest: MIDI number of the first key.
        pitches: how many keys; at least an octave, or notes may be lost.
    """
    if (roll.lowest, roll.pitches) == (lowest, pitches):
        return roll
    keys = np.zeros((len(roll), pitches), np.uint8)
    for column in range(roll.pitches):
        key = roll.lowest + column - lowest
        if key < 0:
            key %= OCTAVE
        elif key >= pitches:
            key -= OCTAVE * -(-(key - pitches + 1) // OCTAVE)
        if 0 <= key < pitches:
            keys[:, key] |= roll.keys[:, column]
    return replace(roll, keys=keys, lowest=lowest)


def outside_keys(roll: Roll, lowest: int, pitches: int) -> NDArray[np.int64]:
    """How many notes of each frame, ``[T]``, lie beyond a keyboard of so many keys."""
    places = roll.lowest + np.arange(roll.pitches)
    beyond = (places < lowest) | (places >= lowest + pitches)
    counts: NDArray[np.int64] = roll.keys[:, beyond].sum(1, dtype=np.int64)
    return counts


def pitch_name(pitch: int) -> str:
    """What musicians call a MIDI number: "C4" is middle C, 60."""
    return f"{_NAMES[pitch % OCTAVE]}{pitch // OCTAVE - 1}"


def pitch_named(name: str) -> int | None:
    """The MIDI number of "C4", "F#3" or "Bb2", or of a number written out; None where it is neither."""
    text = name.strip()
    if text.isascii() and text.isdigit() and len(text) <= 3:
        return int(text) if int(text) < PITCHES else None
    letter, rest = text[:1].upper(), text[1:]
    sign = rest[:1] if rest[:1] in _ACCIDENTALS else ""
    octave = rest[len(sign) :]
    if letter not in _SEMITONES or octave not in [str(number) for number in range(-1, 10)]:
        return None
    pitch = _SEMITONES[letter] + _ACCIDENTALS[sign] + OCTAVE * (int(octave) + 1)
    return pitch if 0 <= pitch < PITCHES else None


def frequency(pitch: ArrayLike) -> NDArray[np.float64]:
    """Hertz, in equal temperament, A4 = 69 being 440."""
    return np.asarray(440.0 * 2.0 ** ((np.asarray(pitch, np.float64) - 69) / OCTAVE))
