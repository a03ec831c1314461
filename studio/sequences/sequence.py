"""A piece of material as a model sees it: frames."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Frames: TypeAlias = NDArray[np.float32]
M = TypeVar("M")

LEAST_CHANCE_OF_ENDS = 0.3


@dataclass(frozen=True)
class Clock:
    """How the times of sequences are counted.

    Attributes:
        interval: units of time between two frames that a model makes, and between those whose times it is not told.
        seconds: of one unit; where the material has no times, its points are one second apart.
    """

    interval: float
    seconds: float = 1.0


@dataclass(frozen=True)
class FrameLayout:
    """What the columns of a frame are: all that a model has to know of a representation.

    Attributes:
        continuous: how many leading columns hold real numbers, in units in which their standard deviation is about 1.
        binary: how many columns, the last, hold 0 or 1, each knowing those before it: a drawing ends only where the
            pen is lifted.
        categories: where frames are symbols, such as characters: how many there are. The first column then holds the
            index of one, 0 to categories - 1, in place of the continuous ones. 0: frames are no symbols.
        step: for pens, whose first two columns are offsets: the distance in position units (in which drawings have a
            standard deviation of about 1) that an offset of 1 moves the pen. None where frames are not offsets.
        independent: how many columns, between those two, hold 0 or 1, each independent of the others once z is known:
            the keys of a piano.
        clock: where frames are points of a curve in continuous time: how that is counted. None where they merely
            follow one another.
        unseen: symbols that never came up in what was learned from; they are never drawn.
        starts_at_origin: of pens: whether positions are measured from the first point, so that the offset of the first
            frame is always zero. It is known beforehand: it costs no nats, and is not drawn.
    """

    continuous: int
    binary: int = 0
    step: float | None = None
    categories: int = 0
    independent: int = 0
    clock: Clock | None = None
    unseen: tuple[int, ...] = ()
    starts_at_origin: bool = False

    @property
    def width(self) -> int:
        """D, the number of columns."""
        return self.leading + self.independent + self.binary

    @property
    def leading(self) -> int:
        """How many columns come before those of 0 or 1."""
        return self.continuous + (self.categories > 0)

    @property
    def least_chance(self) -> float:
        """The variance below which that of binary columns does not go (that of independent ones does).

        A pen is lifted, and a drawing ends, where that is likelier than not. The silence after a word ends at some
        moment that may never be the likelier one: without any chance it would go on for ever.
        """
        return LEAST_CHANCE_OF_ENDS if self.step is None else 0.0


@dataclass(frozen=True, eq=False)
class Sequence:
    """One item of material as frames.

    Attributes:
        frames: ``[T, D]`` float32.
        times: ``[T]``, not decreasing, in units of the layout's clock, or in seconds where that has none; None where
            they are unknown.
        label: the material's label, "" where it has none.
        lines: the strokes of a drawing ``[N, 2]`` each, in position units, with all the points they came with; None
            where frames are all there is.
    """

    frames: Frames
    times: NDArray[np.float64] | None = None
    label: str = ""
    lines: tuple[NDArray[np.float64], ...] | None = None
    outside: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def cut(self, first: int, end: int | None = None) -> Sequence:
        """The frames from the first on, up to but without the end; times count from the first of them."""
        times = None if self.times is None else self.times[first:end] - self.times[first]
        outside = None if self.outside is None else self.outside[first:end]
        return Sequence(self.frames[first:end], times, self.label, outside=outside)


class Representation(Protocol[M]):
    """Turns material into sequences and back. Its normalisation is fitted on the training part only.

    ``decode(encode(m).frames)`` gives m back within the tolerance that each representation states.
    """

    @property
    def layout(self) -> FrameLayout: ...

    def fit(self, materials: Many[M]) -> None: ...

    def encode(self, material: M) -> Sequence: ...

    def decode(self, frames: Frames) -> M: ...

    def to_dict(self) -> dict[str, Any]:
        """Settings and fitted normalisation, as plain JSON values: stored with every checkpoint."""
        ...
