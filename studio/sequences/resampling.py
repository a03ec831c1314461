"""Points evenly spaced along the line, or evenly in time. Strokes stay strokes: nothing is drawn across a pen lift."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.sequences.material import Drawing, FloatArray, Stroke


def resample_arc(drawing: Drawing, spacing: float) -> Drawing:
    """Points at equal distances along each stroke.

    The first and the last point of a stroke are kept exactly, so the distance is ``spacing`` up to the rounding of each
    stroke's length to a whole number of steps. Times and pressure are interpolated.

    Args:
        drawing: what to resample.
        spacing: distance between neighbouring points along the line, in the drawing's units, > 0.
    """
    return Drawing(tuple(_along_line(stroke, spacing) for stroke in drawing.strokes), drawing.label, drawing.y_up)


def resample_growing(drawing: Drawing, spacing: float) -> Drawing:
    """Points along each stroke that stay where they are while it is being drawn, all but the last.

    They are as far apart as ``spacing`` says, counted from the beginning of the stroke; the last step, up to where the
    pen is, takes half to one and a half of it.

    Args:
        drawing: what to resample.
        spacing: distance between neighbouring points along the line, in the drawing's units, > 0.
    """
    return Drawing(tuple(_growing(stroke, spacing) for stroke in drawing.strokes), drawing.label, drawing.y_up)


def resample_time(drawing: Drawing, interval: float) -> Drawing:
    """Points at equal intervals of time within each stroke.

    The first and the last point of a stroke are kept exactly, so the interval is that given up to the rounding of each
    stroke's duration to a whole number of steps. A stroke whose times are all the same stays as it is.

    Args:
        drawing: what to resample.
        interval: time between neighbouring points, in seconds, > 0.

    Raises:
        StudioError: where a stroke has no times.
    """
    if drawing.times is None:
        raise StudioError(
            f"The drawing{f' {drawing.label!r}' if drawing.label else ''} has no times, so its points cannot be spaced "
            "evenly in time: set representation.resample to arc or auto."
        )
    return Drawing(tuple(_in_time(stroke, interval) for stroke in drawing.strokes), drawing.label, drawing.y_up)


def arc_length(points: FloatArray) -> FloatArray:
    """Distance travelled from the first point to each, ``[N, 2]`` to ``[N]``."""
    steps = np.diff(points, axis=0)
    return np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))])


def _along_line(stroke: Stroke, spacing: float) -> Stroke:
    travelled = arc_length(stroke.points)
    if travelled[-1] == 0:
        return _at(stroke, travelled, travelled[:1])  # a dot, however often it was recorded
    return _at(stroke, travelled, _even(0.0, travelled[-1], spacing))


def _growing(stroke: Stroke, spacing: float) -> Stroke:
    travelled = arc_length(stroke.points)
    if travelled[-1] == 0:
        return _at(stroke, travelled, travelled[:1])
    steps = max(1, int(travelled[-1] / spacing + 0.5))
    return _at(stroke, travelled, np.append(spacing * np.arange(steps), travelled[-1]))


def _in_time(stroke: Stroke, interval: float) -> Stroke:
    times = stroke.times
    if times is None or times[-1] <= times[0]:
        return stroke
    return _at(stroke, times, _even(times[0], times[-1], interval))


def _even(first: float, last: float, step: float) -> FloatArray:
    return np.linspace(first, last, max(1, round((last - first) / step)) + 1)


def _at(stroke: Stroke, clock: FloatArray, wanted: FloatArray) -> Stroke:
    """The stroke at the wanted values of a clock that runs along its points without going back."""
    advances = np.concatenate([[True], np.diff(np.maximum.accumulate(clock)) > 0])
    clock = clock[advances]

    def interpolated(values: FloatArray) -> FloatArray:
        kept = values[advances]
        result: FloatArray = np.interp(wanted, clock, kept)
        if len(wanted) > 1:
            result[-1] = values[-1]  # where the clock stood still at the end, the kept value is an earlier one
        return result

    points = np.stack([interpolated(stroke.points[:, 0]), interpolated(stroke.points[:, 1])], 1)
    times = None if stroke.times is None else interpolated(stroke.times)
    pressure = None if stroke.pressure is None else interpolated(stroke.pressure)
    return Stroke(points, times, pressure)


def step_lengths(drawing: Drawing) -> NDArray[np.float64]:
    """Distances between neighbouring points within strokes, ``[N - number of strokes]``."""
    return np.concatenate([np.diff(arc_length(stroke.points)) for stroke in drawing.strokes])
