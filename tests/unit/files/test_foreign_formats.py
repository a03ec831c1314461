"""Handwriting databases, maps, spreadsheets, motion, and other formats of other people's programs."""

import io
import struct
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import pytest
from good_files import BVH_TEXT, GEOJSON_TEXT, GPX_TEXT, IAM_TEXT, KML_TEXT, QUICKDRAW_BIN

from studio.errors import StudioError
from studio.files import mat73, readers, spreadsheets
from studio.files.readers import Format, read_materials
from studio.files.source import Source
from studio.sequences.material import Drawing

LINE_XML = (
    "<?xml version='1.0' encoding='ISO-8859-1'?><WhiteboardCaptureSession><WhiteboardDescription/><StrokeSet>"
    "<Stroke colour='black' start_time='5.5' end_time='5.6'><Point x='10' y='20' time='5.50'/>"
    "<Point x='12' y='25' time='5.51'/></Stroke><Stroke><Point x='30' y='20' time='6.0'/></Stroke></StrokeSet>"
    "</WhiteboardCaptureSession>"
)
ASCII = "OCR:\n\nThe firsl line\n\nCSR:\n\nThe first line,\nand another.\n"


def read(form: Format, data: bytes | str) -> list[Drawing]:
    return list(form.read(Source("a.file", data if isinstance(data, bytes) else data.encode())))


def strokes(drawing: Drawing) -> list[list[list[float]]]:
    return [stroke.points.tolist() for stroke in drawing.strokes]


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# --- handwriting


@pytest.mark.parametrize(
    ("lines", "texts"), [("lineStrokes", "ascii"), ("lineStrokes-all/lineStrokes", "ascii-all/ascii")]
)
def test_iam_ondb_as_it_is_downloaded(lines: str, texts: str, tmp_path: Path) -> None:
    for i in (1, 2):
        put(tmp_path / lines / "a01" / "a01-000" / f"a01-000u-0{i}.xml", LINE_XML)
    put(tmp_path / texts / "a01" / "a01-000" / "a01-000u.txt", ASCII)
    result = read_materials([tmp_path])
    assert [item.material.label for item in result.materials] == ["The first line,", "and another."]
    assert result.problems == []
    drawing = result.materials[0].material
    assert isinstance(drawing, Drawing)
    assert strokes(drawing) == [[[10, 20], [12, 25]], [[30, 20]]]
    np.testing.assert_allclose(drawing.times, [0, 0.01, 0.5])
    assert drawing.y_up is False


def test_a_whole_form_is_cut_into_its_lines() -> None:
    first, second = read(readers.IAM_ONDB, IAM_TEXT)
    assert (first.label, second.label) == ("a & b", "c")
    assert strokes(second) == [[[5, 50]]]


def test_a_form_whose_lines_cannot_be_told_apart_is_one_drawing() -> None:
    source = Source("a.xml", IAM_TEXT.replace(b'x="5" y="50"', b'x="110" y="5"'))
    (drawing,) = readers.IAM_ONDB.read(source)
    assert drawing.label == "a & b c"
    assert "could not be told apart" in source.notes[0]


def test_uji_pen_characters() -> None:
    text = "// made up\n\nWORD ñ trn_UJI_W01-01\n  NUMSTROKES 2\n  POINTS 2 # 1 2 3 4\n  POINTS 1 # 5 6\n"
    first, second = read(readers.UJI_PEN, text + "WORD 7 x\n NUMSTROKES 1\n POINTS 1 # 9 9\n")
    assert (first.label, strokes(first)) == ("ñ", [[[1, 2], [3, 4]], [[5, 6]]])
    assert (second.label, second.y_up) == ("7", False)
    assert readers.sniff(text.encode()) is readers.UJI_PEN


def test_uji_pen_characters_of_the_first_version_are_unipen() -> None:
    text = '.LEXICON "a"\n.COORD X Y\n.SEGMENT CHARACTER 0 OK "a"\n.PEN_DOWN\n1 2\n3 4\n.PEN_UP\n'
    (drawing,) = read(readers.UNIPEN, text)
    assert drawing.label == "a"


# --- maps


def test_gpx() -> None:
    track, route = read(readers.GPX, GPX_TEXT)
    assert (track.label, track.y_up) == ("home", True)
    assert track.points[0].tolist() == [0, 0]
    assert track.points[1, 1] == pytest.approx(11119.5, rel=1e-3)
    np.testing.assert_allclose(track.times, [0, 5.5])
    assert route.points[1, 0] == pytest.approx(22239, rel=1e-3)  # over the date line
    assert route.times is None


def test_kml_and_kmz() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("doc.kml", KML_TEXT)
    for found in (read(readers.KML, KML_TEXT), read(readers.KMZ, file.getvalue())):
        area, track = found
        assert (area.label, [len(stroke) for stroke in area.strokes]) == ("a", [2, 3])
        np.testing.assert_allclose(track.times, [0, 1])
    assert readers.sniff(file.getvalue()) is readers.KMZ


def test_geojson_whatever_its_ending(tmp_path: Path) -> None:
    line, area = read(readers.GEOJSON, GEOJSON_TEXT)
    assert (line.label, len(line), len(area)) == ("a", 2, 3)
    assert line.times is None or line.times[0] == 0
    for name in ("a.json", "a.geojson"):
        assert len(read_materials([put(tmp_path / name, GEOJSON_TEXT)]).materials) == 2


def test_geojson_keeps_its_times() -> None:
    text = '{"type":"Feature","properties":{"coordTimes":["2024-05-01T10:00:00Z","2024-05-01T10:00:03Z"]},'
    (drawing,) = read(readers.GEOJSON, text + '"geometry":{"type":"LineString","coordinates":[[1,2],[1,3]]}}')
    np.testing.assert_allclose(drawing.times, [0, 3])


# --- spreadsheets


def book(*sheets: list[list[object]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for rows in sheets:
        sheet = made.create_sheet()
        for values in rows:
            sheet.append(values)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def test_a_spreadsheet_is_read_as_a_table_is() -> None:
    data = book(
        [
            ["made by me"],
            [],
            ["trial", "x", "y", "t"],
            [1, 0, 1.5, 0],
            [1, "2,5", 3, 10],
            [2, 7, None, 0],
            [2, 8, 9, 10],
        ]
    )
    first, second = read(readers.SPREADSHEET, data)
    assert strokes(first) == [[[0, 1.5], [2.5, 3]]]
    np.testing.assert_allclose(first.times, [0, 0.01])
    assert strokes(second) == [[[8, 9]]]
    assert readers.sniff(data) is readers.SPREADSHEET


def test_every_sheet_is_read_and_named_where_it_is_wrong() -> None:
    good = [["x", "y"], [1, 2], [3, 4]]
    assert len(read(readers.SPREADSHEET, book(good, [], good))) == 2
    with pytest.raises(StudioError, match=r"^a\.file, sheet Sheet1, line 3: 'four' is not a number\.$"):
        read(readers.SPREADSHEET, book(good, [["x", "y"], [1, 2], [3, "four"]]))


def test_a_sheet_of_notes_is_left_out() -> None:
    data = book([["Notes"], ["by Anna", "2024"]], [["x", "y"], [1, 2], [3, 4]])
    source = Source("a.xlsx", data)
    (drawing,) = readers.SPREADSHEET.read(source)
    assert drawing.points.tolist() == [[1, 2], [3, 4]]
    assert "sheets without a row of two numbers were left out" in " ".join(source.notes)


def test_formulas_that_were_never_calculated_are_said() -> None:
    nothing = book([["x", "y"], ["=1+1", "=2+2"], ["=3+3", "=4+4"]])
    with pytest.raises(StudioError, match=r"4 formulas whose values were never calculated: open the file in a spread"):
        read(readers.SPREADSHEET, nothing)
    source = Source("a.xlsx", book([["x", "y"], [1, 2], [3, 4], ["=1+1", 5], [6, 7]]))
    first, second = (
        stroke.points.tolist() for drawing in readers.SPREADSHEET.read(source) for stroke in drawing.strokes
    )
    assert (first, second) == ([[1, 2], [3, 4]], [[6, 7]])
    assert "1 formulas whose values were never calculated count as empty cells" in " ".join(source.notes)


def test_formulas_with_their_values_are_read() -> None:
    source = Source("a.xlsx", calculated(book([["x", "y"], ["=1+1", 2], [3, 4]]), b"2"))
    (drawing,) = readers.SPREADSHEET.read(source)
    assert drawing.points.tolist() == [[2, 2], [3, 4]]
    assert "formulas" not in " ".join(source.notes)


def calculated(data: bytes, value: bytes) -> bytes:
    """A workbook whose formula has this value, as a spreadsheet program saves it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename.endswith("sheet1.xml"):
                assert b"</f><v" in content
                content = content.replace(b"</f><v />", b"</f><v>" + value + b"</v>")
                content = content.replace(b"</f><v></v>", b"</f><v>" + value + b"</v>")
            new.writestr(member.filename, content)
    return made.getvalue()


def test_a_spreadsheet_that_says_it_is_huge_costs_nothing() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book([["x", "y"], [1, 2], [3, 4]]))) as old, zipfile.ZipFile(data, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename.endswith("sheet1.xml"):
                content = content.replace(b'ref="A1:B3"', b'ref="A1:XFD1048576"')
                assert b"XFD" in content
            new.writestr(member.filename, content)
    assert len(read(readers.SPREADSHEET, data.getvalue())[0]) == 2


# --- what needs a library that is not there


@pytest.mark.parametrize(
    ("library", "form", "data", "words"),
    [
        (
            "openpyxl",
            readers.SPREADSHEET,
            book([["x", "y"], [1, 2]]),
            r"vrnn-studio\[excel\].*or save the sheet as CSV",
        ),
        (
            "h5py",
            readers.MATLAB,
            b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n",
            r"vrnn-studio\[matlab\].*-v7",
        ),
    ],
)
def test_a_missing_library_is_named(
    library: str, form: Format, data: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(StudioError, match=words):
        read(form, data)


# --- MATLAB 7.3


def mat(fill: object) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w", userblock_size=512) as made:
        fill(made)  # type: ignore[operator]
    return b"MATLAB 7.3 MAT-file".ljust(512) + file.getvalue()[512:]


def test_matlab_7_3_arrays_structures_and_cells() -> None:
    points = np.array([[0, 1], [2, 3], [4, 5.0]])

    def fill(made: h5py.File) -> None:
        made["p"] = points.T
        made["name"] = np.array([[104], [105]], np.uint16)
        made["name"].attrs["MATLAB_class"] = np.bytes_("char")
        made["#refs#/a"], made["#refs#/b"] = points.T, points[:2].T
        made["c"] = np.array([[made["#refs#/a"].ref, made["#refs#/b"].ref]], h5py.ref_dtype)

    source = Source("a.mat", mat(fill))
    found = {len(drawing): strokes(drawing) for drawing in readers.MATLAB.read(source)}
    assert found[3] == [points.tolist()]
    assert found[2] == [points[:2].tolist()]

    def structure(made: h5py.File) -> None:
        made["s/x"], made["s/y"] = points[:, :1].T, points[:, 1:].T

    (drawing,) = readers.MATLAB.read(Source("a.mat", mat(structure)))
    assert drawing.points.tolist() == points.tolist()


def test_a_cell_that_holds_itself_is_refused() -> None:
    def fill(made: h5py.File) -> None:
        cell = made.create_dataset("c", (1, 1), h5py.ref_dtype)
        cell[0, 0] = cell.ref

    with pytest.raises(StudioError, match="more cells than there is room for"):
        mat73.read_variables(Source("a.mat", mat(fill)))


# --- drawings and motion


def test_binary_quick_draw_goes_by_the_name_of_its_file(tmp_path: Path) -> None:
    result = read_materials([put(tmp_path / "full_binary_ice cream.bin", QUICKDRAW_BIN * 2)])
    assert [item.material.label for item in result.materials] == ["ice cream"] * 2
    drawing = result.materials[0].material
    assert isinstance(drawing, Drawing)
    assert strokes(drawing) == [[[1, 3], [2, 4]], [[9, 10]]]


def test_ndjson_with_blank_lines_and_a_raw_drawing() -> None:
    simple, raw = '{"word":"a","drawing":[[[0,2],[1,3]]]}', '{"word":"b","drawing":[[[0.5],[1.5],[7]],[[1],[2],[9.5]]]}'
    text = f"\n\r\n{simple}\n\n \n{raw}\n\n"
    first, second = read(readers.QUICKDRAW, text)
    assert first.times is None
    np.testing.assert_allclose(second.times, [0, 0.0025])


def test_bvh_channels_are_series() -> None:
    source = Source("a.bvh", BVH_TEXT)
    found = list(readers.BVH.read(source))
    assert [drawing.label for drawing in found] == ["Hips Yposition", "Leg Xrotation"]
    assert all(drawing.is_series for drawing in found)
    np.testing.assert_allclose(found[-1].points[:, 0], [0, 0.0333333, 0.0666666])
    assert "never change" in source.notes[0]


# --- refusals


@pytest.mark.parametrize(
    ("form", "data", "words"),
    [
        (readers.GPX, "<gpx><wpt lat='1' lon='2'/></gpx>", "holds no track or route"),
        (readers.GPX, "<gpx><trk><trkseg>\n<trkpt lat='a' lon='2'/></trkseg></trk></gpx>", "line 2: 'a 2' is no"),
        (readers.GPX, "<gpx><trk><trkseg><trkpt lat='99' lon='2'/></trkseg></trk></gpx>", "expected degrees"),
        (readers.KML, "<kml><Placemark><Point/></Placemark></kml>", "holds no line"),
        (readers.KML, KML_TEXT.replace(b"13.5,52.5", b"13.5"), "'13.5' is no"),
        (readers.KMZ, b"PK\x03\x04", "damaged archive"),
        (readers.GEOJSON, "[1]", "is no GeoJSON object"),
        (readers.GEOJSON, '{"type":"Point","coordinates":[1,2]}', "holds no line or outline"),
        (readers.GEOJSON, '{"type":"LineString","coordinates":[[1]]}', r"coordinates\[0\]: .*is no longitude"),
        (readers.SPREADSHEET, b"PK\x03\x04", "is a damaged spreadsheet"),
        (readers.SPREADSHEET, book([]), "holds no sheet with a table"),
        (readers.QUICKDRAW_BINARY, QUICKDRAW_BIN[:-1], "byte 23: ends within a stroke"),
        (readers.QUICKDRAW_BINARY, QUICKDRAW_BIN + b"1", f"byte {len(QUICKDRAW_BIN)}: ends within the head"),
        (readers.QUICKDRAW_BINARY, b"", "holds no drawings"),
        (readers.QUICKDRAW_BINARY, struct.pack("<Q2sbIH", 1, b"US", 7, 0, 1), "expected 0 or 1 for recognized"),
        (readers.BVH, BVH_TEXT.replace(b"0 1.5 2 -3e1", b"0 1.5 2"), "line 20: has 3 values where there are 4"),
        (readers.BVH, BVH_TEXT.replace(b"MOTION", b""), "has no MOTION"),
        (readers.BVH, BVH_TEXT.replace(b"Time: 0.0333333", b"Time: 0"), "line 18: has the frame time '0'"),
        (readers.IAM_ONDB, LINE_XML.replace("x='12'", "x='?'"), "'\\? 25 5.51' is no point"),
        (readers.IAM_ONDB, "<WhiteboardCaptureSession/>", "holds no <Stroke>"),
        (readers.UJI_PEN, "WORD a b\nPOINTS 2 # 1 2 3\n", "line 2: holds 3 numbers"),
        (readers.UJI_PEN, "WORD a b\nNUMSTROKES 1\n", "line 1: is a word without strokes"),
    ],
)  # fmt: skip
def test_refusals(form: Format, data: bytes | str, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.file.*{words}.*\.$"):
        read(form, data)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "CELLS", 5)
    with pytest.raises(StudioError, match="more than 5 cells"):
        read(readers.SPREADSHEET, book([["x", "y"], [1, 2], [3, 4]]))
    monkeypatch.setattr(readers.limits, "POINTS_PER_DRAWING", 2)
    with pytest.raises(StudioError, match="more than 2 points"):
        read(readers.IAM_ONDB, LINE_XML)
    monkeypatch.setattr(readers.limits, "UNPACKED_BYTES", 20)
    with pytest.raises(StudioError, match="unpacks to more than"):
        read(readers.MATLAB, mat(lambda made: made.create_dataset("p", data=np.zeros((2, 50)))))
