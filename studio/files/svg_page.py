"""Drawings as SVG: one path per stroke, round caps, a margin; several drawings in a grid.

A page with one drawing keeps its coordinates, but that y is turned over where it grows upwards (or may do so). On a
page with several, each stands in a group of the class "drawing" that moves it to its place, so that the numbers in it
are still the drawing's own. What SVG has no place for stands in attributes (svg_marks.py), so that the studio reads
each of them back as it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np

from studio.files import svg_marks
from studio.files.columns import FloatArray
from studio.files.grid import Cell, arranged
from studio.files.svg import DRAWING_CLASS
from studio.files.xml_tree import xml_text
from studio.sequences.material import Drawing
from studio.sequences.spline import controls

INK = "#1f2430"

LINE_WIDTH = 0.012
"""As a share of the drawings' size."""

LONGEST_SIDE = 1000
"""Of the page as shown, in pixels; the coordinates are the drawings' own."""


CURVE_DIGITS = 4
"""Of control points, of the size of a stroke: they are no numbers of the drawing's."""


def to_text(drawings: Sequence[Drawing], *, smooth: bool = False) -> str:
    """The drawings, at least one, as an SVG document.

    Args:
        drawings: laid out in a grid.
        smooth: as curves through the points (`studio.sequences.spline`), else straight from point to point.
    """
    grid = arranged(drawings)
    zoom = LONGEST_SIDE / float(grid.page.max())
    line_width = LINE_WIDTH * grid.typical
    corner = np.zeros(2)
    own = f'{svg_marks.PAGE}="{svg_marks.NO_MARK}"'
    if len(drawings) == 1 and grid.cells[0].stretch == 1:
        # The page is moved to the drawing instead of the drawing to the page.
        body = _drawing(drawings[0], "  ", smooth=smooth)
        own += f' {svg_marks.Y}="{svg_marks.direction_of(drawings[0])}"'
        corner = _upright(grid.cells[0].middle, grid.cells[0].turned) - grid.page / 2
    else:
        pairs = zip(drawings, grid.cells, strict=True)
        body = [line for drawing, cell in pairs for line in _group(drawing, cell, line_width, zoom, smooth=smooth)]
    shown = grid.page * zoom
    text = "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{shown[0]:.6g}" height="{shown[1]:.6g}" '
            f'viewBox="{" ".join(f"{value:.9g}" for value in (*corner, *grid.page))}" fill="none" stroke="{INK}" '
            f'stroke-width="{line_width:.6g}" stroke-linecap="round" stroke-linejoin="round" {own}>',
            *body,
            "</svg>",
            "",
        ]
    )
    return svg_marks.marked(text)


def _group(drawing: Drawing, cell: Cell, line_width: float, zoom: float, *, smooth: bool) -> list[str]:
    """A drawing in its cell; where it is drawn smaller than the others, its line stays as wide as theirs.

    Args:
        line_width: of all, in the units of the page.
        zoom: pixels to one of them.
    """
    scale, upright = cell.scale, cell.scale * cell.stretch
    x, y = cell.centre - _upright(cell.middle, cell.turned) * [scale, upright]
    y_axis = f'{svg_marks.Y}="{svg_marks.direction_of(drawing)}"'
    placing = f'{y_axis} transform="translate({_number(x)} {_number(y)})"'
    if cell.stretch != 1:
        placing = f'{placing[:-1]} scale({_number(scale)} {_number(upright)})" stroke-width="{line_width * zoom:.6g}"'
        still = ' vector-effect="non-scaling-stroke"'  # or lines would be stretched, too
        body = _drawing(drawing, "    ", still, smooth=smooth, stretch=cell.stretch)
        return [f'  <g class="{DRAWING_CLASS}" {placing}>', *body, "  </g>"]
    if cell.scale != 1:
        placing = f'{placing[:-1]} scale({_number(cell.scale)})" stroke-width="{line_width / cell.scale:.6g}"'
    return [f'  <g class="{DRAWING_CLASS}" {placing}>', *_drawing(drawing, "    ", smooth=smooth), "  </g>"]


def _drawing(drawing: Drawing, indent: str, attributes: str = "", *, smooth: bool, stretch: float = 1.0) -> list[str]:
    lines = [f"{indent}<title>{escape(xml_text(drawing.label))}</title>"] if drawing.label else []
    turned = drawing.y_up is not False
    for stroke in drawing.strokes:
        points = _upright(stroke.points, turned)
        path = _curve_data(points, stretch) if smooth and len(points) > 2 else _path_data(points)
        lines.append(f'{indent}<path d="{path}"{attributes}{svg_marks.extras(stroke)}/>')
    return lines


def _upright(points: FloatArray, turned: bool) -> FloatArray:
    """Points with y downwards."""
    return points * [1, -1] if turned else points


def _path_data(points: FloatArray) -> str:
    """A stroke; a single point is closed at once, which round caps show as a dot."""
    pairs = [f"{_number(x)},{_number(y)}" for x, y in points.tolist()]
    return f"M{pairs[0]} L{' '.join(pairs[1:])}" if len(pairs) > 1 else f"M{pairs[0]}z"


def _curve_data(points: FloatArray, stretch: float) -> str:
    """A stroke as Bézier curves. Every third point after the C is one of the stroke's, as exact as in `_path_data`.

    Args:
        points: of a stroke, three or more.
        stretch: how many times as large y is shown as x, since the shape of a curve depends on that.
    """
    shown = points * [1, stretch]
    inner = controls(shown) / [1, stretch]  # [N - 1, 2, 2]
    decimals = CURVE_DIGITS - math.floor(math.log10(max(float(np.ptp(points, axis=0).max()), 1e-300)))
    pairs = [f"{_number(x)},{_number(y)}" for x, y in points.tolist()]
    bends = [
        " ".join(f"{_number(round(x, decimals))},{_number(round(y, decimals))}" for x, y in piece)
        for piece in inner.tolist()
    ]
    return f"M{pairs[0]} C{' '.join(f'{bend} {pair}' for bend, pair in zip(bends, pairs[1:], strict=True))}"


def _number(value: float) -> str:
    """The shortest text that gives the number back."""
    return repr(float(value) + 0.0).removesuffix(".0")  # + 0.0 makes 0 of -0
