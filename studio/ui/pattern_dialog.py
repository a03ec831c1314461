"""Insert a pattern: choose one, see it, decide how many."""

from __future__ import annotations

import secrets
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from studio.errors import StudioError
from studio.sequences.material import Drawing
from studio.ui.adapting import Scrolled, open_at
from studio.ui.ink import drawing_paths, ink_pen
from studio.ui.page import Page
from studio.ui.paper import paint_empty, paint_paper
from studio.ui.theme import STEP, colour, theme
from studio.ui.thumbnails import thumbnail
from studio.ui.widgets import add_to_form, column, form, label, row, spread, tool_button, whole_field
from studio.workbench import Workbench

LARGEST_SEED = 2**31 - 1
MOST_PARAMETERS = 16  # of one pattern: their fields stand above the others

TITLES = {
    "again": "Another triangle",
    "eight": "Then an eight",
    "thin_share": "Chance of thin",
    "wide": "Width of wide",
    "thin": "Width of thin",
    "left": "Noise on the left",
    "right": "Noise on the right",
    "inner": "Inner radius",
    "clockwise": "Chance clockwise",
    "missing": "Share missing",
}
"""Of the fields of patterns whose own names say too little by themselves."""


class DrawingView(QWidget):
    """One drawing on a sheet."""

    def __init__(self) -> None:
        super().__init__()
        self._drawing: Drawing | None = None
        self._problem = ""
        self.setMinimumSize(280, 280)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Preview")

    def show_drawing(self, drawing: Drawing | None, problem: str = "") -> None:
        """Show this one, or say why there is none."""
        self._drawing, self._problem = drawing, problem
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_paper(painter, self)
        if self._drawing is None:
            paint_empty(painter, self.rect().toRectF(), "warning", "No preview", self._problem)
            return
        page = Page.of(self._drawing)
        pen = ink_pen(colour("ink", 0.85), 1.6)
        for path in drawing_paths(self._drawing, page, self.width(), self.height()):
            painter.strokePath(path, pen)


class PatternDialog(QDialog):
    """Asks for a pattern; `insert` starts adding it to the collection."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._patterns: dict[str, Any] = {pattern.name: pattern for pattern in workbench.patterns()}
        self.setWindowTitle("Insert Pattern")
        self.names = QListWidget()
        self.summary = label("", "muted")
        self.preview = DrawingView()
        self.count = whole_field(1, 10_000, 20, "How many drawings are added")
        self.points = whole_field(2, 100_000, 256, "Points of each drawing; patterns go on turn after turn")
        self.noise = _real(0, 1, 0.01, "Jitter of every point, as a share of the pattern's size", decimals=3)
        self.seed = whole_field(0, LARGEST_SEED, 0, "The same seed gives the same drawings")
        self.label_field = QLineEdit()
        self._parameters: dict[str, tuple[QLabel, QSpinBox | QDoubleSpinBox]] = {}
        self._build()
        self.names.currentItemChanged.connect(self._choose)
        self.names.setCurrentRow(0)

    def _build(self) -> None:
        self.names.setIconSize(QSize(40, 40))
        self.names.setFixedWidth(232)
        self.names.setAccessibleName("Patterns")
        for name, pattern in self._patterns.items():
            picture = QIcon(self._icon(name))
            picture.addPixmap(self._icon(name), QIcon.Mode.Selected)  # or Qt tints it
            item = QListWidgetItem(picture, pattern.title)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setSizeHint(QSize(200, 48))
            self.names.addItem(item)
        dice = tool_button("dice", "Another seed")
        dice.clicked.connect(lambda: self.seed.setValue(secrets.randbelow(10_000)))
        self._form = form(
            (label("&Points", buddy=self.points), self.points),
            (label("&Noise", buddy=self.noise), self.noise),
            (label("&Seed", buddy=self.seed), row(self.seed, dice, spacing=4)),
            (label("How &many", buddy=self.count), self.count),
            (label("&Label", buddy=self.label_field), self.label_field),
            first=MOST_PARAMETERS,
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setText("Insert")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.summary.setWordWrap(True)
        self.summary.setMinimumHeight(48)
        self.summary.setAlignment(Qt.AlignmentFlag.AlignTop)
        fields = spread(self._form)
        fields.setFixedWidth(288)
        right = column(fields, None)
        middle = column(self.preview, self.summary)
        middle.setStretch(0, 1)
        body = row(self.names, middle, right, spacing=2 * STEP)
        body.setStretch(1, 1)
        self.setLayout(column(Scrolled(spread(body)), buttons, spacing=2 * STEP, margins=2 * STEP))
        open_at(self, QSize(960, 520))
        for field in (self.points, self.noise, self.seed):
            field.valueChanged.connect(self._show)
        theme().changed.connect(self._show)

    def _icon(self, name: str) -> QPixmap:
        pattern = self._patterns[name]
        drawing = self._workbench.preview_pattern(name, points=min(pattern.points, 120), seed=1, noise=0)
        return thumbnail(drawing, 40, self.devicePixelRatioF())

    @property
    def name(self) -> str:
        """The chosen pattern."""
        return str(self.names.currentItem().data(Qt.ItemDataRole.UserRole))

    def _choose(self) -> None:
        """Show the fields of the chosen pattern."""
        pattern = self._patterns[self.name]
        for text, field in self._parameters.values():
            text.deleteLater()
            field.deleteLater()
        self._parameters = {parameter.name: self._field(parameter) for parameter in pattern.parameters}
        for line, (text, field) in enumerate(self._parameters.values()):
            add_to_form(self._form, line, text, field)
        self.points.setValue(pattern.points)
        self.noise.setValue(pattern.noise)
        self.label_field.setText(pattern.name)
        self.summary.setText(pattern.summary)
        self._show()

    def _field(self, parameter: Any) -> tuple[QLabel, QSpinBox | QDoubleSpinBox]:
        field: QSpinBox | QDoubleSpinBox
        low, high = parameter.range
        if parameter.whole:
            field = whole_field(int(low), int(high), int(parameter.default), parameter.meaning)
        else:
            field = _real(low, high, parameter.default, parameter.meaning)
        field.valueChanged.connect(self._show)
        text = label(TITLES.get(parameter.name) or parameter.name.replace("_", " ").capitalize(), buddy=field)
        return text, field

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: field.value() for name, (_, field) in self._parameters.items()}
        return {**values, "points": self.points.value(), "noise": self.noise.value(), "seed": self.seed.value()}

    def _show(self) -> None:
        try:
            self.preview.show_drawing(self._workbench.preview_pattern(self.name, **self._values()))
            self.ok.setEnabled(True)
        except StudioError as error:
            self.preview.show_drawing(None, str(error))
            self.ok.setEnabled(False)

    def insert(self) -> None:
        """Add what was chosen to the collection."""
        self._workbench.insert_pattern(
            self.name, count=self.count.value(), label=self.label_field.text().strip(), **self._values()
        )


def _real(low: float, high: float, value: float, tip: str, decimals: int = 2) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setDecimals(decimals)
    field.setRange(low, high)
    field.setSingleStep((high - low) / 20 if high - low < 10 else 1)
    field.setValue(value)
    field.setToolTip(tip)
    return field
