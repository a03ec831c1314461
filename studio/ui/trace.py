"""The stroke under a person's pen."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from studio.sequences.material import FloatArray, Stroke
from studio.ui.ink import SmoothLine


class Trace:
    """Grows point by point.

    Args:
        pixel: where the pen touches the canvas.
        point: the same place in the units of the material, ``[2]``.
        seconds: when.
        pressure: None where it is not known.

    Attributes:
        line: what is painted.
        points, times, pressure: what is kept; no pressure where it is not known.
    """

    def __init__(self, pixel: QPointF, point: FloatArray, seconds: float, pressure: float | None = None) -> None:
        self.line = SmoothLine(pixel)
        self.points = [point]
        self.times = [seconds]
        self.pressure = [] if pressure is None else [pressure]

    def to(self, pixel: QPointF, point: FloatArray, seconds: float, pressure: float | None = None) -> QPainterPath:
        """Go on to a place; the piece of the line that this adds."""
        self.points.append(point)
        self.times.append(max(seconds, self.times[-1]))
        if self.pressure:
            self.pressure.append(self.pressure[-1] if pressure is None else pressure)
        return self.line.to(pixel)

    def rest(self) -> QPainterPath:
        """From where the pieces end to the pen; a dot where it has not moved."""
        return self.line.rest() if len(self.points) > 1 else dot(self.line.last)

    def stroke(self) -> Stroke:
        """All of it."""
        return Stroke(np.array(self.points), np.array(self.times), np.array(self.pressure) if self.pressure else None)


def dot(at: QPointF) -> QPainterPath:
    """A line that is seen, though it has no length."""
    line = SmoothLine(at)
    line.last = at + QPointF(0.01, 0)
    return line.rest()


def seconds_of(timestamp: int) -> float:
    """When an event happened; synthetic events may not say."""
    return timestamp / 1000 if timestamp else time.monotonic()
