"""Material as bytes and back: plain little-endian numbers and JSON, nothing that could execute."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.sequences.material import Drawing, Stroke
from studio.sequences.materials import Material
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll

_NUMBER = np.dtype("<f8")
_STEP = np.dtype("<i2")
_SAMPLE = np.dtype("<f4")
_FULL_SCALE = 2**15  # steps of 16-bit samples
_AT_ONCE = 2**20  # samples looked at together, so that an hour of sound is not held several times over


@dataclass(frozen=True)
class Content:
    """What is stored of a piece of material.

    Attributes:
        kind: "pen", "audio" or "roll".
        shape: JSON that says how `data` is divided.
        data: little-endian. Of a drawing float64: for each stroke its points (x, y, x, y, ...), then times, then
            pressure where it has them. Of a recording its samples, channel by channel within each frame: whole steps
            of 16 bits where that loses nothing, else float32. Of a piano roll its keys, moment by moment, a bit each.
    """

    kind: str
    shape: str
    data: bytes


def pack(material: Material) -> Content:
    """Material as bytes; its label is stored elsewhere."""
    if isinstance(material, Roll):
        return _pack_roll(material)
    return _pack_recording(material) if isinstance(material, Recording) else _pack_drawing(material)


def unpack(content: Content, label: str = "") -> Material:
    """The material that `pack` made the bytes of.

    Raises:
        ValueError: where the bytes do not fit their description.
    """
    try:
        if content.kind == "audio":
            return _unpack_recording(content, label)
        if content.kind == "pen":
            return _unpack_drawing(content, label)
        if content.kind == "roll":
            return _unpack_roll(content, label)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a description of material: {error!r}") from error
    raise ValueError(f"material of the unknown kind {content.kind!r}")


def _pack_recording(recording: Recording) -> Content:
    samples = recording.samples.ravel()
    numbers = _STEP if _are_steps(samples) else _SAMPLE
    data = (samples * np.float32(_FULL_SCALE) if numbers is _STEP else samples).astype(numbers).tobytes()
    shape = {"rate": recording.rate, "channels": recording.channels, "numbers": numbers.str}
    return Content("audio", json.dumps(shape), data)


def _are_steps(samples: NDArray[np.float32]) -> bool:
    """Whether 16 bits hold the samples exactly, as they do whatever came from a CD or a telephone."""
    for first in range(0, len(samples), _AT_ONCE):
        steps = samples[first : first + _AT_ONCE] * np.float32(_FULL_SCALE)
        if (steps != np.rint(steps)).any() or steps.min() < -_FULL_SCALE or steps.max() > _FULL_SCALE - 1:
            return False
    return True


def _unpack_recording(content: Content, label: str) -> Recording:
    shape = json.loads(content.shape)
    rate, channels = shape["rate"], shape["channels"]
    if type(rate) is not int or type(channels) is not int or channels < 1:
        raise ValueError("rate and channels must be whole numbers")
    if shape["numbers"] not in (_STEP.str, _SAMPLE.str):
        raise ValueError(f"samples of the unknown kind {shape['numbers']!r}")
    numbers = np.frombuffer(content.data, shape["numbers"])
    samples = numbers.astype(np.float32)
    if shape["numbers"] == _STEP.str:
        samples /= np.float32(_FULL_SCALE)
    return Recording(samples.reshape(-1, channels), rate, label)


def _pack_drawing(drawing: Drawing) -> Content:
    columns = []
    strokes = []
    for stroke in drawing.strokes:
        strokes.append([len(stroke), stroke.times is not None, stroke.pressure is not None])
        columns += [part for part in (stroke.points.ravel(), stroke.times, stroke.pressure) if part is not None]
    data = np.concatenate(columns).astype(_NUMBER).tobytes()
    return Content("pen", json.dumps({"y_up": drawing.y_up, "strokes": strokes}), data)


def _unpack_drawing(content: Content, label: str) -> Drawing:
    shape = json.loads(content.shape)
    if shape["y_up"] not in (True, False, None):
        raise ValueError("not a drawing")
    numbers = np.frombuffer(content.data, _NUMBER)
    reader = _Reader(numbers)
    strokes = tuple(
        Stroke(
            reader.take(2 * count).reshape(-1, 2),
            reader.take(count) if has_times else None,
            reader.take(count) if has_pressure else None,
        )
        for count, has_times, has_pressure in shape["strokes"]
    )
    if reader.position != len(numbers):
        raise ValueError("more numbers than strokes need")
    return Drawing(strokes, label, shape["y_up"])


def _pack_roll(roll: Roll) -> Content:
    shape = {"frames": len(roll), "pitches": roll.pitches, "rate": roll.rate, "lowest": roll.lowest}
    return Content("roll", json.dumps(shape), np.packbits(roll.keys).tobytes())


def _unpack_roll(content: Content, label: str) -> Roll:
    shape = json.loads(content.shape)
    frames, pitches, lowest = shape["frames"], shape["pitches"], shape["lowest"]
    if not all(type(number) is int for number in (frames, pitches, lowest)) or frames < 1 or pitches < 1:
        raise ValueError("frames, pitches and lowest must be whole numbers")
    if len(content.data) != -(-frames * pitches // 8):
        raise ValueError("not as many bits as there are keys")
    bits = np.unpackbits(np.frombuffer(content.data, np.uint8), count=frames * pitches)
    return Roll(bits.reshape(frames, pitches), float(shape["rate"]), lowest, label)


class _Reader:
    def __init__(self, numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
        self.numbers = numbers
        self.position = 0

    def take(self, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if type(count) is not int or count < 1 or self.position + count > len(self.numbers):
            raise ValueError("fewer numbers than strokes need")
        self.position += count
        return self.numbers[self.position - count : self.position]
