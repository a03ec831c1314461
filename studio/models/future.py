"""What a posterior may know of the frames that follow: a_t, a summary of x_t, x_{t+1}, ... that the encoder sees.

A posterior that knows what follows can put into z_t what is decided at t but shows only later; the prior cannot see it,
so the bound (11) of Chung et al. holds as it is. Two kinds, both computed for all frames before the loop over time:

    smoothing   a_t = g(phi_x(x_t), a_{t+1}), a GRU that runs from the last frame back to the first, as in the SRNN
                (Fraccaro et al. 2016, arXiv:1605.07571, section 3.2)
    window      a_t = relu(W [x_{t+k}, x_{t+2k}, ...] + b), 16 of the next frames (for pens, where they lead to)

Where a sequence ends, so does what is known: a after the last frame is zero, and frames that are not there are zeros.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.models.products import Linear
from studio.models.recurrence import GRU
from studio.models.scan import recurrent_states
from studio.sequences.sequence import FrameLayout

POINTS = 16  # of a window
_HOLD = 100.0  # added to an update gate, so that the state stays as it is


class Future(nn.Module):
    """a_t of frames that follow one another."""

    @abstractmethod
    def forward(self, x: Tensor, phi_x: Tensor, mask: Tensor, steps: int) -> Tensor:
        """Summaries ``[T, B, A]``.

        Args:
            x: ``[N, B, D]``, T frames and those known to follow them.
            phi_x: ``[N, B, X]``, of them.
            mask: ``[N, B]``, 1 where there is a frame.
            steps: T.
        """


class Smoother(Future):
    """The recurrence that runs backwards.

    Args:
        inputs: X.
        units: A.
    """

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.recurrence = GRU((inputs, 0), units, memory=0)

    def forward(self, x: Tensor, phi_x: Tensor, mask: Tensor, steps: int) -> Tensor:
        units = self.recurrence.hidden
        hold = torch.cat([mask.new_zeros(units), mask.new_full((units,), _HOLD), mask.new_zeros(units)])  # [3 A]
        drive = self.recurrence.drive(phi_x) + (1 - mask)[..., None] * hold  # [N, B, 3 A]
        nothing = drive.new_zeros(drive.shape[1], units)
        return recurrent_states(self.recurrence, drive.flip(0), nothing).flip(0)[:steps]


class FutureWindow(Future):
    """Some of the next frames at once.

    Args:
        layout: of the frames. Where they hold offsets, the window holds where these lead to, seen from x_t; elsewhere
            it holds phi_x.
        inputs: X.
        frames: how far the window reaches.
        units: A.
    """

    def __init__(self, layout: FrameLayout, inputs: int, frames: int, units: int) -> None:
        super().__init__()
        self.offsets = layout.step is not None
        self.reach = [max(1, round(frames * (k + 1) / POINTS)) for k in range(POINTS)]
        self.layer = Linear(POINTS * (layout.width if self.offsets else inputs), units)

    def forward(self, x: Tensor, phi_x: Tensor, mask: Tensor, steps: int) -> Tensor:
        beyond = max(0, steps + self.reach[-1] - len(x))
        places, here = phi_x, phi_x.new_zeros(1)
        if self.offsets:
            places = torch.cat([x[..., :2].cumsum(0), x[..., 2:]], -1)  # [N, B, D]
            here = F.pad(places[:steps, :, :2], (0, x.shape[-1] - 2))  # [T, B, D]
        there = F.pad(mask, (0, 0, 0, beyond))[..., None]  # [N', B, 1]
        following = F.pad(places, (0, 0, 0, 0, 0, beyond))  # [N', B, D]
        points = [(following[k : k + steps] - here) * there[k : k + steps] for k in self.reach]  # [T, B, D] each
        return torch.relu(self.layer(torch.cat(points, -1)))
