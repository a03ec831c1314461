"""The canvas that a person draws on, with mouse, finger or pen tablet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.sequences.material import Drawing, FloatArray, Stroke
from studio.sequences.pen import turned
from studio.ui.hairs import Hairs
from studio.ui.ink import InkPicture, SmoothLine, distance_to_line, drawing_paths, ink_pen
from studio.ui.onion import SKINS, OnionSkins
from studio.ui.page import Page, page_of_collection
from studio.ui.paper import paint_empty, paint_paper
from studio.ui.theme import STEP, colour, font, theme
from studio.ui.trace import Trace, dot, seconds_of
from studio.ui.widgets import timer

Adding: TypeAlias = Literal["pause", "stroke", "hand"]
PAUSE_SECONDS = 1.2  # without the pen, after which a drawing is taken to be finished
INK_WIDTH = 3.0
ERASER_RADIUS = 10.0
SMALLEST_DRAWING = 2.0  # pixels: less than this is a slip of the hand
INVITATION = "Draw a shape a few times, or use those of the collection."


class DrawingCanvas(QWidget):
    """Strokes go in, a `Drawing` comes out of `finished`: after a pause, at pen-up, or when `finish` is called."""

    finished = Signal(object)  # Drawing
    changed = Signal()  # strokes, tool, or what can be undone
    refused = Signal(str)  # one sentence: what was done made no sense

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.page = Page()
        self.adding: Adding = "pause"
        self.label = ""
        self.pause_seconds = PAUSE_SECONDS
        self._tool: Literal["pen", "eraser"] = "pen"
        self._strokes: tuple[Stroke, ...] = ()
        self._before: list[tuple[Stroke, ...]] = []  # for undo
        self._after: list[tuple[Stroke, ...]] = []  # for redo
        self._trace: Trace | None = None
        self._has_drawn = False  # since the program started
        self._erasing: QPointF | None = None
        self._hover: QPointF | None = None
        self._began: float | None = None  # seconds at which the drawing's times are 0
        self._editing: Drawing | None = None
        self._others: Sequence[Drawing] = ()
        self._show_others = True
        self._ink = InkPicture()
        self._onion = OnionSkins()
        self.hairs = Hairs(self)
        self.hairs.changed.connect(self.update)
        self._since_pen_up = QElapsedTimer()
        self._ring = timer(self, 33, self._wait)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 96)
        self.setAccessibleName("Drawing canvas")
        self.setAccessibleDescription("Draw with mouse, finger or pen. Enter adds the drawing, Escape clears it.")
        self._choose_cursor()
        theme().changed.connect(self._repaint_all)

    def sizeHint(self) -> QSize:
        return QSize(304, 232)

    # --- what the pane asks for

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """The finished strokes of the drawing being made."""
        return self._strokes

    @property
    def empty(self) -> bool:
        """Whether nothing is being drawn."""
        return not self._strokes and self._trace is None

    @property
    def tool(self) -> Literal["pen", "eraser"]:
        return self._tool

    @tool.setter
    def tool(self, tool: Literal["pen", "eraser"]) -> None:
        self._tool = tool
        self._choose_cursor()
        self.changed.emit()
        self.update()

    @property
    def editing(self) -> Drawing | None:
        """The drawing of the collection that is being changed, or None while a new one is made."""
        return self._editing

    def edit(self, drawing: Drawing) -> None:
        """Change a drawing that exists: its strokes can be erased, and others added, until `finish` or `clear`."""
        self._reset(drawing)

    def show_others(self, drawings: Sequence[Drawing], below: Sequence[Drawing] | None = None) -> None:
        """The collection, whose units new drawings get, and of it those that lie faintly underneath; None: all."""
        self._others = drawings if below is None else below
        if self.empty:
            self.page = page_of_collection(drawings, self.page)
        self._repaint_all()

    def set_onion_skin(self, shown: bool) -> None:
        """Show the other drawings, or do not."""
        self._show_others = shown
        self._repaint_all()

    def finish(self) -> None:
        """Hand over the drawing as it stands."""
        self._ring.stop()
        if self._trace is not None:
            self._pen_up()
        if not self._strokes:
            if self._editing is not None:
                self.refused.emit("The whole drawing was erased: delete it in the collection instead, or press Escape.")
            return
        drawing = self.drawing
        assert drawing is not None
        if drawing.size * self.page.scale(self.width(), self.height()) < SMALLEST_DRAWING:
            self._reset()
            self.refused.emit("A single dot is not enough of a drawing to learn from, so it was not added.")
            return
        self.finished.emit(drawing)
        self._reset()

    @property
    def drawing(self) -> Drawing | None:
        """What is on the canvas; None where that is nothing."""
        if not self._strokes:
            return None
        if self._editing is not None:
            return Drawing(self._strokes, self._editing.label, self._editing.y_up)
        return Drawing(self._strokes, self.label, self.page.y_up)

    def wait(self) -> None:
        """Let what is on the canvas be, until somebody draws on or presses Enter."""
        self._ring.stop()
        self.update()

    def take(self, drawing: Drawing) -> None:
        """Put a drawing in the place of what is on the canvas; undo brings that back."""
        y_up = self.page.y_up if self._editing is None else self._editing.y_up
        self._change(turned(drawing, y_up).strokes)

    def clear(self) -> None:
        """Throw the strokes away; undo brings them back, unless an existing drawing was being changed."""
        if self._editing is not None:
            self._reset()
        elif not self.empty:
            self._trace = None
            self.hairs.end()
            self._change(())

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        return bool(self._after)

    def undo(self) -> None:
        """Take back the last stroke, erasure or clearing."""
        if self._before:
            self._after.append(self._strokes)
            self._show(self._before.pop())

    def redo(self) -> None:
        """Do again what undo took back."""
        if self._after:
            self._before.append(self._strokes)
            self._show(self._after.pop())

    # --- the pen

    def _pen_down(self, pixel: QPointF, seconds: float, pressure: float | None, eraser: bool) -> None:
        self._ring.stop()
        self._hover = pixel
        if eraser:
            self._erasing = pixel
            self._erase_to(pixel)
            return
        if self._began is None or not self._strokes:
            self._began = seconds - _last_time(self._strokes)
        self._ink.fit(self)
        self._has_drawn = True
        self._trace = Trace(pixel, self._material(pixel), self._since(seconds), pressure)
        self.hairs.begin()
        self._paint_tail()

    def _pen_move(self, pixel: QPointF, seconds: float, pressure: float | None) -> None:
        self._hover = pixel
        if self._erasing is not None:
            self._erase_to(pixel)
        trace = self._trace
        if trace is None or pixel == trace.line.last:
            return
        self._paint_tail()
        piece = trace.to(pixel, self._material(pixel), self._since(seconds), pressure)
        area = self._ink.paint([(piece, self._pen(trace.pressure[-1] if trace.pressure else None))])
        self.update(area.toAlignedRect())
        self._paint_tail()
        self.hairs.follow(self._strokes, trace.points, self.page.y_up)

    def _pen_up(self) -> None:
        if self._erasing is not None:
            self._erasing = None
            self.update()
            if self._strokes:
                self._start_waiting()
        if self._trace is None:
            return
        trace, self._trace = self._trace, None
        self.hairs.end()
        self._remember()
        self._strokes = (*self._strokes, trace.stroke())
        area = self._ink.paint([(trace.rest(), self._pen(trace.pressure[-1] if trace.pressure else None))])
        self.update(area.toAlignedRect())
        self.changed.emit()
        self._start_waiting()

    def _start_waiting(self) -> None:
        if self._editing is not None or self.adding == "hand":
            return
        if self.adding == "stroke":
            self.finish()
            return
        self._since_pen_up.start()
        self._ring.start()

    def _wait(self) -> None:
        if self._since_pen_up.elapsed() >= self.pause_seconds * 1000:
            self.finish()
        self.update(self._ring_area().toAlignedRect())

    def _erase_to(self, pixel: QPointF) -> None:
        start = self._erasing or pixel
        self._erasing = pixel
        self.update()
        a, b = (np.array([p.x(), p.y()]) for p in (start, pixel))
        left = tuple(
            stroke
            for stroke in self._strokes
            if distance_to_line(self.page.to_canvas(stroke.points, self.width(), self.height()), a, b) > ERASER_RADIUS
        )
        if len(left) < len(self._strokes):
            self._change(left)

    def _since(self, seconds: float) -> float:
        return max(seconds - (self._began or 0.0), _last_time(self._strokes))

    def _material(self, pixel: QPointF) -> FloatArray:
        return self.page.to_material([pixel.x(), pixel.y()], self.width(), self.height())

    # --- strokes and their history

    def _remember(self) -> None:
        self._before.append(self._strokes)
        self._after.clear()

    def _change(self, strokes: tuple[Stroke, ...]) -> None:
        self._remember()
        self._show(strokes)

    def _show(self, strokes: tuple[Stroke, ...]) -> None:
        self._ring.stop()
        self._strokes = strokes
        self._repaint_ink()
        self.changed.emit()
        if strokes and self._erasing is None and self.adding == "pause":
            self._start_waiting()

    def _reset(self, editing: Drawing | None = None) -> None:
        self._ring.stop()
        self._trace = self._erasing = None
        self.hairs.end()
        self._strokes, self._editing, self._began = editing.strokes if editing else (), editing, None
        self._before.clear()
        self._after.clear()
        self.page = page_of_collection(self._others, self.page)
        self._repaint_all()
        self.changed.emit()

    # --- painting

    def _pen(self, pressure: float | None, shade: float = 1.0) -> QPen:
        width = INK_WIDTH if pressure is None else INK_WIDTH * (0.3 + 1.1 * pressure)
        return ink_pen(colour("ink", shade), width)

    def _paint_tail(self) -> None:
        """What is between the smooth line and the pen is painted in `paintEvent`: ask for it."""
        if self._trace is not None:
            area = self._trace.line.rest().boundingRect().adjusted(-8, -8, 8, 8)
            self.update(area.toAlignedRect())

    def _repaint_all(self) -> None:
        edited = None if self._editing is None else self._editing.strokes
        others = [drawing for drawing in self._others[-SKINS - 1 :] if drawing.strokes is not edited]
        self._onion.show(others[-SKINS:] if self._show_others else (), self.page, self)
        self._repaint_ink()

    def _repaint_ink(self) -> None:
        self._ink.fit(self)
        self._ink.clear()
        for stroke in self._strokes:
            self._ink.paint(self._pieces(stroke))
        self.update()

    def _pieces(self, stroke: Stroke) -> list[tuple[QPainterPath, QPen]]:
        pixels = self.page.to_canvas(stroke.points, self.width(), self.height())
        if len(pixels) == 1:
            pressure = None if stroke.pressure is None else float(stroke.pressure[0])
            return [(dot(QPointF(*pixels[0])), self._pen(pressure))]
        if stroke.pressure is None:
            return [(path, self._pen(None)) for path in drawing_paths(Drawing((stroke,)), self.page, *self._size())]
        line = SmoothLine(QPointF(*pixels[0]))
        points = zip(pixels[1:], stroke.pressure[1:], strict=True)
        pieces = [(line.to(QPointF(*pixel)), self._pen(float(pressure))) for pixel, pressure in points]
        return [*pieces, (line.rest(), self._pen(float(stroke.pressure[-1])))]

    def _size(self) -> tuple[int, int]:
        return self.width(), self.height()

    def _paint_invitation(self, painter: QPainter) -> None:
        """What to do here, until the first stroke of this session if there are drawings already."""
        if not self._others:
            paint_empty(painter, QRectF(self.rect()), "pen", "Draw here", "the same thing several times over")
        elif not self._has_drawn:
            painter.setPen(colour("muted"))
            painter.setFont(font("small"))
            area = self.rect().adjusted(STEP, STEP, -STEP, -STEP)
            below = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
            painter.drawText(area, below, INVITATION)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_paper(painter, self)
        painter.drawImage(0, 0, self._onion.image)
        painter.drawImage(0, 0, self._ink.image)
        self.hairs.paint(painter, self.page, QRectF(self.rect()))
        if self._trace is not None:
            rest = self._trace.rest()
            painter.strokePath(rest, self._pen(self._trace.pressure[-1] if self._trace.pressure else None))
        if self.empty and self._editing is None:
            self._paint_invitation(painter)
        if self._tool == "eraser" and self._hover is not None:
            painter.setPen(QPen(colour("muted"), 1.5))
            painter.drawEllipse(self._hover, ERASER_RADIUS, ERASER_RADIUS)
        if self._ring.isActive():
            self._paint_ring(painter)
        if self.hasFocus():
            painter.setPen(QPen(colour("accent", 0.7), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _ring_area(self) -> QRectF:
        return QRectF(self.width() - 32, 8, 24, 24)

    def _paint_ring(self, painter: QPainter) -> None:
        """How much of the pause is over."""
        area = self._ring_area().adjusted(4, 4, -4, -4)
        share = min(1.0, self._since_pen_up.elapsed() / (self.pause_seconds * 1000))
        painter.setPen(QPen(colour("line"), 3))
        painter.drawEllipse(area)
        painter.setPen(ink_pen(colour("accent"), 3))
        painter.drawArc(area, 90 * 16, -round(share * 360 * 16))

    def _choose_cursor(self) -> None:
        self.setCursor(Qt.CursorShape.CrossCursor if self._tool == "pen" else Qt.CursorShape.BlankCursor)

    # --- Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._repaint_all()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pen_down(event.position(), seconds_of(event.timestamp()), None, self._tool == "eraser")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pen_move(event.position(), seconds_of(event.timestamp()), None)
        if self._tool == "eraser":
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pen_up()

    def tabletEvent(self, event: QTabletEvent) -> None:
        seconds = seconds_of(event.timestamp())
        eraser = self._tool == "eraser" or event.pointerType() == QPointingDevice.PointerType.Eraser
        if event.type() == QEvent.Type.TabletPress:
            self._pen_down(event.position(), seconds, event.pressure(), eraser)
        elif event.type() == QEvent.Type.TabletMove:
            self._pen_move(event.position(), seconds, event.pressure())
        elif event.type() == QEvent.Type.TabletRelease:
            self._pen_up()
        event.accept()  # or Qt sends the same again as a mouse event

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent):
            self._touch(event)
            return True
        return super().event(event)

    def _touch(self, event: QTouchEvent) -> None:
        if event.type() == QEvent.Type.TouchCancel or not event.points():
            self._trace = None
            self.hairs.end()
            self._repaint_ink()
            return
        finger = event.points()[0]  # a second finger or the ball of the hand does not draw
        seconds = seconds_of(event.timestamp())
        if event.type() == QEvent.Type.TouchBegin:
            self._pen_down(finger.position(), seconds, None, self._tool == "eraser")
        elif event.type() == QEvent.Type.TouchUpdate:
            self._pen_move(finger.position(), seconds, None)
        elif event.type() == QEvent.Type.TouchEnd:
            self._pen_up()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finish()
        elif key == Qt.Key.Key_Escape:
            self.clear()
        elif key == Qt.Key.Key_Backspace:
            self.undo()
        elif key == Qt.Key.Key_P:
            self.tool = "pen"
        elif key == Qt.Key.Key_E:
            self.tool = "eraser"
        else:
            super().keyPressEvent(event)


def _last_time(strokes: tuple[Stroke, ...]) -> float:
    return float(strokes[-1].times[-1]) if strokes and strokes[-1].times is not None else 0.0
