"""The map of g: the plane of the pieces, and the way back from it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.evaluation.whole_map import WholeMap, whole_map
from studio.models.building import build_model
from studio.models.settings import LikelihoodSettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.models.whole import FARTHEST, Group
from studio.sequences.labels import Vocabulary
from studio.sequences.sequence import FrameLayout, Sequence

PEN = FrameLayout(continuous=2, binary=2, step=0.2, starts_at_origin=True)


def model(whole: int = 5) -> VRNN:
    """A model whose prior has two groups of their own labels, of different shapes."""
    settings = VRNNSettings(hidden=8, whole=whole, likelihood=LikelihoodSettings(kind="line", stray=0.02))
    made = build_model(settings, PEN, 3, Vocabulary.of(["star", "heart"]))
    random = torch.Generator().manual_seed(4)
    roots = torch.tril(0.2 * torch.rand(2, whole, whole, generator=random)) + 0.1 * torch.eye(whole)
    means = torch.stack([torch.full((whole,), -0.5), torch.full((whole,), 0.5)])
    tags = torch.eye(2)
    made.whole_prior.fit([Group(1.0 + k, means[k], roots[k], tags[k]) for k in range(2)])
    assert isinstance(made, VRNN)
    return made.eval()


def pieces(count: int) -> list[Sequence]:
    random = np.random.default_rng(0)
    found = []
    for length in random.integers(8, 30, count):
        frames = random.normal(size=(int(length), 4)).astype(np.float32)
        frames[:, 2:] = 0
        frames[0, :2] = 0
        found.append(Sequence(frames))
    return found


def mapped(count: int = 9, whole: int = 5) -> WholeMap:
    return whole_map(model(whole), pieces(count))


def test_the_plane_is_that_of_principal_components() -> None:
    chart = mapped()
    off = chart.g - chart.g.mean(0)
    _, singular, right = np.linalg.svd(off, full_matrices=False)
    np.testing.assert_allclose(np.abs(chart.directions @ right[:2].T), np.eye(2), atol=1e-6)
    np.testing.assert_allclose(chart.explained, singular[:2] ** 2 / (singular**2).sum(), rtol=1e-6)
    np.testing.assert_allclose(chart.points, off @ chart.directions.T, atol=1e-9)
    for direction in chart.directions:
        assert direction[np.abs(direction).argmax()] > 0


def test_g_is_the_mean_of_each_piece_whatever_is_read_beside_it() -> None:
    one = model()
    items = pieces(9)
    chart = whole_map(one, items)
    with torch.no_grad():
        for index in (0, 4, 8):
            frames = torch.from_numpy(items[index].frames)[:, None]
            alone = one.infer_whole(frames, torch.ones(len(frames), 1)).mean[0]
            np.testing.assert_allclose(chart.g[index], alone.numpy(), atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_what_lies_at_a_point_lies_there(count: int) -> None:
    chart = mapped(count)
    for group in range(2):
        mean, root = chart.ellipse(group)
        for turn in np.linspace(0, 6, 7):
            wanted = mean + 1.5 * root @ [np.cos(turn), np.sin(turn)]
            place = chart.at(wanted)
            np.testing.assert_allclose(place.point, wanted, atol=1e-9)
            np.testing.assert_allclose(chart.project(place.g), wanted, atol=1e-9)


def test_the_way_back_is_the_likeliest_g_of_the_group() -> None:
    chart = mapped()
    mean, root = chart.ellipse(1)
    place = chart.at(mean + root @ [0.7, -0.4])
    assert place.group == 1
    precision = np.linalg.inv(chart.covariances[1])
    best = (place.g - chart.means[1]) @ precision @ (place.g - chart.means[1])
    across = np.linalg.svd(chart.directions)[2][2:]  # what a point of the map does not tell
    for direction in across:
        for step in (-0.05, 0.05):
            other = place.g + step * direction - chart.means[1]
            assert other @ precision @ other > best


def test_the_mean_of_a_group_lies_at_its_middle() -> None:
    chart = mapped()
    for group in range(2):
        mean, _ = chart.ellipse(group)
        place = chart.at(mean)
        assert place.group == group
        np.testing.assert_allclose(place.g, chart.means[group], atol=1e-9)
    assert chart.labels == ("heart", "star")  # of the tags, sorted


def test_nothing_is_drawn_farther_out_than_ever_drawn() -> None:
    chart = mapped()
    far = chart.at([1e4, -1e4])
    off = far.g - chart.means[far.group]
    assert np.sqrt(off @ np.linalg.inv(chart.covariances[far.group]) @ off) == pytest.approx(FARTHEST, rel=1e-6)
    assert np.abs(far.point).max() < 100
    with pytest.raises(ValueError, match="finite"):
        chart.at([np.nan, 0])


def test_g_of_one_dimension_has_a_map_on_a_line() -> None:
    chart = mapped(whole=1)
    assert (chart.points[:, 1] == 0).all()
    place = chart.at([0.1, 0.3])
    np.testing.assert_allclose(place.point[1], 0, atol=1e-12)
    assert np.isfinite(place.g).all()


def test_reading_can_be_stopped() -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        whole_map(model(), pieces(3), stop)
