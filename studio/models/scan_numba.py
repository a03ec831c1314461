"""The loop over time, compiled: GRU, float32, on a processor.

One compiled function each for the way there and back serves all models: the weights and what is kept of the steps lie
in long arrays, and a table says where. The rows of a batch do not depend on one another, so several threads can each
walk through the whole loop with their share of the rows.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.models import scan_kernels
from studio.models.compiled import Floats, loops, padded, products
from studio.models.kernels import ACTIVATIONS
from studio.models.scan_kernels import Found, Gradients, Kept, Packed, Read, Sizes
from studio.models.scan_parts import Deltas, Inputs, Parts, Scanned, Weights
from studio.models.threads import share

LEAST_ROWS = 4  # of a batch, for a thread of its own


class Plan(NamedTuple):
    """Where everything lies, for given sizes."""

    sizes: Sizes
    table: NDArray[np.int64]  # [layers, columns]
    packed: Packed
    there: int  # numbers of packed weights and biases
    back: int  # numbers of weights packed for the way back


@lru_cache(maxsize=64)
def plan(
    shape: tuple[int, int, int, int], encoder: tuple[int, ...], phi_z: tuple[int, ...], kinds: tuple[str, str]
) -> Plan:
    """Lay everything out.

    Args:
        shape: T, B, H, Z.
        encoder: outputs of its layers, those of the last one included.
        phi_z: likewise.
        kinds: the activations of both.
    """
    _, _, hidden, latent = shape
    there, back = _Shelf(), _Shelf()
    features = phi_z[-1] if phi_z else latent
    packed = Packed(
        h_gates=there.place(hidden, 2 * hidden),
        h_candidate=there.place(hidden, hidden),
        z_gates=there.place(features, 2 * hidden),
        z_candidate=there.place(features, hidden),
        h_back=back.place(3 * hidden, hidden),
        z_back=back.place(3 * hidden, features),
    )
    inputs = (hidden, *encoder[:-1], latent, *phi_z[:-1])
    outputs = (*encoder, *phi_z)
    codes = [ACTIVATIONS[kinds[0]]] * len(encoder) + [ACTIVATIONS[kinds[1]]] * len(phi_z)
    before = accumulate(outputs[:-1], initial=0)
    table = [
        (n, m, code, there.place(n, m), back.place(m, n), there.place(1, m), start)
        for n, m, code, start in zip(inputs, outputs, codes, before, strict=False)
    ]
    sizes = Sizes(*shape, features, len(encoder), len(outputs), max(hidden, features, *outputs))
    return Plan(sizes, np.array(table, np.int64), packed, there.full, back.full)


class _Shelf:
    """Gives places, one after the other."""

    def __init__(self) -> None:
        self.full = 0

    def place(self, depth: int, columns: int) -> int:
        """Where a packed matrix ``[depth, columns]`` begins."""
        start = self.full
        self.full += depth * padded(columns)
        return start


def run(parts: Parts, weights: Weights, inputs: Inputs) -> NumbaTrace:
    """The loop; see `studio.models.scan`."""
    settings = parts.settings
    steps, batch, latent = inputs.noise.shape
    laid_out = plan(
        (steps, batch, settings.hidden, latent),
        (*settings.encoder.widths, 2 * latent),
        settings.phi_z.widths,
        (settings.encoder.activation, settings.phi_z.activation),
    )
    sizes = laid_out.sizes
    read = Read(_flat(inputs.from_x), _flat(inputs.drive), _flat(inputs.noise))
    kept = _room(sizes, int(sum(laid_out.table[:, scan_kernels.OUTPUTS])))
    kept.h[: batch * sizes.hidden] = _flat(inputs.h)
    packed = _pack_there(laid_out, weights)
    there = loops().there
    share(
        batch,
        LEAST_ROWS,
        lambda first, end: there(
            sizes, laid_out.table, laid_out.packed, packed, read, kept, np.float32(parts.sigma_floor), first, end
        ),
    )
    return NumbaTrace(laid_out, read.noise, kept)


class NumbaTrace:
    """A loop that has been run, with all that its way back needs."""

    def __init__(self, laid_out: Plan, noise: Floats, kept: Kept) -> None:
        self._plan, self._noise, self._kept = laid_out, noise, kept
        sizes = laid_out.sizes
        h = torch.from_numpy(kept.h).view(-1, sizes.batch, sizes.hidden)  # [T + 1, B, H]
        outputs = self._layers(kept.outputs)
        self.z = torch.from_numpy(kept.z).view(sizes.steps, sizes.batch, sizes.latent)
        self.encoder, self.phi_z = outputs[: sizes.encoder - 1], outputs[sizes.encoder :]
        mean, sigma = outputs[sizes.encoder - 1].chunk(2, -1)  # [T, B, Z] each
        self.found = Scanned(h[:-1], mean, sigma, self.phi_z[-1] if self.phi_z else self.z, h[-1], None)

    def back(self, weights: Weights, gradients: Scanned) -> Deltas:
        """The way back; see `studio.models.scan`."""
        sizes = self._plan.sizes
        everything = sizes.steps * sizes.batch
        packed = _pack_back(self._plan, weights)
        came = Gradients(*(_flat(value) for value in gradients[:4]))
        found = Found(
            layers=_empty(len(self._kept.outputs)),
            driven=_empty(3 * everything * sizes.hidden),
            from_h=_empty(3 * everything * sizes.hidden),
            h=_flat(gradients.last_h).copy(),
        )
        back = loops().back
        share(
            sizes.batch,
            LEAST_ROWS,
            lambda first, end: back(
                sizes, self._plan.table, self._plan.packed, packed, self._noise, self._kept, came, found, first, end
            ),
        )
        layers = self._layers(found.layers)
        return Deltas(
            encoder=layers[: sizes.encoder],
            phi_z=layers[sizes.encoder :],
            driven=torch.from_numpy(found.driven).view(sizes.steps, sizes.batch, -1),
            from_h=torch.from_numpy(found.from_h).view(sizes.steps, sizes.batch, -1),
            h=torch.from_numpy(found.h).view(sizes.batch, -1),
            cell=None,
        )

    def _layers(self, values: Floats) -> list[Tensor]:
        """Each layer's part, ``[T, B, m]``."""
        sizes = self._plan.sizes
        widths = [int(width) for width in self._plan.table[:, scan_kernels.OUTPUTS]]
        pieces = torch.split_with_sizes(torch.from_numpy(values), [sizes.steps * sizes.batch * m for m in widths])
        return [piece.view(sizes.steps, sizes.batch, m) for piece, m in zip(pieces, widths, strict=True)]


def _room(sizes: Sizes, widths: int) -> Kept:
    """Space for what the loop leaves; `widths` of all layers together."""
    everything = sizes.steps * sizes.batch
    return Kept(
        h=_empty((everything + sizes.batch) * sizes.hidden),
        gates=_empty(everything * 2 * sizes.hidden),
        candidate=_empty(everything * sizes.hidden),
        from_h=_empty(everything * sizes.hidden),
        z=_empty(everything * sizes.latent),
        outputs=_empty(everything * widths),
        slopes=_empty(everything * widths),
    )


def _empty(count: int) -> Floats:
    """Numbers to be written. Large arrays of numpy lie in large pages of memory, those of torch do not."""
    return np.empty(count, np.float32)


def _flat(value: Tensor) -> Floats:
    result: Floats = value.detach().contiguous().numpy().reshape(-1)
    return result


def _pack_there(laid_out: Plan, weights: Weights) -> Floats:
    """The weights as the loop reads them, ``[inputs, outputs]``, and the biases."""
    packed: Floats = torch.empty(laid_out.there).numpy()  # aligned to a line of the cache, as numpy does not
    pack, table, places, hidden = products().pack, laid_out.table, laid_out.packed, laid_out.sizes.hidden
    from_h, from_z = _turned(weights.recurrence_h), _turned(weights.recurrence_z)
    pack(from_h[:, : 2 * hidden], packed, places.h_gates)
    pack(from_h[:, 2 * hidden :], packed, places.h_candidate)
    pack(from_z[:, : 2 * hidden], packed, places.z_gates)
    pack(from_z[:, 2 * hidden :], packed, places.z_candidate)
    pack(_turned(weights.encoder_h), packed, table[0, scan_kernels.WEIGHT])
    for row, (weight, bias) in zip(table[1:], [*weights.encoder, *weights.phi_z], strict=True):
        pack(_turned(weight), packed, row[scan_kernels.WEIGHT])
        packed[row[scan_kernels.BIAS] :][: len(bias)] = bias.detach().numpy()
    return packed


def _pack_back(laid_out: Plan, weights: Weights) -> Floats:
    """The weights as the way back reads them, ``[outputs, inputs]``."""
    packed: Floats = torch.empty(laid_out.back).numpy()
    pack, table, places = products().pack, laid_out.table, laid_out.packed
    pack(weights.recurrence_h.detach().numpy(), packed, places.h_back)
    pack(weights.recurrence_z.detach().numpy(), packed, places.z_back)
    pack(weights.encoder_h.detach().numpy(), packed, table[0, scan_kernels.BACK])
    for row, (weight, _) in zip(table[1:], [*weights.encoder, *weights.phi_z], strict=True):
        pack(weight.detach().numpy(), packed, row[scan_kernels.BACK])
    return packed


def _turned(weight: Tensor) -> Floats:
    result: Floats = weight.detach().t().numpy()
    return result
