"""Fabric.js: drawings of web pages that use this library, as its ``toJSON`` writes them; y downwards.

An object lies about its middle, scaled, skewed and turned; ``left`` and ``top`` tell where the origin of its box is,
lines of half the stroke's width around it included. What lies in a group counts from the middle of the group.
https://fabricjs.com/docs/
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from studio.files import limits, outlines, svg_path
from studio.files.json_tree import number
from studio.files.source import Source, shown
from studio.files.svg_geometry import Matrix, rotation, scaling, translation
from studio.files.svg_path import Piece
from studio.sequences.material import Drawing

GROUPS = frozenset({"group", "activeselection", "pathgroup", "layer"})
LEFT_OUT = frozenset({"text", "itext", "textbox", "image"})
ORIGINS = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
CENTRED_SINCE, DEGREES_SINCE = 7, 5
"""Versions from which on the origin of an object is its middle, unless it says otherwise, and angles are degrees."""


def is_fabric(tree: Any) -> bool:
    """Whether a JSON document is a canvas or a group of Fabric.js."""
    objects = tree.get("objects") if isinstance(tree, dict) else None
    if not isinstance(objects, list):
        return False
    return all(isinstance(item, dict) and isinstance(item.get("type"), str) for item in objects)


def drawings(source: Source, tree: dict[str, Any]) -> Iterator[Drawing]:
    """One drawing: all that is on the canvas, each path and shape a stroke or several.

    Raises:
        StudioError: with the element, for what cannot be read; nothing drawn.
    """
    reader = _Reader(source, tree)
    subpaths = list(reader.objects(tree["objects"], np.eye(3), "objects", limits.NESTING))
    if not subpaths:
        raise source.refuse("holds no path and no shape that is visible")
    yield Drawing(tuple(outlines.strokes(source, subpaths)), y_up=False)


class _Reader:
    """Walks over objects and collects their outlines."""

    def __init__(self, source: Source, tree: dict[str, Any]) -> None:
        self.source = source
        version = str(tree.get("version", "")).partition(".")[0]
        self.version = int(version) if version.isascii() and version.isdigit() and len(version) < 4 else 0
        self.pieces = 0

    def objects(self, items: list[Any], matrix: Matrix, part: str, depth: int) -> Iterator[list[Piece]]:
        """The outlines of all objects in a list, under a transformation."""
        if depth < 0:
            raise self.source.refuse(f"holds groups nested more than {limits.NESTING} deep")
        for i, item in enumerate(items):
            self.source.check_cancelled()
            place = f"{part}[{i}]"
            if not isinstance(item, dict) or not isinstance(item.get("type"), str):
                raise self.source.refuse(f"{shown(item)} is no object with a type", part=place)
            if item.get("visible") is False:
                continue
            kind = item["type"].lower().replace("-", "").replace("_", "")
            if kind in GROUPS:
                yield from self._group(item, matrix, place, depth)
            elif kind in SHAPES:
                outline = SHAPES[kind](self, item, place)
                self.pieces += sum(map(len, outline))
                if self.pieces > limits.POINTS_PER_DRAWING:
                    raise self.source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points", part=place)
                x, y, width, height = self._box(kind, item, outline, place)
                own = self._matrix(item, width, height, place) @ translation(-x - width / 2, -y - height / 2)
                yield from outlines.moved(outline, matrix @ own)
            else:
                known = kind in LEFT_OUT
                self.source.assume(
                    "text and pictures were left out" if known else "objects of unknown kinds were left out"
                )

    def _group(self, item: dict[str, Any], matrix: Matrix, part: str, depth: int) -> Iterator[list[Piece]]:
        inner = item.get("objects")
        if not isinstance(inner, list):
            raise self.source.refuse("is a group without a list of objects", part=part)
        width, height, line = (self.number(item, name, part) for name in ("width", "height", "strokeWidth"))
        own = self._matrix(item, width, height, part, line)
        yield from self.objects(inner, matrix @ own, f"{part}.objects", depth - 1)

    def _box(
        self, kind: str, item: dict[str, Any], outline: list[list[Piece]], part: str
    ) -> tuple[float, float, float, float]:
        """The box about whose middle an object lies: that of its outline, of a part of a circle that of the whole."""
        if kind != "circle":
            return outlines.bounds(outline)
        radius = self.number(item, "radius", part)
        return -radius, -radius, 2 * radius, 2 * radius

    def number(self, item: dict[str, Any], name: str, part: str, default: float = 0.0) -> float:
        """A number among the properties of an object, the default where it is missing."""
        value = item.get(name)
        return default if value is None else number(self.source, value, f"{part}.{name}")

    def _matrix(
        self, item: dict[str, Any], width: float, height: float, part: str, stroke: float | None = None
    ) -> Matrix:
        """From coordinates about the middle of an object to those around it."""
        left, top, angle = (self.number(item, name, part) for name in ("left", "top", "angle"))
        x, y = (self.number(item, name, part, 1.0) for name in ("scaleX", "scaleY"))
        sideways, upwards = (
            math.tan(math.radians(min(max(self.number(item, name, part), -89.9), 89.9))) for name in ("skewX", "skewY")
        )
        line = self.number(item, "strokeWidth", part, 1.0) if stroke is None else stroke
        skewed = np.array([[1, sideways, 0], [0, 1, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [upwards, 1, 0], [0, 0, 1]])
        shape = scaling(x, y) @ skewed
        before, after = (0.0, line) if item.get("strokeUniform") is True else (line, 0.0)
        corners = np.abs(shape[:2, :2]) @ np.array([width + before, height + before]) + after
        flips = [-1.0 if item.get(name) is True else 1.0 for name in ("flipX", "flipY")]
        across, down = (0.5 - self._origin(item, name, part) for name in ("originX", "originY"))
        turned = rotation(math.remainder(angle, 360.0))
        centre = translation(float(across * corners[0]), float(down * corners[1]))
        placed: Matrix = translation(left, top) @ turned @ centre @ scaling(flips[0], flips[1]) @ shape
        return placed

    def _origin(self, item: dict[str, Any], name: str, part: str) -> float:
        """Which share of the box lies left of the origin, or above it."""
        given = item.get(name)
        if given is None:
            return 0.5 if self.version >= CENTRED_SINCE else 0.0
        if isinstance(given, str):
            if given not in ORIGINS:
                raise self.source.refuse(f"{name} is {shown(given)}; expected one of {', '.join(ORIGINS)}", part=part)
            return ORIGINS[given]
        return number(self.source, given, f"{part}.{name}")

    def path(self, item: dict[str, Any], part: str) -> list[list[Piece]]:
        given = item.get("path")
        if isinstance(given, list):
            given = " ".join(self._command(command, f"{part}.path[{i}]") for i, command in enumerate(given))
        if not isinstance(given, str) or len(given) > limits.PATH_BYTES:
            raise self.source.refuse("is a path without commands", part=part)
        try:
            return svg_path.subpaths(given) if given.strip()[:1] in ("M", "m") else []
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            raise self.source.refuse("holds path commands that cannot be read", part=part) from error

    def _command(self, command: Any, part: str) -> str:
        if not (isinstance(command, list) and command and isinstance(command[0], str) and len(command[0]) == 1):
            raise self.source.refuse(f"{shown(command)} is no path command", part=part)
        return command[0] + " ".join(repr(number(self.source, value, part)) for value in command[1:])

    def polyline(self, item: dict[str, Any], part: str, *, is_closed: bool = False) -> list[list[Piece]]:
        points = item.get("points")
        if not isinstance(points, list):
            raise self.source.refuse("holds no list of points", part=part)
        rows = []
        for i, point in enumerate(points):
            if not isinstance(point, dict):
                raise self.source.refuse(f"{shown(point)} is no point with x and y", part=f"{part}.points[{i}]")
            rows.append([number(self.source, point.get(name), f"{part}.points[{i}]") for name in ("x", "y")])
        return outlines.polyline(np.array(rows).reshape(-1, 2), is_closed=is_closed)

    def polygon(self, item: dict[str, Any], part: str) -> list[list[Piece]]:
        return self.polyline(item, part, is_closed=True)

    def line(self, item: dict[str, Any], part: str) -> list[list[Piece]]:
        ends = [[self.number(item, f"{axis}{i}", part) for axis in "xy"] for i in (1, 2)]
        return outlines.polyline(np.array(ends))

    def rectangle(self, item: dict[str, Any], part: str) -> list[list[Piece]]:
        width, height = self.number(item, "width", part), self.number(item, "height", part)
        if width <= 0 or height <= 0:
            return []
        rx, ry = (self.number(item, name, part) for name in ("rx", "ry"))
        rx, ry = min(max(rx or ry, 0.0), width / 2), min(max(ry or rx, 0.0), height / 2)
        return svg_path.subpaths(outlines.rectangle(0.0, 0.0, width, height, rx, ry))

    def triangle(self, item: dict[str, Any], part: str) -> list[list[Piece]]:
        width, height = self.number(item, "width", part), self.number(item, "height", part)
        return outlines.polyline(np.array([[0, height], [width / 2, 0], [width, height]]), is_closed=True)

    def ellipse(self, item: dict[str, Any], part: str) -> list[list[Piece]]:
        rx, ry = self.number(item, "rx", part), self.number(item, "ry", part)
        return svg_path.subpaths(outlines.ellipse(0.0, 0.0, rx, ry)) if rx > 0 and ry > 0 else []

    def circle(self, item: dict[str, Any], part: str) -> list[list[Piece]]:
        radius = self.number(item, "radius", part)
        if radius <= 0:
            return []
        in_degrees = self.version >= DEGREES_SINCE or self.number(item, "endAngle", part) > 2 * math.pi + 1e-6
        unit = math.pi / 180 if in_degrees else 1.0
        start = self.number(item, "startAngle", part) * unit
        end = self.number(item, "endAngle", part, 2 * math.pi / unit) * unit
        angle = min(max(end - start, -2 * math.pi), 2 * math.pi)
        begin = complex(math.cos(start), math.sin(start)) * radius
        if item.get("counterClockwise") is True and abs(angle) < 2 * math.pi:
            angle -= 2 * math.pi
        return [outlines.turn(begin, 0j, angle)] if angle else []


SHAPES: dict[str, Callable[[_Reader, dict[str, Any], str], list[list[Piece]]]] = {
    "path": _Reader.path,
    "polyline": _Reader.polyline,
    "polygon": _Reader.polygon,
    "line": _Reader.line,
    "rect": _Reader.rectangle,
    "triangle": _Reader.triangle,
    "circle": _Reader.circle,
    "ellipse": _Reader.ellipse,
}
