"""Where a pen may go that a person moves: the next half second, many times over, from the model, while it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio.generation.newest import Newest
from studio.generation.variance import Variance
from studio.sequences.material import Drawing, FloatArray

if TYPE_CHECKING:
    from studio.generation.follower import Follower
    from studio.generation.loaded import Loaded

HAIRS = 32  # futures


@dataclass(frozen=True, eq=False)
class Hairs:
    """What may follow.

    Attributes:
        tip: ``[2]``, where the pen was when they were made; y as in the drawing that was asked about.
        points: ``[n, B, 4]``, as `LivePens.read` gives them.
    """

    tip: FloatArray
    points: FloatArray


class Futures(Newest[Drawing, Hairs]):
    """Asked about the drawing as far as it is drawn, each time that the pen has moved.

    Args:
        load: gives the model; called in the background.
        frames: n, how far ahead.
        count: B, how many futures.
        variance: how much chance.
        seed: the same seed gives neighbouring places neighbouring futures: hairs sway, and do not flicker.
        label: what the drawing shall show, where the model is told of labels.
    """

    _what = "futures"

    def __init__(
        self,
        load: Callable[[], Loaded],
        frames: int,
        *,
        count: int = HAIRS,
        variance: Variance | None = None,
        seed: int = 0,
        label: str = "",
    ) -> None:
        self._frames, self._count = frames, count
        self._variance, self._seed, self._label = variance or Variance(), seed, label
        self._follower: Follower | None = None  # made by the thread
        super().__init__(load)

    def _make(self, loaded: Loaded, asked: Drawing) -> Hairs:
        from studio.generation.follower import Follower

        if self._follower is None:
            self._follower = Follower(
                loaded.model, loaded.pens, self._count, variance=self._variance, seed=self._seed, label=self._label
            )
        tip = np.array(asked.strokes[-1].points[-1])
        return Hairs(tip, self._follower.futures(asked, self._frames))
