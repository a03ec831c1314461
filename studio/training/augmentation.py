"""What training does to drawings before the model sees them: stretching, turning, and noise on the input.

All three work on frames whose first two columns are offsets. Each has a part that lasts from window to window:
a drawing is stretched and turned as a whole, and noise on the last position of a window shows in the first offset
of the next.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from studio.training.recipe import ObjectiveSettings


class Disturbance(NamedTuple):
    """What lasts from one window to the next."""

    distortion: Tensor  # [B, 2, 2], of each stream's drawing
    noise: Tensor  # [B, 2], on the last position, in position units

    @classmethod
    def none(cls, batch: int, device: torch.device | str) -> Disturbance:
        """Nothing is disturbed."""
        return cls(torch.eye(2, device=device).repeat(batch, 1, 1), torch.zeros(batch, 2, device=device))


def begin_anew(disturbance: Disturbance, fresh: Tensor, distortion: Tensor) -> Disturbance:
    """Another distortion [B, 2, 2], and no noise yet, for the streams [B] that begin a drawing."""
    return Disturbance(
        torch.where(fresh[:, None, None], distortion, disturbance.distortion),
        disturbance.noise.masked_fill(fresh[:, None], 0.0),
    )


def random_distortions(count: int, settings: ObjectiveSettings, generator: torch.Generator) -> Tensor:
    """Matrices ``[count, 2, 2]`` that stretch width and height, each by its own factor, and then turn."""
    draw = 2 * torch.rand(count, 3, generator=generator) - 1  # [count, 3] in -1 to 1
    factor = 1 + settings.random_stretch * draw[:, :2]  # [count, 2]
    angle = math.radians(settings.random_rotation) * draw[:, 2]  # [count]
    rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], -1).view(-1, 2, 2)
    return rotation * factor[:, None, :]


def distorted(frames: Tensor, distortion: Tensor) -> Tensor:
    """Frames ``[T, B, D]`` with their offsets multiplied by each drawing's matrix ``[B, 2, 2]``."""
    offsets = torch.einsum("bij,tbj->tbi", distortion, frames[..., :2])  # [T, B, 2]
    return torch.cat([offsets, frames[..., 2:]], -1)


def with_input_noise(x: Tensor, before: Tensor, noise: Tensor, step: float) -> tuple[Tensor, Tensor]:
    """What the model sees, and what it should predict, when every position it sees is a little off.

    It sees p_t + n_t in place of the position p_t, and is asked for the offset that leads from where it believes the
    pen to be to where the pen should go: so it learns to correct its own deviations, as it must when it runs freely.

    Args:
        x: ``[T, B, D]``, offsets p_t - p_{t-1} in units of ``step``, and other columns.
        before: ``[B, 2]``, n_0, the noise on the position before the first.
        noise: ``[T, B, 2]``, n_t, in position units.
        step: position units per unit of offset.

    Returns:
        The frames to see, whose offsets are p_t + n_t - (p_{t-1} + n_{t-1}), and the frames to predict, whose offsets
        are p_t - (p_{t-1} + n_{t-1}); ``[T, B, D]`` both.
    """
    previous = torch.cat([before[None], noise[:-1]])  # [T, B, 2]
    rest = x[..., 2:]  # [T, B, D - 2]
    target = x[..., :2] - previous / step  # [T, B, 2]
    return torch.cat([target + noise / step, rest], -1), torch.cat([target, rest], -1)
