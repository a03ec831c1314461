"""The loop over time of the VRNN, with a way back that does most of its work after the loop.

What has to go step by step, because each step needs the h of the one before (equations (9) and (7) of Chung et al.
2015; the letters are explained in `studio.models.vrnn`):

    posterior_t = encoder(from_x_t + W h_{t-1})          from_x: the share of phi_x in the encoder's first layer
    z_t         = mean_t + sigma_t * noise_t
    h_t         = f(drive_t + W phi_z(z_t), W h_{t-1})   drive: the share of phi_x in the recurrence

Left to autograd, the way back would multiply small matrices at every step to learn about the weights. Here it walks
through the steps with *deltas* alone, the gradients before each activation; the gradient of a weight is then one large
product over all steps.

The loop exists twice: compiled (`scan_numba`: GRU, float32, on a processor), and in torch (`scan_torch`: any
recurrence, device and precision; the measure of the other). On a graphics processor, the latter is recorded and then
started as a whole (`scan_cuda`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from studio.models import scan_cuda, scan_torch
from studio.models.blocks import Block
from studio.models.compiling import works
from studio.models.products import outer
from studio.models.recurrence import Recurrence
from studio.models.scan_parts import Deltas, Inputs, Loop, Parts, Scanned, Trace, Weights
from studio.models.settings import BlockSettings, VRNNSettings


def scan(parts: Parts, encoder: Block, phi_z: Block, inputs: Inputs, body: Loop | None = None) -> Scanned:
    """Run the loop; gradients flow to all inputs but the noise, and to the weights of all three networks.

    Args:
        parts: the settings of the model, its recurrence, and its smallest sigma.
        encoder: phi_x is its first input, h its second.
        phi_z: features of z.
        inputs: what the loop reads.
        body: which of the loops; None: the compiled one wherever it can be used.
    """
    weights = [encoder.second_input_weight, parts.recurrence.weight_h, parts.recurrence.weight_z]
    for layer in [*list(encoder.layers)[1:], *phi_z.layers]:
        assert isinstance(layer, nn.Linear)
        weights += [layer.weight, layer.bias]
    return _scanned(body, parts, inputs, weights)


def recurrent_states(recurrence: Recurrence, drive: Tensor, h: Tensor) -> Tensor:
    """A GRU without a latent variable, by the same loop.

    Args:
        recurrence: with a phi_z of no width.
        drive: ``[T, B, 3 H]``.
        h: ``[B, H]``, the state before the first step.

    Returns:
        the state after each step, ``[T, B, H]``.
    """
    none = BlockSettings(widths=())
    parts = Parts(VRNNSettings(hidden=recurrence.hidden, latent=0, encoder=none, phi_z=none), recurrence, 0.0)
    empty = drive.new_zeros(*drive.shape[:2], 0)  # [T, B, 0]
    inputs = Inputs(empty, drive, empty, h, None)
    weights = (h.new_zeros(0, recurrence.hidden), recurrence.weight_h, recurrence.weight_z)
    found = _scanned(None, parts, inputs, weights)
    return torch.cat([found.h[1:], found.last_h[None]])


def _scanned(body: Loop | None, parts: Parts, inputs: Inputs, weights: Sequence[Tensor]) -> Scanned:
    """In the precision of the weights, whatever that of what leads there: rounding adds up from step to step."""
    precise = (None if value is None else value.to(parts.recurrence.weight_h.dtype) for value in inputs)
    inputs = Inputs(*precise)  # type: ignore[arg-type]
    device = inputs.h.device.type
    with torch.autocast(device, enabled=False) if device in ("cpu", "cuda") else nullcontext():
        results = _Scan.apply(body or body_for(parts, inputs), parts, *inputs, *weights)  # type: ignore[no-untyped-call]
    return Scanned(*results)


def body_for(parts: Parts, inputs: Inputs) -> Loop:
    """The fastest body that these inputs allow, and that is compiled by now."""
    if inputs.h.device.type == "cuda":
        return scan_cuda.recorder.run
    suits = parts.settings.recurrence == "gru" and inputs.h.device.type == "cpu" and inputs.h.dtype == torch.float32
    if not (suits and works()):
        return scan_torch.run
    from studio.models import scan_numba

    return scan_numba.run


class _Scan(torch.autograd.Function):
    """The whole loop as one operation."""

    @staticmethod
    def forward(ctx: Any, loop: Loop, parts: Parts, *tensors: Tensor) -> tuple[Tensor | None, ...]:
        count = len(Inputs._fields)
        trace = loop(parts, _grouped(parts, tensors[count:]), Inputs(*tensors[:count]))
        ctx.parts, ctx.trace = parts, trace
        ctx.save_for_backward(*tensors[count:])
        # Autograd ties what is returned to ctx: the same tensors in the trace would make a circle that is never freed.
        return tuple(None if value is None else value.detach() for value in trace.found)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        trace: Trace = ctx.trace
        deltas = trace.back(_grouped(ctx.parts, ctx.saved_tensors), Scanned(*gradients))
        to_inputs = (deltas.encoder[0], deltas.driven, None, deltas.h, deltas.cell)
        return None, None, *to_inputs, *_weight_gradients(trace, deltas)


def _grouped(parts: Parts, tensors: Sequence[Tensor]) -> Weights:
    """The weights as `scan` has lined them up."""
    encoder_h, recurrence_h, recurrence_z, *rest = tensors
    layers = list(zip(rest[::2], rest[1::2], strict=True))
    count = len(parts.settings.encoder.widths)  # of the encoder's layers after the first
    return Weights(encoder_h, recurrence_h, recurrence_z, layers[:count], layers[count:])


def _weight_gradients(trace: Trace, deltas: Deltas) -> Iterator[Tensor]:
    """Of all weights, in the order in which `scan` has lined them up."""
    yield outer(deltas.encoder[0], trace.found.h)
    yield outer(deltas.from_h, trace.found.h)
    yield outer(deltas.driven, trace.found.phi_z)
    values = [*trace.encoder, *[trace.z, *trace.phi_z][:-1]]
    for value, delta in zip(values, [*deltas.encoder[1:], *deltas.phi_z], strict=True):
        yield outer(delta, value)
        yield delta.sum((0, 1))
