"""Material as bytes and back: plain little-endian numbers and JSON, nothing that could execute."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from studio.sequences.material import Drawing, Stroke

_NUMBER = np.dtype("<f8")


@dataclass(frozen=True)
class Content:
    """What is stored of a piece of material.

    Attributes:
        kind: "pen".
        shape: JSON that says how `data` is divided.
        data: float64, little-endian: for each stroke its points (x, y, x, y, ...), then times, then pressure where
            it has them.
    """

    kind: str
    shape: str
    data: bytes


def pack(drawing: Drawing) -> Content:
    """A drawing as bytes; its label is stored elsewhere."""
    columns = []
    strokes = []
    for stroke in drawing.strokes:
        strokes.append([len(stroke), stroke.times is not None, stroke.pressure is not None])
        columns += [part for part in (stroke.points.ravel(), stroke.times, stroke.pressure) if part is not None]
    data = np.concatenate(columns).astype(_NUMBER).tobytes()
    return Content("pen", json.dumps({"y_up": drawing.y_up, "strokes": strokes}), data)


def unpack(content: Content, label: str = "") -> Drawing:
    """The drawing that `pack` made the bytes of.

    Raises:
        ValueError: where the bytes do not fit their description.
    """
    try:
        shape = json.loads(content.shape)
        numbers = np.frombuffer(content.data, _NUMBER)
        if content.kind != "pen" or shape["y_up"] not in (True, False, None):
            raise ValueError("not a drawing")
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
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a description of a drawing: {error!r}") from error


class _Reader:
    def __init__(self, numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
        self.numbers = numbers
        self.position = 0

    def take(self, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if type(count) is not int or count < 1 or self.position + count > len(self.numbers):
            raise ValueError("fewer numbers than strokes need")
        self.position += count
        return self.numbers[self.position - count : self.position]
