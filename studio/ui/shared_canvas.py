"""The sheet on which two hands draw: the model's, and that of the person, who may take the pen, or a drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio.sequences.continued import continued, with_stroke
from studio.sequences.material import Drawing, FloatArray, Stroke
from studio.sequences.pen import turned
from studio.ui.generation_canvas import INK_WIDTHS, GenerationCanvas
from studio.ui.hairs import Hairs
from studio.ui.ink import curved_path, ink_pen
from studio.ui.theme import colour
from studio.ui.trace import Trace, seconds_of
from studio.workbench import LivePens

MOVED = 3.0  # pixels: less than this is a click
NEAR = 24.0  # pixels from a line, within which it is pointed at
JOINS = 12.0  # pixels from the tip of a pen that is down, within which its stroke is gone on with
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


@dataclass
class _Hand:
    """The person has the pen.

    Attributes:
        pen: on whose part of the sheet; None: where all are laid over each other.
        cell: that part.
        before: what there was on it; None: nothing.
        goes_on: whether the stroke goes on with the last one of these.
        trace: the stroke.
        moved: whether it is more than a click.
    """

    pen: int | None
    cell: QRectF
    before: Drawing | None
    goes_on: bool
    trace: Trace
    moved: bool = False

    def strokes(self) -> tuple[list[Stroke], list[FloatArray]]:
        """Those that are complete, and the points of the one that is being drawn."""
        strokes, points = [] if self.before is None else [*self.before.strokes], self.trace.points
        if not self.goes_on:
            return strokes, points
        return strokes[:-1], [*strokes[-1].points, *points]


class SharedCanvas(GenerationCanvas):
    """What `LivePens` draw. A press takes the pen, and when it is let go, `drawn` says what there is now.

    Where ways to go on are laid over each other, a click, or Enter, chooses one of them.
    """

    drawn = Signal(object)  # Drawing: what there was, and the stroke of the person
    chosen = Signal(int)  # one of the ways
    held = Signal(bool)  # the pens stand still, for the person has the pen; or go on

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lent = False
        self._hand: _Hand | None = None
        self._pointed: int | None = None
        self.hairs = Hairs(self)
        self.hairs.changed.connect(self.update)
        self.setMouseTracking(True)

    # --- what the pane asks for

    def lend(self, on: bool) -> None:
        """Whether the person may take the pen: not where the model cannot go on from what is drawn."""
        self._lent = on
        self._show_use()

    @property
    def _takes(self) -> bool:
        """Whether a press takes the pen: of values over time it does not, which cannot go back."""
        return self._lent and self._live is not None and not self._live.of_series

    @property
    def taken(self) -> bool:
        """Whether the person has the pen."""
        return self._hand is not None

    @property
    def pointed(self) -> int | None:
        """The way that the mouse, or the keys, point at."""
        return self._pointed

    def drawing_of(self, pen: int | None) -> Drawing | None:
        """What there is on the part of a pen, or, None, on that of all together: what was given. None: nothing."""
        given = None if self._unfinished is None else turned(self._unfinished, self._y_up)
        if pen is None or self._live is None:
            return given
        first = 0 if given is None else self._live.begin_frames
        return continued(given, self._history[: self._read, pen], first, self._y_up)

    def start(
        self, live: LivePens, unfinished: Drawing | None = None, *, ways: bool = False, stay: bool = False
    ) -> None:
        super().start(live, unfinished, ways=ways, stay=stay)
        self._pointed = None
        self._show_use()

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        super().show_empty(icon, title, text)
        self._pointed = None
        self._show_use()

    def _forget(self) -> None:
        self._hand = None
        self.hairs.end()
        super()._forget()

    def _show_use(self) -> None:
        """The cursor, whether keys are of use, and both in words."""
        self.setCursor(Qt.CursorShape.CrossCursor if self._takes else Qt.CursorShape.ArrowCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if self._ways else Qt.FocusPolicy.NoFocus)
        words = "Press to take the pen; let go, and the model goes on." if self._takes else ""
        if self._ways:
            at = "" if self._pointed is None else f" Way {self._pointed + 1} is pointed at."
            words = f"{self._history.shape[1]} ways to go on; arrow keys point at one, Enter takes it.{at}"
        self.setAccessibleDescription(words)

    # --- the person's hand

    def _tick(self) -> None:
        if self._hand is None:
            super()._tick()
        else:
            self._clock.restart()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not (self._takes or self._ways) or not self._paged:
            super().mousePressEvent(event)
            return
        pen = self._cells.at(event.position())
        cell = self._cells.own[pen] if pen is not None else self._cells.shared
        if cell is None:
            return
        place, before = event.position(), self.drawing_of(pen)
        trace = Trace(place, self._material(place, cell), seconds_of(event.timestamp()))
        self._hand = _Hand(pen, cell, before, self._joins(place, pen, cell, before), trace)
        self.update()
        self.held.emit(True)
        if self._takes:
            self.hairs.begin()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hand, place = self._hand, event.position()
        if hand is None:
            self._point_at(self._way_at(place))
            return
        if not self._takes or place == hand.trace.line.last:
            return
        if not hand.moved and (place - self._canvas_place(hand, 0)).manhattanLength() > MOVED:
            hand.moved = True
            self._put_ways_away(hand)
        piece = hand.trace.to(place, self._material(place, hand.cell), seconds_of(event.timestamp()))
        self._ink.paint([(piece, self._hand_ink(hand))])
        self.hairs.follow(*hand.strokes(), self._y_up)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        hand, self._hand = self._hand, None
        if hand is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._clock.restart()
        self.hairs.end()
        self.held.emit(False)
        if hand.moved:
            stroke = Stroke(np.array(hand.trace.points))
            self.drawn.emit(with_stroke(hand.before, stroke, goes_on=hand.goes_on, y_up=self._y_up))
            return
        if len(hand.trace.points) > 1:
            self._replay()
        self.update()
        way = self._way_at(event.position())
        if way is not None:
            self._point_at(way)
            self.chosen.emit(way)

    def _joins(self, place: QPointF, pen: int | None, cell: QRectF, before: Drawing | None) -> bool:
        """Whether the person goes on with the stroke that the model's pen is in the middle of."""
        if before is None:
            return False
        rows = np.empty((0, 4)) if pen is None else self._history[: self._read, pen]
        rows = rows[rows[:, 3] == 0]
        last = self._page.to_canvas(before.points[-1], cell.width(), cell.height())
        inside = place - cell.topLeft()
        near = np.hypot(*(last - (inside.x(), inside.y()))) <= JOINS
        return bool(near and not (len(rows) and rows[-1, 2] > 0))

    def _put_ways_away(self, hand: _Hand) -> None:
        """Where all lie over each other, the person goes on from what was given, and sees that alone."""
        self._point_at(None)
        if hand.pen is None:
            self._ink.clear(hand.cell.toAlignedRect())
            self._paint_unfinished(hand.cell)

    def _canvas_place(self, hand: _Hand, index: int) -> QPointF:
        place = self._page.to_canvas(hand.trace.points[index], hand.cell.width(), hand.cell.height())
        return QPointF(*place) + hand.cell.topLeft()

    def _material(self, place: QPointF, cell: QRectF) -> FloatArray:
        inside = place - cell.topLeft()
        return self._page.to_material([inside.x(), inside.y()], cell.width(), cell.height())

    def _hand_ink(self, hand: _Hand) -> QPen:
        width = INK_WIDTHS[1] if hand.pen is None else self._states[hand.pen].width
        return ink_pen(colour("ink"), width)

    # --- which way

    def _way_at(self, place: QPointF) -> int | None:
        """The way that is pointed at: by its own part of the sheet, or by its line among the others."""
        shared = self._cells.shared
        if shared is None or not self._paged:
            return None
        if not shared.contains(place):
            return self._cells.at(place)
        inside = place - shared.topLeft()
        rows = self._history[self._begun : self._read]  # [n, B, 4]
        if not len(rows):
            return None
        pixels = self._page.to_canvas(rows[..., :2].reshape(-1, 2), shared.width(), shared.height())
        apart = np.hypot(*(pixels - (inside.x(), inside.y())).T).reshape(rows.shape[:2])
        apart[rows[..., 3] > 0] = np.inf
        nearest = apart.min(0)
        return int(nearest.argmin()) if nearest.min() <= NEAR else None

    def _point_at(self, way: int | None) -> None:
        if way != self._pointed:
            self._pointed = way
            self._show_use()
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if self._ways and step is not None:
            self._point_at(((self._pointed if self._pointed is not None else -step) + step) % self._history.shape[1])
        elif self._ways and self._pointed is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self._pointed)
        else:
            super().keyPressEvent(event)

    # --- painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._hand is not None:
            self._hand = None
            self.hairs.end()
            self.held.emit(False)
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._pointed is not None and self._cells.shared is not None:
            self._paint_pointed(painter, self._pointed, self._cells.shared)
        if self._hand is not None:
            self.hairs.paint(painter, self._page, self._hand.cell)
            painter.strokePath(self._hand.trace.rest(), self._hand_ink(self._hand))
        if self.hasFocus():
            painter.setPen(QPen(colour("accent", 0.7), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_pointed(self, painter: QPainter, way: int, shared: QRectF) -> None:
        """The way among the others, and the frame of where it is alone."""
        painter.setPen(QPen(colour("accent"), 1.5))
        painter.drawRoundedRect(self._cells.own[way].adjusted(3, 3, -3, -3), 6, 6)
        rows = self._history[max(self._begun - 1, 0) : self._painted, way]
        rows = rows[rows[:, 3] == 0]
        for stroke in np.split(rows[:, :2], np.flatnonzero(rows[:-1, 2]) + 1):
            if len(stroke):
                pixels = self._page.to_canvas(stroke, shared.width(), shared.height())
                path = curved_path(pixels, smooth=self._smooth).translated(shared.topLeft())
                painter.strokePath(path, ink_pen(colour("accent"), INK_WIDTHS[1]))

    @property
    def _begun(self) -> int:
        return 0 if self._live is None else self._live.begin_frames
