"""A pen that is told to move, go down and up, as plotters and milling machines are: what it leaves behind."""

from __future__ import annotations

import cmath
import itertools
from collections.abc import Sequence

import numpy as np

from studio.files import limits, outlines
from studio.files.source import Source
from studio.files.svg_path import Piece
from studio.sequences.material import Drawing


class Plotter:
    """Collects what a pen draws. Places are complex numbers, x + iy.

    Attributes:
        at: where the pen is.
        is_down: whether it touches the paper.
    """

    def __init__(self, source: Source) -> None:
        self.at = 0j
        self.is_down = False
        self._source = source
        self._subpaths: list[list[Piece]] = []
        self._stroke: list[Piece] = []
        self._pieces = 0
        self._is_dot = False  # the pen came down, and has drawn nothing yet

    def lower(self) -> None:
        """Put the pen down."""
        self._is_dot = self._is_dot or not self.is_down
        self.is_down = True

    def lift(self) -> None:
        """Take the pen up; where it has drawn nothing since it came down, it leaves a dot."""
        if self.is_down and self._is_dot:
            self._add([_line(self.at, self.at)])
        self.is_down = False
        self._end_stroke()

    def put(self, *, is_down: bool) -> None:
        """Put the pen down or take it up."""
        if is_down:
            self.lower()
        else:
            self.lift()

    def move(self, to: complex) -> None:
        """Go straight to a place, with the pen as it is."""
        if to != self.at:
            self.follow([_line(self.at, to)])

    def follow(self, pieces: Sequence[Piece]) -> None:
        """Go along lines and curves, which begin where the pen is."""
        if not pieces:
            return
        if self.is_down:
            self._add(pieces)
        self.at = complex(*pieces[-1][-1])

    def draw(self, pieces: Sequence[Piece]) -> None:
        """Draw a figure of its own, and come back to where the pen was, as it was."""
        self._end_stroke()
        self._add(pieces)
        self._end_stroke()

    def finished(self, label: str = "") -> Drawing | None:
        """What has been drawn, y upwards, and an empty sheet; None where nothing was.

        Raises:
            StudioError: coordinates too large, or more points than a drawing may have.
        """
        subpaths = self.taken()
        if not subpaths:
            return None
        return Drawing(tuple(outlines.strokes(self._source, subpaths)), label, y_up=True)

    def taken(self) -> list[list[Piece]]:
        """The lines and curves of each stroke so far, and an empty sheet."""
        self._end_stroke()
        subpaths, self._subpaths, self._pieces = self._subpaths, [], 0
        return subpaths

    def _add(self, pieces: Sequence[Piece]) -> None:
        before, self._pieces = self._pieces, self._pieces + len(pieces)
        if self._pieces > limits.POINTS_PER_DRAWING:
            raise self._source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points in one drawing")
        if before // 10_000 != self._pieces // 10_000:
            self._source.check_cancelled()
        self._stroke += pieces
        self._is_dot = False

    def _end_stroke(self) -> None:
        if self._stroke:
            self._subpaths.append(self._stroke)
        self._stroke = []


def arc_to(start: complex, end: complex, centre: complex, *, clockwise: bool) -> list[Piece]:
    """The way round a centre from one place to another, y upwards; a whole turn where they are the same."""
    first, last = start - centre, end - centre
    if start == end:
        return outlines.turn(start, centre, -2 * cmath.pi if clockwise else 2 * cmath.pi, end)
    if first == 0 or last == 0:
        return [_line(start, end)]
    angle = (cmath.phase(last) - cmath.phase(first)) % (2 * cmath.pi)
    return outlines.turn(start, centre, angle - 2 * cmath.pi if clockwise else angle, end)


def lines(places: Sequence[complex]) -> list[Piece]:
    """Lines from place to place."""
    return [_line(one, two) for one, two in itertools.pairwise(places)]


def _line(one: complex, two: complex) -> Piece:
    return np.array([[one.real, one.imag], [two.real, two.imag]])
