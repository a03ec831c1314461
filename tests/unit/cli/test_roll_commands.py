"""Piano rolls by the command line: from tables of zeros and ones to sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mido import Message, MidiFile, MidiTrack

from studio.files.audio import read_recording
from studio.files.readers import read_roll

Run = Callable[..., Any]

MUSIC = """
name = "music"
title = "Music"
[representation]
kind = "roll"
[model]
hidden = 8
[model.likelihood]
kind = "bernoulli"
[objective]
look_ahead = 0.0
[training]
batch = 4
window = 16
steps = 6
validate_every = 3
validation = 0.3
"""


@pytest.fixture
def played(run: Run, place: Path) -> str:
    """A project with eight piano rolls that a run has learned from."""
    (place / "music.toml").write_text(MUSIC)
    (place / "rolls").mkdir()
    for number in range(8):
        keys = np.random.default_rng(number).random((24, 13)) < 0.2
        np.save(place / "rolls" / f"{number}.npy", keys.T)
    assert run("new m.vrnn").code == 0
    said = run("import m.vrnn rolls --kind roll --time across --tempo 12 --lowest F3 --label tune")
    assert (said.code, said.err) == (0, "")
    assert "Eight" in said.out or "8 piano rolls came in" in said.out
    assert run("train m.vrnn --recipe music.toml --seed 1 --device cpu").code == 0
    return "m.vrnn"


def test_what_is_in_a_project(run: Run, played: str) -> None:
    facts = json.loads(run(f"info {played} --json").out)
    assert (facts["piano_rolls"], facts["roll_frames"], facts["roll_seconds"]) == (8, 192, 16.0)
    assert facts["labels"] == {"tune": 8}
    assert "8 piano rolls, 192 frames, 16.0 s of music" in run(f"info {played}").out


@pytest.mark.parametrize("ending", [".csv", ".npz", ".npy"])
def test_generating_tables(run: Run, played: str, place: Path, ending: str) -> None:
    said = run(f"generate {played} --seconds 1.5 --seed 3 --out a{ending}")
    assert (said.code, said.err) == (0, "")
    roll = read_roll(place / f"a{ending}")
    assert 1 <= len(roll) <= 18
    if ending != ".npy":
        assert (roll.rate, roll.lowest) == (12.0, 53)
    before = roll.keys
    assert run(f"generate {played} --seconds 1.5 --seed 3 --out a{ending}").code == 0
    np.testing.assert_array_equal(read_roll(place / f"a{ending}").keys, before)


def test_generating_sound_and_pictures(run: Run, played: str, place: Path) -> None:
    assert run(f"generate {played} --count 2 --length 9 --out b.png").code == 0
    assert (place / "b.png").read_bytes().startswith(b"\x89PNG")
    assert run(f"generate {played} --begin rolls/1.npy --length 30 --out c.wav").code == 0
    assert read_recording(place / "c.wav").seconds <= 30 / 12 + 0.1


def test_measuring(run: Run, played: str) -> None:
    found = json.loads(run(f"evaluate {played} --json").out)
    assert found["nats_per_frame"]["mean"] < 0
    assert found["bits_per_frame"] == pytest.approx(found["nats_per_frame"]["mean"] / np.log(2))
    assert found["units"]["lowest pitch"] == 53


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("generate m.vrnn --out a.svg", "the ending '.svg' is unknown"),
        ("import m.vrnn rolls --lowest H9", "no pitch"),
        ("import m.vrnn rolls --tempo 0", "not a number above 0"),
    ],
)
def test_wrong_use(run: Run, played: str, line: str, why: str) -> None:
    said = run(line)
    assert said.code == 2
    assert why in said.err


@pytest.fixture
def band(place: Path) -> Path:
    """A melody on middle C, and a drum."""
    both = MidiFile(ticks_per_beat=4)
    pressed = [Message("note_on", note=60, velocity=64), Message("note_on", channel=9, note=36, velocity=64)]
    ends = [Message("note_off", channel=9, note=36, time=4), Message("note_off", note=60, time=4)]
    both.tracks.append(MidiTrack([*pressed, *ends]))
    both.save(place / "band.mid")
    return place / "band.mid"


@pytest.mark.parametrize(("options", "name"), [("", "C4"), ("--drums", "C2")])
def test_drums_on_request(run: Run, place: Path, band: Path, options: str, name: str) -> None:
    assert run("new band.vrnn").code == 0
    said = run(f"import band.vrnn band.mid {options}")
    assert said.code == 0
    assert ("drums were left out" in said.err) == (not options)
    assert ("--drums" in said.err) == (not options)
    assert run("export band.vrnn --out band.csv").code == 0
    names = next(line for line in (place / "band.csv").read_text().splitlines() if not line.startswith("#"))
    assert names == name


def test_drums_where_there_are_none(run: Run, place: Path, band: Path) -> None:
    piano = MidiFile(band)
    piano.tracks[0] = MidiTrack([event for event in piano.tracks[0] if getattr(event, "channel", 0) != 9])
    piano.save(place / "piano.mid")
    assert run("new band.vrnn").code == 0
    said = run("import band.vrnn piano.mid --drums")
    assert said.code == 1
    assert "holds no drums; import it without asking for drums alone" in said.err
