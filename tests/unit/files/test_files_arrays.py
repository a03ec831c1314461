"""NumPy arrays and archives, object arrays among them, and pickles that want more than that."""

import io
import pickle
import pickletools
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from studio.errors import StudioError
from studio.files import arrays, pickled_arrays
from studio.files.npy import read_array, write_array
from studio.files.source import Source
from studio.sequences.material import Drawing

ABSOLUTE = np.array([[0, 0, 0], [1, 2, 1], [5, 5, 0], [6, 7, 0]], np.float32)
STROKE3 = np.array([[3, 4, 0], [1, 2, 1], [4, -3, 0], [1, 2, 1]], np.int16)


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**members: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **members)
    return file.getvalue()


def objects(*items: Any) -> np.ndarray:
    array = np.empty(len(items), object)
    array[:] = items
    return array


def read_npy(data: bytes) -> list[Drawing]:
    return list(arrays.read_npy(Source("a.npy", data)))


def read_npz(data: bytes) -> list[Drawing]:
    return list(arrays.read_npz(Source("a.npz", data)))


def lengths(drawing: Drawing) -> list[int]:
    return [len(stroke) for stroke in drawing.strokes]


@given(
    hnp.arrays(
        st.one_of(
            hnp.integer_dtypes(endianness="?"),
            hnp.unsigned_integer_dtypes(endianness="?"),
            hnp.floating_dtypes(endianness="?"),
        ),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    ),
    st.sampled_from("CF"),
)
def test_plain_arrays_are_read_as_numpy_reads_them(array: np.ndarray, order: str) -> None:
    data = npy(np.asarray(array, order=order))  # type: ignore[call-overload]
    read = read_array(Source("a.npy", data), data)
    assert isinstance(read, np.ndarray)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)
    np.testing.assert_array_equal(np.load(io.BytesIO(write_array(array))), array)


def test_header_of_python_2() -> None:
    data = npy(ABSOLUTE).replace(b"(4, 3), }  ", b"(4L, 3L), }")
    assert lengths(read_npy(data)[0]) == [2, 2]


def test_two_three_and_more_columns() -> None:
    assert lengths(read_npy(npy(ABSOLUTE[:, :2]))[0]) == [4]
    (drawing,) = read_npy(npy(ABSOLUTE))
    assert lengths(drawing) == [2, 2]
    assert drawing.points.tolist() == ABSOLUTE[:, :2].tolist()
    several = read_npy(npy(np.stack([ABSOLUTE, ABSOLUTE + np.array([10, 0, 0])])))
    assert [lengths(drawing) for drawing in several] == [[2, 2]] * 2
    assert several[1].points[0].tolist() == [10, 0]


def test_flat_layout_with_labels() -> None:
    data = npz(points=np.concatenate([ABSOLUTE, ABSOLUTE]), offsets=[0, 4, 8], labels=["a", "b"])
    first, second = read_npz(data)
    assert (first.label, second.label) == ("a", "b")
    assert lengths(first) == lengths(second) == [2, 2]


def test_vectors_are_columns() -> None:
    (drawing,) = read_npz(npz(x=[1.0, 2, 3], y=[[4.0], [5], [6]], t_ms=[0, 10, 20], other=[1, 2]))
    assert drawing.points.tolist() == [[1, 4], [2, 5], [3, 6]]
    np.testing.assert_allclose(drawing.times, [0, 0.01, 0.02])


def test_any_set_of_arrays_with_a_note_on_the_rest() -> None:
    source = Source("a.npz", npz(one=ABSOLUTE, images=np.zeros((3, 28, 28)), two=ABSOLUTE[:, :2], name="hello"))
    read = list(arrays.read_npz(source))
    assert [lengths(drawing) for drawing in read] == [[2, 2], [4]]
    assert len(source.notes) == 1
    assert "images, name" in source.notes[0]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_object_arrays_of_every_protocol(protocol: int) -> None:
    # np.save writes its header, then the pickle.
    data = npy(objects(STROKE3, STROKE3[:2]))
    data = data[: data.index(b"\n") + 1] + pickle.dumps(objects(STROKE3, STROKE3[:2]), protocol)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("train.npy", data)
    first, second = read_npz(file.getvalue())
    assert first.points.tolist() == [[3, 4], [4, 6], [8, 3], [9, 5]]
    assert lengths(first) == [2, 2]
    assert lengths(second) == [2]
    assert first.y_up is False


def test_object_array_as_python_2_wrote_it() -> None:
    """Byte strings, no bytes objects, the old module names, long integers."""
    values = STROKE3.tobytes()
    head = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
    dtype = b"%sU\x02%sK\x00K\x01\x87R(K\x03U\x01%sNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK%ctb"
    inner = (
        b"h\x01h\x02K\x00\x85U\x01b\x87R(K\x01\x8a\x01\x04\x8a\x01\x03\x86"
        + dtype % (b"h\x04", b"i2", b"<", b"\x00")
        + b"\x89U"
        + bytes([len(values)])
        + values
        + b"tb"
    )
    data = (
        head
        + b"(K\x01\x8a\x01\x01\x85"
        + dtype % (b"cnumpy\ndtype\nq\x04", b"O8", b"|", b"?")
        + b"\x89]"
        + inner
        + b"atb."
    )
    pickletools.dis(data, out=io.StringIO())  # the test's own check that this is a pickle
    (array,) = pickled_arrays.read_object_array(data)
    assert isinstance(array, np.ndarray)
    assert array.dtype == np.int16
    assert array.tolist() == STROKE3.tolist()


@given(st.lists(hnp.arrays(hnp.integer_dtypes() | hnp.floating_dtypes(), hnp.array_shapes(max_dims=2)), min_size=1))
def test_object_arrays_are_read_as_numpy_reads_them(items: list[np.ndarray]) -> None:
    data = npy(objects(*items))
    read = read_array(Source("a.npy", data), data)
    assert len(read) == len(items)
    for mine, item in zip(read, items, strict=True):
        np.testing.assert_array_equal(mine, item)


def test_lists_of_strokes_in_an_object_array() -> None:
    strokes = [ABSOLUTE[:2, :2], ABSOLUTE[2:, :2]]
    (drawing,) = read_npy(npy(objects(strokes)))
    assert lengths(drawing) == [2, 2]


class Evil:
    """Runs code when unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('the pickle ran')",))


@pytest.mark.parametrize(
    "pickled",
    [
        pickle.dumps(objects(Evil())),
        pickle.dumps(Evil()),
        pickle.dumps(Evil(), 0),
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
        b"\x80\x02cnumpy\nload\nX\x01\x00\x00\x00a\x85R.",
        b"\x80\x02cnumpy.core.multiarray\nscalar\n.",
        b"\x80\x02(ios\nsystem\n.",
        b"\x80\x02cnumpy\nndarray\n)\x81.",
        pickle.dumps({"a": 1}),
        pickle.dumps([1, 2, 3]),
        pickle.dumps(objects("text")),
        pickle.dumps(objects(np.array(["text"]))),
        pickle.dumps(objects(np.zeros(2, [("a", "f4"), ("b", "f4")]))),
        pickle.dumps(objects(1 + 2j)),
        pickle.dumps(objects({1, 2})),
        pickle.dumps(objects(ABSOLUTE))[:-20],
        b"\x80\x02]q\x00h\x00a.",  # a list that contains itself
        b"",
        b".",
        b"\x80\x02R.",
        b"\x80\x02]b.",
    ],
)
def test_pickles_of_anything_else_are_refused_and_never_run(pickled: bytes) -> None:
    header = npy(objects(ABSOLUTE))
    header = header[: header.index(b"\n") + 1]
    with pytest.raises(StudioError, match=r"^a\.npy(, byte \d+)?: is an object array of something other than plain"):
        read_npy(header + pickled)


@given(st.binary(max_size=60), st.integers(0, 2000), st.integers(0, 255))
def test_damaged_pickles_are_refused_or_read(junk: bytes, at: int, value: int) -> None:
    good = bytearray(pickle.dumps(objects(STROKE3, [ABSOLUTE]), 4))
    good[at % len(good)] = value
    for data in (junk, bytes(good), bytes(good[:at]) + junk):
        try:
            pickled_arrays.read_object_array(data)
        except pickled_arrays.UnsafePickle:
            continue


def test_a_long_string_used_many_times_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickled_arrays.limits, "UNPACKED_BYTES", 10_000)
    text = b"X\xe8\x03\x00\x00" + b"a" * 1000
    again = b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R"
    with pytest.raises(pickled_arrays.UnsafePickle, match="too many bytes"):
        pickled_arrays.read_object_array(b"\x80\x02" + text + b"q\x00" + again * 20 + b".")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "byte 0: does not begin"),
        (b"\x93NUMPY\x01", "ends within its header"),
        (npy(ABSOLUTE)[:40], "ends within its header"),
        (npy(ABSOLUTE)[:-1], "47 bytes of values where its header promises 48"),
        (npy(ABSOLUTE) + b"1", "49 bytes"),
        (npy(ABSOLUTE).replace(b"(4, 3)", b"(4, -3)"), "without a sensible"),
        (npy(ABSOLUTE).replace(b"(4, 3)", b"(4, x)"), "without a sensible"),
        (npy(ABSOLUTE).replace(b"(4, 3)", b"(9**9)"), "without a sensible"),
        (npy(ABSOLUTE).replace(b"<f4", b"<f3"), "type '<f3'"),
        (npy(np.zeros((4, 2), complex)), "expected plain numbers"),
        (npy(np.zeros(4, [("x", "f4"), ("y", "f4", 2)])), "expected plain numbers"),
        (npy(np.zeros(4, [("a", "f4"), ("b", "f4"), ("c", "f4")])), "expected x and y among them"),
        (npy(np.zeros(4)), r"shape \[4\]"),
        (npy(np.zeros((4, 9))), r"shape \[4, 9\]"),
        (npy(np.zeros((0, 2))), "no points"),
        (npy(np.array(["a", "b"])), r"shape \[2\]"),
        (npy(np.array([["a", "b"]])), "expected real numbers"),
        (npy(np.array([[0, 0], [1, np.inf]])), "row 1: .*not a finite number"),
        (npy(np.full((3, 2), np.nan)), "holds no points"),
        (npy(np.array([[[0, 0], [1, 1]], [[0, np.inf], [1, 2]]])), r"array\[1\] row 0"),
        (npy(np.array([[0, 0, 5], [1, 1, 3], [2, 2, 9.0]])), "neither pen"),
    ],
)
def test_refusals(data: bytes, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.npy.*{words}.*\.$"):
        read_npy(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 and nothing", "damaged archive"),
        (npz(a=ABSOLUTE)[:-30], "damaged archive"),
        (npz(a=np.zeros(7), b=np.zeros((2, 7, 9))), r"a \[7\], b \[2, 7, 9\]; expected"),
        (npz(), "no arrays"),
        (npz(points=ABSOLUTE, offsets=[0, 9]), "offsets: does not rise"),
        (npz(points=ABSOLUTE, offsets=[0, 3, 2]), "offsets: does not rise"),
        (npz(points=ABSOLUTE, offsets=[0.0, 4]), "offsets: is no vector"),
        (npz(points=np.zeros(4), offsets=[0, 4]), "points: is no array"),
        (npz(train=ABSOLUTE), r"train\[0\]: is no"),
        (npz(train=objects(np.zeros((4, 2)))), r"train\[0\]: is no"),
        (npz(train=objects(STROKE3, STROKE3 * 3)), r"train\[1\] row 1: .*expected 0 or 1"),
    ],
)
def test_refusals_of_archives(data: bytes, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.npz.*{words}.*\.$"):
        read_npz(data)


def test_an_archive_with_a_damaged_member_names_it() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("good.npy", npy(ABSOLUTE))
        archive.writestr("bad.npy", npy(ABSOLUTE)[:-4])
    with pytest.raises(StudioError, match=r"^a\.npz, byte \d+, bad: has 44 bytes"):
        read_npz(file.getvalue())


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays.limits, "UNPACKED_BYTES", 2**20)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy(np.zeros((200_000, 2))))
    with pytest.raises(StudioError, match="unpacks to more than 1 MB"):
        read_npz(file.getvalue())
