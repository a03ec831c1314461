"""When points are observed: an inhomogeneous Poisson process whose rate depends on a state that an equation moves.

    log p(t_1 .. t_n | t_0) = sum_i log lambda(t_i) - integral from t_0 to t_n of lambda(t) dt

(Rubanova et al. 2019, arXiv:1907.03907, section 3.3). The integral is one more column of the state, whose derivative is
the rate; so it is solved with the same steps as the state itself.

The integral from one point to the next is exponential with mean 1, whatever the rate (the time-rescaling theorem, Brown
et al. 2002, Neural Computation 14). So a point is drawn by solving the equation up to such a number with the integral
in the place of time, and with time as one more column: its derivative is 1 / lambda.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.models.blocks import Block
from studio.models.settings import BlockSettings
from studio.sequences.sequence import Clock

_LEAST_RATE = 1e-4  # as a share of the usual one, so that no logarithm is infinite
_LEAST_RATE_DRAWN = 0.01  # likewise, so that nobody waits for ever


def exponential(noise: Tensor) -> Tensor:
    """Exponential numbers with mean 1 from standard normal ones, in the same order; the median where they are 0."""
    found: Tensor = -torch.special.log_ndtr(-noise)
    return found


class PoissonRate(nn.Module):
    """lambda as a function of the state, per unit of the layout's clock.

    Args:
        inputs: Z, the width of the state.
        settings: of the network.
        clock: its interval says about how large the rate is.
    """

    def __init__(self, inputs: int, settings: BlockSettings, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.network = Block((inputs,), settings, outputs=1)

    def forward(self, z: Tensor) -> Tensor:
        """lambda(z), ``[..., Z] -> [...]``; about 1 / interval before training."""
        raw: Tensor = self.network(z).squeeze(-1)
        return (F.softplus(raw) / math.log(2) + _LEAST_RATE) / self.clock.interval

    def beside(self, dynamics: Callable[[Tensor], Tensor], width: int) -> Callable[[Tensor], Tensor]:
        """f of the state with the integral of the rate behind it: ``[..., Z + 1]`` to its derivative.

        Args:
            dynamics: of the state alone.
            width: Z; columns of the state beyond it do not bear on the rate.
        """

        def both(value: Tensor) -> Tensor:
            z = value[..., :width]
            return torch.cat([dynamics(z), self(z).unsqueeze(-1)], -1)

        return both

    def instead_of_time(self, dynamics: Callable[[Tensor], Tensor], width: int) -> Callable[[Tensor], Tensor]:
        """What f is where the integral of the rate takes the place of time, which is the column behind the state.

        Args:
            dynamics: of the state alone, by time.
            width: Z.
        """

        def both(value: Tensor) -> Tensor:
            z = value[..., :width]
            rate = self(z).unsqueeze(-1).clamp(min=_LEAST_RATE_DRAWN / self.clock.interval)
            found: Tensor = torch.cat([dynamics(z), torch.ones_like(rate)], -1) / rate
            return found

        return both

    def log_prob(self, rate: Tensor, spent: Tensor, follows: Tensor) -> Tensor:
        """What each observation adds to log p of the times, in nats per second, ``[...]``.

        Args:
            rate: ``[...]``, lambda at the observation.
            spent: ``[...]``, the integral since the observation before.
            follows: ``[...]``, 1 where there was one before, 0 for the first, whose time is given.
        """
        return follows * (rate.log() - math.log(self.clock.seconds) - spent)
