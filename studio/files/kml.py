"""KML and KMZ (.kml, .kmz): ways and tracks on a map, each placemark a drawing in metres."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from xml.etree.ElementTree import Element

import numpy as np

from studio.files import limits
from studio.files.geo import Way, drawing_of_ways, moment, times_or_none
from studio.files.source import Source, shown
from studio.files.xml_tree import Document, local_name, read_document
from studio.sequences.material import Drawing

LINES = ("LineString", "LinearRing")


def read(source: Source) -> Iterator[Drawing]:
    """One drawing for each placemark that holds lines, outlines or tracks; its name labels it. Points are left out.

    Raises:
        StudioError: with the line, for damaged XML, a place that is none, or nothing to draw.
    """
    document = read_document(source, "kml")
    found = False
    for placemark in document.root.iter():
        if local_name(placemark) != "Placemark":
            continue
        source.check_cancelled()
        ways = list(_ways(source, document, placemark))
        if ways:
            found = True
            name = next((child.text or "" for child in placemark if local_name(child) == "name"), "")
            yield drawing_of_ways(source, ways, " ".join(name.split()), f"line {document.line(placemark)}")
        else:
            source.assume("placemarks without a line or a track were left out")
    if not found:
        raise source.refuse("holds no line, outline or track", line=1)


def read_archive(source: Source) -> Iterator[Drawing]:
    """The first KML document in a KMZ archive.

    Raises:
        StudioError: a damaged archive, or one that unpacks to more than there is room for; or what `read` raises.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            name = next((name for name in archive.namelist() if name.lower().endswith(".kml")), None)
            if name is None:
                raise source.refuse("holds no .kml document")
            with archive.open(name) as file:
                data = file.read(limits.DOCUMENT_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise source.refuse(f"is a damaged archive: {str(error)[:80] or type(error).__name__}") from error
    yield from read(replace(source, data=data))


def _ways(source: Source, document: Document, placemark: Element) -> Iterator[Way]:
    for element in placemark.iter():
        name = local_name(element)
        if name in LINES:
            text = next((child.text or "" for child in element if local_name(child) == "coordinates"), "")
            places = [_place(source, document, element, word.split(",")) for word in text.split()]
            if places:
                yield Way(np.array(places))
        elif name == "Track":
            yield from _track(source, document, element)


def _track(source: Source, document: Document, element: Element) -> Iterator[Way]:
    """The ways of a track: an empty place parts two, as the reference of KML has it."""
    coordinates = [(child.text or "").split() for child in element if local_name(child) == "coord"]
    whens = [moment(child.text or "") for child in element if local_name(child) == "when"]
    if len(whens) != len(coordinates):
        if whens:
            source.assume("times of a track that has more of them than places, or fewer, were left out")
        whens = [None] * len(coordinates)
    if not all(coordinates):
        source.assume("samples without a position are a lifted pen")
    for known, group in groupby(zip(coordinates, whens, strict=True), key=lambda sample: bool(sample[0])):
        if known:
            words, times = zip(*group, strict=True)
            yield Way(np.array([_place(source, document, element, place) for place in words]), times_or_none(times))


def _place(source: Source, document: Document, element: Element, words: list[str]) -> tuple[float, float]:
    """Longitude and latitude out of longitude, latitude and height."""
    try:
        return float(words[0]), float(words[1])
    except (ValueError, IndexError):
        what = f"{shown(','.join(words))} is no longitude and latitude"
        raise source.refuse(what, line=document.line(element)) from None
