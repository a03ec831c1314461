"""What stands behind pens: fields whose formula is known, curves beyond their points, ways from one to another."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from studio.errors import StudioError
from studio.generation.backdrop import Extrapolation, Field
from studio.generation.continuous import FIELD_REACH, backdrop, extrapolated, vector_field
from studio.generation.live import LivePens
from studio.generation.loaded import Loaded
from studio.generation.sampler import Sampler, generate_drawings
from studio.generation.variance import Variance
from studio.models.building import build_model
from studio.models.latent_ode import LatentODE
from studio.models.neural_ode import NeuralODE
from studio.models.settings import (
    BlockSettings,
    LatentODESettings,
    NeuralODESettings,
    ODERNNSettings,
    VAESettings,
    VRNNSettings,
)
from studio.sequences.material import Drawing
from studio.sequences.pen import PenRepresentation
from studio.sequences.points import PointsRepresentation, PointsSettings

NONE = Variance(0, 0)
ANGLE = np.linspace(0, 4 * np.pi, 120)


def circle(radius: float = 30.0) -> Drawing:
    """Counter-clockwise around (100, 50), one radian in two seconds."""
    points = radius * np.stack([np.cos(ANGLE), np.sin(ANGLE)], 1) + (100, 50)
    return Drawing.from_points(points, times=2 * ANGLE, y_up=True)


@pytest.fixture
def points() -> PointsRepresentation:
    found = PointsRepresentation(PointsSettings(series="no"))
    found.fit([circle()])
    return found


@pytest.fixture
def turning(points: PointsRepresentation) -> NeuralODE:
    """dx/dt of the circle, known: in position units a rotation of half a radian a second."""
    model = build_model(NeuralODESettings(dynamics=BlockSettings(widths=())), points.layout)
    assert isinstance(model, NeuralODE)
    rate = 0.5 * points.constants.time_unit
    with torch.no_grad():
        layer = model.dynamics.layers[0]
        layer.weight.copy_(torch.tensor([[0.0, -rate], [rate, 0.0]]))
        layer.bias.copy_(torch.tensor(-(layer.weight.numpy() @ points.positions([[100.0, 50.0]])[0])))
    return model


def test_a_field_is_in_the_units_of_the_material(turning: NeuralODE, points: PointsRepresentation) -> None:
    field = vector_field(turning, points, (np.array([70.0, 20.0]), np.array([130.0, 80.0])), side=9)
    assert field.points.shape == field.velocities.shape == (81, 2)
    np.testing.assert_allclose(field.points.mean(0), [100, 50], atol=1e-9)
    assert field.points.max(0) - field.points.min(0) == pytest.approx(2 * FIELD_REACH * 60)
    around = field.points - [100, 50]
    np.testing.assert_allclose(field.velocities, 0.5 * np.stack([-around[:, 1], around[:, 0]], 1), atol=1e-3)


def test_a_curve_follows_the_field_from_where_it_is(turning: NeuralODE, points: PointsRepresentation) -> None:
    begin = Drawing.from_points(circle().points[:10], times=circle().times[:10], y_up=True)
    still = generate_drawings(turning, points, count=1, length=120, begin=begin, variance=NONE)[0]
    np.testing.assert_allclose(still.points, circle().points, atol=0.3)


def test_what_stands_behind_which_pens(turning: NeuralODE, points: PointsRepresentation) -> None:
    box = circle().box
    assert isinstance(backdrop(turning, points, box), Field)
    latent = build_model(LatentODESettings(), points.layout)
    assert backdrop(latent, points, box) is None
    assert isinstance(backdrop(latent, points, box, circle()), Extrapolation)
    pens = PenRepresentation()
    pens.fit([circle()])
    assert backdrop(build_model(VRNNSettings(), pens.layout), pens, box) is None


def test_a_curve_before_within_and_after_its_points_is_one(points: PointsRepresentation) -> None:
    model = build_model(LatentODESettings(), points.layout)
    assert isinstance(model, LatentODE)
    found = extrapolated(model, points, circle(), before=0.5, after=1.0)
    np.testing.assert_allclose(found.observed, circle().points, atol=1e-3)
    assert found.before is not None
    assert found.after is not None
    assert [len(found.before), len(found.within), len(found.after)] == [100, 200, 200]
    np.testing.assert_allclose(found.before[-1], found.within[0], atol=0.05)
    np.testing.assert_allclose(found.within[-1], found.after[0], atol=0.2)
    assert len(found.drawing.strokes) == 3
    none = extrapolated(model, points, circle(), before=0, after=0)
    assert none.before is None
    assert none.after is None
    np.testing.assert_allclose(none.within, found.within, atol=0.2)
    with pytest.raises(StudioError, match="one point"):
        extrapolated(model, points, Drawing.from_points([[1, 2]]))


@pytest.mark.parametrize("settings", [VAESettings(length=40, latent=3), LatentODESettings()])
def test_from_one_drawing_to_another(settings: VAESettings | LatentODESettings, points: PointsRepresentation) -> None:
    model = build_model(settings, points.layout)
    ends = (circle(), circle(10))
    found = generate_drawings(model, points, count=5, length=40, ends=ends, variance=NONE)
    alone = generate_drawings(model, points, count=2, length=40, ends=ends, variance=NONE, seed=9)
    np.testing.assert_allclose(found[0].points, alone[0].points, atol=0.2)  # the ends are the ends, whatever the seed
    np.testing.assert_allclose(found[-1].points, alone[-1].points, atol=0.2)
    steps = [np.abs(b.points - a.points).max() for a, b in pairwise(found)]
    whole = np.abs(found[-1].points - found[0].points).max()
    assert 0 < max(steps) < 0.6 * whole
    back = generate_drawings(model, points, count=5, length=40, ends=ends[::-1], variance=NONE)
    for one, other in zip(found, reversed(back), strict=True):
        np.testing.assert_allclose(one.points, other.points, atol=0.2)


def test_there_is_no_way_where_there_is_a_latent_variable_for_every_frame() -> None:
    pens = PenRepresentation()
    pens.fit([circle()])
    sequence = pens.encode(circle())
    with pytest.raises(StudioError, match="static VAE"):
        Sampler(build_model(VRNNSettings(), pens.layout), 3, 0, ends=(sequence, sequence))


def irregular(start: float = 2000.0) -> Drawing:
    """A series at times with gaps."""
    times = start + np.cumsum(np.random.default_rng(0).exponential(0.5, 40))
    return Drawing.series(times, np.sin(times))


def test_a_beginning_keeps_its_times() -> None:
    representation = PointsRepresentation()
    representation.fit([irregular()])
    settings = ODERNNSettings(hidden=4, dynamics=BlockSettings(widths=(4,)), decoder=BlockSettings(widths=(4,)))
    model = build_model(settings, representation.layout)
    begin = Drawing.series(*irregular().points[:9].T)
    (found,) = generate_drawings(model, representation, count=1, length=12, begin=begin)
    assert found.is_series
    np.testing.assert_allclose(found.points[:9], begin.points, rtol=1e-6)
    interval = representation.constants.interval * representation.constants.time_unit
    assert np.diff(found.points[8:, 0]) == pytest.approx(interval, rel=1e-6)


@pytest.mark.parametrize("series", ["auto", "no"])
def test_times_that_are_learned_are_drawn(series: str) -> None:
    representation = PointsRepresentation(PointsSettings(series=series))
    representation.fit([irregular()])
    settings = ODERNNSettings(
        hidden=4, dynamics=BlockSettings(widths=(4,)), decoder=BlockSettings(widths=(4,)), poisson=True
    )
    model = build_model(settings, representation.layout)
    made = generate_drawings(model, representation, count=3, length=70, seed=5)
    unit = representation.constants.time_unit
    sampler = Sampler(model, 3, 5)
    sampler.frames(4)
    sampler.frames(70 - 4)
    assert sampler.times is not None
    for pen, drawing in enumerate(made):
        assert drawing.times is not None
        np.testing.assert_allclose(drawing.times[4:], sampler.times[:, pen] * unit, rtol=1e-5)
        gaps = np.diff(drawing.times)
        assert gaps.min() > 0
        assert gaps.std() > 0.5 * gaps.mean()
        assert drawing.is_series == (series == "auto")
    pens = LivePens(lambda: Loaded(model, representation), count=3, length=70, seed=5)
    try:
        read = 0
        while read < 70:
            read += len(pens.read(16))
            assert not pens.error
        for live, drawing in zip(pens.drawings(), made, strict=True):
            np.testing.assert_allclose(live.points, drawing.points, rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(live.times, drawing.times, rtol=1e-4)
    finally:
        pens.close()
