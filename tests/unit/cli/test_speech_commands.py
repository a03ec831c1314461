"""Recordings by the command line: from files of sound to new ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.files.audio import read_recording, write_recording
from studio.sequences.recording import Recording

Run = Callable[..., Any]

TALK = """
name = "talk"
title = "Talk"
[representation]
kind = "source-filter"
[model]
hidden = 8
label_embedding = 4
[model.likelihood]
kind = "gaussian"
[objective]
look_ahead = 0.0
[training]
batches = "similar"
batch = 4
steps = 6
validate_every = 3
validation = 0.3
[generation]
output_variance = 0.5
"""


def word(seed: int) -> Recording:
    noise = np.random.default_rng(seed)
    pitch = 100 + 50 * noise.random()
    time = np.arange(1600 + 40 * seed) / 8000
    wave = sum(np.sin(2 * np.pi * k * pitch * time) / k for k in range(1, 9))
    return Recording((0.1 * wave + 0.01 * noise.standard_normal(len(time))).astype(np.float32), 8000)


@pytest.fixture
def spoken(run: Run, place: Path) -> str:
    """A project with eight recordings that a run has learned from."""
    (place / "talk.toml").write_text(TALK)
    (place / "words").mkdir()
    for number in range(8):
        name = f"{('yes', 'no')[number % 2]}_{('ann', 'bob')[number // 4]}_{number}.wav"
        write_recording(word(number), place / "words" / name)
    (place / "words" / "broken.wav").write_bytes(b"RIFF")
    assert run("new s.vrnn").code == 0
    (place / "words" / "broken.wav").rename(place / "broken.wav")
    said = run("import s.vrnn words broken.wav --kind audio")
    assert said.code == 0
    assert said.out == "8 recordings came in; s now holds 8.\n"
    assert said.err.startswith("broken.wav: is damaged")
    assert run("train s.vrnn --recipe talk.toml --seed 3").code == 0
    return "s.vrnn"


def test_from_recordings_to_new_ones(run: Run, spoken: str, place: Path) -> None:
    said = run(f"generate {spoken} --label yes --seconds 0.4 --seed 5 --out new.wav")
    assert (said.code, said.out, said.err) == (0, "Wrote one recording to new.wav.\n", "")
    new = read_recording(place / "new.wav")
    assert (new.rate, new.channels) == (8000, 1)
    assert 0 < new.seconds <= 0.4
    assert run(f"generate {spoken} --label yes --seconds 0.4 --seed 5 --out again.wav").code == 0
    np.testing.assert_array_equal(read_recording(place / "again.wav").samples, new.samples)
    assert run(f"generate {spoken} --label no --seconds 0.4 --seed 5 --out no.wav").code == 0
    other = read_recording(place / "no.wav")
    assert len(other) != len(new) or not np.array_equal(other.samples, new.samples)


def test_several_make_a_folder_and_begin_with_a_recording(run: Run, spoken: str, place: Path) -> None:
    said = run(f"generate {spoken} --count 3 --length 12 --begin words/yes_ann_0.wav --out new.flac")
    assert said.out == "Wrote 3 recordings to new.flac, 0001.flac to 0003.flac.\n"
    assert len(list((place / "new.flac").iterdir())) == 3


def test_facts(run: Run, spoken: str) -> None:
    run(f"generate {spoken} --out new.wav")
    facts = json.loads(run(f"info {spoken} --json").out)
    assert (facts["drawings"], facts["recordings"], facts["samples"]) == (0, 8, 1)
    assert facts["labels"] == {"no, ann": 2, "no, bob": 2, "yes, ann": 2, "yes, bob": 2}
    assert run(f"info {spoken}").out.startswith("s.vrnn: 8 recordings, 1.7 s of sound\n")


def test_evaluation_names_its_units(run: Run, spoken: str) -> None:
    said = run(f"evaluate {spoken}")
    assert "nats per frame" in said.out
    assert "on the 2 recordings that the run held back" in said.out
    assert "samples per second 8000, samples per frame 160, nats per frame added" in said.out
    assert "bits per sample" not in said.out  # these frames are not samples
    given = json.loads(run(f"evaluate {spoken} --on words --json").out)
    assert given["on"] == "8 recordings from files"


def test_bits_per_sample_where_frames_are_samples(run: Run, spoken: str) -> None:
    assert run(f"train {spoken} --recipe speech-raw --set hidden=8 --set steps=2 --run raw").code == 0
    said = run(f"evaluate {spoken} --run raw")
    assert "bits per sample" in said.out
    assert "quantisation step" in said.out
    found = json.loads(run(f"evaluate {spoken} --run raw --json").out)
    nats, units = found["nats_per_frame"]["mean"], found["units"]
    assert found["bits_per_sample"] == pytest.approx(-nats / units["samples per frame"] / np.log(2) + 15)


def test_wrong_use_is_told_before_any_work(run: Run, spoken: str, place: Path) -> None:
    for words, told in (
        ("generate s.vrnn --out new.gif", "known are .wav, .flac"),
        ("generate s.vrnn --out new.mp3", "known are"),
        ("copy-synthesis words --out new.gif", "known are .wav, .flac"),
        ("copy-synthesis words --recipe nonsense --out new.wav", "There is no recipe"),
    ):
        said = run(words)
        assert said.code == 2, words
        assert told in said.err
    said = run("generate s.vrnn --label maybe --out new.wav")
    assert said.code == 1
    assert said.err == "Nothing was learned under the label 'maybe'; known are ann, bob, no, yes.\n"
    assert not (place / "new.wav").exists()


def test_drawings_have_no_seconds(run: Run, trained: str) -> None:
    said = run(f"generate {trained} --seconds 2 --out a.svg")
    assert said.code == 2
    assert said.err.startswith("--seconds is for recordings and piano rolls: drawings and texts have a --length")
    assert run(f"generate {trained} --label eight --out a.svg").code == 1


@pytest.mark.parametrize("recipe", ["", "--recipe speech-log-mel", "--recipe speech-raw"])
def test_copy_synthesis(run: Run, place: Path, recipe: str) -> None:
    write_recording(word(3), place / "word.wav")
    assert run(f"copy-synthesis word.wav {recipe} --out copy.wav").out == "Wrote one recording to copy.wav.\n"
    copy, original = read_recording(place / "copy.wav"), read_recording(place / "word.wav")
    assert (len(copy), copy.rate) == (len(original), original.rate)
    assert copy.samples.std() == pytest.approx(original.samples.std(), rel=0.5)
    assert run("copy-synthesis word.wav --recipe pens --out x.wav").code == 1


def test_the_default_recipe_is_the_materials(run: Run, spoken: str) -> None:
    said = run(f"train {spoken} --steps 1 --set hidden=8 --set batch=2 --run default")
    assert said.code == 0
    assert "recipe speech," in said.out
