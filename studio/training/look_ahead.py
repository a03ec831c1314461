"""An extra task that makes h plan: predict from h_{t-1} where the pen will be many frames from now.

The likelihood of the next frame hardly rewards knowing which turn of a long pattern this is; where the pen will be in
64 frames does. The task is dropped after training and left out of every bound that is reported. (In the spirit of the
auxiliary costs of Trinh et al. 2018, arXiv:1803.00144, and of Z-forcing, Goyal et al. 2017, arXiv:1711.05411.)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from studio.models.gaussian import DiagonalGaussian

WIDTH = 64
SIGMA_FLOOR = 0.05  # far positions need not be exact


class LookAhead(nn.Module):
    """Gaussians over what lies some frames ahead, from h.

    Args:
        hidden: H.
        columns: C, how many numbers to predict per frame: 2 for positions.
        frames: how many frames ahead each of the K predictions looks.
    """

    def __init__(self, hidden: int, columns: int, frames: Sequence[int]) -> None:
        super().__init__()
        self.columns, self.frames = columns, tuple(frames)
        self.net = nn.Sequential(nn.Linear(hidden, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 2 * columns * len(self.frames)))

    @property
    def farthest(self) -> int:
        """How many frames after a window are needed to judge its predictions."""
        return max(self.frames, default=0)

    def forward(self, h: Tensor, future: Tensor, mask: Tensor) -> Tensor:
        """The mean negative log likelihood of the predictions, a scalar.

        Args:
            h: ``[T, B, H]``, h_{t-1}.
            future: ``[T + farthest, B, C]``, what is to be predicted, from frame 1 of the window on.
            mask: ``[T + farthest, B]``, 1 where there is a frame.
        """
        steps = len(h)
        raw = self.net(h).view(*h.shape[:2], len(self.frames), 2 * self.columns)  # [T, B, K, 2 C]
        there = torch.stack([future[k : k + steps] for k in self.frames], 2)  # [T, B, K, C]
        exists = torch.stack([mask[k : k + steps] for k in self.frames], 2) * mask[:steps, :, None]  # [T, B, K]
        nll = -DiagonalGaussian.from_raw(raw, SIGMA_FLOOR).log_prob(there)  # [T, B, K]
        return (nll * exists).sum() / exists.sum().clamp(min=1)
