"""SVG: the outlines of its shapes as strokes.

Read are path, line, polyline, polygon, rect, circle, ellipse and use, with their transforms; each subpath is a stroke.
Curves become evenly spaced points (see curves.py), straight lines keep only their ends. viewBox, units of length on the
outer element, style and text are ignored; what is not drawn (defs, symbol, clipPath, display="none") is left out.
svgelements reads the path data; it never sees the document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

import numpy as np

from studio.files import limits, svg_marks
from studio.files.columns import FloatArray
from studio.files.curves import flattened
from studio.files.source import Source, shown
from studio.files.xml_tree import Document, local_name, read_document
from studio.sequences.material import Drawing, Stroke

DRAWING_CLASS = "drawing"
"""The class of the groups into which the studio's own writer puts several drawings."""

KANJIVG = "http://kanjivg.tagaini.net"

TOLERANCE = 1e-3
"""How far points may stray from a curve, as a share of the drawing's size."""

NOT_DRAWN = frozenset(
    {
        *("defs", "symbol", "clipPath", "mask", "marker", "pattern", "linearGradient", "radialGradient", "filter"),
        *("text", "title", "desc", "metadata", "style", "script", "image", "foreignObject"),
    }
)
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
LENGTH = re.compile(rf"({NUMBER})(px|pt|pc|mm|cm|in|q)?", re.IGNORECASE)
PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "q": 24 / 25.4}
PATH_DATA = re.compile(r"[\s,0-9eE.+\-MmLlHhVvCcSsQqTtAaZz]*")
TRANSFORM = re.compile(r"\s*,?\s*([A-Za-z]+)\s*\(([^()]*)\)\s*")

Matrix: TypeAlias = FloatArray
"""``[3, 3]``, applied to columns (x, y, 1)."""

Piece: TypeAlias = FloatArray
"""``[2, 2]`` ends of a line, or ``[4, 2]`` control points of a cubic Bézier curve."""


def read(source: Source) -> Iterator[Drawing]:
    """One drawing per file, or one per group of the class "drawing"; y grows downwards.

    The label is the group's or the document's title, or KanjiVG's ``kvg:element``.

    Raises:
        StudioError: with the line, for damaged XML, path data, a transform or a length that cannot be read.
    """
    document = read_document(source, "svg")
    reader = _Reader(source, document)
    groups = [element for element in document.root.iter() if element.get("class") == DRAWING_CLASS]
    if (ours := svg_marks.drawings_of(document, groups)) is not None:
        yield from ours
        return
    for root in groups or [document.root]:
        reader.subpaths = []
        reader.walk(root, np.eye(3), limits.NESTING)
        if not reader.subpaths:
            raise source.refuse("holds no shape that draws a line", line=document.line(root))
        yield Drawing(tuple(_strokes(source, reader.subpaths)), _label(root), y_up=False)


class _Reader:
    """Walks over the elements and collects their subpaths, transformed to the outermost coordinates."""

    def __init__(self, source: Source, document: Document) -> None:
        self.source, self.document = source, document
        self.by_id = {element.get("id"): element for element in document.root.iter() if element.get("id")}
        self.subpaths: list[list[Piece]] = []
        self.visited = self.pieces = self.path_bytes = 0

    def walk(self, element: Element, outer: Matrix, depth: int) -> None:
        name, line = local_name(element), self.document.line(element)
        self.visited += 1
        if depth < 0 or self.visited > len(self.document.lines) + limits.USED_ELEMENTS:
            raise self.source.refuse("repeats itself too often by <use>", line=line)
        if name in NOT_DRAWN or _is_hidden(element):
            return
        matrix = outer @ self._transform(element.get("transform", ""), line)
        if name == "use":
            self._walk_used(element, matrix, depth)
        elif name in SHAPES:
            for subpath in SHAPES[name](self, element, line):
                self.pieces += len(subpath)
                if self.pieces > limits.POINTS_PER_DRAWING:
                    raise self.source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points", line=line)
                self.subpaths.append([self._placed(piece, matrix, line) for piece in subpath])
            self.source.check_cancelled()
        else:
            for child in element:
                self.walk(child, matrix, depth - 1)

    def _placed(self, piece: Piece, matrix: Matrix, line: int) -> Piece:
        with np.errstate(over="ignore", invalid="ignore"):
            placed = piece @ matrix[:2, :2].T + matrix[:2, 2]
        if not (np.abs(placed) <= limits.LARGEST_NUMBER).all():
            what = f"holds a coordinate that is not a finite number below {limits.LARGEST_NUMBER:g}"
            raise self.source.refuse(what, line=line)
        return placed

    def _walk_used(self, element: Element, matrix: Matrix, depth: int) -> None:
        target = element.get("href") or element.get("{http://www.w3.org/1999/xlink}href") or ""
        used = self.by_id.get(target.removeprefix("#"))
        if used is None:
            return
        moved = matrix @ _translation(self.length(element, "x"), self.length(element, "y"))
        if local_name(used) == "symbol":
            for child in used:
                self.walk(child, moved, depth - 1)
        else:
            self.walk(used, moved, depth - 1)

    def length(self, element: Element, name: str, default: float = 0.0) -> float:
        """A length in pixels."""
        text = element.get(name, "").strip()
        if not text:
            return default
        found = LENGTH.fullmatch(text)
        if found is None:
            line = self.document.line(element)
            raise self.source.refuse(f"{name}={shown(text)} is no length that can be read", line=line)
        return float(found[1]) * PIXELS[(found[2] or "").lower()]

    def _transform(self, text: str, line: int) -> Matrix:
        matrix: Matrix = np.eye(3)
        position = 0
        while position < len(text.rstrip()):
            found = TRANSFORM.match(text, position)
            made = None if found is None else _one_transform(found[1], found[2])
            if found is None or made is None:
                raise self.source.refuse(f"the transform {shown(text)} cannot be read", line=line)
            matrix = matrix @ made
            position = found.end()
        return matrix

    def path(self, element: Element, line: int) -> list[list[Piece]]:
        return self.path_data(element.get("d", ""), line)

    def path_data(self, data: str, line: int) -> list[list[Piece]]:
        """The subpaths of path data; those that draw nothing are left out."""
        self.path_bytes += len(data)
        if self.path_bytes > limits.PATH_BYTES:
            raise self.source.refuse(f"holds more than {limits.PATH_BYTES // 2**20} MB of path data", line=line)
        if not PATH_DATA.fullmatch(data):
            raise self.source.refuse(
                f"the path data {shown(data)} holds more than path commands and numbers", line=line
            )
        if data.strip() and data.strip()[0] not in "Mm":
            raise self.source.refuse(f"the path data {shown(data)} does not begin with M", line=line)
        try:
            return _subpaths(data)
        except (ValueError, IndexError, TypeError, AttributeError, ZeroDivisionError, OverflowError) as error:
            raise self.source.refuse(f"the path data {shown(data)} cannot be read", line=line) from error

    def line(self, element: Element, line: int) -> list[list[Piece]]:
        ends = [[self.length(element, f"x{i}"), self.length(element, f"y{i}")] for i in (1, 2)]
        return [[np.array(ends)]]

    def polyline(self, element: Element, line: int) -> list[list[Piece]]:
        text = element.get("points", "")
        numbers = [float(number) for number in re.findall(NUMBER, text)]
        if re.sub(NUMBER, "", text).strip(" \t\r\n,") or len(numbers) % 2:
            raise self.source.refuse(f"points={shown(text)} are no pairs of numbers", line=line)
        points = np.array(numbers).reshape(-1, 2)
        if local_name(element) == "polygon":
            points = np.concatenate([points, points[:1]])
        return [[points[i : i + 2] for i in range(len(points) - 1)]] if len(points) > 1 else []

    def rect(self, element: Element, line: int) -> list[list[Piece]]:
        x, y, w, h = (self.length(element, name) for name in ("x", "y", "width", "height"))
        rx, ry = self.length(element, "rx", -1), self.length(element, "ry", -1)
        rx, ry = (ry if rx < 0 else rx), (rx if ry < 0 else ry)
        rx, ry = min(max(rx, 0), w / 2), min(max(ry, 0), h / 2)
        if w <= 0 or h <= 0:
            return []
        if rx == 0 or ry == 0:
            return self.path_data(f"M{x} {y}h{w}v{h}h{-w}z", line)
        corner = f"a{rx} {ry} 0 0 1"
        return self.path_data(
            f"M{x + rx} {y}h{w - 2 * rx}{corner} {rx} {ry}v{h - 2 * ry}{corner} {-rx} {ry}"
            f"h{2 * rx - w}{corner} {-rx} {-ry}v{2 * ry - h}{corner} {rx} {-ry}z",
            line,
        )

    def ellipse(self, element: Element, line: int) -> list[list[Piece]]:
        cx, cy = self.length(element, "cx"), self.length(element, "cy")
        rx, ry = self.length(element, "rx"), self.length(element, "ry")
        if local_name(element) == "circle":
            rx = ry = self.length(element, "r")
        if rx <= 0 or ry <= 0:
            return []
        return self.path_data(f"M{cx + rx} {cy}a{rx} {ry} 0 0 1 {-2 * rx} 0a{rx} {ry} 0 0 1 {2 * rx} 0z", line)


SHAPES = {
    "path": _Reader.path,
    "line": _Reader.line,
    "polyline": _Reader.polyline,
    "polygon": _Reader.polyline,
    "rect": _Reader.rect,
    "circle": _Reader.ellipse,
    "ellipse": _Reader.ellipse,
}


def _is_hidden(element: Element) -> bool:
    style = element.get("style", "").replace(" ", "")
    return element.get("display") == "none" or re.search(r"(^|;)display:none", style) is not None


def _translation(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _one_transform(name: str, text: str) -> Matrix | None:
    """The matrix of one transform function (SVG 1.1, section 7.6), None where it cannot be read."""
    if re.sub(NUMBER, "", text).strip(" \t\r\n,"):
        return None
    values = [float(number) for number in re.findall(NUMBER, text)]
    makers: dict[tuple[str, int], Any] = {
        ("matrix", 6): lambda a, b, c, d, e, f: [[a, c, e], [b, d, f], [0, 0, 1]],
        ("translate", 1): lambda x: _translation(x, 0),
        ("translate", 2): _translation,
        ("scale", 1): lambda s: np.diag([s, s, 1.0]),
        ("scale", 2): lambda sx, sy: np.diag([sx, sy, 1.0]),
        ("rotate", 1): _rotation,
        ("rotate", 3): lambda angle, x, y: _translation(x, y) @ _rotation(angle) @ _translation(-x, -y),
        ("skewX", 1): lambda angle: [[1, math.tan(math.radians(angle)), 0], [0, 1, 0], [0, 0, 1]],
        ("skewY", 1): lambda angle: [[1, 0, 0], [math.tan(math.radians(angle)), 1, 0], [0, 0, 1]],
    }
    maker = makers.get((name, len(values)))
    return None if maker is None or not all(map(math.isfinite, values)) else np.array(maker(*values), np.float64)


def _rotation(angle: float) -> Matrix:
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def _subpaths(data: str) -> list[list[Piece]]:
    import svgelements

    subpaths: list[list[Piece]] = []
    for segment in svgelements.Path(data):
        if isinstance(segment, svgelements.Move):
            subpaths.append([])
        elif isinstance(segment, svgelements.Close):
            subpaths[-1] += _closing(segment, not subpaths[-1])
            subpaths.append([])  # what follows without M is another stroke from the same point
        else:
            subpaths[-1] += _pieces(segment)
    return [subpath for subpath in subpaths if subpath]


def _closing(segment: Any, is_dot: bool) -> list[Piece]:
    """The line back to the start, where the path is not already there; "M x y z" is a dot."""
    return [_ends(segment)] if is_dot or segment.start != segment.end else []


def _ends(segment: Any) -> Piece:
    return np.array([[segment.start.x, segment.start.y], [segment.end.x, segment.end.y]], np.float64)


def _pieces(segment: Any) -> list[Piece]:
    """A segment of svgelements as lines and cubic curves."""
    import svgelements

    if isinstance(segment, svgelements.Line):
        return [_ends(segment)]
    if isinstance(segment, svgelements.Arc):
        if segment.rx == 0 or segment.ry == 0:  # SVG 1.1, appendix F.6.2: a straight line
            return [_ends(segment)]
        curves = [_control(curve) for curve in segment.as_cubic_curves()]
        if curves:
            curves[0][0], curves[-1][-1] = _ends(segment)
        return curves
    return [_control(segment)]


def _control(curve: Any) -> Piece:
    """The four control points of a cubic, or of the cubic that equals a quadratic."""
    ends = _ends(curve)
    if hasattr(curve, "control"):
        middle = np.array([curve.control.x, curve.control.y])
        inner = ends / 3 + 2 / 3 * middle
    else:
        inner = np.array([[curve.control1.x, curve.control1.y], [curve.control2.x, curve.control2.y]])
    return np.array([ends[0], inner[0], inner[1], ends[1]], np.float64)


def _strokes(source: Source, subpaths: list[list[Piece]]) -> Iterator[Stroke]:
    corners = np.concatenate([piece for subpath in subpaths for piece in subpath])
    tolerance = TOLERANCE * float(np.ptp(corners, axis=0).max()) or 1.0
    count = 0
    for subpath in subpaths:
        points = _points(subpath, tolerance)
        count += len(points)
        if count > limits.POINTS_PER_DRAWING:
            raise source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points")
        yield Stroke(points)


def _points(subpath: list[Piece], tolerance: float) -> FloatArray:
    """A subpath as points; where one piece ends and the next begins there is one point, and a dot is one point."""
    lines = [piece if len(piece) == 2 else flattened(piece, tolerance) for piece in subpath]
    points = np.concatenate([lines[0][:1], *(line[1:] for line in lines)])
    return points[:1] if len(points) == 2 and (points[0] == points[1]).all() else points


def _label(root: Element) -> str:
    title = next((child.text for child in root if local_name(child) == "title"), None)
    if title and title.strip():
        return title.strip()
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in (f"{{{KANJIVG}}}element", "kvg:element"):
                return value
    return ""
