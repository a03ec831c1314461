"""The buttons that play a recording: play and hold, loop, speed, volume, and where it is."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from studio.ui.actions import Actions
from studio.ui.adapting import Flow, give_way
from studio.ui.audio.output import SoundOutput
from studio.ui.audio.span import clock
from studio.ui.theme import number_font
from studio.ui.widgets import MarkedSlider, NumberLabel, action_button, column, row, spread

SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)


class VolumeControl(QWidget):
    """How loud everything is; the button leads to the devices."""

    def __init__(self, output: SoundOutput, actions: Actions) -> None:
        super().__init__()
        self._output = output
        self.slider = MarkedSlider(0, 1, 1)
        self.slider.setMinimumWidth(40)
        self.slider.setMaximumWidth(80)
        self.slider.setAccessibleName("Volume")
        self.slider.setToolTip("Volume; double click: as recorded")
        layout = row(action_button(actions["sound-devices"]), self.slider, spacing=0)
        self.setLayout(layout)
        give_way(self)
        self.setMaximumWidth(layout.sizeHint().width())
        self.slider.moved.connect(self._set)
        output.volume_changed.connect(self._show)
        self._show()

    def _set(self, volume: float) -> None:
        self._output.volume = volume

    def _show(self) -> None:
        with QSignalBlocker(self.slider):
            self.slider.number = self._output.volume
        self.slider.update()


class SpeedButton(QToolButton):
    """How fast recordings are played, at their own pitch."""

    chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setFont(number_font())
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("1.25×") + 16)
        self.setToolTip("How fast it is played, at its own pitch")
        self.setAccessibleName("Speed")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        group = QActionGroup(self)
        for speed in SPEEDS:
            action = menu.addAction(f"{speed:g}×")
            action.setCheckable(True)
            action.setChecked(speed == 1)
            action.triggered.connect(lambda _, speed=speed: self.choose(speed))
            group.addAction(action)
        self.setMenu(menu)
        self.setText("1×")

    def choose(self, speed: float) -> None:
        """Play at this speed."""
        self.setText(f"{speed:g}×")
        self.chosen.emit(speed)


class Transport(QWidget):
    """One line of them."""

    def __init__(self, output: SoundOutput, actions: Actions) -> None:
        super().__init__()
        self.time = NumberLabel("8:88.8 / 8:88.8", "small")
        self.time.setToolTip("Where it is, and how long it lasts")
        self.speed = SpeedButton()
        self.volume = VolumeControl(output, actions)
        buttons = (action_button(actions[name]) for name in ("play-recording", "loop-recording"))
        line = Flow(spread(row(*buttons, self.time, spacing=2)), None, self.speed, self.volume, spacing=2)
        self.setLayout(column(line))
        self.speed.chosen.connect(lambda speed: setattr(output, "speed", speed))
        actions["loop-recording"].toggled.connect(lambda on: setattr(output, "loop", on))

    def show_time(self, second: float, total: float | None) -> None:
        """Show where it is."""
        self.time.setText("" if total is None else f"{clock(second)} / {clock(total)}")
