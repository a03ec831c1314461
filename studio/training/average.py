"""The running average of the weights: smoother than the last step, and what samples are drawn with."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor

from studio.models.sequence_model import SequenceModel


class AveragedModel:
    """A model whose weights are an exponential moving average of another's (Polyak averaging).

    Args:
        model: the average begins as its copy.
    """

    def __init__(self, model: SequenceModel) -> None:
        self.model = deepcopy(model).requires_grad_(False).eval()
        self._weights: list[Tensor] = list(self.model.parameters())

    def update(self, model: SequenceModel, decay: float) -> None:
        """average = decay average + (1 - decay) weights."""
        torch._foreach_lerp_(self._weights, [p.detach() for p in model.parameters()], 1 - decay)
