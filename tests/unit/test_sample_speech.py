"""The sample speech: it is what its maker makes, small, trimmed, and says in its names what is heard."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.files.audio import labels_from_names, read_recording
from studio.files.source import Source
from studio.sequences.recording import Recording, sounding_part

FOLDER = Path(__file__).parent.parent.parent / "sample_data"
PATHS = sorted((FOLDER / "speech").glob("*.flac"))
MADE_WITH = "1.51"


@pytest.fixture(scope="module")
def maker() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "make_speech.py"))


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    return [read_recording(path) for path in PATHS]


def test_all_words_of_all_voices_are_there(maker: dict[str, Any]) -> None:
    names = {
        f"{word}_{voice.name}_{take}"
        for word in maker["WORDS"]
        for voice in maker["VOICES"]
        for take in range(1, maker["TAKES"] + 1)
    }
    assert {path.stem for path in PATHS} == names
    assert {path.name for path in (FOLDER / "speech").iterdir()} == {path.name for path in PATHS}


def test_names_say_word_and_voice() -> None:
    labels = labels_from_names([path.name for path in PATHS])
    assert labels["seven_anna_1.flac"] == "seven, anna"
    assert all(labels[path.name] == ", ".join(path.stem.split("_")[:2]) for path in PATHS)


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in PATHS) < 1_500_000


def test_recordings_are_ready_to_train_on(recordings: list[Recording]) -> None:
    for path, recording in zip(PATHS, recordings, strict=True):
        assert (recording.rate, recording.channels) == (16000, 1)
        assert 0.25 < recording.seconds < 1, path.name
        assert 0.2 < np.abs(recording.mono).max() < 1, path.name
        start, end = sounding_part(recording.samples, recording.rate)
        assert len(recording) - (end - start) < 0.1 * recording.rate, path.name


def test_no_two_are_the_same(recordings: list[Recording]) -> None:
    assert len({recording.samples.tobytes() for recording in recordings}) == len(recordings)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("name", ["seven_anna_1", "hello_david_2"])
def test_a_file_is_what_its_maker_makes(name: str, maker: dict[str, Any]) -> None:
    """Within a few steps of 12 bits, which another resampler can make the difference of."""
    version = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True).stdout
    if f" {MADE_WITH} " not in version:
        pytest.skip(f"made with espeak-ng {MADE_WITH}; here is another")
    word, person, take = name.split("_")
    voice = next(voice for voice in maker["VOICES"] if voice.name == person)
    source = Source(name, b"")
    kept = read_recording(FOLDER / "speech" / f"{name}.flac", source)
    made = maker["spoken"](word, voice, int(take))
    assert not source.notes
    assert made.label == f"{word}, {person}"
    np.testing.assert_allclose(kept.mono, made.mono, atol=4 / 2**11)
