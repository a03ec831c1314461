"""Comparing runs: the same material, the same units, the same seed; and what is told of what cannot be compared."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import circle, tiny, train

from studio.errors import StudioError
from studio.evaluation.bounds import Bound, Estimate, elbo
from studio.sequences.material import Drawing
from studio.sequences.recording import Recording
from studio.sequences.representations import encoded
from studio.workbench import Comparison, Workbench
from studio.workbench.comparison import NAMES
from studio.workbench.comparison_picture import loudest, picture


@pytest.fixture
def two(full: Workbench) -> Workbench:
    full.add_drawings([circle(seed) for seed in range(6, 20)])
    train(full, tiny(), seed=1, name="mixture")
    train(full, tiny(latent=0, hidden=6), seed=2, name="plain")
    return full


def compared(bench: Workbench, *arguments: object, **options: object) -> Comparison:
    found = bench.compare(*arguments, **options)  # type: ignore[arg-type]
    bench.wait(found.job)
    return found


def test_nothing_to_compare(bench: Workbench) -> None:
    with pytest.raises(StudioError, match="train first"):
        bench.compare()
    assert "train first" in bench.why_not_compare([])


def test_later_runs_hold_back_what_earlier_ones_did(two: Workbench) -> None:
    first, second = (set(two._project.runs.get(run.id).held_back) for run in two.runs())
    assert first == second
    assert len(first) == 2
    two.add_drawings([circle(seed) for seed in range(30, 40)])
    third = train(two, tiny(), seed=3)
    assert first < set(two._project.runs.get(third).held_back)
    assert len(two._project.runs.get(third).held_back) == 3


def test_both_are_measured_on_the_same(two: Workbench) -> None:
    found = compared(two, samples=0)
    assert found.on == {"pen": "the 2 drawings that both runs held back"}
    mixture, plain = found.rows.values()
    assert (mixture.model, plain.model) == ("VRNN-GMM", "RNN-GMM")
    assert (mixture.size, plain.size) == ("GRU 8, z 2", "GRU 6")
    held_back = two._project.runs.get(mixture.run.id).held_back
    for row in (mixture, plain):
        loaded = two._load_model(row.run.id)
        sequences = [encoded(loaded.representation, two.material(id).material) for id in sorted(held_back)]
        offset = loaded.representation.nats_per_frame_offset
        bound = elbo(loaded.model, sequences, nats_per_frame_offset=offset)
        assert row.bound is not None
        assert row.bound.per_frame.mean == pytest.approx(bound.per_frame.mean)
        assert row.bits == (pytest.approx(-bound.per_frame.mean / math.log(2)), "per frame")
        assert row.parameters == sum(p.numel() for p in loaded.model.parameters())
        assert row.seconds is not None
        assert row.seconds > 0
        assert row.note == ""
        assert row.samples is None
    assert found.best in {None, *found.rows}
    assert plain.bound is not None
    assert plain.bound.kl == 0


@pytest.mark.parametrize(
    ("bounds", "best", "why_not"),
    [
        ([(1.0, 0.1), (2.0, 0.1)], 1, ""),
        ([(1.0, 0.5), (2.0, 0.5)], None, "they differ by no more than twice their standard errors"),
        ([(1.0, math.nan), (2.0, math.nan)], None, "one piece does not tell"),
        ([(1.0, 0.1), (1.1, 0.1), (3.0, 0.1)], 2, ""),
        ([(2.0, 0.1)], None, ""),
    ],
)
def test_a_run_is_better_only_by_more_than_chance(
    two: Workbench, bounds: list[tuple[float, float]], best: int | None, why_not: str
) -> None:
    rows = {}
    for place, (mean, error) in enumerate(bounds):
        figure = Estimate(mean, error)
        bound = Bound("elbo", 1, 5, 50, per_sequence=figure, per_frame=figure, reconstruction=0.0, kl=0.0)
        rows[place] = replace(two.described(1), bound=bound)
    found = Comparison(rows, {}, {}, seed=0)
    assert found.best == best
    assert why_not in found.why_no_best
    assert bool(found.why_no_best) == bool(why_not)


def test_samples_are_those_of_the_same_seed(two: Workbench) -> None:
    once, again, other = compared(two, seed=5), compared(two, seed=5), compared(two, seed=6)
    for run, row in once.rows.items():
        assert row.samples is not None
        assert len(row.samples) == 4
        first, second, third = (comparison.rows[run].samples[0] for comparison in (once, again, other))  # type: ignore[index]
        assert isinstance(first, Drawing)
        assert np.array_equal(first.points, second.points)  # type: ignore[union-attr]
        assert not np.array_equal(first.points, third.points)  # type: ignore[union-attr]
    held_back = sorted(two._project.runs.get(1).held_back)
    assert list(once.real["pen"]) == [two.material(id).material for id in held_back]


def test_what_cannot_be_compared_is_told_in_words(two: Workbench) -> None:
    train(two, tiny(resample="arc", spacing=0.02), seed=4, name="finer")
    found = compared(two, samples=0)
    finer = found.rows[two.run_named("finer").id]
    assert "densities of other numbers" in finer.note
    assert not finer.per_frame
    assert not finer.per_sequence
    assert found.best != finer.run.id
    assert all(row.per_frame for row in found.rows.values() if row is not finer)


def test_a_run_that_learned_from_it_is_told_of(two: Workbench) -> None:
    held_back = two._project.runs.get(1).held_back
    two._project.runs.prepared(2, device="cpu", held_back=[next(id for id in range(1, 20) if id not in held_back)])
    two._runs_changed()
    found = compared(two, samples=0)
    assert "none was held back by all" in found.on["pen"]
    assert found.rows[1].note == "it has learned from 1 of what it was measured on"
    assert found.rows[2].note == "it has learned from 2 of what it was measured on"


def test_stopped_it_keeps_what_was_measured(two: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = two._measure

    def and_stop(*arguments: object) -> None:
        measure(*arguments)  # type: ignore[arg-type]
        for job in two.jobs():
            two.cancel(job.id)

    monkeypatch.setattr(two, "_measure", and_stop)
    found = two.compare()
    assert two.wait(found.job).cancelled
    assert [row.measured for row in found.rows.values()] == [True, False]


@pytest.mark.parametrize("ending", [".csv", ".png", ".svg"])
def test_exports(two: Workbench, tmp_path: Path, ending: str) -> None:
    found = compared(two)
    path = tmp_path / f"table{ending}"
    two.wait(two.export_comparison(found, path, dark=ending == ".png"))
    if ending == ".csv":
        lines = list(csv.DictReader(path.read_text().splitlines()))
        assert list(lines[0]) == list(NAMES)
        assert [line["run"] for line in lines] == ["mixture", "plain"]
        bound = found.rows[1].bound
        assert bound is not None
        assert float(lines[0]["nats_per_frame"]) == bound.per_frame.mean
    elif ending == ".png":
        with Image.open(path) as picture:
            assert picture.width == 2240
            assert len(picture.convert("RGB").getcolors(2**24)) > 50
    else:
        text = path.read_text()
        assert text.startswith("<svg")
        assert "mixture" in text
        assert text.count("<polyline") >= 10


def test_a_picture_shows_recordings_once_more_where_they_are_loudest(two: Workbench) -> None:
    found = compared(two, samples=0)
    samples = np.zeros(4000)
    samples[3000:3040] = np.sin(np.arange(40))
    sound = Recording(samples, 8000)
    assert np.array_equal(loudest(sound, 0.005).mono, sound.mono[3000:3040])
    assert loudest(sound, 1.0) is sound
    for run, row in found.rows.items():
        found.rows[run] = replace(row, samples=(sound,))
    plain, zoomed = (picture(found, "waves", dark=False, zoom=zoom) for zoom in (None, 0.005))
    assert zoomed.height > plain.height
    lines = [page.to_svg().decode().count("<polyline") for page in (plain, zoomed)]
    assert lines[1] == lines[0] + len(found.rows), "a stretch of few samples is a line through them"


def test_a_zoom_changes_nothing_where_there_are_no_recordings(two: Workbench) -> None:
    found = compared(two)
    plain, zoomed = (picture(found, "drawings", dark=False, zoom=zoom) for zoom in (None, 0.005))
    assert zoomed.to_svg() == plain.to_svg()


def test_other_endings_are_refused(two: Workbench, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"\.csv, \.png, \.svg"):
        two.export_comparison(compared(two, samples=0), tmp_path / "table.pdf")
