"""What is held back where there are only few pieces, and how often a training then looks whether to go on.

One of three pieces is a third of all there is, and no less that one fails to learn from. So where a stretch of a piece
is like any other (of recordings, texts, piano rolls and traces without end, but not of drawings that are a shape), the
end of each is held back instead. And a model learns so few by heart within some dozens of updates: validations come
often enough to notice, and the training ends where they are no longer learned better.
"""

from __future__ import annotations

from studio.sequences.materials import Kind, counted, plural
from studio.sequences.pen import PenSettings
from studio.training.recipe import Recipe

MOST_PARTED = 3  # pieces; of more than these one can be spared
FEW = 6  # pieces that are learned from: with less, validations come often
HELD_BACK_SHARE = 0.2  # of each piece that is parted
LEAST_HELD_BACK = 32  # frames: fewer tell nothing
OFTEN = 10  # times as many validations as otherwise
LEAST_EVERY = 5  # updates between two of them
PATIENCE = 5  # validations, where the recipe has none


def holds_ends_back(recipe: Recipe, pieces: int) -> bool:
    """Whether the ends of so many pieces are to be held back, as far as they are long enough, and not one of them."""
    settings = recipe.representation
    alike = settings.ends == "no" if isinstance(settings, PenSettings) else recipe.material != "pen"
    in_parts = recipe.training.batches in ("streams", "similar") and not recipe.model.one_latent
    return recipe.training.validation > 0 and pieces <= MOST_PARTED and alike and in_parts


def first_held_back(frames: int) -> int:
    """The frame of a piece from which on it is held back; as many as it has where it is too short to be parted."""
    held_back = round(HELD_BACK_SHARE * frames)
    return frames - held_back if held_back >= LEAST_HELD_BACK else frames


def validates_often(recipe: Recipe, pieces: int) -> bool:
    """Whether so few pieces are learned from that validations come often; drawings, where the best in nats draw worse,
    are left to their recipes.
    """
    return pieces < FEW and recipe.training.weights == "best"


def remark(recipe: Recipe, pieces: int, *, ends: bool, measured: bool) -> str:
    """A sentence on what is done for the few pieces there are; "" where there are enough.

    Args:
        recipe: of the training.
        pieces: that are learned from.
        ends: whether their ends are held back.
        measured: whether anything is held back.
    """
    kind: Kind = recipe.material
    there = f"There {'is' if pieces == 1 else 'are'} only {counted(pieces, (kind,))} to learn from"
    if not measured:
        if recipe.training.validation == 0 or pieces >= FEW:
            return ""
        return (
            f"{there}, and nothing can be held back of so little: the training makes all its steps and learns it by "
            f"heart; with more {plural(kind)} it can tell when to end."
        )
    if not validates_often(recipe, pieces):
        return ""
    of_each = f"the last {HELD_BACK_SHARE:.0%} of each is held back, and " if ends else ""
    return (
        f"{there}: {of_each}the training ends as soon as what is held back is no longer learned better; with "
        "weights = last and patience = 0 it would learn them by heart."
    )
