"""The way to PortAudio: found when first needed, opened one stream at a time, its errors made into sentences."""

from __future__ import annotations

import atexit
import logging
import platform
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, Literal, TypeAlias

from studio.errors import StudioError

log = logging.getLogger(__name__)

Direction: TypeAlias = Literal["output", "input"]

_lock = threading.RLock()  # PortAudio's functions may not be called side by side
_open_streams: dict[int, Any] = {}

# PortAudio's error codes (portaudio.h) that a user can do something about.
INVALID_RATE = -9997
INVALID_CHANNELS = -9998
_NO_DEVICE = (-9996, -10000)  # no such device; no host that could have one
_BUSY = (-9985, -9999)  # unavailable; refused by the operating system

_NAMES: dict[Direction, str] = {"output": "loudspeaker or headphones", "input": "microphone"}


class Unsupported(Exception):
    """The device does not do this rate or number of channels; another may be tried."""


def portaudio() -> ModuleType:
    """The sounddevice module, which loads PortAudio; imported when somebody first wants to hear or say something.

    Raises:
        StudioError: the library is not installed. Asked again after it was installed, it is found.
    """
    try:
        import sounddevice
    except (OSError, ImportError) as error:
        raise StudioError(_missing_library()) from error
    except Exception as error:  # the library is there, but its initialisation failed
        log.exception("initialising PortAudio")
        raise StudioError(
            f"The sound system does not answer ({error}): restart the computer's sound, then look for devices again."
        ) from error
    module: ModuleType = sounddevice
    atexit.unregister(_close_all)
    atexit.register(_close_all)  # the last to register is the first to be called, before sounddevice's own
    return module


def _missing_library() -> str:
    if platform.system() == "Linux":
        return (
            "Playing and recording need the PortAudio library: install it (Debian, Ubuntu: sudo apt install "
            "libportaudio2; Fedora: sudo dnf install portaudio), then look for devices again."
        )
    return "Playing and recording need the PortAudio library: run pip install --force-reinstall sounddevice."


def open_stream(
    direction: Direction,
    device: int | None,
    *,
    rate: float,
    channels: int,
    latency: float,
    callback: Callable[..., None],
    finished: Callable[[], None],
) -> Any:
    """A stream of float32 samples, open but not yet running.

    Args:
        direction: to a loudspeaker or from a microphone.
        device: PortAudio's number, None for the system's default.
        rate: samples per second.
        channels: C.
        latency: seconds, asked for; the stream knows what it became.
        callback: as sounddevice wants it; runs on PortAudio's thread.
        finished: called on PortAudio's thread when the stream has stopped, for whatever reason.

    Raises:
        Unsupported: the device is there but does not do this rate or these channels.
        StudioError: there is no such device, or it cannot be used now.
    """
    sound = portaudio()
    kind = sound.OutputStream if direction == "output" else sound.InputStream
    with _lock:
        try:
            stream = kind(
                samplerate=rate,
                device=device,
                channels=channels,
                dtype="float32",
                latency=latency,
                callback=callback,
                finished_callback=finished,
            )
        except sound.PortAudioError as error:
            raise _refusal(error, direction) from error
        except ValueError as error:  # sounddevice's own words for a device that is gone or has no such direction
            raise StudioError(_no_device(direction)) from error
        _open_streams[id(stream)] = stream
    return stream


def start_stream(stream: Any, direction: Direction) -> None:
    """Let it run.

    Raises:
        StudioError: the device refused.
    """
    with _lock:
        if id(stream) in _open_streams:
            try:
                stream.start()
            except portaudio().PortAudioError as error:
                raise _refusal(error, direction) from error


def abort_stream(stream: Any) -> None:
    """Stop at once, without waiting for what is under way."""
    with _lock:
        if id(stream) in _open_streams:
            try:
                stream.abort()
            except portaudio().PortAudioError:
                log.info("a stream could not be aborted: its device is gone")


def close_stream(stream: Any) -> None:
    """Give the device back, whatever state it is in; PortAudio must not be told twice."""
    with _lock:
        if _open_streams.pop(id(stream), None) is not None:
            try:
                stream.close()
            except portaudio().PortAudioError:
                log.info("a stream could not be closed: its device is gone")


def is_running(stream: Any) -> bool:
    """Whether the device still works on it."""
    with _lock:
        return id(stream) in _open_streams and bool(stream.active)


def _close_all() -> None:
    """PortAudio waits for ever for callbacks that Python no longer runs, so streams end before the interpreter does."""
    for stream in list(_open_streams.values()):
        abort_stream(stream)
        close_stream(stream)


def query(direction: Direction) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """What PortAudio knows: hosts, devices, and the number of the default device, -1 where there is none.

    Raises:
        StudioError: the library is missing or does not answer.
    """
    sound = portaudio()
    with _lock:
        hosts = [dict(host) for host in sound.query_hostapis()]
        devices = [dict(device) for device in sound.query_devices()]
        try:
            default = int(sound.query_devices(kind=direction)["index"])
        except (sound.PortAudioError, ValueError):
            default = -1
    return hosts, devices, default


def look_again() -> bool:
    """Let PortAudio list the devices anew; it does that only when it starts, so it is stopped and started.

    Returns:
        False where that had to wait because a stream is open.

    Raises:
        StudioError: the library is missing, or does not come up again.
    """
    fresh = "sounddevice" not in sys.modules
    sound = portaudio()
    with _lock:
        if _open_streams:
            return False
        if fresh:
            return True
        try:
            if sound._initialized:
                sound._terminate()
            sound._initialize()
        except sound.PortAudioError as error:
            raise StudioError(
                "The sound system does not answer: restart the computer's sound, then look for devices again."
            ) from error
    return True


def _refusal(error: Exception, direction: Direction) -> Exception:
    code = next((value for value in error.args if isinstance(value, int)), 0)
    if code in (INVALID_RATE, INVALID_CHANNELS):
        return Unsupported(str(error))
    if code in _NO_DEVICE or "querying device" in str(error):
        return StudioError(_no_device(direction))
    name = _NAMES[direction]
    if code in _BUSY:
        return StudioError(
            f"The {name} cannot be opened: another program may be using it, or the system may not allow it; close the "
            "other program, look into the system's sound and privacy settings, or choose another device."
        )
    return StudioError(f"The {name} cannot be opened ({error.args[0]}): choose another device.")


def _no_device(direction: Direction) -> str:
    return (
        f"There is no {_NAMES[direction]}: connect one, or choose another in the list of devices after looking for "
        "devices again."
    )
