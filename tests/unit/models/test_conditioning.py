"""Models that are told of labels."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from studio.models.building import build_model
from studio.models.gaussian import DiagonalGaussian
from studio.models.sequence_model import State
from studio.models.settings import BlockSettings, VRNNSettings
from studio.models.vrnn import LATENT_SIGMA_FLOOR, VRNN
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import FrameLayout

T, B = 7, 3
PEN = FrameLayout(continuous=2, binary=2, step=0.2)
WORDS = Vocabulary.of(["seven, ann", "one, bob", ""])
LABELS = ["seven, ann", "bob", ""]
NARROW = BlockSettings(widths=())
KINDS = {
    "gru": VRNNSettings(hidden=11, label_embedding=5),
    "lstm": VRNNSettings(hidden=11, label_embedding=5, recurrence="lstm"),
    "shallow": VRNNSettings(
        hidden=11, label_embedding=5, phi_x=NARROW, phi_z=NARROW, prior=NARROW, encoder=NARROW, decoder=NARROW
    ),
}


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest) -> VRNN:
    return build_model(KINDS[request.param], PEN, seed=3, vocabulary=WORDS)


def frames() -> Tensor:
    x = torch.randn(T, B, 4, generator=torch.Generator().manual_seed(5))
    x[..., 2:] = (x[..., 2:] > 0).float()
    return x


def noise(width: int) -> Tensor:
    return torch.randn(T, B, width, generator=torch.Generator().manual_seed(6))


@torch.no_grad()
def test_score_is_the_paper_given_c_step_by_step(model: VRNN) -> None:
    state, x, draws = model.labelled_state(LABELS), frames(), noise(2)
    terms, last = model.score(x, torch.ones(T, B), state, draws)
    index = {tag: model.embedding[i] for i, tag in enumerate(WORDS.tags)}
    c = torch.stack([index["seven"] + index["ann"], index["bob"], torch.zeros(5)])
    h, cell, position = torch.tanh(model.beginning(c)), state.cell, torch.zeros(B, 2)
    for t in range(T):
        position = position + x[t, :, :2] * 0.2
        phi_x = torch.cat([model.phi_x(torch.cat([position, x[t]], 1)), c], 1)
        prior = DiagonalGaussian.from_raw(_through(model.prior_net, h, c), LATENT_SIGMA_FLOOR)
        posterior = DiagonalGaussian.from_raw(_through(model.encoder, phi_x, h), LATENT_SIGMA_FLOOR)
        phi_z = model.phi_z(posterior.mean + posterior.sigma * draws[t])
        output = model.likelihood.parameters_from(_through(model.decoder, phi_z, h, c))
        torch.testing.assert_close(terms.h[t], h)
        torch.testing.assert_close(terms.nll[t], -model.likelihood.log_prob(output, x[t]), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(terms.kl[t], posterior.kl(prior), rtol=1e-4, atol=1e-4)
        h, cell = model.recurrence(phi_x, phi_z, h, cell)
    torch.testing.assert_close(last.h, h)
    torch.testing.assert_close(last.condition, c)


def _through(block: torch.nn.Module, *inputs: Tensor) -> Tensor:
    """A block of the model over inputs that are really concatenated."""
    value = torch.cat(inputs, -1)
    return block.after_first(block.layers[0](value)) if len(block.layers) else value  # type: ignore[operator,arg-type,index]


@torch.no_grad()
def test_a_sample_fed_back_has_the_same_distributions(model: VRNN) -> None:
    draws = noise(model.noise_width)
    state = model.labelled_state(LABELS)
    x, last = model.generate(state, draws)
    priors = []
    for t in range(T):
        _, draw, state = model.sample_step(state, draws[t])
        priors.append(draw.prior.mean)
    start = model.labelled_state(LABELS)
    z = torch.stack(priors)
    assert torch.equal(last.condition, start.condition)  # type: ignore[arg-type]
    terms, _ = model.score(x, torch.ones(T, B), start, torch.zeros(T, B, 2))
    torch.testing.assert_close(terms.prior.mean[0], z[0])


@torch.no_grad()
def test_a_label_makes_a_difference_and_its_tags_have_no_order(model: VRNN) -> None:
    draws = noise(model.noise_width)

    def drawn(*labels: str) -> Tensor:
        return model.generate(model.labelled_state(labels), draws[:, : len(labels)])[0]

    assert not torch.allclose(drawn("seven"), drawn("one"), atol=0.01)
    torch.testing.assert_close(drawn("seven, ann"), drawn("ann, seven"))
    torch.testing.assert_close(drawn("seven, unknown"), drawn("seven"))
    torch.testing.assert_close(drawn(""), model.generate(model.initial_state(1), draws[:, :1])[0])


def test_every_weight_is_trained(model: VRNN) -> None:
    terms, _ = model.score(frames(), torch.ones(T, B), model.labelled_state(["seven, ann", "one, bob", ""]), noise(2))
    torch.autograd.backward(terms.nll.sum() + terms.kl.sum())
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_model_that_is_told_nothing_is_as_it_was() -> None:
    plain = build_model(VRNNSettings(hidden=11), PEN, seed=3)
    for other in (
        build_model(VRNNSettings(hidden=11), PEN, seed=3, vocabulary=WORDS),
        build_model(VRNNSettings(hidden=11, label_embedding=5), PEN, seed=3, vocabulary=NO_LABELS),
    ):
        assert not other.is_conditioned
        for (name, value), (same, there) in zip(plain.state_dict().items(), other.state_dict().items(), strict=True):
            assert name == same
            assert torch.equal(value, there)
        state = other.labelled_state(["seven", ""])
        assert state.condition is None
        assert not state.h.any()


def test_beginning_anew_takes_the_new_label_and_keeps_the_others() -> None:
    model = build_model(KINDS["gru"], PEN, seed=3, vocabulary=WORDS)
    before = State(torch.full((2, 11), 0.5), None, torch.ones(2, 2), torch.ones(2, 5))
    initial = model.labelled_state(["seven", "one"])
    after = before.begun_anew(torch.tensor([True, False]), initial)
    torch.testing.assert_close(after.h, torch.stack([initial.h[0], before.h[1]]))
    assert after.position is not None
    assert after.position.tolist() == [[0, 0], [1, 1]]
    assert after.condition is initial.condition
