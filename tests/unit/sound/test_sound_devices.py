"""The list of devices, as PortAudio's lists become one that a person can read."""

import sys

import pytest
from fake_sounddevice import FakeSoundDevice, PortAudioError, device, host, no_library

from studio.errors import StudioError
from studio.sound.devices import find_device, input_devices, output_devices
from studio.sound.player import Player


def test_the_default_comes_first(sound: FakeSoundDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    sound.devices = [
        device("Monitor", outputs=2),
        device("Microphone", inputs=1),
        device("Headset", outputs=1, inputs=1),
    ]
    monkeypatch.setattr(sound, "query_devices", lambda kind=None: {"index": 2} if kind else tuple(sound.devices))
    assert [d.name for d in output_devices()] == ["Headset", "Monitor"]
    assert [d.is_default for d in output_devices()] == [True, False]
    assert [d.name for d in input_devices()] == ["Headset", "Microphone"]
    assert find_device("input", "").name == "Headset"
    assert find_device("output", "Monitor").number == 0


def test_names_tell_devices_apart(sound: FakeSoundDevice) -> None:
    sound.devices = [device("USB", outputs=2), device("USB", outputs=2), device("USB", outputs=2)]
    assert [d.name for d in output_devices()] == ["USB", "USB 2", "USB 3"]
    sound.hosts.append(host("JACK"))
    sound.devices[1]["hostapi"] = 1
    assert [d.name for d in output_devices()] == ["USB (ALSA)", "USB (JACK)", "USB (ALSA) 2"]


def test_windows_lists_a_device_once(sound: FakeSoundDevice) -> None:
    sound.hosts = [host("MME"), host("Windows WASAPI") | {"default_output_device": 1}]
    sound.devices = [device("Speakers", outputs=2), device("Speakers", outputs=2, rate=48000, hostapi=1)]
    assert [(d.name, d.number, d.rate, d.is_default) for d in output_devices()] == [("Speakers", 1, 48000, True)]


def test_no_devices_at_all(sound: FakeSoundDevice) -> None:
    sound.devices = []
    assert output_devices() == input_devices() == []


def test_devices_that_were_plugged_in_are_found(sound: FakeSoundDevice) -> None:
    sound.plugged_in = [*sound.devices, device("Headphones", outputs=2)]
    assert len(output_devices()) == 1
    assert [d.name for d in output_devices(rescan=True)] == ["Speakers", "Headphones"]
    assert sound.restarts == 1
    assert sound._initialized == 1


def test_nothing_is_cut_off_by_looking_again(sound: FakeSoundDevice) -> None:
    sound.plugged_in = []
    player = Player(latency=0.01)
    player.loop = True
    player.play([0.1] * 1000, 8000)
    assert len(output_devices(rescan=True)) == 1
    assert player.playing
    assert sound.restarts == 0
    player.stop()
    assert output_devices(rescan=True) == []


def test_a_library_that_was_installed_meanwhile_is_found(
    sound: FakeSoundDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with no_library(), pytest.raises(StudioError, match=r"install"):
        output_devices(rescan=True)
    assert output_devices()
    assert sys.modules["sounddevice"] is sound


def test_a_sound_system_that_does_not_come_up_again(sound: FakeSoundDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise PortAudioError("Error initializing PortAudio", -9999)

    monkeypatch.setattr(sound, "_initialize", fails)
    with pytest.raises(StudioError, match="does not answer"):
        output_devices(rescan=True)
    monkeypatch.undo()
    sound._initialized = 0
