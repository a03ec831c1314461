"""Differential equations whose solutions are known in closed form, and what is learned through them."""

from __future__ import annotations

import math
import sys

import pytest
import torch
from torch import Tensor

from studio.models import ode
from studio.models.building import build_model
from studio.models.ode import MOST_NODES, advance, solve
from studio.models.ode_rnn import ODERNN
from studio.models.poisson import PoissonRate, exponential
from studio.models.settings import BlockSettings, ODERNNSettings, SolverSettings
from studio.sequences.sequence import Clock, FrameLayout

EXACT = SolverSettings(relative_error=1e-7, absolute_error=1e-9)
# What theory says of steps of h = 0.05 over one turn, t = 2 pi: t h^2 / 6, and exp(t h / 2) - 1.
FIXED = {"rk4": 1e-6, "midpoint": 2.7e-3, "euler": 0.171}
METHODS = [EXACT, SolverSettings(method="rk4"), SolverSettings(method="midpoint"), SolverSettings(method="euler")]


def rotation(z: Tensor) -> Tensor:
    """The harmonic oscillator: dx/dt = y, dy/dt = -x."""
    return torch.stack([z[..., 1], -z[..., 0]], -1)


def turned(z0: Tensor, times: Tensor) -> Tensor:
    cos, sin = times.cos(), times.sin()
    return torch.stack([cos * z0[:, 0] + sin * z0[:, 1], cos * z0[:, 1] - sin * z0[:, 0]], -1)


def error_of(settings: SolverSettings) -> float:
    return FIXED.get(settings.method, 1e-6)


@pytest.mark.parametrize("settings", METHODS, ids=lambda s: s.method)
def test_exponential_decay(settings: SolverSettings) -> None:
    z0 = torch.tensor([[1.0, 2.0], [-1.0, 0.5]], dtype=torch.float64)
    times = torch.tensor([[0.0, 0.0], [0.3, 1.7], [2.0, 1.9]], dtype=torch.float64)
    found = solve(lambda z: -0.7 * z, z0, times, settings)
    expected = z0 * torch.exp(-0.7 * times)[..., None]
    assert (found - expected).abs().max() < error_of(settings)


@pytest.mark.parametrize("settings", METHODS, ids=lambda s: s.method)
def test_harmonic_oscillator(settings: SolverSettings) -> None:
    z0 = torch.tensor([[1.0, 0.0], [0.3, -0.8], [0.0, 0.0]], dtype=torch.float64)
    times = torch.linspace(0, 2 * math.pi, 30, dtype=torch.float64)[:, None] * torch.tensor([1.0, 0.6, 0.9])
    assert (solve(rotation, z0, times, settings) - turned(z0, times)).abs().max() < error_of(settings)


def test_every_sequence_has_times_of_its_own() -> None:
    """More different times than the solver is asked for: the rest is read off between them."""
    torch.manual_seed(0)
    times = torch.rand(100, 20, dtype=torch.float64).sort(0).values * 6
    assert times.unique().numel() > MOST_NODES
    z0 = torch.randn(20, 2, dtype=torch.float64)
    assert (solve(rotation, z0, times, EXACT) - turned(z0, times)).abs().max() < 1e-6


def test_few_times_are_asked_for_as_they_are() -> None:
    asked: list[float] = []

    def watched(z: Tensor) -> Tensor:
        asked.append(1.0)
        return rotation(z)

    times = torch.tensor([[0.0, 0.0], [0.5, 1.0]])
    solve(watched, torch.randn(2, 2), times, SolverSettings(method="euler", step=10.0))
    assert len(asked) <= 2  # one step for both, and slopes where a time lies between nodes


def test_back_in_time() -> None:
    z0 = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    ago = torch.tensor([[0.5], [2.0]], dtype=torch.float64)
    assert torch.allclose(solve(lambda z: -rotation(z), z0, ago, EXACT), turned(z0, -ago), atol=1e-6)


@pytest.mark.parametrize("settings", METHODS, ids=lambda s: s.method)
def test_moving_on_by_different_spans(settings: SolverSettings) -> None:
    z = torch.tensor([[1.0, 0.0], [0.3, -0.8], [0.5, 0.5]], dtype=torch.float64)
    spans = torch.tensor([0.0, 1.0, 2.5], dtype=torch.float64)
    assert (advance(rotation, z, spans, settings) - turned(z, spans)).abs().max() < error_of(settings)


def test_nothing_moves_in_no_time() -> None:
    z = torch.randn(3, 2)
    assert torch.equal(advance(rotation, z, torch.zeros(3), EXACT), z)
    assert torch.equal(solve(rotation, z, torch.zeros(4, 3), EXACT), z.expand(4, 3, 2))


def test_gradients_are_those_of_the_solution() -> None:
    """z(t) = z_0 exp(-r t): dz/dr = -t z, dz/dz_0 = exp(-r t)."""
    rate = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    z0 = torch.tensor([[1.5], [-2.0]], dtype=torch.float64, requires_grad=True)
    times = torch.tensor([[0.4, 0.9], [1.2, 2.0]], dtype=torch.float64)
    z = solve(lambda value: -rate * value, z0, times, EXACT)
    by_rate, by_start = torch.autograd.grad(z.sum(), (rate, z0))
    share = torch.exp(-0.7 * times)
    assert torch.allclose(by_rate, -(times * z0.detach()[:, 0] * share).sum(), atol=1e-5)
    assert torch.allclose(by_start[:, 0], share.sum(0), atol=1e-5)


def test_a_curve_may_be_drawn_before_any_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver's constants are made with its first use, and have to serve for gradients, too."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchdiffeq"]:
        monkeypatch.delitem(sys.modules, name)
    ode._odeint.cache_clear()
    times = torch.tensor([[0.5]], dtype=torch.float64)
    with torch.inference_mode():
        solve(lambda z: -z, torch.ones(1, 1, dtype=torch.float64), times, EXACT)
    z0 = torch.ones(1, 1, dtype=torch.float64, requires_grad=True)
    solve(lambda z: -z, z0, times, EXACT).sum().backward()
    ode._odeint.cache_clear()
    assert z0.grad is not None
    assert float(z0.grad) == pytest.approx(math.exp(-0.5))


def test_a_solution_that_runs_away_is_not_a_number() -> None:
    """Which training answers with a step back, where an exception would end it."""
    z = solve(lambda value: value**2, torch.ones(1, 1, requires_grad=True), torch.tensor([[0.0], [5.0]]), EXACT)
    assert z.isnan().any()
    z.sum().backward()


def test_the_integral_of_a_known_rate() -> None:
    """lambda = 2 + cos t: its integral is 2 t + sin t; t is the state itself, with dt/dt = 1."""
    process = PoissonRate(1, BlockSettings(widths=()), Clock(1.0))
    process.forward = lambda z: 2 + z[..., 0].cos()  # type: ignore[method-assign]
    times = torch.linspace(0, 5, 11, dtype=torch.float64)[:, None]
    start = torch.zeros(1, 2, dtype=torch.float64)
    both = solve(process.beside(torch.ones_like, 1), start, times, EXACT)
    assert torch.allclose(both[..., 0], times, atol=1e-6)
    assert torch.allclose(both[..., 1], 2 * times + times.sin(), atol=1e-6)


def test_a_point_is_drawn_where_the_integral_of_the_rate_has_become_so_much() -> None:
    """lambda = 2 + cos t again: after an integral of 2 t + sin t it is t."""
    process = PoissonRate(1, BlockSettings(widths=()), Clock(1.0))
    process.forward = lambda z: 2 + z[..., 0].cos()  # type: ignore[method-assign]
    times = torch.linspace(0, 5, 11, dtype=torch.float64)[:, None]
    start = torch.zeros(1, 2, dtype=torch.float64)
    both = solve(process.instead_of_time(torch.ones_like, 1), start, 2 * times + times.sin(), EXACT)
    assert torch.allclose(both[..., 0], times, atol=1e-6)
    assert torch.allclose(both[..., 1], times, atol=1e-6)


def test_exponential_numbers() -> None:
    noise = torch.linspace(-6, 6, 1001, dtype=torch.float64)
    numbers = exponential(noise)
    shares = 0.5 * (1 + torch.erf(noise / math.sqrt(2)))
    assert torch.allclose(1 - torch.exp(-numbers), shares, atol=1e-9)
    assert float(exponential(torch.tensor(0.0))) == pytest.approx(math.log(2))
    assert float(exponential(torch.tensor(9.0))) > 40  # where 1 - share is 0 in 32 bits


@pytest.fixture(params=["dopri5", "rk4"])
def timed(request: pytest.FixtureRequest) -> ODERNN:
    """Learns when points come, and begins with rates that change as it goes."""
    torch.manual_seed(0)
    solver = SolverSettings(method=request.param, relative_error=1e-5, absolute_error=1e-7, step=0.02)
    small = BlockSettings(widths=(8,), activation="tanh")
    settings = ODERNNSettings(hidden=6, dynamics=small, decoder=small, poisson=True, rate=small, solver=solver)
    model = build_model(settings, FrameLayout(2, clock=Clock(0.25)))
    assert isinstance(model, ODERNN)
    assert model.rate is not None
    with torch.no_grad():
        model.rate.network.layers[-1].weight.mul_(4)
        model.dynamics.layers[-1].weight.mul_(4)
    return model


def test_times_are_drawn_as_they_are_scored(timed: ODERNN) -> None:
    """The integral of the rate between two points is the number that was drawn for it."""
    assert timed.rate is not None
    noise = torch.randn(8, 3, timed.noise_width, generator=torch.Generator().manual_seed(1))
    state, frames, times = timed.initial_state(3), [], []
    integrals: list[Tensor] = []
    with torch.no_grad():
        for row in noise:
            before = state
            x, state = timed.generate(state, row[None])
            frames.append(x[0])
            times.append(timed.time_of(state))
            if len(times) > 1:
                integrals.append(timed.moved(before.h, times[-1] - times[-2])[1])
        drawn = torch.stack(times)  # [T, B]
        whole, _ = timed.generate(timed.initial_state(3), noise)
        mask = torch.ones(8, 3)
        terms, _ = timed.score(torch.stack(frames), mask, timed.initial_state(3), noise[..., :0], times=drawn)
        again = timed.likelihood.sample(terms.output, noise[..., :-1])
    gaps = drawn.diff(dim=0)
    assert torch.equal(drawn[0], torch.zeros(3))
    assert (gaps > 0).all()
    assert gaps.max() > 5 * gaps.min()
    assert torch.allclose(torch.stack(integrals), exponential(noise[1:, :, -1]), rtol=1e-3, atol=1e-3)
    assert torch.allclose(whole, torch.stack(frames), atol=1e-5)
    assert torch.allclose(again, whole, atol=1e-3)


def test_the_times_of_a_constant_rate_are_those_of_a_poisson_process(timed: ODERNN) -> None:
    assert timed.rate is not None
    with torch.no_grad():
        for value in timed.rate.network.layers[-1].parameters():
            value.zero_()  # lambda is 1 / interval, but for its floor
        noise = torch.randn(40, 50, timed.noise_width, generator=torch.Generator().manual_seed(2))
        state, times = timed.initial_state(50), []
        for row in noise:
            _, state = timed.generate(state, row[None])
            times.append(timed.time_of(state))
        gaps = torch.stack(times).diff(dim=0) / 0.25  # [39, B], in intervals
        _, still = timed.generate(timed.initial_state(1), noise[:2, :1], output_variance=0.0)
    count = gaps.numel()
    assert float(gaps.mean()) == pytest.approx(1, abs=4 / count**0.5)
    assert float((gaps > 1).double().mean()) == pytest.approx(math.exp(-1), abs=2 / count**0.5)
    assert float(timed.time_of(still)) == pytest.approx(0.25 * math.log(2), rel=1e-3)


def test_nobody_waits_for_ever(timed: ODERNN) -> None:
    assert timed.rate is not None
    with torch.no_grad():
        timed.rate.network.layers[-1].bias.fill_(-100.0)
        _, state = timed.generate(timed.initial_state(4), torch.ones(2, 4, timed.noise_width))
    assert torch.allclose(timed.time_of(state), 25 * exponential(torch.ones(4)), rtol=1e-2)


def test_the_log_likelihood_of_a_constant_rate() -> None:
    """n points in the time T after the first, at rate r per second: n log r - r T."""
    process = PoissonRate(1, BlockSettings(widths=()), Clock(0.2, seconds=3.0))
    rate = torch.full((5, 1), 4.0)  # per unit of 3 seconds
    gaps = torch.tensor([[0.0], [0.1], [0.4], [0.2], [0.3]])
    follows = torch.tensor([[0.0], [1.0], [1.0], [1.0], [1.0]])
    found = process.log_prob(rate, rate * gaps, follows).sum()
    assert float(found) == pytest.approx(4 * math.log(4 / 3) - 4 / 3 * 3.0)


def test_the_rate_before_training_is_about_that_of_the_material() -> None:
    torch.manual_seed(0)
    process = PoissonRate(4, BlockSettings(widths=(16,)), Clock(0.05))
    assert torch.allclose(process(torch.zeros(3, 4)), torch.full((3,), 20.0), rtol=0.5)


def test_a_rate_is_recovered_from_times() -> None:
    """lambda(t) = 6 + 4 sin t, from the times alone; tests/benchmarks has it with a state that has to be found."""
    random = torch.Generator().manual_seed(0)
    rows = []
    for _ in range(60):  # each ends with its 45th point, not at some time: that would tell of what came after it
        candidates = torch.empty(200).exponential_(10.0, generator=random).cumsum(0)
        kept = candidates[torch.rand(200, generator=random) * 10 < 6 + 4 * candidates.sin()]
        rows.append(torch.cat([torch.zeros(1), kept[:45]]))
    times = torch.stack(rows, 1)  # [T, B]
    follows = torch.ones_like(times)
    follows[0] = 0
    torch.manual_seed(0)
    process = PoissonRate(1, BlockSettings(widths=(24,), activation="tanh"), Clock(1 / 6))
    optimiser = torch.optim.Adam(process.parameters(), 0.05)
    settings, start = SolverSettings(method="rk4", step=0.4), torch.zeros(times.shape[1], 2)
    for _ in range(150):
        both = solve(process.beside(torch.ones_like, 1), start, times, settings)
        spent = torch.diff(both[..., 1], dim=0, prepend=torch.zeros_like(times[:1]))
        optimiser.zero_grad()
        torch.autograd.backward(-process.log_prob(process(both[..., :1]), spent, follows).mean())
        optimiser.step()
    grid = torch.linspace(0, 5.5, 50)
    true = 6 + 4 * grid.sin()
    assert ((process(grid[:, None]).detach() - true).abs() / true).mean() < 0.1
