"""Lengths, transforms and viewports of SVG and CSS, as numbers and matrices."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from studio.files.columns import FloatArray

Matrix: TypeAlias = FloatArray
"""``[3, 3]``, applied to columns (x, y, 1)."""

Size: TypeAlias = tuple[float, float]
"""Width and height."""

NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
MEASURE = re.compile(rf"({NUMBER})([a-zA-Z]*|%)")
FUNCTION = re.compile(r"\s*,?\s*([A-Za-z0-9]+)\s*\(([^()]*)\)\s*")
PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "q": 24 / 25.4}
DEGREES = {"deg": 1.0, "rad": 180 / math.pi, "grad": 0.9, "turn": 360.0}
INITIAL_FONT_SIZE = 16.0
"""Pixels; browsers call it medium."""

PLACES = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
ALIGNMENTS = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
RATIO = re.compile(r"(?:x(Min|Mid|Max)Y(Min|Mid|Max)|(none))(?:\s+(meet|slice))?")

Share: TypeAlias = Callable[[], float]
"""What 100% is, in pixels."""


def length(text: str, share: Share, font_size: float = INITIAL_FONT_SIZE) -> float | None:
    """A length in pixels, None where it cannot be read; `share` is asked for percentages only."""
    found = MEASURE.fullmatch(text)
    if found is None:
        return None
    number, unit = float(found[1]), found[2].lower()
    if unit == "%":
        return number / 100 * share()
    pixels = {**PIXELS, "em": font_size, "rem": INITIAL_FONT_SIZE}.get(unit)
    return None if pixels is None else number * pixels


def translation(x: float, y: float) -> Matrix:
    """The matrix that moves by x and y."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def scaling(x: float, y: float) -> Matrix:
    """The matrix that stretches along each axis."""
    return np.diag([x, y, 1.0])


def rotation(angle: float) -> Matrix:
    """Of degrees, from x to y."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def skewing(x: float, y: float) -> Matrix:
    """Of degrees along each axis."""
    return np.array([[1, math.tan(math.radians(x)), 0], [math.tan(math.radians(y)), 1, 0], [0, 0, 1]])


def affine(a: float, b: float, c: float, d: float, e: float, f: float) -> Matrix:
    """The matrix of "matrix(a b c d e f)"."""
    return np.array([[a, c, e], [b, d, f], [0, 0, 1]], np.float64)


def _turned_about(angle: float, x: float, y: float) -> Matrix:
    return translation(x, y) @ rotation(angle) @ translation(-x, -y)


ATTRIBUTE_FUNCTIONS: dict[tuple[str, int], Callable[..., Matrix]] = {
    ("matrix", 6): affine,
    ("translate", 1): lambda x: translation(x, 0),
    ("translate", 2): translation,
    ("scale", 1): lambda s: scaling(s, s),
    ("scale", 2): scaling,
    ("rotate", 1): rotation,
    ("rotate", 3): _turned_about,
    ("skewX", 1): lambda angle: skewing(angle, 0),
    ("skewY", 1): lambda angle: skewing(0, angle),
}
"""Those of the attribute (SVG 1.1, section 7.6) by their names and their numbers of arguments."""

CSS_FUNCTIONS: dict[tuple[str, str], Callable[..., Matrix]] = {
    ("translate", "x"): lambda x: translation(x, 0),
    ("translate", "xy"): translation,
    ("translatex", "x"): lambda x: translation(x, 0),
    ("translatey", "y"): lambda y: translation(0, y),
    ("translatez", "z"): lambda z: translation(0, 0),
    ("translate3d", "xyz"): lambda x, y, z: translation(x, y),
    ("scale", "n"): lambda s: scaling(s, s),
    ("scale", "nn"): scaling,
    ("scalex", "n"): lambda s: scaling(s, 1),
    ("scaley", "n"): lambda s: scaling(1, s),
    ("scalez", "n"): lambda s: scaling(1, 1),
    ("scale3d", "nnn"): lambda x, y, z: scaling(x, y),
    ("rotate", "a"): rotation,
    ("rotatez", "a"): rotation,
    ("rotatex", "a"): lambda angle: scaling(1, math.cos(math.radians(angle))),
    ("rotatey", "a"): lambda angle: scaling(math.cos(math.radians(angle)), 1),
    ("skew", "a"): lambda x: skewing(x, 0),
    ("skew", "aa"): skewing,
    ("skewx", "a"): lambda angle: skewing(angle, 0),
    ("skewy", "a"): lambda angle: skewing(0, angle),
    ("matrix", "nnnnnn"): affine,
}
"""Those of CSS by their names and their arguments: lengths along x, y and z, numbers and angles."""


def attribute_transform(text: str) -> Matrix | None:
    """The matrix of a ``transform`` attribute, None where it cannot be read."""
    return _product(text, _attribute_function)


def css_transform(text: str, box: Callable[[], Size], font_size: float) -> Matrix | None:
    """The matrix of the CSS property ``transform``, None where it cannot be read.

    Args:
        box: gives the width and height of the reference box; asked for percentages only.
    """
    if text.lower() in ("none", "initial", "unset", "revert"):
        return np.eye(3)
    return _product(text, lambda name, arguments: _css_function(name.lower(), arguments, box, font_size))


def _product(text: str, function: Callable[[str, str], Matrix | None]) -> Matrix | None:
    matrix: Matrix = np.eye(3)
    position = 0
    while position < len(text.rstrip()):
        found = FUNCTION.match(text, position)
        made = None if found is None else function(found[1], found[2])
        if found is None or made is None:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = matrix @ made
        position = found.end()
    return matrix


def _attribute_function(name: str, text: str) -> Matrix | None:
    if re.sub(NUMBER, "", text).strip(" \t\r\n,"):
        return None
    values = [float(number) for number in re.findall(NUMBER, text)]
    maker = ATTRIBUTE_FUNCTIONS.get((name, len(values)))
    return None if maker is None or not all(map(math.isfinite, values)) else maker(*values)


def _css_function(name: str, text: str, box: Callable[[], Size], font_size: float) -> Matrix | None:
    words = [word.strip() for word in text.split(",")]
    for (known, kinds), maker in CSS_FUNCTIONS.items():
        if known == name and len(kinds) == len(words):
            values = [_argument(word, kind, box, font_size) for word, kind in zip(words, kinds, strict=True)]
            numbers = [value for value in values if value is not None and math.isfinite(value)]
            return maker(*numbers) if len(numbers) == len(values) else None
    return None


def _argument(word: str, kind: str, box: Callable[[], Size], font_size: float) -> float | None:
    found = MEASURE.fullmatch(word)
    if found is None:
        return None
    number, unit = float(found[1]), found[2].lower()
    if kind == "n":
        return {"": number, "%": number / 100}.get(unit)
    if kind == "a":
        return number * DEGREES[unit] if unit in DEGREES else 0.0 if unit == "" and number == 0 else None
    if unit == "" and number != 0:
        return None  # CSS knows no lengths without a unit
    return length(word, lambda: box()[kind == "y"], font_size)


def moved_turned_scaled(move: str, turn: str, scale: str, box: Callable[[], Size], font_size: float) -> Matrix | None:
    """The matrix of the CSS properties ``translate``, ``rotate`` and ``scale``, None where one cannot be read."""
    matrix: Matrix = np.eye(3)
    for name, text in (("translate", move), ("rotate", turn.removeprefix("z ")), ("scale", scale)):
        words = text.split()
        if not words or words == ["none"]:
            continue
        made = _css_function(f"{name}3d" if len(words) == 3 else name, ",".join(words), box, font_size)
        if made is None:
            return None
        matrix = matrix @ made
    return matrix


def origin(text: str, box: Callable[[], Size], font_size: float) -> Size | None:
    """The point of ``transform-origin`` in the reference box, None where it cannot be read."""
    words = text.lower().replace(",", " ").split()[:2]
    if not words:
        return None
    if words[0] in ("top", "bottom") or (len(words) == 2 and words[1] in ("left", "right")):
        words = [*words[1:], *(["center"] if len(words) == 1 else []), words[0]]
    words = [*words, "center"][:2]
    x, y = (
        PLACES[word] * box()[axis] if word in PLACES else length(word, lambda axis=axis: box()[axis], font_size)  # type: ignore[misc]
        for axis, word in enumerate(words)
    )
    return None if x is None or y is None else (x, y)


def view_box(text: str) -> tuple[float, float, float, float] | None:
    """x, y, width and height of a viewBox; None where there is none that can be read: browsers do without it."""
    words = text.replace(",", " ").split()
    if len(words) != 4 or not all(re.fullmatch(NUMBER, word) for word in words):
        return None
    x, y, width, height = map(float, words)
    return (
        None if width < 0 or height < 0 or not all(map(math.isfinite, (x, y, width, height))) else (x, y, width, height)
    )


def fitted(box: tuple[float, float, float, float], ratio: str, size: Size) -> Matrix:
    """The matrix that shows a viewBox, neither side 0, in a viewport as ``preserveAspectRatio`` says."""
    x, y, width, height = box
    found = RATIO.fullmatch(ratio.strip())
    across, down, stretched, how = found.groups() if found else ("Mid", "Mid", None, None)
    scale_x, scale_y = size[0] / width, size[1] / height
    if stretched:
        return scaling(scale_x, scale_y) @ translation(-x, -y)
    scale = max(scale_x, scale_y) if how == "slice" else min(scale_x, scale_y)
    left = (size[0] - width * scale) * ALIGNMENTS[across]
    top = (size[1] - height * scale) * ALIGNMENTS[down]
    return translation(left, top) @ scaling(scale, scale) @ translation(-x, -y)
