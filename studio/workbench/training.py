"""Training: recipes, the one training that runs, and the runs that have been."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from studio.assets import resource
from studio.errors import StudioError
from studio.models import compiling
from studio.project.database import Note
from studio.project.records import MaterialItem, StoredRun
from studio.project.runs import Series
from studio.sequences.pen import LONG_TRACE, is_long_trace
from studio.training.events import Progress, Sample, SetBack, TrainingEvent
from studio.training.recipe import Recipe
from studio.workbench.background_training import BackgroundTraining, Order
from studio.workbench.collection import CollectionPart
from studio.workbench.state import RunInfo, TrainingState

DEFAULT_RECIPE = "pens"
DEFAULT_RECIPES = {"pen": DEFAULT_RECIPE, "audio": "speech", "text": "text", "roll": "roll"}
"""By the kind of material."""

TRACE_RECIPE = "patterns"
"""For drawings that are long traces without end."""

GONE = {"drawings": "pens"}
"""Recipes of earlier versions, and those that do their work now. Runs keep the recipe that they were trained by."""

_LOOKED_AT = 5  # drawings that tell what a collection is like
_LARGEST_SEED = 2**31
_CLOSING_SECONDS = 60.0  # for the update in progress and the last checkpoint
_PREPARING_SECONDS = 1.0  # where there is nothing to be saved yet

ENOUGH_STEPS, ENOUGH_SHARE = 100, 0.25  # a run that made so many, or this share of its own, went far enough to draw


class TrainingPart(CollectionPart):
    """One training at a time, in a thread of its own; drawing and generation go on meanwhile."""

    _background: BackgroundTraining | None = None
    _shipped: tuple[Recipe, ...] | None = None
    _runs: tuple[RunInfo, ...] | None = None
    _state = _shown = TrainingState()

    # Recipes.

    def recipes(self) -> tuple[Recipe, ...]:
        """The shipped ones, the default first, group after group; then the project's own."""
        own = {} if self._open_project is None else self._open_project.recipes()
        return self._shipped_recipes() + tuple(Recipe.from_toml(toml, f"recipe {name}") for name, toml in own.items())

    def recipe(self, name: str) -> Recipe:
        """The recipe of that name; of one that is gone, that which has taken its place."""
        recipes = self.recipes()
        named = {recipe.name: recipe for recipe in recipes}
        found = named.get(name) or named.get(GONE.get(name, ""))
        if found is None:
            names = ", ".join(recipe.name for recipe in recipes)
            raise StudioError(f"There is no recipe {name!r}: the recipes are {names}; a file's name ends in .toml.")
        return found

    def own_recipe(self, name: str) -> bool:
        """Whether a recipe is the project's own, and so can be changed and deleted."""
        return self._open_project is not None and name in self._open_project.recipes()

    def save_recipe(self, recipe: Recipe) -> None:
        """Keep a recipe in the project, in place of its own one of the same name."""
        if recipe.name in [shipped.name for shipped in self._shipped_recipes()]:
            raise StudioError(f"The recipe {recipe.name!r} came with the studio: save it under another name.")
        self._project.save_recipe(recipe.name, recipe.to_toml())
        self._mark("recipes_changed")

    def delete_recipe(self, name: str) -> None:
        """Delete a recipe of the project's own."""
        self._project.delete_recipe(name)
        self._mark("recipes_changed")

    # The training that runs.

    def default_recipe(self) -> str:
        """The name of the recipe for the material there is: where there are several kinds, for drawings.

        Of drawings it depends on whether they end: long traces that go on and on are for another recipe.
        """
        kinds = {item.kind for item in self.materials()}
        found = next((name for kind, name in DEFAULT_RECIPES.items() if kind in kinds), DEFAULT_RECIPE)
        if found == DEFAULT_RECIPE and self._are_traces(self.materials("pen")[:_LOOKED_AT]):
            return TRACE_RECIPE
        return found

    def _are_traces(self, items: Sequence[MaterialItem]) -> bool:
        long = [item for item in items if item.facts.parts == 1 and item.facts.length > LONG_TRACE]
        return 2 * len(long) > len(items) and all(is_long_trace(item.drawing) for item in long)

    def why_not_train(self, recipe: Recipe | str | None = None) -> str:
        """Why a training by a recipe, None: the default one, cannot begin, in a sentence; "" where it can."""
        if self._open_project is None:
            return "No project is open: create one, or open one."
        if self._background is not None:
            return "A training is running: stop it first."
        if self.read_only:
            return self.why_read_only
        if isinstance(recipe, str):
            recipe = self.recipe(recipe)
        kind = None if recipe is None else recipe.material
        if self.materials(kind):
            return ""
        hows = {
            "audio": "record something",
            "pen": "draw something",
            "text": "write something",
            "roll": "draw some notes",
        }
        how = hows.get(kind or "", "draw, record or write something")
        return f"There is nothing to learn from: {how}, or import a file."

    def train(
        self,
        recipe: Recipe | str | None = None,
        *,
        device: str = "auto",
        name: str | None = None,
        seed: int | None = None,
        resume: int | None = None,
        minutes: float | None = None,
        fit_steps: bool = False,
    ) -> int:
        """Begin to train.

        Args:
            recipe: None: the default one for the material there is; where a run is resumed, its own.
            device: "auto", "cpu", "cuda" or "mps".
            name: of the new run, None for a free one.
            seed: None for a random one.
            resume: the run to go on with, exactly where it stopped.
            minutes: when to stop at the latest.
            fit_steps: make as many steps as go into those minutes, instead of the recipe's number.

        Returns:
            the run's id.

        Raises:
            StudioError: see `why_not_train`; or where the name is taken, or there is nothing to resume.
        """
        if isinstance(recipe, str):
            recipe = self.recipe(recipe)
        if resume is not None and recipe is None and self.is_open:
            recipe = self.run(resume).recipe
        if why := self.why_not_train(recipe):
            raise StudioError(why)
        if resume is None:
            order = self._new_run(recipe or self.recipe(self.default_recipe()), device, name, seed)
        else:
            order = self._resumed_run(resume, recipe, device)
        order = replace(order, minutes=minutes, fit_steps=fit_steps)
        self._background = BackgroundTraining(self._project, order, self.materials(order.recipe.material))
        self._runs_changed()
        self._background.start()
        return order.run

    def pause(self) -> None:
        """Hold the training; what it has learned is saved."""
        if self._background is not None:
            self._background.pause()

    def go_on(self) -> None:
        """Go on after a pause."""
        if self._background is not None:
            self._background.go_on()

    def stop(self) -> None:
        """Ask the training to save and end; it does after the update in progress."""
        if self._background is not None:
            self._background.stop()

    def change_training(self, **settings: Any) -> None:
        """Change settings of the running training by name, such as ``learning_rate=1e-3`` or ``steps=3000``.

        Raises:
            StudioError: where nothing runs, or a setting is unknown, out of range or cannot change any more.
        """
        if self._background is None:
            raise StudioError("No training is running: change the recipe instead.")
        self._background.change(settings)
        self._runs_changed()

    @property
    def training(self) -> TrainingState:
        """What the training does now, or how the last one ended."""
        return self._state if self._background is None else _state(self._background)

    # The runs that have been.

    def runs(self) -> tuple[RunInfo, ...]:
        """All trainings of the project, oldest first; the same tuple until they change."""
        if self._runs is None:
            stored = [] if self._open_project is None else self._open_project.runs.all()
            self._runs = tuple(map(info_of, stored))
        return self._runs

    def run(self, id: int) -> RunInfo:
        """One training."""
        found = next((run for run in self.runs() if run.id == id), None)
        if found is None:
            raise StudioError(f"There is no run {id} in this project.")
        return found

    def run_named(self, name: str) -> RunInfo:
        """The training of that name."""
        found = next((run for run in self.runs() if run.name == name), None)
        if found is None:
            names = ", ".join(run.name for run in self.runs()) or "none"
            raise StudioError(f"There is no run {name!r} in this project; its runs: {names}.")
        return found

    def newest_run(self) -> RunInfo | None:
        """The one that is drawn with unless another is asked for.

        It is the newest that was finished or went far enough to draw; where there is none, the newest with weights.
        """
        able = [run for run in reversed(self.runs()) if self._can_draw(run)]
        return next((run for run in able if self._went_far(run)), next(iter(able), None))

    def why_not_newest(self) -> str:
        """Why that is not the newest one with weights, in a sentence; "" where it is."""
        newest = next((run for run in reversed(self.runs()) if self._can_draw(run)), None)
        used = self.newest_run()
        if newest is None or used is None or newest.id == used.id:
            return ""
        made = f"made only {self._made(newest):,} of {newest.steps:,} steps"
        return f"{used.name} is used: {newest.name}, which is newer, {made}."

    def _went_far(self, run: RunInfo) -> bool:
        done = self._made(run) >= min(ENOUGH_STEPS, run.steps * ENOUGH_SHARE)
        return run.status in ("finished", "early") or (done and run.status not in ("diverged", "failed"))

    def _made(self, run: RunInfo) -> int:
        """Steps so far, also of the run that is being trained."""
        live = self._live_sample(run.id)
        return run.step if live is None else max(run.step, live.step)

    def interrupted_run(self) -> RunInfo | None:
        """The newest run, where the program died while training it: to be offered.

        It is gone on with, or begun again where it had come so short a way that nothing was kept of it.
        """
        newest = next(reversed(self.runs()), None)
        ready = newest is not None and newest.status == "interrupted" and (newest.can_resume or not newest.has_weights)
        return newest if ready and not self.read_only else None

    def rename_run(self, id: int, name: str) -> None:
        """Give a run another name, which no other has."""
        if not name.strip():
            raise StudioError("A run needs a name.")
        self._project.runs.rename(id, name.strip())
        self._runs_changed()

    def delete_run(self, id: int) -> None:
        """Delete a run for good, with its curves and weights."""
        if self._background is not None and self._background.order.run == id:
            raise StudioError("This run is being trained: stop it first.")
        self._project.runs.delete(id)
        self._runs_changed()

    def best_step(self, run: int) -> int | None:
        """The step at which a run did best on what is held back, up to the present moment; None where none is known."""
        if self._background is not None and self._background.order.run == run:
            return self._background.best_step
        return next((found.best_step for found in self.runs() if found.id == run), None)  # it may have been deleted

    def metrics(self, run: int) -> dict[str, Series]:
        """The curves of a run, name -> (steps, values), up to the present moment.

        Names are those of `Progress.values`, and those of `Validation.values` after ``validation.``.
        """
        if self._background is not None and self._background.order.run == run:
            return self._background.curves.series()
        return self._project.runs.metrics(run)

    # Inside.

    def _new_run(self, recipe: Recipe, device: str, name: str | None, seed: int | None) -> Order:
        if seed is None:
            seed = secrets.randbelow(_LARGEST_SEED)
        name = name or self._free_name(recipe.name)
        run = self._project.runs.create(name, recipe.to_toml(), device=device, seed=seed)
        return Order(run, recipe, device, seed)

    def _resumed_run(self, id: int, recipe: Recipe | None, device: str) -> Order:
        info = self.run(id)
        if info.status == "training":
            raise StudioError(f"The run {info.name!r} is being trained by another VRNN Studio: stop it there first.")
        recipe = recipe or info.recipe
        step = self._project.runs.checkpoint(id, "last").step
        if step >= recipe.training.steps:
            raise StudioError(
                f"The run {info.name!r} has made all its {recipe.training.steps} steps: give it more to go on, "
                "such as with steps."
            )
        self._project.runs.resume(id, recipe.to_toml(), step=step)
        held_back = self._project.runs.get(id).held_back
        return Order(id, recipe, device, info.seed, resume=True, held_back=held_back)

    def _free_name(self, stem: str) -> str:
        taken = {run.name for run in self.runs()}
        number = 1
        while f"{stem}-{number}" in taken:
            number += 1
        return f"{stem}-{number}"

    def _shipped_recipes(self) -> tuple[Recipe, ...]:
        if self._shipped is None:
            files = [entry for entry in resource("recipes").iterdir() if entry.name.endswith(".toml")]
            recipes = [Recipe.from_toml(resource("recipes", file.name).read_text("utf-8"), file.name) for file in files]
            self._shipped = tuple(sorted(recipes, key=_place))
        return self._shipped

    def _can_draw(self, run: RunInfo) -> bool:
        return run.has_weights or self._live_sample(run.id) is not None

    def _live_sample(self, run: int) -> Sample | None:
        training = self._background
        return training.sample if training is not None and training.order.run == run else None

    def _runs_changed(self) -> None:
        self._runs = None
        self._mark("runs_changed")

    def _collection_changed(self) -> None:
        super()._collection_changed()
        if self._background is not None:
            self._background.take_in(self.materials(self._background.order.recipe.material))

    def _hear_of_file(self, note: Note) -> None:
        super()._hear_of_file(note)
        self._runs_changed()
        if self.read_only and self._background is not None:
            self._background.stop()  # also where it is paused; it is kept beside

    def _poll_parts(self) -> None:
        super()._poll_parts()
        training = self._background
        if training is not None:
            ended = training.ended  # looked at first: the news then is complete
            self._tell(training, training.news())
            for refusal in training.refusals():
                self.failed.emit(refusal, "")
            for remark in training.remarks():
                self.message.emit(remark)
            if ended is not None and training.wait(0):
                self._background = None
                self._state = replace(_state(training), phase="idle", seconds_left=None, message=ended.message)
                self._runs_changed()
                self._show_state()
                self.weights_changed.emit(training.order.run)  # from the newest to those that the recipe says
                if ended.failed:
                    self.failed.emit(ended.message, ended.details)
                else:
                    self.message.emit(ended.message)
        self._show_state()

    def _tell(self, training: BackgroundTraining, news: list[TrainingEvent]) -> None:
        newest = next((event for event in reversed(news) if isinstance(event, Progress)), None)
        for event in news:
            if not isinstance(event, Progress) or event is newest:
                self.training_event.emit(event)
            if isinstance(event, SetBack):
                self._runs_changed()
                self.failed.emit(event.message, "")
        if any(isinstance(event, Sample) for event in news):
            self.weights_changed.emit(training.order.run)

    def _show_state(self) -> None:
        state = self.training
        if state != self._shown:
            if state.phase != self._shown.phase:
                self._runs_changed()
            self._shown = state
            self.training_changed.emit(state)

    def _close_parts(self) -> None:
        super()._close_parts()
        if self._background is not None:
            self._background.stop()
            if not self._background.wait(_CLOSING_SECONDS if self._background.prepared else _PREPARING_SECONDS):
                self._background.abandon()
            self._background = None

    def _forget(self) -> None:
        super()._forget()
        self._runs = None
        self._state = TrainingState()


def _place(recipe: Recipe) -> tuple[bool, str, str]:
    """Where a shipped recipe stands: the default first, those of no group before the others."""
    return recipe.name != DEFAULT_RECIPE, recipe.group, recipe.name


def _state(training: BackgroundTraining) -> TrainingState:
    latest = training.latest
    return TrainingState(
        phase=training.phase,
        run=training.order.run,
        step=latest.step if latest else 0,
        steps=training.recipe.training.steps,
        seconds_left=latest.seconds_left if latest else None,
        device=training.device,
        speeds_up=compiling.under_way() and training.device == "cpu" and training.recipe.model.has_compiled_loop,
    )


def info_of(stored: StoredRun) -> RunInfo:
    """A run as the workbench shows it."""
    return RunInfo(
        id=stored.id,
        name=stored.name,
        toml=stored.recipe,
        status=stored.status,
        step=stored.step,
        created=stored.created,
        device=stored.device,
        seed=stored.seed,
        has_weights=stored.has_weights,
        best_step=stored.best_step,
        last_step=stored.last_step,
    )
