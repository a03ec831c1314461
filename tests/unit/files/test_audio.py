"""Audio files of all kinds, whole, odd and damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.files import audio
from studio.files.audio import AudioFile, labels_from_names, looks_like, read_recording, write_recording
from studio.files.source import Source
from studio.sequences.recording import Recording

RATE = 8000
WAVE = (0.1 * np.random.default_rng(0).standard_normal((4000, 1))).astype(np.float32)
STEREO = np.concatenate([WAVE, -0.5 * WAVE], 1)
TONE = np.sin(2 * np.pi * 440 * np.arange(48000) / 48000).astype(np.float32)[:, None] / 2

Read = Callable[..., tuple[Recording, list[str]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads bytes as a file of that name: the recording, and the notes on it."""

    def reader(name: str, data: bytes, **wanted: object) -> tuple[Recording, list[str]]:
        path = tmp_path / name
        path.write_bytes(data)
        source = Source(name, b"")
        return read_recording(path, source, **wanted), source.notes  # type: ignore[arg-type]

    return reader


def encoded(samples: np.ndarray, rate: int, form: str, subtype: str | None = None) -> bytes:
    from io import BytesIO

    file = BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def patched(data: bytes, **changes: bytes) -> bytes:
    """With other bytes at the places ``at_24=...``."""
    result = bytearray(data)
    for place, value in changes.items():
        at = int(place.removeprefix("at_"))
        result[at : at + len(value)] = value
    return bytes(result)


WAV = encoded(WAVE, RATE, "WAV", "PCM_16")
LONG = np.tile(WAVE, (20, 1))


# ---------------------------------------------------------------- whole files


@pytest.mark.parametrize(
    ("name", "form", "subtype", "error"),
    [
        ("a.wav", "WAV", "PCM_16", 4e-5),
        ("a.WAV", "WAV", "PCM_24", 2e-7),
        ("a.wav", "WAV", "PCM_U8", 9e-3),
        ("a.wav", "WAV", "PCM_32", 1e-7),
        ("a.wav", "WAV", "FLOAT", 0),
        ("a.wav", "WAV", "DOUBLE", 0),
        ("a.wav", "WAV", "ULAW", 2e-2),
        ("a.wav", "WAVEX", "PCM_16", 4e-5),
        ("a.flac", "FLAC", "PCM_16", 4e-5),
        ("a.flac", "FLAC", "PCM_24", 2e-7),
        ("a.aiff", "AIFF", "PCM_16", 4e-5),
        ("a.aif", "AIFF", "PCM_24", 2e-7),
        ("a.au", "AU", "PCM_16", 4e-5),
        ("a.caf", "CAF", "PCM_16", 4e-5),
        ("a.w64", "W64", "PCM_16", 4e-5),
        ("a.rf64", "RF64", "PCM_16", 4e-5),
    ],
)
@pytest.mark.parametrize("samples", [WAVE, STEREO], ids=["mono", "stereo"])
def test_every_kind_of_file(read: Read, name: str, form: str, subtype: str, error: float, samples: np.ndarray) -> None:
    data = encoded(samples, RATE, form, subtype)
    recording, notes = read(name, data, label="a")
    assert recording.rate == RATE
    assert recording.label == "a"
    assert notes == []
    assert recording.samples.shape == samples.shape
    np.testing.assert_allclose(recording.samples, samples, atol=error)
    assert looks_like(data[:16])


@pytest.mark.parametrize(("name", "form"), [("a.ogg", "OGG"), ("a.mp3", "MP3")])
def test_lossy_files_sound_alike(read: Read, name: str, form: str) -> None:
    data = encoded(TONE, 48000, form)
    recording, notes = read(name, data)
    assert notes == []
    assert abs(len(recording) - len(TONE)) < 3000
    spectrum = np.abs(np.fft.rfft(recording.mono[:40000]))
    assert np.argmax(spectrum) * 48000 / 40000 == pytest.approx(440, abs=2)
    assert looks_like(data[:16])


def test_mixing_and_another_rate(read: Read) -> None:
    data = encoded(np.concatenate([TONE, np.zeros_like(TONE)], 1), 48000, "WAV", "FLOAT")
    recording, _ = read("a.wav", data, rate=16000, mono=True)
    assert (recording.rate, recording.samples.shape) == (16000, (16000, 1))
    expected = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000) / 4
    np.testing.assert_allclose(recording.mono[1000:-1000], expected[1000:-1000], atol=1e-3)
    both, _ = read("a.wav", data, rate=16000)
    assert both.samples.shape == (16000, 2)
    assert not both.samples[:, 1].any()


def test_a_long_file_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(encoded(LONG, RATE, "WAV", "FLOAT"))
    monkeypatch.setattr(audio, "_BLOCK", 1000)
    with AudioFile(path) as file:
        assert (file.rate, file.channels, file.frames, file.seconds) == (RATE, 1, len(LONG), len(LONG) / RATE)
        for _ in range(2):  # as often as wanted
            blocks = list(file.blocks())
            assert {len(block) for block in blocks} == {1000}
            np.testing.assert_array_equal(np.concatenate(blocks), LONG)
        assert max(len(block) for block in file.blocks(rate=16000)) < 4000


def test_an_import_can_be_cancelled_within_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cancelled(Exception):
        pass

    blocks = iter(range(3))

    def check() -> None:
        if next(blocks, None) is None:
            raise Cancelled

    path = tmp_path / "a.wav"
    path.write_bytes(encoded(LONG, RATE, "WAV"))
    monkeypatch.setattr(audio, "_BLOCK", 100)
    with pytest.raises(Cancelled):
        read_recording(path, Source("a.wav", b"", check_cancelled=check))


# ---------------------------------------------------------------- odd files, that come in


@pytest.mark.parametrize(
    ("name", "data", "frames", "said"),
    [
        ("one.wav", encoded(WAVE[:1], RATE, "WAV"), 1, []),
        ("pipe.wav", patched(WAV, at_4=b"\xff" * 4, at_40=b"\xff" * 4), 4000, []),
        ("cut.wav", WAV[:4044], 2000, ["cut short: 3,999 bytes are missing"]),
        ("odd.wav", WAV[:4045], 2000, ["cut short"]),
        ("cut.aiff", encoded(WAVE, RATE, "AIFF")[:4054], 2000, ["cut short"]),
        ("cut.mp3", encoded(TONE, 48000, "MP3")[:4000], None, ["cut short"]),
        ("cut.flac", encoded(LONG, RATE, "FLAC")[:100_000], None, ["damaged after"]),
        (
            "nan.wav",
            encoded(np.float32([[np.nan], [np.inf], [0.5]]), RATE, "WAV", "FLOAT"),
            3,
            ["2 samples are no numbers"],
        ),
        ("loud.wav", encoded(32768 * WAVE, RATE, "WAV", "FLOAT"), 4000, ["where 1 is full scale"]),
        ("hot.wav", encoded(10 * WAVE, RATE, "WAV", "FLOAT"), 4000, []),
        ("named.flac.wav", encoded(WAVE, RATE, "FLAC"), 4000, []),
        ("junk after.wav", WAV + b"LIST" + bytes(40), 4000, []),
    ],
)
def test_odd_files_come_in_with_a_note(read: Read, name: str, data: bytes, frames: int | None, said: list[str]) -> None:
    recording, notes = read(name, data)
    assert frames is None or len(recording) == frames
    assert len(notes) == len(said)
    for note, words in zip(notes, said, strict=True):
        assert note.startswith(f"{name}: ")
        assert words in note
        assert note.endswith(".")
    if name == "nan.wav":
        assert recording.mono.tolist() == [0, 0, 0.5]
    if name == "loud.wav":
        assert np.abs(recording.mono).max() == 1
        np.testing.assert_allclose(recording.mono / np.abs(WAVE).max() ** -1, WAVE[:, 0], rtol=1e-3)
    if name == "hot.wav":
        np.testing.assert_array_equal(recording.mono, (10 * WAVE)[:, 0])
    if name == "cut.flac":
        assert len(recording) > 20_000
        np.testing.assert_allclose(recording.samples, LONG[: len(recording)], atol=2e-5)


# ---------------------------------------------------------------- damaged files


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.wav", b"", "is empty"),
        ("no sound.wav", encoded(WAVE[:0], RATE, "WAV"), "holds no sound"),
        ("header.wav", WAV[:44], "holds no sound"),
        ("half a header.wav", WAV[:30], "damaged at its beginning"),
        ("words.wav", b"this is no sound" * 20, "damaged at its beginning"),
        ("zeros.wav", bytes(5000), "damaged at its beginning"),
        ("no rate.wav", patched(WAV, at_24=bytes(4)), "damaged at its beginning"),
        ("absurd rate.wav", patched(WAV, at_24=b"\xff\xff\xff\x7f"), "2147483647 samples a second"),
        ("slow.wav", patched(WAV, at_24=b"\x0a\x00\x00\x00"), "10 samples a second"),
        ("no channels.wav", patched(WAV, at_22=bytes(2)), "damaged at its beginning"),
        ("a thousand channels.wav", patched(WAV, at_22=b"\xe8\x03"), "1000 channels"),
        ("unknown coding.wav", patched(WAV, at_20=b"\x77\x77"), "of an unknown kind"),
        ("header.flac", encoded(WAVE, RATE, "FLAC")[:60], "damaged at its beginning"),
        ("damaged.flac", patched(encoded(WAVE, RATE, "FLAC"), at_100=bytes(300)), "damaged at its beginning"),
        ("header.ogg", encoded(WAVE, RATE, "OGG")[:60], "damaged at its beginning"),
        ("half.ogg", encoded(WAVE, RATE, "OGG")[:3000], "holds no sound"),
        ("header.mp3", encoded(TONE, 48000, "MP3")[:60], "damaged at its beginning"),
        ("header.aiff", encoded(WAVE, RATE, "AIFF")[:20], "damaged at its beginning"),
        ("video.m4a", b"\x00\x00\x00\x20ftypM4A " + bytes(500), "convert it to WAV"),
        ("video.webm", b"\x1aE\xdf\xa3" + bytes(500), "convert it to WAV"),
    ],
)
def test_damaged_files_are_refused_with_a_sentence(read: Read, name: str, data: bytes, said: str) -> None:
    with pytest.raises(StudioError) as caught:
        read(name, data)
    sentence = str(caught.value)
    assert sentence.startswith(f"{name}: ")
    assert said in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="not found"):
        read_recording(tmp_path / "a.wav")
    with pytest.raises(StudioError, match="no file that can be read"):
        read_recording(tmp_path)
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(StudioError, match="no file that can be read"):
        read_recording(tmp_path / "pipe.wav")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(WAV)
    path.chmod(0)
    with pytest.raises(StudioError, match="cannot be read"):
        read_recording(path)


def test_a_file_without_end_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "VALUES", 3000)
    with pytest.raises(StudioError, match="cut it into parts"):
        read("long.wav", WAV)
    monkeypatch.setattr(audio, "VALUES", 4000)
    assert len(read("long.wav", WAV)[0]) == 4000


def test_a_file_that_is_wrong_about_its_length(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    true_init = AudioFile.__init__

    def says_ten(self: AudioFile, *arguments: object) -> None:
        true_init(self, *arguments)  # type: ignore[arg-type]
        self.frames = 10

    monkeypatch.setattr(AudioFile, "__init__", says_ten)
    monkeypatch.setattr(audio, "_BLOCK", 300)
    assert len(read("a.wav", WAV)[0]) == 4000


FORMS = {
    "wav": WAV,
    "flac": encoded(WAVE, RATE, "FLAC"),
    "ogg": encoded(WAVE, RATE, "OGG"),
    "aiff": encoded(WAVE, RATE, "AIFF"),
    "caf": encoded(WAVE, RATE, "CAF"),
}


@given(
    st.sampled_from(sorted(FORMS)),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=8)), max_size=4),
    st.integers(0, 4000),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_a_file_it_is_read_or_refused(
    read: Read, form: str, changes: list[tuple[int, bytes]], cut: int
) -> None:
    data = bytearray(FORMS[form])
    for place, value in changes:
        data[place : place + len(value)] = value
    with suppress(StudioError):
        recording, _ = read(f"a.{form}", bytes(data[: len(data) - cut]))
        assert np.isfinite(recording.samples).all()


# ---------------------------------------------------------------- written files


@pytest.mark.parametrize("ending", [".wav", ".flac", ".WAV"])
@pytest.mark.parametrize(("width", "step"), [(16, 2.0**-15), (24, 2.0**-23)])
@pytest.mark.parametrize("samples", [WAVE, STEREO], ids=["mono", "stereo"])
def test_what_is_written_is_read_again(
    tmp_path: Path, ending: str, width: audio.Width, step: float, samples: np.ndarray
) -> None:
    path = tmp_path / f"a{ending}"
    assert write_recording(Recording(samples, 44100), path, width) == path
    again = read_recording(path)
    assert again.rate == 44100
    np.testing.assert_allclose(again.samples, samples, atol=0.51 * step)
    write_recording(again, path, width)
    np.testing.assert_array_equal(read_recording(path).samples, again.samples)  # writing again changes nothing
    assert soundfile.info(str(path)).subtype == f"PCM_{width}"


def test_floats_are_written_as_they_are(tmp_path: Path) -> None:
    write_recording(Recording(3 * WAVE, RATE), tmp_path / "a.wav", "float")
    np.testing.assert_array_equal(read_recording(tmp_path / "a.wav").samples, 3 * WAVE)


def test_samples_beyond_full_scale_are_clipped(tmp_path: Path) -> None:
    write_recording(Recording(np.float32([1.5, -1.5, 1.0, 0.25]), RATE), tmp_path / "a.wav")
    assert read_recording(tmp_path / "a.wav").mono.tolist() == [32767 / 32768, -1, 32767 / 32768, 0.25]


@pytest.mark.parametrize(
    ("name", "width", "said"),
    [("a.txt", 16, "'.txt' is unknown"), ("a", 16, "'' is unknown"), ("a.flac", "float", "whole numbers")],
)
def test_what_cannot_be_written(tmp_path: Path, name: str, width: audio.Width, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        write_recording(Recording(WAVE, RATE), tmp_path / name, width)
    assert not list(tmp_path.iterdir())


def test_a_format_that_does_not_hold_it(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="resample the recording"):
        write_recording(Recording(np.zeros((10, 20), np.float32), RATE), tmp_path / "a.flac")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="does not exist"):
        write_recording(Recording(WAVE, RATE), tmp_path / "nowhere" / "a.wav")


# ---------------------------------------------------------------- names and beginnings


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["7_jackson_1.wav", "7_jackson_2.wav", "3_theo_1.wav", "3_theo_2.wav"], ["7, jackson"] * 2 + ["3, theo"] * 2),
        (["7_a_1.wav", "7_b_1.wav", "3_a_1.wav", "3_b_2.wav"], ["7, a", "7, b", "3, a", "3, b"]),
        (["7_a_1.wav", "7_b_1.wav", "3_c_1.wav", "3_d_2.wav"], ["7", "7", "3", "3"]),
        (["yes-1.wav", "yes-2.wav", "no way-1.wav", "no-2.wav"], ["yes", "yes", "no", "no"]),
        (["yes-1.wav", "yes-2.wav", "no-1.wav", "no-2.wav"], ["yes", "yes", "no", "no"]),
        (["a.wav", "b.wav"], None),
        (["take_1.wav", "take_2.wav", "take_3.wav"], None),
        (["1_a.wav", "2_a.wav", "3_a.wav"], None),
        (["yes-1.wav", "no.wav"], None),
        (["_a.wav", "_b.wav"], None),
        ([], None),
    ],
)
def test_names_that_speak_labels(names: list[str], labels: list[str] | None) -> None:
    assert labels_from_names(names) == (dict(zip(names, labels, strict=True)) if labels else {})


@pytest.mark.parametrize("data", [b"", b"RIFF....AVI ", b"x,y\n1,2\n", b"\x93NUMPY", b"PK\x03\x04", b"\xff\xfeh\x00i"])
def test_other_files_do_not_look_like_sound(data: bytes) -> None:
    assert not looks_like(data)


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(WAV)
    monkeypatch.setitem(__import__("sys").modules, "soundfile", None)
    with pytest.raises(StudioError, match="libsndfile"):
        read_recording(path)


# ---------------------------------------------------------------- real files


def test_real_recordings_come_in(shared_data: Path) -> None:
    digits = sorted((shared_data / "fsdd" / "recordings").glob("*_7.wav"))
    assert len(digits) == 50
    labels = labels_from_names([path.name for path in digits])
    for path in digits:
        source = Source(path.name, b"")
        recording = read_recording(path, source)
        assert (recording.rate, recording.channels, source.notes) == (8000, 1, [])
        assert 0.1 < recording.seconds < 3
        assert labels[path.name] == ", ".join(path.name.split("_")[:2])
    for path in sorted((shared_data / "librispeech_16k").glob("*.flac")):
        recording = read_recording(path)
        assert recording.rate == 16000
        assert 1 < recording.seconds < 40
