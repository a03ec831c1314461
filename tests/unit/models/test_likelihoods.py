"""Output distributions: densities against torch.distributions, samples against densities."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Categorical, Independent, MixtureSameFamily, MultivariateNormal, Normal

from studio.errors import StudioError
from studio.models.building import build_model
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import STRAY_SIGMA, Bernoullis, FrameDistribution, FrameLikelihood, LineGaussian, Mixture
from studio.models.settings import LikelihoodSettings, VAESettings
from studio.sequences.sequence import FrameLayout

FEATURES = 9


def likelihood(kind: str, binary: int = 2, **settings: object) -> FrameLikelihood:
    torch.manual_seed(0)
    made = FrameLikelihood(
        FEATURES,
        FrameLayout(continuous=2, binary=binary, step=0.2),
        LikelihoodSettings(kind=kind, components=3, **settings),  # type: ignore[arg-type]
    )
    torch.nn.init.normal_(made.linear.weight, std=0.5)
    return made


def continuous_reference(continuous: DiagonalGaussian | Mixture) -> torch.distributions.Distribution:
    if isinstance(continuous, DiagonalGaussian):
        return Independent(Normal(continuous.mean, continuous.sigma), 1)
    weights = Categorical(logits=continuous.log_weights)
    if continuous.correlation is None:
        return MixtureSameFamily(weights, Independent(Normal(continuous.mean, continuous.sigma), 1))
    covariance = torch.diag_embed(continuous.sigma.square())
    covariance[..., 0, 1] = covariance[..., 1, 0] = continuous.correlation * continuous.sigma.prod(-1)
    return MixtureSameFamily(weights, MultivariateNormal(continuous.mean, covariance))


KINDS = [("gaussian", False), ("mixture", False), ("pen-mixture", False), ("pen-mixture", True)]


@pytest.mark.parametrize(("kind", "correlated"), KINDS)
@torch.no_grad()
def test_log_prob(kind: str, correlated: bool) -> None:
    model = likelihood(kind, correlated=correlated)
    parameters = model.parameters_from(torch.randn(6, 5, FEATURES))
    x = torch.cat([torch.randn(6, 5, 2), torch.randint(2, (6, 5, 2)).float()], -1)
    expected = continuous_reference(parameters.continuous).log_prob(x[..., :2])
    second = parameters.binary.logits[..., 1] + parameters.binary.effects[..., 0] * x[..., 2]
    log_odds = torch.stack([parameters.binary.logits[..., 0], second], -1)
    expected = expected + Bernoulli(logits=log_odds).log_prob(x[..., 2:]).sum(-1)
    assert expected.shape == (6, 5)
    torch.testing.assert_close(model.log_prob(parameters, x), expected, rtol=1e-5, atol=1e-4)


@torch.no_grad()
def test_a_line_has_its_axes_along_and_across_its_mean() -> None:
    model = likelihood("line", stray=0.1)
    parameters = model.parameters_from(torch.randn(400, FEATURES))
    line, x = parameters.continuous, torch.randn(400, 2)
    assert isinstance(line, LineGaussian)
    along = line.mean / line.mean.norm(dim=-1, keepdim=True)
    axes = torch.stack([along, torch.stack([-along[:, 1], along[:, 0]], -1)], -1)  # [N, 2, 2], columns
    near = MultivariateNormal(line.mean, axes @ torch.diag_embed(line.sigma.square()) @ axes.mT)
    wide = Independent(Normal(line.mean, STRAY_SIGMA * torch.ones(400, 2)), 1)
    expected = torch.logaddexp(near.log_prob(x) + math.log(0.9), wide.log_prob(x) + math.log(0.1))
    clear = line.mean.norm(dim=-1) > 0.3  # where the mean is short, so are the axes
    torch.testing.assert_close(line.log_prob(x)[clear], expected[clear], rtol=1e-2, atol=1e-2)
    noise = torch.randn(400, 2)
    off = line.sample(noise, 0.5) - line.mean
    torch.testing.assert_close(
        (axes.mT @ off[..., None])[clear, :, 0], (0.5 * line.sigma * noise)[clear], rtol=1e-2, atol=1e-2
    )


@torch.no_grad()
def test_the_pen_of_a_line_is_drawn_as_trained_whatever_the_variance_is() -> None:
    model = likelihood("line")
    parameters = model.parameters_from(torch.randn(300, FEATURES))
    noise = torch.randn(300, model.noise_width)
    pens = [model.sample(parameters, noise, variance)[:, 2:] for variance in (0.0, 0.3, 1.0)]
    assert torch.equal(pens[0], pens[2])
    assert torch.equal(pens[1], pens[2])


def test_without_binary_columns() -> None:
    model = likelihood("gaussian", binary=0)
    parameters = model.parameters_from(torch.randn(5, FEATURES))
    x = torch.randn(5, 2)
    torch.testing.assert_close(model.log_prob(parameters, x), continuous_reference(parameters.continuous).log_prob(x))
    assert model.sample(parameters, torch.randn(5, model.noise_width)).shape == (5, 2)


def many(parameters: FrameDistribution, count: int) -> FrameDistribution:
    """The same distribution ``count`` times over."""

    def repeat(value: Tensor | None) -> Tensor:
        assert value is not None
        return value.expand(count, *value.shape)

    continuous = type(parameters.continuous)(*(None if v is None else repeat(v) for v in parameters.continuous))
    binary = Bernoullis(*(repeat(value) for value in parameters.binary))
    return FrameDistribution(continuous, binary)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "correlated"), KINDS)
@torch.no_grad()
def test_samples_follow_the_density(kind: str, correlated: bool) -> None:
    model = likelihood(kind, correlated=correlated)
    parameters = model.parameters_from(torch.randn(FEATURES))
    noise = torch.randn(200_000, model.noise_width, generator=torch.Generator().manual_seed(0))
    samples = model.sample(many(parameters, len(noise)), noise)

    reference = continuous_reference(parameters.continuous)
    torch.testing.assert_close(samples[:, :2].mean(0), reference.mean, rtol=0.02, atol=0.02)
    torch.testing.assert_close(samples[:, :2].var(0), reference.variance, rtol=0.03, atol=0.02)
    first = torch.sigmoid(parameters.binary.logits[0])
    torch.testing.assert_close(samples[:, 2].mean(), first, rtol=0, atol=0.01)
    for value in (0, 1):
        expected = torch.sigmoid(parameters.binary.logits[1] + parameters.binary.effects[0] * value)
        torch.testing.assert_close(samples[samples[:, 2] == value, 3].mean(), expected, rtol=0, atol=0.015)
    # Moments alone would not notice a wrong correlation or mixed up components: the entropy does.
    drawn = reference.sample((200_000,))
    torch.testing.assert_close(
        reference.log_prob(samples[:, :2]).mean(), reference.log_prob(drawn).mean(), rtol=0.02, atol=0.02
    )


@pytest.mark.parametrize(("kind", "correlated"), KINDS)
@torch.no_grad()
def test_variance_zero_is_the_mean_of_the_likeliest(kind: str, correlated: bool) -> None:
    model = likelihood(kind, correlated=correlated)
    parameters = model.parameters_from(torch.randn(50, FEATURES))
    samples = model.sample(parameters, torch.randn(50, model.noise_width), variance=0)
    continuous = parameters.continuous
    if isinstance(continuous, Mixture):
        best = continuous.log_weights.argmax(-1)
        expected = continuous.mean[torch.arange(50), best]
    else:
        expected = continuous.mean
    torch.testing.assert_close(samples[:, :2], expected)
    first = (parameters.binary.logits[:, 0] > 0).float()
    second = (parameters.binary.logits[:, 1] + parameters.binary.effects[:, 0] * first > 0).float()
    torch.testing.assert_close(samples[:, 2:], torch.stack([first, second], 1))


@torch.no_grad()
def test_a_cap_keeps_sigma_between_floor_and_cap_and_where_it_starts() -> None:
    for kind in ("gaussian", "pen-mixture"):
        model = likelihood(kind, sigma_floor=0.1, sigma_cap=0.5, sigma_start=0.2)
        with torch.no_grad():
            for scale, low, high in ((0.0, 0.199, 0.201), (1e3, 0.0999, 0.5001)):
                model.linear.weight.normal_(0, scale)
                sigma = model.parameters_from(torch.randn(50, FEATURES)).continuous.sigma
                assert low <= sigma.min()
                assert sigma.max() <= high
        assert sigma.min() < 0.11
        assert sigma.max() > 0.49


def test_a_shared_sigma_is_learned_and_the_same_for_all_frames() -> None:
    model = likelihood("gaussian", shared_sigma=True, sigma_start=0.3)
    output = model.parameters_from(torch.randn(50, FEATURES))
    torch.testing.assert_close(output.continuous.sigma, torch.full((50, 2), 0.3))
    model.log_prob(output, torch.zeros(50, 4)).sum().backward()
    assert model.continuous.shared is not None
    assert model.continuous.shared.grad is not None
    assert model.continuous.shared.grad.abs().min() > 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sigma_cap": 0.01}, "sigma_cap has to be larger"),
        ({"shared_sigma": True}, "for a likelihood of kind gaussian"),
    ],
)
def test_limits_that_make_no_sense(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        likelihood("pen-mixture", **settings)


def test_variance_scales_sigma_and_tempers_weights() -> None:
    model = likelihood("pen-mixture", binary=1)
    parameters = FrameDistribution(
        Mixture(torch.tensor([0.8, 0.2]).log(), torch.tensor([[0.0, 0.0], [100.0, 0.0]]), torch.full((2, 2), 0.5)),
        Bernoullis(torch.tensor([1.0]), torch.zeros(0)),
    )
    noise = torch.randn(100_000, 4, generator=torch.Generator().manual_seed(0))
    samples = model.sample(many(parameters, len(noise)), noise, variance=0.5)
    first = samples[:, 0] < 50
    # 0.8 and 0.2 to the power 1 / 0.5, normalised; half of sigma, not half of its square; twice the log odds.
    assert first.float().mean().item() == pytest.approx(0.64 / 0.68, abs=0.005)
    assert samples[first, 1].std().item() == pytest.approx(0.25, rel=0.02)
    assert samples[:, 2].mean().item() == pytest.approx(torch.sigmoid(torch.tensor(2.0)).item(), abs=0.01)


@pytest.mark.parametrize(("kind", "correlated"), KINDS)
def test_sigma_starts_where_the_settings_say(kind: str, correlated: bool) -> None:
    torch.manual_seed(0)
    settings = LikelihoodSettings(
        kind=kind,
        components=4,
        correlated=correlated,
        sigma_start=0.7,
        sigma_floor=0.1,  # type: ignore[arg-type]
    )
    model = FrameLikelihood(FEATURES, FrameLayout(2, 1), settings)
    sigma = model.parameters_from(torch.zeros(FEATURES)).continuous.sigma
    torch.testing.assert_close(sigma, torch.full_like(sigma, 0.7))
    torch.nn.init.zeros_(model.linear.weight)
    torch.nn.init.constant_(model.linear.bias, -1e4)
    floor = model.parameters_from(torch.zeros(FEATURES)).continuous.sigma
    torch.testing.assert_close(floor, torch.full_like(floor, 0.1))


def test_gradients_are_finite_far_from_every_component() -> None:
    model = likelihood("pen-mixture", correlated=True)
    features = torch.randn(5, FEATURES, requires_grad=True)
    x = torch.tensor([1e4, -1e4, 1.0, 0.0]).expand(5, 4)
    (-model.log_prob(model.parameters_from(features), x)).sum().backward()
    assert features.grad is not None
    assert features.grad.isfinite().all()


def test_binary_columns_have_probabilities_that_sum_to_one() -> None:
    bernoullis = Bernoullis(torch.randn(3), torch.randn(3))
    every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3)
    together = Bernoullis(*(value.expand(8, 3) for value in bernoullis)).log_prob(every).exp().sum()
    assert together.item() == pytest.approx(1.0, rel=1e-5)


def test_some_chance_is_always_left_to_the_end_of_a_recording() -> None:
    model = FrameLikelihood(5, FrameLayout(continuous=3, binary=1), LikelihoodSettings(kind="gaussian"))
    with torch.no_grad():
        model.linear.weight[-1] = 0
        model.linear.bias[-1] = -0.5
    noise = torch.randn(4000, model.noise_width, generator=torch.Generator().manual_seed(0))
    parameters = model.parameters_from(torch.zeros(4000, 5))
    for variance, least in ((0.0, 0.3), (0.1, 0.3), (0.5, 0.5), (1.0, 1.0)):
        ended = model.sample(parameters, noise, variance)[:, -1]
        expected = torch.sigmoid(torch.tensor(-0.5 / least)).item()
        assert ended.mean().item() == pytest.approx(expected, abs=0.03)


# ------------------------------------------------------------ symbols


def symbols(categories: int = 5) -> FrameLikelihood:
    torch.manual_seed(0)
    made = FrameLikelihood(FEATURES, FrameLayout(0, categories=categories), LikelihoodSettings(kind="categorical"))
    torch.nn.init.normal_(made.linear.weight, std=0.5)
    return made


@torch.no_grad()
def test_the_probability_of_a_symbol() -> None:
    model = symbols()
    features = torch.randn(6, 4, FEATURES)
    x = torch.randint(5, (6, 4, 1)).float()
    expected = Categorical(logits=model.linear(features)).log_prob(x[..., 0])
    torch.testing.assert_close(model.log_prob(model.parameters_from(features), x), expected)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@torch.no_grad()
def test_symbols_are_as_frequent_as_they_are_probable(temperature: float) -> None:
    model, count = symbols(), 40_000
    features = torch.randn(1, FEATURES)
    probabilities = torch.softmax(model.linear(features)[0] / temperature, -1)
    noise = torch.randn(count, model.noise_width, generator=torch.Generator().manual_seed(2))
    parameters = model.parameters_from(features.expand(count, -1))
    drawn = model.sample(parameters, noise, temperature)[:, 0].long()
    shares = torch.bincount(drawn, minlength=5) / count
    error = (probabilities * (1 - probabilities) / count).sqrt()
    assert ((shares - probabilities).abs() < 4.5 * error).all()


@torch.no_grad()
def test_without_temperature_the_likeliest_symbol() -> None:
    model = symbols()
    features, noise = torch.randn(7, FEATURES), torch.randn(7, model.noise_width)
    drawn = model.sample(model.parameters_from(features), noise, 0.0)[:, 0].long()
    assert drawn.tolist() == model.linear(features).argmax(-1).tolist()


def test_symbols_and_their_likelihood_go_together() -> None:
    for kind, layout in (("mixture", FrameLayout(0, categories=5)), ("categorical", FrameLayout(2))):
        with pytest.raises(StudioError, match="does not go with this material"):
            FrameLikelihood(FEATURES, layout, LikelihoodSettings(kind=kind))  # type: ignore[arg-type]


# ------------------------------------------------------------ keys


def keys(columns: int = 5, ends: int = 0) -> FrameLikelihood:
    """Of piano rolls."""
    torch.manual_seed(0)
    layout = FrameLayout(continuous=0, independent=columns, binary=ends)
    return FrameLikelihood(FEATURES, layout, LikelihoodSettings(kind="bernoulli"))


@torch.no_grad()
def test_log_prob_of_keys() -> None:
    model = keys(ends=1)
    parameters = model.parameters_from(torch.randn(6, 4, FEATURES))
    x = torch.randint(2, (6, 4, 6)).float()
    log_odds = torch.cat([parameters.independent.logits, parameters.binary.logits], -1)
    expected = Independent(Bernoulli(logits=log_odds), 1).log_prob(x)
    torch.testing.assert_close(model.log_prob(parameters, x), expected)
    assert model.noise_width == 6


@pytest.mark.parametrize("variance", [0.5, 1.0, 2.0])
@torch.no_grad()
def test_keys_are_down_as_often_as_they_should(variance: float) -> None:
    """Within four standard deviations of a mean over 20,000 frames; and no key knows another."""
    count = 20_000
    model = keys()
    parameters = model.parameters_from(torch.randn(FEATURES).expand(count, FEATURES))
    noise = torch.randn(count, model.noise_width, generator=torch.Generator().manual_seed(1))
    x = model.sample(parameters, noise, variance)
    expected = torch.sigmoid(parameters.independent.logits[0] / variance)
    assert set(x.unique().tolist()) == {0.0, 1.0}
    deviation = (expected * (1 - expected) / count).sqrt()
    assert ((x.mean(0) - expected).abs() < 4 * deviation).all()
    together = torch.corrcoef(x.t()) - torch.eye(5)
    assert together.abs().max() < 4 / count**0.5


@torch.no_grad()
def test_without_chance_each_key_does_what_is_likelier_and_the_end_stays_open() -> None:
    model = keys(ends=1)
    parameters = model.parameters_from(3 * torch.randn(4000, FEATURES))
    noise = torch.randn(4000, model.noise_width, generator=torch.Generator().manual_seed(1))
    x = model.sample(parameters, noise, 0.0)
    torch.testing.assert_close(x[:, :5], (parameters.independent.logits > 0).float())
    likelier = (parameters.binary.logits > 0).float()
    assert not torch.equal(x[:, 5:], likelier)  # `FrameLayout.least_chance`
    torch.testing.assert_close(model.sample(parameters, noise, 0.7), model.sample(parameters, noise, 0.7))


def test_at_first_few_keys_are_down() -> None:
    logits = keys(columns=88).parameters_from(torch.zeros(FEATURES)).independent.logits
    assert 0.01 < torch.sigmoid(logits).mean().item() < 0.1


@pytest.mark.parametrize(
    ("kind", "layout"),
    [
        ("bernoulli", FrameLayout(continuous=2, binary=1, step=0.2)),
        ("gaussian", FrameLayout(continuous=0, independent=3)),
        ("pen-mixture", FrameLayout(continuous=0, independent=3, binary=1)),
    ],
)
def test_a_likelihood_for_other_material(kind: str, layout: FrameLayout) -> None:
    with pytest.raises(StudioError, match="bernoulli"):
        FrameLikelihood(FEATURES, layout, LikelihoodSettings(kind=kind))  # type: ignore[arg-type]


def test_a_vae_of_pieces_takes_no_symbols() -> None:
    settings = VAESettings(likelihood=LikelihoodSettings(kind="categorical"))
    with pytest.raises(StudioError, match="not by characters"):
        build_model(settings, FrameLayout(0, categories=5))


def test_a_symbol_never_seen_is_never_drawn() -> None:
    likelihood = FrameLikelihood(4, FrameLayout(0, categories=3, unseen=(0,)), LikelihoodSettings(kind="categorical"))
    with torch.no_grad():
        likelihood.linear.bias[0] = 50.0
    output = likelihood.parameters_from(torch.zeros(500, 4))
    noise = torch.linspace(-4, 4, 500)[:, None]
    for variance in (0.0, 0.5, 1.0, 4.0):
        assert likelihood.sample(output, noise, variance).min() >= 1
    assert likelihood.log_prob(output, torch.zeros(500, 1)).isfinite().all()
