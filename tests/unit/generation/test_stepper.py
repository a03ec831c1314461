"""Compiled sampling draws what the model draws."""

import logging

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.generation import packed_model, stepper
from studio.generation.stepper import Stepper
from studio.models.building import build_model
from studio.models.likelihoods import GaussianOutput
from studio.models.sequence_model import State
from studio.models.settings import BlockSettings, LikelihoodSettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.labels import Vocabulary
from studio.sequences.sequence import FrameLayout

FRAMES, PENS = 40, 5
WORDS = Vocabulary.of(["seven, ann", "one", ""])
LABELS = ["seven", "one, ann", "", "ann", "one"]  # of each pen

widths = st.lists(st.integers(1, 40), max_size=3).map(tuple)
blocks = st.builds(BlockSettings, widths=widths, activation=st.sampled_from(["relu", "tanh", "elu", "silu"]))


@st.composite
def models(draw) -> VRNN:
    kind = draw(st.sampled_from(["gaussian", "mixture", "pen-mixture", "line", "categorical"]))
    offsets = kind == "line" or draw(st.booleans())
    layout = FrameLayout(
        continuous=2 if offsets else draw(st.integers(1, 200)),
        binary=draw(st.integers(0, 3)),
        step=0.2 if offsets else None,
    )
    if kind == "categorical":
        layout = FrameLayout(continuous=0, binary=draw(st.integers(0, 2)), categories=draw(st.integers(1, 100)))
    likelihood = LikelihoodSettings(
        kind=kind,
        components=draw(st.integers(1, 20)),
        correlated=draw(st.booleans()),
        sigma_cap=draw(st.sampled_from([0.0, 0.5])),
        shared_sigma=kind == "gaussian" and draw(st.booleans()),
    )
    chosen = VRNNSettings(
        hidden=draw(st.integers(1, 70)),
        latent=draw(st.integers(0, 20)),
        standard_prior=draw(st.booleans()),
        label_embedding=draw(st.integers(0, 9)),
        embedding=draw(st.integers(1, 40)),
        likelihood=likelihood,
        **{name: draw(blocks) for name in ("phi_x", "phi_z", "prior", "encoder", "decoder")},
    )
    return build_model(chosen, layout, seed=draw(st.integers(0, 100)), vocabulary=WORDS)


def some(model: VRNN, frames: int = FRAMES, seed: int = 0) -> tuple[State, torch.Tensor]:
    """A state in the middle of something, and noise."""
    generator = torch.Generator().manual_seed(seed)
    state = model.labelled_state(LABELS)
    position = None if state.position is None else torch.randn(PENS, 2, generator=generator)
    state = state._replace(h=torch.randn(state.h.shape, generator=generator).tanh(), position=position)
    return state, torch.randn(frames, PENS, model.noise_width, generator=generator)


def assert_same(model: VRNN, state: State, noise: torch.Tensor, **variances: float) -> None:
    with torch.inference_mode():
        expected, expected_state = model.generate(state, noise, **variances)
    before = [None if value is None else value.clone() for value in state]
    frames, reached = Stepper(model).generate(state, noise, **variances)
    torch.testing.assert_close(frames, expected, rtol=1e-3, atol=1e-3)
    for value, true in zip(reached, expected_state, strict=True):
        torch.testing.assert_close(value, true, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(list(state), before)


@settings(max_examples=40)
@given(models(), st.sampled_from([0.0, 0.5, 1.0, 2.0]), st.sampled_from([0.0, 0.5, 1.0, 2.0]), st.integers(0, 1000))
def test_the_same_frames_from_the_same_noise(model, latent, output, seed):
    """So few frames that no number close to a threshold turns out otherwise, which later frames would tell apart."""
    state, noise = some(model, 4, seed)
    assert_same(model, state, noise, latent_variance=latent, output_variance=output)


@pytest.mark.parametrize("pens", [1, 2, 16])
def test_long_drawings_of_the_default_model(pens):
    model = build_model(VRNNSettings(), FrameLayout(continuous=2, binary=2, step=0.2), seed=3)
    noise = torch.randn(400, pens, model.noise_width, generator=torch.Generator().manual_seed(1))
    assert_same(model, model.initial_state(pens), noise)


def test_chunks_continue_one_another():
    model = build_model(VRNNSettings(), FrameLayout(continuous=2, binary=1, step=0.2))
    state, noise = some(model)
    pens = Stepper(model)
    whole, last = pens.generate(state, noise)
    first, middle = pens.generate(state, noise[:7])
    second, end = pens.generate(middle, noise[7:])
    assert torch.equal(torch.cat([first, second]), whole)
    assert torch.equal(end.h, last.h)
    assert torch.equal(end.position, last.position)


def test_changed_weights_are_used_from_the_next_call_on():
    model = build_model(VRNNSettings(hidden=8), FrameLayout(continuous=3))
    state, noise = some(model)
    pens = Stepper(model)
    pens.generate(state, noise)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
    frames, _ = pens.generate(state, noise)
    assert torch.equal(frames, Stepper(model).generate(state, noise)[0])
    model.load_state_dict(build_model(model.settings, model.layout, seed=9).state_dict())
    assert torch.equal(pens.generate(state, noise)[0], Stepper(model).generate(state, noise)[0])


@pytest.mark.parametrize("decoder", [(), (9,)])
def test_constants_of_a_pen_are_biases_of_its_own(decoder):
    chosen = VRNNSettings(hidden=20, decoder=BlockSettings(widths=decoder))
    model = build_model(chosen, FrameLayout(continuous=2, binary=1, step=0.2))
    first = [*model.decoder.layers, model.likelihood.linear][0]
    layers = {"prior": model.prior_net.layers[0], "decoder": first, "drive": model.recurrence}
    generator = torch.Generator().manual_seed(5)
    own = {name: torch.randn(PENS, len(layer.bias), generator=generator) for name, layer in layers.items()}
    state, noise = some(model)
    packed = packed_model.PackedModel(model)
    frames, _ = packed.generate(state, noise, 1.0, 1.0, packed_model.Constants(**own))
    plain, _ = packed.generate(state, noise, 1.0, 1.0)
    assert not torch.allclose(frames, plain)
    before = {name: layer.bias.detach().clone() for name, layer in layers.items()}
    for pen in range(PENS):
        with torch.no_grad():
            for name, layer in layers.items():
                layer.bias.copy_(before[name] + own[name][pen])
        alone = State(state.h[pen : pen + 1], None, state.position[pen : pen + 1])
        with torch.inference_mode():
            expected, _ = model.generate(alone, noise[:, pen : pen + 1])
        torch.testing.assert_close(frames[:, pen : pen + 1], expected, rtol=1e-3, atol=1e-3)


def test_other_likelihoods_are_drawn_by_the_model():
    class Doubled(GaussianOutput):
        def sample(self, parameters, noise, variance):
            return 2 * super().sample(parameters, noise, variance)

    model = build_model(
        VRNNSettings(hidden=8, likelihood=LikelihoodSettings(kind="gaussian")), FrameLayout(continuous=3)
    )
    model.likelihood.continuous.__class__ = Doubled
    state, noise = some(model)
    with torch.inference_mode():
        assert torch.equal(Stepper(model).generate(state, noise)[0], model.generate(state, noise)[0])


def test_weights_are_packed_once(monkeypatch):
    made = []

    class Counted(packed_model.PackedModel):
        def __init__(self, model: VRNN) -> None:
            made.append(model)
            super().__init__(model)

    monkeypatch.setattr(packed_model, "PackedModel", Counted)
    model = build_model(VRNNSettings(hidden=8), FrameLayout(continuous=3))
    state, noise = some(model)
    pens = Stepper(model)
    for _ in range(3):
        _, state = pens.generate(state, noise)
    assert len(made) == 1


@torch.no_grad()
def test_what_labels_add_is_worked_out_once(monkeypatch):
    made = []
    told = packed_model.told
    monkeypatch.setattr(packed_model, "told", lambda *given: made.append(1) or told(*given))
    model = build_model(VRNNSettings(hidden=8, label_embedding=3), FrameLayout(continuous=3), vocabulary=WORDS)
    first, noise = some(model)
    pens, state = Stepper(model), first
    for _ in range(3):
        _, state = pens.generate(state, noise)
    assert len(made) == 1
    other = model.labelled_state(LABELS[::-1])
    expected = model.generate(other, noise)[0]
    torch.testing.assert_close(pens.generate(other, noise)[0], expected, rtol=1e-3, atol=1e-3)
    assert len(made) == 2
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.1)
    torch.testing.assert_close(pens.generate(other, noise)[0], model.generate(other, noise)[0], rtol=1e-3, atol=1e-3)
    assert len(made) == 3


@pytest.mark.parametrize("recurrence", ["lstm", "elman"])
def test_other_recurrences_are_drawn_by_the_model(recurrence):
    model = build_model(VRNNSettings(hidden=8, recurrence=recurrence), FrameLayout(continuous=3))
    noise = torch.randn(5, 2, model.noise_width)
    state = model.initial_state(2)
    with torch.inference_mode():
        assert torch.equal(Stepper(model).generate(state, noise)[0], model.generate(state, noise)[0])


def test_one_compilation_serves_all_models():
    for likelihood in ("gaussian", "mixture"):
        for step in (None, 0.2):
            chosen = VRNNSettings(hidden=5, likelihood=LikelihoodSettings(kind=likelihood))
            model = build_model(chosen, FrameLayout(continuous=2, step=step))
            Stepper(model).generate(*some(model))
    assert len(packed_model.compiled_steps().signatures) == 1


def test_a_failing_check_falls_back_with_one_line(monkeypatch, caplog):
    stepper.compiled.forget()
    monkeypatch.setattr(packed_model, "compiled_steps", lambda: lambda *arguments: None)
    model = build_model(VRNNSettings(hidden=8), FrameLayout(continuous=3))
    state, noise = some(model)
    with caplog.at_level(logging.WARNING):
        results = [Stepper(model).generate(state, noise)[0] for _ in range(3)]
    stepper.compiled.forget()
    (record,) = caplog.records
    assert record.message.endswith("cannot be compiled here: what has been compiled draws something else")
    assert torch.equal(results[-1], model.generate(state, noise)[0])
