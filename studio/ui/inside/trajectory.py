"""A drawing as a model reads it: its line glows where the model had to decide."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.sequences.material import Drawing, FloatArray
from studio.ui.audio.background import Background
from studio.ui.ink import drawing_paths, ink_pen
from studio.ui.page import Page
from studio.ui.paper import CORNER, paint_empty, paint_paper
from studio.ui.theme import colour, theme

if TYPE_CHECKING:
    from studio.files.glow import Line, Picture

NEAR = 24.0  # pixels within which the pointer finds a point
MOST_PICTURES = 40  # kept, so that going to and fro through the steps costs nothing
LINE_SHARE = 0.006  # of the shorter side


@dataclass(frozen=True, eq=False)
class Scene:
    """What is to be seen.

    Attributes:
        key: equal for equal scenes, so that a picture is painted once.
        drawing: a point per frame.
        shares: ``[T]``, from 0 to 1.
        reconstruction: to be laid over it, or None.
    """

    key: Any
    drawing: Drawing
    shares: FloatArray
    reconstruction: Drawing | None = None


class GlowView(QWidget):
    """Paints scenes on another thread; while one is not ready, the one before stays."""

    hovered = Signal(int)  # a frame, or -1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._places = np.empty((0, 2))
        self._pictures: OrderedDict[Any, QImage] = OrderedDict()
        self._image: QImage | None = None
        self._mark = -1
        self._painting = False
        self._background = Background("glow", self)
        self._empty = ("inside", "", "")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 160)
        self.setAccessibleName("The drawing, bright where the model had to decide")
        theme().changed.connect(self._refresh)

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    @property
    def ready(self) -> bool:
        """Whether what is seen is what was asked for last."""
        return self._scene is None or self._key() in self._pictures

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        """Show nothing, and say why and what to do."""
        self._scene, self._image, self._empty = None, None, (icon, title, text)
        self._pictures.clear()
        self.update()

    def show_scene(self, scene: Scene) -> None:
        """Show this."""
        self._scene = scene
        self._refresh()

    def mark(self, frame: int) -> None:
        """Ring the point of a frame; -1: none."""
        if frame != self._mark:
            self._mark = frame
            self.update()

    def close_down(self) -> None:
        """End the thread, before the window goes."""
        self._background.close()

    # --- pictures

    def _key(self) -> Any:
        assert self._scene is not None
        return self._scene.key, self.width(), self.height(), self.devicePixelRatioF(), theme().colours.dark

    def _refresh(self) -> None:
        if self._scene is None:
            self.update()
            return
        page = Page.of(self._scene.drawing, margin=0.1)
        self._page = page
        self._places = page.to_canvas(self._scene.drawing.points, self.width(), self.height())
        found = self._pictures.get(self._key())
        if found is not None:
            self._pictures.move_to_end(self._key())
            self._image = found
        elif not self._painting:
            self._paint_elsewhere(self._scene, page)
        self.update()

    def _paint_elsewhere(self, scene: Scene, page: Page) -> None:
        self._painting = True
        key, ratio, dark = self._key(), self.devicePixelRatioF(), theme().colours.dark
        size = QSize(max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))

        def work() -> Picture:
            return _picture(scene, page, size, dark=dark)

        def done(picture: Picture) -> None:
            self._painting = False
            image = QImage(picture.data, size.width(), size.height(), 3 * size.width(), QImage.Format.Format_RGB888)
            image = image.copy()  # for the numbers go
            image.setDevicePixelRatio(ratio)
            self._pictures[key] = image
            if len(self._pictures) > MOST_PICTURES:
                self._pictures.popitem(last=False)
            self._refresh()

        self._background.run(work, done)

    # --- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._pictures.clear()
        self._refresh()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._scene is None or not len(self._places):
            return
        place = event.position()
        distance = np.hypot(*(self._places - (place.x(), place.y())).T)
        near = int(distance.argmin())
        self.hovered.emit(near if distance[near] <= NEAR else -1)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(-1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_paper(painter, self)
        if self._scene is None:
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        if self._image is not None:
            inside = QPainterPath()
            inside.addRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), CORNER, CORNER)
            painter.setClipPath(inside)
            painter.drawImage(self.rect(), self._image)
            painter.setClipping(False)
        else:  # its lines at once, until what glows is painted
            for path in drawing_paths(self._scene.drawing, self._page, self.width(), self.height()):
                painter.strokePath(path, ink_pen(colour("muted"), 1.6))
        if 0 <= self._mark < len(self._places):
            painter.setPen(QPen(colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(*self._places[self._mark]), 7, 7)


def _picture(scene: Scene, page: Page, size: QSize, *, dark: bool) -> Picture:
    from studio.files.glow import glow  # brings Pillow, which a start of the window does without

    width, height = size.width(), size.height()
    lines = lines_of(scene.drawing, scene.shares, page, width, height)
    over = [] if scene.reconstruction is None else lines_of(scene.reconstruction, None, page, width, height)
    line_width = max(1.6, LINE_SHARE * min(width, height))
    return glow(lines, width, height, dark=dark, line_width=line_width, over=[line.points for line in over])


def lines_of(drawing: Drawing, shares: FloatArray | None, page: Page, width: float, height: float) -> list[Line]:
    """The strokes of a drawing in pixels."""
    from studio.files.glow import Line

    places = page.to_canvas(drawing.points, width, height)
    shares = np.zeros(len(places)) if shares is None else shares[: len(places)]
    cuts = np.flatnonzero(drawing.pen_up)[:-1] + 1
    return [Line(*part) for part in zip(np.split(places, cuts), np.split(shares, cuts), strict=True)]
