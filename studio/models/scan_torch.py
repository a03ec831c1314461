"""The loop over time in torch: for any recurrence, device and precision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from studio.models.scan_parts import Deltas, Inputs, Layer, Parts, Scanned, Weights


class Activation(NamedTuple):
    """An elementwise function, and its derivative from what stands before and after it."""

    function: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]


def _silu_slope(before: Tensor, after: Tensor) -> Tensor:
    gate = torch.sigmoid(before)
    return gate + after * (1 - gate)


ACTIVATIONS = {
    "relu": Activation(torch.relu, lambda before, after: (after > 0).to(after)),
    "tanh": Activation(torch.tanh, lambda before, after: 1 - after.square()),
    "elu": Activation(F.elu, lambda before, after: 1 + after.clamp(max=0)),
    "silu": Activation(F.silu, _silu_slope),
}


class _Step(NamedTuple):
    """What is kept of a step; each ``[B, ...]``."""

    h: Tensor
    cell: Tensor | None
    driven: Tensor  # drive + W phi_z
    from_h: Tensor  # W h in the recurrence
    encoder: Sequence[Tensor]  # before and after each activation, in turns
    phi_z: Sequence[Tensor]  # z, then before and after each activation, in turns


def run(parts: Parts, weights: Weights, inputs: Inputs) -> TorchTrace:
    """The loop; see `studio.models.scan`."""
    activate_encoder = ACTIVATIONS[parts.settings.encoder.activation].function
    activate_phi_z = ACTIVATIONS[parts.settings.phi_z.activation].function
    weight_h = torch.cat([weights.encoder_h, weights.recurrence_h]).t()  # [H, E + G H]
    sizes = (len(weights.encoder_h), len(weights.recurrence_h))
    weight_z = weights.recurrence_z.t()  # [phi_z, G H]
    h, cell = inputs.h, inputs.cell
    steps = []
    for from_x, drive, noise in zip(inputs.from_x, inputs.drive, inputs.noise, strict=True):
        encoder_h, from_h = torch.mm(h, weight_h).split_with_sizes(sizes, -1)  # [B, E], [B, G H]
        encoder = [from_x + encoder_h]
        for layer in weights.encoder:
            encoder.append(activate_encoder(encoder[-1]))
            encoder.append(_linear(encoder[-1], layer))
        mean, raw_sigma = encoder[-1].chunk(2, -1)  # [B, Z] each
        phi_z = [torch.addcmul(mean, F.softplus(raw_sigma) + parts.sigma_floor, noise)]
        for layer in weights.phi_z:
            phi_z.append(_linear(phi_z[-1], layer))
            phi_z.append(activate_phi_z(phi_z[-1]))
        driven = torch.addmm(drive, phi_z[-1], weight_z)  # [B, G H]
        steps.append(_Step(h, cell, driven, from_h, encoder, phi_z))
        h, cell = parts.recurrence.step(driven, from_h, h, cell)
    return TorchTrace(parts, inputs.noise, steps, h, cell)


def _linear(value: Tensor, layer: Layer) -> Tensor:
    weight, bias = layer
    return torch.addmm(bias, value, weight.t())


class TorchTrace:
    """A loop that has been run, with all that its way back needs."""

    def __init__(
        self,
        parts: Parts,
        noise: Tensor,
        steps: Sequence[_Step],
        last_h: Tensor,
        last_cell: Tensor | None,
    ) -> None:
        self._settings, self._noise, self._steps = parts.settings, noise, steps
        encoder = [_stack(values) for values in zip(*(step.encoder for step in steps), strict=True)]
        phi_z = [_stack(values) for values in zip(*(step.phi_z for step in steps), strict=True)]
        mean, self._raw_sigma = encoder[-1].chunk(2, -1)  # [T, B, Z] each
        sigma = F.softplus(self._raw_sigma) + parts.sigma_floor
        h = _stack(step.h for step in steps)
        self.found = Scanned(h, mean, sigma, phi_z[-1], last_h, last_cell)
        self.z = phi_z[0]
        self.encoder, self._before_encoder = encoder[1::2], encoder[:-1:2]
        self.phi_z, self._before_phi_z = phi_z[2::2], phi_z[1::2]

    def back(self, weights: Weights, gradients: Scanned) -> Deltas:
        """The way back; see `studio.models.scan`."""
        settings = self._settings
        encoder_slopes = _slopes(settings.encoder.activation, self._before_encoder, self.encoder)
        phi_z_slopes = _slopes(settings.phi_z.activation, self._before_phi_z, self.phi_z)
        sigma_slope = torch.sigmoid(self._raw_sigma)  # [T, B, Z]
        recurrence = self._recurrence_back()
        dh, dcell = gradients.last_h, gradients.last_cell
        steps = []
        for t in reversed(range(len(self._steps))):
            driven, from_h, dh, dcell = recurrence.step(t, dh, dcell)
            value = torch.addmm(gradients.phi_z[t], driven, weights.recurrence_z)  # [B, phi_z]
            phi_z = []
            for (weight, _), slope in zip(reversed(weights.phi_z), reversed(phi_z_slopes), strict=True):
                phi_z.append(value * slope[t])
                value = phi_z[-1] @ weight
            raw_sigma = torch.addcmul(gradients.sigma[t], value, self._noise[t]) * sigma_slope[t]  # [B, Z]
            encoder = [torch.cat([gradients.mean[t] + value, raw_sigma], -1)]  # [B, 2 Z]
            for (weight, _), slope in zip(reversed(weights.encoder), reversed(encoder_slopes), strict=True):
                encoder.append((encoder[-1] @ weight) * slope[t])
            dh = torch.addmm(gradients.h[t] + dh, encoder[-1], weights.encoder_h)
            dh = torch.addmm(dh, from_h, weights.recurrence_h)
            steps.append((driven, from_h, encoder[::-1], phi_z[::-1]))
        all_driven, all_from_h, encoders, phi_zs = zip(*reversed(steps), strict=True)
        return Deltas(
            encoder=[_stack(values) for values in zip(*encoders, strict=True)],
            phi_z=[_stack(values) for values in zip(*phi_zs, strict=True)],
            driven=_stack(all_driven),
            from_h=_stack(all_from_h),
            h=dh,
            cell=dcell,
        )

    def _recurrence_back(self) -> RecurrenceBack:
        driven = _stack(step.driven for step in self._steps)  # [T, B, G H]
        from_h = _stack(step.from_h for step in self._steps)  # [T, B, G H]
        h = torch.cat([self.found.h, self.found.last_h[None]])  # [T + 1, B, H]
        cell = None
        if self.found.last_cell is not None:
            cell = _stack([step.cell for step in self._steps if step.cell is not None] + [self.found.last_cell])
        return RECURRENCES_BACK[self._settings.recurrence](driven, from_h, h, cell)


def _stack(values: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(values))


def _slopes(activation: str, before: Sequence[Tensor], after: Sequence[Tensor]) -> list[Tensor]:
    slope = ACTIVATIONS[activation].slope
    return [slope(*pair) for pair in zip(before, after, strict=True)]


class RecurrenceBack(Protocol):
    """The way back through a recurrence. All that is known beforehand is computed for all steps at once.

    Args (of the constructor):
        driven: ``[T, B, G H]``, drive + W phi_z.
        from_h: ``[T, B, G H]``, W h.
        h: ``[T + 1, B, H]``, before the first step, and after each.
        cell: likewise; LSTM only.
    """

    def __init__(self, driven: Tensor, from_h: Tensor, h: Tensor, cell: Tensor | None) -> None: ...

    def step(self, t: int, dh: Tensor, dcell: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """From the gradients of h_t and c_t ``[B, H]``.

        Returns:
            the deltas of `driven` and `from_h` ``[B, G H]``, and the gradients of h_{t-1}, as far as they do not go
            through W h, and of c_{t-1}.
        """


class GRUBack:
    """h' = (1 - u) n + u h with n = tanh(driven_n + r from_h_n): everything is linear in the gradient of h'."""

    def __init__(self, driven: Tensor, from_h: Tensor, h: Tensor, cell: Tensor | None) -> None:
        driven_reset, driven_update, driven_candidate = driven.chunk(3, -1)  # [T, B, H] each
        from_h_reset, from_h_update, from_h_candidate = from_h.chunk(3, -1)
        reset = torch.sigmoid(driven_reset + from_h_reset)
        update = torch.sigmoid(driven_update + from_h_update)
        candidate = torch.tanh(torch.addcmul(driven_candidate, reset, from_h_candidate))
        to_candidate = (1 - update) * (1 - candidate.square())
        to_update = (h[:-1] - candidate) * update * (1 - update)
        to_reset = to_candidate * from_h_candidate * reset * (1 - reset)
        self._driven = torch.stack([to_reset, to_update, to_candidate], -2)  # [T, B, 3, H]
        self._from_h = torch.stack([to_reset, to_update, to_candidate * reset], -2)  # [T, B, 3, H]
        self._kept = update

    def step(self, t: int, dh: Tensor, dcell: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        each = dh[:, None]  # [B, 1, H]
        return (self._driven[t] * each).flatten(1), (self._from_h[t] * each).flatten(1), self._kept[t] * dh, None


class LSTMBack:
    """c' = f c + i g and h' = o tanh(c'): linear in the gradient of c', which takes in that of h'."""

    def __init__(self, driven: Tensor, from_h: Tensor, h: Tensor, cell: Tensor | None) -> None:
        assert cell is not None
        raw_take_in, raw_forget, raw_candidate, raw_output = (driven + from_h).chunk(4, -1)  # [T, B, H] each
        take_in, forget, output = torch.sigmoid(raw_take_in), torch.sigmoid(raw_forget), torch.sigmoid(raw_output)
        candidate, after = torch.tanh(raw_candidate), torch.tanh(cell[1:])
        to_take_in = candidate * take_in * (1 - take_in)
        to_forget = cell[:-1] * forget * (1 - forget)
        to_candidate = take_in * (1 - candidate.square())
        self._from_cell = torch.stack([to_take_in, to_forget, to_candidate], -2)  # [T, B, 3, H]
        self._output = after * output * (1 - output)
        self._into_cell = output * (1 - after.square())
        self._forget = forget

    def step(self, t: int, dh: Tensor, dcell: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        assert dcell is not None
        dcell = torch.addcmul(dcell, dh, self._into_cell[t])  # [B, H]
        deltas = torch.cat([(self._from_cell[t] * dcell[:, None]).flatten(1), self._output[t] * dh], -1)  # [B, 4 H]
        return deltas, deltas, torch.zeros_like(dh), self._forget[t] * dcell


class ElmanBack:
    """h' = tanh(...)."""

    def __init__(self, driven: Tensor, from_h: Tensor, h: Tensor, cell: Tensor | None) -> None:
        self._slope = 1 - h[1:].square()

    def step(self, t: int, dh: Tensor, dcell: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        deltas = self._slope[t] * dh  # [B, H]
        return deltas, deltas, torch.zeros_like(dh), None


RECURRENCES_BACK: dict[str, type[RecurrenceBack]] = {"gru": GRUBack, "lstm": LSTMBack, "elman": ElmanBack}
