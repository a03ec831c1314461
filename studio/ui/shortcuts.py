"""All shortcuts on one page."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QWidget

from studio.ui.actions import Actions
from studio.ui.adapting import Scrolled, open_at
from studio.ui.theme import STEP
from studio.ui.widgets import column, label, row, spread

ON_THE_CANVAS = [
    ("On the Canvas", "Add the drawing", "Enter"),
    ("On the Canvas", "Clear it", "Esc"),
    ("On the Canvas", "Take back the last stroke", "Backspace"),
    ("On the Canvas", "Pen, eraser", "P, E"),
]
ON_THE_WAVEFORM = [
    ("Recordings", "Play, hold", "Space"),
    ("Recordings", "Record while held", "R"),
    ("Recordings", "Throw the recording under way away", "Esc"),
    ("Recordings", "Move, select", "Arrows, Shift+Arrows"),
    ("Recordings", "Zoom, see all", "+, −, 0"),
    ("Recordings", "Cut off before, after", "[, ]"),
]


class ShortcutsDialog(QDialog):
    """Three columns of what every key does."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard Shortcuts")
        groups = [
            (title, list(entries))
            for title, entries in groupby(
                [*actions.shortcuts(), *ON_THE_CANVAS, *ON_THE_WAVEFORM], key=lambda entry: entry[0]
            )
        ]
        height = sum(len(entries) + 2 for _, entries in groups) / 3
        columns: list[QGridLayout] = []
        used = height
        for title, entries in groups:
            if used + len(entries) / 2 > height and len(columns) < 3:
                columns.append(QGridLayout())
                used = 0
            _fill(columns[-1], title, entries)
            used += len(entries) + 2
        for grid in columns:
            grid.setRowStretch(grid.rowCount(), 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        body = row(*columns, spacing=5 * STEP)
        layout = column(Scrolled(spread(body)), buttons, spacing=2 * STEP, margins=3 * STEP)
        self.setLayout(layout)
        open_at(self, layout.sizeHint())


def _fill(grid: QGridLayout, title: str, entries: list[tuple[str, str, str]]) -> None:
    grid.setHorizontalSpacing(3 * STEP)
    grid.setVerticalSpacing(STEP // 2)
    first = grid.rowCount()
    if first > 1:
        grid.setRowMinimumHeight(first, 2 * STEP)
    grid.addWidget(label(title, "heading"), first + 1, 0, 1, 2)
    for line, (_, action, keys) in enumerate(entries, first + 2):
        grid.addWidget(label(action), line, 0)
        grid.addWidget(label(keys, "muted"), line, 1)
