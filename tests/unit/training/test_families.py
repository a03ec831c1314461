"""Every kind of model is trained, stopped, gone on with, kept, loaded and sampled in the same way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from small_training import Workshop

from studio.evaluation.bounds import elbo
from studio.generation.sampler import generate_drawings
from studio.training.checkpoints import Checkpoint, load_model
from studio.training.events import Progress, Saved
from studio.training.trainer import Trainer

GAUSS = {"likelihood.kind": "gaussian"}
MSE = {**GAUSS, "shared_sigma": True, "objective.kind": "mse"}
KINDS: dict[str, dict[str, Any]] = {
    "rnn-gauss": {**GAUSS, "latent": 0},
    "rnn-gmm": {"latent": 0},
    "rnn-lstm": {"latent": 0, "recurrence": "lstm"},
    "vrnn-i": {**GAUSS, "standard_prior": True},
    "smoothing": {**GAUSS, "posterior": "smoothing", "future": 5, "future_frames": 4},
    "window": {"posterior": "window", "future": 5, "sigma_cap": 0.5, "latent_look_ahead": 0.1},
    "mse": MSE,
    "elman": {"model.kind": "predictor", "network": "elman", **MSE, "look_ahead": 0.0},
    "mtrnn": {"model.kind": "predictor", "network": "mtrnn", "slow": 4, **MSE},
}


def trained(trainer: Trainer, stop_at: int | None = None) -> tuple[list[dict[str, float]], Checkpoint]:
    values: list[dict[str, float]] = []
    for event in trainer.events():
        if isinstance(event, Progress):
            values.append(dict(event.values))
            if event.step == stop_at:
                trainer.stop()
        if isinstance(event, Saved) and event.kind == "last":
            saved = Checkpoint(event.weights, event.meta)
    return values, saved


@pytest.mark.parametrize("kind", KINDS)
def test_from_training_to_samples(kind: str) -> None:
    workshop = Workshop()
    recipe = workshop.recipe.changed(KINDS[kind])
    whole, _ = trained(workshop.trainer(recipe=recipe, seed=1))
    first, checkpoint = trained(workshop.trainer(recipe=recipe, seed=1), stop_at=5)
    rest, checkpoint = trained(workshop.trainer(recipe=recipe, seed=1, resume=checkpoint))
    assert [v["loss"] for v in first + rest] == [v["loss"] for v in whole]
    assert all(np.isfinite(list(values.values())).all() for values in whole)

    model, representation, kept = load_model(checkpoint)
    assert kept == recipe
    assert type(model) is type(workshop.trainer(recipe=recipe).model)
    bound = elbo(model, workshop.sequences)
    assert np.isfinite(bound.per_frame.mean)
    assert (bound.kl == 0) == (model.latent == 0)
    if model.latent == 0:
        assert {values["kl"] for values in whole} == {0.0}
    assert not torch.is_grad_enabled() or all(p.grad is None for p in model.parameters())
    made = generate_drawings(model, representation, count=2, length=20)
    assert len(made) == 2
