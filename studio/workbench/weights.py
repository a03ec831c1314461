"""Which weights of a run are used: the best on what is held back, the last ones, or those of a step that was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studio.errors import StudioError
from studio.training.events import Sample
from studio.workbench.state import Weights
from studio.workbench.training import TrainingPart, info_of


@dataclass(frozen=True)
class Kept:
    """Weights that are in the project.

    Attributes:
        kind: "best", "last", or "step" for those kept to look back at.
        step: updates that they have had.
        spare: the kind to use where these turn out to be damaged; "": none, since it was these that were asked for.
    """

    kind: Literal["best", "last", "step"]
    step: int
    spare: Literal["best", "last", ""] = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of the checkpoints that will do, the first of them first."""
        return (self.kind, self.spare) if self.spare else (self.kind,)


class WeightsPart(TrainingPart):
    """Finds weights, of trainings that go on, too."""

    def check_weights(self, run: int, weights: Weights) -> None:
        """See to it that a run has these weights.

        Raises:
            StudioError: it has not; the sentence tells which it has.
        """
        if weights is not None:
            self._found_weights(run, weights)

    def weights_to_choose(self, run: int | None = None) -> tuple[tuple[str, Weights], ...]:
        """What weights of a run can be asked for, in words: first those that it is used with.

        Args:
            run: None: the newest that can be drawn with.
        """
        info = self.newest_run() if run is None else self.run(run)
        if info is None or not self._can_draw(info):
            return ()
        kept = self._project.runs.checkpoint_steps(info.id)
        live = self._live_sample(info.id)
        found = self._found_weights(info.id, None)
        usual = "newest" if isinstance(found, Sample) else f"{found.kind}, step {found.step:,}"
        if not isinstance(found, Sample) and kept.get("best") == kept.get("last"):
            usual = f"best and last, step {found.step:,}"
        choices: list[tuple[str, Weights]] = [(usual, None)]
        named: tuple[Literal["best", "last"], ...] = ("best", "last") if live is None else ("best",)
        for kind in named:
            text = f"{kind}, step {kept[kind]:,}" if kind in kept else ""
            if text and kept[kind] != getattr(found, "step", None):
                choices.append((text, kind))
        steps = self._project.runs.snapshot_steps(info.id)
        return (*choices, *((f"step {step:,}", step) for step in reversed(steps) if step not in kept.values()))

    def _found_weights(self, run: int, weights: Weights) -> Sample | Kept:
        """What is asked for.

        Raises:
            StudioError: there is no such thing.
        """
        sample, runs = self._live_sample(run), self._project.runs  # on any thread: not what the window has at hand
        if sample is not None and (weights in (None, "last") or weights == sample.step):
            return sample
        info, kept = info_of(runs.get(run)), runs.checkpoint_steps(run)
        if weights is None:
            first, second = ("best", "last") if info.used == "best" else ("last", "best")
            return _usual(kept, first, second, info.name)
        if weights == "best" or weights == "last":
            if weights not in kept:
                raise StudioError(_none_named(info.name, weights, kept))
            return Kept(weights, kept[weights])
        for kind in ("best", "last"):
            if kept.get(kind) == weights:
                return Kept(kind, weights)
        steps = runs.snapshot_steps(run)
        if weights not in steps:
            raise StudioError(_no_step(info.name, weights, kept, steps))
        return Kept("step", weights)


def _usual(kept: dict[str, int], first: str, second: str, name: str) -> Kept:
    found = next((kind for kind in (first, second) if kind in kept), None)
    if found is None:
        raise StudioError(f"The run {name!r} has no weights yet: train it first.")
    spare = second if found == first and second in kept else ""
    return Kept(found, kept[found], spare)  # type: ignore[arg-type]


def _none_named(name: str, wanted: str, kept: dict[str, int]) -> str:
    if wanted == "best" and kept:
        return (
            f"The run {name!r} has no best weights, since nothing was held back to tell by: use its last ones, or "
            "those of a step."
        )
    return f"The run {name!r} has no {wanted} weights yet: train it first."


def _no_step(name: str, wanted: int, kept: dict[str, int], steps: tuple[int, ...]) -> str:
    words = [f"{kind} (step {step})" for kind, step in sorted(kept.items())]
    words += [str(step) for step in steps if step not in kept.values()]
    there = f"choose one of {', '.join(words)}" if words else "train it first"
    return f"The run {name!r} kept no weights of step {wanted}: {there}."
