"""Commands that train."""

from __future__ import annotations

import argparse
import itertools
import os
import time
from pathlib import Path
from typing import Any

from studio.cli.opened import as_wrong_use, compiled_first, opened, workbench
from studio.cli.progress import Display, display
from studio.cli.projects import DONE
from studio.cli.saying import go_on_unheard, say
from studio.errors import StudioError
from studio.training.recipe import Recipe
from studio.workbench import GenerationSettings, RunInfo, Workbench
from studio.workbench.training import DEFAULT_RECIPE, TRACE_RECIPE

_POLL_SECONDS = 0.05
_DEMO_SAMPLES = 9


def train(arguments: argparse.Namespace) -> int:
    """``vrnn-studio train PROJECT``; Ctrl-C stops, saves, and exits with 130."""
    go_on_unheard()
    with opened(arguments.project) as bench:
        resumed = _run_to_resume(bench, arguments.run_name) if arguments.resume else None
        interrupted = bench.interrupted_run()
        if interrupted is not None and resumed is None:
            say(f"{interrupted.name} was interrupted at step {interrupted.step}: --resume goes on with it.")
        recipe = _recipe(bench, arguments, resumed)
        with compiled_first():
            run = bench.train(
                recipe,
                device=arguments.device,
                name=None if resumed else arguments.run_name,
                seed=arguments.seed,
                resume=resumed.id if resumed else None,
                minutes=arguments.minutes,
                fit_steps=arguments.minutes is not None and arguments.steps is None,
            )
        _follow(bench, run)
    return DONE


def demo(arguments: argparse.Namespace) -> int:
    """``vrnn-studio demo``: the main job without a screen; beside what an earlier one has left."""
    go_on_unheard()
    folder: Path = arguments.out
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudioError(f"Cannot make the folder {folder}: {error.strerror}; choose another with --out.") from error
    project, animation, picture = _free_names(folder)
    with workbench() as bench:
        bench.open_sample(path=project)
        recipe = bench.recipe(DEFAULT_RECIPE)
        if arguments.steps is not None:
            recipe = recipe.changed({"training.steps": arguments.steps})
        say(f"Training on {len(bench.materials())} sample drawings; Ctrl-C stops and keeps what has been learned.")
        with compiled_first():
            run = bench.train(recipe, device=arguments.device, seed=arguments.seed)
        _follow(bench, run)
        drawings = bench.wait(bench.generate(GenerationSettings(count=_DEMO_SAMPLES, seed=arguments.seed))).result
        for path in (animation, picture):
            bench.wait(bench.export_drawings(drawings, path, smooth=True))
        say(f"{animation}: {_DEMO_SAMPLES} new drawings, being drawn.")
        say(f"{picture}: the same as a picture.")
        say(f"{project}: the project, to open with the studio.")
    return DONE


def _free_names(folder: Path) -> tuple[Path, Path, Path]:
    """Project, animation and picture of a demonstration, of a number that none has in this folder."""
    for number in itertools.count(1):
        stem = "demo" if number == 1 else f"demo-{number}"
        names = folder / f"{stem}.vrnn", folder / f"{stem}.gif", folder / f"{stem}.svg"
        if not any(os.path.lexists(path) for path in names):
            break
    return names


def _recipe(bench: Workbench, arguments: argparse.Namespace, resumed: RunInfo | None) -> Recipe:
    recipe = _named_recipe(bench, arguments.recipe, resumed)
    settings: dict[str, Any] = dict(arguments.settings)
    if arguments.steps is not None:
        settings["training.steps"] = arguments.steps
    with as_wrong_use():
        return recipe.changed(settings)


def _named_recipe(bench: Workbench, name: str | None, resumed: RunInfo | None) -> Recipe:
    if name is None:
        if resumed:
            return resumed.recipe
        recipe = bench.recipe(bench.default_recipe())
        if recipe.name == TRACE_RECIPE:
            say(f"These are long traces without end: recipe {recipe.name}; --recipe chooses another.")
        return recipe
    if name.endswith(".toml"):
        from studio.files.text import read_text

        return Recipe.from_toml(read_text(name), name)
    with as_wrong_use():
        found = bench.recipe(name)
    if found.name != name:
        say(f"The recipe {name} is gone; {found.name} does its work.")
    return found


def _run_to_resume(bench: Workbench, name: str | None) -> RunInfo:
    if name is not None:
        return bench.run_named(name)
    runs = [run for run in bench.runs() if run.has_weights]
    if not runs:
        raise StudioError("There is no run to resume in this project: train without --resume first.")
    return next((run for run in reversed(runs) if run.can_resume), runs[-1])


def _follow(bench: Workbench, run: int) -> None:
    """Show a training until it ends.

    Raises:
        StudioError: where it failed.
        KeyboardInterrupt: where the user stopped it; it has been saved by then.
    """
    interrupted = False
    failures: list[str] = []  # its end among them, also where a full disk keeps the project from saying so

    def fail(sentence: str, details: str) -> None:
        failures.append(sentence)

    def remark(sentence: str) -> None:
        if sentence != bench.training.message:  # what it ends with is said below, with the run's name
            shown.say(sentence)

    with display(bench.run(run)) as shown:
        bench.training_event.connect(shown.tell)
        bench.message.connect(remark)
        bench.failed.connect(fail)
        try:
            _poll_until_idle(bench, shown)
        except KeyboardInterrupt:
            interrupted = True
            bench.stop()
            shown.say("Stopping, and saving what has been learned.")
            _poll_until_idle(bench, shown)
        finally:
            bench.training_event.disconnect(shown.tell)
            bench.message.disconnect(remark)
            bench.failed.disconnect(fail)
        if bench.why_ended:
            if bench.read_only:  # the training itself says what it kept, and where
                raise StudioError(bench.training.message or bench.why_ended)
            raise StudioError(f"{bench.why_ended} The training was stopped, and saved there.")
        info = bench.run(run)
        if bench.training.message in failures or info.status in ("failed", "diverged"):
            raise StudioError(bench.training.message)
        shown.say(f"{info.name}: {bench.training.message}")
    if interrupted:
        raise KeyboardInterrupt


def _poll_until_idle(bench: Workbench, shown: Display) -> None:
    bench.poll()
    while bench.training.phase != "idle":
        if bench.why_ended:
            bench.stop()
        time.sleep(_POLL_SECONDS)
        bench.poll()
