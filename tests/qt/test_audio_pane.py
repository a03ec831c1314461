"""The pane of recordings: gather, listen, change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import circle, tone
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot
from sound import MICROPHONE, RATE, FakeSound

from studio.files.audio import read_recording, write_recording
from studio.sequences.recording import Recording
from studio.ui.audio.pane import AudioPane
from studio.ui.main_window import MainWindow

LOUD = Qt.MouseButton.LeftButton


@pytest.fixture
def pane(window: MainWindow) -> AudioPane:
    """In front."""
    window.material_tabs.setCurrentWidget(window.audio)
    return window.audio


def words(*labels: str) -> list[Recording]:
    return [tone(300 + 100 * number, 0.5 + 0.1 * number, RATE, label=label) for number, label in enumerate(labels)]


def add(window: MainWindow, *labels: str) -> list[int]:
    ids = window.workbench.add_recordings(words(*labels))
    window.workbench.poll()
    return list(ids)


def heard(sound: FakeSound) -> int:
    return len(sound.player.played)


# --- recording


def test_a_silent_recording_is_said_and_not_kept(window: MainWindow) -> None:
    for loudness in (0.0, 1e-4):
        window.audio.bar.taken.emit(tone(300, 0.5, RATE, volume=loudness))
        window.workbench.poll()
        assert not window.workbench.materials("audio")
        assert "Nothing was heard" in window.stage.banner.sentence.text()
        window.stage.banner.hide()
    window.audio.bar.taken.emit(tone(300, 0.5, RATE, volume=0.01))
    window.workbench.poll()
    assert len(window.workbench.materials("audio")) == 1


# --- the collection


def test_nothing_touches_the_sound_system_before_somebody_looks(
    qtbot: QtBot, window: MainWindow, sound: FakeSound
) -> None:
    assert not sound.scans
    assert window.material_tabs.count() == len(window.panes)
    window.material_tabs.setCurrentWidget(window.audio)
    qtbot.waitUntil(lambda: window.audio.devices.known)
    assert sound.scans == [False]
    assert not sound.player.playing
    assert not sound.recorder.listening


def test_actions_mean_the_pane_in_front(window: MainWindow, pane: AudioPane) -> None:
    drawing = window.workbench.add_drawing(circle())
    one, two = add(window, "one", "two")
    assert window.trajectories.collection.collection.rowCount() == 1
    assert pane.collection.collection.rowCount() == 2
    window.commands["select-all"].trigger()
    assert not window.trajectories.collection.selected()
    assert window.commands["flip-vertical"].toolTip().endswith("choose Trajectories above the collection first.")
    window.commands["delete"].trigger()
    window.workbench.poll()
    assert [item.id for item in window.workbench.materials()] == [drawing]
    window.commands["undo"].trigger()
    window.workbench.poll()
    assert [item.id for item in pane.collection.collection.items] == [one, two]
    window.material_tabs.setCurrentWidget(window.trajectories)
    window.commands["select-all"].trigger()
    assert window.commands["flip-vertical"].isEnabled()
    assert not window.commands["trim-silence"].isEnabled()


def test_recordings_are_labelled_and_duplicated(
    window: MainWindow, pane: AudioPane, monkeypatch: pytest.MonkeyPatch
) -> None:
    (id,) = add(window, "seven")
    pane.collection.select([id])
    asked: list[str] = []
    monkeypatch.setattr(QInputDialog, "getItem", lambda *a: (asked.append(a[2]), ("eight ", True))[1])
    painted = pane.collection.delegate.painted
    window.commands["label"].trigger()
    window.workbench.poll()
    assert asked == ["What the recording says:"]
    assert window.workbench.material(id).label == "eight"
    pane.collection.grab()
    assert pane.collection.delegate.painted <= painted + 1
    window.commands["duplicate"].trigger()
    window.workbench.poll()
    assert [item.label for item in window.workbench.materials("audio")] == ["eight", "eight"]
    assert pane.collection.selected()[0].id != id


def test_thumbnails_say_what_they_are(window: MainWindow, pane: AudioPane) -> None:
    add(window, "seven")
    index = pane.collection.collection.index(0)
    tip = index.data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "seven\n0.50 s, 16,000 samples a second, mono\nfrom: recorded"
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Recording 1 seven"


def test_sound_files_are_dropped_and_exported(
    qtbot: QtBot, window: MainWindow, pane: AudioPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for number, recording in enumerate(words("a", "b")):
        write_recording(recording, source / f"{number}.wav")
    window.material_tabs.setCurrentWidget(window.trajectories)
    window.take_files([source])
    qtbot.waitUntil(lambda: len(window.workbench.materials("audio")) == 2)
    qtbot.waitUntil(lambda: window.front is pane)  # what came in is what one sees
    assert "2 recordings" in window.status.text.text()
    answer = str(tmp_path / "out.wav")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (answer, "WAV sound (*.wav)"))
    pane.collection.select([pane.collection.collection.items[0].id])
    window.commands["export-selected"].trigger()
    qtbot.waitUntil(lambda: "Wrote" in window.status.text.text())
    found = read_recording(answer)
    np.testing.assert_allclose(found.samples, words("a")[0].samples, atol=1 / 30_000)


def test_empty_pane_tells_what_to_do(window: MainWindow, pane: AudioPane) -> None:
    assert pane.hint.isVisible()
    empty = pane.collection.grab().toImage()
    add(window, "x")
    assert pane.collection.grab().toImage() != empty
    assert pane.sample_button.isHidden()


# --- listening


def test_space_plays_and_holds_what_is_shown(
    qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound
) -> None:
    play = window.commands["play-recording"]
    assert not play.isEnabled()
    _, two = add(window, "one", "two")
    pane.collection.select([two])
    assert pane.view.recording is window.workbench.material(two).recording
    QTest.keyClick(pane.collection, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: sound.player.playing)
    samples, rate, start, end, begin = sound.player.played[-1]
    assert (len(samples), rate, start, end, begin) == (round(0.6 * RATE), RATE, 0.0, None, 0.0)
    qtbot.waitUntil(lambda: play.text() == "&Hold Recording")
    assert pane.collection.delegate.busy == two
    sound.player.position = 0.4
    qtbot.waitUntil(lambda: pane.view.playhead == pytest.approx(0.4))
    assert pane.transport.time.text() == "0:00.4 / 0:00.6"
    QTest.keyClick(pane.collection, Qt.Key.Key_Space)
    assert sound.player.paused
    assert play.text() == "&Play Recording"
    QTest.keyClick(pane.collection, Qt.Key.Key_Space)
    assert not sound.player.paused
    sound.player.end()
    qtbot.waitUntil(lambda: not pane.playing)
    assert pane.view.playhead == 0
    assert pane.collection.delegate.busy is None
    assert threads_of(sound) == {"sound"}


def threads_of(sound: FakeSound) -> set[str]:
    """That opened a loudspeaker."""
    return sound.player.threads


def test_double_click_and_badge_play_each(qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound) -> None:
    add(window, "one", "two")
    view = pane.collection
    place = view.visualRect(view.collection.index(1))
    QTest.mouseClick(view.viewport(), LOUD, pos=place.center())
    QTest.mouseDClick(view.viewport(), LOUD, pos=place.center())
    qtbot.waitUntil(lambda: heard(sound) == 1)
    assert len(sound.player.played[0][0]) == round(0.6 * RATE)
    first = view.visualRect(view.collection.index(0))
    badge = view.delegate.badge(first).center().toPoint()
    QTest.mouseMove(view.viewport(), badge)
    assert view.delegate.hovered == 0
    QTest.mouseClick(view.viewport(), LOUD, pos=badge)
    qtbot.waitUntil(lambda: heard(sound) == 2)
    assert len(sound.player.played[1][0]) == round(0.5 * RATE)
    qtbot.waitUntil(lambda: pane.playing)
    QTest.mouseClick(view.viewport(), LOUD, pos=badge)  # it says stop now
    qtbot.waitUntil(lambda: not sound.player.playing)
    assert heard(sound) == 2


def test_selected_stretch_is_what_is_played(
    qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound
) -> None:
    add(window, "one")
    pane.collection.selectAll()
    pane.view.select((0.1, 0.3))
    window.commands["play-recording"].trigger()
    qtbot.waitUntil(lambda: heard(sound) == 1)
    assert sound.player.played[0][2:] == (0.1, 0.3, 0.1)
    qtbot.waitUntil(lambda: pane.playing)
    QTest.keyClick(pane.view, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: sound.player.position == 0.0)


def test_loop_speed_and_volume(window: MainWindow, pane: AudioPane, sound: FakeSound) -> None:
    window.commands["loop-recording"].setChecked(True)
    pane.transport.speed.choose(0.5)
    pane.transport.volume.slider.number = 0.3
    assert (sound.player.loop, sound.player.speed, sound.player.volume) == (True, 0.5, 0.3)
    assert pane.transport.speed.text() == "0.5×"


def test_another_recording_ends_what_is_heard(
    qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound
) -> None:
    one, two = add(window, "one", "two")
    pane.play_from_start(one)
    qtbot.waitUntil(lambda: pane.playing and sound.player.playing)
    pane.collection.select([two])
    qtbot.waitUntil(lambda: not sound.player.playing)
    assert pane.output.state_of(pane) == "silent"


def test_loudspeaker_pulled_out_is_told(qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound) -> None:
    (one,) = add(window, "one")
    pane.play_from_start(one)
    qtbot.waitUntil(lambda: pane.output.state_of(pane) == "playing")
    sound.player.end("Playing stopped because the loudspeaker is gone.")
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert "gone" in window.stage.banner.sentence.text()
    assert not pane.playing
    window.stage.banner._action.click()
    qtbot.waitUntil(lambda: sound.scans == [False, True])


def test_without_a_sound_library_everything_else_works(
    qtbot: QtBot, window: MainWindow, sound: FakeSound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound.problem = "Playing and recording need the PortAudio library: install it."
    window.material_tabs.setCurrentWidget(window.audio)
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert "install it" in window.stage.banner.sentence.text()
    (id,) = add(window, "one")
    window.audio.collection.select([id])
    for name in ("play-recording", "record"):
        assert not window.commands[name].isEnabled()
        assert "PortAudio" in window.commands[name].toolTip()
    assert not window.audio.bar.button.isEnabled()
    window.audio.play_from_start(id)
    assert not sound.player.played
    banner = window.stage.banner
    look_again = banner._act
    answer = str(tmp_path / "out.flac")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (answer, "FLAC sound (*.flac)"))
    window.commands["export-selected"].trigger()
    qtbot.waitUntil(Path(answer).exists)
    sound.problem = ""
    assert look_again is not None
    look_again()  # what was said of the export may have taken its place by now
    qtbot.waitUntil(lambda: window.commands["play-recording"].isEnabled())


# --- changing


def test_trimming_by_hand_can_be_undone(window: MainWindow, pane: AudioPane) -> None:
    (id,) = add(window, "one")
    pane.collection.select([id])
    pane.view.trim_to((0.1, 0.4))
    window.workbench.poll()
    assert pane.view.recording is not None
    assert len(pane.view.recording) == round(0.3 * RATE)
    assert window.workbench.material(id).label == "one"
    window.commands["undo"].trigger()
    window.workbench.poll()
    assert len(pane.view.recording) == round(0.5 * RATE)


def test_selected_stretch_is_kept(window: MainWindow, pane: AudioPane) -> None:
    (id,) = add(window, "one")
    pane.collection.select([id])
    keep = window.commands["keep-selection"]
    assert not keep.isEnabled()
    pane.view.select((0.2, 0.3))
    assert keep.isEnabled()
    keep.trigger()
    window.workbench.poll()
    assert len(window.workbench.material(id).recording) == round(0.1 * RATE)


def spaced(count: int) -> np.ndarray:
    """So many sounds with pauses around them."""
    quiet = np.zeros(RATE // 2, np.float32)
    return np.concatenate([quiet, *(np.concatenate([tone(400, 0.3, RATE).mono, quiet]) for _ in range(count))])


def test_silence_is_trimmed_and_pauses_split(qtbot: QtBot, window: MainWindow, pane: AudioPane) -> None:
    window.workbench.add_recordings([Recording(spaced(1), RATE, "a"), Recording(spaced(3), RATE, "b")])
    window.workbench.poll()
    first, second = (item.id for item in window.workbench.materials("audio"))
    pane.collection.select([first])
    window.commands["trim-silence"].trigger()
    qtbot.waitUntil(lambda: window.workbench.material(first).recording.seconds < 0.6)
    qtbot.waitUntil(lambda: "Trimmed one recording" in window.status.text.text())
    pane.collection.select([second])
    window.commands["split-pauses"].trigger()
    qtbot.waitUntil(lambda: len(window.workbench.materials("audio")) == 4)
    qtbot.waitUntil(lambda: len(pane.collection.selected()) == 3)
    assert "Split into 3 recordings" in window.status.text.text()


# --- recording


def test_hold_to_record(qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound) -> None:
    qtbot.waitUntil(lambda: pane.devices.known)
    pane.bar.label_field.setText(" seven ")
    QTest.keyPress(pane.collection, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: sound.recorder.recording)
    assert pane.live.isVisible()
    qtbot.wait(320)  # longer than a click
    sound.recorder.hear(spaced(1))
    qtbot.waitUntil(lambda: pane.live.seconds > 1)
    assert pane.bar.time.text() == "0:01.3"
    QTest.keyRelease(pane.collection, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: len(window.workbench.materials("audio")) == 1)
    (item,) = window.workbench.materials("audio")
    assert (item.label, item.name) == ("seven", "recorded")
    qtbot.waitUntil(lambda: window.workbench.material(item.id).recording.seconds < 0.6)  # trimmed
    window.commands["undo"].trigger()
    assert window.workbench.material(item.id).recording.seconds == pytest.approx(1.3)
    assert pane.view.isVisible()
    assert [found.id for found in pane.collection.selected()] == [item.id]
    assert sound.recorder.threads == {"microphone"}
    assert sound.recorder.listening  # the next take begins at once


def test_click_counts_in_and_records_until_the_next_click(
    qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound
) -> None:
    pane.bar._counting.setInterval(20)
    window.commands["auto-trim"].setChecked(False)
    button = pane.bar.button
    QTest.mouseClick(button, LOUD)
    qtbot.waitUntil(lambda: pane.bar.state == "counting")
    assert button.text() == "In 3 …"
    qtbot.waitUntil(lambda: pane.bar.state == "recording")
    assert button.text() == "Stop"
    sound.recorder.hear(spaced(1))
    QTest.mouseClick(button, LOUD)
    qtbot.waitUntil(lambda: len(window.workbench.materials("audio")) == 1)
    assert window.workbench.materials("audio")[0].recording.seconds == pytest.approx(1.3)


def test_shortcut_records_from_wherever_one_is(qtbot: QtBot, window: MainWindow, sound: FakeSound) -> None:
    window.commands["count-in"].setChecked(False)
    window.commands["auto-split"].setChecked(True)
    record = window.commands["record"]
    record.trigger()
    assert window.front is window.audio
    qtbot.waitUntil(lambda: sound.recorder.recording)
    assert record.text() == "&Stop Recording"
    sound.recorder.hear(spaced(4))
    record.trigger()
    qtbot.waitUntil(lambda: len(window.workbench.materials("audio")) == 4)
    assert record.text() == "&Record"


def test_slips_are_not_kept_and_escape_throws_away(
    qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound
) -> None:
    window.commands["count-in"].setChecked(False)
    pane.bar.toggle()
    qtbot.waitUntil(lambda: sound.recorder.recording)
    sound.recorder.hear(np.zeros(100))
    pane.bar.toggle()
    qtbot.waitUntil(lambda: "Too short" in window.status.text.text())
    pane.bar.toggle()
    qtbot.waitUntil(lambda: sound.recorder.recording)
    sound.recorder.hear(spaced(1))
    QTest.keyClick(pane, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: pane.bar.state == "listening")
    window.workbench.poll()
    assert not window.workbench.materials("audio")


def test_microphone_pulled_out_keeps_what_was_said(
    qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound
) -> None:
    window.commands["count-in"].setChecked(False)
    pane.bar.toggle()
    qtbot.waitUntil(lambda: sound.recorder.recording)
    sound.recorder.hear(spaced(1))
    sound.recorder.listening = False
    sound.recorder.error = "Recording stopped because the microphone is gone."
    qtbot.waitUntil(lambda: len(window.workbench.materials("audio")) == 1)
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert pane.bar.state == "off"


def test_a_microphone_that_refuses_is_told(qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound) -> None:
    sound.recorder.refuses = "There is no microphone: connect one."
    pane.bar.toggle()
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert "no microphone" in window.stage.banner.sentence.text()
    assert pane.bar.state == "off"
    assert pane.bar.button.text() == "Record"


def test_devices_are_chosen_and_looked_for_again(
    qtbot: QtBot, window: MainWindow, pane: AudioPane, sound: FakeSound
) -> None:
    qtbot.waitUntil(lambda: pane.devices.known)
    sound.inputs = []
    pane.look_for_devices()
    qtbot.waitUntil(lambda: not window.commands["record"].isEnabled())
    assert "no microphone" in window.stage.banner.sentence.text()
    sound.inputs = [MICROPHONE]
    pane.look_for_devices()
    qtbot.waitUntil(lambda: window.commands["record"].isEnabled())
    pane.use_device("output", "Speakers")
    pane.use_device("input", "Microphone")
    assert (sound.player.device, sound.recorder.device) == ("Speakers", "Microphone")
