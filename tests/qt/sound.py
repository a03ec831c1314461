"""A loudspeaker and a microphone that are made up."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.errors import StudioError
from studio.sound.devices import Device
from studio.sound.levels import LevelMeter, Levels
from studio.sound.sources import ReadChunk, as_frames
from studio.ui.audio.system import SoundSystem

RATE = 16000
SPEAKERS = Device("Speakers", 0, 2, 48000, True)
MICROPHONE = Device("Microphone", 1, 1, RATE, True)


class FakePlayer:
    """Plays nothing; a test moves its time.

    Attributes:
        played: what was asked for: samples, rate, start, end, begin.
        refuses: a sentence, where nothing can be played.
    """

    def __init__(self, on_end: Callable[[str], None]) -> None:
        self.device = ""
        self.volume = 1.0
        self.loop = False
        self.speed = 1.0
        self.position = 0.0
        self.underruns = 0
        self.playing = False
        self.paused = False
        self.refuses = ""
        self.played: list[tuple[NDArray[np.float32], int, float, float | None, float | None]] = []
        self.read: ReadChunk | None = None
        self.threads: set[str] = set()
        self._on_end = on_end

    def play(
        self, samples: ArrayLike, rate: int, *, start: float = 0.0, end: float | None = None, begin: float | None = None
    ) -> None:
        self._start()
        self.position = start if begin is None else begin
        self.played.append((as_frames(samples), rate, start, end, begin))

    def stream(self, read_chunk: ReadChunk, rate: int, channels: int = 1) -> None:
        self._start()
        self.read, self.position = read_chunk, 0.0

    def _start(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.stop()
        if self.refuses:
            raise StudioError(self.refuses)
        self.playing, self.paused = True, False

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def stop(self) -> None:
        self.end()

    def seek(self, seconds: float) -> None:
        self.position = seconds

    def end(self, why: str = "") -> None:
        """What is played is over."""
        if self.playing:
            self.playing = False
            self._on_end(why)


class FakeRecorder:
    """Hears what a test says."""

    def __init__(self) -> None:
        self.device = ""
        self.rate = RATE
        self.error = ""
        self.refuses = ""
        self.listening = self.recording = False
        self.ready = False
        self.threads: set[str] = set()
        self._meter = LevelMeter(RATE)
        self._kept: list[NDArray[np.float32]] = []

    @property
    def seconds(self) -> float:
        return sum(map(len, self._kept)) / self.rate

    def open(self) -> None:
        self.threads.add(threading.current_thread().name)
        if self.refuses:
            raise StudioError(self.refuses)
        self.listening = self.ready = True

    def close(self) -> None:
        self.listening = self.recording = self.ready = False

    def start(self) -> None:
        self._kept = []
        self.recording = True

    def stop(self) -> NDArray[np.float32]:
        self.threads.add(threading.current_thread().name)
        self.recording = False
        return self.samples()

    def samples(self, start: int = 0) -> NDArray[np.float32]:
        return np.concatenate([*self._kept, np.zeros((0, 1), np.float32)])[start:]

    def poll(self) -> Levels:
        return self._meter.levels

    def put_out_light(self) -> None:
        self._meter.put_out_light()

    def hear(self, samples: NDArray[np.float32]) -> None:
        """Somebody says ``[n]``."""
        block = np.asarray(samples, np.float32).reshape(-1, 1)
        self._meter.update(block)
        if self.recording:
            self._kept.append(block)


class FakeSound:
    """All of it; `system` is what the window is given."""

    def __init__(self) -> None:
        self.players: list[FakePlayer] = []
        self.recorders: list[FakeRecorder] = []
        self.outputs, self.inputs = [SPEAKERS], [MICROPHONE]
        self.problem = ""
        self.scans: list[bool] = []
        self.system = SoundSystem(self._player, self._recorder, self._find)

    @property
    def player(self) -> FakePlayer:
        return self.players[-1]

    @property
    def recorder(self) -> FakeRecorder:
        return self.recorders[-1]

    def _player(self, on_end: Callable[[str], None]) -> FakePlayer:
        self.players.append(FakePlayer(on_end))
        return self.players[-1]

    def _recorder(self) -> FakeRecorder:
        self.recorders.append(FakeRecorder())
        return self.recorders[-1]

    def _find(self, rescan: bool) -> tuple[list[Device], list[Device]]:
        self.scans.append(rescan)
        if self.problem:
            raise StudioError(self.problem)
        return list(self.outputs), list(self.inputs)
