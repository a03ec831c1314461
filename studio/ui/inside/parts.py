"""Small parts of the pane: a slider over the steps of a training, and what the colours mean."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.files.colour_map import SHADES, colour_map
from studio.ui.theme import STEP, colour, number_font, theme
from studio.ui.widgets import PointedSlider


class StepSlider(PointedSlider):
    """Stands at one of the steps whose weights there are; a dot for each, hollow while it is not ready."""

    chosen = Signal(int)  # a step

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[int, ...] = ()
        self._ready: frozenset[int] = frozenset()
        self.setRange(0, 0)
        self.setSingleStep(1)
        self.setPageStep(2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Step of the training")
        self.setToolTip(
            "How much the model had learned: after which of its steps. They lie close together where it learned fast"
        )
        self.valueChanged.connect(self._tell)

    def sizeHint(self) -> QSize:
        return QSize(240, 24)

    @property
    def step(self) -> int | None:
        """The step it stands at; None where there are none."""
        return self._steps[self.value()] if self._steps else None

    @property
    def at_the_end(self) -> bool:
        """Whether it stands at the present weights."""
        return self.value() == self.maximum()

    def show_steps(self, steps: Sequence[int], ready: Collection[int]) -> None:
        """These are the steps; it stays at the one it stood at, or at the end."""
        stood, end = self.step, self.at_the_end
        self._steps, self._ready = tuple(steps), frozenset(ready)
        self.blockSignals(True)
        self.setRange(0, max(0, len(steps) - 1))
        near = min(range(len(steps)), key=lambda i: abs(steps[i] - (stood or 0)), default=0)
        self.setValue(self.maximum() if end or stood is None else near)
        self.blockSignals(False)
        self.update()

    def _tell(self, place: int) -> None:
        if self._steps:
            self.chosen.emit(self._steps[place])

    def _x_of(self, place: int) -> float:
        return 2 * STEP + place / max(1, self.maximum()) * (self.width() - 4 * STEP)

    def _value_at(self, x: float) -> int:
        return round((x - 2 * STEP) / max(1.0, self.width() - 4 * STEP) * self.maximum())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, ink = self.height() / 2, colour("accent" if self.isEnabled() else "disabled")
        if not self._steps:
            return
        painter.setPen(QPen(colour("border"), 2))
        painter.drawLine(QPointF(self._x_of(0), middle), QPointF(self._x_of(self.maximum()), middle))
        for place, step in enumerate(self._steps):
            ready = step in self._ready
            painter.setPen(QPen(ink if ready else colour("border"), 1.5))
            painter.setBrush(ink if ready else colour("window"))
            painter.drawEllipse(QPointF(self._x_of(place), middle), 3, 3)
        here = QPointF(self._x_of(self.value()), middle)
        self._paint_handle(painter, here)


class Legend(QWidget):
    """The colours from the lowest to the highest number."""

    def __init__(self) -> None:
        super().__init__()
        self._ends = ("", "")
        self.setFixedSize(216, 24)
        self.setToolTip("What the colours mean; they mean the same at all steps of a run")
        theme().changed.connect(self.update)

    def show_range(self, low: str, top: str) -> None:
        """What stands at the two ends."""
        self._ends = (low, top)
        self.setAccessibleName(f"Colours from {low} to {top}" if top else "Colours")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._ends[1]:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(number_font("small"))
        painter.setPen(colour("muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        wide = 72
        bar = QRectF(56, (self.height() - 8) / 2, wide, 8)
        before = QRectF(0, 0, bar.left() - 6, self.height())
        after = QRectF(bar.right() + 6, 0, self.width() - bar.right() - 6, self.height())
        painter.drawText(before, middle | Qt.AlignmentFlag.AlignRight, self._ends[0])
        painter.drawText(after, middle | Qt.AlignmentFlag.AlignLeft, self._ends[1])
        painter.drawImage(bar, _bar(dark=theme().colours.dark))


def _bar(*, dark: bool) -> QImage:
    image = QImage(SHADES, 1, QImage.Format.Format_RGB32)
    for place, (red, green, blue) in enumerate(colour_map(dark=dark).tolist()):
        image.setPixelColor(place, 0, QColor(red, green, blue))
    return image
