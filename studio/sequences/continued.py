"""One drawing by two hands: what was given stays as it was, and what another drew after it follows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.sequences.material import Drawing, FloatArray, Stroke
from studio.sequences.pen import turned


def continued(given: Drawing | None, drawn: FloatArray, first: int, y_up: bool | None) -> Drawing | None:
    """What was given, and on from there what a pen drew; None where there is nothing.

    Args:
        given: a beginning; None: the pen began by itself.
        drawn: ``[N, 4]`` of one pen, as `LivePens.read` gives them: x, y, whether the pen is lifted after the point,
            and whether the drawing had ended before it.
        first: how many of these are the beginning, as the model was given it.
        y_up: of what was drawn, as in `Drawing`.
    """
    more = drawn[first:]
    more = more[more[:, 3] == 0]
    if given is None:
        return Drawing.from_points(more[:, :2], more[:, 2], y_up=y_up) if len(more) else None
    given = turned(given, y_up)
    if not len(more):
        return given
    strokes = Drawing.from_points(more[:, :2], more[:, 2]).strokes
    goes_on = first > 0 and drawn[first - 1, 2] == 0  # the pen stayed on the paper
    return _with(given, strokes, goes_on=goes_on)


def with_stroke(drawing: Drawing | None, stroke: Stroke, *, goes_on: bool, y_up: bool | None) -> Drawing:
    """One more stroke.

    Args:
        drawing: None: there is none yet.
        stroke: of another hand.
        goes_on: whether it goes on with the last stroke, instead of being one of its own.
        y_up: of the stroke, as in `Drawing`.
    """
    if drawing is None:
        return Drawing((stroke,), y_up=y_up)
    return _with(drawing, (stroke,), goes_on=goes_on)


def _with(drawing: Drawing, strokes: tuple[Stroke, ...], *, goes_on: bool) -> Drawing:
    if not goes_on:
        return replace(drawing, strokes=(*drawing.strokes, *strokes))
    *before, last = drawing.strokes
    longer = Stroke(np.concatenate([last.points, strokes[0].points]))  # when the new points came is not known
    return replace(drawing, strokes=(*before, longer, *strokes[1:]))
