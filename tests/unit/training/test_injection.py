"""Nothing that is not finite is ever saved or drawn with; the long form is tests/fuzz/injection.py."""

import math

import injection
import numpy as np
import pytest
import torch
from injection import Injection
from small_training import Workshop

from studio.errors import StudioError
from studio.generation.sampler import Sampler
from studio.models.building import build_model
from studio.training import checkpoints
from studio.training.checkpoints import Checkpoint, NotFinite, are_finite, load_model, pack
from studio.training.events import Progress, Saved, SetBack, Stopped


@pytest.mark.parametrize("place", injection.PLACES)
@pytest.mark.parametrize("step", [1, 5, injection.STEPS])
def test_a_number_that_is_not_finite_goes_nowhere(place, step):
    value = math.inf if step == 5 else math.nan
    wrong, times = injection.faults(Injection("mse" if place == "objective" else "vrnn", place, step, value, step))
    assert wrong == []
    assert times == 1 or (place == "average" and step == 1)  # there is none yet


@pytest.mark.parametrize("place", ["weight", "mean of squares", "average", "loss"])
def test_where_it_comes_again_each_time_the_training_ends_with_what_was_good(place):
    wrong, times = injection.faults(Injection("vrnn", place, injection.STEPS, math.nan, 3, lasting=True))
    assert wrong == []
    assert times > 1


def test_the_long_form_injects_everywhere():
    every = list(injection.injections(200, seed=1))
    assert {each.place for each in every} == set(injection.PLACES)
    assert {each.family for each in every} == set(injection.FAMILIES)
    assert {each.step for each in every} >= {1, injection.STEPS // 2, injection.STEPS}


def spoilt_at(trainer, step):
    """Stops, or pauses, right after an update whose weights are no longer finite."""
    for event in trainer.events():
        yield event
        if isinstance(event, Progress) and event.step == step and not trainer.spoilt:
            trainer.spoilt = True
            with torch.no_grad():
                next(trainer.model.parameters()).view(-1)[0] = math.nan
            trainer.at_once()


@pytest.mark.parametrize("request_", ["stop", "pause"])
def test_a_stop_or_a_pause_in_that_moment_saves_what_was_good(request_):
    trainer = Workshop(steps=12, validate_every=100, snapshots=0).trainer()
    trainer.spoilt = False

    def at_once():
        if request_ == "stop":
            trainer.stop()
            return
        trainer.pause()
        trainer._may_run.wait = trainer.go_on  # nobody else is there to go on

    trainer.at_once = at_once
    events = list(spoilt_at(trainer, 7))
    assert any(isinstance(event, SetBack) and "no longer finite" in event.message for event in events)
    saved = [event for event in events if isinstance(event, Saved)]
    assert all(are_finite(Checkpoint(event.weights, event.meta).tensors().values()) for event in saved)
    assert isinstance(events[-1], Stopped)
    assert events[-1].reason == ("stopped" if request_ == "stop" else "finished")


def damaged(workshop):
    """A checkpoint as older versions may have left it: a weight, its average or a moment is NaN."""
    saved = [event for event in workshop.trainer().events() if isinstance(event, Saved)][-1]
    whole = Checkpoint(saved.weights, saved.meta)
    for prefix in ("model.", "average.", "optimiser.", "carried."):
        tensors = whole.tensors()
        name = next(
            name for name, t in tensors.items() if name.startswith(prefix) and t.is_floating_point() and t.dim()
        )
        tensors[name].view(-1)[0] = math.nan
        yield prefix, tensors, saved.meta


def test_what_was_saved_before_is_refused_in_a_sentence(monkeypatch):
    workshop = Workshop(average=0.9, average_from=0.1)
    for prefix, tensors, meta in damaged(workshop):
        with pytest.raises(NotFinite):
            pack(tensors)
        with monkeypatch.context() as older:
            older.setattr(checkpoints, "are_finite", lambda tensors: True)
            old = Checkpoint(pack(tensors), meta)
        with pytest.raises(StudioError, match="not finite"):
            workshop.trainer(resume=old)
        if prefix == "average.":
            with pytest.raises(StudioError, match="not finite"):
                load_model(old)
        if prefix == "carried.":
            load_model(old)  # what was carried on is not drawn with


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("shape", [(1,), (3, 2), ()])
def test_are_finite(value, shape):
    bad = torch.zeros(shape)
    assert are_finite(
        [bad, torch.zeros(0), torch.tensor(3), torch.tensor(1e38), torch.tensor(1e300, dtype=torch.float64)]
    )
    bad.view(-1)[-1] = value
    assert not are_finite([torch.ones(2), bad])
    assert not are_finite([bad.double(), torch.ones(2)])
    assert are_finite([])


def test_drawing_ends_with_a_sentence_where_numbers_overflow():
    workshop = Workshop()
    model = build_model(workshop.recipe.model, workshop.representation.layout, 1).eval()
    sampler = Sampler(model, 2, 0)
    assert np.isfinite(sampler.frames(4)).all()
    sampler._state = sampler._state.each(lambda value: torch.full_like(value, math.nan))
    with pytest.raises(StudioError, match="no longer a finite number"):
        sampler.frames(4)
