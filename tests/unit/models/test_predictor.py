"""Deterministic predictors: against their equations, and their bound against squared errors."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from studio.models.building import build_model
from studio.models.predictor import Predictor
from studio.models.settings import LikelihoodSettings, PredictorSettings
from studio.sequences.sequence import FrameLayout

T, B = 9, 4
PEN = FrameLayout(continuous=2, binary=1, step=0.2)
PLAIN = FrameLayout(continuous=3)
KINDS = {
    "elman": PredictorSettings(network="elman", hidden=11),
    "mtrnn": PredictorSettings(network="mtrnn", hidden=7, slow=4, fast_tau=2.5, slow_tau=20.0),
}


@pytest.fixture(params=[(kind, layout) for kind in KINDS for layout in (PEN, PLAIN)], ids=str)
def model(request: pytest.FixtureRequest) -> Predictor:
    kind, layout = request.param
    made = build_model(KINDS[kind], layout, seed=3)
    assert isinstance(made, Predictor)
    with torch.no_grad():
        made.slow_bias.normal_(generator=torch.Generator().manual_seed(0))
        for parameter in made.parameters():
            parameter.mul_(2)
    return made


def frames(model: Predictor) -> Tensor:
    x = torch.randn(T, B, model.layout.width, generator=torch.Generator().manual_seed(5))
    x[..., model.layout.continuous :] = (x[..., model.layout.continuous :] > 0).float()
    return x


def test_each_unit_leaks_towards_what_drives_it(model: Predictor) -> None:
    """The equation, unit by unit; slow units do not see the input, and the prediction does not see slow units."""
    x = frames(model)
    terms, last = model.score(x, torch.ones(T, B), model.initial_state(B), torch.zeros(T, B, 0))
    u, position = torch.zeros(B, 11), torch.zeros(B, 2)
    for t in range(T):
        torch.testing.assert_close(terms.h[t], u)
        mean = model.likelihood.parameters_from(torch.tanh(u[:, : model.fast])).continuous.mean
        torch.testing.assert_close(terms.output.continuous.mean[t], mean)
        position = position + x[t, :, :2] * (model.layout.step or 0)
        seen = torch.cat([position, x[t]], 1) if model.layout.step else x[t]
        new = torch.empty_like(u)
        for i in range(11):
            driven = torch.tanh(u) @ model.context[i]
            if i < model.fast:
                driven = driven + seen @ model.input.weight[i] + model.input.bias[i]
            else:
                driven = driven + model.slow_bias[i - model.fast]
            tau = 1.0
            if model.settings.network == "mtrnn":
                tau = model.settings.fast_tau if i < model.fast else model.settings.slow_tau
            new[:, i] = (1 - 1 / tau) * u[:, i] + driven / tau
        u = new
    torch.testing.assert_close(last.h, u)


def test_an_elman_network_is_an_elman_network() -> None:
    made = build_model(KINDS["elman"], PLAIN, seed=3)
    assert isinstance(made, Predictor)
    plain = nn.RNN(3, 11)
    with torch.no_grad():
        plain.weight_ih_l0.copy_(made.input.weight)
        plain.bias_ih_l0.copy_(made.input.bias)
        plain.weight_hh_l0.copy_(made.context)
        plain.bias_hh_l0.zero_()
    x = frames(made)
    terms, last = made.score(x, torch.ones(T, B), made.initial_state(B), torch.zeros(T, B, 0))
    expected, _ = plain(x)
    torch.testing.assert_close(torch.tanh(torch.cat([terms.h[1:], last.h[None]])), expected)


def test_its_bound_is_the_squared_error_but_for_sigma() -> None:
    made = build_model(KINDS["mtrnn"], PLAIN, seed=3)
    x = frames(made)
    terms, _ = made.score(x, torch.ones(T, B), made.initial_state(B), torch.zeros(T, B, 0))
    sigma = terms.output.continuous.sigma
    assert (sigma == sigma[0, 0]).all()
    error = ((x - terms.output.continuous.mean) / sigma).square().sum(-1)
    constant = (sigma[0, 0].log() + 0.5 * math.log(2 * math.pi)).sum()
    torch.testing.assert_close(terms.nll, 0.5 * error + constant)
    assert torch.equal(terms.kl, torch.zeros(T, B))


@torch.no_grad()
def test_with_no_output_variance_it_repeats_one_trace(model: Predictor) -> None:
    noise = torch.randn(T, B, model.noise_width)
    one, _ = model.generate(model.initial_state(B), noise, 1.0, 0.0)
    other, _ = model.generate(model.initial_state(B), torch.randn_like(noise), 2.0, 0.0)
    assert torch.equal(one, other)
    torch.testing.assert_close(one[:, :1].expand_as(one), one)
    chance, _ = model.generate(model.initial_state(B), noise)
    assert not torch.equal(one, chance)


@torch.no_grad()
def test_a_sample_fed_back_through_score_was_predicted_the_same(model: Predictor) -> None:
    noise = torch.randn(T, B, model.noise_width)
    x, after = model.generate(model.initial_state(B), noise)
    terms, last = model.score(x, torch.ones(T, B), model.initial_state(B), torch.zeros(T, B, 0))
    again = model.likelihood.sample(terms.output, noise)
    torch.testing.assert_close(again, x, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(last.h, after.h, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_pieces(model: Predictor) -> None:
    x, mask = frames(model), torch.ones(T, B)
    whole, last = model.score(x, mask, model.initial_state(B), torch.zeros(T, B, 0))
    first, state = model.score(x[:4], mask[:4], model.initial_state(B), torch.zeros(4, B, 0))
    second, state = model.score(x[4:], mask[4:], state, torch.zeros(5, B, 0))
    torch.testing.assert_close(torch.cat([first.nll, second.nll]), whole.nll, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(state.h, last.h, rtol=1e-4, atol=1e-5)


def test_every_weight_is_trained(model: Predictor) -> None:
    terms, _ = model.score(frames(model), torch.ones(T, B), model.initial_state(B), torch.zeros(T, B, 0))
    terms.nll.sum().backward()
    for name, parameter in model.named_parameters():
        if parameter.numel():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name


def test_symbols_are_seen_one_unit_for_each() -> None:
    settings = PredictorSettings(network="elman", hidden=5, likelihood=LikelihoodSettings(kind="categorical"))
    made = build_model(settings, FrameLayout(continuous=0, categories=4), seed=3)
    assert isinstance(made, Predictor)
    drive, _ = made.drive(torch.tensor([[[2.0]], [[0.0]]]), None)
    torch.testing.assert_close(drive[:, 0], made.input.weight[:, [2, 0]].t() + made.input.bias)
    terms, _ = made.score(
        torch.tensor([[[2.0]], [[0.0]]]), torch.ones(2, 1), made.initial_state(1), torch.zeros(2, 1, 0)
    )
    assert terms.nll.shape == (2, 1)
    x, _ = made.generate(made.initial_state(3), torch.randn(6, 3, made.noise_width))
    assert set(x.flatten().tolist()) <= {0.0, 1.0, 2.0, 3.0}
