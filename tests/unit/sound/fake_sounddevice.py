"""A sounddevice module whose devices are lists and whose streams run by hand."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

INVALID_RATE = -9997


class PortAudioError(Exception):
    """As sounddevice raises it: a text, a code."""


class Stream:
    """One stream; a test plays PortAudio's part.

    Attributes:
        delay: seconds that samples are said to need from the computer to the ear.
    """

    def __init__(self, module: FakeSoundDevice, device: int, values: dict[str, Any]) -> None:
        self.samplerate: float = values["samplerate"]
        self.channels: int = values["channels"]
        self.latency: float = values["latency"]
        self.active = self.closed = False
        self.delay = values["latency"]
        self.starts = 0
        self._module, self._device = module, device
        self._callback, self._finished = values["callback"], values["finished_callback"]

    def start(self) -> None:
        self.active = True
        self.starts += 1

    def abort(self) -> None:
        if self._module.gone(self._device):
            raise PortAudioError("device is gone", -9988)
        if self.active:
            self.active = False
            self._finished()

    def close(self) -> None:
        self.active = False
        self.closed = True

    def unplug(self) -> None:
        """What PortAudio does when a device is pulled out."""
        self._module.devices[self._device]["gone"] = True
        self.active = False
        self._finished()

    @property
    def ring(self) -> Any:
        return self._callback.__self__._ring

    def pull(self, frames: int, *, block: int = 100) -> NDArray[np.float32]:
        """Ask for the next frames, block by block, each once it is there."""
        wait_until(lambda: self.active)
        parts = []
        for start in range(0, frames, block):
            count = min(block, frames - start)
            wait_until(lambda count=count: self.ring.waiting >= count or self.ring.ended)
            parts.append(self.ask(count))
        return np.concatenate(parts)

    def ask(self, frames: int, *, underflow: bool = False) -> NDArray[np.float32]:
        """Ask for the next frames, whether they are there or not."""
        out = np.full((frames, self.channels), np.nan, np.float32)
        times = SimpleNamespace(currentTime=0.0, outputBufferDacTime=self.delay)
        self._callback(out, frames, times, SimpleNamespace(output_underflow=underflow))
        return out

    def push(self, samples: NDArray[np.float32], *, overflow: bool = False) -> None:
        """Let a microphone hear samples ``[n, C]``."""
        buffer = np.array(samples, np.float32).reshape(-1, self.channels)
        self._callback(buffer, len(buffer), SimpleNamespace(), SimpleNamespace(input_overflow=overflow))
        buffer[:] = np.nan  # PortAudio uses it again


class FakeSoundDevice(ModuleType):
    """The module.

    Attributes:
        devices: what PortAudio lists; ``refuses`` of a device are the rates it does not do.
        streams: all that were ever opened.
        restarts: how often PortAudio was stopped and started.
    """

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.hosts: list[dict[str, Any]] = [host("ALSA")]
        self.devices: list[dict[str, Any]] = [device("Speakers", outputs=2), device("Microphone", inputs=1)]
        self.plugged_in: list[dict[str, Any]] | None = None  # seen after the next restart
        self.streams: list[Stream] = []
        self.restarts = 0
        self._initialized = 1
        self.OutputStream = self._opener("output")
        self.InputStream = self._opener("input")

    def _opener(self, direction: str) -> Callable[..., Stream]:
        def opened(**values: Any) -> Stream:
            number = values["device"]
            if self.gone(number) or not self.devices[number][f"max_{direction}_channels"]:
                raise PortAudioError("Invalid device", -9996)
            if values["samplerate"] in self.devices[number]["refuses"]:
                raise PortAudioError("Invalid sample rate", INVALID_RATE)
            if self.devices[number].get("busy"):
                raise PortAudioError("Device unavailable", -9985)
            self.streams.append(Stream(self, number, values))
            return self.streams[-1]

        return opened

    def gone(self, number: int) -> bool:
        return number >= len(self.devices) or bool(self.devices[number].get("gone"))

    def query_hostapis(self) -> tuple[dict[str, Any], ...]:
        return tuple(self.hosts)

    def query_devices(self, device: int | None = None, kind: str | None = None) -> Any:
        if kind is None:
            return tuple(self.devices)
        for number, values in enumerate(self.devices):
            if values[f"max_{kind}_channels"]:
                return values | {"index": number}
        raise PortAudioError("Error querying device -1")

    def _terminate(self) -> None:
        self._initialized -= 1

    def _initialize(self) -> None:
        self._initialized += 1
        self.restarts += 1
        if self.plugged_in is not None:
            self.devices = self.plugged_in


def host(name: str) -> dict[str, Any]:
    return {"name": name, "default_output_device": 0, "default_input_device": 1}


def device(
    name: str, *, outputs: int = 0, inputs: int = 0, rate: float = 44100.0, hostapi: int = 0, refuses: Any = ()
) -> dict[str, Any]:
    return {
        "name": name,
        "hostapi": hostapi,
        "max_output_channels": outputs,
        "max_input_channels": inputs,
        "default_samplerate": rate,
        "refuses": refuses,
    }


def wait_until(happened: Callable[[], object]) -> None:
    """Give other threads their time; a minute only keeps a broken test from hanging."""
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.001)


@contextmanager
def no_library() -> Iterator[None]:
    """As if PortAudio were not installed."""
    had = sys.modules.get("sounddevice")
    sys.modules["sounddevice"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["sounddevice"]
        if had is not None:
            sys.modules["sounddevice"] = had
