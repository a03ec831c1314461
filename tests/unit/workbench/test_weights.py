"""Which weights of a run are used: the best on what is held back, the last ones, or those of a step that was kept."""

from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny, train, wait_until

from studio.errors import StudioError
from studio.sequences.roll import Roll
from studio.training.events import Validation
from studio.training.recipe import Recipe
from studio.workbench import GenerationSettings, RunInfo, Weights, Workbench

HELD_BACK = {"validation": 0.4, "snapshots": 16}


def trained(bench: Workbench, **settings: object) -> int:
    """A run whose best weights are those of step 5 of 12, as a stopped curve would have it."""
    run = train(bench, tiny(**HELD_BACK, **settings), seed=1)
    runs = bench._project.runs
    runs.save_checkpoint(run, replace(runs.checkpoint(run, "best"), step=5))
    bench._runs_changed()
    return run


def of_rolls() -> Recipe:
    """A small recipe for piano rolls without end."""
    kinds = {"representation.kind": "roll", "model.likelihood.kind": "bernoulli"}
    return tiny(weights="best", batch=8, window=64).changed(kinds).changed({"ends": "no"})


def step_of(bench: Workbench, run: int, weights: Weights) -> int:
    return bench._load_model(run, weights).step


def test_any_weights_can_be_asked_for(full: Workbench) -> None:
    run = trained(full)
    assert {weights: step_of(full, run, weights) for weights in ("best", "last", 5, 12, 6, 0)} == {
        "best": 5, "last": 12, 5: 5, 12: 12, 6: 6, 0: 0
    }  # fmt: skip


@pytest.mark.parametrize(("weights", "status", "step"), [("last", "finished", 12), ("best", "finished", 5),
                                                         ("best", "stopped", 5), ("last", "early", 5)])  # fmt: skip
def test_the_recipe_says_which_are_used(full: Workbench, weights: str, status: str, step: int) -> None:
    run = trained(full, weights=weights)
    full._project.runs.set_status(run, status)  # type: ignore[arg-type]
    full._runs_changed()
    assert step_of(full, run, None) == step
    assert full.run(run).used_step == step
    assert full.run(run).weights_in_words == f"{'best' if step == 5 else 'last'}, step {step}"
    assert full.described(run).step == step


def test_an_older_project_is_used_as_before(full: Workbench) -> None:
    """Its recipes do not tell which weights to use, and where nothing was held back none are marked as the best."""
    run = trained(full)
    toml = full.run(run).toml
    full._project.runs.set_recipe(run, "".join(line + "\n" for line in toml.splitlines() if "weights =" not in line))
    with full._project.runs._database.transaction() as connection:
        connection.execute("DELETE FROM checkpoints WHERE kind = 'best'")
    full._runs_changed()
    info = full.run(run)
    assert (info.best_step, info.used, info.used_step) == (None, "last", 12)
    assert step_of(full, run, None) == 12
    assert full.weights_to_choose(run)[0] == ("last, step 12", None)


def test_what_can_be_chosen_in_words(full: Workbench) -> None:
    run = trained(full)
    assert full.weights_to_choose(run)[:3] == (("last, step 12", None), ("best, step 5", "best"), ("step 10", 10))
    assert full.weights_to_choose(None) == full.weights_to_choose(run)
    full._project.runs.set_recipe(run, tiny(weights="best").to_toml())
    full._runs_changed()
    assert full.weights_to_choose(run)[:3] == (("best, step 5", None), ("last, step 12", "last"), ("step 10", 10))


def test_the_best_weights_may_be_the_last(full: Workbench) -> None:
    run = train(full, tiny(**HELD_BACK, validate_every=12), seed=1)
    assert full.weights_to_choose(run)[:2] == (("best and last, step 12", None), ("step 10", 10))


def test_without_runs_there_is_nothing_to_choose(bench: Workbench) -> None:
    assert bench.weights_to_choose(None) == ()


def test_what_is_not_there_is_told_with_what_is(full: Workbench) -> None:
    run = trained(full)
    with pytest.raises(StudioError, match=r"of step 7: choose one of best \(step 5\), last \(step 12\), 0, 2"):
        full.check_weights(run, 7)
    other = train(full, tiny(validation=0.0))
    with pytest.raises(StudioError, match="nothing was held back to tell by"):
        full.generate(GenerationSettings(run=other, weights="best"))


def test_everything_that_uses_weights_uses_those_asked_for(full: Workbench) -> None:
    run = trained(full)
    for weights, step in (("best", 5), (6, 6)):
        wanted = GenerationSettings(count=1, length=5, weights=weights)
        assert full.wait(full.evaluate(run, weights=weights)).result.run.step == step
        looking = full.look_inside(run, weights=weights)
        full.wait(looking.job)
        assert looking.latest is not None
        assert looking.latest.step == step
        found = full.compare([run], weights=weights, samples=1)
        full.wait(found.job)
        assert found.rows[run].step == step
        full.keep_samples(wanted, full.wait(full.generate(wanted)).result)
        assert full.samples_kept()[-1].settings["step"] == step
    for refused in (full.evaluate, full.look_inside, lambda run, weights: full.compare([run], weights=weights)):
        with pytest.raises(StudioError, match="no weights of step 7"):
            refused(run, weights=7)
    with pytest.raises(StudioError, match="no weights of step 7"):
        full.live(GenerationSettings(weights=7))


def test_while_it_is_trained_the_newest_are_used_and_the_best_can_be_asked_for(full: Workbench) -> None:
    best: list[int] = []
    full.training_event.connect(
        lambda event: best.append(event.step) if isinstance(event, Validation) and event.best else None
    )
    run = full.train(tiny(**HELD_BACK, steps=10**6, weights="best", save_seconds=0.01), seed=1)
    wait_until(full, lambda: bool(best) and full._live_sample(run) is not None)
    assert full.weights_to_choose(run)[0] == ("newest", None)
    assert full.best_step(run) in best
    assert step_of(full, run, "best") in best
    full.stop()
    changed: list[int] = []
    full.weights_changed.connect(changed.append)
    wait_until(full, lambda: full.training.phase == "idle")
    assert changed[-1] == run  # from the newest to the best
    info: RunInfo = full.run(run)
    assert step_of(full, run, None) == info.best_step == full.best_step(run)


def test_a_resumed_training_keeps_the_best_there_was(full: Workbench) -> None:
    run = trained(full)
    runs = full._project.runs
    stored = runs.checkpoint(run, "best")
    runs.save_checkpoint(run, replace(stored, meta={**stored.meta, "best": 1e9, "best_step": 5}))
    full.train(tiny(**HELD_BACK, steps=20), resume=run)
    wait_until(full, lambda: full.training.phase == "idle")
    assert full.run(run).step == 20
    assert full.run(run).best_step == 5
    assert runs.checkpoint(run, "best").weights == stored.weights


def test_of_few_long_pieces_the_ends_are_held_back_and_measured_on(bench: Workbench) -> None:
    keys = (np.random.default_rng(0).random((2, 200, 6)) < 0.2).astype(np.uint8)
    bench.add_rolls([Roll(each, 8.0, 60) for each in keys])
    said: list[str] = []
    bench.message.connect(said.append)
    small = of_rolls()
    run = train(bench, small, seed=1)
    assert any("the last 20% of each is held back" in sentence for sentence in said)
    assert bench._project.runs.get(run).held_back == ()
    found = bench.wait(bench.evaluate(run)).result
    assert found.on == "the ends of the collection's 2 piano rolls, which the run held back"
    assert found.bound.frames == 80
    compared = bench.compare([run], samples=0)
    bench.wait(compared.job)
    assert compared.rows[run].bound is not None
    assert compared.rows[run].bound.frames == 80
    train(bench, resume=run, recipe=small.changed({"steps": 16}))
    assert bench._project.runs.checkpoint_meta(run, "last")["ends_held_back"] is True


def test_of_few_short_pieces_one_is_held_back(bench: Workbench) -> None:
    keys = (np.random.default_rng(0).random((3, 40, 6)) < 0.2).astype(np.uint8)
    bench.add_rolls([Roll(each, 8.0, 50 + 7 * place) for place, each in enumerate(keys)])  # of other pitches each
    small = of_rolls()
    run = train(bench, small, seed=1)
    assert bench.run(run).status == "finished"
    assert len(bench._project.runs.get(run).held_back) == 1
    assert "that the run held back" in bench.wait(bench.evaluate(run)).result.on
