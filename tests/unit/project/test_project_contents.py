"""Drawings as bytes and back."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from studio.project.contents import Content, pack, unpack
from studio.sequences.material import Drawing, Stroke

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def strokes(draw: st.DrawFn) -> Stroke:
    count = draw(st.integers(1, 6))
    column = arrays.arrays(np.float64, count, elements=NUMBERS)
    return Stroke(
        draw(arrays.arrays(np.float64, (count, 2), elements=NUMBERS)),
        draw(st.none() | column),
        draw(st.none() | column),
    )


@given(st.lists(strokes(), min_size=1, max_size=4), st.sampled_from([True, False, None]), st.text())
def test_nothing_is_lost(parts: list[Stroke], y_up: bool | None, label: str) -> None:
    drawing = unpack(pack(Drawing(tuple(parts), y_up=y_up)), label)
    assert drawing.label == label
    assert drawing.y_up is y_up
    assert len(drawing.strokes) == len(parts)
    for found, wanted in zip(drawing.strokes, parts, strict=True):
        for name in ("points", "times", "pressure"):
            np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def packed() -> Content:
    return pack(Drawing.from_points([[0, 0], [1, 1], [2, 0]], [0, 1, 1], times=[0, 1, 2]))


@pytest.mark.parametrize(
    "shape",
    [
        "",
        "[]",
        "{}",
        json.dumps({"y_up": None, "strokes": []}),
        json.dumps({"y_up": None, "strokes": [[3, False, False]]}),
        json.dumps({"y_up": None, "strokes": [[99, False, False]]}),
        json.dumps({"y_up": None, "strokes": [[-1, False, False]]}),
        json.dumps({"y_up": None, "strokes": [["3", False, False]]}),
        json.dumps({"y_up": "up", "strokes": [[2, True, False], [1, True, False]]}),
        json.dumps({"y_up": None, "strokes": 7}),
    ],
)
def test_a_wrong_description_is_refused(shape: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011, any: the reader says where it was
        unpack(Content("pen", shape, packed().data))


def test_other_damage_is_refused() -> None:
    good = packed()
    assert len(unpack(good)) == 3
    nan = np.full(len(good.data) // 8, np.nan).tobytes()
    for bad in (
        Content("audio", good.shape, good.data),
        Content("pen", good.shape, good.data[:-1]),
        Content("pen", good.shape, good.data[:-8]),
        Content("pen", good.shape, good.data + bytes(8)),
        Content("pen", good.shape, nan),
    ):
        with pytest.raises(ValueError):  # noqa: PT011
            unpack(bad)
