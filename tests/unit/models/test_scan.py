"""The loop over time: both bodies against plain autograd, and against each other."""

import gc
import logging
import subprocess
import sys
import weakref

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from studio.models import compiled, compiling, scan, scan_check, scan_cuda, scan_numba, scan_torch, threads
from studio.models.blocks import Block
from studio.models.gaussian import DiagonalGaussian
from studio.models.recurrence import RECURRENCES
from studio.models.scan_parts import Inputs, Parts, Scanned
from studio.models.settings import BlockSettings, VRNNSettings

ACTIVATIONS = ("relu", "tanh", "elu", "silu")
BODIES = {"numba": scan_numba.run, "torch": scan_torch.run}
FLOOR = 1e-3


class Networks(torch.nn.Module):
    """The three networks of a loop, and what it reads, from a seed."""

    def __init__(self, model: VRNNSettings, seed: int = 0) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encoder = Block((3, model.hidden), model.encoder, outputs=2 * model.latent)
            self.phi_z = Block((model.latent,), model.phi_z)
            self.recurrence = RECURRENCES[model.recurrence]((3, self.phi_z.width), model.hidden, model.memory)
        self.parts = Parts(model, self.recurrence, FLOOR)

    def inputs(self, steps: int, batch: int) -> Inputs:
        sizes = (self.encoder.first_width, len(self.recurrence.weight_h), self.parts.settings.latent)
        each = [self.normal(steps, batch, size) for size in sizes]
        states = [self.normal(batch, self.parts.settings.hidden) for _ in range(2)]
        for value in (each[0], each[1], *states):
            value.requires_grad_()
        return Inputs(*each, states[0], states[1] if self.recurrence.has_cell else None)

    def normal(self, *shape: int) -> Tensor:
        kind = self.recurrence.weight_h.dtype
        return torch.randn(shape, generator=self.generator, dtype=torch.float64).to(kind)

    def plain(self, inputs: Inputs) -> Scanned:
        """What the loop computes, written down and left to autograd."""
        h, cell, found = inputs.h, inputs.cell, []
        for from_x, drive, noise in zip(inputs.from_x, inputs.drive, inputs.noise, strict=True):
            raw = self.encoder.after_first(from_x + h @ self.encoder.second_input_weight.t())
            posterior = DiagonalGaussian.from_raw(raw, FLOOR)
            phi_z = self.phi_z(posterior.sample(noise))
            found.append((h, posterior.mean, posterior.sigma, phi_z))
            driven = drive + phi_z @ self.recurrence.weight_z.t()
            h, cell = self.recurrence.step(driven, h @ self.recurrence.weight_h.t(), h, cell)
        return Scanned(*(torch.stack(values) for values in zip(*found, strict=True)), h, cell)

    def scan(self, inputs: Inputs, body: str | None = None) -> Scanned:
        return scan.scan(self.parts, self.encoder, self.phi_z, inputs, body and BODIES[body])

    def gradients(self, found: Scanned, inputs: Inputs, weights: Scanned) -> dict[str, Tensor]:
        """Of all parameters and inputs, of a weighted sum of everything found."""
        named = dict(self.named_parameters())
        named |= {name: value for name, value in inputs._asdict().items() if value is not None and name != "noise"}
        del named["recurrence.weight_x"], named["recurrence.bias"], named["encoder.layers.0.bias"]  # before the loop
        pairs = [(value, weight) for value, weight in zip(found, weights, strict=True) if value is not None]
        loss = sum((value * weight).sum() for value, weight in pairs)
        return dict(zip(named, torch.autograd.grad(loss, list(named.values())), strict=True))

    def some_weights(self, found: Scanned, mask: Tensor | None = None) -> Scanned:
        weights = [None if value is None else self.normal(*value.shape) for value in found]
        if mask is not None:
            weights[:4] = [weight * mask[..., None] for weight in weights[:4]]
        return Scanned(*weights)


def model_settings(recurrence="gru", hidden=5, latent=2, encoder=(4,), phi_z=(3,), activations=("relu", "tanh")):
    return VRNNSettings(
        recurrence=recurrence,
        hidden=hidden,
        latent=latent,
        encoder=BlockSettings(widths=encoder, activation=activations[0]),
        phi_z=BlockSettings(widths=phi_z, activation=activations[1]),
    )


DEPTHS = [((4,), (3,)), ((), ()), ((3, 4, 2), (2, 3)), ((2,), ())]
widths = st.lists(st.integers(1, 40), max_size=3).map(tuple)


def relative_error(value: Tensor, true: Tensor) -> float:
    """Of the largest number."""
    return ((value - true).abs().max() / true.abs().max().clamp(min=1e-30)).item()


@pytest.mark.parametrize("activations", [("relu", "silu"), ("tanh", "elu"), ("silu", "relu"), ("elu", "tanh")])
@pytest.mark.parametrize(("encoder", "phi_z"), DEPTHS)
@pytest.mark.parametrize("recurrence", RECURRENCES)
def test_the_torch_body_is_plain_autograd(recurrence, encoder, phi_z, activations):
    networks = Networks(model_settings(recurrence, encoder=encoder, phi_z=phi_z, activations=activations)).double()
    inputs = networks.inputs(7, 3)
    plain, found = networks.plain(inputs), networks.scan(inputs, "torch")
    for value, true in zip(found, plain, strict=True):
        torch.testing.assert_close(value, true)
    weights = networks.some_weights(plain)
    gradients = networks.gradients(found, inputs, weights)
    for name, true in networks.gradients(plain, inputs, weights).items():
        torch.testing.assert_close(gradients[name], true, msg=name)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("recurrence", RECURRENCES)
def test_gradcheck_of_the_torch_body(recurrence, activation):
    networks = Networks(model_settings(recurrence, hidden=3, activations=(activation, activation))).double()
    inputs = networks.inputs(4, 2)
    weights = list(networks.encoder.parameters()) + list(networks.phi_z.parameters())
    weights += [networks.recurrence.weight_h, networks.recurrence.weight_z]

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        found = networks.scan(Inputs(*tensors[: len(Inputs._fields)]), "torch")
        return tuple(value for value in found if value is not None)

    assert torch.autograd.gradcheck(run, (*inputs, *weights))


@st.composite
def cases(draw):
    """Settings, steps and batch; not all of them large at once."""
    kinds = st.sampled_from(ACTIVATIONS)
    chosen = model_settings(
        hidden=draw(st.integers(1, 70)),
        latent=draw(st.integers(1, 20)),
        encoder=draw(widths),
        phi_z=draw(widths),
        activations=(draw(kinds), draw(kinds)),
    )
    batch = draw(st.integers(1, 64))
    return chosen, draw(st.integers(1, min(1000, 2000 // batch))), batch


@settings(max_examples=20)
@given(cases(), st.integers(0, 2**31), st.booleans())
def test_the_compiled_body_is_the_torch_body(case, seed, masked):
    """To 1e-5 of the largest gradient of each parameter, for what float32 has to offer against float64."""
    chosen, steps, batch = case
    networks = Networks(chosen, seed)
    inputs = networks.inputs(steps, batch)
    mask = (networks.normal(steps, batch) > 0).float() if masked else None
    found = networks.scan(inputs, "numba")
    weights = networks.some_weights(found, mask)
    gradients = networks.gradients(found, inputs, weights)

    networks.double()
    doubled = Inputs(*(None if v is None else v.detach().double().requires_grad_() for v in inputs))
    true = networks.scan(doubled, "torch")
    for value, expected in zip(found[:5], true[:5], strict=True):
        assert relative_error(value, expected) < 1e-5
    exact = networks.gradients(true, doubled, Scanned(*(None if w is None else w.double() for w in weights)))
    for name, expected in exact.items():
        assert relative_error(gradients[name], expected) < 1e-5, name


@pytest.mark.parametrize(("steps", "batch"), [(1000, 64), (1000, 1), (1, 64)])
def test_the_compiled_body_at_the_ends_of_its_range(steps, batch):
    networks = Networks(model_settings(hidden=60, latent=10, encoder=(30,), phi_z=(16,)))
    inputs = networks.inputs(steps, batch)
    found = networks.scan(inputs, "numba")
    weights = networks.some_weights(found)
    gradients = networks.gradients(found, inputs, weights)
    reference = networks.scan(inputs, "torch")
    for name, expected in networks.gradients(reference, inputs, weights).items():
        assert relative_error(gradients[name], expected) < 1e-5, name


def test_the_state_is_carried_on():
    networks = Networks(model_settings(hidden=33))
    inputs = networks.inputs(20, 5)
    whole = networks.scan(inputs, "numba")
    first = networks.scan(Inputs(*(value[:8] for value in inputs[:3]), inputs.h, None), "numba")
    second = networks.scan(Inputs(*(value[8:] for value in inputs[:3]), first.last_h, None), "numba")
    torch.testing.assert_close(torch.cat([first.h, second.h]), whole.h)
    torch.testing.assert_close(second.last_h, whole.last_h)
    weight = networks.normal(5, 33)
    expected = torch.autograd.grad((whole.last_h * weight).sum(), inputs.h)[0]
    torch.testing.assert_close(torch.autograd.grad((second.last_h * weight).sum(), inputs.h)[0], expected)


def test_two_threads_compute_what_one_computes():
    networks = Networks(model_settings(hidden=40))
    inputs = networks.inputs(30, 13)
    found = []
    try:
        for count in (1, 2):
            threads.use(count)
            scanned = networks.scan(inputs, "numba")
            weights = Scanned(*(None if value is None else torch.ones_like(value) for value in scanned))
            found.append([*scanned[:5], *networks.gradients(scanned, inputs, weights).values()])
    finally:
        threads.use(1)
    for one, two in zip(*found, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-6, atol=1e-6)


def test_one_compilation_serves_all_shapes_and_depths():
    for encoder, phi_z in DEPTHS:
        networks = Networks(model_settings(hidden=7, encoder=encoder, phi_z=phi_z))
        found = networks.scan(networks.inputs(2, 3), "numba")
        found.last_h.sum().backward()
    functions = compiled.loops()
    assert [len(function.signatures) for function in functions] == [1] * len(functions)


@pytest.mark.parametrize("where", ["from_x", "drive", "noise", "h"])
def test_nan_is_not_swallowed(where):
    networks = Networks(model_settings())
    inputs = networks.inputs(3, 5)
    with torch.no_grad():
        getattr(inputs, where)[..., 0] = torch.nan
    found = networks.scan(inputs, "numba")
    assert found.last_h.isnan().all()
    (gradient,) = torch.autograd.grad(found.last_h.sum(), networks.recurrence.weight_h)
    assert gradient.isnan().any()


@pytest.mark.parametrize("body", ["torch", "numba"])
def test_changed_weights_are_noticed(body):
    networks = Networks(model_settings())
    found = networks.scan(networks.inputs(3, 2), body)
    with torch.no_grad():
        networks.recurrence.weight_h += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        found.last_h.sum().backward()


@pytest.mark.parametrize("body", ["torch", "numba"])
def test_nothing_is_kept_alive(body):
    networks = Networks(model_settings())
    gc.disable()
    try:
        found = networks.scan(networks.inputs(3, 2), body)
        trace = weakref.ref(found.h.grad_fn.trace)
        assert trace() is not None
        del found
        assert trace() is None
    finally:
        gc.enable()


def test_without_gradients_nothing_else_changes():
    networks = Networks(model_settings())
    inputs = networks.inputs(3, 2)
    with torch.inference_mode():
        found = networks.scan(inputs, "numba")
    torch.testing.assert_close(found, networks.scan(inputs, "numba"))


def test_which_body_is_chosen():
    networks = Networks(model_settings())
    inputs = networks.inputs(2, 2)
    assert scan.body_for(networks.parts, inputs) is scan_numba.run
    assert scan.body_for(networks.double().parts, networks.inputs(2, 2)) is scan_torch.run
    others = Networks(model_settings("lstm"))
    assert scan.body_for(others.parts, others.inputs(2, 2)) is scan_torch.run


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics processor")
@pytest.mark.parametrize("recurrence", RECURRENCES)
def test_on_a_graphics_processor(recurrence):
    networks = Networks(model_settings(recurrence, hidden=40))
    inputs = networks.inputs(50, 8)
    found = networks.scan(inputs, "torch")
    weights = networks.some_weights(found)
    gradients = networks.gradients(found, inputs, weights)
    networks.cuda()
    moved = Inputs(*(None if v is None else v.detach().cuda().requires_grad_() for v in inputs))
    assert scan.body_for(networks.parts, moved) == scan_cuda.recorder.run
    there = networks.scan(moved)
    on_device = Scanned(*(None if w is None else w.cuda() for w in weights))
    for name, value in networks.gradients(there, moved, on_device).items():
        assert relative_error(value.cpu(), gradients[name]) < 1e-4, name


@pytest.fixture
def forget_the_choice():
    compiling.loop.forget()
    yield
    compiling.loop.forget()


@pytest.mark.usefixtures("forget_the_choice")
def test_a_failing_check_falls_back_with_one_line(monkeypatch, caplog):
    def wrong(*arguments) -> None:
        compiled.loops().there(*arguments)
        arguments[5].h[-1] += 1

    loops = compiled.loops()._replace(there=wrong)
    monkeypatch.setattr(scan_numba, "loops", lambda: loops)
    networks = Networks(model_settings())
    inputs = networks.inputs(2, 2)
    with caplog.at_level(logging.WARNING):
        results = [networks.scan(inputs) for _ in range(3)]
    (record,) = caplog.records
    assert record.message.endswith("cannot be compiled here: what has been compiled computes something else")
    torch.testing.assert_close(results[-1], networks.scan(inputs, "torch"))


WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
from studio.models.compiling import works
assert not works() and not works()
"""


def test_without_numba_one_line_is_said():
    result = subprocess.run([sys.executable, "-c", WITHOUT_NUMBA], capture_output=True, text=True, check=True)
    assert result.stderr.splitlines() == [
        "Training will be slower, since it cannot be compiled here: import of numba halted; None in sys.modules"
    ]


def test_the_check_passes_here_and_leaves_the_random_numbers_alone():
    before = torch.get_rng_state()
    scan_check.check()
    assert torch.equal(torch.get_rng_state(), before)
