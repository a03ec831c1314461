"""Piano rolls from a model: whole ones, and music that is made while somebody listens."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from studio.errors import StudioError
from studio.generation.live_roll import PAUSE, LiveRoll
from studio.generation.loaded import Loaded
from studio.generation.sampler import generate_sounds
from studio.generation.variance import Variance
from studio.models.building import build_model
from studio.models.settings import LikelihoodSettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.labels import Vocabulary
from studio.sequences.pen import PenRepresentation
from studio.sequences.performance import performed
from studio.sequences.roll import Roll
from studio.sequences.roll_frames import RollRepresentation
from studio.sound.tones import RATE, RELEASE_SECONDS

LABELS = ["slow", "fast", "fast"]
PATIENCE = 300.0
NEVER, SOON = -40.0, -2.0


def some_rolls() -> list[Roll]:
    chance = np.random.default_rng(0)
    return [Roll((chance.random((24, 15)) < 0.2).astype(np.uint8), 20.0, 60, label) for label in LABELS]


def representation() -> RollRepresentation:
    made = RollRepresentation()
    made.fit(some_rolls())
    return made


def model(of: RollRepresentation, ends: float = NEVER) -> VRNN:
    """A model that has learned nothing, but ends with the given log odds after every frame."""
    settings = VRNNSettings(hidden=10, label_embedding=4, likelihood=LikelihoodSettings(kind="bernoulli"))
    made = build_model(settings, of.layout, 2, Vocabulary.of(LABELS))
    with torch.no_grad():
        made.likelihood.linear.bias[: of.constants.pitches] += 2.0  # so that there is something to hear
        made.likelihood.linear.weight[-1] = 0
        made.likelihood.linear.bias[-1] = ends
    return made


def live(of: RollRepresentation, ends: float = NEVER, **options: object) -> LiveRoll:
    made = LiveRoll(lambda: Loaded(model(of, ends), of), **options)  # type: ignore[arg-type]
    wait(lambda: made.ready or bool(made.error))
    return made


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def heard(of: LiveRoll, seconds: float) -> np.ndarray:
    pieces: list[np.ndarray] = []
    while sum(map(len, pieces)) < seconds * RATE and (piece := of.read(480)) is not None:
        pieces.append(piece)
    return np.concatenate(pieces)


def test_rolls_of_a_given_length_are_the_same_for_the_same_seed() -> None:
    rep = representation()
    found = generate_sounds(model(rep), rep, count=2, length=9, seed=3)
    assert [(len(roll), roll.rate, roll.lowest) for roll in found] == [(9, 20.0, 60)] * 2
    again = generate_sounds(model(rep), rep, count=1, length=9, seed=3)
    np.testing.assert_array_equal(again[0].keys, found[0].keys)
    assert (found[0].keys != found[1].keys).any()
    other = generate_sounds(model(rep), rep, count=1, length=9, seed=4)
    assert (other[0].keys != found[0].keys).any()


def test_rolls_end_by_themselves_or_where_the_longest_does() -> None:
    rep = representation()
    ended = generate_sounds(model(rep, SOON), rep, count=30, seed=1)
    assert min(map(len, ended)) < 10
    assert {len(roll) for roll in generate_sounds(model(rep), rep, count=2)} == {24}


def test_without_chance_nothing_depends_on_the_seed() -> None:
    rep = representation()
    still = Variance(0.0, 0.0)
    options = {"count": 1, "length": 12, "variance": still, "label": "fast"}
    (one,), (other,) = (generate_sounds(model(rep), rep, seed=seed, **options) for seed in (1, 2))
    np.testing.assert_array_equal(one.keys, other.keys)


def test_more_output_variance_is_nearer_to_a_coin() -> None:
    rep = representation()

    def density(variance: float) -> float:
        rolls = generate_sounds(model(rep), rep, count=20, length=24, variance=Variance(1.0, variance))
        return float(np.mean([roll.keys.mean() for roll in rolls]))

    few, some, many = density(0.5), density(1.0), density(4.0)
    assert few < some < many < 0.5


def test_what_was_given_stays_and_is_gone_on_with() -> None:
    rep = representation()
    begin = some_rolls()[0].cut(0, 7)
    (found,) = generate_sounds(model(rep), rep, count=1, length=15, begin=begin, label="slow")
    assert len(found) == 15
    assert found.label == "slow"
    np.testing.assert_array_equal(found.keys[:7], rep.decode(rep.encode_beginning(begin).frames).keys)


def test_what_is_heard_is_what_is_shown() -> None:
    music = live(representation(), seed=3)
    samples = heard(music, 1.0)
    (roll,) = music.rolls()
    assert (music.tempo, music.lowest, music.pitches, music.rate) == (20.0, 60, 15, RATE)
    np.testing.assert_array_equal(roll.keys, music.keys())
    np.testing.assert_allclose(samples, performed(roll).samples[: len(samples), 0], atol=1e-6)
    assert music.made == len(samples) == len(roll) * RATE // 20
    assert np.abs(samples).max() > 0.05
    assert not len(music.samples())  # frames say it all


def test_pieces_are_parted_by_a_pause() -> None:
    music = live(representation(), SOON, seed=5)
    heard(music, 12.0)
    keys, rolls = music.keys(), music.rolls()
    assert len(rolls) > 2
    assert [roll.label for roll in rolls] == [text for _, text in music._labels]
    pause = round(PAUSE * 20)
    assert sum(map(len, rolls)) + pause * (len(rolls) - 1) <= len(keys) <= sum(map(len, rolls)) + pause * len(rolls)
    first = len(rolls[0])
    assert not keys[first : first + pause].any()
    np.testing.assert_array_equal(keys[first + pause :][: len(rolls[1])], rolls[1].keys)


def test_a_model_that_never_ends_is_stopped() -> None:
    music = live(representation(), NEVER, seed=5)
    heard(music, 2 * 24 / 20 + PAUSE + 0.5)
    assert len(music.rolls()[0]) == 48


def test_the_end_is_no_click() -> None:
    music = live(representation(), seed=3, seconds=0.93)
    samples = heard(music, 5.0)
    assert len(samples) == round(0.93 * RATE)
    assert np.abs(samples[: -round(RELEASE_SECONDS * RATE)]).max() > 0.05
    assert np.abs(samples[-3:]).max() < 1e-3
    assert music.finished


def test_another_seed_is_other_music_and_the_same_is_the_same() -> None:
    music = live(representation(), seed=3)
    heard(music, 1.0)
    first = music.keys()
    music.restart(4)
    wait(lambda: music.ready)
    heard(music, 1.0)
    assert (music.keys() != first).any()
    music.restart(3)
    wait(lambda: music.ready)
    heard(music, 1.0)
    np.testing.assert_array_equal(music.keys(), first)


def test_it_begins_with_what_was_given() -> None:
    begin = some_rolls()[1].cut(0, 6)
    music = live(representation(), seed=3, begin=begin)
    heard(music, 0.5)
    assert music.begun == 6
    np.testing.assert_array_equal(music.rolls()[0].keys[:6], begin.keys)


def test_something_else_cannot_play() -> None:
    rep = representation()
    music = LiveRoll(lambda: Loaded(model(rep), PenRepresentation()))
    wait(lambda: bool(music.error))
    assert "cannot play notes" in music.error
    assert music.read(100) is None
    with pytest.raises(StudioError, match="cannot speak"):
        Loaded(model(rep), rep).speech  # noqa: B018
