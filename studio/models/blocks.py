"""Feed-forward parts of the networks: phi_x, phi_z, prior, encoder and decoder are all made of these."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.models.products import Linear, linear
from studio.models.settings import BlockSettings

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "elu": F.elu,
    "silu": F.silu,
}


class Block(nn.Module):
    """Fully connected layers over one or several inputs, which are thought of as concatenated.

    Each layer of ``settings.widths`` is followed by the activation; ``outputs`` adds a last layer without one. Without
    any layer the inputs go straight on.

    The first layer is a sum over its inputs, W [a, b] + bias = (W_a a + bias) + W_b b, and can be computed in parts:
    what needs no recurrence is taken out of the loop over time (`from_first_input`, `second_input_weight`).
    """

    def __init__(self, inputs: tuple[int, ...], settings: BlockSettings, outputs: int | None = None) -> None:
        super().__init__()
        self.inputs = inputs
        self._activation = _ACTIVATIONS[settings.activation]
        sizes = [sum(inputs), *settings.widths] + ([] if outputs is None else [outputs])
        self.layers = nn.ModuleList(Linear(n, m) for n, m in pairwise(sizes))
        self._activated = len(settings.widths)
        self.width = sizes[-1]

    @property
    def first_width(self) -> int:
        """The width of the first layer."""
        return self._first.out_features

    @property
    def _first(self) -> nn.Linear:
        return cast(nn.Linear, self.layers[0])

    def from_first_input(self, value: Tensor) -> Tensor:
        """The first input's share of the first layer, with the bias: ``[..., inputs[0]] -> [..., first_width]``."""
        return linear(value, self._first.weight[:, : self.inputs[0]], self._first.bias)

    @property
    def second_input_weight(self) -> Tensor:
        """The second input's share of the first layer's weight, ``[first_width, inputs[1]]``."""
        return self.input_weight(1)

    def input_weight(self, index: int) -> Tensor:
        """An input's share of the first layer's weight, ``[first_width, inputs[index]]``."""
        start = sum(self.inputs[:index])
        return self._first.weight[:, start : start + self.inputs[index]]

    def after_first(self, value: Tensor) -> Tensor:
        """What follows once the shares of the first layer are added up: ``[..., first_width] -> [..., width]``."""
        for index, layer in enumerate(self.layers):
            if index > 0:
                value = layer(value)
            if index < self._activated:
                value = self._activation(value)
        return value

    def forward(self, *values: Tensor) -> Tensor:
        """Inputs ``[..., inputs[i]]`` to ``[..., width]``; leading dimensions of 1, or missing ones, are repeated."""
        if not self.layers:
            return torch.cat([value.expand(*values[0].shape[:-1], -1) for value in values], -1)
        first = self.from_first_input(values[0])
        for index, value in enumerate(values[1:], 1):
            first = first + linear(value, self.input_weight(index))
        return self.after_first(first)
