"""A workbench with a project open, for the time of one command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.cli.saying import say
from studio.errors import StudioError
from studio.files.source import printable
from studio.models import compiling
from studio.project.file import ENDING
from studio.workbench import RunInfo, Weights, Workbench
from studio.workbench.latent import Part

_COMPILING = "Compiling for this computer, once: about half a minute ..."


class WrongUse(StudioError):
    """The command line itself asks for something that there is not."""


@contextmanager
def as_wrong_use() -> Iterator[None]:
    """Blame the command line for what is refused here."""
    try:
        yield
    except StudioError as error:
        raise WrongUse(str(error)) from error


def check_ending(path: Path, kind: str | None = "pen") -> None:
    """Refuse an ending that no material of a kind can be written to, before any work is done for it.

    Args:
        path: where to write.
        kind: "pen", "audio", "text", "roll", or None where it is not known yet.
    """
    from studio.files import audio, texts, writers

    by_kind = {
        "pen": writers.ENDINGS,
        "audio": audio.WRITTEN,
        "text": texts.WRITTEN,
        "roll": writers.ROLL_ENDINGS,
    }
    known = by_kind.get(kind or "", tuple(dict.fromkeys(ending for each in by_kind.values() for ending in each)))
    if path.suffix and path.suffix.lower() not in known and not path.is_dir():
        raise WrongUse(f"{path}: the ending {path.suffix!r} is unknown; known are {', '.join(known)}.")


@contextmanager
def workbench() -> Iterator[Workbench]:
    """A workbench without a project, closed in the end whatever happens."""
    bench = Workbench(remember=False)
    bench.file_changed.connect(lambda sentence: None if bench.why_ended else say(sentence, file=sys.stderr))
    try:
        yield bench
    finally:
        bench.close()


@contextmanager
def opened(project: Path) -> Iterator[Workbench]:
    """A workbench with this project open; its ending may be left out."""
    with workbench() as bench:
        ended = project.with_name(project.name + ENDING)
        bench.open(ended if not project.exists() and ended.exists() else project)
        yield bench


@contextmanager
def compiled_first() -> Iterator[None]:
    """What is begun within waits until what training and drawing need is compiled; where that takes long, say so."""
    with compiling.lock:
        yield
        from studio.generation.prepare import prepare

        prepare(lambda: say("Compiling for this computer, once: about half a minute ...", file=sys.stderr, flush=True))


def say_dead_variance(bench: Workbench, run: RunInfo | None, arguments: argparse.Namespace) -> None:
    """One line for each latent variance that somebody asks for and that moves next to nothing."""
    parts: tuple[Part, ...] = ("latent", "whole", "step")
    asked = [part for part in parts if getattr(arguments, f"{part}_variance") is not None]
    if not asked:
        return
    weights: Weights = arguments.weights
    id = None if run is None else run.id
    with compiled_first():
        job = bench.measure_latent_share(id, weights)  # None where it is known, or there is nothing to measure
    if job is not None:
        bench.wait(job)
    for why in dict.fromkeys(bench.why_latent_does_nothing(id, weights, part) for part in asked):
        if why:
            say(why, file=sys.stderr)


def chosen_run(bench: Workbench, name: str | None, weights: Weights = None) -> RunInfo | None:
    """The run of that name; None for the newest with weights, which the workbench finds itself.

    Where its weights are not the last ones, and nobody has asked for them, one line tells which they are.

    Raises:
        StudioError: it has no such weights.
    """
    run = None if name is None else bench.run_named(name)
    found = run or bench.newest_run()
    if run is None and (why := bench.why_not_newest()):
        say(f"{why} --run names another.", file=sys.stderr)
    if found is not None and weights is not None:
        bench.check_weights(found.id, weights)
    elif found is not None and found.used_step != (found.last_step or found.used_step):
        used = f"{printable(found.name)}: {found.weights_in_words}, by its recipe"
        say(f"{used}; --weights last: step {found.last_step:,}.", file=sys.stderr)
    return run
