"""Files of sound among files with drawings: which come in, under which labels, and what is said of the others."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from odd_audio import DAMAGED, NO_FILES, ODD, WAV

from studio.errors import StudioError
from studio.files.audio import write_recording
from studio.files.readers import ImportResult, read_drawing, read_materials, read_recording
from studio.files.writers import write_drawings, write_materials, write_recordings
from studio.sequences.material import Drawing
from studio.sequences.materials import kind_of
from studio.sequences.recording import Recording

LINE = Drawing.from_points([[0, 0], [1, 1], [2, 0]], label="line")
NOISE = Recording((0.1 * np.random.default_rng(0).standard_normal(800)).astype(np.float32), 8000)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder with two drawings, two recordings, and three files of no use."""
    folder = tmp_path / "mixed"
    (folder / "b").mkdir(parents=True)
    write_drawings([LINE], folder / "a.csv")
    write_drawings([LINE], folder / "b" / "c.json")
    write_recording(NOISE, folder / "b" / "d.wav")
    write_recording(NOISE, folder / "e.flac").rename(folder / "e")
    (folder / "f.wav").write_bytes(b"RIFF")
    (folder / "README.txt").write_text("Please read me.\n")
    (folder / "g.m4a").write_bytes(bytes(100))
    return folder


def described(result: ImportResult) -> list[tuple[str, str, str]]:
    return [(item.name, kind_of(item.material), item.material.label) for item in result.materials]


def test_each_file_is_taken_for_what_it_is(mixed: Path) -> None:
    result = read_materials([mixed])
    assert described(result) == [
        ("a.csv", "pen", "mixed"),
        ("e", "audio", "mixed"),
        ("c.json", "pen", "line"),
        ("d.wav", "audio", "b"),
    ]
    foreign, damaged = sorted(result.problems, key=lambda problem: "damaged" in problem)
    assert foreign.startswith(f"{Path('mixed/g.m4a')}: is of a kind that cannot be read; convert it")
    assert damaged.startswith(f"{Path('mixed/f.wav')}: is damaged at its beginning")


def test_one_kind_is_asked_for(mixed: Path) -> None:
    drawings, recordings = read_materials([mixed], kind="pen"), read_materials([mixed], kind="audio")
    assert [name for name, *_ in described(drawings)] == ["a.csv", "c.json"]
    assert [name for name, *_ in described(recordings)] == ["e", "d.wav"]
    assert (len(drawings.problems), len(recordings.problems)) == (0, 2)


def test_a_file_that_was_named_is_never_passed_over(mixed: Path) -> None:
    for kind, name, words in (
        ("audio", "a.csv", "sound of an unknown kind"),
        ("audio", "README.txt", "sound of an unknown kind"),
        ("pen", "e", "is of no kind that can be read"),
        (None, "g.m4a", "convert it to WAV"),
        (None, "missing.wav", "not found"),
    ):
        result = read_materials([mixed / name], kind=kind)
        (problem,) = result.problems
        assert words in problem
        assert not result.materials


def test_file_names_speak_labels(tmp_path: Path) -> None:
    for name in ("7_ann_0", "7_bob_1", "3_ann_0", "3_bob_1"):
        write_recording(NOISE, tmp_path / f"{name}.wav")
    labels = [label for _, _, label in described(read_materials([tmp_path]))]
    assert labels == ["3, ann", "3, bob", "7, ann", "7, bob"]
    assert {label for _, _, label in described(read_materials(sorted(tmp_path.iterdir())))} == set(labels)
    assert {label for _, _, label in described(read_materials([tmp_path], label="mine"))} == {"mine"}


def test_a_mistake_while_reading_sound_is_a_sentence(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> Recording:
        raise ZeroDivisionError

    monkeypatch.setattr("studio.files.audio.read_recording", broken)
    result = read_materials([mixed / "b"])
    assert described(result) == [("c.json", "pen", "line")]
    assert result.problems == [f"{Path('b/d.wav')}: cannot be read as sound (ZeroDivisionError; the log says more)."]


def test_no_file_stops_the_import_of_a_folder(tmp_path: Path) -> None:
    """Good, odd and damaged sound files side by side, what is no file between them: all that can come in does."""
    folder = tmp_path / "voices"
    folder.mkdir()
    for file in (*ODD, *DAMAGED):
        (folder / file.name).write_bytes(file.data)
    for name, (make, _) in NO_FILES.items():
        make(folder / name)
    (folder / "zzz last.wav").write_bytes(WAV)

    result = read_materials([folder], kind="audio")
    assert sorted(item.name for item in result.materials) == sorted([*(odd.name for odd in ODD), "zzz last.wav"])
    said = {file.name: file.said for file in (*ODD, *DAMAGED) if file.said}
    said |= {name: words for name, (_, words) in NO_FILES.items() if name not in ("folder.wav", "not there.wav")}
    sentences = {problem.split(": ")[0].removeprefix(f"voices{os.sep}"): problem for problem in result.problems}
    assert len(result.problems) == len(sentences)
    assert sentences.keys() == said.keys()
    for name, sentence in sentences.items():
        assert said[name] in sentence
        assert sentence.endswith(".")
        assert "\n" not in sentence


def test_the_first_of_a_file(mixed: Path) -> None:
    assert read_drawing(mixed / "a.csv").points.tolist() == LINE.points.tolist()
    assert len(read_recording(mixed / "b" / "d.wav")) == 800
    with pytest.raises(StudioError, match=r"f\.wav: is damaged"):
        read_recording(mixed / "f.wav")


def test_recordings_are_written(tmp_path: Path) -> None:
    assert write_materials([NOISE], tmp_path / "a.FLAC") == [tmp_path / "a.FLAC"]
    assert write_recordings([NOISE] * 2, tmp_path / "b.wav") == [tmp_path / "b.wav" / f"000{i}.wav" for i in (1, 2)]
    assert write_recordings([NOISE], tmp_path / "c", ending=".flac") == [tmp_path / "c" / "0001.flac"]
    assert write_recordings([NOISE], tmp_path / "c") == [tmp_path / "c" / "0001.wav"]
    for found in read_materials([tmp_path]).materials:
        assert isinstance(found.material, Recording)
        np.testing.assert_allclose(found.material.samples, NOISE.samples, atol=2**-15)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    for materials, name, words in (
        ([LINE], "a.wav", "unknown"),
        ([NOISE, LINE], "a.wav", "one kind at a time"),
        ([NOISE], "a.mp3", "known are .wav, .flac"),
        ([NOISE], "nowhere/a.wav", "does not exist"),
    ):
        with pytest.raises(StudioError, match=words):
            write_materials(materials, tmp_path / name)
    with pytest.raises(StudioError, match="no recordings"):
        write_recordings([], tmp_path / "a.wav")
