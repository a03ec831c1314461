"""How far apart the points of drawings are to be: found once for a collection, then the same for every drawing."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike

from studio.errors import StudioError
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.resampling import arc_length, resample_arc, resample_growing, resample_time, step_lengths
from studio.settings import Positive, Settings, about

EVEN_FACTOR = 2.0  # points this many times as dense or as sparse as wished for may stay as they came
EVEN_SPREAD = 0.5  # ... if the standard deviation of their distances is below this share of the median


class Spacing(Settings, frozen=True):
    """The spacing of points that a model is trained on, in the units of the material."""

    method: Annotated[
        Literal["arc", "time", "even", "none"],
        about("evenly along the line, evenly in time, as they came where that is about even, or as they came"),
    ]
    distance: Annotated[Positive, about("between neighbouring points")]
    interval: Annotated[float | None, about("seconds between neighbouring points; none where times are unknown")]

    @classmethod
    def fit(cls, drawings: list[Drawing], method: Literal["auto", "arc", "time", "none"], share: float) -> Spacing:
        """The spacing for a collection.

        Args:
            drawings: at least one.
            method: auto: points stay as they came if they are already even, and else are spaced along the line.
            share: distance between points, in typical sizes of these drawings.

        Raises:
            StudioError: where times are needed and there are none.
        """
        distance = share * (float(np.median([_size(drawing) for drawing in drawings])) or 1.0)
        steps = np.concatenate([step_lengths(drawing) for drawing in drawings])
        if method == "auto" and _is_even(steps, share * _possible_sizes(drawings)):
            distance = float(np.median(steps))
            return cls(method="even", distance=distance, interval=_interval(drawings, distance))
        interval = _interval(drawings, distance)
        if method == "time" and interval is None:
            raise StudioError(
                "The drawings have no times, so their points cannot be spaced evenly in time: set "
                "representation.resample to arc or auto."
            )
        return cls(method="arc" if method == "auto" else method, distance=distance, interval=interval)

    def resampled(self, drawing: Drawing) -> Drawing:
        """The drawing with its points spaced like this.

        Raises:
            StudioError: where times are needed and there are none.
        """
        if self.method == "none":
            return drawing
        if self.method == "time" and self.interval is not None:
            return resample_time(drawing, self.interval)
        if self.method == "even" and _is_even(step_lengths(drawing), (self.distance, self.distance)):
            return drawing
        return resample_arc(drawing, self.distance)

    def of_beginning(self, drawing: Drawing, *, growing: bool = False) -> Drawing:
        """The same of a drawing that is not complete: one that nobody timed is spaced along the line.

        Args:
            drawing: its beginning.
            growing: it is being drawn now, and its points shall stay where they are (`resample_growing`).
        """
        if growing:
            return drawing if self.method == "none" else resample_growing(drawing, self.distance)
        if self.method == "time" and drawing.times is None:
            return resample_arc(drawing, self.distance)
        return self.resampled(drawing)


def _size(drawing: Drawing) -> float:
    """The size that the distance of points goes by: that of a letter rather than of the line of writing it is in."""
    low, high = drawing.box
    short, long = np.sort(high - low)
    return float(np.clip(2 * short, long / 16, long))


def _possible_sizes(drawings: list[Drawing]) -> FloatArray:
    """The smallest and the largest size that these drawings may be said to have, ``[2]``."""
    sides = np.array([np.sort(np.subtract(*drawing.box[::-1])) for drawing in drawings])  # [N, 2]
    short, long = np.median(sides, 0)
    return np.array([min(2 * short, long), long])


def _is_even(steps: FloatArray, wanted: ArrayLike) -> bool:
    """Whether points are about evenly spaced, at a distance between two wanted ones give or take `EVEN_FACTOR`."""
    if len(steps) == 0:
        return False
    median = float(np.median(steps))
    smallest, largest = np.asarray(wanted) * (1 / EVEN_FACTOR, EVEN_FACTOR)
    return bool(smallest <= median <= largest and median > 0 and steps.std() < EVEN_SPREAD * median)


def _interval(drawings: list[Drawing], distance: float) -> float | None:
    """Seconds in which a pen typically moves on by that distance."""
    speeds = []
    for stroke in (stroke for drawing in drawings for stroke in drawing.strokes):
        length = arc_length(stroke.points)[-1]
        if stroke.times is not None and stroke.times[-1] > stroke.times[0] and length > 0:
            speeds.append(length / (stroke.times[-1] - stroke.times[0]))
    return distance / float(np.median(speeds)) if speeds else None
