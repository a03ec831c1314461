"""Piano rolls in a project: kept, trained on, generated, measured, written."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tiny import circle, tiny, train, wait_until

from studio.errors import StudioError
from studio.files.readers import read_roll
from studio.files.rolls import Reading
from studio.sequences.roll import Roll
from studio.training.recipe import Recipe
from studio.workbench import GenerationSettings, Workbench


def music(**settings: object) -> Recipe:
    """A small recipe for piano rolls."""
    return tiny(resample="none").changed(
        {"representation.kind": "roll", "look_ahead": 0.0, "model.likelihood.kind": "bernoulli"} | settings
    )


def tune(seed: int, label: str = "tune") -> Roll:
    chance = np.random.default_rng(seed)
    return Roll((chance.random((20 + seed, 14)) < 0.2).astype(np.uint8), 10.0, 60, label)


@pytest.fixture
def full(bench: Workbench) -> Workbench:
    bench.add_rolls([tune(seed) for seed in range(6)])
    bench.add_drawing(circle())
    bench.poll()
    return bench


@pytest.fixture
def played(full: Workbench) -> Workbench:
    train(full, music(), device="cpu", seed=1)
    return full


def test_rolls_are_kept_as_they_are(full: Workbench, tmp_path: Path) -> None:
    full.close()
    full.open(tmp_path / "p.vrnn")
    items = full.materials("roll")
    assert [(item.label, item.facts.length, item.facts.parts, item.facts.rate) for item in items] == [
        ("tune", 20 + seed, 14, 10.0) for seed in range(6)
    ]
    for seed, item in enumerate(items):
        np.testing.assert_array_equal(item.roll.keys, tune(seed).keys)
        assert (item.roll.rate, item.roll.lowest) == (10.0, 60)


def test_each_change_is_one_to_be_taken_back(full: Workbench) -> None:
    id = full.materials("roll")[0].id
    before = full.material(id).roll
    full.replace_roll(id, Roll(1 - before.keys, 10.0, 60, "tune"), "draw a note")
    np.testing.assert_array_equal(full.material(id).roll.keys, 1 - before.keys)
    assert full.undo_text == "draw a note"
    full.undo()
    np.testing.assert_array_equal(full.material(id).roll.keys, before.keys)
    full.delete([id])
    assert full.undo_text == "delete one piano roll"
    with pytest.raises(StudioError, match=r"is a drawing: only recordings"):
        full.trim_silence([full.materials("pen")[0].id])


def test_from_files_and_to_files(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, row)) for row in tune(1).keys))
    job = bench.wait(bench.import_paths([tmp_path / "a.csv"], reading=Reading("down", 10.0, 60)))
    assert job.messages == ()
    (item,) = bench.materials("roll")
    np.testing.assert_array_equal(item.roll.keys, tune(1).keys)
    written = bench.wait(bench.export_materials([item.id], tmp_path / "b.npz")).result
    np.testing.assert_array_equal(read_roll(written[0]).keys, tune(1).keys)
    heard = bench.wait(bench.export_rolls([item.roll], tmp_path / "b.wav")).result
    assert heard == (tmp_path / "b.wav",)


def test_a_training_takes_what_its_recipe_is_for(played: Workbench) -> None:
    run = played.runs()[0]
    assert run.status == "finished"
    assert played.kind_of() == "roll"
    measured = played.wait(played.evaluate(run.id)).result
    assert measured.bound.items == 1
    assert measured.bound.per_frame.mean < 0
    assert measured.bound.units["pitches"] == 14


def test_pieces_are_made_played_and_kept(played: Workbench) -> None:
    settings = GenerationSettings(count=2, seconds=1.5, seed=4)
    rolls = played.wait(played.generate(settings)).result
    assert all(1 <= len(roll) <= 15 for roll in rolls)
    played.keep_samples(settings, rolls)
    assert isinstance(played.samples_kept()[0].material, Roll)
    live = played.live_roll(GenerationSettings(seed=4, seconds=0.5, begin=tune(2).cut(0, 3)))
    wait_until(played, lambda: live.ready)
    assert live.read(100) is not None
    np.testing.assert_array_equal(live.keys()[0], tune(2).keys[0])
    live.close()
    with pytest.raises(StudioError, match="makes piano rolls, and cannot begin with one drawing"):
        played.live_roll(GenerationSettings(begin=circle()))
    with pytest.raises(StudioError, match="has learned from piano rolls"):
        played.live_voice(GenerationSettings())


def test_samples_that_came_with_the_studio(bench: Workbench) -> None:
    assert {"canons", "arpeggios", "rhythms"} <= set(bench.samples())
    bench.wait(bench.import_sample_rolls())
    assert {item.label for item in bench.materials("roll")} == {"canon"}
    bench.open_sample("rhythms")
    assert {item.label for item in bench.materials("roll")} == {"march", "rock", "waltz", "clave"}
    assert bench.default_recipe() == "roll"


def test_a_look_inside_is_on_the_notes(played: Workbench, tmp_path: Path) -> None:
    looking = played.look_inside(steps=())
    played.wait(looking.job)
    roll = looking.shown
    assert isinstance(roll, Roll)
    played.wait(played.export_look(looking, tmp_path / "look.csv"))
    lines = list(csv.DictReader((tmp_path / "look.csv").read_text(encoding="utf-8").splitlines()))
    assert [line["notes"].split() for line in lines] == [roll.names_at(frame) for frame in range(len(roll))]
    assert float(lines[3]["second"]) == pytest.approx(3 / roll.rate)
    played.wait(played.export_look(looking, tmp_path / "look.svg", dark=False))
    boxes = (tmp_path / "look.svg").read_text(encoding="utf-8").count("<rect")
    assert boxes > roll.keys.sum() + 3 * len(roll)  # a box for each note in each frame, and three strips of bars


def test_notes_out_of_reach_cost_the_same_where_runs_are_compared(
    played: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two octaves up, rolls give the same frames to the model, which folds them onto its keys."""
    (run,) = (info.id for info in played.runs())

    def bound_of(roll: Roll) -> float:
        monkeypatch.setattr(played, "_same_material", lambda runs: ([], [roll], "a roll"))
        found = played.compare([run], samples=0)
        played.wait(found.job)
        measured = found.rows[run].bound
        assert measured is not None
        return measured.per_sequence.mean

    def evaluated(roll: Roll) -> float:
        job = played.wait(played.evaluate(run, on=[roll]))
        return float(job.result.bound.per_sequence.mean)

    within, beyond = tune(3), Roll(tune(3).keys, 10.0, 60 + 24)
    bounds = [bound_of(roll) for roll in (within, beyond)]
    assert bounds == pytest.approx([evaluated(roll) for roll in (within, beyond)])
    assert bounds[1] < bounds[0] - 50  # nats
