"""The middle of the window: the generation canvas and, below it, the buttons that play it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.ui.actions import Actions
from studio.ui.generation_canvas import FRAMES_PER_SECOND, GenerationCanvas
from studio.ui.preferences import preferences, remembered_number
from studio.ui.theme import STEP
from studio.ui.training import clock
from studio.ui.widgets import Banner, Hint, MarkedSlider, NumberLabel, action_button, column, label, row


class Stage(QWidget):
    """Canvas, player buttons, and the banner above them."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.banner = Banner()
        self.hint = Hint("generation", "The model draws here what it has learned, even while it is training.")
        self.canvas = GenerationCanvas()
        self.time = NumberLabel("88:88 / 88:88")
        self.speed = MarkedSlider(-1, 1, 0)
        self._speed_value = NumberLabel("10.0×")
        self._length = 0
        self.speed.setFixedWidth(120)
        self.speed.setToolTip("How fast the pens move; double click: 60 frames a second")
        buttons = row(*(action_button(actions[name]) for name in ("restart", "play", "loop", "dice")), spacing=4)
        player = row(
            buttons, self.time, None, label("S&peed", "muted", self.speed), self.speed, self._speed_value,
            action_button(actions["export-samples"]),
        )  # fmt: skip
        layout = column(self.banner, self.hint, self.canvas, player)
        layout.setContentsMargins(0, STEP, 0, 0)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.canvas.advanced.connect(self.show_time)
        self.speed.moved.connect(self._set_speed)
        self.speed.number = remembered_number("generation/speed", 0.0)
        self._set_speed(self.speed.number)
        self.show_time(0)

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
        speed = 10**exponent
        self.canvas.speed = speed
        self._speed_value.setText(f"{speed:.1f}×")
        preferences().setValue("generation/speed", exponent)
