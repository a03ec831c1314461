"""Standard MIDI files (.mid) as piano rolls, four frames to a quarter note, and piano rolls as MIDI files.

mido decodes and encodes the events (Standard MIDI Files 1.0, RP-001). What stands around them is here: the chunks, a
RIFF file around them (RP-029), which key is held when, the map of tempos, and the way to frames and back.
"""

from __future__ import annotations

import io
import itertools
import json
import math
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from studio.files import limits
from studio.files.source import Source
from studio.sequences.roll import PITCHES, Note, Roll, TempoChange

MAGIC = b"MThd"
ENDINGS = (".mid", ".midi", ".kar", ".rmi")
FRAMES_PER_QUARTER = 4

Drums: TypeAlias = Literal["auto", "only"]
"""auto: the notes that have a pitch, and drums only where there is nothing else; only: drums alone."""

_USUAL_TEMPO = 500_000  # microseconds in a quarter: 120 quarters a minute
_LONGEST_TEMPO = 2**24 - 1  # that a file can hold
_DRUMS = 9  # the channel whose keys are no pitches
_INDEPENDENT = 2  # the format whose tracks are pieces of their own
_SNAP = 1 / 8  # of a frame: a tempo that changes so near to its beginning changes with it
_OFF_GRID = 1 / 8  # of a frame
_LONGEST_RUN = 4096  # bytes of 128 and more; a number of variable length goes on while there are some
_TICKS = 480  # in a quarter, of what is written
_LOUDNESS = 80
_OWN = "vrnn-studio roll "  # begins the text event in which a written file says what MIDI cannot
# Events about the file that decide nothing here, and that stand wrongly in many files: sequence number, channel, port,
# SMPTE offset, time signature and key signature.
_NO_MATTER = re.compile(rb"\xff[\x00\x20\x21\x54\x58\x59](?=[\x00-\x10])")


class _Held(NamedTuple):
    """A note in ticks."""

    start: int
    end: int
    channel: int
    pitch: int


@dataclass
class _Piece:
    """What tracks that sound together have in them.

    Attributes:
        notes: in the order in which they end.
        tempos: microseconds in a quarter by tick; of several at a tick the last.
        said: what this studio wrote of a roll of its own.
        hanging: notes that are never let go, and last until their track ends.
    """

    notes: list[_Held] = field(default_factory=list)
    tempos: dict[int, int] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    hanging: int = 0


@dataclass(frozen=True)
class _Clock:
    """How ticks become frames.

    Attributes:
        per_frame: ticks.
        per_quarter: frames.
        in_seconds: whether ticks are parts of a second whatever the tempo.
    """

    per_frame: float
    per_quarter: float = FRAMES_PER_QUARTER
    in_seconds: bool = False


def looks_like(data: bytes) -> bool:
    """Whether a file that begins with these bytes is a MIDI file, bare or within RIFF."""
    return data.startswith(MAGIC) or (data.startswith(b"RIFF") and data[8:12] == b"RMID")


def read(source: Source, drums: Drums = "auto") -> list[Roll]:
    """The piano roll of a MIDI file: all channels together but for drums, which have no pitch.

    A file of format 2, whose tracks are pieces of their own, gives a roll for each.

    Raises:
        StudioError: it is damaged, is too long or has no note.
    """
    source.limit_bytes(limits.MIDI_BYTES)
    form, division, chunks = _chunks(source, _unwrapped(source))
    clock = _clock(source, division)
    pieces = [_Piece()]
    for start, chunk in chunks:
        if form == _INDEPENDENT and pieces[-1].notes:
            pieces.append(_Piece())
        _follow(source, _events(source, start, chunk), pieces[-1])
    sounding = [piece for piece in pieces if piece.notes]
    if not sounding:
        raise source.refuse("holds no note; expected a MIDI file in which keys are pressed")
    chosen = _chosen(source, sounding, drums)
    rolls: list[Roll] = []
    for piece in chosen:
        rolls.append(_roll(source, piece, clock))
        if sum(roll.keys.size for roll in rolls) > limits.KEYS_PER_FILE:
            what = f"holds more than {limits.KEYS_PER_FILE:,} frames by pitches in all its piano rolls"
            raise source.refuse(f"{what}: divide it")
    _tell_moved(source, chosen, clock)
    _tell_hanging(source, sum(piece.hanging for piece in sounding))
    return rolls


# --- the file


def _unwrapped(source: Source) -> bytes:
    """The MIDI file within a RIFF file (RP-029), or the file itself."""
    data = source.data
    if not data.startswith(b"RIFF"):
        return data
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"data":
            return data[at + 8 :] if size == 0 else data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise source.refuse("is a RIFF file without a MIDI file in it")


def _chunks(source: Source, data: bytes) -> tuple[int, int, list[tuple[int, bytes]]]:
    """Format, division, and where each track begins with its bytes; chunks of other kinds are passed over."""
    if not data.startswith(MAGIC) or len(data) < 14:
        raise source.refuse("does not begin as a MIDI file does", byte=0)
    length, form, _, division = struct.unpack_from(">IHHh", data, 4)
    tracks = []
    at = 8 + length
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at + 4)
        end = at + 8 + size
        if data[at : at + 4] == b"MTrk":
            if end > len(data):
                raise source.refuse("ends within a track: copy or export it again", byte=len(data))
            tracks.append((at + 8, data[at:end]))
        at = end
    return form, division, tracks


def _clock(source: Source, division: int) -> _Clock:
    if division > 0:
        return _Clock(division / FRAMES_PER_QUARTER)
    frames, ticks = -(division >> 8), division & 0xFF  # SMPTE frames a second, and ticks in each
    if not (frames and ticks):
        raise source.refuse("says that a quarter has no ticks, which cannot be: export it again", byte=12)
    rate = FRAMES_PER_QUARTER * 1e6 / _USUAL_TEMPO
    source.note(f"counts in seconds instead of quarters; it came in with {rate:g} frames a second")
    return _Clock((30000 / 1001 if frames == 29 else frames) * ticks / rate, in_seconds=True)


class _Bytes(io.BytesIO):
    """A track as mido reads it, byte after byte: can be cancelled, and no number in it goes on for ever."""

    def __init__(self, data: bytes, check_cancelled: Callable[[], None]) -> None:
        super().__init__(data)
        self._check_cancelled = check_cancelled
        self._run = self._count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self._run = self._run + 1 if found > b"\x7f" else 0
        self._count += 1
        if self._run > _LONGEST_RUN:
            raise OSError("a number that does not end")
        if self._count % 100_000 == 0:
            self._check_cancelled()
        return found


def _events(source: Source, start: int, chunk: bytes) -> Sequence[Any]:
    """The messages of one track, as mido reads them.

    What decides nothing here does no harm where it is wrong; and a value above 127, which some programs write, is 127.
    """
    from mido import KeySignatureError

    wrong = (OSError, ValueError, LookupError, TypeError, struct.error, KeySignatureError)
    try:
        return _decoded(source, chunk, clip=False)
    except EOFError as error:
        raise source.refuse("holds a track that ends within an event: copy or export it again", byte=start) from error
    except wrong:
        pass  # once more, with patience
    try:
        events = _decoded(source, _NO_MATTER.sub(b"\xff\x7f", chunk), clip=True)
    except (EOFError, *wrong) as error:
        what = f"holds a track with something that is no event ({error or type(error).__name__})"
        raise source.refuse(f"{what}: copy or export it again", byte=start) from error
    source.note("holds events that the standard does not allow; what can be understood of it came in")
    return events


def _decoded(source: Source, chunk: bytes, *, clip: bool) -> Sequence[Any]:
    import mido

    header = MAGIC + struct.pack(">IHHH", 6, 0, 1, _TICKS)
    file = mido.MidiFile(file=_Bytes(header + chunk, source.check_cancelled), clip=clip)
    found: Sequence[Any] = file.tracks[0]
    return found


class _Keyboard:
    """Which keys of a track are down.

    A key that is struck again while it is down ends the note before. Where it is struck and let go at the same tick, in
    whatever order, the letting go is of the note before.
    """

    def __init__(self, notes: list[_Held]) -> None:
        self._notes = notes
        self._down: dict[tuple[int, int], int] = {}  # when it was struck, by channel and pitch
        self._struck_again: dict[tuple[int, int], int] = {}  # at which tick

    def strike(self, tick: int, key: tuple[int, int]) -> None:
        if key in self._down:
            self._notes.append(_Held(self._down[key], tick, *key))
            self._struck_again[key] = tick
        self._down[key] = tick

    def let_go(self, tick: int, key: tuple[int, int]) -> None:
        if self._struck_again.pop(key, None) != tick and key in self._down:
            self._notes.append(_Held(self._down.pop(key), tick, *key))

    def end(self, tick: int) -> int:
        """Let go of every key; how many were still down."""
        down = list(self._down)
        for key in down:
            self.let_go(tick, key)
            self.let_go(tick, key)  # where it was struck again just now
        return len(down)


def _follow(source: Source, events: Sequence[Any], piece: _Piece) -> None:
    """Find out which notes a track holds, and its tempos."""
    tick = 0
    keyboard = _Keyboard(piece.notes)
    for event in events:
        tick += event.time
        if tick > limits.MIDI_TICKS:
            raise source.refuse("lasts longer than any piece of music: it is damaged, so export it again")
        if event.type == "note_on" and event.velocity > 0:
            keyboard.strike(tick, (event.channel, event.note))
        elif event.type in ("note_on", "note_off"):
            keyboard.let_go(tick, (event.channel, event.note))
        elif event.type == "set_tempo" and event.tempo > 0:
            piece.tempos[tick] = event.tempo
        elif event.type == "text" and event.text.startswith(_OWN):
            piece.said = _own(event.text)
    piece.hanging += keyboard.end(tick)


def _own(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text.removeprefix(_OWN))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _chosen(source: Source, pieces: list[_Piece], drums: Drums) -> list[_Piece]:
    """The pieces with the notes that are wanted."""
    found = []
    only_drums = not any(note.channel != _DRUMS for piece in pieces for note in piece.notes)
    for piece in pieces:
        beats = [note for note in piece.notes if note.channel == _DRUMS]
        pitched = [note for note in piece.notes if note.channel != _DRUMS]
        notes = beats if drums == "only" or only_drums else pitched
        if notes:
            found.append(_Piece(notes, piece.tempos, piece.said))
    if not found:
        raise source.refuse("holds no drums; import it without asking for drums alone")
    if only_drums:
        source.note("holds drums and nothing else: each key is a kind of drum, not a pitch")
    elif drums == "auto" and any(note.channel == _DRUMS for piece in pieces for note in piece.notes):
        how = '"drums alone" in the import dialog or --drums on the command line takes them and nothing else'
        source.note(f"drums were left out, since they have no pitch; {how}")
    return found


def _tell_hanging(source: Source, count: int) -> None:
    if count:
        notes = "a note is never let go and lasts" if count == 1 else f"{count:,} notes are never let go and last"
        source.note(f"{notes} until the end of the track")


# --- frames


def _roll(source: Source, piece: _Piece, clock: _Clock) -> Roll:
    if (per_quarter := piece.said.get("per_quarter")) in _SUBDIVISIONS and not clock.in_seconds:
        clock = _Clock(clock.per_frame * clock.per_quarter / per_quarter, per_quarter)
    placed = sorted({_placed(note, clock) for note in piece.notes})
    frames, written = max(note.end for note in placed), piece.said.get("frames")
    if type(written) is int and frames <= written <= limits.FRAMES_PER_ROLL:
        frames = written
    if frames > limits.FRAMES_PER_ROLL:
        raise source.refuse(f"holds more than {limits.FRAMES_PER_ROLL:,} frames in one piano roll")
    rate, changes = _tempo_map({} if clock.in_seconds else piece.tempos, clock, frames)
    read = Roll.from_notes(list(_apart(placed)), frames, rate, changes=changes)
    return _as_said(read, piece.said)


def _placed(note: _Held, clock: _Clock) -> Note:
    first = math.floor(note.start / clock.per_frame + 0.5)
    return Note(first, max(first + 1, math.floor(note.end / clock.per_frame + 0.5)), note.pitch)


def _apart(notes: list[Note]) -> Iterator[Note]:
    following: dict[int, int] = {}
    for note in reversed(notes):
        latest = following.get(note.pitch, note.end + 1) - 1  # a frame without, or the two would be one
        following[note.pitch] = note.start
        yield note._replace(end=max(note.start + 1, min(note.end, latest)))


def _tempo_map(tempos: dict[int, int], clock: _Clock, frames: int) -> tuple[float, list[TempoChange]]:
    """Frames per second at the beginning, and where they change; 120 quarters a minute before the first tempo.

    A frame within which the tempo changes lasts as long as its parts do together.
    """
    moments: dict[float, int] = {0.0: _USUAL_TEMPO}
    for tick in sorted(tempos):
        exact = tick / clock.per_frame
        moments[round(exact) if abs(exact - round(exact)) <= _SNAP else exact] = tempos[tick]
    at = np.array([*moments])  # [M] frames
    each = np.array(list(moments.values())) / clock.per_quarter / 1e6  # [M] seconds of a frame
    seconds = np.concatenate([[0.0], np.cumsum(np.diff(at) * each[:-1])])
    edges = np.arange(frames + 1, dtype=np.float64)
    which = np.searchsorted(at, edges, "right") - 1
    until = np.searchsorted(at, edges[1:], "left") - 1
    passed = np.diff(seconds[which] + (edges - at[which]) * each[which])
    lengths = np.where(until == which[:-1], each[which[:-1]], passed)  # [T] seconds, without the error of sums
    rates = 1 / lengths
    changed = np.flatnonzero(np.diff(rates)) + 1
    return float(rates[0]), [TempoChange(frame, float(rates[frame])) for frame in changed.tolist()]


def _tell_moved(source: Source, pieces: list[_Piece], clock: _Clock) -> None:
    """Say where many notes do not begin with a frame."""
    notes = [note for piece in pieces if not piece.said for note in piece.notes]
    beginnings = np.array([note.start for note in notes]) / clock.per_frame
    moved = int((np.abs(beginnings - np.floor(beginnings + 0.5)) > _OFF_GRID).sum())
    if moved * 10 > len(notes):
        grid = "with a frame" if clock.in_seconds else "on a sixteenth"
        source.note(f"{moved:,} of {len(notes):,} notes do not begin {grid}, and were moved to the nearest")


# --- writing

_SUBDIVISIONS = tuple(2.0**power for power in range(-16, 6))
"""Frames in a quarter of what is written: as a rule four, and others where the tempo would be beyond MIDI's range."""


def to_bytes(roll: Roll) -> bytes:
    """The roll as a MIDI file of one track, with all its tempos; `read` gives the same roll back.

    Its keys, its length, its label and the exact tempos stand in a text event besides, which other programs pass over.
    """
    import mido

    per_quarter = _subdivision(roll)
    per_frame = _TICKS / per_quarter
    timed: list[tuple[int, int, Any]] = []  # tick, order within it, message
    for frame, rate in ((0, roll.rate), *roll.changes):
        message = mido.MetaMessage("set_tempo", tempo=_microseconds(rate, per_quarter))
        timed.append((round(frame * per_frame), 0, message))
    for note in roll.notes:
        timed.append((round(note.end * per_frame), 1, mido.Message("note_off", note=note.pitch, velocity=0)))
        on = mido.Message("note_on", note=note.pitch, velocity=_LOUDNESS)
        timed.append((round(note.start * per_frame), 2, on))
    timed.append((round(len(roll) * per_frame), 3, mido.MetaMessage("end_of_track")))
    timed.sort(key=lambda one: one[:2])
    ticks = [0, *(tick for tick, _, _ in timed)]
    events = [
        message.copy(time=later - earlier)
        for (earlier, later), (_, _, message) in zip(itertools.pairwise(ticks), timed, strict=True)
    ]
    said = mido.MetaMessage("text", text=_OWN + json.dumps(_description(roll, per_quarter)))
    file = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=_TICKS, tracks=[mido.MidiTrack([said, *events])]).save(file=file)
    return file.getvalue()


def _description(roll: Roll, per_quarter: float) -> dict[str, Any]:
    return {
        "per_quarter": per_quarter,
        "frames": len(roll),
        "lowest": roll.lowest,
        "pitches": roll.pitches,
        "label": roll.label,
        "rates": [roll.rate, *(change.rate for change in roll.changes)],
    }


def _microseconds(rate: float, per_quarter: float) -> int:
    return min(max(round(per_quarter * 1e6 / rate), 1), _LONGEST_TEMPO)


def _subdivision(roll: Roll) -> float:
    """How many frames make a quarter, so that the tempos can be written."""
    rates = [roll.rate, *(change.rate for change in roll.changes)]
    fitting = [each for each in _SUBDIVISIONS if each * 1e6 / min(rates) <= _LONGEST_TEMPO]
    return min(FRAMES_PER_QUARTER, max(fitting, default=_SUBDIVISIONS[0]))


def _as_said(read: Roll, said: dict[str, Any]) -> Roll:
    """The roll with what this studio wrote of it, as far as that still fits: others may have changed the file."""
    lowest, pitches, label = (said.get(name) for name in ("lowest", "pitches", "label"))
    if not (type(lowest) is int and type(pitches) is int and isinstance(label, str)):
        return read
    above = lowest + pitches - read.lowest - read.pitches
    if not 0 <= lowest <= read.lowest or above < 0 or lowest + pitches > PITCHES:
        return read
    rounded = [read.rate, *(change.rate for change in read.changes)]
    rate, *later = _exact(said.get("rates"), rounded, said.get("per_quarter"))
    changes = tuple(TempoChange(change.frame, each) for change, each in zip(read.changes, later, strict=True))
    return Roll(np.pad(read.keys, ((0, 0), (read.lowest - lowest, above))), rate, lowest, label, changes)


def _exact(said: Any, rounded: list[float], per_quarter: Any) -> list[float]:
    """The tempos that are said, if they are those that stand in the file, where they are rounded; else those."""
    if not isinstance(said, list) or len(said) != len(rounded) or per_quarter not in _SUBDIVISIONS:
        return rounded
    if not all(type(rate) is float and 0 < rate < math.inf for rate in said):
        return rounded
    same = (_microseconds(a, per_quarter) == _microseconds(b, per_quarter) for a, b in zip(said, rounded, strict=True))
    return said if all(same) else rounded
