"""GeoJSON (.geojson, .json; RFC 7946): ways and outlines, each feature a drawing in metres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray
from studio.files.geo import Way, drawing_of_ways, moment, times_or_none
from studio.files.json_tree import number, parse
from studio.files.source import Source, shown
from studio.sequences.material import Drawing

GEOMETRIES = {"LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""Those that draw lines, and how many lists stand around their ways."""

OTHERS = ("Point", "MultiPoint", "GeometryCollection", "Feature", "FeatureCollection")
DEGREES = (":4326", ":CRS84", ":4979", ":CRS84H", ":4269", ":4258")
"""How the names end of what counts in degrees: WGS 84, and what differs from it by a metre or two."""

LABELS = ("name", "label", "title", "NAME", "Name")
TIMES = ("coordTimes", "times", "timestamps")


def read(source: Source) -> Iterator[Drawing]:
    """The drawings in a document of its own.

    Raises:
        StudioError: with the line where it is no JSON, with the element where it is no GeoJSON or has nothing to draw.
    """
    source.limit_bytes(limits.DOCUMENT_BYTES)
    tree = parse(source, source.text())
    if not is_geojson(tree):
        raise source.refuse(f"{shown(tree)} is no GeoJSON object with a type")
    yield from drawings(source, tree)


def is_geojson(tree: Any) -> bool:
    """Whether a JSON document is GeoJSON."""
    kind = tree.get("type") if isinstance(tree, dict) else None
    holds = {"coordinates", "features", "geometry", "geometries"}
    return isinstance(kind, str) and kind in (*GEOMETRIES, *OTHERS) and not holds.isdisjoint(tree)


def drawings(source: Source, tree: Any) -> Iterator[Drawing]:
    """One drawing for each feature that holds ways or outlines; its name labels it. Points are left out.

    Times are those of ``coordTimes`` or ``times`` among the properties, as some programs write them.
    """
    _check_degrees(source, tree)
    features = tree.get("features") if tree.get("type") == "FeatureCollection" else [tree]
    found = False
    for i, feature in enumerate(features if isinstance(features, list) else []):
        source.check_cancelled()
        part = f"features[{i}]"
        ways = list(_ways(source, feature, _properties(feature), part, limits.NESTING))
        if ways:
            found = True
            properties = _properties(feature)
            label = next((str(properties[name]) for name in LABELS if properties.get(name)), "")
            yield drawing_of_ways(source, ways, " ".join(label.split()), part)
        else:
            source.assume("features without a line or an outline were left out")
    if not found:
        raise source.refuse("holds no line or outline")


def _check_degrees(source: Source, tree: dict[str, Any]) -> None:
    """Refuse coordinates that the document itself says are no degrees of WGS 84, as the format of 2008 allowed."""
    crs = tree.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and not name.strip().upper().endswith(DEGREES):
        raise source.refuse(f"has coordinates in {shown(name)}; export it in WGS 84 (EPSG:4326)", part="crs")


def _properties(feature: Any) -> dict[str, Any]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _ways(source: Source, tree: Any, properties: dict[str, Any], part: str, depth: int) -> Iterator[Way]:
    if not isinstance(tree, dict) or depth < 0:
        return
    kind = tree.get("type")
    if kind == "Feature":
        yield from _ways(source, tree.get("geometry"), properties, f"{part}.geometry", depth - 1)
    elif kind == "GeometryCollection" and isinstance(tree.get("geometries"), list):
        for j, geometry in enumerate(tree["geometries"]):
            yield from _ways(source, geometry, {}, f"{part}.geometries[{j}]", depth - 1)
    elif isinstance(kind, str) and kind in GEOMETRIES:
        times = next((properties[name] for name in TIMES if isinstance(properties.get(name), list)), None)
        yield from _lines(source, tree.get("coordinates"), times, f"{part}.coordinates", GEOMETRIES[kind])


def _lines(source: Source, items: Any, times: Any, part: str, depth: int) -> Iterator[Way]:
    if not isinstance(items, list):
        raise source.refuse(f"{shown(items)} is no list of coordinates", part=part)
    if depth > 1:
        for j, item in enumerate(items):
            inner = times[j] if isinstance(times, list) and j < len(times) else None
            yield from _lines(source, item, inner, f"{part}[{j}]", depth - 1)
    elif items:
        yield Way(_places(source, items, part), _times(times, len(items)))


def _places(source: Source, items: list[Any], part: str) -> FloatArray:
    places = []
    for j, item in enumerate(items):
        if not isinstance(item, list) or len(item) < 2:
            raise source.refuse(f"{shown(item)} is no longitude and latitude", part=f"{part}[{j}]")
        places.append([number(source, value, f"{part}[{j}]") for value in item[:2]])
    return np.array(places, np.float64)


def _times(times: Any, count: int) -> FloatArray | None:
    """Times as text, or as numbers since 1970: milliseconds where they are as large as that."""
    if not isinstance(times, list) or len(times) != count:
        return None
    found = times_or_none([_time(time) for time in times])
    return found if found is None or np.nanmax(np.abs(found)) < 1e11 else found / 1000


def _time(value: Any) -> float | None:
    if isinstance(value, str):
        return moment(value)
    return float(value) if isinstance(value, int | float) and abs(value) < 1e15 else None
