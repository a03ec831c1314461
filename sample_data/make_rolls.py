"""Composes the piano rolls beside this file: canons, arpeggios and rhythms, from a few rules and a fixed seed.

Run ``python sample_data/make_rolls.py`` to write the files again. Nobody's music is in them: the rules are those of
any primer of harmony, and chance does the rest.

A frame is a sixteenth note, eight of them a second; a bar has sixteen, but for the waltz, which has twelve. A note
that is struck again lets go one frame earlier, or the two would be one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from studio.files.rolls import to_npz
from studio.sequences.roll import Note, Roll

Chance: TypeAlias = np.random.Generator

SEED = 1685
RATE = 8.0  # sixteenths per second: 120 quarters a minute
BAR = 16  # frames
MAJOR = (0, 2, 4, 5, 7, 9, 11)
MIDDLE_C = 60


def degree(number: int, root: int = MIDDLE_C) -> int:
    """The pitch of a step of the major scale; 0 is the root, 7 an octave above."""
    octave, step = divmod(number, 7)
    return root + 12 * octave + MAJOR[step]


def let_go(notes: list[Note]) -> list[Note]:
    """The notes, each ending before the next of its pitch begins."""
    struck = {(note.start, note.pitch) for note in notes}
    return [note._replace(end=note.end - 1) if (note.end, note.pitch) in struck else note for note in notes]


# --- canons

HARMONY = ((0, 2, 4), (0, 2, 4), (4, 6, 8), (0, 2, 4))
"""The chord under each quarter of a bar, as steps of the scale: the same in every bar, so voices may enter at any."""

TUNES = ((4, 4, 4, 4), (4, 2, 2, 4, 4), (2, 2, 2, 2, 4, 4), (8, 4, 4), (6, 2, 4, 4), (4, 4, 2, 2, 2, 2))
"""Lengths of the notes in a bar."""


def melody(chance: Chance, bars: int) -> list[tuple[int, int, int]]:
    """Start, length and step of each note: chord tones on the quarters, steps between them elsewhere."""
    found, at = [], int(chance.integers(0, 5))
    for bar in range(bars):
        start = bar * BAR
        for length in TUNES[int(chance.integers(len(TUNES)))]:
            chord = [tone + 7 * octave for tone in HARMONY[start % BAR // 4] for octave in (-1, 0, 1)]
            back = -1 if at > 6 else 1 if at < 0 else int(chance.choice([-1, 1]))
            wanted = at + back * int(chance.integers(1, 3))
            near = sorted(chord, key=lambda tone: (abs(tone - wanted), tone))[0]
            at = int(np.clip(near if start % 4 == 0 else wanted, -2, 9))
            found.append((start, length, at))
            start += length
    start, length, at = found[-1]
    return [*found[:-1], (start, length, 7 * round(at / 7))]


def canon(chance: Chance) -> Roll:
    """One voice begins, another follows a bar later an octave lower, saying the same."""
    tune = melody(chance, bars=5)
    notes = [
        Note(start + delay, start + delay + length, degree(step) - below)
        for delay, below in ((0, 0), (BAR, 12))
        for start, length, step in tune
    ]
    return Roll.from_notes(let_go(notes), 6 * BAR, RATE, label="canon")


# --- arpeggios

PROGRESSIONS = (
    *((0, 5, 3, 4), (0, 3, 4, 0), (5, 3, 0, 4), (0, 4, 5, 3)),
    *((0, 1, 4, 0), (3, 4, 2, 5), (0, 2, 3, 4), (5, 4, 3, 4)),
)
"""Roots of the chords of four bars, as steps of the scale."""

KEYS = (-3, 0, 2, 5)
"""A, C, D and F major: semitones from middle C."""

FIGURES: dict[str, tuple[int, ...]] = {
    "rising": (0, 1, 2, 3, 0, 1, 2, 3),
    "falling": (3, 2, 1, 0, 3, 2, 1, 0),
    "broken": (0, 2, 1, 2, 0, 2, 1, 2),
    "waves": (0, 1, 2, 3, 3, 2, 1, 0),
}
"""Which tone of the chord sounds in each eighth of a bar."""


def arpeggio(chance: Chance, figure: str) -> Roll:
    """Four chords, broken up in one way, twice over a bass, and the first chord to end with."""
    progression = PROGRESSIONS[int(chance.integers(len(PROGRESSIONS)))]
    key = MIDDLE_C + int(chance.choice(KEYS))
    notes = []
    for bar, root in enumerate(progression * 2):
        tones = [degree(root + step, key) for step in (0, 2, 4, 7)]
        notes.append(Note(bar * BAR, (bar + 1) * BAR, degree(root, key) - 24))
        for eighth, tone in enumerate(FIGURES[figure]):
            start = bar * BAR + 2 * eighth
            notes.append(Note(start, start + 2, tones[tone]))
    end = len(progression) * 2 * BAR
    notes += [Note(end, end + 8, pitch) for pitch in (key - 24, key, degree(2, key), degree(4, key))]
    return Roll.from_notes(let_go(notes), end + 8, RATE, label=figure)


# --- rhythms

DRUMS = (48, 55, 60, 67)
"""Four drums that agree with one another: C3, G3, C4, G4."""

STYLES: dict[str, tuple[str, ...]] = {
    "march": ("x...x...x...x...", "....x.......x.x.", "x.x.x.x.x.x.x.x."),
    "rock": ("x.....x.x.x.....", "....x.......x...", "x...x...x...x..."),
    "waltz": ("x...........", "....x...x...", "..x...x.x.x."),
    "clave": ("x..x..x...x.x...", "....x.......x...", "x.x.x.x.x.x.x.x."),
}
"""What each drum but the highest does in a bar; the lowest first."""

BARS = 8
SURPRISE = 0.04  # the chance that a stroke falls out, or one more falls in
FILL = "x.x.x.x.x.x."


def rhythm(chance: Chance, style: str) -> Roll:
    """Eight bars of a style; in every fourth the highest drum fills."""
    pattern = np.array([[sign == "x" for sign in line] for line in STYLES[style]])  # [3, frames]
    length = pattern.shape[1]
    keys = np.zeros((BARS * length, DRUMS[-1] - DRUMS[0] + 1), np.uint8)
    for bar in range(BARS):
        played = pattern ^ (chance.random(pattern.shape) < SURPRISE)
        played[0, 0] = True
        for frame in range(1, length):
            played[:, frame] &= ~played[:, frame - 1]  # or two strokes would be one
        rows = slice(bar * length, (bar + 1) * length)
        for drum, line in zip(DRUMS, played, strict=False):
            keys[rows, drum - DRUMS[0]] = line
        if bar % 4 == 3:
            fill = [sign == "x" for sign in FILL][-length // 2 :]
            keys[(bar + 1) * length - len(fill) : (bar + 1) * length, DRUMS[-1] - DRUMS[0]] = fill
    return Roll(keys, RATE, DRUMS[0], style)


# --- sets

SETS: dict[str, Callable[[Chance], list[Roll]]] = {
    "canons": lambda chance: [canon(chance) for _ in range(256)],
    "arpeggios": lambda chance: [arpeggio(chance, figure) for _ in range(32) for figure in FIGURES],
    "rhythms": lambda chance: [rhythm(chance, style) for _ in range(32) for style in STYLES],
}


def sample_set(name: str) -> list[Roll]:
    """The piano rolls of a set, always the same."""
    return SETS[name](np.random.default_rng([SEED, list(SETS).index(name)]))


def main() -> None:
    """Write every set beside this file."""
    for name in SETS:
        (Path(__file__).parent / f"{name}.npz").write_bytes(to_npz(sample_set(name)))


if __name__ == "__main__":
    main()
