"""What is kept of what a microphone hears, on a fake one that is spoken to by hand."""

from __future__ import annotations

import numpy as np
import pytest
from fake_sounddevice import FakeSoundDevice, Stream, device, no_library
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.sound import recorder as recorder_module
from studio.sound.levels import SILENCE
from studio.sound.recorder import Recorder

RATE = 44100


@pytest.fixture
def recorder(sound: FakeSoundDevice, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.setattr(recorder_module, "LATENCY", 0.0)
    recorder = Recorder()
    recorder.open()
    return recorder


@pytest.fixture
def stream(recorder: Recorder, sound: FakeSoundDevice) -> Stream:
    return sound.streams[0]


def ramp(start: int, end: int) -> NDArray[np.float32]:
    return np.arange(start, end, dtype=np.float32)[:, None] / 2**20


def test_everything_between_start_and_stop_is_kept(recorder: Recorder, stream: Stream) -> None:
    stream.push(ramp(0, 1000))
    recorder.start(pre_roll=0)
    for place in range(1000, 5000, 256):
        stream.push(ramp(place, min(place + 256, 5000)))
    samples = recorder.stop()
    stream.push(ramp(5000, 6000))
    assert (samples == ramp(1000, 5000)).all()
    assert samples.shape == (4000, 1)
    assert recorder.seconds == 4000 / RATE
    assert not recorder.recording
    assert recorder.listening
    assert (recorder.stop() == samples).all()


@pytest.mark.parametrize(("heard", "kept"), [(10_000, 4410), (2000, 2000), (0, 0)])
def test_the_moment_before_is_kept_too(recorder: Recorder, stream: Stream, heard: int, kept: int) -> None:
    for place in range(0, heard, 500):
        stream.push(ramp(place, place + 500))
    recorder.start(pre_roll=0.1)
    stream.push(ramp(heard, heard + 100))
    assert (recorder.stop() == ramp(heard - kept, heard + 100)).all()


def test_listening_all_day_keeps_a_second(recorder: Recorder, stream: Stream) -> None:
    for place in range(0, 5 * RATE, 500):
        stream.push(ramp(place, place + 500))
        recorder.poll()
    recorder.start(pre_roll=99)
    samples = recorder.stop()
    assert RATE <= len(samples) <= RATE + 500
    assert samples[-1] == ramp(5 * RATE - 1, 5 * RATE)


def test_a_new_recording_forgets_the_last(recorder: Recorder, stream: Stream) -> None:
    recorder.start()
    stream.push(ramp(0, 100))
    recorder.stop()
    recorder.start(pre_roll=0)
    stream.push(ramp(100, 200))
    assert (recorder.stop() == ramp(100, 200)).all()


def test_what_is_kept_can_be_seen_growing(recorder: Recorder, stream: Stream) -> None:
    recorder.start(pre_roll=0)
    seen: list[float] = []
    for place in range(0, 1000, 100):
        stream.push(ramp(place, place + 100))
        recorder.poll()
        seen += recorder.samples(len(seen))[:, 0].tolist()
    assert seen == ramp(0, 1000)[:, 0].tolist()
    assert recorder.samples(950).shape == (50, 1)
    assert recorder.samples(2000).shape == (0, 1)


def test_levels_move_before_anything_is_kept(recorder: Recorder, stream: Stream) -> None:
    assert recorder.poll().level == SILENCE
    stream.push(np.full((100, 1), 0.5, np.float32))
    levels = recorder.poll()
    assert levels.level == pytest.approx(-6.02, abs=0.01)
    assert not levels.clipped
    stream.push(np.array([[0.1], [-1.0], [0.1]], np.float32))
    assert recorder.poll().clipped
    stream.push(np.full((100, 1), 0.5, np.float32))
    assert recorder.poll().clipped
    recorder.put_out_light()
    assert not recorder.poll().clipped


def test_nobody_should_speak_before_the_first_samples(recorder: Recorder, stream: Stream) -> None:
    assert not recorder.ready
    stream.push(ramp(0, 10))
    assert recorder.ready
    recorder.poll()
    assert recorder.ready
    recorder.close()
    assert not recorder.ready


def test_a_microphone_that_is_pulled_out_keeps_what_was_said(recorder: Recorder, stream: Stream) -> None:
    recorder.start(pre_roll=0)
    stream.push(ramp(0, 300))
    stream.unplug()
    recorder.poll()
    assert "microphone is gone" in recorder.error
    assert not recorder.recording
    assert not recorder.listening
    assert (recorder.stop() == ramp(0, 300)).all()
    with pytest.raises(StudioError, match="no microphone"):
        recorder.open()


def test_a_microphone_that_falls_silent_is_gone(
    recorder: Recorder, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(recorder_module.time, "monotonic", lambda: now[0])
    recorder.poll()
    for _ in range(20):  # wireless ones take their time to begin
        now[0] += 0.4
        recorder.poll()
    assert not recorder.error
    stream.push(ramp(0, 10))
    recorder.poll()
    now[0] += 1000  # the computer slept
    recorder.poll()
    assert not recorder.error
    for _ in range(10):
        now[0] += 0.4
        recorder.poll()
    assert "is gone" in recorder.error


def test_a_forgotten_recording_ends(recorder: Recorder, stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "LONGEST", 0.01)
    recorder.start()
    stream.push(ramp(0, 600))
    recorder.poll()
    assert not recorder.recording
    assert "the most that is recorded at a time" in recorder.error
    assert len(recorder.stop()) == 600


def test_samples_that_were_lost_are_counted(recorder: Recorder, stream: Stream) -> None:
    stream.push(ramp(0, 10), overflow=True)
    stream.push(ramp(0, 10))
    assert recorder.overruns == 1


def test_the_rate_is_the_one_asked_for_where_the_device_can(sound: FakeSoundDevice) -> None:
    recorder = Recorder(rate=16000)
    recorder.start()
    assert recorder.rate == sound.streams[0].samplerate == 16000
    sound.devices[1]["refuses"] = [16000]
    recorder.open()
    assert recorder.rate == sound.streams[1].samplerate == 44100
    assert sound.streams[0].closed
    recorder.close()
    assert sound.streams[1].closed


def test_two_channels_where_there_are_two(sound: FakeSoundDevice) -> None:
    sound.devices[1] = device("Interface", inputs=8)
    recorder = Recorder(channels=2)
    recorder.start(pre_roll=0)
    assert sound.streams[0].channels == 2
    assert recorder.stop().shape == (0, 2)
    sound.streams[0].push(np.ones((5, 2), np.float32))


def test_a_device_that_cannot_be_used(sound: FakeSoundDevice) -> None:
    sound.devices[1]["refuses"] = [44100.0]
    with pytest.raises(StudioError, match="of a known kind"):
        Recorder().open()
    sound.devices.clear()
    with pytest.raises(StudioError, match="no device to record from"):
        Recorder().open()
    with no_library(), pytest.raises(StudioError, match="PortAudio"):
        Recorder().open()
