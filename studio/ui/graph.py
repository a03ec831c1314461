"""A graph of lines over steps, painted straight onto its widget.

However many points a line has, no more are painted than there are columns of pixels: of the points that fall into one,
the lowest and the highest. So a picture takes a millisecond, and a window that repaints several while a training runs
still moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import Shiboken

from studio.ui.theme import STEP, colour, number_font, theme

Floats = NDArray[np.float64]

LINEAR_UP_TO = 0.1  # the logarithmic scale is linear from -0.1 to 0.1, for nats may be negative
ABOVE, RIGHT, BELOW, LEFT = 4, STEP, 20, 48  # pixels around the paper; below and left of it stand the numbers
PADDING = 0.04  # of what is shown, on either side of it
NUMBERS_APART = 12  # pixels between two numbers, at least
DOT, RING = 2.0, 5.0  # pixels, the radius


@dataclass(frozen=True)
class Line:
    """One line of a graph.

    Attributes:
        steps: ascending.
        values: as many; NaN leaves a gap.
        colour: of the line.
        rare: whether the points are few, and shown: dots, joined by dashes.
        best: the step of the point that a ring is drawn around; None, or one that is not there: none.
    """

    steps: NDArray[np.int64]
    values: Floats
    colour: QColor
    rare: bool = False
    best: int | None = None

    @property
    def best_point(self) -> tuple[float, float] | None:
        """Where the ring is; None where there is none."""
        found = np.flatnonzero(self.steps == self.best) if self.best is not None else ()
        if not len(found) or not np.isfinite(self.values[found[-1]]):
            return None
        return float(self.steps[found[-1]]), float(self.values[found[-1]])


def to_log(values: Floats) -> Floats:
    """Logarithmic far from 0 and linear around it, so that negative values have a place."""
    return np.asarray(np.arcsinh(np.asarray(values, np.float64) / (2 * LINEAR_UP_TO)) / np.log(10))


def from_log(values: Floats) -> Floats:
    """The inverse of `to_log`."""
    return np.asarray(2 * LINEAR_UP_TO * np.sinh(np.asarray(values, np.float64) * np.log(10)))


def thinned(steps: NDArray[np.int64], values: Floats, low: float, high: float, columns: int) -> tuple[Floats, Floats]:
    """What can be seen of a line: of the points in each column of pixels the lowest and the highest.

    Args:
        steps: ``[N]``, ascending.
        values: ``[N]``.
        low: the step at the left of the first column.
        high: the step at the right of the last.
        columns: of pixels between them.

    Returns:
        steps and values, at most ``2 * columns + 4``; with the nearest point beyond either end, so that a line runs on.
    """
    first = max(0, int(np.searchsorted(steps, low)) - 1)
    end = min(len(steps), int(np.searchsorted(steps, high, side="right")) + 1)
    if end - first <= 2 * columns:
        return steps[first:end].astype(np.float64), np.asarray(values[first:end], np.float64)
    edges = np.searchsorted(steps[first:end], np.linspace(low, high, columns + 1)) + first
    begins = np.unique(np.concatenate([[first], edges[edges < end]]))
    lowest, highest = np.fmin.reduceat(values[:end], begins), np.fmax.reduceat(values[:end], begins)
    peaks = np.stack([lowest, highest], 1)
    peaks[1::2] = peaks[1::2, ::-1].copy()  # up one column and down the next: half as far to go as from top to bottom
    return np.repeat(steps[begins].astype(np.float64), 2), peaks.reshape(-1)


def even_ticks(low: float, high: float, most: int, *, whole: bool = False) -> tuple[list[float], float]:
    """Round numbers from `low` to `high`, and how far apart they are: 1, 2 or 5 times a power of ten.

    Args:
        low: where they begin.
        high: where they end.
        most: how many parts they may divide this into.
        whole: whether there is nothing between 1 and 2.
    """
    rough = max((high - low) / most, 1e-300)
    power = 10.0 ** math.floor(math.log10(rough))
    apart = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    if whole:
        apart = max(1.0, apart)
    numbers = np.arange(math.ceil(low / apart - 1e-9), math.floor(high / apart + 1e-9) + 1)
    return (numbers * apart).tolist(), apart


def logarithmic_ticks(low: float, high: float, most: int) -> list[float]:
    """Places on the scale of `to_log` of 1, 3, 10, 30 and so on, on both sides of 0; else of evenly spaced numbers."""
    decades = np.array([mantissa * 10.0**power for power in range(-6, 7) for mantissa in (1, 3)])
    candidates = to_log(np.concatenate([-decades[::-1], [0.0], decades]))
    apart = (high - low) / most
    kept: list[float] = []
    for place in candidates[(candidates >= low) & (candidates <= high)].tolist():
        if not kept or place - kept[-1] >= apart:
            kept.append(place)
    if len(kept) >= 2:
        return kept
    first, last = from_log(np.array([low, high])).tolist()
    return to_log(np.array(even_ticks(first, last, most)[0])).tolist()


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """A colour between two: painting with a transparent one takes several times as long."""
    parts = [round(share * a + (1 - share) * b) for a, b in zip(_rgb(one), _rgb(other), strict=True)]
    return QColor(*parts)


def _rgb(shade: QColor) -> tuple[int, int, int]:
    return shade.red(), shade.green(), shade.blue()


def polygon(x: Floats, y: Floats) -> QPolygonF:
    """The points of a line, for a painter; written in one piece, which takes a hundredth of the time."""
    found = QPolygonF()
    found.resize(len(x))
    if len(x):
        memory = Shiboken.VoidPtr(found.data(), 16 * len(x), True)  # type: ignore[call-arg, arg-type]
        np.frombuffer(memory, np.float64).reshape(-1, 2)[:] = np.stack([x, y], 1)  # type: ignore[call-overload]
    return found


class Graph(QWidget):
    """Paints lines over all of their steps."""

    double_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[Line] = ()
        self._logarithmic = False
        self._face = number_font("small")
        self._metrics = QFontMetricsF(self._face)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 80)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, 150)

    # --- what is shown

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these, the last one on top."""
        self._lines = lines
        self.update()

    def set_logarithmic(self, on: bool) -> None:
        """Use the logarithmic scale of `to_log` for values."""
        self._logarithmic = on
        self.update()

    @property
    def steps_shown(self) -> tuple[float, float]:
        """From the left to the right."""
        ends = [line.steps[[0, -1]] for line in self._lines if len(line.steps)]
        return _padded(float(np.min(ends)), float(np.max(ends))) if ends else (0.0, 1.0)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit()

    # --- painting

    def _paper(self) -> QRectF:
        return QRectF(self.rect()).adjusted(LEFT, ABOVE, -RIGHT, -BELOW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paper, steps = self._paper(), self.steps_shown
        points = [thinned(line.steps, line.values, *steps, max(1, int(paper.width()))) for line in self._lines]
        if self._logarithmic:
            points = [(x, to_log(y)) for x, y in points]
        values = _range([y for _, y in points])
        painter.fillRect(self.rect(), colour("window"))
        painter.fillRect(paper, colour("paper"))
        if any(len(x) for x, _ in points):
            self._paint_numbers(painter, paper, steps, values)
        painter.setPen(QPen(colour("border"), 1))
        painter.drawPolyline([paper.topLeft(), paper.bottomLeft(), paper.bottomRight()])
        painter.setClipRect(paper)
        for line, (x, y) in zip(self._lines, points, strict=True):
            across = paper.left() + (x - steps[0]) * (paper.width() / (steps[1] - steps[0]))
            down = paper.bottom() - (y - values[0]) * (paper.height() / (values[1] - values[0]))
            _paint_line(painter, line, across, down)
        for line in self._lines:
            self._paint_ring(painter, line, paper, steps, values)

    def _paint_ring(
        self, painter: QPainter, line: Line, paper: QRectF, steps: tuple[float, float], values: tuple[float, float]
    ) -> None:
        point = line.best_point
        if point is None:
            return
        x, y = point[0], float(to_log(np.array(point[1]))) if self._logarithmic else point[1]
        across = paper.left() + (x - steps[0]) * (paper.width() / (steps[1] - steps[0]))
        down = paper.bottom() - (y - values[0]) * (paper.height() / (values[1] - values[0]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour("text"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(across, down), RING, RING)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_numbers(
        self, painter: QPainter, paper: QRectF, steps: tuple[float, float], values: tuple[float, float]
    ) -> None:
        painter.setFont(self._face)
        metrics = self._metrics
        muted, faint = QPen(colour("muted"), 1), QPen(mixed(colour("border"), colour("paper"), 0.4), 1)
        for y, text in self._value_numbers(values, max(1, int(paper.height() / (metrics.height() + STEP)))):
            down = paper.bottom() - (y - values[0]) / (values[1] - values[0]) * paper.height()
            painter.setPen(faint)
            painter.drawLine(QPointF(paper.left(), round(down)), QPointF(paper.right(), round(down)))
            painter.setPen(muted)
            place = QRectF(0, down - metrics.height() / 2, LEFT - 5, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        width = metrics.horizontalAdvance(f"{max(map(abs, steps)):,.0f}")
        painter.setPen(muted)
        for x in even_ticks(*steps, max(1, int(paper.width() / (width + NUMBERS_APART))), whole=True)[0]:
            across = paper.left() + (x - steps[0]) / (steps[1] - steps[0]) * paper.width()
            text = f"{x:,.0f}"
            reach = metrics.horizontalAdvance(text) / 2
            if x >= 0 and across + reach <= self.width():
                painter.drawText(QPointF(across - reach, paper.bottom() + 3 + metrics.ascent()), text)

    def _value_numbers(self, values: tuple[float, float], most: int) -> list[tuple[float, str]]:
        """Places on the scale shown, and what is written there."""
        if self._logarithmic:
            places = logarithmic_ticks(*values, most)
            return [(place, f"{value:.3g}") for place, value in zip(places, from_log(np.array(places)), strict=True)]
        places, apart = even_ticks(*values, most)
        decimals = max(0, -math.floor(math.log10(apart) + 1e-9))
        return [(place, _number(place, decimals)) for place in places]


def _padded(low: float, high: float) -> tuple[float, float]:
    room = PADDING * (high - low) or max(PADDING * abs(low), 0.5)
    return low - room, high + room


def _range(values: Sequence[Floats]) -> tuple[float, float]:
    """From the lowest to the highest, with some room."""
    known = np.concatenate([*values, np.empty(0)])
    known = known[np.isfinite(known)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    if low == high:
        room = abs(low) / 2 or 0.5
        return low - room, high + room
    return _padded(low, high)


def _number(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}" if value else "0"
    return text if len(text) <= 6 else f"{value:.3g}"


def _paint_line(painter: QPainter, line: Line, across: Floats, down: Floats) -> None:
    """In pixels; NaN leaves a gap."""
    known = np.isfinite(down)
    pen = QPen(line.colour, 1, Qt.PenStyle.DashLine if line.rare else Qt.PenStyle.SolidLine)
    painter.setPen(pen)
    if known.all():
        painter.drawPolyline(polygon(across, down))
    else:
        borders = np.flatnonzero(np.diff(known, prepend=False, append=False))
        for first, end in borders.reshape(-1, 2).tolist():
            painter.drawPolyline(polygon(across[first:end], down[first:end]))
    if line.rare:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(line.colour)
        for x, y in zip(across[known].tolist(), down[known].tolist(), strict=True):
            painter.drawEllipse(QPointF(x, y), DOT, DOT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
