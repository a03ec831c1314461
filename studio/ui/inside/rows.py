"""Numbers along a sequence as bars, a column of pixels for each frame or several frames for a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from studio.files.colour_map import coloured
from studio.ui.audio.span import Span
from studio.ui.theme import colour, font, number_font, theme

Values = NDArray[np.float64]
MOST_TRACES = 6  # latent dimensions; more lines nobody can tell apart
GAPS_FROM = 5.0  # pixels per frame from which bars stand apart
HEAD = 18  # pixels above a row, for its title


@dataclass(frozen=True, eq=False)
class Bars:
    """One number per frame.

    Attributes:
        title: what it is, for the user.
        unit: of the numbers, "" for none.
        values: ``[T]``.
        shares: ``[T]``, for their colours.
        low, top: at the lower and the upper edge.
    """

    title: str
    unit: str
    values: Values
    shares: Values
    low: float
    top: float

    def paint(self, painter: QPainter, area: QRectF, span: Span) -> None:
        """Paint all that the span shows into the area."""
        reach = f"{self.low:.3g} to " if self.low else "up to "
        _paint_title(painter, area, self.title, f"{reach}{self.top:.3g} {self.unit}".strip())
        field = area.adjusted(0, HEAD, 0, 0)
        starts, ends, values, shares = self._columns(span, field.width())
        heights = np.array([_share(value, self.low, self.top) for value in values]) * field.height()
        inks = coloured(shares, dark=theme().colours.dark).tolist()
        for start, end, height, ink in zip(starts.tolist(), ends.tolist(), heights.tolist(), inks, strict=True):
            high = max(1.0, height)
            painter.fillRect(QRectF(field.left() + start, field.bottom() - high, end - start, high), QColor(*ink))
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(QPointF(field.left(), field.bottom() + 0.5), QPointF(field.right(), field.bottom() + 0.5))

    def _columns(self, span: Span, width: float) -> tuple[Values, Values, Values, Values]:
        """Left and right edge, value and share of each bar: the highest, where several frames share a pixel."""
        first, last = int(span.start), min(len(self.values), int(np.ceil(span.end)))
        frames = np.arange(first, last)
        per_frame = width / span.seconds
        if per_frame >= 1 or not len(frames):
            gap = 1.0 if per_frame >= GAPS_FROM else 0.0
            left = np.clip((frames - span.start) * per_frame, 0, width)
            right = np.clip((frames + 1 - span.start) * per_frame - gap, left, width)
            return left, right, self.values[first:last], self.shares[first:last]
        columns = np.floor((frames - span.start) * per_frame).astype(int)
        begin = np.flatnonzero(np.diff(columns, prepend=-1))
        highest = np.maximum.reduceat(self.values[first:last], begin)
        brightest = np.maximum.reduceat(self.shares[first:last], begin)
        left = columns[begin].astype(float)
        return left, left + 1, highest, brightest


@dataclass(frozen=True, eq=False)
class Traces:
    """The most lively dimensions of z: the posterior's means, and behind them the prior's.

    Attributes:
        title: what they are, for the user.
        posterior, prior: ``[T, Z]``.
        reach: how far up and down the strip shows.
    """

    title: str
    posterior: Values
    prior: Values
    reach: float

    @property
    def shown(self) -> list[int]:
        """The dimensions that move most, the liveliest first."""
        order = np.argsort(-self.posterior.var(0), kind="stable")
        return [int(dimension) for dimension in order[:MOST_TRACES]]

    def paint(self, painter: QPainter, area: QRectF, span: Span) -> None:
        """Paint all that the span shows into the area."""
        shown = self.shown
        if not shown:
            return
        reach = self.reach
        rest = self.posterior.shape[1] - len(shown)
        _paint_title(painter, area, self.title, f"±{reach:.3g}" + (f", {rest} quieter ones left out" if rest else ""))
        field = area.adjusted(0, HEAD, 0, 0)
        painter.save()
        painter.setClipRect(field)
        middle = round(field.center().y()) + 0.5
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(QPointF(field.left(), middle), QPointF(field.right(), middle))
        for number, dimension in reversed(list(enumerate(shown))):
            ink = QColor(theme().colours.plots[number % len(theme().colours.plots)])
            faint = QColor(ink)
            faint.setAlphaF(0.55)
            for values, pen in (
                (self.prior[:, dimension], QPen(faint, 1, Qt.PenStyle.DotLine)),
                (self.posterior[:, dimension], QPen(ink, 1)),
            ):
                painter.setPen(pen)
                painter.drawPolyline(_polyline(values, field, span, reach))
        painter.restore()


Row = Bars | Traces


def _polyline(values: Values, field: QRectF, span: Span, reach: float) -> QPolygonF:
    first, last = max(0, int(span.start) - 1), min(len(values), int(np.ceil(span.end)) + 1)
    every = max(1, round((last - first) / (2 * max(1.0, field.width()))))
    frames = np.arange(first, last, every)
    x = field.left() + (frames + 0.5 - span.start) / span.seconds * field.width()
    y = field.center().y() - values[frames] / reach * field.height() / 2
    return QPolygonF([QPointF(*place) for place in zip(x.tolist(), y.tolist(), strict=True)])


def _share(value: float, low: float, top: float) -> float:
    return min(1.0, max(0.0, (value - low) / max(top - low, 1e-12)))


def _paint_title(painter: QPainter, area: QRectF, title: str, reading: str) -> None:
    line = QRectF(area.left(), area.top(), area.width(), HEAD)
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(font("small"))
    painter.setPen(colour("text"))
    painter.drawText(line, middle | Qt.AlignmentFlag.AlignLeft, title)
    painter.setFont(number_font("small"))
    painter.setPen(colour("muted"))
    painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, reading)


def round_steps(span: Span, width: float, apart: float = 56.0) -> Sequence[int]:
    """Whole frames to be marked on a ruler, at least so many pixels apart."""
    least = max(1.0, span.seconds * apart / max(width, 1.0))
    power = 10 ** int(np.floor(np.log10(least)))
    step = next(int(power * one) for one in (1, 2, 5, 10) if power * one >= least * (1 - 1e-9))
    return range(int(np.ceil(span.start / step)) * step, int(span.end) + 1, step)
