"""Piano rolls in files: told from points, written and read again, refused in a sentence."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from roll_strategies import rolls as any_rolls
from roll_strategies import sounding

from studio.errors import StudioError
from studio.files import limits, rolls
from studio.files.audio import read_recording
from studio.files.readers import read_materials, read_roll
from studio.files.rolls import Reading
from studio.files.source import Source
from studio.files.writers import write_materials, write_rolls
from studio.project.contents import facts, pack, unpack
from studio.sequences.material import Drawing
from studio.sequences.performance import performed
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll, TempoChange, pitch_name

LABELS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=9)
KEYS = (np.random.default_rng(0).random((20, 7)) < 0.3).astype(np.uint8)


def same(one: Roll, other: Roll) -> bool:
    facts = [(roll.rate, roll.changes, roll.lowest, roll.label, roll.keys.shape) for roll in (one, other)]
    return facts[0] == facts[1] and bool((one.keys == other.keys).all())


def table(keys: np.ndarray, sign: str = ",") -> bytes:
    return "\n".join(sign.join(map(str, row)) for row in keys.tolist()).encode()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@given(any_rolls(), LABELS)
def test_text_there_and_back(roll: Roll, label: str) -> None:
    roll = roll.labelled(label)
    (back,) = rolls.read(Source("a.csv", rolls.to_text(roll).encode())) or []
    assert same(back, roll)


@settings(max_examples=40)
@given(st.lists(any_rolls(), min_size=1, max_size=4), LABELS)
def test_archive_there_and_back(given: list[Roll], label: str) -> None:
    given = [given[0].labelled(label), *given[1:]]
    back = rolls.read(Source("a.npz", rolls.to_npz(given))) or []
    assert len(back) == len(given)
    assert all(map(same, back, given))


@given(any_rolls())
def test_array_there_and_back_but_for_the_tempo(roll: Roll) -> None:
    source = Source("a.npy", rolls.to_npy(roll))
    (back,) = rolls.read(source, Reading(tempo=roll.rate), asked_for=True) or []
    assert (sounding(back), len(back), back.rate) == (sounding(roll), len(roll), roll.rate)


@pytest.mark.parametrize("sign", [",", "\t", ";", " "])
def test_a_table_of_zeros_and_ones_is_a_roll(sign: str) -> None:
    (roll,) = rolls.read(Source("a.txt", table(KEYS, sign))) or []
    np.testing.assert_array_equal(roll.keys, KEYS)
    assert roll.rate == rolls.TEMPO


@pytest.mark.parametrize("data", [table(KEYS[:, :5]), table(2 * KEYS), b"x,y\n1,0\n", b"", b"{}", npy(KEYS[:, :3])])
def test_what_may_be_points_is_left_to_others(data: bytes) -> None:
    assert rolls.read(Source("a.csv", data)) is None


def test_a_narrow_table_is_a_roll_where_that_is_said() -> None:
    (roll,) = rolls.read(Source("a.csv", table(KEYS[:, :2])), asked_for=True) or []
    np.testing.assert_array_equal(roll.keys, KEYS[:, :2])


def test_time_runs_along_the_longer_side_unless_told_otherwise() -> None:
    source = Source("a.npy", npy(KEYS.T))
    (roll,) = rolls.read(source) or []
    np.testing.assert_array_equal(roll.keys, KEYS)
    (note,) = source.notes
    assert "time runs across (20 moments, 7 pitches), the lowest pitch is C4, there are 8 frames a second" in note
    source = Source("a.npy", npy(KEYS.T))
    (roll,) = rolls.read(source, Reading("down", 4.0, 40)) or []
    np.testing.assert_array_equal(roll.keys, KEYS.T)
    assert (roll.rate, roll.lowest, source.notes) == (4.0, 40, [])


@pytest.mark.parametrize(
    ("shape", "lowest"), [((9, 88), 21), ((88, 9), 21), ((9, 128), 0), ((128, 9), 0), ((300, 61), 48)]
)
def test_keyboards_of_usual_size(shape: tuple[int, int], lowest: int) -> None:
    (roll,) = rolls.read(Source("a.npy", npy(np.eye(*shape, dtype=bool)))) or []
    assert sorted((len(roll), roll.pitches)) == sorted(shape)
    assert roll.pitches in (88, 128, 61)
    assert roll.lowest == lowest


def test_names_above_the_columns() -> None:
    for names in ("F3,F#3,G3,Ab3,A3,Bb3,B3", "53,54,55,56,57,58,59"):
        (roll,) = rolls.read(Source("a.csv", f"{names}\n".encode() + table(KEYS))) or []
        assert pitch_name(roll.lowest) == "F3"
        assert len(roll) == len(KEYS)


def test_loudness_is_left_out_with_a_note() -> None:
    source = Source("a.npy", npy(KEYS * 90))
    assert rolls.read(source) is None
    (roll,) = rolls.read(source, asked_for=True) or []
    np.testing.assert_array_equal(roll.keys, KEYS)
    assert "loudness was left out" in source.notes[0]


def test_several_in_one_array() -> None:
    found = rolls.read(Source("a.npy", npy(np.stack([KEYS, 1 - KEYS])))) or []
    assert [len(roll) for roll in found] == [20, 20]
    np.testing.assert_array_equal(found[1].keys, 1 - KEYS)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"0,1\n1,-1\n", "a: holds -1 in row 2, column 2; expected 0 or 1."),
        (b"0,1,1\n1,0\n", "a, line 2: has 2 values where 3 were expected."),
        (b"0,1\nx,0\n", "a, line 2: 'x' is not a number."),
        (b"0,nan\n", "a: holds nan in row 1, column 2; expected 0 or 1."),
        (b"# nothing\n", "a: holds no piano roll; expected a table of zeros and ones, a row for each moment."),
        (npy(np.zeros((200, 300))), "a, array: has 200 pitches in 300 moments; there are 128 pitches at most."),
        (npy(np.zeros(7)), "a, array: has the shape [7]; expected [T, D] zeros and ones."),
    ],
)
def test_refusals(data: bytes, why: str) -> None:
    with pytest.raises(StudioError) as refusal:
        rolls.read(Source("a", data), asked_for=True)
    assert str(refusal.value) == why


def test_pitches_that_there_are_not() -> None:
    with pytest.raises(StudioError, match="7 pitches from 125 on end with 131, not 127 at most"):
        rolls.read(Source("a", table(KEYS)), Reading(lowest=125))


def test_the_longest_roll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FRAMES_PER_ROLL", 19)
    with pytest.raises(StudioError, match="more than 19 frames in one piano roll"):
        rolls.read(Source("a", table(KEYS)))


@pytest.mark.parametrize("name", ["keys", "offsets", "rates", "lowest", "pitches"])
def test_archives_that_contradict_themselves(name: str) -> None:
    with np.load(io.BytesIO(rolls.to_npz([Roll(KEYS, 8.0), Roll(KEYS, 4.0)]))) as good:
        arrays = dict(good)
    for bad in (arrays[name][:-1], -arrays[name].astype(np.int32) - 1, np.array("x")):
        file = io.BytesIO()
        np.savez(file, **{**arrays, name: bad})  # type: ignore[arg-type]
        with pytest.raises(StudioError, match=r"^a"):
            rolls.read(Source("a", file.getvalue()))


def test_a_folder_of_both_kinds(tmp_path: Path) -> None:
    (tmp_path / "roll.csv").write_bytes(table(KEYS))
    (tmp_path / "points.csv").write_bytes(b"x,y\n1,2.5\n3,4\n")
    (tmp_path / "README.txt").write_text("No numbers here.")
    both = read_materials([tmp_path])
    assert [type(item.material) for item in both.materials] == [Drawing, Roll]
    only = read_materials([tmp_path / "roll.csv"], kind="roll", label="tune")
    assert only.materials[0].material.label == "tune"
    assert not read_materials([tmp_path / "roll.csv"], kind="pen").materials
    assert read_roll(tmp_path / "roll.csv").keys.shape == KEYS.shape
    with pytest.raises(StudioError, match=r"holds 2.5 in row 1, column 2; expected 0 or 1"):
        read_roll(tmp_path / "points.csv")
    (tmp_path / "drawing.svg").write_text("<svg/>")
    with pytest.raises(StudioError, match="of no kind that holds piano rolls"):
        read_roll(tmp_path / "drawing.svg")


def test_every_ending_is_written(tmp_path: Path) -> None:
    roll, other = Roll(KEYS, 8.0, 50, "tune"), Roll(1 - KEYS, 4.0, 52)
    for ending in (".csv", ".npz"):
        (path,) = write_rolls([roll], tmp_path / f"one{ending}")
        assert same(read_roll(path), roll)
    assert len(write_rolls([roll, other], tmp_path / "both.npz")) == 1
    assert [path.name for path in write_rolls([roll, other], tmp_path / "many")] == ["0001.csv", "0002.csv"]
    (wave,) = write_materials([roll], tmp_path / "one.wav")
    heard = read_recording(wave)
    np.testing.assert_allclose(heard.samples, performed(roll).samples, atol=1 / 2**15)
    (picture,) = write_rolls([roll, other], tmp_path / "both.png")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_is_not_written(tmp_path: Path) -> None:
    roll = Roll(KEYS, 8.0)
    with pytest.raises(StudioError, match=r"the ending '.svg' is unknown for piano rolls"):
        write_rolls([roll], tmp_path / "a.svg")
    with pytest.raises(StudioError, match="one kind at a time"):
        write_materials([roll, Recording(np.zeros(9, np.float32), 8000)], tmp_path / "a.wav")
    with pytest.raises(StudioError, match="no piano rolls to write"):
        write_rolls([], tmp_path / "a.csv")


def test_changes_of_tempo_are_kept(tmp_path: Path) -> None:
    roll = Roll(np.eye(12, 8, dtype=np.uint8), 8.0, 60, "a", (TempoChange(4, 1 / 3), TempoChange(9, 16.0)))
    plain = Roll(np.eye(12, 8, dtype=np.uint8), 8.0, 60, "b")
    for written, name in (([roll], "one.csv"), ([plain, roll], "two.npz"), ([roll], "one.mid")):
        write_rolls(written, tmp_path / name)
        back = [item.material for item in read_materials([tmp_path / name]).materials]
        assert [each.changes for each in back if isinstance(each, Roll)] == [each.changes for each in written]
    content = pack(roll)
    assert unpack(content, "a").changes == roll.changes  # type: ignore[union-attr]
    assert facts(content.kind, content.shape, len(content.data)).seconds == pytest.approx(roll.seconds)


@pytest.mark.parametrize("changes", ["4", "9: 8.0, 4: 8.0", "4: -1", "4: nan", "0: 3", "x: y"])
def test_changes_of_tempo_that_cannot_be_are_passed_over(changes: str) -> None:
    text = rolls.to_text(Roll(np.eye(12, 8, dtype=np.uint8), 8.0, 60)).split("\n")
    text.insert(1, f"# tempo changes: {changes}")
    (roll,) = rolls.read(Source("a.csv", "\n".join(text).encode())) or ()
    assert roll.changes == ()
