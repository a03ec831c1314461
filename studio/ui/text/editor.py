"""Where texts are written: a sheet that stays quick whatever is pasted into it."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from studio.ui.text.sheet import Sheet

EDITABLE = 100_000
"""Characters of the longest text that is changed here; longer ones are shown in part."""


class Editor(Sheet):
    """Plain text. A longer text than `EDITABLE` is handed on instead of being pasted."""

    committed = Signal()  # Ctrl+Enter
    left = Signal()  # the keys mean something else now
    pasted_long = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "editor")
        self.setTabChangesFocus(True)
        self.setPlaceholderText("Write or paste a text here.")
        self.setAccessibleName("Text")

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing on the sheet."""
        return self.document().isEmpty()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return not source.hasUrls() and super().canInsertFromMimeData(source)  # the window takes files

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        if self.document().characterCount() + len(text) > EDITABLE:
            self.pasted_long.emit(text)
        else:
            super().insertFromMimeData(source)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.committed.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()
