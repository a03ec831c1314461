"""A sound server of its own: a loudspeaker whose sound can be recorded, and a microphone that hears a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from virtual_screen import wait_until

NEEDED = ("pulseaudio", "pactl", "parec", "pacat")
LOUDSPEAKER = "loudspeaker"
ROOM = "room"  # what is played here, the microphone hears

ALSA_CONFIG = """
<{alsa}>
pcm.!default {{ type pulse }}
ctl.!default {{ type pulse }}
"""
SCRIPT = """
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name={loudspeaker} rate={rate} channels={channels} format=float32le
load-module module-null-sink sink_name={room} rate={rate} channels=1 format=float32le
load-module module-remap-source master={room}.monitor source_name=microphone channels=1 rate={rate} remix=no
set-default-sink {loudspeaker}
set-default-source microphone
"""


def missing_programs() -> list[str]:
    """What would have to be installed."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    alsa = Path("/usr/share/alsa/alsa.conf")
    plugin = any(Path(folder).glob("*/alsa-lib/libasound_module_pcm_pulse.so") for folder in ("/usr/lib", "/usr/lib64"))
    return missing + [name for name, there in (("ALSA", alsa.exists()), ("its pulse plugin", plugin)) if not there]


class SoundServer:
    """PulseAudio with a null sink as loudspeaker and another whose monitor is the microphone.

    Attributes:
        environment: what a program needs to play and record here.
    """

    def __init__(self, rate: int, channels: int = 1) -> None:
        self.rate, self.channels = rate, channels
        self._folder = tempfile.TemporaryDirectory(prefix="vrnn-studio-sound-")
        folder = Path(self._folder.name)
        socket = folder / "socket"
        script = folder / "script.pa"
        script.write_text(
            SCRIPT.format(socket=socket, rate=rate, channels=channels, loudspeaker=LOUDSPEAKER, room=ROOM)
        )
        alsa = folder / "alsa.conf"
        alsa.write_text(ALSA_CONFIG.format(alsa="/usr/share/alsa/alsa.conf"))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")} | {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(alsa),
        }
        self._script = script
        self._log = (folder / "log.txt").open("w+")
        self._server: subprocess.Popen[bytes] | None = None
        self.switch_on()

    def switch_on(self) -> None:
        """Start it, be it once more."""
        self._server = subprocess.Popen(
            [
                "pulseaudio",
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
                f"--file={self._script}",
            ],
            env={name: value for name, value in self.environment.items() if name != "PULSE_SERVER"},
            stdout=self._log,
            stderr=self._log,
        )
        try:
            wait_until(self._answers, "the sound server")
        except BaseException:
            self.close()
            raise

    def _answers(self) -> bool:
        if self._server is None or self._server.poll() is not None:
            self._log.seek(0)
            raise RuntimeError(f"the sound server did not start: {self._log.read()}")
        return "microphone" in self.control("list", "short", "sources")

    def control(self, *words: str) -> str:
        """What pactl answers."""
        result = subprocess.run(["pactl", *words], env=self.environment, capture_output=True, text=True, check=False)
        return result.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def switch_off(self) -> None:
        """As if every device were pulled out at once."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait()

    def close(self) -> None:
        self.switch_off()
        self._log.close()
        self._folder.cleanup()

    def listen(self) -> Listener:
        """Record what the loudspeaker plays; returns once the recording has begun."""
        return Listener(self)

    def say(self, samples: NDArray[np.float32]) -> None:
        """Let the microphone hear samples ``[N]``; returns when they are over."""
        subprocess.run(
            ["pacat", "--playback", f"--device={ROOM}", f"--rate={self.rate}", "--format=float32le", "--channels=1"],
            env=self.environment,
            input=samples.astype("<f4").tobytes(),
            check=True,
        )


class Listener:
    """A recording of what the loudspeaker plays."""

    def __init__(self, server: SoundServer) -> None:
        self._channels = server.channels
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [
                *("parec", f"--device={LOUDSPEAKER}.monitor", f"--rate={server.rate}", "--format=float32le"),
                *(f"--channels={server.channels}", "--latency-msec=20"),
            ],
            env=server.environment,
            stdout=self._file,
        )
        self.wait_for(1)

    def heard(self) -> NDArray[np.float32]:
        """Everything so far, ``[N, C]``."""
        self._file.seek(0)
        data = self._file.read()
        self._file.seek(0, os.SEEK_END)
        frame = 4 * self._channels
        return np.frombuffer(data[: len(data) // frame * frame], "<f4").reshape(-1, self._channels)

    def wait_for(self, frames: int) -> None:
        """Until so many more have been heard."""
        wanted = os.fstat(self._file.fileno()).st_size + 4 * self._channels * frames
        wait_until(lambda: os.fstat(self._file.fileno()).st_size >= wanted, f"{frames} more frames to be heard")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._file.close()


def best_correlation(played: NDArray[np.float32], heard: NDArray[np.float32]) -> tuple[float, int]:
    """The largest correlation of what was played ``[N]`` with any stretch of what was heard, and where that begins."""
    size = 1 << (len(played) + len(heard)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.fft.rfft(played, size).conj()
    lag = int(np.fft.irfft(spectrum, size)[: max(1, len(heard) - len(played) + 1)].argmax())
    return float(np.corrcoef(played, heard[lag : lag + len(played)])[0, 1]), lag
