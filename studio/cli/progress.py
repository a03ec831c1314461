"""What a training shows: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from studio.cli.saying import harmless, say
from studio.files.source import printable
from studio.training.events import Progress, SetBack, TrainingEvent, Validation
from studio.workbench import RunInfo

_WIDE = 120  # columns that a terminal needs for everything
_LINES = 20  # of progress in a whole training, where there is no bar
_LINE_SECONDS = 10.0  # but one at least so often


class Display(Protocol):
    """Something that shows a training."""

    def tell(self, event: TrainingEvent) -> None:
        """Show an event."""

    def say(self, sentence: str) -> None:
        """Show a sentence."""


@contextmanager
def display(run: RunInfo) -> Iterator[Display]:
    """The display that suits where the output goes."""
    if sys.stdout.isatty():
        with _bar(run) as shown:
            yield shown
    else:
        yield _Lines(run)


def terms(event: Progress | Validation) -> str:
    """The terms of the loss, in nats per frame."""
    values = event.values
    return f"loss {values['loss']:.3f}, reconstruction {values['reconstruction']:.3f}, KL {values['kl']:.3f}"


def duration(seconds: float | None) -> str:
    """Seconds as h:mm:ss or m:ss."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class _Lines:
    def __init__(self, run: RunInfo) -> None:
        self._next_step = 0
        self._next_time = 0.0
        self.say(f"{run.name}: recipe {run.recipe.name}, seed {run.seed}")

    def tell(self, event: TrainingEvent) -> None:
        if isinstance(event, Validation):
            self.say(f"step {event.step}: held back: {terms(event)}{', the best so far' if event.best else ''}")
        elif isinstance(event, SetBack):
            self.say(event.message)
            self._next_step = 0
        elif isinstance(event, Progress) and self._is_due(event):
            self.say(
                f"step {event.step}/{event.steps}: {terms(event)}, {event.frames_per_second:.0f} frames/s, "
                f"{duration(event.seconds_left)} left"
            )

    def say(self, sentence: str) -> None:
        say(sentence, flush=True)

    def _is_due(self, event: Progress) -> bool:
        now = time.monotonic()
        if event.step < self._next_step and now < self._next_time:
            return False
        self._next_step = event.step + max(1, event.steps // _LINES)
        self._next_time = now + _LINE_SECONDS
        return True


@contextmanager
def _bar(run: RunInfo) -> Iterator[Display]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console()
    wide = console.width >= _WIDE
    bar = Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=40 if wide else 12),
        MofNCompleteColumn(),
        TextColumn("{task.fields[terms]}"),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]} left"),
        console=console,
    )
    with bar:
        task = bar.add_task(
            printable(run.name), total=run.steps, completed=run.step, terms="preparing", rate="", left="-:--"
        )

        class Shown:
            def tell(self, event: TrainingEvent) -> None:
                if isinstance(event, Progress):
                    bar.update(
                        task,
                        total=event.steps,
                        completed=event.step,
                        terms=terms(event) if wide else f"loss {event.values['loss']:.3f}, KL {event.values['kl']:.3f}",
                        rate=f"{event.frames_per_second:.0f} frames/s",
                        left=duration(event.seconds_left),
                    )
                elif isinstance(event, SetBack):
                    self.say(event.message)
                elif isinstance(event, Validation):
                    self.say(f"step {event.step}: held back: {terms(event)}{', the best so far' if event.best else ''}")

            def say(self, sentence: str) -> None:
                bar.console.print(harmless(sentence), highlight=False, markup=False)

        yield Shown()
