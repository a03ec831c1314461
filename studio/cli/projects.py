"""Commands on projects and what is in them."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from studio.cli.opened import WrongUse, as_wrong_use, check_ending, opened, workbench
from studio.cli.saying import say
from studio.errors import StudioError
from studio.files.source import printable
from studio.sequences.material import Drawing
from studio.sequences.materials import counted
from studio.sequences.patterns import refuse_too_many
from studio.workbench import RunInfo, Workbench

DONE, FAILED = 0, 1


def new(arguments: argparse.Namespace) -> int:
    """``vrnn-studio new PROJECT``."""
    with workbench() as bench:
        bench.new(arguments.project)
        say(f"Created {bench.path}.")
    return DONE


def pattern(arguments: argparse.Namespace) -> int:
    """``vrnn-studio pattern NAME``."""
    check_ending(arguments.out)
    with workbench() as bench:
        with as_wrong_use():
            drawings = _pattern_drawings(bench, arguments)
        say_written(bench.wait(bench.export_drawings(drawings, arguments.out)).result, len(drawings))
    return DONE


def import_(arguments: argparse.Namespace) -> int:
    """``vrnn-studio import PROJECT PATH...``; a line for every file that was refused, and for what was assumed."""
    from studio.files.rolls import Reading
    from studio.files.table_options import TableOptions

    reading = Reading(arguments.time, arguments.tempo, arguments.lowest, arguments.drums)
    tables = TableOptions(
        columns=arguments.columns,
        offsets=arguments.offsets,
        pen_down=arguments.pen_down,
        time_unit=arguments.time_unit,
        by=arguments.by,
        decimal=arguments.decimal,
        sentinels=arguments.sentinels,
        encoding=arguments.encoding,
    )
    with opened(arguments.project) as bench:
        job = bench.wait(
            bench.import_paths(
                arguments.paths, label=arguments.label, kind=arguments.kind, reading=reading, tables=tables
            )
        )
        for problem in job.messages:
            say(problem, file=sys.stderr)
        if not job.result:
            say("Nothing came in.", file=sys.stderr)
            return FAILED
        kinds = {bench.material(id).kind for id in job.result}
        came = counted(len(job.result), kinds).capitalize()
        say(f"{came} came in; {bench.name} now holds {len(bench.materials())}.")
    return DONE


def export(arguments: argparse.Namespace) -> int:
    """``vrnn-studio export PROJECT --out PATH``; one kind of material at a time, which the ending may tell."""
    check_ending(arguments.out, arguments.kind)
    with opened(arguments.project) as bench:
        items = [
            item
            for item in bench.materials()
            if (arguments.label is None or has_label(item.label, arguments.label))
            and arguments.kind in (None, item.kind)
        ]
        if not items:
            with_label = "" if arguments.label is None else f" with the label {arguments.label!r}"
            raise StudioError(f"{bench.name} holds nothing{with_label} to export.")
        kind = _kind_to_export({item.kind for item in items}, arguments.out)
        chosen = [item.id for item in items if item.kind == kind]
        check_ending(arguments.out, kind)
        job = bench.wait(bench.export_materials(chosen, arguments.out, width=width_of(arguments.width)))
        say_written(job.result, len(chosen), kind)
        for sentence in job.messages:
            say(sentence, file=sys.stderr)
    return DONE


def has_label(label: str, wanted: str) -> bool:
    """Whether a label is, or names among several, the one that is wanted."""
    return wanted.strip() in (label.strip(), *(part.strip() for part in label.split(",")))


def width_of(text: str) -> Any:
    """Bits per sample as `audio.Width`."""
    return "float" if text == "float" else int(text)


def _kind_to_export(kinds: set[str], out: Path) -> str:
    """The only kind there is, or the only one that the ending of a file can hold.

    Raises:
        WrongUse: there are several.
    """
    from studio.files import audio, texts, writers

    endings = {"pen": writers.ENDINGS, "audio": audio.WRITTEN, "text": texts.WRITTEN, "roll": writers.ROLL_ENDINGS}
    fitting = sorted(kind for kind in kinds if not out.suffix or out.suffix.lower() in endings[kind])
    if len(kinds) == 1 or len(fitting) == 1:
        return (fitting or sorted(kinds))[0]
    known = ", ".join(f"--kind {kind}" for kind in sorted(kinds))
    raise WrongUse(f"There are several kinds of material: say which to export ({known}).")


def info(arguments: argparse.Namespace) -> int:
    """``vrnn-studio info PROJECT``."""
    with opened(arguments.project) as bench:
        facts = _facts(bench)
        if arguments.json:
            say(json.dumps(facts, indent=2))
        else:
            _print_facts(facts)
    return DONE


def recipes(arguments: argparse.Namespace) -> int:
    """``vrnn-studio recipes [NAME]``."""
    with workbench() as bench:
        if arguments.name is not None:
            _print_file(bench.recipe(arguments.name).to_toml())
            return DONE
        width = max(len(recipe.name) for recipe in bench.recipes())
        for recipe in bench.recipes():
            say(f"{recipe.name:<{width}}  {recipe.title}. {recipe.summary}".rstrip())
    return DONE


def _print_file(text: str) -> None:
    """Text that is to become a file: such files are UTF-8, whatever letters the terminal has."""
    if not sys.stdout.isatty() and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(text)


def say_written(paths: tuple[Any, ...], count: int, kind: str = "pen") -> None:
    """Tell where drawings or recordings went."""
    what = counted(count, (kind,))
    if len(paths) == 1:
        say(f"Wrote {what} to {paths[0]}.")
    else:
        say(f"Wrote {what} to {paths[0].parent}, {paths[0].name} to {paths[-1].name}.")


def _facts(bench: Workbench) -> dict[str, Any]:
    items = bench.materials()
    drawings = [item.facts for item in items if item.kind == "pen"]
    recordings = [item.facts for item in items if item.kind == "audio"]
    texts = [item.facts for item in items if item.kind == "text"]
    rolls = [item.facts for item in items if item.kind == "roll"]
    return {
        "project": str(bench.path),
        "read_only": bench.read_only,
        "drawings": len(drawings),
        "points": sum(drawing.length for drawing in drawings),
        "strokes": sum(drawing.parts for drawing in drawings),
        "recordings": len(recordings),
        "seconds": sum(recording.seconds for recording in recordings),
        "texts": len(texts),
        "characters": sum(text.length for text in texts),
        "piano_rolls": len(rolls),
        "roll_frames": sum(roll.length for roll in rolls),
        "roll_seconds": sum(roll.seconds for roll in rolls),
        "labels": dict(sorted(Counter(item.label for item in items).items())),
        "recipes": [recipe.name for recipe in bench.recipes() if bench.own_recipe(recipe.name)],
        "runs": [_run_facts(bench, run) for run in bench.runs()],
        "samples": len(bench.samples_kept()),
    }


def _run_facts(bench: Workbench, run: RunInfo) -> dict[str, Any]:
    curves = bench.metrics(run.id)
    bounds = curves.get("validation.elbo")
    return {
        "name": run.name,
        "recipe": run.recipe.name,
        "status": run.status,
        "step": run.step,
        "steps": run.steps,
        "created": run.created,
        "device": run.device,
        "seed": run.seed,
        "has_weights": run.has_weights,
        "can_resume": run.can_resume,
        "weights": run.used if run.has_weights else None,
        "weights_step": run.used_step if run.has_weights else None,
        "best_step": run.best_step,
        "loss": float(curves["loss"][1][-1]) if "loss" in curves else None,
        "best_validation_elbo": float(bounds[1].max()) if bounds and len(bounds[1]) else None,
    }


def _print_facts(facts: dict[str, Any]) -> None:
    held = []
    if facts["drawings"]:
        held += [counted(facts["drawings"]), f"{facts['strokes']} strokes", f"{facts['points']} points"]
    if facts["recordings"]:
        held += [counted(facts["recordings"], ("audio",)), f"{facts['seconds']:.1f} s of sound"]
    if facts["texts"]:
        held += [counted(facts["texts"], ("text",)), f"{facts['characters']} characters"]
    if facts["piano_rolls"]:
        held += [counted(facts["piano_rolls"], ("roll",)), f"{facts['roll_frames']} frames"]
        held += [f"{facts['roll_seconds']:.1f} s of music"]
    say(f"{facts['project']}: {', '.join(held) or 'no material'}")
    for label, count in facts["labels"].items():
        say(f"  {count:>6}  {printable(label) or '(no label)'}")
    if facts["recipes"]:
        say(f"own recipes: {', '.join(facts['recipes'])}")
    say(f"runs: {len(facts['runs']) or 'none'}")
    for run in facts["runs"]:
        name, recipe = printable(run["name"]), printable(run["recipe"])
        say(
            f"  {name}: recipe {recipe}, {run['status']} at step {run['step']} of {run['steps']}, "
            f"{run['device']}, seed {run['seed']}, {run['created']}{_weights_in_words(run)}"
        )
    if facts["samples"]:
        say(f"samples kept: {facts['samples']}")


def _weights_in_words(run: dict[str, Any]) -> str:
    """Which weights a run is used with, and which did best; "" where there are none."""
    if run["weights"] is None:
        return ""
    best = "" if run["best_step"] in (None, run["weights_step"]) else f" (best: step {run['best_step']})"
    return f", used: {run['weights']}, step {run['weights_step']}{best}"


def _pattern_drawings(bench: Workbench, arguments: argparse.Namespace) -> list[Drawing]:
    parameters = {key: number_of(key, value) for key, value in arguments.settings}
    usual = next((pattern.points for pattern in bench.patterns() if pattern.name == arguments.name), 1)
    refuse_too_many(arguments.count, arguments.points or usual)
    return [
        bench.preview_pattern(
            arguments.name, points=arguments.points or usual, seed=seed, noise=arguments.noise, **parameters
        )
        for seed in range(arguments.seed, arguments.seed + arguments.count)
    ]


def number_of(key: str, text: str) -> float:
    """The value of a parameter of a pattern, as it was typed.

    Raises:
        StudioError: it is no number.
    """
    try:
        return float(text)
    except ValueError:
        raise StudioError(f"The parameter {key} must be a number, not {text!r}.") from None
