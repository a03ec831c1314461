"""The pane of piano rolls, and music that is generated: drawn, heard, seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from sound import FakeSound

from studio.files.readers import read_roll
from studio.sequences.roll import Note, Roll
from studio.sound.tones import RATE
from studio.training.recipe import GenerationPreset
from studio.ui.import_dialog import ImportDialog
from studio.ui.main_window import MainWindow
from studio.ui.notes.editor import BAR, BEAT, NEW_FRAMES, RULER, RollEditor
from studio.ui.notes.keyboard import KEYBOARD, Rows
from studio.ui.notes.live_view import LiveRollView
from studio.ui.notes.pane import NotesPane
from studio.ui.notes.score import Score
from studio.ui.notes.thumbnails import thumbnail
from studio.ui.theme import theme
from studio.workbench import GenerationSettings, LiveRoll

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


def tune(label: str = "tune", frames: int = 32) -> Roll:
    return Roll.from_notes([Note(0, 4, 60), Note(4, 8, 64), Note(8, frames, 67)], frames, 8.0, label=label)


@pytest.fixture
def pane(qtbot: QtBot, window: MainWindow) -> NotesPane:
    """In front."""
    window.material_tabs.setCurrentWidget(window.notes)
    return window.notes


@pytest.fixture
def editor(pane: NotesPane) -> RollEditor:
    return pane.editor


def at(editor: RollEditor, frame: float, pitch: int) -> QPoint:
    """Where a note is drawn."""
    rows: Rows = editor._rows
    return QPointF(editor._x(frame + 0.5), rows.y(pitch) + rows.height / 2).toPoint()


def drag(editor: RollEditor, pitch: int, first: int, last: int) -> None:
    target = editor.viewport()
    QTest.mousePress(target, LEFT, NONE, at(editor, first, pitch))
    QTest.mouseMove(target, at(editor, last, pitch))
    QTest.mouseRelease(target, LEFT, NONE, at(editor, last, pitch))


def add(window: MainWindow, *rolls: Roll) -> list[int]:
    ids = window.workbench.add_rolls(rolls)
    window.workbench.poll()
    return list(ids)


def kept(window: MainWindow) -> list[Roll]:
    window.workbench.poll()
    return [item.roll for item in window.workbench.materials("roll")]


# --- drawing


def test_a_press_and_a_drag_make_a_note_and_a_roll(window: MainWindow, editor: RollEditor) -> None:
    drag(editor, 62, 3, 7)
    (roll,) = kept(window)
    assert roll.notes == [Note(3, 8, 62)]
    assert (len(roll), roll.rate) == (NEW_FRAMES, 8.0)
    drag(editor, 65, 12, 9)  # also backwards
    (roll,) = kept(window)
    assert roll.notes == [Note(3, 8, 62), Note(9, 13, 65)]
    assert [item.id for item in window.notes.collection.selected()] == [1]


def test_each_gesture_is_taken_back_at_once(window: MainWindow, editor: RollEditor) -> None:
    drag(editor, 62, 3, 7)
    drag(editor, 65, 9, 12)
    QTest.mouseClick(editor.viewport(), LEFT, NONE, at(editor, 5, 62))
    assert kept(window)[0].notes == [Note(9, 13, 65)]
    for expected in ([Note(3, 8, 62), Note(9, 13, 65)], [Note(3, 8, 62)]):
        window.commands["undo"].trigger()
        assert kept(window)[0].notes == expected
        assert editor.roll is not None
        assert editor.roll.notes == expected
    window.commands["redo"].trigger()
    assert kept(window)[0].notes == [Note(3, 8, 62), Note(9, 13, 65)]


def test_a_drag_that_begins_on_a_note_erases_all_it_passes(window: MainWindow, editor: RollEditor) -> None:
    add(window, tune())
    window.notes.collection.select([1])
    QTest.mousePress(editor.viewport(), LEFT, NONE, at(editor, 1, 60))
    QTest.mouseMove(editor.viewport(), at(editor, 5, 64))
    QTest.mouseRelease(editor.viewport(), LEFT, NONE, at(editor, 5, 64))
    assert kept(window)[0].notes == [Note(8, 32, 67)]


def test_notes_beyond_the_end_make_it_longer_by_whole_beats(window: MainWindow, editor: RollEditor) -> None:
    add(window, tune(frames=12))
    window.notes.collection.select([1])
    drag(editor, 60, 13, 13)
    (roll,) = kept(window)
    assert len(roll) == 16 == 4 * BEAT
    window.notes.length.setValue(9)
    assert len(kept(window)[0]) == 9
    assert kept(window)[0].notes[-1] == Note(8, 9, 67)
    window.commands["undo"].trigger()
    assert len(kept(window)[0]) == 16


def test_escape_gives_a_gesture_up(window: MainWindow, editor: RollEditor) -> None:
    QTest.mousePress(editor.viewport(), LEFT, NONE, at(editor, 3, 62))
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    QTest.mouseRelease(editor.viewport(), LEFT, NONE, at(editor, 3, 62))
    assert kept(window) == []


def test_notes_from_the_keyboard(window: MainWindow, editor: RollEditor) -> None:
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_Home)
    frame, pitch = editor.cursor_place
    QTest.keyClick(editor, Qt.Key.Key_Up)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    for _ in range(3):
        QTest.keyClick(editor, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert kept(window)[0].notes == [Note(frame, 4, pitch + 1)]
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert kept(window)[0].notes == []
    QTest.keyClick(editor, Qt.Key.Key_PageDown)
    assert editor.cursor_place == (3, pitch - 11)
    assert "frame 4" in editor.accessibleDescription()


def test_an_empty_sheet_begins_another_roll(window: MainWindow, editor: RollEditor) -> None:
    add(window, tune())
    window.notes.collection.select([1])
    window.notes.tempo.setValue(10)
    assert kept(window)[0].rate == 10
    window.commands["new-roll"].trigger()
    assert editor.roll is None
    drag(editor, 60, 2 * BAR, 2 * BAR)
    rolls = kept(window)
    assert [roll.rate for roll in rolls] == [10, 10]
    assert rolls[1].notes == [Note(2 * BAR, 2 * BAR + 1, 60)]
    assert not window.commands["undo"].text().endswith("tempo")


def test_what_is_selected_is_shown_and_what_is_gone_is_not(window: MainWindow, editor: RollEditor) -> None:
    add(window, tune(), Roll.from_notes([Note(0, 2, 72)], 16, 4.0))
    window.notes.collection.select([2])
    assert editor.roll is not None
    assert editor.roll.notes == [Note(0, 2, 72)]
    assert window.notes.tempo.value() == 4
    assert window.notes.length.value() == 16
    window.workbench.delete([2])
    window.workbench.poll()
    assert editor.roll is None
    assert not window.commands["play-roll"].isEnabled()


def test_a_low_roll_is_scrolled_to(window: MainWindow, editor: RollEditor) -> None:
    add(window, tune(), Roll.from_notes([Note(0, 8, 24)], 16, 8.0))
    for id, pitch in ((1, 60), (2, 24), (1, 67)):
        window.notes.collection.select([id])
        assert pitch in editor._rows.within(editor._sheet)


def test_a_key_is_heard_where_nothing_else_is(qtbot: QtBot, pane: NotesPane, sound: FakeSound) -> None:
    place = QPointF(KEYBOARD / 2, pane.editor._rows.y(60) + 2).toPoint()
    QTest.mouseClick(pane.editor.viewport(), LEFT, NONE, place)
    qtbot.waitUntil(lambda: len(sound.player.played) == 1)
    samples, rate, *_ = sound.player.played[0]
    spectrum = np.abs(np.fft.rfft(samples[:, 0]))
    assert spectrum.argmax() * rate / len(samples) == pytest.approx(261.6, abs=4)


def test_a_missing_loudspeaker_is_told_of_once(
    qtbot: QtBot, window: MainWindow, pane: NotesPane, sound: FakeSound
) -> None:
    sound.player.refuses = "There is no loudspeaker: connect one."
    told: list[str] = []
    window.output.failed.connect(told.append)
    drag(pane.editor, 62, 3, 7)
    qtbot.waitUntil(lambda: len(told) == 1)
    for pitch in (59, 60, 61):
        drag(pane.editor, pitch, 9, 12)
    qtbot.wait(100)
    assert len(told) == 1
    assert len(kept(window)[0].notes) == 4


# --- playing


def seconds_of(sound: FakeSound, seconds: float) -> NDArray[np.float32]:
    """What the loudspeaker asks for."""
    assert sound.player.read is not None
    pieces: list[NDArray[np.float32]] = []
    while sum(map(len, pieces)) < seconds * RATE and (piece := sound.player.read(480)) is not None:
        pieces.append(np.asarray(piece, np.float32))
    sound.player.position = sum(map(len, pieces)) / RATE
    return np.concatenate(pieces)


def test_the_playhead_moves_with_what_is_heard(
    qtbot: QtBot, window: MainWindow, pane: NotesPane, sound: FakeSound
) -> None:
    add(window, tune())
    pane.collection.select([1])
    window.commands["loop-roll"].setChecked(True)
    QTest.keyClick(pane.editor, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: pane.playing and sound.player.read is not None)
    assert np.abs(seconds_of(sound, 0.9)).max() > 0.05
    sound.player.position = 0.7
    qtbot.waitUntil(lambda: pane.editor._playhead == pytest.approx(5.6, abs=0.1))
    assert pane.editor.down() == {64}
    assert pane.time.text() == "0:00.7 / 0:04.0"
    assert pane.collection.delegate.busy == 1
    assert window.commands["play-roll"].text() == "&Hold Notes"
    seconds_of(sound, 4.2)  # round again
    sound.player.position = 4.3
    qtbot.waitUntil(lambda: pane.editor._playhead == pytest.approx(2.4, abs=0.3))
    QTest.keyClick(pane.editor, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: sound.player.paused)


def test_changes_are_heard_while_it_plays(qtbot: QtBot, window: MainWindow, pane: NotesPane, sound: FakeSound) -> None:
    add(window, Roll(np.zeros((32, 12)), 8.0, 60))
    pane.collection.select([1])
    pane.play_from_start(1)
    qtbot.waitUntil(lambda: sound.player.read is not None)
    assert not seconds_of(sound, 0.5).any()
    drag(pane.editor, 62, 5, 20)
    assert np.abs(seconds_of(sound, 0.5)).max() > 0.05
    window.workbench.poll()
    assert pane.playing


def test_it_ends_or_begins_again(window: MainWindow, sound: FakeSound) -> None:
    score = Score(tune(frames=8), 0, loop=False)
    total = 0
    while (piece := score.read(480)) is not None:
        total += len(piece)
    assert RATE < total < 1.5 * RATE
    assert score.frame_at(0.5) == pytest.approx(4.0)
    assert score.frame_at(1.2) is None
    looped = Score(tune(frames=8), 6, loop=True)
    assert looped.read_up_to(2.0)
    assert looped.frame_at(0.0) == 6
    assert looped.frame_at(0.5) == pytest.approx(2.0, abs=1e-3)
    looped.stop()
    assert looped.read(1) is None


def test_without_a_loudspeaker_time_goes_by_all_the_same(
    qtbot: QtBot, window: MainWindow, pane: NotesPane, sound: FakeSound
) -> None:
    sound.player.refuses = "There is no loudspeaker: connect one."
    add(window, tune())
    pane.collection.select([1])
    pane.toggle_playing()
    qtbot.waitUntil(lambda: (pane.editor._playhead or 0) > 1)
    pane.toggle_playing()
    assert not pane.playing


def test_the_ruler_says_where_to_begin(qtbot: QtBot, window: MainWindow, pane: NotesPane, sound: FakeSound) -> None:
    add(window, tune())
    pane.collection.select([1])
    place = QPointF(pane.editor._x(8.5), RULER / 2).toPoint()
    QTest.mouseClick(pane.editor.viewport(), LEFT, NONE, place)
    assert pane.time.text() == "0:01.0 / 0:04.0"
    pane.toggle_playing()
    qtbot.waitUntil(lambda: sound.player.read is not None)
    seconds_of(sound, 0.2)
    qtbot.waitUntil(lambda: (pane.editor._playhead or 0) > 8)


# --- looks


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_is_painted_in_either_theme(window: MainWindow, pane: NotesPane, mode: str) -> None:
    theme().apply(mode)  # type: ignore[arg-type]
    empty = pane.editor.viewport().grab().toImage()
    add(window, tune())
    pane.collection.select([1])
    full = pane.editor.viewport().grab().toImage()
    assert full != empty
    ink = theme().colours.ink
    place = at(pane.editor, 2, 60)
    assert full.pixelColor(place * int(full.devicePixelRatio())).name().upper() == ink.upper()
    theme().apply("light")


def test_thumbnails_show_notes(window: MainWindow) -> None:
    size = window.notes.look.picture
    blank = thumbnail(Roll(np.zeros((8, 8)), 8.0), size).toImage()
    assert thumbnail(tune(), size).toImage() != blank
    assert window.notes.look.describe(add_and_facts(window)) == "32 frames, 8 a second: 4.0 s; 8 keys"


def add_and_facts(window: MainWindow) -> object:
    add(window, tune())
    return window.workbench.materials("roll")[0].facts


def test_samples_are_offered_where_there_is_nothing(qtbot: QtBot, window: MainWindow, pane: NotesPane) -> None:
    assert pane.sample_button.isVisible()
    pane.sample_button.click()
    qtbot.waitUntil(lambda: len(window.workbench.materials("roll")) > 9)
    assert not pane.sample_button.isVisible()


def test_the_import_is_told_what_tables_do_not_say(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, tune().keys.T)
    dialog = ImportDialog(window.workbench, [path], window)
    dialog.show()
    assert not dialog.tempo.isVisible()
    dialog.hold.setCurrentIndex(dialog.hold.findData("roll"))
    assert dialog.tempo.isVisible()
    dialog.time.setCurrentIndex(dialog.time.findData("across"))
    dialog.tempo.setValue(12)
    dialog.lowest.setValue(60)
    dialog.begin()
    qtbot.waitUntil(lambda: bool(window.workbench.materials("roll")))
    (roll,) = kept(window)
    assert (roll.rate, roll.lowest) == (12.0, 60)
    np.testing.assert_array_equal(roll.keys, tune().keys)
    dialog.deleteLater()


# --- what is generated


class FakeMusic:
    """Plays a scale without end."""

    def __init__(self, settings: GenerationSettings) -> None:
        self.settings = settings
        self.error = self.details = ""
        self.ready = True
        self.rate = RATE
        self.begun = 0
        self.tempo, self.lowest, self.pitches = 10.0, 60, 12
        self.variance = (settings.latent_variance, settings.output_variance)
        self.restarts: list[int | None] = []
        self.refreshed = 0
        self.made = 0
        self.finished = False

    def read(self, count: int) -> NDArray[np.float32]:
        self.made += RATE // 10
        return np.zeros(RATE // 10, np.float32)

    def keys(self, start: int = 0) -> NDArray[np.uint8]:
        frames = np.arange(start, self.made * 10 // RATE)
        return (frames[:, None] % 12 == np.arange(12)).astype(np.uint8)

    def materials(self) -> list[Roll]:
        return [Roll(self.keys(), self.tempo, self.lowest, "scale")] if self.made else []

    def restart(self, seed: int | None = None, label: str | None = None) -> None:
        self.restarts.append(seed)
        self.made = 0

    def refresh(self) -> None:
        self.refreshed += 1

    def close(self) -> None:
        self.finished = True


LiveRoll.register(FakeMusic)


@pytest.fixture
def music(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[FakeMusic]:
    """A run that plays."""
    made: list[FakeMusic] = []
    bench = window.workbench
    monkeypatch.setattr(bench, "why_not_generate", lambda run=None: "")
    monkeypatch.setattr(bench, "kind_of", lambda run=None: "roll")
    monkeypatch.setattr(bench, "has_latent", lambda run=None: True)
    monkeypatch.setattr(bench, "labels_of", lambda run=None: ())
    monkeypatch.setattr(bench, "preset_of", lambda run=None: GenerationPreset())

    def live_roll(settings: GenerationSettings) -> FakeMusic:
        made.append(FakeMusic(settings))
        return made[-1]

    monkeypatch.setattr(bench, "live_roll", live_roll)
    window.generation.renew()
    return made


def test_music_is_seen_while_it_is_heard(
    qtbot: QtBot, window: MainWindow, music: list[FakeMusic], sound: FakeSound
) -> None:
    assert window.stage.roll.isVisible()
    assert not window.generation.length.isVisibleTo(window.generation)
    assert window.generation.seconds.isVisibleTo(window.generation)
    assert not sound.player.playing  # it begins when somebody asks for it
    window.commands["play"].trigger()
    qtbot.waitUntil(lambda: sound.player.read is not None)
    seconds_of(sound, 1.5)
    sound.player.position = 1.25
    view: LiveRollView = window.stage.roll.view
    qtbot.waitUntil(lambda: view.moment == pytest.approx(12.5, abs=0.1))
    assert view.down() == {60}  # frame 12
    assert view.frames == 15
    assert window.stage.time.text() == "0:01 / –:––"
    view.grab()
    window.generation.latent.number = 0.5
    assert music[-1].variance == (0.5, 1.0)


def test_music_is_collected_and_written(
    qtbot: QtBot,
    window: MainWindow,
    music: list[FakeMusic],
    sound: FakeSound,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.commands["play"].trigger()
    qtbot.waitUntil(lambda: sound.player.read is not None)
    seconds_of(sound, 1.0)
    window.commands["collect"].trigger()
    assert kept(window)[0].label == "scale"
    answer = str(tmp_path / "played.csv")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (answer, "CSV table of zeros and ones (*.csv)"))
    window.commands["export-csv"].trigger()
    qtbot.waitUntil(lambda: "Wrote" in window.status.text.text())
    assert len(read_roll(answer)) == 10


def test_what_can_be_asked_for_is_shown(window: MainWindow, music: list[FakeMusic]) -> None:
    for ending in ("wav", "csv", "npz", "npy", "png", "flac"):
        assert window.commands[f"export-{ending}"].isVisible()
    for ending in ("svg", "gif", "txt"):
        assert not window.commands[f"export-{ending}"].isVisible()
    assert not window.commands["compare"].isVisible()


def test_a_long_performance_costs_no_more_to_paint(window: MainWindow) -> None:
    view = LiveRollView("notes")
    view.resize(400, 200)
    view.start(8.0, 60, 24)
    for _ in range(20):
        view.push(np.ones((500, 24), np.uint8))
    view.show_moment(9999.5)
    assert view.frames == 10_000
    assert len(view.down()) == 24
    view.grab()
