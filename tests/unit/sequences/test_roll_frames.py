"""Piano rolls as frames and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from roll_strategies import rolls, sounding

from studio.errors import StudioError
from studio.sequences.representations import from_dict
from studio.sequences.roll import Note, Roll, at_rate
from studio.sequences.roll_frames import LONG_SECONDS, RollRepresentation, RollSettings
from studio.sequences.sequence import FrameLayout


def fitted(*material: Roll, **settings: object) -> RollRepresentation:
    found = RollRepresentation(RollSettings(**settings))  # type: ignore[arg-type]
    found.fit(material)
    return found


CHORD = Roll.from_notes([Note(0, 4, 60), Note(1, 3, 64), Note(2, 8, 79)], 8, 8.0, label="chord")


@given(rolls(label="x").filter(lambda roll: roll.sounding is not None), st.sampled_from(["yes", "no"]))
def test_there_and_back(roll: Roll, ends: str) -> None:
    representation = fitted(roll, ends=ends)
    sequence = representation.encode(roll)
    back = representation.decode(sequence.frames, sequence.label)
    assert sounding(back) == sounding(roll)
    assert (len(back), back.rate, back.label) == (len(roll), roll.rate, "x")
    assert sequence.frames.shape == (len(roll), representation.layout.width)
    assert set(np.unique(sequence.frames)) <= {0.0, 1.0}
    stored = from_dict(representation.to_dict())
    assert isinstance(stored, RollRepresentation)
    np.testing.assert_array_equal(stored.encode(roll).frames, sequence.frames)


def test_keys_are_those_of_the_material_and_at_least_an_octave() -> None:
    assert fitted(CHORD).layout == FrameLayout(continuous=0, independent=20, binary=1)
    single = fitted(Roll.from_notes([Note(0, 1, 125)], 2, 8.0))
    assert (single.constants.lowest, single.constants.pitches) == (116, 12)


def test_what_lies_beyond_the_keys_is_moved_by_octaves() -> None:
    high = Roll.from_notes([Note(0, 1, 84), Note(1, 2, 41)], 2, 8.0)
    representation = fitted(CHORD)
    assert sounding(representation.decode(representation.encode(high).frames)) == {(0, 72), (1, 65)}


def test_the_tempo_is_the_commonest_or_as_asked_for() -> None:
    slow = Roll(np.ones((4, 12)), 2.0)
    representation = fitted(CHORD, slow)
    assert representation.constants.rate == 8.0
    assert representation.typical_length == 16
    assert len(representation.encode(slow)) == 16
    np.testing.assert_allclose(representation.encode(slow).times, np.arange(16) / 8)
    asked = fitted(CHORD, rate=16.0)
    assert asked.seconds_per_frame == 1 / 16
    back = asked.decode(asked.encode(CHORD).frames)
    np.testing.assert_array_equal(at_rate(back, 8.0).keys, CHORD.keys)


def test_only_the_last_frame_is_an_end() -> None:
    representation = fitted(CHORD)
    frames = representation.encode(CHORD).frames
    assert representation.stops(frames).tolist() == [False] * 7 + [True]
    assert not representation.stops(representation.encode_beginning(CHORD).frames).any()
    frames[2, -1] = 1
    assert len(representation.decode(frames)) == 3
    long = Roll(np.ones((round(LONG_SECONDS * 8) + 8, 12)), 8.0)
    assert fitted(long).endless
    assert not fitted(long).stops(fitted(long).encode(long).frames).any()


def test_zeros_and_ones_have_no_units() -> None:
    assert fitted(CHORD).nats_per_frame_offset == 0
    assert fitted(CHORD).units == {"frames per second": 8.0, "lowest pitch": 60.0, "pitches": 20.0}


def test_nothing_to_learn_from() -> None:
    with pytest.raises(StudioError, match="no piano rolls"):
        fitted()
    with pytest.raises(StudioError, match="no note"):
        fitted(Roll(np.zeros((4, 4)), 8.0))


@pytest.mark.parametrize("change", [{"lowest": 120}, {"pitches": 0}, {"rate": -1}, {"ends": 3}, {"typical_length": 0}])
def test_what_is_no_description(change: dict[str, object]) -> None:
    values = fitted(CHORD).to_dict()
    values["constants"] |= change
    with pytest.raises(StudioError, match="representation of piano rolls cannot be read"):
        from_dict(values)
