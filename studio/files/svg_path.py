"""SVG path data as lines and cubic Bézier curves, by the grammar and the arc formulas of SVG (sections 9.3 and B.2)."""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from studio.files.columns import FloatArray
from studio.files.svg_geometry import NUMBER

Piece: TypeAlias = FloatArray
"""``[2, 2]`` ends of a line, or ``[4, 2]`` control points of a cubic Bézier curve."""

SPACE = r"[ \t\r\n\f]*+"
ARGUMENTS = {
    "M": "nn",
    "L": "nn",
    "H": "n",
    "V": "n",
    "C": "n" * 6,
    "S": "nnnn",
    "Q": "nnnn",
    "T": "nn",
    "A": "nnnffnn",
}
"""Numbers and flags after each command; Z has none."""

KINDS = {"n": f"((?>{NUMBER}))", "f": "([01])"}  # a number never gives digits back to the next one
GROUPS = {
    letter: re.compile(SPACE + f"{SPACE},?{SPACE}".join(KINDS[kind] for kind in kinds))
    for letter, kinds in ARGUMENTS.items()
}
BETWEEN = re.compile(f"{SPACE},?")
BLANK = re.compile(SPACE)


def subpaths(data: str) -> list[list[Piece]]:
    """The subpaths of path data that begins with M; those that draw nothing are left out.

    Raises:
        ValueError: where it cannot be read.
        OverflowError: where an arc is too large for numbers.
    """
    pen = _Pen()
    for letter, numbers in _commands(data):
        pen.draw(letter, numbers)
    return [subpath for subpath in pen.subpaths if subpath]


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with one group of arguments; after the first of M follow those of L."""
    position = _end(BLANK, data, 0)
    while position < len(data):
        letter, position = data[position], position + 1
        if letter in "Zz":
            yield letter, []
        else:
            found = GROUPS[letter.upper()].match(data, position) if letter.upper() in GROUPS else None
            if found is None:
                raise ValueError(f"{letter} without its numbers")
            while found is not None:
                yield letter, [float(number) for number in found.groups()]
                letter, position = {"M": "L", "m": "l"}.get(letter, letter), found.end()
                position = _end(BETWEEN, data, position)  # browsers let a comma stand before a command, too
                found = GROUPS[letter.upper()].match(data, position)
        position = _end(BLANK, data, position)


def _end(pattern: re.Pattern[str], data: str, position: int) -> int:
    found = pattern.match(data, position)
    return position if found is None else found.end()


class _Pen:
    """Draws command after command; points are complex numbers."""

    def __init__(self) -> None:
        self.subpaths: list[list[Piece]] = [[]]
        self.at = self.start = 0j
        self.control = 0j
        self.last = ""
        self.is_dot = False  # nothing follows the last M yet

    def draw(self, letter: str, numbers: list[float]) -> None:
        """Draw one group of arguments of a command."""
        kind, base = letter.upper(), self.at if letter.islower() else 0j
        if kind == "Z":
            self._close()
        elif kind == "H":
            self._line(complex(base.real + numbers[0], self.at.imag))
        elif kind == "V":
            self._line(complex(self.at.real, base.imag + numbers[0]))
        elif kind == "A":
            end = base + complex(*numbers[5:])
            self.subpaths[-1] += arc(self.at, end, (numbers[0], numbers[1]), numbers[2], numbers[3] > 0, numbers[4] > 0)
            self.at = end
        else:
            self._through(kind, [base + complex(*numbers[i : i + 2]) for i in range(0, len(numbers), 2)])
        self.is_dot = kind == "M"
        self.last = kind

    def _through(self, kind: str, points: list[complex]) -> None:
        if kind == "M":
            self.subpaths.append([])
            self.at = self.start = points[0]
        elif kind == "L":
            self._line(points[0])
        elif kind in "CS":
            first = points[0] if kind == "C" else self._reflected("CS")
            self._curve(first, points[-2], points[-1], points[-2])
        else:
            middle = points[0] if kind == "Q" else self._reflected("QT")
            inner = [end / 3 + middle * 2 / 3 for end in (self.at, points[-1])]
            self._curve(inner[0], inner[1], points[-1], middle)

    def _reflected(self, kinds: str) -> complex:
        """The control point that continues a curve of the same kind smoothly; else where the pen is."""
        return 2 * self.at - self.control if self.last and self.last in kinds else self.at

    def _line(self, end: complex) -> None:
        self.subpaths[-1].append(_piece(self.at, end))
        self.at = end

    def _curve(self, first: complex, second: complex, end: complex, control: complex) -> None:
        self.subpaths[-1].append(_piece(self.at, first, second, end))
        self.at, self.control = end, control

    def _close(self) -> None:
        """The line back to the start, where the path is not already there; "M x y z" is a dot."""
        if self.is_dot or self.at != self.start:
            self._line(self.start)
        self.subpaths.append([])  # what follows without M is another stroke from the same point


def _piece(*points: complex) -> Piece:
    return np.array([[point.real, point.imag] for point in points], np.float64)


def arc(
    start: complex, end: complex, radii: tuple[float, float], angle: float, is_large: bool, is_swept: bool
) -> list[Piece]:
    """An elliptical arc as curves of at most a quarter turn, a line where a radius is 0, nothing between equal ends.

    Args:
        radii: along the axes of the ellipse; both grow together where they do not reach.
        angle: of the ellipse's first axis, in degrees.
        is_large: take the way of more than half a turn.
        is_swept: take the way of growing angles.
    """
    if start == end:
        return []
    rx, ry = abs(radii[0]), abs(radii[1])
    if rx == 0 or ry == 0:
        return [_piece(start, end)]
    turn = cmath.exp(1j * math.radians(angle))
    # Where the ellipse is the unit circle:
    first, last = (complex((p / turn).real / rx, (p / turn).imag / ry) for p in (start, end))
    chord = (last - first) / 2
    grown = max(abs(chord), 1.0)
    first, last, chord, rx, ry = first / grown, last / grown, chord / grown, rx * grown, ry * grown
    if abs(chord) == 0:
        return [_piece(start, end)]
    beside = math.sqrt(max(0.0, abs(chord) ** -2 - 1)) * (1 if is_large != is_swept else -1)
    centre = (first + last) / 2 + 1j * chord * beside
    whole = cmath.phase((last - centre) / (first - centre))
    if is_swept and whole < 0:
        whole += 2 * math.pi
    elif not is_swept and whole > 0:
        whole -= 2 * math.pi
    count = max(1, math.ceil(abs(whole) / (math.pi / 2) - 1e-9))
    bow = 4j / 3 * math.tan(whole / count / 4)
    points: list[complex] = []
    for number in range(count):
        one, two = ((first - centre) * cmath.exp(1j * whole * k / count) for k in (number, number + 1))
        points += [one, one + bow * one, two - bow * two, two]
    placed = [complex((p + centre).real * rx, (p + centre).imag * ry) * turn for p in points]
    placed[0], placed[-1] = start, end
    return [_piece(*placed[i : i + 4]) for i in range(0, len(placed), 4)]
