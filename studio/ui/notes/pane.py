"""The pane of piano rolls: a sheet to draw notes on, what plays them, and the collection below."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QElapsedTimer, QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

from studio.errors import StudioError
from studio.sequences.performance import performed
from studio.sequences.roll import Roll
from studio.ui.actions import Actions
from studio.ui.adapting import Flow
from studio.ui.audio.background import tell
from studio.ui.audio.output import SoundOutput
from studio.ui.audio.span import clock
from studio.ui.audio.transport import VolumeControl
from studio.ui.collection_pane import CollectionPane
from studio.ui.file_dialogs import ROLL_FILES
from studio.ui.notes.editor import RollEditor, heard_with
from studio.ui.notes.score import Score
from studio.ui.notes.thumbnails import ROLLS
from studio.ui.preferences import preferences, remembered
from studio.ui.problems import reported
from studio.ui.theme import STEP, scaled
from studio.ui.widgets import (
    Hint,
    NumberLabel,
    action_button,
    column,
    keep_wheel_for_scrolling,
    label,
    push_button,
    row,
    spread,
    timer,
)
from studio.workbench import MaterialItem, Workbench

TICK_MILLISECONDS = 33
LONGEST = 100_000  # frames that can be asked for here
SOUND_OF_A_KEY = 8.0  # frames per second of what is heard of one

FIELD = 76  # pixels of width of tempo and length


class NotesPane(CollectionPane):
    """Everything about the piano rolls of the project."""

    title = "Notes"
    kind = "roll"
    look = ROLLS
    says = "play"
    exports = ROLL_FILES
    own = ("new-roll", "play-roll")
    menu = (*("play-roll", "label", "duplicate", "", "begin", ""), *("select-all", "export-selected", "delete"))

    def __init__(self, workbench: Workbench, actions: Actions, output: SoundOutput) -> None:
        super().__init__(workbench, actions)
        self.output = output
        self.hint = Hint("notes", "Draw a few tunes with the mouse, or load these, then train on them.")
        self.editor = RollEditor()
        self.tempo = QDoubleSpinBox()
        self.length = QSpinBox()
        self.time = NumberLabel("8:88.8 / 8:88.8", "small")
        self.sample_button = push_button("Load Sample Canons", "open")
        self._shown: MaterialItem | None = None
        self._score: Score | None = None
        self._start = 0  # the frame with which playing begins
        self._key = object()  # who plays a key that is pressed
        self._mute = False  # no loudspeaker was found for it: saying so with every note would be a nuisance
        self._unheard: QElapsedTimer | None = None  # of playing without a loudspeaker
        self._tick = timer(self, TICK_MILLISECONDS, self._follow)
        self._build()
        self._connect()
        self.show_materials()

    # --- building

    def _build(self) -> None:
        self.tempo.setRange(0.5, 200)
        self.tempo.setDecimals(1)
        self.tempo.setValue(8)
        self.tempo.setKeyboardTracking(False)
        self.tempo.setSuffix(" /s")
        self.tempo.setAccessibleName("Tempo, frames per second")
        self.tempo.setToolTip("Tempo: columns a second. With four to a beat, 8 are 120 beats a minute")
        self.length.setRange(1, LONGEST)
        self.length.setValue(self.editor.frames)
        self.length.setSingleStep(4)
        self.length.setKeyboardTracking(False)
        self.length.setAccessibleName("Length in frames")
        self.length.setToolTip("How many columns there are; notes beyond are cut off, and undo brings them back")
        keep_wheel_for_scrolling(self.tempo, self.length)
        for field in (self.tempo, self.length):
            field.setFixedWidth(scaled(FIELD))
        self.sample_button.setToolTip("Put the canons that came with the studio into the collection, to begin with")
        self.time.setToolTip("Where it is, and how long it lasts")
        get = self._actions.__getitem__
        tempo = spread(row(label("Tempo", "muted", self.tempo), self.tempo, spacing=4))
        length = spread(row(label("Length", "muted", self.length), self.length, spacing=4))
        tools = Flow(action_button(get("new-roll")), None, tempo, length)
        volume = VolumeControl(self.output, self._actions)
        buttons = (action_button(get(name)) for name in ("undo", "redo", "play-roll", "loop-roll"))
        play = Flow(spread(row(*buttons, spacing=2)), self.time, None, volume, spacing=2)
        above = column(tools, self.editor, play, spacing=STEP)
        above.setStretch(1, 1)
        self._lay_out(above, ("import", "export-selected", "delete"), self.sample_button)

    def _connect(self) -> None:
        self._actions.connect({"new-roll": self._begin_new, "play-roll": self.toggle_playing})
        loop = self._actions["loop-roll"]
        loop.setChecked(remembered("notes/loop", True))
        loop.toggled.connect(self._set_loop)
        self.editor.changed.connect(self._keep)
        self.editor.struck.connect(self._strike)
        self.editor.sought.connect(self._seek)
        self.tempo.valueChanged.connect(self._change_tempo)
        self.length.valueChanged.connect(self.editor.set_frames)
        self.collection.opened.connect(self.play_from_start)
        self.collection.badge_clicked.connect(self._play_or_stop)
        self.output.changed.connect(self._show_playing)
        self.output.failed.connect(self._go_on_unheard)
        self.sample_button.clicked.connect(self._load_sample)

    @property
    def first_focus(self) -> QWidget:
        """What keys mean when the person comes to this pane."""
        return self.editor

    # --- what is shown

    def show_materials(self) -> None:
        """Show the collection as it is now."""
        super().show_materials()
        self.sample_button.setVisible(not self.collection.collection.items)

    def _show_selection(self) -> None:
        self._choose_shown()
        super()._show_selection()

    def _choose_shown(self) -> None:
        before, self._shown = self._shown, self._selected_or(self._shown)
        roll = self._read()
        same = (before and before.id) == (self._shown and self._shown.id)
        if not same:
            self._stop()
            self._start = 0
        if not (same and _alike(roll, self.editor.roll)):
            self.editor.show_roll(roll)
        if self._score is not None and roll is not None:
            self._score.change(roll)
        self._show_settings(roll)

    def _read(self) -> Roll | None:
        """What is to be shown; that is small enough to be read at once."""
        try:
            return None if self._shown is None else self._shown.roll
        except StudioError as error:
            tell(str(error))
            return None

    def _show_settings(self, roll: Roll | None) -> None:
        with QSignalBlocker(self.tempo), QSignalBlocker(self.length):
            if roll is not None:
                self.tempo.setValue(roll.rate)
            self.length.setValue(self.editor.frames)
        self._show_time(None)

    def show_actions(self) -> None:
        """Enable what can be done now; the others say why not."""
        super().show_actions()
        blank = "" if self._shown is not None else "the sheet is empty already."
        self._actions.allow("new-roll", blank)
        none = "" if self._shown is not None else "there are no notes to be played yet."
        self._actions.allow("play-roll", none)
        self._title_play()

    def _show_time(self, frame: float | None) -> None:
        roll = self.editor.roll
        if roll is None:
            self.time.setText("")
        else:
            at = roll.seconds_at(self._start if frame is None else frame)
            self.time.setText(f"{clock(at)} / {clock(roll.seconds)}")

    # --- changing it

    def _begin_new(self) -> None:
        """An empty sheet; what is drawn on it becomes another roll of the collection."""
        self._shown = None
        self.collection.clearSelection()
        self.editor.set_rate(self.tempo.value())
        self.editor.show_roll(None)
        self._show_settings(None)
        self.show_actions()
        self.editor.setFocus()

    @reported
    def _keep(self, roll: Roll, text: str) -> None:
        """What was drawn, as one change that undo takes back."""
        if self._shown is None:
            id = self._workbench.add_roll(roll)
            self._select_next = (id,)
            self._shown = self._workbench.material(id)
        else:
            self._workbench.replace_roll(self._shown.id, roll, text)
        if self._score is not None:
            self._score.change(roll)
        self._show_settings(roll)

    @reported
    def _change_tempo(self, rate: float) -> None:
        self.editor.set_rate(rate)
        roll = self.editor.roll
        if roll is not None and self._shown is not None and rate != roll.rate:
            changed = roll.at_tempo(rate)
            self.editor.show_roll(changed)
            self._workbench.replace_roll(self._shown.id, changed, "change the tempo")
            if self._score is not None:
                self._score.change(changed)
            self._show_time(None)

    # --- playing

    @property
    def playing(self) -> bool:
        """Whether the roll is heard, or about to be."""
        return self._unheard is not None or self.output.state_of(self) in ("starting", "playing")

    def toggle_playing(self) -> None:
        """Play the shown roll; or hold it; or go on."""
        state = self.output.state_of(self)
        if self._unheard is not None:
            self._stop()
        elif state in ("starting", "playing"):
            self.output.pause(self)
        elif state == "paused":
            self.output.resume(self)
        else:
            self._play(self._start)

    def play_from_start(self, id: int) -> None:
        """Play a roll of the collection, whole."""
        if self._shown is None or self._shown.id != id:
            self.collection.select([id])
        self._start = 0
        self._play(0)

    def _play_or_stop(self, id: int) -> None:
        if self.playing and self._shown is not None and self._shown.id == id:
            self._stop()
        else:
            self.play_from_start(id)

    def _play(self, start: int) -> None:
        roll = self.editor.roll
        if roll is None:
            return
        self._leave_score()
        self._score = Score(roll, start if start < len(roll) else 0, self._actions["loop-roll"].isChecked())
        self.output.stream(self, self._score.read, Score.rate)

    def _stop(self) -> None:
        self._leave_score()
        self.output.stop(self)
        self._show_playing()

    def _leave_score(self) -> None:
        if self._score is not None:
            self._score.stop()
        self._score, self._unheard = None, None

    def _seek(self, frame: int) -> None:
        """Begin from there, now and next time."""
        self._start = frame
        if self.playing:
            self._play(frame)
        else:
            self.editor.show_playhead(float(frame) if frame else None)
            self._show_time(None)

    def _set_loop(self, on: bool) -> None:
        preferences().setValue("notes/loop", on)
        if self._score is not None:
            self._score.loop = on

    def _strike(self, pitch: int) -> None:
        """Let a key be heard, unless something else is."""
        owner = self.output.owner
        if not self._mute and (owner is self._key or self.output.state_of(owner) == "silent"):
            sound = performed(heard_with([pitch], SOUND_OF_A_KEY))
            self.output.play(self._key, sound.samples, sound.rate)

    def _follow(self) -> None:
        if self._score is None:
            return
        second = self.output.position if self._unheard is None else self._unheard.elapsed() / 1000
        if self._unheard is not None and not self._score.read_up_to(second):
            self._stop()
            return
        frame = self._score.frame_at(second)
        if frame is not None:
            self.editor.show_playhead(frame)
            self._show_time(frame)

    def _go_on_unheard(self, _: str) -> None:
        """Without a loudspeaker one still sees how the time goes by."""
        self._mute = self._mute or self.output.owner is self._key
        if self._score is not None and self.output.owner is self:
            self._unheard = QElapsedTimer()
            self._unheard.start()

    def _show_playing(self) -> None:
        state = self.output.state_of(self)
        if self.output.state_of(self.output.owner) == "playing":
            self._mute = False
        if state == "playing" or self._unheard is not None:
            self._tick.start()
        else:
            self._tick.stop()
        if state == "silent" and self._unheard is None:
            self._leave_score()
            self.editor.show_playhead(float(self._start) if self._start else None)
            self._show_time(None)
        busy = self._shown.id if self._shown is not None and self._score is not None else None
        self.collection.show_busy(busy)
        self._title_play()

    def _title_play(self) -> None:
        if self.playing:
            self._actions.retitle("play-roll", "&Hold Notes", "pause", "Hold the notes")
        else:
            self._actions.retitle("play-roll", "&Play Notes", "play", "Play the notes (Space)")

    @reported
    def _load_sample(self) -> None:
        self._workbench.import_sample_rolls()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            if not event.isAutoRepeat():
                self.toggle_playing()
        else:
            super().keyPressEvent(event)

    def close_down(self) -> None:
        """Fall silent, before the window goes."""
        self._tick.stop()
        self._leave_score()


def _alike(one: Roll | None, other: Roll | None) -> bool:
    """Whether they play the same: a roll that was kept is read again, and is another object."""
    if one is None or other is None:
        return one is other
    facts = [(roll.rate, roll.changes, roll.lowest, roll.keys.shape, roll.label) for roll in (one, other)]
    return facts[0] == facts[1] and np.array_equal(one.keys, other.keys)
