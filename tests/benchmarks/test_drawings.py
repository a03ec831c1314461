"""What the default recipe learns of a few drawings, in figures: `pytest -s tests/benchmarks/test_drawings.py`.

Each collection is trained on by each recipe and seed; then 200 drawings are made with each of several variances.
Printed are nats a frame on what the recipe held back, least and at the end, and on drawings it never saw (in units of
the material, so that recipes compare; sigma was scaled on what was held back, never on these); the share of the spread
that the latent variables decide; how many drawings are broken (`drawing_measures.broken`); whether made ones can be
told from real ones (1-NN, 0.5: they cannot), and whether they are copies (nearest real, over real to real).

    COLLECTIONS=eights,stars SEEDS=0,1,2 RECIPES=pens,pens-gmm pytest -s tests/benchmarks/test_drawings.py
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest
import torch
from drawing_collections import MIXED, SAMPLES, Collection, collection, collections
from drawing_measures import (
    among_real,
    broken,
    curvature_spectrum,
    lines,
    nearest_ratio,
    one_nearest_neighbour,
    path_distances,
    spread,
    steps_of,
    which_shape,
)

from studio.assets import resource
from studio.evaluation.bounds import elbo
from studio.generation.sampler import Sampler, generate_drawings
from studio.generation.variance import Variance
from studio.generation.walk import why_not_alike
from studio.models.sequence_model import SequenceModel
from studio.sequences.batches import split
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.pen import PenRepresentation
from studio.training.checkpoints import Checkpoint, load_model
from studio.training.events import Sample, Saved, Validation
from studio.training.recipe import Recipe
from studio.training.trainer import Trainer

COUNT = 200
LONGEST = 2.0  # times the longest drawing: what has not ended by then never does
WALKS, ON_A_WALK = 10, 10  # pairs of drawings, and drawings from the one to the other
BEGUN = 0.4  # share of a drawing that is given as a beginning
SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "0,1,2").split(",")]
RECIPES = os.environ.get("RECIPES", "pens").split(",")
NAMES = collections([name for name in os.environ.get("COLLECTIONS", "").split(",") if name])


@dataclass(frozen=True)
class Trained:
    """What a training has come to."""

    model: SequenceModel
    representation: PenRepresentation
    recipe: Recipe
    curve: list[float]  # of what was held back, in nats a frame, in units of the material
    seconds: float  # of processor time


@dataclass(frozen=True)
class Made:
    """Drawings made with one pair of variances."""

    drawings: list[Drawing]
    ended: list[bool]


def pens() -> Recipe:
    """The default for drawings."""
    return Recipe.from_toml(resource("recipes", "pens.toml").read_text())


def prepare(recipe: Recipe, drawings: Sequence[Drawing], seed: int) -> tuple[Trainer, PenRepresentation]:
    """A training that holds some of the drawings back, before its first update."""
    learned, held_back = split(len(drawings), recipe.training.validation, seed)
    representation = PenRepresentation(recipe.representation)  # type: ignore[arg-type]
    representation.fit([drawings[index] for index in learned])
    parts = [[representation.encode(drawings[index]) for index in part] for part in (learned, held_back)]
    return Trainer(recipe, representation, parts[0], validation=parts[1], seed=seed), representation


def train(recipe: Recipe, drawings: Sequence[Drawing], seed: int) -> Trained:
    """To the end of the recipe."""
    began = time.process_time()
    trainer, representation = prepare(recipe, drawings, seed)
    curve, last = [], None
    for event in trainer.events():
        if isinstance(event, Validation):
            curve.append(event.values["loss"] + representation.nats_per_frame_offset)
        if isinstance(event, Saved) and event.kind == "last":
            last = event
    assert last is not None
    model, _, _ = load_model(Checkpoint(last.weights, last.meta))
    return Trained(model, representation, recipe, curve, time.process_time() - began)


def make(trained: Trained, latent: float, output: float, count: int = COUNT, begin: Drawing | None = None) -> Made:
    """So many drawings, those among them that never end cut off."""
    length = int(LONGEST * trained.representation.typical_length)
    drawings = generate_drawings(
        *(trained.model, trained.representation),
        count=count,
        length=length,
        variance=Variance(latent, output),
        seed=1,
        begin=begin,
    )
    return Made(drawings, [len(drawing) < length for drawing in drawings])


def usual(trained: Trained, count: int = COUNT) -> Made:
    """At the default sliders."""
    preset = trained.recipe.generation
    return make(trained, preset.latent_variance, preset.output_variance, count)


def bad(made: Made, shapes: list[list[Drawing]]) -> float:
    """The share that is broken, each by the standard of the shape it is nearest to."""
    which = which_shape(made.drawings, shapes)
    total = 0
    for k, real in enumerate(shapes):
        own = np.flatnonzero(which == k)
        if len(own):
            total += broken([made.drawings[i] for i in own], [made.ended[i] for i in own], real).sum()
    return float(total / len(made.drawings))


def unseen(trained: Trained, drawings: Sequence[Drawing]) -> float:
    """Nats a frame of drawings that were never trained on, in units of the material."""
    sequences = [trained.representation.encode(drawing) for drawing in drawings]
    offset = trained.representation.nats_per_frame_offset
    return -elbo(trained.model, sequences, nats_per_frame_offset=offset).per_frame.mean


def describe(given: Collection, trained: Trained, seed: int) -> dict[str, float]:
    """Print a row, and give its figures."""
    real = [drawing for shape in given.shapes for drawing in shape]
    by_default, output = usual(trained), trained.recipe.generation.output_variance
    full, latent_only, still, wide = (make(trained, *v) for v in ((1, 1), (1, 0), (0, 0), (2, output)))
    all_of_it = spread(full.drawings)
    row = {
        "least": min(trained.curve),
        "end": trained.curve[-1],
        "unseen": unseen(trained, given.unseen),
        "share of z and g": spread(latent_only.drawings) / all_of_it,
        "at latent 0": _median_spread(still.drawings) / all_of_it,
        "broken": bad(by_default, given.shapes),
        "broken at 2": bad(wide, given.shapes),
        "1-NN": one_nearest_neighbour(by_default.drawings, real),
        "nearest": nearest_ratio(by_default.drawings, real),
        "seconds": trained.seconds,
    }
    say(f"{given.name} {trained.recipe.name} seed {seed}", row)
    return row


def say(what: str, row: Mapping[str, float]) -> None:
    """Print a row."""
    print(f"{what}: " + "  ".join(f"{name} {value:.2f}" for name, value in row.items()), flush=True)


def _median_spread(drawings: Sequence[Drawing]) -> float:
    """The median distance of two drawings: where all are alike but a few, those few do not decide."""
    points = lines(drawings)
    return float(np.median(path_distances(points, points)[np.triu_indices(len(points), 1)]))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("name", NAMES)
def test_collection(name: str) -> None:
    given = collection(name)
    real = [among_real(shape)._asdict() for shape in given.shapes]
    print()
    say(f"{name} real", {key: float(np.mean([each[key] for each in real])) for key in real[0]})
    for recipe_name in RECIPES:
        recipe = Recipe.from_toml(resource("recipes", f"{recipe_name}.toml").read_text())
        rows = [describe(given, train(recipe, given.learned, seed), seed) for seed in SEEDS]
        say(f"{name} {recipe_name} mean", {key: float(np.mean([row[key] for row in rows])) for key in rows[0]})
        if recipe_name == "pens":
            assert np.mean([row["end"] - row["least"] for row in rows]) <= 0.3
            assert 0.6 <= np.mean([row["share of z and g"] for row in rows]) <= 1.15


@pytest.mark.parametrize("name", [name for name in NAMES if name in ("eights-stars-faces", "eights-spirals-stars")])
def test_a_beginning_goes_on_as_its_shape(name: str) -> None:
    given, right, total = collection(name), 0.0, 0
    for seed in SEEDS:
        trained = train(pens(), given.learned, seed)
        for k, shape in enumerate(given.shapes):
            for drawing in [d for d in shape if any(d is other for other in given.unseen)][:4]:
                points = trained.representation.resampled(drawing).points
                begin = Drawing.from_points(points[: int(BEGUN * len(points))], y_up=drawing.y_up)
                made = make(trained, 1.0, 0.3, count=9, begin=begin)
                right += float((which_shape(made.drawings, given.shapes) == k).sum())
                total += len(made.drawings)
    print(f"\n{name}: {right:.0f} of {total} continuations of drawings never seen are of their shape")
    assert right / total >= 0.95


@dataclass(frozen=True)
class Walks:
    """Walks between pairs of drawings of one shape.

    Attributes:
        alike: whether the two ends of each are of one group of the prior.
        broken: how many drawings on each are.
        largest: the largest step of each over an even one, after alignment.
        largest_by_share: likewise of points that lie the same share along the line.
    """

    alike: list[bool]
    broken: list[float]
    largest: list[float]
    largest_by_share: list[float]

    @property
    def within(self) -> Walks:
        """Those between drawings of one group."""
        kept = np.flatnonzero(self.alike).tolist()
        parts = (self.alike, self.broken, self.largest, self.largest_by_share)
        return Walks(*([part[place] for place in kept] for part in parts))  # type: ignore[arg-type]

    def __str__(self) -> str:
        if not self.alike:
            return "none"
        return (
            f"broken {sum(self.broken):.0f} of {ON_A_WALK * len(self.broken)}, largest step over an even one, median "
            f"and most: {np.median(self.largest):.2f}, {max(self.largest):.2f}; of points at the same share of the "
            f"line: {np.median(self.largest_by_share):.2f}, {max(self.largest_by_share):.2f}"
        )


def walk(given: Collection, trained: Trained) -> Walks:
    """Ten drawings on each of ten ways between drawings that were learned from, without chance."""
    found = Walks([], [], [], [])
    for first, last in _pairs(given.learned):
        made = _walked(trained, first, last)
        found.alike.append(not why_not_alike(trained.model, trained.representation, (first, last)))
        found.broken.append(len(made.drawings) * bad(made, given.shapes))
        found.largest.append(_over_even(steps_of(made.drawings)))
        points = lines(made.drawings)
        found.largest_by_share.append(_over_even(np.diagonal(path_distances(points, points), 1)))
    return found


def _pairs(drawings: Sequence[Drawing]) -> list[tuple[Drawing, Drawing]]:
    pairs = list(combinations(drawings, 2))
    return [pairs[place] for place in np.random.default_rng(0).permutation(len(pairs))[:WALKS]]


def _walked(trained: Trained, first: Drawing, last: Drawing) -> Made:
    ends = trained.representation.encode(first), trained.representation.encode(last)
    decoder = trained.representation.decoder(ON_A_WALK)
    frames = Sampler(trained.model, ON_A_WALK, 0, ends=ends).frames(
        int(LONGEST * trained.representation.typical_length), Variance(0.0, 0.0)
    )
    drawings = trained.representation.drawings(decoder.points(frames), None, [""] * ON_A_WALK)
    return Made(drawings, decoder.ended.tolist())


def _over_even(steps: FloatArray) -> float:
    return float(steps.max() / steps.mean())


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MIXED])
def test_a_walk_between_two_drawings(name: str) -> None:
    """Of one hand and within a group, none is broken, and on most walks no step is twice an even one."""
    given, all_of_it = collection(name), []
    for seed in SEEDS:
        found = walk(given, train(pens(), given.learned, seed))
        all_of_it.append(found)
        print(f"\n{name} seed {seed}: {found}\n  within a group: {found.within}", flush=True)
    if name in SAMPLES:
        assert sum(sum(found.within.broken) for found in all_of_it) == 0
        assert max(np.median(found.within.largest) for found in all_of_it) < 2


def test_a_step_of_a_walk_is_measured_after_alignment() -> None:
    """A jump is found; a line that ends one point later is none."""
    turn = np.linspace(0, 1.9 * np.pi, 60)
    arc = np.stack([np.cos(turn), np.sin(turn)], 1)
    sizes = [1.0, 1.1, 1.2, 1.3, 1.4]
    even = [Drawing.from_points(size * arc) for size in sizes]
    longer = [Drawing.from_points(size * arc[: 55 + k]) for k, size in enumerate(sizes)]
    jump = [Drawing.from_points(size * arc) for size in (1.0, 1.1, 1.2, 1.8, 1.9)]
    assert _over_even(steps_of(even)) < 1.1
    assert _over_even(steps_of(longer)) < 1.3
    assert _over_even(steps_of(jump)) > 2


@pytest.mark.parametrize("name", [name for name in NAMES if name in SAMPLES])
def test_lines_turn_as_real_ones_do(name: str) -> None:
    """The power of the turning in four bands, from slow to fast, over that of real drawings."""
    given, found = collection(name), []
    for seed in SEEDS:
        trained = train(pens(), given.learned, seed)
        step = trained.representation.constants.spacing.distance  # type: ignore[union-attr]
        made = usual(trained).drawings
        real = [trained.representation.resampled(drawing) for shape in given.shapes for drawing in shape]
        found.append(curvature_spectrum(made, step) / curvature_spectrum(real, step))
    print(f"\n{name}: turning, made over real, slow to fast: {np.mean(found, axis=0).round(2)}")


@pytest.mark.parametrize("name", [name for name in NAMES if name in SAMPLES])
@pytest.mark.parametrize(("base", "steps"), [("pens", 400), ("none", 1500)], ids=["from the base", "from nothing"])
def test_seconds_to_the_first_good_drawings(name: str, base: str, steps: int) -> None:
    """Processor time from the beginning of a training, all preparations in it, to where 39 of 40 are not broken."""
    given, found = collection(name), []
    for seed in SEEDS:
        began = time.process_time()
        recipe = pens().changed({"training.base": base, "training.steps": steps})
        trainer, representation = prepare(recipe, given.learned, seed)
        measuring = 0.0
        for event in trainer.events():
            if not isinstance(event, Sample):
                continue
            now = time.process_time()
            trained = Trained(trainer.learner.drawn_with, representation, recipe, [], 0.0)
            if bad(usual(trained, 40), given.shapes) <= 1 / 40:
                found.append((round(now - began - measuring, 1), event.step))
                break
            measuring += time.process_time() - now
    print(f"\n{name}, {steps} steps, base {base}: first good after (seconds, step) {found}")
    assert len(found) == len(SEEDS)
