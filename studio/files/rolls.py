"""Piano rolls as tables of zeros and ones: text (.csv, .tsv, .txt) and NumPy arrays (.npy, .npz), reading and writing.
MIDI files are read and written by `studio.files.midi`.

A table of points has at most five columns, a piano roll more; its values are 0 and 1 and nothing else. That tells the
two apart (`read`); a narrower roll, or one with other numbers for pressed keys, is read where it is asked for.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.files import limits, midi
from studio.files.arrays import archive_of, members
from studio.files.npy import MAGIC, read_array, write_array
from studio.files.pickled_arrays import Nested
from studio.files.source import Source, shown
from studio.files.text_tables import COMMENT_SIGNS, Dialect, sniff
from studio.sequences.roll import PIANO, PITCHES, Keys, Roll, TempoChange, on_keys, pitch_name, pitch_named

Time: TypeAlias = Literal["auto", "down", "across"]
Row: TypeAlias = tuple[int, list[str]]  # number of its line, fields

TEMPO = 8.0
"""Frames per second of a file that does not say."""

ENDINGS = (".csv", ".tsv", ".npy", ".npz", *midi.ENDINGS)
"""Of files that may hold piano rolls; others are judged by their content."""

WIDEST_POINTS = 5
"""Columns of a table of points at most."""

LOUDNESSES = 128
"""Of a note in MIDI, silence among them."""

_PIANO_KEYS = PIANO[1] - PIANO[0] + 1
_MIDDLE_C = 60
_SNIFFED = 50  # rows that tell whether a table may be a roll
_DECIMAL = r"([0-9]{1,4}(?:\.[0-9]{1,20})?(?:e-?[0-9]{1,3})?)"
_TEMPO = re.compile(rf"(?:frames per second|tempo)\s*[:=]?\s*{_DECIMAL}", re.IGNORECASE)
_LOWEST = re.compile(r"lowest pitch\s*[:=]?\s*(\w[#b♯♭]?-?[0-9]{0,3})", re.IGNORECASE)
_OBJECTS = re.compile(rb"descr'?\"?: ?['\"][|<>=]?O")
_HEADER_BYTES = 256
_TITLE = re.compile(r"piano roll", re.IGNORECASE)
_CHANGES = "tempo changes:"


@dataclass(frozen=True)
class Reading:
    """What is to be assumed of tables that do not say it themselves, and what to take of MIDI files.

    Attributes:
        time: whether time runs down the rows or across the columns; auto: along the longer side.
        tempo: frames per second; None: `TEMPO`.
        lowest: MIDI number of the first pitch; None: by how many there are (88: a piano's, 128: all of MIDI).
        drums: of MIDI files; see `midi.Drums`.
    """

    time: Time = "auto"
    tempo: float | None = None
    lowest: int | None = None
    drums: midi.Drums = "auto"


@dataclass(frozen=True)
class _Known:
    """What a file itself says."""

    time: Time = "auto"
    tempo: float | None = None
    lowest: int | None = None
    label: str = ""
    changes: tuple[TempoChange, ...] = ()


AS_IT_SAYS = Reading()


def read(source: Source, reading: Reading = AS_IT_SAYS, *, asked_for: bool = False) -> list[Roll] | None:
    """The piano rolls in a text, NumPy or MIDI file.

    Args:
        source: the file.
        reading: what is to be assumed of it.
        asked_for: whether it must hold piano rolls; else it may be something else, and then the result is None.

    Raises:
        StudioError: it cannot be read; or it holds no piano rolls though it should.
    """
    if midi.looks_like(source.data):
        return midi.read(source, reading.drums)
    if source.data.startswith(b"PK\x03\x04"):
        found = _archived(source, reading, asked_for)
    elif source.data.startswith(MAGIC):
        if not asked_for and _OBJECTS.search(source.data[:_HEADER_BYTES]):
            return None  # drawings: reading them takes long
        found = _nested(source, read_array(source, source.data), reading, asked_for, "array")
    else:
        found = _from_text(source, reading, asked_for)
    if asked_for and not found:
        raise source.refuse("holds no piano roll; expected a table of zeros and ones, a row for each moment")
    return found or None


# --- tables of numbers


def _nested(source: Source, nested: Nested, reading: Reading, asked_for: bool, part: str) -> list[Roll]:
    if isinstance(nested, list):
        rolls: list[Roll] = []
        for number, item in enumerate(nested):
            found = _nested(source, item, reading, asked_for, f"{part}[{number}]")
            if not found and not asked_for:
                return []
            rolls += found
        return rolls
    if nested.ndim == 3 and len(nested) <= limits.DRAWINGS_PER_FILE:
        return _nested(source, list(nested), reading, asked_for, part) if _may_be_roll(nested, asked_for) else []
    if nested.ndim != 2 or not _may_be_roll(nested, asked_for):
        if asked_for:
            raise source.refuse(f"has the shape {list(nested.shape)}; expected [T, D] zeros and ones", part=part)
        return []
    return [_roll(source, _pressed(source, nested, asked_for, part), reading, _Known(), part)]


def _may_be_roll(array: NDArray[Any], asked_for: bool) -> bool:
    if array.dtype.kind not in "biuf" or array.size == 0 or array.size > limits.VALUES:
        return False
    return asked_for or (array.shape[-1] > WIDEST_POINTS and _are_flags(array) and bool(array.any()))


def _are_flags(array: NDArray[Any]) -> bool:
    return array.dtype.kind in "biuf" and bool(((array == 0) | (array == 1)).all())


def _pressed(source: Source, table: NDArray[Any], asked_for: bool, part: str | None) -> Keys:
    """Zeros and ones; where it is said that these are rolls, any loudness of MIDI is a one."""
    if _are_flags(table):
        return table.astype(np.uint8)
    bad = np.argwhere(~((table >= 0) & (table < LOUDNESSES) & (table == np.rint(table))))
    if len(bad) or not asked_for:
        row, column = (bad if len(bad) else np.argwhere((table != 0) & (table != 1)))[0]
        raise source.refuse(
            f"holds {table[row, column]:g} in row {row + 1}, column {column + 1}; expected 0 or 1", part=part
        )
    source.note("loudness was left out: every number above 0 is a key that is down")
    return (table > 0).astype(np.uint8)


def _roll(source: Source, table: Keys, reading: Reading, known: _Known, part: str | None = None) -> Roll:
    """A table of zeros and ones as a roll, with time down its rows."""
    down = _time_runs_down(table.shape, known.time if reading.time == "auto" else reading.time)
    keys = table if down else table.T
    frames, pitches = keys.shape
    if pitches > PITCHES:
        raise source.refuse(
            f"has {pitches} pitches in {frames} moments; there are {PITCHES} pitches at most", part=part
        )
    if frames > limits.FRAMES_PER_ROLL:
        raise source.refuse(f"holds more than {limits.FRAMES_PER_ROLL:,} frames in one piano roll", part=part)
    given = reading.lowest if reading.lowest is not None else known.lowest
    lowest = _usual_lowest(pitches) if given is None else given
    if lowest + pitches > PITCHES:
        highest = f"{pitches} pitches from {lowest} on end with {lowest + pitches - 1}"
        raise source.refuse(f"would have pitches that there are not: {highest}, not {PITCHES - 1} at most", part=part)
    tempo = reading.tempo or known.tempo or TEMPO
    _tell_assumed(source, reading, known, frames, pitches, down, lowest, tempo)
    return Roll(keys, tempo, lowest, known.label, () if reading.tempo else known.changes)


def _time_runs_down(shape: tuple[int, ...], time: Time) -> bool:
    if time != "auto":
        return time == "down"
    rows, columns = shape
    if rows > PITCHES or columns > PITCHES:
        return rows >= columns
    usual = (_PIANO_KEYS, PITCHES)  # as wide as that is a keyboard, however short the piece
    if (columns in usual) != (rows in usual):
        return columns in usual
    return rows >= columns


def _usual_lowest(pitches: int) -> int:
    if pitches > _PIANO_KEYS:
        return min(0, PITCHES - pitches)
    return PIANO[0] if pitches == _PIANO_KEYS else min(_MIDDLE_C, PIANO[1] + 1 - pitches)


def _tell_assumed(
    source: Source, reading: Reading, known: _Known, frames: int, pitches: int, down: bool, lowest: int, tempo: float
) -> None:
    assumed = []
    if reading.time == "auto" and known.time == "auto":
        assumed.append(f"time runs {'down' if down else 'across'} ({frames} moments, {pitches} pitches)")
    if reading.lowest is None and known.lowest is None:
        assumed.append(f"the lowest pitch is {pitch_name(lowest)}")
    if reading.tempo is None and known.tempo is None:
        assumed.append(f"there are {tempo:g} frames a second")
    if assumed:
        source.note(f"it was assumed that {', '.join(assumed)}; the import can be told otherwise")


# --- text


def _from_text(source: Source, reading: Reading, asked_for: bool) -> list[Roll]:
    lines = source.lines()
    known = _said(lines)
    asked_for = asked_for or known.time == "down"  # as this studio writes them
    dialect = sniff(lines)
    if not (asked_for or _look_like_roll(_without_header(_rows(lines, dialect, _SNIFFED), dialect)[1], dialect)):
        return []  # before a million points are cut into fields
    lowest, rows = _without_header(_rows(lines, dialect), dialect)
    if not rows:
        return []
    if known.lowest is None and lowest is not None:
        known = replace(known, lowest=lowest)
    table = _table(source, rows, dialect)
    if not asked_for and not _are_flags(table):
        return []
    return [_roll(source, _pressed(source, table, asked_for, None), reading, known)]


def _said(lines: Sequence[str]) -> _Known:
    """What the comments above the table say."""
    comments = list(itertools.takewhile(lambda line: line.lstrip().startswith(COMMENT_SIGNS), lines[:_SNIFFED]))
    text = "\n".join(comments)
    tempo, lowest = _TEMPO.search(text), _LOWEST.search(text)
    rate = float(tempo[1]) if tempo else 0.0
    return _Known(
        time="down" if _TITLE.search(text) else "auto",
        tempo=rate if 0 < rate < limits.LARGEST_NUMBER else None,
        lowest=pitch_named(lowest[1]) if lowest else None,
        label=next((_unquoted(line.partition("label:")[2].strip()) for line in comments if "label:" in line), ""),
        changes=_said_changes(next((line.partition(_CHANGES)[2] for line in comments if _CHANGES in line), "")),
    )


def _said_changes(text: str) -> tuple[TempoChange, ...]:
    """The changes of tempo in a comment, ``16: 4.0, 32: 8.0``; none where it is not as this studio writes it."""
    try:
        pairs = [part.split(":") for part in text.split(",") if part.strip()]
        changes = [TempoChange(int(frame), float(rate)) for frame, rate in pairs]
    except (ValueError, OverflowError):
        return ()
    frames = [0, *(change.frame for change in changes)]
    rising = all(earlier < later for earlier, later in itertools.pairwise(frames))
    return tuple(changes) if rising and all(0 < change.rate < limits.LARGEST_NUMBER for change in changes) else ()


def _rows(lines: Sequence[str], dialect: Dialect, most: int | None = None) -> list[Row]:
    """The lines with something on them, and their numbers."""
    found = (
        (number, fields)
        for number, line in enumerate(lines, 1)
        if not line.lstrip().startswith(COMMENT_SIGNS) and (fields := dialect.fields(line))
    )
    return list(itertools.islice(found, most))


def _without_header(rows: list[Row], dialect: Dialect) -> tuple[int | None, list[Row]]:
    """The lowest pitch that the first row names, if it names pitches, and the rows without it if it is no moment."""
    if not rows:
        return None, rows
    fields = rows[0][1]
    lowest = pitch_named(fields[0])
    rising = lowest is not None and len(fields) > 1 and fields != ["0", "1"]  # which may be a moment of two keys
    if rising and [pitch_named(field) for field in fields] == [*range(lowest or 0, (lowest or 0) + len(fields))]:
        return lowest, rows[1:]
    if all(dialect.number(field) is None for field in fields):
        return None, rows[1:]
    return None, rows


def _look_like_roll(rows: list[Row], dialect: Dialect) -> bool:
    return bool(rows) and all(
        len(fields) > WIDEST_POINTS and all(dialect.number(field) in (0, 1) for field in fields) for _, fields in rows
    )


class _Numbers(dict[str, float]):
    """The value of each field that occurs: a table of zeros and ones has very few."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._dialect = dialect

    def __missing__(self, field: str) -> float:
        value = self._dialect.number(field)
        if value is None:
            raise KeyError(field)
        if len(self) < _SNIFFED:
            self[field] = value
        return value


def _table(source: Source, rows: list[Row], dialect: Dialect) -> NDArray[np.float32]:
    width = len(rows[0][1])
    if width * len(rows) > limits.VALUES:
        raise source.refuse(f"holds more than {limits.VALUES:,} numbers")
    numbers = _Numbers(dialect)
    table = np.empty((len(rows), width), np.float32)
    for index, (line, fields) in enumerate(rows):
        if len(fields) != width:
            raise source.refuse(f"has {len(fields)} values where {width} were expected", line=line)
        try:
            with np.errstate(over="ignore"):
                table[index] = [numbers[field] for field in fields]
        except KeyError as error:
            raise source.refuse(f"{shown(error.args[0])} is not a number", line=line) from error
        if index % 1000 == 0:
            source.check_cancelled()
    return table


# --- archives


def _archived(source: Source, reading: Reading, asked_for: bool) -> list[Roll]:
    if not asked_for and _archives_objects(source):
        return []
    arrays = members(source)
    if {"keys", "offsets", "rates", "lowest", "pitches"} <= set(arrays):
        return _flat(source, arrays)
    rolls: list[Roll] = []
    for name, array in arrays.items():
        if isinstance(array, np.ndarray) and array.ndim in (2, 3) and _may_be_roll(array, asked_for):
            rolls += _nested(source, array, reading, asked_for, name)
    return rolls


def _archives_objects(source: Source) -> bool:
    """Whether an archive holds lists of drawings, which take long to read."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            for member in archive.infolist():
                with archive.open(member) as file:
                    if _OBJECTS.search(file.read(_HEADER_BYTES)):
                        return True
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        return True  # whoever reads drawings says what is wrong with it
    return False


def _flat(source: Source, arrays: Mapping[str, Nested]) -> list[Roll]:
    """As `to_npz` writes them."""
    keys, offsets = arrays["keys"], arrays["offsets"]
    if not isinstance(keys, np.ndarray) or keys.ndim != 2 or keys.shape[1] != PITCHES or not _are_flags(keys):
        raise source.refuse(f"is no array [N, {PITCHES}] of zeros and ones", part="keys")
    if not isinstance(offsets, np.ndarray) or offsets.ndim != 1 or offsets.dtype.kind not in "iu" or len(offsets) < 2:
        raise source.refuse("is no vector of two or more whole numbers", part="offsets")
    cuts = offsets.tolist()
    if cuts[0] != 0 or cuts[-1] != len(keys) or any(a >= b for a, b in itertools.pairwise(cuts)):
        raise source.refuse(f"does not rise from 0 to the {len(keys)} frames", part="offsets")
    columns = [_column(source, arrays, name, len(cuts) - 1) for name in ("rates", "lowest", "pitches")]
    changes = _flat_changes(source, arrays)
    labels = arrays.get("labels")
    named = isinstance(labels, np.ndarray) and labels.shape == (len(cuts) - 1,)
    rolls = []
    for number, ((start, end), rate, lowest, pitches) in enumerate(
        zip(itertools.pairwise(cuts), *columns, strict=True)
    ):
        low, count = int(lowest), int(pitches)
        if not (rate > 0 and count >= 1 and 0 <= low <= PITCHES - count):
            raise source.refuse("has a tempo or pitches that cannot be", part=f"piano roll {number}")
        label = str(labels[number]) if named and isinstance(labels, np.ndarray) else ""
        rolls.append(Roll(keys[start:end, low : low + count], rate, low, label, changes.get(number, ())))
    return rolls


def _flat_changes(source: Source, arrays: Mapping[str, Nested]) -> dict[int, tuple[TempoChange, ...]]:
    """The changes of tempo of each roll that has some."""
    array = arrays.get("changes")
    if array is None:
        return {}
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "iuf":
        raise source.refuse("is no array [M, 3] of piano roll, frame and tempo", part="changes")
    if not ((array >= 0) & (array < limits.LARGEST_NUMBER)).all() or not (array[:, 2] > 0).all():
        raise source.refuse("holds a tempo or a frame that cannot be", part="changes")
    found: dict[int, tuple[TempoChange, ...]] = {}
    for number, frame, rate in array.tolist():
        before = found.get(int(number), ())
        if int(frame) <= (before[-1].frame if before else 0):
            raise source.refuse("does not rise from frame to frame of a piano roll", part="changes")
        found[int(number)] = (*before, TempoChange(int(frame), rate))
    return found


def _column(source: Source, arrays: Mapping[str, Nested], name: str, count: int) -> list[float]:
    array = arrays[name]
    if not isinstance(array, np.ndarray) or array.shape != (count,) or array.dtype.kind not in "iuf":
        raise source.refuse(f"is no vector of {count} numbers", part=name)
    values = array.astype(np.float64)
    if not (np.abs(values) < limits.LARGEST_NUMBER).all():
        raise source.refuse("holds a value that is not finite", part=name)
    found: list[float] = values.tolist()
    return found


# --- writing


def to_text(roll: Roll) -> str:
    """The roll as lines of zeros and ones below comments and the names of the keys; `read` gives the same roll back."""
    names = [pitch_name(roll.lowest + column).replace("♯", "#").replace("♭", "b") for column in range(roll.pitches)]
    label = [f"# label: {_quoted(roll.label)}"] if roll.label else []
    changes = ", ".join(f"{change.frame}: {change.rate!r}" for change in roll.changes)
    lines = [
        f"# piano roll, frames per second: {roll.rate!r}, lowest pitch: {roll.lowest}",
        *([f"# {_CHANGES} {changes}"] if changes else []),
        *label,
        ",".join(names),
        *(",".join(map(str, row)) for row in roll.keys.tolist()),
    ]
    return "\n".join(lines) + "\n"


def _quoted(label: str) -> str:
    """The label, in quotes and with escapes where it could not stand in a comment as it is."""
    plain = label.isprintable() and label == label.strip() and label[0] != '"'
    return label if plain else json.dumps(label)


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, str) else text


def to_npy(roll: Roll) -> bytes:
    """The roll as an .npy file: ``[T, 128]`` uint8, the number of a column being that of MIDI."""
    return write_array(on_keys(roll, 0, PITCHES).keys)


def to_npz(rolls: Sequence[Roll]) -> bytes:
    """Rolls as an .npz file: ``keys`` ``[N, 128]``, roll k being ``keys[offsets[k]:offsets[k + 1]]``, and of each its
    tempo (``rates``), keys (``lowest``, ``pitches``) and label (``labels``); where tempos change, ``changes``
    ``[M, 3]`` has roll, frame and tempo of each."""
    arrays: dict[str, NDArray[Any]] = {
        "keys": np.concatenate([on_keys(roll, 0, PITCHES).keys for roll in rolls]),
        "offsets": np.cumsum([0, *(len(roll) for roll in rolls)]),
        "rates": np.array([roll.rate for roll in rolls]),
        "lowest": np.array([roll.lowest for roll in rolls]),
        "pitches": np.array([roll.pitches for roll in rolls]),
        "labels": np.array([roll.label for roll in rolls], dtype=np.str_),
    }
    changes = [(number, *change) for number, roll in enumerate(rolls) for change in roll.changes]
    if changes:
        arrays["changes"] = np.array(changes, np.float64)
    return archive_of(arrays)
