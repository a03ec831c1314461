"""The instruments themselves: what the judges hear, and the distance between what they hear."""

from __future__ import annotations

from pathlib import Path

import not_speech
import numpy as np
import pytest
import soundfile
from speech_features import BANDS, FRAMES, log_mels, share_voiced, voicing
from speech_judge import frechet_distance
from speech_report import clips_in
from spoken_digits import Clip

CHANCE = np.random.default_rng(0)


def vowel(pitch: float = 120.0, seconds: float = 0.5, rate: int = 8000) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    return 0.1 * sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 20)) * np.hanning(len(time))


WORD = vowel()


@pytest.mark.parametrize("gain", [0.01, 0.3, 8.0])
def test_loudness_makes_no_difference(gain: float) -> None:
    np.testing.assert_allclose(log_mels((gain * WORD, 8000)), log_mels((WORD, 8000)), atol=1e-4)


@pytest.mark.parametrize("below", [0.5, 30.0, 50.0])
def test_nothing_below_60_hz_is_heard(below: float) -> None:
    """An offset, and tones as loud as the word."""
    time = np.arange(len(WORD)) / 8000
    with_hum = WORD + 0.1 + 0.1 * np.sin(2 * np.pi * below * time)
    loud = log_mels((WORD, 8000)) > -0.5  # within 30 dB
    np.testing.assert_allclose(log_mels((with_hum, 8000))[loud], log_mels((WORD, 8000))[loud], atol=0.02)
    assert voicing((with_hum, 8000)) == pytest.approx(voicing((WORD, 8000)), abs=3)


def test_a_tone_above_60_hz_is_heard() -> None:
    time = np.arange(len(WORD)) / 8000
    with_tone = WORD + 0.1 * np.sin(2 * np.pi * 3000 * time)
    assert np.abs(log_mels((with_tone, 8000)) - log_mels((WORD, 8000))).max() > 0.3


def test_another_rate_makes_hardly_a_difference() -> None:
    high = log_mels((vowel(rate=16000), 16000))
    loud = log_mels((WORD, 8000)) > -0.5
    np.testing.assert_allclose(high[loud], log_mels((WORD, 8000))[loud], atol=0.05)


@pytest.mark.parametrize("samples", [np.zeros(1), np.zeros(8000), CHANCE.standard_normal(3), np.ones(100_000)])
def test_whatever_a_clip_holds_it_can_be_heard(samples: np.ndarray) -> None:
    mels = log_mels((samples, 8000))
    assert mels.shape == (BANDS, FRAMES)
    assert np.isfinite(mels).all()
    assert voicing((samples, 8000))[1] <= FRAMES * 12


def test_a_word_in_much_silence_is_the_word() -> None:
    padded = np.concatenate([np.zeros(40_000), WORD, np.zeros(40_000)])
    assert (log_mels((padded, 8000)) > -0.3).sum() == pytest.approx((log_mels((WORD, 8000)) > -0.3).sum(), rel=0.05)


def test_voicing_tells_a_voice_from_a_whisper() -> None:
    whisper = 0.1 * CHANCE.standard_normal(len(WORD)) * np.hanning(len(WORD))
    assert share_voiced([(WORD, 8000)]) > 0.95
    assert share_voiced([(whisper, 8000)]) < 0.05
    assert 0.3 < share_voiced([(WORD, 8000), (whisper, 8000)]) < 0.7
    assert share_voiced([(np.zeros(8000), 8000)]) == 0


@pytest.mark.parametrize("kind", not_speech.KINDS)
def test_what_is_not_speech_is_made_anew_from_each_clip(kind: str) -> None:
    clips: list[Clip] = [((WORD + 0.01 * CHANCE.standard_normal(len(WORD))).astype(np.float32), 8000)] * 2
    first, second = not_speech.spoilt(clips, kind, seed=1)
    again = not_speech.spoilt(clips, kind, seed=1)
    assert np.isfinite(first[0]).all()
    assert abs(len(first[0]) - len(WORD)) < 0.1 * 8000
    np.testing.assert_array_equal(again[1][0], second[0])
    if kind not in ("backwards", "silence"):
        assert not np.array_equal(first[0], second[0])
    if kind != "silence":
        assert not np.allclose(first[0][:4000], WORD[:4000])


def test_frechet_distance_of_normal_distributions() -> None:
    """Between N(0, I) and N(m, s^2 I) in F dimensions it is |m|^2 + F (1 - s)^2."""
    a = CHANCE.standard_normal((100_000, 4))
    b = 2.0 * CHANCE.standard_normal((100_000, 4)) + [3, 0, 0, 0]
    assert frechet_distance(a, b) == pytest.approx(9 + 4, rel=0.02)
    assert frechet_distance(b, a) == pytest.approx(frechet_distance(a, b))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_sees_correlation() -> None:
    a = CHANCE.standard_normal((50_000, 2))
    b = a @ np.linalg.cholesky([[1, 0.9], [0.9, 1]]).T
    # tr(I + C - 2 C^(1/2)) with the eigenvalues 1.9 and 0.1 of C
    assert frechet_distance(a, b) == pytest.approx(4 - 2 * (1.9**0.5 + 0.1**0.5), rel=0.05)


def test_digits_are_told_by_file_names(tmp_path: Path) -> None:
    for name in ("7_anna_1.wav", "Nine-2.WAV", "zero.flac", "hello_1.wav", "12_a.wav"):
        soundfile.write(tmp_path / name, WORD, 8000)
    (tmp_path / "3_a.txt").write_text("no sound")
    found = clips_in(tmp_path)
    assert {path.name: int(digit) for path, digit in zip(found.paths, found.digits, strict=True)} == {
        "7_anna_1.wav": 7,
        "Nine-2.WAV": 9,
        "zero.flac": 0,
    }
