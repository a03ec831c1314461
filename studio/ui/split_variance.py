"""The latent variance in two: of g, which is drawn once for a whole piece, and of z, which is drawn with each step."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from studio.ui.preferences import preferences, remembered
from studio.ui.theme import STEP
from studio.ui.widgets import MarkedSlider, NumberLabel, column, label, row, spread

REMEMBERED = "generation/more"
WHOLE = (
    "How much the pieces differ as wholes: scale of the prior of g, within its group. 0: the mean of its group; "
    "1: as trained. It counts from the next piece on. Double click: 1"
)
STEPS = "How much is left to chance on the way: scale of the prior of z. 0: its mean; 1: as trained. Double click: 1"


class SplitVariance(QWidget):
    """A button "More", and below it the two sliders; the latent variance moves both."""

    moved = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setCheckable(True)
        self.more.setToolTip("The latent variance in two: of the whole piece, and of each step")
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._whole, self._step = MarkedSlider(0, 2, 1), MarkedSlider(0, 2, 1)
        self._readings = (NumberLabel("8.88"), NumberLabel("8.88"))
        parts = []
        named = (("Whole piece (g)", self._whole), ("Each step (z)", self._step))
        for (text, slider), reading in zip(named, self._readings, strict=True):
            words = label(text, buddy=slider)
            slider.setAccessibleName(f"Latent variance, {text[0].lower()}{text[1:]}")
            slider.moved.connect(lambda value, reading=reading: reading.setText(f"{value:.2f}"))
            slider.moved.connect(self._tell)
            parts += [spread(row(words, None, reading)), slider]
        inner = column(*parts)
        inner.setContentsMargins(STEP, 0, 0, 0)
        self._sliders = spread(inner)
        layout = column(row(self.more, None), self._sliders, spacing=STEP // 2)
        self.setLayout(layout)
        self.more.toggled.connect(self._open)
        self.more.setChecked(remembered(REMEMBERED, False))
        self._open(self.more.isChecked())
        self.allow("", "")
        self.follow(1.0)

    @property
    def sliders(self) -> tuple[MarkedSlider, MarkedSlider]:
        """That of the whole piece, and that of each step."""
        return self._whole, self._step

    @property
    def whole(self) -> float:
        """Of g."""
        return self._whole.number

    @property
    def step(self) -> float:
        """Of z."""
        return self._step.number

    def follow(self, latent: float, factor: float = 1.0) -> None:
        """Stand where the latent variance stands, without telling; g at a multiple of it."""
        for slider, reading, value in zip(self.sliders, self._readings, (latent * factor, latent), strict=True):
            slider.blockSignals(True)
            slider.number = value
            slider.blockSignals(False)
            slider.update()
            reading.setText(f"{slider.number:.2f}")
        self._name()

    def _tell(self, value: float) -> None:
        self._name()
        self.moved.emit(value)

    def _name(self) -> None:
        """What stands apart is seen also where the sliders are not."""
        apart = self.whole != self.step
        self.more.setText(f"More: whole {self.whole:.2f}, step {self.step:.2f}" if apart else "More")

    def allow(self, why_not_whole: str, why_not_step: str) -> None:
        """A slider is off where moving it shows nothing; its tooltip then says why."""
        usual = zip(self.sliders, (why_not_whole, why_not_step), (WHOLE, STEPS), strict=True)
        for slider, why_not, tip in usual:
            slider.setEnabled(not why_not)
            slider.setToolTip(why_not or tip)

    def _open(self, on: bool) -> None:
        self._sliders.setVisible(on)
        self.more.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        preferences().setValue(REMEMBERED, on)
