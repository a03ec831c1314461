"""Ink that is painted once: lines grow on a picture in device pixels, and only what is new is painted.

Painting a whole antialiased line again with every point costs a second at 100 000 points; its new piece costs 0.06 ms.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from studio.sequences.material import Drawing, FloatArray
from studio.sequences.spline import GrowingCurve, Piece, Point, controls
from studio.ui.page import Page


def ink_pen(colour: QColor, width: float) -> QPen:
    """A round pen."""
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


class SmoothLine:
    """Turns points that come one by one into pieces of a smooth line.

    Each piece is a quadratic Bezier curve from one midpoint to the next, with the point between them as its control
    point; so the line lags half a step behind the last point, and `rest` is what is missing.
    """

    def __init__(self, start: QPointF) -> None:
        self.last = start
        self._middle = start

    def to(self, point: QPointF) -> QPainterPath:
        """The next piece."""
        middle = QPointF((self.last.x() + point.x()) / 2, (self.last.y() + point.y()) / 2)
        piece = QPainterPath(self._middle)
        piece.quadTo(self.last, middle)
        self._middle, self.last = middle, point
        return piece

    def rest(self) -> QPainterPath:
        """From where the pieces end to the last point."""
        piece = QPainterPath(self._middle)
        piece.lineTo(self.last)
        return piece


class CurvedLine:
    """Turns points that come one by one into pieces of the smooth curve through them (`studio.sequences.spline`).

    The curve lags three steps behind the last point, and `rest` is what is missing.

    Args:
        start: the first point.
        smooth: else the line is straight from point to point.
    """

    def __init__(self, start: QPointF, *, smooth: bool = True) -> None:
        self._curve = GrowingCurve((start.x(), start.y()), smooth=smooth)

    def to(self, point: QPointF) -> QPainterPath | None:
        """The next piece; None where there is none yet."""
        found = self._curve.to((point.x(), point.y()))
        return None if found is None else _path_of(found[0], [found[1]])

    def rest(self) -> QPainterPath:
        """From where the pieces end to the last point; a dot where there is but one."""
        return _path_of(*self._curve.rest())


def _path_of(start: Point, pieces: list[Piece]) -> QPainterPath:
    path = QPainterPath(QPointF(*start))
    for first, second, end in pieces:
        path.cubicTo(*first, *second, *end)
    if not pieces:
        path.lineTo(start[0] + 0.01, start[1])  # a dot: a line without length is not painted
    return path


def curved_path(points: FloatArray, *, smooth: bool = True) -> QPainterPath:
    """The same curve through points that are all known: ``[N, 2]`` pixels."""
    path = QPainterPath(QPointF(*points[0]))
    if len(points) == 1:
        path.lineTo(QPointF(points[0, 0] + 0.01, points[0, 1]))
        return path
    if not smooth:
        for x, y in points[1:].tolist():
            path.lineTo(x, y)
        return path
    for values in np.concatenate([controls(points).reshape(-1, 4), points[1:]], 1).tolist():
        path.cubicTo(*values)
    return path


def smooth_path(points: FloatArray) -> QPainterPath:
    """The same line for points that are all known: ``[N, 2]`` pixels."""
    path = QPainterPath(QPointF(*points[0]))
    if len(points) == 1:
        path.lineTo(QPointF(points[0, 0] + 0.01, points[0, 1]))  # a dot: a line without length is not painted
        return path
    middles = (points[:-1] + points[1:]) / 2
    for (x, y), (middle_x, middle_y) in zip(points[:-1].tolist(), middles.tolist(), strict=True):
        path.quadTo(x, y, middle_x, middle_y)
    path.lineTo(*points[-1].tolist())
    return path


def drawing_paths(drawing: Drawing, page: Page, width: float, height: float) -> list[QPainterPath]:
    """A smooth path for every stroke."""
    return [smooth_path(page.to_canvas(stroke.points, width, height)) for stroke in drawing.strokes]


class InkPicture:
    """A transparent picture of a widget's size in device pixels; coordinates are the widget's."""

    def __init__(self) -> None:
        self.image = QImage()
        self.pieces_painted = 0  # for those who want to be sure that only new ones are

    def fit(self, widget: QWidget) -> bool:
        """Take the widget's size and resolution; True where that emptied the picture."""
        ratio = widget.devicePixelRatioF()
        size = QSize(round(widget.width() * ratio), round(widget.height() * ratio))
        if self.image.size() == size and self.image.devicePixelRatio() == ratio:
            return False
        self.image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        self.image.setDevicePixelRatio(ratio)
        self.clear()
        return True

    def clear(self, area: QRect | None = None) -> None:
        """Make it (or a part of it) transparent again."""
        if area is None:
            self.image.fill(Qt.GlobalColor.transparent)
            return
        painter = QPainter(self.image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.fillRect(area, Qt.GlobalColor.transparent)
        painter.end()

    def paint(self, pieces: Iterable[tuple[QPainterPath, QPen]], clip: QRectF | None = None) -> QRectF:
        """Add pieces of lines; returns the area that changed."""
        changed = QRectF()
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if clip is not None:
            painter.setClipRect(clip)
        for path, pen in pieces:
            painter.strokePath(path, pen)
            margin = pen.widthF() + 1
            changed = changed.united(path.boundingRect().adjusted(-margin, -margin, margin, margin))
            self.pieces_painted += 1
        painter.end()
        return changed


def distance_to_line(points: FloatArray, start: FloatArray, end: FloatArray) -> float:
    """The shortest distance between a polyline ``[N, 2]`` and the segment from `start` to `end`, in pixels.

    The segment is looked at in steps of two pixels, and the polyline exactly.
    """
    steps = max(2, int(np.hypot(*(end - start)) / 2) + 1)
    probes = start + np.linspace(0, 1, steps)[:, None] * (end - start)  # [P, 2]
    if len(points) == 1:
        return float(np.hypot(*(probes - points[0]).T).min())
    a, b = points[:-1], points[1:]  # [S, 2]
    along = b - a
    lengths = np.maximum((along**2).sum(1), 1e-12)
    share = np.clip(((probes[:, None] - a) * along).sum(2) / lengths, 0, 1)  # [P, S]
    nearest = a + share[..., None] * along
    return float(np.hypot(*np.moveaxis(probes[:, None] - nearest, 2, 0)).min())
