"""Audio files of all kinds, whole, odd and damaged."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_audio import (
    AIFF,
    BARE,
    DAMAGED,
    FLAC,
    GSM,
    LONG,
    MP3,
    MP3_FRAMES,
    NO_FILES,
    ODD,
    OGG,
    RATE,
    SOFT_FIRST,
    TONE,
    WAV,
    WAVE,
    Damaged,
    Odd,
    encoded,
    patched,
)

from studio.errors import StudioError
from studio.files import audio
from studio.files.audio import AudioFile, labels_from_names, looks_like, read_recording, write_recording
from studio.files.source import Source
from studio.sequences.recording import Recording

STEREO = np.concatenate([WAVE, -0.5 * WAVE], 1)

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


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_odd_files_come_in_with_a_note(read: Read, odd: Odd) -> None:
    name = odd.name
    recording, notes = read(name, odd.data)
    assert odd.frames is None or len(recording) == odd.frames
    assert len(notes) == bool(odd.said)
    for note in notes:
        assert note.startswith(f"{name}: ")
        assert odd.said in note
        assert note.endswith(".")
        assert "\n" not in note
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


def is_one_sentence(sentence: str, name: str) -> bool:
    """It begins with the file's name, ends with a full stop, has no other, and says what to do after a colon."""
    rest = sentence.removeprefix(f"{name}: ")
    advice = re.search(r"[:;] (copy|record|export|mix|cut|choose|look|convert) ", rest)
    return rest != sentence and advice is not None and rest.endswith(".") and ". " not in rest and "\n" not in rest


@pytest.mark.parametrize("damaged", DAMAGED, ids=lambda damaged: damaged.name)
def test_damaged_files_are_refused_with_a_sentence(read: Read, damaged: Damaged) -> None:
    with pytest.raises(StudioError) as caught:
        read(damaged.name, damaged.data)
    assert damaged.said in str(caught.value)
    assert is_one_sentence(str(caught.value), damaged.name)


@pytest.mark.parametrize("name", NO_FILES)
def test_what_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    make, said = NO_FILES[name]
    make(tmp_path / name)
    with pytest.raises(StudioError, match=said) as caught:
        read_recording(tmp_path / name)
    assert is_one_sentence(str(caught.value), name)


def test_a_sentence_that_says_too_little_would_be_noticed() -> None:
    assert is_one_sentence("a.wav: is empty: copy it again.", "a.wav")
    for bad in ("a.wav: is empty.", "is empty: copy it again.", "a.wav: is empty: copy it.\nAgain."):
        assert not is_one_sentence(bad, "a.wav")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(WAV)
    path.chmod(0)
    with pytest.raises(StudioError, match="cannot be read") as caught:
        read_recording(path)
    assert is_one_sentence(str(caught.value), "a.wav")


def test_a_file_that_may_not_be_read_by_anyone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For computers on which whoever runs the tests may read everything."""

    def refuse(path: Path, *arguments: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    path = tmp_path / "a.wav"
    path.write_bytes(WAV)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StudioError, match="cannot be read: permission denied") as caught:
        read_recording(path)
    assert is_one_sentence(str(caught.value), "a.wav")


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


FORMS = {"wav": WAV, "flac": FLAC, "ogg": OGG, "aiff": AIFF, "caf": encoded(WAVE, RATE, "CAF")}


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
        (
            ["seven_anna_1.flac", "seven_ben_1.flac", "red_anna_1.flac", "red_ben_1.flac"],
            ["seven, anna", "seven, ben", "red, anna", "red, ben"],
        ),
        (["7_jackson_1.wav", "7_jackson_2.wav", "3_jackson_1.wav", "3_jackson_2.wav"], ["7", "7", "3", "3"]),
        (["digit 7 1.wav", "digit 7 2.wav", "digit 3 1.wav", "digit 3 2.wav"], ["7", "7", "3", "3"]),
        (["anna_7.wav", "anna_8.wav", "ben_7.wav", "ben_8.wav"], ["anna", "anna", "ben", "ben"]),
        (["yes.wav", "yes (2).wav", "no.wav", "no (2).wav"], None),
        (["yes take1.wav", "yes Take2.wav", "no take1.wav", "no take2.wav"], ["yes", "yes", "no", "no"]),
        (["yes_1.wav", "yes_very_2.wav", "no_1.wav", "no_2.wav"], ["yes", "yes", "no", "no"]),
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


# ---------------------------------------------------------------- nothing is lost, and nothing is made up


def test_a_phone_call_does_not_end_in_noise(read: Read) -> None:
    recording, notes = read("a.wav", GSM)
    assert not notes
    heard = recording.samples[200:, 0]
    assert np.corrcoef(heard, TONE[200:4000, 0])[0, 1] > 0.9
    assert np.abs(heard[-320:]).max() < 0.6


def test_sound_that_a_header_knows_nothing_of_is_the_sound_that_was_recorded(read: Read) -> None:
    for data in (patched(WAV, at_4=bytes(4), at_40=bytes(4)), patched(WAV, at_40=b"\xa0\x0f\0\0")):
        np.testing.assert_allclose(read("a.wav", data)[0].samples, WAVE, atol=1e-4)
    whole, _ = read("a.mp3", SOFT_FIRST)
    bare, _ = read("a.mp3", BARE)
    delay = len(bare) - len(whole)  # the encoder's own, which only the first frame tells of
    lag = np.argmax(np.correlate(bare.samples[-9000:, 0], whole.samples[-8000:, 0]))
    assert abs(lag - 1000) < delay
    assert np.abs(bare.samples[-9000:]).max() > 0.1


def test_every_link_of_a_chain_is_heard(read: Read) -> None:
    low, high = (np.sin(2 * np.pi * hertz * np.arange(8000) / 8000).astype(np.float32)[:, None] for hertz in (200, 900))
    chain = encoded(low, 8000, "OGG") + encoded(high, 8000, "OGG") + encoded(np.repeat(low, 2, 0), 16000, "OGG")
    recording, notes = read("a.ogg", chain)
    assert not notes
    parts = np.split(recording.samples[:24000, 0], 3)
    assert [int(np.abs(np.fft.rfft(part)).argmax()) for part in parts] == [200, 900, 200]


def test_an_mp3_file_of_two_rates_comes_in_whole(read: Read) -> None:
    recording, _ = read("a.mp3", BARE + MP3)
    assert recording.rate == 16000
    assert recording.seconds == pytest.approx(MP3_FRAMES / 16000 + 1, abs=0.08)
