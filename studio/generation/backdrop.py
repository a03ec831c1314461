"""What stands behind pens that draw: the vector field they follow, or a curve beyond its points. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from studio.sequences.material import Drawing, FloatArray, Stroke


@dataclass(frozen=True, eq=False)
class Field:
    """A vector field at the points of a grid.

    Attributes:
        points: ``[N, 2]``, in the units of the material.
        velocities: ``[N, 2]``, in those units per second.
        spacing: between neighbouring points of the grid.
    """

    points: FloatArray
    velocities: FloatArray
    spacing: float


@dataclass(frozen=True, eq=False)
class Extrapolation:
    """A curve through the points that were observed, and on beyond them; all in the units of the material.

    Attributes:
        observed: ``[N, 2]``, the points.
        before: ``[M, 2]``, the curve up to the first of them; None where it is not asked for.
        within: ``[M, 2]``, from the first to the last.
        after: ``[M, 2]``, from the last on; None where it is not asked for.
        y_up: as in `Drawing`.
        of_series: whether the points are a series.
    """

    observed: FloatArray
    before: FloatArray | None
    within: FloatArray
    after: FloatArray | None
    y_up: bool | None
    of_series: bool = False

    @property
    def drawing(self) -> Drawing:
        """The curve as a drawing, one stroke for each of its parts."""
        parts = [part for part in (self.before, self.within, self.after) if part is not None]
        if not self.of_series:
            return Drawing(tuple(map(Stroke, parts)), y_up=self.y_up)
        return Drawing(tuple(Stroke(part, part[:, 0] - parts[0][0, 0]) for part in parts), y_up=self.y_up)


Backdrop: TypeAlias = Field | Extrapolation
