"""The middle of the window: the generation canvas and, below it, the buttons that play it."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.ui.actions import Actions
from studio.ui.adapting import Flow, give_way
from studio.ui.audio.output import SoundOutput
from studio.ui.audio.sound_sheet import SoundSheet
from studio.ui.audio.transport import VolumeControl
from studio.ui.audio.voice_canvas import VoiceCanvas
from studio.ui.canvas import Canvas
from studio.ui.generation_canvas import FRAMES_PER_SECOND
from studio.ui.notes.roll_canvas import RollCanvas
from studio.ui.preferences import preferences, remembered_number
from studio.ui.shared_canvas import SharedCanvas
from studio.ui.text.canvas import CHARACTERS_PER_SECOND, TextCanvas
from studio.ui.theme import STEP
from studio.ui.training import clock
from studio.ui.widgets import Banner, Hint, MarkedSlider, NumberLabel, action_button, column, label, row, spread

PLAYER = ("restart", "play", "loop", "dice")


class Stage(QWidget):
    """Canvas, player buttons, and the banner above them."""

    def __init__(self, actions: Actions, output: SoundOutput) -> None:
        super().__init__()
        self._output = output
        self.banner = Banner()
        self.hint = Hint("generation", "Here the model draws, speaks, writes or plays what it learned, at any time.")
        self.canvas = SharedCanvas()
        self.voice = VoiceCanvas(output)
        self.text = TextCanvas()
        self.roll = RollCanvas(output)
        self.sounds: tuple[SoundSheet, ...] = (self.voice, self.roll)
        self.sheets = QStackedWidget()
        self._canvases: dict[str, Canvas] = {
            "pen": self.canvas,
            "audio": self.voice,
            "text": self.text,
            "roll": self.roll,
        }
        for sheet in self._canvases.values():
            self.sheets.addWidget(sheet)
        self.gaps = NumberLabel("888 gaps", "small")
        self.gaps.setToolTip("How often the loudspeaker wanted samples that were not there yet (underruns)")
        self.compared = label("", "small")  # which of two is heard
        self.time = NumberLabel("88:88 / 88:88")
        self.speed = MarkedSlider(-1, 1, 0)
        self._speed_value = NumberLabel("10.0×")
        self._kind = "pen"
        self._length = 0
        self._seconds: float | None = None
        self.speed.setMinimumWidth(40)
        buttons = spread(row(*(action_button(actions[name]) for name in PLAYER), spacing=4))
        speed_label = label("S&peed", "muted", self.speed)
        compare, volume = action_button(actions["compare"]), VolumeControl(output, actions)
        copy = action_button(actions["copy-text"])
        speed = (spread(row(speed_label, self.speed, self._speed_value)),)
        give_way(speed[0])
        speed[0].setMaximumWidth(speed_label.sizeHint().width() + 200)
        self._parts: dict[str, tuple[QWidget, ...]] = {
            "pen": speed,
            "audio": (compare, self.compared, self.gaps, volume),
            "text": (*speed, copy),
            "roll": (self.gaps, volume),
        }
        self.player = Flow(
            buttons, self.time, compare, self.compared, None, *speed, self.gaps, volume, copy,
            action_button(actions["export-samples"]),
        )  # fmt: skip
        layout = column(self.banner, self.hint, self.sheets, self.player)
        layout.setContentsMargins(0, STEP, 0, 0)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.canvas.advanced.connect(self.show_time)
        for sheet in self.sounds:
            sheet.advanced.connect(self._show_sound_time)
        self.text.advanced.connect(self._show_characters)
        self.speed.moved.connect(self._set_speed)
        self.speed.number = remembered_number("generation/speed", 0.0)
        self._set_speed(self.speed.number)
        self.show_time(0)
        self.show_kind("pen")

    def keep_place_of_player(self, on: bool) -> None:
        """Let what is drawn stay where it is while the buttons come and go."""
        policy = self.player.sizePolicy()
        policy.setRetainSizeWhenHidden(on)
        self.player.setSizePolicy(policy)

    @property
    def shown(self) -> Canvas:
        """The canvas of what is generated now."""
        return self._canvases[self._kind]

    @property
    def sound(self) -> SoundSheet | None:
        """The sheet of what is heard; None where nothing is."""
        shown = self.shown
        return shown if isinstance(shown, SoundSheet) else None

    def show_kind(self, kind: str) -> None:
        """Show pens, a voice, a text, or notes."""
        self._kind = kind
        self.sheets.setCurrentWidget(self.shown)
        for part in {part for parts in self._parts.values() for part in parts}:
            part.setVisible(part in self._parts[kind])
        self._show_speed()

    def set_seconds(self, seconds: float | None) -> None:
        """How long it will be heard, None: without end."""
        self._seconds = seconds
        self._show_sound_time(self.sound.frames_shown if self.sound is not None else 0)

    def _show_sound_time(self, samples: int) -> None:
        sheet = self.sound
        second = samples / sheet.rate if sheet is not None and sheet.rate else 0.0
        self.time.setText(f"{clock(second)} / {clock(self._seconds) if self._seconds else '–:––'}")
        self.time.setToolTip("How much was heard so far")
        gaps = self._output.underruns if sheet is not None and self._output.owner is sheet else 0
        self.gaps.setText("1 gap" if gaps == 1 else f"{gaps} gaps")

    def _show_speed(self) -> None:
        if self._kind == "text":
            self._speed_value.setText(f"{self.text.speed * CHARACTERS_PER_SECOND:.0f} / s")
            self.speed.setToolTip("How fast the text appears; double click: 30 characters a second")
        else:
            self._speed_value.setText(f"{self.canvas.speed:.1f}×")
            self.speed.setToolTip("How fast the pens move; double click: 60 frames a second")

    def _show_characters(self, count: int) -> None:
        self.time.setText(f"{count:,} char.")
        self.time.setToolTip(f"{count:,} characters so far")

    def set_length(self, frames: int) -> None:
        """How many frames there will be at most, for the clock."""
        self._length = frames
        self.show_time(self.canvas.frames_shown)

    def show_time(self, frames: int) -> None:
        """Show how far the pens are."""
        total = clock(self._length / FRAMES_PER_SECOND) if self._length else "–:––"
        self.time.setText(f"{clock(frames / FRAMES_PER_SECOND)} / {total}")
        self.time.setToolTip(f"{frames:,} of at most {self._length:,} frames")

    def _set_speed(self, exponent: float) -> None:
        self.canvas.speed = self.text.speed = 10**exponent
        self._show_speed()
        preferences().setValue("generation/speed", exponent)
