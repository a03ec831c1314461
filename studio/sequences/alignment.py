"""Drawings that are drawn alike: which point of the one goes with which of the other, and who belongs together.

Two drawings of as many strokes are aligned stroke by stroke by dynamic time warping (Sakoe and Chiba 1978) of where
the pen is and which way it goes. All pairs are aligned side by side, so numpy is fast enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.sequences.material import FloatArray
from studio.sequences.resampling import arc_length

POINTS = 96  # of a stroke while it is aligned
TANGENT = 0.7  # how much the direction counts beside the position
STANDING = 0.02  # what it costs to stand still on one of the two lines
SMOOTH = 7  # points over which an alignment is averaged
CANDIDATES = 12  # drawings to be aligned with, of many: those nearest point by point
ALIKE = 2.5  # times the typical cost of the best partner is still alike,
SURELY_ALIKE = 0.25  # and so is this: a shape of one hand costs at most 0.1, different digits 0.4 and more, shapes 1.4
TOGETHER = 256  # pairs aligned at a time
FEWEST_PARTNERS = 3

Alignment: TypeAlias = tuple[float, tuple[FloatArray, ...]]  # its cost, and the ways of a `Partner`
Lines: TypeAlias = list[FloatArray]  # strokes, each [POINTS, 2], or [1, 2] for a dot


@dataclass(frozen=True, eq=False)
class Partner:
    """Another drawing that is drawn alike.

    Attributes:
        index: which.
        ways: for each stroke ``[POINTS]``, where along the other's stroke each point of the own one finds its like.
    """

    index: int
    ways: tuple[FloatArray, ...]


def evenly(points: FloatArray, count: int) -> FloatArray:
    """So many points at equal distances along a line ``[N, 2]``: ``[count, 2]``."""
    travelled = arc_length(points)
    wanted = np.linspace(0, travelled[-1], count)
    return np.stack([np.interp(wanted, travelled, points[:, 0]), np.interp(wanted, travelled, points[:, 1])], 1)


def lines_of(strokes: Sequence[FloatArray]) -> Lines:
    """Strokes with their points evenly spaced; dots stay one point."""
    return [evenly(stroke, POINTS) if len(stroke) > 1 else stroke[:1] for stroke in strokes]


class Alignments:
    """What was aligned, to be remembered as long as both drawings are there."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Alignment] = {}

    def partners_of(self, drawings: Sequence[Lines], names: Sequence[int]) -> list[list[Partner]]:
        """As the function `partners_of`, but only those pairs are aligned that were not the last time.

        Args:
            drawings: all that there are now.
            names: of each; one that was there before, unchanged, has the name that it had.
        """
        there, found = set(names), partners_of(drawings, names, self._known)
        self._known = {pair: value for pair, value in self._known.items() if there.issuperset(pair)}
        return found


def partners_of(
    drawings: Sequence[Lines], names: Sequence[int] = (), known: dict[tuple[int, int], Alignment] | None = None
) -> list[list[Partner]]:
    """For each drawing those that are drawn alike, the nearest first.

    Args:
        drawings: their strokes.
        names: of each, by which pairs are known again; none: their numbers.
        known: pairs that were aligned before; those that are aligned now are added.

    Alike are drawings of as many strokes and dots whose cost of alignment is at most `ALIKE` times what the best
    partner of a drawing typically costs, or below `SURELY_ALIKE`. Costs are in squares of a drawing's deviation.
    """
    known = {} if known is None else known
    names = names or range(len(drawings))
    found: list[list[tuple[float, Partner]]] = [[] for _ in drawings]
    kinds: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, lines in enumerate(drawings):
        kinds[tuple(map(len, lines))].append(index)
    for members in kinds.values():
        pairs = _aligned_pairs([drawings[m] for m in members], [names[m] for m in members], known)
        for (i, j), (cost, ways) in pairs:
            found[members[i]].append((cost, Partner(members[j], ways)))
    nearest = [sorted(row, key=lambda item: item[0]) for row in found]
    best = [row[0][0] for row in nearest if row]
    limit = max(SURELY_ALIKE, ALIKE * float(np.median(best))) if best else 0.0
    most = max(FEWEST_PARTNERS, len(drawings) // 2)
    return [[partner for cost, partner in row[:most] if cost <= limit] for row in nearest]


def groups_of(partners: Sequence[Sequence[Partner]], labels: Sequence[str]) -> NDArray[np.int64]:
    """Which group each drawing belongs to: those connected by being partners, of one label.

    Args:
        partners: of each drawing.
        labels: of each drawing.

    Returns:
        ``[N]``, groups numbered from 0 on in the order in which they first occur.
    """
    root = list(range(len(partners)))

    def top(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for index, row in enumerate(partners):
        for partner in row:
            if labels[index] == labels[partner.index]:
                root[top(index)] = top(partner.index)
    names: dict[int, int] = {}
    return np.array([names.setdefault(top(index), len(names)) for index in range(len(partners))], np.int64)


def _aligned_pairs(
    drawings: Sequence[Lines], names: Sequence[int], known: dict[tuple[int, int], Alignment]
) -> Iterator[tuple[tuple[int, int], Alignment]]:
    """Ordered pairs of drawings with the same strokes, and their alignment; what is not known yet is added to it."""
    if len(drawings) < 2:
        return
    strokes = range(len(drawings[0]))
    features = [np.stack([_features(drawing[k]) for drawing in drawings]) for k in strokes]  # [N, P, 4] each
    pairs = _candidates(np.concatenate([f[:, :: max(1, f.shape[1] // 16)].reshape(len(f), -1) for f in features], 1))
    new = np.array([(names[i], names[j]) not in known for i, j in pairs.tolist()], bool)
    for first in range(0, int(new.sum()), TOGETHER):
        some = pairs[new][first : first + TOGETHER]
        found = [_warped(f[some[:, 0]], f[some[:, 1]]) for f in features]
        costs = np.mean([cost for _, cost in found], 0)
        for row, (i, j) in enumerate(some):
            known[names[i], names[j]] = float(costs[row]), tuple(way[row] for way, _ in found)
    for i, j in pairs.tolist():
        yield (i, j), known[names[i], names[j]]


def _candidates(features: FloatArray) -> NDArray[np.int64]:
    """Pairs ``[M, 2]`` worth aligning: of few drawings all, of many each with its nearest."""
    count = len(features)
    if count <= CANDIDATES + 1:
        return np.argwhere(~np.eye(count, dtype=bool))
    nearest = []
    for index, own in enumerate(features):
        distance = np.square(features - own).sum(1)
        distance[index] = np.inf
        nearest.append(np.argpartition(distance, CANDIDATES)[:CANDIDATES])
    return np.stack([np.repeat(np.arange(count), CANDIDATES), np.concatenate(nearest)], 1)


def _features(line: FloatArray) -> FloatArray:
    """Where the pen is and which way it goes, ``[P, 2] -> [P, 4]``."""
    if len(line) == 1:
        return np.concatenate([line, np.zeros((1, 2))], 1)
    tangent = np.gradient(line, axis=0)
    length = np.hypot(tangent[:, 0], tangent[:, 1])[:, None]
    return np.concatenate([line, TANGENT * tangent / (length + 1e-9)], 1)


def _warped(own: FloatArray, other: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Dynamic time warping of M pairs side by side.

    Args:
        own, other: ``[M, P, F]``.

    Returns:
        ``[M, P]``, the mean index in the other for each point of the own, smoothed; and ``[M]``, the mean cost.
    """
    count, points = own.shape[:2]
    if points == 1:
        return np.zeros((count, 1)), np.square(own - other).sum((1, 2))
    # Pairs come last, so that a diagonal is made of long rows.
    rows, columns = (np.ascontiguousarray(line.transpose(1, 2, 0), np.float32) for line in (own, other))  # [P, F, M]
    cost = np.full((points + 1, points + 1, count), np.inf, np.float32)
    cost[0, 0] = 0.0
    for diagonal in range(2 * points - 1):  # cells of one diagonal depend on the two before alone
        i = np.arange(max(0, diagonal - points + 1), min(diagonal, points - 1) + 1)
        j = diagonal - i
        local = np.square(rows[i] - columns[j]).sum(1)  # [diagonal, M]
        stood = np.minimum(cost[i, j + 1], cost[i + 1, j]) + np.float32(STANDING)
        cost[i + 1, j + 1] = local + np.minimum(cost[i, j], stood)
    return _smoothed(_traced(cost)), cost[-1, -1].astype(np.float64) / points


def _traced(cost: NDArray[np.float32]) -> FloatArray:
    """The mean index in the other line for each point of the own one, back from the end: ``[M, P]``."""
    points, count = cost.shape[0] - 1, cost.shape[2]
    total, often = np.zeros((count, points)), np.zeros((count, points))
    pair = np.arange(count)
    i, j = np.full(count, points), np.full(count, points)
    while len(pair):
        total[pair, i - 1] += j - 1
        often[pair, i - 1] += 1
        ways = np.stack(
            [cost[i - 1, j - 1, pair], cost[i - 1, j, pair] + STANDING, cost[i, j - 1, pair] + STANDING]
        ).argmin(0)
        i, j = i - (ways != 2), j - (ways != 1)
        going = (i > 0) & (j > 0)
        pair, i, j = pair[going], i[going], j[going]
    return total / often


def _smoothed(ways: FloatArray) -> FloatArray:
    """A moving average over `SMOOTH` points, ``[M, P]``."""
    half = SMOOTH // 2
    padded = np.pad(ways, ((0, 0), (half, half)), mode="edge")
    result: FloatArray = np.lib.stride_tricks.sliding_window_view(padded, SMOOTH, axis=1).mean(-1)
    return result
