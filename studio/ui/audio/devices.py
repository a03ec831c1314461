"""Which loudspeaker and which microphone: a small dialog, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QWidget

from studio.sound.devices import DEFAULT, Device, input_devices, output_devices
from studio.ui.audio.background import Background
from studio.ui.theme import STEP
from studio.ui.widgets import column, form, label, push_button

Direction: TypeAlias = Literal["output", "input"]
Lists: TypeAlias = tuple[list[Device], list[Device]]
FindDevices: TypeAlias = Callable[[bool], Lists]
NOTHING: dict[Direction, str] = {
    "output": "There is no loudspeaker: connect one and look for devices again. WAV files can be written meanwhile.",
    "input": "There is no microphone: connect one and look for devices again. Meanwhile files can be imported.",
}


def real_devices(rescan: bool) -> Lists:
    """Loudspeakers and microphones."""
    return output_devices(rescan), input_devices(rescan)


class Devices(QObject):
    """The devices there are, looked for on another thread.

    Attributes:
        outputs, inputs: the system's default first.
        problem: why there are none, "" where there are, or before anybody has looked.
        known: whether somebody has.
    """

    changed = Signal()

    def __init__(self, find: FindDevices = real_devices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.outputs: list[Device] = []
        self.inputs: list[Device] = []
        self.problem = ""
        self.known = False
        self.looking = False
        self._find = find
        self._background = Background("devices", self)

    def look(self, *, again: bool = False) -> None:
        """Find out what there is; again: also what came or went since."""
        if not self.looking:
            self.looking = True
            self._background.run(lambda: self._find(again), self._take, self._refuse)
            self.changed.emit()

    def why_not(self, direction: Direction) -> str:
        """Why one cannot play or record, in a sentence; "" where one can, or nobody knows yet."""
        if not self.known or self.problem:
            return self.problem
        return "" if (self.outputs if direction == "output" else self.inputs) else NOTHING[direction]

    def close(self) -> None:
        """End the thread."""
        self._background.close()

    def _take(self, found: Lists) -> None:
        self.outputs, self.inputs = found
        self._told("")

    def _refuse(self, why: str) -> None:
        self.outputs, self.inputs = [], []
        self._told(why)

    def _told(self, problem: str) -> None:
        self.problem, self.known, self.looking = problem, True, False
        self.changed.emit()


class DevicesDialog(QDialog):
    """Chooses the devices; what is chosen counts from the next sound on."""

    chosen = Signal(str, str)  # "output" or "input", name

    def __init__(self, devices: Devices, output: str, input_: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sound Devices")
        self._devices = devices
        self._wanted: dict[Direction, str] = {"output": output, "input": input_}
        self.fields: dict[Direction, QComboBox] = {"output": QComboBox(), "input": QComboBox()}
        self.problem = label("", "problem")
        self.problem.setWordWrap(True)
        self.again = push_button("Look for Devices &Again", "search")
        self.again.setToolTip("Find devices that were connected or pulled out since")
        self.again.setAutoDefault(False)
        self.again.clicked.connect(lambda: devices.look(again=True))
        for direction, field in self.fields.items():
            field.setMinimumContentsLength(28)
            field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            field.activated.connect(lambda _, direction=direction: self._choose(direction))
        fields = form(
            (label("&Loudspeaker", buddy=self.fields["output"]), self.fields["output"]),
            (label("&Microphone", buddy=self.fields["input"]), self.fields["input"]),
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.again, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        self.setLayout(column(fields, self.problem, None, buttons, spacing=2 * STEP, margins=2 * STEP))
        self.setMinimumWidth(440)
        devices.changed.connect(self._show)
        self._show()
        if not devices.known:
            devices.look()

    def _choose(self, direction: Direction) -> None:
        name = self.fields[direction].currentData()
        self._wanted[direction] = name
        self.chosen.emit(direction, name)

    def _show(self) -> None:
        found: dict[Direction, list[Device]] = {"output": self._devices.outputs, "input": self._devices.inputs}
        for direction, field in self.fields.items():
            field.clear()
            first = next((device.name for device in found[direction] if device.is_default), "")
            field.addItem(f"The system's: {first}" if first else "The system's", DEFAULT)
            for device in found[direction]:
                field.addItem(device.name, device.name)
            place = field.findData(self._wanted[direction])
            if place < 0:  # it was chosen earlier and is not there now
                field.addItem(f"{self._wanted[direction]} (not there)", self._wanted[direction])
                place = field.count() - 1
            field.setCurrentIndex(place)
            field.setEnabled(bool(found[direction]))
        sentences = dict.fromkeys(filter(None, (self._devices.why_not("output"), self._devices.why_not("input"))))
        self.problem.setText("Looking for devices …" if self._devices.looking else "\n".join(sentences))
        self.problem.setVisible(bool(self.problem.text()))
        self.again.setEnabled(not self._devices.looking)
