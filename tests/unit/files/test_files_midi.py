"""MIDI files: notes, tempo, drums, and what is no MIDI file."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.files import midi
from studio.files.readers import read_materials
from studio.files.source import Source
from studio.sequences.performance import performed
from studio.sequences.roll import Note, Roll, TempoChange, at_rate

QUARTER = 480  # ticks


def number(value: int) -> bytes:
    """Of variable length."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def track(events: list[tuple[int, bytes]]) -> bytes:
    """Events at ticks, in order."""
    body, before = b"", 0
    for tick, event in sorted(events, key=lambda pair: pair[0]):
        body += number(tick - before) + event
        before = tick
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + body


def played(notes: list[Note], channel: int = 0) -> list[tuple[int, bytes]]:
    """Keys pressed and let go, four frames to a quarter; those let go first, where both happen at once."""
    tick = QUARTER // 4
    ends = [(note.end * tick, bytes([0x80 | channel, note.pitch, 0])) for note in notes]
    return ends + [(note.start * tick, bytes([0x90 | channel, note.pitch, 90])) for note in notes]


def file(*tracks: bytes, division: int = QUARTER) -> bytes:
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), division) + b"".join(tracks)


def tempo(microseconds: int) -> bytes:
    return b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


def read(source: Source) -> Roll:
    """The one roll of a file."""
    (roll,) = midi.read(source)
    return roll


TUNE = [Note(0, 4, 60), Note(2, 6, 64), Note(4, 5, 72)]


@st.composite
def tunes(draw: st.DrawFn) -> list[Note]:
    """Notes that a piano roll can tell apart."""
    keys = draw(st.sets(st.tuples(st.integers(0, 30), st.integers(40, 60)), min_size=1, max_size=60))
    cells = [[pitch == key for key in range(40, 61)] for _ in range(31) for pitch in [0]]
    for frame, pitch in keys:
        cells[frame][pitch - 40] = True
    return Roll(cells, 8.0, 40).notes  # type: ignore[arg-type]


@given(tunes(), st.integers(0, 8))
def test_notes_are_where_they_were_written(notes: list[Note], channel: int) -> None:
    roll = read(Source("a.mid", file(track(played(notes, channel)))))
    assert roll.notes == notes
    assert roll.rate == 8.0


def test_several_tracks_and_their_tempo() -> None:
    tracks = [track([(0, tempo(1_000_000))]), track(played(TUNE[:2])), track(played(TUNE[2:], 3))]
    source = Source("a.mid", file(*tracks))
    roll = read(source)
    assert roll.notes == TUNE
    assert roll.rate == 4.0
    assert not source.notes


def test_running_status_and_what_is_passed_over() -> None:
    body = b"\x00\xff\x03\x04tune" + b"\x00\xf0\x03\x01\x02\xf7" + b"\x00\xc0\x05" + b"\x00\x90\x3c\x40"
    body += number(QUARTER) + b"\x3c\x00"  # the same event again, without its first byte; loudness 0 lets go
    chunk = b"MTrk" + struct.pack(">I", len(body)) + body
    other = b"XXXX" + struct.pack(">I", 3) + b"abc"
    assert read(Source("a.mid", file(other, chunk))).notes == [Note(0, 4, 60)]


def test_a_note_that_is_struck_again_stays_two() -> None:
    roll = read(Source("a.mid", file(track(played([Note(0, 4, 60), Note(4, 8, 60)])))))
    assert roll.notes == [Note(0, 3, 60), Note(4, 8, 60)]


def test_what_is_left_out_is_said() -> None:
    events = [(0, tempo(500_000)), (QUARTER, tempo(400_000)), *played(TUNE), *played([Note(0, 1, 36)], 9)]
    source = Source("a.mid", file(track(events)))
    assert read(source).notes == TUNE
    assert [note.split(": ")[1].split(" ")[0] for note in source.notes] == ["drums"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"MThd", "does not begin as a MIDI file does"),
        (file(track([])), "holds no note"),
        (file(track(played(TUNE)), division=0), "quarter has no ticks"),
        (b"RIFF\x00\x00\x00\x00RMIDLIST\x00\x00\x00\x00", "without a MIDI file"),
        (file(track(played(TUNE)))[:-9], "ends within a track"),
        (file(b"MTrk\x00\x00\x00\x02\x00\x3c"), "running status"),
        (file(b"MTrk\x00\x00\x00\x05\xff\xff\xff\xff\xff"), "within an event"),
        (file(b"MTrk\x00\x01\x00\x00" + b"\xff" * 2**16), "does not end"),
        (file(b"MTrk\x00\x00\x00\x04\x00\xff\x51\x7f"), "ends within an event"),
        (file(track([(0, b"\x90\x3c\x40"), (2**27, b"\x80\x3c\x40")]), division=1), "more than 1,000,000 frames"),
    ],
)
def test_refusals(data: bytes, why: str) -> None:
    with pytest.raises(StudioError, match=why):
        read(Source("a.mid", data))


def test_it_comes_in_like_other_rolls(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(file(track(played(TUNE))))
    (tmp_path / "README.md").write_text("A tune.")
    (item,) = read_materials([tmp_path], kind="roll").materials
    assert isinstance(item.material, Roll)
    assert item.material.notes == TUNE
    assert not read_materials([tmp_path / "a.mid"], kind="pen").materials
    assert len(read_materials([tmp_path / "a.mid"]).materials) == 1


QUARTERS = [Note(4 * k, 4 * k + 4, pitch) for k, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72))]


def test_the_last_of_several_tempos_at_a_tick_counts() -> None:
    events = [(0, tempo(500_000)), (0, tempo(1_000_000)), *played(QUARTERS[:4])]
    roll = read(Source("a.mid", file(track(events))))
    assert (roll.rate, roll.changes, roll.seconds) == (4.0, (), 4.0)


def test_before_the_first_tempo_there_are_120_quarters_a_minute() -> None:
    source = Source("a.mid", file(track([(4 * QUARTER, tempo(1_000_000)), *played(QUARTERS)])))
    roll = read(source)
    assert (roll.rate, roll.changes) == (8.0, (TempoChange(16, 4.0),))
    assert roll.seconds == 6.0
    assert not source.notes


def test_a_tempo_may_stand_in_another_track() -> None:
    roll = read(Source("a.mid", file(track(played(QUARTERS)), track([(QUARTER, tempo(250_000))]))))
    assert (roll.rate, roll.changes) == (8.0, (TempoChange(4, 16.0),))


def test_a_frame_within_which_the_tempo_changes_lasts_as_long_as_its_parts() -> None:
    roll = read(Source("a.mid", file(track([(QUARTER // 8, tempo(1_000_000)), *played(QUARTERS)]))))
    assert roll.seconds == pytest.approx(0.0625 + 0.125 + 31 * 0.25)
    assert [change.frame for change in roll.changes] == [1]
    at_once = read(Source("a.mid", file(track([(1, tempo(1_000_000)), *played(QUARTERS)]))))
    assert (at_once.rate, at_once.changes) == (4.0, ())


def test_a_key_struck_before_it_is_let_go_at_the_same_tick() -> None:
    on, off = bytes([0x90, 60, 90]), bytes([0x80, 60, 0])
    for order in ([on, off], [off, on]):
        events = [(0, on), *((QUARTER, event) for event in order), (2 * QUARTER, off)]
        assert read(Source("a.mid", file(track(events)))).notes == [Note(0, 3, 60), Note(4, 8, 60)]


def test_a_key_struck_again_and_let_go_once() -> None:
    on, off = bytes([0x90, 60, 90]), bytes([0x80, 60, 0])
    events = [(0, on), (QUARTER, on), (2 * QUARTER, off), (2 * QUARTER, off), (3 * QUARTER, bytes([0x90, 64, 90]))]
    assert read(Source("a.mid", file(track(events)))).notes[:2] == [Note(0, 3, 60), Note(4, 8, 60)]


@pytest.mark.parametrize(("count", "said"), [(1, "a note is never let go and lasts"), (2, "2 notes are never let go")])
def test_a_note_that_is_never_let_go_is_said(count: int, said: str) -> None:
    keys = [(0, bytes([0x90, 60 + key, 90])) for key in range(count)]
    source = Source("a.mid", file(track([*keys, *played([Note(0, 8, 72)])])))
    assert read(source).notes == [*(Note(0, 8, 60 + key) for key in range(count)), Note(0, 8, 72)]
    assert len(source.notes) == 1
    assert said in source.notes[0]


def test_running_status_goes_on_after_an_event_about_the_file() -> None:
    body = b"\x00\x90\x3c\x5a" + number(QUARTER) + b"\x3c\x00" + b"\x00\xff\x06\x01A"
    body += b"\x00\x3e\x5a" + number(QUARTER) + b"\x3e\x00"
    roll = read(Source("a.mid", file(b"MTrk" + struct.pack(">I", len(body)) + body)))
    assert roll.notes == [Note(0, 4, 60), Note(4, 8, 62)]


@pytest.mark.parametrize("size", [None, 0])
def test_within_riff(size: int | None) -> None:
    inner = file(track(played(TUNE)))
    length = len(inner) if size is None else size
    data = b"RIFF" + struct.pack("<I", 12 + length) + b"RMIDdata" + struct.pack("<I", length) + inner
    assert read(Source("a.rmi", data)).notes == TUNE


def test_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "tune.download").write_bytes(file(track(played(TUNE))))
    (item,) = read_materials([tmp_path / "tune.download"]).materials
    assert isinstance(item.material, Roll)


BEAT = [Note(0, 4, 36), Note(4, 8, 38)]


def test_drums_on_their_own() -> None:
    alone = Source("a.mid", file(track(played(BEAT, 9))))
    assert read(alone).notes == BEAT
    assert "drums and nothing else" in alone.notes[0]
    both = file(track([*played(TUNE), *played(BEAT, 9)]))
    assert midi.read(Source("a.mid", both), "only")[0].notes == BEAT
    with pytest.raises(StudioError, match="holds no drums"):
        midi.read(Source("a.mid", file(track(played(TUNE)))), "only")


def test_pieces_of_their_own() -> None:
    data = bytearray(file(track([(0, tempo(1_000_000)), *played(TUNE)]), track(played(BEAT))))
    data[9] = 2
    first, second = midi.read(Source("a.mid", bytes(data)))
    assert (first.notes, first.rate) == (TUNE, 4.0)
    assert (second.notes, second.rate) == (BEAT, 8.0)


@pytest.mark.parametrize(("frames", "a_second"), [(25, 25.0), (24, 24.0), (29, 30000 / 1001), (30, 30.0)])
def test_ticks_that_are_parts_of_a_second(frames: int, a_second: float) -> None:
    second = round(a_second * 40)
    events = [(0, b"\x90\x3c\x40"), (0, tempo(1_000_000)), (second, b"\x80\x3c\x40")]
    source = Source("a.mid", file(track(events), division=(256 - frames) << 8 | 40))
    roll = read(source)
    assert (roll.notes, roll.rate, roll.changes) == ([Note(0, 8, 60)], 8.0, ())
    assert "counts in seconds" in source.notes[0]


def test_what_decides_nothing_may_be_wrong() -> None:
    wrong = [(0, b"\xff\x59\x02\x63\x00"), (0, b"\xff\x58\x01\x04"), (0, bytes([0xB0, 7, 200]))]
    source = Source("a.mid", file(track([*wrong, *played(TUNE)])))
    assert read(source).notes == TUNE
    assert "the standard does not allow" in source.notes[0]


def test_notes_off_the_grid_are_told_of() -> None:
    source = Source("a.mid", file(track([(100, b"\x90\x3c\x40"), (180, b"\x80\x3c\x40")])))
    read(source)
    assert "1 of 1 notes do not begin on a sixteenth" in source.notes[0]


@st.composite
def rolls(draw: st.DrawFn) -> Roll:
    frames = draw(st.integers(1, 40))
    pitches = draw(st.integers(1, 20))
    keys = draw(st.lists(st.integers(0, 1), min_size=frames * pitches, max_size=frames * pitches))
    rate = st.one_of(st.sampled_from([8.0, 7.0, 120 / 7]), st.floats(0.01, 300))
    at = draw(st.sets(st.integers(1, 39), max_size=4))
    changes = tuple(TempoChange(frame, draw(rate)) for frame in sorted(at))
    return Roll(
        np.array(keys).reshape(frames, pitches),
        draw(rate),
        draw(st.integers(0, 108)),
        draw(st.text(max_size=5)),
        changes,
    )


@given(rolls())
def test_what_is_written_is_read_back_the_same(roll: Roll) -> None:
    if not roll.keys.any():
        return  # a file without a note is refused
    source = Source("a.mid", midi.to_bytes(roll))
    back = read(source)
    assert np.array_equal(back.keys, roll.keys)
    assert (back.rate, back.lowest, back.label, back.changes) == (roll.rate, roll.lowest, roll.label, roll.changes)
    assert not source.notes


def test_a_written_file_changed_by_another_program_is_taken_as_it_is() -> None:
    import io

    import mido

    made = mido.MidiFile(file=io.BytesIO(midi.to_bytes(Roll.from_notes(TUNE, 8, 7.0))))
    for event in made.tracks[0]:
        if event.type == "set_tempo":
            event.tempo = 1_000_000
        elif event.type in ("note_on", "note_off") and event.note == 72:
            event.note = 90
    written = io.BytesIO()
    made.save(file=written)
    roll = read(Source("a.mid", written.getvalue()))
    assert roll.rate == 4.0
    assert [note.pitch for note in roll.notes] == [60, 64, 90]


def test_a_roll_is_played_with_its_changes_of_tempo() -> None:
    roll = Roll.from_notes(QUARTERS, 32, 8.0, changes=[TempoChange(16, 4.0)])
    assert performed(roll).seconds == pytest.approx(6.06, abs=0.01)
    assert performed(roll.cut(16)).seconds == pytest.approx(4.06, abs=0.01)
    assert performed(at_rate(roll, 16.0)).seconds == pytest.approx(6.06, abs=0.01)
    assert performed(roll.at_tempo(4.0)).seconds == pytest.approx(12.06, abs=0.01)
    assert roll.beginnings[[0, 16, 17, 32]].tolist() == [0, 2, 2.25, 6]
    assert [roll.seconds_at(frame) for frame in (0, 16, 17, 32)] == [0, 2, 2.25, 6]
