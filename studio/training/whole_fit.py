"""What is fitted to weights once they are there: the prior of g to the material, and sigma to clean drawings.

Training asks the posteriors of g to lie within N(0, 1), which they never fill; what lies between them is no piece at
all. So p(g) becomes a Gaussian for each group of pieces that are alike: the moments of the posteriors' means, and the
mean of their variances. A group of few pieces borrows from the spread that is common to all groups.

Training also disturbs what the model sees, so the deviations of a line come out too large. Two factors, along and
across, are set to those under which drawings that were held back are likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.models.likelihoods import STRAY_SIGMA, LineGaussian, LineOutput
from studio.models.sequence_model import SequenceModel
from studio.models.vrnn import VRNN
from studio.models.whole import Group
from studio.sequences.batches import Batch, padded
from studio.sequences.sequence import Sequence as FrameSequence
from studio.sequences.varied_drawings import VariedDrawings

DRAWINGS = 256  # varied ones that the prior of g is fitted to
TOGETHER = 64  # sequences looked at at a time
BORROWED = 2.0  # pieces' worth of what is common to all groups, in the covariance of each
NUGGET = 1e-5  # added to variances, so that a covariance always has a root
ROUNDS = 10  # of expectation-maximisation for the factors of sigma; they hardly move after five
LEAST_STRAY = 0.01  # share of odd offsets, which shall not decide the factors
FACTORS = (0.15, 4.0)  # smallest and largest

Look = tuple[Batch, NDArray[np.int64]]  # pieces side by side, and which of the sequences each was made from


class Pieces(Protocol):
    """What the prior is fitted to."""

    groups: NDArray[np.int64]  # [N], the group of each sequence

    def looks(self, seed: Sequence[int]) -> list[Look]: ...

    def label(self, index: int) -> str: ...


class PiecesAsTheyAre:
    """All sequences, grouped by their labels."""

    def __init__(self, sequences: Sequence[FrameSequence]) -> None:
        self._sequences = list(sequences)
        _, self.groups = np.unique([sequence.label for sequence in sequences], return_inverse=True)

    def label(self, index: int) -> str:
        """Of a sequence."""
        return self._sequences[index].label

    def looks(self, seed: Sequence[int]) -> list[Look]:
        """Batches of all sequences."""
        order = np.argsort([len(sequence) for sequence in self._sequences], kind="stable")
        parts = [order[first : first + TOGETHER] for first in range(0, len(order), TOGETHER)]
        return [(padded([self._sequences[index] for index in part]), part) for part in parts]


class VariedPieces:
    """Mildly varied drawings, grouped by how they are drawn."""

    def __init__(self, stream: VariedDrawings) -> None:
        self._stream = stream
        self.groups = stream.groups

    def label(self, index: int) -> str:
        """Of a sequence."""
        return self._stream.label(index)

    def looks(self, seed: Sequence[int]) -> list[Look]:
        """Some batches, the same for the same seed."""
        source = self._stream.reduced(TOGETHER, seed)
        return [(source.next(), source.taken) for _ in range(DRAWINGS // TOGETHER)]


class _Seen(NamedTuple):
    mean: Tensor  # [N, G], of q(g | x)
    variance: Tensor  # [N, G]
    group: Tensor  # [N]


def fit_whole_prior(model: VRNN, pieces: Pieces, seed: Sequence[int]) -> None:
    """Let p(g) be that of these pieces.

    Args:
        model: has g.
        pieces: of its material.
        seed: of how they are varied.
    """
    groups = torch.from_numpy(pieces.groups)
    with torch.no_grad():
        seen = _look(model, pieces, groups, seed)
        names, counts = np.unique(pieces.groups, return_counts=True)
        scatters = {int(k): _scatter(seen, seen.group == int(k)) for k in names if bool((seen.group == int(k)).any())}
        common = torch.stack([scatter for _, scatter in scatters.values()]).mean(0)  # [G, G]
        found = []
        for name, count in zip(names.tolist(), counts.tolist(), strict=True):
            if name not in scatters:
                continue
            mean, scatter = scatters[name]
            scatter = (count * scatter + BORROWED * common) / (count + BORROWED)
            label = pieces.label(int(np.flatnonzero(pieces.groups == name)[0]))
            tags = torch.from_numpy(model.vocabulary.indicators([label]))[0]
            found.append(Group(count / len(groups), mean, torch.linalg.cholesky(scatter), tags))
    model.whole_prior.fit(found)


def _look(model: VRNN, pieces: Pieces, groups: Tensor, seed: Sequence[int]) -> _Seen:
    device = next(model.parameters()).device
    means, variances, which = [], [], []
    for batch, taken in pieces.looks(seed):
        frames, mask = torch.from_numpy(batch.frames).to(device), torch.from_numpy(batch.mask).to(device)
        posterior = model.infer_whole(frames, mask)
        means.append(posterior.mean.cpu())
        variances.append(posterior.sigma.square().cpu())
        which.append(groups[torch.from_numpy(taken)])
    return _Seen(torch.cat(means), torch.cat(variances), torch.cat(which))


def _scatter(seen: _Seen, own: Tensor) -> tuple[Tensor, Tensor]:
    """Mean ``[G]`` and covariance ``[G, G]`` of the g of those pieces."""
    mean = seen.mean[own].mean(0)
    off = seen.mean[own] - mean
    return mean, off.T @ off / len(off) + torch.diag(seen.variance[own].mean(0) + NUGGET)


def fit_sigma(model: SequenceModel, sequences: Sequence[FrameSequence], *, as_trained: bool = False) -> None:
    """Set the factors of a line's deviations to those under which these drawings are likeliest.

    Expectation-maximisation, in which odd offsets belong to the wide Gaussian. Other likelihoods stay as they are.

    Args:
        model: in evaluation mode.
        sequences: held back; where there are none, nothing changes.
        as_trained: set the factors back to 1 instead.
    """
    output = getattr(getattr(model, "likelihood", None), "continuous", None)
    if not isinstance(output, LineOutput) or not isinstance(model, VRNN) or not sequences:
        return
    with torch.no_grad():
        output.factors.fill_(1.0)
        if as_trained:
            return
        off, sigma = _residuals(model, sequences)  # [N, 2] each
        stray = max(output.stray, LEAST_STRAY)
        wide = -(0.5 * (off / STRAY_SIGMA).square() + np.log(STRAY_SIGMA)).sum(-1) + np.log(stray)  # [N]
        square = (off / sigma).square()  # [N, 2]
        factor = torch.ones(2, device=off.device)
        for _ in range(ROUNDS):
            scaled = sigma * factor
            near = -(0.5 * (off / scaled).square() + scaled.log()).sum(-1) + np.log1p(-stray)  # [N]
            weight = torch.sigmoid(near - wide)[:, None]  # [N, 1], how surely an offset is no odd one
            factor = ((weight * square).sum(0) / weight.sum()).sqrt().clamp(*FACTORS)
        output.factors.copy_(factor)


def _residuals(model: VRNN, sequences: Sequence[FrameSequence]) -> tuple[Tensor, Tensor]:
    """How far offsets are off the mean, along and across, and the deviations there: ``[N, 2]`` each."""
    batch, device = padded(sequences), next(model.parameters()).device
    frames, mask = torch.from_numpy(batch.frames).to(device), torch.from_numpy(batch.mask).to(device)
    state = model.labelled_state([sequence.label for sequence in sequences], device)
    noise = frames.new_zeros(*mask.shape, model.posterior_noise_width)  # the posteriors' means
    terms, _ = model.score(frames, mask, state, noise)
    line = terms.output.continuous
    assert isinstance(line, LineGaussian)
    off, (along, across) = frames[..., :2] - line.mean, line.axes
    both = torch.stack([(along * off).sum(-1), (across * off).sum(-1)], -1)  # [T, B, 2]
    scored = mask > 0
    if model.layout.starts_at_origin:
        scored[0] = False
    return both[scored], line.sigma[scored]
