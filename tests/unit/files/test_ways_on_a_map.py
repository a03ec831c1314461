"""Times, gaps and other coordinates in GPX, KML and GeoJSON: kept, or said."""

import json

import pytest

from studio.errors import StudioError
from studio.files import geojson, gpx, kml
from studio.files.source import Source
from studio.sequences.material import Drawing


def read_gpx(*times: str) -> tuple[Drawing, str]:
    points = "".join(
        f'<trkpt lat="5{i}" lon="8">{time and f"<time>{time}</time>"}</trkpt>' for i, time in enumerate(times)
    )
    source = Source("a.gpx", f"<gpx><trk><trkseg>{points}</trkseg></trk></gpx>".encode())
    (drawing,) = gpx.read(source)
    return drawing, " ".join(source.notes)


def read_track(inner: str) -> tuple[Drawing, str]:
    text = f'<kml xmlns:gx="http://g"><Placemark><gx:Track>{inner}</gx:Track></Placemark></kml>'
    source = Source("a.kml", text.encode())
    (drawing,) = kml.read(source)
    return drawing, " ".join(source.notes)


def test_a_place_without_a_time_costs_the_times_which_is_said() -> None:
    drawing, said = read_gpx("2024-01-05T10:00:00Z", "", "2024-01-05T10:00:02Z")
    assert drawing.strokes[0].times is None
    assert "times are kept only where every place has one" in said
    assert "times" not in read_gpx("", "")[1]


def test_times_that_fall_are_said() -> None:
    drawing, said = read_gpx("2024-01-05T10:00:05Z", "2024-01-05T10:00:00Z", "2024-01-05T10:00:07Z")
    assert drawing.strokes[0].times is not None
    assert drawing.strokes[0].times.tolist() == [0, 0, 2]
    assert "times that fall within a stroke were raised" in said


def test_an_empty_place_in_a_track_is_a_gap() -> None:
    whens = "".join(f"<when>2024-01-05T10:00:0{i}Z</when>" for i in range(5))
    drawing, said = read_track(
        f"{whens}<gx:coord>8 50 0</gx:coord><gx:coord>8.1 50 0</gx:coord><gx:coord></gx:coord>"
        "<gx:coord>8.2 50 0</gx:coord><gx:coord>8.3 50 0</gx:coord>"
    )
    assert [None if stroke.times is None else stroke.times.tolist() for stroke in drawing.strokes] == [[0, 1], [3, 4]]
    assert "lifted pen" in said


def test_a_track_with_too_few_times() -> None:
    drawing, said = read_track("<when>2024-01-05T10:00:00Z</when><gx:coord>8 50</gx:coord><gx:coord>8.1 50</gx:coord>")
    assert drawing.strokes[0].times is None
    assert "times of a track" in said


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::25832"])
def test_coordinates_that_are_no_degrees(name: str) -> None:
    line = {"type": "LineString", "coordinates": [[50, 55], [60, 55]]}
    tree = {**line, "crs": {"type": "name", "properties": {"name": name}}}
    source = Source("a.geojson", json.dumps(tree).encode())
    if "25832" not in name:
        assert len(list(geojson.read(source))) == 1
        return
    with pytest.raises(StudioError, match=r"crs: has coordinates in .*25832.*; export it in WGS 84"):
        list(geojson.read(source))


def test_times_in_geojson_that_are_not_all_known() -> None:
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 0], [2, 0]]}
    tree = {"type": "Feature", "geometry": line, "properties": {"coordTimes": ["2024-01-05T10:00:00Z", None, "x"]}}
    source = Source("a.geojson", json.dumps(tree).encode())
    (drawing,) = geojson.read(source)
    assert drawing.strokes[0].times is None
    assert "times are kept only where every place has one" in " ".join(source.notes)
