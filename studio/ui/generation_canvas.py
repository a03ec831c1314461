"""The sheet on which the model draws: 1, 4, 9 or 16 pens side by side, moving with time.

Ink that is dry is in a picture and is never painted again; with every tick only its new pieces are added. Resizing
starts a replay of all frames, a slice per tick, so that a long drawing does not hold up the window.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHideEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.backdrops import BackdropPicture, best_columns
from studio.ui.canvas import PacedCanvas
from studio.ui.ink import CurvedLine, InkPicture, ink_pen
from studio.ui.page import Page
from studio.ui.paper import paint_empty, paint_paper
from studio.ui.preferences import smooth_lines
from studio.ui.theme import colour, theme
from studio.workbench import LivePens

FRAMES_PER_SECOND = 60.0  # at speed 1
HURRIED = 64  # frames at a time where somebody waits for the end
TICK_MILLISECONDS = 16
LONGEST_CATCH_UP = 0.1  # seconds of frames that are made up for after a hold-up; the rest is let go
SLICE_SECONDS = 0.004  # of each tick that a replay may take
SLICE_POINTS = 64
TIP_POINTS = 20  # of fresh ink behind each pen
TOGETHER = 4  # steps of that ink that are painted alike
TIP_FADES = 0.5  # seconds
INK_WIDTHS = {1: 3.0, 2: 2.4, 3: 2.0, 4: 1.8}  # by pens along one side
LEAVING = 1.25  # how much larger the page gets when a pen leaves it


@dataclass
class _Pen:
    """One of the pens."""

    line: CurvedLine | None = None
    wet: deque[tuple[QPointF, bool]] = field(default_factory=lambda: deque(maxlen=TIP_POINTS))  # point, pen lifted
    ended: bool = False
    fresh: float = 1.0  # how strongly the tip shows; fades once the pen has ended


class GenerationCanvas(PacedCanvas):
    """Shows what `LivePens` draw."""

    _live: LivePens | None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TICK_MILLISECONDS, parent)
        self._states: list[_Pen] = []
        self._history = np.empty((0, 0, 4))  # [more than were read, B, 4]
        self._read = 0  # frames read
        self._painted = 0  # frames painted, at most those
        self._page = Page()
        self._paged = False
        self._smooth = smooth_lines()
        self._ink = InkPicture()
        self._behind = BackdropPicture()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 200)
        self.setAccessibleName("Generated drawings")
        theme().changed.connect(self._replay)

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    # --- what the pane asks for

    @property
    def pieces_painted(self) -> int:
        """How many pieces of lines have been painted so far, replays included."""
        return self._ink.pieces_painted

    @property
    def frames_shown(self) -> int:
        return self._read

    def start(self, live: LivePens) -> None:
        self._paged = self._paged and live is self._live
        super().start(live)

    def show_smooth(self, on: bool) -> None:
        """Lead smooth curves through the points, or straight lines from one to the next."""
        self._smooth = on
        self._replay()

    def refresh(self) -> None:
        """Show what stands behind the pens as it is with newer weights; they themselves go on with the old ones."""
        if self._live is not None:
            self._live.refresh()
            self._timer.start()

    def _forget(self) -> None:
        count = self._live.count if self._live is not None else 0
        self._states = [_Pen() for _ in range(count)]
        self._history = np.empty((0, count, 4))
        self._read = self._painted = 0
        self._ink.fit(self)
        self._ink.clear()
        super()._forget()

    # --- time

    def _tick(self) -> None:
        seconds = min(self._clock.restart() / 1000, LONGEST_CATCH_UP)
        if self._live is None or not self.isVisible():
            return
        if self._painted < self._read:
            self._paint_history(SLICE_SECONDS)
        elif self._playing and not self._finished:
            self._advance(seconds)
        self._fade(seconds)
        # Pens that failed may have been taken away by whoever was told.
        if self._live is not None and self._behind.follow(self._live.backdrop, seconds):
            self.update()

    def _advance(self, seconds: float) -> None:
        assert self._live is not None
        if self._live.error:
            self._timer.stop()
            self.failed.emit(self._live.error)
            return
        if self._hurried:
            self._due = HURRIED
        self._due = min(self._due + seconds * FRAMES_PER_SECOND * self.speed, self._most_due())
        frames = self._live.read(int(self._due)) if self._due >= 1 else np.empty((0, self._live.count, 4))
        if not self._paged and self._live.ready:
            self._page = Page.around(*self._live.box, self._live.y_up, of_series=self._live.of_series)
            self._paged = True
        if len(frames):
            self._due -= len(frames)
            self._take(frames)
        if self._live.finished and not self._finished:
            self._finished = True
            self._end_lines()
            self.finished.emit()

    def _most_due(self) -> float:
        return max(HURRIED if self._hurried else 1.0, LONGEST_CATCH_UP * FRAMES_PER_SECOND * self.speed)

    def _take(self, frames: NDArray[np.float64]) -> None:
        self._keep(frames)
        if self._leaves_page(frames):
            self._replay()
        else:
            self._painted = self._read
            self._paint(frames, self._read - len(frames))
        self.advanced.emit(self._read)

    def _keep(self, frames: NDArray[np.float64]) -> None:
        if self._read + len(frames) > len(self._history):
            room = np.empty((max(len(frames), self._read, 1024), *frames.shape[1:]))
            self._history = np.concatenate([self._history[: self._read], room])
        self._history[self._read : self._read + len(frames)] = frames
        self._read += len(frames)

    def _leaves_page(self, frames: NDArray[np.float64]) -> bool:
        """Enlarge the page where a pen has left it."""
        points = frames[frames[..., 3] == 0][:, :2]
        if not len(points):
            return False
        reach = float((np.abs(points - self._page.centre) * (1, self._page.stretch)).max())
        if reach <= self._page.extent / 2:
            return False
        extent = self._page.extent * LEAVING ** math.ceil(math.log(2 * reach / self._page.extent, LEAVING))
        self._page = replace(self._page, extent=extent)
        return True

    def _fade(self, seconds: float) -> None:
        busy = self._playing and not self._finished
        for pen in self._states:
            if pen.ended and pen.fresh > 0:
                pen.fresh = max(0.0, pen.fresh - seconds / TIP_FADES)
                busy = True
                self.update()
        behind = self._behind.moving or (self._live is not None and self._live.refreshing)
        if not busy and not behind and self._painted == self._read:
            self._timer.stop()

    # --- painting

    def _replay(self) -> None:
        """Paint everything again."""
        self._ink.fit(self)
        self._ink.clear()
        self._states = [_Pen(fresh=pen.fresh) for pen in self._states]
        self._painted = 0
        self._paint_history(SLICE_SECONDS)
        if self._painted < self._read:
            self._timer.start()
        self.update()

    def _paint_history(self, seconds: float) -> None:
        """Paint frames that were read but are not painted, for about so long."""
        until = time.perf_counter() + seconds
        part = max(1, SLICE_POINTS // max(1, len(self._states)))
        while self._painted < self._read:
            first, self._painted = self._painted, min(self._painted + part, self._read)
            self._paint(self._history[first : self._painted], first)
            if time.perf_counter() > until:
                return
        if self._finished:
            self._end_lines()

    def _side(self) -> int:
        return max(1, math.ceil(math.sqrt(len(self._states) or 1)))

    def _grid(self) -> tuple[int, int]:
        """Columns and rows: as many of both, or where pens lead from one drawing to another, as cells are largest."""
        count = len(self._states) or 1
        if self._live is None or not self._live.in_a_row:
            return self._side(), self._side()
        columns = best_columns(count, self.width(), self.height())
        return columns, -(-count // columns)

    def _cell(self, pen: int) -> QRectF:
        columns, rows = self._grid()
        width, height = self.width() / columns, self.height() / rows
        return QRectF(pen % columns * width, pen // columns * height, width, height)

    def _paint(self, frames: NDArray[np.float64], first: int) -> None:
        """Add new frames ``[m, B, 4]``, whose first one is frame number `first`, to the ink."""
        cell = self._cell(0)
        pixels = self._page.to_canvas(frames[..., :2].reshape(-1, 2), cell.width(), cell.height())
        places = pixels.reshape(*frames.shape[:2], 2)
        begun = self._live.begin_frames if self._live is not None else 0
        if self._live is not None:
            self._behind.follow(self._live.backdrop, 0.0)
        width = INK_WIDTHS.get(self._side(), 1.8)
        ink, given = ink_pen(colour("ink"), width), ink_pen(colour("muted", 0.6), width)
        pieces: list[tuple[QPainterPath, QPen]] = []
        for index, pen in enumerate(self._states):
            corner = self._cell(index).topLeft()
            for row, (x, y) in enumerate(places[:, index].tolist()):
                pen.ended = pen.ended or frames[row, index, 3] > 0
                if pen.ended:
                    pieces += self._lifted(pen, ink)
                    break
                if first + row < begun and self._behind.has_curve:
                    continue  # points that were observed stand behind as dots
                style = given if first + row < begun else ink
                pieces += self._moved(pen, QPointF(x, y) + corner, frames[row, index, 2] > 0, style)
        self._ink.paint(pieces)
        self.update()

    def _moved(self, pen: _Pen, to: QPointF, lifts: bool, style: QPen) -> list[tuple[QPainterPath, QPen]]:
        pen.wet.append((to, lifts))
        pieces = []
        if pen.line is None:
            pen.line = CurvedLine(to, smooth=self._smooth)
        elif (piece := pen.line.to(to)) is not None:
            pieces.append((piece, style))
        return pieces + (self._lifted(pen, style) if lifts else [])

    @staticmethod
    def _lifted(pen: _Pen, style: QPen) -> list[tuple[QPainterPath, QPen]]:
        line, pen.line = pen.line, None
        return [] if line is None else [(line.rest(), style)]

    def _end_lines(self) -> None:
        ink = ink_pen(colour("ink"), INK_WIDTHS.get(self._side(), 1.8))
        for pen in self._states:
            pen.ended = True
            self._ink.paint(self._lifted(pen, ink))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._replay()

    def hideEvent(self, event: QHideEvent) -> None:
        self._due = 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_paper(painter, self)
        if self._live is None:
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        self._paint_cells(painter)
        cells = [self._cell(index) for index in range(len(self._states))]
        behind = self._behind.picture(cells, self._page, self._ink)
        if behind is not None and self._paged:
            painter.drawImage(0, 0, behind)
        painter.drawImage(0, 0, self._ink.image)
        for pen in self._states:
            self._paint_tip(painter, pen)
        if self._read == 0 and not self._live.ready:
            paint_empty(painter, QRectF(self.rect()), "train", "Loading the model …")

    def _paint_cells(self, painter: QPainter) -> None:
        columns, rows = self._grid()
        painter.setPen(QPen(colour("line"), 1))
        for place in range(1, columns):
            x = round(place * self.width() / columns) + 0.5
            painter.drawLine(QPointF(x, 8), QPointF(x, self.height() - 8))
        for place in range(1, rows):
            y = round(place * self.height() / rows) + 0.5
            painter.drawLine(QPointF(8, y), QPointF(self.width() - 8, y))

    def _paint_tip(self, painter: QPainter, pen: _Pen) -> None:
        """The ink behind the pen is still wet, and fades into the colour of dry ink."""
        width = INK_WIDTHS.get(self._side(), 1.8)
        if not pen.wet or pen.fresh <= 0:
            return
        points = list(pen.wet)
        for path, share in self._wet_paths(points):
            painter.strokePath(path, ink_pen(colour("accent", share * pen.fresh), width))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("accent", pen.fresh))
        painter.drawEllipse(points[-1][0], width * 1.4, width * 1.4)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _wet_paths(self, points: list[tuple[QPointF, bool]]) -> Iterator[tuple[QPainterPath, float]]:
        """Pieces of the line through the last points, and how fresh each is, up to 1; `TOGETHER` steps at a time."""
        line, path = CurvedLine(points[0][0], smooth=self._smooth), QPainterPath()
        for age, ((_, lifted), (point, _)) in enumerate(pairwise(points)):
            share = age / len(points)
            if lifted:
                path.connectPath(line.rest())
                yield path, share
                line, path = CurvedLine(point, smooth=self._smooth), QPainterPath()
            elif (piece := line.to(point)) is not None:
                path.connectPath(piece)
                if age % TOGETHER == 0:
                    yield path, share
                    path = QPainterPath()
        path.connectPath(line.rest())
        yield path, 1.0
