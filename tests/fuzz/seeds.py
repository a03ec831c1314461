"""Starts the training of every recipe again and again with one seed, while the rest of the program draws at random.

    python tests/fuzz/seeds.py --starts 200

What goes on beside it is what does so in the window: the compiled pens are checked, models are made and loaded, and a
library draws from the generator that torch has for the whole process. Every start must have the same first loss and
the same weights after the first update.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parent.parent.parent


class Start(NamedTuple):
    """What came of one start: the loss of its first update, and a digest of all that it then had."""

    loss: float
    digest: str


def recipes() -> list[str]:
    """The names of all that travel with the studio."""
    from studio.assets import resource

    return sorted(file.name.removesuffix(".toml") for file in resource("recipes").iterdir())


def prepared(name: str):
    """A recipe on small batches, with a representation and sequences of the kind that it is for."""
    import numpy as np

    from studio.assets import resource
    from studio.sequences.material import Drawing
    from studio.sequences.recording import Recording
    from studio.sequences.representations import encoded, fitted
    from studio.sequences.roll import Roll
    from studio.sequences.text import Text
    from studio.training.recipe import Recipe

    recipe = Recipe.from_toml(resource("recipes", f"{name}.toml").read_text("utf-8"), name)
    recipe = recipe.changed({"batch": 2, "window": min(12, recipe.training.window), "snapshots": 0})
    chance = np.random.default_rng(7)
    make = {
        "pen": lambda: Drawing.from_points(np.cumsum(chance.standard_normal((60, 2)), 0)),
        "audio": lambda: Recording((0.1 * chance.standard_normal(8000)).astype(np.float32), 16000),
        "text": lambda: Text("".join(chance.choice(list("abc de"), 80))),
        "roll": lambda: Roll((chance.random((40, 13)) < 0.2).astype(np.uint8), 8.0, 60),
    }
    materials = [make[recipe.material]() for _ in range(4)]
    representation = fitted(recipe.representation, materials)
    return recipe, representation, [encoded(representation, material) for material in materials]


def start(recipe, representation, sequences, seed: int) -> Start:
    """Begin a training, and make one update."""
    from studio.training.events import Progress
    from studio.training.trainer import Trainer

    trainer = Trainer(recipe, representation, sequences, seed=seed)
    with closing(trainer.events()) as events:
        first = next(event for event in events if isinstance(event, Progress))
    digest = hashlib.sha256()
    for name, tensor in sorted(trainer.learner.tensors().items()):
        digest.update(name.encode() + tensor.detach().numpy().tobytes())
    return Start(first.values["loss"], digest.hexdigest())


@contextmanager
def disturbances() -> Iterator[Counter[str]]:
    """Draw at random on other threads; how often is counted."""
    import torch

    from studio.generation import stepper
    from studio.models.building import new_model
    from studio.models.settings import VRNNSettings
    from studio.sequences.sequence import FrameLayout

    stop, done = threading.Event(), Counter[str]()
    layout = FrameLayout(continuous=2, binary=2, step=0.2)

    def library() -> None:
        torch.manual_seed(done["library"])
        torch.rand(3)

    works = {
        "check": stepper._check,
        "model": lambda: new_model(VRNNSettings(hidden=8), layout),
        "library": library,
    }

    def disturb(name: str) -> None:
        while not stop.wait(0.0005):
            works[name]()
            done[name] += 1

    threads = [threading.Thread(target=disturb, args=(name,)) for name in works]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def different(name: str, starts: int, seed: int = 1) -> int:
    """How many of so many disturbed starts differ from an undisturbed one."""
    workshop = prepared(name)
    expected = start(*workshop, seed)
    with disturbances() as done:
        found = [start(*workshop, seed) for _ in range(starts)]
    if not all(done[what] for what in ("check", "model", "library")):
        raise RuntimeError("nothing disturbed the starts")
    return sum(one != expected for one in found)


def main() -> int:
    """The whole campaign; 1 where a start differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--recipe", action="append", choices=recipes())
    arguments = parser.parse_args()
    wrong = 0
    for name in arguments.recipe or recipes():
        began = time.monotonic()
        differing = different(name, arguments.starts)
        wrong += differing
        print(f"{name:<18}{arguments.starts} starts, {differing} differ ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"seeds: {wrong} starts differ", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.path.insert(0, str(TOP))
    sys.exit(main())
