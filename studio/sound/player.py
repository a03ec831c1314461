"""Playing: a clip that can be looped and sought in, or samples that are still being made."""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike

from studio.sound.devices import DEFAULT, find_device
from studio.sound.playback import Playback
from studio.sound.sources import Clip, Endless, ReadChunk, Source

LATENCY = 0.2
"""Seconds of a clip in the device's hands: none is missed while a training keeps the processor busy."""

LIVE_LATENCY = 0.1
"""Seconds of a stream likewise; with what waits beyond them, a change of it is heard within 0.2 s."""

_CLIP_AHEAD = 0.1
_LIVE_AHEAD = 0.05

SPEEDS = (0.25, 4.0)
"""The slowest and the fastest that speech is still worth hearing."""


class Player:
    """Plays one thing at a time; a new one takes the place of the old.

    Nothing touches the sound system before the first call of `play` or `stream`. No method waits for sound.

    Args:
        device: name of a device of `output_devices`, "" for the system's default; may be changed while nothing plays.
        latency: seconds of a clip that the device keeps in store. Less lets `volume` be heard sooner, and risks gaps.
        on_end: called when something is over, also after `stop`, with a sentence where it went wrong, else "". Runs on
            the player's own thread.

    Attributes:
        device, latency: as above; they count from the next `play` on.
    """

    def __init__(
        self, device: str = DEFAULT, latency: float = LATENCY, on_end: Callable[[str], None] | None = None
    ) -> None:
        self.device = device
        self.latency = latency
        self._on_end = on_end
        self._volume = 1.0
        self._speed = 1.0
        self._loop = False
        self._playback: Playback | None = None
        self._clip: Clip | None = None

    # ------------------------------------------------------------ what is played

    def play(
        self,
        samples: ArrayLike,
        rate: int,
        *,
        start: float = 0.0,
        end: float | None = None,
        begin: float | None = None,
    ) -> None:
        """Play a clip.

        Args:
            samples: ``[N, C]`` or ``[N]``, 1 being full scale.
            rate: samples per second.
            start: second from which on it is heard (and looped).
            end: second up to which it is; None: to the end.
            begin: second to begin with; None: ``start``.

        Raises:
            StudioError: the sound library or the device is missing, or cannot be used now.
        """
        clip = Clip(samples, rate, round(start * rate), None if end is None else round(end * rate))
        clip.loop, clip.speed = self._loop, self._speed
        if begin is not None:
            clip.seek(begin * rate)
        self._start(clip, self.latency, _CLIP_AHEAD)
        self._clip = clip

    def stream(self, read_chunk: ReadChunk, rate: int, channels: int = 1, *, latency: float = LIVE_LATENCY) -> None:
        """Play what a function makes, until it makes no more.

        Args:
            read_chunk: called on the player's own thread, again and again, for about 20 ms of samples each time.
            rate: samples per second.
            channels: C.
            latency: seconds that the device keeps in store. What waits beyond them, 0.05 s, grows with every gap.

        Raises:
            StudioError: as in `play`.
        """
        self._start(Endless(read_chunk, rate, channels), latency, _LIVE_AHEAD)
        self._clip = None

    def _start(self, source: Source, latency: float, ahead: float) -> None:
        self.stop()
        self._playback = Playback(
            source,
            find_device("output", self.device),
            latency=latency,
            ahead=ahead,
            volume=self._volume,
            on_end=self._on_end,
        )

    # ------------------------------------------------------------ while it plays

    def pause(self) -> None:
        """Fall silent; `resume` goes on with the very sample."""
        if self._playback is not None:
            self._playback.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        if self._playback is not None:
            self._playback.go_on()

    def stop(self) -> None:
        """End it and give the device back."""
        if self._playback is not None:
            self._playback.stop()

    def seek(self, seconds: float) -> None:
        """Go on from another second of the clip; an endless stream has no other place to go to."""
        if self._playback is not None and self._clip is not None:
            self._playback.seek(seconds)

    @property
    def volume(self) -> float:
        """Factor on the samples, 1 as they are."""
        return self._volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._volume = volume
        if self._playback is not None:
            self._playback.volume = volume

    @property
    def loop(self) -> bool:
        """Whether a clip begins again at its end."""
        return self._loop

    @loop.setter
    def loop(self, loop: bool) -> None:
        self._loop = loop
        if self._clip is not None:
            self._clip.loop = loop

    @property
    def speed(self) -> float:
        """How fast a clip is played, at its own pitch: 1 as it was, 0.5 half as fast; within `SPEEDS`."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._speed = min(max(speed, SPEEDS[0]), SPEEDS[1])
        if self._clip is not None:
            self._clip.speed = self._speed

    # ------------------------------------------------------------ what can be seen of it

    @property
    def playing(self) -> bool:
        """Whether something is played, be it paused."""
        return self._playback is not None and not self._playback.over

    @property
    def paused(self) -> bool:
        """Whether it is paused."""
        return self.playing and self._playback is not None and self._playback.paused

    @property
    def position(self) -> float:
        """The second of the clip, or of the stream, that is being heard at this moment; 0 before the first."""
        return 0.0 if self._playback is None else self._playback.position

    @property
    def underruns(self) -> int:
        """How often samples were missing in what is played, or was played last."""
        return 0 if self._playback is None else self._playback.underruns

    @property
    def error(self) -> str:
        """One sentence where it ended because something went wrong, else ""."""
        return "" if self._playback is None else self._playback.error
