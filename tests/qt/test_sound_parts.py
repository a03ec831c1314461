"""Meter, devices, background: the small parts of sound."""

from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from shiboken6 import delete
from sound import FakeSound

from studio.errors import StudioError
from studio.sound.devices import Device
from studio.sound.levels import Levels
from studio.ui.audio.background import Background
from studio.ui.audio.devices import Devices, DevicesDialog
from studio.ui.audio.meter import MeterView
from studio.ui.audio.output import SoundOutput
from studio.ui.audio.thumbnails import MOST_SAMPLES, _extremes
from studio.ui.problems import problems

# --- thumbnails


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("length", [1, 5, 83, 84, 85, 1000, 84 * MOST_SAMPLES, 84 * MOST_SAMPLES + 50, 500_000])
def test_a_column_of_a_thumbnail_is_as_high_as_what_it_shows(length: int, channels: int) -> None:
    columns = 84
    samples = np.random.default_rng(length).normal(size=(length, channels)).astype(np.float32)
    low, high = _extremes(samples, columns)
    edges = np.linspace(0, length, columns + 1).astype(int)
    for column, (start, end) in enumerate(pairwise(edges)):
        start = min(start, length - 1)
        part = samples[start : max(start + 1, end)]
        if len(part) > MOST_SAMPLES + 1:  # only the beginning of very long ones
            part = part[:MOST_SAMPLES]
        assert (low[column], high[column]) == (part.min(), part.max())


# --- the meter


@pytest.fixture
def meter(qtbot: QtBot) -> MeterView:
    found = MeterView()
    found.resize(216, 16)  # 200 for 60 decibels
    qtbot.addWidget(found)
    found.show()
    return found


def green_up_to(meter: MeterView) -> int:
    picture = meter.grab().toImage()
    off = MeterView()
    off.resize(meter.size())
    empty = off.grab().toImage()
    return max((x for x in range(198) if picture.pixelColor(x, 8) != empty.pixelColor(x, 8)), default=0)


def test_meter_shows_level_and_holds_the_peak(meter: MeterView) -> None:
    meter.show_levels(Levels(-30.0, -30.0))
    assert green_up_to(meter) == pytest.approx(100, abs=2)
    meter.show_levels(Levels(-45.0, -15.0))
    assert green_up_to(meter) == pytest.approx(150, abs=2)
    picture = meter.grab().toImage()
    assert picture.pixelColor(100, 8) != picture.pixelColor(25, 8)  # nothing between the level and the peak
    assert "-15 dB" in meter.toolTip()
    meter.show_levels(None)
    assert green_up_to(meter) == 0


def test_clip_light_is_put_out_by_a_click(qtbot: QtBot, meter: MeterView) -> None:
    meter.show_levels(Levels(-1.0, -1.0))
    dark = meter.grab().toImage().pixelColor(210, 8)
    meter.show_levels(Levels(0.0, 0.0, clipped=True))
    assert meter.grab().toImage().pixelColor(210, 8) != dark
    assert "Too loud" in meter.toolTip()
    with qtbot.waitSignal(meter.light_put_out):
        QTest.mouseClick(meter, Qt.MouseButton.LeftButton, pos=QPoint(210, 8))


# --- devices


def test_devices_dialog_offers_what_there_is(qtbot: QtBot, sound: FakeSound) -> None:
    sound.outputs.append(Device("Headphones", 2, 2, 44100, False))
    devices = Devices(sound.system.find_devices)
    dialog = DevicesDialog(devices, "Headphones", "Old Microphone")
    qtbot.addWidget(dialog)
    assert dialog.problem.text() == "Looking for devices …"
    qtbot.waitUntil(lambda: devices.known)
    output, microphone = dialog.fields["output"], dialog.fields["input"]
    assert [output.itemText(place) for place in range(3)] == ["The system's: Speakers", "Speakers", "Headphones"]
    assert output.currentText() == "Headphones"
    assert microphone.currentText() == "Old Microphone (not there)"
    assert dialog.problem.isHidden()
    with qtbot.waitSignal(dialog.chosen) as chosen:
        output.setCurrentIndex(0)
        output.activated.emit(0)
    assert chosen.args == ["output", ""]
    sound.inputs = []
    dialog.again.click()
    qtbot.waitUntil(lambda: not microphone.isEnabled())
    assert "no microphone" in dialog.problem.text()
    assert sound.scans == [False, True]
    devices.close()


def test_missing_library_is_said_once(qtbot: QtBot, sound: FakeSound) -> None:
    sound.problem = "PortAudio is missing: install it."
    devices = Devices(sound.system.find_devices)
    devices.look()
    devices.look()  # it is looking already
    qtbot.waitUntil(lambda: devices.known)
    assert sound.scans == [False]
    assert devices.why_not("output") == devices.why_not("input") == sound.problem
    devices.close()


# --- background


def test_work_is_done_elsewhere_and_told_here(qtbot: QtBot) -> None:
    background = Background("test")
    seen: list[object] = []
    background.run(
        lambda: threading.current_thread().name, lambda name: seen.append((name, threading.current_thread()))
    )
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("test", threading.main_thread())]
    background.close()
    background.run(lambda: 1, seen.append)  # begins anew
    qtbot.waitUntil(lambda: len(seen) == 2)
    background.close()


def test_what_goes_wrong_in_the_background_becomes_a_sentence(qtbot: QtBot) -> None:
    background = Background("test")
    sentences: list[str] = []

    def refuse() -> None:
        raise StudioError("It is broken: mend it.")

    background.run(refuse, failed=sentences.append)
    background.run(lambda: 1 / 0, failed=sentences.append)
    with qtbot.waitSignal(problems().met) as met:
        background.run(refuse)
    assert met.args == ["It is broken: mend it.", ""]
    assert sentences[0] == "It is broken: mend it."
    assert "division by zero" in sentences[1]
    background.close()


def test_outcomes_for_nobody_are_dropped(qtbot: QtBot) -> None:
    parent = QObject()
    background = Background("test", parent)
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(60)

    background.run(work, lambda _: pytest.fail("told nobody"))
    begun.wait(60)
    thread = background._thread
    assert thread is not None
    delete(parent)
    go_on.set()
    background._queue.put(None)
    thread.join(60)
    qtbot.wait(1)
    assert not thread.is_alive()


# --- the loudspeaker


def test_last_one_asked_for_is_heard(qtbot: QtBot, sound: FakeSound) -> None:
    output = SoundOutput(sound.system.make_player)
    one, two = object(), object()
    output.play(one, [0.1], 8000)
    output.play(two, [0.2], 8000)
    assert (output.state_of(one), output.state_of(two)) == ("silent", "starting")
    qtbot.waitUntil(lambda: output.state_of(two) == "playing")
    output.stop(one)  # has nothing to say any more
    assert output.state_of(two) == "playing"
    sound.player.end()
    qtbot.waitUntil(lambda: output.state_of(two) == "silent")
    output.close()


def test_volume_and_device_are_remembered(qtbot: QtBot, sound: FakeSound) -> None:
    output = SoundOutput(sound.system.make_player)
    output.volume = 0.4
    output.device = "Headphones"
    again = SoundOutput(sound.system.make_player)
    assert again.volume == sound.players[1].volume == 0.4
    output.close()
    again.close()
