"""A few good files of every format that holds drawings, for whoever wants to damage them."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from dataclasses import replace
from typing import Any

import h5py
import numpy as np
import openpyxl
from scipy.io import savemat

from studio.errors import StudioError
from studio.files import arrays, csv_points, inkml, json_drawings, midi, rolls, svg_page
from studio.files.npy import write_array
from studio.files.readers import FORMATS, IAM_ONDB, OMNIGLOT, UJI_PEN, Format
from studio.files.source import Source
from studio.sequences.material import Drawing
from studio.sequences.roll import Roll, TempoChange

DRAWING = Drawing.from_points([[0, 0], [1, 2], [3, 1]], [0, 1, 1], times=[0, 0.1, 0.2], pressure=[0, 0.5, 1], label="a")
NAME = "fuzz.file"


def _mat(**variables: Any) -> bytes:
    file = io.BytesIO()
    savemat(file, variables)
    return file.getvalue()


def _cell() -> np.ndarray:
    cell = np.empty((2, 1), object)
    cell[:, 0] = [np.zeros((3, 2)), np.ones((2, 2), np.int16)]
    return cell


def _object_array() -> bytes:
    file = io.BytesIO()
    array = np.empty(2, object)
    array[:] = [np.zeros((3, 3), np.int16), np.ones((2, 3))]
    np.save(file, array)
    return file.getvalue()


def _records() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([(0, 1, 0.5), (2, 3, 0.6)], [("x", "<f4"), ("y", "<i2"), ("t", "<f8")]))
    return file.getvalue()


def _mat73() -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        made.create_dataset("a", data=np.arange(8.0).reshape(2, 4)).attrs["MATLAB_class"] = np.bytes_("double")
        cells = made.create_dataset("c", (1, 2), dtype=h5py.ref_dtype)
        cells.attrs["MATLAB_class"] = np.bytes_("cell")
        for i in range(2):
            inner = made.create_dataset(f"#refs#/{i}", data=np.ones((2, 3 + i)), compression="gzip")
            cells[0, i] = inner.ref
    return file.getvalue()


def _sheet() -> bytes:
    book = openpyxl.Workbook()
    for values in (["x", "y", "t"], [0, 1.5, 0], [None, "NA", 10], [2, "3,5", 20]):
        book.active.append(values)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


GPX_TEXT = (
    b'<gpx xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="1" lon="2"/><trk><name>home</name><trkseg>'
    b'<trkpt lat="52.5" lon="13.4"><ele>3</ele><time>2024-05-01T10:00:00Z</time></trkpt>'
    b'<trkpt lat="52.6" lon="13.5"><time>2024-05-01T10:00:05.5Z</time></trkpt></trkseg></trk>'
    b'<rte><rtept lat="-1" lon="179.9"/><rtept lat="-1" lon="-179.9"/></rte></gpx>'
)
KML_TEXT = (
    b'<kml xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><Placemark><name>a</name><MultiGeometry><LineString>'
    b"<coordinates>13.4,52.5,0 13.5,52.5</coordinates></LineString><Polygon><outerBoundaryIs><LinearRing><coordinates>"
    b"1,2 3,4 1,2</coordinates></LinearRing></outerBoundaryIs></Polygon></MultiGeometry></Placemark><Placemark>"
    b"<gx:Track><when>2024-05-01T10:00:00Z</when><when>2024-05-01T10:00:01Z</when><gx:coord>1 2 0</gx:coord>"
    b"<gx:coord>1 3 0</gx:coord></gx:Track></Placemark></Document></kml>"
)
GEOJSON_TEXT = (
    b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"a","coordTimes":'
    b'["2024-05-01T10:00:00Z",1714557605000]},"geometry":{"type":"LineString","coordinates":[[13.4,52.5],[13.5,52.5,7]]}},'
    b'{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[{"type":"Polygon","coordinates":'
    b'[[[0,0],[1,0],[0,0]]]},{"type":"Point","coordinates":[1,2]}]}}]}'
)
QUICKDRAW_BIN = struct.pack("<Q2sbIH", 7, b"DE", 1, 1_500_000_000, 2) + b"\x02\x00\x01\x02\x03\x04\x01\x00\x09\x0a"
BVH_TEXT = (
    b"HIERARCHY\nROOT Hips\n{\n  OFFSET 0 0 0\n  CHANNELS 3 Xposition Yposition Zrotation\n  JOINT Leg\n  {\n"
    b"    OFFSET 1 0 0\n    CHANNELS 1 Xrotation\n    End Site\n    {\n      OFFSET 0 1 0\n    }\n  }\n}\n"
    b"MOTION\nFrames: 3\nFrame Time: 0.0333333\n0 1 2 3\n0 1.5 2 -3e1\n0 2 2 4\n"
)
IAM_TEXT = (
    b'<WhiteboardCaptureSession><Transcription><Text>a b</Text><TextLine id="1" text="a &amp;amp; b"/><TextLine '
    b'id="2" text="c"/></Transcription><StrokeSet><Stroke colour="black"><Point x="10" y="5" time="1.5"/>'
    b'<Point x="100" y="6" time="1.6"/></Stroke><Stroke><Point x="5" y="50" time="2"/></Stroke></StrokeSet>'
    b"</WhiteboardCaptureSession>"
)

XOURNAL_TEXT = (
    b'<?xml version="1.0" standalone="no"?><xournal creator="xournalpp 1.2.3" fileversion="4"><title>t</title><page '
    b'width="595.27" height="841.88"><background type="solid" color="#ffffffff" style="lined"/><layer name="a"><stroke '
    b'tool="pen" ts="0" color="#000000ff" width="2 0.5 1.5" capStyle="round">10.5 20 30 40.25 50 60</stroke><text '
    b'font="Sans" size="12" x="1" y="2" color="#000000ff">typed</text></layer><layer><stroke tool="highlighter" '
    b'width="8">1 1 2 2</stroke><stroke tool="pen" color="black" width="1.41">1 2 3 4</stroke></layer></page><page '
    b'width="9" height="9"><layer/></page></xournal>'
)
HPGL_TEXTS = (
    b"\x1b.(;IN;SP1;PU100,200;PD300,400,500,600;PUPA0,0PDPR10,0,0,10;LBa;b\x03PU;CI50;AA1,2,90,5;SP0;",
    b"IN;IP0,0,1000,1000;SC0,10,0,5;PU1,1;PD;AR1,1,-45;AT5,5,9,9;RT1,1,2,3;EA9,9;ER-1,-2;EW5,10,30;PU;PG;PU0,0;PD5,5",
    b'DF;RO90;PD1,1BZ0,1,1,1,1,0BR1,1,2,2,3,3;PM0;PD0,0,9,0,9,9;PM1;CI3;PM2;EP;FP;SM*;DT|;LBx|CO "a;b";XX5;RR3,4',
    b"IN;PU0,0;PE<=\xbf\xbf\xc1\xc3:\xc1>\xc5\xc1\xc2;PE7<__acPE\x40\x41;PU;",
)
GCODE_TEXTS = (
    b"%\nO1 (a (b))\nN10 G21 G90 G17\nG0 Z5 ; up\nG0X10Y-.5\nG1 Z-1. F300\nX20\nG2 X30 Y9.5 I0 J10\nG3 X20 Y9.5 R5.1\n"
    b"G0 Z5\nM5\nM30\n%\n",
    b"G20\nG91\nM3 S1000\nG1 X1 Y1\nM5\nG0 X1\nM4 S0\nG2 I1 J1\nG90.1\nG92 X0 Y0\nG3 X0 Y0 I1 J0 S20\n",
    b"START_PRINT A=1\nM83\nM117 hi [1]\nG28\nG1 Z.2\nG1 X10 Y10 E.5*71\nG1 X20 E1\nG92 E0\nG1 Z.4 F9\nG1 Y5 E2\n",
    b"M280 P0 S90\nG1 X1 Y1\nM280 P0 S10\nG1 X5\nM300 S50\nG1 X9 Y9\nM300 S30\nG1 X0\nG53 G0 Z0\nG81 X1 Y1 Z-1 R1\n",
)
EXCALIDRAW_ONE = (
    b'[{"type":"freedraw","x":1,"y":2,"width":3,"height":4,"angle":0.5,"points":[[0,0],[1,2],[3,4]],'
    b'"pressures":[0.1,0.5,1],"simulatePressure":false,"isDeleted":false}]'
)
EXCALIDRAW_TEXT = (
    b'{"type":"excalidraw","version":2,"elements":[{"type":"arrow","x":1,"y":2,"angle":0,"points":[[0,0],[5,5],[9,0]],'
    b'"roundness":{"type":2}},{"type":"rectangle","x":0,"y":0,"width":40,"height":30,"roundness":{"type":3}},{"type":'
    b'"diamond","x":1,"y":1,"width":9,"height":8,"angle":1},{"type":"ellipse","x":0,"y":0,"width":5,"height":6},{"type":'
    b'"text","x":0,"y":0},{"type":"line","isDeleted":true},%b],"appState":{"gridSize":null},"files":{}}'
) % EXCALIDRAW_ONE[1:-1]
FABRIC_TEXT = (
    b'{"version":"5.3.0","objects":[{"type":"path","originX":"left","originY":"top","left":10,"top":20,"width":4,"height":2,'
    b'"strokeWidth":2,"scaleX":2,"angle":30,"flipX":true,"skewX":5,"path":[["M",0,0],["Q",1,2,3,4],["L",9,0.5]]},{"type":'
    b'"group","left":50,"top":50,"width":20,"height":20,"strokeWidth":0,"objects":[{"type":"rect","left":-10,"top":-10,'
    b'"width":8,"height":6,"rx":1},{"type":"circle","originX":"center","originY":"center","radius":3,"startAngle":10,'
    b'"endAngle":200},{"type":"ellipse","rx":3,"ry":2,"strokeUniform":true}]},{"type":"line","x1":-5,"y1":0,"x2":5,"y2":0},'
    b'{"type":"polyline","points":[{"x":1,"y":2},{"x":3,"y":4}]},{"type":"polygon","points":[{"x":0,"y":0},{"x":3,"y":0},'
    b'{"x":0,"y":4}]},{"type":"triangle","width":3,"height":4},{"type":"i-text","text":"a"}]}'
)

GOOD: list[tuple[Format, bytes]] = [
    (FORMATS[".csv"], csv_points.to_text(DRAWING, all_columns=True).encode()),
    (FORMATS[".csv"], "# x y\n1,5;2,5;0\n\n3;4;1\n".encode("utf-16")),
    (FORMATS[".npy"], arrays.to_npy(DRAWING)),
    (FORMATS[".npy"], _object_array()),
    (FORMATS[".npz"], arrays.to_npz([DRAWING, DRAWING])),
    (FORMATS[".json"], json_drawings.to_text([DRAWING]).encode()),
    (FORMATS[".json"], b'[[{"x":1,"y":2,"t":3}],[{"x":1,"y":2,"t":3}]]'),
    (FORMATS[".ndjson"], b'{"word":"cat","drawing":[[[0,2],[1,3],[0,9]]]}\n{"drawing":[[[4],[5]]]}\n'),
    (FORMATS[".inkml"], inkml.to_text(DRAWING).encode()),
    (FORMATS[".inkml"], b"<ink><trace>1 2, '3'4, \"5\"6, *7, 8 *, !1 2</trace></ink>"),
    (
        FORMATS[".unp"],
        b'.COORD X Y T\n.SEGMENT C 0-1 ? "a"\n.SEGMENT C 1:2,3 ? "b"\n.PEN_DOWN\n1 2 3\n.PEN_UP\n4 5 6\n',
    ),
    (FORMATS[".svg"], svg_page.to_text([DRAWING, DRAWING]).encode()),
    (
        FORMATS[".svg"],
        b'<svg><g id="a" transform="rotate(3 1 2)"><path d="M0 0c1 1 2 2 3 0s1 1 2 2q1 2 3 4t5 6a3 2 9 1 0 4 4z"/>'
        b'<circle r="3"/><rect width="3" height="4" rx="1"/><polygon points="1 2,3 4"/></g><use href="#a"/></svg>',
    ),
    (
        FORMATS[".svg"],
        b'<!DOCTYPE svg [<!ENTITY n "4">]><svg viewBox="0 0 9 8"><style>@media all{.a>line,#b{transform:rotate(9deg) '
        b"translate(5%,1em);transform-origin:top right}}.c{display:none!important;r:3%}</style>"
        b'<symbol id="s" viewBox="0 0 3 2" preserveAspectRatio="xMinYMax slice"><line x2="50%"/></symbol>'
        b'<g class="a c"><line/></g><g class="a" style="transform-box:fill-box;scale:2 50%;visibility:visible">'
        b'<line x2="&n;"/></g><use id="b" href="#s" width="5" height="6"/>'
        b'<svg x="1" width="50%"><circle r="1"/></svg></svg>',
    ),
    (FORMATS[".mat"], _mat(a=np.zeros((3, 2)), b=np.ones((2, 3, 2)), c="text", d=_cell())),
    (FORMATS[".tra"], b",".join([b"50"] * 16) + b",7\n"),
    (FORMATS[".csv"], b"sep=;\ntrial;x;y;t\n1;0,5;1;0\n1;;NA;17\n2;-1;-1;0\n2;\xe2\x88\x925;1.234,5;33\n"),
    (FORMATS[".csv"], b"0 0 0 1\n0.01 1 2 1\n0.02 3 4 0\n0.03 5 6 1\n"),
    (FORMATS[".csv"], b"lat,lon,time\n52.5,13.4,2024-05-01T10:00:00Z\n52.6,13.5,2024-05-01T10:00:01Z\n"),
    (FORMATS[".npy"], _records()),
    (FORMATS[".npy"], write_array(np.array([[[0, 0, 0.0], [3, -1, 1]], [[2, 2, 1], [np.nan] * 3]]))),
    (FORMATS[".npy"], write_array(np.array([[1.5, 2, 0, 1], [2, -3, 1, 0], [np.nan, 2, 0, 0]]))),
    (FORMATS[".mat"], _mat73()),
    (FORMATS[".xlsx"], _sheet()),
    (FORMATS[".gpx"], GPX_TEXT),
    (FORMATS[".kml"], KML_TEXT),
    (FORMATS[".kmz"], _zipped("doc.kml", KML_TEXT)),
    (FORMATS[".geojson"], GEOJSON_TEXT),
    (FORMATS[".bin"], QUICKDRAW_BIN * 2),
    (FORMATS[".bvh"], BVH_TEXT),
    (IAM_ONDB, IAM_TEXT),
    (
        UJI_PEN,
        b"// made up\nWORD a x_1\n  NUMSTROKES 2\n  POINTS 2 # 1 2 3 4\n  POINTS 1 # 5 6\nWORD b y\n NUMSTROKES 1\n"
        b" POINTS 1 # 7 8\n",
    ),
    (OMNIGLOT, b"START\n1,2,3\nBREAK\n4,5,6\n"),
    (FORMATS[".xopp"], gzip.compress(XOURNAL_TEXT, mtime=0)),
    (FORMATS[".xoj"], XOURNAL_TEXT),
    (FORMATS[".xopp"], _zipped("content.xml", XOURNAL_TEXT)),
    *((FORMATS[".hpgl"], data) for data in HPGL_TEXTS),
    *((FORMATS[".gcode"], data) for data in GCODE_TEXTS),
    (FORMATS[".excalidraw"], EXCALIDRAW_TEXT),
    (
        FORMATS[".excalidrawlib"],
        b'{"type":"excalidrawlib","libraryItems":[{"name":"a","elements":%b}]}' % EXCALIDRAW_ONE,
    ),
    (FORMATS[".json"], EXCALIDRAW_TEXT),
    (FORMATS[".json"], FABRIC_TEXT),
]


ROLL = Roll(np.eye(9, 7, dtype=np.uint8), 8.0, 60, "a")
_TUNE = (
    b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x04MTrk\x00\x00\x00\x21\x00\xff\x51\x03\x07\xa1\x20\x00\xf0\x01\xf7"
    b"\x00\x90\x3c\x40\x02\x40\x40\x04\x3c\x00\x00\x99\x24\x7f\x81\x00\x40\x00\x00\xff\x2f\x00"
)
ROLLS: tuple[bytes, ...] = (
    rolls.to_text(ROLL).encode(),
    b"C4;C#4;D4;Eb4;E4;F4\n0;0;0;1;0;1\n1;1;0;0;0;0\n",
    "\n".join(" ".join(map(str, row)) for row in ROLL.keys.T.tolist()).encode("utf-16"),
    rolls.to_npy(ROLL),
    rolls.to_npz([ROLL, ROLL]),
    _TUNE,
)
"""Of piano rolls, which share their endings with drawings."""

MIDI: tuple[bytes, ...] = (
    _TUNE,
    _TUNE[:9] + b"\x02" + _TUNE[10:12] + b"\xe7\x28" + 2 * _TUNE[14:],
    b"RIFF\x00\x00\x00\x00RMIDdata\x00\x00\x00\x00" + _TUNE,
    midi.to_bytes(replace(ROLL, changes=(TempoChange(2, 4.0), TempoChange(4, 7.0)))),
)


def attempt_rolls(data: bytes) -> None:
    """Read as piano rolls, also where nobody says that they are some: the same as for drawings."""
    for asked_for in (False, True):
        refusal = NAME
        try:
            for roll in rolls.read(Source(NAME, data), asked_for=asked_for) or ():
                assert roll.keys.max(initial=0) <= 1
                assert roll.lowest + roll.pitches <= 128
        except StudioError as error:
            refusal = str(error)
        assert refusal.startswith(NAME)
        assert "\n" not in refusal


def attempt(form: Format, data: bytes) -> None:
    """Read with the bare reader: only StudioError, in one line that names the file, may escape."""
    refusal = NAME
    try:
        for drawing in form.read(Source(NAME, data)):
            assert np.isfinite(drawing.points).all()
            if drawing.times is not None:
                assert (np.diff(drawing.times) >= 0).all() or form.name == "JSON"
            if drawing.pressure is not None and form.name != "JSON":
                assert drawing.pressure.min() >= 0
                assert drawing.pressure.max() <= 1
    except StudioError as error:
        refusal = str(error)
    assert refusal.startswith(NAME)
    assert "\n" not in refusal
