"""Whatever material is written as a file comes back equal: point by point, time by time, in every format for it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.files import audio, midi, texts
from studio.files.readers import read_materials
from studio.files.source import Source
from studio.files.writers import ENDINGS, ROLL_ENDINGS, left_out, write_materials
from studio.sequences.material import Drawing, Stroke
from studio.sequences.materials import Kind, Material
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll, TempoChange
from studio.sequences.text import Text

PICTURES = (".png", ".gif")
NUMBERS = st.one_of(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from([0.0, -1.0, 0.1, 1 / 3, 1e-12, 123456.789, 5e-324, 1e29]),
)
LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Co", "Cn"))
LABELS = st.text(LETTERS, max_size=12).map(str.strip)


@st.composite
def strokes(draw: st.DrawFn, timed: bool, pressed: bool, since: float) -> Stroke:
    """A stroke whose clock goes on from `since`."""
    count = draw(st.integers(1, 6))
    points = np.array(draw(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=count, max_size=count)))
    steps = np.array(draw(st.lists(st.floats(0, 100), min_size=count, max_size=count)))
    force = np.array(draw(st.lists(st.floats(0, 1), min_size=count, max_size=count)))
    return Stroke(points, since + np.cumsum(steps) if timed else None, force if pressed else None)


@st.composite
def drawings(draw: st.DrawFn, *, partial: bool = True, from_zero: bool = False, labelled: bool = True) -> Drawing:
    """Any drawing.

    Args:
        partial: some strokes may have times or pressure that others have not.
        from_zero: its times begin at 0, as those of drawings do.
    """
    timed, pressed = draw(st.booleans()), draw(st.booleans())
    made: list[Stroke] = []
    clock = 0.0
    for _ in range(draw(st.integers(1, 4))):
        has_times = draw(st.booleans()) if partial else timed
        stroke = draw(strokes(has_times, draw(st.booleans()) if partial else pressed, clock))
        if stroke.times is not None:
            if from_zero and not made:
                stroke = Stroke(stroke.points, stroke.times - stroke.times[0], stroke.pressure)
            assert stroke.times is not None
            clock = float(stroke.times[-1])
        made.append(stroke)
    label = draw(LABELS) if labelled else ""
    return Drawing(tuple(made), label, draw(st.sampled_from([True, False, None])) if labelled else None)


def there_and_back(given: list[Material], name: str, kind: Kind) -> list[Material]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write_materials(given, path, all_columns=True, width="float" if name.endswith(".wav") else 16)
        result = read_materials([path], kind=kind)
    assert [problem for problem in result.problems if "came in" not in problem and "assumed" not in problem] == []
    return [item.material for item in result.materials]


def same(one: NDArray[np.float64] | None, two: NDArray[np.float64] | None) -> bool:
    return (one is None) == (two is None) and (one is None or two is None or bool(np.array_equal(one, two)))


def assert_same_drawing(found: Material, wanted: Drawing, *, described: bool = True) -> None:
    assert isinstance(found, Drawing)
    assert len(found.strokes) == len(wanted.strokes)
    for one, two in zip(found.strokes, wanted.strokes, strict=True):
        assert same(one.points, two.points)
        assert same(one.times, two.times)
        assert same(one.pressure, two.pressure)
    if described:
        assert (found.label, found.y_up) == (wanted.label, wanted.y_up)


@pytest.mark.parametrize("ending", [".csv", ".json", ".npz", ".svg"])
@settings(max_examples=25, deadline=None)
@given(drawing=drawings())
def test_a_drawing(ending: str, drawing: Drawing) -> None:
    (found,) = there_and_back([drawing], f"a{ending}", "pen")
    assert_same_drawing(found, drawing)
    assert left_out("pen", [drawing.label], [drawing], ending) == ""


@pytest.mark.parametrize("ending", [".json", ".npz", ".svg"])
@settings(max_examples=12, deadline=None)
@given(given_=st.lists(drawings(), min_size=2, max_size=4))
def test_several_drawings(ending: str, given_: list[Drawing]) -> None:
    found = there_and_back(list(given_), f"a{ending}", "pen")
    for one, two in zip(found, given_, strict=True):
        assert_same_drawing(one, two)


@settings(max_examples=25, deadline=None)
@given(drawing=drawings(partial=False, from_zero=True))
def test_a_drawing_as_inkml(drawing: Drawing) -> None:
    (found,) = there_and_back([drawing], "a.inkml", "pen")
    assert_same_drawing(found, drawing)
    assert left_out("pen", [drawing.label], [drawing], ".inkml") == ""


@settings(max_examples=25, deadline=None)
@given(drawing=drawings())
def test_a_drawing_as_npy_but_for_what_is_said(drawing: Drawing) -> None:
    (found,) = there_and_back([drawing], "a.npy", "pen")
    assert_same_drawing(found, drawing, described=False)
    is_lost = bool(drawing.label) or drawing.y_up is not None
    assert bool(left_out("pen", [drawing.label], [drawing], ".npy")) == is_lost


def test_every_ending_is_tested() -> None:
    assert set(ENDINGS) == {".csv", ".json", ".npz", ".svg", ".inkml", ".npy", *PICTURES}
    assert set(ROLL_ENDINGS) == {".csv", ".npz", ".mid", ".midi", ".npy", ".png", *audio.WRITTEN}


@st.composite
def rolls(draw: st.DrawFn) -> Roll:
    frames, pitches = draw(st.integers(2, 12)), draw(st.integers(6, 20))
    keys = np.array(draw(st.lists(st.booleans(), min_size=frames * pitches, max_size=frames * pitches)), np.uint8)
    keys[0] = 1  # a roll without any note is none that MIDI could tell
    changes = draw(
        st.lists(st.tuples(st.integers(1, frames - 1), st.floats(1, 30)), max_size=2, unique_by=lambda c: c[0])
    )
    return Roll(
        keys.reshape(frames, pitches),
        draw(st.floats(1, 30)),
        draw(st.integers(0, 100)),
        draw(LABELS),
        tuple(TempoChange(*change) for change in sorted(changes)),
    )


@pytest.mark.parametrize("ending", [".csv", ".npz", ".mid", ".midi"])
@settings(max_examples=20, deadline=None)
@given(roll=rolls())
def test_a_piano_roll(ending: str, roll: Roll) -> None:
    (found,) = there_and_back([roll], f"a{ending}", "roll")
    assert isinstance(found, Roll)
    assert np.array_equal(found.keys, roll.keys)
    assert (found.lowest, found.label, found.rate, found.changes) == (roll.lowest, roll.label, roll.rate, roll.changes)
    assert left_out("roll", [roll.label], [roll], ending) == ""


@settings(max_examples=20, deadline=None)
@given(roll=rolls())
def test_a_piano_roll_as_npy_but_for_what_is_said(roll: Roll) -> None:
    (found,) = there_and_back([roll], "a.npy", "roll")
    assert isinstance(found, Roll)
    assert list(found.notes) == list(roll.notes)
    assert "tempo" in left_out("roll", [roll.label], [roll], ".npy")


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
@settings(max_examples=20, deadline=None)
@given(words=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(lambda words: words.strip()))
def test_a_text(name: str, words: str) -> None:
    text = Text.typed(words)
    (found,) = there_and_back([text], name, "text")
    assert isinstance(found, Text)
    assert found.characters == text.characters
    assert texts.read(Source("a.txt", texts.to_bytes(text))).characters == text.characters


@settings(max_examples=20, deadline=None)
@given(samples=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50), channels=st.sampled_from([1, 2]))
def test_a_recording(samples: list[float], channels: int) -> None:
    given_ = Recording(np.repeat(np.array(samples, np.float32)[:, None], channels, 1), 8000)
    (found,) = there_and_back([given_], "a.wav", "audio")
    assert isinstance(found, Recording)
    assert np.array_equal(found.samples, given_.samples)
    (packed,) = there_and_back([given_], "a.flac", "audio")
    assert isinstance(packed, Recording)
    assert np.abs(packed.samples - given_.samples).max() <= 1.01 / 2**15


def test_what_a_format_does_not_hold_is_said() -> None:
    drawing = Drawing((Stroke([[0, 0]], [0.0]), Stroke([[1, 1]])), "a", True)  # type: ignore[arg-type]
    assert left_out("pen", ["a"], [drawing], ".npy") == (
        "NPY files do not hold labels and which way y grows; NPZ and JSON files do."
    )
    assert "only some strokes have" in left_out("pen", ["a"], [drawing], ".inkml")
    assert left_out("audio", ["a"], [], ".wav") == "Sound files hold no labels: export one label at a time."
    assert left_out("text", ["", "b"], [], ".txt") == "Text files hold no labels: export one label at a time."
    assert left_out("audio", ["", ""], [], ".wav") == ""
    assert left_out("roll", ["a"], [], ".npy") == "NPY files do not hold labels and tempo; NPZ and MIDI files do."
    assert midi.FRAMES_PER_QUARTER  # the tempo of MIDI files is tested above


def test_a_table_that_another_program_changed_keeps_its_label_and_direction() -> None:
    drawing = Drawing((Stroke(np.array([[0.0, 0], [1, 2]]), np.array([0.0, 1])),), 'a, "b" \\ ñ', False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        write_materials([drawing], path, all_columns=True)
        with_another_point = path.read_text().replace("2.0,1,", "2.0,0,") + '3,4,1,2.5,0,"a, ""b"" \\ ñ"\n'
        for text in (with_another_point, with_another_point.replace("pen", "end").replace("y_up,label", "label,other")):
            path.write_text(text)
            (item,) = read_materials([path], kind="pen").materials
            assert isinstance(item.material, Drawing)
            assert len(item.material) == 3
        path.write_text(with_another_point.replace("x,y,pen", "x,y,end"))
        (item,) = read_materials([path], kind="pen").materials
        assert isinstance(item.material, Drawing)
        assert (item.material.label, item.material.y_up) == ('a, "b" \\ ñ', False)
