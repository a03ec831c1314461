"""What goes into the loop over time, what comes out, and what comes back: the words that `scan` and its loops share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from torch import Tensor

from studio.models.recurrence import Recurrence
from studio.models.settings import VRNNSettings

Layer: TypeAlias = tuple[Tensor, Tensor]  # weight [m, n] and bias [m]


@dataclass(frozen=True)
class Parts:
    """What the loop is made of, apart from its weights.

    Attributes:
        settings: of the model.
        recurrence: f of equation (7).
        sigma_floor: the posterior's sigma is ``sigma_floor + softplus(raw)``.
    """

    settings: VRNNSettings
    recurrence: Recurrence
    sigma_floor: float


class Inputs(NamedTuple):
    """What the loop reads; all of it is known beforehand."""

    from_x: Tensor  # [T, B, E], the share of phi_x in the encoder's first layer, bias included
    drive: Tensor  # [T, B, G H], the share of phi_x in the recurrence, bias included
    noise: Tensor  # [T, B, Z], standard normal
    h: Tensor  # [B, H], the state before the first step
    cell: Tensor | None  # [B, H], LSTM only


class Weights(NamedTuple):
    """What the loop multiplies by."""

    encoder_h: Tensor  # [E, H], the share of h in the encoder's first layer
    recurrence_h: Tensor  # [G H, H]
    recurrence_z: Tensor  # [G H, phi_z]
    encoder: Sequence[Layer]  # the layers after the first
    phi_z: Sequence[Layer]


class Scanned(NamedTuple):
    """What the loop finds out; the gradients that come back have the same shape."""

    h: Tensor  # [T, B, H], h_{t-1}
    mean: Tensor  # [T, B, Z], of the posterior
    sigma: Tensor  # [T, B, Z]
    phi_z: Tensor  # [T, B, phi_z]
    last_h: Tensor  # [B, H]
    last_cell: Tensor | None  # [B, H], LSTM only


@dataclass(frozen=True)
class Deltas:
    """Gradients before the activations."""

    encoder: Sequence[Tensor]  # [T, B, m] of each layer, the first included
    phi_z: Sequence[Tensor]  # [T, B, m] of each layer
    driven: Tensor  # [T, B, G H], of drive + W phi_z
    from_h: Tensor  # [T, B, G H], of W h in the recurrence
    h: Tensor  # [B, H], of the state before the first step
    cell: Tensor | None  # [B, H], LSTM only


class Trace(Protocol):
    """A loop that has been run, with all that its way back needs."""

    @property
    def found(self) -> Scanned:
        """What it has found out."""

    @property
    def z(self) -> Tensor:
        """``[T, B, Z]``."""

    @property
    def encoder(self) -> Sequence[Tensor]:
        """Outputs of the encoder's layers but the last, ``[T, B, m]``."""

    @property
    def phi_z(self) -> Sequence[Tensor]:
        """Outputs of the layers of phi_z, ``[T, B, m]``."""

    def back(self, weights: Weights, gradients: Scanned) -> Deltas:
        """The way back, with the same weights, from the gradients of what was found."""


Loop: TypeAlias = Callable[[Parts, Weights, Inputs], Trace]
