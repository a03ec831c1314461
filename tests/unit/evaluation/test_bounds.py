"""Lower bounds: against a model whose likelihood is known, and against each other."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal

from studio.evaluation import bounds
from studio.evaluation.bounds import Bound, elbo, iwae
from studio.models.building import build_model
from studio.models.settings import BlockSettings, LikelihoodSettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.sequence import FrameLayout, Sequence

NO_LAYERS = BlockSettings(widths=())


def items(*lengths: int, width: int = 3) -> list[Sequence]:
    random = np.random.default_rng(0)
    return [Sequence(random.standard_normal((n, width)).astype(np.float32)) for n in lengths]


def pen_model() -> VRNN:
    model = build_model(VRNNSettings(hidden=10, latent=3), FrameLayout(2, 1, 0.2), seed=1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    return model


def pen_items(*lengths: int) -> list[Sequence]:
    found = items(*lengths)
    for item in found:
        item.frames[:, 2] = item.frames[:, 2] > 0
    return found


def inverse_softplus(value: torch.Tensor, floor: float) -> torch.Tensor:
    return torch.log(torch.expm1(value - floor))


class LinearGaussian:
    """x_t = A z_t + b + noise without memory: a VRNN whose likelihood and whose exact posterior are known."""

    def __init__(self, exact_posterior: bool) -> None:
        generator = torch.Generator().manual_seed(0)
        settings = VRNNSettings(
            recurrence="elman",
            hidden=4,
            latent=2,
            memory=0.0,
            phi_x=NO_LAYERS,
            phi_z=NO_LAYERS,
            prior=NO_LAYERS,
            encoder=NO_LAYERS,
            decoder=NO_LAYERS,
            likelihood=LikelihoodSettings(kind="gaussian", sigma_floor=0.01),
        )
        self.model = build_model(settings, FrameLayout(continuous=3))
        # Orthogonal columns keep the posterior diagonal, as the encoder's has to be.
        a = torch.linalg.qr(torch.randn(3, 2, generator=generator))[0] * torch.tensor([1.5, 0.7])
        b, sigma_x = torch.tensor([0.3, -0.2, 0.1]), 0.5
        mean_z, sigma_z = torch.tensor([0.4, -0.6]), torch.tensor([1.2, 0.8])
        precision = 1 / sigma_z**2 + a.square().sum(0) / sigma_x**2
        weight = a.T / sigma_x**2 / precision[:, None]
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.zero_()
            prior, encoder = self.model.prior_net.layers[0], self.model.encoder.layers[0]
            decoder = self.model.likelihood.linear
            prior.bias.copy_(torch.cat([mean_z, inverse_softplus(sigma_z, 1e-3)]))
            sigma_q = precision**-0.5
            encoder.weight[:2, :3] = weight
            encoder.bias[:2] = mean_z / sigma_z**2 / precision - weight @ b
            encoder.bias[2:] = inverse_softplus(sigma_q if exact_posterior else 1.7 * sigma_q, 1e-3)
            decoder.weight[:3, :2] = a
            decoder.bias[:3] = b
            decoder.bias[3:] = inverse_softplus(torch.tensor(sigma_x), 0.01)
        covariance = a @ torch.diag(sigma_z**2) @ a.T + sigma_x**2 * torch.eye(3)
        self.truth = MultivariateNormal(a @ mean_z + b, covariance)

    def log_likelihoods(self, sequences: list[Sequence]) -> torch.Tensor:
        return torch.stack([self.truth.log_prob(torch.from_numpy(s.frames)).sum() for s in sequences]).double()


def test_exact_posterior_gives_the_exact_likelihood() -> None:
    toy, sequences = LinearGaussian(exact_posterior=True), items(4, 7, 2)
    truth = toy.log_likelihoods(sequences)
    for particles in (1, 5):
        bound = iwae(toy.model, sequences, particles)  # every weight is p(x) itself, whatever z
        assert bound.per_sequence.mean == pytest.approx(truth.mean().item(), rel=1e-4)
        assert bound.per_frame.mean == pytest.approx(truth.sum().item() / 13, rel=1e-4)
        assert bound.per_sequence.standard_error == pytest.approx(truth.std().item() / math.sqrt(3), rel=1e-3)


def test_elbo_of_the_exact_posterior_is_right_on_average() -> None:
    toy, sequences = LinearGaussian(exact_posterior=True), items(200, 200)
    truth = toy.log_likelihoods(sequences).sum().item() / 400
    estimate = np.mean([elbo(toy.model, sequences, seed=seed).per_frame.mean for seed in range(20)])
    assert estimate == pytest.approx(truth, abs=0.03)


def test_more_particles_come_nearer_from_below() -> None:
    toy, sequences = LinearGaussian(exact_posterior=False), items(6, 6, 6, 6)
    truth = toy.log_likelihoods(sequences).mean().item()
    found = [
        np.mean([iwae(toy.model, sequences, k, seed=seed).per_sequence.mean for seed in range(8)])
        for k in (1, 4, 32, 256)
    ]
    assert found == sorted(found)
    assert found[0] < truth - 0.5
    assert found[-1] == pytest.approx(truth, abs=0.15)
    assert max(found) < truth + 0.02


def test_importance_weights_never_do_worse_than_the_elbo() -> None:
    model, sequences = pen_model(), pen_items(10, 12, 9, 14)
    lower = np.mean([elbo(model, sequences, seed=s).per_frame.mean for s in range(10)])
    one = np.mean([iwae(model, sequences, 1, seed=s).per_frame.mean for s in range(10)])
    many = np.mean([iwae(model, sequences, 64, seed=s).per_frame.mean for s in range(3)])
    assert one == pytest.approx(lower, abs=0.15)  # two estimates of the same number
    assert many > max(one, lower)


def test_the_parts_make_up_the_elbo() -> None:
    bound = elbo(pen_model(), pen_items(10, 12))
    assert bound.per_frame.mean == pytest.approx(-bound.reconstruction - bound.kl)
    assert (bound.items, bound.frames, bound.particles) == (2, 22, 1)


def test_material_units() -> None:
    model, sequences = pen_model(), pen_items(10, 12)
    for name, bound in (("elbo", elbo), ("iwae", lambda *a, **k: iwae(*a, 3, **k))):
        plain, moved = bound(model, sequences), bound(model, sequences, nats_per_frame_offset=1.5, units={"scale": 2.0})
        assert moved.name == name
        assert moved.per_frame.mean == pytest.approx(plain.per_frame.mean - 1.5)
        assert moved.per_sequence.mean == pytest.approx(plain.per_sequence.mean - 1.5 * 11)
        assert moved.kl == plain.kl
        assert moved.units == {"scale": 2.0}


def test_the_state_is_carried_from_chunk_to_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    model = pen_model()
    with torch.no_grad():
        for layer in (model.encoder.layers[-1],):  # z without chance, so that only the state can make a difference
            layer.bias[3:] = -1e3
    whole = elbo(model, pen_items(40, 33))
    monkeypatch.setattr(bounds, "CHUNK", 7)
    assert elbo(model, pen_items(40, 33)).per_frame.mean == pytest.approx(whole.per_frame.mean, abs=1e-3)


def test_items_of_all_lengths_are_each_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, sequences = pen_model(), pen_items(3, 30, 7, 21, 1)
    with torch.no_grad():
        model.encoder.layers[-1].bias[3:] = -1e3
    together = elbo(model, sequences)
    monkeypatch.setattr(bounds, "TOGETHER", 2)
    apart = elbo(model, sequences)
    single = [elbo(model, [sequence]).per_sequence.mean for sequence in sequences]
    assert together.per_sequence.mean == pytest.approx(np.mean(single), abs=0.2)
    assert apart.per_sequence.mean == pytest.approx(np.mean(single), abs=0.2)


def test_the_same_seed_gives_the_same_bound() -> None:
    model, sequences = pen_model(), pen_items(10, 12)
    assert elbo(model, sequences, seed=3) == elbo(model, sequences, seed=3)
    assert elbo(model, sequences, seed=3) != elbo(model, sequences, seed=4)


def test_standard_error_of_a_ratio() -> None:
    values, lengths = np.array([10.0, 22.0, 29.0]), np.array([1, 2, 3])
    found = bounds._ratio(values, lengths)
    assert found.mean == pytest.approx(61 / 6)
    # by the jackknife, which for three items is near but not the same
    left_out = [(61 - v) / (6 - n) for v, n in zip(values, lengths, strict=True)]
    jackknife = math.sqrt(2 / 3 * sum((v - np.mean(left_out)) ** 2 for v in left_out))
    assert found.standard_error == pytest.approx(jackknife, rel=0.35)


def test_json_has_no_nan() -> None:
    bound: Bound = elbo(pen_model(), pen_items(5))
    text = json.dumps(bound.to_dict(), allow_nan=False)
    assert json.loads(text)["nats_per_frame"]["standard_error"] is None
    assert json.loads(text)["bits_per_frame"] == pytest.approx(bound.per_frame.mean / math.log(2))


def test_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match="at least one sequence"):
        elbo(pen_model(), [])
