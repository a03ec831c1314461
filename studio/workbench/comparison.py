"""Runs that are compared, as values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio.sequences.materials import Material
from studio.workbench.state import Job, RunInfo, Weights

if TYPE_CHECKING:
    from studio.evaluation.bounds import Bound, Estimate
    from studio.evaluation.comparing import Measure


@dataclass(frozen=True, eq=False)
class Row:
    """What is known about one run.

    Attributes:
        run: as it was when it was measured.
        step: updates that the weights it was measured with have had. Before it is measured, those of its training; None
            while that goes on.
        model: what the literature calls it.
        size: of its state and its latent variable, in words.
        parameters: how many numbers were learned; None while that is not known.
        seconds: that were worked in training; None where an older studio did not note it, or nothing
            was saved yet.
        bound: the ELBO, None while it is not known.
        bits: per frame, or what a frame is made of: (value, "bits per sample"); None while not known.
        learned_from: how many of the pieces it was measured on it had learned from.
        measure: what its bounds are densities of.
        note: in words what hinders a comparison; "" for nothing.
        per_frame, per_sequence: whether these bounds can be compared with the others'.
        samples: generated, with the same seed as those of the others; None while there are none.
    """

    run: RunInfo
    model: str
    size: str
    step: int | None
    parameters: int | None = None
    seconds: float | None = None
    bound: Bound | None = None
    bits: tuple[float, str] | None = None
    learned_from: int = 0
    measure: Measure | None = None
    note: str = ""
    per_frame: bool = True
    per_sequence: bool = True
    samples: tuple[Material, ...] | None = None

    @property
    def measured(self) -> bool:
        """Whether its bound is known."""
        return self.bound is not None


NAMES = (
    *("run", "model", "size", "material", "step", "parameters", "training_seconds", "items", "frames"),
    *("nats_per_frame", "nats_per_frame_error", "nats_per_sequence", "nats_per_sequence_error", "bits", "bits_of"),
    *("reconstruction_nats_per_frame", "kl_nats_per_frame", "nats_per_frame_offset", "items_learned_from"),
    *("comparable_per_frame", "comparable_per_sequence", "note"),
)
"""Of the columns of a table that is written to a file."""


def values(row: Row) -> dict[str, Any]:
    """A row as plain values, by the names of the columns."""
    found = dict.fromkeys(NAMES)
    found |= {"run": row.run.name, "model": row.model, "size": row.size, "material": row.run.recipe.material}
    found |= {"step": row.step, "parameters": row.parameters, "training_seconds": row.seconds, "note": row.note}
    if row.bound is not None:
        bound = row.bound
        found |= {
            "items": bound.items,
            "frames": bound.frames,
            "nats_per_frame": bound.per_frame.mean,
            "nats_per_frame_error": _known(bound.per_frame.standard_error),
            "nats_per_sequence": bound.per_sequence.mean,
            "nats_per_sequence_error": _known(bound.per_sequence.standard_error),
            "reconstruction_nats_per_frame": bound.reconstruction,
            "kl_nats_per_frame": bound.kl,
            "nats_per_frame_offset": bound.nats_per_frame_offset,
            "items_learned_from": row.learned_from,
            "comparable_per_frame": row.per_frame,
            "comparable_per_sequence": row.per_sequence,
        }
    if row.bits is not None:
        found |= {"bits": row.bits[0], "bits_of": row.bits[1]}
    return found


@dataclass(eq=False)
class Comparison:
    """Several runs; `rows` are filled by a job while it goes on.

    Attributes:
        rows: by the id of the run, in the order they were asked for.
        on: what each kind of material was measured on, in words.
        real: pieces of what was measured on, to be seen beside the samples, by kind.
        seed: of the samples.
        weights: which of each run's were asked for.
        job: under way.
    """

    rows: dict[int, Row]
    on: dict[str, str]
    real: dict[str, tuple[Material, ...]]
    seed: int
    weights: Weights = None
    job: Job = field(default_factory=lambda: Job(0, ""))

    @property
    def best(self) -> int | None:
        """The run of the best bound per frame, where it is better than every other by more than chance would do.

        The bounds differ by more than twice the standard error of their difference. Of a single piece that is unknown,
        and so nothing is told by it.
        """
        fair = self._fair()
        if len(fair) < 2:
            return None
        (first, best), *others = sorted(fair, key=lambda found: -found[0].mean)
        return best if all(_clearly_better(first, other) for other, _ in others) else None

    @property
    def why_no_best(self) -> str:
        """Why none is marked though several were measured, in a sentence; "" where one is, or there is one alone."""
        if len(self._fair()) < 2 or self.best is not None:
            return ""
        if any(math.isnan(figure.standard_error) for figure, _ in self._fair()):
            return "None is marked as better: one piece does not tell which."
        return "None is marked as better: they differ by no more than twice their standard errors."

    def _fair(self) -> list[tuple[Estimate, int]]:
        return [(row.bound.per_frame, id) for id, row in self.rows.items() if row.bound and row.per_frame]


def _clearly_better(one: Estimate, other: Estimate) -> bool:
    apart = 2 * math.hypot(one.standard_error, other.standard_error)
    return one.mean - other.mean > apart  # False where that is NaN


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
