"""A voice made of frames: its level, its pitch, and no trace of how the frames came."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sequences.speech.envelope import log_envelope
from studio.sequences.speech.pitch import track_pitch
from studio.sequences.speech.vocoder import Vocoder, VoiceFrames, mel_cepstrum, periodic_share

RATE, HOP, COEFFICIENTS = 8000, 80, 24
FLAT = np.log(0.01)  # power of every frequency


def frames(count: int, strength: float = 0.95, pitch: float = 150.0, glide: float = 0.0) -> VoiceFrames:
    """A voice with a flat spectrum."""
    envelope = np.full((count, 257), FLAT)
    return VoiceFrames(
        cepstrum=mel_cepstrum(envelope, RATE, COEFFICIENTS),
        pitch=pitch * 2 ** (glide * np.arange(count) / count),
        strength=np.full(count, strength),
    )


def spoken(voice: VoiceFrames, seed: int = 0) -> np.ndarray:
    vocoder = Vocoder(RATE, HOP, COEFFICIENTS, seed)
    return np.concatenate([vocoder.push(voice), vocoder.finish()])


def some(voice: VoiceFrames, part: slice) -> VoiceFrames:
    return VoiceFrames(voice.cepstrum[part], voice.pitch[part], voice.strength[part])


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("pitch", [90.0, 230.0])
def test_its_power_is_that_of_the_envelope(strength: float, pitch: float) -> None:
    samples = spoken(frames(200, strength, pitch))
    assert (samples**2).mean() == pytest.approx(np.exp(FLAT), rel=0.12)


def test_it_begins_and_ends_as_loud_as_it_goes_on() -> None:
    samples = np.mean([spoken(frames(20, 0.0), seed) ** 2 for seed in range(60)], 0)
    blocks = samples.reshape(20, HOP).mean(1)
    np.testing.assert_allclose(blocks, np.exp(FLAT), rtol=0.25)


@pytest.mark.parametrize("pitch", [80.0, 140.0, 300.0])
def test_its_pitch_is_that_of_the_frames(pitch: float) -> None:
    voice = frames(60, 0.97, pitch, glide=0.5)
    found = track_pitch(spoken(voice), RATE, HOP, 60, 500)
    middle = slice(4, -4)
    assert np.abs(1200 * np.log2(found.frequency[middle] / voice.pitch[middle])).max() < 35


@pytest.mark.parametrize("strength", [0.85, 0.93, 0.98])
def test_as_much_of_it_is_periodic_as_the_strength_says(strength: float) -> None:
    found = track_pitch(spoken(frames(100, strength, 140.0)), RATE, HOP, 60, 500)
    share = periodic_share(np.linspace(0, RATE / 2, 257), np.array([strength])).mean()
    assert np.median(found.strength) == pytest.approx(share, abs=0.08)


def test_no_pitch_without_strength() -> None:
    found = track_pitch(spoken(frames(100, 0.0)), RATE, HOP, 60, 500)
    assert (found.frequency > 0).mean() < 0.05


def test_its_envelope_is_that_of_the_frames() -> None:
    bins = np.linspace(0, 1, 257)
    envelope = FLAT + 3 * np.cos(2 * np.pi * 1.5 * bins)
    cepstrum = np.tile(mel_cepstrum(envelope[None], RATE, COEFFICIENTS), (300, 1))
    for strength in (0.0, 0.95):
        voice = VoiceFrames(cepstrum, np.full(300, 120.0), np.full(300, strength))
        found = log_envelope(spoken(voice), RATE, HOP, voice.pitch)[10:-10]
        error = (np.log(np.exp(found).mean(0)) - envelope) * 10 / np.log(10)
        assert np.sqrt((error[10:] ** 2).mean()) < 1.5


def test_there_is_no_rumble_below_the_voice() -> None:
    power = np.abs(np.fft.rfft(spoken(frames(200)))) ** 2
    frequency = np.fft.rfftfreq(200 * HOP, 1 / RATE)
    assert power[frequency < 10].mean() < 0.2 * power[(frequency > 1000)].mean()


@given(st.lists(st.integers(0, 7), min_size=1, max_size=6))
def test_however_frames_come_the_samples_are_the_same(pieces: list[int]) -> None:
    voice = frames(sum(pieces), glide=0.4)
    vocoder = Vocoder(RATE, HOP, COEFFICIENTS)
    parts, start = [], 0
    for count in pieces:
        parts.append(vocoder.push(some(voice, slice(start, start + count))))
        start += count
        assert sum(map(len, parts)) == max(0, start * HOP - HOP // 2)
    parts.append(vocoder.finish())
    samples = np.concatenate(parts)
    assert len(samples) == sum(pieces) * HOP
    np.testing.assert_allclose(samples, spoken(voice), atol=1e-9)


def test_the_breath_comes_from_the_seed() -> None:
    voice = frames(10)
    assert (spoken(voice, 1) == spoken(voice, 1)).all()
    assert (spoken(voice, 1) != spoken(voice, 2)).any()


def test_high_frequencies_are_less_periodic_and_strong_voices_more() -> None:
    share = periodic_share(np.linspace(0, 8000, 50), np.linspace(0, 1, 21))
    assert share.shape == (21, 50)
    assert (np.diff(share, axis=0) >= 0).all()
    assert (np.diff(share, axis=1) <= 0).all()
    assert share[:5].max() == 0
    assert share[-1, 0] == 1
