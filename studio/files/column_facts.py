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


ROUGHEST, DENSE, LEAST_ROUGH = 0.95, 70, 0.4
"""Steps within strokes as a share of how far the points are spread: positions of drawings of up to 70 points stay below
0.95, as measured on simplified kanji and pictures, those of longer ones below less; offsets lie above."""

ORDINARY_MEAN = 0.75
"""Positions on paper or screen lie off the origin by more than so much of how far they are spread, offsets by less."""


def looks_like_offsets(tables: Sequence[FloatArray]) -> float:
    """How much likelier it is that tables hold offsets from point to point rather than positions; below 0: positions.

    Positions of a pen follow each other closely, compared with the size of the drawing; offsets go to and fro about 0.
    Where no value is negative, they are positions.

    Args:
        tables: ``[N, 3]`` each, x and y, and 0 and 1 of a pen.
    """
    known = [table[~np.isnan(table).any(1)] for table in tables]
    known = [table for table in known if len(table) > 2]
    if not known:
        return -2.0
    far_off = float(np.mean([_begins_far_off(table) for table in known]))
    known = [table[1:] if len(table) > 5 else table for table in known]
    lifted = np.concatenate(known)[:, 2].mean() <= 0.5
    steps = [np.diff(table[:, :2], axis=0)[(table[:-1, 2] == 1) != lifted] for table in known]
    points = [table[:, :2] for table in known]
    spread = np.sqrt(np.mean(np.concatenate([rows - rows.mean(0) for rows in points]) ** 2))
    roughness = np.sqrt(np.mean(np.concatenate(steps) ** 2)) / spread
    if not np.isfinite(roughness):
        return -2.0
    density = DENSE / float(np.mean([len(table) for table in known]))
    roughest = float(np.clip(ROUGHEST * density**0.6, LEAST_ROUGH, ROUGHEST))
    off = float(np.mean([np.abs(rows.mean(0)).max() for rows in points]) / spread)
    evidence = 3 * float(np.log(max(roughness, 1e-9) / roughest)) + float(np.clip(ORDINARY_MEAN - off, -1.5, 0.6))
    evidence += 3 * far_off
    if not any((rows < 0).any() for rows in points):
        return min(evidence, 0.0) - 1.3
    return evidence


def _begins_far_off(table: FloatArray) -> bool:
    """Whether the first row, where a pen is set down, lies further from the second than any others from each other."""
    steps = np.linalg.norm(np.diff(table[:, :2], axis=0), axis=1)
    return len(steps) > 5 and bool(steps[0] > 2 * steps[1:].max())
