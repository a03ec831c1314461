"""A training small enough to be run many times."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.sequences.material import Drawing
from studio.sequences.pen import PenRepresentation
from studio.sequences.sequence import Sequence
from studio.training.recipe import Recipe
from studio.training.trainer import Trainer

SMALL = {
    "hidden": 10,
    "model.phi_x.widths": (6,),
    "model.phi_z.widths": (4,),
    "model.prior.widths": (5,),
    "model.encoder.widths": (6,),
    "model.decoder.widths": (7,),
    "components": 2,
    "memory": 8.0,
    "look_ahead_frames": (2, 5),
    "steps": 12,
    "batch": 3,
    "window": 8,
    "validate_every": 4,
    "random_stretch": 0.1,
    "random_rotation": 10.0,
    "snapshots": 0,
}


class Workshop:
    """Recipe, representation and material that fit together."""

    def __init__(self, **changes: Any) -> None:
        self.recipe = Recipe(name="small", title="Small").changed({**SMALL, **changes})
        random = np.random.default_rng(0)
        self.drawings = [
            Drawing.from_points(np.cumsum(random.standard_normal((n, 2)), 0), label=label)
            for n, label in ((21, "one, big"), (17, "two, big"), (30, ""), (12, "one"))
        ]
        self.representation = PenRepresentation(self.recipe.representation)
        self.representation.fit(self.drawings)
        self.sequences: list[Sequence] = [self.representation.encode(drawing) for drawing in self.drawings]

    def trainer(self, **arguments: Any) -> Trainer:
        recipe = arguments.pop("recipe", self.recipe)
        return Trainer(
            recipe, self.representation, self.sequences[:3], **{"validation": self.sequences[3:], **arguments}
        )
