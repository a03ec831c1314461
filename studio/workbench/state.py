"""What the workbench shows: plain values, snapshots that never change under the reader."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from studio.errors import StudioError
from studio.generation.variance import Variance
from studio.project.records import Status
from studio.sequences.material import Drawing
from studio.sequences.materials import Material, counted
from studio.training.recipe import Recipe

Weights: TypeAlias = Literal["best", "last"] | int | None
"""Which weights of a run to use: the best on what is held back, those saved last, or those that were kept after so many
updates; None: those that its recipe says, and while it is trained the newest."""


@dataclass(frozen=True)
class LeftBehind:
    """An untitled project that no running studio has open.

    Attributes:
        path: its file.
        changed: when it was written last, seconds since 1970.
        size: of the file, in bytes.
        counts: how many pieces of material of each kind.
        runs: how many trainings.
        first: a piece of its material, to be recognised by; None where there is none, or it cannot be read.
    """

    path: Path
    changed: float
    size: int
    counts: tuple[tuple[str, int], ...]
    runs: int
    first: Material | None = None

    @property
    def holds(self) -> str:
        """What is in it, in words."""
        kinds = [counted(number, (kind,)) for kind, number in self.counts]
        runs = "" if not self.runs else "one training" if self.runs == 1 else f"{self.runs:,} trainings"
        return ", ".join([*kinds, *filter(None, [runs])]) or "nothing"


@dataclass(frozen=True)
class RunInfo:
    """One training, finished or not.

    Attributes:
        name: unique in the project.
        toml: its recipe.
        status: "interrupted" where the program died while training; it can be resumed.
        step: updates made.
        created: ISO 8601, UTC.
        has_weights: whether something can be drawn with it.
        best_step: of the weights that did best on what is held back, None where there are none.
        last_step: of the weights that were saved last, None where there are none.
    """

    id: int
    name: str
    toml: str
    status: Status
    step: int
    created: str
    device: str
    seed: int
    has_weights: bool
    best_step: int | None = None
    last_step: int | None = None

    @property
    def recipe(self) -> Recipe:
        """How it was trained; read when asked for, since hundreds of runs would keep a project from opening."""
        return _recipe(self.toml, self.name)

    @property
    def steps(self) -> int:
        """How many updates its recipe asks for."""
        return self.recipe.training.steps

    @property
    def used(self) -> Literal["best", "last"]:
        """Which weights it is used with, unless others are asked for; see `TrainingSettings.weights`."""
        wanted = self.status == "early" or self.recipe.training.weights == "best"
        return "best" if self.best_step is not None and (wanted or self.last_step is None) else "last"

    @property
    def used_step(self) -> int:
        """Updates that these weights have had."""
        found = self.best_step if self.used == "best" else self.last_step
        return self.step if found is None else found

    @property
    def weights_in_words(self) -> str:
        """The weights that it is used with, such as "best, step 600"; "" where there are none."""
        return f"{self.used}, step {self.used_step:,}" if self.has_weights else ""

    @property
    def can_resume(self) -> bool:
        """Whether there is a checkpoint and something left to do."""
        return self.has_weights and self.status != "training" and self.step < self.steps


@dataclass(frozen=True)
class TrainingState:
    """What the training pane shows.

    Attributes:
        run: the run being trained, or trained last.
        seconds_left: an estimate, None while there is nothing to go by.
        message: one sentence: what happened last.
        speeds_up: whether it will be faster once the studio has been compiled for this computer, which goes on now.
    """

    phase: Literal["idle", "preparing", "training", "paused", "stopping"] = "idle"
    run: int | None = None
    step: int = 0
    steps: int = 0
    seconds_left: float | None = None
    device: str = ""
    message: str = ""
    speeds_up: bool = False


@dataclass(frozen=True)
class Job:
    """Work in the background: progress and outcome, as it stood when this was made.

    Attributes:
        done, total: progress in whatever the work counts; total 0: not known yet.
        messages: sentences for the user: what was refused and why.
        result: what came out, once finished.
        error: one sentence where it failed as a whole.
        details: of a mistake in the studio: its traceback.
    """

    id: int
    title: str
    done: int = 0
    total: int = 0
    finished: bool = False
    cancelled: bool = False
    messages: tuple[str, ...] = ()
    result: Any = None
    error: str = ""
    details: str = ""


@dataclass(frozen=True)
class GenerationSettings:
    """What the generation pane asks for.

    Attributes:
        count: how many drawings, recordings or texts, side by side.
        length: frames; None: until the drawing ends, at most the longest of the material; a live text that has no end
            then goes on and on.
        seconds: instead of a length, of recordings; of a live voice, after which it falls silent.
        seed: the same seed, settings and weights give the same drawings.
        latent_variance: multiplies the prior's sigma, that of g and of z.
        whole_variance, step_variance: instead of it, of g and of z alone; None: the same.
        output_variance: tempers the output distribution; of texts it is the temperature.
        begin: the beginning of a drawing, a recording or a text, to be gone on with.
        label: what it shall be, where the run was told of labels: a label of the material, or some of what it names;
            "": anything.
        run: None: the newest run that has weights.
        between: two drawings, where those that are made shall lead from the one to the other, in so many steps.
        weights: which of the run's.
        at: a point of the map of g, where what is made shall lie; it then has the label of what lies there.
    """

    count: int = 4
    length: int | None = None
    seed: int = 1234
    latent_variance: float = 1.0
    output_variance: float = 1.0
    begin: Material | None = None
    run: int | None = None
    seconds: float | None = None
    label: str = ""
    between: tuple[Drawing, Drawing] | None = None
    weights: Weights = None
    at: tuple[float, float] | None = None
    whole_variance: float | None = None
    step_variance: float | None = None

    @property
    def variance(self) -> Variance:
        """How much chance is given."""
        step = self.latent_variance if self.step_variance is None else self.step_variance
        whole = self.latent_variance if self.whole_variance is None else self.whole_variance
        return Variance(step, self.output_variance, None if whole == step else whole)


@lru_cache(maxsize=1000)
def _recipe(toml: str, run: str) -> Recipe:
    try:
        return Recipe.from_toml(toml, f"the recipe of run {run}")
    except StudioError as error:  # of another version of the studio: the rest of the run is still good
        return Recipe(name="unknown", title="Unknown recipe", summary=str(error))
