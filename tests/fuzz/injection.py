"""Puts numbers that are not finite into a training, at any place and any time, and looks at what is saved.

    python tests/fuzz/injection.py --injections 500

Each injection trains a small model anew. After one of its updates, a number in its weights, gradients, moments,
average, carried state, losses or in those of its objective becomes NaN or infinite. Whatever happens then: nothing that
is saved or handed out to be drawn with may hold such a number, the training ends with a sentence, and what it has left
can be loaded and drawn with, and be gone on with.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

TOP = Path(__file__).parent.parent.parent

PLACES = (
    "weight",
    "gradient",
    "mean of gradients",
    "mean of squares",
    "average",
    "carried",
    "loss",
    "norm",
    "objective",
)
MOMENTS = ("first", "middle", "last", "any")
VALUES = (math.nan, math.inf, -math.inf)
FAMILIES: dict[str, dict[str, Any]] = {
    "vrnn": {},
    "lstm": {"recurrence": "lstm", "average": 0.0},
    "rnn": {"latent": 0},
    "mse": {"likelihood.kind": "gaussian", "shared_sigma": True, "objective.kind": "mse"},
    "labels": {"label_embedding": 3, "batches": "similar"},
}
STEPS = 10
SMALL = {
    "hidden": 6,
    "model.phi_x.widths": (4,),
    "model.phi_z.widths": (4,),
    "model.prior.widths": (4,),
    "model.encoder.widths": (4,),
    "model.decoder.widths": (4,),
    "components": 2,
    "look_ahead_frames": (2, 4),
    "steps": STEPS,
    "batch": 2,
    "window": 8,
    "validate_every": 4,
    "average": 0.9,
    "average_from": 0.3,
    "snapshots": 16,
    "save_seconds": 0.0001,
}


@dataclass(frozen=True)
class Injection:
    """One number at one place.

    Attributes:
        family: of the model.
        place: one of `PLACES`.
        step: after which update; where that is made again, it is spared unless this is `lasting`.
        value: that the number becomes.
        which: chooses among the tensors of the place, and the numbers in the tensor.
        lasting: whether it happens each time that this update is made.
    """

    family: str
    place: str
    step: int
    value: float
    which: int
    lasting: bool = False


def injections(count: int, seed: int) -> Iterator[Injection]:
    """So many; all places, moments and values come up as often as they can."""
    chance = random.Random(seed)
    for i in range(count):
        moment = MOMENTS[i // len(PLACES) % len(MOMENTS)]
        steps = {"first": 1, "middle": STEPS // 2, "last": STEPS, "any": chance.randint(1, STEPS)}
        yield Injection(
            chance.choice(sorted(FAMILIES)),
            PLACES[i % len(PLACES)],
            steps[moment],
            chance.choice(VALUES),
            chance.randrange(10**6),
            lasting=chance.random() < 0.15,
        )


class Workbench:
    """Material and recipe of a family."""

    def __init__(self, family: str) -> None:
        import numpy as np

        from studio.sequences.material import Drawing
        from studio.sequences.pen import PenRepresentation
        from studio.training.recipe import Recipe

        self.recipe = Recipe(name="small", title="Small").changed({**SMALL, **FAMILIES[family]})
        chance = np.random.default_rng(0)
        drawings = [
            Drawing.from_points(np.cumsum(chance.standard_normal((n, 2)), 0), label=label)
            for n, label in ((21, "one"), (17, "two"), (30, "one"), (12, ""))
        ]
        self.representation = PenRepresentation(self.recipe.representation)
        self.representation.fit(drawings)
        self.sequences = [self.representation.encode(drawing) for drawing in drawings]

    def trainer(self, **options: Any):
        from studio.training.trainer import Trainer

        return Trainer(
            self.recipe, self.representation, self.sequences[:3], validation=self.sequences[3:], seed=1, **options
        )


class Injector:
    """Makes an injection in a training, in place of its learner's own steps.

    Attributes:
        times: how often it has happened.
    """

    def __init__(self, trainer, injection: Injection) -> None:
        self.times = 0
        self._trainer, self._injection = trainer, injection
        learner = trainer.learner
        self._learn, self._run, self._move = learner.learn, learner._graph.run, learner.optimiser.step
        learner.learn, learner._graph.run, learner.optimiser.step = self.learn, self.run, self.move

    def _is_now(self, *places: str) -> bool:
        injection, step = self._injection, self._trainer.step + 1
        return injection.place in places and step == injection.step and (injection.lasting or not self.times)

    def _spoil(self, tensors: list[Any]) -> None:
        tensors = [tensor for tensor in tensors if tensor.is_floating_point() and tensor.numel()]
        if tensors:
            which = self._injection.which
            tensor = tensors[which % len(tensors)].detach()
            tensor.view(-1)[which % tensor.numel()] = self._injection.value
            self.times += 1

    def learn(self, *arguments: Any) -> Any:
        """An update, after which what it has left is spoilt."""
        values = self._learn(*arguments)
        if values is not None and self._is_now(*PLACES):
            self._spoil(_after(self._trainer.learner, self._injection))
        return values

    def run(self, *arguments: Any) -> Any:
        """The loss and the gradient, either of which is spoilt."""
        import torch

        result, spoilt = self._run(*arguments), torch.tensor(self._injection.value)
        if self._is_now("loss"):
            self.times += 1
            return result._replace(losses=replace(result.losses, loss=spoilt))
        if self._is_now("norm"):
            self.times += 1
            return result._replace(norm=spoilt)
        return result

    def move(self) -> None:
        """The optimiser's step, from spoilt gradients that nobody has looked at."""
        if self._is_now("gradient"):
            self._spoil([p.grad for p in self._trainer.learner.parameters.values() if p.grad is not None])
        self._move()


def _after(learner, injection: Injection) -> list[Any]:
    """What an injection after the update may hit."""
    state = [learner.optimiser.state[parameter] for parameter in learner.parameters.values()]
    known = {
        "weight": lambda: list(learner.model.parameters()),
        "mean of gradients": lambda: [each["exp_avg"] for each in state if each],
        "mean of squares": lambda: [each["exp_avg_sq"] for each in state if each],
        "average": lambda: [] if learner.average is None else list(learner.average.model.parameters()),
        "carried": lambda: list(learner._carried.tensors().values()),
        "objective": lambda: list(learner.objective.state_dict().values()),
    }
    return known[injection.place]() if injection.place in known else []


def faults(injection: Injection) -> tuple[list[str], int]:
    """What went wrong, in sentences, and how often the number was put there."""
    from studio.training.checkpoints import Checkpoint
    from studio.training.events import Progress, Sample, Saved, Snapshot, Stopped

    workbench = Workbench(injection.family)
    trainer, wrong = workbench.trainer(), []
    injector = Injector(trainer, injection)
    saved, stopped = None, None
    for event in trainer.events():
        if isinstance(event, Saved | Snapshot):
            wrong += _not_finite(type(event).__name__, event.step, Checkpoint(event.weights, event.meta).tensors())
        if isinstance(event, Sample):
            wrong += _not_finite("Sample", event.step, event.weights)
        if isinstance(event, Progress) and not all(map(math.isfinite, event.values.values())):
            wrong.append(f"the update {event.step} tells of numbers that are not finite")
        if isinstance(event, Saved) and event.kind == "last":
            saved = Checkpoint(event.weights, event.meta)
        stopped = event if isinstance(event, Stopped) else stopped
    if stopped is None or saved is None:
        return [*wrong, "the training did not end as it should"], injector.times
    if stopped.reason not in (("finished", "diverged") if injection.lasting else ("finished",)):
        wrong.append(f"it ended with {stopped.reason}: {stopped.message}")
    return wrong + _used(workbench, saved), injector.times


def _used(workbench: Workbench, saved) -> list[str]:
    """Draw with what was saved last, and go on with it."""
    import numpy as np

    from studio.generation.sampler import generate_drawings
    from studio.training.checkpoints import load_model

    model, representation, _ = load_model(saved)
    drawn = generate_drawings(model, representation, count=1, length=6)
    wrong = [] if all(np.isfinite(drawing.points).all() for drawing in drawn) else ["what is drawn is not finite"]
    workbench.trainer(resume=saved)
    return wrong


def _not_finite(what: str, step: int, tensors: Any) -> list[str]:
    return [
        f"{what} of step {step} holds a {name} that is not finite"
        for name, tensor in tensors.items()
        if tensor.is_floating_point() and not tensor.isfinite().all()
    ]


def main() -> int:
    """The whole campaign; 1 where something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--injections", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began, failed, places = time.monotonic(), 0, Counter[str]()
    for injection in injections(arguments.injections, arguments.seed):
        wrong, times = faults(injection)
        places[injection.place] += bool(times)
        failed += bool(wrong)
        for sentence in wrong[:3]:
            print(f"{injection}: {sentence}", flush=True)
    print("injected: " + ", ".join(f"{place} {places[place]}" for place in PLACES))
    print(
        f"injections: {arguments.injections} trainings, {places.total()} injected, {failed} went wrong "
        f"({time.monotonic() - began:.0f} s)"
    )
    return 1 if failed or not places.total() else 0


if __name__ == "__main__":
    sys.path.insert(0, str(TOP))
    sys.exit(main())
