"""A sheet of paper with text on it: what is read and what is written look the same."""

from __future__ import annotations

from PySide6.QtGui import QFont, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from studio.ui.theme import STEP, colour, font, theme

READABLE_WIDTH = 680  # pixels; longer lines are hard to come back from
SERIFS = ["Charter", "Georgia", "Noto Serif", "DejaVu Serif", "Times New Roman"]


def reading_font() -> QFont:
    """A serif face, somewhat larger than that of buttons."""
    found = font()
    found.setFamilies(SERIFS)
    found.setStyleHint(QFont.StyleHint.Serif)
    found.setPointSizeF(found.pointSizeF() + 1.5)
    return found


class Sheet(QPlainTextEdit):
    """Text in a column that is never too wide to be read, in the ink of the theme on its paper."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.document().setDocumentMargin(STEP)
        self.setProperty("role", "sheet")
        theme().changed.connect(self.show_theme)
        self.show_theme()

    def show_theme(self) -> None:
        """Take font and ink from the present theme."""
        self.setFont(reading_font())
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Text, colour("ink"))
        palette.setColor(QPalette.ColorRole.PlaceholderText, colour("muted"))
        self.setPalette(palette)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = max(0, (self.width() - READABLE_WIDTH) // 2)
        self.setViewportMargins(beside, 0, beside, 0)
