"""Material as bytes and back: plain little-endian numbers and JSON, nothing that could execute."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from studio.sequences.material import Drawing, Stroke
from studio.sequences.materials import Facts, Kind, Material, kind_of
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll, TempoChange
from studio.sequences.text import Text

_NUMBER = np.dtype("<f8")
_STEP = np.dtype("<i2")
_SAMPLE = np.dtype("<f4")
_FULL_SCALE = 2**15  # steps of 16-bit samples
_OVERHEAD = 1000  # bytes that a piece of material takes in memory besides its numbers
_OF_A_STROKE = 500
_WIDEST_CHARACTER = 4  # bytes, in UTF-8 and in memory
_AT_ONCE = 2**20  # samples looked at together, so that an hour of sound is not held several times over

T = TypeVar("T")


@dataclass(frozen=True)
class Content:
    """What is stored of a piece of material.

    Attributes:
        kind: "pen", "audio", "text" or "roll".
        shape: JSON that says how `data` is divided.
        data: little-endian. Of a drawing float64: for each stroke its points (x, y, x, y, ...), then times, then
            pressure where it has them. Of a recording its samples, channel by channel within each frame: whole steps
            of 16 bits where that loses nothing, else float32. Of a text UTF-8. Of a piano roll its keys, moment by
            moment, a bit each.
    """

    kind: str
    shape: str
    data: bytes


def pack(material: Material) -> Content:
    """Material as bytes; its label is stored elsewhere."""
    return _FORMS[kind_of(material)].pack(material)


def unpack(content: Content, label: str = "") -> Material:
    """The material that `pack` made the bytes of.

    Raises:
        ValueError: where the bytes do not fit their description.
    """
    return _described(content.kind, content.shape, lambda form, shape: form.unpack(shape, content.data, label))


def facts(kind: str, shape: str, size: int) -> Facts:
    """What is known of stored material without reading its bytes.

    Args:
        kind: of its `Content`.
        shape: likewise.
        size: how many bytes its `data` has.

    Raises:
        ValueError: where so many bytes cannot be what the shape describes.
    """
    return _described(kind, shape, lambda form, shape: form.facts(shape, size))


def _described(kind: str, shape: str, read: Callable[[_Form, dict[str, Any]], T]) -> T:
    if kind not in _FORMS:
        raise ValueError(f"material of the unknown kind {kind!r}")
    try:
        description = json.loads(shape)
        if type(description) is not dict:
            raise ValueError("not a description of material")
        return read(_FORMS[kind], description)
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a description of material: {error!r}") from error


def _pack_text(text: Text) -> Content:
    return Content("text", json.dumps({"characters": len(text)}), text.characters.encode())


def _text_facts(shape: dict[str, Any], size: int) -> Facts:
    count = shape["characters"]
    if type(count) is not int or not 1 <= count <= size <= _WIDEST_CHARACTER * count:
        raise ValueError(f"{size} bytes are not {count!r} characters")
    return Facts(count, memory=_WIDEST_CHARACTER * count + _OVERHEAD)


def _unpack_text(shape: dict[str, Any], data: bytes, label: str) -> Text:
    characters = data.decode()
    if len(characters) != shape["characters"]:
        raise ValueError(f"{len(characters)} characters instead of {shape['characters']!r}")
    return Text(characters, label)


def _pack_recording(recording: Recording) -> Content:
    samples = recording.samples.ravel()
    numbers = _STEP if _are_steps(samples) else _SAMPLE
    data = b"".join(
        (part * np.float32(_FULL_SCALE) if numbers is _STEP else part).astype(numbers).tobytes()
        for part in (samples[first : first + _AT_ONCE] for first in range(0, len(samples), _AT_ONCE))
    )
    shape = {"rate": recording.rate, "channels": recording.channels, "numbers": numbers.str}
    return Content("audio", json.dumps(shape), data)


def _are_steps(samples: NDArray[np.float32]) -> bool:
    """Whether 16 bits hold the samples exactly, as they do whatever came from a CD or a telephone."""
    for first in range(0, len(samples), _AT_ONCE):
        steps = samples[first : first + _AT_ONCE] * np.float32(_FULL_SCALE)
        if (steps != np.rint(steps)).any() or steps.min() < -_FULL_SCALE or steps.max() > _FULL_SCALE - 1:
            return False
    return True


def _recording_facts(shape: dict[str, Any], size: int) -> Facts:
    rate, channels, numbers = shape["rate"], shape["channels"], shape["numbers"]
    if type(rate) is not int or type(channels) is not int or rate < 1 or channels < 1:
        raise ValueError("rate and channels must be whole numbers")
    if numbers not in (_STEP.str, _SAMPLE.str):
        raise ValueError(f"samples of the unknown kind {numbers!r}")
    length, left = divmod(size, np.dtype(numbers).itemsize * channels)
    if length < 1 or left:
        raise ValueError(f"{size} bytes are not a whole number of samples of {channels} channels")
    return Facts(length, channels, rate, length * channels * _SAMPLE.itemsize + _OVERHEAD)


def _unpack_recording(shape: dict[str, Any], data: bytes, label: str) -> Recording:
    known = _recording_facts(shape, len(data))
    samples = np.frombuffer(data, shape["numbers"]).astype(np.float32)
    if shape["numbers"] == _STEP.str:
        samples /= np.float32(_FULL_SCALE)
    return Recording(samples.reshape(-1, known.parts), shape["rate"], label)


def _pack_drawing(drawing: Drawing) -> Content:
    columns = []
    strokes = []
    for stroke in drawing.strokes:
        strokes.append([len(stroke), stroke.times is not None, stroke.pressure is not None])
        columns += [part for part in (stroke.points.ravel(), stroke.times, stroke.pressure) if part is not None]
    data = np.concatenate(columns).astype(_NUMBER).tobytes()
    return Content("pen", json.dumps({"y_up": drawing.y_up, "strokes": strokes}), data)


def _drawing_facts(shape: dict[str, Any], size: int) -> Facts:
    if shape["y_up"] not in (True, False, None) or type(shape["strokes"]) is not list or not shape["strokes"]:
        raise ValueError("not a drawing")
    points = numbers = 0
    for count, has_times, has_pressure in shape["strokes"]:
        if type(count) is not int or count < 1:
            raise ValueError("a stroke needs at least one point")
        points += count
        numbers += count * (2 + bool(has_times) + bool(has_pressure))
    if size != numbers * _NUMBER.itemsize:
        raise ValueError(f"{size} bytes for {numbers} numbers")
    strokes = len(shape["strokes"])
    return Facts(points, strokes, memory=size + strokes * _OF_A_STROKE + _OVERHEAD)


def _unpack_drawing(shape: dict[str, Any], data: bytes, label: str) -> Drawing:
    _drawing_facts(shape, len(data))
    reader = _Reader(np.frombuffer(data, _NUMBER))
    strokes = tuple(
        Stroke(
            reader.take(2 * count).reshape(-1, 2),
            reader.take(count) if has_times else None,
            reader.take(count) if has_pressure else None,
        )
        for count, has_times, has_pressure in shape["strokes"]
    )
    return Drawing(strokes, label, shape["y_up"])


def _pack_roll(roll: Roll) -> Content:
    shape: dict[str, Any] = {"frames": len(roll), "pitches": roll.pitches, "rate": roll.rate, "lowest": roll.lowest}
    if roll.changes:  # a roll of one tempo is stored as it always was
        shape |= {"changes": roll.changes, "seconds": roll.seconds}
    return Content("roll", json.dumps(shape), np.packbits(roll.keys).tobytes())


def _roll_facts(shape: dict[str, Any], size: int) -> Facts:
    frames, pitches, rate = shape["frames"], shape["pitches"], shape["rate"]
    if type(frames) is not int or type(pitches) is not int or frames < 1 or pitches < 1:
        raise ValueError("frames and pitches must be whole numbers")
    if type(rate) not in (int, float) or not 0 < rate < math.inf:
        raise ValueError(f"a tempo of {rate!r}")
    if size != -(-frames * pitches // 8):
        raise ValueError(f"{size} bytes are not {frames} times {pitches} bits")
    seconds = shape.get("seconds", frames / rate)
    if type(seconds) not in (int, float) or not 0 < seconds < math.inf:
        raise ValueError(f"a length of {seconds!r} seconds")
    return Facts(frames, pitches, frames / seconds if "seconds" in shape else rate, frames * pitches + _OVERHEAD)


def _unpack_roll(shape: dict[str, Any], data: bytes, label: str) -> Roll:
    known = _roll_facts(shape, len(data))
    if type(shape["lowest"]) is not int:
        raise ValueError("a pitch must be a whole number")
    bits = np.unpackbits(np.frombuffer(data, np.uint8), count=known.length * known.parts)
    keys = bits.reshape(known.length, known.parts)
    return Roll(keys, shape["rate"], shape["lowest"], label, tuple(map(_change, shape.get("changes", ()))))


def _change(pair: Any) -> TempoChange:
    frame, rate = pair
    if type(frame) is not int or type(rate) not in (int, float):
        raise ValueError("a change of tempo is a frame and a number")
    return TempoChange(frame, rate)


class _Reader:
    def __init__(self, numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
        self.numbers = numbers
        self.position = 0

    def take(self, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        self.position += count
        return self.numbers[self.position - count : self.position]


@dataclass(frozen=True)
class _Form:
    """How one kind of material is stored. `facts` and `unpack` raise ValueError where a description is wrong."""

    pack: Callable[[Any], Content]
    unpack: Callable[[dict[str, Any], bytes, str], Material]
    facts: Callable[[dict[str, Any], int], Facts]


_FORMS: dict[Kind | str, _Form] = {
    "pen": _Form(_pack_drawing, _unpack_drawing, _drawing_facts),
    "audio": _Form(_pack_recording, _unpack_recording, _recording_facts),
    "text": _Form(_pack_text, _unpack_text, _text_facts),
    "roll": _Form(_pack_roll, _unpack_roll, _roll_facts),
}
