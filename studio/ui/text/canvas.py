"""The sheet on which the model writes, character by character."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QWidget

from studio.ui.canvas import PacedCanvas
from studio.ui.paper import paint_empty, paint_paper
from studio.ui.text.sheet import Sheet
from studio.ui.theme import STEP, colour, theme
from studio.ui.widgets import column
from studio.workbench import LiveText

CHARACTERS_PER_SECOND = 30.0  # at speed 1: about as fast as one reads
HURRIED = 200  # characters at a time where somebody waits for the end
TICK_MILLISECONDS = 33
LONGEST_CATCH_UP = 0.2  # seconds of characters that are made up for after a hold-up
MOST_SHOWN = 60_000  # characters kept on the sheet; what was written before is in the text all the same
LONGEST_LINE = 6_000  # of a line without end, which would be laid out anew with each character


class TextCanvas(PacedCanvas):
    """Shows what a `LiveText` writes; it can be selected and copied while it grows."""

    _live: LiveText | None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TICK_MILLISECONDS, parent)
        self.page = Sheet()
        self._shown = 0
        self.page.setReadOnly(True)
        selectable = Qt.TextInteractionFlag
        self.page.setTextInteractionFlags(selectable.TextSelectableByMouse | selectable.TextSelectableByKeyboard)
        self.page.setUndoRedoEnabled(False)
        self.page.setAccessibleName("Generated text")
        layout = column(self.page, spacing=0)
        layout.setContentsMargins(STEP, STEP, 2, STEP)
        self.setLayout(layout)
        self.setMinimumSize(240, 200)
        self.setAccessibleName("Sheet of generated text")
        self.page.hide()
        theme().changed.connect(self._recolour)

    # --- what the pane asks for

    @property
    def frames_shown(self) -> int:
        """Characters shown so far."""
        return self._shown

    def start(self, live: LiveText) -> None:
        self._empty = ("train", "Loading the model …", "")
        super().start(live)

    def copy_all(self) -> int:
        """Put the whole text on the clipboard; how many characters it has."""
        found = self._live.text() if self._live is not None else None
        if found is not None:
            QGuiApplication.clipboard().setText(found.characters)
        return 0 if found is None else len(found)

    def _forget(self) -> None:
        self.page.clear()
        self.page.setVisible(self._live is not None and self._live.ready)
        self._shown = 0
        super()._forget()

    # --- time

    def _tick(self) -> None:
        seconds = min(self._clock.restart() / 1000, LONGEST_CATCH_UP)
        text = self._live
        if text is None or not self._playing or self._finished:
            self._timer.stop()
        elif text.error:
            self._timer.stop()
            self.failed.emit(text.error)
        elif self.isVisible():
            self._advance(text, seconds)

    def _advance(self, text: LiveText, seconds: float) -> None:
        if text.ready and self.page.isHidden():
            self.page.show()
        given = max(0, text.given - self._shown)
        self._due += seconds * self.speed * CHARACTERS_PER_SECOND
        count = HURRIED if self._hurried else int(self._due)
        if given:
            self._append(text.read(given), "muted")
        elif count:
            new = text.read(count)
            self._due = min(self._due - len(new), 1.0 + count)  # what was not ready is not made up for at once
            self._append(new, "ink")
        if text.finished:
            self._finished = True
            self._timer.stop()
            self.finished.emit()

    def _append(self, new: str, ink: str) -> None:
        if not new:
            return
        bar = self.page.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 2
        cursor = QTextCursor(self.page.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(new, _in(ink))
        self._thin_out(cursor)
        if follows:
            bar.setValue(bar.maximum())
        self._shown += len(new)
        self.advanced.emit(self._shown)

    def _thin_out(self, end: QTextCursor) -> None:
        """Take off the sheet what is far above, so that it stays as quick as at the beginning."""
        too_many = self.page.document().characterCount() - MOST_SHOWN
        too_long = end.block().length() - LONGEST_LINE
        if too_many > 0 or too_long > 0:
            start = end.block().position() if too_long > 0 else 0
            cut = QTextCursor(self.page.document())
            cut.setPosition(start)
            cut.setPosition(start + max(too_long, too_many) + LONGEST_LINE // 4, QTextCursor.MoveMode.KeepAnchor)
            cut.removeSelectedText()

    # --- looks

    def _recolour(self) -> None:
        cursor = QTextCursor(self.page.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.setCharFormat(_in("ink"))
        on_sheet = self.page.document().characterCount() - 1
        given = 0 if self._live is None else self._live.given - (self._shown - on_sheet)
        if given > 0:
            cursor.setPosition(0)
            cursor.setPosition(min(given, on_sheet), QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(_in("muted"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_paper(painter, self)
        if self.page.isHidden():
            paint_empty(painter, QRectF(self.rect()), *self._empty)
        painter.end()


def _in(ink: str) -> QTextCharFormat:
    found = QTextCharFormat()
    found.setForeground(colour(ink))
    return found
