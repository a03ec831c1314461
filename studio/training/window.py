"""What the loss of a window is computed from, besides the model and what is carried on: everything that changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Window(NamedTuple):
    """A batch, all that chance has drawn for it, and the weights of the terms of the loss as they are by now.

    Nothing else changes from window to window, unless somebody changes a setting: so the work on one window can be
    recorded and done again on another (see `studio.training.step_graph`). What is absent is left out of the work.
    """

    frames: Tensor  # [T, B, D]
    mask: Tensor  # [T, B], 1 where there is a frame
    fresh: Tensor  # [B], true where the first frame begins a sequence
    ahead: Tensor  # [A, B, D], the frames that follow
    ahead_mask: Tensor  # [A, B]
    labels: Tensor  # [B, V], 1 for each thing that a label names
    times: Tensor | None  # [T, B]
    distortion: Tensor  # [B, 2, 2], of the drawings that begin
    input_noise: Tensor | None  # [T + F, B, 2], in position units; F: frames after the window that the model is shown
    noise: Tensor  # [T, B, Z + G], standard normal, of the posterior
    kl_weight: Tensor  # []
    latent_look_ahead: Tensor | None  # [], weight of the extra task for h with z
    whole_weight: Tensor | None = None  # [], of the KL of g
    keep: Tensor | None = None  # [T, B, H], dropout: what h is multiplied by on its way to the decoder

    def each(self, change: Callable[[Tensor], Tensor]) -> Window:
        """The same of what `change` makes of every tensor."""
        return Window(*(None if value is None else change(value) for value in self))  # type: ignore[arg-type]

    def to(self, device: torch.device | str) -> Window:
        """The same there."""
        return self.each(lambda value: value.to(device))
