"""Played is heard, and said is recorded: the real sound path, from the studio through PortAudio to a sound server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sound_server import SoundServer, best_correlation, missing_programs

TOP = Path(__file__).parent.parent.parent
RATE = 16000

pytestmark = pytest.mark.skipif(bool(missing_programs()), reason=f"no sound server without {missing_programs()}")

COMMON = """
import json, sys, time
import numpy as np
from studio.sound.devices import output_devices
from studio.sound.player import Player
from studio.sound.recorder import Recorder

folder = sys.argv[1]

def tell(**values):
    print(json.dumps(values), flush=True)

def until(happened):
    while not happened():
        time.sleep(0.01)
"""


@pytest.fixture
def server() -> Iterator[SoundServer]:
    with SoundServer(RATE) as server:
        yield server


class Child:
    """A part of the studio in a process of its own, for PortAudio reads the environment when it starts."""

    def __init__(self, server: SoundServer, folder: Path, code: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMON + textwrap.dedent(code), str(folder)],
            env=server.environment | {"PYTHONPATH": str(TOP)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def told(self) -> dict[str, object]:
        """The next thing it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the process has ended: {self._process.communicate()[1]}")
        found: dict[str, object] = json.loads(line)
        return found

    def go_on(self) -> None:
        """Let its `input()` return."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> None:
        _, errors = self._process.communicate()
        assert self._process.returncode == 0, errors


Run = Callable[[str], Child]


@pytest.fixture
def run(server: SoundServer, tmp_path: Path) -> Run:
    return lambda code: Child(server, tmp_path, code)


class OtherPrograms:
    """How much of the processors programs other than this test and its children have used since it began."""

    def __init__(self) -> None:
        self._began, self._before = time.monotonic(), self._ticks()

    @staticmethod
    def _ticks() -> float:
        """Seconds of processor time of others, as Linux counts them."""
        user, nice, system, *_ = map(int, Path("/proc/stat").read_text().split()[1:8])
        return (user + nice + system) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])

    def cores(self) -> float:
        """On average, once the children have ended."""
        return (self._ticks() - self._before) / (time.monotonic() - self._began)


def noise(seconds: float) -> NDArray[np.float32]:
    """Noise, which is like nothing but itself, with a deep and a high tone."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = 0.1 * np.random.default_rng(0).standard_normal(len(time))
    wave += 0.2 * np.sin(2 * np.pi * 100 * time) + 0.1 * np.sin(2 * np.pi * 7000 * time)
    return wave.astype(np.float32)


def correlation_heard(server: SoundServer, played: NDArray[np.float32], child: Child) -> float:
    """How well the loudspeaker's sound fits what was to be played, once the child has said that it was."""
    listener = server.listen()
    try:
        child.go_on()
        assert child.told() == {"underruns": 0, "error": ""}
        listener.wait_for(RATE // 4)
        return best_correlation(played, listener.heard()[:, 0])[0]
    finally:
        listener.close()
        child.end()


def test_a_clip_is_heard_as_it_is(server: SoundServer, run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", noise(2.0))
    child = run(
        """
        player = Player()
        clip = np.load(folder + "/clip.npy")
        input()
        player.play(clip, 16000)
        until(lambda: not player.playing)
        tell(underruns=player.underruns, error=player.error)
        """
    )
    assert correlation_heard(server, noise(2.0), child) > 0.999


def test_a_clip_at_another_rate_is_heard_as_it_is(server: SoundServer, run: Run, tmp_path: Path) -> None:
    clip = noise(2.0) - 0.1 * np.sin(2 * np.pi * 7000 * np.arange(2 * RATE) / RATE).astype(np.float32)
    clip = np.fft.irfft(np.fft.rfft(clip) * (np.arange(RATE + 1) < 0.4 * RATE)).astype(np.float32)  # up to 3.2 kHz
    np.save(tmp_path / "clip.npy", clip[::2])
    child = run(
        """
        player = Player()
        clip = np.load(folder + "/clip.npy")
        input()
        player.play(clip, 8000)
        until(lambda: not player.playing)
        tell(underruns=player.underruns, error=player.error)
        """
    )
    assert correlation_heard(server, clip, child) > 0.999


def test_a_stream_of_speech_is_heard_as_it_was_made(server: SoundServer, run: Run, tmp_path: Path) -> None:
    child = run(
        """
        from studio.sequences.recording import Recording
        from studio.sequences.speech.representation import SpeechRepresentation

        time_course = np.arange(16000) / 16000
        voice = sum(np.sin(2 * np.pi * 140 * k * time_course) / k for k in range(1, 20)) * 0.1
        voice += 0.01 * np.random.default_rng(0).standard_normal(16000)
        recording = Recording(voice.astype(np.float32), 16000)
        representation = SpeechRepresentation()
        representation.fit([recording])
        frames = list(representation.encode(recording).frames) * 2
        decoder = representation.decoder(1)
        made = []

        def read(count):
            if decoder.done:
                return None
            if not frames:
                made.append(decoder.finish())
            else:
                frame = frames.pop(0).copy()
                frame[-1] = 0
                made.append(decoder.samples(frame[None, None]))
            return made[-1]

        input()
        player = Player()
        player.stream(read, representation.rate)
        until(lambda: not player.playing)
        np.save(folder + "/made.npy", np.concatenate(made)[:, 0])
        tell(underruns=player.underruns, error=player.error)
        """
    )
    listener = server.listen()
    try:
        child.go_on()
        assert child.told() == {"underruns": 0, "error": ""}
        listener.wait_for(RATE // 4)
        made = np.load(tmp_path / "made.npy")
        assert len(made) == 2 * RATE
        assert best_correlation(made, listener.heard()[:, 0])[0] > 0.999
    finally:
        listener.close()
        child.end()


def test_seeking_and_pausing_lose_nothing(server: SoundServer, run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", noise(3.0))
    child = run(
        """
        player = Player()
        clip = np.load(folder + "/clip.npy")
        input()
        player.play(clip, 16000)
        until(lambda: player.position > 0.5)
        player.pause()
        time.sleep(0.3)
        tell(position=player.position)
        player.resume()
        time.sleep(0.3)
        player.seek(2.0)
        until(lambda: not player.playing)
        tell(underruns=player.underruns, error=player.error)
        """
    )
    listener = server.listen()
    try:
        child.go_on()
        paused = child.told()["position"]
        assert isinstance(paused, float)
        assert child.told() == {"underruns": 0, "error": ""}
        listener.wait_for(RATE // 4)
        heard = listener.heard()[:, 0]
    finally:
        listener.close()
        child.end()
    place = round(paused * RATE)
    # Up to the pause, from the pause on, and the end after the jump.
    pieces = slice(0, place - RATE // 10), slice(place, place + RATE // 8), slice(2 * RATE, 3 * RATE)
    assert min(best_correlation(noise(3.0)[piece], heard)[0] for piece in pieces) > 0.999


def test_what_is_said_is_recorded_as_it_is(server: SoundServer, run: Run, tmp_path: Path) -> None:
    child = run(
        """
        recorder = Recorder(rate=16000)
        recorder.open()
        until(lambda: recorder.ready)
        recorder.start()
        tell(go=True)
        loudest = -96.0
        while not recorder.seconds or loudest < -20 or recorder.poll().level > -40:
            loudest = max(loudest, recorder.poll().level)
            time.sleep(0.02)
        samples = recorder.stop()
        recorder.close()
        np.save(folder + "/recorded.npy", samples)
        tell(overruns=recorder.overruns, error=recorder.error, rate=recorder.rate, clipped=recorder.poll().clipped)
        """
    )
    assert child.told() == {"go": True}
    server.say(noise(2.0))
    assert child.told() == {"overruns": 0, "error": "", "rate": RATE, "clipped": False}
    child.end()
    assert best_correlation(noise(2.0), np.load(tmp_path / "recorded.npy")[:, 0])[0] > 0.999


def test_devices_that_vanish_and_come_back(server: SoundServer, run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", noise(1.0))
    child = run(
        """
        ends = []
        player = Player(on_end=ends.append)
        player.loop = True
        player.play(np.load(folder + "/clip.npy"), 16000)
        recorder = Recorder(rate=16000)
        recorder.start()
        until(lambda: recorder.ready)
        until(lambda: recorder.poll() and recorder.seconds > 0.1 and player.position > 0.1)
        tell(playing=player.playing, listening=recorder.listening)
        until(lambda: not player.playing)
        until(lambda: recorder.poll() and not recorder.listening)
        tell(ends=ends, player=player.error, recorder=recorder.error, kept=len(recorder.stop()) > 1600)
        tell(devices=[device.name for device in output_devices(rescan=True)])
        input()
        tell(devices=bool(output_devices(rescan=True)))
        player.loop = False
        player.play(np.load(folder + "/clip.npy"), 16000)
        until(lambda: not player.playing)
        tell(player=player.error)
        """
    )
    assert child.told() == {"playing": True, "listening": True}
    server.switch_off()
    said = child.told()
    assert "headphones are gone" in str(said["player"])
    assert "microphone is gone" in str(said["recorder"])
    assert said["ends"] == [said["player"]]
    assert said["kept"] is True
    assert child.told() == {"devices": []}
    server.switch_on()
    child.go_on()
    assert child.told() == {"devices": True}
    assert child.told() == {"player": ""}
    child.end()


def test_the_program_can_end_in_the_middle_of_a_sound(run: Run) -> None:
    for _ in range(3):
        child = run(
            """
            player, recorder = Player(), Recorder()
            player.loop = True
            player.play(np.zeros(8000), 16000)
            recorder.start()
            until(lambda: player.position > 0.1)
            tell(playing=player.playing)
            """
        )
        assert child.told() == {"playing": True}
        child.end()


@pytest.mark.slow
def test_no_gap_while_a_training_runs(run: Run) -> None:
    """A minute of a model's frames made into speech while another thread trains as fast as it can."""
    others = OtherPrograms()
    child = run(
        """
        import threading
        import torch
        from studio.models.settings import VRNNSettings
        from studio.models.building import build_model
        from studio.sequences.recording import Recording
        from studio.sequences.speech.representation import SpeechRepresentation

        torch.set_num_threads(1)
        sys.setswitchinterval(0.0005)  # as the studio does
        representation = SpeechRepresentation()
        chance = np.random.default_rng(0)
        representation.fit([Recording(0.1 * chance.standard_normal(16000).astype(np.float32), 16000)])
        settings = VRNNSettings(hidden=128)
        model, trained = (build_model(settings, representation.layout) for _ in range(2))
        optimiser = torch.optim.Adam(trained.parameters())
        stopped = threading.Event()
        steps = 0

        def train():
            global steps
            x = torch.randn(40, 32, representation.layout.width)
            x[..., -1] = 0
            noise = torch.randn(40, 32, settings.latent)
            while not stopped.is_set():
                terms, _ = trained.score(x, torch.ones(40, 32), trained.initial_state(32), noise)
                optimiser.zero_grad()
                (terms.nll + terms.kl).mean().backward()
                optimiser.step()
                steps += 1

        decoder = representation.decoder(1)
        state = model.initial_state(1)

        def read(count):
            global state
            with torch.no_grad():
                frames, state = model.generate(state, torch.randn(1, 1, model.noise_width))
            frames[..., -1] = 0
            return decoder.samples(frames.numpy())

        read(1)  # the first call is slow
        training = threading.Thread(target=train)
        training.start()
        until(lambda: steps > 3 or not training.is_alive())
        player = Player()
        player.stream(read, representation.rate, latency=0.2)
        until(lambda: player.position > 60 or not player.playing)
        said = dict(underruns=player.underruns, error=player.error, playing=player.playing, trained=steps > 20)
        stopped.set()
        player.stop()
        training.join()
        tell(**said)
        """
    )
    told = child.told()
    child.end()
    if told["underruns"] and others.cores() > 0.25:
        pytest.skip("other programs kept this computer too busy to tell")
    assert told == {"underruns": 0, "error": "", "playing": True, "trained": True}
