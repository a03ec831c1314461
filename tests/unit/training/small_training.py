"""A training small enough to be run many times."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.sequences.characters import CharacterRepresentation
from studio.sequences.material import Drawing
from studio.sequences.pen import PenRepresentation
from studio.sequences.representations import AnyRepresentation
from studio.sequences.roll import Roll
from studio.sequences.roll_frames import RollRepresentation, RollSettings
from studio.sequences.sequence import Sequence
from studio.sequences.text import Text
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
        representation = PenRepresentation(self.recipe.representation)
        representation.fit(self.drawings)
        self.representation: AnyRepresentation = representation
        self.sequences: list[Sequence] = [representation.encode(drawing) for drawing in self.drawings]

    def trainer(self, **arguments: Any) -> Trainer:
        recipe = arguments.pop("recipe", self.recipe)
        return Trainer(
            recipe, self.representation, self.sequences[:3], **{"validation": self.sequences[3:], **arguments}
        )


def of_rolls(**changes: Any) -> Workshop:
    """The same for piano rolls."""
    workshop = Workshop(**changes)
    workshop.recipe = workshop.recipe.changed(
        {"representation.kind": "roll", "model.likelihood.kind": "bernoulli", "validate_every": 4}
    )
    chance = np.random.default_rng(0)
    rolls = [Roll((chance.random((length, 13)) < 0.2).astype(np.uint8), 8.0, 60) for length in (21, 17, 30, 12)]
    representation = RollRepresentation(RollSettings())
    representation.fit(rolls)
    workshop.representation = representation
    workshop.sequences = [representation.encode(roll) for roll in rolls]
    return workshop


def of_texts(**changes: Any) -> Workshop:
    """The same for texts."""
    workshop = Workshop(**changes)
    workshop.recipe = workshop.recipe.changed(
        {"representation.kind": "characters", "model.likelihood.kind": "categorical"}
    )
    texts = [Text(text) for text in ("the pen, the ink and the pad", "a pen and a pad", "ink on the pad", "the end")]
    representation = CharacterRepresentation()
    representation.fit(texts)
    workshop.representation = representation
    workshop.sequences = [representation.encode(text) for text in texts]
    return workshop
