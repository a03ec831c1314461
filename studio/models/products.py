"""Layers over many rows at once, in float32 on a processor: shared out over threads, and compiled where that is faster.

The library with which torch multiplies is made for large matrices. With layers of a few dozen units, as models of pen
strokes have them, it reaches a fraction of what the processor can do, and on some processors half of it at best.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from studio.models import threads
from studio.models.compiling import works

# Multiplications from which a detour through Python pays.
WORTH_LINEAR, WORTH_OUTER = 4_000_000, 1_000_000
SMALL_WEIGHT = 1 << 14  # numbers; up to there the library is slow everywhere
SHARE_OF_ROWS, SHARE_OF_OUTPUTS = 64, 8  # at least, for a thread of its own


def linear(value: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """value W^T + bias, as torch.nn.functional.linear: ``[..., n] -> [..., m]``, for a weight ``[m, n]``."""
    m, n = weight.shape
    if value.numel() * m < WORTH_LINEAR or not (_compiled_is_faster(value, m * n) or _can_be_shared(value)):
        return F.linear(value, weight, bias)
    result: Tensor = _Linear.apply(value.reshape(-1, n), weight, bias)  # type: ignore[no-untyped-call]
    return result.view(*value.shape[:-1], m)


class Linear(nn.Linear):
    """torch.nn.Linear, multiplying as `linear` does."""

    def reset_parameters(self) -> None:
        """Fresh weights, where there are any: without a latent variable some layers lead to nothing."""
        if self.weight.numel():
            super().reset_parameters()

    def forward(self, value: Tensor) -> Tensor:
        """``[..., n] -> [..., m]``."""
        return linear(value, self.weight, self.bias)


def outer(deltas: Tensor, values: Tensor) -> Tensor:
    """deltas^T values, from ``[..., m]`` and ``[..., n]``: the gradient of a weight ``[m, n]``."""
    m, n = deltas.shape[-1], values.shape[-1]
    deltas, values = deltas.detach().flatten(0, -2), values.detach().flatten(0, -2)
    if values.numel() * m >= WORTH_OUTER:
        if _compiled_is_faster(values, m * n):
            return _compiled_outer(deltas.contiguous(), values.contiguous())
        if _can_be_shared(values):
            result = values.new_empty(m, n)
            threads.share(
                m,
                SHARE_OF_OUTPUTS,
                lambda first, end: torch.mm(deltas[:, first:end].t(), values, out=result[first:end]),
            )
            return result
    return deltas.t() @ values


def _can_be_shared(value: Tensor) -> bool:
    return threads.used() > 1 and value.device.type == "cpu"


def _compiled_is_faster(value: Tensor, weights: int) -> bool:
    if value.device.type != "cpu" or value.dtype != torch.float32:
        return False
    return works() and (weights <= SMALL_WEIGHT or _outruns_the_library())


@cache
def _outruns_the_library() -> bool:
    from studio.models.kernels import OUTRUNS_THE_LIBRARY

    return OUTRUNS_THE_LIBRARY


class _Linear(torch.autograd.Function):
    """value W^T + bias, for a value ``[rows, n]``."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(value, weight)
        return _times(value, weight.t(), bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor | None, ...]:
        value, weight = ctx.saved_tensors
        to_value, to_weight, to_bias = ctx.needs_input_grad
        return (
            _times(delta, weight) if to_value else None,
            outer(delta, value) if to_weight else None,
            delta.sum(0) if to_bias else None,
        )


def _times(values: Tensor, matrix: Tensor, bias: Tensor | None = None) -> Tensor:
    """values ``[rows, n]`` times matrix ``[n, m]``, plus bias ``[m]``: ``[rows, m]``."""
    values, matrix = values.detach(), matrix.detach()
    bias = values.new_zeros(matrix.shape[1]) if bias is None else bias.detach()
    if _compiled_is_faster(values, matrix.numel()):
        return _compiled_times(values.contiguous(), matrix, bias.contiguous())
    result, inference = values.new_empty(len(values), matrix.shape[1]), torch.is_inference_mode_enabled()

    def add_product(first: int, end: int) -> None:
        with torch.inference_mode(inference):  # the mode is each thread's own, and decides who may write
            torch.addmm(bias, values[first:end], matrix, out=result[first:end])

    threads.share(len(values), SHARE_OF_ROWS, add_product)
    return result


def _compiled_times(values: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    from studio.models.compiled import padded, products

    n, m = matrix.shape
    packed, result = torch.empty(n * padded(m)), torch.empty(len(values), m)
    products().pack(matrix.numpy(), packed.numpy(), 0)
    dense, arrays = products().dense, [value.numpy() for value in (values, packed, bias, result)]
    threads.share(len(values), SHARE_OF_ROWS, lambda first, end: dense(*arrays, first, end))
    return result


def _compiled_outer(deltas: Tensor, values: Tensor) -> Tensor:
    from studio.models.compiled import padded, products

    m, n = deltas.shape[1], values.shape[1]
    sums = torch.empty(m, padded(n))
    function, arrays = products().outer, [value.numpy() for value in (deltas, values, sums)]
    threads.share(m, SHARE_OF_OUTPUTS, lambda first, end: function(*arrays, first, end))
    return sums[:, :n]
