"""A neural ODE fitted to trajectories: dx/dt = f(x) with a network for f (Chen et al. 2018, arXiv:1806.07366).

A point of the material is started from, and the points that follow it are predicted:

    x_i ~ N(x(t_i), diag(sigma^2)),   x(t_0) = x_0,   dx/dt = f(x)

After at most `horizon` of them the next is started from. The first of a sequence has nobody before it: it is drawn from
one Gaussian for all sequences.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.errors import StudioError
from studio.models.blocks import Block
from studio.models.curve import CurveModel
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import Bernoullis, FrameDistribution
from studio.models.ode import solve, times_or_even
from studio.models.sequence_model import State, Terms
from studio.models.settings import NeuralODESettings
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import FrameLayout


class NeuralODE(CurveModel):
    """The model. In its `State`, ``h`` [B, D] is the point to start from.

    Args:
        settings: of f and the solver.
        layout: what the columns of a frame are: points at times.
        vocabulary: of labels; the model is not told of them.

    Raises:
        StudioError: frames are something else.
    """

    def __init__(self, settings: NeuralODESettings, layout: FrameLayout, vocabulary: Vocabulary = NO_LABELS) -> None:
        super().__init__(settings, layout, "a neural ODE")
        self.settings = settings
        if layout.binary:
            raise StudioError("A neural ODE moves points; frames with columns of zeros and ones are not for it.")
        columns = layout.width
        self.dynamics = Block((columns,), settings.dynamics, outputs=columns)
        raw = math.log(math.expm1(max(settings.sigma_start - settings.sigma_floor, 1e-3)))  # inverse of softplus
        self.raw_sigma = nn.Parameter(torch.full((columns,), raw))
        self.start_mean = nn.Parameter(torch.zeros(columns))
        self.raw_start_sigma = nn.Parameter(torch.full((columns,), math.log(math.expm1(1.0))))

    @property
    def noise_width(self) -> int:
        return self.layout.width

    @property
    def memory_width(self) -> int:
        return self.layout.width

    def velocity(self, x: Tensor) -> Tensor:
        """f, the vector field: ``[..., D]`` to ``[..., D]`` position units per unit of time."""
        found: Tensor = self.dynamics(x)
        return found

    def around(self, x: Tensor) -> DiagonalGaussian:
        """Where a point is observed that the curve has at x ``[..., D]``."""
        sigma = F.softplus(self.raw_sigma) + self.settings.sigma_floor  # [D]
        return DiagonalGaussian(x, sigma.expand_as(x))

    def start(self, batch: int) -> DiagonalGaussian:
        """Where sequences begin, ``[B, D]``."""
        sigma = F.softplus(self.raw_start_sigma) + self.settings.sigma_floor
        return DiagonalGaussian(self.start_mean.expand(batch, -1), sigma.expand(batch, -1))

    def score(
        self,
        x: Tensor,
        mask: Tensor,
        state: State,
        noise: Tensor,
        target: Tensor | None = None,
        times: Tensor | None = None,
    ) -> tuple[Terms, State]:
        """The terms of the likelihood itself: there is no latent variable, and so no KL."""
        times = times_or_even(times, x, self.clock)
        last, ever = self._past(state)  # [B]
        begun = ever[:, None] > 0  # [B, 1]
        before = torch.where(begun, state.h, x[0])  # [B, D]
        since = torch.where(ever > 0, last, times[0])  # [B]
        predicted = self._predicted(torch.cat([before[None], x]), torch.cat([since[None], times]))  # [T, B, D]
        curve, first = self.around(predicted), self.start(x.shape[1])
        mean = torch.cat([torch.where(begun, curve.mean[0], first.mean)[None], curve.mean[1:]])
        sigma = torch.cat([torch.where(begun, curve.sigma[0], first.sigma)[None], curve.sigma[1:]])
        output = DiagonalGaussian(mean, sigma)  # [T, B, D]
        nll = -output.log_prob(x if target is None else target) * mask
        known = torch.cat([before[None], x[:-1]])  # [T, B, D]
        distribution = FrameDistribution(output, Bernoullis(x[..., :0], x[..., :0]))
        terms = Terms.without_latent(nll, known, distribution, mask)
        return terms, self._after(x[-1], times[-1], torch.ones_like(times[-1]))

    def _predicted(self, x: Tensor, times: Tensor) -> Tensor:
        """Every point but the first, from the one that was last started from: ``[T + 1, B, D]`` to ``[T, B, D]``."""
        steps, batch, columns = len(x) - 1, *x.shape[1:]
        ahead = min(self.settings.horizon, steps)
        pieces = -(-steps // ahead)
        starts = torch.arange(pieces, device=x.device) * ahead  # [P]
        frames = (starts + 1 + torch.arange(ahead, device=x.device)[:, None]).clamp(max=steps)  # [ahead, P]
        spans = times[frames] - times[starts]  # [ahead, P, B]
        moved = solve(
            self.velocity,
            x[starts].reshape(pieces * batch, columns),
            spans.reshape(ahead, pieces * batch).clamp(min=0),
            self.settings.solver,
        )  # [ahead, P B, D]
        in_order = moved.reshape(ahead, pieces, batch, columns).transpose(0, 1)  # [P, ahead, B, D]
        return in_order.reshape(pieces * ahead, batch, columns)[:steps]

    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        """Points one interval of the clock apart; where there is none to start from, one is drawn.

        The latent variance scales how far that one may be from the mean.
        """
        steps, batch = noise.shape[:2]
        interval = self.clock.interval
        last, ever = self._past(state)  # [B]
        begun = ever[:, None] > 0  # [B, 1]
        drawn = self.start(batch).sample(noise[0], latent_variance)  # [B, D]
        # A curve that has begun is at the point before; one that begins is at its first point.
        next_one = self._moved(state.h, noise.new_full((1, batch), interval))[0] if bool(begun.any()) else drawn
        x0 = torch.where(begun, next_one, drawn)  # [B, D]
        times = torch.arange(steps, device=noise.device, dtype=noise.dtype)[:, None].expand(-1, batch) * interval
        curve = self._moved(x0, times)  # [T, B, D]
        last = last + torch.where(ever > 0, steps, steps - 1) * interval
        frames = self.around(curve).sample(noise, output_variance)
        return frames, self._after(curve[-1], last, torch.ones_like(last))

    def _moved(self, x: Tensor, times: Tensor) -> Tensor:
        return solve(self.velocity, x, times, self.settings.solver)
