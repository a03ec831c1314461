"""Where a pen may go that a person moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from studio.errors import StudioError
from studio.generation.follower import Follower
from studio.generation.futures import Futures, Hairs
from studio.generation.loaded import Loaded
from studio.generation.variance import Variance
from studio.generation.whole import Draws, told_from
from studio.models.building import build_model
from studio.models.settings import VAESettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.material import Drawing
from studio.sequences.pen import PenRepresentation, PenSettings
from studio.sequences.points import PointsRepresentation, PointsSettings

PATIENCE = 300.0  # not how long anything should take, but when to give up
NONE = Variance(0.0, 0.0)


def drawings() -> list[Drawing]:
    random = np.random.default_rng(0)
    return [
        Drawing.from_points(100 + np.cumsum(random.standard_normal((60, 2)), 0), np.arange(60) % 20 == 19, y_up=False)
        for _ in range(4)
    ]


def representation(anchor: str = "start") -> PenRepresentation:
    made = PenRepresentation(PenSettings(resample="arc", anchor=anchor, ends="yes"))  # type: ignore[arg-type]
    made.fit(drawings())
    return made


def model(of: PenRepresentation, whole: int = 3, **settings: object) -> VRNN:
    made = build_model(VRNNSettings(hidden=12, latent=2, whole=whole, **settings), of.layout, seed=2)  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(1.5)
    return made.eval()


def follower(of: PenRepresentation, made: VRNN, variance: Variance = NONE, count: int = 4) -> Follower:
    return Follower(made, of, count, variance=variance, seed=1)


def part(count: int, of: Drawing | None = None) -> Drawing:
    """The first points of a drawing."""
    whole = of or drawings()[0]
    return Drawing.from_points(whole.points[:count], whole.pen_up[:count], y_up=whole.y_up)


@pytest.mark.parametrize("whole", [0, 3])
@pytest.mark.parametrize("anchor", ["start", "drawing", "page"])
def test_what_is_followed_step_by_step_is_as_if_it_were_followed_at_once(whole: int, anchor: str) -> None:
    of = representation(anchor)
    made = model(of, whole)
    steps = follower(of, made)
    for count in range(1, 45):
        found = steps.futures(part(count), 12)
    at_once = follower(of, made).futures(part(44), 12)
    np.testing.assert_allclose(found, at_once, atol=1e-3)


def test_without_chance_a_future_is_what_the_model_draws_next() -> None:
    of = representation()
    made = model(of, 0)
    begin = part(31)
    frames, _ = of.encode_beginning(begin, growing=True)
    state = made.initial_state(1)
    with torch.inference_mode():
        for frame in frames.frames:
            _, _, state = made.infer_step(torch.from_numpy(frame)[None], state, torch.zeros(1, 2))
        expected, _ = made.generate(state, torch.zeros(9, 1, made.noise_width), 0.0, 0.0)
    decoder = of.decoder(1)
    decoder.start(begin.points[-1])

    class Mean(Follower):
        def _drawn(self, frames: int, width: int) -> torch.Tensor:
            return torch.zeros(frames, 1, width)

    certain = Mean(made, of, 1, variance=NONE, seed=1)
    certain._followers._random = _Zeros()  # type: ignore[attr-defined]
    found = certain.futures(begin, 9)
    wanted = expected[:, 0].numpy()
    walked = begin.points[-1] + np.cumsum(wanted[:, :2], 0) * of.scale * of.constants.step
    drawn = found[:, 0, 3] == 0
    np.testing.assert_allclose(found[drawn, 0, :2], walked[drawn], atol=1e-3)


class _Zeros:
    """In the place of chance."""

    def standard_normal(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.zeros(shape)


def test_futures_differ_and_begin_at_the_tip() -> None:
    of = representation()
    found = follower(of, model(of), Variance(), count=8).futures(part(31), 5)
    assert found.shape == (5, 8, 4)
    assert len({tuple(end) for end in found[-1, :, :2].round(3)}) == 8
    apart = np.hypot(*(found[0, :, :2] - part(31).points[-1]).T)
    assert apart.max() < 8 * of.scale * of.constants.step


def test_the_same_place_has_the_same_futures() -> None:
    of = representation()
    hairs = follower(of, model(of), Variance())
    np.testing.assert_array_equal(hairs.futures(part(31), 5), hairs.futures(part(31), 5))


def test_another_drawing_is_followed_from_its_beginning() -> None:
    """As after an undo."""
    of = representation()
    made = model(of)
    hairs = follower(of, made)
    hairs.futures(part(50), 5)
    other = drawings()[1]
    np.testing.assert_allclose(
        hairs.futures(part(30, other), 5), follower(of, made).futures(part(30, other), 5), atol=1e-3
    )
    np.testing.assert_allclose(hairs.futures(part(20), 5), follower(of, made).futures(part(20), 5), atol=1e-3)


def test_a_drawing_that_is_upside_down_to_the_model_is_answered_in_its_own_direction() -> None:
    of = representation()
    made = model(of)
    begin = part(31)
    turned = Drawing.from_points(begin.points * (1, -1), begin.pen_up, y_up=True)
    one, other = (follower(of, made).futures(each, 5) for each in (begin, turned))
    np.testing.assert_allclose(one * (1, -1, 1, 1), other, atol=1e-6)


def test_draws_followed_in_pieces_are_those_of_a_beginning() -> None:
    of = representation()
    made = model(of)
    beginning = of.encode_beginning(part(40))[0]
    with torch.inference_mode():
        chosen = told_from(made, beginning, 5, 3, 1.0, None)
        draws = Draws(made, 300, np.random.default_rng([3, 3]), 1.0)
        for first in range(0, len(beginning), 7):
            draws.follow(beginning.frames[first : first + 7])
        picks = np.array([np.random.default_rng([3, pen, 2]).random() for pen in range(5)])
        found = draws.g[draws.choose(picks)]
    torch.testing.assert_close(found, chosen.g)


def test_a_model_that_cannot_say_says_so() -> None:
    of = representation()
    one_piece = build_model(VAESettings(), of.layout)
    points = PointsRepresentation(PointsSettings())
    points.fit(drawings())
    for made, which in ((one_piece, of), (model(of), points)):
        with pytest.raises(StudioError, match="choose a run that draws with a pen"):
            Follower(made, which, 4, variance=NONE, seed=1)


# --- on a thread


@pytest.fixture
def loaded() -> Loaded:
    of = representation()
    return Loaded(model(of), of)


@pytest.fixture
def futures(loaded: Loaded) -> Iterator[Futures]:
    found = Futures(lambda: loaded, 6, count=4)
    yield found
    found.close()


def wait(futures: Futures) -> Hairs:
    give_up = time.monotonic() + PATIENCE
    while (found := futures.take()) is None:
        assert time.monotonic() < give_up
        assert not futures.error
        time.sleep(0.002)
    return found


def test_the_newest_place_is_answered_and_older_ones_are_dropped(loaded: Loaded) -> None:
    begun, go_on, made = threading.Event(), threading.Event(), []

    class Slow(Futures):
        def _make(self, loaded: Loaded, asked: Drawing) -> Hairs:
            made.append(len(asked))
            begun.set()
            go_on.wait(PATIENCE)
            return super()._make(loaded, asked)

    slow = Slow(lambda: loaded, 6, count=4)
    slow.ask(part(10))
    begun.wait(PATIENCE)
    for count in (11, 12, 13):
        slow.ask(part(count))
    go_on.set()
    give_up = time.monotonic() + PATIENCE
    while slow.busy:
        assert time.monotonic() < give_up
        found = slow.take()
    assert made == [10, 13]
    assert found is not None
    np.testing.assert_array_equal(found.tip, part(13).points[-1])
    slow.close()


def test_hairs_come_from_the_tip(futures: Futures) -> None:
    futures.ask(part(25))
    found = wait(futures)
    assert found.points.shape == (6, 4, 4)
    assert not futures.busy


def test_what_goes_wrong_is_said(loaded: Loaded) -> None:
    def gone() -> Loaded:
        raise StudioError("The run is gone.")

    futures = Futures(gone, 6)
    futures.ask(part(9))
    give_up = time.monotonic() + PATIENCE
    while not futures.error:
        assert time.monotonic() < give_up
        time.sleep(0.002)
    assert futures.error == "The run is gone."
    assert not futures.busy
