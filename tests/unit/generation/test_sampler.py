"""Free-running pens."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.errors import StudioError
from studio.generation.sampler import Sampler, generate_drawings
from studio.generation.variance import Variance
from studio.models.building import build_model
from studio.models.settings import VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.material import Drawing
from studio.sequences.pen import PenRepresentation, PenSettings


def drawings(count: int = 4) -> list[Drawing]:
    random = np.random.default_rng(0)
    return [
        Drawing.from_points(100 + np.cumsum(random.standard_normal((30, 2)), 0), np.arange(30) % 10 == 9, y_up=False)
        for _ in range(count)
    ]


def representation(ends: str = "yes") -> PenRepresentation:
    made = PenRepresentation(PenSettings(resample="none", ends=ends))  # type: ignore[arg-type]
    made.fit(drawings())
    return made


def model(of: PenRepresentation, seed: int = 2) -> VRNN:
    made = build_model(VRNNSettings(hidden=12), of.layout, seed=seed)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(1.5)
    return made


@pytest.fixture(scope="module")
def endless() -> VRNN:
    return model(representation("no"))


def test_what_a_pen_draws_depends_on_its_seed_alone(endless: VRNN) -> None:
    whole = Sampler(endless, 3, seed=7).frames(20)
    assert whole.shape == (20, 3, 3)
    assert whole.dtype == np.float32
    pieces = Sampler(endless, 3, seed=7)
    np.testing.assert_allclose(np.concatenate([pieces.frames(n) for n in (1, 0, 7, 12)]), whole, atol=1e-5)
    np.testing.assert_allclose(Sampler(endless, 1, seed=7).frames(20)[:, 0], whole[:, 0], atol=1e-4)
    assert not np.allclose(Sampler(endless, 1, seed=8).frames(20)[:, 0], whole[:, 0], atol=0.1)
    assert not np.allclose(whole[:, 0], whole[:, 1], atol=0.1)


def test_restart(endless: VRNN) -> None:
    sampler = Sampler(endless, 2, seed=7)
    first = sampler.frames(10)
    sampler.restart(7)
    np.testing.assert_array_equal(sampler.frames(10), first)
    sampler.restart(8)
    assert not np.allclose(sampler.frames(10), first)


@pytest.mark.parametrize("posterior", ["filtering", "smoothing", "window"])
def test_a_beginning_is_followed_the_same_in_pieces(posterior: str) -> None:
    of = representation("no")
    made = build_model(VRNNSettings(hidden=12, posterior=posterior), of.layout, seed=2)  # type: ignore[arg-type]
    begin = of.encode_beginning(drawings()[0])[0].frames
    whole = Sampler(made, 2, seed=7, begin=begin).frames(45)
    pieces = Sampler(made, 2, seed=7, begin=begin)
    np.testing.assert_allclose(np.concatenate([pieces.frames(n) for n in (1, 17, 11, 16)]), whole, atol=1e-4)


def test_variance_acts_from_the_next_frame(endless: VRNN) -> None:
    still, usual = Sampler(endless, 2, seed=7), Sampler(endless, 2, seed=7)
    np.testing.assert_array_equal(still.frames(5), usual.frames(5))
    calm, lively = still.frames(50, Variance(0, 0)), usual.frames(50)
    again = Sampler(endless, 2, seed=7)
    again.frames(5)
    np.testing.assert_array_equal(again.frames(50, Variance(0, 0)), calm)
    assert np.abs(np.diff(calm[20:, :, :2], axis=0)).mean() < 0.2 * np.abs(np.diff(lively[20:, :, :2], axis=0)).mean()


def test_negative_variance() -> None:
    with pytest.raises(ValueError, match="negative"):
        Variance(latent=-1)


def test_new_weights_do_not_lift_the_pen() -> None:
    rep = representation("no")
    sampler = Sampler(model(rep), 2, seed=7)
    sampler.frames(10)
    state = sampler._state
    sampler.load(model(rep, seed=9).state_dict())
    assert sampler._state is state
    changed = sampler.frames(10)
    unchanged = Sampler(model(rep), 2, seed=7).frames(20)[10:]
    assert not np.allclose(changed, unchanged)
    with pytest.raises(StudioError):
        sampler.load(build_model(VRNNSettings(hidden=13), rep.layout).state_dict())


def test_a_beginning_comes_first_and_is_remembered(endless: VRNN) -> None:
    begin = representation("no").encode(drawings()[0]).frames[:12]
    found = Sampler(endless, 2, seed=7, begin=begin).frames(30)
    for pen in range(2):
        np.testing.assert_array_equal(found[:11, pen], begin[:11])
        np.testing.assert_array_equal(found[11, pen, :2], begin[11, :2])
    other = begin.copy()
    other[3, 0] += 1
    assert not np.allclose(Sampler(endless, 2, seed=7, begin=other).frames(30)[12:], found[12:])
    pieces = Sampler(endless, 2, seed=7, begin=begin)
    together = np.concatenate([pieces.frames(n) for n in (5, 6, 1, 3, 15)])
    np.testing.assert_allclose(together, found, atol=1e-5)


def test_the_model_decides_whether_a_beginning_lifts_the_pen() -> None:
    rep = representation("yes")
    begin = rep.encode(drawings()[0]).frames[:12]
    begin[-1, 2:] = 1
    eager, shy = model(rep), model(rep)
    with torch.no_grad():
        eager.likelihood.linear.bias[-3:] = 100.0
        shy.likelihood.linear.bias[-3:] = -100.0
    assert Sampler(eager, 2, seed=1, begin=begin).frames(12)[-1, :, 2:].tolist() == [[1, 0], [1, 0]]
    assert Sampler(shy, 2, seed=1, begin=begin).frames(12)[-1, :, 2:].tolist() == [[0, 0], [0, 0]]


def test_the_same_beginning_may_be_drawn_again(endless: VRNN) -> None:
    sampler = Sampler(endless, 2, seed=7, begin=representation("no").encode(drawings()[0]).frames[:12])
    first = sampler.frames(30)
    sampler.restart(7)
    np.testing.assert_array_equal(sampler.frames(30), first)


def test_drawings_stop_at_their_end() -> None:
    rep = representation("yes")
    made = model(rep)
    with torch.no_grad():
        made.likelihood.linear.weight[-2:] = 0
        made.likelihood.linear.bias[-2:] = torch.tensor([-2.0, 0.0])  # ends with probability 0.12 after every frame
    found = generate_drawings(made, rep, count=40, length=200, seed=3)
    lengths = np.array([len(drawing) for drawing in found])
    assert len(found) == 40
    assert 3 < lengths.mean() < 20
    assert len(set(lengths.tolist())) > 5
    assert all(drawing.label == "" and drawing.y_up is False for drawing in found)
    again = generate_drawings(made, rep, count=2, length=200, seed=3)
    np.testing.assert_allclose(again[1].points, found[1].points, atol=1e-3)


def test_length_of_drawings_that_do_not_end() -> None:
    rep = representation("no")
    assert [len(d) for d in generate_drawings(model(rep), rep, count=3, length=77)] == [77] * 3
    assert [len(d) for d in generate_drawings(model(rep), rep, count=2)] == [30] * 2


def test_drawings_are_in_the_units_of_the_material() -> None:
    rep = representation("no")
    made = model(rep)
    for drawing in generate_drawings(made, rep, count=3, length=10):
        assert np.abs(drawing.points - np.asarray(rep.constants.centre)).max() < 60
        assert np.abs(np.diff(drawing.points, axis=0)).max() > 0.3


def test_a_drawn_beginning_stays_where_it_is() -> None:
    rep = representation("no")
    begin = Drawing.from_points(drawings()[0].points[:8] + 500, y_up=False)
    found = generate_drawings(model(rep), rep, count=2, length=20, begin=begin)
    for drawing in found:
        np.testing.assert_allclose(drawing.points[:8], begin.points, atol=0.01)
        assert len(drawing) == 20


def test_a_beginning_is_finished_in_several_ways() -> None:
    rep = representation()
    begin = Drawing.from_points(drawings()[0].points[:8], y_up=False)
    ways = generate_drawings(model(rep), rep, count=9, seed=3, begin=begin)
    for way in ways:
        np.testing.assert_allclose(way.points[:8], begin.points, atol=0.01)
    ends = {tuple(way.points[-1].round(3)) for way in ways}
    assert len(ends) == 9


def test_there_is_room_after_a_beginning_however_long_it_is() -> None:
    rep = representation("no")
    begin = Drawing.from_points(np.concatenate([drawings()[0].points[:8]] * 9), y_up=False)
    (found,) = generate_drawings(model(rep), rep, count=1, begin=begin)
    assert len(found) == len(begin) + rep.typical_length // 2
