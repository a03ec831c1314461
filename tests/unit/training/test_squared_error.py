"""Squared errors in place of the likelihood: what is compared, what adapts, and what learns sigma."""

from __future__ import annotations

import pytest
import torch
from small_training import Workshop

from studio.errors import StudioError
from studio.models.building import build_model
from studio.training.events import Progress, Saved, Stopped
from studio.training.objective import Carried, Losses, Objective
from studio.training.squared_error import LEAST, MOST, RATE, SquaredError

MSE = {
    "objective.kind": "mse",
    "likelihood.kind": "gaussian",
    "shared_sigma": True,
    "free_nats": 0.0,
    "look_ahead": 0.0,
}


def first_window(**changes: object) -> tuple[Objective, Losses, Carried]:
    workshop = Workshop(**{**MSE, **changes})
    trainer = workshop.trainer()
    model, objective, settings = trainer.model, trainer.learner.objective, workshop.recipe.objective
    batch, generator = trainer._stream.next(), torch.Generator().manual_seed(0)
    window = objective.draw(model, batch, settings, 9.0, 0.0, generator)
    losses, carried = objective(model, window, objective.begin(model, 3, "cpu"), settings)
    return objective, losses, carried


def test_the_mean_is_compared_whatever_sigma_is() -> None:
    _, small, _ = first_window(sigma_start=0.1)
    _, large, _ = first_window(sigma_start=3.0)
    torch.testing.assert_close(small.reconstruction, large.reconstruction)


def test_error_and_weighted_kl_make_up_the_loss() -> None:
    _, found, _ = first_window(kl_start=0.25)
    assert found.kl_weight == 0.25  # not what the schedule says
    torch.testing.assert_close(found.loss, found.reconstruction + 0.25 * found.kl)


def test_error_of_a_frame() -> None:
    workshop = Workshop(**MSE)
    model = build_model(workshop.recipe.model, workshop.representation.layout)
    x = torch.tensor([[[0.5, -1.0, 1.0, 0.0]]])[..., : model.layout.width]
    terms, _ = model.score(x, torch.ones(1, 1), model.initial_state(1), torch.zeros(1, 1, 2))
    output = terms.output
    expected = (x[0, 0, :2] - output.continuous.mean[0, 0]).square().sum() - output.binary.log_prob(x[..., 2:])[0, 0]
    error, _ = SquaredError(1.0)(terms, x)
    torch.testing.assert_close(error, expected)


def test_sigma_is_fitted_beside_and_nothing_learns_from_that() -> None:
    workshop = Workshop(**MSE)
    trainer = workshop.trainer()
    model, objective = trainer.model, trainer.learner.objective
    batch, carried = trainer._stream.next(), trainer.learner.objective.begin(trainer.model, 3, "cpu")
    generator = torch.Generator().manual_seed(0)
    settings = workshop.recipe.objective
    losses, _ = objective(model, objective.draw(model, batch, settings, 1.0, 0.0, generator), carried, settings)
    losses.loss.backward()
    with_fit = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    assert with_fit["likelihood.continuous.shared"].abs().min() > 0
    model.zero_grad()
    error, _ = objective.squared_error(
        model.score(
            torch.from_numpy(batch.frames),
            torch.from_numpy(batch.mask),
            carried.state,
            torch.zeros(*batch.mask.shape, 2),
        )[0],
        torch.from_numpy(batch.frames),
    )
    error.backward()
    assert model.likelihood.continuous.shared.grad is None


def test_sigma_becomes_the_size_of_the_errors() -> None:
    workshop = Workshop(**MSE, latent=0, steps=300, learning_rate=0.02, sigma_start=2.0, sigma_floor=0.001, clip=0)
    trainer = workshop.trainer(recipe=workshop.recipe)
    errors = [e.values["reconstruction"] for e in trainer.events() if isinstance(e, Progress)]
    shared = trainer.model.likelihood.continuous
    sigma = shared.range.sigma(shared.shared)
    assert 0.3 * errors[-1] < sigma.square().sum().item() < 3 * max(errors[-30:])


@pytest.mark.parametrize(("error", "kl"), [(1.0, 0.01), (0.01, 1.0)])
def test_the_weight_moves_towards_the_ratio(error: float, kl: float) -> None:
    part, ratio = SquaredError(1.0), 0.1
    wanted = min(max(ratio * error / kl, LEAST), MOST)
    part.adapt(torch.tensor(error), torch.tensor(kl), ratio)
    assert part.weight.item() == pytest.approx(wanted**RATE, rel=1e-4)
    for _ in range(1000):
        part.adapt(torch.tensor(error), torch.tensor(kl), ratio)
    assert (part.weight * kl / error).item() == pytest.approx(ratio, rel=1e-3)


def test_a_vanished_kl_makes_no_infinite_weight() -> None:
    part = SquaredError(1.0)
    for _ in range(2000):
        part.adapt(torch.tensor(0.5), torch.tensor(0.0), 0.1)
    assert part.weight.item() == pytest.approx(MOST)


def test_going_on_goes_on_with_the_same_weight() -> None:
    def run(**arguments: object) -> tuple[list[float], Saved]:
        trainer = Workshop(**MSE).trainer(seed=1, **arguments)
        weights = []
        for event in trainer.events():
            if isinstance(event, Progress):
                weights.append(event.values["kl_weight"])
                if not arguments and event.step == 6:
                    trainer.stop()
            if isinstance(event, Saved) and event.kind == "last":
                saved = event
            if isinstance(event, Stopped):
                break
        return weights, saved

    from studio.training.checkpoints import Checkpoint

    whole, _ = run(device="cpu")
    first, saved = run()
    second, _ = run(resume=Checkpoint(saved.weights, saved.meta))
    assert first + second == whole
    assert len(set(whole)) == len(whole)


def test_sigma_of_its_own_for_each_frame_would_not_be_learned() -> None:
    with pytest.raises(StudioError, match="shared_sigma = true"):
        Workshop(**{**MSE, "shared_sigma": False}).trainer()
