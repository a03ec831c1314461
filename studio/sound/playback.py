"""One thing being played: a thread that fills a ring buffer, and the callback that copies from it."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from studio.errors import StudioError
from studio.sound.devices import Device
from studio.sound.portaudio import (
    Unsupported,
    abort_stream,
    close_stream,
    is_running,
    open_stream,
    start_stream,
)
from studio.sound.resampling import Resampler
from studio.sound.ring_buffer import RingBuffer
from studio.sound.sources import Samples, Source

_log = logging.getLogger(__name__)

_CHUNK_SECONDS = 0.02
_LEAD_IN_SECONDS = 0.05  # of silence: sound servers and wireless headphones swallow the first moment
_ROOM_SECONDS = 1.0  # in the ring buffer, for devices that want much at a time, and sources that stumble
_MORE_AHEAD = 1.5  # after a gap
_MOST_AHEAD_SECONDS = 0.5
_POLL_SECONDS = 0.01
_HISTORY_SECONDS = 1.0  # what a device may hold that nobody has heard yet
_STALLED_POLLS = 300  # a running device that has asked for nothing since so many polls, 3 s or more, is gone
DEVICE_LOST = (
    "Playing stopped because the loudspeaker or headphones are gone: connect them again or choose another device."
)


class _Mark(NamedTuple):
    """From this frame of the device's on, the source was heard from that second on, at that speed."""

    frame: int
    seconds: float
    speed: float


class _Heard(NamedTuple):
    """What the callback last knew: frames handed over before it, with it, and when the former will have been heard."""

    before: int
    after: int
    time: float


class Playback:
    """Plays a source on a device until it ends or `stop` is called.

    Args:
        source: what to play.
        device: where.
        latency: seconds that the device keeps in store.
        ahead: seconds that wait in the ring buffer beyond those, to begin with; they grow with every gap.
        volume: 1 as it is.
        on_end: called on the playback's thread when it is over, with a sentence where something went wrong, else "".

    Attributes:
        volume: may be changed at any time; fades within 20 ms.
        underruns: how often the device wanted samples that were not there.
        error: one sentence once something went wrong, else "".

    Raises:
        StudioError: the device cannot be opened.
    """

    def __init__(
        self,
        source: Source,
        device: Device,
        *,
        latency: float,
        ahead: float,
        volume: float = 1.0,
        on_end: Callable[[str], None] | None = None,
    ) -> None:
        self.source = source
        self.volume = volume
        self.underruns = 0
        self.error = ""
        self._faded_volume = volume
        self._on_end = on_end
        self._latency = latency
        self._channels = max(1, min(2, device.channels))
        self._stream, self.device_rate = self._open(device, latency)
        self._ring = RingBuffer(
            capacity=math.ceil((latency + ahead + _ROOM_SECONDS) * self.device_rate),
            channels=self._channels,
            history=math.ceil(_HISTORY_SECONDS * self.device_rate),
        )
        self._ahead = ahead * self.device_rate
        self._chunk = math.ceil(_CHUNK_SECONDS * self.device_rate)
        self._in_store = math.ceil(latency * self.device_rate)  # what a device takes at once when it begins
        self._pending: Samples = np.zeros((0, self._channels), np.float32)
        self._source_ended = False
        self._lead_in = 0  # frames of silence still to come before the next
        self._marks = deque([_Mark(0, source.position / source.rate, 1.0)])
        self._heard = _Heard(0, 0, 0.0)
        self._seek_to: float | None = None
        self._largest_block = 0
        self._quiet_polls = 0
        self._callbacks = 0
        self._pause_wanted = False
        self._stop_wanted = False
        self._running = False  # whether the device asks for samples
        self._stopped_by_device = threading.Event()
        self._wake = threading.Event()
        self._begin_resampling()
        self._thread = threading.Thread(target=self._run, name="playback", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ from any thread

    @property
    def over(self) -> bool:
        """Whether nothing will be heard any more."""
        return not self._thread.is_alive()

    @property
    def paused(self) -> bool:
        return self._pause_wanted

    def pause(self) -> None:
        self._pause_wanted = True
        self._wake.set()

    def go_on(self) -> None:
        self._pause_wanted = False
        self._wake.set()

    def seek(self, seconds: float) -> None:
        """Go on from another place of the source; what waits to be played is dropped."""
        self._seek_to = seconds
        self._wake.set()

    def stop(self) -> None:
        """Fall silent and give the device back."""
        self._stop_wanted = True
        self._wake.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    @property
    def position(self) -> float:
        """The second of the source that is being heard at this moment."""
        if (wanted := self._seek_to) is not None:
            return wanted
        frame = self._heard_frames()
        marks = self._marks.copy()
        mark = next((mark for mark in reversed(marks) if mark.frame <= frame), marks[0])
        return mark.seconds + max(0.0, frame - mark.frame) / self.device_rate * mark.speed

    @property
    def heard_seconds(self) -> float:
        """How long something has been heard, whatever it was."""
        return self._heard_frames() / self.device_rate

    def _heard_frames(self) -> float:
        before, after, when = self._heard
        if not self._running:
            return before
        return max(0.0, min(before + (time.monotonic() - when) * self.device_rate, after))

    # ------------------------------------------------------------ the device

    def _open(self, device: Device, latency: float) -> tuple[Any, int]:
        """The stream at the source's rate, or at the device's own where it insists."""
        for rate in (self.source.rate, device.rate):
            for channels in dict.fromkeys((self._channels, device.channels)):
                try:
                    stream = open_stream(
                        "output",
                        device.number,
                        rate=rate,
                        channels=channels,
                        latency=latency,
                        callback=self._copy,
                        finished=self._device_stopped,
                    )
                except Unsupported as error:
                    _log.info("%s: %d Hz, %d channels: %s", device.name, rate, channels, error)
                    continue
                self._channels = channels
                return stream, rate
        raise StudioError(f"The device {device.name!r} plays no sound of a known kind: choose another device.")

    def _copy(self, out: Samples, count: int, times: Any, status: Any) -> None:
        """PortAudio's callback: copies, counts, and notes the time."""
        before = self._ring.read
        quiet = min(self._lead_in, count)
        self._lead_in -= quiet
        out[:quiet] = 0
        got = quiet + self._ring.read_into(out[quiet:])
        self._largest_block = max(self._largest_block, count)
        self._callbacks += 1
        if got < count:
            out[got:] = 0
            if not self._ring.ended:
                self.underruns += 1
                self._ahead = min(self._ahead * _MORE_AHEAD, _MOST_AHEAD_SECONDS * self.device_rate)
        if status.output_underflow:
            self.underruns += 1
        if got > quiet:
            delay = times.outputBufferDacTime - times.currentTime
            if not 0 < delay < _HISTORY_SECONDS:  # some systems do not tell
                delay = self._latency
            delay += quiet / self.device_rate
            self._heard = _Heard(before, self._ring.read, time.monotonic() + delay)

    def _device_stopped(self) -> None:
        """PortAudio's word that a stream has stopped, as it was told to or not."""
        self._stopped_by_device.set()
        self._wake.set()

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        try:
            while not self._stop_wanted and self._step():
                pass
        except StudioError as error:
            self.error = str(error)
        except Exception as error:
            _log.exception("playback failed")
            self.error = f"Playing stopped because of a mistake in the studio ({error}): see its log."
        abort_stream(self._stream)
        close_stream(self._stream)
        self._running = False
        if self._ring.exhausted:
            self._heard = _Heard(self._ring.read, self._ring.read, 0.0)
        if self._on_end is not None:
            self._on_end(self.error)

    def _step(self) -> bool:
        """Do what is to be done now, or wait a little; False when all has been heard."""
        self._wake.clear()
        if self._pause_wanted:
            self._halt()
        self._follow_seek()
        busy = self._fill()
        if self._ring.exhausted and self._all_heard():
            return False
        if self._running and self._device_is_gone():
            raise StudioError(DEVICE_LOST)
        if not self._running and not self._pause_wanted and self._can_begin():
            self._begin()
        if not busy:
            self._wait()
        return True

    def _all_heard(self) -> bool:
        # Telling PortAudio that this was the last block cuts off, on some systems, what the device still holds: so it
        # gets silence until that has been heard.
        return (
            not self._running
            or time.monotonic()
            > self._heard.time + (self._heard.after - self._heard.before) / self.device_rate + self._latency / 4
        )

    def _can_begin(self) -> bool:
        return self._ring.ended or self._ring.waiting >= self._wanted

    def _wait(self) -> None:
        callbacks = self._callbacks
        self._wake.wait(_POLL_SECONDS)
        self._quiet_polls = self._quiet_polls + 1 if callbacks == self._callbacks else 0

    def _device_is_gone(self) -> bool:
        if self._stopped_by_device.is_set() and not is_running(self._stream):
            return True
        # Counted in polls, not in seconds: a computer that slept has polled as little as its sound card has asked.
        return self._quiet_polls > _STALLED_POLLS

    def _begin(self) -> None:
        self._stopped_by_device.clear()
        self._heard = _Heard(self._ring.read, self._ring.read, time.monotonic() + self._latency)
        self._quiet_polls = 0
        self._lead_in = round(_LEAD_IN_SECONDS * self.device_rate)
        start_stream(self._stream, "output")
        self._running = True

    def _halt(self) -> None:
        """Silence at once; what the device had not yet played is put back."""
        if self._running:
            heard = round(self._heard_frames())
            abort_stream(self._stream)
            self._running = False
            self._ring.go_back(max(0, self._ring.read - heard))
            self._heard = _Heard(self._ring.read, self._ring.read, 0.0)

    def _follow_seek(self) -> None:
        wanted = self._seek_to
        if wanted is None or (self._running and self._ring.free < self._ahead):
            return  # the callback has not yet dropped what was skipped a moment ago
        self.source.seek(wanted * self.source.rate)
        self._source_ended = self._ring.ended = False
        self._begin_resampling()
        self._prepare()  # so that the callback finds something after the skip
        self._ring.skip_waiting()
        if not self._running:
            self._ring.drop_skipped()
            self._heard = _Heard(self._ring.read, self._ring.read, 0.0)
        self._marks = deque([self._marks[-1]])
        if self._seek_to == wanted:
            self._seek_to = None

    def _begin_resampling(self) -> None:
        channels = 1 if self.source.channels == 1 else self._channels
        same = self.source.rate == self.device_rate
        self._resampler = None if same else Resampler(self.source.rate, self.device_rate, channels)

    def _fill(self) -> bool:
        """Put one more chunk into the ring buffer; False where it is full enough, or there is nothing to put."""
        if len(self._pending) == 0:
            if self._source_ended:
                self._ring.ended = True
                return False
            if self._ring.waiting >= self._wanted:
                return False
            self._prepare()
        count = min(len(self._pending), self._ring.free)
        self._ring.write(self._pending[:count])
        self._pending = self._pending[count:]
        return count > 0

    @property
    def _wanted(self) -> float:
        """Frames that shall wait in the ring buffer."""
        ahead = max(self._ahead, min(self._largest_block + self._chunk, self._ring.capacity - self._in_store))
        return ahead if self._running else ahead + self._in_store

    def _prepare(self) -> None:
        """Get the next chunk from the source, as the device wants it."""
        start = self.source.position
        speed = getattr(self.source, "speed", 1.0)
        frames = self.source.read(max(1, round(_CHUNK_SECONDS * self.source.rate)))
        self._source_ended = frames is None
        chunk = self._mixed(np.zeros((0, self.source.channels), np.float32) if frames is None else frames)
        delay = 0.0
        if self._resampler is not None:
            delay = self._resampler.taken * self.device_rate / self.source.rate - self._resampler.given
            chunk = self._resampler.push(chunk, last=self._source_ended)
        self._mark(self._ring.written + round(delay), start, speed)
        self._pending = np.broadcast_to(self._faded(chunk), (len(chunk), self._channels))

    def _mixed(self, frames: Samples) -> Samples:
        """One channel, or as many as the device has."""
        if self._channels == 1:
            mono: Samples = frames.mean(1, keepdims=True, dtype=np.float32)
            return mono
        if frames.shape[1] > 1 and frames.shape[1] != self._channels:
            return np.pad(frames[:, :2], ((0, 0), (0, self._channels - 2)))
        return frames

    def _mark(self, frame: int, source_frame: float, speed: float) -> None:
        heard = self._heard_frames()
        while len(self._marks) > 1 and self._marks[1].frame <= heard:
            self._marks.popleft()
        self._marks.append(_Mark(frame, source_frame / self.source.rate, speed))

    def _faded(self, frames: Samples) -> Samples:
        """At the wanted volume, reached along the chunk."""
        volume = self.volume
        if volume == self._faded_volume == 1 or len(frames) == 0:
            return frames
        ramp = np.linspace(self._faded_volume, volume, len(frames), dtype=np.float32)[:, None]
        self._faded_volume = volume
        faded: Samples = frames * ramp
        return faded
