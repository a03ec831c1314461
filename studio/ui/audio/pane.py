"""The pane of recordings: a microphone, the recording that is shown, and the collection."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget

from studio.sequences.recording import Recording
from studio.sound.levels import is_silent
from studio.training.recipe import Recipe
from studio.ui.actions import Actions
from studio.ui.audio.background import tell
from studio.ui.audio.devices import Devices, DevicesDialog, Direction
from studio.ui.audio.live_view import LiveView
from studio.ui.audio.output import SoundOutput
from studio.ui.audio.recording_bar import RecordingBar
from studio.ui.audio.sound_view import SoundView
from studio.ui.audio.system import SoundSystem
from studio.ui.audio.thumbnails import RECORDINGS
from studio.ui.audio.transport import Transport
from studio.ui.collection_pane import CollectionPane
from studio.ui.file_dialogs import SOUND_FILES
from studio.ui.preferences import preferences, remembered
from studio.ui.problems import reported
from studio.ui.reading import Reader
from studio.ui.theme import STEP
from studio.ui.widgets import Hint, column, push_button, timer
from studio.workbench import Job, MaterialItem, Workbench

TICK_MILLISECONDS = 33
SILENT = (
    "Nothing was heard, so nothing was kept: the microphone is muted, or it is another one. "
    "Choose it under Audio, Sound Devices."
)


def _same(one: MaterialItem, other: MaterialItem) -> bool:
    return one.id == other.id and one.has_content_of(other)


class AudioPane(CollectionPane):
    """Everything about the recordings of the project."""

    title = "Audio"
    kind = "audio"
    look = RECORDINGS
    says = "say"
    exports = SOUND_FILES
    own = ("play-recording", "trim-silence", "keep-selection", "split-pauses", "copy-synthesis")
    menu = (
        *(
            "play-recording",
            "label",
            "duplicate",
            "",
            "trim-silence",
            "split-pauses",
            "",
            "copy-synthesis",
            "begin",
            "",
        ),
        *("select-all", "export-selected", "delete"),
    )

    wants_front = Signal()
    recipe: Callable[[], Recipe | None] = staticmethod(lambda: None)  # whose representation is to be heard
    missing = Signal(str)  # no sound: what to install or to connect

    def __init__(self, workbench: Workbench, actions: Actions, output: SoundOutput, system: SoundSystem) -> None:
        super().__init__(workbench, actions)
        self.output = output
        self.devices = Devices(system.find_devices, self)
        self.hint = Hint("audio", "Record a few words, several times each, or drop sound files. Then train on them.")
        self.bar = RecordingBar(actions, system.make_recorder)
        self.view = SoundView()
        self.live = LiveView("Recording under way")
        self.transport = Transport(output, actions)
        self.sample_button = push_button("Load Sample Speech", "open")
        self._shown: MaterialItem | None = None
        self._reader = Reader(self)
        self._play_when_read = False
        self._begin = 0.0  # the second that playing began with, to which the playhead returns
        self._copied: int | None = None  # the job whose result will be heard
        self._jobs: set[int] = set()  # whose results will be selected
        self._missing_told = ""
        self._tick = timer(self, TICK_MILLISECONDS, self._follow)
        self._build()
        self._connect()
        self.show_materials()

    # --- building

    def _build(self) -> None:
        self._pictures = QStackedWidget()
        self._pictures.addWidget(self.view)
        self._pictures.addWidget(self.live)
        self.view.show_empty("microphone", "Say something", "Hold Record, or the key R, and speak.")
        self.sample_button.setToolTip("Put a few dozen words that a computer speaks into the collection, to begin with")
        above = column(self._pictures, self.transport, self.bar, spacing=STEP)
        above.setStretch(0, 1)
        buttons = ("trim-silence", "split-pauses", "copy-synthesis", "import", "export-selected", "delete")
        self._lay_out(above, buttons, self.sample_button)

    def _connect(self) -> None:
        slots = {
            "record": self._record,
            "play-recording": self.toggle_playing,
            "trim-silence": self._trim_silence,
            "keep-selection": self._keep_selection,
            "split-pauses": self._split,
            "copy-synthesis": self._copy_synthesis,
            "sound-devices": self.choose_devices,
        }
        self._actions.connect(slots)
        loop = self._actions["loop-recording"]
        loop.toggled.connect(lambda on: preferences().setValue("sound/loop", on))
        loop.setChecked(remembered("sound/loop", False))
        self.sample_button.clicked.connect(self._load_sample)
        self.collection.opened.connect(self.play_from_start)
        self.collection.badge_clicked.connect(self._play_or_stop)
        self.view.seeked.connect(self._seek)
        self.view.selected.connect(self._show_selected_stretch)
        self.view.trimmed.connect(self._trim)
        self.output.changed.connect(self._show_playing)
        self.output.failed.connect(self._tell_missing)
        self.devices.changed.connect(self._show_devices)
        self.bar.taken.connect(self._take)
        self.bar.grown.connect(self.live.push)
        self.bar.state_changed.connect(self._show_recording_state)
        self.bar.failed.connect(self._tell_missing)
        self.bar.said.connect(self.said)
        self._workbench.job_changed.connect(self._follow_job)

    # --- what is shown

    def forget(self) -> None:
        """Another project has labels of its own."""
        self.bar.label_field.clear()

    def show_materials(self) -> None:
        """Show the collection as it is now."""
        super().show_materials()
        items = self.collection.collection.items
        self.sample_button.setVisible(not items and self._workbench.has_sample_speech)

    def _show_selection(self) -> None:
        self._choose_shown()
        super()._show_selection()

    def _choose_shown(self) -> None:
        before, self._shown = self._shown, self._selected_or(self._shown)
        if before is not None and self._shown is not None and _same(before, self._shown):
            return  # another label, at most
        self.output.stop(self)
        if self._shown is None:
            self._show_recording(None)
        else:
            self._read(self._shown)

    def _read(self, item: MaterialItem) -> None:
        """Show a recording, a long one once it has been read."""

        def done(recording: Recording) -> None:
            if self._shown is not None and _same(self._shown, item):
                self._show_recording(recording)

        def failed(why: str) -> None:
            self._show_recording(None)
            tell(why)

        if not self._reader.at_once(item):
            self._show_recording(None)
        self._reader.read(item, done, failed)

    def _show_recording(self, recording: Recording | None) -> None:
        play = self._play_when_read and recording is not None
        self.view.show_recording(recording)
        self._show_time(0.0)
        if recording is not None:
            self._play_when_read = False
        if play:
            self._play(None)

    def show_actions(self) -> None:
        """Enable what can be done now; the others say why not."""
        super().show_actions()
        none = self._none_selected()
        one = "" if len(self.collection.selected()) == 1 else "select one recording in the collection first."
        deaf = self.devices.why_not("output")
        shown = "" if self._shown is not None else "there is no recording to be played yet."
        self._actions.allow("play-recording", shown or deaf)
        self._actions.allow("copy-synthesis", shown or deaf)
        self._actions.allow("trim-silence", none)
        self._actions.allow("split-pauses", one)
        stretch = self._shown is not None and self.view.selection is not None
        self._actions.allow("keep-selection", "" if stretch else "drag along the waveform to select a stretch first.")
        self._actions.allow("record", self.devices.why_not("input"))
        self.bar.allow(self.devices.why_not("input"))
        self._title_play()

    def _show_selected_stretch(self) -> None:
        if self.in_front:
            self.show_actions()

    def _show_time(self, second: float) -> None:
        recording = self.view.recording
        self.transport.show_time(second, None if recording is None else recording.seconds)

    def _show_recording_state(self) -> None:
        recording = self.bar.state == "recording"
        if self.bar.busy:
            self.output.silence()  # or it would be recorded too
        if recording and self._pictures.currentWidget() is not self.live:
            self.live.start(self.bar.rate)
        self._pictures.setCurrentWidget(self.live if recording else self.view)

    # --- devices

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.devices.known:
            self.devices.look()

    def _show_devices(self) -> None:
        if not self.devices.looking:
            for why in (self.devices.why_not("output"), self.devices.why_not("input")):
                if why and why != self._missing_told:
                    self._tell_missing(why)
                    break
            else:
                self._missing_told = ""
        if self.in_front:
            self.show_actions()

    def _tell_missing(self, why: str) -> None:
        self._missing_told = why
        self.missing.emit(why)

    def look_for_devices(self) -> None:
        """Also for those that came or went since."""
        self.output.silence()
        self.bar.close_microphone()
        self._missing_told = ""
        self.devices.look(again=True)

    def choose_devices(self) -> None:
        """Ask which loudspeaker and which microphone."""
        dialog = DevicesDialog(self.devices, self.output.device, self.bar.device, self.window())
        dialog.chosen.connect(self.use_device)
        dialog.exec()
        dialog.deleteLater()

    def use_device(self, direction: Direction, name: str) -> None:
        """Play on this one, or record from it, from now on."""
        if direction == "output":
            self.output.device = name
        else:
            self.bar.device = name

    # --- playing

    @property
    def playing(self) -> bool:
        """Whether something of this pane is heard, or about to be."""
        return self.output.state_of(self) in ("starting", "playing")

    def toggle_playing(self) -> None:
        """Play the shown recording from the playhead, or the selected stretch of it; or hold it; or go on."""
        state = self.output.state_of(self)
        if state in ("starting", "playing"):
            self.output.pause(self)
        elif state == "paused":
            self.output.resume(self)
        else:
            self._play(None)

    def play_from_start(self, id: int) -> None:
        """Play a recording of the collection, whole."""
        if self._shown is None or self._shown.id != id:
            self.collection.select([id])
        self.view.select(None)
        self.view.show_playhead(0.0)
        self._play_when_read = self.view.recording is None
        self._play(None)

    def _play_or_stop(self, id: int) -> None:
        if self.playing and self._shown is not None and self._shown.id == id:
            self.output.stop(self)
        else:
            self.play_from_start(id)

    def _play(self, instead: Recording | None) -> None:
        """Play what is shown, or something else on the same time axis."""
        recording = instead or self.view.recording
        if recording is None or self.devices.why_not("output"):
            return
        start, end = self.view.selection or (0.0, None)
        begin = self.view.playhead
        if begin >= recording.seconds - 0.01 or begin < start or (end is not None and begin >= end):
            begin = start
        self._begin = start if self.view.selection else begin
        self.output.play(self, recording.samples, recording.rate, start=start, end=end, begin=begin)

    def _seek(self, second: float) -> None:
        self._show_time(second)
        if self.output.state_of(self) != "silent":
            self._begin = second
            self.output.seek(self, second)

    def _follow(self) -> None:
        second = self.output.position
        self.view.show_playhead(second, moving=True)
        self._show_time(second)

    def _show_playing(self) -> None:
        state = self.output.state_of(self)
        if state == "playing":
            self._tick.start()
        else:
            self._tick.stop()
        if state == "silent" and self.collection.delegate.busy is not None:
            self.view.show_playhead(self._begin)
            self._show_time(self._begin)
        busy = self._shown.id if self._shown is not None and state != "silent" else None
        self.collection.show_busy(busy)
        self._title_play()

    def _title_play(self) -> None:
        if self.playing:
            self._actions.retitle("play-recording", "&Hold Recording", "pause", "Hold the recording")
        else:
            tip = "Play the recording (Space in the collection)"
            self._actions.retitle("play-recording", "&Play Recording", "play", tip)

    # --- recording

    def _record(self) -> None:
        self.wants_front.emit()
        self.bar.toggle()

    @reported
    def _take(self, recording: Recording) -> None:
        if is_silent(recording.samples):
            self.missing.emit(SILENT)
            return
        id = self._workbench.add_recording(recording)
        self._select_next = (id,)
        self.collection.clearSelection()
        if self._actions["auto-split"].isChecked():
            self._jobs.add(self._workbench.split_at_pauses(id).id)
        elif self._actions["auto-trim"].isChecked():
            self._jobs.add(self._workbench.trim_silence([id]).id)

    def _follow_job(self, job: Job) -> None:
        """What split recordings became is selected; what a representation made of one is heard."""
        if job.finished and job.id == self._copied:
            self._copied = None
            self._hear_copy(job)
        if job.finished and job.id in self._jobs:
            self._jobs.discard(job.id)
            if job.result:
                self._select_next = job.result
                self.show_materials()

    # --- what the person does

    @reported
    def _trim(self, start: float, end: float) -> None:
        recording = self.view.recording
        if self._shown is not None and recording is not None:
            first, last = round(start * recording.rate), round(end * recording.rate)
            self._workbench.replace_recording(self._shown.id, recording.cut(first, last), "trim recording")

    def _keep_selection(self) -> None:
        if self.view.selection is not None:
            self.view.trim_to(self.view.selection)

    @reported
    def _trim_silence(self) -> None:
        self._workbench.trim_silence(self._ids())

    @reported
    def _split(self) -> None:
        self._jobs.add(self._workbench.split_at_pauses(self._ids()[0]).id)

    @reported
    def _copy_synthesis(self) -> None:
        """Let the recording be heard as it comes back from frames, in its place on the time axis."""
        if self._shown is not None:
            self._copied = self._workbench.copy_synthesis([self._shown.id], self.recipe()).id
            self.said.emit("Encoding and decoding, without a model …")

    def _hear_copy(self, job: Job) -> None:
        if job.result and self._shown is not None:
            self.view.select(None)
            self.view.show_playhead(0.0)
            self._play(job.result[0])
            self.said.emit("This is what the representation alone makes of it; Space plays the recording itself.")

    @reported
    def _load_sample(self) -> None:
        self._workbench.import_sample_speech()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            if not event.isAutoRepeat():
                self.toggle_playing()
        elif event.key() == Qt.Key.Key_R and not event.modifiers():
            if not event.isAutoRepeat() and not self.devices.why_not("input"):
                self.bar.press()
        elif event.key() == Qt.Key.Key_Escape and self.bar.busy:
            self.bar.cancel()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_R:
            if not event.isAutoRepeat():
                self.bar.release()
        else:
            super().keyReleaseEvent(event)

    def close_down(self) -> None:
        """End threads and give devices back, before the window goes."""
        self._tick.stop()
        self.bar.close_down()
        self.devices.close()
        self.view.close_down()
