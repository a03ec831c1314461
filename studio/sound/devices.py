"""Which loudspeakers and microphones there are."""

from __future__ import annotations

from dataclasses import dataclass

from studio.errors import StudioError
from studio.sound.portaudio import Direction, look_again, query

DEFAULT = ""
"""The name of whatever device the system prefers."""

_PREFERRED_HOST = "Windows WASAPI"  # Windows lists every device once per host; this one is exact and quick


@dataclass(frozen=True)
class Device:
    """Something to play on or record from.

    Attributes:
        name: what to show, and to remember: numbers change when devices come and go. Unique in its list.
        number: PortAudio's number, until devices are looked for again.
        channels: how many it has at most.
        rate: samples per second that it prefers.
        is_default: whether it is the one that the system prefers.
    """

    name: str
    number: int
    channels: int
    rate: int
    is_default: bool


def output_devices(rescan: bool = False) -> list[Device]:
    """Everything to play on, the system's default first; empty where there is nothing.

    Args:
        rescan: look for devices that came or went since. While something plays or records the list stays as it was.

    Raises:
        StudioError: the sound library is missing or does not answer.
    """
    return _devices("output", rescan)


def input_devices(rescan: bool = False) -> list[Device]:
    """Everything to record from; see `output_devices`."""
    return _devices("input", rescan)


def find_device(direction: Direction, name: str) -> Device:
    """The device of that name, or the system's default for the name "".

    Raises:
        StudioError: there is no such device, or none at all.
    """
    devices = _devices(direction, rescan=False)
    kind = "play on" if direction == "output" else "record from"
    if not devices:
        raise StudioError(f"There is no device to {kind}: connect one, then look for devices again.")
    if name == DEFAULT:
        return devices[0]
    for device in devices:
        if device.name == name:
            return device
    raise StudioError(f"The device {name!r} is not there: connect it and look for devices again, or choose another.")


def _devices(direction: Direction, rescan: bool) -> list[Device]:
    if rescan:
        look_again()
    hosts, devices, default = query(direction)
    preferred = next((number for number, host in enumerate(hosts) if host["name"] == _PREFERRED_HOST), None)
    if preferred is not None:
        default = int(hosts[preferred][f"default_{direction}_device"])
    found = []
    for number, values in enumerate(devices):
        channels = int(values[f"max_{direction}_channels"])
        if channels > 0 and preferred in (None, values["hostapi"]):
            name = values["name"]
            if preferred is None and len(hosts) > 1:
                name += f" ({hosts[values['hostapi']]['name']})"
            found.append(Device(name, number, channels, round(values["default_samplerate"]), number == default))
    found.sort(key=lambda device: not device.is_default)
    return _with_unique_names(found)


def _with_unique_names(devices: list[Device]) -> list[Device]:
    """Two of the same make are told apart by their order."""
    seen: dict[str, int] = {}
    result = []
    for device in devices:
        seen[device.name] = count = seen.get(device.name, 0) + 1
        name = device.name if count == 1 else f"{device.name} {count}"
        result.append(Device(name, device.number, device.channels, device.rate, device.is_default))
    return result
