"""What is minimised."""

from __future__ import annotations

import pytest
import torch
from small_training import Workshop

from studio.models.building import build_model
from studio.models.gaussian import DiagonalGaussian
from studio.models.vrnn import VRNN
from studio.sequences.batches import Batch, WindowStream
from studio.training.look_ahead import SIGMA_FLOOR, LookAhead
from studio.training.objective import Carried, Losses, Objective


def stream(workshop: Workshop, objective: Objective) -> WindowStream:
    return WindowStream(workshop.sequences, 3, 8, seed=0, ahead=objective.ahead)


def made(workshop: Workshop) -> tuple[VRNN, Objective]:
    torch.manual_seed(0)
    model = build_model(workshop.recipe.model, workshop.representation.layout)
    return model, Objective(model, workshop.recipe.objective)


def losses(
    workshop: Workshop, model: VRNN, objective: Objective, batch: Batch, carried: Carried, **given: float
) -> tuple[Losses, Carried]:
    values, settings = {"kl_weight": 1.0, "input_noise": 0.0, **given}, workshop.recipe.objective
    window = objective.draw(model, batch, settings, generator=torch.Generator().manual_seed(0), **values)
    return objective(model, window, carried, settings)


def test_the_parts_make_up_the_loss() -> None:
    workshop = Workshop(free_nats=0.0, look_ahead=0.3)
    model, objective = made(workshop)
    batch = stream(workshop, objective).next()
    found, _ = losses(workshop, model, objective, batch, objective.begin(model, 3, "cpu"), kl_weight=0.25)
    torch.testing.assert_close(found.loss, found.reconstruction + 0.25 * found.kl + 0.3 * found.look_ahead)
    assert found.look_ahead != 0


@pytest.mark.parametrize("likelihood", ["gaussian", "mixture"])
def test_bfloat16_does_no_harm(likelihood: str) -> None:
    """As a graphics processor computes it (see `studio.training.devices.precision`), but here."""
    workshop = Workshop(look_ahead=0.3, hidden=64, **{"model.likelihood.kind": likelihood})
    found, gradients = [], []
    for rounds in (False, True):
        model, objective = made(workshop)
        batch = stream(workshop, objective).next()
        with torch.autocast("cpu", torch.bfloat16, enabled=rounds):
            result, carried = losses(workshop, model, objective, batch, objective.begin(model, 3, "cpu"))
        result.loss.backward()
        assert result.loss.dtype == carried.state.h.dtype == torch.float32
        found.append(result)
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]))
    assert found[1].loss != found[0].loss
    torch.testing.assert_close(found[1].loss, found[0].loss, rtol=0.01, atol=0.01)
    torch.testing.assert_close(found[1].kl, found[0].kl, rtol=0.02, atol=0.01)
    assert torch.cosine_similarity(*gradients, dim=0) > 0.999


@pytest.mark.parametrize(("free_nats", "paid"), [(100.0, False), (1e-9, True)])
def test_free_nats_are_free_for_the_posterior_and_never_for_the_prior(free_nats: float, paid: bool) -> None:
    def gradients(free_nats: float) -> tuple[Losses, torch.Tensor, torch.Tensor]:
        # What reaches the networks by way of the KL term alone: with weight 1 less with weight 0.
        workshop = Workshop(free_nats=free_nats, look_ahead=0.0)
        found = []
        for weight in (1.0, 0.0):
            model, objective = made(workshop)
            torch.nn.init.zeros_(model.recurrence.weight_z)  # else the encoder has a say in the prior, by way of h
            batch, begin = stream(workshop, objective).next(), objective.begin(model, 3, "cpu")
            result, _ = losses(workshop, model, objective, batch, begin, kl_weight=weight)
            result.loss.backward()
            grads = [model.prior_net.layers[-1].weight.grad, model.encoder.layers[-1].weight.grad]
            found.append([torch.zeros(()) if grad is None else grad for grad in grads] + [result])
        (prior, encoder, result), (prior_without, encoder_without, _) = found
        return result, prior - prior_without, encoder - encoder_without

    result, prior, encoder = gradients(free_nats)
    torch.testing.assert_close(result.loss, result.reconstruction + (result.kl if paid else free_nats))
    _, full_prior, full_encoder = gradients(0.0)
    torch.testing.assert_close(prior, full_prior, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(encoder, full_encoder if paid else torch.zeros_like(encoder), rtol=1e-4, atol=1e-6)
    assert full_encoder.abs().max() > 1e-3


def test_without_look_ahead_there_is_no_such_network(workshop: Workshop) -> None:
    workshop = Workshop(look_ahead=0.0)
    model, objective = made(workshop)
    assert not list(objective.parameters())
    assert objective.ahead == 0
    found, _ = losses(workshop, model, objective, stream(workshop, objective).next(), objective.begin(model, 3, "cpu"))
    assert found.look_ahead == 0


def test_masked_frames_do_not_matter(workshop: Workshop) -> None:
    model, objective = made(workshop)
    windows = stream(workshop, objective)
    batch = windows.next()
    while batch.mask.all():
        batch = windows.next()
    begin = objective.begin(model, 3, "cpu")
    found, _ = losses(workshop, model, objective, batch, begin)
    batch.frames[..., :2][batch.mask == 0] = 17.0
    batch.ahead[..., :2][batch.ahead_mask == 0] = 17.0
    again, _ = losses(workshop, model, objective, batch, begin)
    assert found.loss == again.loss


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_the_look_ahead_aims_at_true_positions(noise: float) -> None:
    """Window after window, with input noise and distortion: the targets are positions of the distorted drawing."""
    workshop = Workshop(batch=1)
    model, objective = made(workshop)
    sequence = workshop.sequences[2]
    windows = WindowStream([sequence], 1, 8, seed=0, ahead=objective.ahead)
    carried = objective.begin(model, 1, "cpu")
    aimed_at = []
    objective.look_ahead = _Spy(aimed_at, objective.look_ahead)
    for _ in range(3):
        _, carried = losses(workshop, model, objective, windows.next(), carried, input_noise=noise)
    step = workshop.representation.layout.step
    assert step is not None
    clean = torch.from_numpy(sequence.frames[:, :2]).cumsum(0) * step @ carried.disturbance.distortion[0].T
    for window, future in enumerate(aimed_at):
        expected = clean[8 * window : 8 * window + len(future)]
        torch.testing.assert_close(future[: len(expected), 0], expected, rtol=1e-4, atol=1e-4)


class _Spy(torch.nn.Module):
    def __init__(self, seen: list[torch.Tensor], inner: LookAhead | None) -> None:
        super().__init__()
        assert inner is not None
        self.seen, self.inner = seen, inner

    @property
    def farthest(self) -> int:
        return self.inner.farthest

    def forward(self, h: torch.Tensor, future: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        self.seen.append(future.detach())
        return self.inner(h, future, mask)  # type: ignore[no-any-return]


def test_look_ahead_compares_h_before_frame_t_with_frame_t_plus_k() -> None:
    torch.manual_seed(0)
    head = LookAhead(hidden=4, columns=2, frames=(1, 3))
    h, future, mask = torch.randn(5, 2, 4), torch.randn(8, 2, 2), torch.ones(8, 2)
    mask[6:, 1] = 0
    raw = head.net(h).view(5, 2, 2, 4)
    expected = [
        -DiagonalGaussian.from_raw(raw[t, b, i], SIGMA_FLOOR).log_prob(future[t + k, b])
        for t in range(5)
        for b in range(2)
        for i, k in enumerate((1, 3))
        if mask[t + k, b]
    ]
    torch.testing.assert_close(head(h, future, mask), torch.stack(expected).mean())


def test_streams_that_begin_forget(workshop: Workshop) -> None:
    model, objective = made(workshop)
    windows = stream(workshop, objective)
    batch = windows.next()
    _, dirty = losses(workshop, model, objective, batch, objective.begin(model, 3, "cpu"), input_noise=0.1)
    assert batch.fresh.all()
    clean, _ = losses(workshop, model, objective, batch, objective.begin(model, 3, "cpu"))
    again, _ = losses(workshop, model, objective, batch, dirty)
    assert clean.loss == again.loss


def test_gradients_do_not_reach_back_into_the_window_before(workshop: Workshop) -> None:
    model, objective = made(workshop)
    windows = stream(workshop, objective)
    first, carried = losses(workshop, model, objective, windows.next(), objective.begin(model, 3, "cpu"))
    first.loss.backward()
    assert not any(tensor.requires_grad for tensor in carried.tensors().values())
    second, _ = losses(workshop, model, objective, windows.next(), carried)
    second.loss.backward()


def test_traces_without_end_are_not_distorted(workshop: Workshop) -> None:
    model, _ = made(workshop)
    results = []
    for distort in (True, False):
        torch.manual_seed(0)
        objective = Objective(model, workshop.recipe.objective, distort=distort)
        batch, begin = stream(workshop, objective).next(), objective.begin(model, 3, "cpu")
        _, carried = losses(workshop, model, objective, batch, begin)
        step = workshop.representation.layout.step
        assert step is not None
        results.append((carried.state.position, step * torch.from_numpy(batch.frames[..., :2]).sum(0)))
    (distorted, clean), (left_alone, _) = results
    torch.testing.assert_close(left_alone, clean)
    assert not torch.allclose(distorted, clean, atol=1e-3)


def test_the_second_look_ahead_teaches_z_as_long_as_it_weighs_something() -> None:
    workshop = Workshop(latent_look_ahead=0.5, look_ahead=0.3, free_nats=0.0)
    model, objective = made(workshop)
    assert objective.latent_look_ahead is not None
    batch, begin = stream(workshop, objective).next(), objective.begin(model, 3, "cpu")
    without, _ = losses(workshop, model, objective, batch, begin)
    with_it, _ = losses(workshop, model, objective, batch, begin, latent_look_ahead=0.5)
    assert with_it.loss != without.loss
    encoder = model.encoder.layers[-1].weight
    (difference,) = torch.autograd.grad(with_it.loss - without.loss, [encoder])
    assert difference.abs().max() > 1e-4


def test_without_z_there_is_no_second_look_ahead_and_nothing_free() -> None:
    workshop = Workshop(latent=0, latent_look_ahead=0.5, look_ahead=0.3, free_nats=5.0)
    model, objective = made(workshop)
    assert objective.latent_look_ahead is None
    batch, begin = stream(workshop, objective).next(), objective.begin(model, 3, "cpu")
    found, _ = losses(workshop, model, objective, batch, begin)
    torch.testing.assert_close(found.loss, found.reconstruction + 0.3 * found.look_ahead)
    assert found.kl == 0


@pytest.mark.parametrize("posterior", ["smoothing", "window"])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_a_posterior_with_foresight_sees_past_the_end_of_the_window(posterior: str, noise: float) -> None:
    """What follows upon the window makes a difference to it, as far as the recipe says and no farther."""
    workshop = Workshop(posterior=posterior, future_frames=3, look_ahead=0.0, random_stretch=0.0, random_rotation=0.0)
    model, objective = made(workshop)
    assert objective.ahead == 3
    windows = WindowStream(workshop.sequences[2:3], 1, 8, seed=0, ahead=6)
    batch, begin = windows.next(), objective.begin(model, 1, "cpu")
    kls = []
    for changed in (None, 2, 3):
        if changed is not None:
            batch.ahead[changed, :, 0] += 1
        found, carried = losses(workshop, model, objective, batch, begin, input_noise=noise)
        kls.append(found.kl.item())
        if noise == 0:
            step = workshop.representation.layout.step
            torch.testing.assert_close(carried.state.position, step * torch.from_numpy(batch.frames[..., :2]).sum(0))
    assert kls[0] != kls[1]
    assert kls[1] == kls[2]
