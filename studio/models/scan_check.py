"""Whether the compiled loop computes the same as the one in torch."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from studio.models import scan_numba, scan_torch
from studio.models.chance import drawing_from, seeded
from studio.models.kernels import PANEL
from studio.models.recurrence import GRU
from studio.models.scan_parts import Deltas, Inputs, Parts, Scanned, Trace, Weights
from studio.models.settings import BlockSettings, VRNNSettings

TOLERANCE = 1e-4  # of the largest number; float32 differs by 1e-6, a mistake of the compiler by much more


def check() -> None:
    """Compare a short loop, there and back, with the one in torch.

    Raises:
        ArithmeticError: where they differ.
    """
    parts, weights, inputs = _example()
    traces: list[Trace] = [scan_numba.run(parts, weights, inputs), scan_torch.run(parts, weights, inputs)]
    gradients = Scanned._make(None if value is None else value.cos() for value in traces[1].found)
    found = [_all_of(trace, trace.back(weights, gradients)) for trace in traces]
    for compiled, true in zip(*found, strict=True):
        if not (compiled - true).abs().max() <= TOLERANCE * true.abs().max():
            raise ArithmeticError("what has been compiled computes something else")


def _example() -> tuple[Parts, Weights, Inputs]:
    """A loop in which every kind of tile is at work."""
    steps, batch, hidden, latent = 3, 15, PANEL + 1, 2
    encoder, phi_z = BlockSettings(widths=(5, PANEL)), BlockSettings(widths=(4,), activation="tanh")
    settings = VRNNSettings(hidden=hidden, latent=latent, encoder=encoder, phi_z=phi_z)
    generator = seeded(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator) / math.sqrt(shape[-1])

    with drawing_from(generator):
        recurrence = GRU((1, 4), hidden, memory=0)
    weights = Weights(
        encoder_h=normal(5, hidden),
        recurrence_h=normal(3 * hidden, hidden),
        recurrence_z=normal(3 * hidden, 4),
        encoder=[(normal(PANEL, 5), normal(PANEL)), (normal(2 * latent, PANEL), normal(2 * latent))],
        phi_z=[(normal(4, latent), normal(4))],
    )
    inputs = Inputs(
        from_x=normal(steps, batch, 5),
        drive=normal(steps, batch, 3 * hidden),
        noise=normal(steps, batch, latent),
        h=normal(batch, hidden),
        cell=None,
    )
    return Parts(settings, recurrence, sigma_floor=1e-3), weights, inputs


def _all_of(trace: Trace, deltas: Deltas) -> list[Tensor]:
    found = [value for value in trace.found if value is not None]
    return [*found, *deltas.encoder, *deltas.phi_z, deltas.driven, deltas.from_h, deltas.h]
