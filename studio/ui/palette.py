"""The command palette: every action, setting, run and recent project, found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QWidget

from studio.ui.adapting import open_at
from studio.ui.theme import STEP, colour
from studio.ui.widgets import column

MOST_SHOWN = 200
_ON_THE_WAY = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True)
class Entry:
    """Something that can be done.

    Attributes:
        text: what it is called.
        where: the menu, pane or table that it is of.
        act: does it.
        keys: that do it, too.
        why_not: why it cannot be done now; "" where it can.
    """

    text: str
    where: str
    act: Callable[[], object]
    keys: str = ""
    why_not: str = ""


def matching(entries: Iterable[Entry], words: str) -> list[Entry]:
    """Those in which every word is found, wherever it is; first those whose own text begins with the first word."""
    wanted = words.lower().split()
    found = [entry for entry in entries if all(word in f"{entry.text} {entry.where}".lower() for word in wanted)]
    return sorted(found, key=lambda entry: _rank(entry, wanted))


def _rank(entry: Entry, wanted: Sequence[str]) -> tuple[int, bool]:
    text = entry.text.lower()
    if not wanted or text.startswith(wanted[0]):
        return 0, bool(entry.why_not)
    begins = any(word.startswith(wanted[0]) for word in text.split())
    return (1 if begins else 2 if wanted[0] in text else 3), bool(entry.why_not)


class Palette(QDialog):
    """Type a few letters, choose with the arrows, Return does it."""

    def __init__(self, entries: Sequence[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries = entries
        self._shown: list[Entry] = []
        self.setObjectName("palette")
        self.setWindowTitle("Commands")
        self.words = QLineEdit()
        self.words.setPlaceholderText("What shall be done? An action, a setting, a run …")
        self.words.setAccessibleName("What shall be done")
        self.words.setClearButtonEnabled(True)
        self.found = QListWidget()
        self.found.setAccessibleName("What is found")
        self.found.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.found.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.found.setTextElideMode(Qt.TextElideMode.ElideRight)
        layout = column(self.words, self.found, spacing=STEP, margins=STEP)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        open_at(self, QSize(560, 420))
        self.words.installEventFilter(self)
        self.words.textChanged.connect(self._find)
        self.words.returnPressed.connect(self._choose)
        self.found.itemClicked.connect(lambda _: self._choose())
        self._find("")

    @property
    def chosen(self) -> Entry | None:
        """What Return would do."""
        row = self.found.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def _find(self, words: str) -> None:
        self._shown = matching(self._entries, words)[:MOST_SHOWN]
        self.found.clear()
        for entry in self._shown:
            keys = f"   {entry.keys}" if entry.keys else ""
            item = QListWidgetItem(f"{entry.text}   ·   {entry.where}{keys}")
            item.setToolTip(f"Not now: {entry.why_not}" if entry.why_not else item.text())
            if entry.why_not:
                item.setForeground(colour("disabled"))
            self.found.addItem(item)
        self.found.setCurrentRow(0)

    def _choose(self) -> None:
        entry = self.chosen
        if entry is not None and not entry.why_not:
            self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while letters are typed."""
        if watched is self.words and isinstance(event, QKeyEvent) and _moves(event):
            self.found.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)


def _moves(event: QKeyEvent) -> bool:
    return event.type() == QEvent.Type.KeyPress and event.key() in _ON_THE_WAY
