"""What the samples of a run look like on a page: every kind of material is seen."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import circle

from studio.files.sheet import Sheet
from studio.sequences.materials import Material
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text
from studio.workbench.comparison_picture import paint_samples

SIZE = 120


def painted(*samples: Material) -> np.ndarray:
    """Where there is ink, ``[SIZE, SIZE]``."""
    sheet = Sheet(SIZE, SIZE, dark=False)
    paint_samples(sheet, samples, 4, 4, SIZE - 8, SIZE - 8)
    image = np.asarray(sheet.image(), np.int16)
    return np.abs(image - image[0, 0]).sum(-1) > 60


def scale(frames: int = 24) -> Roll:
    """One key after the other, upwards."""
    return Roll((np.arange(frames)[:, None] == np.arange(24)).astype(np.uint8), 8.0, 48, "scale")


@pytest.mark.parametrize(
    "sample", [circle(), Recording(np.sin(np.arange(4000) / 9).astype(np.float32), 8000), Text("some words\n"), scale()]
)
def test_every_kind_is_seen(sample: Material) -> None:
    assert painted(sample).sum() > 50
    assert not painted(sample)[:3].any()  # and stays where it belongs
    assert not painted(sample)[:, :3].any()


def test_a_piano_roll_runs_to_the_right_and_its_pitches_upwards() -> None:
    ink = painted(scale())
    assert ink[SIZE // 2 :, : SIZE // 2].any()  # low, and first
    assert ink[: SIZE // 2, SIZE // 2 :].any()
    assert not ink[: SIZE // 3, : SIZE // 3].any()
    assert not ink[-SIZE // 3 :, -SIZE // 3 :].any()


def test_piano_rolls_stand_below_one_another_on_one_scale() -> None:
    ink = painted(scale(), scale(12))
    upper, lower = ink[: SIZE // 2 - 4], ink[SIZE // 2 + 4 :]
    assert np.flatnonzero(upper.any(0))[-1] > 0.9 * SIZE
    assert np.flatnonzero(lower.any(0))[-1] == pytest.approx(SIZE / 2, abs=3)  # half as long


def test_a_piano_roll_in_which_nothing_sounds_is_empty() -> None:
    assert not painted(Roll(np.zeros((8, 12), np.uint8), 8.0, 60)).any()
