"""A walk in g: where it begins and ends, how even it is, and what is said of pieces that are not drawn alike."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from studio.errors import StudioError
from studio.evaluation.whole_map import whole_map
from studio.generation.live_point import NO_WHOLE
from studio.generation.sampler import Sampler
from studio.generation.variance import Variance
from studio.generation.walk import NOT_ALIKE, Walk, between, walk_on_map, why_not_alike
from studio.generation.whole import STEADY_LIFT, steady_noise
from studio.models.building import build_model
from studio.models.settings import LikelihoodSettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.models.whole import Group
from studio.sequences.batches import padded
from studio.sequences.labels import Vocabulary
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.pen import PenRepresentation
from studio.sequences.sequence import FrameLayout
from studio.sequences.sequence import Sequence as FrameSequence

TURN = np.linspace(0, 2 * np.pi, 60)
NONE = Variance(0.0, 0.0)


def ring(width: float, height: float) -> Drawing:
    return Drawing.from_points(np.stack([width * np.sin(TURN), -height * np.cos(TURN)], 1))


DRAWINGS = (ring(40, 40), ring(60, 30), ring(20, 55))


@pytest.fixture(scope="module")
def pens() -> PenRepresentation:
    made = PenRepresentation()
    made.fit(DRAWINGS)
    return made


@pytest.fixture(scope="module")
def pieces(pens: PenRepresentation) -> list[FrameSequence]:
    return [pens.encode(drawing) for drawing in DRAWINGS]


@pytest.fixture
def model(pens: PenRepresentation) -> VRNN:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = build_model(VRNNSettings(hidden=12, whole=3), pens.layout)
    assert isinstance(made, VRNN)
    return made.eval()


def mean(model: VRNN, piece: FrameSequence) -> torch.Tensor:
    batch = padded([piece])
    with torch.no_grad():
        return model.infer_whole(torch.from_numpy(batch.frames), torch.from_numpy(batch.mask)).mean[0]


def two_groups(model: VRNN, means: list[torch.Tensor]) -> None:
    """One group around each of these."""
    names = model.whole_prior.tags.shape[1]
    roots = 1e-3 * torch.eye(model.whole)
    model.whole_prior.fit([Group(0.5, middle, roots, torch.eye(2)[k, :names]) for k, middle in enumerate(means)])


def test_it_leads_from_the_one_to_the_other(model: VRNN, pieces: list[FrameSequence]) -> None:
    made = between(model, pieces[0], pieces[1], 5).g
    first, last = mean(model, pieces[0]), mean(model, pieces[1])
    torch.testing.assert_close(made[0], first)
    torch.testing.assert_close(made[-1], last)
    along = ((made - first) @ (last - first) / (last - first).square().sum()).numpy()
    assert (np.diff(along) > 0).all()
    torch.testing.assert_close(made, first + torch.from_numpy(along)[:, None] * (last - first))  # straight
    torch.testing.assert_close(between(model, pieces[0], pieces[1], 1).g[0], first)


def test_equal_steps_are_equal_changes(
    model: VRNN, pieces: list[FrameSequence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all that changes does so in the first quarter of the straight line, the middle of the walk lies there."""
    changes = torch.zeros(32)
    changes[:8] = 1.0
    monkeypatch.setattr(Walk, "_changes", lambda _: changes)
    first, last = mean(model, pieces[0]), mean(model, pieces[1])
    made = Walk(model, pieces[0], pieces[1]).at(np.array([0.0, 0.5, 1.0])).g
    torch.testing.assert_close(made[1], torch.lerp(first, last, 0.125), rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(made[2], last)


def test_a_change_is_how_far_the_pen_is_apart(
    model: VRNN, pieces: list[FrameSequence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pen draws a straight line, one unit longer than that of the one before, and stays at its end."""
    walk = Walk(model, pieces[0], pieces[1])

    def drawn(_: object, state: object, noise: torch.Tensor, *variances: float) -> tuple[torch.Tensor, object]:
        assert variances == (0.0, 0.0)
        np.testing.assert_array_equal(noise, steady_noise(model, *noise.shape[:2]))
        frames = torch.zeros(*noise.shape[:2], 4)
        for pen in range(noise.shape[1]):
            frames[: 40 - pen, pen, 0] = 1.0
            frames[39 - pen, pen, 3] = 1.0  # the end
            frames[40 - pen :, pen, 0] = 100.0  # counts for nothing
        return frames, state

    monkeypatch.setattr("studio.generation.stepper.Stepper.generate", drawn)
    # Two neighbours are one unit apart in one frame, the last of the longer one.
    np.testing.assert_allclose(walk._changes(), 1.0 / np.arange(40, 8, -1), rtol=1e-5)


def test_between_a_piece_and_itself_nothing_changes(model: VRNN, pieces: list[FrameSequence]) -> None:
    made = between(model, pieces[0], pieces[0], 4).g
    assert torch.isfinite(made).all()
    torch.testing.assert_close(made, made[:1].expand(4, -1))


def test_all_pens_on_it_take_the_same_noise(model: VRNN, pieces: list[FrameSequence]) -> None:
    same = Sampler(model, 3, seed=4, ends=(pieces[0], pieces[0])).frames(20)
    np.testing.assert_allclose(same, same[:, :1].repeat(3, 1), atol=1e-5)
    other_seed = Sampler(model, 3, seed=5, ends=(pieces[0], pieces[0])).frames(20)
    assert not np.allclose(same, other_seed)


def test_with_no_variance_no_seed_makes_a_difference(model: VRNN, pieces: list[FrameSequence]) -> None:
    one, other = (Sampler(model, 3, seed=seed, ends=(pieces[0], pieces[1])).frames(20, NONE) for seed in (4, 5))
    np.testing.assert_array_equal(one, other)


def test_what_is_not_drawn_alike_is_said(model: VRNN, pens: PenRepresentation, pieces: list[FrameSequence]) -> None:
    ends = DRAWINGS[0], DRAWINGS[1]
    assert why_not_alike(model, pens, ends) == ""  # the prior that is not fitted has one group
    two_groups(model, [mean(model, pieces[0]), mean(model, pieces[1])])
    assert not Walk(model, pieces[0], pieces[1]).alike
    assert why_not_alike(model, pens, ends) == NOT_ALIKE
    made = between(model, pieces[0], pieces[1], 6)
    assert made.group.tolist() == sorted(made.group.tolist())  # first of the one group, then of the other
    assert set(made.group.tolist()) == {0, 1}


def test_pieces_between_have_the_labels_of_their_groups(pens: PenRepresentation, pieces: list[FrameSequence]) -> None:
    made = build_model(
        VRNNSettings(hidden=12, whole=3, label_embedding=2), pens.layout, vocabulary=Vocabulary.of(["a", "b"])
    )
    assert isinstance(made, VRNN)
    two_groups(made, [mean(made, pieces[0]), mean(made, pieces[1])])
    sampler = Sampler(made.eval(), 4, seed=0, ends=(pieces[0], pieces[1]))
    sampler.frames(5)
    assert (sampler.labels[0], sampler.labels[-1]) == ("a", "b")
    assert sampler.labels == sorted(sampler.labels)


def test_on_the_map_it_is_found_where_its_g_lies(model: VRNN, pieces: list[FrameSequence]) -> None:
    two_groups(model, [mean(model, pieces[0]), mean(model, pieces[1])])
    chart = whole_map(model, pieces)
    route = walk_on_map(model, chart, pieces[0], pieces[1])
    assert route.remark == NOT_ALIKE

    def place(share: float) -> FloatArray:
        found = route.place(np.array([share]))
        np.testing.assert_allclose(found.point, chart.project(found.g))
        return found.point

    np.testing.assert_allclose(place(0.0), chart.points[0], atol=1e-5)
    np.testing.assert_allclose(place(1.0), chart.points[1], atol=1e-5)
    assert not np.allclose(place(0.5), place(0.0))


def test_without_g_there_is_none(model: VRNN, pens: PenRepresentation, pieces: list[FrameSequence]) -> None:
    plain = build_model(VRNNSettings(hidden=12), pens.layout)
    assert why_not_alike(plain, pens, (DRAWINGS[0], DRAWINGS[1])) == ""
    with pytest.raises(StudioError) as refused:
        walk_on_map(plain, whole_map(model, pieces), pieces[0], pieces[1])
    assert str(refused.value) == NO_WHOLE


def test_other_material_is_walked_straight_in_even_steps_of_g() -> None:
    made = build_model(VRNNSettings(hidden=12, whole=3), FrameLayout(continuous=4))
    assert isinstance(made, VRNN)
    random = np.random.default_rng(0)
    first, last = (FrameSequence(random.normal(size=(24, 4)).astype(np.float32)) for _ in range(2))
    g = between(made.eval(), first, last, 5).g
    torch.testing.assert_close(g, torch.lerp(g[0], g[-1], torch.linspace(0, 1, 5)[:, None]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("chance", "done"), [(STEADY_LIFT - 0.05, False), (STEADY_LIFT + 0.05, True)])
def test_with_no_variance_a_line_that_may_end_at_several_frames_does(
    pens: PenRepresentation, pieces: list[FrameSequence], chance: float, done: bool
) -> None:
    likelihood = LikelihoodSettings(kind="line")
    made = build_model(VRNNSettings(hidden=12, whole=3, likelihood=likelihood), pens.layout).eval()
    assert isinstance(made, VRNN)
    with torch.no_grad():
        made.likelihood.linear.weight[-3:] = 0.0  # log odds of a lift, of the end, and what the one adds to the other
        made.likelihood.linear.bias[-3:] = torch.tensor([math.log(chance / (1 - chance)), 9.0, 0.0])
    x = Sampler(made, 2, seed=0, ends=(pieces[0], pieces[1])).frames(12, NONE)
    assert bool((x[..., 2] > 0).any()) == done
