"""What a pen that draws shapes over and over decides: measured by a reader that knows only the true shapes.

A trace is cut into turns where it comes back to the point that all shapes share, the top. A turn is the shape that it
is nearest to, by the mean distance between points and curve, or `BAD` where even that is far. Then shares and
transitions are counted, with confidence intervals, so that a short trace is not mistaken for a wrong model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from studio.sequences.material import FloatArray
from studio.sequences.patterns import ClosedPattern

BAD = "bad"
NEAR = 0.15  # a trace has come back to the top when it is this near, in sizes of the shapes,
FAR = 0.3  # and has left it when it is this far: between the two, noise changes nothing
POINTS_PER_TURN = 32


@dataclass(frozen=True)
class Turn:
    """One way round, from the top to the top.

    Attributes:
        shape: the name of the shape that it is, or `BAD`.
        start, stop: the indices of its points; the point at ``start`` is the one at the top before it.
        error: its mean distance from the nearest shape, as a share of the size.
    """

    shape: str
    start: int
    stop: int
    error: float


def classify_turns(
    points: FloatArray, shapes: Mapping[str, FloatArray], *, threshold: float = 0.05
) -> tuple[Turn, ...]:
    """The turns of a trace.

    What comes before the first return to the top and after the last one is no turn, unless it is so long that there
    should have been one; a stretch without a return counts as as many bad turns as it had time for.

    Args:
        points: ``[N, 2]``, in the units of the shapes (see `aligned`).
        shapes: closed polylines ``[M, 2]`` by name, all of which begin at their common point.
        threshold: a turn farther than this from every shape is bad, as a share of the size.
    """
    size = _size(shapes)
    returns = _returns(points, next(iter(shapes.values()))[0], size)
    turns = [_classified(points, start, stop, shapes, size) for start, stop in pairwise(returns)]
    lengths = [turn.stop - turn.start for turn in turns if turn.error <= threshold]
    per_turn = float(np.median(lengths)) if lengths else POINTS_PER_TURN
    first, last = (returns[0], returns[-1]) if returns else (len(points) - 1, len(points) - 1)
    result = list(_overdue(0, first, per_turn))
    for turn in turns:
        in_time = 0.4 * per_turn <= turn.stop - turn.start <= 1.6 * per_turn
        if turn.error <= threshold and in_time:
            result.append(turn)
        else:
            result.extend(_bad(turn, max(1, round((turn.stop - turn.start) / per_turn))))
    return (*result, *_overdue(last, len(points) - 1, per_turn))


def _size(shapes: Mapping[str, FloatArray]) -> float:
    """The longest side of the box around all shapes."""
    everything = np.concatenate(list(shapes.values()))
    return float((everything.max(0) - everything.min(0)).max())


def _returns(points: FloatArray, top: FloatArray, size: float) -> list[int]:
    """The index of the nearest point of each visit to the top."""
    distance = np.hypot(*(points - top).T) / size
    inside = distance < NEAR
    outside = distance > FAR
    visits: list[int] = []
    here = False
    for i in np.flatnonzero(inside | outside):
        if outside[i]:
            here = False
        elif not here:
            visits.append(int(i))
            here = True
        elif distance[i] < distance[visits[-1]]:
            visits[-1] = int(i)
    return visits


def _classified(points: FloatArray, start: int, stop: int, shapes: Mapping[str, FloatArray], size: float) -> Turn:
    turn = points[start : stop + 1]
    there = {name: float(distances_to_curve(turn, curve).mean()) for name, curve in shapes.items()}
    name = min(there, key=lambda shape: there[shape])
    # A turn that follows its shape only part of the way is near to the curve, but the curve is not near to the turn.
    back = float(distances_to_curve(shapes[name][::4], turn).mean())
    return Turn(name, start, stop, max(there[name], back) / size)


def _overdue(start: int, stop: int, per_turn: float) -> Iterable[Turn]:
    count = int((stop - start) / per_turn)
    return _bad(Turn(BAD, start, stop, float("inf")), count) if count >= 2 else ()


def _bad(turn: Turn, count: int) -> Iterable[Turn]:
    cuts = np.linspace(turn.start, turn.stop, count + 1).round().astype(int).tolist()
    return [Turn(BAD, start, stop, turn.error) for start, stop in pairwise(cuts)]


def distances_to_curve(points: FloatArray, curve: FloatArray) -> FloatArray:
    """The distance of each point to the nearest place on a polyline: ``[N, 2]``, ``[M, 2]`` to ``[N]``."""
    apart = points - _nearest(points, curve)
    return np.hypot(apart[:, 0], apart[:, 1])


def _nearest(points: FloatArray, curve: FloatArray) -> FloatArray:
    """The nearest place on a polyline, ``[N, 2]``."""
    (x, y), (along_x, along_y) = curve[:-1].T, np.diff(curve, axis=0).T  # each [M]
    squared = np.maximum(along_x**2 + along_y**2, np.finfo(float).tiny)
    dx, dy = points[:, :1] - x, points[:, 1:] - y  # [N, M]
    share = np.clip((dx * along_x + dy * along_y) / squared, 0, 1)
    best = ((dx - share * along_x) ** 2 + (dy - share * along_y) ** 2).argmin(1)
    places: FloatArray = curve[best] + share[np.arange(len(points)), best, None] * np.diff(curve, axis=0)[best]
    return places


def aligned(points: FloatArray, shapes: Mapping[str, FloatArray], rounds: int = 4) -> FloatArray:
    """The trace moved and scaled, the same in x and y, to lie best on the shapes that its turns are nearest to.

    It must lie near enough for turns to be told apart: this takes away small differences of place and size, which are
    no mistakes of a model that draws around an origin of its own.
    """
    for _ in range(rounds):
        good = [turn for turn in classify_turns(points, shapes) if turn.shape != BAD]
        if not good:
            break
        here = np.concatenate([points[turn.start : turn.stop] for turn in good])
        there = np.concatenate([_nearest(points[turn.start : turn.stop], shapes[turn.shape]) for turn in good])
        centred = here - here.mean(0)
        scale = (centred * (there - there.mean(0))).sum() / (centred**2).sum()
        points = (points - here.mean(0)) * scale + there.mean(0)
    return points


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    total: int

    @property
    def value(self) -> float:
        """The share itself, NaN of nothing."""
        return self.count / self.total if self.total else float("nan")

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Wilson's score interval (Wilson 1927) for the probability behind the share; 0 to 1 of nothing."""
        if self.total == 0:
            return 0.0, 1.0
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        shrink = 1 + z**2 / self.total
        middle = (self.value + z**2 / (2 * self.total)) / shrink
        spread = z / shrink * np.sqrt(self.value * (1 - self.value) / self.total + (z / (2 * self.total)) ** 2)
        return max(0.0, float(middle - spread)), min(1.0, float(middle + spread))

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}] of {self.total}"


@dataclass(frozen=True, eq=False)
class TransitionTable:
    """How often each block followed upon each.

    Attributes:
        names: K shapes.
        counts: ``[K, K]``, from row to column.
    """

    names: tuple[str, ...]
    counts: NDArray[np.int64]

    @property
    def probabilities(self) -> FloatArray:
        """``[K, K]``, each row summing to 1, or NaN where the row's shape was never followed by anything."""
        totals = self.counts.sum(1, keepdims=True).astype(float)
        unknown = np.full(self.counts.shape, np.nan)
        shares: FloatArray = np.divide(self.counts, totals, out=unknown, where=totals > 0)
        return shares

    def intervals(self, confidence: float = 0.95) -> FloatArray:
        """``[K, K, 2]``: an interval for every probability such that all of a row hold at once.

        Wilson intervals with Bonferroni's correction for the K cells of a row (Goodman 1965).
        """
        corrected = 1 - (1 - confidence) / len(self.names)
        shares = [[Share(int(count), int(row.sum())) for count in row] for row in self.counts]
        return np.array([[share.interval(corrected) for share in row] for row in shares])

    def total_variation(self, truth: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
        """For each row, half the sum of the absolute differences from the true probabilities; NaN for an empty row."""
        expected = np.array([[truth[row][column] for column in self.names] for row in self.names])
        distances = np.abs(self.probabilities - expected).sum(1) / 2
        return dict(zip(self.names, distances.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class TurnStatistics:
    """What traces are made of.

    Attributes:
        bad: turns that are none of the shapes, of all turns.
        shares: of each shape among the turns that are one.
        wrong_counts: runs of the same shape that are not whole blocks, of all runs seen from beginning to end.
        transitions: from block to block.
        median_error: of the points of good turns from their shape, as a share of the size; NaN without any.
    """

    bad: Share
    shares: dict[str, Share]
    wrong_counts: Share
    transitions: TransitionTable
    median_error: float


def turn_statistics(
    traces: Iterable[FloatArray],
    shapes: Mapping[str, FloatArray],
    *,
    turns_per_block: int = 1,
    threshold: float = 0.05,
) -> TurnStatistics:
    """Count what traces are made of, all of them together.

    Args:
        traces: each ``[N, 2]``, in the units of the shapes.
        shapes: see `classify_turns`.
        turns_per_block: how many turns of a shape belong to one decision: 2 for the circle-triangle-eight automaton.
        threshold: see `classify_turns`.
    """
    names = tuple(shapes)
    size = _size(shapes)
    turns: list[Turn] = []
    errors: list[FloatArray] = []
    counts = np.zeros((len(names), len(names)), np.int64)
    wrong = complete = 0
    for trace in traces:
        found = classify_turns(trace, shapes, threshold=threshold)
        turns += found
        good = [turn for turn in found if turn.shape != BAD]
        errors += [distances_to_curve(trace[turn.start : turn.stop], shapes[turn.shape]) / size for turn in good]
        for runs in _unbroken_runs(found):
            lengths = [length for _, length in runs[1:-1]]
            complete += len(lengths)
            wrong += sum(length % turns_per_block != 0 for length in lengths)
            _count_transitions(runs, names, turns_per_block, counts)
    good_turns = [turn.shape for turn in turns if turn.shape != BAD]
    return TurnStatistics(
        bad=Share(len(turns) - len(good_turns), len(turns)),
        shares={name: Share(good_turns.count(name), len(good_turns)) for name in names},
        wrong_counts=Share(wrong, complete),
        transitions=TransitionTable(names, counts),
        median_error=float(np.median(np.concatenate(errors))) if errors else float("nan"),
    )


def pattern_statistics(
    traces: Iterable[FloatArray], pattern: ClosedPattern, *, threshold: float = 0.05, **parameters: float
) -> TurnStatistics:
    """What traces of a pattern are made of, wherever on the page and however large they were drawn.

    Args:
        traces: each ``[N, 2]``.
        pattern: whose shapes they are to be.
        threshold: see `classify_turns`.
        **parameters: of the pattern.
    """
    shapes = pattern.shapes(**parameters)
    lain = [aligned(trace, shapes) for trace in traces]
    return turn_statistics(lain, shapes, turns_per_block=pattern.turns_per_block, threshold=threshold)


Runs = list[tuple[str, int]]


def _unbroken_runs(turns: Sequence[Turn]) -> list[Runs]:
    """Runs (shape, turns) between bad turns."""
    stretches: list[Runs] = [[]]
    for shape, run in groupby(turns, key=lambda turn: turn.shape):
        if shape == BAD:
            stretches.append([])
        else:
            stretches[-1].append((shape, len(list(run))))
    return [stretch for stretch in stretches if stretch]


def _count_transitions(runs: Runs, names: tuple[str, ...], per_block: int, counts: NDArray[np.int64]) -> None:
    for i, (shape, length) in enumerate(runs):
        # The first run may have lost its beginning and the last its end; where only one end is cut, the other tells
        # that a part of a block was a block.
        cut = (i == 0) != (i == len(runs) - 1)
        blocks = -(-length // per_block) if cut else length // per_block
        row = names.index(shape)
        counts[row, row] += max(blocks - 1, 0)
        if i + 1 < len(runs):
            counts[row, names.index(runs[i + 1][0])] += 1
