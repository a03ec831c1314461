"""Commands that draw with a trained model, and that measure it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from studio.cli.opened import check_ending, chosen_run, opened
from studio.cli.projects import DONE, say_written
from studio.errors import StudioError
from studio.sequences.material import Drawing
from studio.workbench import Evaluation, GenerationSettings


def generate(arguments: argparse.Namespace) -> int:
    """``vrnn-studio generate PROJECT --out PATH``."""
    check_ending(arguments.out)
    with opened(arguments.project) as bench:
        run = chosen_run(bench, arguments.run_name)
        settings = GenerationSettings(
            count=arguments.count,
            length=arguments.length,
            seed=arguments.seed,
            latent_variance=arguments.latent_variance,
            output_variance=arguments.output_variance,
            begin=_beginning(arguments.begin),
            run=run.id if run else None,
        )
        drawings = bench.wait(bench.generate(settings)).result
        written = bench.wait(bench.export_drawings(drawings, arguments.out)).result
        if not bench.read_only:
            bench.keep_samples(settings, drawings)
        say_written(written, len(drawings))
    return DONE


def evaluate(arguments: argparse.Namespace) -> int:
    """``vrnn-studio evaluate PROJECT``."""
    with opened(arguments.project) as bench:
        run = chosen_run(bench, arguments.run_name)
        job = bench.evaluate(
            run.id if run else None,
            on=_drawings(arguments.on),
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
    print(f"  {'reconstruction':<18}{bound.reconstruction:12.4f} nats per frame, negative log likelihood given z")
    print(f"  {'KL':<18}{bound.kl:12.4f} nats per frame")
    constants = ", ".join(f"{name} {value:.6g}" for name, value in bound.units.items())
    print(f"in the units of the material; constants of the normalisation: {constants}")


def _beginning(path: Path | None) -> Drawing | None:
    if path is None:
        return None
    from studio.files.readers import read_drawing

    return read_drawing(path)


def _drawings(paths: list[Path] | None) -> list[Drawing] | None:
    if paths is None:
        return None
    from studio.files.readers import read_materials

    found = read_materials(paths, kind="pen")
    for problem in found.problems:
        print(problem, file=sys.stderr)
    if not found.materials:
        raise StudioError("There is nothing to measure on: none of the files could be read.")
    return [item.material for item in found.materials if isinstance(item.material, Drawing)]
