"""The one loudspeaker of the window: whoever plays next takes it over from whoever played before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

from numpy.typing import ArrayLike
from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from studio.sound.devices import DEFAULT
from studio.sound.player import Player
from studio.sound.sources import ReadChunk
from studio.ui.audio.background import Background
from studio.ui.preferences import preferences, remembered_number, remembered_text

State: TypeAlias = Literal["silent", "starting", "playing", "paused"]


class PlayerLike(Protocol):
    """What is used of `studio.sound.player.Player`."""

    device: str
    volume: float
    loop: bool
    speed: float

    def play(
        self, samples: ArrayLike, rate: int, *, start: float = 0.0, end: float | None = None, begin: float | None = None
    ) -> None: ...
    def stream(self, read_chunk: ReadChunk, rate: int, channels: int = 1) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> None: ...
    def seek(self, seconds: float) -> None: ...
    @property
    def playing(self) -> bool: ...
    @property
    def position(self) -> float: ...
    @property
    def underruns(self) -> int: ...


MakePlayer: TypeAlias = Callable[[Callable[[str], None]], PlayerLike]


def real_player(on_end: Callable[[str], None]) -> PlayerLike:
    """A player on the device chosen in an earlier session."""
    return Player(remembered_text("sound/loudspeaker", DEFAULT), on_end=on_end)


class SoundOutput(QObject):
    """Opening and closing devices takes its time, so that happens on another thread; `changed` tells when it did."""

    changed = Signal()  # begun, paused, gone on, ended, or taken over
    volume_changed = Signal()
    failed = Signal(str)  # it cannot be heard: one sentence

    _ended = Signal(str)

    def __init__(self, make_player: MakePlayer = real_player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ended.connect(self._end, Qt.ConnectionType.QueuedConnection)
        self._player = make_player(self._tell_end)
        self._background = Background("sound", self)
        self._owner: object = None
        self._state: State = "silent"
        self._asked = 0  # how often something was asked for; only the last counts
        self.volume = remembered_number("sound/volume", 1.0)

    def _tell_end(self, why: str) -> None:
        """On the player's thread."""
        if isValid(self):
            self._ended.emit(why)

    # --- what is played

    def play(
        self,
        owner: object,
        samples: ArrayLike,
        rate: int,
        *,
        start: float = 0.0,
        end: float | None = None,
        begin: float | None = None,
    ) -> None:
        """Play a clip for somebody; see `Player.play`."""
        self._begin(owner, lambda: self._player.play(samples, rate, start=start, end=end, begin=begin))

    def stream(self, owner: object, read_chunk: ReadChunk, rate: int) -> None:
        """Play what a function makes, for somebody; see `Player.stream`."""
        self._begin(owner, lambda: self._player.stream(read_chunk, rate))

    def _begin(self, owner: object, start: Callable[[], None]) -> None:
        self._asked += 1
        asked = self._asked
        self._owner, self._state = owner, "starting"
        self._background.run(start, lambda _: self._begun(asked), lambda why: self._refuse(asked, why))
        self.changed.emit()

    def _begun(self, asked: int) -> None:
        if asked == self._asked and self._state == "starting":
            self._state = "playing" if self._player.playing else "silent"
            self.changed.emit()

    def _refuse(self, asked: int, why: str) -> None:
        if asked == self._asked:
            self._state = "silent"
            self.failed.emit(why)  # first, for those who go on without being heard
            self.changed.emit()

    def _end(self, why: str) -> None:
        if self._state == "starting" or self._player.playing:
            return  # that was the one before
        self._state = "silent"
        self.changed.emit()
        if why:
            self.failed.emit(why)

    # --- while it plays

    def pause(self, owner: object) -> None:
        """Fall silent until `resume`."""
        if self.state_of(owner) == "starting":
            self.stop(owner)
        elif self.state_of(owner) == "playing":
            self._player.pause()
            self._state = "paused"
            self.changed.emit()

    def resume(self, owner: object) -> None:
        """Go on."""
        if self.state_of(owner) == "paused":
            self._player.resume()
            self._state = "playing"
            self.changed.emit()

    def stop(self, owner: object) -> None:
        """End what somebody plays; what others play goes on."""
        if self.state_of(owner) != "silent":
            self._asked += 1
            self._state = "silent"
            self._background.run(self._player.stop)
            self.changed.emit()

    def silence(self) -> None:
        """End whatever is played, by whomever."""
        self.stop(self._owner)

    def seek(self, owner: object, seconds: float) -> None:
        """Go on from there."""
        if self.state_of(owner) == "starting":
            self._background.run(lambda: self._player.seek(seconds))
        elif self.state_of(owner) != "silent":
            self._player.seek(seconds)

    def state_of(self, owner: object) -> State:
        """What becomes of what somebody wanted to be heard."""
        return self._state if self._owner is owner else "silent"

    @property
    def owner(self) -> object:
        """Who has the loudspeaker, or had it last."""
        return self._owner

    @property
    def position(self) -> float:
        """The second that is heard now."""
        return self._player.position

    @property
    def underruns(self) -> int:
        """How often samples were missing in what is played."""
        return self._player.underruns

    # --- how

    @property
    def volume(self) -> float:
        """Factor on the samples."""
        return self._player.volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._player.volume = volume
        preferences().setValue("sound/volume", volume)
        self.volume_changed.emit()

    @property
    def loop(self) -> bool:
        """Whether clips begin again."""
        return self._player.loop

    @loop.setter
    def loop(self, loop: bool) -> None:
        self._player.loop = loop

    @property
    def speed(self) -> float:
        """How fast clips are played, at their own pitch."""
        return self._player.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._player.speed = speed

    @property
    def device(self) -> str:
        """Name of the loudspeaker, "" for the system's default."""
        return self._player.device

    @device.setter
    def device(self, name: str) -> None:
        self._player.device = name
        preferences().setValue("sound/loudspeaker", name)
        if self._state != "silent":
            self.silence()  # so that the next is heard there

    def close(self) -> None:
        """Give the device back, and wait for that."""
        self._owner, self._state = None, "silent"
        self._background.run(self._player.stop)
        self._background.close()
