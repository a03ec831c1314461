"""What a person brings: a drawing made of strokes. (Recordings and texts join it in time.)"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]

SERIES_HEIGHT = 0.4
"""Of a picture of series, as a share of its width."""

_SAME_TIME = 1e-6  # as a share of a drawing's time
_FLATTEST = 1e-12  # of what is stretched, so that no number becomes infinite


@dataclass(frozen=True, eq=False)
class Stroke:
    """One movement of the pen between touching the paper and leaving it.

    Attributes:
        points: ``[N, 2]`` positions (x, y) in the units of their source, N >= 1.
        times: ``[N]`` seconds since the drawing began, not decreasing, or None where unknown.
        pressure: ``[N]`` pen pressure between 0 and 1, or None where unknown.

    Raises:
        ValueError: where shapes disagree, a value is not finite, or there is no point.
    """

    points: FloatArray
    times: FloatArray | None = None
    pressure: FloatArray | None = None

    def __post_init__(self) -> None:
        points = _column(self.points, (-1, 2), "points")
        if len(points) == 0:
            raise ValueError("a stroke needs at least one point")
        object.__setattr__(self, "points", points)
        for name in ("times", "pressure"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, _column(values, (len(points),), name))

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, eq=False)
class Drawing:
    """Strokes in the order they were drawn.

    Attributes:
        strokes: at least one.
        label: what it shows, "" where unknown.
        y_up: whether y grows upwards (plots) or downwards (screens, SVG); None where the source does not say,
            and then it is shown as a plot would show it and never turned over.
    """

    strokes: tuple[Stroke, ...]
    label: str = ""
    y_up: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "strokes", tuple(self.strokes))
        if not self.strokes:
            raise ValueError("a drawing needs at least one stroke")

    @classmethod
    def from_points(
        cls,
        points: ArrayLike,
        pen_up: ArrayLike | None = None,
        *,
        times: ArrayLike | None = None,
        pressure: ArrayLike | None = None,
        label: str = "",
        y_up: bool | None = None,
    ) -> Drawing:
        """Cut a flat list of points into strokes.

        Args:
            points: ``[N, 2]``.
            pen_up: ``[N]``, nonzero where the pen leaves the paper *after* that point (the sketch-rnn convention);
                None for a single stroke. The last point always ends a stroke.
            times: ``[N]`` seconds.
            pressure: ``[N]``.
        """
        flat = np.asarray(points, np.float64).reshape(-1, 2)
        ends = np.zeros(len(flat), bool) if pen_up is None else np.asarray(pen_up).reshape(-1) != 0
        cuts = np.flatnonzero(ends[:-1]) + 1

        def pieces(values: ArrayLike | None) -> list[FloatArray | None]:
            if values is None:
                return [None] * (len(cuts) + 1)
            return list(np.split(np.asarray(values, np.float64), cuts))

        strokes = zip(np.split(flat, cuts), pieces(times), pieces(pressure), strict=True)
        return cls(tuple(Stroke(p, t, w) for p, t, w in strokes), label, y_up)

    @classmethod
    def series(cls, times: ArrayLike, values: ArrayLike, label: str = "") -> Drawing:
        """Values over time: x is the time and y the value.

        Args:
            times: ``[N]`` seconds, since whenever they began to count.
            values: ``[N]``.
        """
        x = np.asarray(times, np.float64)
        return cls.from_points(np.column_stack([x, values]), times=x - x[0], label=label, y_up=True)

    @property
    def is_series(self) -> bool:
        """Whether x is nothing but the times of its points; no pen pressed where there was none."""
        if self.times is None or self.pressure is not None:
            return False
        since, passed = self.points[:, 0] - self.points[0, 0], self.times - self.times[0]
        return bool(since[-1] > 0 and np.abs(since - passed).max() <= _SAME_TIME * since[-1])

    @property
    def points(self) -> FloatArray:
        """All points, ``[N, 2]``."""
        return np.concatenate([stroke.points for stroke in self.strokes])

    @property
    def pen_up(self) -> NDArray[np.bool_]:
        """``[N]``, True at the last point of each stroke."""
        ends = np.cumsum([len(stroke) for stroke in self.strokes]) - 1
        flags = np.zeros(ends[-1] + 1, bool)
        flags[ends] = True
        return flags

    @property
    def times(self) -> FloatArray | None:
        """``[N]`` seconds, or None unless every stroke has them."""
        return _joined(stroke.times for stroke in self.strokes)

    @property
    def pressure(self) -> FloatArray | None:
        """``[N]`` between 0 and 1, or None unless every stroke has it."""
        return _joined(stroke.pressure for stroke in self.strokes)

    @property
    def box(self) -> tuple[FloatArray, FloatArray]:
        """The smallest and the largest (x, y)."""
        points = self.points
        return points.min(0), points.max(0)

    @property
    def size(self) -> float:
        """The longer side of the bounding box, in the drawing's own units; 0 for a single dot."""
        low, high = self.box
        return float((high - low).max())

    def __len__(self) -> int:
        return sum(len(stroke) for stroke in self.strokes)

    def labelled(self, label: str) -> Drawing:
        """The same drawing under another label."""
        return replace(self, label=label)


def stretch_of_series(extent: ArrayLike) -> float:
    """How many times as large as x, the time, one shows y, which is no length, of series that extend (x, y) so far."""
    width, height = np.asarray(extent, np.float64)
    if width <= 0 or height <= 0:
        return 1.0
    return float(np.clip(SERIES_HEIGHT * width / max(height, _FLATTEST * width), _FLATTEST, None))


def _column(values: ArrayLike, shape: tuple[int, ...], name: str) -> FloatArray:
    array = np.ascontiguousarray(values, np.float64)
    if array.ndim != len(shape) or any(want not in (-1, have) for want, have in zip(shape, array.shape, strict=True)):
        raise ValueError(f"{name} must have shape {shape}, not {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite numbers")
    array.setflags(write=False)
    return array


def _joined(parts: Iterable[FloatArray | None]) -> FloatArray | None:
    found = list(parts)
    return None if any(part is None for part in found) else np.concatenate([p for p in found if p is not None])
