"""The training loop: its events, its requests, and that a seed or a checkpoint gives exactly the same training."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from small_training import Workshop, of_rolls, of_texts
from torch import Tensor

import studio.training.trainer as trainer_module
from studio.errors import StudioError
from studio.evaluation import bounds
from studio.evaluation.unrepresented import nats_beside
from studio.models import compiling, scan_numba, scan_torch
from studio.models.building import build_model
from studio.models.compiling import Compiled
from studio.models.vrnn import VRNN
from studio.sequences.sequence import Sequence
from studio.training.checkpoints import Checkpoint, load_model, part
from studio.training.events import Progress, Sample, Saved, SetBack, Snapshot, Stopped, TrainingEvent, Validation
from studio.training.trainer import Best, Trainer, best_of


def run(trainer: Trainer) -> list[TrainingEvent]:
    return list(trainer.events())


def of(kind: type, events: list[TrainingEvent]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def last_checkpoint(events: list[TrainingEvent]) -> Checkpoint:
    saved = [event for event in of(Saved, events) if event.kind == "last"][-1]
    return Checkpoint(saved.weights, saved.meta)


def apart_from_time(checkpoint: Checkpoint) -> dict[str, Any]:
    return {name: value for name, value in checkpoint.meta.items() if name != "seconds"}


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


def losses(events: list[TrainingEvent]) -> list[float]:
    return [event.values["loss"] for event in of(Progress, events)]


def test_the_order_of_events(workshop: Workshop) -> None:
    events = run(workshop.trainer())
    assert [event.step for event in of(Progress, events)] == list(range(1, 13))
    assert [event.step for event in of(Validation, events)] == [4, 8, 12]
    assert isinstance(events[-1], Stopped)
    assert events[-1].reason == "finished"
    assert isinstance(events[-2], Saved)
    assert events[-2].kind == "last"
    assert isinstance(events[-3], Sample)
    first = of(Progress, events)[0]
    assert first.values.keys() == {
        "loss", "reconstruction", "kl", "look_ahead", "kl_weight", "learning_rate", "gradient_norm"
    }  # fmt: skip
    assert first.steps == 12
    assert all(math.isfinite(value) for event in of(Progress, events) for value in event.values.values())
    assert of(Progress, events)[5].frames_per_second > 0
    assert of(Progress, events)[5].seconds_left > 0


def test_the_same_seed_is_the_same_training(workshop: Workshop) -> None:
    one, two, other = (run(workshop.trainer(seed=seed)) for seed in (3, 3, 4))
    assert losses(one) == losses(two)
    assert losses(one) != losses(other)
    assert_same(last_checkpoint(one).tensors(), last_checkpoint(two).tensors())


def test_a_training_goes_on_with_what_has_been_compiled_meanwhile(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(workshop.trainer())
    bodies, chosen = [], []
    part_way = Compiled(lambda: None, "Slower")
    monkeypatch.setattr(compiling, "loop", part_way)
    monkeypatch.setattr(compiling, "patient", False)
    monkeypatch.setattr(scan_numba, "run", lambda *given, run=scan_numba.run: bodies.append("numba") or run(*given))
    monkeypatch.setattr(scan_torch, "run", lambda *given, run=scan_torch.run: bodies.append("torch") or run(*given))
    monkeypatch.setattr(trainer_module, "use_threads", lambda *given: chosen.append(compiling.works()))
    found = []
    with compiling.taking_long():
        trainer = workshop.trainer()
        events = trainer.events()
        while trainer.step < 3:
            found.append(next(events))
        assert set(bodies) == {"torch"}
        part_way.settled()
    bodies.clear()
    found += events
    assert set(bodies) == {"numba"}
    assert chosen == [False, True]
    assert losses(found) == pytest.approx(losses(whole), rel=1e-3)


@pytest.mark.parametrize(
    "settings",
    [
        {"recurrence": "gru"},
        {"recurrence": "lstm"},
        {"label_embedding": 3},
        {"label_embedding": 3, "batches": "similar", "recurrence": "lstm"},
    ],
    ids=str,
)
@pytest.mark.parametrize("stop_at", [3, 8])  # before there is an average, and after
def test_resuming_is_as_if_it_had_never_stopped(settings: dict[str, Any], stop_at: int) -> None:
    workshop = Workshop(**settings)
    whole = run(workshop.trainer(seed=5))

    interrupted, first = workshop.trainer(seed=5), []
    for event in interrupted.events():
        first.append(event)
        if isinstance(event, Progress) and event.step == stop_at:
            interrupted.stop()
    assert first[-1].reason == "stopped"  # type: ignore[union-attr]
    second = run(workshop.trainer(seed=5, resume=last_checkpoint(first)))

    assert losses(first) + losses(second) == losses(whole)
    assert_same(last_checkpoint(second).tensors(), last_checkpoint(whole).tensors())
    assert apart_from_time(last_checkpoint(second)) == apart_from_time(last_checkpoint(whole))
    validations = [event.values for event in of(Validation, first) + of(Validation, second)]
    assert validations == [event.values for event in of(Validation, whole)]


def test_labels_are_told_where_the_recipe_wants_it() -> None:
    told = last_checkpoint(run(Workshop(label_embedding=3, steps=2).trainer()))
    model, _, _ = load_model(told)
    assert model.vocabulary.tags == ("big", "one", "two")
    assert told.tensors()["model.embedding"].shape == (3, 3)
    assert told.meta["labels"] == [["", 1], ["one, big", 1], ["two, big", 1]]
    plain = last_checkpoint(run(Workshop(steps=2).trainer()))
    assert plain.meta["labels"] == []
    assert "model.embedding" not in plain.tensors()


def test_material_without_labels_makes_a_model_without() -> None:
    workshop = Workshop(label_embedding=3, steps=2)
    workshop.sequences = [Sequence(sequence.frames) for sequence in workshop.sequences]
    model, _, _ = load_model(last_checkpoint(run(workshop.trainer())))
    assert not model.is_conditioned


def test_a_checkpoint_from_before_there_were_labels(workshop: Workshop) -> None:
    checkpoint = last_checkpoint(run(workshop.trainer()))
    meta = {name: value for name, value in checkpoint.meta.items() if name != "labels"}
    recipe = {name: value for name, value in meta["recipe"].items() if name != "generation"}
    recipe["representation"] = {name: v for name, v in recipe["representation"].items() if name != "kind"}
    recipe["model"] = {name: value for name, value in recipe["model"].items() if name != "label_embedding"}
    recipe["training"] = {name: value for name, value in recipe["training"].items() if name != "batches"}
    settings = {k: v for k, v in meta["representation"]["settings"].items() if k != "kind"}
    old = {**meta, "recipe": recipe, "representation": {**meta["representation"], "settings": settings}}
    model, representation, read = load_model(Checkpoint(checkpoint.weights, old))
    assert read == workshop.recipe
    assert representation.layout == workshop.representation.layout
    assert not model.is_conditioned


def test_resuming_with_more_steps(workshop: Workshop) -> None:
    first = run(workshop.trainer())
    longer = workshop.recipe.changed({"steps": 15})
    second = run(workshop.trainer(recipe=longer, resume=last_checkpoint(first)))
    assert [event.step for event in of(Progress, second)] == [13, 14, 15]


def test_a_checkpoint_of_another_model_is_refused(workshop: Workshop) -> None:
    checkpoint = last_checkpoint(run(workshop.trainer()))
    other = workshop.recipe.changed({"hidden": 11})
    with pytest.raises(StudioError, match="do not fit"):
        workshop.trainer(recipe=other, resume=checkpoint)


def test_the_best_checkpoint_draws_but_does_not_resume(workshop: Workshop) -> None:
    events = run(workshop.trainer())
    best = [event for event in of(Saved, events) if event.kind == "best"]
    assert [event.step for event in best] == [event.step for event in of(Validation, events) if event.best]
    checkpoint = Checkpoint(best[-1].weights, best[-1].meta)
    load_model(checkpoint)
    with pytest.raises(StudioError, match="cannot be resumed"):
        workshop.trainer(resume=checkpoint)


def test_it_learns() -> None:
    workshop = Workshop(steps=150, learning_rate=0.01, validate_every=75, average=0.9)
    events = run(workshop.trainer())
    assert sum(losses(events)[-10:]) < sum(losses(events)[:10]) - 5
    first, second = of(Validation, events)
    assert second.values["elbo"] > first.values["elbo"]
    assert second.values["elbo"] == pytest.approx(-second.values["reconstruction"] - second.values["kl"])
    assert second.values["loss"] == -second.values["elbo"]


def test_samples_are_copies_of_the_average_and_know_nothing_of_the_look_ahead(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer_module, "SAMPLE_SECONDS", 0.0)
    events = run(workshop.trainer())
    samples = of(Sample, events)
    assert len(samples) == 13  # one per step, one at the end
    assert not torch.equal(samples[0].weights["recurrence.bias"], samples[1].weights["recurrence.bias"])
    tensors = last_checkpoint(events).tensors()
    assert_same(dict(samples[-1].weights), part("average", tensors))
    assert_same(dict(samples[-1].weights), dict(load_model(last_checkpoint(events))[0].state_dict()))
    assert not torch.equal(tensors["average.recurrence.bias"], tensors["model.recurrence.bias"])
    assert any(name.startswith("objective.look_ahead") for name in tensors)
    assert not any("look_ahead" in name for name in samples[-1].weights)


def test_the_average_follows_the_weights() -> None:
    workshop = Workshop(average=0.75, average_from=0.5)
    trainer = workshop.trainer()
    history = []
    for event in trainer.events():
        if isinstance(event, Progress):
            history.append(trainer.model.recurrence.bias.detach().clone())
    expected = history[5]  # step 6 of 12
    for weights in history[6:]:
        expected = 0.75 * expected + 0.25 * weights
    assert trainer.learner.average is not None
    torch.testing.assert_close(trainer.learner.average.model.recurrence.bias.detach(), expected)


def test_no_average_where_none_is_asked_for() -> None:
    workshop = Workshop(average=0.0)
    events = run(workshop.trainer())
    tensors = last_checkpoint(events).tensors()
    assert not part("average", tensors)
    assert_same(dict(of(Sample, events)[-1].weights), part("model", tensors))


def test_gradients_are_clipped_before_the_update() -> None:
    workshop = Workshop(clip=1e-3, learning_rate=1.0, warm_up=0.0, schedule="constant", average=0.0)
    trainer = workshop.trainer()
    # Plain gradient descent shows the size of the gradient that arrives.
    trainer.learner.optimiser = torch.optim.SGD(list(trainer.learner.parameters.values()), lr=1.0)
    before = torch.cat([p.detach().flatten().clone() for p in trainer.learner.parameters.values()])
    progress = next(iter(trainer.events()))
    after = torch.cat([p.detach().flatten() for p in trainer.learner.parameters.values()])
    assert isinstance(progress, Progress)
    assert progress.values["gradient_norm"] > 0.1  # before clipping
    assert (after - before).norm().item() == pytest.approx(1e-3, rel=0.01)


def test_stop(workshop: Workshop) -> None:
    trainer = workshop.trainer()
    events = []
    for event in trainer.events():
        events.append(event)
        if len(of(Progress, events)) == 2:
            trainer.stop()
    assert len(of(Progress, events)) == 2
    assert last_checkpoint(events).meta["step"] == 2
    assert events[-1] == Stopped(2, "stopped", "Stopped after 2 of 12 steps.")


@pytest.fixture
def long_validation(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """Something held back that takes many chunks, and no more of them at a time than need be."""
    monkeypatch.setattr(bounds, "CHUNK_WORK", 1)
    workshop = Workshop(window=100)
    held_back = workshop.sequences[3]
    workshop.sequences[3] = Sequence(np.tile(held_back.frames, (40, 1)))
    return workshop


def test_stop_in_a_validation_waits_for_no_more_than_one_chunk(
    long_validation: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = long_validation.trainer()
    scored: list[int] = []
    score = VRNN.score

    def counted(model: VRNN, x: Tensor, *arguments: Any, **named: Any) -> Any:
        if torch.is_inference_mode_enabled():
            scored.append(len(x))
            if len(scored) == 2:
                trainer.stop()
        return score(model, x, *arguments, **named)

    monkeypatch.setattr(VRNN, "score", counted)
    events = run(trainer)
    assert scored == [bounds.LEAST_CHUNK, bounds.LEAST_CHUNK]
    assert not of(Validation, events)
    assert (events[-1].reason, events[-1].step) == ("stopped", 4)  # type: ignore[union-attr]


def test_a_validation_cut_short_is_made_up_for(long_validation: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(long_validation.trainer())
    trainer = long_validation.trainer()
    with monkeypatch.context() as stopping:
        stopping.setattr(trainer_module, "elbo", lambda *given, before_chunk, **more: trainer.stop() or before_chunk())
        first = run(trainer)
    assert len(of(Progress, first)) == 4
    rest = run(long_validation.trainer(resume=last_checkpoint(first)))
    assert [event.values for event in of(Validation, rest)] == [event.values for event in of(Validation, whole)]
    assert losses(first) + losses(rest) == losses(whole)
    metas = [{**last_checkpoint(events).meta, "seconds": None} for events in (rest, whole)]  # how long each worked
    assert metas[0] == metas[1]
    assert_same(last_checkpoint(rest).tensors(), last_checkpoint(whole).tensors())


def test_pause_saves_and_waits(workshop: Workshop) -> None:
    trainer = workshop.trainer()
    stream = trainer.events()
    assert isinstance(next(stream), Progress)
    trainer.pause()
    assert isinstance(next(stream), Sample)
    saved = next(stream)
    assert isinstance(saved, Saved)
    assert saved.step == 1
    found: list[TrainingEvent] = []
    thread = threading.Thread(target=lambda: found.append(next(stream)))
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    trainer.go_on()
    thread.join()
    assert found[0].step == 2


def test_stop_while_paused(workshop: Workshop) -> None:
    trainer = workshop.trainer()
    stream = trainer.events()
    next(stream)
    trainer.pause()
    trainer.stop()
    assert list(stream)[-1].reason == "stopped"  # type: ignore[union-attr]


def test_changed_settings_count_from_the_next_update(workshop: Workshop) -> None:
    trainer = workshop.trainer()
    events = []
    for event in trainer.events():
        events.append(event)
        if isinstance(event, Progress) and event.step == 8:
            trainer.change({"learning_rate": "1e-5", "steps": 10})
    rates = [event.values["learning_rate"] for event in of(Progress, events)]
    assert len(rates) == 10
    assert min(rates[:8]) > 1e-4
    assert max(rates[8:]) <= 1e-5
    assert last_checkpoint(events).meta["recipe"]["training"]["steps"] == 10


@pytest.mark.parametrize(
    "settings",
    [{"hidden": 11}, {"batch": 4}, {"look_ahead": 0.0}, {"steps": 0}, {"nonsense": 1}, {"look_ahead_frames": (3,)}],
)
def test_what_cannot_change_is_refused(workshop: Workshop, settings: dict[str, Any]) -> None:
    trainer = workshop.trainer()
    with pytest.raises(StudioError):
        trainer.change(settings)
    assert trainer.recipe == workshop.recipe


def test_taking_in_new_sequences(workshop: Workshop) -> None:
    trainer = workshop.trainer()
    changed = Sequence(workshop.sequences[0].frames * 100)
    values = []
    for event in trainer.events():
        if isinstance(event, Progress):
            values.append(event.values["loss"])
            if event.step == 1:
                trainer.take_in([changed])
    expected = losses(run(workshop.trainer()))
    assert values[:2] == expected[:2]  # what is under way is finished first
    assert max(values[2:]) > 10 * max(expected[2:])
    with pytest.raises(StudioError):
        trainer.take_in([])


def break_at(step: int, trainer: Trainer, times: int = 1) -> list[TrainingEvent]:
    """Train, and spoil the weights after that step, so often."""
    events: list[TrainingEvent] = []
    for event in trainer.events():
        events.append(event)
        if isinstance(event, Progress) and event.step == step and times > 0:
            times -= 1
            with torch.no_grad():
                trainer.model.recurrence.bias.fill_(float("nan"))
    return events


@pytest.fixture
def often_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer_module, "GOOD_STEPS", 2)
    monkeypatch.setattr(trainer_module, "GOOD_SHARE", 1.0)


@pytest.mark.usefixtures("often_good")
def test_an_explosion_goes_back_and_on_with_a_smaller_learning_rate(workshop: Workshop) -> None:
    trainer = workshop.trainer()
    events = break_at(7, trainer)
    (setback,) = of(SetBack, events)
    rate = workshop.recipe.training.learning_rate
    assert (setback.step, setback.failed_at, setback.learning_rate) == (4, 8, rate / 2)
    assert trainer.recipe.training.learning_rate == rate / 2
    assert f"step 8: the training went back to step 4 and goes on with the smaller learning_rate {rate / 2:g}" in (
        setback.message
    )
    steps = [event.step for event in of(Progress, events)]
    assert steps == [*range(1, 8), *range(5, 13)]
    assert events[-1].reason == "finished"  # type: ignore[union-attr]
    saved = events[events.index(setback) + 2]
    assert isinstance(saved, Saved)
    assert (saved.kind, saved.step) == ("last", 4)
    assert all(value.isfinite().all() for value in load_model(last_checkpoint(events))[0].state_dict().values())


@pytest.mark.usefixtures("often_good")
@pytest.mark.parametrize("stop_at", [6, 10])
def test_resuming_after_an_explosion_is_as_if_it_had_never_stopped(workshop: Workshop, stop_at: int) -> None:
    whole = break_at(7, workshop.trainer(seed=5))
    interrupted = workshop.trainer(seed=5)
    first: list[TrainingEvent] = []
    broken = False
    for event in interrupted.events():
        first.append(event)
        if isinstance(event, Progress) and event.step == 7 and not broken:
            broken = True
            with torch.no_grad():
                interrupted.model.recurrence.bias.fill_(float("nan"))
        if isinstance(event, Progress) and event.step == stop_at and broken:
            interrupted.stop()
    second = run(workshop.trainer(seed=5, recipe=interrupted.recipe, resume=last_checkpoint(first)))
    assert losses(first) + losses(second) == losses(whole)
    assert_same(last_checkpoint(second).tensors(), last_checkpoint(whole).tensors())
    assert apart_from_time(last_checkpoint(second)) == apart_from_time(last_checkpoint(whole))


def test_what_smaller_learning_rates_do_not_mend_ends_with_the_last_good_weights(
    workshop: Workshop, often_good: None
) -> None:
    trainer = workshop.trainer()
    events: list[TrainingEvent] = []
    for event in trainer.events():
        events.append(event)
        if isinstance(event, Progress) and event.step == 5:
            trainer.take_in([Sequence(workshop.sequences[0].frames * float("nan"))])
    stopped = events[-1]
    assert isinstance(stopped, Stopped)
    assert stopped.reason == "diverged"
    assert "learning_rate" in stopped.message
    assert len(of(SetBack, events)) == trainer_module.SETBACKS
    model, _, _ = load_model(last_checkpoint(events))
    assert all(value.isfinite().all() for value in model.state_dict().values())
    assert_same(dict(of(Sample, events)[-1].weights), dict(model.state_dict()))
    assert of(Sample, events)[-1].step == stopped.step == last_checkpoint(events).meta["step"]


@pytest.mark.usefixtures("often_good")
def test_setbacks_that_lie_apart_do_not_add_up() -> None:
    workshop = Workshop(steps=60)
    trainer = workshop.trainer()
    broken: set[int] = set()
    events: list[TrainingEvent] = []
    for event in trainer.events():
        events.append(event)
        if isinstance(event, Progress) and event.step % 8 == 7 and event.step not in broken:
            broken.add(event.step)
            with torch.no_grad():
                trainer.model.recurrence.bias.fill_(float("nan"))
    assert len(of(SetBack, events)) == 7 > trainer_module.SETBACKS
    assert events[-1].reason == "finished"  # type: ignore[union-attr]


def test_a_checkpoint_from_before_losses_were_watched_can_be_resumed(workshop: Workshop) -> None:
    checkpoint = last_checkpoint(run(workshop.trainer()))
    meta = {key: value for key, value in checkpoint.meta.items() if key not in ("loss_watch", "setbacks", "failed_at")}
    longer = workshop.recipe.changed({"steps": 14})
    events = run(workshop.trainer(recipe=longer, resume=Checkpoint(checkpoint.weights, meta)))
    assert events[-1].step == 14  # type: ignore[union-attr]


def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(patience=2, validate_every=1, steps=50)
    values = iter([3.0, 4.0, 2.0, 1.0, 5.0])
    monkeypatch.setattr(trainer_module, "elbo", lambda *_, **__: _FakeBound(next(values)))
    events = run(workshop.trainer())
    assert [event.best for event in of(Validation, events)] == [True, True, False, False]
    assert isinstance(events[-1], Stopped)
    assert (events[-1].reason, events[-1].step) == ("early", 4)


def finding(monkeypatch: pytest.MonkeyPatch, *elbos: float) -> None:
    """Let validations find these bounds, one after the other."""
    values = iter(elbos)
    monkeypatch.setattr(trainer_module, "elbo", lambda *_, **__: _FakeBound(next(values)))


def test_the_message_tells_which_weights_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for weights, elbos, told in (("best", (1.0, 3.0, 2.0), True), ("last", (1.0, 3.0, 2.0), False),
                                 ("best", (1.0, 2.0, 3.0), False)):  # fmt: skip
        finding(monkeypatch, *elbos)
        events = run(Workshop(weights=weights).trainer())
        assert events[-1].message.startswith("Trained for 12 steps.")  # type: ignore[union-attr]
        assert ("best at step 8" in events[-1].message) == told  # type: ignore[union-attr]


def test_a_checkpoint_tells_which_step_was_best(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    finding(monkeypatch, 1.0, 3.0, 2.0)
    meta = last_checkpoint(run(workshop.trainer())).meta
    assert (meta["best"], meta["best_step"]) == (3.0, 8)
    assert best_of(meta) == Best(8, 3.0)
    assert best_of({"step": 8, "best": 3.0}) == Best(8, 3.0)  # that of an older studio
    assert best_of({"step": 8, "best": None}) is None


def test_what_is_kept_as_the_best_outlives_a_crash(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best weights are saved at once, the others now and then: what is resumed may be older than the best."""
    interrupted = workshop.trainer()
    finding(monkeypatch, 1.0)
    checkpoint = next(
        Checkpoint(*trainer._everything())
        for trainer in [interrupted]
        for event in trainer.events()
        if isinstance(event, Progress) and event.step == 6
    )
    finding(monkeypatch, 3.0, 4.0)
    worse = run(workshop.trainer(resume=checkpoint, best=Best(8, 5.0)))
    assert [event.best for event in of(Validation, worse)] == [False, False]
    assert not [event for event in of(Saved, worse) if event.kind == "best"]
    assert best_of(last_checkpoint(worse).meta) == Best(8, 5.0)
    finding(monkeypatch, 5.0, 4.0)
    same = run(workshop.trainer(resume=checkpoint, best=Best(8, 5.0)))  # nothing has changed: it is as it was
    assert [event.best for event in of(Validation, same)] == [True, False]


def test_patience_begins_anew_where_one_has_gone_back_to_before_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(patience=2, validate_every=1, steps=50)
    finding(monkeypatch, *[1.0] * 20)
    events = run(workshop.trainer(best=Best(5, 9.0)))
    assert (events[-1].reason, events[-1].step) == ("early", 6)  # type: ignore[union-attr]


def test_resumed_after_it_stopped_by_itself_it_goes_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(patience=2, validate_every=1, steps=50)
    finding(monkeypatch, 3.0, 4.0, 2.0, 1.0)
    ended = last_checkpoint(run(workshop.trainer()))
    finding(monkeypatch, 1.0, 5.0, 1.0, 1.0)
    resumed = workshop.trainer(resume=ended)
    assert resumed.remark.startswith("This training had stopped by itself at step 4: it goes on")
    events = run(resumed)
    assert [event.best for event in of(Validation, events)] == [False, True, False, False]
    assert (events[-1].reason, events[-1].step) == ("early", 8)  # type: ignore[union-attr]


def test_resumed_after_it_was_stopped_it_says_nothing(workshop: Workshop) -> None:
    checkpoint = last_checkpoint(run(workshop.trainer()))
    longer = workshop.recipe.changed({"steps": 14})
    assert workshop.trainer(recipe=longer, resume=checkpoint).remark == ""


def test_what_is_fitted_is_fitted_once_for_each_step_and_anew_after_a_setback(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[tuple[int, bool]] = []

    def fit(*_: object, as_trained: bool = False) -> None:
        fitted.append((trainer.step, as_trained))

    monkeypatch.setattr(trainer_module, "fit_sigma", fit)
    trainer = Workshop(average=0.9, average_from=0.0, validate_every=4, steps=4).trainer()
    run(trainer)
    assert len(fitted) == len(set(fitted))  # once for a sample and what is saved with it
    assert (4, False) in fitted
    assert (4, True) in fitted  # what is held back is measured without
    before = len(fitted)
    trainer._sample()
    trainer._save()
    assert len(fitted) == before
    trainer._restore(Checkpoint(*trainer._everything()))
    trainer._sample()
    assert len(fitted) == before + 1


class _FakeBound:
    def __init__(self, value: float) -> None:
        self.per_frame = type("Estimate", (), {"mean": value})
        self.reconstruction = -value
        self.kl = 0.0


def test_nothing_held_back(workshop: Workshop) -> None:
    events = run(workshop.trainer(validation=()))
    assert not of(Validation, events)
    assert {event.kind for event in of(Saved, events)} == {"last"}


def test_nothing_to_train_on(workshop: Workshop) -> None:
    with pytest.raises(StudioError, match="nothing to train on"):
        Trainer(workshop.recipe, workshop.representation, [])


def test_saved_as_often_as_asked_for() -> None:
    workshop = Workshop(save_seconds=1e-9)
    saved = [event for event in of(Saved, run(workshop.trainer())) if event.kind == "last"]
    assert [event.step for event in saved] == [*range(1, 13), 12]


def test_rates_leave_out_the_time_of_the_listener(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(trainer_module.time, "perf_counter", lambda: now[0])
    trainer = workshop.trainer(validation=())
    update = trainer._stream.next

    def slow() -> Any:
        now[0] += 2.0
        return update()

    monkeypatch.setattr(trainer._stream, "next", slow)
    for event in trainer.events():
        now[0] += 1000.0  # the listener takes its time
        if isinstance(event, Progress) and event.step == 10:
            assert event.seconds_left == pytest.approx(4.0)


def test_memory_is_kept_while_a_training_runs(monkeypatch: pytest.MonkeyPatch, workshop: Workshop) -> None:
    log: list[str] = []

    @contextmanager
    def noted() -> Iterator[None]:
        log.append("kept")
        yield
        log.append("given back")

    monkeypatch.setattr(trainer_module, "keeping_memory", noted)
    for event in workshop.trainer().events():
        log.append(type(event).__name__)
    assert log[0] == "kept"
    assert log[-2:] == ["Stopped", "given back"]


def test_samples_of_the_same_step_can_be_told_apart(workshop: Workshop) -> None:
    one, other = (of(Sample, run(workshop.trainer(seed=seed)))[-1] for seed in (1, 2))
    assert one.step == other.step
    assert one == one
    assert one != other


def test_weights_are_kept_from_along_the_way() -> None:
    workshop = Workshop(snapshots=16, average=0.75, average_from=0.5)
    events = run(workshop.trainer())
    kept = of(Snapshot, events)
    assert [event.step for event in kept] == [0, 2, 6, 10]
    model, representation, recipe = load_model(Checkpoint(kept[-1].weights, kept[-1].meta))
    assert recipe == workshop.recipe
    assert representation.layout == workshop.representation.layout
    assert all(name.startswith("model.") for name in Checkpoint(kept[-1].weights, {}).tensors())
    assert len(kept[-1].weights) < len(last_checkpoint(events).weights) / 2
    first = load_model(Checkpoint(kept[0].weights, kept[0].meta))[0].state_dict()
    assert_same(first, dict(build_model(recipe.model, representation.layout, 0).state_dict()))
    assert of(Sample, events)[-1].weights.keys() == model.state_dict().keys()


def test_none_are_kept_where_none_are_wanted(workshop: Workshop) -> None:
    assert not of(Snapshot, run(workshop.trainer()))


def test_the_seconds_of_a_training_are_kept_and_counted_on(workshop: Workshop) -> None:
    events = []
    first = workshop.trainer()
    for event in first.events():
        events.append(event)
        if isinstance(event, Progress) and event.step == 6:
            first.stop()
    checkpoint = last_checkpoint(events)
    assert checkpoint.meta["seconds"] > 0
    whole = last_checkpoint(run(workshop.trainer(resume=checkpoint)))
    assert whole.meta["seconds"] > checkpoint.meta["seconds"]


def test_rolls_resume_exactly() -> None:
    workshop = of_rolls()
    whole = run(workshop.trainer(seed=5))
    interrupted, first = workshop.trainer(seed=5), []
    for event in interrupted.events():
        first.append(event)
        if isinstance(event, Progress) and event.step == 5:
            interrupted.stop()
    second = run(workshop.trainer(seed=5, resume=last_checkpoint(first)))
    assert losses(first) + losses(second) == losses(whole)
    assert_same(last_checkpoint(second).tensors(), last_checkpoint(whole).tensors())


def test_the_look_ahead_of_rolls_looks_at_keys() -> None:
    trainer = of_rolls().trainer()
    assert trainer.learner.objective.look_ahead is not None
    assert trainer.learner.objective.look_ahead.columns == 13
    model, representation, _ = load_model(last_checkpoint(run(trainer)))
    assert model.layout == representation.layout


@pytest.mark.parametrize("make", [of_rolls, of_texts])
def test_validations_price_what_the_model_cannot_represent(make: Any) -> None:
    """As evaluate does: notes outside the keys, characters that are not known."""
    workshop = make(steps=4)
    (known,) = workshop.sequences[3:]
    hard = (
        Sequence(known.frames, known.times, outside=np.ones(len(known), np.int64))
        if make is of_rolls
        else Sequence(np.zeros_like(known.frames))
    )
    same = known if make is of_rolls else hard
    (price,) = nats_beside(workshop.representation, [hard])
    figures = []
    for held_back, beside in ((hard, (price,)), (same, ())):
        trainer = workshop.trainer(validation=[held_back])
        if beside:
            assert trainer._beside == beside  # what it is without is measured once, too
        trainer._beside = beside
        figures.append(of(Validation, run(trainer))[-1].values["elbo"])
    assert figures[0] == pytest.approx(figures[1] - price / len(known), rel=1e-6)
    assert price > len(known)
