"""Waveform and spectrogram of one recording on one time axis: zoom, pan, select, trim, and a playhead that moves."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio.sequences.recording import Recording
from studio.ui.audio.background import Background
from studio.ui.audio.peaks import Peaks
from studio.ui.audio.shades import paint_frequencies, paint_wave
from studio.ui.audio.span import Span, clock, reading, ticks
from studio.ui.audio.spectrum import Spectrum
from studio.ui.audio.tiles import SpectrumTiles
from studio.ui.audio.time_axis import EDGE, RULER, ZOOM, TimeAxisView
from studio.ui.paper import paint_empty
from studio.ui.theme import colour

WAVE_SHARE = 0.45  # of the height, for the waveform
GRIP = QSize(8, 20)
NEAR = 7.0  # pixels
CLICK = 3.0  # pixels that a mouse may move and has not been dragged
AT_ONCE = 400_000  # samples of recordings so short that another thread would only cost time
STEP_SHARE = 0.02  # of what is seen, for the arrow keys

Drag: TypeAlias = Literal["", "select", "pan", "trim start", "trim end"]
Range: TypeAlias = tuple[float, float]


class SoundView(TimeAxisView):
    """Shows a `Recording`. Pan costs a millisecond however long that is: nothing is looked up that cannot be seen."""

    seeked = Signal(float)  # the person wants to hear this second
    selected = Signal()  # another stretch, or none
    trimmed = Signal(float, float)  # the person wants only this stretch, in seconds

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, "wave")
        self.recording: Recording | None = None
        self.selection: Range | None = None
        self.playhead = 0.0
        self.trimmable = True
        self._follow = True  # turn the page when the playhead leaves it
        self._trim: Range = (0.0, 1.0)
        self._peaks: Peaks | None = None
        self._tiles = SpectrumTiles(self)
        self._background = Background("waveform", self)
        self._drag: Drag = ""
        self._pressed = QPointF()
        self._pressed_span = self.span
        self._tiles.arrived.connect(self._repaint)
        self.setMinimumSize(160, 88)
        self.setAccessibleName("Waveform and spectrogram")
        self.setAccessibleDescription(
            "Arrows move the playhead, with Shift they select; plus and minus zoom, 0 shows all; "
            "left and right bracket cut off what lies before or after the playhead."
        )

    def sizeHint(self) -> QSize:
        return QSize(304, 176)

    # --- what the pane asks for

    def show_recording(self, recording: Recording | None) -> None:
        """Show all of this one, or none."""
        if recording is self.recording:
            return
        self.recording = recording
        self.selection, self.playhead, self._drag = None, 0.0, ""
        total = 1.0 if recording is None else recording.seconds
        self.span, self._trim = Span.whole(total), (0.0, total)
        self._peaks = None
        self._tiles.show(None)
        if recording is not None:
            self._look_at(recording)
        self.selected.emit()
        self.span_changed.emit()
        self._repaint()

    def show_empty(self, icon: str, title: str, text: str = "") -> None:
        """What to say while there is nothing to see."""
        self._empty = (icon, title, text)
        self.update()

    @property
    def ready(self) -> bool:
        """Whether everything that can be seen has been computed."""
        return self._peaks is not None and self._tiles.complete

    def close_down(self) -> None:
        """End the threads, before the window goes."""
        self._tiles.close()
        self._background.close()

    def _look_at(self, recording: Recording) -> None:
        def work() -> tuple[Peaks, Spectrum]:
            peaks = Peaks(recording.samples)
            return peaks, Spectrum(recording.mono, recording.rate, peaks.loudest)

        def done(found: tuple[Peaks, Spectrum]) -> None:
            if self.recording is recording:
                self._peaks = found[0]
                self._tiles.show(found[1])
                self._repaint()

        if recording.samples.size <= AT_ONCE:
            done(work())
        else:
            self._background.run(work, done)

    def show_playhead(self, second: float, *, moving: bool = False) -> None:
        """Put the line there; while it is moving the view follows it."""
        before, self.playhead = self.playhead, min(max(second, 0.0), self.span.total)
        if moving and self._follow and not self._drag:
            self.show_span(self.span.showing(self.playhead))
        for place in (before, self.playhead):
            x = round(self._x(place))
            self.update(QRect(x - 6, 0, 13, self.height()))

    def select(self, wanted: Range | None) -> None:
        """Select a stretch of seconds, or nothing."""
        if wanted is not None:
            start, end = (min(max(second, 0.0), self.span.total) for second in sorted(wanted))
            wanted = (start, end) if end > start else None
        if wanted != self.selection:
            self.selection = wanted
            self.selected.emit()
            self.update()

    def trim_to(self, wanted: Range) -> None:
        """Ask for everything else to be cut off."""
        start, end = max(0.0, wanted[0]), min(self.span.total, wanted[1])
        if 0 < end - start < self.span.total:
            self.trimmed.emit(start, end)
        self._trim = (0.0, self.span.total)
        self.update()

    # --- where things are

    @property
    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(EDGE, 4, -EDGE, -RULER)

    @property
    def _wave_area(self) -> QRectF:
        area = self._area
        return QRectF(area.left(), area.top(), area.width(), math.floor(area.height() * WAVE_SHARE))

    @property
    def _spectrum_area(self) -> QRectF:
        area, wave = self._area, self._wave_area
        return QRectF(area.left(), wave.bottom() + 4, area.width(), area.bottom() - wave.bottom() - 4)

    def _handle_at(self, place: QPointF) -> Drag:
        if (
            not self.trimmable
            or self.recording is None
            or not self._wave_area.adjusted(-EDGE, -4, EDGE, 0).contains(place)
        ):
            return ""
        ends: dict[Drag, float] = {"trim start": self._x(self._trim[0]), "trim end": self._x(self._trim[1])}
        nearest = min(ends, key=lambda name: abs(ends[name] - place.x()))
        return nearest if abs(ends[nearest] - place.x()) <= NEAR else ""

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.recording is None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        place = event.position()
        self._pressed, self._pressed_span = place, self.span
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.button() == Qt.MouseButton.MiddleButton or shifted or place.y() > self._area.bottom():
            self._drag = "pan"
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            self._drag = self._handle_at(place) or "select"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if not self._drag:
            self._choose_cursor(place)
            return
        second = self._second(place.x())
        if self._drag == "pan":
            self._follow = False
            self.show_span(self._pressed_span.dragged(place.x() - self._pressed.x(), self._area.width()))
        elif self._drag == "select":
            if abs(place.x() - self._pressed.x()) > CLICK:
                self.select((self._pressed_span.second_at(self._pressed.x() - EDGE, self._area.width()), second))
        else:
            start, end = self._trim
            least = min(self.span.total, 2 / self.recording.rate if self.recording else 0.0)
            if self._drag == "trim start":
                self._trim = (min(second, end - least), end)
            else:
                self._trim = (start, max(second, start + least))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, ""
        self._choose_cursor(event.position())
        if drag == "select" and abs(event.position().x() - self._pressed.x()) <= CLICK:
            self.select(None)
            self._seek(self._second(event.position().x()))
        elif drag in ("trim start", "trim end"):
            self.trim_to(self._trim)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.recording is not None and event.button() == Qt.MouseButton.LeftButton:
            self.show_span(Span.whole(self.span.total))

    def leaveEvent(self, event: QEvent) -> None:
        self.unsetCursor()

    def _choose_cursor(self, place: QPointF) -> None:
        shapes = Qt.CursorShape
        if self.recording is None:
            self.unsetCursor()
        elif self._handle_at(place):
            self.setCursor(shapes.SplitHCursor)
            self.setToolTip("Drag to cut off what lies outside; Ctrl+Z brings it back")
        elif place.y() > self._area.bottom():
            self.setCursor(shapes.OpenHandCursor)
            self.setToolTip("Drag to move along, turn the wheel to zoom, double click to see all")
        else:
            self.setCursor(shapes.IBeamCursor)
            self.setToolTip(self._reading_at(place))

    def _reading_at(self, place: QPointF) -> str:
        found = f"{clock(self._second(place.x()))}"
        spectrum, area = self._tiles.spectrum, self._spectrum_area
        if spectrum is not None and area.contains(place):
            found += f", {(area.bottom() - place.y()) / area.height() * spectrum.top / 1000:.1f} kHz"
        return found

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.recording is None:
            event.ignore()
            return
        self._follow = False
        self._turn(event)

    # --- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.recording is None or not self._key(event):
            super().keyPressEvent(event)

    def _key(self, event: QKeyEvent) -> bool:
        keys, key = Qt.Key, event.key()
        steps: dict[int, float] = {
            keys.Key_Left: -1.0,
            keys.Key_Right: 1.0,
            keys.Key_PageUp: -10.0,
            keys.Key_PageDown: 10.0,
        }
        if key in steps:
            self._step(self.playhead + steps[key] * STEP_SHARE * self.span.seconds, event.modifiers())
        elif key in (keys.Key_Home, keys.Key_End):
            self._step(0.0 if key == keys.Key_Home else self.span.total, event.modifiers())
        elif key in (keys.Key_Plus, keys.Key_Equal, keys.Key_Up):
            self.show_span(self.span.zoomed(ZOOM, self.playhead))
        elif key in (keys.Key_Minus, keys.Key_Down):
            self.show_span(self.span.zoomed(1 / ZOOM, self.playhead))
        elif key == keys.Key_0:
            self.show_span(Span.whole(self.span.total))
        elif key == keys.Key_Escape and self.selection is not None:
            self.select(None)
        elif key == keys.Key_BracketLeft and self.trimmable:
            self.trim_to((self.playhead, self.span.total))
        elif key == keys.Key_BracketRight and self.trimmable:
            self.trim_to((0.0, self.playhead))
        else:
            return False
        return True

    def _step(self, second: float, modifiers: Qt.KeyboardModifier) -> None:
        second = min(max(second, 0.0), self.span.total)
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            start, end = self.selection or (self.playhead, self.playhead)
            anchor = end if self.playhead == start else start
            self.select((anchor, second))
        self._seek(second)
        self.show_span(self.span.showing(second))

    def _seek(self, second: float) -> None:
        self._follow = True
        self.show_playhead(second)
        self.seeked.emit(second)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_picture(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.recording is None:
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        painter.setClipRect(self._area.adjusted(-EDGE, -4, EDGE, 4))
        self._paint_selection(painter)
        if self.trimmable:
            self._paint_handles(painter)
        self._paint_playhead(painter)

    def _paint_still(self, painter: QPainter) -> None:
        """Everything that stays as it is while the playhead moves."""
        if self.recording is not None:
            step, seconds = ticks(self.span, self._area.width())
            self._paint_ruler(painter, [(second, reading(second, step)) for second in seconds])
            if self._peaks is not None:
                self._paint_wave(painter, self.recording, self._peaks)
                start, end = self.span.start * self.recording.rate, self.span.end * self.recording.rate
                self._tiles.paint(painter, self._spectrum_area, start, end)
                if self._tiles.spectrum is not None:
                    paint_frequencies(painter, self._spectrum_area, self._tiles.spectrum.top)

    def _paint_wave(self, painter: QPainter, recording: Recording, peaks: Peaks) -> None:
        area = self._wave_area
        painter.setPen(QPen(colour("line"), 1))
        middle = round(area.center().y()) + 0.5
        painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        paint_wave(painter, area, recording, peaks, self.span)

    def _paint_selection(self, painter: QPainter) -> None:
        if self.selection is None:
            return
        left, right = self._x(self.selection[0]), self._x(self.selection[1])
        area = QRectF(left, self._area.top(), right - left, self._area.height()).intersected(self._area)
        painter.fillRect(area, colour("accent", 0.2))
        painter.setPen(QPen(colour("accent"), 1))
        for x in {left, right} & {area.left(), area.right()}:
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_handles(self, painter: QPainter) -> None:
        area, wave = self._area, self._wave_area
        left, right = self._x(self._trim[0]), self._x(self._trim[1])
        veil = colour("paper", 0.75)
        if self._trim[0] > 0:
            painter.fillRect(QRectF(area.left(), area.top(), left - area.left(), area.height()), veil)
        if self._trim[1] < self.span.total:
            painter.fillRect(QRectF(right, area.top(), area.right() - right, area.height()), veil)
        painter.setPen(QPen(colour("muted"), 1))
        for x, outwards in ((left, -1), (right, 1)):
            painter.drawLine(QPointF(x, wave.top()), QPointF(x, wave.bottom()))
            grip = QRectF(0, 0, GRIP.width(), GRIP.height())
            grip.moveCenter(QPointF(x + outwards * GRIP.width() / 2, wave.center().y()))
            painter.setBrush(colour("surface"))
            painter.drawRoundedRect(grip, 3, 3)
            painter.drawLine(grip.center() - QPointF(0, 4), grip.center() + QPointF(0, 4))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_playhead(self, painter: QPainter) -> None:
        x, area = self._x(self.playhead), self._area
        if not EDGE - 1 <= x <= self.width() - EDGE + 1:
            return
        painter.setPen(QPen(colour("accent"), 1.5))
        painter.drawLine(QPointF(x, area.top() - 2), QPointF(x, area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("accent"))
        painter.drawEllipse(QPointF(x, area.top() - 1), 3.5, 3.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
