"""Pitch, envelope and spectra of voices that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from voices import hiss, resonances, vowel

from studio.sequences.speech.envelope import log_envelope, transform_size
from studio.sequences.speech.framing import FRAMES_AT_A_TIME, frame_count, windows
from studio.sequences.speech.griffin_lim import ShortTimeTransform, StreamedInversion, invert
from studio.sequences.speech.mel import cosine_transform, filter_bank, from_mel, to_mel
from studio.sequences.speech.pitch import filled, track_pitch
from studio.sequences.speech.vocoder import envelope_from, mel_cepstrum, minimum_phase

# ---------------------------------------------------------------- framing


@given(st.integers(0, 500), st.integers(1, 60), st.integers(1, 120))
def test_a_window_is_centred_on_its_frame(count: int, hop: int, size: int) -> None:
    samples = np.arange(1, count + 1, dtype=np.float64)
    frames = windows(samples, hop, size)
    assert frames.shape == (frame_count(count, hop), size)
    for t, frame in enumerate(frames):
        first = t * hop + hop // 2 - size // 2
        expected = [samples[i] if 0 <= i < count else 0 for i in range(first, first + size)]
        assert frame.tolist() == expected


# ---------------------------------------------------------------- mel


@given(st.floats(0, 20000))
def test_mel_goes_there_and_back(frequency: float) -> None:
    assert from_mel(to_mel(frequency)) == pytest.approx(frequency, abs=1e-6)


@pytest.mark.parametrize(
    ("bands", "size", "rate"), [(64, 256, 8000), (80, 512, 16000), (200, 256, 8000), (16, 64, 8000)]
)
def test_every_band_is_a_mean(bands: int, size: int, rate: int) -> None:
    bank = filter_bank(bands, size, rate)
    assert bank.shape == (bands, size // 2 + 1)
    np.testing.assert_allclose(bank.sum(1), 1)
    centres = bank @ np.fft.rfftfreq(size, 1 / rate)
    assert (np.diff(centres) > 0).all()


def test_the_cosine_transform_is_orthonormal() -> None:
    matrix = cosine_transform(20, 64)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(20), atol=1e-12)


# ---------------------------------------------------------------- pitch


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("pitch", [75, 120, 210, 350])
def test_the_pitch_of_a_vowel_is_found(rate: int, pitch: float) -> None:
    hop = rate // 100
    found = track_pitch(vowel(rate, 0.6, pitch, glide=0.3), rate, hop, 60, 500)
    middle = slice(4, -4)
    time = (np.arange(len(found.frequency)) + 0.5) / 60
    cents = 1200 * np.log2(found.frequency[middle] / (pitch * 2 ** (0.3 * time[middle])))
    assert np.abs(cents).max() < 30
    assert np.median(np.abs(cents)) < 8
    assert found.strength[middle].min() > 0.8


@pytest.mark.parametrize("samples", [hiss(8000, 1.0), np.zeros(800), np.full(800, 0.3), np.zeros(1)])
def test_no_voice_is_found_where_there_is_none(samples: np.ndarray) -> None:
    found = track_pitch(samples, 8000, 80, 60, 500)
    assert (found.frequency > 0).mean() < 0.05
    assert (found.strength[found.frequency == 0] == 0).all()


def test_strength_tells_how_much_of_the_power_is_periodic() -> None:
    """Boersma 1993: r = harmonic / (harmonic + noise power)."""
    for share in (0.95, 0.8, 0.65):
        power = np.sqrt([share, 1 - share])
        voice = power[0] * vowel(16000, 1.0, 150, level=1.0) + power[1] * hiss(16000, 1.0, 1.0)
        found = track_pitch(voice, 16000, 160, 60, 500)
        assert np.median(found.strength[5:-5]) == pytest.approx(share, abs=0.04)


def test_hours_are_done_piece_by_piece() -> None:
    count = FRAMES_AT_A_TIME + 50
    found = track_pitch(vowel(8000, count / 100, 200), 8000, 80, 60, 500)
    assert len(found.frequency) == count
    around = found.frequency[FRAMES_AT_A_TIME - 3 : FRAMES_AT_A_TIME + 3]
    assert np.abs(1200 * np.log2(around / 200)).max() < 10


def test_pitch_goes_on_between_voices() -> None:
    found = track_pitch(np.concatenate([vowel(pitch=100), hiss(level=0.05), vowel(pitch=200)]), 8000, 80, 60, 500)
    course = filled(found, 1.0)
    assert (course > 90).all()
    assert (course < 220).all()
    assert (np.diff(np.log(course[55:95])) > -0.02).all()
    assert filled(track_pitch(np.zeros(800), 8000, 80, 60, 500), 123.0).tolist() == [123.0] * 10


# ---------------------------------------------------------------- envelope


def gain(rate: int) -> np.ndarray:
    """Log power of the filter of `vowel` at the bins of an envelope."""
    bins = np.arange(transform_size(rate) // 2 + 1) * np.pi / (transform_size(rate) // 2)
    return -np.log(np.abs(np.exp(-1j * bins[:, None] * np.arange(len(resonances(rate)))) @ resonances(rate)) ** 2)


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize(("pitch", "decibels"), [(90, 1.0), (150, 1.5), (250, 3.0)])
def test_the_envelope_is_that_of_the_filter(rate: int, pitch: float, decibels: float) -> None:
    found = log_envelope(vowel(rate, 0.5, pitch), rate, rate // 100, np.full(50, pitch))[10:-10]
    low = np.arange(found.shape[1]) * rate / 2 / (found.shape[1] - 1) < 3600
    error = (found - gain(rate))[:, low] * 10 / np.log(10)
    error -= np.median(error)
    assert np.sqrt((error**2).mean()) < decibels


@pytest.mark.parametrize("level", [1.0, 0.1])
def test_the_envelope_of_noise_is_its_power(level: float) -> None:
    found = log_envelope(hiss(8000, 4.0, level), 8000, 80, np.full(400, 120.0))
    assert np.exp(found).mean() == pytest.approx(level**2, rel=0.1)


def test_the_envelope_of_silence_is_finite() -> None:
    assert np.isfinite(log_envelope(np.zeros(800), 8000, 80, np.full(10, 100.0))).all()


def test_a_cepstrum_keeps_the_envelope_s_shape() -> None:
    envelope = gain(16000)[None]
    kept = envelope_from(mel_cepstrum(envelope, 16000, 24), 16000)
    assert np.sqrt(((kept - envelope) ** 2).mean()) * 10 / np.log(10) < 2.0
    more = envelope_from(mel_cepstrum(envelope, 16000, 48), 16000)
    assert ((more - envelope) ** 2).mean() < 0.5 * ((kept - envelope) ** 2).mean()


def test_minimum_phase_has_the_power_and_no_past() -> None:
    response = np.exp(minimum_phase(gain(8000)))
    np.testing.assert_allclose(np.log(np.abs(response) ** 2), gain(8000), atol=1e-6)
    impulse = np.fft.irfft(response)
    late = impulse[len(impulse) // 2 :]
    assert (late**2).sum() < 1e-3 * (impulse**2).sum()
    # The filter itself has minimum phase, so it is what must be found.
    direct = np.fft.irfft(1 / (np.exp(-2j * np.pi * np.outer(np.arange(257), np.arange(9)) / 512) @ resonances(8000)))
    np.testing.assert_allclose(impulse, direct, atol=0.02 * np.abs(direct).max())


# ---------------------------------------------------------------- phases


def test_the_short_time_transform_goes_there_and_back() -> None:
    samples = vowel(8000, 0.5)
    transform = ShortTimeTransform(256, 80)
    again = transform.inverse(transform.forward(samples))
    np.testing.assert_allclose(again[80:-80], samples[80:-80], atol=1e-9)


def misfit(samples: np.ndarray, amplitude: np.ndarray, transform: ShortTimeTransform) -> float:
    """Spectral convergence in decibels."""
    found = np.abs(transform.forward(samples))
    return float(20 * np.log10(np.linalg.norm(found - amplitude) / np.linalg.norm(amplitude)))


def test_lost_phases_are_found_again() -> None:
    transform = ShortTimeTransform(256, 80)
    amplitude = np.abs(transform.forward(np.concatenate([vowel(), hiss(), vowel(pitch=220, glide=0.5)])))
    assert misfit(invert(amplitude, transform), amplitude, transform) < -18
    assert misfit(invert(amplitude, transform, 0), amplitude, transform) > -5


def test_phases_are_found_while_the_spectrogram_still_comes() -> None:
    transform = ShortTimeTransform(256, 80)
    amplitude = np.abs(transform.forward(np.concatenate([vowel(), hiss(), vowel(pitch=220, glide=0.5)])))
    inversion = StreamedInversion(transform)
    early = inversion.push(amplitude[:50])
    assert len(early) >= (50 - 5) * 80
    samples = np.concatenate([early, inversion.push(amplitude[50:]), inversion.finish()])
    assert len(samples) == len(amplitude) * 80
    assert misfit(samples, amplitude, transform) < -15


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.sampled_from([(64, 20), (64, 32), (50, 10)]))
def test_however_a_spectrogram_comes_it_sounds_the_same(pieces: list[int], sizes: tuple[int, int]) -> None:
    transform = ShortTimeTransform(*sizes)
    amplitude = np.random.default_rng(0).random((sum(pieces), sizes[0] // 2 + 1))
    whole, parts = StreamedInversion(transform), StreamedInversion(transform)
    expected = np.concatenate([whole.push(amplitude), whole.finish()])
    found = [parts.push(part) for part in np.split(amplitude, np.cumsum(pieces)[:-1])]
    np.testing.assert_array_equal(np.concatenate([*found, parts.finish()]), expected)
    assert len(expected) == len(amplitude) * sizes[1]
