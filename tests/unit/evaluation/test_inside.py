"""What goes on inside a model: by hand, against the bound, and the same each time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from studio.evaluation import bounds
from studio.evaluation.bounds import elbo
from studio.evaluation.inside import Inside, look_inside
from studio.models.building import build_model
from studio.models.settings import (
    AnyModelSettings,
    LatentODESettings,
    NeuralODESettings,
    ODERNNSettings,
    PredictorSettings,
    VAESettings,
    VRNNSettings,
)
from studio.models.vrnn import VRNN
from studio.sequences.sequence import Clock, FrameLayout, Sequence


def model(**settings: object) -> VRNN:
    found = build_model(VRNNSettings(hidden=10, latent=3, **settings), FrameLayout(2, 1, 0.2), seed=1)  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.mul_(2)
    return found


def item(length: int) -> Sequence:
    frames = np.random.default_rng(length).standard_normal((length, 3)).astype(np.float32)
    frames[:, 2] = frames[:, 2] > 0
    return Sequence(frames)


def assert_equal(one: Inside, other: Inside) -> None:
    for name in vars(one):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_frame_by_frame_it_makes_up_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "CHUNK", 16)  # so that the state is carried on
    sequence = item(37)
    found = look_inside(model(), sequence, nats_per_frame_offset=0.7)
    bound = elbo(model(), [sequence], nats_per_frame_offset=0.7)
    assert len(found) == 37
    assert found.kl.sum() / 37 == pytest.approx(bound.kl, rel=1e-6)
    assert found.nll.sum() / 37 == pytest.approx(bound.reconstruction, rel=1e-6)
    assert found.elbo == pytest.approx(bound.per_sequence.mean, rel=1e-6)
    assert found.kl.min() >= 0
    assert found.latent == 3


def test_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop of the paper, one frame at a time, with the noise of the first frames."""
    vrnn, sequence = model(), item(5)
    noise = torch.randn(5, 1, 3, generator=torch.Generator().manual_seed(0))
    state, kls, means = vrnn.initial_state(1), [], []
    with torch.inference_mode():
        for t in range(5):
            x = torch.from_numpy(sequence.frames[t : t + 1, None])  # [1, 1, D]
            prior = vrnn.prior(state.h)
            terms, state = vrnn.score(x, torch.ones(1, 1), state, noise[t : t + 1])
            mean, sigma = terms.posterior.mean[0], terms.posterior.sigma[0]
            ratio = (sigma / prior.sigma) ** 2
            distance = ((mean - prior.mean) / prior.sigma) ** 2
            kls.append(float(0.5 * (ratio + distance - 1 - ratio.log()).sum()))
            means.append(mean[0].numpy())
    found = look_inside(vrnn, sequence)
    assert found.kl == pytest.approx(kls, rel=1e-4)
    assert found.posterior_mean == pytest.approx(np.array(means), abs=1e-5)
    changes = [0.0, *(float(np.sqrt(((b - a) ** 2).sum())) for a, b in pairwise(means))]
    assert found.mean_change == pytest.approx(changes, abs=1e-5)


def test_the_same_item_gives_the_same_numbers() -> None:
    assert_equal(look_inside(model(), item(20)), look_inside(model(), item(20)))
    assert not np.array_equal(look_inside(model(), item(20), seed=1).kl, look_inside(model(), item(20)).kl)


def test_a_reconstruction_leads_from_where_the_pen_was() -> None:
    sequence = item(12)
    vrnn = model()
    found = look_inside(vrnn, sequence)
    assert found.frames is not None
    assert found.frames.shape == (12, 3)
    noise = torch.randn(12, 1, 3, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        x = torch.from_numpy(sequence.frames[:, None])
        terms, _ = vrnn.score(x, torch.ones(12, 1), vrnn.initial_state(1), noise)
        best = terms.output.continuous.log_weights.argmax(-1)  # [T, 1]
        means = terms.output.continuous.mean[torch.arange(12), 0, best[:, 0]].numpy()  # [T, 2]
    truth = np.cumsum(sequence.frames[:, :2], 0)
    places = np.vstack([np.zeros(2), truth[:-1]]) + means
    assert np.cumsum(found.frames[:, :2], 0) == pytest.approx(places, abs=1e-4)
    assert set(np.unique(found.frames[:, 2])) <= {0, 1}


@pytest.mark.parametrize(
    "settings",
    [
        VRNNSettings(latent=0),
        VRNNSettings(standard_prior=True),
        VRNNSettings(posterior="smoothing", future=8),
        PredictorSettings(),
        VAESettings(length=16),
        LatentODESettings(),
        ODERNNSettings(),
        NeuralODESettings(),
    ],
    ids=lambda settings: type(settings).__name__,
)
def test_of_every_family(settings: AnyModelSettings) -> None:
    clock = Clock(1.0) if "ODE" in type(settings).__name__ else None
    found_model = build_model(settings, FrameLayout(2, clock=clock), seed=1)
    frames = np.random.default_rng(0).standard_normal((40, 2)).astype(np.float32)
    sequence = Sequence(frames, None if clock is None else np.arange(40.0))
    found = look_inside(found_model, sequence)
    assert found.elbo == pytest.approx(elbo(found_model, [sequence]).per_sequence.mean, rel=1e-6)
    for values in (found.kl, found.nll, found.mean_change):
        assert values.shape == (40,)
    assert found.posterior_mean.shape == found.prior_mean.shape == (40, found.latent)
    if not found.latent:
        assert not found.kl.any()
