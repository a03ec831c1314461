"""The sheet on which notes are drawn: time runs to the right, pitch upwards, and there is a keyboard at the left."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QWidget

from studio.sequences.roll import OCTAVE, PIANO, PITCHES, Keys, Note, Roll, on_keys, pitch_name
from studio.ui.notes.keyboard import KEYBOARD, Rows, paint_keyboard, paint_notes, paint_rows
from studio.ui.paper import CORNER
from studio.ui.theme import colour, font, theme

BEAT = 4  # frames between two lines that are drawn stronger
BAR = 16
RULER = 16  # pixels above the notes
ROW = 11.0
FRAME = 10.0
ROWS = (5.0, 24.0)  # the smallest and the largest that a row may be made
FITTED_ROWS = (6.0, 12.0)
"""Likewise of rows that are as high as lets all notes be seen."""
FRAMES = (3.0, 40.0)
NEW_FRAMES = 4 * BAR
"""Length of a roll that is begun here."""


class RollEditor(QAbstractScrollArea):
    """Shows one piano roll and lets it be changed: press and drag makes a note, press on a note takes it away.

    Every gesture ends with `changed`. From the keyboard: arrows move a cursor, Return puts a note there or takes it
    away, Shift and an arrow to the side draws.
    """

    changed = Signal(object, str)  # the roll as it is now; what was done, for undo
    struck = Signal(int)  # a key was pressed, or a note of that pitch begun: to be heard
    sought = Signal(int)  # the ruler was clicked at this frame
    cursor_moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roll: Roll | None = None
        self._rate = 8.0  # of a roll that is begun here
        self._keys: Keys = np.zeros((NEW_FRAMES, PITCHES), np.uint8)
        self._row, self._frame = ROW, FRAME
        self._drawing: tuple[int, int, int] | None = None  # pitch, first frame, frame under the mouse
        self._erasing = False
        self._before: Keys | None = None  # the keys when the gesture began
        self._playhead: float | None = None
        self._cursor = (0, 60)  # frame, pitch
        self._pressed: int | None = None  # key under the mouse
        self._hover: tuple[int, int] | None = None
        self._placed = False  # whether it has been shown
        self._zoomed = False  # whether somebody has chosen how high rows are
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 96)
        self.setAccessibleName("Piano roll")
        self.setAccessibleDescription(
            "Press and drag draws a note, press on a note erases it. With the keyboard: arrows move, Return draws or "
            "erases, Shift and arrows draw longer notes, Space plays."
        )
        theme().changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        return QSize(304, 232)

    # --- what the pane asks for

    @property
    def roll(self) -> Roll | None:
        """What is shown; None for an empty sheet."""
        return self._roll

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self._keys)

    @property
    def cursor_place(self) -> tuple[int, int]:
        """The frame and the pitch at which the keyboard draws."""
        return self._cursor

    def show_roll(self, roll: Roll | None) -> None:
        """Show another one, or the same after a change; None: an empty sheet to begin one on."""
        another = (roll is None) != (self._roll is None) or not self._placed
        self._forget_gesture()
        before, self._roll = self._roll, roll
        if roll is not None:
            self._keys = np.array(on_keys(roll, 0, PITCHES).keys)
        elif before is not None:
            self._keys = np.zeros((NEW_FRAMES, PITCHES), np.uint8)
        self._cursor = (min(self._cursor[0], self.frames - 1), self._cursor[1])
        self._arrange()
        if another or not self._sees_notes():
            self._show_notes()
        self.viewport().update()

    def set_rate(self, rate: float) -> None:
        """The tempo of a roll that is begun here."""
        self._rate = rate

    def set_frames(self, count: int) -> None:
        """Make it longer, or cut it off."""
        if count != self.frames and count >= 1:
            kept = self._keys[:count]
            self._keys = np.pad(kept, ((0, count - len(kept)), (0, 0)))
            self._arrange()
            if self._roll is not None:
                self._emit("change the length")
            self.viewport().update()

    def show_playhead(self, frame: float | None) -> None:
        """Show where it is played, None: nowhere; the page turns with it."""
        if frame == self._playhead:
            return
        self._playhead = frame
        if frame is not None:
            x = self._x(frame)
            if not self._sheet.left() <= x < self._sheet.right():
                self.horizontalScrollBar().setValue(round(frame * self._frame - 8))
        self.viewport().update()

    def down(self) -> set[int]:
        """The keys that are down where it is played, or under the mouse."""
        found = set() if self._pressed is None else {self._pressed}
        if self._playhead is not None and 0 <= int(self._playhead) < self.frames:
            found |= {int(pitch) for pitch in np.flatnonzero(self._keys[int(self._playhead)])}
        return found

    # --- where things are

    @property
    def _sheet(self) -> QRectF:
        """Where notes are shown."""
        view = self.viewport().rect()
        return QRectF(KEYBOARD, RULER, max(1, view.width() - KEYBOARD), max(1, view.height() - RULER))

    @property
    def _span(self) -> tuple[int, int]:
        """The lowest and the highest pitch with a row: a piano's, and what the roll has beyond."""
        used = np.flatnonzero(self._keys.any(0))
        low, high = (int(used[0]), int(used[-1])) if len(used) else PIANO
        return min(low, PIANO[0]), max(high, PIANO[1])

    @property
    def _rows(self) -> Rows:
        low, high = self._span
        return Rows(RULER - self.verticalScrollBar().value(), self._row, low, high)

    def _x(self, frame: float) -> float:
        return KEYBOARD + frame * self._frame - self.horizontalScrollBar().value()

    def _place(self, at: QPointF) -> tuple[int, int]:
        """The frame and the pitch under a pixel."""
        frame = int((at.x() - KEYBOARD + self.horizontalScrollBar().value()) // self._frame)
        return max(frame, 0), self._rows.pitch_at(at.y())

    def _arrange(self) -> None:
        """Fit the scroll bars; there is room for one more bar after the end."""
        low, high = self._span
        sheet = self._sheet
        across, along = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setRange(0, max(0, round((self.frames + BAR) * self._frame - sheet.width())))
        across.setPageStep(round(sheet.width()))
        across.setSingleStep(round(BEAT * self._frame))
        along.setRange(0, max(0, round((high - low + 1) * self._row - sheet.height())))
        along.setPageStep(round(sheet.height()))
        along.setSingleStep(round(3 * self._row))

    def _sees_notes(self) -> bool:
        used = np.flatnonzero(self._keys.any(0))
        return not len(used) or any(pitch in self._rows.within(self._sheet) for pitch in used.tolist())

    def _show_notes(self) -> None:
        """Scroll to the beginning, and to the height at which most notes are; all of them, where that goes."""
        self._fit_rows()
        used = np.flatnonzero(self._keys.any(0))
        middle = (int(used[0]) + int(used[-1])) / 2 if len(used) else 60.0
        self._cursor = (self._cursor[0], round(middle)) if not self.hasFocus() else self._cursor
        self.horizontalScrollBar().setValue(0)
        _, high = self._span
        self.verticalScrollBar().setValue(round((high - middle + 0.5) * self._row - self._sheet.height() / 2))

    def _fit_rows(self) -> None:
        used = np.flatnonzero(self._keys.any(0))
        if not self._zoomed and len(used):
            wanted = self._sheet.height() / (int(used[-1]) - int(used[0]) + 3)
            self._row = min(max(wanted, FITTED_ROWS[0]), FITTED_ROWS[1])
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        if not self._placed or event.oldSize().height() != event.size().height():
            self._show_notes()
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._placed:
            self._arrange()
            self._show_notes()
            self._placed = True

    def zoom(self, factor: float, *, rows: bool = False) -> None:
        """Show less of it, larger; of the keys where that is said, else of time."""
        if rows:
            self._zoomed = True
            middle = (self.verticalScrollBar().value() + self._sheet.height() / 2) / self._row
            self._row = min(max(self._row * factor, ROWS[0]), ROWS[1])
            self._arrange()
            self.verticalScrollBar().setValue(round(middle * self._row - self._sheet.height() / 2))
        else:
            left = self.horizontalScrollBar().value() / self._frame
            self._frame = min(max(self._frame * factor, FRAMES[0]), FRAMES[1])
            self._arrange()
            self.horizontalScrollBar().setValue(round(left * self._frame))
        self.viewport().update()

    # --- the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        frame, pitch = self._place(event.position())
        if event.position().y() < RULER:
            if event.position().x() >= KEYBOARD:
                self.sought.emit(min(frame, self.frames - 1))
            return
        if event.position().x() < KEYBOARD:
            self._press(pitch)
            return
        self._before = self._keys.copy()
        self._cursor = (frame, pitch)
        if self._is_down(frame, pitch):
            self._erasing = True
            self._take_away(frame, pitch)
        else:
            self._drawing = (pitch, frame, frame)
            self.struck.emit(pitch)
        self._follow_drawing()
        self.cursor_moved.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame, pitch = self._place(event.position())
        on_sheet = event.position().x() >= KEYBOARD and event.position().y() >= RULER
        self._hover = (frame, pitch) if on_sheet else None
        if self._pressed is not None:
            if pitch != self._pressed:
                self._press(pitch)
        elif self._drawing is not None:
            self._drawing = (self._drawing[0], self._drawing[1], frame)
            self._follow_drawing()
        elif self._erasing and self._is_down(frame, pitch):
            self._take_away(frame, pitch)
        self._choose_cursor(on_sheet, frame, pitch)
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if self._before is not None and (self._drawing is not None or self._erasing):
            text = "draw a note" if self._drawing is not None else "erase notes"
            changed = self._keys.shape != self._before.shape or bool((self._keys != self._before).any())
            self._forget_gesture(keep=True)
            if changed:
                self._emit(text)
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.viewport().update()

    def _press(self, pitch: int) -> None:
        self._pressed = pitch
        self.struck.emit(pitch)
        self.viewport().update()

    def _choose_cursor(self, on_sheet: bool, frame: int, pitch: int) -> None:
        shapes = Qt.CursorShape
        on_note = on_sheet and self._drawing is None and self._is_down(frame, pitch)
        self.viewport().setCursor(
            shapes.PointingHandCursor if on_note else shapes.CrossCursor if on_sheet else shapes.ArrowCursor
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1.2**turns, rows=bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - round(turns * bar.singleStep()))
        else:
            super().wheelEvent(event)
        event.accept()

    # --- changing it

    def _is_down(self, frame: int, pitch: int) -> bool:
        return frame < self.frames and bool(self._keys[frame, pitch])

    def _follow_drawing(self) -> None:
        """The note from where it was begun to the mouse, and nothing of what it was longer."""
        if self._drawing is None or self._before is None:
            self.viewport().update()
            return
        pitch, start, now = self._drawing
        first, last = min(start, now), max(start, now)
        frames = max(len(self._before), _whole_beats(last + 1) if last >= len(self._before) else 0)
        self._keys = np.pad(self._before, ((0, frames - len(self._before)), (0, 0)))
        self._keys[first : last + 1, pitch] = 1
        self._arrange()
        self.viewport().update()

    def _take_away(self, frame: int, pitch: int) -> None:
        """The whole note that sounds there."""
        column = self._keys[:, pitch]
        first = last = frame
        while first > 0 and column[first - 1]:
            first -= 1
        while last + 1 < self.frames and column[last + 1]:
            last += 1
        self._keys[first : last + 1, pitch] = 0
        self.viewport().update()

    def _forget_gesture(self, *, keep: bool = False) -> None:
        if self._before is not None and not keep:
            self._keys = self._before
        self._drawing, self._erasing, self._before = None, False, None

    def _emit(self, text: str) -> None:
        """Hand over what there is, with the keys that it had, or more where notes lie beyond."""
        used = np.flatnonzero(self._keys.any(0))
        low, high = (int(used[0]), int(used[-1])) if len(used) else (60, 60)
        if self._roll is None:
            low, high = min(low, PIANO[0]), max(high, PIANO[1])
        else:
            low = min(low, self._roll.lowest)
            high = max(high, self._roll.lowest + self._roll.pitches - 1)
        keys = self._keys[:, low : high + 1]
        self._roll = Roll(keys, self._rate, low) if self._roll is None else replace(self._roll, keys=keys, lowest=low)
        self.changed.emit(self._roll, text)

    # --- the keyboard of the computer

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {
            keys.Key_Left: (-1, 0),
            keys.Key_Right: (1, 0),
            keys.Key_Up: (0, 1),
            keys.Key_Down: (0, -1),
            keys.Key_PageUp: (0, OCTAVE),
            keys.Key_PageDown: (0, -OCTAVE),
        }
        key = Qt.Key(event.key())
        held = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if key in steps and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._step(*steps[key], draw=bool(held) and steps[key][1] == 0)
        elif key in (keys.Key_Return, keys.Key_Enter) and not event.modifiers():
            self._toggle()
        elif key == keys.Key_Home:
            self._move_cursor(0, self._cursor[1])
        elif key == keys.Key_End:
            self._move_cursor(self.frames - 1, self._cursor[1])
        elif key in (keys.Key_Plus, keys.Key_Equal, keys.Key_Minus) and not event.modifiers():
            self.zoom(1 / 1.2 if key == keys.Key_Minus else 1.2)
        elif key == keys.Key_Escape and self._before is not None:
            self._forget_gesture()
            self.viewport().update()
        else:
            event.ignore()

    def _step(self, frames: int, pitches: int, *, draw: bool) -> None:
        frame, pitch = self._cursor
        low, high = self._span
        target = (max(0, frame + frames), min(max(pitch + pitches, low), high))
        if draw:
            self._begin_change(max(frame, target[0]) + 1)
            self._keys[min(frame, target[0]) : max(frame, target[0]) + 1, pitch] = 1
            self._end_change("draw a note")
        self._move_cursor(*target)

    def _toggle(self) -> None:
        frame, pitch = self._cursor
        if self._is_down(frame, pitch):
            self._before = self._keys.copy()
            self._take_away(frame, pitch)
            self._end_change("erase notes")
        else:
            self._begin_change(frame + 1)
            self._keys[frame, pitch] = 1
            self.struck.emit(pitch)
            self._end_change("draw a note")

    def _begin_change(self, frames: int) -> None:
        """Of a sheet with room for so many frames."""
        self._before = self._keys
        more = _whole_beats(frames) - self.frames if frames > self.frames else 0
        self._keys = np.pad(self._keys, ((0, more), (0, 0)))

    def _end_change(self, text: str) -> None:
        self._forget_gesture(keep=True)
        self._arrange()
        self._emit(text)
        self.viewport().update()

    def _move_cursor(self, frame: int, pitch: int) -> None:
        self._cursor = (frame, pitch)
        sheet, x, y = self._sheet, self._x(frame), self._rows.y(pitch)
        across, along = self.horizontalScrollBar(), self.verticalScrollBar()
        if x < sheet.left() or x + self._frame > sheet.right():
            across.setValue(round(frame * self._frame - sheet.width() / 2))
        if y < sheet.top():
            along.setValue(round(along.value() - (sheet.top() - y)))
        elif y + self._row > sheet.bottom():
            along.setValue(round(along.value() + y + self._row - sheet.bottom()))
        self.setAccessibleDescription(f"Cursor at frame {frame + 1}, {pitch_name(pitch)}.")
        self.cursor_moved.emit()
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view, sheet, rows = QRectF(self.viewport().rect()), self._sheet, self._rows
        painter.fillRect(view, colour("paper"))
        painter.save()
        painter.setClipRect(sheet)
        paint_rows(painter, sheet, rows)
        self._paint_time(painter, sheet)
        self._paint_notes(painter, sheet, rows)
        self._paint_marks(painter, sheet, rows)
        painter.restore()
        painter.fillRect(QRectF(0, 0, view.width(), RULER), colour("paper"))
        self._paint_ruler(painter, sheet)
        paint_keyboard(painter, QRectF(0, RULER, KEYBOARD, sheet.height()), rows, self.down())
        painter.fillRect(QRectF(0, 0, KEYBOARD, RULER), colour("paper"))
        painter.setPen(QPen(colour("line"), 1))
        painter.drawRoundedRect(view.adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
        if self._roll is None and self._before is None:
            self._paint_invitation(painter, sheet)

    def _visible_frames(self, sheet: QRectF) -> range:
        first = int(self.horizontalScrollBar().value() // self._frame)
        return range(max(0, first), first + int(sheet.width() // self._frame) + 2)

    def _paint_time(self, painter: QPainter, sheet: QRectF) -> None:
        for frame in self._visible_frames(sheet):
            strong = frame % BAR == 0
            if not strong and (frame % BEAT or self._frame < 4):
                continue
            painter.setPen(QPen(colour("border" if strong else "line"), 1))
            x = round(self._x(frame)) + 0.5
            painter.drawLine(QPointF(x, sheet.top()), QPointF(x, sheet.bottom()))
        end = self._x(self.frames)
        if end < sheet.right():
            painter.fillRect(QRectF(end, sheet.top(), sheet.right() - end, sheet.height()), colour("window", 0.75))
            painter.setPen(QPen(colour("muted"), 1.5))
            painter.drawLine(QPointF(end, sheet.top()), QPointF(end, sheet.bottom()))

    def _paint_notes(self, painter: QPainter, sheet: QRectF, rows: Rows) -> None:
        seen = self._visible_frames(sheet)
        start, stop = seen.start, min(seen.stop, self.frames)
        if start >= stop:
            return
        pitches = rows.within(sheet)
        keys = self._keys[start:stop, pitches.start : pitches.stop]
        notes = Roll(keys, 1.0, pitches.start).notes
        left = self._x(start)
        paint_notes(painter, notes, rows, left, self._frame, colour("ink"))
        if self._playhead is not None:
            now = int(self._playhead) - start
            heard = [note for note in notes if note.start <= now < note.end]
            paint_notes(painter, heard, rows, left, self._frame, colour("accent"))
        if self._drawing is not None:
            pitch, first, last = self._drawing
            note = Note(min(first, last) - start, max(first, last) + 1 - start, pitch)
            paint_notes(painter, [note], rows, left, self._frame, colour("accent"))

    def _paint_marks(self, painter: QPainter, sheet: QRectF, rows: Rows) -> None:
        """The playhead; where the mouse would draw; the cursor of the keyboard."""
        if self._playhead is not None:
            x = self._x(self._playhead)
            painter.setPen(QPen(colour("accent"), 1.5))
            painter.drawLine(QPointF(x, sheet.top()), QPointF(x, sheet.bottom()))
        if self._hover is not None and self._before is None and not self._is_down(*self._hover):
            painter.fillRect(self._cell(self._hover, rows), colour("accent", 0.25))
        if self.hasFocus():
            painter.setPen(QPen(colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self._cell(self._cursor, rows), 2, 2)

    def _cell(self, place: tuple[int, int], rows: Rows) -> QRectF:
        frame, pitch = place
        return QRectF(self._x(frame), rows.y(pitch), self._frame, rows.height)

    def _paint_ruler(self, painter: QPainter, sheet: QRectF) -> None:
        """The number of each bar, of sixteen frames."""
        painter.setFont(font("small"))
        painter.save()
        painter.setClipRect(QRectF(KEYBOARD, 0, sheet.width(), RULER))
        every = BAR if self._frame * BAR >= 28 else 4 * BAR
        for frame in self._visible_frames(sheet):
            if frame % every == 0 and frame < self.frames:
                painter.setPen(colour("muted"))
                painter.drawText(QPointF(self._x(frame) + 3, RULER - 4), str(frame // BAR + 1))
        painter.setPen(QPen(colour("border"), 1))
        painter.drawLine(QPointF(KEYBOARD, RULER - 0.5), QPointF(sheet.right(), RULER - 0.5))
        painter.restore()

    def _paint_invitation(self, painter: QPainter, sheet: QRectF) -> None:
        text = "Press and drag to draw notes"
        painter.setFont(font("title"))
        metrics = painter.fontMetrics()
        wide, high = metrics.horizontalAdvance(text) + 32, metrics.height() + 16
        if wide > sheet.width():
            painter.setFont(font("body"))
            wide = painter.fontMetrics().horizontalAdvance(text) + 24
        box = QRectF(0, 0, wide, high)
        box.moveCenter(QPointF(sheet.center().x(), sheet.center().y()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("paper", 0.85))
        painter.drawRoundedRect(box, CORNER, CORNER)
        painter.setPen(colour("muted"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _whole_beats(frames: int) -> int:
    return -(-frames // BEAT) * BEAT


def heard_with(pitches: Collection[int], rate: float) -> Roll:
    """A short chord, for a key that was pressed."""
    notes = [Note(0, max(1, round(0.3 * rate)), pitch) for pitch in pitches]
    return Roll.from_notes(notes, max(1, round(0.3 * rate)), rate)
