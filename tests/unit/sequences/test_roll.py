"""Piano rolls: what they are made of, other tempos, other keyboards, names of pitches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from roll_strategies import rolls, sounding

from studio.sequences.roll import (
    OCTAVE,
    PITCHES,
    Note,
    Roll,
    at_rate,
    frequency,
    on_keys,
    pitch_name,
    pitch_named,
)


@pytest.mark.parametrize(
    ("keys", "rate", "lowest"),
    [
        (np.zeros((0, 3)), 8, 60),
        (np.zeros(3), 8, 60),
        (np.full((2, 2), 2), 8, 60),
        (np.full((2, 2), 0.5), 8, 60),
        (np.full((2, 2), np.nan), 8, 60),
        (np.zeros((2, 2)), 0, 60),
        (np.zeros((2, 2)), np.nan, 60),
        (np.zeros((2, 2)), 8, -1),
        (np.zeros((2, 3)), 8, 126),
    ],
)
def test_what_is_no_roll(keys: np.ndarray, rate: float, lowest: int) -> None:
    with pytest.raises(ValueError, match=r"must|cannot be|are not all"):
        Roll(keys, rate, lowest)


def test_what_is_given_can_be_changed_and_the_roll_cannot() -> None:
    keys = np.zeros((4, 3), np.uint8)
    roll = Roll(keys, 8)
    keys[0, 0] = 1
    assert not roll.keys.any()
    with pytest.raises(ValueError, match="read-only"):
        roll.keys[0, 0] = 1
    assert roll.labelled("a").keys is roll.keys


@given(rolls())
def test_notes_say_it_all(roll: Roll) -> None:
    keys = np.zeros_like(roll.keys)
    for note in roll.notes:
        assert not keys[note.start : note.end, note.pitch - roll.lowest].any()
        keys[note.start : note.end, note.pitch - roll.lowest] = 1
    np.testing.assert_array_equal(keys, roll.keys)
    assert sounding(Roll.from_notes(roll.notes, len(roll), roll.rate)) == sounding(roll)


def test_a_held_note_is_one_and_a_repeated_one_two() -> None:
    roll = Roll.from_notes([Note(0, 3, 60), Note(4, 6, 60), Note(2, 5, 64)], 7, 8)
    assert roll.notes == [Note(0, 3, 60), Note(2, 5, 64), Note(4, 6, 60)]
    assert (roll.lowest, roll.pitches, roll.sounding, roll.seconds) == (60, 5, (60, 64), 0.875)
    assert Roll(np.zeros((3, 2)), 8).sounding is None


@given(rolls(), st.integers(1, 5))
def test_twice_as_many_frames_and_back(roll: Roll, times: int) -> None:
    more = at_rate(roll, roll.rate * times)
    assert len(more) == len(roll) * times
    np.testing.assert_array_equal(more.keys, np.repeat(roll.keys, times, 0))
    np.testing.assert_array_equal(at_rate(more, roll.rate).keys, roll.keys)


@given(rolls(), st.floats(0.5, 100))
def test_no_note_is_lost_at_another_tempo(roll: Roll, rate: float) -> None:
    other = at_rate(roll, rate)
    assert other.rate == rate
    assert abs(other.seconds - roll.seconds) <= 1 / rate
    if rate <= roll.rate:
        np.testing.assert_array_equal(other.keys.any(0), roll.keys.any(0))


@given(rolls(most_pitches=60), st.integers(0, PITCHES - OCTAVE), st.data())
def test_every_note_finds_a_key_of_its_name(roll: Roll, lowest: int, data: st.DataObject) -> None:
    pitches = data.draw(st.integers(OCTAVE, PITCHES - lowest))
    moved = on_keys(roll, lowest, pitches)
    assert (moved.lowest, moved.pitches, moved.rate) == (lowest, pitches, roll.rate)
    names = {(frame, pitch % OCTAVE) for frame, pitch in sounding(roll)}
    assert {(frame, pitch % OCTAVE) for frame, pitch in sounding(moved)} == names
    within = {(frame, pitch) for frame, pitch in sounding(roll) if lowest <= pitch < lowest + pitches}
    assert within <= sounding(moved)
    whole = on_keys(on_keys(roll, 0, PITCHES), roll.lowest, roll.pitches)
    np.testing.assert_array_equal(whole.keys, roll.keys)


@given(st.integers(0, PITCHES - 1))
def test_pitches_are_named(pitch: int) -> None:
    assert pitch_named(pitch_name(pitch)) == pitch_named(str(pitch)) == pitch


@pytest.mark.parametrize(
    ("name", "pitch"),
    [("C4", 60), ("c4", 60), ("A0", 21), ("F#3", 54), ("Bb2", 46), ("B♭2", 46), ("C-1", 0), ("G9", 127), ("Cb4", 59)],
)
def test_names_of_pitches(name: str, pitch: int) -> None:
    assert pitch_named(name) == pitch


@pytest.mark.parametrize("name", ["", "H4", "C", "C#", "C10", "A9", "128", "x", "C4x", "²", "C--1", "-1"])
def test_what_names_no_pitch(name: str) -> None:
    assert pitch_named(name) is None


def test_frequencies() -> None:
    np.testing.assert_allclose(frequency([69, 57, 60]), [440, 220, 261.6256], rtol=1e-6)
