"""Voices: whole recordings, and one that speaks while somebody listens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from studio.errors import StudioError
from studio.generation.live_voice import PAUSE, LiveVoice
from studio.generation.loaded import Loaded
from studio.generation.sampler import Sampler, generate_sounds
from studio.generation.variance import Variance
from studio.models.building import build_model
from studio.models.settings import VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.labels import Vocabulary
from studio.sequences.recording import Recording
from studio.sequences.representations import AnySettings
from studio.sequences.speech.representation import SpeechRepresentation
from studio.sequences.speech.settings import LogMelSettings, RawFrameSettings, SourceFilterSettings

RATE = 8000
LABELS = ["seven, ann", "seven, bob", "one, ann"]
PATIENCE = 300.0


def recordings() -> list[Recording]:
    noise = np.random.default_rng(0)
    return [Recording((0.1 * noise.standard_normal(RATE // 2)).astype(np.float32), RATE, label) for label in LABELS]


def speech(settings: AnySettings | None = None) -> SpeechRepresentation:
    made = SpeechRepresentation(settings or SourceFilterSettings())  # type: ignore[arg-type]
    made.fit(recordings())
    return made


def model(of: SpeechRepresentation, ends: float = 0.0, labels: int = 4) -> VRNN:
    """A model that has learned nothing, but ends with the given log odds after every frame."""
    made = build_model(VRNNSettings(hidden=10, label_embedding=labels), of.layout, 2, Vocabulary.of(LABELS))
    if of.ends:
        with torch.no_grad():
            made.likelihood.linear.weight[-1] = 0
            made.likelihood.linear.bias[-1] = ends
    return made


NEVER, SOON = -40.0, -2.0


@pytest.mark.parametrize("settings", [SourceFilterSettings(), LogMelSettings(), RawFrameSettings()])
def test_recordings_of_a_given_length(settings: AnySettings) -> None:
    rep = speech(settings)
    found = generate_sounds(model(rep, NEVER), rep, count=2, length=9, seed=3)
    assert [len(recording) for recording in found] == [9 * rep.samples_per_frame] * 2
    assert {recording.rate for recording in found} == {RATE}
    assert not np.array_equal(found[0].samples, found[1].samples)
    (alone,) = generate_sounds(model(rep, NEVER), rep, count=1, length=9, seed=3)
    np.testing.assert_allclose(alone.samples, found[0].samples, atol=1e-3)


def test_recordings_stop_at_their_end() -> None:
    rep = speech()
    lengths = [len(r) // rep.samples_per_frame for r in generate_sounds(model(rep, SOON), rep, count=40, length=99)]
    assert 3 < np.mean(lengths) < 20
    assert len(set(lengths)) > 5
    assert max(map(len, generate_sounds(model(rep, NEVER), rep, count=2))) == (
        rep.typical_length * rep.samples_per_frame
    )


def test_each_is_said_under_a_label_that_has_what_was_asked_for() -> None:
    rep = speech()
    made = model(rep, SOON)
    found = generate_sounds(made, rep, count=12, seed=1, label="seven")
    assert {recording.label for recording in found} == {"seven, ann", "seven, bob"}
    assert {r.label for r in generate_sounds(made, rep, count=30, seed=1)} == set(LABELS)
    with pytest.raises(StudioError, match="'nine'; known are ann, bob, one, seven"):
        generate_sounds(made, rep, count=1, label="nine")
    with pytest.raises(StudioError, match="not told of labels"):
        generate_sounds(model(rep, labels=0), rep, count=1, label="seven")


def test_what_is_said_depends_on_the_label() -> None:
    rep = speech()
    made = model(rep, NEVER)
    one, seven = (Sampler(made, 1, seed=1, label=label).frames(5) for label in ("one, ann", "seven, ann"))
    assert not np.allclose(one, seven, atol=0.01)
    sampler = Sampler(made, 1, seed=1, label="one, ann")
    sampler.frames(3)
    sampler.restart(1)
    np.testing.assert_array_equal(sampler.frames(5), one)


def test_a_beginning_is_followed_and_gone_on_with() -> None:
    rep = speech(RawFrameSettings())
    begin = recordings()[0].cut(0, 1000)
    (found,) = generate_sounds(model(rep, NEVER), rep, count=1, length=20, begin=begin, seed=2)
    assert len(found) == 20 * rep.samples_per_frame
    np.testing.assert_allclose(found.mono[:1000], begin.mono, atol=2e-4)
    assert found.mono[1000:].std() > 0.01


# ---------------------------------------------------------------- live


@pytest.fixture
def voice() -> Callable[..., LiveVoice]:
    """Makes a voice that is ready."""

    def make(ends: float = NEVER, settings: AnySettings | None = None, **wanted: object) -> LiveVoice:
        rep = speech(settings)
        made = LiveVoice(lambda: Loaded(model(rep, ends), rep), **wanted)  # type: ignore[arg-type]
        wait(made)
        return made

    return make


def wait(voice: LiveVoice) -> None:
    give_up = time.monotonic() + PATIENCE
    while not (voice.ready or voice.error):
        assert time.monotonic() < give_up, "it never was ready"
        time.sleep(0.002)


def test_nothing_is_said_before_the_model_is_there() -> None:
    gate, rep = threading.Event(), speech()

    def load() -> Loaded:
        gate.wait(PATIENCE)
        return Loaded(model(rep, NEVER), rep)

    voice = LiveVoice(load, seed=1)
    assert not voice.ready
    assert voice.rate == 0
    assert voice.recording() is None
    first = voice.read(100)
    assert first is not None
    assert len(first) == 0
    gate.set()
    wait(voice)
    assert voice.rate == RATE
    following = voice.read(100)
    assert following is not None
    assert len(following) >= 100


@pytest.mark.parametrize("settings", [SourceFilterSettings(), LogMelSettings(), RawFrameSettings()])
def test_how_much_is_asked_for_at_a_time_makes_no_difference(voice: Callable[..., LiveVoice], settings: object) -> None:
    one, other = (voice(settings=settings, seed=4, seconds=0.5) for _ in range(2))
    for part, size in ((one, 37), (other, 1600)):
        while part.read(size) is not None:
            pass
        assert part.finished
        assert part.made == RATE // 2
    np.testing.assert_allclose(one.samples(), other.samples(), atol=1e-6)
    assert one.samples().std() > 0
    np.testing.assert_array_equal(one.samples(3900), one.samples()[3900:])
    assert len(one.samples(4000)) == 0
    recording = one.recording()
    assert recording is not None
    assert recording.seconds == 0.5


def test_it_hardly_runs_ahead_so_that_a_slider_is_heard_at_once(voice: Callable[..., LiveVoice]) -> None:
    made = voice(seed=4)
    asked = 0
    for _ in range(10):
        made.read(160)
        asked += 160
    rep = speech()
    # What the synthesis holds back, and a frame that was begun.
    assert made.made - asked <= rep.samples_per_frame


def test_the_variance_counts_from_the_next_read_on(voice: Callable[..., LiveVoice]) -> None:
    one, other = (voice(NEVER, RawFrameSettings(), seed=4, variance=Variance(1, 1)) for _ in "ab")
    for made in (one, other):
        made.read(800)
    np.testing.assert_array_equal(one.samples(), other.samples())
    other.variance = (0.0, 0.0)
    assert other.variance == (0.0, 0.0)
    start = one.made
    for made in (one, other):
        made.read(100)
    assert other.samples(start).std() < 0.9 * one.samples(start).std()


def test_words_follow_one_another_with_pauses(voice: Callable[..., LiveVoice]) -> None:
    made = voice(SOON, seed=4)
    while made.made < 6 * RATE:
        assert made.read(800) is not None, made.error
    silent = np.flatnonzero(np.abs(made.samples()) < 1e-9)
    runs = np.split(silent, np.flatnonzero(np.diff(silent) > 1) + 1)
    pauses = [run for run in runs if len(run) >= 0.95 * PAUSE * RATE]
    assert len(pauses) >= 4
    assert made.label in LABELS


def test_a_model_that_never_ends_a_word_is_cut_off(voice: Callable[..., LiveVoice]) -> None:
    made = voice(NEVER, seed=4)
    rep = speech()
    longest = 2 * rep.typical_length * rep.samples_per_frame
    while made.made < longest + PAUSE * RATE:
        assert made.read(800) is not None, made.error
    assert not made.samples(longest + 100)[: int(0.9 * PAUSE * RATE)].any()


def test_restart_with_another_seed_and_label(voice: Callable[..., LiveVoice]) -> None:
    made = voice(seed=4, label="one")
    made.read(3000)
    first = made.samples()
    assert made.label == "one, ann"
    made.restart()
    wait(made)
    made.read(3000)
    np.testing.assert_array_equal(made.samples(), first)
    made.restart(5, "seven")
    wait(made)
    made.read(3000)
    assert made.seed == 5
    assert made.label.startswith("seven")
    assert not np.array_equal(made.samples(), first)


def test_newer_weights_come_with_the_next_word() -> None:
    rep = speech()
    loads: list[Loaded] = []

    def load() -> Loaded:
        newer = model(rep, SOON)
        if loads:
            with torch.no_grad():
                newer.likelihood.linear.bias[:-1] += 0.5
        loads.append(Loaded(newer, rep))
        return loads[-1]

    made = LiveVoice(load, seed=4)
    wait(made)
    same = LiveVoice(lambda: loads[0], seed=4)
    wait(same)
    for part in (made, same):
        part.read(100)
    made.refresh()
    end = time.monotonic() + PATIENCE
    while made._loaded is not loads[-1] or len(loads) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)
    while min(made.made, same.made) < 3 * RATE:
        for part in (made, same):
            assert part.read(800) is not None, part.error
    first = int(np.flatnonzero(made.samples()[: 3 * RATE] != same.samples()[: 3 * RATE])[0])
    assert first > PAUSE * RATE  # what was being said ended first
    assert not made.samples()[first - round(0.9 * PAUSE * RATE) : first - 100].any()
    made.close()
    same.close()


def test_what_goes_wrong_is_a_sentence(voice: Callable[..., LiveVoice]) -> None:
    made = voice(label="nine")
    assert made.read(10) is None
    assert "'nine'" in made.error
    assert made.finished

    def broken() -> Loaded:
        raise ZeroDivisionError

    failed = LiveVoice(broken)
    wait(failed)
    assert "mistake in the studio" in failed.error
    assert failed.read(10) is None


def test_a_closed_voice_says_nothing_more(voice: Callable[..., LiveVoice]) -> None:
    made = voice()
    made.close()
    assert made.read(10) is None


def test_it_begins_with_a_recording(voice: Callable[..., LiveVoice]) -> None:
    begin = recordings()[0].cut(0, 1000)
    made = voice(settings=RawFrameSettings(), begin=begin)
    made.read(2000)
    np.testing.assert_allclose(made.samples()[:1000], begin.mono, atol=2e-4)
