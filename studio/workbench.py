"""One open project and what is running in it. The window and the command line both talk to this, and to nothing below.

Everything a button does is one method here. No Qt: changes are announced by psygnal signals, and always on the thread
that calls `Workbench.poll` (the window does so from a timer, the command line from a loop), whatever thread caused them.
Methods that may take longer than 50 ms return a `Job` at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from psygnal import Signal

from studio.sequences.material import Drawing
from studio.training.events import TrainingEvent
from studio.training.recipe import Recipe


@dataclass(frozen=True)
class MaterialItem:
    """One entry of the collection."""

    id: int
    kind: Literal["pen", "audio", "text"]
    label: str
    name: str  # where it came from: a file's name, "drawn", "pattern eye"
    material: Drawing


@dataclass(frozen=True)
class RunInfo:
    """One training, finished or not."""

    id: int
    name: str
    recipe: Recipe
    status: Literal["new", "training", "finished", "stopped", "early", "diverged", "interrupted"]
    step: int
    created: str  # ISO 8601, UTC
    device: str
    seed: int
    has_weights: bool


@dataclass(frozen=True)
class TrainingState:
    """What the training pane shows."""

    phase: Literal["idle", "preparing", "training", "paused", "stopping"] = "idle"
    run: int | None = None
    step: int = 0
    steps: int = 0
    seconds_left: float | None = None
    device: str = ""
    message: str = ""  # one sentence: what happened last


@dataclass(frozen=True)
class Job:
    """Work in the background: progress and outcome. Read it on the polling thread."""

    id: int
    title: str
    done: int = 0
    total: int = 0
    finished: bool = False
    cancelled: bool = False
    messages: tuple[str, ...] = ()  # sentences for the user: what was refused and why
    result: Any = None


@dataclass(frozen=True)
class GenerationSettings:
    """What the generation pane asks for."""

    count: int = 4
    length: int | None = None  # frames; None: until the drawing ends, at most the longest of the material
    seed: int = 1234
    latent_variance: float = 1.0
    output_variance: float = 1.0
    begin: Drawing | None = None
    run: int | None = None  # None: the newest run that has weights


class Workbench:
    """The open project, its training and its pens."""

    project_changed = Signal()  # another project is open, or its name changed
    materials_changed = Signal()  # the collection, a label, undo or redo
    runs_changed = Signal()
    training_changed = Signal(TrainingState)
    training_event = Signal(object)  # TrainingEvent, at most one Progress per poll: the newest
    job_changed = Signal(Job)
    weights_changed = Signal(int)  # newer weights of run N can be drawn with
    message = Signal(str)  # one sentence for the status bar
    failed = Signal(str)  # one sentence for a dialog or stderr
