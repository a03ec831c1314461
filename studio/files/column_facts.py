"""What the values of a column speak for, where it has no name: times, a pen, strokes, pressure, or coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.files.columns import FloatArray, unit_of_step

STEADY, FAIRLY_STEADY = 0.1, 0.5
"""Of the steps of a clock: their deviation as a share of their mean."""

SAMPLED = (5e-4, 0.5)
"""Seconds from sample to sample of pens, mice and gazes."""


@dataclass(frozen=True)
class ColumnFacts:
    """One column of tables that are alike.

    Attributes:
        rows: how many there are.
        text: whether it holds words.
        flag: whether all values are 0 or 1.
        ones: the share of ones among them.
        unit_interval: whether all values are from 0 to 1.
        grows: whether the values never fall, and are not all the same.
        from_zero: whether they begin at 0.
        steadiness: deviation of the positive steps as a share of their mean.
        step: the median positive step.
        counts: whether it holds whole numbers that grow by 1 from row to row.
        runs: whether it holds whole numbers that stay for two rows or more on average, and then grow.
    """

    rows: int
    text: bool
    flag: bool
    ones: float
    unit_interval: bool
    grows: bool
    from_zero: bool
    steadiness: float
    step: float
    counts: bool
    runs: bool

    @property
    def clock(self) -> float | None:
        """How much it looks like a clock, from about 1 to 4; None where it cannot be one."""
        if not self.grows:
            return None
        score = 0.5 + self.from_zero
        score += 1.5 if self.steadiness < STEADY else 0.7 if self.steadiness < FAIRLY_STEADY else 0.0
        sampled = SAMPLED[0] <= self.step * unit_of_step(self.step) <= SAMPLED[1]
        return score + (1.0 if sampled else -0.5)


def facts(columns: Sequence[FloatArray], *, text: bool) -> ColumnFacts:
    """What is seen in the same column of one or more tables, ``[N]`` each."""
    known = [values[~np.isnan(values)] for values in columns]
    known = [values for values in known if len(values)]
    if text or not known:
        return ColumnFacts(0, text, False, 0.0, False, False, False, np.inf, 0.0, False, False)
    together = np.concatenate(known)
    steps = np.concatenate([np.diff(values) for values in known])
    rising = steps[steps > 0]
    flag = bool(((together == 0) | (together == 1)).all())
    with np.errstate(all="ignore"):
        whole = bool((together == np.rint(together)).all()) and not flag
        steadiness = float(rising.std() / rising.mean()) if len(rising) else np.inf
    return ColumnFacts(
        rows=len(together),
        text=False,
        flag=flag,
        ones=float(together.mean()) if flag else 0.0,
        unit_interval=bool(((together >= 0) & (together <= 1)).all()),
        grows=bool((steps >= 0).all()) and 2 * len(rising) >= len(steps) > 0 and len(rising) > 0,
        from_zero=all(values[0] == 0 for values in known),
        steadiness=steadiness,
        step=float(np.median(rising)) if len(rising) else 0.0,
        counts=whole and len(steps) > 0 and bool((steps == 1).all()) and all(v[0] in (0, 1) for v in known),
        runs=whole and 0 < 2 * len(rising) <= len(steps) and bool((steps >= 0).all()),
    )


def looks_like_offsets(points: Sequence[FloatArray]) -> tuple[bool, float]:
    """Whether tables of x and y ``[N, 2]`` hold offsets from point to point, not positions, and how sure that is.

    Positions of a pen follow each other closely, compared with the size of the drawing; offsets jump about 0. Where no
    value is negative, they are positions.

    Returns:
        The likelier, and by how much (1 and more: little doubt).
    """
    known = [table[~np.isnan(table).any(1)] for table in points]
    known = [table for table in known if len(table) > 1]
    if not known:
        return False, 2.0
    count = np.mean([len(table) for table in known])
    with np.errstate(all="ignore"):
        steps = np.sqrt(np.mean(np.concatenate([np.diff(table, axis=0) for table in known]) ** 2))
        spread = np.sqrt(np.mean(np.concatenate([table - table.mean(0) for table in known]) ** 2))
        means = np.concatenate(known).mean(0)
        roughness = float(steps / spread)
    if not np.isfinite(roughness):
        return False, 2.0
    smoothest_offsets = float(np.clip(12 / count, 0.25, 0.9))
    evidence = float(np.log(max(roughness, 1e-9) / smoothest_offsets)) * 2
    negative = any((table < 0).any() for table in known)
    if not negative:
        return False, 0.5 + max(0.0, -evidence) + (0.8 if count > 3 else 1.5)
    # Offsets go to and fro, so that they are small on average; a drawing may lie anywhere.
    evidence -= float(np.abs(means).max() > 3 * spread) * 2
    return evidence > 0, abs(evidence)
