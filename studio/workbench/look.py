"""What is seen inside a model while it reads one piece of material, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.sequences.materials import Material, kind_of
from studio.workbench.state import Job, RunInfo, Weights

if TYPE_CHECKING:
    from studio.evaluation.inside import Inside

ANIMATIONS = {".gif": "GIF", ".webp": "WEBP", ".apng": "PNG"}
LOOK_ENDINGS = (".png", ".svg", ".csv", *ANIMATIONS)

TYPICAL = 99.0  # percentile of the values that the brightest colour stands for: one wild frame must not dim the rest

LEAST_TOP = {"kl": 0.1, "mean_change": 0.05}  # what is smaller is no decision, and shall not be seen as one

QUANTITIES = {
    "kl": ("KL from prior to posterior", "nats"),
    "mean_change": ("Movement of z's mean", ""),
    "nll": ("Negative log likelihood", "nats"),
}
"""What a frame can be coloured by: names of `Inside`'s values, what they are called, and their unit."""


@dataclass(frozen=True, eq=False)
class Look:
    """What goes on after so many updates.

    Attributes:
        step: how many.
        inside: frame by frame.
        reconstruction: what the model makes of the material, None where it does not say.
    """

    step: int
    inside: Inside
    reconstruction: Material | None


@dataclass(eq=False)
class Looking:
    """One run and one piece of material; `looks` are added by a job while it goes on.

    Attributes:
        run: as it was when the looking began.
        material: what is read.
        item: its id in the collection, None where it is not from there.
        held_back: whether the run has not learned from it; None where nobody knows.
        steps: those that will be looked at, in ascending order; the last are the weights the run draws with.
        shown: the material as the model sees it, a frame of the model per point of a drawing; None until known.
        seconds_per_frame: None where frames have no length in time.
        left_out: frames at the end that were too many to look at.
        looks: those that are ready, by step.
        job: under way.
        weights: which of the run's were asked for.
    """

    run: RunInfo
    material: Material
    item: int | None
    held_back: bool | None
    steps: tuple[int, ...]
    shown: Material | None
    seconds_per_frame: float | None
    left_out: int
    looks: dict[int, Look]
    job: Job
    weights: Weights = None

    @property
    def kind(self) -> str:
        """Of the material."""
        return kind_of(self.material)

    @property
    def latest(self) -> Look | None:
        """The newest weights that are ready."""
        ready = [step for step in self.steps if step in self.looks]
        return self.looks[ready[-1]] if ready else None

    def at(self, step: int) -> Look | None:
        """The look at the nearest step that is ready."""
        ready = sorted(self.looks, key=lambda other: (abs(other - step), other))
        return self.looks[ready[0]] if ready else None

    def top(self, quantity: str) -> float:
        """The value that the brightest colour stands for, the same at all steps so that they can be compared."""
        look = self.latest
        values = () if look is None else np.abs(getattr(look.inside, quantity))
        typical = float(np.percentile(values, TYPICAL)) if len(values) else 0.0
        return max(typical, LEAST_TOP.get(quantity, 1e-6))

    def shares(self, quantity: str, look: Look) -> NDArray[np.float64]:
        """Values of a look as shares of `top`, ``[T]``; negative log likelihoods begin with the lowest."""
        values = getattr(look.inside, quantity)
        if quantity != "nll":
            return np.asarray(values / self.top(quantity))
        low, top = self.reach_of_nll
        return np.asarray((values - low) / (top - low))

    @property
    def reach_of_z(self) -> float:
        """How far from 0 the means of z usually go, at all steps as in the newest look."""
        if self.latest is None or not self.latest.inside.latent:
            return 1.0
        means = np.concatenate([self.latest.inside.posterior_mean, self.latest.inside.prior_mean])
        return max(float(np.percentile(np.abs(means), 99.5)), 1e-6)

    @property
    def reach_of_nll(self) -> tuple[float, float]:
        """From where to where negative log likelihoods usually go: a density has no natural beginning."""
        if self.latest is None:
            return 0.0, 1.0
        low, top = np.percentile(self.latest.inside.nll, (100 - TYPICAL, TYPICAL))
        return float(low), float(max(top, low + 1e-6))
