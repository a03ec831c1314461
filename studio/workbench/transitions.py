"""What pens decide: the turns of a pattern in what a run draws, or in drawings there are, beside the true table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.errors import StudioError
from studio.sequences import patterns
from studio.sequences.material import Drawing
from studio.sequences.materials import Material, counted
from studio.sequences.patterns import ClosedPattern
from studio.workbench.generation import GenerationPart
from studio.workbench.jobs import Task
from studio.workbench.state import GenerationSettings, Job

if TYPE_CHECKING:
    from studio.evaluation.transitions import Share, TurnStatistics

TRACES = GenerationSettings(count=8, length=10_000, seed=0)
"""Enough, for the usual patterns, to tell a share of 0.33 from one of 0.36."""


@dataclass(frozen=True, eq=False)
class FoundTransitions:
    """How often what followed upon what, and how often it should have.

    Attributes:
        on: what was looked at, in words.
        pattern: that its turns were compared with.
        statistics: what was found.
        truth: with what probability each block of turns follows upon each, ``{from: {to: probability}}``.
    """

    on: str
    pattern: ClosedPattern
    statistics: TurnStatistics
    truth: patterns.Transitions

    @property
    def distances(self) -> dict[str, float]:
        """The total variation between each row and the true one."""
        return self.statistics.transitions.total_variation(self.truth)

    def to_dict(self) -> dict[str, Any]:
        """JSON values: for ``vrnn-studio transitions --json``."""
        found, table = self.statistics, self.statistics.transitions
        return {
            "pattern": self.pattern.name,
            "on": self.on,
            "turns": found.bad.total,
            "bad": _share(found.bad),
            "shares": {name: _share(share) for name, share in found.shares.items()},
            "wrong_counts": _share(found.wrong_counts),
            "median_error": _number(found.median_error),
            "transitions": {
                row: {
                    column: {
                        "count": int(table.counts[i, j]),
                        "probability": _number(table.probabilities[i, j]),
                        "interval": table.intervals()[i, j].tolist(),
                        "true": self.truth[row][column],
                    }
                    for j, column in enumerate(table.names)
                }
                for i, row in enumerate(table.names)
            },
            "total_variation": {name: _number(value) for name, value in self.distances.items()},
        }


class TransitionsPart(GenerationPart):
    """Reads patterns in drawings."""

    def patterns_to_judge(self) -> tuple[ClosedPattern, ...]:
        """Those whose turns can be told apart and counted."""
        return tuple(pattern for pattern in self.patterns() if isinstance(pattern, ClosedPattern))

    def transitions(
        self,
        pattern: str,
        settings: GenerationSettings = TRACES,
        *,
        on: Sequence[Material] | None = None,
        **parameters: float,
    ) -> Job:
        """Cut drawings into turns, say which shape each is, and count; the job's result is `FoundTransitions`.

        Args:
            pattern: the name of one of `patterns_to_judge`.
            settings: what to draw, and which run shall draw it.
            on: drawings to look at instead.
            **parameters: of the pattern; what is not given is as usual.

        Raises:
            StudioError: there is no such pattern or parameter; the run does not draw; see also `why_not_generate`.
        """
        chosen = next((known for known in self.patterns_to_judge() if known.name == pattern), None)
        if chosen is None:
            names = ", ".join(known.name for known in self.patterns_to_judge())
            raise StudioError(f"The turns of a pattern {pattern!r} cannot be told apart: choose one of {names}.")
        truth = chosen.true_transitions(**parameters)
        given = None if on is None else [material for material in on if isinstance(material, Drawing)]
        if given is None:
            self._run_for(settings, "pen")  # or it says why not
        elif not given:
            raise StudioError("There is nothing to look at: name files of drawings, or let a run draw.")

        def read(task: Task) -> FoundTransitions:
            from studio.evaluation.transitions import pattern_statistics

            drawings, where = self._drawn(settings) if given is None else (given, counted(len(given)))
            traces = [np.asarray(drawing.points, np.float64) for drawing in drawings]
            return FoundTransitions(where, chosen, pattern_statistics(traces, chosen, **parameters), truth)

        return self._jobs.start("transitions", read)

    def _drawn(self, settings: GenerationSettings) -> tuple[list[Drawing], str]:
        """Drawings, and in words how they were made."""
        from studio.generation.sampler import generate_drawings

        run = self._run_for(settings, "pen")
        loaded = self._load_model(run, settings.weights)
        where = (
            f"{counted(settings.count)} by {self.run(run).name} at step {loaded.step}, latent variance "
            f"{settings.latent_variance:g}, output variance {settings.output_variance:g}"
        )
        drawings = generate_drawings(
            loaded.model,
            loaded.pens,
            count=settings.count,
            length=settings.length,
            variance=settings.variance,
            seed=settings.seed,
            label=settings.label,
        )
        return drawings, where


def _share(share: Share) -> dict[str, Any]:
    return {"share": _number(share.value), "interval": list(share.interval()), "count": share.count, "of": share.total}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
