"""Whatever the bytes, a reader gives drawings or a StudioError, and nothing else escapes."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from studio.errors import StudioError
from studio.files import arrays, csv_points, inkml, json_drawings, svg_page
from studio.files.readers import FORMATS, OMNIGLOT, Format, sniff
from studio.files.source import Source
from studio.sequences.material import Drawing

DRAWING = Drawing.from_points([[0, 0], [1, 2], [3, 1]], [0, 1, 1], times=[0, 0.1, 0.2], pressure=[0, 0.5, 1], label="a")


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
    (FORMATS[".mat"], _mat(a=np.zeros((3, 2)), b=np.ones((2, 3, 2)), c="text", d=_cell())),
    (FORMATS[".tra"], b",".join([b"50"] * 16) + b",7\n"),
    (OMNIGLOT, b"START\n1,2,3\nBREAK\n4,5,6\n"),
]
READERS = sorted({form.name: form for form, _ in GOOD}.items())


def attempt(form: Format, data: bytes) -> None:
    """Read with the bare reader: only StudioError, in one line that names the file, may escape."""
    refusal = "fuzz.file"
    try:
        for drawing in form.read(Source("fuzz.file", data)):
            assert np.isfinite(drawing.points).all()
            if drawing.times is not None:
                assert (np.diff(drawing.times) >= 0).all() or form.name == "JSON"
            if drawing.pressure is not None and form.name != "JSON":
                assert drawing.pressure.min() >= 0
                assert drawing.pressure.max() <= 1
    except StudioError as error:
        refusal = str(error)
    assert refusal.startswith("fuzz.file")
    assert "\n" not in refusal


@pytest.mark.parametrize(("name", "form"), READERS)
@settings(max_examples=50)
@given(data=st.binary(max_size=200))
@example(data=b"")
def test_random_bytes(name: str, form: Format, data: bytes) -> None:
    attempt(form, data)


@pytest.mark.parametrize(("name", "form"), READERS)
@settings(max_examples=50)
@given(text=st.text("0123456789.,;:-+eENaInf \t\n\"'!*?#<>/[]{}()xyMLCAz", max_size=80))
def test_random_characters(name: str, form: Format, text: str) -> None:
    attempt(form, text.encode())


@pytest.mark.parametrize("case", range(len(GOOD)), ids=lambda i: GOOD[i][0].name)
@settings(max_examples=60)
@given(data=st.data())
def test_good_files_with_a_few_bytes_changed(case: int, data: st.DataObject) -> None:
    form, good = GOOD[case]
    changed = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        end = data.draw(st.integers(at, min(at + 5, len(changed))))
        changed[at:end] = data.draw(
            st.one_of(st.binary(max_size=5), st.sampled_from([b"", b"9" * 20, b"-", b"e999", b"\n"]))
        )
        if not changed:
            break
    attempt(form, bytes(changed))


@pytest.mark.parametrize("case", range(len(GOOD)), ids=lambda i: GOOD[i][0].name)
def test_good_files_are_good_and_may_end_anywhere(case: int) -> None:
    form, good = GOOD[case]
    assert list(form.read(Source("fuzz.file", good)))
    for end in range(0, len(good), max(1, len(good) // 150)):
        attempt(form, good[:end])


@given(st.binary(max_size=200))
def test_sniffing_never_fails(data: bytes) -> None:
    form = sniff(data)
    if form is not None:
        attempt(form, data)
