"""What a training tells the outside, one event after another. No torch here: the window reads these too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True)
class Progress:
    """One update of the weights.

    Attributes:
        step: how many updates have been made, counted over all sessions of the run.
        steps: how many there will be.
        values: nats per frame of ``loss``, ``reconstruction`` (negative log likelihood), ``kl`` and ``look_ahead``,
            and ``kl_weight``, ``learning_rate``, ``gradient_norm``.
        frames_per_second: frames of material trained on per second, lately.
        seconds_left: an estimate, None while there is nothing to go by.
    """

    step: int
    steps: int
    values: Mapping[str, float]
    frames_per_second: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True)
class Validation:
    """The bound on the material held back, in nats per frame: ``elbo``, ``reconstruction``, ``kl``."""

    step: int
    values: Mapping[str, float]
    best: bool = False


@dataclass(frozen=True, eq=False)
class Sample:
    """The weights as they stand, for whoever wants to draw with them while the training goes on.

    No two are equal: after a setback there are other weights of the same step.
    """

    step: int
    weights: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Saved:
    """A checkpoint to be kept.

    Attributes:
        kind: "best" on the material held back so far, or "last".
        weights: safetensors bytes of all that training needs to go on: weights, their average, the optimiser.
        meta: JSON values: step, recipe, representation, random states, counters.
    """

    step: int
    kind: Literal["best", "last"]
    weights: bytes = field(repr=False)
    meta: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Snapshot:
    """Weights to be kept beside the checkpoints, to look at later how the model has learned.

    Attributes:
        weights: safetensors bytes of what can be drawn with, and nothing more.
        meta: JSON values: step, recipe, representation, labels.
    """

    step: int
    weights: bytes = field(repr=False)
    meta: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class SetBack:
    """The loss exploded, and the training goes on from earlier weights with a smaller learning rate.

    Attributes:
        step: where it goes on from; all that was told of later steps no longer holds.
        failed_at: the update that went wrong.
        learning_rate: the recipe's, from now on.
        message: a sentence for the user.
    """

    step: int
    failed_at: int
    learning_rate: float
    message: str


@dataclass(frozen=True)
class Stopped:
    """The last event: why the training ended, in a word and in a sentence."""

    step: int
    reason: Literal["finished", "stopped", "early", "diverged"]
    message: str


TrainingEvent: TypeAlias = Progress | Validation | Sample | Saved | Snapshot | SetBack | Stopped
