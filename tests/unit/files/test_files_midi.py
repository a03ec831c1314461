"""MIDI files: notes, tempo, drums, and what is no MIDI file."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.files import midi
from studio.files.readers import read_materials
from studio.files.source import Source
from studio.sequences.roll import Note, Roll

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
    roll = midi.read(Source("a.mid", file(track(played(notes, channel)))))
    assert roll.notes == notes
    assert roll.rate == 8.0


def test_several_tracks_and_their_tempo() -> None:
    tracks = [track([(0, tempo(1_000_000))]), track(played(TUNE[:2])), track(played(TUNE[2:], 3))]
    source = Source("a.mid", file(*tracks))
    roll = midi.read(source)
    assert roll.notes == TUNE
    assert roll.rate == 4.0
    assert not source.notes


def test_running_status_and_what_is_passed_over() -> None:
    body = b"\x00\xff\x03\x04tune" + b"\x00\xf0\x03\x01\x02\xf7" + b"\x00\xc0\x05" + b"\x00\x90\x3c\x40"
    body += number(QUARTER) + b"\x3c\x00"  # the same event again, without its first byte; loudness 0 lets go
    chunk = b"MTrk" + struct.pack(">I", len(body)) + body
    other = b"XXXX" + struct.pack(">I", 3) + b"abc"
    assert midi.read(Source("a.mid", file(other, chunk))).notes == [Note(0, 4, 60)]


def test_a_note_that_is_struck_again_stays_two() -> None:
    roll = midi.read(Source("a.mid", file(track(played([Note(0, 4, 60), Note(4, 8, 60)])))))
    assert roll.notes == [Note(0, 3, 60), Note(4, 8, 60)]


def test_what_is_left_out_is_said() -> None:
    events = [(0, tempo(500_000)), (QUARTER, tempo(400_000)), *played(TUNE), *played([Note(0, 1, 36)], 9)]
    source = Source("a.mid", file(track(events)))
    assert midi.read(source).notes == TUNE
    assert [note.split(": ")[1].split(" ")[0] for note in source.notes] == ["drums", "changes"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"MThd", "does not begin as a MIDI file does"),
        (file(track([])), "holds no note"),
        (file(track(played(TUNE)), division=0xE728), "counts in seconds"),
        (file(track(played(TUNE)))[:-9], "ends within a track"),
        (file(b"MTrk\x00\x00\x00\x02\x00\x3c"), "no event"),
        (file(b"MTrk\x00\x00\x00\x05\xff\xff\xff\xff\xff"), "does not end"),
        (file(b"MTrk\x00\x00\x00\x04\x00\xff\x51\x7f"), "ends within an event"),
        (file(track([(0, b"\x90\x3c\x40"), (2**27, b"\x80\x3c\x40")]), division=1), "more than 1,000,000 frames"),
    ],
)
def test_refusals(data: bytes, why: str) -> None:
    with pytest.raises(StudioError, match=why):
        midi.read(Source("a.mid", data))


def test_it_comes_in_like_other_rolls(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(file(track(played(TUNE))))
    (tmp_path / "README.md").write_text("A tune.")
    (item,) = read_materials([tmp_path], kind="roll").materials
    assert isinstance(item.material, Roll)
    assert item.material.notes == TUNE
    assert not read_materials([tmp_path / "a.mid"], kind="pen").materials
    assert len(read_materials([tmp_path / "a.mid"]).materials) == 1
