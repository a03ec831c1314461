"""What the posterior may know of the frames that follow: against plain loops, and at the ends of things."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from studio.models.building import build_model
from studio.models.future import POINTS, FutureWindow, Smoother
from studio.models.recurrence import GRU
from studio.models.scan import recurrent_states
from studio.models.settings import LikelihoodSettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.sequence import FrameLayout

PEN = FrameLayout(continuous=2, binary=1, step=0.2)
PLAIN = FrameLayout(continuous=3)
N, B, X, A = 9, 3, 4, 5


def normal(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def ending(*lengths: int) -> Tensor:
    """A mask of sequences of these lengths, ``[N, B]``."""
    return (torch.arange(N)[:, None] < torch.tensor(lengths)[None]).float()


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])  # by the compiled loop, and by the one in torch
def test_states_of_a_recurrence_without_z(kind: torch.dtype) -> None:
    recurrence = GRU((X, 0), A, memory=0).to(kind)
    drive = normal(N, B, 3 * A).to(kind).requires_grad_()
    plain = nn.GRUCell(1, A).to(kind)
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.zero_()
        plain.weight_hh.copy_(recurrence.weight_h)
    h, expected = torch.zeros(B, A, dtype=kind), []
    for driven in drive:
        h, _ = recurrence.step(driven, h @ recurrence.weight_h.t(), h, None)
        expected.append(h)
    found = recurrent_states(recurrence, drive, torch.zeros(B, A, dtype=kind))
    torch.testing.assert_close(found, torch.stack(expected))
    weights = normal(N, B, A).to(kind)
    gradients = [
        torch.autograd.grad((value * weights).sum(), [drive, recurrence.weight_h])
        for value in (found, torch.stack(expected))
    ]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-5)


def test_the_smoother_is_a_recurrence_that_runs_backwards_from_the_end_of_each_sequence() -> None:
    smoother, phi_x, lengths = Smoother(X, A), normal(N, B, X), (9, 6, 1)
    found = smoother(phi_x, phi_x, ending(*lengths), N)
    for b, length in enumerate(lengths):
        a = torch.zeros(1, A)
        for t in reversed(range(length)):
            a, _ = smoother.recurrence(phi_x[t, b : b + 1], torch.zeros(1, 0), a)
            torch.testing.assert_close(found[t, b], a[0])
        assert not found[length:, b].any()


def test_the_smoother_tells_of_the_first_frames_only() -> None:
    smoother, phi_x = Smoother(X, A), normal(N, B, X)
    whole = smoother(phi_x, phi_x, ending(9, 9, 7), N)
    torch.testing.assert_close(smoother(phi_x, phi_x, ending(9, 9, 7), 4), whole[:4])


@pytest.mark.parametrize("layout", [PEN, PLAIN])
@pytest.mark.parametrize("frames", [16, 40, 3])
def test_the_window_is_the_next_points(layout: FrameLayout, frames: int) -> None:
    window, x, lengths, steps = FutureWindow(layout, 3, frames, A), normal(N, B, 3), (9, 6, 1), 5
    found = window(x, x, ending(*lengths), steps)
    for b, length in enumerate(lengths):
        for t in range(min(steps, length)):
            points = []
            for k in range(1, POINTS + 1):
                ahead = t + max(1, round(frames * k / POINTS))
                point = torch.zeros(3)
                if ahead < length:
                    point = x[ahead, b].clone()
                    if layout.step:
                        point[:2] = x[t + 1 : ahead + 1, b, :2].sum(0)
                points.append(point)
            expected = torch.relu(window.layer(torch.cat(points)))
            torch.testing.assert_close(found[t, b], expected, rtol=1e-4, atol=1e-5)


def model(posterior: str, layout: FrameLayout = PEN) -> VRNN:
    settings = VRNNSettings(hidden=11, posterior=posterior, future=A, future_frames=4)
    made = build_model(settings, layout, seed=3)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(2)
    return made


@pytest.mark.parametrize("posterior", ["smoothing", "window"])
def test_only_the_posterior_sees_the_future(posterior: str) -> None:
    """With the same z, changing a later frame changes neither the prior nor what is predicted of earlier ones."""
    made, x = model(posterior), normal(N, B, 3)
    x[..., 2] = (x[..., 2] > 0).float()
    other = x.clone()
    other[6] += 1
    mask, state, noise = torch.ones(N, B), made.initial_state(B), normal(N, B, made.latent, seed=2)
    (one, _), (two, _) = made.score(x, mask, state, noise), made.score(other, mask, state, noise)
    assert not torch.allclose(one.posterior.mean[:6], two.posterior.mean[:6])
    # The same z: the noise that leads to it under the other posterior. The first frame does not depend on any before.
    same = (one.z[0] - two.posterior.mean[0]) / two.posterior.sigma[0]
    again, _ = made.score(other, mask, state, torch.cat([same[None], noise[1:]]))
    torch.testing.assert_close(again.prior.mean[:2], one.prior.mean[:2], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(again.nll[0], one.nll[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("posterior", ["smoothing", "window"])
def test_frames_after_a_window_are_seen_but_not_scored(posterior: str) -> None:
    made, x = model(posterior), normal(N, B, 3)
    x[..., 2] = 0
    state, noise, mask = made.initial_state(B), normal(N, B, made.latent, seed=2), torch.ones(N, B)
    assert made.foresight == 4
    assert made.needs_whole_sequence
    whole, _ = made.score(x, mask, state, noise)
    first, after = made.score(x, mask, state, noise[:5])
    assert first.nll.shape == (5, B)
    for name in ("nll", "kl", "z", "mask", "h"):
        torch.testing.assert_close(getattr(first, name), getattr(whole, name)[:5], msg=name)
    torch.testing.assert_close(after.position, 0.2 * x[:5, :, :2].sum(0))
    torch.testing.assert_close(after.h, whole.h[5])
    alone, _ = made.score(x[:5], mask[:5], state, noise[:5])
    assert not torch.allclose(alone.kl[4], first.kl[4])


def test_a_filtering_posterior_needs_no_more_than_the_past() -> None:
    made = build_model(VRNNSettings(hidden=11), PEN)
    assert not made.needs_whole_sequence
    assert made.foresight == 0
    assert math.isclose(sum(p.numel() for n, p in made.named_parameters() if n.startswith("future")), 0)


@pytest.mark.parametrize("posterior", ["smoothing", "window"])
def test_texts(posterior: str) -> None:
    settings = VRNNSettings(
        hidden=11, posterior=posterior, future_frames=4, likelihood=LikelihoodSettings(kind="categorical")
    )
    made = build_model(settings, FrameLayout(continuous=0, categories=5), seed=1)
    x = (normal(N, B, 1) > 0).float()
    other = x.clone()
    other[3] = 4
    mask, state, noise = torch.ones(N, B), made.initial_state(B), normal(N, B, made.latent)
    (one, _), (two, _) = made.score(x, mask, state, noise), made.score(other, mask, state, noise)
    assert not torch.allclose(one.posterior.mean[0], two.posterior.mean[0])
