"""Drawings as pictures (.png) and as animations of the pen drawing them (.gif), with Pillow and without a screen.

Lines are drawn several times too large and scaled down, which gives even edges; pictures have a palette that runs from
paper to ink, which makes small files.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw

from studio.files.columns import FloatArray
from studio.files.grid import Cell, arranged
from studio.sequences.material import Drawing
from studio.sequences.spline import along

PAPER = (251, 250, 247)
INK = (31, 36, 48)

OVERSAMPLING = 4
LINE_WIDTH = 0.01
"""As a share of the drawings' size, but never thinner than `THINNEST`."""
THINNEST = 1.4
"""In pixels."""

PNG_SIDE = 1200
GIF_SIDE = 480
"""Longest side of the picture, in pixels."""

PNG_SHADES = 256
GIF_SHADES = 16

FRAME_SECONDS = 0.04
DRAWING_SECONDS = 4.0
HOLD_SECONDS = 1.6
LIFTED_SPEED = 3.0
"""How much faster the pen moves in the air than on the paper, where times are not known."""

CURVE_PARTS = 8
"""Straight lines that a smooth curve is drawn with from one point to the next."""

FINEST_STEP = 0.5
"""Points closer together than this many oversampled pixels are drawn as one."""


def to_png(drawings: Sequence[Drawing], side: int = PNG_SIDE, *, smooth: bool = False) -> bytes:
    """The drawings, at least one, on paper, as a PNG file.

    Args:
        drawings: laid out in a grid of equal cells.
        side: longest side of the picture, in pixels.
        smooth: as curves through the points (`studio.sequences.spline`), else straight from point to point.
    """
    page = Page(drawings, side, smooth=smooth)
    page.advance(0.0, 1.0)
    file = io.BytesIO()
    page.picture(PNG_SHADES).save(file, "PNG", optimize=True)
    return file.getvalue()


def to_gif(
    drawings: Sequence[Drawing], side: int = GIF_SIDE, seconds: float = DRAWING_SECONDS, *, smooth: bool = False
) -> bytes:
    """The pens drawing, all at once, then resting on the finished page, over and over, as a GIF file.

    Args:
        drawings: at least one, laid out in a grid of equal cells.
        side: longest side of the picture, in pixels.
        seconds: how long the drawing takes.
        smooth: as curves through the points, as in `to_png`.
    """
    page = Page(drawings, side, smooth=smooth)
    count = max(2, round(seconds / FRAME_SECONDS))
    frames = []
    for i in range(count):
        page.advance(i / count, (i + 1) / count)
        frames.append(page.picture(GIF_SHADES))
    durations = [round(1000 * FRAME_SECONDS)] * (count - 1) + [round(1000 * HOLD_SECONDS)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=True)
    return file.getvalue()


class Page:
    """A sheet of paper on which pens draw, as far as time has advanced (0 to 1)."""

    def __init__(self, drawings: Sequence[Drawing], side: int, *, smooth: bool = False) -> None:
        grid = arranged(drawings)
        zoom = side / float(grid.page.max())  # pixels per unit
        self.line_width = OVERSAMPLING * max(THINNEST, LINE_WIDTH * grid.typical * zoom)
        self.pens = [
            Pen(drawing, cell, zoom * OVERSAMPLING, smooth=smooth)
            for drawing, cell in zip(drawings, grid.cells, strict=True)
        ]
        width, height = (OVERSAMPLING * max(1, round(length)) for length in grid.page * zoom)
        self.sheet = Image.new("L", (width, height), 0)
        self.ink = ImageDraw.Draw(self.sheet)

    def advance(self, start: float, end: float) -> None:
        """Draw what the pens draw between two moments."""
        for pen in self.pens:
            for line in pen.lines(start, end):
                self._draw(line)

    def _draw(self, line: FloatArray) -> None:
        radius = self.line_width / 2
        corners = [(float(x), float(y)) for x, y in line]
        if len(corners) > 1:
            self.ink.line(corners, fill=255, width=round(self.line_width))
        for x, y in corners:  # round joints and ends
            self.ink.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)

    def picture(self, shades: int) -> Image.Image:
        """The sheet at its true size, in so many shades from paper to ink."""
        small = self.sheet.reduce(OVERSAMPLING)
        indices = small.point([round(level * (shades - 1) / 255) for level in range(256)])
        picture = Image.frombytes("P", indices.size, indices.tobytes())
        picture.putpalette(np.linspace(PAPER, INK, shades).round().astype(np.uint8).tobytes())
        return picture


class Pen:
    """One drawing on the sheet, and when its pen is where.

    Attributes:
        strokes: points ``[N, 2]`` in oversampled pixels, and for each the moment it is drawn, ``[N]`` from 0 to 1.
    """

    def __init__(self, drawing: Drawing, cell: Cell, zoom: float, *, smooth: bool = False) -> None:
        moments = np.split(_moments(drawing), np.flatnonzero(drawing.pen_up)[:-1] + 1)
        self.strokes: list[tuple[FloatArray, FloatArray]] = []
        for stroke, moment in zip(drawing.strokes, moments, strict=True):
            points = cell.place(stroke.points) * zoom
            if smooth:
                points, places = along(points, CURVE_PARTS)
                moment = np.interp(places, np.arange(len(moment)), moment)
            kept = _apart(points)
            self.strokes.append((points[kept], moment[kept]))

    def lines(self, start: float, end: float) -> Iterator[FloatArray]:
        """The lines drawn between two moments, each ``[M, 2]``, cut between points where a moment falls there."""
        for points, moments in self.strokes:
            if moments[0] > end or moments[-1] < start or (moments[-1] == start > 0):
                continue
            first, last = np.searchsorted(moments, start, "left"), np.searchsorted(moments, end, "right")
            line = points[first:last]
            if moments[0] < start:
                line = np.concatenate([_at(points, moments, start), line])
            if moments[-1] > end:
                line = np.concatenate([line, _at(points, moments, end)])
            yield line


def _at(points: FloatArray, moments: FloatArray, moment: float) -> FloatArray:
    return np.array([[np.interp(moment, moments, points[:, 0]), np.interp(moment, moments, points[:, 1])]])


def _moments(drawing: Drawing) -> FloatArray:
    """When each point is drawn, ``[N]`` from 0 to 1: by the clock, else at an even speed along the line."""
    times = drawing.times
    if times is None or times[-1] <= times[0] or (np.diff(times) < 0).any():
        steps = np.linalg.norm(np.diff(drawing.points, axis=0), axis=1)
        steps[drawing.pen_up[:-1]] /= LIFTED_SPEED
        times = np.concatenate([[0.0], np.cumsum(steps)])
    span = times[-1] - times[0]
    return (times - times[0]) / span if span > 0 else np.linspace(0, 1, len(times))


def _apart(points: FloatArray) -> FloatArray:
    """Which points of a line to draw: the first, the last, and one per `FINEST_STEP` between them."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    _, kept = np.unique(np.floor(length / FINEST_STEP), return_index=True)
    return np.union1d(kept, len(points) - 1)
