"""MATLAB files."""

import contextlib
import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.io import savemat

from studio.errors import StudioError
from studio.files import mat5, matlab
from studio.files.source import Source
from studio.sequences.material import Drawing

POINTS = np.array([[0, 1, 0], [2, 3, 1], [4, 5, 1.0]])


def mat(variables: dict[str, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    savemat(file, variables, **options)
    return file.getvalue()


def cell(*items: Any) -> np.ndarray:
    array = np.empty((len(items), 1), object)
    array[:, 0] = items
    return array


def read(data: bytes) -> list[Drawing]:
    return list(matlab.read(Source("a.mat", data)))


def lengths(drawing: Drawing) -> list[int]:
    return [len(stroke) for stroke in drawing.strokes]


@given(
    hnp.arrays(
        st.sampled_from(["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]),
        hnp.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=4),
    ),
    st.booleans(),
)
def test_arrays_and_cells_are_read_as_scipy_reads_them(array: np.ndarray, compressed: bool) -> None:
    variables = {"a": array, "long_name_of_b": cell(array, cell(array, "täxt"), array), "text": "hellö"}
    read = mat5.read_variables(Source("a.mat", mat(variables, do_compression=compressed)))
    assert list(read) == list(variables)
    assert read["text"] == "hellö"
    first, (second, text), third = read["long_name_of_b"]
    assert text == "täxt"
    for mine in (read["a"], first, second, third):
        np.testing.assert_array_equal(mine, array)


def test_big_endian_files() -> None:
    def element(kind: int, data: bytes) -> bytes:
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    name = struct.pack(">HH", 1, 1) + b"a\0\0\0"  # a small element
    parts = [element(6, struct.pack(">II", 6, 0)), element(5, struct.pack(">ii", 2, 2)), name]
    matrix = element(14, b"".join(parts) + element(3, np.array([0, 2, 1, 3], ">i2").tobytes()))
    (drawing,) = read(b"MATLAB 5.0".ljust(124) + b"\x01\x00MI" + matrix)
    assert drawing.points.tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("options", [{}, {"do_compression": True}, {"format": "4"}])
def test_numeric_arrays(options: dict[str, Any]) -> None:
    first, second = read(mat({"a": POINTS, "b": POINTS[:, :2]}, **options))
    assert lengths(first) == [2, 1]
    assert lengths(second) == [3]
    assert second.points.tolist() == POINTS[:, :2].tolist()


def test_cells_of_drawings_and_cells_of_strokes() -> None:
    assert [lengths(drawing) for drawing in read(mat({"a": cell(POINTS, POINTS)}))] == [[2, 1], [2, 1]]
    assert [lengths(drawing) for drawing in read(mat({"a": cell(POINTS[:, :2], POINTS[:2, :2])}))] == [[3], [2]]
    strokes = cell(POINTS[:2, :2], POINTS[2:, :2])
    assert [lengths(drawing) for drawing in read(mat({"a": cell(strokes, strokes)}))] == [[2, 1], [2, 1]]


def test_vectors_are_columns() -> None:
    (drawing,) = read(mat({"x": [1, 2, 3], "y": [4, 5, 6], "t_ms": [0, 10, 20]}))
    assert drawing.points.tolist() == [[1, 4], [2, 5], [3, 6]]
    np.testing.assert_allclose(drawing.times, [0, 0.01, 0.02])


def test_omniglot() -> None:
    strokes = cell(POINTS[:2, :2], POINTS[2:, :2])
    times = cell(np.array([[0, 20]]), np.array([[50]]))
    variables = {
        "drawings": cell(cell(cell(strokes))),
        "timing": cell(cell(cell(times))),
        "images": cell(cell(cell(np.ones((3, 3))))),
        "names": cell("Latin"),
    }
    (drawing,) = read(mat(variables))
    assert drawing.label == "Latin/character01"
    assert lengths(drawing) == [2, 1]
    np.testing.assert_allclose(drawing.times, [0, 0.02, 0.05])
    assert drawing.y_up is True


def test_what_is_no_drawing_is_left_out_with_a_note() -> None:
    source = Source("a.mat", mat({"a": POINTS, "text": "hello", "s": {"f": 1}, "image": np.zeros((9, 9))}))
    assert len(list(matlab.read(source))) == 1
    assert "text, s.f, image" in source.notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "byte 0: is no MATLAB file"),
        (b"MATLAB 5.0 MAT-file" + bytes(200), "byte 0: is no MATLAB file"),
        (mat({"a": POINTS})[:-20], r"byte 128: is damaged: an element of \d+ bytes does not fit"),
        (mat({"a": POINTS}, do_compression=True)[:-20], "byte 128: is damaged: an element"),
        (mat({"a": POINTS}, format="4")[:-20], "byte 0: .*cut short"),
        (mat({"a": POINTS})[:-80] + b"\x09\x00\x00\x00\x40" + mat({"a": POINTS})[-75:], "is damaged"),
        (mat({"a": POINTS}, do_compression=True)[:140] + bytes(300), "is damaged"),
        (mat({"a": np.zeros((9, 9)), "b": "text"}), r"holds a \[9, 9\], b \(no array\); expected"),
        (mat({}), "no arrays"),
        (mat({"a": POINTS + np.array([0, np.inf, 0])}), "a row 0: .*not a finite"),
        (mat({"a": POINTS * (1 + 1j)}), r"a \(no array\); expected"),
        (mat({"drawings": POINTS, "timing": POINTS}), "not nested cells"),
        (
            mat({"drawings": cell(cell(cell(cell(POINTS)))), "timing": cell(cell(cell(cell([1]))))}),
            "no array .N, 2. with its times",
        ),
    ],
)
def test_refusals(data: bytes, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.mat.*{words}.*\.$"):
        read(data)


def test_version_7_3_says_what_to_do() -> None:
    data = b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n" + bytes(100)
    with pytest.raises(StudioError, match="save it with -v7"):
        read(data)


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mat5.limits, "UNPACKED_BYTES", 2**20)
    with pytest.raises(StudioError, match="unpacks to more than 1 MB"):
        read(mat({"a": np.zeros((100_000, 2))}, do_compression=True))


def structures(count: int, **fields: Any) -> np.ndarray:
    array = np.zeros((1, count), dtype=[(name, object) for name in fields])
    for name, values in fields.items():
        for i in range(count):
            array[0, i][name] = values[i]
    return array


def test_a_structure_is_a_drawing_labelled_by_its_text() -> None:
    (drawing,) = read(mat({"trial": {"x": [1.0, 2.0], "y": [3.0, 4.0], "t": [0.0, 10.0], "label": "oak"}}))
    assert drawing.points.tolist() == [[1, 3], [2, 4]]
    assert drawing.strokes[0].times is not None
    assert drawing.strokes[0].times.tolist() == [0, 0.01]
    assert drawing.label == "oak"


def test_every_structure_of_an_array_is_a_drawing() -> None:
    x, y = [np.arange(n) for n in (3.0, 5.0)], [np.ones(n) for n in (3, 5)]
    source = Source("a.mat", mat({"trials": structures(2, x=x, y=y, word=["oak", "ash"]), "rate": 100.0}))
    drawings = list(matlab.read(source))
    assert [(drawing.label, len(drawing.points)) for drawing in drawings] == [("oak", 3), ("ash", 5)]
    assert "the variables rate are no drawings" in " ".join(source.notes)


def test_structures_within_structures() -> None:
    (drawing,) = read(mat({"a": {"pen": {"x": [1.0, 2.0, 3.0], "y": [3.0, 4.0, 5.0]}}}))
    assert drawing.points.tolist() == [[1, 3], [2, 4], [3, 5]]
    (drawing,) = read(mat({"a": {"path": POINTS}}))
    assert lengths(drawing) == [2, 1]


def test_values_that_do_not_go_with_the_points_are_said() -> None:
    source = Source("a.mat", mat({"x": [1.0, 2.0, 3.0], "y": [3.0, 4.0, 5.0], "t": [0.0, 1.0]}))
    (drawing,) = matlab.read(source)
    assert drawing.strokes[0].times is None
    assert "t: another number of values than x has; left out" in " ".join(source.notes)


@given(st.integers(128, 10_000), st.integers(0, 255))
def test_a_damaged_structure_is_read_or_refused(at: int, byte: int) -> None:
    x, y = [np.arange(n) for n in (3.0, 5.0)], [np.ones(n) for n in (3, 5)]
    data = bytearray(mat({"trials": structures(2, x=x, y=y, word=["oak", "ash"])}))
    data[128 + at % (len(data) - 128)] = byte
    with contextlib.suppress(StudioError):
        assert all(isinstance(drawing, Drawing) for drawing in read(bytes(data)))
