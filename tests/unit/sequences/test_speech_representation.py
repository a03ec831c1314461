"""Recordings to frames and back, in each representation of speech."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from voices import hiss, vowel, word

from studio.errors import StudioError
from studio.sequences.recording import Recording
from studio.sequences.speech.pitch import track_pitch
from studio.sequences.speech.representation import CODERS, SpeechRepresentation
from studio.sequences.speech.settings import (
    AnySpeechSettings,
    LogMelSettings,
    RawFrameSettings,
    SourceFilterSettings,
)

RATE = 8000
WORDS = [word(RATE, seed, label=str(seed)) for seed in range(8)]
ALL_SETTINGS = [SourceFilterSettings(), LogMelSettings(), RawFrameSettings(), SourceFilterSettings(stack=3, hop=5)]


def fitted(settings: AnySpeechSettings, recordings: list[Recording] | None = None) -> SpeechRepresentation:
    representation = SpeechRepresentation(settings)
    representation.fit(WORDS if recordings is None else recordings)
    return representation


@pytest.fixture(params=ALL_SETTINGS, ids=lambda settings: type(settings).__name__)
def representation(request: pytest.FixtureRequest) -> SpeechRepresentation:
    return fitted(request.param)


def test_columns_are_normalised(representation: SpeechRepresentation) -> None:
    frames = np.concatenate([representation.encode(recording).frames for recording in WORDS])
    continuous = frames[:, : representation.layout.continuous]
    assert frames.dtype == np.float32
    assert frames.shape[1] == representation.layout.width
    assert np.isfinite(frames).all()
    if isinstance(representation.settings, RawFrameSettings):
        assert continuous.mean() == pytest.approx(0, abs=1e-4)
        assert continuous.std() == pytest.approx(1, abs=1e-4)
    else:
        columns = continuous.reshape(-1, representation.coder.columns)
        np.testing.assert_allclose(columns.mean(0), 0, atol=0.05)  # a pitch that is not known counts as the mean
        np.testing.assert_allclose(columns.std(0), 1, atol=0.05)


def test_frames_have_times_labels_and_an_end(representation: SpeechRepresentation) -> None:
    sequence = representation.encode(WORDS[3])
    assert sequence.label == "3"
    assert sequence.frames[:, -1].tolist() == [0] * (len(sequence) - 1) + [1]
    assert sequence.times is not None
    assert sequence.times[1] == representation.seconds_per_frame
    assert len(sequence) == -(-len(WORDS[3]) // representation.samples_per_frame)
    assert representation.typical_length == max(len(representation.encode(recording)) for recording in WORDS)


def test_encoding_again_gives_the_same(representation: SpeechRepresentation) -> None:
    again = Recording(WORDS[0].samples.copy(), RATE)
    np.testing.assert_array_equal(representation.encode(again).frames, representation.encode(WORDS[0]).frames)


def test_what_is_decoded_is_as_long_and_as_loud(representation: SpeechRepresentation) -> None:
    for recording in WORDS:
        copy = representation.decode(representation.encode(recording).frames, "copy")
        assert (copy.rate, copy.channels, copy.label) == (RATE, 1, "copy")
        assert 0 <= len(copy) - len(recording) < representation.samples_per_frame
        level = 10 * np.log10((copy.samples**2).mean() / (recording.samples**2).mean())
        assert abs(level) < 1.5


def test_storing_keeps_everything(representation: SpeechRepresentation) -> None:
    stored = json.loads(json.dumps(representation.to_dict()))
    again = SpeechRepresentation.from_dict(stored)
    frames = representation.encode(WORDS[1]).frames
    assert again.settings == representation.settings
    assert again.constants == representation.constants
    assert again.layout == representation.layout
    np.testing.assert_array_equal(again.encode(WORDS[1]).frames, frames)
    np.testing.assert_array_equal(again.decode(frames).samples, representation.decode(frames).samples)
    assert stored["kind"] in CODERS


def test_a_stream_says_what_decoding_says(representation: SpeechRepresentation) -> None:
    sequences = [representation.encode(recording) for recording in WORDS[:3]]
    longest = max(map(len, sequences))
    frames = np.zeros((longest + 3, 3, representation.layout.width))
    for voice, sequence in enumerate(sequences):
        frames[: len(sequence), voice] = sequence.frames
        frames[len(sequence) :, voice] = 1e3  # whatever a model goes on to dream after the end
    decoder = representation.decoder(3)
    parts = [decoder.samples(frames[i : i + 4]) for i in range(0, len(frames), 4)]
    assert decoder.done
    samples = np.concatenate([*parts, decoder.finish()])
    for voice, sequence in enumerate(sequences):
        length = len(sequence) * representation.samples_per_frame
        heard = samples[:length, voice]
        assert not samples[length:, voice].any()
        decoded = representation.decode(sequence.frames).mono
        if isinstance(representation.settings, RawFrameSettings):
            np.testing.assert_array_equal(heard, decoded)
        assert 10 * np.log10((heard**2).mean() / (decoded**2).mean()) == pytest.approx(0, abs=1)


def test_a_stream_is_never_far_behind(representation: SpeechRepresentation) -> None:
    decoder = representation.decoder(2)
    frames = representation.encode(Recording(vowel(RATE, 2.0).astype(np.float32), RATE)).frames
    frames[:, -1] = 0
    given = 0
    for i, frame in enumerate(frames, 1):
        given += len(decoder.samples(np.stack([frame, frame])[None]))
        assert given >= i * representation.samples_per_frame - 0.06 * RATE
    assert given + len(decoder.finish()) == len(frames) * representation.samples_per_frame


def test_voices_begin_anew(representation: SpeechRepresentation) -> None:
    frames = representation.encode(WORDS[0]).frames[:, None]
    decoder = representation.decoder(1)
    first = np.concatenate([decoder.samples(frames), decoder.finish()])
    assert decoder.done
    decoder.start()
    assert not decoder.done
    np.testing.assert_array_equal(np.concatenate([decoder.samples(frames), decoder.finish()]), first)
    decoder.start([0])
    begun = decoder.samples(np.where(np.arange(frames.shape[2]) == frames.shape[2] - 1, 0, frames)[:4])
    decoder.start([0])  # in the middle: what was said is said to its end
    again = np.concatenate([begun, decoder.samples(frames), decoder.finish()])
    assert len(again) == len(first) + 4 * representation.samples_per_frame
    np.testing.assert_array_equal(again[-len(first) :], first)


def test_what_a_model_dreams_hurts_no_ears(representation: SpeechRepresentation) -> None:
    for absurd in (1e9, -1e9, np.nan, np.inf):
        frames = np.full((5, representation.layout.width), absurd, np.float32)
        frames[:, -1] = 0
        samples = representation.decode(frames).samples
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() <= 1


@pytest.mark.parametrize("settings", ALL_SETTINGS[:3], ids=lambda settings: type(settings).__name__)
@pytest.mark.parametrize(
    "samples",
    [
        np.float32([0.5]),
        np.zeros(4000, np.float32),
        np.ones(4000, np.float32),
        hiss(RATE, 0.3).astype(np.float32),
        np.float32([1, -1] * 900),
        np.stack([vowel().astype(np.float32), np.zeros(4000, np.float32)], 1),
    ],
    ids=["one sample", "silence", "no oscillation", "noise", "the highest tone", "stereo"],
)
def test_odd_recordings(settings: AnySpeechSettings, samples: np.ndarray) -> None:
    recording = Recording(samples, RATE)
    for representation in (fitted(settings, [recording]), fitted(settings)):
        frames = representation.encode(recording).frames
        assert np.isfinite(frames).all()
        assert np.isfinite(representation.decode(frames).samples).all()


@given(st.integers(1, 3000), st.integers(1, 50), st.integers(1, 3))
def test_raw_frames_give_samples_back_within_half_a_step(count: int, hop: int, stack: int) -> None:
    recording = Recording(np.random.default_rng(count).uniform(-0.9, 0.9, count).astype(np.float32), RATE)
    representation = fitted(RawFrameSettings(hop=max(2, hop), stack=stack), [recording])
    decoded = representation.decode(representation.encode(recording).frames)
    error = np.abs(decoded.samples[:count] - recording.samples)
    assert error.max() <= 2**-16 * 1.01 + 1e-6
    assert np.abs(decoded.samples[count:]).max(initial=0) <= 2**-16 * 1.01 + 1e-6


def test_silence_is_not_infinitely_likely_in_raw_frames() -> None:
    representation = fitted(RawFrameSettings(), [Recording(np.zeros(8000, np.float32), RATE), WORDS[0]])
    frames = representation.encode(Recording(np.zeros(8000, np.float32), RATE)).frames[:-1, :-1]
    samples = frames * representation.constants.scale[0] + representation.constants.mean[0]
    assert samples.std() == pytest.approx(2**-15 / np.sqrt(12), rel=0.05)


def test_units_turn_nats_into_those_of_the_material() -> None:
    """The density of a standard normal in frames, in full-scale samples and in bits of 16-bit samples."""
    representation = fitted(RawFrameSettings())
    assert representation.samples_per_frame == 100
    scale = representation.constants.scale[0]
    assert representation.nats_per_frame_offset == pytest.approx(100 * np.log(scale))
    entropy = 100 * (0.5 * np.log(2 * np.pi * np.e) + np.log(scale))  # of independent normal samples
    bits = 0.5 * np.log2(2 * np.pi * np.e * (scale * 2**15) ** 2)
    assert representation.bits_per_sample(entropy) == pytest.approx(bits)
    assert fitted(LogMelSettings()).bits_per_sample(1.0) is None
    assert representation.units["quantisation step"] == 2**-15
    spectral = fitted(SourceFilterSettings())
    assert spectral.nats_per_frame_offset == pytest.approx(2 * np.log(spectral.constants.scale).sum())


# ---------------------------------------------------------------- settings and material


def test_the_rate_follows_the_material() -> None:
    high = [Recording(np.zeros(44100, np.float32), 44100)]
    low = [Recording(np.ones(4000, np.float32), 8000)]
    assert fitted(LogMelSettings(), high).rate == 16000
    assert fitted(LogMelSettings(), low).rate == 8000
    assert fitted(LogMelSettings(), [*high, *low]).rate == 16000
    assert fitted(LogMelSettings(rate=22050), low).rate == 22050


def test_other_rates_and_channels_are_brought_to_the_fitted_one() -> None:
    representation = fitted(LogMelSettings())
    wave = vowel(16000, 1.0)
    stereo = Recording(np.stack([wave, wave], 1).astype(np.float32), 16000)
    mono = Recording(vowel(8000, 1.0).astype(np.float32), 8000)
    a, b = representation.encode(stereo).frames, representation.encode(mono).frames
    assert a.shape == b.shape
    low = slice(0, 40)  # bands away from the highest, which the lower rate does not hold
    np.testing.assert_allclose(a[5:-5, low].mean(0), b[5:-5, low].mean(0), atol=0.25)


def test_long_recordings_have_no_end() -> None:
    long = [Recording(vowel(RATE, 12.0).astype(np.float32), RATE)]
    representation = fitted(LogMelSettings(), long)
    assert (representation.ends, representation.endless, representation.layout.binary) == (False, True, 0)
    frames = representation.encode(long[0]).frames
    assert len(representation.decode(frames)) == 12 * RATE
    decoder = representation.decoder(1)
    decoder.samples(frames[:20, None])
    assert not decoder.done
    assert fitted(LogMelSettings(ends="yes"), long).ends
    assert not fitted(LogMelSettings(ends="no")).ends


def test_a_beginning_has_no_end() -> None:
    representation = fitted(SourceFilterSettings())
    sequence = representation.encode_beginning(WORDS[0])
    assert len(sequence) == len(WORDS[0]) // representation.samples_per_frame
    assert not sequence.frames[:, -1].any()
    whole = representation.encode(WORDS[0])
    np.testing.assert_array_equal(sequence.frames[:, :-1], whole.frames[: len(sequence), :-1])
    assert len(representation.encode_beginning(Recording(np.float32([0.1]), RATE))) == 1


def test_fitting_needs_recordings() -> None:
    with pytest.raises(StudioError, match="no recordings"):
        SpeechRepresentation().fit([])


def test_fitting_again_forgets_the_old_material() -> None:
    representation = fitted(SourceFilterSettings())
    wide = [Recording(recording.samples, 16000) for recording in WORDS]
    representation.fit(wide)
    assert representation.rate == 16000
    assert representation.coder.hop == 160


def test_what_fitting_found_goes_with_the_recordings() -> None:
    representation = SpeechRepresentation()
    representation.fit([word(RATE, 20), word(RATE, 21)])
    gc.collect()
    assert len(representation._features) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "pen"},
        {"settings": {"kind": "source-filter", "coefficients": 4}},
        {"settings": {"kind": "log-mel"}},
        {"constants": {"rate": 8000}},
        {"settings": None},
    ],
)
def test_a_description_that_is_none_is_refused(change: dict[str, object]) -> None:
    stored = fitted(SourceFilterSettings()).to_dict()
    with pytest.raises(StudioError):
        SpeechRepresentation.from_dict(stored | change)


# ---------------------------------------------------------------- real speech


def real_speech(shared_data: Path, name: str) -> list[Recording]:
    """A few recordings; unit tests read them themselves, for files/ stands above."""
    from studio.files.audio import read_recording

    if name == "fsdd":
        files = [shared_data / "fsdd" / "recordings" / f"{d}_{s}_7.wav" for d in range(10) for s in ("jackson", "theo")]
    else:
        files = sorted((shared_data / "librispeech_16k").glob("*.flac"))[:2]
    return [read_recording(file) for file in files]


def spectrogram(samples: np.ndarray, rate: int) -> np.ndarray:
    """Decibels in bands, ``[T, 40]``."""
    features = fitted(LogMelSettings(bands=40, rate=rate), [Recording(samples, rate)]).coder.analyse(
        samples.astype(np.float64)
    )
    return 10 / np.log(10) * np.maximum(features, np.log(1e-7))


@pytest.mark.parametrize("name", ["fsdd", "librispeech_16k"])
@pytest.mark.parametrize(
    ("settings", "distance", "bias"),
    [(SourceFilterSettings(), 5.0, 1.0), (LogMelSettings(), 1.5, 0.3), (RawFrameSettings(), 0.2, 0.1)],
    ids=lambda value: type(value).__name__,
)
def test_copied_speech_is_near_the_original(
    shared_data: Path, name: str, settings: AnySpeechSettings, distance: float, bias: float
) -> None:
    recordings = real_speech(shared_data, name)
    representation = fitted(settings, recordings)
    distances, biases, agreement, cents = [], [], [], []
    for recording in recordings:
        original, rate = recording.mono, recording.rate
        copy = representation.decode(representation.encode(recording).frames).mono[: len(original)]
        before, after = spectrogram(original, rate), spectrogram(copy, rate)
        loud = before.mean(1) > np.percentile(before.mean(1), 95) - 45
        distances.append(np.sqrt(((after - before)[loud] ** 2).mean(1)).mean())
        biases.append((after - before)[loud].mean())
        voices = [track_pitch(wave.astype(np.float64), rate, rate // 100, 60, 500) for wave in (original, copy)]
        voiced = [voice.frequency > 0 for voice in voices]
        agreement.append((voiced[0] == voiced[1]).mean())
        both = voiced[0] & voiced[1]
        cents.append(np.median(1200 * np.abs(np.log2(voices[0].frequency[both] / voices[1].frequency[both]))))
    assert np.mean(distances) < distance
    assert abs(np.mean(biases)) < bias
    assert np.mean(agreement) > 0.9
    assert np.median(cents) < 20
