"""Older drawings that show through the paper, the older the fainter. Each is painted once; only its shade changes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from studio.sequences.material import Drawing
from studio.ui.ink import InkPicture, drawing_paths, ink_pen
from studio.ui.page import Page
from studio.ui.theme import colour

SKINS = 24  # drawings shown faintly underneath
INK_WIDTH = 2.0
DARKEST, FAINTEST = 0.18, 0.02


class OnionSkins:
    """The picture below the canvas.

    Attributes:
        painted: how many drawings have been painted so far, for those who want to be sure that only new ones are.
    """

    def __init__(self) -> None:
        self.painted = 0
        self._sheet = InkPicture()
        self._skins: dict[Drawing, tuple[QImage, QPoint]] = {}  # with its place in device pixels
        self._look: tuple[object, ...] = ()  # what all of them were painted for

    @property
    def image(self) -> QImage:
        """To be drawn at the widget's corner."""
        return self._sheet.image

    def show(self, drawings: Sequence[Drawing], page: Page, widget: QWidget) -> None:
        """Show these, the last the darkest, on a page that fills the widget."""
        self._sheet.fit(widget)
        self._sheet.clear()
        look = (page, widget.size(), widget.devicePixelRatioF(), colour("ink").rgba())
        if look != self._look:
            self._skins, self._look = {}, look
        painter = QPainter(self._sheet.image)
        painter.scale(1 / widget.devicePixelRatioF(), 1 / widget.devicePixelRatioF())
        skins = {}
        for age, drawing in enumerate(reversed(drawings)):
            skins[drawing] = self._skins.get(drawing) or self._painted(drawing, page, widget)
            picture, place = skins[drawing]
            painter.setOpacity(FAINTEST + (DARKEST - FAINTEST) * (1 - age / SKINS))
            painter.drawImage(place, picture)
        painter.end()
        self._skins = skins

    def _painted(self, drawing: Drawing, page: Page, widget: QWidget) -> tuple[QImage, QPoint]:
        """The drawing in full ink, no larger than it is."""
        self.painted += 1
        ratio = widget.devicePixelRatioF()
        paths = drawing_paths(drawing, page, widget.width(), widget.height())
        box = QRectF()
        for path in paths:
            box = box.united(path.boundingRect().adjusted(-INK_WIDTH, -INK_WIDTH, INK_WIDTH, INK_WIDTH))
        box = box.intersected(QRectF(widget.rect()))
        place = QPoint(math.floor(box.left() * ratio), math.floor(box.top() * ratio))
        size = QSize(math.ceil(box.width() * ratio) + 1, math.ceil(box.height() * ratio) + 1)
        picture = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-place)
        painter.scale(ratio, ratio)
        for path in paths:
            painter.strokePath(path, ink_pen(colour("ink"), INK_WIDTH))
        painter.end()
        return picture, place
