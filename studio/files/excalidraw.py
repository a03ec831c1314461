"""Excalidraw (.excalidraw, .excalidrawlib): drawings of its whiteboard, JSON.

An element stands at x and y; its points count from there, and it is turned by ``angle`` (radians) about the middle of
its box. What is drawn by hand has the pressure of each point, where the pen felt it. y grows downwards.
https://docs.excalidraw.com/docs/codebase/json-schema
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from studio.files import limits, outlines, svg_path
from studio.files.columns import FloatArray
from studio.files.json_tree import number, parse
from studio.files.source import Source, shown
from studio.files.svg_geometry import Matrix, rotation, translation
from studio.files.svg_path import Piece
from studio.sequences.material import Drawing, Stroke

SCENE, LIBRARY = "excalidraw", "excalidrawlib"
LINES = frozenset({"line", "arrow"})
SHAPES = frozenset({"rectangle", "diamond", "ellipse"})
LEFT_OUT = frozenset({"text", "image", "frame", "magicframe", "embeddable", "iframe", "selection"})

CORNER_SHARE, CORNER, SHARE_ALONE = 0.25, 32.0, (1, 2)
"""Round corners: a share of the shorter side, at most so many pixels; of two older kinds the share alone."""


def read(source: Source) -> Iterator[Drawing]:
    """The drawings in a document of its own.

    Raises:
        StudioError: with the line where it is no JSON, with the element where it is none of Excalidraw.
    """
    source.limit_bytes(limits.DOCUMENT_BYTES)
    tree = parse(source, source.text())
    if not is_excalidraw(tree):
        raise source.refuse(f"{shown(tree)} is no document of Excalidraw; expected its type and its elements")
    yield from drawings(source, tree)


def is_excalidraw(tree: Any) -> bool:
    """Whether a JSON document is a scene or a library of Excalidraw."""
    return isinstance(tree, dict) and tree.get("type") in (SCENE, LIBRARY, f"{SCENE}/clipboard")


def drawings(source: Source, tree: Any) -> Iterator[Drawing]:
    """One drawing for a scene; of a library one for each of its items, its name the label."""
    found = False
    for elements, label, part in _scenes(source, tree):
        source.check_cancelled()
        strokes = list(_strokes(source, elements, part))
        if strokes:
            found = True
            yield Drawing(tuple(strokes), label, y_up=False)
    if not found:
        raise source.refuse("holds no line and no shape that is not deleted")


def _scenes(source: Source, tree: dict[str, Any]) -> Iterator[tuple[list[Any], str, str]]:
    """Elements, label and place of each."""
    if tree["type"] != LIBRARY:
        yield _list(source, tree.get("elements"), "elements"), "", "elements"
        return
    name = "libraryItems" if "libraryItems" in tree else "library"
    for i, item in enumerate(_list(source, tree.get(name), name)):
        part = f"{name}[{i}]"
        named = item if isinstance(item, dict) else {"elements": item}
        label = named.get("name", "")
        yield (
            _list(source, named.get("elements"), part),
            " ".join(label.split()) if isinstance(label, str) else "",
            part,
        )


def _strokes(source: Source, elements: list[Any], part: str) -> Iterator[Stroke]:
    """The strokes of a scene, in the order in which they lie upon each other."""
    drawn: list[Stroke | list[list[Piece]]] = []
    for i, element in enumerate(elements):
        place = f"{part}[{i}]"
        if not isinstance(element, dict):
            raise source.refuse(f"{shown(element)} is no element", part=place)
        if element.get("isDeleted") is True:
            continue
        kind = element.get("type")
        if kind == "freedraw" or kind == "draw":
            drawn.append(_freehand(source, element, place))
        elif kind in LINES or kind in SHAPES:
            drawn.append(_outlined(source, element, place))
        else:
            known = kind in LEFT_OUT
            source.assume(
                "text, pictures and frames were left out" if known else "elements of unknown kinds were left out"
            )
    pieces = [subpath for item in drawn if isinstance(item, list) for subpath in item]
    ready = iter(list(outlines.strokes(source, pieces)) if pieces else [])
    for item in drawn:
        if isinstance(item, Stroke):
            yield item
        else:
            yield from (next(ready) for _ in item)


def _freehand(source: Source, element: dict[str, Any], part: str) -> Stroke:
    points = _points(source, element, part)
    pressures = element.get("pressures")
    pressure = None
    if isinstance(pressures, list) and len(pressures) == len(points) and not element.get("simulatePressure", False):
        pressure = np.array([number(source, value, f"{part}.pressures[{i}]") for i, value in enumerate(pressures)])
        pressure = np.clip(pressure, 0.0, 1.0)
    matrix = _matrix(source, element, part, points)
    return Stroke(_finite(source, points @ matrix[:2, :2].T + matrix[:2, 2], part), pressure=pressure)


def _outlined(source: Source, element: dict[str, Any], part: str) -> list[list[Piece]]:
    """The outline of a line or a shape, where it stands."""
    if element["type"] in LINES:
        points = _points(source, element, part)
        is_round = _roundness(element) is not None and element.get("elbowed") is not True
        line = [_smooth(points)] if is_round and len(points) > 2 else outlines.polyline(points)
        if element["type"] == "arrow":
            source.assume("the heads of arrows were left out")
        return outlines.moved(line, _matrix(source, element, part, points))
    width, height = (abs(number(source, element.get(name), f"{part}.{name}")) for name in ("width", "height"))
    if width == 0 or height == 0:
        return []
    data = {"rectangle": _rectangle, "diamond": _diamond, "ellipse": _ellipse}[element["type"]](element, width, height)
    box = np.array([[0.0, 0.0], [width, height]])
    return outlines.moved(svg_path.subpaths(data), _matrix(source, element, part, box))


def _rectangle(element: dict[str, Any], w: float, h: float) -> str:
    r = _corner(min(w, h), element)
    if r == 0:
        return outlines.rectangle(0.0, 0.0, w, h)
    return f"M{r} 0H{w - r}Q{w} 0 {w} {r}V{h - r}Q{w} {h} {w - r} {h}H{r}Q0 {h} 0 {h - r}V{r}Q0 0 {r} 0"


def _diamond(element: dict[str, Any], w: float, h: float) -> str:
    x, y = _corner(w / 2, element), _corner(h / 2, element)
    if x == 0:
        return f"M{w / 2} 0L{w} {h / 2}L{w / 2} {h}L0 {h / 2}z"
    corners = [  # where a side ends, the corner, where the next side begins
        ((w - x, h / 2 - y), (w, h / 2), (w - x, h / 2 + y)),
        ((w / 2 + x, h - y), (w / 2, h), (w / 2 - x, h - y)),
        ((x, h / 2 + y), (0, h / 2), (x, h / 2 - y)),
        ((w / 2 - x, y), (w / 2, 0), (w / 2 + x, y)),
    ]
    sides = (f"L{a[0]} {a[1]}C{b[0]} {b[1]} {b[0]} {b[1]} {c[0]} {c[1]}" for a, b, c in corners)
    return f"M{w / 2 + x} {y}" + "".join(sides)


def _ellipse(element: dict[str, Any], w: float, h: float) -> str:
    return outlines.ellipse(w / 2, h / 2, w / 2, h / 2)


def _corner(side: float, element: dict[str, Any]) -> float:
    """The radius of a corner at a side of that length, 0 where corners are sharp."""
    roundness = _roundness(element)
    if roundness is None:
        return 0.0
    value = roundness.get("value")
    most = float(value) if isinstance(value, int | float) and 0 <= value < limits.LARGEST_NUMBER else CORNER
    share = CORNER_SHARE * side
    return share if roundness.get("type") in SHARE_ALONE else min(share, most)


def _roundness(element: dict[str, Any]) -> dict[str, Any] | None:
    """What the element says of its corners; None where they are sharp."""
    if element.get("strokeSharpness") == "round":  # of older versions
        return {"type": SHARE_ALONE[0]}
    found = element.get("roundness")
    return found if isinstance(found, dict) else None


def _smooth(points: FloatArray) -> list[Piece]:
    """Through all points, as the Catmull-Rom spline by which Excalidraw draws round lines."""
    around = np.concatenate([points[:1], points, points[-1:]])
    slopes = (around[2:] - around[:-2]) / 6  # of each point, a third of the way to its neighbours
    return [
        np.stack([points[i], points[i] + slopes[i], points[i + 1] - slopes[i + 1], points[i + 1]])
        for i in range(len(points) - 1)
    ]


def _points(source: Source, element: dict[str, Any], part: str) -> FloatArray:
    """The points of an element, counted from its x and y."""
    rows = []
    for i, point in enumerate(_list(source, element.get("points"), f"{part}.points")):
        if not isinstance(point, list) or len(point) < 2:
            raise source.refuse(f"{shown(point)} is no point [x, y]", part=f"{part}.points[{i}]")
        rows.append([number(source, value, f"{part}.points[{i}]") for value in point[:2]])
    if not rows or len(rows) > limits.POINTS_PER_DRAWING:
        raise source.refuse(f"holds {len(rows):,} points", part=part)
    return np.array(rows)


def _matrix(source: Source, element: dict[str, Any], part: str, points: FloatArray) -> Matrix:
    """Where an element stands: moved to x and y, turned about the middle of the box around its points."""
    x, y = (number(source, element.get(name, 0.0), f"{part}.{name}") for name in ("x", "y"))
    angle = number(source, element.get("angle") or 0.0, f"{part}.angle")
    middle = (points.min(0) + points.max(0)) / 2
    turned = rotation(math.degrees(math.remainder(angle, 2 * math.pi)))
    return translation(x, y) @ translation(*middle) @ turned @ translation(*-middle)


def _finite(source: Source, points: FloatArray, part: str) -> FloatArray:
    if not (np.abs(points) <= limits.LARGEST_NUMBER).all():
        what = f"holds a coordinate that is not a finite number below {limits.LARGEST_NUMBER:g}"
        raise source.refuse(what, part=part)
    return points


def _list(source: Source, items: Any, part: str) -> list[Any]:
    if not isinstance(items, list):
        raise source.refuse(f"{shown(items)} is no list", part=part)
    return items
