"""When weights are kept so that one can see later how a model has learned: often at first, then more and more seldom.

Moments lie at equal distances of log(1 + step / 10). So they do not depend on how long the training will be, which
nobody may know yet, and a training twice as long keeps three more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

EARLY = 10  # steps over which the distance between moments doubles for the first time
RATIO = 1.25


def is_moment(step: int) -> bool:
    """Whether the weights after so many updates are to be kept: after 0, 2, 6, 10, 14, 21, 28, 38, 50 and so on."""
    number = round(_place(step) / math.log(RATIO))
    return step == round(EARLY * (RATIO**number - 1))


def superfluous(steps: Sequence[int], most: int) -> tuple[int, ...]:
    """Which moments to forget so that so many remain, spread as evenly as they can be.

    The first and the last always remain; of the others that one goes first whose neighbours are closest to each other.

    Args:
        steps: in ascending order.
        most: how many may remain, at least 2.
    """
    left, gone = list(steps), []
    while len(left) > max(2, most):
        gaps = [_place(left[i + 1]) - _place(left[i - 1]) for i in range(1, len(left) - 1)]
        gone.append(left.pop(1 + gaps.index(min(gaps))))
    return tuple(gone)


def _place(step: int) -> float:
    return math.log1p(step / EARLY)
