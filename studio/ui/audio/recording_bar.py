"""Recording with a microphone: hold to record, or click and be counted in; a meter, and what is said."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from studio.sequences.recording import Recording
from studio.sound.devices import DEFAULT
from studio.sound.levels import Levels
from studio.sound.recorder import Recorder
from studio.ui.actions import Actions
from studio.ui.audio.background import Background
from studio.ui.audio.meter import MeterView
from studio.ui.audio.span import clock
from studio.ui.icons import set_icon
from studio.ui.preferences import preferences, remembered, remembered_text
from studio.ui.widgets import NumberLabel, column, push_button, row, timer, tool_button

State: TypeAlias = Literal["off", "opening", "listening", "counting", "recording", "finishing"]
POLL_MILLISECONDS = 33
CLICK_MILLISECONDS = 300  # held for less, it was a click
COUNT_IN = 3  # to be counted before a clicked recording begins
COUNT_MILLISECONDS = 600
SHORTEST = 0.15  # seconds: less is a slip of the finger
UNUSED_MILLISECONDS = 60_000  # after which the microphone is let go


class RecorderLike(Protocol):
    """What is used of `studio.sound.recorder.Recorder`."""

    device: str
    rate: int
    error: str

    def open(self) -> None: ...
    def close(self) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> NDArray[np.float32]: ...
    def samples(self, start: int = 0) -> NDArray[np.float32]: ...
    def poll(self) -> Levels: ...
    def put_out_light(self) -> None: ...
    @property
    def ready(self) -> bool: ...
    @property
    def listening(self) -> bool: ...
    @property
    def recording(self) -> bool: ...
    @property
    def seconds(self) -> float: ...


MakeRecorder: TypeAlias = Callable[[], RecorderLike]


def real_recorder() -> RecorderLike:
    """On the microphone chosen in an earlier session."""
    return Recorder(remembered_text("sound/microphone", DEFAULT))


class RecordingBar(QWidget):
    """Gives each take as a `Recording`."""

    taken = Signal(object)  # Recording
    grown = Signal(object)  # new samples [n] of the take under way
    state_changed = Signal()
    failed = Signal(str)
    said = Signal(str)

    def __init__(self, actions: Actions, make_recorder: MakeRecorder = real_recorder) -> None:
        super().__init__()
        self._actions = actions
        self._recorder = make_recorder()
        self._background = Background("microphone", self)
        self.state: State = "off"
        self._why_not = ""
        self._held = False  # whether a key or the button is down
        self._hands_free = False  # whether it was clicked
        self._opened = False  # whether the microphone is open, as far as this thread knows
        self._seen = 0  # samples of the take that were told
        self._count = 0
        self._since_press = QElapsedTimer()
        self._poll = timer(self, POLL_MILLISECONDS, self._look)
        self._counting = timer(self, COUNT_MILLISECONDS, self._count_down)
        self._unused = timer(self, UNUSED_MILLISECONDS, self.close_microphone, once=True)
        self.button = push_button("Record", "record")
        self.meter = MeterView()
        self.time = NumberLabel("88:88.8")
        self.label_field = QLineEdit()
        self._build(actions)

    def _build(self, actions: Actions) -> None:
        self.label_field.setPlaceholderText("what you say")
        self.label_field.setAccessibleName("What you say")
        self.label_field.setToolTip("Label of the next recordings, e.g. seven; may stay empty")
        self.label_field.setClearButtonEnabled(True)
        self.time.setToolTip("How long this recording is")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.installEventFilter(self)
        self.button.clicked.connect(self._clicked_by_key)
        self.meter.light_put_out.connect(self._recorder.put_out_light)
        self.options = tool_button("settings", "How recordings are made")
        menu = QMenu(self.options)
        menu.setToolTipsVisible(True)
        for name in ("auto-trim", "auto-split", "count-in"):
            action = actions[name]
            action.setChecked(remembered(f"recording/{name}", name != "auto-split"))
            action.toggled.connect(lambda on, name=name: preferences().setValue(f"recording/{name}", on))
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction(actions["sound-devices"])
        self.options.setMenu(menu)
        self.options.setPopupMode(self.options.ToolButtonPopupMode.InstantPopup)
        self._count_in = actions["count-in"]
        above = row(self.button, self.label_field, self.options, spacing=4)
        above.setStretch(1, 1)
        self.setLayout(column(above, row(self.meter, self.time), spacing=4))
        self._show()

    # --- what the pane asks for

    @property
    def label(self) -> str:
        """What the next recordings say."""
        return self.label_field.text().strip()

    @property
    def busy(self) -> bool:
        """Whether a take is under way, or about to be."""
        return self.state in ("opening", "counting", "recording", "finishing")

    def allow(self, why_not: str) -> None:
        """Let the button be used, or say why it cannot be."""
        self._why_not = why_not
        self._show()

    def press(self) -> None:
        """The key or the button goes down."""
        if self.state in ("recording", "counting") and self._hands_free:
            self.finish()
            return
        if self.state in ("off", "listening"):
            self._held, self._hands_free = True, False
            self._since_press.start()
            self._begin()

    def release(self) -> None:
        """It comes up again: the end of the take, or, after a click, the beginning of the count."""
        if not self._held:
            return
        self._held = False
        if self._since_press.elapsed() < CLICK_MILLISECONDS:
            self._go_on_without_hands()
        elif self.state == "recording":
            self.finish()
        else:
            self._set("listening" if self._recorder.listening else "off")

    def toggle(self) -> None:
        """Begin a take that goes on without a hand, or end it."""
        self.press()
        if self._held:
            self._held = False
            self._go_on_without_hands()

    def finish(self) -> None:
        """End the take, or the count before it."""
        self._counting.stop()
        self._hands_free = self._held = False
        if self.state == "recording":
            self._set("finishing")
            self._background.run(self._recorder.stop, self._take, self._refuse)
        elif self.state in ("counting", "opening"):
            self._set("listening" if self._recorder.listening else "off")

    def cancel(self) -> None:
        """Throw the take away."""
        if self.state in ("recording", "counting", "opening"):
            self._counting.stop()
            self._hands_free = self._held = False
            if self.state == "recording":
                self._set("finishing")
                self._background.run(self._recorder.stop, lambda _: self._set("listening"), self._refuse)
            else:
                self._set("listening" if self._recorder.listening else "off")

    def close_microphone(self) -> None:
        """Let the microphone go, unless something is recorded."""
        if self.state == "listening":
            self._set("off")
            self._background.run(self._recorder.close)

    def close_down(self) -> None:
        """End everything, before the window goes."""
        self._poll.stop()
        self._counting.stop()
        self._background.run(self._recorder.close)
        self._background.close()

    @property
    def device(self) -> str:
        """Name of the microphone, "" for the system's default."""
        return self._recorder.device

    @device.setter
    def device(self, name: str) -> None:
        self.close_microphone()
        self._recorder.device = name
        preferences().setValue("sound/microphone", name)

    @property
    def rate(self) -> int:
        """Samples per second of what is recorded."""
        return self._recorder.rate

    # --- steps

    def _begin(self) -> None:
        if self.state == "listening" and self._recorder.ready:
            self._start()
        else:
            self._opened = False
            self._set("opening")
            self._background.run(self._recorder.open, self._take_note, self._refuse)

    def _take_note(self, _: None) -> None:
        self._opened = True

    def _go_on_without_hands(self) -> None:
        if self.state not in ("recording", "opening"):
            return
        self._hands_free = True
        if self.state == "recording" and self._count_in.isChecked():
            self._count_from_the_top()  # what was kept since the click is forgotten when the take begins

    def _count_from_the_top(self) -> None:
        self._count = COUNT_IN
        self._counting.start()
        self._set("counting")

    def _count_down(self) -> None:
        self._count -= 1
        if self._count > 0:
            self._show()
            return
        self._counting.stop()
        self._start()

    def _start(self) -> None:
        self._seen = 0
        self._recorder.start()
        self._set("recording")

    def _look(self) -> None:
        """With every tick while the microphone is open."""
        if self.state in ("off", "finishing") or not self._opened:  # another thread works on it
            return
        self.meter.show_levels(self._recorder.poll())
        if self._recorder.error:
            self._lose(self._recorder.error)
        elif self.state == "opening" and self._recorder.ready:
            if self._hands_free and self._count_in.isChecked():
                self._count_from_the_top()
            elif self._held or self._hands_free:
                self._start()
            else:
                self._set("listening")
        elif self.state == "recording":
            self._tell_growth()

    def _tell_growth(self) -> None:
        new = self._recorder.samples(self._seen)
        self._seen += len(new)
        self.time.setText(clock(self._recorder.seconds))
        if len(new):
            self.grown.emit(new.mean(1))

    def _lose(self, why: str) -> None:
        """The microphone is gone, or the take too long: what there is of it is kept."""
        self._counting.stop()
        self._hands_free = self._held = False
        taking = self.state == "recording"
        self._recorder.error = ""
        self._set("listening" if self._recorder.listening else "off")
        if taking:
            self._take(self._recorder.samples())
        self.failed.emit(why)

    def _refuse(self, why: str) -> None:
        self._held = self._hands_free = False
        self._set("off")
        self.failed.emit(why)

    def _take(self, samples: NDArray[np.float32]) -> None:
        if self.state == "finishing":
            self._set("listening")
        if len(samples) < SHORTEST * self._recorder.rate:
            self.said.emit("Too short to be kept: hold the button or the key R for as long as you speak.")
            return
        self.taken.emit(Recording(samples, self._recorder.rate, self.label))

    # --- what is shown

    def _set(self, state: State) -> None:
        self.state = state
        if state == "off":
            self._poll.stop()
            self.meter.show_levels(None)
        else:
            self._poll.start()
        if state == "listening":
            self._unused.start()
        else:
            self._unused.stop()
        if state != "recording":
            self.time.setText("")
        self._show()
        self.state_changed.emit()

    def _show(self) -> None:
        words = {
            "opening": "Wait …",
            "counting": f"In {self._count} …",
            "recording": "Stop" if self._hands_free else "Recording",
            "finishing": "Wait …",
        }
        self.button.setText(words.get(self.state, "Record"))
        set_icon(self.button, "stop" if self.state == "recording" else "record")
        self.button.setEnabled(not self._why_not)
        tip = "Hold to record while you speak, or click to be counted in and click again to end (key R)"
        self.button.setToolTip(f"{tip}.\nNot now: {self._why_not}" if self._why_not else tip)
        if self.busy:
            self._actions.retitle("record", "&Stop Recording", "stop", "End the recording and keep it")
        else:
            tip = "Record with the microphone after a count; pressing again ends it"
            self._actions.retitle("record", "&Record", "record", tip)
        metrics = self.button.fontMetrics()
        widest = max(metrics.horizontalAdvance(text) for text in ("Recording", "Record", "Wait …", "In 3 …"))
        self.button.setMinimumWidth(math.ceil(widest) + 56)

    # --- mouse and keys on the button

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.button and isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
                self.button.setDown(True)
                self.press()
                return True
            if event.type() == QEvent.Type.MouseButtonRelease:
                self.button.setDown(False)
                self.release()
                return True
        return super().eventFilter(watched, event)

    def _clicked_by_key(self) -> None:
        self.toggle()
