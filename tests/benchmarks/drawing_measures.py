"""What is asked of generated drawings, in figures: alive, whole, like the real ones, and no copies of them.

Lines are compared as `POINTS` points evenly along all that is drawn, about the middle of their box. Distances between
drawings are means over these points; where a shape may be begun anywhere or drawn either way round, `chamfer` takes
the nearest points instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sequences.alignment import evenly
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.resampling import arc_length

POINTS = 64
FINE = 128  # straight pieces that a drawing is cut into, to be aligned
NEARBY = 0.1  # of a line
OFF_SHAPE = 2.5  # times what real drawings ever are from one another, size apart
TOO_LONG, TOO_SHORT = 1.25, 0.8  # of the longest and the shortest real line, for its size
_TINY = 1e-9


def lines(drawings: Sequence[Drawing]) -> FloatArray:
    """Points evenly along each drawing, strokes by their length: ``[N, POINTS, 2]``."""
    return np.stack([_line(drawing) for drawing in drawings])


def _line(drawing: Drawing) -> FloatArray:
    strokes = [stroke.points for stroke in drawing.strokes]
    lengths = np.array([max(arc_length(points)[-1], 1e-6) for points in strokes])
    counts = np.maximum(1, np.round(POINTS * lengths / lengths.sum()).astype(int))
    counts[np.argmax(counts)] += POINTS - counts.sum()
    parts = [evenly(points, max(n, 1)) for points, n in zip(strokes, counts, strict=True)]
    points = np.concatenate(parts)[:POINTS]
    points = np.concatenate([points, np.repeat(points[-1:], POINTS - len(points), 0)])
    return points - (points.min(0) + points.max(0)) / 2


def of_one_size(points: FloatArray) -> FloatArray:
    """Each line ``[N, P, 2]`` with a box of diagonal one: what is merely larger is not broken."""
    return points / np.maximum(_diagonal(points), _TINY)[:, None, None]


def _diagonal(points: FloatArray) -> FloatArray:
    result: FloatArray = np.hypot(*np.ptp(points, axis=-2).T)
    return result


def path_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Mean distance of points that lie the same share along both, ``[N, M]``."""
    off = a[:, None] - b[None]
    result: FloatArray = np.hypot(off[..., 0], off[..., 1]).mean(-1)
    return result


def chamfer(a: FloatArray, b: FloatArray) -> FloatArray:
    """Mean distance to the nearest point of the other, both ways, ``[N, M]``."""
    rows = []
    for own in a:
        off = own[None, :, None] - b[:, None]  # [M, P, P, 2]
        distance = np.hypot(off[..., 0], off[..., 1])
        rows.append((distance.min(1).mean(1) + distance.min(2).mean(1)) / 2)
    return np.stack(rows)


def steps_of(drawings: Sequence[Drawing]) -> FloatArray:
    """How far neighbours on a walk are apart, after alignment: ``[N - 1]``, in units of the material.

    The mean distance of points of the one to the other's line, of which no more is looked at than lies within `NEARBY`
    of the same share along it; both ways. So a line that merely ends one point later hardly differs, though all points
    that lie the same share along it have moved.
    """
    return np.array([(_off_line(a, b) + _off_line(b, a)) / 2 for a, b in pairwise(map(_Pieces.of, drawings))])


class _Pieces(NamedTuple):
    """A drawing as short straight pieces."""

    begin: FloatArray  # [N, 2]
    end: FloatArray  # [N, 2]
    share: FloatArray  # [N], where each begins along all that is drawn, from 0 to 1

    @classmethod
    def of(cls, drawing: Drawing) -> _Pieces:
        strokes = [stroke.points for stroke in drawing.strokes]
        lengths = np.array([max(arc_length(points)[-1], _TINY) for points in strokes])
        parts = [evenly(p, 2 + round(FINE * own / lengths.sum())) for p, own in zip(strokes, lengths, strict=True)]
        before = (lengths.cumsum() - lengths) / lengths.sum()
        along = zip(parts, before, lengths / lengths.sum(), strict=True)
        shares = [first + own * np.linspace(0, 1, len(part))[:-1] for part, first, own in along]
        begin, end = ([part[cut] for part in parts] for cut in (slice(-1), slice(1, None)))
        return cls(np.concatenate(begin), np.concatenate(end), np.concatenate(shares))


def _off_line(own: _Pieces, other: _Pieces) -> float:
    way = other.end - other.begin
    along = ((own.begin[:, None] - other.begin) * way).sum(-1) / np.maximum((way**2).sum(-1), _TINY)
    off = own.begin[:, None] - other.begin - np.clip(along, 0, 1)[..., None] * way
    far = np.abs(own.share[:, None] - other.share) > NEARBY
    return float(np.where(far, np.inf, np.hypot(off[..., 0], off[..., 1])).min(1).mean())


def spread(drawings: Sequence[Drawing]) -> float:
    """The mean distance between two of them, in units of the material."""
    points = lines(drawings)
    return float(path_distances(points, points)[np.triu_indices(len(points), 1)].mean())


def broken(made: Sequence[Drawing], ended: Sequence[bool], real: Sequence[Drawing]) -> NDArray[np.bool_]:
    """Which drawings are no drawings of this kind, ``[N]``.

    Those that never ended; that have more strokes than any real one, or fewer; whose line is too long or too short for
    its size; or that are farther from every real drawing, size apart, than `OFF_SHAPE` times what any real one is from
    its nearest: so a line that crosses where none crosses.
    """
    a, b = lines(made), lines(real)
    among = chamfer(of_one_size(b), of_one_size(b)) + np.diag(np.full(len(b), np.inf))
    far = chamfer(of_one_size(a), of_one_size(b)).min(1) > OFF_SHAPE * among.min(1).max()
    own, new = _relative_length(real, b), _relative_length(made, a)
    strokes = [len(drawing.strokes) for drawing in real]
    counts = np.array([len(drawing.strokes) for drawing in made])
    odd = (counts > max(strokes)) | (counts < min(strokes))
    length = (new > TOO_LONG * own.max()) | (new < TOO_SHORT * own.min())
    result: NDArray[np.bool_] = far | ~np.asarray(ended, bool) | odd | length
    return result


def _relative_length(drawings: Sequence[Drawing], points: FloatArray) -> FloatArray:
    """Of all that is drawn, in diagonals of the box."""
    drawn = np.array([sum(arc_length(s.points)[-1] for s in drawing.strokes) for drawing in drawings])
    return drawn / np.maximum(_diagonal(points), _TINY)


def one_nearest_neighbour(made: Sequence[Drawing], real: Sequence[Drawing], repeats: int = 40) -> float:
    """How often the nearest neighbour tells real from made, of as many each; 0.5: they cannot be told apart.

    Lopez-Paz and Oquab 2017 (arXiv:1610.06545). Below a half, made drawings are nearer to real ones than to each other:
    copies; above, they are apart.
    """
    a, b = lines(made), lines(real)
    aa, ab, bb = path_distances(a, a), path_distances(a, b), path_distances(b, b)
    random, found = np.random.default_rng(0), []
    count = min(len(a), len(b))
    for _ in range(repeats):
        i, j = random.permutation(len(a))[:count], random.permutation(len(b))[:count]
        distance = np.block([[aa[np.ix_(i, i)], ab[np.ix_(i, j)]], [ab[np.ix_(i, j)].T, bb[np.ix_(j, j)]]])
        np.fill_diagonal(distance, np.inf)
        label = np.repeat([0, 1], count)
        found.append((label[distance.argmin(1)] == label).mean())
    return float(np.mean(found))


class Real(NamedTuple):
    """What `broken` and `one_nearest_neighbour` say of real drawings, some against the others: nothing does better."""

    broken: float
    one_nearest_neighbour: float


def among_real(real: Sequence[Drawing], repeats: int = 40) -> Real:
    """Measure real drawings as made ones are: a quarter against the rest; and one half against the other."""
    random, off, told = np.random.default_rng(0), [], []
    for _ in range(repeats):
        order = [real[i] for i in random.permutation(len(real))]
        some, half = max(1, len(real) // 4), len(real) // 2
        off.append(broken(order[:some], [True] * some, order[some:]).mean())
        told.append(one_nearest_neighbour(order[:half], order[half:], 1))
    return Real(float(np.mean(off)), float(np.mean(told)))


def nearest_ratio(made: Sequence[Drawing], real: Sequence[Drawing]) -> float:
    """How near the nearest real drawing is, over how near real ones are to each other; well below 1: copies."""
    a, b = lines(made), lines(real)
    among = chamfer(b, b) + np.diag(np.full(len(b), np.inf))
    return float(np.median(chamfer(a, b).min(1)) / np.median(among.min(1)))


def curvature_spectrum(drawings: Sequence[Drawing], step: float, bands: int = 4) -> FloatArray:
    """The power of the turning of lines in bands of equal width in octaves, ``[bands]``, from slow to fast.

    Args:
        drawings: lines.
        step: distance between the points at which the direction is taken, in units of the material.
        bands: how many.
    """
    length = 2 ** (bands + 2)
    window, total, count = np.hanning(length), np.zeros(length // 2), 0
    for stroke in (stroke for drawing in drawings for stroke in drawing.strokes):
        steps = int(arc_length(stroke.points)[-1] / step)
        if steps < length + 2:
            continue
        way = np.diff(evenly(stroke.points, steps + 1), axis=0)
        turn = np.diff(np.unwrap(np.arctan2(way[:, 1], way[:, 0])))
        for first in range(0, len(turn) - length + 1, length // 2):
            total += np.abs(np.fft.rfft(turn[first : first + length] * window)[1:]) ** 2
            count += 1
    edges = np.geomspace(1, length // 2 + 1, bands + 1).astype(int) - 1
    return np.array([total[low:high].mean() for low, high in pairwise(edges)]) / max(count, 1)


def which_shape(made: Sequence[Drawing], shapes: Sequence[Sequence[Drawing]]) -> NDArray[np.int64]:
    """Which of several collections each drawing is nearest to, size apart, ``[N]``."""
    points = of_one_size(lines(made))
    nearest = [chamfer(points, of_one_size(lines(real))).min(1) for real in shapes]
    result: NDArray[np.int64] = np.stack(nearest, 1).argmin(1)
    return result
