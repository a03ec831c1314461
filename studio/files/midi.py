"""Standard MIDI files (.mid) as piano rolls: four frames to a quarter note, at the tempo that the file begins with.

A file is chunks: a header with the number of ticks in a quarter, then tracks. A track is events, each after a number of
ticks: keys pressed and let go, and much that is passed over here (Standard MIDI Files 1.0, RP-001).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from studio.files import limits
from studio.files.source import Source
from studio.sequences.roll import Note, Roll

MAGIC = b"MThd"
ENDINGS = (".mid", ".midi")
FRAMES_PER_QUARTER = 4

_USUAL_TEMPO = 500_000  # microseconds in a quarter: 120 quarters a minute
_DRUMS = 9  # the channel whose keys are no pitches
_LONGEST_NUMBER = 4  # bytes of one of variable length
_OFF, _ON = 0x80, 0x90
_ONE_BYTE = (0xC0, 0xD0)  # events with one byte of data; others have two
_SYSTEM, _META, _TEMPO = 0xF0, 0xFF, 0x51


@dataclass
class _Heard:
    """What the tracks have in them.

    Attributes:
        held: when each key that is down was pressed, by channel and pitch.
        notes: start and end in ticks, channel, pitch.
        tempos: microseconds in a quarter, by tick.
    """

    held: dict[tuple[int, int], int] = field(default_factory=dict)
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    tempos: dict[int, int] = field(default_factory=dict)

    def press(self, tick: int, channel: int, pitch: int) -> None:
        self.let_go(tick, channel, pitch)
        self.held[channel, pitch] = tick

    def let_go(self, tick: int, channel: int, pitch: int) -> None:
        start = self.held.pop((channel, pitch), None)
        if start is not None:
            self.notes.append((start, tick, channel, pitch))


def read(source: Source) -> Roll:
    """The piano roll of a MIDI file: all channels together but for drums, which have no pitch.

    Raises:
        StudioError: it is damaged, counts in seconds instead of quarters, is too long or has no note.
    """
    division, tracks = _chunks(source)
    heard = _Heard()
    for start, end in tracks:
        _track(source, start, end, heard)
    notes = [note for note in heard.notes if note[2] != _DRUMS]
    if len(notes) < len(heard.notes):
        source.note("drums were left out, since they have no pitch")
    if len(set(heard.tempos.values())) > 1:
        source.note("changes of tempo were left out; the roll has the tempo with which the file begins")
    if not notes:
        raise source.refuse("holds no note")
    rate = FRAMES_PER_QUARTER * 1e6 / heard.tempos.get(min(heard.tempos, default=0), _USUAL_TEMPO)
    return Roll.from_notes(*_in_frames(source, notes, division), rate)


def _chunks(source: Source) -> tuple[int, list[tuple[int, int]]]:
    """Ticks in a quarter, and where the events of each track begin and end."""
    data = source.data
    if not data.startswith(MAGIC) or len(data) < 14:
        raise source.refuse("does not begin as a MIDI file does", byte=0)
    length, _, _, division = struct.unpack_from(">IHHH", data, 4)
    if not 0 < division < 0x8000:
        raise source.refuse("counts in seconds instead of quarters; expected ticks in a quarter", byte=12)
    tracks = []
    at = 8 + length
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at + 4)
        end = at + 8 + size
        if data[at : at + 4] == b"MTrk":
            if end > len(data):
                raise source.refuse("ends within a track", byte=len(data))
            tracks.append((at + 8, end))
        at = end
    return division, tracks


def _track(source: Source, at: int, end: int, heard: _Heard) -> None:
    """Follow the events of one track."""
    data, tick, status = source.data, 0, 0
    while at < end:
        delta, at = _number(source, at, end)
        tick += delta
        if at >= end:
            raise source.refuse("ends within an event", byte=at)
        if data[at] >= 0x80:
            status, at = data[at], at + 1
        if status >= _SYSTEM:
            at = _passed_over(source, status, at, end, tick, heard)
            continue
        size = 1 if status & 0xF0 in _ONE_BYTE else 2
        if status < 0x80 or at + size > end or max(data[at : at + size]) > 0x7F:
            raise source.refuse("holds something that is no event", byte=at)
        if status & 0xF0 == _ON and data[at + 1] > 0:
            heard.press(tick, status & 0x0F, data[at])
        elif status & 0xF0 in (_ON, _OFF):
            heard.let_go(tick, status & 0x0F, data[at])
        at += size
    for channel, pitch in list(heard.held):
        heard.let_go(tick, channel, pitch)


def _passed_over(source: Source, status: int, at: int, end: int, tick: int, heard: _Heard) -> int:
    """What comes after an event of the system or about the file; of those only the tempo counts."""
    meta = status == _META
    kind = source.data[at] if meta and at < end else 0
    size, at = _number(source, at + meta, end)
    if at + size > end:
        raise source.refuse("ends within an event", byte=end)
    if meta and kind == _TEMPO and size == 3:
        tempo = int.from_bytes(source.data[at : at + 3], "big")
        if tempo > 0:
            heard.tempos.setdefault(tick, tempo)
    return at + size


def _number(source: Source, at: int, end: int) -> tuple[int, int]:
    """A number of variable length, seven bits to a byte, and where it ends."""
    value = 0
    for place in range(at, min(at + _LONGEST_NUMBER, end)):
        value = value << 7 | source.data[place] & 0x7F
        if source.data[place] < 0x80:
            return value, place + 1
    raise source.refuse("holds a number that does not end", byte=at)


def _in_frames(source: Source, notes: list[tuple[int, int, int, int]], division: int) -> tuple[list[Note], int]:
    """The notes in frames, each ending before the next of its pitch begins, and how many frames there are."""
    placed = sorted({_placed(start, end, pitch, division) for start, end, _, pitch in notes})
    frames = max(note.end for note in placed)
    if frames > limits.FRAMES_PER_ROLL:
        raise source.refuse(f"holds more than {limits.FRAMES_PER_ROLL:,} frames in one piano roll")
    return list(_apart(placed)), frames


def _placed(start: int, end: int, pitch: int, division: int) -> Note:
    first = round(start * FRAMES_PER_QUARTER / division)
    return Note(first, max(first + 1, round(end * FRAMES_PER_QUARTER / division)), pitch)


def _apart(notes: list[Note]) -> Iterator[Note]:
    following: dict[int, int] = {}
    for note in reversed(notes):
        latest = following.get(note.pitch, note.end + 1) - 1  # a frame without, or the two would be one
        following[note.pitch] = note.start
        yield note._replace(end=max(note.start + 1, min(note.end, latest)))
