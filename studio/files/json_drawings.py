"""Drawings as JSON: the studio's own lossless layout, and the plain lists that other programs write.

The studio's own layout::

    {"format": "vrnn-studio drawings", "version": 1, "drawings": [
        {"label": "eight", "y_up": true, "strokes": [
            {"points": [[x, y], ...], "times": [seconds, ...], "pressure": [0 to 1, ...]}, ...]}, ...]}

``label``, ``y_up``, ``times`` and ``pressure`` may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from studio.files import excalidraw, fabric, geojson, limits, quickdraw
from studio.files.columns import FloatArray, column_named
from studio.files.json_tree import number, number_list, parse
from studio.files.raw_table import RawTable
from studio.files.source import Source, shown
from studio.files.table_reader import drawings_in
from studio.files.text_tables import has_points
from studio.sequences.material import Drawing, Stroke

FORMAT = "vrnn-studio drawings"
VERSION = 1

Kind: TypeAlias = Literal["number", "point", "stroke", "drawing", "drawings", "unknown"]
# What a list is, by what its first element is.
ONE_UP: dict[Kind, Kind] = {
    "number": "point",
    "point": "stroke",
    "stroke": "drawing",
    "drawing": "drawings",
    "drawings": "drawings",
    "unknown": "unknown",
}
KEYS: dict[str, Kind] = {"drawings": "drawings", "strokes": "drawing", "drawing": "drawing", "points": "stroke"}
OF_OTHERS: tuple[tuple[Callable[[Any], bool], Callable[[Source, Any], Iterator[Drawing]]], ...] = (
    (geojson.is_geojson, geojson.drawings),
    (excalidraw.is_excalidraw, excalidraw.drawings),
    (fabric.is_fabric, fabric.drawings),
)
"""What other programs write as JSON: what tells it, and what reads it."""

EXPECTED = "expected a list of points, of strokes or of drawings"


def read(source: Source) -> Iterator[Drawing]:
    """Our own layout; or a list of points ``[x, y, ...]``, of strokes (lists of points) or of drawings (lists of
    strokes). Points may be objects ``{"x": .., "y": .., "t": ..}``; strokes and drawings may be objects with the keys
    points, strokes, drawings, or vectors x and y; Quick, Draw! objects are known by their key drawing.

    Raises:
        StudioError: with the line where it is no JSON, with the element where it is no drawing.
    """
    source.limit_bytes(limits.DOCUMENT_BYTES)
    text = source.text()
    if quickdraw.looks_like(text):
        return quickdraw.read(source)
    tree = parse(source, text)
    for is_theirs, drawings in OF_OTHERS:
        if is_theirs(tree):
            return drawings(source, tree)
    if isinstance(tree, dict) and tree.get("format") == FORMAT and tree.get("version") != VERSION:
        raise source.refuse(f"is of version {shown(tree.get('version'))}; this studio reads version {VERSION}")
    return _drawings(source, tree, "", limits.NESTING)


def _drawings(source: Source, tree: Any, part: str, depth: int) -> Iterator[Drawing]:
    source.check_cancelled()
    kind = _kind(tree, depth)
    if kind == "drawings":
        items, place = (tree["drawings"], f"{part}.drawings") if isinstance(tree, dict) else (tree, part)
        for i, item in enumerate(_list(source, items, place)):
            yield from _drawings(source, item, f"{place}[{i}]".lstrip("."), depth - 1)
    elif kind == "drawing":
        yield _drawing(source, tree, part)
    elif kind == "stroke":
        yield _described(_of_strokes(source, [tree], [part]), tree)
    else:
        raise source.refuse(f"{shown(tree)} is no drawing; {EXPECTED}", part=part or None)


def _kind(tree: Any, depth: int) -> Kind:
    """What a tree is meant to be, by its keys or by its first element."""
    if isinstance(tree, int | float):
        return "number"
    if isinstance(tree, dict):
        return _kind_of_object(tree)
    if isinstance(tree, list) and tree and depth > 0:
        return ONE_UP[_kind(tree[0], depth - 1)]
    return "unknown"


def _kind_of_object(tree: dict[str, Any]) -> Kind:
    for key, kind in KEYS.items():
        if key in tree:
            return kind
    if "x" in tree and "y" in tree:
        return "stroke" if isinstance(tree["x"], list) else "point"
    return "unknown"


def _drawing(source: Source, tree: Any, part: str) -> Drawing:
    if isinstance(tree, dict) and "drawing" in tree:
        return quickdraw.drawing(source, tree, part)
    strokes, place = (tree["strokes"], f"{part}.strokes".lstrip(".")) if isinstance(tree, dict) else (tree, part)
    items = _list(source, strokes, place)
    return _described(_of_strokes(source, items, [f"{place}[{i}]" for i in range(len(items))]), tree)


def _described(drawing: Drawing, tree: Any) -> Drawing:
    """The drawing with the label and the orientation that its object gives it."""
    if not isinstance(tree, dict):
        return drawing
    label, y_up = tree.get("label", ""), tree.get("y_up")
    return Drawing(
        drawing.strokes, label if isinstance(label, str) else str(label), y_up if isinstance(y_up, bool) else None
    )


def _of_strokes(source: Source, items: list[Any], parts: list[str]) -> Drawing:
    if all(_is_plain(item) for item in items):
        return Drawing(tuple(_stroke(source, item, part) for item, part in zip(items, parts, strict=True)))
    tables = [_table(source, item, part) for item, part in zip(items, parts, strict=True)]
    names, width = tables[0][1], tables[0][0].shape[1]
    for (table, other), part in zip(tables, parts, strict=True):
        if not len(table):
            raise source.refuse("has no points", part=part or None)
        if other != names or table.shape[1] != width:
            raise source.refuse("has other columns than the strokes before it", part=part)
    begins = np.zeros(sum(len(table) for table, _ in tables))
    begins[np.cumsum([0, *(len(table) for table, _ in tables[:-1])])] = 1
    joined = np.concatenate([table for table, _ in tables])
    if names is not None and not has_points(names):
        raise source.refuse("has no columns x and y", part=parts[0] or "points")
    rows = RawTable(joined, names, begins=begins > 0, ordered=names is None, positions=True)
    found = list(drawings_in(source, [(rows, parts[0] or "points")]))
    return found[0] if len(found) == 1 else Drawing(tuple(stroke for drawing in found for stroke in drawing.strokes))


def _is_plain(item: Any) -> bool:
    """Whether a stroke looks as the studio writes it."""
    if not isinstance(item, dict) or not isinstance(item.get("points"), list) or not item["points"]:
        return False
    first = item["points"][0]
    return isinstance(first, list) and len(first) == 2


def _stroke(source: Source, item: dict[str, Any], part: str) -> Stroke:
    """A stroke as the studio writes it, exactly as it stands."""
    points, _ = _table(source, item["points"], f"{part}.points".lstrip("."))
    extra: dict[str, FloatArray | None] = {}
    for key in ("times", "pressure"):
        values = item.get(key)
        extra[key] = None if values is None else number_list(source, values, f"{part}.{key}".lstrip("."))
        if values is not None and len(values) != len(points):
            raise source.refuse(f"has {len(values)} {key} for {len(points)} points", part=part or None)
    return Stroke(points, extra["times"], extra["pressure"])


def _table(source: Source, item: Any, part: str) -> tuple[FloatArray, tuple[str, ...] | None]:
    """The points of a stroke, ``[N, C]``, and the names of the columns where they have some."""
    if isinstance(item, dict) and "points" in item:
        return _table(source, item["points"], f"{part}.points".lstrip("."))
    if isinstance(item, dict):
        return _vectors(source, item, part)
    points = _list(source, item, part)
    first = points[0]
    if isinstance(first, dict):
        numeric = {name for name, value in first.items() if isinstance(value, int | float)}
        names = tuple(sorted(name for name in numeric if column_named(name)))
        return np.array([_named_row(source, point, names, f"{part}[{i}]") for i, point in enumerate(points)]), names
    width = len(first) if isinstance(first, list) else 0
    return np.array([_row(source, point, width, f"{part}[{i}]") for i, point in enumerate(points)]), None


def _vectors(source: Source, item: dict[str, Any], part: str) -> tuple[FloatArray, tuple[str, ...]]:
    names = tuple(sorted(name for name, values in item.items() if isinstance(values, list) and column_named(name)))
    columns = [number_list(source, item[name], f"{part}.{name}".lstrip(".")) for name in names]
    if len({len(column) for column in columns}) != 1:
        raise source.refuse("has no vectors x and y of the same length", part=part or None)
    return np.stack(columns, 1), names


def _named_row(source: Source, point: Any, names: tuple[str, ...], part: str) -> list[float]:
    if not isinstance(point, dict) or any(name not in point for name in names) or len(names) < 2:
        raise source.refuse(f"{shown(point)} is no point with x and y like the first one", part=part)
    return [number(source, point[name], part) for name in names]


def _row(source: Source, point: Any, width: int, part: str) -> list[float]:
    if not isinstance(point, list) or len(point) != width or width < 2:
        like = f" of {width} numbers" if width > 2 else ""
        raise source.refuse(f"{shown(point)} is no point [x, y]{like}", part=part)
    return [number(source, value, part) for value in point]


def _list(source: Source, items: Any, part: str) -> list[Any]:
    if not isinstance(items, list) or not items:
        raise source.refuse(f"{shown(items)} is no list with anything in it", part=part or None)
    return items


def to_text(drawings: Sequence[Drawing]) -> str:
    """The drawings in the studio's own layout; `read` gives them back bit by bit."""
    described = []
    for drawing in drawings:
        strokes = []
        for stroke in drawing.strokes:
            entry: dict[str, Any] = {"points": stroke.points.tolist()}
            if stroke.times is not None:
                entry["times"] = stroke.times.tolist()
            if stroke.pressure is not None:
                entry["pressure"] = stroke.pressure.tolist()
            strokes.append(entry)
        described.append({"label": drawing.label, "y_up": drawing.y_up, "strokes": strokes})
    # One drawing per line: readable enough, and small differences stay small.
    body = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in described)
    return f'{{"format": "{FORMAT}", "version": {VERSION}, "drawings": [\n{body}\n]}}\n'
