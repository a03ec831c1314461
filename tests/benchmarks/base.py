"""`make base`: train the weights that drawing begins with, resources/bases/pens.safetensors, from Quick, Draw!

    python tests/benchmarks/base.py [--updates N]

It needs ../shared/data/quickdraw_raw: drawings of 172 kinds with the times taken off, by the Quick, Draw! players, made
available by Google under CC BY 4.0. Three kinds are left out (`LEFT_OUT`), so that what a base is worth for kinds it
never saw can be shown. Each drawing comes at its own scale.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

from studio.sequences.material import Drawing, Stroke
from studio.sequences.pen import PenRepresentation
from studio.sequences.sequence import Sequence
from studio.training.events import Progress, Validation
from studio.training.recipe import Recipe
from studio.training.trainer import Trainer

MATERIAL = Path(__file__).parents[3] / "shared/data/quickdraw_raw"
PLACE = Path(__file__).parents[2] / "resources/bases/pens.safetensors"
RECIPE = Path(__file__).parents[2] / "resources/recipes/pens.toml"
LEFT_OUT = ("apple", "cat", "face")
SHORTEST, LONGEST, MOST_STROKES = 8, 150, 14  # frames, and strokes, of drawings that are learned from
CHANGES = {
    "training.base": "none",
    "training.batch": 24,
    "training.learning_rate": 0.004,
    "training.average": 0.997,
    "training.validate_every": 500,
    "training.snapshots": 0,
    "training.warm_up": 0.02,
    "objective.whole_annealing": 0.1,
    "objective.input_noise_fade": 0.2,
    "objective.dropout": 0.0,
    "variation.mix": 0.0,
    "variation.shear": 0.06,
    "variation.turn": 5.0,
    "variation.bend": 0.05,
}


def drawings() -> Iterator[tuple[Drawing, bool]]:
    """Recognised drawings, each with a standard deviation of one; and whether it is held back: one of each kind."""
    for file in sorted(MATERIAL.glob("*.ndjson")):
        if file.stem in LEFT_OUT:
            continue
        found = [made for line in file.read_text().splitlines() if (made := _drawing(json.loads(line))) is not None]
        yield from ((made, index == 0) for index, made in enumerate(found) if index != 1)


def _drawing(item: dict) -> Drawing | None:  # type: ignore[type-arg]
    strokes = [np.array(stroke[:2], float).T for stroke in item["drawing"]]
    deviation = float(np.sqrt(np.concatenate(strokes).var(0).mean()))
    if not item["recognized"] or deviation == 0 or len(strokes) > MOST_STROKES:
        return None
    return Drawing(tuple(Stroke(stroke / deviation) for stroke in strokes), "", False)


def encoded(recipe: Recipe) -> tuple[PenRepresentation, list[Sequence], list[Sequence]]:
    """The representation, what is learned from, and what is held back."""
    material = list(drawings())
    representation = PenRepresentation(recipe.representation)  # type: ignore[arg-type]
    representation.fit([drawing for drawing, held_back in material if not held_back])
    parts: tuple[list[Sequence], list[Sequence]] = ([], [])
    for drawing, held_back in material:
        sequence = representation.encode(drawing)
        if SHORTEST < len(sequence) < LONGEST:
            parts[held_back].append(sequence)
    return representation, *parts


def main() -> None:
    """Train, print the curve, and write the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--updates", type=int, default=12_000)
    parser.add_argument("--out", type=Path, default=PLACE)
    arguments = parser.parse_args()
    recipe = Recipe.from_toml(RECIPE.read_text()).changed({**CHANGES, "training.steps": arguments.updates})
    representation, learned, held_back = encoded(recipe)
    print(f"{len(learned)} drawings to learn from, {len(held_back)} held back")
    trainer = Trainer(recipe, representation, learned, validation=held_back)
    began = time.process_time()
    train = float("nan")
    for event in trainer.events():
        if isinstance(event, Progress):
            train = event.values["reconstruction"]
        if isinstance(event, Validation):
            seconds = time.process_time() - began
            print(
                f"{event.step:6d} {seconds:6.1f} s, training {train:.3f}, held back {event.values['loss']:.3f}",
                flush=True,
            )
    write(trainer, arguments.out)


def write(trainer: Trainer, path: Path) -> None:
    """The averaged weights and those of the extra tasks, in half precision."""
    model = dict(trainer.learner.drawn_with.named_parameters())
    tensors = {f"model.{name}": value for name, value in model.items()}
    tensors |= {f"objective.{name}": value for name, value in trainer.learner.objective.named_parameters()}
    path.parent.mkdir(exist_ok=True)
    halved = {name: value.detach().to(torch.float16).contiguous() for name, value in tensors.items()}
    safetensors.torch.save_file(halved, path)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB, {sum(v.numel() for v in halved.values())} numbers")


if __name__ == "__main__":
    main()
