"""Commands that draw, speak or write with a trained model, and that measure it."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from studio.cli.opened import (
    WrongUse,
    as_wrong_use,
    check_ending,
    chosen_run,
    compiled_first,
    opened,
    say_dead_variance,
    workbench,
)
from studio.cli.projects import DONE, say_written
from studio.cli.saying import say
from studio.errors import StudioError
from studio.sequences.material import Drawing
from studio.sequences.materials import Kind, Material, counted
from studio.sequences.recording import Recording
from studio.sequences.text import Text, tidied
from studio.training.recipe import GenerationPreset
from studio.workbench import Evaluation, GenerationSettings, Job, Workbench
from studio.workbench.training import DEFAULT_RECIPES

T = TypeVar("T")


def generate(arguments: argparse.Namespace) -> int:
    """``vrnn-studio generate PROJECT --out PATH``."""
    check_ending(arguments.out, None)
    for path in (arguments.begin, arguments.extrapolate, *(arguments.interpolate or ())):
        if isinstance(path, Path) and not path.exists():
            raise StudioError(f"{path}: not found.")
    with opened(arguments.project) as bench:
        run = chosen_run(bench, arguments.run_name, arguments.weights)
        kind = bench.kind_of(run.id if run else None)
        check_ending(arguments.out, kind)
        _check_options(arguments, kind)
        if arguments.extrapolate is not None:
            return _extrapolate(bench, arguments, run.id if run else None)
        say_dead_variance(bench, run, arguments)
        preset = bench.preset_of(run.id if run else None)
        settings = GenerationSettings(
            count=arguments.count,
            length=arguments.length,
            seconds=arguments.seconds,
            seed=arguments.seed,
            output_variance=either(either(arguments.temperature, arguments.output_variance), preset.output_variance),
            begin=_beginning(arguments.begin, kind) if arguments.prompt is None else Text.typed(arguments.prompt),
            label=arguments.label,
            run=run.id if run else None,
            between=_ends(bench, arguments.interpolate),
            weights=arguments.weights,
            at=None if arguments.at is None else (arguments.at[0], arguments.at[1]),
        )
        settings = with_latent_variances(settings, arguments, preset)
        with compiled_first():
            job = bench.generate(settings)
        done = bench.wait(job)
        made = done.result
        for sentence in done.messages:
            say(sentence, file=sys.stderr)
        exports: dict[Kind, Callable[..., Job]] = {
            "pen": partial(bench.export_drawings, smooth=not arguments.straight),
            "audio": bench.export_recordings,
            "text": bench.export_texts,
            "roll": bench.export_rolls,
        }
        written = bench.wait(exports[kind](made, arguments.out)).result
        if not bench.read_only:
            bench.keep_samples(settings, made)
        say_written(written, len(made), kind)
    return DONE


def _extrapolate(bench: Workbench, arguments: argparse.Namespace, run: int | None) -> int:
    """The curve through the points of a drawing, and on beyond them."""
    from studio.files.readers import read_drawing

    drawing = read_drawing(arguments.extrapolate)
    job = bench.extrapolate(drawing, run, before=arguments.before, after=arguments.after, weights=arguments.weights)
    found = bench.wait(job).result
    written = bench.wait(bench.export_drawings([found.drawing], arguments.out, smooth=not arguments.straight)).result
    say_written(written, 1, "pen")
    return DONE


def _ends(bench: Workbench, given: list[Path | int] | None) -> tuple[Drawing, Drawing] | None:
    """Two drawings, each from a file or by its number in the project."""
    if given is None:
        return None
    first, last = (_drawing(bench, one) for one in given)
    return first, last


def _drawing(bench: Workbench, given: Path | int) -> Drawing:
    from studio.files.readers import read_drawing

    if isinstance(given, Path):
        return read_drawing(given)
    items = bench.materials("pen")
    if not 1 <= given <= len(items):
        raise StudioError(f"There is no drawing {given}: {bench.name} has {counted(len(items))}.")
    return items[given - 1].drawing


def _check_options(arguments: argparse.Namespace, kind: Kind) -> None:
    """Refuse options that are for another kind of material than the run has learned from."""
    if kind not in ("audio", "roll") and arguments.seconds is not None:
        raise WrongUse(
            "--seconds is for recordings and piano rolls: drawings and texts have a --length, in points or letters."
        )
    if kind != "text" and (arguments.prompt is not None or arguments.temperature is not None):
        raise WrongUse("--prompt and --temperature are for texts: other material has --begin and --output-variance.")
    if arguments.prompt is not None and (arguments.begin is not None or not tidied(arguments.prompt)):
        raise WrongUse("--prompt needs at least one character, and no --begin beside it.")
    if kind != "pen" and (arguments.interpolate is not None or arguments.extrapolate is not None):
        raise WrongUse("--interpolate and --extrapolate are for drawings.")
    different = (arguments.begin, arguments.prompt, arguments.interpolate, arguments.extrapolate, arguments.at)
    if sum(value is not None for value in different) > 1:
        raise WrongUse(
            "--begin, --prompt, --interpolate, --extrapolate and --at are different things to do: give one of them."
        )
    if arguments.at is not None and not all(map(math.isfinite, arguments.at)):
        raise WrongUse("--at needs two finite numbers, the x and y of a point of the map.")
    if arguments.at is not None and arguments.label:
        raise WrongUse("--at takes the label of what lies there: leave --label out.")
    if arguments.temperature is not None and arguments.output_variance is not None:
        raise WrongUse("--temperature is what --output-variance is for texts: give one of them.")


def copy_synthesis(arguments: argparse.Namespace) -> int:
    """``vrnn-studio copy-synthesis FILE... --out PATH``."""
    check_ending(arguments.out, "audio")
    with workbench() as bench:
        with as_wrong_use():
            recipe = bench.recipe(arguments.recipe or DEFAULT_RECIPES["audio"])
        recordings = [
            material for material in materials_of(arguments.files, "audio") if isinstance(material, Recording)
        ]
        copies = bench.wait(bench.copy_synthesis(recordings, recipe)).result
        say_written(bench.wait(bench.export_recordings(copies, arguments.out)).result, len(copies), "audio")
    return DONE


def evaluate(arguments: argparse.Namespace) -> int:
    """``vrnn-studio evaluate PROJECT``."""
    with opened(arguments.project) as bench:
        run = chosen_run(bench, arguments.run_name, arguments.weights)
        with compiled_first():
            job = bench.evaluate(
                run.id if run else None,
                on=arguments.on and materials_of(arguments.on, bench.kind_of(run.id if run else None)),
                bound=arguments.bound,
                particles=arguments.particles,
                weights=arguments.weights,
            )
        found: Evaluation = bench.wait(job).result
        if arguments.json:
            say(json.dumps(found.to_dict(), indent=2))
        else:
            _print(found)
    return DONE


def _print(evaluation: Evaluation) -> None:
    bound = evaluation.bound
    name = "ELBO" if bound.name == "elbo" else f"Importance-weighted bound with {bound.particles} particles"
    say(f"{name} of {evaluation.run.name} at step {evaluation.run.step} on {evaluation.on}:")
    for title, value in (("nats per frame", bound.per_frame), ("nats per sequence", bound.per_sequence)):
        error = "" if value.standard_error != value.standard_error else f" +- {value.standard_error:.4f}"
        say(f"  {title:<18}{value.mean:12.4f}{error}")
    say(f"  {'bits per frame':<18}{bound.bits_per_frame:12.4f}")
    if evaluation.bits_per_sample is not None:
        say(f"  {'bits per sample':<18}{evaluation.bits_per_sample:12.4f} to write a sample down, at most")
    if evaluation.bits_per_character is not None:
        say(f"  {'bits per character':<18}{evaluation.bits_per_character:12.4f} to write a character down, at most")
    say(f"  {'reconstruction':<18}{bound.reconstruction:12.4f} nats per frame, negative log likelihood given z")
    say(f"  {'KL':<18}{bound.kl:12.4f} nats per frame")
    if evaluation.left_out:
        say(f"{evaluation.left_out}.")
    constants = ", ".join(f"{name} {value:.6g}" for name, value in bound.units.items())
    say(f"in the units of the material; constants of the normalisation: {constants}")


def either(value: float | None, otherwise: T) -> float | T:
    """What was asked for, or else the other."""
    return otherwise if value is None else value


def with_latent_variances(
    settings: GenerationSettings, arguments: argparse.Namespace, preset: GenerationPreset
) -> GenerationSettings:
    """With those that were asked for, or else the recipe's; --latent-variance is that of g and of z."""
    latent, whole = arguments.latent_variance, arguments.whole_variance
    if latent is None and whole is None and preset.whole_factor != 1:
        whole = preset.whole_variance
    return replace(
        settings,
        latent_variance=either(latent, preset.latent_variance),
        whole_variance=whole,
        step_variance=arguments.step_variance,
    )


def _beginning(path: Path | None, kind: Kind) -> Material | None:
    if path is None:
        return None
    from studio.files import readers

    reads: dict[Kind, Callable[[Path], Material]] = {
        "pen": readers.read_drawing,
        "audio": readers.read_recording,
        "text": readers.read_text,
        "roll": readers.read_roll,
    }
    return reads[kind](path)


def materials_of(paths: list[Path], kind: Kind) -> list[Material]:
    """What is in files; what cannot be read is said.

    Raises:
        StudioError: there is nothing in them.
    """
    from studio.files.readers import read_materials

    found = read_materials(paths, kind=kind)
    for problem in found.problems:
        say(problem, file=sys.stderr)
    if not found.materials:
        raise StudioError("There is nothing to go by: none of the files could be read.")
    return [item.material for item in found.materials]
