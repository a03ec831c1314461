"""What each run generates, side by side: drawings and texts as cards, recordings as waveforms one below the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.sequences.materials import Material
from studio.sequences.recording import Recording
from studio.ui.audio.background import Background
from studio.ui.audio.peaks import Peaks
from studio.ui.audio.shades import paint_wave
from studio.ui.audio.span import Span, reading, ticks
from studio.ui.audio.time_axis import EDGE, RULER, ZOOM
from studio.ui.paper import paint_empty, paint_paper
from studio.ui.theme import STEP, colour, font, number_font, theme

GAP = STEP
TITLE = 24
NARROWEST = 168  # pixels of a card
LOWEST = 44  # pixels of a waveform
SHORTEST = 0.005  # seconds that fill the view


@dataclass(frozen=True, eq=False)
class Group:
    """What stands together: a run's samples, or pieces of the material."""

    title: str
    materials: tuple[Material, ...]
    real: bool = False


class Cards(QWidget):
    """A card for each group; their pictures are painted on another thread, once for each size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[Group, ...] = ()
        self._pictures: dict[tuple[int, int, int, float, bool], QImage] = {}
        self._wanted: set[tuple[int, int, int, float, bool]] = set()
        self._background = Background("cards", self)
        self._empty = ("table", "", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 120)
        self.setAccessibleName("Samples of each run, side by side")
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(480, 220)

    @property
    def ready(self) -> bool:
        """Whether all that can be seen has been painted."""
        return all(self._key(group) in self._pictures for group in self._groups)

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        """Show no cards, and say why and what to do."""
        self._empty = (icon, title, text)
        self.show_groups(())

    def show_groups(self, groups: Sequence[Group]) -> None:
        """Show these, from left to right; more rows where there is no room."""
        self._groups = tuple(groups)
        alive = {id(group) for group in groups}
        self._pictures = {key: image for key, image in self._pictures.items() if key[0] in alive}
        self.update()

    def close_down(self) -> None:
        """End the thread, before the window goes."""
        self._background.close()

    def _columns(self) -> int:
        return max(1, min(len(self._groups), (self.width() + GAP) // (NARROWEST + GAP)))

    def _cards(self) -> list[QRectF]:
        columns = self._columns()
        lines = math.ceil(len(self._groups) / columns)
        wide = (self.width() - GAP * (columns - 1)) / columns
        high = (self.height() - GAP * (lines - 1)) / max(1, lines)
        places = [(number % columns, number // columns) for number in range(len(self._groups))]
        return [QRectF(x * (wide + GAP), y * (high + GAP), wide, high) for x, y in places]

    def _key(self, group: Group) -> tuple[int, int, int, float, bool]:
        card = self._cards()[0]
        ratio = self.devicePixelRatioF()
        return (id(group), round(card.width()), round(card.height()), ratio, theme().colours.dark)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._groups:
            paint_paper(painter, self)
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        for group, card in zip(self._groups, self._cards(), strict=True):
            painter.setPen(QPen(colour("line"), 1))
            painter.setBrush(colour("paper"))
            painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
            painter.setFont(font("small"))
            painter.setPen(colour("muted" if group.real else "text"))
            title = painter.fontMetrics().elidedText(
                group.title, Qt.TextElideMode.ElideRight, round(card.width() - 2 * STEP)
            )
            line = QRectF(card.left() + STEP, card.top() + 2, card.width() - 2 * STEP, TITLE)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
            key = self._key(group)
            if key in self._pictures:
                painter.drawImage(QPointF(card.left() + STEP, card.top() + TITLE), self._pictures[key])
            elif key not in self._wanted:
                self._paint_elsewhere(group, key)

    def _paint_elsewhere(self, group: Group, key: tuple[int, int, int, float, bool]) -> None:
        _, wide, high, ratio, dark = key
        width, height = max(8, wide - 2 * STEP), max(8, high - TITLE - STEP)
        self._wanted.add(key)

        def work() -> NDArray[np.uint8]:
            from studio.files.sheet import Sheet
            from studio.workbench.comparison_picture import paint_samples

            sheet = Sheet(width, height, dark=dark)
            paint_samples(sheet, group.materials, 2, 2, width - 4, height - 4)
            return np.ascontiguousarray(np.asarray(sheet.image(ratio)))

        def done(picture: NDArray[np.uint8]) -> None:
            self._wanted.discard(key)
            rows, columns = picture.shape[:2]
            image = QImage(picture.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()
            image.setDevicePixelRatio(ratio)
            if any(id(one) == key[0] for one in self._groups):
                self._pictures[key] = image
            self.update()

        self._background.run(work, done)


class Waves(QWidget):
    """Waveforms one below the other on one axis, to be zoomed into until single samples are seen; a click plays one."""

    played = Signal(object)  # a Recording
    span_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.span = Span.whole(1.0)
        self._rows: list[tuple[Group, Recording, Peaks]] = []
        self._pressed: tuple[QPointF, Span] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 120)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Waveforms, one below the other")
        self.setToolTip("Turn the wheel to zoom, drag to move along, double click to see all; click a name to hear it")
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(480, 240)

    def show_groups(self, groups: Sequence[Group]) -> None:
        """The first recording of each group."""
        found = []
        for group in groups:
            recording = next((one for one in group.materials if isinstance(one, Recording)), None)
            if recording is not None:
                found.append((group, recording, Peaks(recording.samples)))
        self._rows = found
        total = max((recording.seconds for _, recording, _ in found), default=1.0)
        if abs(total - self.span.total) > 1e-9:
            self.span = Span.whole(total)
        self.setMinimumHeight(max(120, len(found) * LOWEST + RULER))
        self.update()

    def show_span(self, span: Span) -> None:
        """Show another stretch."""
        if span != self.span:
            self.span = span
            self.span_changed.emit()
            self.update()

    def _areas(self) -> list[QRectF]:
        field = QRectF(self.rect()).adjusted(EDGE, 4, -EDGE, -RULER)
        high = field.height() / max(1, len(self._rows))
        return [QRectF(field.left(), field.top() + i * high, field.width(), high) for i in range(len(self._rows))]

    def _title(self, area: QRectF, group: Group) -> QRectF:
        wide = min(area.width(), 28.0 + 8 * len(group.title))
        return QRectF(area.left(), area.top(), wide, 20)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for (group, recording, _), area in zip(self._rows, self._areas(), strict=True):
            if self._title(area, group).contains(event.position()):
                self.played.emit(recording)
                return
        self._pressed = (event.position(), self.span)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None:
            place, span = self._pressed
            self.show_span(span.dragged(event.position().x() - place.x(), self.width() - 2 * EDGE))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_span(Span.whole(self.span.total))

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() / 120
        if self._rows and turned:
            about = self.span.second_at(event.position().x() - EDGE, self.width() - 2 * EDGE)
            self.show_span(self.span.zoomed(ZOOM**turned, about, SHORTEST))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_paper(painter, self)
        for (group, recording, peaks), area in zip(self._rows, self._areas(), strict=True):
            self._paint_wave(painter, recording, peaks, area.adjusted(0, 4, 0, -4))
            painter.setFont(font("small"))
            words = f"▶ {group.title}"
            box = QRectF(area.left(), area.top() + 1, painter.fontMetrics().horizontalAdvance(words) + 8, 18)
            painter.fillRect(box, colour("paper", 0.8))
            painter.setPen(colour("muted" if group.real else "text"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        self._paint_ruler(painter)

    def _paint_wave(self, painter: QPainter, recording: Recording, peaks: Peaks, area: QRectF) -> None:
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(QPointF(area.left(), area.center().y()), QPointF(area.right(), area.center().y()))
        paint_wave(painter, area, recording, peaks, self.span)

    def _paint_ruler(self, painter: QPainter) -> None:
        width = self.width() - 2 * EDGE
        step, seconds = ticks(self.span, width)
        painter.setFont(number_font("small"))
        painter.setPen(colour("muted"))
        for second in seconds:
            words = reading(second, step)
            wide = painter.fontMetrics().horizontalAdvance(words)
            left = EDGE + self.span.x_of(second, width) - wide / 2
            painter.drawText(QPointF(min(max(left, 4.0), self.width() - 4.0 - wide), self.height() - 5.0), words)
