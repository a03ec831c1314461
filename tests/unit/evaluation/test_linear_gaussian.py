"""Bounds on a linear-Gaussian state-space model, whose exact likelihood the Kalman filter knows.

    z_t = a z_{t-1} + q e_t,   x_t = c z_t + r d_t,   z_0 = 0;   e, d standard normal

Its latent variable goes on from frame to frame, so that nothing less than walking through whole sequences, with the
state carried on and the weights multiplied over all frames, gives the right number.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from studio.evaluation import bounds
from studio.evaluation.bounds import elbo, iwae
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import Bernoullis, FrameDistribution
from studio.models.sequence_model import SequenceModel, State, Terms
from studio.models.settings import VRNNSettings
from studio.sequences.sequence import FrameLayout, Sequence

A, Q, C, R = 0.9, 0.7, 1.3, 0.5


class StateSpace(SequenceModel):
    """The model, with one of three posteriors.

    "filtering" is p(z_t | z_{t-1}, x_t), the best that knows no later frame; "wide" has a sigma 1.5 times as large;
    "smoothing" is p(z_t | z_{t-1}, x_t, x_{t+1}, ...), exact.
    """

    def __init__(self, posterior: str) -> None:
        super().__init__(VRNNSettings(), FrameLayout(continuous=1))
        self.posterior, self.needs_whole_sequence = posterior, posterior == "smoothing"
        self.device_of = nn.Parameter(torch.zeros(1))

    latent = memory_width = 1
    noise_width = 2

    def initial_state(self, batch: int, device: object = None, labels: Tensor | None = None) -> State:
        return State(torch.zeros(batch, 1, dtype=torch.float64), None, None)

    def score(
        self,
        x: Tensor,
        mask: Tensor,
        state: State,
        noise: Tensor,
        target: Tensor | None = None,
        times: Tensor | None = None,
    ) -> tuple[Terms, State]:
        precision, shift = self._what_x_says(x.double(), mask.double())  # [T, B, 1]
        h, rows = state.h, []
        for t in range(len(x)):
            prior = DiagonalGaussian(A * h, torch.full_like(h, Q))
            total = 1 / Q**2 + precision[t]
            sigma = total**-0.5 * (1.5 if self.posterior == "wide" else 1.0)
            posterior = DiagonalGaussian((A * h / Q**2 + shift[t]) / total, sigma)
            z = posterior.sample(noise[t].double())
            rows.append((h, *prior, *posterior, z))
            h = torch.where(mask[t, :, None] > 0, z, h)
        h_before, *parts, z = (torch.stack(values) for values in zip(*rows, strict=True))
        prior, posterior = DiagonalGaussian(*parts[:2]), DiagonalGaussian(*parts[2:])
        output = DiagonalGaussian(C * z, torch.full_like(z, R))
        nothing = Bernoullis(z[..., :0], z[..., :0])
        nll = -output.log_prob(x.double()) * mask
        terms = Terms(
            nll, posterior.kl(prior) * mask, h_before, prior, posterior, z, FrameDistribution(output, nothing), mask
        )
        return terms, State(h, None, None)

    def _what_x_says(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Of z_t, as precision and precision times mean: x_t alone, or all of x from t on."""
        mask = mask[..., None]
        precision, shift = mask * C**2 / R**2 + 0 * x, mask * C * x / R**2
        if self.posterior == "smoothing":
            for t in reversed(range(len(x) - 1)):
                kept = 1 + Q**2 * precision[t + 1]
                precision[t] += A**2 * precision[t + 1] / kept
                shift[t] += A * shift[t + 1] / kept
        return precision, shift

    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        raise NotImplementedError


def kalman(x: np.ndarray) -> float:
    """log p(x), exactly."""
    mean, variance, total = 0.0, 0.0, 0.0
    for value in x:
        mean, variance = A * mean, A**2 * variance + Q**2
        spread = C**2 * variance + R**2
        total -= 0.5 * (math.log(2 * math.pi * spread) + (value - C * mean) ** 2 / spread)
        gain = variance * C / spread
        mean, variance = mean + gain * (value - C * mean), (1 - gain * C) * variance
    return total


def drawn(*lengths: int) -> list[Sequence]:
    random = np.random.default_rng(0)
    found = []
    for length in lengths:
        z, x = 0.0, []
        for _ in range(length):
            z = A * z + Q * random.standard_normal()
            x.append(C * z + R * random.standard_normal())
        found.append(Sequence(np.array(x, np.float32)[:, None]))
    return found


def truth(sequences: list[Sequence]) -> np.ndarray:
    return np.array([kalman(sequence.frames[:, 0].astype(float)) for sequence in sequences])


def test_the_filter_is_the_likelihood() -> None:
    (sequence,) = drawn(12)
    times = np.arange(12)
    z = np.array([[sum(A ** (abs(s - t) + 2 * k) for k in range(min(s, t) + 1)) for t in times] for s in times]) * Q**2
    covariance = torch.from_numpy(C**2 * z + R**2 * np.eye(12))
    joint = torch.distributions.MultivariateNormal(torch.zeros(12, dtype=torch.float64), covariance)
    assert kalman(sequence.frames[:, 0]) == pytest.approx(
        joint.log_prob(torch.from_numpy(sequence.frames[:, 0])).item()
    )


@pytest.mark.parametrize("particles", [1, 4])
def test_with_the_exact_posterior_every_weight_is_the_likelihood(
    particles: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CHUNK", 7)  # a model that has to see the whole is not shown pieces
    sequences = drawn(30, 11, 25)
    exact = truth(sequences)
    bound = iwae(StateSpace("smoothing"), sequences, particles)
    assert bound.per_sequence.mean == pytest.approx(exact.mean(), abs=1e-4)
    assert bound.per_frame.mean == pytest.approx(exact.sum() / 66, abs=1e-5)
    assert bound.per_sequence.standard_error == pytest.approx(exact.std(ddof=1) / math.sqrt(3), rel=1e-4)
    assert bound.bits_per_frame == pytest.approx(exact.sum() / 66 / math.log(2), abs=1e-5)


def test_the_elbo_of_the_exact_posterior_is_the_likelihood_on_average() -> None:
    sequences = drawn(*[40] * 30)
    found = [elbo(StateSpace("smoothing"), sequences, seed=seed).per_sequence.mean for seed in range(12)]
    assert np.mean(found) == pytest.approx(truth(sequences).mean(), abs=4 * np.std(found) / math.sqrt(12) + 1e-3)


@pytest.mark.parametrize("posterior", ["filtering", "wide"])
def test_other_posteriors_come_nearer_from_below_as_particles_grow(
    posterior: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CHUNK", 7)  # the state is carried on from piece to piece
    sequences = drawn(*[20] * 24)
    exact, model = truth(sequences).mean(), StateSpace(posterior)
    found = [np.mean([elbo(model, sequences, seed=seed).per_sequence.mean for seed in range(6)])]
    found += [iwae(model, sequences, k, seed=1).per_sequence.mean for k in (4, 32, 512)]
    assert found == sorted(found)
    assert found[0] < exact - 0.3
    assert max(found) < exact + 0.02
    gaps = exact - np.array(found)
    assert gaps[-1] < 0.15 * gaps[0]
    filtering = exact - elbo(StateSpace("filtering"), sequences).per_sequence.mean
    assert (filtering < gaps[0] - 1) == (posterior == "wide")
