"""The VRNN against a plain transcription of the paper, and scoring against sampling."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from studio.models.building import build_model
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import FrameDistribution
from studio.models.sequence_model import State, Terms
from studio.models.settings import BlockSettings, LikelihoodSettings, VRNNSettings
from studio.models.vrnn import LATENT_SIGMA_FLOOR, VRNN, Draw
from studio.sequences.sequence import FrameLayout

T, B = 9, 4
PEN = FrameLayout(continuous=2, binary=2, step=0.2)
PLAIN = FrameLayout(continuous=3)

MODELS = {
    "gru": (VRNNSettings(hidden=11), PEN),
    "lstm": (VRNNSettings(hidden=11, recurrence="lstm", latent=3), PEN),
    "elman": (VRNNSettings(hidden=11, recurrence="elman"), PEN),
    "deep": (
        VRNNSettings(
            hidden=11,
            phi_x=BlockSettings(widths=(7, 6)),
            phi_z=BlockSettings(widths=(5, 4), activation="elu"),
            prior=BlockSettings(widths=(8, 7)),
            encoder=BlockSettings(widths=(9, 8, 7), activation="silu"),
            decoder=BlockSettings(widths=(6, 5)),
            likelihood=LikelihoodSettings(correlated=True),
        ),
        PEN,
    ),
    "shallow": (
        VRNNSettings(
            hidden=11,
            phi_x=BlockSettings(widths=()),
            phi_z=BlockSettings(widths=()),
            prior=BlockSettings(widths=()),
            encoder=BlockSettings(widths=()),
            decoder=BlockSettings(widths=()),
            likelihood=LikelihoodSettings(kind="gaussian"),
        ),
        PLAIN,
    ),
    "without z": (VRNNSettings(hidden=11, latent=0), PEN),
    "standard prior": (VRNNSettings(hidden=11, standard_prior=True), PEN),
    "capped": (
        VRNNSettings(hidden=11, likelihood=LikelihoodSettings(kind="gaussian", sigma_cap=0.3, shared_sigma=True)),
        PLAIN,
    ),
    "symbols": (
        VRNNSettings(hidden=11, embedding=6, likelihood=LikelihoodSettings(kind="categorical")),
        FrameLayout(continuous=0, categories=9),
    ),
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> VRNN:
    made = build_model(*MODELS[request.param], seed=3)
    with torch.no_grad():  # weights large enough for every part to matter
        for parameter in made.parameters():
            parameter.mul_(2)
    return made


def frames(model: VRNN, steps: int = T, batch: int = B) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(steps, batch, model.layout.width, generator=generator)
    x[..., model.layout.leading :] = (x[..., model.layout.leading :] > 0).float()
    if model.layout.categories:
        x[..., 0] = torch.randint(model.layout.categories, (steps, batch), generator=generator)
    return x


def latent_noise(model: VRNN, steps: int = T, batch: int = B) -> Tensor:
    return torch.randn(steps, batch, model.settings.latent, generator=torch.Generator().manual_seed(6))


def stacked(distributions: list[FrameDistribution]) -> list[Tensor]:
    """All parameters of frame distributions, one after another, with time in front."""
    columns = zip(*([*d.continuous, *d.binary] for d in distributions), strict=True)
    return [torch.stack(column) for column in columns if column[0] is not None]


def test_score_is_the_paper_step_by_step(model: VRNN) -> None:
    """Everything hoisted out of the loop gives what equations (5), (6), (7) and (9) give frame by frame."""
    x, noise, mask = frames(model), latent_noise(model), torch.ones(T, B)
    terms, last = model.score(x, mask, model.initial_state(B), noise)
    h, cell, position = torch.zeros(B, 11), torch.zeros(B, 11) if model.recurrence.has_cell else None, torch.zeros(B, 2)
    for t in range(T):
        position = position + x[t, :, :2] * (model.layout.step or 0)
        seen = torch.cat([position, x[t]], 1) if model.layout.step else x[t]
        if model.layout.categories:
            seen = model.symbols[x[t, :, 0].long()]
        phi_x = model.phi_x(seen)
        prior = DiagonalGaussian(torch.zeros(B, model.latent), torch.ones(B, model.latent))
        if model.prior_net is not None:
            prior = DiagonalGaussian.from_raw(model.prior_net(h), LATENT_SIGMA_FLOOR)
        posterior = DiagonalGaussian.from_raw(model.encoder(phi_x, h), LATENT_SIGMA_FLOOR)
        z = posterior.mean + posterior.sigma * noise[t]
        phi_z = model.phi_z(z)
        output = model.likelihood.parameters_from(model.decoder(phi_z, h))
        torch.testing.assert_close(terms.h[t], h)
        torch.testing.assert_close(terms.nll[t], -model.likelihood.log_prob(output, x[t]), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(terms.kl[t], posterior.kl(prior), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(
            terms.log_weight[t],
            model.likelihood.log_prob(output, x[t]) + prior.log_prob(z) - posterior.log_prob(z),
            rtol=1e-4,
            atol=1e-3,
        )
        h, cell = model.recurrence(phi_x, phi_z, h, cell)
    torch.testing.assert_close(last.h, h)


@torch.no_grad()
def test_a_sample_fed_back_through_score_has_the_same_distributions(model: VRNN) -> None:
    noise = torch.randn(T, B, model.noise_width, generator=torch.Generator().manual_seed(7))
    state, samples, draws = model.initial_state(B), [], []
    for t in range(T):
        x, draw, state = model.sample_step(state, noise[t])
        samples.append(x)
        draws.append(draw)
    x = torch.stack(samples)
    terms, last = model.score(x, torch.ones(T, B), model.initial_state(B), _noise_that_leads_to(model, x, draws))

    torch.testing.assert_close(terms.z, torch.stack([draw.z for draw in draws]), rtol=0, atol=1e-5)
    _assert_same_distributions(terms, draws)
    torch.testing.assert_close(last.h, state.h, rtol=0, atol=1e-5)
    # and what the noise says about the sample is what the sample says about the noise
    standard = (terms.z - terms.prior.mean) / terms.prior.sigma
    torch.testing.assert_close(standard, noise[..., : model.settings.latent], rtol=1e-3, atol=1e-3)


def _noise_that_leads_to(model: VRNN, x: Tensor, draws: list[Draw]) -> Tensor:
    """The posterior's noise with which scoring x draws the z that sampling drew."""
    state, found = model.initial_state(B), []
    for t, draw in enumerate(draws):
        terms, _ = model.score(x[t : t + 1], torch.ones(1, B), state, torch.zeros(1, B, model.settings.latent))
        found.append((draw.z - terms.posterior.mean[0]) / terms.posterior.sigma[0])
        _, state = model.score(x[t : t + 1], torch.ones(1, B), state, found[-1][None])
    return torch.stack(found)


def _assert_same_distributions(terms: Terms, draws: list[Draw]) -> None:
    for found, expected in (
        (terms.prior.mean, torch.stack([draw.prior.mean for draw in draws])),
        (terms.prior.sigma, torch.stack([draw.prior.sigma for draw in draws])),
        *zip(
            [p for p in (*terms.output.continuous, *terms.output.binary) if p is not None],
            stacked([draw.output for draw in draws]),
            strict=True,
        ),
    ):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_state_carried_from_window_to_window(model: VRNN) -> None:
    x, noise, mask = frames(model), latent_noise(model), torch.ones(T, B)
    whole, last = model.score(x, mask, model.initial_state(B), noise)
    first, state = model.score(x[:4], mask[:4], model.initial_state(B), noise[:4])
    second, state = model.score(x[4:], mask[4:], state, noise[4:])
    torch.testing.assert_close(torch.cat([first.nll, second.nll]), whole.nll, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(torch.cat([first.kl, second.kl]), whole.kl, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(state.h, last.h, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_masked_frames_count_nothing_and_change_nothing_before_them(model: VRNN) -> None:
    x, noise, mask = frames(model), latent_noise(model), torch.ones(T, B)
    whole, _ = model.score(x, mask, model.initial_state(B), noise)
    mask[5:, 1] = 0
    x[5:, 1] = 0
    terms, _ = model.score(x, mask, model.initial_state(B), noise)
    for found, full in ((terms.nll, whole.nll), (terms.kl, whole.kl), (terms.log_weight, whole.log_weight)):
        assert (found[5:, 1] == 0).all()
        torch.testing.assert_close(found[mask == 1], full[mask == 1])


@torch.no_grad()
def test_generate_in_pieces(model: VRNN) -> None:
    noise = torch.randn(T, B, model.noise_width)
    whole, _ = model.generate(model.initial_state(B), noise)
    first, state = model.generate(model.initial_state(B), noise[:3])
    second, _ = model.generate(state, noise[3:])
    torch.testing.assert_close(torch.cat([first, second]), whole)


@torch.no_grad()
def test_variance_zero_leaves_nothing_to_chance(model: VRNN) -> None:
    one, _ = model.generate(model.initial_state(B), torch.randn(T, B, model.noise_width), 0.0, 0.0)
    other, _ = model.generate(model.initial_state(B), torch.randn(T, B, model.noise_width), 0.0, 0.0)
    assert torch.equal(one, other)
    if not model.layout.categories:  # a little of z seldom makes another symbol the likeliest
        chance, _ = model.generate(model.initial_state(B), torch.randn(T, B, model.noise_width), 1.0, 0.0)
        assert torch.equal(one, chance) == (model.latent == 0)


@torch.no_grad()
def test_latent_variance_multiplies_the_standard_deviation(model: VRNN) -> None:
    if model.latent == 0:
        pytest.skip("there is no z")
    state = State(torch.randn(1, 11).expand(20_000, 11), torch.randn(1, 11).expand(20_000, 11), torch.zeros(20_000, 2))
    state = state if model.recurrence.has_cell else state._replace(cell=None)
    noise = torch.randn(20_000, model.noise_width, generator=torch.Generator().manual_seed(0))
    _, draw, _ = model.sample_step(state, noise, latent_variance=0.5)
    torch.testing.assert_close(draw.z.std(0), 0.5 * draw.prior.sigma[0], rtol=0.03, atol=0)
    torch.testing.assert_close(draw.z.mean(0), draw.prior.mean[0], rtol=0.05, atol=0.05)


def test_every_weight_is_trained(model: VRNN) -> None:
    terms, _ = model.score(frames(model), torch.ones(T, B), model.initial_state(B), latent_noise(model))
    (terms.nll.sum() + terms.kl.sum()).backward()
    for name, parameter in model.named_parameters():
        if parameter.numel() == 0:  # leads to a z that is not there
            continue
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name


@torch.no_grad()
def test_x_t_is_predicted_without_having_been_seen(model: VRNN) -> None:
    """The prior of z_t must not know x_t, and h_{t-1} goes with z_t: no off-by-one."""
    x, noise, mask = frames(model), latent_noise(model), torch.ones(T, B)
    before, _ = model.score(x, mask, model.initial_state(B), noise)
    x[4, :, 0] = (x[4, :, 0] + 1) % (model.layout.categories or torch.inf)
    after, _ = model.score(x, mask, model.initial_state(B), noise)
    torch.testing.assert_close(after.h[:5], before.h[:5])
    torch.testing.assert_close(after.prior.mean[:5], before.prior.mean[:5])
    assert not torch.equal(after.h[5], before.h[5])
    if model.latent:
        assert not torch.equal(after.posterior.mean[4], before.posterior.mean[4])  # the encoder reconstructs x_t itself
    if model.latent and model.prior_net is not None:
        assert not torch.equal(after.prior.mean[5], before.prior.mean[5])


@torch.no_grad()
def test_reset_only_what_is_fresh() -> None:
    ones, zeros = State(*torch.ones(4, 3, 2)), State(*torch.zeros(4, 3, 2))
    state = ones.begun_anew(torch.tensor([False, True, False]), zeros)
    for value in state[:3]:
        assert value is not None
        assert value[:, 0].tolist() == [1, 0, 1]
    assert state.condition is zeros.condition  # what the labels are now


@torch.no_grad()
def test_position_is_the_sum_of_offsets() -> None:
    model = build_model(*MODELS["gru"])
    x = frames(model)
    _, state = model.score(x, torch.ones(T, B), model.initial_state(B), latent_noise(model))
    assert state.position is not None
    torch.testing.assert_close(state.position, 0.2 * x[..., :2].sum(0))


def test_build_model_is_the_same_for_the_same_seed_and_leaves_chance_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    one, two, other = (build_model(*MODELS["gru"], seed=seed) for seed in (4, 4, 5))
    assert torch.equal(torch.rand(3), expected)
    for name, value in one.state_dict().items():
        assert torch.equal(value, two.state_dict()[name])
    assert any(not torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


@torch.no_grad()
def test_zero_kl_where_posterior_and_prior_agree() -> None:
    model = build_model(*MODELS["gru"])
    for network in (model.prior_net, model.encoder):
        torch.nn.init.zeros_(network.layers[-1].weight)  # type: ignore[arg-type]
        torch.nn.init.constant_(network.layers[-1].bias, math.log(math.e - 1))  # type: ignore[arg-type]
    terms, _ = model.score(frames(model), torch.ones(T, B), model.initial_state(B), latent_noise(model))
    torch.testing.assert_close(terms.kl, torch.zeros(T, B), rtol=0, atol=1e-6)


@torch.no_grad()
def test_without_z_the_bound_is_the_likelihood_itself(recwarn: pytest.WarningsRecorder) -> None:
    model = build_model(*MODELS["without z"])
    assert not recwarn.list
    assert model.latent == 0
    terms, _ = model.score(frames(model), torch.ones(T, B), model.initial_state(B), torch.zeros(T, B, 0))
    assert torch.equal(terms.kl, torch.zeros(T, B))
    torch.testing.assert_close(terms.log_weight, -terms.nll)
    noise = torch.randn(T, B, model.noise_width)
    one, other = (model.generate(model.initial_state(B), noise, latent)[0] for latent in (0.0, 2.0))
    assert torch.equal(one, other)


@torch.no_grad()
def test_a_standard_prior_is_the_same_at_every_step() -> None:
    model = build_model(*MODELS["standard prior"])
    terms, _ = model.score(frames(model), torch.ones(T, B), model.initial_state(B), latent_noise(model))
    assert torch.equal(terms.prior.mean, torch.zeros(T, B, 2))
    assert torch.equal(terms.prior.sigma, torch.ones(T, B, 2))
    normal = torch.distributions.Normal
    kl = torch.distributions.kl_divergence(normal(*terms.posterior), normal(*terms.prior)).sum(-1)
    torch.testing.assert_close(terms.kl, kl)
