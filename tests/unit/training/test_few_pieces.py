"""With few pieces a training holds back what it can spare, and looks often whether to go on."""

from __future__ import annotations

import numpy as np
import pytest
from small_training import Workshop, of_rolls
from test_trainer import finding, last_checkpoint, of, run

from studio.assets import resource
from studio.sequences.sequence import Sequence
from studio.training import trainer as trainer_module
from studio.training.events import Saved, Validation
from studio.training.few_pieces import first_held_back, holds_ends_back, measures_enough, remark, validates_often
from studio.training.recipe import Recipe
from studio.training.trainer import Trainer

ROLLS = of_rolls().recipe
DRAWINGS = Workshop().recipe
SPEECH = Recipe.from_toml(resource("recipes", "speech.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("recipe", "pieces", "held"),
    [
        (ROLLS, 1, True),
        (ROLLS, 3, True),
        (ROLLS, 4, False),  # of four one can be spared
        (ROLLS.changed({"validation": 0.0}), 1, False),
        (ROLLS.changed({"batches": "whole"}), 1, False),
        (DRAWINGS, 1, False),  # the end of a shape is like nothing else
        (DRAWINGS.changed({"ends": "no"}), 1, True),
    ],
)
def test_ends_are_held_back_where_they_are_like_the_rest(recipe: Recipe, pieces: int, held: bool) -> None:
    assert holds_ends_back(recipe, pieces) == held


def test_what_is_too_short_is_not_parted() -> None:
    assert [first_held_back(frames) for frames in (10, 150, 160, 1000)] == [10, 150, 128, 800]


def long_rolls() -> Workshop:
    workshop = of_rolls(weights="best")
    keys = (np.random.default_rng(1).random((2, 200, workshop.sequences[0].frames.shape[1])) < 0.2).astype(np.float32)
    workshop.sequences = [Sequence(frames) for frames in keys]
    return workshop


def trainer_of(workshop: Workshop, **arguments: object) -> Trainer:
    return Trainer(workshop.recipe, workshop.representation, workshop.sequences, hold_ends_back=True, **arguments)


def test_what_is_held_back_is_not_learned_from() -> None:
    workshop = long_rolls()
    trainer = trainer_of(workshop)
    learned = trainer._learned_from(workshop.sequences)
    assert [len(part) for part in learned] == [160, 160]
    for part, held, whole in zip(learned, trainer._validation, workshop.sequences, strict=True):
        np.testing.assert_array_equal(np.concatenate([part.frames, held.frames])[: 160 + len(held)],
                                      whole.frames[: 160 + len(held)])  # fmt: skip
    assert all(one is other for one, other in zip(learned, trainer._learned_from(workshop.sequences), strict=True))
    assert last_checkpoint(run(trainer)).meta["ends_held_back"] is True


def test_validations_come_often_and_patience_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = long_rolls()
    workshop.recipe = workshop.recipe.changed({"validate_every": 100, "steps": 500, "window": 64, "batch": 8})
    finding(monkeypatch, 1.0, 2.0, *[0.0] * 100)
    events = run(trainer_of(workshop))
    assert [event.step for event in of(Validation, events)] == [10, 20, 30, 40, 50, 60, 70]
    assert events[-1].reason == "early"  # type: ignore[union-attr]
    assert "best at step 20" in events[-1].message  # type: ignore[union-attr]


def test_much_material_and_drawings_are_left_to_their_recipes() -> None:
    best = ROLLS.changed({"weights": "best"})
    one_update = best.training.batch * best.training.window
    assert validates_often(best, 2, one_update)
    assert not validates_often(best, 2, 2 * one_update)  # long ones
    assert not validates_often(best, 2 * best.training.batch, one_update)  # many
    assert not validates_often(DRAWINGS, 1, 10)


def test_one_of_a_few_recordings_is_no_measure() -> None:
    speech = SPEECH
    assert [measures_enough(speech, pieces, ends=False) for pieces in (1, 9, 10)] == [False, False, True]
    assert measures_enough(speech, 1, ends=True)
    assert measures_enough(ROLLS, 1, ends=False)


def test_what_is_no_measure_neither_ends_a_training_nor_marks_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer_module, "measures_enough", lambda *_, **__: False)
    workshop = Workshop(weights="best", patience=1)
    finding(monkeypatch, 3.0, 2.0, 1.0)
    events = run(workshop.trainer())
    assert [event.best for event in of(Validation, events)] == [False, False, False]
    assert events[-1].reason == "finished"  # type: ignore[union-attr]
    assert not [event for event in of(Saved, events) if event.kind == "best"]


def test_what_is_said() -> None:
    best = ROLLS.changed({"weights": "best"})
    assert "only one piano roll" in remark(best, 1, 10, ends=True, measured=True)
    assert "the last 20% of each is held back" in remark(best, 1, 10, ends=True, measured=True)
    assert "no longer learned better" in remark(best, 4, 10, ends=False, measured=True)
    assert "learns by heart" in remark(DRAWINGS, 1, 10, ends=False, measured=False)
    assert "learns by heart" in remark(SPEECH, 5, 200, ends=False, measured=True)
    assert remark(best, 9, 10**5, ends=False, measured=True) == ""
    assert remark(DRAWINGS, 4, 10, ends=False, measured=True) == ""
    assert remark(best.changed({"validation": 0.0}), 1, 10, ends=False, measured=False) == ""
