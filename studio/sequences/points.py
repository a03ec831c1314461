"""Drawings as points of a curve in continuous time: the representation of everything that follows a differential
equation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from collections.abc import Sequence as Many
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from msgspec import Meta
from numpy.typing import ArrayLike, NDArray

from studio.errors import StudioError
from studio.sequences.fitted import FittedRepresentation
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.pen import prevailing_direction, turned
from studio.sequences.resampling import arc_length
from studio.sequences.sequence import Clock, FrameLayout, Frames, Sequence
from studio.settings import Count, Positive, Settings, about

_LOOKED_AT = 200  # drawings that tell how fast the material moves
_GRAIN = 256  # steps into which a drawing's duration is divided to find that out


class PointsSettings(Settings, frozen=True, tag_field="kind", tag="points"):
    """How drawings become points (x, y), or the values of a series, at times."""

    series: Annotated[
        Literal["auto", "yes", "no"],
        about("whether a drawing is a series of values y at times x; auto: where x grows from point to point in all"),
    ] = "auto"
    times: Annotated[
        Literal["auto", "yes", "no"],
        about("whether points keep the times at which they were drawn, or follow one another evenly; auto: keep them"),
    ] = "auto"
    points: Annotated[
        int,
        Meta(ge=0, le=100_000),
        about("into how many points, evenly along its line, every drawing is made; 0: they stay as they came"),
    ] = 0


class PointsConstants(Settings, frozen=True):
    """What `PointsRepresentation.fit` found, in the units of the material."""

    ends: ClassVar[bool] = False  # a curve has no end of its own

    centre: Annotated[tuple[float, ...], about("the mean of all points")]
    scale: Annotated[Positive, about("standard deviation of the points around it")]
    series: Annotated[bool, about("whether x is time")]
    timed: Annotated[bool, about("whether the material has times; else its points are one second apart")]
    start: Annotated[float, about("the mean time at which a series begins; 0 where x is not time")]
    time_unit: Annotated[Positive, about("seconds in which a point typically moves by that standard deviation")]
    interval: Annotated[Positive, about("the median time between two points, in that unit")]
    typical_length: Annotated[Count, about("points of the longest drawing")]
    y_up: Annotated[bool | None, about("whether y grows upwards; none where the material does not say")]
    told: Annotated[bool, about("whether the material says itself that x is time")] = False


class _Curve(NamedTuple):
    """A drawing as it is learned from."""

    values: FloatArray  # [T, D], in the units of the material
    times: FloatArray  # [T], in seconds, from wherever they began


class PointsRepresentation(FittedRepresentation[PointsSettings, PointsConstants]):
    """Frames (x, y) or (y), each at a time of its own.

    Positions are measured from the mean of all points, and divided by their standard deviation, the same for x and y.
    Times are those of the drawing, from its first point on; or x, where it is a series; or the number of the point,
    where nobody knows better. Their unit is the time in which a point typically moves by one such standard deviation:
    so the right-hand side of dx/dt = f(x) is of about unit size, whatever the material.

    A lifted pen leaves no trace in the frames but the time it took: a drawing with gaps is a curve that was not
    observed all the time. ``decode(encode(m).frames)`` has m's points within 1e-5 of the material's size, as a single
    stroke (where ``points`` is 0; else they lie on m's line).
    """

    kinds = ("points",)
    settings_type = PointsSettings
    constants_type = PointsConstants
    material = "points"

    endless = False  # every curve begins at its first point, which is at time 0

    def fit(self, materials: Iterable[Drawing]) -> None:
        """Find the constants of the normalisation, on the training part of the material only.

        Raises:
            StudioError: where there is no drawing, or a series is wanted that goes back in time.
        """
        drawings = list(materials)
        if not drawings:
            raise StudioError("There are no drawings to learn from: draw some, or import a file.")
        y_up = prevailing_direction(drawings)
        drawings = [turned(drawing, y_up) for drawing in drawings]
        series = self._is_series(drawings)
        timed = series or (self.settings.times != "no" and all(map(_has_times, drawings)))
        if self.settings.times == "yes" and not timed:
            raise StudioError("Not all drawings have times: set representation.times to auto or no.")
        curves = [self._curve(drawing, series, timed) for drawing in drawings]
        points = np.concatenate([curve.values for curve in curves])
        centre = points.mean(0)
        scale = float(np.sqrt(points.var(0).mean())) or 1.0
        steps = np.concatenate([np.diff(curve.times) for curve in curves])
        unit = _time_to_move(curves[:: 1 + len(curves) // _LOOKED_AT], scale)
        self._constants = PointsConstants(
            centre=tuple(centre.tolist()),
            scale=scale,
            series=series,
            timed=timed,
            start=float(np.mean([curve.times[0] for curve in curves])) if series else 0.0,
            time_unit=unit,
            interval=float(np.median(steps[steps > 0])) / unit if (steps > 0).any() else 1.0,
            typical_length=max(len(curve.times) for curve in curves),
            y_up=y_up,
            told=series and all(drawing.is_series for drawing in drawings),
        )

    def _is_series(self, drawings: list[Drawing]) -> bool:
        forward = all(bool((np.diff(drawing.points[:, 0]) > 0).all()) for drawing in drawings)
        if self.settings.series == "yes" and not forward:
            raise StudioError(
                "In a series x is time, which never goes back, but it does in a drawing: set representation.series to "
                "auto or no."
            )
        return self.settings.series != "no" and forward and any(len(drawing) > 1 for drawing in drawings)

    def _curve(self, drawing: Drawing, series: bool, timed: bool) -> _Curve:
        points, times = drawing.points, drawing.times
        if series:
            points, times = points[:, 1:], points[:, 0]
        elif not timed or times is None:
            times = np.arange(len(points), dtype=np.float64)
        if self.settings.points:
            line = points if points.shape[1] == 2 else np.column_stack([times, points])
            along = arc_length(line)
            wanted = np.linspace(0, along[-1], self.settings.points)
            points = np.stack([np.interp(wanted, along, column) for column in points.T], 1)
            times = np.interp(wanted, along, times) if timed else np.arange(len(points), dtype=np.float64)
        return _Curve(points, np.maximum.accumulate(times))

    @property
    def layout(self) -> FrameLayout:
        """One or two columns, and how time is counted."""
        constants = self.constants
        return FrameLayout(len(constants.centre), clock=Clock(constants.interval, constants.time_unit))

    @property
    def nats_per_frame_offset(self) -> float:
        """What to add to a negative log likelihood per frame to get that of the points in the material's units."""
        return len(self.constants.centre) * math.log(self.constants.scale)

    @property
    def units(self) -> dict[str, float]:
        """The constants that a bound depends on, for display beside it: material units per frame unit."""
        return {
            "position scale": self.constants.scale,
            "time unit": self.constants.time_unit,
            "nats per frame added": self.nats_per_frame_offset,
        }

    @property
    def centre(self) -> FloatArray:
        """The middle of the material, (x, y)."""
        constants = self.constants
        if not constants.series:
            return np.array(constants.centre)
        duration = (constants.typical_length - 1) * constants.interval * constants.time_unit
        return np.array([constants.start + duration / 2, constants.centre[0]])

    @property
    def scale(self) -> float:
        """The standard deviation of positions."""
        return self.constants.scale

    @property
    def y_up(self) -> bool | None:
        """As in `Drawing`."""
        return True if self.constants.series and self.constants.y_up is None else self.constants.y_up

    def origin(self, material: Drawing) -> FloatArray:
        """The point that positions are measured from: the same for all drawings."""
        return self.centre

    def resampled(self, material: Drawing) -> Drawing:
        """The drawing with its points spaced, and its y axis turned, as in the fitted material."""
        curve = self._seen(material)
        return self.drawing(self._normalised(curve.values), self._counted(curve.times), float(curve.times[0]))

    def encode(self, material: Drawing) -> Sequence:
        """A drawing as frames ``[T, D]`` at times, the first of which is 0.

        Raises:
            StudioError: in a series, where x goes back.
        """
        curve = self._seen(material)
        return Sequence(self._normalised(curve.values), self._counted(curve.times), material.label)

    def encode_beginning(self, material: Drawing) -> tuple[Sequence, FloatArray]:
        """The beginning of a drawing as frames that others may follow upon, and where they begin (a series: when)."""
        curve = self._seen(material)
        origin = np.array([curve.times[0], 0.0]) if self.constants.series else np.zeros(2)
        return self.encode(material), origin

    def _seen(self, material: Drawing) -> _Curve:
        constants = self.constants
        drawing = turned(material, constants.y_up)
        if constants.series and (np.diff(drawing.points[:, 0]) < 0).any():
            raise StudioError("In a series x is time, which never goes back, but it does in this drawing.")
        if constants.timed and not constants.series and not _has_times(drawing):
            # As many points a second as the others have: nothing better is known.
            interval = constants.interval * constants.time_unit
            times = np.arange(len(drawing)) * interval
            drawing = Drawing.from_points(drawing.points, times=times, label=drawing.label, y_up=drawing.y_up)
        return self._curve(drawing, constants.series, constants.timed)

    def _normalised(self, values: FloatArray) -> Frames:
        frames: Frames = ((values - self.constants.centre) / self.constants.scale).astype(np.float32)
        return frames

    def _counted(self, times: FloatArray) -> FloatArray:
        counted: FloatArray = (times - times[0]) / self.constants.time_unit
        return counted

    def decode(self, frames: Frames, label: str = "", origin: ArrayLike | None = None) -> Drawing:
        """The drawing that frames ``[T, D]``, evenly spaced in time, describe, as a single stroke."""
        times = np.arange(len(frames), dtype=np.float64) * self.constants.interval
        start = None if origin is None else float(np.asarray(origin)[0])
        return self.drawing(frames, times, start, label)

    def drawing(self, frames: Frames, times: FloatArray, start: float | None = None, label: str = "") -> Drawing:
        """The drawing that frames ``[T, D]`` at times ``[T]`` describe, as a single stroke.

        Args:
            frames: at least one.
            times: in units of the layout's clock, from the beginning.
            start: of a series: the time x at which it begins; None: when those of the material did on average.
            label: what the drawing shall be called.
        """
        constants = self.constants
        seconds = np.asarray(times, np.float64) * constants.time_unit
        values = np.asarray(frames, np.float64) * constants.scale + constants.centre
        if constants.series:
            begin = constants.start if start is None else start
            values = np.column_stack([begin + seconds, values])
            if constants.told:
                return Drawing.series(values[:, 0], values[:, 1], label)
        pen_times = seconds - seconds[0] if constants.timed and not constants.series else None
        return Drawing.from_points(values, times=pen_times, label=label, y_up=self.y_up)

    def at_the_times_of(self, material: Drawing, frames: Frames) -> Drawing:
        """The drawing that frames ``[T, D]`` describe which are made for the points of another."""
        curve = self._seen(material)
        return self.drawing(frames, self._counted(curve.times), float(curve.times[0]), material.label)

    def positions(self, points: ArrayLike) -> Frames:
        """Points (x, y) of the plane ``[N, 2]``, in the units of the material, as frames."""
        return self._normalised(np.asarray(points, np.float64))

    def drawings(
        self, points: FloatArray, times: FloatArray | None = None, labels: Many[str] | None = None
    ) -> list[Drawing]:
        """What B pens have drawn, a stroke each.

        Args:
            points: ``[N, B, 4]``, all that a decoder has given.
            times: ``[N, B]``, in units of the layout's clock; None: an interval apart.
            labels: of each; None: of none.
        """
        constants, found = self.constants, []
        even = np.arange(len(points))[:, None].repeat(points.shape[1], 1) * constants.interval
        seconds = (even if times is None else times) * constants.time_unit
        for pen, label in enumerate(labels or [""] * points.shape[1]):
            x, y = points[:, pen, 0], points[:, pen, 1]
            if constants.told:
                found.append(Drawing.series(x, y, label))
            else:
                timed = seconds[:, pen] if constants.timed and not constants.series else None
                found.append(Drawing.from_points(np.stack([x, y], 1), times=timed, label=label, y_up=self.y_up))
        return found

    def decoder(self, count: int) -> PointsDecoder:
        """Turns frames of several pens into points as they come."""
        return PointsDecoder(self, count)


class PointsDecoder:
    """Frames of several pens, evenly spaced in time, to points in material units, chunk after chunk.

    Attributes:
        ended: ``[B]``, never: a curve has no end of its own.
    """

    def __init__(self, representation: PointsRepresentation, count: int) -> None:
        self._representation = representation
        self.ended: NDArray[np.bool_] = np.zeros(count, bool)
        self.start()

    def start(self, position: ArrayLike | None = None) -> None:
        """Begin new drawings; of a series, at that time x."""
        self._start = None if position is None else float(np.asarray(position)[0])
        self._made = 0

    def points(self, frames: NDArray[np.floating[Any]], times: FloatArray | None = None) -> FloatArray:
        """The next points, ``[n, B, D]`` to ``[n, B, 4]``: x, y, and twice 0 (see `PenDecoder.points`).

        Args:
            frames: ``[n, B, D]``.
            times: of the frames ``[n, B]``, in units of the layout's clock; None: an interval apart.
        """
        count, pens = frames.shape[:2]
        result = np.zeros((count, pens, 4))
        if times is None:
            even = (self._made + np.arange(count, dtype=np.float64)) * self._representation.constants.interval
            times = even[:, None].repeat(pens, 1)
        for pen in range(pens if count else 0):
            values = np.asarray(frames[:, pen], np.float32)
            drawing = self._representation.drawing(values, times[:, pen], self._start)
            result[:, pen, :2] = drawing.points
        self._made += count
        return result


def _has_times(drawing: Drawing) -> bool:
    return drawing.times is not None and (len(drawing) == 1 or drawing.times[-1] > drawing.times[0])


def _time_to_move(curves: Many[_Curve], scale: float) -> float:
    """The shortest time in which points move by one standard deviation, root mean square over time and columns.

    That of independent positions is the square root of two; so curves that stay where they are longer than they were
    watched never get so far, and then it is as long as they were watched.
    """
    durations = np.array([curve.times[-1] - curve.times[0] for curve in curves])
    longest = float(np.median(durations))
    if longest <= 0:
        return 1.0
    even = [_evenly(curve) for curve in curves]
    for lag in longest * np.geomspace(1 / _GRAIN, 1, 40):
        moved = []
        for values, duration in zip(even, durations, strict=True):
            shift = round(_GRAIN * lag / duration) if duration > 0 else 0
            if 0 < shift <= _GRAIN:
                moved.append(float(np.mean((values[shift:] - values[:-shift]) ** 2)))
        if moved and np.sqrt(np.mean(moved)) >= scale:
            return float(lag)
    return longest


def _evenly(curve: _Curve) -> FloatArray:
    wanted = np.linspace(curve.times[0], curve.times[-1], _GRAIN + 1)
    return np.stack([np.interp(wanted, curve.times, column) for column in curve.values.T], 1)
