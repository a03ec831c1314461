"""What stands in a strip along a sequence: numbers as bars or lines, or notes.

A frame has a column of pixels, or several frames share one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from studio.files.colour_map import coloured
from studio.sequences.roll import PITCHES, Roll, pitch_name
from studio.ui.audio.span import Span
from studio.ui.notes.keyboard import Rows, paint_rows
from studio.ui.theme import colour, font, number_font, theme

Values = NDArray[np.float64]
MOST_TRACES = 6  # latent dimensions; more lines nobody can tell apart
GAPS_FROM = 5.0  # pixels per frame from which bars stand apart
HEAD = 18  # pixels above a row, for its title
GROUND = 0.3  # opacity of the brightest colour behind the notes: silence can be a decision, too
FEWEST_PITCHES = 12


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
    weight: ClassVar[float] = 1.0  # how high the strip is, beside others

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
        columns = columns_of(span, width, len(self.values))
        gap = 1.0 if width / span.seconds >= GAPS_FROM else 0.0
        right = np.maximum(columns.right - gap, columns.left)
        return columns.left, right, columns.highest(self.values), columns.highest(self.shares)


@dataclass(frozen=True, eq=False)
class Notes:
    """A piano roll, each frame of it in its colour.

    Attributes:
        roll: of T frames.
        shares: ``[T]``, for the colours.
    """

    roll: Roll
    shares: Values
    weight: ClassVar[float] = 4.0

    def paint(self, painter: QPainter, area: QRectF, span: Span) -> None:
        """Paint all that the span shows into the area."""
        field = area.adjusted(0, HEAD, 0, 0)
        rows = self.places(field)
        _paint_title(painter, area, "Notes", f"{pitch_name(rows.lowest)} to {pitch_name(rows.highest)}")
        paint_rows(painter, field, rows)
        columns = columns_of(span, field.width(), len(self.roll))
        shares, keys = columns.highest(self.shares), columns.highest(self.roll.keys)
        inks = [QColor(*ink) for ink in coloured(shares, dark=theme().colours.dark).tolist()]
        edges = zip(columns.left.tolist(), columns.right.tolist(), strict=True)
        for (start, end), ink, share in zip(edges, inks, np.clip(shares, 0, 1).tolist(), strict=True):
            ground = QColor(ink)
            ground.setAlphaF(GROUND * share)
            painter.fillRect(QRectF(field.left() + start, field.top(), end - start, field.height()), ground)
        for column, key in zip(*(found.tolist() for found in np.nonzero(keys)), strict=True):
            start, end = columns.left[column], columns.right[column]
            y = rows.y(self.roll.lowest + key)
            painter.fillRect(QRectF(field.left() + start, y, end - start, max(1.0, rows.height - 1)), inks[column])

    def places(self, field: QRectF) -> Rows:
        """Where pitches lie in a field: those from the lowest to the highest that is heard, and a few more."""
        low, high = self.roll.sounding or (self.roll.lowest, self.roll.lowest)
        more = max(1, (FEWEST_PITCHES - (high - low)) // 2)
        low, high = max(0, low - more), min(PITCHES - 1, high + more)
        return Rows(field.top(), field.height() / (high - low + 1), low, high)


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
    weight: ClassVar[float] = 1.0

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


Row = Bars | Traces | Notes


class Columns(NamedTuple):
    """Columns of pixels, and the frames that each of them shows."""

    left: Values  # edges
    right: Values
    first: NDArray[np.int64]  # of the frames in each; the next column's is the first that is in it no more
    end: int  # the last column's

    def highest(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of the values of all frames ``[T, ...]``, the highest of those that share a column."""
        found: NDArray[Any] = np.maximum.reduceat(values[: self.end], self.first) if len(self.first) else values[:0]
        return found


def columns_of(span: Span, width: float, count: int) -> Columns:
    """How so many frames stand in a strip of that width which shows a span of them."""
    first, last = int(span.start), min(count, int(np.ceil(span.end)))
    frames = np.arange(first, last)
    per_frame = width / span.seconds
    if per_frame >= 1:
        left = np.clip((frames - span.start) * per_frame, 0, width)
        return Columns(left, np.clip((frames + 1 - span.start) * per_frame, left, width), frames, last)
    places = np.floor((frames - span.start) * per_frame)
    begin = np.flatnonzero(np.diff(places, prepend=-1))
    return Columns(places[begin], places[begin] + 1, frames[begin], last)


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
