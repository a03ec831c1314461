"""A recipe that trains in a blink, drawings to train on, and ways to wait that watch no clock."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from studio.sequences.material import Drawing
from studio.training.recipe import Recipe
from studio.workbench import Workbench

# Not how long anything should take: when to give up on something that never comes.
PATIENCE = 300.0


def tiny(**settings: object) -> Recipe:
    """A small recipe; settings by their last name."""
    small = {
        "resample": "none",
        "hidden": 8,
        "phi_x.widths": (8,),
        "phi_z.widths": (8,),
        "prior.widths": (8,),
        "encoder.widths": (8,),
        "decoder.widths": (8,),
        "batch": 2,
        "window": 16,
        "steps": 12,
        "validate_every": 5,
        "look_ahead_frames": (4,),
    }
    named = {f"model.{key}" if key.endswith("widths") else key: value for key, value in (small | settings).items()}
    return Recipe(name="tiny", title="Tiny").changed(named)


def circle(seed: int = 0, points: int = 24) -> Drawing:
    """A circle, another one for every seed."""
    turn = np.linspace(0, 2 * np.pi, points)
    noise = np.random.default_rng(seed).normal(size=(points, 2))
    return Drawing.from_points(np.stack([np.cos(turn), np.sin(turn)], 1) * 50 + noise, label="circle", y_up=False)


def wait_until(bench: Workbench, condition: Callable[[], bool]) -> None:
    """Poll until something is so."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.002)
        bench.poll()


def train(bench: Workbench, *arguments: object, **options: object) -> int:
    """Train to the end."""
    run = bench.train(*arguments, **options)  # type: ignore[arg-type]
    wait_until(bench, lambda: bench.training.phase == "idle")
    return run
