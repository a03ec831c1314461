"""The command that reads patterns in drawings."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from studio.cli.drawing import either, materials_of, with_latent_variances
from studio.cli.opened import as_wrong_use, chosen_run, compiled_first, opened, say_dead_variance
from studio.cli.projects import DONE, number_of
from studio.cli.saying import say
from studio.training.recipe import GenerationPreset
from studio.workbench import FoundTransitions
from studio.workbench.transitions import TRACES


def transitions(arguments: argparse.Namespace) -> int:
    """``vrnn-studio transitions PROJECT --pattern NAME``."""
    parameters = {key: number_of(key, value) for key, value in arguments.settings}
    on: list[Path] | None = arguments.on
    with opened(arguments.project) as bench:
        run = None if on else chosen_run(bench, arguments.run_name, arguments.weights)
        if not on:
            say_dead_variance(bench, run, arguments)
        preset = bench.preset_of(run.id) if run else GenerationPreset()
        settings = replace(
            TRACES,
            count=arguments.count,
            length=arguments.length,
            seed=arguments.seed,
            output_variance=either(arguments.output_variance, preset.output_variance),
            run=run.id if run else None,
            weights=arguments.weights,
        )
        settings = with_latent_variances(settings, arguments, preset)
        with as_wrong_use(), compiled_first():
            job = bench.transitions(
                arguments.pattern, settings, on=materials_of(on, "pen") if on else None, **parameters
            )
        found: FoundTransitions = bench.wait(job).result
    if arguments.json:
        say(json.dumps(found.to_dict(), indent=2))
    else:
        _print(found)
    return DONE


def _print(found: FoundTransitions) -> None:
    statistics, table = found.statistics, found.statistics.transitions
    say(f"Turns of the pattern {found.pattern.name} in {found.on}:")
    for name, share in statistics.shares.items():
        say(f"  {name:<14}{share}")
    say(f"  {'none of these':<14}{statistics.bad}")
    if found.pattern.turns_per_block > 1:
        say(f"  {'wrong counts':<14}{statistics.wrong_counts} runs are not whole blocks")
    say(f"  {'median error':<14}{100 * statistics.median_error:.2f}% of the size")
    blocks = f"blocks of {found.pattern.turns_per_block} turns" if found.pattern.turns_per_block > 1 else "turns"
    say(f"Transitions between {blocks}, from row to column: share [95% interval of the row] truth")
    say(f"  {'after':<14}" + "".join(f"{name:<30}" for name in table.names) + "total variation")
    intervals = table.intervals()
    for i, row in enumerate(table.names):
        cells = []
        for j, column in enumerate(table.names):
            low, high = intervals[i, j]
            cell = f"{table.probabilities[i, j]:.3f} [{low:.3f}, {high:.3f}] {found.truth[row][column]:.3f}"
            cells.append(f"{cell:<30}")
        say(f"  {row:<14}{''.join(cells)}{found.distances[row]:.3f} of {table.counts[i].sum()}")
