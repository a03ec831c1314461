"""The objective that many implementations of the VRNN minimise: squared errors, with a KL weight that adapts.

    RE + w KL        RE = sum over columns of (x_t - mean_t)^2, and a cross entropy where a column is binary

After every window w moves a little towards the weight at which w KL would be a chosen share r of RE,

    w <- w^(1 - a) (r RE / KL)^a        a = 0.02, w kept within 1e-6 and 1e3

as an experiment of Verduzco (2023) kept w KL / RE near a chosen ratio; these formulas are our own reading of it. The
mean of the output is compared, never a sample of it: that would drive sigma to 0.

Squared errors say nothing about sigma. So that samples and bounds mean something, the standard deviations that all
frames share are fitted beside, by likelihood, and nothing else learns from that.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio.models.gaussian import DiagonalGaussian
from studio.models.sequence_model import Terms

RATE = 0.02  # a
LEAST, MOST = 1e-6, 1e3
_TINY = 1e-12  # in place of a KL or an error of 0


class SquaredError(nn.Module):
    """The error, and the weight that adapts to it.

    Args:
        start: w before the first window.
    """

    weight: Tensor  # [], w

    def __init__(self, start: float) -> None:
        super().__init__()
        self.register_buffer("weight", torch.tensor(min(max(start, LEAST), MOST)))

    def forward(self, terms: Terms, target: Tensor) -> tuple[Tensor, Tensor]:
        """The error, mean over frames, and a term that is 0 and fits sigma; scalars.

        Args:
            terms: of a model with a Gaussian whose sigma all frames share.
            target: ``[T, B, D]``.
        """
        output = terms.output.continuous
        assert isinstance(output, DiagonalGaussian)
        columns = output.mean.shape[-1]
        error = (target[..., :columns] - output.mean).square().sum(-1)  # [T, B]
        if target.shape[-1] > columns:
            error = error - terms.output.binary.log_prob(target[..., columns:])
        count = terms.mask.sum()
        around = DiagonalGaussian(output.mean.detach(), output.sigma)
        fit = -(around.log_prob(target[..., :columns]) * terms.mask).sum() / count
        return (error * terms.mask).sum() / count, fit - fit.detach()

    @torch.no_grad()
    def adapt(self, error: Tensor, kl: Tensor, ratio: float) -> None:
        """Move w a little, after a window of this error and KL, both scalars."""
        wanted = ratio * error.clamp(min=_TINY) / kl.clamp(min=_TINY)
        moved = self.weight.log() * (1 - RATE) + wanted.log() * RATE
        self.weight.copy_(moved.exp().clamp(LEAST, MOST))
