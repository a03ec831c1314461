"""Our Adam against torch's."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from studio.training.adam import Adam, clip


def parameters() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((3, 4), (5,), (2, 1), (1,))]


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("decoupled", [False, True])
def test_it_moves_as_that_of_torch(weight_decay: float, decoupled: bool) -> None:
    ours, theirs = parameters(), parameters()
    betas = (0.8, 0.95)
    adam = Adam(ours, 1.0, betas, weight_decay, decoupled=decoupled)
    kind = torch.optim.AdamW if decoupled else torch.optim.Adam
    model = kind(theirs, lr=1.0, betas=betas, weight_decay=weight_decay)
    generator = torch.Generator().manual_seed(1)
    for step in range(20):
        for one, other in zip(ours[:-1], theirs[:-1], strict=True):  # the last one never has a gradient
            one.grad = torch.randn(one.shape, generator=generator) * 10.0 ** (step % 5 - 3)
            other.grad = one.grad.clone()
        adam.rate = model.param_groups[0]["lr"] = 0.1 / (step + 1)
        adam.step()
        model.step()
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)
    for one, other in zip(ours[:-1], theirs[:-1], strict=True):
        assert adam.state[one].keys() == model.state[other].keys()
        for name, value in adam.state[one].items():
            torch.testing.assert_close(value, model.state[other][name], rtol=1e-6, atol=1e-7)
    assert not adam.state[ours[-1]]


def test_parameters_of_different_ages() -> None:
    """One whose first gradient comes later is corrected as one that begins."""
    (old, young), (reference, _) = parameters()[:2], parameters()[:2]
    other = nn.Parameter(young.detach().clone())
    adam, alone = (Adam(moved, 0.1, (0.9, 0.99)) for moved in ([old, young], [other]))
    model = torch.optim.Adam([reference], lr=0.1, betas=(0.9, 0.99))
    for step in range(4):
        old.grad = reference.grad = torch.full_like(old, step + 1.0)
        if step >= 2:
            young.grad = other.grad = torch.full_like(young, step - 0.5)
            alone.step()
        adam.step()
        model.step()
    torch.testing.assert_close([old, young], [reference, other])


@pytest.mark.parametrize("most", [0.0, 0.5, 100.0])
@pytest.mark.parametrize("size", [0.0, 1e-3, 1.0, float("nan")])
def test_gradients_are_clipped_as_torch_does(most: float, size: float) -> None:
    ours, theirs = parameters(), parameters()
    for one, other in zip(ours[:-1], theirs[:-1], strict=True):
        one.grad = torch.full_like(one, size)
        other.grad = one.grad.clone()
    expected = nn.utils.clip_grad_norm_(theirs, most or 1e30)
    torch.testing.assert_close(clip(ours, most), expected, equal_nan=True)
    for one, other in zip(ours[:-1], theirs[:-1], strict=True):
        torch.testing.assert_close(one.grad, other.grad, equal_nan=True)
    assert ours[-1].grad is None


def test_training_does_not_load_the_compiler_of_torch() -> None:
    text = (
        "import sys; from studio.training.devices import warm_up; import studio.training.trainer; warm_up(); "
        "assert 'torch' in sys.modules and 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", text], check=True)
