"""Models of curves in continuous time, and of whole pieces: they train, go on, are kept, measured and drawn with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from studio.errors import StudioError
from studio.evaluation.bounds import elbo, iwae
from studio.generation.sampler import Sampler, generate_drawings
from studio.models.building import build_model
from studio.models.latent_ode import LatentODE
from studio.sequences.material import Drawing
from studio.sequences.patterns import PATTERNS
from studio.sequences.points import PointsRepresentation
from studio.sequences.sequence import Sequence
from studio.training.checkpoints import Checkpoint, load_model
from studio.training.events import Progress, Saved, Stopped, Validation
from studio.training.recipe import Recipe
from studio.training.trainer import Trainer

SMALL: dict[str, dict[str, Any]] = {
    "vae": {"points": 0, "length": 16, "encoder.widths": (12,), "decoder.widths": (12,), "features": 4, "latent": 3},
    "neural-ode": {"dynamics.widths": (8,), "window": 7, "horizon": 5},
    "latent-ode": {"model.encoder": "rnn", "model.hidden": 8, "dynamics.widths": (8,), "decoder.widths": (8,)},
    "ode-rnn": {"model.hidden": 8, "dynamics.widths": (8,), "decoder.widths": (8,), "step": 1.0},
}
FAMILIES = {
    **{name: (name, settings) for name, settings in SMALL.items()},
    "latent-ode with an ode-rnn": (
        "latent-ode",
        SMALL["latent-ode"] | {"model.encoder": "ode-rnn", "method": "rk4", "step": 1.0},
    ),
    "latent-ode with times": ("latent-ode", SMALL["latent-ode"] | {"poisson": True, "rate.widths": (6,)}),
    "ode-rnn with times": ("ode-rnn", SMALL["ode-rnn"] | {"poisson": True, "rate.widths": (6,)}),
    "ode-rnn in streams": ("ode-rnn", SMALL["ode-rnn"] | {"batches": "streams", "window": 6}),
}
DRAWINGS = [PATTERNS["two-spirals"].draw(points, seed, missing=0.3) for seed, points in enumerate((40, 30, 25, 36, 20))]


def recipe(family: str, **changes: Any) -> Recipe:
    name, settings = FAMILIES[family]
    common = {"batch": 3, "steps": 8, "validate_every": 4}
    plain = Recipe.from_toml(shipped(name))
    return plain.changed({_path(plain, key): value for key, value in (common | settings | changes).items()})


def shipped(name: str) -> str:
    from studio.assets import resource

    return resource("recipes", f"{name}.toml").read_text("utf-8")


def _path(plain: Recipe, key: str) -> str:
    """Names of settings as short as they are clear."""
    paths = [path for path, _, _ in plain.settings()]
    if key in ("method", "step"):
        return f"model.solver.{key}"
    return next(path for path in (key, f"model.{key}", f"training.{key}", f"representation.{key}") if path in paths)


class Made:
    def __init__(self, family: str, **changes: Any) -> None:
        self.recipe = recipe(family, **changes)
        self.representation = PointsRepresentation(self.recipe.representation)
        self.representation.fit(DRAWINGS[:4])
        self.sequences = [self.representation.encode(drawing) for drawing in DRAWINGS]

    def trainer(self, **arguments: Any) -> Trainer:
        arguments = {"validation": self.sequences[4:], **arguments}
        return Trainer(self.recipe, self.representation, self.sequences[:4], **arguments)


@pytest.fixture(params=FAMILIES)
def made(request: pytest.FixtureRequest) -> Made:
    return Made(request.param)


def losses(events: list[Any]) -> list[float]:
    return [event.values["loss"] for event in events if isinstance(event, Progress)]


def test_it_trains_and_measures_its_progress(made: Made) -> None:
    events = list(made.trainer().events())
    assert isinstance(events[-1], Stopped)
    assert events[-1].reason == "finished"
    assert all(math.isfinite(loss) for loss in losses(events))
    assert [event.step for event in events if isinstance(event, Validation)] == [4, 8]


def test_the_same_seed_is_the_same_training_and_it_goes_on_where_it_was(made: Made) -> None:
    whole = list(made.trainer(seed=3).events())
    first = made.trainer(seed=3)
    events = []
    for event in first.events():
        events.append(event)
        if isinstance(event, Progress) and event.step == 5:
            first.stop()
    saved = next(event for event in reversed(events) if isinstance(event, Saved) and event.kind == "last")
    rest = list(made.trainer(seed=3, resume=Checkpoint(saved.weights, saved.meta)).events())
    assert losses(events) + losses(rest) == losses(whole)


def test_a_checkpoint_is_all_it_takes(made: Made) -> None:
    saved = next(event for event in reversed(list(made.trainer().events())) if isinstance(event, Saved))
    model, representation, read = load_model(Checkpoint(saved.weights, saved.meta))
    assert read == made.recipe
    assert isinstance(representation, PointsRepresentation)
    drawings = generate_drawings(model, representation, count=2, length=20, seed=1)
    assert [len(drawing) for drawing in drawings] == [20, 20]
    assert all(np.isfinite(drawing.points).all() for drawing in drawings)


def test_bounds(made: Made) -> None:
    model = made.trainer().model.eval()
    lower, tighter = elbo(model, made.sequences), iwae(model, made.sequences, 20)
    assert lower.frames == sum(map(len, made.sequences))
    assert lower.per_frame.mean == pytest.approx(-lower.reconstruction - lower.kl)
    if model.latent:
        assert lower.kl > 0
        assert tighter.per_sequence.mean >= lower.per_sequence.mean - lower.per_sequence.standard_error
    else:
        assert lower.kl == 0
        assert tighter.per_sequence.mean == pytest.approx(lower.per_sequence.mean, rel=1e-5)


def test_frames_that_are_padded_change_nothing(made: Made) -> None:
    """Items of a batch do not know of one another, nor of how long the longest is."""
    model = made.trainer().model.eval()
    one = elbo(model, made.sequences[4:], seed=1).per_sequence.mean
    among = elbo(model, [made.sequences[4], made.sequences[0]], seed=1)
    other = elbo(model, made.sequences[:1], seed=1).per_sequence.mean
    if not model.latent:  # else each has other noise
        assert 2 * among.per_sequence.mean == pytest.approx(one + other, rel=1e-4)
    x, mask, times = batch_of(made.sequences[4:])
    noise = torch.zeros(*mask.shape, model.latent)
    alone, _ = model.score(x, mask, model.initial_state(1), noise, times=times)
    longer = [torch.cat([value, value[-1:].repeat(5, *[1] * (value.dim() - 1))]) for value in (x, mask, times)]
    longer[1][-5:] = 0
    padded, _ = model.score(
        *longer[:2], model.initial_state(1), torch.zeros(len(mask) + 5, 1, model.latent), times=longer[2]
    )
    assert torch.allclose(padded.nll[: len(mask)], alone.nll, atol=2e-3)
    assert not padded.nll[len(mask) :].any()
    assert torch.allclose(padded.kl.sum(), alone.kl.sum(), atol=1e-4)


def batch_of(sequences: list[Sequence]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    from studio.sequences.batches import padded

    batch = padded(sequences)
    assert batch.times is not None
    return torch.from_numpy(batch.frames), torch.from_numpy(batch.mask), torch.from_numpy(batch.times)


def test_drawing_in_pieces_is_drawing(made: Made) -> None:
    model = made.trainer().model.eval()
    whole = Sampler(model, 3, seed=7).frames(20)
    pieces = Sampler(model, 3, seed=7)
    found = np.concatenate([pieces.frames(1), pieces.frames(7), pieces.frames(0), pieces.frames(12)])
    np.testing.assert_allclose(found, whole, atol=2e-3)


def test_a_beginning_is_gone_on_with(made: Made) -> None:
    model = made.trainer().model.eval()
    beginning = made.sequences[0].cut(0, 12)
    if not model.goes_on:
        with pytest.raises(StudioError, match="in one piece"):
            Sampler(model, 2, seed=1, begin=beginning)
        return
    found = Sampler(model, 2, seed=1, begin=beginning)
    frames = np.concatenate([found.frames(5), found.frames(25)])
    np.testing.assert_allclose(frames[:12, 1], beginning.frames, atol=1e-6)
    other = Sampler(model, 2, seed=1, begin=made.sequences[1].cut(0, 12)).frames(30)
    assert not np.allclose(frames[12:], other[12:], atol=1e-3)


@pytest.mark.parametrize("family", ["neural-ode", "latent-ode", "ode-rnn"])
def test_frames_without_times_are_not_for_it(family: str) -> None:
    from studio.sequences.sequence import FrameLayout

    with pytest.raises(StudioError, match="representation points"):
        build_model(recipe(family).model, FrameLayout(continuous=2, binary=1, step=0.2))


def test_one_trajectory_is_enough() -> None:
    """Nothing can be held back of it but its end."""
    made = Made("neural-ode", patience=1, learning_rate=1e-9)
    trajectory = made.representation.encode(Drawing.from_points(DRAWINGS[0].points, times=DRAWINGS[0].times))
    trainer = Trainer(made.recipe, made.representation, [trajectory])
    events = list(trainer.events())
    assert [event for event in events if isinstance(event, Validation)]
    assert isinstance(events[-1], Stopped)


def arc(seed: int, points: int = 20, noise: float = 0.05) -> Drawing:
    """Part of a circle that begins anywhere, at irregular times."""
    random = np.random.default_rng(seed)
    times = np.sort(random.random(points)) * 2.5
    angle = 2 * np.pi * random.random() + times
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return Drawing.from_points(circle + noise * random.standard_normal(circle.shape), times=times, y_up=True)


def test_a_latent_ode_finds_curves_and_where_they_go_on() -> None:
    """What tests/benchmarks does with spirals, small: curves that are the same wherever they are entered."""
    from studio.generation.continuous import extrapolated

    shapes = {"model.hidden": 24, "model.latent": 3, "dynamics.widths": (24,), "decoder.widths": (24,)}
    solver = {"method": "rk4", "step": 0.4}
    made = Made("latent-ode", **shapes, **solver, batch=30, steps=250, consistency=0.3)
    arcs = [arc(seed) for seed in range(60)]
    made.representation.fit(arcs)
    trainer = Trainer(made.recipe, made.representation, [made.representation.encode(drawing) for drawing in arcs])
    for _ in trainer.events():
        pass
    model = trainer.model.eval()
    assert isinstance(model, LatentODE)
    within, after = [], []
    for seed in range(100, 110):
        found = extrapolated(model, made.representation, arc(seed), before=0, after=0.5)
        assert found.after is not None
        within.append(np.hypot(*found.within.T) - 1)
        after.append(np.hypot(*found.after.T) - 1)
    assert np.sqrt(np.mean(np.square(within))) < 0.15  # of a radius of 1
    assert np.sqrt(np.mean(np.square(after))) < 0.3
