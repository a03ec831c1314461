"""Trainings with a latent variable of the whole piece: from the base that ships, and what comes of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from studio.assets import resource
from studio.errors import StudioError
from studio.generation.latent_share import latent_share
from studio.generation.sampler import Sampler, generate_drawings
from studio.generation.variance import Variance
from studio.generation.walk import NOT_ALIKE, why_not_alike
from studio.models.likelihoods import LineOutput
from studio.models.vrnn import VRNN
from studio.sequences.alignment import evenly
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.pen import PenRepresentation
from studio.training.checkpoints import Checkpoint, load_model
from studio.training.events import Progress, Saved, Validation
from studio.training.recipe import Recipe
from studio.training.trainer import Trainer

TURN = np.linspace(0, 2 * np.pi, 60)
PENS = Recipe.from_toml(resource("recipes", "pens.toml").read_text())


def star(random: np.random.Generator) -> FloatArray:
    corners = np.linspace(0, 4 * np.pi, 6) + 0.05 * random.normal(size=6)
    points = np.stack([np.sin(corners), -np.cos(corners)], 1)
    points[-1] = points[0] + 0.05 * random.normal(size=2)
    share = np.linspace(0, 5, 60)
    return np.stack([np.interp(share, np.arange(6), points[:, k]) for k in (0, 1)], 1)


def ring(random: np.random.Generator) -> FloatArray:
    width, height = 1 + 0.08 * random.normal(size=2)
    return np.stack([width * np.sin(TURN), -height * np.cos(TURN)], 1)


def material(each: int = 5) -> list[Drawing]:
    """Both begin at the top and go to the right."""
    random = np.random.default_rng(0)
    shapes = [(star, "star"), (ring, "ring")]
    return [Drawing.from_points(50 * shape(random), label=name) for shape, name in shapes for _ in range(each)]


def trainer(steps: int, seed: int = 0, resume: Checkpoint | None = None, **changes: Any) -> Trainer:
    recipe = PENS.changed({"training.steps": steps, "training.validate_every": 20, "training.snapshots": 0, **changes})
    drawings = material()
    made = PenRepresentation(recipe.representation)  # type: ignore[arg-type]
    made.fit(drawings)
    sequences = [made.encode(drawing) for drawing in drawings]
    return Trainer(
        recipe, made, sequences[1:5] + sequences[6:], seed=seed, resume=resume, validation=[sequences[0], sequences[5]]
    )


def last(trained: Trainer) -> Saved:
    return [event for event in trained.events() if isinstance(event, Saved) and event.kind == "last"][-1]


@cache
def learned() -> tuple[VRNN, PenRepresentation]:
    """After 150 updates from the base."""
    saved = last(trainer(150))
    model, representation, _ = load_model(Checkpoint(saved.weights, saved.meta))
    assert isinstance(model, VRNN)
    assert isinstance(representation, PenRepresentation)
    return model, representation


def is_star(drawing: Drawing) -> bool:
    """A star fills less of its box than a ring does of its own: mean distance from the middle, box sizes apart."""
    points = drawing.points - drawing.points.mean(0)
    radius = np.hypot(*points.T)
    return bool(radius.std() / radius.mean() > 0.15)


def drawn(label: str = "", latent: float = 1.0, count: int = 24, **more: Any) -> list[Drawing]:
    return generate_drawings(
        *learned(), count=count, length=120, variance=Variance(latent, 0.3), seed=3, label=label, **more
    )


def test_groups_are_found_named_and_asked_for() -> None:
    model, _ = learned()
    assert len(model.whole_prior.shares) == 2
    torch.testing.assert_close(model.whole_prior.shares, torch.tensor([0.5, 0.5]))
    for label in ("star", "ring"):
        made = drawn(label)
        assert {drawing.label for drawing in made} == {label}
        assert np.mean([is_star(drawing) == (label == "star") for drawing in made]) > 0.9
    assert {drawing.label for drawing in drawn()} == {"star", "ring"}


def test_a_label_that_nobody_drew_is_refused_in_a_sentence() -> None:
    with pytest.raises(StudioError, match="Nothing was learned under the label 'moon'"):
        drawn("moon")


def test_the_latent_variance_decides_how_different_drawings_are() -> None:
    def spread(latent: float) -> float:
        sampler = Sampler(learned()[0], 20, seed=1, label="ring")
        frames = sampler.frames(30, Variance(latent, 0.0))
        return float(np.cumsum(frames[..., :2], 0).std(1).mean())

    assert spread(0.0) < 0.1 * spread(1.0)
    assert spread(1.0) < spread(1.6)


def test_g_and_z_have_variances_of_their_own() -> None:
    def spread(step: float, whole: float) -> float:
        sampler = Sampler(learned()[0], 20, seed=1, label="ring")
        frames = sampler.frames(30, Variance(step, 0.0, whole))
        return float(np.cumsum(frames[..., :2], 0).std(1).mean())

    assert spread(0.0, 0.0) < 1e-4 < spread(1.0, 0.0)
    assert spread(0.0, 1.0) < spread(0.0, 1.6)
    assert spread(1.0, 1.0) == spread(1.0, None)  # type: ignore[arg-type]


def test_what_g_and_z_decide_is_measured_apart() -> None:
    found = latent_share(*learned())
    assert set(found.parts) == {"whole", "step"}
    assert found.parts["whole"] > found.parts["step"] >= 0
    assert found.parts["whole"] == pytest.approx(found.share, abs=0.3)


def test_the_same_seed_draws_the_same_however_many_pens_there_are() -> None:
    model, _ = learned()
    few, many = Sampler(model, 2, seed=5).frames(20), Sampler(model, 7, seed=5).frames(20)
    np.testing.assert_allclose(few, many[:, :2], atol=1e-5)


@pytest.mark.parametrize("which", [0, 5])
def test_a_beginning_goes_on_as_the_shape_that_it_is_of_and_stays_where_it_is(which: int) -> None:
    whole = material()[which]  # held back
    begin = Drawing.from_points(whole.points[:24] + np.array([300, 7]))
    made = drawn(begin=begin)
    assert np.mean([is_star(drawing) == is_star(whole) for drawing in made]) > 0.9
    for drawing in made:
        np.testing.assert_allclose(drawing.points[0], begin.points[0], atol=1e-6)
    assert {drawing.label for drawing in made} == {whole.label}


def apart(drawings: list[Drawing]) -> FloatArray:
    """How far neighbours are apart, points evenly along each."""
    points = np.stack([evenly(drawing.points, 64) for drawing in drawings])
    return np.asarray(np.hypot(*np.moveaxis(np.diff(points, axis=0), -1, 0)).mean(-1))


def test_a_walk_leads_from_one_drawing_to_another_in_even_steps() -> None:
    one, other = material()[6:8]
    made = drawn(count=7, latent=0.0, ends=(one, other))
    assert not any(is_star(drawing) for drawing in made)
    steps = apart(made)
    assert steps.max() < 2 * steps.mean()
    ends = apart([made[0], made[-1]])
    assert ends > 2 * steps.mean()


def test_a_walk_leads_from_one_shape_to_another_and_that_is_said() -> None:
    a_star, a_ring = material()[0], material()[9]
    made = drawn(count=7, latent=0.0, ends=(a_star, a_ring))
    assert is_star(made[0])
    assert not is_star(made[-1])
    assert [made[0].label, made[-1].label] == ["star", "ring"]
    assert why_not_alike(*learned(), (a_star, a_ring)) == NOT_ALIKE
    assert why_not_alike(*learned(), (a_star, material()[1])) == ""


def test_what_is_interrupted_goes_on_as_if_it_had_not_been() -> None:
    whole = last(trainer(24))
    half = trainer(24)
    for event in half.events():
        if isinstance(event, Progress) and event.step == 11:
            half.stop()
        if isinstance(event, Saved) and event.kind == "last":
            saved = event
    resumed = last(trainer(24, resume=Checkpoint(saved.weights, saved.meta)))
    assert resumed.weights == whole.weights


def test_sigma_fits_what_was_held_back_and_the_curve_is_measured_without() -> None:
    trained = trainer(40)
    curve = [event.values["loss"] for event in trained.events() if isinstance(event, Validation)]
    model = trained.learner.drawn_with
    output = model.likelihood.continuous
    assert isinstance(output, LineOutput)
    assert bool((output.factors != 1).all())
    assert curve[-1] < curve[0]


def test_the_base_is_worth_hundreds_of_updates() -> None:
    def held_back(base: str) -> float:
        events = trainer(40, **{"training.base": base}).events()
        return min(event.values["loss"] for event in events if isinstance(event, Validation))

    assert held_back("pens") < held_back("none") - 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"training.batches": "streams"}, "set training.batches to whole"),
        ({"training.average": 0.0}, "set training.average above 0"),
        ({"representation.resample": "none"}, "set representation.resample to arc"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(StudioError, match=sentence):
        trainer(5, **changes)


def test_a_base_of_other_sizes_is_done_without_and_that_is_said() -> None:
    assert "begins with the base pens" in trainer(5).learner.remark
    assert "begins with random ones" in trainer(5, hidden=40).learner.remark


def test_drawings_as_they_are_without_variation() -> None:
    changes = {"training.batches": "whole", "objective.outline": 0.0, "objective.dropout": 0.0}
    saved = last(trainer(6, **changes))
    model, _, _ = load_model(Checkpoint(saved.weights, saved.meta))
    assert isinstance(model, VRNN)
    assert len(model.whole_prior.shares) == 2  # by their labels


def test_the_base_says_where_it_comes_from() -> None:
    assert "CC BY 4.0" in resource("bases", "LICENSES.md").read_text()
