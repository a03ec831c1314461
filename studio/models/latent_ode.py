"""The latent ODE of Chen et al. 2018, section 5 (arXiv:1806.07366), with the encoders of Rubanova et al. 2019.

    prior      z(t_0) ~ N(0, 1)
    dynamics   dz/dt = f(z)
    decoder    x_i ~ p(x; z(t_i)),  i = 0 .. T-1
    encoder    q(z(t_0) | x) = N(mu, diag(sigma^2)), from a recurrent network that reads the points last to first
    bound      log p(x) >= E_q sum_i log p(x_i | z(t_i)) - KL(q(z(t_0) | x) || N(0, 1))

t_0 is the time of a sequence's first point. The equation does not know what time it is, so z(t_0) is all there is to
know of a curve, also before t_0 and after the last point.

Where the times themselves are learned, they are a Poisson process whose rate depends on z(t): `studio.models.poisson`.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from studio.errors import StudioError
from studio.models.blocks import Block
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import FrameDistribution, FrameLikelihood
from studio.models.ode import advance, solve, times_or_even
from studio.models.one_latent import SIGMA_FLOOR, OneLatentModel, terms_of
from studio.models.poisson import PoissonRate
from studio.models.sequence_model import State, Terms
from studio.models.settings import LatentODESettings
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import Clock, FrameLayout


class LatentODE(OneLatentModel):
    """The model.

    Args:
        settings: sizes and kinds of all parts.
        layout: what the columns of a frame are; it has a clock.
        vocabulary: of labels; the model is not told of them.

    Raises:
        StudioError: frames merely follow one another, without times.
    """

    settings: LatentODESettings

    def __init__(self, settings: LatentODESettings, layout: FrameLayout, vocabulary: Vocabulary = NO_LABELS) -> None:
        super().__init__(settings, layout)
        self.settings, self.clock = settings, clock_of(layout, "a latent ODE")
        latent = settings.latent
        self.dynamics = Block((latent,), settings.dynamics, outputs=latent)
        self.encoder = BackwardEncoder(layout.width, settings)
        self.posterior = nn.Linear(settings.hidden, 2 * latent)
        self.decoder = Block((latent,), settings.decoder)
        self.likelihood = FrameLikelihood(self.decoder.width, layout, settings.likelihood)
        self.rate = PoissonRate(latent, settings.rate, self.clock) if settings.poisson else None

    def infer(self, x: Tensor, mask: Tensor, times: Tensor | None = None) -> DiagonalGaussian:
        """q(z(t_0) | x)."""
        first = self._posteriors(x, mask, times_or_even(times, x, self.clock))
        return DiagonalGaussian(first.mean[0], first.sigma[0])

    def _posteriors(self, x: Tensor, mask: Tensor, times: Tensor) -> DiagonalGaussian:
        """q(z(t_i) | x_i, x_{i+1}, ..), what is known of z at each point from those that are not before it."""
        return DiagonalGaussian.from_raw(self.posterior(self.encoder(x, mask, times)), SIGMA_FLOOR)  # [T, B, Z]

    def moved(self, z0: Tensor, times: Tensor) -> Tensor:
        """z at times ``[T, B]`` from z0 ``[B, Z]``, all of them after t_0 or at it."""
        return solve(self.dynamics, z0, times, self.settings.solver)

    def moved_back(self, z0: Tensor, times: Tensor) -> Tensor:
        """z at times ``[T, B]`` before t_0, given as how long before."""
        return solve(lambda z: -self.dynamics(z), z0, times, self.settings.solver)

    def decode(self, z: Tensor) -> FrameDistribution:
        """p(x; z), ``[..., Z]``."""
        return self.likelihood.parameters_from(self.decoder(z))

    def score(
        self,
        x: Tensor,
        mask: Tensor,
        state: State,
        noise: Tensor,
        target: Tensor | None = None,
        times: Tensor | None = None,
    ) -> tuple[Terms, State]:
        """The terms of the bound; z(t_0) takes the noise of the first frame, and `Terms.z` is z(t_i)."""
        times = times_or_even(times, x, self.clock)
        posteriors = self._posteriors(x, mask, times)  # [T, B, Z]
        posterior = DiagonalGaussian(posteriors.mean[0], posteriors.sigma[0])  # [B, Z]
        since = times - times[:1]  # [T, B]
        z, log_times = self._course(posterior.sample(noise[0]), since)  # [T, B, Z], [T, B]
        output = self.decode(z)
        nll = -self.likelihood.log_prob(output, x if target is None else target) - log_times  # [T, B]
        everywhere = DiagonalGaussian(posterior.mean.expand_as(z), posterior.sigma.expand_as(z))
        drawn = torch.zeros_like(mask)
        drawn[0] = 1
        interval = times.new_full((1, x.shape[1]), self.clock.interval)
        following = self.moved(z[-1], interval)[0]  # [B, Z]
        terms = terms_of(everywhere, z, output, nll, mask, drawn)
        if self.training and self.settings.consistency > 0:
            terms = replace(
                terms, extra=self.settings.consistency * 0.5 * (z - posteriors.mean).square().sum(-1) * mask
            )
        return terms, self.begun(following)

    def _course(self, z0: Tensor, since: Tensor) -> tuple[Tensor, Tensor]:
        """z ``[T, B, Z]`` at times since t_0, and log p of those times ``[T, B]``, 0 where they are not learned."""
        if self.rate is None:
            return self.moved(z0, since), torch.zeros_like(since)
        both = torch.cat([z0, torch.zeros_like(z0[:, :1])], -1)  # [B, Z + 1]
        moved = solve(self.rate.beside(self.dynamics, self.latent), both, since, self.settings.solver)  # [T, B, Z + 1]
        z, integral = moved[..., :-1], moved[..., -1]
        spent = torch.diff(integral, dim=0, prepend=torch.zeros_like(integral[:1]))  # [T, B]
        follows = torch.ones_like(spent)
        follows[0] = 0
        return z, self.rate.log_prob(self.rate(z), spent, follows)

    def begun(self, z: Tensor) -> State:
        """The state from which curves are generated whose next point is at z ``[B, Z]``."""
        return State(z, torch.ones_like(z[:, :1]), None)

    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        """Points one interval of the clock apart."""
        latent_noise, output_noise = noise.tensor_split((self.latent,), -1)  # [T, B, Z], [T, B, noise_width - Z]
        steps, batch = noise.shape[:2]
        assert state.cell is not None
        z = torch.where(state.cell > 0, state.h, self.prior(batch).sample(latent_noise[0], latent_variance))  # [B, Z]
        times = torch.arange(steps + 1, device=noise.device, dtype=noise.dtype) * self.clock.interval
        course = self.moved(z, times[:, None].expand(-1, batch))  # [T + 1, B, Z]
        x = self.likelihood.sample(self.decode(course[:-1]), output_noise, output_variance)  # [T, B, D]
        return x, self.begun(course[-1])


class BackwardEncoder(nn.Module):
    """Reads points last to first: a GRU that is told how long it is to the point read before, or an ODE-RNN.

    The ODE-RNN is Algorithm 1 of Rubanova et al. 2019: between two points its state moves as dh/dt = f(h) says.

    Args:
        columns: D.
        settings: of the model.
    """

    def __init__(self, columns: int, settings: LatentODESettings) -> None:
        super().__init__()
        self.hidden, self.solver = settings.hidden, settings.solver
        self.moves = settings.encoder == "ode-rnn"
        if self.moves:
            self.dynamics = Block((self.hidden,), settings.dynamics, outputs=self.hidden)
            self.cell = nn.GRUCell(columns, self.hidden)
        else:
            self.network = nn.GRU(columns + 1, self.hidden)

    def forward(self, x: Tensor, mask: Tensor, times: Tensor) -> Tensor:
        """What it knows once it has read a point and all that follow it: ``[T, B, D]`` to ``[T, B, H]``."""
        gaps = torch.cat([times.diff(dim=0), torch.zeros_like(times[:1])]) * mask  # [T, B], to the next point
        last = torch.cat([mask[1:], torch.zeros_like(mask[:1])])  # [T, B], 0 at the last point
        gaps = gaps * last
        return self._moved(x, mask, gaps) if self.moves else self._told(x, mask, gaps)

    def _told(self, x: Tensor, mask: Tensor, gaps: Tensor) -> Tensor:
        steps, batch = mask.shape
        lengths = mask.sum(0).long()  # [B]
        backwards = (lengths - 1 - torch.arange(steps, device=x.device)[:, None]).clamp(min=0)  # [T, B]
        sequence = torch.arange(batch, device=x.device)
        read, _ = self.network(torch.cat([x, gaps.unsqueeze(-1)], -1)[backwards, sequence])  # [T, B, H]
        found: Tensor = read[backwards, sequence]
        return found

    def _moved(self, x: Tensor, mask: Tensor, gaps: Tensor) -> Tensor:
        h = x.new_zeros(x.shape[1], self.hidden)  # [B, H]
        read = []
        for x_t, mask_t, gap in zip(x.flip(0), mask.flip(0), gaps.flip(0), strict=True):
            moved = advance(self.dynamics, h, gap, self.solver)
            h = torch.where(mask_t[:, None] > 0, self.cell(x_t, moved), h)
            read.append(h)
        return torch.stack(read[::-1])


def clock_of(layout: FrameLayout, what: str) -> Clock:
    """How the times of frames are counted.

    Raises:
        StudioError: frames have none.
    """
    if layout.clock is None:
        raise StudioError(
            f"For {what} frames have to be points at times: choose the representation points, as with "
            "--set representation.kind=points."
        )
    return layout.clock
