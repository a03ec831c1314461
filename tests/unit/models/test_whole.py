"""A latent variable of the whole piece: its prior, its place in the model and in the bound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from studio.evaluation.bounds import elbo, iwae
from studio.generation.stepper import Stepper, compiled
from studio.models.building import build_model, new_model
from studio.models.settings import LikelihoodSettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.models.whole import Group, WholePrior, places
from studio.sequences.labels import Vocabulary
from studio.sequences.sequence import FrameLayout, Sequence

PEN = FrameLayout(continuous=2, binary=2, step=0.2, starts_at_origin=True)
LINE = LikelihoodSettings(kind="line", stray=0.02)
T, B, G = 12, 3, 5


def model(layout: FrameLayout = PEN, likelihood: LikelihoodSettings = LINE, **settings: object) -> VRNN:
    chosen = VRNNSettings(hidden=14, whole=G, likelihood=likelihood, **settings)  # type: ignore[arg-type]
    return build_model(chosen, layout, 3, Vocabulary.of(["star", "heart, big"]))


def pieces(layout: FrameLayout = PEN) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(T, B, layout.width, generator=generator)
    x[..., layout.continuous :] = (x[..., layout.continuous :] > 0).float()
    x[0, :, :2] = 0
    mask = torch.ones(T, B)
    mask[9:, 1] = 0
    return x, mask


def prior(groups: int = 3) -> WholePrior:
    generator = torch.Generator().manual_seed(2)
    made = WholePrior(G, tags=3)
    made.fit(
        [
            Group(
                float(k + 1),
                torch.randn(G, generator=generator),
                torch.tril(torch.rand(G, G, generator=generator)) + torch.eye(G),
                torch.eye(3)[k],
            )
            for k in range(groups)
        ]
    )
    return made


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def test_the_density_of_the_prior_is_that_of_a_mixture_of_gaussians() -> None:
    made, g = prior(), torch.randn(7, G, generator=torch.Generator().manual_seed(3))
    reference = MixtureSameFamily(Categorical(made.shares), MultivariateNormal(made.means, scale_tril=made.roots))
    torch.testing.assert_close(made.log_prob(g), reference.log_prob(g))


def test_groups_are_chosen_by_their_shares_and_by_what_is_asked_for() -> None:
    made, uniform = prior(), torch.arange(600) / 600
    assert np.bincount(made.choose(uniform).numpy()).tolist() == [100, 200, 300]
    assert (made.choose(uniform, torch.eye(3)[1].expand(600, -1)) == 1).all()
    nothing_fits = made.choose(uniform, torch.ones(600, 3))  # all are as far from it
    assert set(nothing_fits.tolist()) == {0, 1, 2}


def test_without_latent_variance_a_group_is_its_mean_and_nothing_is_drawn_from_far_outside() -> None:
    made, group = prior(), torch.tensor([0, 1, 2])
    noise = torch.randn(3, G, generator=torch.Generator().manual_seed(4))
    torch.testing.assert_close(made.draw(group, noise, 0.0), made.means)
    far = made.draw(group, 100 * noise)
    standardised = torch.linalg.solve_triangular(made.roots, (far - made.means)[..., None], upper=False)
    torch.testing.assert_close(standardised[..., 0].norm(dim=-1), torch.full((3,), made.farthest))


def test_twice_the_variance_is_far_more_than_once() -> None:
    """In many dimensions nearly all draws are far from the mean: a limit must not take what the slider gives."""
    prior = WholePrior(16)
    noise = torch.randn(2000, 16, generator=torch.Generator().manual_seed(0))
    group = torch.zeros(2000, dtype=torch.long)
    once, twice = (prior.draw(group, noise, scale).norm(dim=-1) for scale in (1.0, 2.0))
    assert once.mean() > 0.99 * noise.norm(dim=-1).mean()
    assert twice.mean() > 1.4 * once.mean()


def test_weights_bring_their_groups_along() -> None:
    made = model()
    made.whole_prior.copy(prior())
    other = new_model(made.settings, PEN, made.vocabulary)
    other.load_state_dict(made.state_dict())
    assert torch.equal(other.whole_prior.means, made.whole_prior.means)


@pytest.mark.parametrize("label_embedding", [0, 4])
@pytest.mark.parametrize("posterior", ["filtering", "smoothing"])
def test_scoring_is_step_after_step_of_the_model(label_embedding: int, posterior: str) -> None:
    made = model(label_embedding=label_embedding, posterior=posterior)
    x, mask = pieces()
    noise = torch.randn(T, B, made.posterior_noise_width, generator=torch.Generator().manual_seed(5))
    begun = made.labelled_state(["star", "", "heart, big"])
    terms, _ = made.score(x, mask, begun, noise)
    assert terms.whole is not None
    torch.testing.assert_close(terms.whole.g, made.infer_whole(x, mask).sample(noise[0, :, made.latent :]))
    state = made.with_whole(begun, terms.whole.g)
    later = [None] * T
    if made.future is not None:
        phi_x, _ = made.features(x, state)
        later = list(made.future(x, phi_x, mask, T))
    for t in range(T):
        q, draw, state = made.infer_step(x[t], state, noise[t, :, : made.latent], later[t])
        torch.testing.assert_close(terms.posterior.mean[t], q.mean, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(terms.prior.sigma[t], draw.prior.sigma, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(terms.output.binary.logits[t], draw.output.binary.logits, rtol=1e-4, atol=1e-5)
        kl = (q.kl(draw.prior) * mask[t]) + (terms.whole.kl if t == 0 else 0)
        torch.testing.assert_close(terms.kl[t], kl, rtol=1e-4, atol=1e-4)


def test_the_first_point_is_known_and_costs_nothing() -> None:
    made = model()
    x, mask = pieces()
    noise = torch.zeros(T, B, made.posterior_noise_width)
    g = made.infer_whole(x, mask).mean

    def first_nll(change: float) -> torch.Tensor:
        moved = x.clone()
        moved[0, :, :2] += change
        return made.score(x, mask, made.with_whole(made.initial_state(B), g), noise, target=moved)[0].nll[0]

    torch.testing.assert_close(first_nll(0.0), first_nll(3.0))
    frames, _ = made.generate(made.with_whole(made.initial_state(B), g), torch.randn(6, B, made.noise_width))
    assert not frames[0, :, :2].any()
    assert frames[1:, :, :2].all()


def test_compiled_frames_are_those_of_the_model() -> None:
    if not compiled.settled():
        pytest.skip("nothing can be compiled here")
    made = model()
    made.likelihood.continuous.factors.copy_(torch.tensor([0.4, 1.7]))
    noise = torch.randn(20, B, made.noise_width, generator=torch.Generator().manual_seed(6))
    state = made.with_whole(made.initial_state(B), torch.randn(B, G, generator=torch.Generator().manual_seed(7)))
    expected, last = made.generate(state, noise, 0.7, 0.5)
    frames, reached = Stepper(made).generate(state, noise, 0.7, 0.5)
    torch.testing.assert_close(frames, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(reached.h, last.h, atol=1e-4, rtol=1e-4)


def items() -> list[Sequence]:
    x, mask = pieces()
    return [Sequence(x[: int(mask[:, b].sum()), b].numpy(), None, "star") for b in range(B)]


def test_more_particles_tighten_the_bound_over_g_too() -> None:
    made = model().eval()
    made.whole_prior.copy(prior())
    few = np.mean([elbo(made, items(), seed=seed).per_sequence.mean for seed in range(20)])
    some = np.mean([iwae(made, items(), 4, seed=seed).per_sequence.mean for seed in range(20)])
    many = np.mean([iwae(made, items(), 64, seed=seed).per_sequence.mean for seed in range(5)])
    assert few < some < many


def test_the_kl_of_g_is_counted_once_for_each_sequence() -> None:
    made = model()
    x, mask = pieces()
    terms, _ = made.score(x, mask, made.initial_state(B), torch.zeros(T, B, made.posterior_noise_width))
    alone = made.infer_whole(x, mask)
    assert terms.whole is not None
    expected = 0.5 * (alone.sigma.square() + alone.mean.square() - 1 - 2 * alone.sigma.log()).sum(-1)
    torch.testing.assert_close(terms.whole.kl, expected)
    z = (terms.posterior.kl(terms.prior) * mask).sum()
    torch.testing.assert_close(terms.kl.sum(), z + expected.sum(), rtol=1e-4, atol=1e-3)


def test_a_glance_at_a_drawing_does_not_depend_on_what_stands_beside_it() -> None:
    x, mask = pieces()
    alone = places(x[:9, 1:2], mask[:9, 1:2], 0.2)
    torch.testing.assert_close(places(x, mask, 0.2)[1:2], alone)
    end = torch.cat([x[:9, 1, :2].sum(0) * 0.2, x[8, 1, 2:3]])
    torch.testing.assert_close(alone[0, -1], end)


@pytest.mark.parametrize(
    ("layout", "kind"),
    [
        (FrameLayout(continuous=6, binary=1), "gaussian"),
        (FrameLayout(continuous=0, binary=1, categories=9), "categorical"),
        (FrameLayout(continuous=0, binary=1, independent=7), "bernoulli"),
    ],
    ids=["speech", "text", "roll"],
)
def test_pieces_of_every_kind_may_have_one(layout: FrameLayout, kind: str) -> None:
    made = model(layout, LikelihoodSettings(kind=kind))  # type: ignore[arg-type]
    x = torch.rand(T, B, layout.width).round() if not layout.continuous else torch.randn(T, B, layout.width)
    mask = torch.ones(T, B)
    mask[7:, 2] = 0
    noise = torch.randn(T, B, made.posterior_noise_width)
    terms, state = made.score(x, mask, made.initial_state(B), noise)
    assert bool(torch.isfinite(terms.nll).all())
    assert state.whole is not None
    alone = made.infer_whole(x[:7, 2:], mask[:7, 2:]).mean
    torch.testing.assert_close(made.infer_whole(x, mask).mean[2:], alone, rtol=1e-4, atol=1e-5)
