"""What the loudspeaker is given, on a fake one that asks for samples by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from fake_sounddevice import FakeSoundDevice, Stream, device, no_library, wait_until
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.sound.player import Player

RATE = 8000
LEAD_IN = 400  # 50 ms of silence
LATENCY = 0.02


@pytest.fixture
def player(sound: FakeSoundDevice) -> Player:
    return Player(latency=LATENCY)


def ramp(count: int, channels: int = 1) -> NDArray[np.float32]:
    """Samples that tell where they come from, quiet enough to be told apart exactly."""
    return (np.arange(1, count + 1, dtype=np.float32)[:, None] / 2**20).repeat(channels, 1)


def source_frames(heard: NDArray[np.float32]) -> list[int]:
    """Which samples of `ramp` were heard."""
    return (np.rint(heard[:, 0] * 2**20).astype(int) - 1).tolist()


def play_to_the_end(stream: Stream, block: int = 100) -> NDArray[np.float32]:
    """Everything from now on, and a little silence."""
    parts = []
    while not stream.ring.exhausted:
        parts.append(stream.pull(block, block=block))
    return np.concatenate(parts)


@pytest.mark.parametrize("block", [1, 37, 400])
def test_a_clip_is_played_whole(sound: FakeSoundDevice, player: Player, block: int) -> None:
    samples = ramp(1000 if block > 1 else 30)
    player.play(samples, RATE)
    heard = play_to_the_end(sound.streams[0], block)
    assert (heard[:LEAD_IN] == 0).all()
    assert (heard[LEAD_IN : LEAD_IN + len(samples)] == samples).all()
    assert (heard[LEAD_IN + len(samples) :] == 0).all()
    wait_until(lambda: not player.playing)
    assert sound.streams[0].closed
    assert player.underruns == 0
    assert player.error == ""
    assert player.position == pytest.approx(len(samples) / RATE)


def test_one_channel_is_heard_on_both_sides(sound: FakeSoundDevice, player: Player) -> None:
    player.play(ramp(100)[:, 0], RATE)
    heard = play_to_the_end(sound.streams[0])
    assert heard.shape[1] == 2
    assert (heard[:, 0] == heard[:, 1]).all()


def test_two_channels_stay_apart(sound: FakeSoundDevice, player: Player) -> None:
    samples = ramp(100, 2) * (1, -1)
    player.play(samples, RATE)
    assert (play_to_the_end(sound.streams[0])[LEAD_IN : LEAD_IN + 100] == samples.astype(np.float32)).all()


def test_one_loudspeaker_plays_the_mean_of_all(sound: FakeSoundDevice, player: Player) -> None:
    sound.devices[0] = device("Speaker", outputs=1)
    player.play(np.float32([[0.5, 0.25]] * 50), RATE)
    assert (play_to_the_end(sound.streams[0])[LEAD_IN : LEAD_IN + 50] == 0.375).all()


def test_a_device_that_insists_on_its_rate_gets_it(sound: FakeSoundDevice, player: Player) -> None:
    sound.devices[0] = device("Speakers", outputs=2, rate=48000, refuses=[RATE])
    time = np.arange(RATE) / RATE
    player.play(np.sin(2 * np.pi * 440 * time), RATE)
    heard = play_to_the_end(sound.streams[0], 480)
    assert sound.streams[0].samplerate == 48000
    lead_in = 6 * LEAD_IN
    expected = np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)
    np.testing.assert_allclose(heard[lead_in + 2000 : lead_in + 46000, 0], expected[2000:46000], atol=1e-3)
    assert not heard[lead_in + 48000 :].any()


# ---------------------------------------------------------------- loop, seek, pause


def test_a_loop_goes_on_without_a_gap_until_it_is_ended(sound: FakeSoundDevice, player: Player) -> None:
    player.loop = True
    player.play(ramp(1000), RATE, start=0.05, end=0.1, begin=0.075)
    heard = source_frames(sound.streams[0].pull(LEAD_IN + 1500)[LEAD_IN:])
    assert heard == [*range(600, 800), *([*range(400, 800)] * 3), *range(400, 500)]
    player.loop = False
    rest = source_frames(play_to_the_end(sound.streams[0]))
    assert rest[:300] == [*range(500, 800)]
    wait_until(lambda: not player.playing)


def test_seeking_is_heard_at_once(sound: FakeSoundDevice, player: Player) -> None:
    player.play(ramp(8000), RATE)
    stream = sound.streams[0]
    stream.pull(1000)
    player.seek(0.75)
    assert player.position == 0.75
    wait_until(lambda: player._playback._seek_to is None)
    assert source_frames(stream.pull(500)) == list(range(6000, 6500))
    player.seek(0.25)
    wait_until(lambda: player._playback._seek_to is None)
    assert source_frames(stream.pull(500)) == list(range(2000, 2500))
    assert player.underruns == 0


def test_seeking_beyond_the_end_ends(sound: FakeSoundDevice, player: Player) -> None:
    player.play(ramp(8000), RATE)
    sound.streams[0].pull(1000)
    player.seek(99)
    wait_until(lambda: not player.playing)
    assert player.position == pytest.approx(1)


def test_after_a_pause_the_very_next_sample_is_heard(sound: FakeSoundDevice, player: Player) -> None:
    player.play(ramp(8000), RATE)
    stream = sound.streams[0]
    wait_until(lambda: stream.active)
    stream.delay = 0.5  # the device holds all of it, nothing has reached the ear
    heard = source_frames(stream.pull(LEAD_IN + 1000)[LEAD_IN:])
    player.pause()
    wait_until(lambda: not stream.active)
    assert player.playing
    assert player.paused
    assert player.position == 0
    player.resume()
    again = source_frames(stream.pull(2000))
    assert [frame for frame in again if frame >= 0] == list(range(again[-1] + 1))
    assert again[-1] >= heard[-1]
    assert stream.starts == 2


def test_seeking_while_paused_counts_when_it_goes_on(sound: FakeSoundDevice, player: Player) -> None:
    player.play(ramp(8000), RATE)
    stream = sound.streams[0]
    stream.pull(1000)
    player.pause()
    wait_until(lambda: not stream.active)
    for second in (0.1, 0.2, 0.3, 0.4, 0.9, 0.5):
        player.seek(second)
    wait_until(lambda: player._playback._seek_to is None)
    assert player.position == 0.5
    assert not stream.active
    player.resume()
    assert source_frames(stream.pull(LEAD_IN + 500)[LEAD_IN:]) == list(range(4000, 4500))


def test_the_position_is_that_of_the_ear(sound: FakeSoundDevice, player: Player) -> None:
    player.loop = True
    player.play(ramp(8000), RATE)
    stream = sound.streams[0]
    stream.delay = 0.4
    for _ in range(3):
        stream.pull(LEAD_IN)
        assert player.position == 0  # the lead-in has not yet been heard
    stream.delay = 1e-9
    stream.pull(2)
    assert player.position == pytest.approx(2 * LEAD_IN / RATE, abs=3 / RATE)


# ---------------------------------------------------------------- volume, speed


def test_volume_fades_to_its_new_value(sound: FakeSoundDevice, player: Player) -> None:
    player.volume = 0.5
    player.loop = True
    player.play(np.ones(8000), RATE)
    stream = sound.streams[0]
    assert (stream.pull(1000)[LEAD_IN:] == 0.5).all()
    player.volume = 0.0
    heard = np.concatenate([stream.pull(100) for _ in range(40)])[:, 0]
    steps = np.diff(heard)
    assert heard[-1] == 0
    assert (steps <= 0).all()
    assert steps.min() > -0.01
    player.stop()


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.5, 2.0])
def test_slow_and_fast_speech_keeps_its_pitch(sound: FakeSoundDevice, player: Player, speed: float) -> None:
    player.speed = speed
    time = np.arange(2 * RATE) / RATE
    player.play(sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 9)), RATE)
    heard = play_to_the_end(sound.streams[0])[LEAD_IN:, 0]
    heard = np.trim_zeros(heard, "b")
    assert len(heard) == pytest.approx(2 * RATE / speed, rel=0.03)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    loudest = np.argmax(spectrum) * RATE / len(heard)
    assert loudest == pytest.approx(150, abs=2)


def test_speed_back_to_one_is_exact(sound: FakeSoundDevice, player: Player) -> None:
    player.speed = 0.5
    player.play(ramp(8000), RATE)
    stream = sound.streams[0]
    stream.pull(LEAD_IN + 800)
    player.speed = 1.0
    heard = source_frames(play_to_the_end(stream))
    last = heard.index(7999)
    assert heard[last - 2999 : last + 1] == list(range(5000, 8000))
    assert player.position < 1.01


def test_speed_stays_within_bounds(player: Player) -> None:
    player.speed = 100
    assert player.speed == 4


# ---------------------------------------------------------------- samples that are being made


def test_a_stream_is_heard_until_it_ends(sound: FakeSoundDevice, player: Player) -> None:
    samples = ramp(3000)
    place = 0

    def read(count: int) -> NDArray[np.float32] | None:
        nonlocal place
        if place == len(samples):
            return None
        part = samples[place : place + 130]  # whatever was asked for
        place += len(part)
        return part[:, 0]

    player.stream(read, RATE)
    heard = play_to_the_end(sound.streams[0])
    assert (heard[LEAD_IN : LEAD_IN + 3000] == samples).all()
    player.seek(0)  # is of no use here, and does no harm
    wait_until(lambda: not player.playing)


def test_a_stream_that_has_nothing_yet_is_asked_again(sound: FakeSoundDevice, player: Player) -> None:
    chunks: list[NDArray[np.float32] | None] = [np.zeros(0, np.float32)] * 3 + [ramp(2000)[:, 0], None]
    player.stream(lambda count: chunks.pop(0), RATE)
    assert source_frames(play_to_the_end(sound.streams[0])[LEAD_IN:])[:2000] == list(range(2000))


def test_missing_samples_are_silence_and_are_counted(sound: FakeSoundDevice, player: Player) -> None:
    ready = threading.Event()
    chunks = [ramp(2000)[:, 0], ramp(2000)[:, 0], None]

    def read(count: int) -> NDArray[np.float32] | None:
        if len(chunks) == 2:
            ready.wait()
        return chunks.pop(0)

    player.stream(read, RATE)
    stream = sound.streams[0]
    heard = stream.pull(LEAD_IN + 2000)
    gap = stream.ask(500)
    assert source_frames(heard[LEAD_IN:]) == list(range(2000))
    assert (gap == 0).all()
    assert player.underruns == 1
    ready.set()
    assert source_frames(stream.pull(2000)) == list(range(2000))
    play_to_the_end(stream)
    wait_until(lambda: not player.playing)
    assert player.underruns == 1


def test_a_device_that_wants_much_at_a_time_gets_it(sound: FakeSoundDevice, player: Player) -> None:
    player.loop = True
    player.play(ramp(8000), RATE)
    stream = sound.streams[0]
    wait_until(lambda: stream.active)
    stream.ask(3000)
    assert player.underruns == 1
    wait_until(lambda: stream.ring.waiting >= 3000)
    stream.ask(3000)
    assert player.underruns == 1
    player.stop()


def test_the_device_may_tell_of_gaps_too(sound: FakeSoundDevice, player: Player) -> None:
    player.play(ramp(1000), RATE)
    wait_until(lambda: sound.streams[0].active)
    sound.streams[0].ask(100, underflow=True)
    assert player.underruns == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [(StudioError("The model is gone."), "The model is gone."), (RuntimeError("boom"), "mistake in the studio")],
)
def test_a_source_that_fails_ends_with_a_sentence(sound: FakeSoundDevice, error: Exception, said: str) -> None:
    ends: list[str] = []
    player = Player(latency=LATENCY, on_end=ends.append)

    def read(count: int) -> NDArray[np.float32]:
        raise error

    player.stream(read, RATE)
    wait_until(lambda: ends)
    assert said in player.error
    assert ends == [player.error]
    assert not player.playing


def test_a_source_with_the_wrong_channels_is_a_mistake(sound: FakeSoundDevice, player: Player) -> None:
    player.stream(lambda count: np.zeros((10, 2)), RATE, channels=1)
    wait_until(lambda: not player.playing)
    assert "expected 1 channels" in player.error


# ---------------------------------------------------------------- what can go wrong


def test_a_device_that_is_pulled_out_stops_cleanly(sound: FakeSoundDevice) -> None:
    ends: list[str] = []
    player = Player(latency=LATENCY, on_end=ends.append)
    player.loop = True
    player.play(ramp(1000), RATE)
    sound.streams[0].pull(1000)
    sound.streams[0].unplug()
    wait_until(lambda: ends)
    assert "are gone" in ends[0]
    assert player.error == ends[0]
    assert not player.playing
    assert sound.streams[0].closed
    with pytest.raises(StudioError, match=r"no loudspeaker or headphones"):
        player.play(ramp(10), RATE)


def test_a_device_that_falls_silent_is_gone(
    sound: FakeSoundDevice, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.sound.playback._STALLED_POLLS", 3)
    player.loop = True
    player.play(ramp(1000), RATE)
    wait_until(lambda: not player.playing)
    assert "are gone" in player.error


def test_stopping_says_nothing(sound: FakeSoundDevice) -> None:
    ends: list[str] = []
    player = Player(latency=LATENCY, on_end=ends.append)
    player.loop = True
    player.play(ramp(1000), RATE)
    sound.streams[0].pull(500)
    player.stop()
    assert ends == [""]
    assert not player.playing
    assert sound.streams[0].closed
    player.stop()
    assert ends == [""]


def test_a_new_clip_takes_the_place_of_the_old(sound: FakeSoundDevice, player: Player) -> None:
    player.loop = True
    player.play(ramp(1000), RATE)
    player.play(ramp(1000), RATE)
    assert sound.streams[0].closed
    assert not sound.streams[1].closed
    player.stop()


def test_nobody_is_stuck_who_stops_from_the_player_s_thread(sound: FakeSoundDevice) -> None:
    players: list[Player] = []
    done = threading.Event()

    def read(count: int) -> NDArray[np.float32]:
        players[0].stop()
        done.set()
        return np.zeros(count, np.float32)

    players.append(Player(latency=LATENCY))
    gate = threading.Event()
    players[0].stream(lambda count: read(count) if gate.wait() else None, RATE)
    gate.set()
    assert done.wait(60)
    wait_until(lambda: not players[0].playing)


def test_before_anything_is_played(player: Player) -> None:
    for method in (player.pause, player.resume, player.stop):
        method()
    player.seek(1)
    assert (player.playing, player.paused, player.position, player.underruns, player.error) == (False, False, 0, 0, "")


def test_without_the_library(player: Player) -> None:
    with no_library(), pytest.raises(StudioError, match=r"PortAudio"):
        player.play(ramp(10), RATE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sound: sound.devices.clear(), "no device to play on"),
        (lambda sound: sound.devices[0].update(busy=True), "another program"),
        (lambda sound: sound.devices[0].update(refuses=[RATE, 44100]), "of a known kind"),
    ],
)
def test_a_device_that_cannot_be_used(
    sound: FakeSoundDevice, player: Player, change: Callable[[FakeSoundDevice], None], said: str
) -> None:
    change(sound)
    with pytest.raises(StudioError, match=said):
        player.play(ramp(10), RATE)
    assert not player.playing


def test_an_unknown_device_is_named(sound: FakeSoundDevice) -> None:
    with pytest.raises(StudioError, match=r"'Headset' is not there"):
        Player(device="Headset").play(ramp(10), RATE)
