"""One piece as large as there is room: what lies at a point of the map."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.generation.live_point import Found
from studio.sequences.material import Drawing
from studio.sequences.materials import kind_of
from studio.sequences.text import Text
from studio.ui.generated_kinds import KINDS
from studio.ui.ink import curved_path, ink_pen
from studio.ui.page import Page
from studio.ui.paper import paint_empty, paint_paper
from studio.ui.preferences import smooth_lines
from studio.ui.text.sheet import reading_font
from studio.ui.theme import STEP, colour, theme

INK_WIDTH = 3.0


class PieceView(QWidget):
    """Shows a drawing on a page that stays the same, a text to be read, sound and notes as their picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Found | None = None
        self._page = Page()
        self._empty = ("pen", "", "")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("What lies at the point of the map")
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(420, 360)

    @property
    def found(self) -> Found | None:
        """What is shown."""
        return self._found

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        """Show nothing, and say why and what to do."""
        self._found, self._empty = None, (icon, title, text)
        self.update()

    def show_found(self, found: Found) -> None:
        """Show this."""
        self._found = found
        if isinstance(found.material, Drawing):
            self._page = Page.around(*found.box, found.y_up, margin=0.16, of_series=found.material.is_series)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_paper(painter, self)
        material = None if self._found is None else self._found.material
        if material is None:
            paint_empty(painter, QRectF(self.rect()), *self._empty)
        elif isinstance(material, Drawing):
            pen = ink_pen(colour("ink"), INK_WIDTH)
            for stroke in material.strokes:
                places = self._page.to_canvas(stroke.points, self.width(), self.height())
                painter.strokePath(curved_path(places, smooth=smooth_lines()), pen)
        elif isinstance(material, Text):
            painter.setFont(reading_font())
            painter.setPen(colour("ink"))
            room = QRectF(self.rect()).adjusted(2 * STEP, 2 * STEP, -2 * STEP, -2 * STEP)
            painter.drawText(room, int(Qt.TextFlag.TextWordWrap), material.characters)
        else:
            look = KINDS[kind_of(material)].look
            high = min(self.height() - 2 * STEP, 2 * self.width() // 3)
            size = QSize(self.width() - 2 * STEP, high)
            painter.drawPixmap(STEP, (self.height() - high) // 2, look.paint(material, size, self.devicePixelRatioF()))
