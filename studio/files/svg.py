"""SVG: the outlines of its shapes as strokes.

Read are path, line, polyline, polygon, rect, circle, ellipse and use, where a browser draws them: with transforms,
nested viewports and style sheets (svg_geometry.py, svg_style.py); each subpath is a stroke. Curves become evenly spaced
points (see curves.py), straight lines keep only their ends. The coordinates are those of the outermost viewBox. Text,
colours, widths of lines and clipping are ignored; what is not drawn (defs, symbol, clipPath, display: none, visibility:
hidden)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

import numpy as np

from studio.files import limits, outlines, svg_geometry, svg_marks, svg_path
from studio.files.source import Source, shown
from studio.files.svg_geometry import NUMBER, Matrix, Size
from studio.files.svg_path import Piece
from studio.files.svg_style import Styles
from studio.files.xml_tree import Document, local_name, read_document
from studio.sequences.material import Drawing

DRAWING_CLASS = "drawing"
"""The class of the groups into which the studio's own writer puts several drawings."""

KANJIVG = "http://kanjivg.tagaini.net"

PATH_DATA = re.compile(r"[\s,0-9eE.+\-MmLlHhVvCcSsQqTtAaZz]*")
PATH_PROPERTY = re.compile(r"""path\(\s*(?:[a-z]+\s*,\s*)?(["'])(.*)\1\s*\)""", re.DOTALL)
CONTAINERS = frozenset({"g", "svg", "a", "switch", "use", "symbol"})
ACROSS = frozenset({"x", "x1", "x2", "cx", "rx", "width"})
DOWN = frozenset({"y", "y1", "y2", "cy", "ry", "height"})
PICTURE_SIZE = (300.0, 150.0)
"""Of a page that tells none, where a length is a share of it: browsers show pictures so."""

STYLED = {
    "rect": frozenset({"x", "y", "width", "height", "rx", "ry"}),
    "circle": frozenset({"cx", "cy", "r"}),
    "ellipse": frozenset({"cx", "cy", "rx", "ry"}),
    "use": frozenset({"x", "y"}),
}
"""The lengths of each element that a style may tell; of others browsers look at the attributes only."""

FILL_BOXES = frozenset({"fill-box", "content-box"})


def read(source: Source) -> Iterator[Drawing]:
    """One drawing per file, or one per group of the class "drawing"; y grows downwards.

    The label is the group's or the document's title, or KanjiVG's ``kvg:element``.

    Raises:
        StudioError: with the line, for damaged XML, path data, a transform or a length that cannot be read.
    """
    document = read_document(source, "svg", plain_entities=True)
    reader = _Reader(source, document)
    groups = [element for element in document.root.iter() if element.get("class") == DRAWING_CLASS]
    if (ours := svg_marks.drawings_of(document, groups)) is not None:
        yield from ours
        return
    is_empty = True
    for root in groups or [document.root]:
        reader.subpaths = []
        reader.walk(root, reader.outermost(), limits.NESTING)
        if reader.subpaths:  # one drawing among several may be hidden
            is_empty = False
            yield Drawing(tuple(outlines.strokes(source, reader.subpaths)), _label(root), y_up=False)
    if is_empty:
        raise source.refuse("holds no shape that draws a line", line=document.line((groups or [document.root])[0]))


@dataclass(frozen=True)
class _Place:
    """Where an element stands, and what it inherits.

    Attributes:
        matrix: from its coordinates to the outermost ones.
        page: width and height of its viewport; None where the outermost does not tell.
        is_visible: what ``visibility`` says.
        font_size: in pixels.
    """

    matrix: Matrix
    page: Size | None
    is_visible: bool = True
    font_size: float = svg_geometry.INITIAL_FONT_SIZE


class _Reader:
    """Walks over the elements and collects their subpaths, transformed to the outermost coordinates."""

    def __init__(self, source: Source, document: Document) -> None:
        self.source, self.document = source, document
        self.by_id: dict[str, Element] = {}
        for element in document.root.iter():
            self.by_id.setdefault(element.get("id", ""), element)
        self.styles = Styles(source, document)
        self.subpaths: list[list[Piece]] = []
        self.visited = self.pieces = self.path_bytes = 0

    def outermost(self) -> _Place:
        """The place of the outermost element: its viewBox is kept, but for a stretch that it asks for."""
        root = self.document.root
        box = svg_geometry.view_box(root.get("viewBox", ""))
        style = self.styles.of(root)
        sides = [style.get(name, root.get(name, "")).strip() for name in ("width", "height")]
        given = [svg_geometry.length(side, lambda: np.nan) for side in sides]
        width, height = (side if side is not None and side > 0 else None for side in given)
        shown_as = None if width is None or height is None else (width, height)
        if box is None or not (box[2] > 0 and box[3] > 0):
            return _Place(np.eye(3), shown_as)
        matrix: Matrix = np.eye(3)
        if shown_as is not None:
            stretched = svg_geometry.fitted(box, root.get("preserveAspectRatio", ""), shown_as)
            matrix = svg_geometry.scaling(1, stretched[1, 1] / stretched[0, 0])
        return _Place(matrix, (box[2], box[3]))

    def walk(self, element: Element, place: _Place, depth: int, use: Element | None = None) -> None:
        """Draw an element where it stands, or where `use` shows it."""
        line = self.document.line(element)
        self.visited += 1
        if depth < 0 or self.visited > len(self.document.lines) + limits.USED_ELEMENTS:
            raise self.source.refuse("repeats itself too often by <use>", line=line)
        style = self.styles.of(element)
        if not self._is_drawn(element) or _said(style, element, "display") == "none":
            return
        place = self._inherited(element, place)
        first = len(self.subpaths)
        if style.get("transform-box", "").lower() in FILL_BOXES:  # the box is known when all in it is drawn
            self._draw(element, replace(place, matrix=np.eye(3)), depth, use)
            box = outlines.bounds(self.subpaths[first:])
            matrix = place.matrix @ self._transform(element, place, box)
            self._place_again(first, matrix, line)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                matrix = place.matrix @ self._transform(element, place, None)
            self._draw(element, replace(place, matrix=matrix), depth, use)

    def _is_drawn(self, element: Element) -> bool:
        """Whether a browser knows and draws elements of the kind: those of other programs it leaves out."""
        namespace = element.tag.rpartition("}")[0] if isinstance(element.tag, str) else ""
        own = self.document.root.tag.rpartition("}")[0]
        is_known = local_name(element) in CONTAINERS or local_name(element) in SHAPES
        return is_known and namespace == own and not element.get("requiredExtensions", "").strip()

    def _inherited(self, element: Element, place: _Place) -> _Place:
        style = self.styles.of(element)
        visibility = _said(style, element, "visibility")
        if visibility in ("visible", "hidden", "collapse", "initial"):
            place = replace(place, is_visible=visibility in ("visible", "initial"))
        if size := _said(style, element, "font-size"):
            pixels = svg_geometry.length(size, lambda: place.font_size, place.font_size)
            place = place if pixels is None else replace(place, font_size=pixels)
        return place

    def _draw(self, element: Element, place: _Place, depth: int, use: Element | None) -> None:
        """Draw an element and what it holds; `place` is that of its content."""
        name = local_name(element)
        inner: _Place | None = place
        if name == "use":
            self._walk_used(element, place, depth)
        elif name in SHAPES:
            self._draw_shape(element, place)
        elif name != "symbol" or use is not None:  # a symbol is drawn only where it is used
            if name == "symbol" or (name == "svg" and element is not self.document.root):
                inner = self._viewport(element, use, place)
            for child in _chosen(element) if inner is not None else ():
                self.walk(child, inner or place, depth - 1)

    def _draw_shape(self, element: Element, place: _Place) -> None:
        line = self.document.line(element)
        for subpath in SHAPES[local_name(element)](self, element, place) if place.is_visible else ():
            self._count(len(subpath), line)
            self.subpaths.append([self._placed(piece, place.matrix, line) for piece in subpath])
        self.source.check_cancelled()

    def _count(self, pieces: int, line: int) -> None:
        self.pieces += pieces
        if self.pieces > limits.POINTS_PER_DRAWING:
            raise self.source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points", line=line)

    def _placed(self, piece: Piece, matrix: Matrix, line: int) -> Piece:
        with np.errstate(over="ignore", invalid="ignore"):
            placed = piece @ matrix[:2, :2].T + matrix[:2, 2]
        if not (np.abs(placed) <= limits.LARGEST_NUMBER).all():
            what = f"holds a coordinate that is not a finite number below {limits.LARGEST_NUMBER:g}"
            raise self.source.refuse(what, line=line)
        return placed

    def _place_again(self, first: int, matrix: Matrix, line: int) -> None:
        """Transform the subpaths from number `first` on."""
        pieces = [piece for subpath in self.subpaths[first:] for piece in subpath]
        self._count(len(pieces), line)
        if pieces:
            placed = self._placed(np.concatenate(pieces), matrix, line)
            rest = iter(np.split(placed, np.cumsum([len(piece) for piece in pieces])[:-1]))
            self.subpaths[first:] = [[next(rest) for _ in subpath] for subpath in self.subpaths[first:]]

    def _walk_used(self, element: Element, place: _Place, depth: int) -> None:
        target = element.get("href", element.get("{http://www.w3.org/1999/xlink}href", "")).strip()
        used = self.by_id.get(target[1:]) if target[:1] == "#" and target != "#" else None
        if used is None:
            return
        by = svg_geometry.translation(self.length(element, "x", place), self.length(element, "y", place))
        self.walk(used, replace(place, matrix=place.matrix @ by), depth - 1, element)

    def _viewport(self, element: Element, use: Element | None, place: _Place) -> _Place | None:
        """The place of what a nested <svg> or a <symbol> holds, None where it has no size.

        Args:
            use: the <use> that shows it; where that tells a width or a height, it counts.
        """
        by = svg_geometry.translation(self.length(element, "x", place), self.length(element, "y", place))
        place = replace(place, matrix=place.matrix @ by)
        box = svg_geometry.view_box(element.get("viewBox", ""))
        width, height = (
            use if use is not None and self._property(use, name) not in ("", "auto") else element
            for name in ("width", "height")
        )
        told = [self._property(width, "width"), self._property(height, "height")]
        if box is None and place.page is None and not any(told):
            return place
        page = self._page(place)
        size = self.length(width, "width", place, page[0]), self.length(height, "height", place, page[1])
        if min(size) <= 0 or (box is not None and min(box[2:]) <= 0):
            return None
        if box is None:
            return replace(place, page=size)
        matrix = svg_geometry.fitted(box, element.get("preserveAspectRatio", ""), size)
        return replace(place, matrix=place.matrix @ matrix, page=(box[2], box[3]))

    def _page(self, place: _Place) -> Size:
        if place.page is None:
            self.source.assume(
                "the page tells no size, and lengths in % are shares of 300 by 150 pixels, as in a browser's picture; "
                "a viewBox on the outer <svg> tells it"
            )
        return place.page or PICTURE_SIZE

    def _property(self, element: Element, name: str) -> str:
        """What the attribute of the name says, or the style where browsers heed it."""
        if name in STYLED.get(local_name(element), ()):
            return self.styles.of(element).get(name, element.get(name, "")).strip()
        return element.get(name, "").strip()

    def length(self, element: Element, name: str, place: _Place, default: float = 0.0) -> float:
        """A length in pixels, or in the units of the viewport."""
        text = self._property(element, name)
        if text in ("", "auto"):
            return default

        def share() -> float:
            width, height = self._page(place)
            return width if name in ACROSS else height if name in DOWN else float(np.hypot(width, height) / 2**0.5)

        found = svg_geometry.length(text, share, place.font_size)
        if found is None:
            line = self.document.line(element)
            raise self.source.refuse(f"{name}={shown(text)} is no length that can be read", line=line)
        return found

    def _transform(self, element: Element, place: _Place, box: tuple[float, float, float, float] | None) -> Matrix:
        """The matrix of the element's own transforms.

        Args:
            box: x, y, width and height of its reference box where that is not the viewport.
        """
        style = self.styles.of(element)
        attribute = element.get("transform", "")
        if not attribute and not style.keys() & {"transform", "translate", "rotate", "scale"}:
            return np.eye(3)

        def size() -> Size:
            return self._page(place) if box is None else (box[2], box[3])

        turns = [style.get(name, "") for name in ("translate", "rotate", "scale")]
        about = style.get("transform-origin", element.get("transform-origin", ""))
        if css := style.get("transform", ""):
            matrix = svg_geometry.css_transform(css, size, place.font_size)
        else:
            matrix = svg_geometry.attribute_transform(attribute)
        before = svg_geometry.moved_turned_scaled(turns[0], turns[1], turns[2], size, place.font_size)
        if matrix is None or before is None:
            text = css or attribute if matrix is None else " ".join(turns).strip()
            raise self.source.refuse(f"the transform {shown(text)} cannot be read", line=self.document.line(element))
        default = "" if box is None else "0 0"
        x, y = svg_geometry.origin(about or default, size, place.font_size) or (0.0, 0.0)
        if box is not None:
            x, y = x + box[0], y + box[1]
        back = svg_geometry.translation(-x, -y)
        with np.errstate(over="ignore", invalid="ignore"):
            placed: Matrix = svg_geometry.translation(x, y) @ before @ matrix @ back
        return placed

    def path(self, element: Element, place: _Place) -> list[list[Piece]]:
        line = self.document.line(element)
        declared = self.styles.of(element).get("d")
        if declared is None:
            return self.path_data(element.get("d", ""), line)
        found = PATH_PROPERTY.fullmatch(declared)
        return self.path_data(found[2], line) if found else []

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
            return svg_path.subpaths(data)
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            raise self.source.refuse(f"the path data {shown(data)} cannot be read", line=line) from error

    def line(self, element: Element, place: _Place) -> list[list[Piece]]:
        ends = [[self.length(element, f"x{i}", place), self.length(element, f"y{i}", place)] for i in (1, 2)]
        return [[np.array(ends)]]

    def polyline(self, element: Element, place: _Place) -> list[list[Piece]]:
        text = element.get("points", "")
        numbers = [float(number) for number in re.findall(NUMBER, text)]
        if re.sub(NUMBER, "", text).strip(" \t\r\n,") or len(numbers) % 2:
            line = self.document.line(element)
            raise self.source.refuse(f"points={shown(text)} are no pairs of numbers", line=line)
        return outlines.polyline(np.array(numbers).reshape(-1, 2), is_closed=local_name(element) == "polygon")

    def rect(self, element: Element, place: _Place) -> list[list[Piece]]:
        x, y, w, h = (self.length(element, name, place) for name in ("x", "y", "width", "height"))
        rx, ry = (self.length(element, name, place, -1) for name in ("rx", "ry"))
        rx, ry = (ry if rx < 0 else rx), (rx if ry < 0 else ry)
        rx, ry = min(max(rx, 0), w / 2), min(max(ry, 0), h / 2)
        if w <= 0 or h <= 0:
            return []
        return self.path_data(outlines.rectangle(x, y, w, h, rx, ry), self.document.line(element))

    def ellipse(self, element: Element, place: _Place) -> list[list[Piece]]:
        cx, cy = self.length(element, "cx", place), self.length(element, "cy", place)
        rx, ry = (self.length(element, name, place, np.nan) for name in ("rx", "ry"))
        rx, ry = (ry if np.isnan(rx) else rx), (rx if np.isnan(ry) else ry)  # one alone is both
        if local_name(element) == "circle":
            rx = ry = self.length(element, "r", place)
        if not (rx > 0 and ry > 0):
            return []
        return self.path_data(outlines.ellipse(cx, cy, rx, ry), self.document.line(element))


SHAPES = {
    "path": _Reader.path,
    "line": _Reader.line,
    "polyline": _Reader.polyline,
    "polygon": _Reader.polyline,
    "rect": _Reader.rect,
    "circle": _Reader.ellipse,
    "ellipse": _Reader.ellipse,
}


def _said(style: Mapping[str, str], element: Element, name: str) -> str:
    """A keyword of the style, or of the attribute of the same name."""
    return style.get(name, element.get(name, "")).strip().lower()


def _chosen(element: Element) -> list[Element]:
    """The children that are drawn: of a <switch> the first that asks for nothing that a browser lacks."""
    children = list(element)
    if local_name(element) != "switch":
        return children
    fit = [child for child in children if not child.get("requiredExtensions", "").strip()]
    return [child for child in fit if "en" in child.get("systemLanguage", "en")][:1]


def _label(root: Element) -> str:
    title = next((child.text for child in root if local_name(child) == "title"), None)
    if title and title.strip():
        return title.strip()
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in (f"{{{KANJIVG}}}element", "kvg:element"):
                return value
    return ""
