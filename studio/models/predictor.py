"""Deterministic predictors: recurrent networks that say of the next frame what it will be, and leave nothing to chance.

What such a network generates is fed back to it, so it can only repeat one trace; where a pattern decides, it draws the
mean of what may follow. Two kinds, of units with time constants tau that leak towards what drives them:

    u_t = (1 - 1 / tau) u_{t-1} + 1 / tau (W x_t + V c_{t-1} + b),   c_t = tanh(u_t)

    elman    all units are alike and forget at once, tau = 1: h_t = tanh(W x_t + V h_{t-1} + b)   (Elman 1990)
    mtrnn    fast units see the input and make the output; slow units see only fast ones and themselves
             (Yamashita and Tani 2008, doi:10.1371/journal.pcbi.1000220; here without output units of their own)

The prediction is the mean of a Gaussian around it, whose one standard deviation per column is learned and the same for
all frames: so squared errors are its likelihood, and its bound is one to compare others with. There is no z.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.models.likelihoods import FrameDistribution, FrameLikelihood
from studio.models.products import Linear
from studio.models.sequence_model import SequenceModel, State, Terms
from studio.models.settings import PredictorSettings
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import FrameLayout


class Predictor(SequenceModel):
    """The network; its state h is u, of all units, fast ones first.

    Args:
        settings: sizes and time constants.
        layout: what the columns of a frame are. Where the first two are offsets, the network also sees the position
            they lead to. Symbols, such as characters, come one unit for each.
        vocabulary: not made use of.
    """

    tau: Tensor  # [H]

    def __init__(self, settings: PredictorSettings, layout: FrameLayout, vocabulary: Vocabulary = NO_LABELS) -> None:
        super().__init__(settings, layout, NO_LABELS)
        self.settings = settings
        self.fast, self.units = settings.hidden, settings.hidden + settings.slow_units
        self.input = Linear(layout.categories or layout.width + (2 if layout.step else 0), self.fast)
        self.context = nn.Parameter(torch.empty(self.units, self.units).uniform_(-1, 1) / self.units**0.5)  # [H, H]
        self.slow_bias = nn.Parameter(torch.zeros(settings.slow_units))
        self.likelihood = FrameLikelihood(self.fast, layout, settings.likelihood)
        tau = torch.ones(self.units)
        if settings.slow_units:
            tau[: self.fast], tau[self.fast :] = settings.fast_tau, settings.slow_tau
        self.register_buffer("tau", tau, persistent=False)

    @property
    def latent(self) -> int:
        return 0

    @property
    def memory_width(self) -> int:
        return self.units

    @property
    def noise_width(self) -> int:
        return self.likelihood.noise_width

    def initial_state(
        self, batch: int, device: torch.device | str | None = None, labels: Tensor | None = None
    ) -> State:
        """All units at rest, the pen at the origin."""
        zeros = self.context.new_zeros(batch, self.units, device=device)
        return State(h=zeros, cell=None, position=zeros.new_zeros(batch, 2) if self.layout.step else None)

    def drive(self, x: Tensor, position: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """W x + b of frames ``[T, B, D]`` for all units, ``[T, B, H]``; and where they leave the pen, ``[B, 2]``."""
        if position is not None and self.layout.step is not None:
            positions = position + x[..., :2].cumsum(0) * self.layout.step  # [T, B, 2]
            x, position = torch.cat([positions, x], -1), positions[-1]
        if self.layout.categories:
            x = F.one_hot(x[..., 0].long(), self.layout.categories).to(self.context)  # [T, B, V]
        return torch.cat([self.input(x), self.slow_bias.expand(*x.shape[:-1], -1)], -1), position

    def advance(self, u: Tensor, drive: Tensor) -> Tensor:
        """u_t ``[B, H]`` from u_{t-1} and what the input adds ``[B, H]``."""
        return torch.lerp(u, torch.addmm(drive, torch.tanh(u), self.context.t()), 1 / self.tau)

    def predict(self, u: Tensor) -> FrameDistribution:
        """What x_t will be, from the fast units of u_{t-1} ``[..., H]``."""
        return self.likelihood.parameters_from(torch.tanh(u[..., : self.fast]))

    def score(
        self,
        x: Tensor,
        mask: Tensor,
        state: State,
        noise: Tensor,
        target: Tensor | None = None,
        times: Tensor | None = None,
    ) -> tuple[Terms, State]:
        """How far the predictions are off; the bound is the likelihood itself."""
        drive, position = self.drive(x, state.position)  # [T, B, H], [B, 2]
        u, before = state.h, []
        for driven in drive.unbind():
            before.append(u)
            u = self.advance(u, driven)
        h = torch.stack(before)  # [T, B, H]
        output = self.predict(h)
        nll = -self.likelihood.log_prob(output, x if target is None else target) * mask  # [T, B]
        return Terms.without_latent(nll, h, output, mask), State(u, None, position)

    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        """Each frame fed back as the next input."""
        u, position, frames = state.h, state.position, []
        for noise_t in noise.unbind():
            x = self.likelihood.sample(self.predict(u), noise_t, output_variance)  # [B, D]
            drive, position = self.drive(x[None], position)  # [1, B, H], [B, 2]
            u = self.advance(u, drive[0])
            frames.append(x)
        return torch.stack(frames), State(u, None, position)
