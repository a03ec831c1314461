"""The map of g: a mark for each piece of the collection, and a point that can be dragged about between them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.sequences.material import FloatArray
from studio.ui.paper import paint_empty, paint_paper
from studio.ui.reading import Reader
from studio.ui.theme import STEP, colour, font, theme
from studio.ui.thumbnails import Look
from studio.workbench import MaterialItem

MARGIN = 36  # pixels around all marks
NEAR = 14.0  # pixels within which the pointer finds a mark
MARK = 4.5  # radius, in pixels
STAMP = 16  # pixels that a mark is painted on
HANDLE = 7.0
MOST_NAMES = 8  # in the legend
REACH = 2.0  # standard deviations of a group that are outlined
OUTLINE = 48  # points of an outline
KEY_STEP, FINE_KEY_STEP = 0.03, 0.006  # of the shorter side
MOST_PICTURES = 400
LEGEND_WIDTH = 150


@dataclass(frozen=True, eq=False)
class Marks:
    """What is on the map.

    Attributes:
        items: the pieces.
        points: ``[N, 2]``, where they lie.
        names: what each is coloured by.
        ellipses: mean ``[2]`` and root of the covariance ``[2, 2]`` of each group of the prior.
    """

    items: Sequence[MaterialItem]
    points: FloatArray
    names: Sequence[str]
    ellipses: Sequence[tuple[FloatArray, FloatArray]]


class Chart(QWidget):
    """Shows marks; a press or a drag moves the point. It keeps its place while another map is shown."""

    moved = Signal(float, float)  # where the point is now, in the units of the map

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look: Look | None = None
        self.point: tuple[float, float] | None = None
        self.reached: tuple[float, float] | None = None  # where what is seen beside it truly lies
        self._marks: Marks | None = None
        self._way: FloatArray | None = None  # [2, 2], from where to where somebody walks
        self._picture: QPixmap | None = None
        self._hovered = -1
        self._dragging = False
        self._thumbnails: OrderedDict[int, QPixmap] = OrderedDict()
        self._reader = Reader(self)
        self._empty = ("map", "", "")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 160)
        self.setAccessibleName("Map of g: the pieces of the collection")
        self.setAccessibleDescription("Drag, or press the arrow keys, to see what lies at other places.")
        self.setCursor(Qt.CursorShape.CrossCursor)
        theme().changed.connect(self._recolour)

    def sizeHint(self) -> QSize:
        return QSize(420, 360)

    @property
    def marks(self) -> Marks | None:
        """What is shown; None where there is no map."""
        return self._marks

    @property
    def hovered(self) -> int:
        """Which mark is under the pointer; -1: none."""
        return self._hovered

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        """Show no map, and say why and what to do."""
        self._marks, self._picture, self._hovered = None, None, -1
        self._way = self.point = self.reached = None
        self._empty = (icon, title, text)
        self.update()

    def show_marks(self, marks: Marks, look: Look) -> None:
        """Show these."""
        if look is not self.look:
            self._thumbnails.clear()
        self._marks, self.look, self._hovered, self._picture = marks, look, -1, None
        self._fit()
        self.update()

    def place_point(self, x: float, y: float) -> None:
        """Put the point there, without telling."""
        self.point = (x, y)
        self.update()

    def show_reached(self, x: float, y: float) -> None:
        """What is seen beside the map lies here."""
        self.reached = (x, y)
        self.update()

    def show_way(self, ends: FloatArray | None) -> None:
        """A line from one place ``[2, 2]`` to another; None: no line."""
        self._way = ends
        self.update()

    @property
    def way(self) -> FloatArray | None:
        """The two ends of the line."""
        return self._way

    # --- where things are

    def _fit(self) -> None:
        """The region of the map that is shown: all marks, and most of what is drawn."""
        marks = self._marks
        if marks is None:
            return
        around = [marks.points, *(_outline(mean, root) for mean, root in marks.ellipses)]
        everything = np.concatenate(around)
        low, high = everything.min(0), everything.max(0)
        self._middle = (low + high) / 2
        room = np.maximum([self.width() - 2 * MARGIN, self.height() - 2 * MARGIN], 10)
        self._scale = float((room / np.maximum(high - low, 1e-6)).min())

    def to_pixels(self, points: FloatArray) -> FloatArray:
        """Map ``[..., 2]`` to pixels; y grows upwards."""
        return np.asarray(
            (np.asarray(points) - self._middle) * [self._scale, -self._scale] + [self.width() / 2, self.height() / 2]
        )

    def _to_map(self, place: QPointF) -> tuple[float, float]:
        off = np.array([place.x() - self.width() / 2, self.height() / 2 - place.y()]) / self._scale
        x, y = (self._middle + off).tolist()
        return x, y

    # --- events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._marks is not None:
            self._dragging = True
            self._hover(-1)
            self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._marks is None:
            return
        if self._dragging:
            self._go(event.position())
            return
        places = self.to_pixels(self._marks.points)
        distance = np.hypot(places[:, 0] - event.position().x(), places[:, 1] - event.position().y())
        near = int(distance.argmin())
        self._hover(near if distance[near] <= NEAR else -1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = False

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
        to = arrows.get(Qt.Key(event.key()))
        if to is None or self._marks is None or self.point is None:
            super().keyPressEvent(event)
            return
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = (FINE_KEY_STEP if fine else KEY_STEP) * min(self.width(), self.height()) / self._scale
        self._move(self.point[0] + to[0] * step, self.point[1] + to[1] * step)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = None
        self._fit()

    def _go(self, place: QPointF) -> None:
        inside = QPointF(min(max(place.x(), 0.0), self.width()), min(max(place.y(), 0.0), self.height()))
        self._move(*self._to_map(inside))

    def _move(self, x: float, y: float) -> None:
        self.place_point(x, y)
        self.moved.emit(x, y)

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self.update()

    def _recolour(self) -> None:
        self._picture = None
        self._thumbnails.clear()
        self.update()

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._marks is None:
            paint_paper(painter, self)
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        if self._picture is None:
            self._picture = self._painted(self._marks)
        painter.drawPixmap(0, 0, self._picture)
        self._paint_way(painter)
        self._paint_point(painter)
        if self._hovered >= 0:
            self._paint_hovered(painter, self._marks)

    def _painted(self, marks: Marks) -> QPixmap:
        """Paper, groups, marks and legend, which stay the same while the point moves."""
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_paper(painter, self)
        painter.setPen(QPen(colour("border"), 1))
        for mean, root in marks.ellipses:
            painter.drawPolygon(QPolygonF([QPointF(*place) for place in self.to_pixels(_outline(mean, root)).tolist()]))
        shown = list(dict.fromkeys(sorted(marks.names)))
        stamps = {name: _stamp(number, ratio) for number, name in enumerate(shown)}  # thousands of marks in no time
        for (x, y), name in zip(self.to_pixels(marks.points).tolist(), marks.names, strict=True):
            painter.drawPixmap(QPointF(x - STAMP / 2, y - STAMP / 2), stamps[name])
        self._paint_legend(painter, shown)
        painter.end()
        return pixmap

    def _paint_legend(self, painter: QPainter, names: list[str]) -> None:
        small = font("small")
        painter.setFont(small)
        high = painter.fontMetrics().height() + 4
        more = len(names) - MOST_NAMES
        for line, name in enumerate(names[:MOST_NAMES]):
            middle = STEP + 4 + (line + 0.5) * high
            _paint_mark(painter, QPointF(2 * STEP, middle), line)
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, LEGEND_WIDTH)
            painter.setPen(colour("text"))
            place = QRectF(2 * STEP + 10, middle - high / 2, LEGEND_WIDTH, high)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
        if more > 0:
            place = QRectF(2 * STEP + 10, STEP + 4 + MOST_NAMES * high, LEGEND_WIDTH, high)
            painter.setPen(colour("muted"))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, f"and {more} more")

    def _paint_way(self, painter: QPainter) -> None:
        if self._way is None:
            return
        here, there = (QPointF(*place) for place in self.to_pixels(self._way).tolist())
        painter.setPen(QPen(colour("accent"), 2))
        painter.drawLine(here, there)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for end in (here, there):
            painter.drawEllipse(end, MARK + 3, MARK + 3)

    def _paint_point(self, painter: QPainter) -> None:
        if self.point is None:
            return
        here = QPointF(*self.to_pixels(np.array(self.point)).tolist())
        if self.reached is not None:
            there = QPointF(*self.to_pixels(np.array(self.reached)).tolist())
            if (there - here).manhattanLength() > 2:  # asked for farther out than anything is
                painter.setPen(QPen(colour("accent"), 1, Qt.PenStyle.DashLine))
                painter.drawLine(here, there)
                painter.setBrush(colour("accent"))
                painter.drawEllipse(there, 2.5, 2.5)
        painter.setPen(QPen(colour("paper"), 2))
        painter.setBrush(colour("accent"))
        painter.drawEllipse(here, HANDLE, HANDLE)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_hovered(self, painter: QPainter, marks: Marks) -> None:
        """A small picture of the piece beside its mark."""
        item, look = marks.items[self._hovered], self.look
        assert look is not None
        here = QPointF(*self.to_pixels(marks.points[self._hovered]).tolist())
        painter.setPen(QPen(colour("accent"), 2))
        painter.drawEllipse(here, MARK + 3, MARK + 3)
        small = font("small")
        painter.setFont(small)
        line = painter.fontMetrics().height() if item.label else 0
        wide, high = look.picture.width() + STEP, look.picture.height() + STEP + line
        x = here.x() + 12 if here.x() + 12 + wide < self.width() else here.x() - 12 - wide
        y = min(max(here.y() - high / 2, 4.0), self.height() - high - 4.0)
        card = QRectF(x, y, wide, high)
        painter.setPen(QPen(colour("border"), 1))
        painter.setBrush(colour("surface"))
        painter.drawRoundedRect(card, 6, 6)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        picture = self._thumbnail(item, look)
        if picture is not None:
            painter.drawPixmap(card.topLeft() + QPointF(STEP / 2, STEP / 2), picture)
        painter.setPen(colour("muted"))
        text = painter.fontMetrics().elidedText(item.label, Qt.TextElideMode.ElideRight, round(wide - STEP))
        painter.drawText(card.adjusted(4, high - line - 2, -4, -2), Qt.AlignmentFlag.AlignHCenter, text)

    def _thumbnail(self, item: MaterialItem, look: Look) -> QPixmap | None:
        found = self._thumbnails.get(item.id)
        if found is not None:
            return found
        ratio = self.devicePixelRatioF()

        def done(material: object) -> None:
            self._thumbnails[item.id] = look.paint(material, look.picture, ratio)
            if len(self._thumbnails) > MOST_PICTURES:
                self._thumbnails.popitem(last=False)
            self.update()

        self._reader.read(item, done, lambda _: None)
        return self._thumbnails.get(item.id)


def _outline(mean: FloatArray, root: FloatArray) -> NDArray[np.float64]:
    """`REACH` standard deviations around a mean, ``[OUTLINE, 2]``."""
    turn = np.linspace(0, 2 * np.pi, OUTLINE, endpoint=False)
    return np.asarray(mean + REACH * np.stack([np.cos(turn), np.sin(turn)], 1) @ root.T)


def _stamp(kind: int, ratio: float) -> QPixmap:
    """A mark, `STAMP` pixels wide and high."""
    pixmap = QPixmap(round(STAMP * ratio), round(STAMP * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_mark(painter, QPointF(STAMP / 2, STAMP / 2), kind)
    painter.end()
    return pixmap


def _paint_mark(painter: QPainter, at: QPointF, kind: int) -> None:
    """One of four colours, and of four shapes, so that they are told apart without the colours, too."""
    plots = theme().colours.plots
    painter.setPen(QPen(colour("paper"), 1))
    painter.setBrush(QColor(plots[kind % len(plots)]))
    shape = kind // len(plots) % 4 if kind >= len(plots) else 0
    r = MARK
    if shape == 0:
        painter.drawEllipse(at, r, r)
    elif shape == 1:
        painter.drawRect(QRectF(at.x() - r, at.y() - r, 2 * r, 2 * r))
    elif shape == 2:
        painter.drawPolygon(QPolygonF([at + QPointF(0, -r - 1), at + QPointF(r + 1, r), at + QPointF(-r - 1, r)]))
    else:
        painter.drawPolygon(
            QPolygonF(
                [at + QPointF(0, -r - 1), at + QPointF(r + 1, 0), at + QPointF(0, r + 1), at + QPointF(-r - 1, 0)]
            )
        )
    painter.setBrush(Qt.BrushStyle.NoBrush)
