"""Which bounds can be compared: only those of densities of the same numbers."""

from __future__ import annotations

import numpy as np

from studio.evaluation.comparing import Measure, measure_of, reference, why_not_compared
from studio.sequences.material import Drawing
from studio.sequences.pen import PenRepresentation, PenSettings

PENS = Measure("pen", (("spacing", "0.06"),), 4, (30, 40))
RAW = Measure("raw", (("stack", "1"),), 200, (80,), 16_000)


def test_the_same_can_be_compared() -> None:
    assert why_not_compared(PENS, PENS) == ("", True)


def test_other_numbers_of_frames() -> None:
    why, whole = why_not_compared(Measure("pen", PENS.settings, 4, (60, 80)), PENS)
    assert "140 frames of the same material, the others 70" in why
    assert not whole


def test_other_stretches_of_the_same_samples_can_be_compared_as_a_whole() -> None:
    why, whole = why_not_compared(Measure("raw", (("stack", "2"),), 400, (40,), 16_000), RAW)
    assert "bits per sample" in why
    assert whole
    assert not why_not_compared(Measure("raw", (("stack", "1"),), 200, (40,), 8_000), RAW)[1]


def test_other_representations_and_columns() -> None:
    assert "as log-mel, the others as raw" in why_not_compared(Measure("log-mel", (), 40, (80,)), RAW)[0]
    assert "3 columns" in why_not_compared(Measure("pen", PENS.settings, 3, (30, 40)), PENS)[0]
    why, _ = why_not_compared(Measure("pen", (("spacing", "0.05"),), 4, (30, 40)), PENS)
    assert "spacing differ" in why


def test_most_runs_decide_and_of_several_the_first() -> None:
    assert reference([RAW, PENS, PENS]) is PENS
    assert reference([RAW, PENS]) is RAW
    assert reference([]) is None


def test_of_a_representation() -> None:
    drawings = [Drawing.from_points(np.random.default_rng(i).normal(size=(20, 2)).cumsum(0)) for i in range(3)]
    found = []
    for anchor in ("page", "drawing"):
        representation = PenRepresentation(PenSettings(resample="none", anchor=anchor))  # type: ignore[arg-type]
        representation.fit(drawings)
        found.append(measure_of(representation, [20, 20]))
    assert found[0] == found[1]  # where positions are measured from moves no offset
    assert found[0].columns == 4
