"""Ordinary differential equations dz/dt = f(z) with a network for f (Chen et al. 2018, arXiv:1806.07366).

They are solved by torchdiffeq, whose every step can be differentiated. Here are the two ways in which models go by it:
one call for many sequences, each observed at times of its own; and one call that moves the states of many sequences on,
each by a time span of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from studio.models.settings import SolverSettings
from studio.sequences.sequence import Clock

MOST_NODES = 400  # times at which a solution is asked for; more are read off between them
MOST_STEPS = 2_000  # of an adaptive solver; a solution that needs more has gone astray
_APART = 1e-5  # as a share of the whole: times that differ by less are hardly to be told apart in 32 bits

Dynamics = Callable[[Tensor], Tensor]
"""f, ``[..., Z] -> [..., Z]``."""


def solve(dynamics: Dynamics, z0: Tensor, times: Tensor, settings: SolverSettings) -> Tensor:
    """z(t) of B sequences, each at its own times, by one call of the solver.

    The solver is asked for the union of all times. Where there are too many, or the solver takes steps of equal size
    anyway, it is asked for evenly spaced ones; what lies between is read off cubic Hermite curves, whose error is of
    the fourth order, like the solver's own.

    Args:
        dynamics: f, the same at all times.
        z0: ``[B, Z]``, z(0).
        times: ``[T, B]``, none below 0. For times before z0 was, hand over -f and -t.
        settings: of the solver.

    Returns:
        ``[T, B, Z]``; NaN where the solution runs away, so that whoever learns takes a step back.
    """
    nodes = _nodes(times.detach(), settings)  # [N]
    if len(nodes) == 1:
        return z0.expand(len(times), *z0.shape)
    values = _integrated(lambda _, z: dynamics(z), z0, nodes, settings)  # [N, B, Z]
    place = torch.searchsorted(nodes, times.contiguous(), right=True).sub_(1).clamp_(0, len(nodes) - 2)  # [T, B]
    width = nodes[place + 1] - nodes[place]  # [T, B]
    share = ((times - nodes[place]) / width).unsqueeze(-1)  # [T, B, 1], 0 to 1
    sequence = torch.arange(z0.shape[0], device=z0.device)
    before, after = values[place, sequence], values[place + 1, sequence]  # [T, B, Z] each
    if bool(((share == 0) | (share == 1)).all()):  # all times are nodes
        return torch.where(share == 0, before, after)
    slopes = dynamics(values)  # [N, B, Z]
    width = width.unsqueeze(-1)
    return _hermite(share, before, after, width * slopes[place, sequence], width * slopes[place + 1, sequence])


def advance(dynamics: Dynamics, z: Tensor, spans: Tensor, settings: SolverSettings) -> Tensor:
    """z of B sequences, each moved on by a time span of its own, by one call of the solver.

    With s = t / span, dz/ds = span f(z) from s = 0 to 1.

    Args:
        dynamics: f.
        z: ``[B, Z]``.
        spans: ``[B]``, none below 0.
        settings: of the solver.

    Returns:
        ``[B, Z]``.
    """
    longest = float(spans.detach().max())
    if longest == 0:
        return z
    steps = 1 if settings.method == "dopri5" else max(1, math.ceil(longest / settings.step))
    nodes = torch.linspace(0, 1, steps + 1, device=z.device)
    return _integrated(lambda _, y: spans.unsqueeze(-1) * dynamics(y), z, nodes, settings)[-1]


def times_or_even(times: Tensor | None, x: Tensor, clock: Clock) -> Tensor:
    """The times ``[T, B]`` of frames ``[T, B, D]``, evenly spaced where they are not given."""
    if times is not None:
        return times
    steps, batch = x.shape[:2]
    even = torch.arange(steps, device=x.device, dtype=x.dtype) * clock.interval  # [T]
    return even[:, None].expand(steps, batch)


def _nodes(times: Tensor, settings: SolverSettings) -> Tensor:
    """The times to ask the solver for, ascending from 0."""
    zero = times.new_zeros(1)
    longest = float(times.max())
    if longest <= 0:
        return zero
    if settings.method == "dopri5":
        union: Tensor = torch.unique(torch.cat([zero, times.flatten().clamp(min=0)]))  # ascending
        if len(union) <= MOST_NODES and float(union.diff().min()) > _APART * longest:
            return union
        steps = MOST_NODES - 1
    else:
        steps = max(1, math.ceil(longest / settings.step))
    return torch.linspace(0, longest, steps + 1, device=times.device, dtype=times.dtype)


def _integrated(function: Callable[[Tensor, Tensor], Tensor], z0: Tensor, nodes: Tensor, s: SolverSettings) -> Tensor:
    options: dict[str, Any] = {"max_num_steps": MOST_STEPS} if s.method == "dopri5" else {}
    try:
        solution: Tensor = _odeint()(
            function, z0, nodes, rtol=s.relative_error, atol=s.absolute_error, method=s.method, options=options
        )
    except AssertionError:  # torchdiffeq's way to say that steps became too small, or too many, or values infinite
        return (z0 * math.nan).expand(len(nodes), *z0.shape)
    return solution


@cache
def _odeint() -> Callable[..., Tensor]:
    # Its constants are made with it: nothing could be learned through them, were they made for drawing only.
    with torch.inference_mode(mode=False):
        from torchdiffeq import odeint  # brings scipy with it, which takes a while

    found: Callable[..., Tensor] = odeint
    return found


def _hermite(s: Tensor, p0: Tensor, p1: Tensor, m0: Tensor, m1: Tensor) -> Tensor:
    """The cubic curve from p0 to p1 with slopes m0 and m1, at s from 0 to 1."""
    rest = 1 - s
    return rest.square() * ((1 + 2 * s) * p0 + s * m0) + s.square() * ((3 - 2 * s) * p1 - rest * m1)
