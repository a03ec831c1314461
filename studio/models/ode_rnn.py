"""The ODE-RNN as an autoregressive predictor (Rubanova et al. 2019, arXiv:1907.03907, Algorithm 1).

    h(t_i -) = ODESolve(f, h(t_{i-1}), from t_{i-1} to t_i)
    x_i      ~ p(x; h(t_i -))
    h(t_i)   = GRU(h(t_i -), x_i)

Where the times themselves are learned, they are a Poisson process whose rate depends on h(t): `studio.models.poisson`.
They are drawn, too, then; otherwise points are drawn one interval of the clock apart.
"""

from __future__ import annotations

import torch
from msgspec.structs import replace
from torch import Tensor, nn

from studio.models.blocks import Block
from studio.models.curve import CurveModel
from studio.models.likelihoods import FrameDistribution, FrameLikelihood
from studio.models.ode import advance, times_or_even
from studio.models.poisson import PoissonRate, exponential
from studio.models.sequence_model import State, Terms
from studio.models.settings import ODERNNSettings
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import FrameLayout


class ODERNN(CurveModel):
    """The model.

    Args:
        settings: sizes and kinds of all parts.
        layout: what the columns of a frame are; it has a clock.
        vocabulary: of labels; the model is not told of them.

    Raises:
        StudioError: frames merely follow one another, without times.
    """

    def __init__(self, settings: ODERNNSettings, layout: FrameLayout, vocabulary: Vocabulary = NO_LABELS) -> None:
        super().__init__(settings, layout, "an ODE-RNN")
        self.settings = settings
        hidden = settings.hidden
        self.dynamics = Block((hidden,), settings.dynamics, outputs=hidden)
        self.recurrence = nn.GRUCell(layout.width, hidden)
        self.decoder = Block((hidden,), settings.decoder)
        self.likelihood = FrameLikelihood(self.decoder.width, layout, settings.likelihood)
        self.rate = PoissonRate(hidden, settings.rate, self.clock) if settings.poisson else None
        self.draws_times = settings.poisson

    @property
    def noise_width(self) -> int:
        return self.likelihood.noise_width + self.draws_times

    @property
    def memory_width(self) -> int:
        return self.settings.hidden

    def moved(self, h: Tensor, spans: Tensor) -> tuple[Tensor, Tensor]:
        """h ``[B, H]`` after time spans ``[B]``, and the integral of the rate over them ``[B]``, 0 without one."""
        if self.rate is None:
            return advance(self.dynamics, h, spans, self.settings.solver), torch.zeros_like(spans)
        both = torch.cat([h, torch.zeros_like(h[:, :1])], -1)  # [B, H + 1]
        moved = advance(self.rate.beside(self.dynamics, h.shape[-1]), both, spans, self.settings.solver)
        return moved[:, :-1], moved[:, -1]

    def waited(self, h: Tensor, integral: Tensor) -> tuple[Tensor, Tensor]:
        """h ``[B, H]`` when the integral of the rate has become so much ``[B]``, and how long that takes ``[B]``."""
        assert self.rate is not None
        solver = self.settings.solver
        usual = replace(solver, step=solver.step / self.clock.interval)  # the integral over an interval is about 1
        both = torch.cat([h, torch.zeros_like(h[:, :1])], -1)  # [B, H + 1]
        moved = advance(self.rate.instead_of_time(self.dynamics, h.shape[-1]), both, integral, usual)
        return moved[:, :-1], moved[:, -1]

    def decode(self, h: Tensor) -> FrameDistribution:
        """p(x; h), ``[..., H]``."""
        return self.likelihood.parameters_from(self.decoder(h))

    def score(
        self,
        x: Tensor,
        mask: Tensor,
        state: State,
        noise: Tensor,
        target: Tensor | None = None,
        times: Tensor | None = None,
    ) -> tuple[Terms, State]:
        """The terms of the likelihood itself: there is no latent variable, and so no KL. `Terms.h` is h(t_i -)."""
        times = times_or_even(times, x, self.clock)
        h, (last, begun) = state.h, self._past(state)
        before, integrals, follow = [], [], []
        for x_t, mask_t, time in zip(x, mask, times, strict=True):
            there, known = mask_t > 0, mask_t * begun
            arrived, integral = self.moved(h, (time - last).clamp(min=0) * known)  # [B, H], [B]
            before.append(arrived)
            integrals.append(integral)
            follow.append(known)
            h = torch.where(there[:, None], self.recurrence(x_t, arrived), h)
            last, begun = torch.where(there, time, last), torch.maximum(begun, mask_t)
        known_before = torch.stack(before)  # [T, B, H]
        output = self.decode(known_before)
        nll = -self.likelihood.log_prob(output, x if target is None else target) * mask  # [T, B]
        if self.rate is not None:
            nll = nll - self.rate.log_prob(self.rate(known_before), torch.stack(integrals), torch.stack(follow))
        terms = Terms.without_latent(nll, known_before, output, mask)
        return terms, self._after(h, last, begun)

    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        """Points one interval of the clock apart, or when the process of their times has them come.

        The last of a point's numbers decides how long it takes, the longer the larger it is; output variance 0 waits
        for the median.
        """
        h, (last, begun) = state.h, self._past(state)
        frames = []
        for noise_t in noise:
            output_noise, time_noise = noise_t.tensor_split((self.likelihood.noise_width,), -1)
            # The first point is where the clock begins.
            if self.draws_times:
                arrived, span = self.waited(h, begun * exponential(output_variance * time_noise[:, 0]))
            else:
                span = begun * self.clock.interval  # [B]
                arrived, _ = self.moved(h, span)
            x = self.likelihood.sample(self.decode(arrived), output_noise, output_variance)  # [B, D]
            h, last, begun = self.recurrence(x, arrived), last + span, torch.ones_like(begun)
            frames.append(x)
        return torch.stack(frames), self._after(h, last, begun)
