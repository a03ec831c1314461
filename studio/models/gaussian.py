"""The diagonal Gaussian: prior and posterior of z, and the simplest output distribution."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)


class DiagonalGaussian(NamedTuple):
    """N(mean, diag(sigma^2)); all that it computes is summed over the last dimension."""

    mean: Tensor  # [..., D]
    sigma: Tensor  # [..., D]

    @classmethod
    def from_raw(cls, raw: Tensor, floor: float) -> DiagonalGaussian:
        """From a network's output ``[..., 2 D]``: sigma = floor + softplus(raw), so that no density is unbounded."""
        mean, raw_sigma = raw.chunk(2, -1)  # [..., D] each
        return cls(mean, F.softplus(raw_sigma) + floor)

    @classmethod
    def standard(cls, like: Tensor, columns: int) -> DiagonalGaussian:
        """N(0, 1) over so many columns, as often as ``like`` [..., any] has rows."""
        mean = like.new_zeros(*like.shape[:-1], columns)  # [..., D]
        return cls(mean, torch.ones_like(mean))

    def detach(self) -> DiagonalGaussian:
        """The same distribution, that nothing is learned through."""
        return DiagonalGaussian(self.mean.detach(), self.sigma.detach())

    def sample(self, noise: Tensor, scale: float = 1.0) -> Tensor:
        """mean + scale * sigma * noise, with standard normal noise ``[..., D]``: ``[..., D]``."""
        return torch.addcmul(self.mean, self.sigma, noise, value=scale)

    def log_prob(self, x: Tensor) -> Tensor:
        """log N(x; mean, sigma^2), ``[...]``."""
        standardised = (x - self.mean) / self.sigma  # [..., D]
        return -(0.5 * standardised.square() + self.sigma.log() + HALF_LOG_2_PI).sum(-1)

    def kl(self, other: DiagonalGaussian) -> Tensor:
        """KL(self || other) = sum log(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2, ``[...]``."""
        ratio = self.sigma / other.sigma  # [..., D]
        distance = (self.mean - other.mean) / other.sigma  # [..., D]
        return (0.5 * (ratio.square() + distance.square() - 1) - ratio.log()).sum(-1)
