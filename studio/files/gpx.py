"""GPX (.gpx): tracks and routes of a satellite receiver, each a drawing in metres."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np

from studio.files.geo import Way, drawing_of_ways, moment, times_or_none
from studio.files.source import Source, shown
from studio.files.xml_tree import Document, local_name, read_document
from studio.sequences.material import Drawing


def read(source: Source) -> Iterator[Drawing]:
    """One drawing for each track or route, labelled by its name; one stroke for each segment, with its times.

    Raises:
        StudioError: with the line, for damaged XML, a place that is none, or nothing to draw.
    """
    document = read_document(source, "gpx")
    found = False
    for way in document.root:
        name = local_name(way)
        if name not in ("trk", "rte"):
            continue
        source.check_cancelled()
        segments = [child for child in way if local_name(child) == "trkseg"] if name == "trk" else [way]
        ways = [drawn for segment in segments if (drawn := _way(source, document, segment)) is not None]
        if ways:
            found = True
            yield drawing_of_ways(source, ways, _child_text(way, "name"), f"line {document.line(way)}")
    if any(local_name(child) == "wpt" for child in document.root):
        source.note("single waypoints are no way and were left out")
    if not found:
        raise source.refuse("holds no track or route with points", line=1)


def _way(source: Source, document: Document, segment: Element) -> Way | None:
    places: list[tuple[float, float]] = []
    times: list[float | None] = []
    for point in segment:
        if local_name(point) not in ("trkpt", "rtept"):
            continue
        longitude, latitude = point.get("lon", ""), point.get("lat", "")
        try:
            places.append((float(longitude), float(latitude)))
        except ValueError:
            what = f"{shown(f'{latitude} {longitude}')} is no latitude and longitude"
            raise source.refuse(what, line=document.line(point)) from None
        times.append(moment(_child_text(point, "time")))
    return Way(np.array(places), times_or_none(times)) if places else None


def _child_text(element: Element, name: str) -> str:
    return next((" ".join((child.text or "").split()) for child in element if local_name(child) == name), "")
