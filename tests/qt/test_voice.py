"""What the model says: heard, seen while it is heard, and asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import circle, tone
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from sound import RATE, FakeSound

from studio.files.audio import read_recording
from studio.sequences.recording import Recording
from studio.sound.loudness import loudness
from studio.training.recipe import GenerationPreset
from studio.ui.audio.comparison import matched
from studio.ui.audio.live_view import SECONDS, LiveView
from studio.ui.main_window import MainWindow
from studio.workbench import GenerationSettings, LiveVoice


class FakeVoice:
    """Hums for so many seconds, or without end."""

    def __init__(self, settings: GenerationSettings) -> None:
        self.settings = settings
        self.error = self.details = ""
        self.ready = True
        self.rate = RATE
        self.label = settings.label or "seven"
        self.variance = (settings.latent_variance, settings.output_variance)
        self.restarts: list[int | None] = []
        self.refreshed = 0
        self.closed = False
        self._made = np.zeros(0, np.float32)

    @property
    def made(self) -> int:
        return len(self._made)

    @property
    def finished(self) -> bool:
        seconds = self.settings.seconds
        return self.closed or (seconds is not None and self.made >= seconds * self.rate)

    def read(self, count: int) -> NDArray[np.float32] | None:
        if self.finished:
            return None
        places = (np.arange(count) + self.made) / self.rate
        new = (0.4 * np.sin(2 * np.pi * 300 * places)).astype(np.float32)
        self._made = np.concatenate([self._made, new])
        return new

    def samples(self, start: int = 0) -> NDArray[np.float32]:
        return self._made[start:]

    def materials(self) -> list[Recording]:
        return [Recording(self._made, self.rate, self.label)] if self.made else []

    def restart(self, seed: int | None = None, label: str | None = None) -> None:
        self.restarts.append(seed)
        self._made = self._made[:0]

    def refresh(self) -> None:
        self.refreshed += 1

    def close(self) -> None:
        self.closed = True


LiveVoice.register(FakeVoice)


class Model:
    """In the place of one that has learned from recordings."""

    def __init__(self) -> None:
        self.voices: list[FakeVoice] = []
        self.labels: tuple[str, ...] = ("eight", "seven")
        self.preset = GenerationPreset(latent_variance=0.7, output_variance=0.3)

    def why_not_generate(self, run: int | None = None) -> str:
        return ""

    def kind_of(self, run: int | None = None) -> str:
        return "audio"

    def has_latent(self, run: int | None = None) -> bool:
        return True

    def labels_of(self, run: int | None = None) -> tuple[str, ...]:
        return self.labels

    def preset_of(self, run: int | None = None) -> GenerationPreset:
        return self.preset

    def live_voice(self, settings: GenerationSettings) -> FakeVoice:
        self.voices.append(FakeVoice(settings))
        return self.voices[-1]


@pytest.fixture
def model(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Model:
    found = Model()
    for name in ("why_not_generate", "kind_of", "has_latent", "labels_of", "preset_of", "live_voice"):
        monkeypatch.setattr(window.workbench, name, getattr(found, name))
    window.workbench.weights_changed.emit(1)
    return found


def hear(sound: FakeSound, seconds: float) -> None:
    """The loudspeaker asks for more, and it is heard."""
    assert sound.player.read is not None
    sound.player.read(round(seconds * RATE))
    sound.player.position += seconds


def speak(qtbot: QtBot, window: MainWindow, sound: FakeSound, seconds: float = 1.0) -> None:
    """Let the voice be heard for so long."""
    window.commands["play"].trigger()
    qtbot.waitUntil(lambda: sound.player.playing)
    hear(sound, seconds)
    qtbot.waitUntil(lambda: window.stage.voice.seconds == pytest.approx(seconds, abs=0.01))


# --- listening


def test_nothing_is_heard_before_somebody_wants_to(
    qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound
) -> None:
    assert len(model.voices) == 1
    qtbot.wait(100)
    assert not sound.player.playing
    assert window.commands["play"].isEnabled()
    assert window.stage.voice.isVisible()
    assert not window.stage.canvas.isVisible()


def test_what_is_seen_is_what_is_heard(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    speak(qtbot, window, sound)
    assert sound.player.read is not None
    sound.player.read(RATE)  # made, but not yet heard
    qtbot.wait(100)
    assert window.stage.voice.frames_shown == RATE
    assert window.stage.time.text() == "0:01 / –:––"
    sound.player.underruns = 3
    hear(sound, 0.5)
    qtbot.waitUntil(lambda: window.stage.gaps.text() == "3 gaps")


def test_sliders_act_on_what_is_being_said(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    assert model.voices[0].variance == (0.7, 0.3)  # as its recipe wants to begin
    assert window.generation.latent.number == 0.7
    speak(qtbot, window, sound)
    window.generation.latent.number = 0.2
    window.generation.output.number = 1.5
    assert model.voices[0].variance == (0.2, 1.5)
    assert len(model.voices) == 1
    assert sound.player.playing


def test_pause_and_go_on(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    speak(qtbot, window, sound)
    play = window.commands["play"]
    assert play.text() == "&Pause the Voice"
    play.trigger()
    assert sound.player.paused
    assert play.text() == "&Play"
    play.trigger()
    assert not sound.player.paused


def test_a_clip_ends_and_loops(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    window.generation._hold.setInterval(10)
    window.generation.seconds.setValue(2.0)
    QTest.keyClick(window.generation.seconds, Qt.Key.Key_Return)
    assert model.voices[-1].settings.seconds == 2.0
    assert model.voices[-1].settings.length is None
    window.commands["loop"].setChecked(False)
    speak(qtbot, window, sound, 2.0)
    sound.player.end()
    qtbot.waitUntil(lambda: window.stage.voice.done)
    assert window.commands["play"].text() == "&Play"
    window.commands["loop"].setChecked(True)
    qtbot.waitUntil(lambda: bool(model.voices[-1].restarts))
    qtbot.waitUntil(lambda: sound.player.playing)


def test_say_a_label(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    say = window.generation.say
    assert [say.itemText(place) for place in range(say.count())] == ["anything", "eight", "seven"]
    speak(qtbot, window, sound)
    say.setCurrentIndex(2)
    say.activated.emit(2)
    assert model.voices[0].closed
    assert model.voices[-1].settings.label == "seven"
    qtbot.waitUntil(lambda: window.stage.voice.playing)  # it was speaking, and goes on to


def test_models_without_labels_are_not_asked_for_any(window: MainWindow, model: Model) -> None:
    assert not window.generation.say.isHidden()
    model.labels = ()
    window.generation.renew()
    assert window.generation.say.isHidden()
    assert model.voices[-1].settings.label == ""


def test_new_seed_is_heard_at_once(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    window.commands["dice"].trigger()
    qtbot.waitUntil(lambda: sound.player.playing)
    assert model.voices[-1].restarts == [window.generation.seed.value()]


def test_a_voice_learns_while_it_speaks(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    speak(qtbot, window, sound)
    window.generation._live_run = 1
    window.workbench.weights_changed.emit(1)
    assert model.voices[0].refreshed == 1
    assert len(model.voices) == 1
    assert sound.player.playing
    window.workbench.weights_changed.emit(2)  # another run: another voice
    assert len(model.voices) == 2


def test_recording_silences_the_voice(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    speak(qtbot, window, sound)
    window.commands["record"].trigger()
    qtbot.waitUntil(lambda: not sound.player.playing)
    assert window.commands["play"].text() == "&Play"


def test_begin_with_a_recording_only(window: MainWindow, model: Model) -> None:
    window.workbench.add_drawing(circle())
    window.workbench.add_recordings([tone(400, 2.0, RATE, label="eight")])
    window.workbench.poll()
    window.trajectories.collection.selectAll()
    assert not window.commands["begin"].isEnabled()
    assert "select a recording" in window.commands["begin"].toolTip()
    window.material_tabs.setCurrentWidget(window.audio)
    window.audio.collection.selectAll()
    window.commands["begin"].trigger()
    begin = model.voices[-1].settings.begin
    assert isinstance(begin, Recording)
    assert begin.seconds == pytest.approx(0.8)


def test_the_loudspeaker_is_lent_to_one_at_a_time(
    qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound
) -> None:
    (id,) = window.workbench.add_recordings([tone(400, 2.0, RATE)])
    window.workbench.poll()
    speak(qtbot, window, sound)
    window.audio.play_from_start(id)
    qtbot.waitUntil(lambda: window.audio.output.state_of(window.audio) == "playing")
    qtbot.waitUntil(lambda: window.commands["play"].text() == "&Play")
    window.commands["play"].trigger()  # goes on where it was
    qtbot.waitUntil(lambda: window.output.state_of(window.stage.voice) == "playing")
    assert window.audio.output.state_of(window.audio) == "silent"
    hear(sound, 0.5)
    qtbot.waitUntil(lambda: window.stage.voice.seconds == pytest.approx(1.5, abs=0.01))


def test_without_a_loudspeaker_it_is_seen_and_exported(
    qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound.player.refuses = "There is no loudspeaker: connect one."
    window.commands["play"].trigger()
    qtbot.waitUntil(window.stage.banner.isVisible)
    qtbot.waitUntil(lambda: window.stage.voice.seconds > 0.3)
    assert window.commands["play"].text() == "&Pause the Voice"
    answer = str(tmp_path / "said.wav")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (answer, "WAV sound (*.wav)"))
    window.commands["export-samples"].trigger()
    qtbot.waitUntil(lambda: "Wrote" in window.status.text.text())
    assert read_recording(answer).seconds > 0.3


def test_a_voice_that_fails_says_why(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    model.voices[-1].error = "The voice stopped."
    window.commands["play"].trigger()
    qtbot.waitUntil(lambda: model.voices[-1].closed)
    assert not window.commands["play"].isEnabled()


def test_what_was_said_is_collected(qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound) -> None:
    speak(qtbot, window, sound)
    window.commands["collect"].trigger()
    (item,) = window.workbench.materials("audio")
    assert (item.name, item.label) == ("generated", "seven")
    for kind in ("svg", "png", "gif", "csv"):
        assert not window.commands[f"export-{kind}"].isVisible()
    assert window.commands["export-flac"].isVisible()


# --- A and B


def test_a_and_b_are_as_loud_as_each_other() -> None:
    for soft, loud in ((0.05, 0.8), (0.9, 0.1)):
        a, b = matched(tone(300, 2.0, RATE, soft), tone(1000, 2.0, 8000, loud))
        assert loudness(a.samples, a.rate) == pytest.approx(loudness(b.samples, b.rate), abs=0.3)
        assert max(np.abs(a.samples).max(), np.abs(b.samples).max()) <= 1.0001


def test_compare_plays_generated_and_real_in_turn(
    qtbot: QtBot, window: MainWindow, model: Model, sound: FakeSound
) -> None:
    window.commands["compare"].trigger()
    assert "nothing to compare" in window.status.text.text()
    speak(qtbot, window, sound)
    window.commands["compare"].trigger()
    assert "no recording" in window.status.text.text()
    window.workbench.add_recordings([tone(500, 1.5, RATE, label=label) for label in ("eight", "seven")])
    window.workbench.poll()
    window.commands["compare"].trigger()
    qtbot.waitUntil(lambda: window.stage.compared.text() == "A: generated")
    # Another thread begins to play, maybe after the words are there.
    qtbot.waitUntil(lambda: [len(samples) for samples, *_ in sound.player.played] == [RATE])
    qtbot.waitUntil(lambda: window.commands["play"].text() == "&Play")
    window.commands["compare"].trigger()
    qtbot.waitUntil(lambda: window.stage.compared.text() == "B: real, seven")
    qtbot.waitUntil(lambda: len(sound.player.played[-1][0]) == round(1.5 * RATE))
    sound.player.end()
    qtbot.waitUntil(lambda: window.stage.compared.text() == "")


# --- the picture


@pytest.fixture
def live(qtbot: QtBot) -> LiveView:
    found = LiveView("test")
    found.resize(620, 220)
    qtbot.addWidget(found)
    found.show()
    qtbot.waitExposed(found)
    return found


def test_only_new_columns_are_computed(live: LiveView) -> None:
    live.start(RATE)
    sound = tone(2000, 9.0, RATE).mono
    for start in range(0, len(sound), 500):
        live.push(sound[start : start + 500])
    assert live.seconds == 9.0
    assert 600 * 9 / SECONDS - 10 < live.columns_computed <= 600 * 9 / SECONDS
    before = live.grab().toImage()
    live.grab()
    assert live.columns_computed <= 600 * 9 / SECONDS
    live.resize(700, 220)
    live.resize(620, 220)
    assert live.grab().toImage() == before  # what is still known is computed again


def test_a_tone_is_seen_at_its_frequency(live: LiveView) -> None:
    live.start(RATE)
    live.push(tone(4000, 5.0, RATE).mono)
    picture = live.grab().toImage()
    top = 4 + int((220 - 24) * 0.4) + 4
    middle = round((top + 200) / 2)  # 4 of 8 kHz
    assert picture.pixelColor(300, middle).lightness() < 140 < picture.pixelColor(300, middle - 15).lightness()


def test_what_was_given_is_paler(live: LiveView) -> None:
    live.start(RATE, given=RATE)
    live.push(tone(300, 3.0, RATE, 0.3).mono)
    picture = live.grab().toImage()
    given, made = picture.pixelColor(10 + 50, 43), picture.pixelColor(10 + 250, 43)
    assert given.lightness() > made.lightness() + 50
