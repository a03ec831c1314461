"""What carries the state h from step to step: h_t = f(phi_x(x_t), phi_z(z_t), h_{t-1}), equation (7).

Every kind is written in two parts, so that only what truly depends on the step before runs step by step:

    drive   = W_x phi_x + b                    for all steps at once
    from_h  = W_h h                            step by step
    h', c'  = step(drive + W_z phi_z, from_h)  step by step

The gates are ordered as in torch.nn.GRUCell, LSTMCell and RNNCell, whose weight_ih is [W_x, W_z] and bias_ih is b.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.models.products import linear


class Recurrence(nn.Module):
    """The weights that all kinds share.

    Args:
        inputs: sizes X and Z of phi_x and phi_z.
        hidden: H, the size of h.
        memory: the longest time span, in steps, that the gates start out with; 0 for an ordinary start.
    """

    gates: ClassVar[int]  # G
    has_cell: ClassVar[bool] = False

    def __init__(self, inputs: tuple[int, int], hidden: int, memory: float) -> None:
        super().__init__()
        self.hidden = hidden
        rows = self.gates * hidden
        self.weight_x = nn.Parameter(torch.empty(rows, inputs[0]))  # [G H, X]
        self.weight_z = nn.Parameter(torch.empty(rows, inputs[1]))  # [G H, Z]
        self.weight_h = nn.Parameter(torch.empty(rows, hidden))  # [G H, H]
        self.bias = nn.Parameter(torch.empty(rows))  # [G H]
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5)
        if memory > 1:
            self._remember(memory)

    def _remember(self, memory: float) -> None:
        """Start gates so that time spans between 1 and ``memory`` steps are remembered."""

    def drive(self, phi_x: Tensor) -> Tensor:
        """The part of the input that needs no recurrence: ``[..., X] -> [..., G H]``."""
        return linear(phi_x, self.weight_x, self.bias)

    def step(self, inputs: Tensor, from_h: Tensor, h: Tensor, cell: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """One step.

        Args:
            inputs: ``[B, G H]``, drive + W_z phi_z.
            from_h: ``[B, G H]``, W_h h.
            h: ``[B, H]``, the state before.
            cell: ``[B, H]``, the LSTM's second state; None for the others.

        Returns:
            h and cell after the step.
        """
        raise NotImplementedError

    def forward(
        self, phi_x: Tensor, phi_z: Tensor, h: Tensor, cell: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """h_t = f(phi_x ``[B, X]``, phi_z ``[B, Z]``, h_{t-1} ``[B, H]``), equation (7)."""
        inputs = self.drive(phi_x) + F.linear(phi_z, self.weight_z)  # [B, G H]
        return self.step(inputs, F.linear(h, self.weight_h), h, cell)


class GRU(Recurrence):
    """Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), in the form of torch.nn.GRUCell."""

    gates = 3  # reset, update, candidate

    def _remember(self, memory: float) -> None:
        _chrono(self.bias[self.hidden : 2 * self.hidden], memory)

    def step(self, inputs: Tensor, from_h: Tensor, h: Tensor, cell: Tensor | None) -> tuple[Tensor, Tensor | None]:
        size = self.hidden
        inputs_gates, inputs_candidate = inputs.split_with_sizes((2 * size, size), -1)  # [B, 2 H], [B, H]
        from_h_gates, from_h_candidate = from_h.split_with_sizes((2 * size, size), -1)  # [B, 2 H], [B, H]
        reset, update = torch.sigmoid(inputs_gates + from_h_gates).chunk(2, -1)  # [B, H] each
        candidate = torch.tanh(torch.addcmul(inputs_candidate, reset, from_h_candidate))  # [B, H]
        return torch.lerp(candidate, h, update), None  # (1 - update) candidate + update h


class LSTM(Recurrence):
    """Long short-term memory (Hochreiter and Schmidhuber 1997) with forget gates, as torch.nn.LSTMCell."""

    gates = 4  # input, forget, candidate, output
    has_cell = True

    def _remember(self, memory: float) -> None:
        forget = self.bias[self.hidden : 2 * self.hidden]
        _chrono(forget, memory)
        with torch.no_grad():
            self.bias[: self.hidden] = -forget

    def step(self, inputs: Tensor, from_h: Tensor, h: Tensor, cell: Tensor | None) -> tuple[Tensor, Tensor | None]:
        assert cell is not None
        size = self.hidden
        gates, raw_candidate, raw_output = (inputs + from_h).split_with_sizes((2 * size, size, size), -1)
        take_in, forget = torch.sigmoid(gates).chunk(2, -1)  # [B, H] each
        cell = torch.addcmul(forget * cell, take_in, torch.tanh(raw_candidate))  # [B, H]
        return torch.sigmoid(raw_output) * torch.tanh(cell), cell


class Elman(Recurrence):
    """Elman's simple recurrent network (1990): h_t = tanh(...)."""

    gates = 1

    def step(self, inputs: Tensor, from_h: Tensor, h: Tensor, cell: Tensor | None) -> tuple[Tensor, Tensor | None]:
        return torch.tanh(inputs + from_h), None


RECURRENCES: dict[str, type[Recurrence]] = {"gru": GRU, "lstm": LSTM, "elman": Elman}


def _chrono(bias: Tensor, memory: float) -> None:
    """A gate's bias that keeps sigmoid(b) = 1 - 1/(1 + T) of the state, T uniform in [1, memory].

    Chrono initialisation (Tallec and Ollivier 2018, arXiv:1804.11188): a unit then remembers about T steps. Without
    it, the turns of a long pattern are not counted.
    """
    with torch.no_grad():
        bias.copy_(torch.empty_like(bias).uniform_(1.0, memory).log())
