"""Latent ODEs on the spirals of torchdiffeq's example, and the rate of a Poisson process recovered from its times.

    pytest -s tests/benchmarks/test_continuous_time.py

The published example reaches, after 1,000 updates, an RMSE of 0.88 on the observed part of a spiral and of 2.09 on the
100 points after it. Here both are measured on spirals that the model has never seen, against the curves without noise,
per coordinate and as a distance in the plane.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from studio.assets import resource
from studio.models.latent_ode import LatentODE
from studio.sequences.batches import padded
from studio.sequences.material import Drawing
from studio.sequences.patterns import PATTERNS, SECONDS_PER_POINT, two_spirals
from studio.sequences.points import PointsRepresentation
from studio.training.events import Progress
from studio.training.recipe import Recipe
from studio.training.trainer import Trainer

SPIRALS = PATTERNS["two-spirals"]
UPDATES = 1_000
PUBLISHED = (0.88, 2.09)  # RMSE on what was observed, and on the next 100 points
MEASURED_ON = range(50_000, 50_300)  # seeds

Floats = NDArray[np.float64]


def learned(drawings: list[Drawing], **settings: Any) -> tuple[LatentODE, PointsRepresentation]:
    """A latent ODE by the shipped recipe, with its averaged weights."""
    recipe = Recipe.from_toml(resource("recipes", "latent-ode.toml").read_text("utf-8")).changed(settings)
    representation = PointsRepresentation(recipe.representation)
    representation.fit(drawings)
    torch.set_num_threads(1)
    trainer = Trainer(recipe, representation, [representation.encode(drawing) for drawing in drawings], seed=1)
    for event in trainer.events():
        if isinstance(event, Progress) and event.step % 100 == 0:
            print(f"update {event.step}: loss {event.values['loss']:.3f}", flush=True)
    assert trainer.learner.average is not None
    model = trainer.learner.average.model.eval()
    assert isinstance(model, LatentODE)
    return model, representation


def courses(
    model: LatentODE, representation: PointsRepresentation, drawings: list[Drawing], seconds: Floats
) -> tuple[torch.Tensor, Floats]:
    """z ``[T, B, Z]`` and the mean of x ``[T, B, 2]``, in the material's units, so long after each first point."""
    batch = padded([representation.encode(drawing) for drawing in drawings])
    assert batch.times is not None
    times = torch.from_numpy((seconds / representation.constants.time_unit).astype(np.float32))[:, None]
    with torch.no_grad():
        given = (torch.from_numpy(value) for value in (batch.frames, batch.mask, batch.times))
        z = model.moved(model.infer(*given).mean, times.expand(-1, len(drawings)))
        mean = model.decode(z).continuous.mean.double().numpy()
    return z, mean * representation.scale + representation.centre


def true_course(seed: int) -> Floats:
    """The spiral that a piece was cut from, from its first point to the end."""
    first = SPIRALS.draw(100, seed, noise=0).points[0]
    for curve in two_spirals().values():
        distance = np.abs(curve - first).sum(1)
        if distance.min() < 1e-9:
            return curve[int(distance.argmin()) :]
    raise AssertionError("no spiral goes through this point")


def spiral_errors(model: LatentODE, representation: PointsRepresentation, missing: float) -> tuple[Floats, Floats]:
    """Differences of coordinates on the observed part, and on the next 100 points, each ``[N, 2]``."""
    drawings = [SPIRALS.draw(100, seed, missing=missing) for seed in MEASURED_ON]
    _, found = courses(model, representation, drawings, np.arange(200) * SECONDS_PER_POINT)
    true = [true_course(seed) for seed in MEASURED_ON]
    seen = [found[:100, place] - curve[:100] for place, curve in enumerate(true)]
    following = [found[100:, place] - curve[100:200] for place, curve in enumerate(true) if len(curve) >= 200]
    print(f"measured on {len(seen)} unseen spirals, {len(following)} of which go on for 100 points more")
    return np.concatenate(seen), np.concatenate(following)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("missing", [0.0, 0.5], ids=["every point", "half of the points, at irregular times"])
def test_spirals_at_half_the_published_error(missing: float) -> None:
    model, representation = learned([SPIRALS.draw(100, seed, missing=missing) for seed in range(1_000)], steps=UPDATES)
    for differences, published, part in zip(
        spiral_errors(model, representation, missing), PUBLISHED, ("observed part", "next 100"), strict=True
    ):
        per_coordinate = float(np.sqrt(np.mean(differences**2)))
        distance = float(np.sqrt(np.mean((differences**2).sum(1))))
        print(
            f"{part:14s} RMSE {per_coordinate:.3f} per coordinate, {distance:.3f} as a distance ({published} published)"
        )
        assert distance <= published / 2


def observed_at_random(seed: int, duration: float = 6.0, noise: float = 0.05) -> Drawing:
    """A point that goes round a circle, observed at times of a Poisson process that is faster on its right side."""
    random = np.random.default_rng(seed)
    phase = 2 * np.pi * random.random()
    most = true_rate(np.zeros(1)).item()
    candidates = np.cumsum(random.exponential(1 / most, 200))
    kept = candidates[(random.random(200) * most < true_rate(candidates + phase)) & (candidates < duration)]
    times = np.concatenate([[0.0], kept])
    points = np.stack([np.cos(times + phase), np.sin(times + phase)], 1)
    return Drawing.from_points(points + noise * random.standard_normal(points.shape), times=times, y_up=True)


def true_rate(angle: Floats) -> Floats:
    """Points a second."""
    return 8 * (1 + 0.7 * np.cos(angle))


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_the_rate_of_a_poisson_process_is_recovered() -> None:
    settings = {"steps": 600, "batch": 40, "model.poisson": True, "model.latent": 4}
    model, representation = learned([observed_at_random(seed) for seed in range(300)], **settings)
    assert model.rate is not None
    drawings = [observed_at_random(seed, noise=0.0) for seed in range(10_000, 10_050)]
    seconds = np.linspace(0, 5, 101)
    z, _ = courses(model, representation, drawings, seconds)
    with torch.no_grad():
        found = model.rate(z).double().numpy() / representation.constants.time_unit  # [T, B], a second
    phases = np.array([np.arctan2(*drawing.points[0][::-1]) for drawing in drawings])
    true = true_rate(seconds[:, None] + phases)
    off = np.abs(found - true) / true
    print(f"rate: mean relative error {off.mean():.3f}; {np.median(found / true):.3f} of the true one in the median")
    print(f"by quarters of the true rate: {[round(float(part.mean()), 3) for part in quarters(off, true)]}")
    assert off.mean() < 0.1


def quarters(values: Floats, by: Floats) -> list[Floats]:
    """The values where another quantity is smallest, and so on."""
    order = np.argsort(by, axis=None)
    return np.array_split(values.ravel()[order], 4)
