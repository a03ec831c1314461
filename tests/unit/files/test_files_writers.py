"""What is written is what is read back; and files are written whole or not at all."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.files import arrays, atomic, csv_points, inkml, json_drawings, svg, svg_page
from studio.files.readers import read_drawing, read_materials
from studio.files.source import Source
from studio.files.text import read_text, write_text
from studio.files.writers import ENDINGS, write_drawings
from studio.sequences.material import SERIES_HEIGHT, Drawing

DRAWINGS = st.lists(st.from_type(Drawing), min_size=1, max_size=5)
EIGHT = Drawing.from_points([[0, 0], [1, 2], [2, 0], [5, 5], [6, 6]], [0, 0, 1, 0, 1], label="eight", y_up=True)


def assert_same_strokes(read: Drawing, written: Drawing) -> None:
    assert len(read.strokes) == len(written.strokes)
    for mine, other in zip(read.strokes, written.strokes, strict=True):
        np.testing.assert_array_equal(mine.points, other.points)


def assert_same_values(read: object, written: object) -> None:
    assert (read is None) == (written is None)
    if read is not None:
        np.testing.assert_allclose(np.asarray(read), np.asarray(written), rtol=1e-12)


def assert_all_the_same(read: Drawing, written: Drawing) -> None:
    assert_same_strokes(read, written)
    assert_same_values(read.times, written.times)
    assert_same_values(read.pressure, written.pressure)
    assert (read.label, read.y_up) == (written.label, written.y_up)


@given(st.from_type(Drawing))
def test_csv(drawing: Drawing) -> None:
    (read,) = csv_points.read(Source("a.csv", csv_points.to_text(drawing).encode()))
    assert_same_strokes(read, drawing)


@given(st.from_type(Drawing))
def test_csv_with_all_columns(drawing: Drawing) -> None:
    (read,) = csv_points.read(Source("a.csv", csv_points.to_text(drawing, all_columns=True).encode()))
    assert_same_strokes(read, drawing)
    assert_same_values(read.times, drawing.times)
    assert_same_values(read.pressure, drawing.pressure)


@given(st.from_type(Drawing))
def test_npy(drawing: Drawing) -> None:
    (read,) = arrays.read_npy(Source("a.npy", arrays.to_npy(drawing)))
    assert_same_strokes(read, drawing)


@given(DRAWINGS)
def test_npz(drawings: list[Drawing]) -> None:
    read = list(arrays.read_npz(Source("a.npz", arrays.to_npz(drawings))))
    assert [drawing.label for drawing in read] == [drawing.label for drawing in drawings]
    for mine, drawing in zip(read, drawings, strict=True):
        assert_same_strokes(mine, drawing)


@given(DRAWINGS)
def test_json_loses_nothing(drawings: list[Drawing]) -> None:
    read = list(json_drawings.read(Source("a.json", json_drawings.to_text(drawings).encode())))
    for mine, drawing in zip(read, drawings, strict=True):
        assert (mine.label, mine.y_up) == (drawing.label, drawing.y_up)
        for stroke, other in zip(mine.strokes, drawing.strokes, strict=True):
            for name in ("points", "times", "pressure"):
                np.testing.assert_array_equal(getattr(stroke, name), getattr(other, name))


@given(st.from_type(Drawing))
def test_inkml(drawing: Drawing) -> None:
    (read,) = inkml.read(Source("a.inkml", inkml.to_text(drawing).encode()))
    assert_same_strokes(read, drawing)
    assert_same_values(read.times, drawing.times)
    assert_same_values(read.pressure, drawing.pressure)
    assert read.label == drawing.label
    assert read.y_up is drawing.y_up


@given(st.from_type(Drawing))
def test_svg_of_one_drawing(drawing: Drawing) -> None:
    (read,) = svg.read(Source("a.svg", svg_page.to_text([drawing]).encode()))
    assert_all_the_same(read, drawing)


@given(st.lists(st.from_type(Drawing), min_size=2, max_size=5))
@example([Drawing.from_points([[0, 0], [0, 1e-6]], [1, 1]), Drawing.from_points([[0, 0], [0, 218454]])])
@example([Drawing.from_points([[0, 0], [0, 1e-6]], [1, 1]), Drawing.from_points([[0, 0], [0, 109227]])])
def test_svg_of_several_drawings(drawings: list[Drawing]) -> None:
    read = list(svg.read(Source("a.svg", svg_page.to_text(drawings).encode())))
    assert [drawing.label for drawing in read] == [drawing.label for drawing in drawings]
    for mine, drawing in zip(read, drawings, strict=True):
        assert_all_the_same(mine, drawing)


@given(st.lists(st.from_type(Drawing), min_size=1, max_size=3))
def test_npz_and_svg_lose_nothing(drawings: list[Drawing]) -> None:
    for mine, drawing in zip(arrays.read_npz(Source("a.npz", arrays.to_npz(drawings))), drawings, strict=True):
        assert_all_the_same(mine, drawing)


@given(st.from_type(Drawing))
def test_npy_with_all_columns(drawing: Drawing) -> None:
    (read,) = arrays.read_npy(Source("a.npy", arrays.to_npy(drawing, all_columns=True)))
    assert_same_strokes(read, drawing)
    assert_same_values(read.times, drawing.times)
    assert_same_values(read.pressure, drawing.pressure)


def test_an_svg_page_that_was_changed_is_read_as_it_looks() -> None:
    text = svg_page.to_text([EIGHT])
    (as_written,) = svg.read(Source("a.svg", text.encode()))
    assert as_written.y_up is True
    moved = text.replace("M0,0 L1,-2", "M0,0 L1,-7", 1)
    assert moved != text
    (read,) = svg.read(Source("a.svg", moved.encode()))
    assert read.y_up is False
    assert read.points[1].tolist() == [1, -7]


@pytest.mark.parametrize("count", [1, 3])
def test_svg_of_series_is_as_high_as_one_can_see(count: int) -> None:
    level = Drawing.series([2000, 2050, 2100], [-1e-3, 2e-3, 0], "level")
    page = svg_page.to_text([level] * count)
    assert all(drawing.is_series for drawing in svg.read(Source("a.svg", page.encode())))
    read = list(svg.read(Source("a.svg", page.replace("data-vrnn-studio", "data-of-another").encode())))
    assert len(read) == count
    for drawing in read:
        low, high = drawing.box
        assert (high - low).tolist() == pytest.approx([100, SERIES_HEIGHT * 100])
        assert drawing.points[1, 1] == low[1]  # the largest value is at the top
    assert page.count('vector-effect="non-scaling-stroke"') == count


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawings=DRAWINGS, ending=st.sampled_from([".csv", ".npy", ".npz", ".json", ".svg", ".inkml"]))
def test_any_number_of_drawings_to_a_path_and_back(drawings: list[Drawing], ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"{len(drawings)}-{len(list(tmp_path.iterdir()))}{ending}"
    written = write_drawings(drawings, path)
    assert all(file.is_file() for file in written)
    result = read_materials([path])
    assert result.problems == []
    assert len(result.materials) == len(drawings)
    for item, drawing in zip(result.materials, drawings, strict=True):
        if ending != ".svg":
            assert_same_strokes(item.material, drawing)


def test_several_drawings_make_a_folder_of_files_in_order(tmp_path: Path) -> None:
    written = write_drawings([EIGHT] * 12, tmp_path / "out.csv")
    assert written == sorted((tmp_path / "out.csv").iterdir())
    assert [file.name for file in written[:2]] == ["0001.csv", "0002.csv"]
    assert len(written) == 12


def test_a_folder_or_a_name_without_ending_gets_csv_files(tmp_path: Path) -> None:
    assert write_drawings([EIGHT], tmp_path) == [tmp_path / "0001.csv"]
    assert write_drawings([EIGHT] * 2, tmp_path / "new") == [tmp_path / "new" / f"000{i}.csv" for i in (1, 2)]
    assert write_drawings([EIGHT], tmp_path / "pictures", ending=".svg") == [tmp_path / "pictures" / "0001.svg"]


def test_csv_has_three_columns_unless_asked(tmp_path: Path) -> None:
    drawing = Drawing.from_points([[0, 0], [1, 1]], times=[0, 1], pressure=[0.5, 1])
    write_drawings([drawing], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "x,y,pen\n0.0,0.0,0\n1.0,1.0,1\n"
    write_drawings([drawing], tmp_path / "a.csv", all_columns=True)
    assert (tmp_path / "a.csv").read_text().startswith("x,y,pen,t_s,pressure\n0.0,0.0,0,0.0,0.5\n")


def test_every_ending_is_written_in_capitals_too(tmp_path: Path) -> None:
    for ending in ENDINGS:
        (file,) = write_drawings([EIGHT], tmp_path / f"a{ending.upper()}")
        assert file.stat().st_size > 50


def test_read_drawing(tmp_path: Path) -> None:
    write_drawings([EIGHT, EIGHT.labelled("other")], tmp_path / "a.json")
    assert read_drawing(tmp_path / "a.json").label == "eight"
    with pytest.raises(StudioError, match="not found"):
        read_drawing(tmp_path / "b.json")


def test_refusals(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("old")
    (tmp_path / "folder.svg").mkdir()
    for path, count, words in [
        (tmp_path / "a.xyz", 1, r"'.xyz' is unknown; known are .csv, .npy"),
        (tmp_path / "no" / "a.svg", 1, "does not exist"),
        (tmp_path / "no" / "a.csv", 2, "does not exist"),
        (tmp_path / "file.csv", 2, "is a file; several drawings need a folder"),
        (tmp_path / "file.csv" / "a.svg", 1, "does not exist"),
        (tmp_path / "a.csv", 0, "no drawings"),
    ]:
        with pytest.raises(StudioError, match=words) as error:
            write_drawings([EIGHT] * count, path)
        assert str(error.value).count("\n") == 0
    with pytest.raises(StudioError, match=r"'.doc' is unknown"):
        write_drawings([EIGHT], tmp_path, ending=".doc")
    with pytest.raises(StudioError, match="is a folder"):
        atomic.write_bytes(tmp_path / "folder.svg", b"")
    assert (tmp_path / "file.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.csv", "folder.svg"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StudioError, match="cannot be written: no space left"):
        atomic.write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_permissions_are_those_of_any_new_file_or_stay(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    atomic.write_bytes(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == ordinary.stat().st_mode
    ordinary.chmod(0o640)
    atomic.write_bytes(ordinary, b"1")
    assert ordinary.stat().st_mode & 0o777 == 0o640


def test_text(tmp_path: Path) -> None:
    write_text(tmp_path / "a.toml", "name = 'α'\n")
    assert read_text(tmp_path / "a.toml") == "name = 'α'\n"
    (tmp_path / "b.toml").write_bytes("a = 1\r\n".encode("utf-16"))
    assert read_text(tmp_path / "b.toml") == "a = 1\n"
    (tmp_path / "c.toml").write_bytes(b"\x00\x01")
    for name, words in (("c.toml", "zero byte"), ("d.toml", "not found"), (".", "is no file")):
        with pytest.raises(StudioError, match=words):
            read_text(tmp_path / name)
