"""A map of g, the latent variable of a whole piece: the pieces of a collection in the plane in which they differ most.

    y = C (g - m)        m [G] is the mean of the pieces' g, and C [2, G] their first two principal directions

The way back asks what is likeliest. The prior of g is a mixture of Gaussians N(m_k, S_k), one for each group of pieces
that are alike; what lies at y is the mean of the g that lie there, in the group k that is likeliest there:

    g(y) = m_k + S_k C^T (C S_k C^T)^-1 (y - C (m_k - m))

So y is found again, and g differs from the mean of its group as the group's pieces do. What lies farther from that mean
than `FARTHEST` was never trained on, so y is taken to be that far out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from studio.models.vrnn import VRNN
from studio.models.whole import FARTHEST
from studio.sequences.batches import padded
from studio.sequences.material import FloatArray
from studio.sequences.sequence import Sequence as FrameSequence

TOGETHER = 64  # pieces looked at at a time
FEWEST = 3  # pieces that have principal directions; of less, those of the prior are taken
SINGULAR = 1e-9  # of the largest variance: less than this is none


class Place(NamedTuple):
    """What lies at a point of the map."""

    point: FloatArray  # [2], where it lies: nearer to its group than was asked for, where that was too far out
    g: FloatArray  # [G]
    group: int  # of the prior


class _Seen(NamedTuple):
    """The groups of the prior, as they are seen on the map."""

    means: FloatArray  # [K, 2]
    spreads: FloatArray  # [K, 2, 2], covariances
    precisions: FloatArray  # [K, 2, 2], their inverses
    log_scales: FloatArray  # [K], logarithms of their determinants


@dataclass(frozen=True, eq=False)
class WholeMap:
    """The pieces of a collection, and the plane that they are seen in.

    Attributes:
        g: ``[N, G]``, the mean of q(g | x) of each piece.
        groups: ``[N]``, the group of the prior that each most likely belongs to.
        centre: m, ``[G]``.
        directions: C, ``[2, G]``; a row of zeros where there is no second direction.
        explained: ``[2]``, the share of the variance of g along each.
        shares, means, covariances: of the prior's groups, ``[K]``, ``[K, G]`` and ``[K, G, G]``.
        labels: of each group, "" where labels do not tell.
    """

    g: FloatArray
    groups: NDArray[np.int64]
    centre: FloatArray
    directions: FloatArray
    explained: FloatArray
    shares: FloatArray
    means: FloatArray
    covariances: FloatArray
    labels: tuple[str, ...]

    @property
    def points(self) -> FloatArray:
        """Where the pieces lie, ``[N, 2]``."""
        return self.project(self.g)

    def project(self, g: ArrayLike) -> FloatArray:
        """Where g ``[..., G]`` lies on the map, ``[..., 2]``."""
        return np.asarray((np.asarray(g, np.float64) - self.centre) @ self.directions.T)

    def ellipse(self, group: int) -> tuple[FloatArray, FloatArray]:
        """Where the prior of a group lies on the map: its mean ``[2]``, and the root of its covariance ``[2, 2]``."""
        values, vectors = np.linalg.eigh(self._seen.spreads[group])
        return self._seen.means[group], vectors * np.sqrt(np.maximum(values, 0.0))

    def at(self, point: ArrayLike) -> Place:
        """What lies at a point ``[2]``; see the head of this file.

        Raises:
            ValueError: the point is not finite.
        """
        wanted = np.asarray(point, np.float64)
        if wanted.shape != (2,) or not np.isfinite(wanted).all():
            raise ValueError("a point of the map is two finite numbers")
        seen = self._seen
        off = wanted - seen.means  # [K, 2]
        distances = np.einsum("ki,kij,kj->k", off, seen.precisions, off)
        group = int(np.argmax(np.log(self.shares) - 0.5 * (distances + seen.log_scales)))
        near = off[group] * min(1.0, FARTHEST / max(float(np.sqrt(distances[group])), SINGULAR))
        g = self.means[group] + self.covariances[group] @ self.directions.T @ seen.precisions[group] @ near
        return Place(self.project(g), g, group)

    @cached_property
    def _seen(self) -> _Seen:
        spreads = self.directions @ self.covariances @ self.directions.T  # [K, 2, 2]
        values = np.linalg.eigvalsh(spreads)  # [K, 2]
        kept = values > SINGULAR * values.max(1, keepdims=True)
        log_scales = np.where(kept, np.log(np.where(kept, values, 1.0)), 0.0).sum(1)
        precisions = np.asarray(np.linalg.pinv(spreads, rcond=SINGULAR, hermitian=True), np.float64)
        return _Seen(self.project(self.means), spreads, precisions, log_scales)


def whole_map(
    model: VRNN, sequences: Sequence[FrameSequence], before_batch: Callable[[], object] = lambda: None
) -> WholeMap:
    """Read pieces, and find the plane in which they differ most.

    Args:
        model: has g.
        sequences: at least one.
        before_batch: is called before some more are read; what it raises ends it.
    """
    g = np.empty((len(sequences), model.whole))
    order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
    device, prior = model.whole_prior.means.device, model.whole_prior
    with torch.inference_mode():
        for first in range(0, len(order), TOGETHER):
            before_batch()
            part = order[first : first + TOGETHER]
            batch = padded([sequences[index] for index in part])
            frames, mask = torch.from_numpy(batch.frames).to(device), torch.from_numpy(batch.mask).to(device)
            g[part] = model.infer_whole(frames, mask).mean.cpu().numpy()
        groups = prior.nearest(torch.from_numpy(g).to(prior.means)).cpu().numpy()
    shares, means, roots = (
        value.cpu().double().numpy() for value in (prior.shares, prior.means, prior.roots)
    )  # [K], [K, G], [K, G, G]
    covariances = roots @ roots.transpose(0, 2, 1)
    labels = tuple(model.vocabulary.label_of(tags) for tags in prior.tags.cpu().numpy())
    centre, directions, explained = _plane(g, shares, means, covariances)
    return WholeMap(g, groups, centre, directions, explained, shares, means, covariances, labels)


def _plane(
    g: FloatArray, shares: FloatArray, means: FloatArray, covariances: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean ``[G]``, principal directions ``[2, G]``, and the share of the variance along each ``[2]``."""
    if len(g) >= FEWEST:
        centre = g.mean(0)
        covariance = np.cov(g.T, bias=True).reshape(g.shape[1], g.shape[1])
    else:
        centre = shares @ means
        off = means - centre
        covariance = np.einsum("k,kgh->gh", shares, covariances) + (shares[:, None] * off).T @ off
    values, vectors = np.linalg.eigh(covariance)  # ascending
    directions, explained = np.zeros((2, g.shape[1])), np.zeros(2)
    for row, (value, direction) in enumerate(zip(values[::-1][:2], vectors.T[::-1][:2], strict=True)):
        # Neither end of a direction is the right one: its largest number is taken to be positive, here and anywhere.
        directions[row] = direction * (1 if direction[np.abs(direction).argmax()] >= 0 else -1)
        explained[row] = value / max(float(values.sum()), SINGULAR)
    return centre, directions, explained
