"""Material as bytes and back."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from roll_strategies import rolls

from studio.project.contents import Content, facts, pack, unpack
from studio.sequences.material import Drawing, Stroke
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll

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
    content = pack(Drawing(tuple(parts), y_up=y_up))
    drawing = unpack(content, label)
    assert isinstance(drawing, Drawing)
    known = facts(content.kind, content.shape, len(content.data))
    assert (known.length, known.parts, known.seconds) == (len(drawing), len(parts), 0)
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
        "[" * 100_000,
    ],
)
def test_a_wrong_description_is_refused(shape: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011, any: the reader says where it was
        facts("pen", shape, len(packed().data))
    with pytest.raises(ValueError):  # noqa: PT011
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


SAMPLES = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 20), st.integers(1, 3)),
    elements=st.floats(-2, 2, width=32) | st.integers(-(2**15), 2**15).map(lambda step: step / 2**15),
)


@given(SAMPLES, st.integers(1, 10**6), st.text())
def test_no_sample_is_lost(samples: np.ndarray, rate: int, label: str) -> None:
    content = pack(Recording(samples, rate))
    recording = unpack(content, label)
    assert isinstance(recording, Recording)
    known = facts(content.kind, content.shape, len(content.data))
    assert (known.length, known.parts, known.seconds) == (len(recording), recording.channels, recording.seconds)
    assert (recording.rate, recording.label) == (rate, label)
    np.testing.assert_array_equal(recording.samples, samples)


@given(arrays.arrays(np.int16, st.tuples(st.integers(1, 20), st.integers(1, 3))))
def test_samples_of_16_bits_take_two_bytes(steps: np.ndarray) -> None:
    content = pack(Recording(steps / np.float32(2**15), 8000))
    assert len(content.data) == steps.nbytes
    found = unpack(content)
    assert isinstance(found, Recording)
    np.testing.assert_array_equal(found.samples * 2**15, steps)


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ({"rate": 8000, "channels": 2, "numbers": "<i2"}, 6),
        ({"rate": 8000, "channels": 1, "numbers": "<i2"}, 0),
        ({"rate": 8000, "channels": 1, "numbers": "<f4"}, 6),
        ({"rate": 0, "channels": 1, "numbers": "<i2"}, 8),
        ({"rate": 8000, "channels": 0, "numbers": "<i2"}, 8),
        ({"rate": "8000", "channels": 1, "numbers": "<i2"}, 8),
        ({"rate": 8000, "channels": 1, "numbers": "|O"}, 8),
        ({"rate": 8000, "channels": 1}, 8),
        ([], 8),
    ],
)
def test_a_wrong_description_of_a_recording_is_refused(shape: object, size: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        facts("audio", json.dumps(shape), size)
    with pytest.raises(ValueError):  # noqa: PT011
        unpack(Content("audio", json.dumps(shape), bytes(size)))


def test_samples_that_are_no_numbers_are_refused() -> None:
    shape = json.dumps({"rate": 8000, "channels": 1, "numbers": "<f4"})
    with pytest.raises(ValueError, match="finite"):
        unpack(Content("audio", shape, np.full(4, np.nan, np.float32).tobytes()))


# --- piano rolls


@given(rolls(), st.text())
def test_nothing_of_a_roll_is_lost(roll: Roll, label: str) -> None:
    content = pack(roll)
    back = unpack(content, label)
    assert isinstance(back, Roll)
    assert (back.rate, back.lowest, back.label) == (roll.rate, roll.lowest, label)
    np.testing.assert_array_equal(back.keys, roll.keys)
    known = facts(content.kind, content.shape, len(content.data))
    assert (known.length, known.parts, known.rate) == (len(roll), roll.pitches, roll.rate)
    assert known.seconds == pytest.approx(roll.seconds)
    assert len(content.data) <= roll.keys.size / 8 + 1


@pytest.mark.parametrize(
    "change",
    [
        {"frames": 5},
        {"frames": 0},
        {"frames": 2.5},
        {"pitches": -1},
        {"rate": 0},
        {"rate": "8"},
        {"rate": float("inf")},
        {"lowest": 125},
        {"lowest": None},
    ],
)
def test_a_roll_that_contradicts_itself(change: dict[str, object]) -> None:
    content = pack(Roll(np.ones((4, 9), np.uint8), 8.0, 60))
    shape = json.dumps({**json.loads(content.shape), **change})
    with pytest.raises(ValueError, match=r"roll|bits|whole|tempo|pitches|pitch"):
        unpack(Content("roll", shape, content.data))
