"""Recordings, and where in them something is to be heard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sequences.recording import (
    Recording,
    at_rate,
    mixed_to_mono,
    sounding_part,
    sounding_parts,
    split_at_pauses,
    trimmed,
)

RATE = 8000


def noise(seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(1).standard_normal(round(seconds * RATE))).astype(np.float32)


def silence(seconds: float, level: float = 0.0) -> np.ndarray:
    return noise(seconds, level)


def test_samples_have_channels_and_cannot_be_changed() -> None:
    recording = Recording(np.zeros(5), 8000, "nothing")  # type: ignore[arg-type]
    assert recording.samples.shape == (5, 1)
    assert recording.samples.dtype == np.float32
    assert (len(recording), recording.channels, recording.seconds) == (5, 1, 5 / 8000)
    with pytest.raises(ValueError, match="read-only"):
        recording.samples[0] = 1


def test_the_array_it_was_made_of_stays_as_it_was() -> None:
    samples = np.zeros((5, 1), np.float32)
    Recording(samples, 8000)
    samples[0] = 1


@pytest.mark.parametrize(
    ("samples", "rate"),
    [(np.zeros(0), 8000), (np.zeros((3, 0)), 8000), (np.zeros((1, 1, 1)), 8000), ([np.nan], 8000), ([0.0], 0)],
)
def test_what_is_no_recording_is_refused(samples: np.ndarray, rate: int) -> None:
    with pytest.raises(ValueError, match=r"samples|rate"):
        Recording(np.asarray(samples), rate)


def test_mixing_takes_the_mean() -> None:
    stereo = Recording(np.float32([[1, 0], [0.5, -0.5]]), RATE, "a")
    assert stereo.mono.tolist() == [0.5, 0]
    mono = mixed_to_mono(stereo)
    assert (mono.samples[:, 0].tolist(), mono.label, mono.channels) == ([0.5, 0], "a", 1)
    assert mixed_to_mono(mono) is mono


def test_another_rate_keeps_duration_and_label() -> None:
    recording = at_rate(Recording(noise(0.5), RATE, "a"), 16000)
    assert (recording.rate, len(recording), recording.label) == (16000, 8000, "a")


@given(st.integers(-9, 9), st.none() | st.integers(-9, 9))
def test_a_cut_leaves_something(start: int, end: int | None) -> None:
    samples = np.arange(5, dtype=np.float32)
    cut = Recording(samples, RATE).cut(start, end).samples[:, 0].tolist()
    assert cut == (samples[start:end].tolist() or [samples[min(max(start + 5 if start < 0 else start, 0), 4)]])


@pytest.mark.parametrize("offset", [0.0, 0.2])
@pytest.mark.parametrize("room", [0.0, 0.002])
def test_silence_around_a_word_is_trimmed(room: float, offset: float) -> None:
    samples = np.concatenate([silence(0.5, room), noise(0.3), silence(0.7, room)]) + np.float32(offset)
    start, end = sounding_part(samples, RATE)
    assert 0.43 <= start / RATE <= 0.46
    assert 0.88 <= end / RATE <= 0.93
    assert len(trimmed(Recording(samples, RATE))) == end - start


def test_a_click_is_no_word() -> None:
    samples = np.concatenate([silence(0.5, 0.001), noise(0.3), silence(0.5, 0.001)])
    samples[800] = 1.0
    assert sounding_part(samples, RATE)[0] > 0.4 * RATE


@pytest.mark.parametrize(
    "samples", [silence(0.3), silence(0.3) + np.float32(0.5), np.float32([0.0]), np.float32([0.7])]
)
def test_all_silence_stays_as_it_is(samples: np.ndarray) -> None:
    recording = Recording(samples, RATE)
    assert len(trimmed(recording)) == len(samples)
    assert len(split_at_pauses(recording)) == 1


def test_sound_all_through_stays_as_it_is() -> None:
    assert sounding_part(noise(0.5), RATE) == (0, RATE // 2)


def test_words_in_a_row_come_apart() -> None:
    words = [noise(0.2 + 0.05 * i) for i in range(5)]
    samples = np.concatenate([part for word in words for part in (silence(0.4, 0.001), word)] + [silence(0.4, 0.001)])
    parts = split_at_pauses(Recording(samples, RATE, "w"))
    assert [part.label for part in parts] == ["w"] * 5
    for part, word in zip(parts, words, strict=True):
        assert 0.1 < (len(part) - len(word)) / RATE < 0.2


def test_a_short_pause_parts_nothing() -> None:
    samples = np.concatenate([silence(0.4), noise(0.2), silence(0.2), noise(0.2), silence(0.4)])
    assert len(sounding_parts(samples, RATE, pause=0.3)) == 1
    assert len(sounding_parts(samples, RATE, pause=0.05)) == 2


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4000)), min_size=1, max_size=8), st.floats(0.01, 1))
def test_parts_are_in_order_and_do_not_overlap(plan: list[tuple[bool, int]], pause: float) -> None:
    samples = np.concatenate([noise(1)[:count] if loud else np.zeros(count, np.float32) for loud, count in plan])
    parts = sounding_parts(samples, RATE, pause)
    edges = [edge for part in parts for edge in part]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(samples) for start, end in parts)
