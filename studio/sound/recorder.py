"""Recording: a meter that moves before anything is kept, and samples that miss no first syllable."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.sound.devices import DEFAULT, find_device
from studio.sound.levels import SILENCE, LevelMeter, Levels
from studio.sound.portaudio import Unsupported, abort_stream, close_stream, open_stream, start_stream

log = logging.getLogger(__name__)

LATENCY = 0.1  # seconds in the device's hands
PRE_ROLL = 0.15
"""Seconds before `Recorder.start` that are kept: people begin to speak as they press the key."""

LONGEST = 20 * 60.0
"""Seconds after which a recording ends by itself: somebody forgot it."""

_STALLED_SECONDS = 3.0  # a device that gives nothing for so long is gone
_FIRST_SECONDS = 10.0  # but wireless ones take their time before the first samples
DEVICE_LOST = (
    "Recording stopped because the microphone is gone: connect it again or choose another; what was recorded is kept."
)


class Recorder:
    """Listens to a microphone from `open` to `close`, and keeps what it hears from `start` to `stop`.

    The callback only copies; levels and the rest happen in `poll`, which a window calls with its timer. No threads.

    Args:
        device: name of a device of `input_devices`, "" for the system's default; counts from the next `open` on.
        rate: samples per second; None: what the device prefers.
        channels: 1, or 2 where the device has two.

    Attributes:
        device: as above.
        rate: samples per second of what is recorded; 0 before the first `open` where none was asked for.
        error: one sentence once something went wrong, else "".
        overruns: how often samples came too fast to be taken.
    """

    def __init__(self, device: str = DEFAULT, rate: int | None = None, channels: int = 1) -> None:
        self.device = device
        self.rate = rate or 0
        self.error = ""
        self.overruns = 0
        self._wanted_rate = rate
        self._channels = channels
        self._stream: Any = None
        self._recording = False
        self._ready = False
        self._stopped_by_device = False
        self._blocks: deque[NDArray[np.float32]] = deque()  # from the callback, not yet looked at
        self._before: deque[NDArray[np.float32]] = deque()  # heard but not kept
        self._kept: list[NDArray[np.float32]] = []
        self._kept_frames = 0
        self._last_heard = self._last_poll = 0.0
        self._meter = LevelMeter(1)

    # ------------------------------------------------------------ the device

    def open(self) -> None:
        """Begin to listen: levels move, nothing is kept.

        Raises:
            StudioError: the sound library or the device is missing, or cannot be used now.
        """
        self.close()
        device = find_device("input", self.device)
        channels = max(1, min(self._channels, device.channels))
        for rate in dict.fromkeys((self._wanted_rate or device.rate, device.rate)):
            try:
                self._stream = open_stream(
                    "input",
                    device.number,
                    rate=rate,
                    channels=channels,
                    latency=LATENCY,
                    callback=self._copy,
                    finished=self._device_stopped,
                )
                break
            except Unsupported as error:
                log.info("%s: %d Hz, %d channels: %s", device.name, rate, channels, error)
        else:
            raise StudioError(f"The device {device.name!r} records no sound of a known kind: choose another device.")
        self.rate, self.error = rate, ""
        self._meter = LevelMeter(rate)
        self._blocks.clear()
        self._before.clear()
        self._stopped_by_device = self._ready = False
        self._last_heard = self._last_poll = time.monotonic()
        try:
            start_stream(self._stream, "input")
        except StudioError:
            self.close()
            raise

    def close(self) -> None:
        """Give the device back. What was kept stays until the next `start`."""
        if self._stream is not None:
            abort_stream(self._stream)
            close_stream(self._stream)
            self._stream = None
        self._take_blocks()
        self._recording = False

    def _copy(self, samples: NDArray[np.float32], count: int, times: Any, status: Any) -> None:
        """PortAudio's callback. A deque takes a block in one piece."""
        self._blocks.append(samples.copy())
        if status.input_overflow:
            self.overruns += 1

    def _device_stopped(self) -> None:
        self._stopped_by_device = True

    # ------------------------------------------------------------ recording

    @property
    def listening(self) -> bool:
        """Whether the device is open, so that levels move."""
        return self._stream is not None

    @property
    def ready(self) -> bool:
        """Whether the device has given its first samples: before that, nobody should begin to speak."""
        return self.listening and (self._ready or bool(self._blocks))

    @property
    def recording(self) -> bool:
        """Whether what is heard is kept."""
        return self._recording

    @property
    def seconds(self) -> float:
        """How much has been kept."""
        return self._kept_frames / self.rate if self.rate else 0.0

    def start(self, pre_roll: float = PRE_ROLL) -> None:
        """Keep what is heard from now on, and what was heard in the last moment; forgets the recording before.

        Args:
            pre_roll: how many seconds from before this call are kept.

        Raises:
            StudioError: as in `open`, where nobody called that.
        """
        if not self.listening:
            self.open()
        self.poll()
        self._kept, self._kept_frames = [], 0
        before = np.concatenate(list(self._before)) if self._before else self._nothing()
        self._keep(before[max(0, len(before) - round(pre_roll * self.rate)) :])
        self._recording = True

    def stop(self) -> NDArray[np.float32]:
        """Everything kept, ``[N, C]``, up to this moment; listening goes on.

        Waits for what is still on its way from the device, a tenth of a second or so, so that nobody's last sound is
        cut off.
        """
        if self._recording and self._stream is not None and not self._stopped_by_device:
            time.sleep(min(max(float(self._stream.latency), 0.0), 3 * LATENCY))
        self.poll()
        self._recording = False
        return self.samples()

    def samples(self, start: int = 0) -> NDArray[np.float32]:
        """What has been kept so far from a frame on, ``[n, C]``: for a waveform that grows."""
        parts: list[NDArray[np.float32]] = []
        end = self._kept_frames
        for block in reversed(self._kept):
            if end <= start:
                break
            begin = end - len(block)
            parts.append(block[max(0, start - begin) :])
            end = begin
        return np.concatenate(parts[::-1]) if parts else self._nothing()

    def poll(self) -> Levels:
        """Take in what came since the last call. Sets `error` and closes where the device is gone."""
        now = time.monotonic()
        if now - self._last_poll > 1:  # nobody was looking, or the computer slept: that proves nothing
            self._last_heard = now
        self._last_poll = now
        levels = self._take_blocks()
        if self._stream is not None and self._device_is_gone():
            self.error = DEVICE_LOST
            self.close()
        if self._recording and self.seconds >= LONGEST:
            self.error = f"Recording stopped after {LONGEST / 60:.0f} minutes, the most that is recorded at a time."
            self._recording = False
        return levels if self.listening else Levels(SILENCE, SILENCE, levels.clipped)

    def put_out_light(self) -> None:
        """Forget that a sample reached full scale."""
        self._meter.put_out_light()

    def _device_is_gone(self) -> bool:
        patience = _STALLED_SECONDS if self._ready else _FIRST_SECONDS
        return self._stopped_by_device or time.monotonic() - self._last_heard > patience

    def _take_blocks(self) -> Levels:
        while self._blocks:
            block = self._blocks.popleft()
            self._ready = True
            self._last_heard = time.monotonic()
            self._meter.update(block)
            if self._recording:
                self._keep(block)
            else:
                self._before.append(block)
                while sum(map(len, self._before)) - len(self._before[0]) >= self.rate:
                    self._before.popleft()
        return self._meter.levels

    def _keep(self, block: NDArray[np.float32]) -> None:
        self._kept.append(block)
        self._kept_frames += len(block)

    def _nothing(self) -> NDArray[np.float32]:
        channels = self._kept[0].shape[1] if self._kept else self._channels
        return np.zeros((0, channels), np.float32)
