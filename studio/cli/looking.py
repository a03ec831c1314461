"""Commands that compare runs, and that look inside one."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from studio.cli.opened import WrongUse, chosen_run, compiled_first, opened
from studio.cli.progress import duration
from studio.cli.projects import DONE
from studio.cli.saying import say
from studio.errors import StudioError
from studio.workbench import QUANTITIES, Comparison, Looking, Mapped, Row, Workbench
from studio.workbench.comparing import COMPARISON_ENDINGS
from studio.workbench.comparison import values
from studio.workbench.look import LOOK_ENDINGS
from studio.workbench.whole_map import MAP_ENDINGS


def compare(arguments: argparse.Namespace) -> int:
    """``vrnn-studio compare PROJECT [RUN...]``."""
    _check(arguments.out, (".csv",))
    _check(arguments.image, COMPARISON_ENDINGS[1:])
    with opened(arguments.project) as bench:
        runs = [bench.run_named(name).id for name in arguments.runs] or None
        with compiled_first():
            found = bench.compare(
                runs,
                seed=arguments.seed,
                samples=arguments.count if arguments.image else 0,
                weights=arguments.weights,
            )
        bench.wait(found.job)
        if arguments.json:
            facts = {"on": found.on, "seed": found.seed, "runs": [values(row) for row in found.rows.values()]}
            say(json.dumps(facts, indent=2))
        else:
            _print(found)
        for path in (arguments.out, arguments.image):
            if path is not None:
                bench.wait(bench.export_comparison(found, path, dark=arguments.dark, zoom=arguments.zoom))
                if not arguments.json:
                    say(f"Wrote {path}.")
    return DONE


def inside(arguments: argparse.Namespace) -> int:
    """``vrnn-studio inside PROJECT``."""
    _check(arguments.out, LOOK_ENDINGS)
    _check(arguments.map, MAP_ENDINGS)
    if arguments.map is not None:
        return _write_map(arguments)
    if arguments.step is not None and arguments.weights is not None:
        raise WrongUse("--step looks at the weights nearest to a step, --weights at those asked for: give one of them.")
    with opened(arguments.project) as bench:
        chosen = chosen_run(bench, arguments.run_name, arguments.weights)
        run = None if chosen is None else chosen.id
        animated = arguments.out is not None and arguments.out.suffix.lower() not in (".png", ".svg", ".csv")
        steps = None if animated else [] if arguments.step is None else [_kept(bench, run, arguments.step)]
        with compiled_first():
            looking = bench.look_inside(run, _item(bench, run, arguments.item), steps=steps, weights=arguments.weights)
        bench.wait(looking.job)
        if arguments.json:
            say(json.dumps(_facts(looking, arguments.step), indent=2))
        else:
            _tell(looking, arguments.step)
        if arguments.out is not None:
            job = bench.export_look(
                looking,
                arguments.out,
                step=arguments.step,
                quantity=_colour(looking, arguments.colour),
                dark=not arguments.light,
                reconstruction=arguments.reconstruction,
            )
            bench.wait(job)
            if not arguments.json:
                say(f"Wrote {arguments.out}.")
    return DONE


def _write_map(arguments: argparse.Namespace) -> int:
    """``vrnn-studio inside PROJECT --map FILE``."""
    others = ("item", "step", "out")
    if beside := [f"--{name}" for name in others if getattr(arguments, name) is not None]:
        raise WrongUse(f"--map is of the whole collection, with the weights in use: leave {' and '.join(beside)} out.")
    with opened(arguments.project) as bench:
        chosen = chosen_run(bench, arguments.run_name, arguments.weights)
        job = bench.map_whole(None if chosen is None else chosen.id, arguments.weights)
        mapped: Mapped = bench.wait(job).result
        bench.wait(bench.export_map(mapped, arguments.map))
        along, across = mapped.chart.explained.tolist()
        if arguments.json:
            facts = {"run": mapped.run.name, "step": mapped.step, "explained": [along, across]}
            points = zip(mapped.items, mapped.chart.points.tolist(), mapped.chart.groups.tolist(), strict=True)
            pieces = [{"label": item.label, "group": group + 1, "xy": xy} for item, xy, group in points]
            say(json.dumps(facts | {"pieces": pieces}, indent=2))
        else:
            say(
                f"{mapped.run.name} at step {mapped.step}: g of {len(mapped.items)} pieces; the map shows "
                f"{along:.0%} and {across:.0%} of what differs."
            )
            say(f"Wrote {arguments.map}.")
    return DONE


def _colour(looking: Looking, wanted: str) -> str:
    """What the colours show: where there is no z, what is unexpected is all there is to see."""
    return wanted if looking.latest is None or looking.latest.inside.latent else "nll"


def _check(path: Path | None, endings: tuple[str, ...]) -> None:
    if path is not None and path.suffix.lower() not in endings:
        raise WrongUse(f"{path}: the ending {path.suffix!r} is unknown here; known are {', '.join(endings)}.")


def _print(found: Comparison) -> None:
    for on in found.on.values():
        say(f"ELBO in the material's own units, on {on}; the larger the better.")
    rows = sorted(found.rows.values(), key=lambda row: -row.bound.per_frame.mean if row.bound else math.inf)
    names = ("run", "model", "size", "nats per frame", "nats per sequence", "bits", "parameters", "time", "steps")
    cells = [names, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        left = [f"{cell:<{width}}" for cell, width in zip(line[:3], widths[:3], strict=True)]
        right = [f"{cell:>{width}}" for cell, width in zip(line[3:], widths[3:], strict=True)]
        say("  ".join([*left, *right]).rstrip())
    for row in rows:
        if row.note:
            say(f"{row.run.name}: {row.note}.")


def _cells(row: Row) -> tuple[str, ...]:
    bound, bits = row.bound, row.bits
    if bound is None or bits is None or row.parameters is None or row.step is None:
        return (row.run.name, row.model, row.size, *("-",) * 6)
    sizes = (f"{row.parameters:,}", duration(row.seconds), f"{row.step:,}")
    per_frame = _estimate(bound.per_frame.mean, bound.per_frame.standard_error)
    per_sequence = _estimate(bound.per_sequence.mean, bound.per_sequence.standard_error, 1)
    return row.run.name, row.model, row.size, per_frame, per_sequence, f"{bits[0]:.3f} {bits[1]}", *sizes


def _estimate(mean: float, error: float, decimals: int = 4) -> str:
    return f"{mean:.{decimals}f}" + ("" if math.isnan(error) else f" +- {error:.{decimals}f}")


def _item(bench: Workbench, run: int | None, number: int | None) -> int | None:
    """The id of the N-th piece of what the run has learned from, counted from 1."""
    if number is None:
        return None
    items = bench.materials(bench.kind_of(run))
    if not 1 <= number <= len(items):
        raise StudioError(f"There is no item {number}: the collection has {len(items)} of what this run reads.")
    return items[number - 1].id


def _kept(bench: Workbench, run: int | None, step: int) -> int:
    """The step whose weights were kept that is nearest."""
    newest = bench.newest_run()
    found = run if run is not None else newest.id if newest is not None else None
    steps = [] if found is None else bench.snapshot_steps(found)
    return min(steps, key=lambda other: abs(other - step), default=step)


def _facts(looking: Looking, step: int | None) -> dict[str, object]:
    look = looking.latest if step is None else looking.at(step)
    assert look is not None
    frames = {name: getattr(look.inside, name).tolist() for name in QUANTITIES}
    return {
        "run": looking.run.name,
        "step": look.step,
        "held_back": looking.held_back,
        "frames": len(look.inside),
        "seconds_per_frame": looking.seconds_per_frame,
        "elbo_nats": look.inside.elbo,
        **frames,
    }


def _tell(looking: Looking, step: int | None) -> None:
    look = looking.latest if step is None else looking.at(step)
    assert look is not None
    inside, frames = look.inside, len(look.inside)
    say(f"{looking.run.name} at step {look.step}, {frames} frames; the bound is {inside.elbo:.3f} nats:")
    for name, (title, unit) in QUANTITIES.items():
        values = getattr(inside, name)
        highest = ", ".join(str(frame) for frame in values.argsort()[::-1][:5].tolist())
        mean = f"{values.mean():.4f} {unit}".strip()
        say(f"  {title:<28}{mean:>14} on average; highest at frames {highest}")
