"""The sheet on which the model draws: 1, 4, 9 or 16 pens side by side, moving with time.

Ink that is dry is in a picture and is never painted again; with every tick only its new pieces are added. Resizing
starts a replay of all frames, a slice per tick, so that a long drawing does not hold up the window.

Where the model goes on from an unfinished drawing, that is there at once, as it was drawn, and stays. Several ways to
go on from it are laid over each other in light ink, and each is there alone, smaller.
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

from studio.sequences.material import Drawing
from studio.sequences.pen import turned
from studio.ui.backdrops import BackdropPicture
from studio.ui.canvas import PacedCanvas
from studio.ui.cells import Cells, best_filling, laid_over, side_by_side
from studio.ui.ink import CurvedLine, InkPicture, drawing_paths, ink_pen
from studio.ui.page import Page
from studio.ui.paper import paint_empty, paint_paper
from studio.ui.preferences import smooth_lines
from studio.ui.theme import colour, mixed, theme
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
SMALL_INK, LIGHT_INK = 1.6, 2.0  # of ways to go on: each alone, and laid over each other
LIGHT = 0.3  # of the ink is in the light one
LEAVING = 1.25  # how much larger the page gets when a pen leaves it


@dataclass
class _Pen:
    """One of the pens, in one of the places where it is seen.

    Attributes:
        number: which of them.
        cell: the place.
        width: of its line.
        light: whether others are laid over it.
    """

    number: int
    cell: QRectF
    width: float
    light: bool = False
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
        self._y_up: bool | None = None  # of the page, as in `Drawing`
        self._unfinished: Drawing | None = None  # what the pens go on from
        self._ways = False  # whether these are laid over each other, too
        self._cells = Cells(())
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

    def start(
        self, live: LivePens, unfinished: Drawing | None = None, *, ways: bool = False, stay: bool = False
    ) -> None:
        """Show these pens from their beginning; also after they were restarted.

        Args:
            live: the pens.
            unfinished: what they go on from, where that is to be there at once; it is what `live` begins with.
            ways: whether the ways in which they go on from it are laid over each other, too.
            stay: whether what is seen stays where it is: the unfinished drawing was made on this very sheet.
        """
        self._paged = self._paged and (stay or live is self._live)
        self._unfinished, self._ways = unfinished, ways
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
        if count == 0:
            self._unfinished, self._ways = None, False
        self._history = np.empty((0, count, 4))
        self._read = self._painted = 0
        self._clear()
        super()._forget()

    def _clear(self) -> None:
        """Empty paper, with what the pens go on from; they themselves have drawn nothing yet."""
        fresh = {pen.number: pen.fresh for pen in self._states} if self._read else {}
        self._cells = self._divided()
        self._states = self._pens()
        for pen in self._states:
            pen.fresh = fresh.get(pen.number, 1.0)
        self._ink.fit(self)
        self._ink.clear()
        if self._paged:
            self._paint_unfinished()

    def _divided(self) -> Cells:
        count, sheet = self._history.shape[1], QRectF(self.rect())
        if self._ways:
            return laid_over(count, sheet)
        in_a_row = self._live is not None and self._live.in_a_row
        return best_filling(max(count, 1), sheet) if in_a_row else side_by_side(count, sheet)

    def _pens(self) -> list[_Pen]:
        count, cells = self._history.shape[1], self._cells
        width = SMALL_INK if cells.shared is not None else INK_WIDTHS.get(math.ceil(math.sqrt(count)), 1.8)
        own = [_Pen(number, cells.own[number], width) for number in range(count)]
        if cells.shared is None:
            return own
        return own + [_Pen(number, cells.shared, LIGHT_INK, light=True) for number in range(count)]

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
        if self._unfinished is not None:  # which is there at once
            self._due = max(self._due, float(self._live.begin_frames - self._read))
        frames = self._live.read(int(self._due)) if self._due >= 1 else np.empty((0, self._live.count, 4))
        if not self._paged and self._live.ready:
            self._lay_out_page(self._live)
        if len(frames):
            self._due -= len(frames)
            self._take(frames)
        if self._live.finished and not self._finished:
            self._finished = True
            self._end_lines()
            self.finished.emit()

    def _lay_out_page(self, live: LivePens) -> None:
        low, high = live.box
        if self._unfinished is not None:
            begun = turned(self._unfinished, live.y_up).box
            low, high = np.minimum(low, begun[0]), np.maximum(high, begun[1])
        self._page = Page.around(low, high, live.y_up, of_series=live.of_series)
        self._y_up, self._paged = live.y_up, True
        self._paint_unfinished()

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
        self._clear()
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

    def _cell(self, pen: int) -> QRectF:
        return self._cells.own[pen]

    def _paint_unfinished(self, only: QRectF | None = None) -> None:
        """What the pens go on from, in every place, or in one alone."""
        if self._unfinished is None:
            return
        drawing = turned(self._unfinished, self._y_up)
        styles = {pen.number: self._given_ink(pen.width) for pen in self._states if not pen.light}
        places = [(self._cells.own[number], style) for number, style in styles.items()]
        if self._cells.shared is not None:
            places.append((self._cells.shared, ink_pen(colour("ink"), INK_WIDTHS[1])))
        pieces = []
        for cell, style in places:
            if only is None or cell == only:
                paths = drawing_paths(drawing, self._page, cell.width(), cell.height())
                pieces += [(path.translated(cell.topLeft()), style) for path in paths]
        self._ink.paint(pieces)
        self.update()

    @staticmethod
    def _given_ink(width: float) -> QPen:
        return ink_pen(colour("muted", 0.6), width)

    @staticmethod
    def _own_ink(pen: _Pen) -> QPen:
        return ink_pen(mixed("ink", "paper", LIGHT) if pen.light else colour("ink"), pen.width)

    def _paint(self, frames: NDArray[np.float64], first: int) -> None:
        """Add new frames ``[m, B, 4]``, whose first one is frame number `first`, to the ink."""
        begun = self._live.begin_frames if self._live is not None else 0
        if self._live is not None:
            self._behind.follow(self._live.backdrop, 0.0)
        pieces: list[tuple[QPainterPath, QPen]] = []
        pixels: dict[tuple[float, float], NDArray[np.float64]] = {}  # [m, B, 2], by the size of cells
        for pen in self._states:
            size = pen.cell.width(), pen.cell.height()
            if size not in pixels:
                pixels[size] = self._page.to_canvas(frames[..., :2].reshape(-1, 2), *size).reshape(*frames.shape[:2], 2)
            pieces += self._drawn(pen, pixels[size][:, pen.number], frames[:, pen.number], begun - first)
        self._ink.paint(pieces)
        self.update()

    def _drawn(
        self, pen: _Pen, places: NDArray[np.float64], frames: NDArray[np.float64], begun: int
    ) -> Iterator[tuple[QPainterPath, QPen]]:
        """What new frames ``[m, 4]`` of a pen, at pixels ``[m, 2]`` of its cell, add; the first `begun` were given."""
        ink, given, corner = self._own_ink(pen), self._given_ink(pen.width), pen.cell.topLeft()
        for row, (x, y) in enumerate(places.tolist()):
            pen.ended = pen.ended or frames[row, 3] > 0
            if pen.ended:
                yield from self._lifted(pen, ink)
                return
            if row < begun and self._behind.has_curve:
                continue  # points that were observed stand behind as dots
            if row < begun and self._unfinished is not None:
                if row == begun - 1 and frames[row, 2] == 0:
                    pen.line = CurvedLine(QPointF(x, y) + corner, smooth=self._smooth)
                continue
            yield from self._moved(pen, QPointF(x, y) + corner, frames[row, 2] > 0, given if row < begun else ink)

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
        for pen in self._states:
            pen.ended = True
            self._ink.paint(self._lifted(pen, self._own_ink(pen)))
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
        behind = self._behind.picture(list(self._cells.own), self._page, self._ink)
        if behind is not None and self._paged:
            painter.drawImage(0, 0, behind)
        painter.drawImage(0, 0, self._ink.image)
        for pen in self._states:
            self._paint_tip(painter, pen)
        if self._read == 0 and not self._live.ready:
            paint_empty(painter, QRectF(self.rect()), "train", "Loading the model …")

    def _paint_cells(self, painter: QPainter) -> None:
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLines(list(self._cells.lines))

    def _paint_tip(self, painter: QPainter, pen: _Pen) -> None:
        """The ink behind the pen is still wet, and fades into the colour of dry ink."""
        width = pen.width
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
