"""Drawings as points at times: there and back, what time is counted in, and series whose time is x."""

from __future__ import annotations

import numpy as np
import pytest
from drawing_strategies import drawings as any_drawings
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.sequences import representations
from studio.sequences.material import Drawing, Stroke
from studio.sequences.points import PointsRepresentation, PointsSettings


def circle(speed: float = 1.0, points: int = 100, turns: float = 2.0, size: float = 50.0) -> Drawing:
    """Drawn at that many radians a second."""
    angle = np.linspace(0, 2 * np.pi * turns, points)
    return Drawing.from_points(size * np.stack([np.cos(angle), np.sin(angle)], 1) + 300, times=angle / speed)


def series(points: int = 40, start: float = 1990.0) -> Drawing:
    x = start + np.arange(points) * 0.5
    return Drawing.from_points(np.stack([x, 5 + 3 * np.sin(x)], 1))


def fitted(*materials: Drawing, **settings: object) -> PointsRepresentation:
    found = PointsRepresentation(PointsSettings(**settings))
    found.fit(materials)
    return found


@given(st.lists(any_drawings(), min_size=1, max_size=4))
def test_there_and_back(materials: list[Drawing]) -> None:
    rep = fitted(*materials, series="no")
    size = max(drawing.size for drawing in materials) or 1.0
    reach = max(float(np.abs(drawing.points - rep.centre).max()) for drawing in materials)
    for drawing in materials:
        back = rep.decode(rep.encode(drawing).frames).points
        turn = drawing.y_up is not None and rep.y_up is not None and drawing.y_up != rep.y_up
        np.testing.assert_allclose(back, drawing.points * ((1, -1) if turn else 1), atol=1e-5 * max(size, reach))


def test_points_have_unit_deviation_and_times_begin_at_zero() -> None:
    rep = fitted(circle(), circle(size=80))
    frames = np.concatenate([rep.encode(drawing).frames for drawing in (circle(), circle(size=80))])
    assert frames.mean(0) == pytest.approx(0, abs=1e-5)
    assert np.sqrt(frames.var(0).mean()) == pytest.approx(1, abs=1e-5)
    sequence = rep.encode(circle())
    assert sequence.times is not None
    assert sequence.times[0] == 0
    assert np.diff(sequence.times) == pytest.approx(rep.layout.clock.interval)


@pytest.mark.parametrize("speed", [0.01, 1.0, 300.0])
def test_the_unit_of_time_is_that_in_which_points_move_by_a_deviation(speed: float) -> None:
    """On a circle of radius r the deviation is r / sqrt 2, per column; the chord of a is 2 r sin(a / 2)."""
    unit = fitted(circle(speed)).constants.time_unit * speed  # radians
    assert unit == pytest.approx(2 * np.arcsin(0.5), rel=0.15)


def test_noise_on_the_points_does_not_make_time_run() -> None:
    random = np.random.default_rng(0)
    noisy = Drawing.from_points(circle().points + 4 * random.standard_normal((100, 2)), times=circle().times)
    assert fitted(noisy).constants.time_unit == pytest.approx(fitted(circle()).constants.time_unit, rel=0.2)


def test_a_lifted_pen_leaves_the_time_it_took() -> None:
    first, second = Stroke([[0, 0], [1, 0]], [0.0, 0.1]), Stroke([[5, 5], [0, 6]], [2.1, 2.2])
    rep = fitted(Drawing((first, second)))
    sequence = rep.encode(Drawing((first, second)))
    assert len(sequence) == 4
    assert sequence.times * rep.constants.time_unit == pytest.approx([0, 0.1, 2.1, 2.2])
    assert len(rep.decode(sequence.frames).strokes) == 1


def test_without_times_points_follow_one_another_evenly() -> None:
    plain = Drawing.from_points(circle().points)
    for rep in (fitted(plain), fitted(circle(), plain), fitted(circle(), times="no")):
        assert not rep.constants.timed
        assert np.diff(rep.encode(circle()).times) * rep.constants.time_unit == pytest.approx(1)


def test_a_drawing_without_times_among_others_with_them_goes_at_their_pace() -> None:
    rep = fitted(circle())
    plain = rep.encode(Drawing.from_points(circle().points))
    assert plain.times == pytest.approx(rep.encode(circle()).times)


def test_a_series_has_one_column_and_its_time_is_x() -> None:
    rep = fitted(series(), series(30, 1995))
    assert rep.layout.continuous == 1
    sequence = rep.encode(series())
    assert sequence.frames.shape == (40, 1)
    assert sequence.times * rep.constants.time_unit == pytest.approx(np.arange(40) * 0.5)
    back = rep.drawing(sequence.frames, sequence.times, 1990.0)
    np.testing.assert_allclose(back.points, series().points, atol=1e-4)
    assert rep.decode(sequence.frames).points[0, 0] == pytest.approx((1990 + 1995) / 2)
    assert back.y_up
    np.testing.assert_allclose(rep.at_the_times_of(series(), sequence.frames).points, series().points, atol=1e-4)


def test_what_says_that_its_x_is_time_becomes_drawings_that_say_so() -> None:
    level = Drawing.series(series().points[:, 0], series().points[:, 1], "level")
    rep = fitted(level)
    sequence = rep.encode(level)
    back = rep.drawing(sequence.frames, sequence.times, 1990.0, "level")
    assert back.is_series
    assert rep.resampled(level).is_series
    assert rep.drawings(rep.decoder(1).points(sequence.frames[:, None]))[0].is_series
    np.testing.assert_allclose(back.points, level.points, atol=1e-4)
    again = PointsRepresentation.from_dict(rep.to_dict())
    assert again.decode(sequence.frames).is_series
    for other in (fitted(series()), fitted(level, series())):
        assert not other.decode(other.encode(level).frames).is_series
    older = rep.to_dict()
    del older["constants"]["told"]  # as versions before stored it
    assert not PointsRepresentation.from_dict(older).decode(sequence.frames).is_series


def test_what_goes_back_is_no_series() -> None:
    rep = fitted(circle(), series())
    assert rep.layout.continuous == 2
    with pytest.raises(StudioError, match="never goes back"):
        fitted(circle(), series="yes")
    with pytest.raises(StudioError, match="never goes back"):
        fitted(series()).encode(circle())
    assert fitted(series(), series="no").layout.continuous == 2


def test_points_evenly_along_the_line() -> None:
    slow_start = Drawing.from_points([[0, 0], [0.1, 0], [0.2, 0], [1, 0], [1, 1]])
    rep = fitted(slow_start, points=9, series="no")
    found = rep.decode(rep.encode(slow_start).frames).points
    np.testing.assert_allclose(np.linalg.norm(np.diff(found, axis=0), axis=1), 0.25, atol=1e-6)


def test_a_dot_has_no_line() -> None:
    rep = fitted(Drawing.from_points([[3, 4]]), points=5)
    np.testing.assert_allclose(rep.decode(rep.encode(Drawing.from_points([[3, 4]])).frames).points, [[3, 4]] * 5)


@pytest.mark.parametrize("material", [circle(), series()])
def test_frames_that_come_in_pieces(material: Drawing) -> None:
    rep = fitted(material)
    frames, (_, origin) = rep.encode(material).frames, rep.encode_beginning(material)
    decoder = rep.decoder(2)
    decoder.start(origin)
    both = np.stack([frames, frames], 1)
    found = np.concatenate([decoder.points(both[:7]), decoder.points(both[7:7]), decoder.points(both[7:])])
    np.testing.assert_allclose(found[:, 1, :2], material.points, atol=1e-3)
    assert not found[..., 2:].any()
    assert not decoder.ended.any()


def test_it_is_stored_and_read_again() -> None:
    rep = fitted(circle())
    again = representations.from_dict(rep.to_dict())
    assert isinstance(again, PointsRepresentation)
    assert again.constants == rep.constants
    assert again.settings == rep.settings
    with pytest.raises(StudioError, match="cannot be read"):
        representations.from_dict({"kind": "points", "settings": {"points": -1}})


def test_nothing_to_learn_from() -> None:
    with pytest.raises(StudioError, match="no drawings"):
        fitted()
    with pytest.raises(RuntimeError):
        _ = PointsRepresentation().layout
    with pytest.raises(StudioError, match="have times"):
        fitted(Drawing.from_points([[0, 0], [1, 1]]), times="yes", series="no")
