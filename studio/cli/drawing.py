"""Commands that draw or speak with a trained model, and that measure it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.cli.opened import WrongUse, as_wrong_use, check_ending, chosen_run, compiled_first, opened, workbench
from studio.cli.projects import DONE, say_written
from studio.errors import StudioError
from studio.sequences.materials import Kind, Material
from studio.sequences.recording import Recording
from studio.workbench import Evaluation, GenerationSettings, Job, Workbench
from studio.workbench.training import DEFAULT_RECIPES


def generate(arguments: argparse.Namespace) -> int:
    """``vrnn-studio generate PROJECT --out PATH``."""
    check_ending(arguments.out, None)
    if arguments.begin is not None and not arguments.begin.exists():
        raise StudioError(f"{arguments.begin}: not found.")
    with opened(arguments.project) as bench:
        run = chosen_run(bench, arguments.run_name)
        kind = bench.kind_of(run.id if run else None)
        check_ending(arguments.out, kind)
        if kind == "pen" and arguments.seconds is not None:
            raise WrongUse("--seconds is for recordings and piano rolls: drawings have a --length in points.")
        preset = bench.preset_of(run.id if run else None)
        settings = GenerationSettings(
            count=arguments.count,
            length=arguments.length,
            seconds=arguments.seconds,
            seed=arguments.seed,
            latent_variance=_or(arguments.latent_variance, preset.latent_variance),
            output_variance=_or(arguments.output_variance, preset.output_variance),
            begin=_beginning(arguments.begin, kind),
            label=arguments.label,
            run=run.id if run else None,
        )
        with compiled_first():
            job = bench.generate(settings)
        made = bench.wait(job).result
        written = bench.wait(_export(bench, made, arguments.out, kind)).result
        if not bench.read_only:
            bench.keep_samples(settings, made)
        say_written(written, len(made), kind)
    return DONE


def copy_synthesis(arguments: argparse.Namespace) -> int:
    """``vrnn-studio copy-synthesis FILE... --out PATH``."""
    check_ending(arguments.out, "audio")
    with workbench() as bench:
        with as_wrong_use():
            recipe = bench.recipe(arguments.recipe or DEFAULT_RECIPES["audio"])
        recordings = [material for material in _materials(arguments.files, "audio") if isinstance(material, Recording)]
        copies = bench.wait(bench.copy_synthesis(recordings, recipe)).result
        say_written(bench.wait(bench.export_recordings(copies, arguments.out)).result, len(copies), "audio")
    return DONE


def evaluate(arguments: argparse.Namespace) -> int:
    """``vrnn-studio evaluate PROJECT``."""
    with opened(arguments.project) as bench:
        run = chosen_run(bench, arguments.run_name)
        with compiled_first():
            job = bench.evaluate(
                run.id if run else None,
                on=arguments.on and _materials(arguments.on, bench.kind_of(run.id if run else None)),
                bound=arguments.bound,
                particles=arguments.particles,
            )
        found: Evaluation = bench.wait(job).result
        if arguments.json:
            print(json.dumps(found.to_dict(), indent=2))
        else:
            _print(found)
    return DONE


def _print(evaluation: Evaluation) -> None:
    bound = evaluation.bound
    name = "ELBO" if bound.name == "elbo" else f"Importance-weighted bound with {bound.particles} particles"
    print(f"{name} of {evaluation.run.name} at step {evaluation.run.step} on {evaluation.on}:")
    for title, value in (("nats per frame", bound.per_frame), ("nats per sequence", bound.per_sequence)):
        error = "" if value.standard_error != value.standard_error else f" +- {value.standard_error:.4f}"
        print(f"  {title:<18}{value.mean:12.4f}{error}")
    print(f"  {'bits per frame':<18}{bound.bits_per_frame:12.4f}")
    if evaluation.bits_per_sample is not None:
        print(f"  {'bits per sample':<18}{evaluation.bits_per_sample:12.4f} to write a sample down, at most")
    print(f"  {'reconstruction':<18}{bound.reconstruction:12.4f} nats per frame, negative log likelihood given z")
    print(f"  {'KL':<18}{bound.kl:12.4f} nats per frame")
    constants = ", ".join(f"{name} {value:.6g}" for name, value in bound.units.items())
    print(f"in the units of the material; constants of the normalisation: {constants}")


def _export(bench: Workbench, made: Sequence[Any], path: Path, kind: Kind) -> Job:
    if kind == "roll":
        return bench.export_rolls(made, path)
    return bench.export_recordings(made, path) if kind == "audio" else bench.export_drawings(made, path)


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _beginning(path: Path | None, kind: Kind) -> Material | None:
    if path is None:
        return None
    from studio.files.readers import read_drawing, read_recording, read_roll

    if kind == "roll":
        return read_roll(path)
    return read_recording(path) if kind == "audio" else read_drawing(path)


def _materials(paths: list[Path], kind: Kind) -> list[Material]:
    from studio.files.readers import read_materials

    found = read_materials(paths, kind=kind)
    for problem in found.problems:
        print(problem, file=sys.stderr)
    if not found.materials:
        raise StudioError("There is nothing to go by: none of the files could be read.")
    return [item.material for item in found.materials]
