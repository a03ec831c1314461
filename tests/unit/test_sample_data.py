"""The sample material: it is what its maker makes, can be read, and looks like what a mouse would give."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.files.readers import read_materials
from studio.sequences.material import Drawing

FOLDER = Path(__file__).parent.parent.parent / "sample_data"
SETS = {
    "eights": ("eight", 1),
    "spirals": ("spiral", 1),
    "stars": ("star", 1),
    "loops": ("loops", 1),
    "faces": ("face", 4),
}


def drawings_of(name: str) -> list[Drawing]:
    found = read_materials([FOLDER / f"{name}.json"])
    assert not found.problems
    return [item.material for item in found.materials]


@pytest.fixture(scope="module")
def maker() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "make_samples.py"))


def test_every_file_is_described_here(maker: dict[str, Any]) -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(SETS) == set(maker["SETS"])


@pytest.mark.parametrize("name", SETS)
def test_set_is_what_its_maker_makes(name: str, maker: dict[str, Any]) -> None:
    """Within a pixel, which the last bit of a sine can make the difference of."""
    for drawing, made in zip(drawings_of(name), maker["sample_set"](name), strict=True):
        for stroke, wanted in zip(drawing.strokes, made["strokes"], strict=True):
            np.testing.assert_allclose(stroke.points, wanted["points"], atol=1.01)


@pytest.mark.parametrize("name", SETS)
def test_set_looks_drawn_with_a_mouse(name: str) -> None:
    label, strokes = SETS[name]
    drawings = drawings_of(name)
    assert len(drawings) == 12
    for drawing in drawings:
        assert drawing.label == label
        assert drawing.y_up is False
        assert len(drawing.strokes) == strokes
        assert 50 <= len(drawing) <= 200
        assert drawing.times is not None
        assert np.all(np.diff(drawing.times) > 0)
        assert np.all(drawing.points == drawing.points.round())
    assert len({round(drawing.size) for drawing in drawings}) > 8
    assert len({tuple(drawing.box[0]) for drawing in drawings}) == 12


def test_eights_are_short_enough_for_a_quick_first_training() -> None:
    assert all(len(drawing) <= 120 for drawing in drawings_of("eights"))
