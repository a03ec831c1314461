"""The sample piano rolls: they are what their maker composes, and keep the rules that it states."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.files.readers import read_materials
from studio.sequences.roll import Roll

FOLDER = Path(__file__).parent.parent.parent / "sample_data"
MOST_BYTES = 300_000


def rolls_of(name: str) -> list[Roll]:
    found = read_materials([FOLDER / f"{name}.npz"])
    assert not found.problems
    return [item.material for item in found.materials if isinstance(item.material, Roll)]


@pytest.fixture(scope="module")
def maker() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "make_rolls.py"))


def test_every_file_is_made_here_and_they_are_small(maker: dict[str, Any]) -> None:
    files = list(FOLDER.glob("*.npz"))
    assert {path.stem for path in files} == set(maker["SETS"])
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


@pytest.mark.parametrize("name", ["canons", "arpeggios", "rhythms"])
def test_set_is_what_its_maker_makes(name: str, maker: dict[str, Any]) -> None:
    for roll, made in zip(rolls_of(name), maker["sample_set"](name), strict=True):
        assert (roll.rate, roll.lowest, roll.label) == (made.rate, made.lowest, made.label)
        np.testing.assert_array_equal(roll.keys, made.keys)


def test_the_second_voice_of_a_canon_says_the_same() -> None:
    for roll in rolls_of("canons"):
        bar, below = 16, 12
        first = {note.pitch for note in roll.notes if note.start < bar}
        followed = {note.pitch + below for note in roll.notes if bar <= note.start < 2 * bar}
        assert first <= followed


def test_no_two_pieces_are_the_same() -> None:
    for name in ("canons", "arpeggios", "rhythms"):
        pieces = [(roll.keys.tobytes(), roll.lowest, roll.label) for roll in rolls_of(name)]
        assert len(set(pieces)) > 0.4 * len(pieces), name
