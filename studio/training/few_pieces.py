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
FEW_UPDATES = 2  # that a pass over the material takes: with less, validations come often
FEWEST_RECORDINGS = 10  # that are learned from, for one that is held back to tell anything
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


def measures_enough(recipe: Recipe, pieces: int, *, ends: bool) -> bool:
    """Whether what is held back tells which weights are best.

    One word of a few is no measure of the others: its bound is best after a dozen updates, when there is nothing to be
    heard yet.

    Args:
        recipe: of the training.
        pieces: that are learned from.
        ends: whether the ends of these are what is held back.
    """
    return ends or recipe.material != "audio" or pieces >= FEWEST_RECORDINGS


def validates_often(recipe: Recipe, pieces: int, frames: int) -> bool:
    """Whether so little is learned from that validations come often: a pass over it takes less than two updates.

    Drawings, where the best in nats draw worse, are left to their recipes.
    """
    training = recipe.training
    updates = max(pieces, frames / training.window) / training.batch
    return updates < FEW_UPDATES and training.weights == "best"


def remark(recipe: Recipe, pieces: int, frames: int, *, ends: bool, measured: bool) -> str:
    """A sentence on what is done for the few pieces there are; "" where there are enough.

    Args:
        recipe: of the training.
        pieces: that are learned from.
        frames: of all of them.
        ends: whether their ends are held back.
        measured: whether anything is held back.
    """
    kind: Kind = recipe.material
    there = f"There {'is' if pieces == 1 else 'are'} only {counted(pieces, (kind,))} to learn from"
    if recipe.training.validation == 0:
        return ""
    if not measured or not measures_enough(recipe, pieces, ends=ends):
        return (
            f"{there}, too little to tell when to end: the training makes all its steps and learns by heart; with more "
            f"{plural(kind)} it ends where it is best."
        )
    if not validates_often(recipe, pieces, frames):
        return ""
    of_each = f"the last {HELD_BACK_SHARE:.0%} of each is held back, and " if ends else ""
    return (
        f"{there}: {of_each}the training ends as soon as what is held back is no longer learned better; with "
        "weights = last and a large patience it would learn them by heart."
    )
