"""Telling a loss that explodes from one that is merely noisy."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

REMEMBERED = 64  # losses that tell what is usual
ENOUGH = 16  # of them, before anything can be called unusual
SPREADS = 10.0  # above the median, in units of the distance between the tenth and the ninetieth percentile
MARGIN = 5.0  # nats per frame above that: a loss that hardly moves makes the spread small
IN_A_ROW = 8  # a batch of rare material is unusual too, but not so many


class LossWatch:
    """Sees every loss once, in order.

    An update that went too far does not always end in infinity: often the loss leaps up and stays there, and training
    on only forgets what was learned. A loss is unusual above the recent median plus `SPREADS` times the recent spread
    plus `MARGIN`; after `IN_A_ROW` unusual ones it has exploded.
    """

    def __init__(self) -> None:
        self._usual: deque[float] = deque(maxlen=REMEMBERED)
        self._unusual = 0

    @property
    def is_calm(self) -> bool:
        """Whether the last loss was a usual one."""
        return self._unusual == 0

    def explodes(self, loss: float) -> bool:
        """Whether the training has gone wrong with this loss."""
        if not math.isfinite(loss):
            return True
        if loss > self._bound():
            self._unusual += 1
        else:
            self._unusual = 0
            self._usual.append(loss)
        return self._unusual >= IN_A_ROW

    def _bound(self) -> float:
        if len(self._usual) < ENOUGH:
            return math.inf
        ordered = sorted(self._usual)
        low, middle, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.1, 0.5, 0.9))
        return middle + SPREADS * (high - low) + MARGIN

    def forget(self) -> None:
        """What was usual is so no longer: other material, or other weights of the terms."""
        self._usual.clear()
        self._unusual = 0

    def state_dict(self) -> dict[str, Any]:
        """JSON values, for a checkpoint."""
        return {"usual": list(self._usual), "unusual": self._unusual}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self._usual = deque(state["usual"], maxlen=REMEMBERED)
        self._unusual = state["unusual"]
