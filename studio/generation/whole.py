"""g of pieces that are to be generated: drawn from its prior, given, or told from a beginning."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.models.sequence_model import SequenceModel
from studio.models.vrnn import VRNN
from studio.sequences.sequence import Sequence as FrameSequence

DRAWS = 300  # of the prior, weighed by how likely they make a beginning
FEWEST = 9.0  # of them that must count: else likelihoods are tempered, so that not one draw is taken for all
WARMER = 1.3  # by which the temperature rises until so many count
WARMEST = 60  # times at most
STEADY_LIFT = 0.2  # chance at a frame that is enough, with no variance, for a pen to be lifted or done
_CHANCE, _DRAWS_CHANCE = 2, 3  # after the seed: streams of chance of their own, beside that of labels


class Chosen(NamedTuple):
    """What pens are told to draw."""

    g: Tensor  # [B, G]
    group: Tensor  # [B], of the prior


def drawn(model: VRNN, count: int, seed: int, scale: float, labels: Sequence[str]) -> Chosen:
    """g from its prior; pen b draws the same for the same seed, however many pens there are.

    Args:
        model: has g.
        count: B.
        seed: not negative.
        scale: the latent variance; 0: the mean of a group.
        labels: of each pen.
    """
    chance = [np.random.default_rng([seed, pen, _CHANCE]) for pen in range(count)]
    uniform = torch.tensor([pen.random() for pen in chance], dtype=torch.float32)
    noise = torch.from_numpy(np.stack([pen.standard_normal(model.whole) for pen in chance])).float()
    device = model.whole_prior.means.device
    group = model.whole_prior.choose(uniform.to(device), _tags(model, labels).to(device))
    return Chosen(model.whole_prior.draw(group, noise.to(device), scale), group)


def given(model: VRNN, g: NDArray[np.float64], count: int) -> Chosen:
    """The same g ``[G]`` for all of B pens, in the group that it most likely is of."""
    told = torch.from_numpy(g).to(model.whole_prior.means).expand(count, -1)
    return Chosen(told, model.whole_prior.nearest(told))


def steady_noise(model: SequenceModel, frames: int, count: int) -> NDArray[np.float32]:
    """The noise of what is drawn with no chance, ``[frames, count, noise_width]``: zero, but for lifts and ends.

    Where a line may end at any of several frames, none of them has half the chance, and a pen that waited for that
    would never be done; so `STEADY_LIFT` is enough.
    """
    noise = np.zeros((frames, count, model.noise_width), np.float32)
    if model.layout.step is not None:
        noise[..., model.noise_width - model.layout.binary :] = NormalDist().inv_cdf(STEADY_LIFT)
    return noise


def told_from(
    model: VRNN, beginning: FrameSequence, count: int, seed: int, scale: float, labels: Sequence[str] | None
) -> Chosen:
    """g of pieces that begin so: draws of the prior, taken as often as their likelihood of the beginning asks.

    g ~ p(g | x_1 .. x_n), by importance resampling of `DRAWS` draws; each likelihood is the bound with one sample of z.
    Few frames and many dimensions let one draw outweigh all others, so likelihoods are tempered until `FEWEST` count.

    Args:
        model: has g.
        beginning: n frames.
        count: B, how many are wanted.
        seed: not negative.
        scale: the latent variance, of the draws.
        labels: what each shall be; None: whatever fits the beginning.
    """
    wanted = ["" if labels is None else labels[0]] * DRAWS
    known = labels is not None
    random = np.random.default_rng([seed, _DRAWS_CHANCE])
    device = model.whole_prior.means.device
    uniform = torch.from_numpy(random.random(DRAWS)).float().to(device)
    noise = torch.from_numpy(random.standard_normal((DRAWS, model.whole))).float().to(device)
    group = model.whole_prior.choose(uniform, _tags(model, wanted).to(device) if known else None)
    g = model.whole_prior.draw(group, noise, scale)
    likelihood = _likelihood(model, beginning, g, wanted, random)
    weights = _tempered(likelihood)  # [DRAWS]
    picks = [np.random.default_rng([seed, pen, _CHANCE]).random() for pen in range(count)]
    chosen = torch.searchsorted(weights.cumsum(0), torch.tensor(picks, dtype=torch.float64)).clamp(max=DRAWS - 1)
    return Chosen(g[chosen.to(device)], group[chosen.to(device)])


def _likelihood(
    model: VRNN, beginning: FrameSequence, g: Tensor, labels: Sequence[str], random: np.random.Generator
) -> Tensor:
    """The bound on log p(beginning | g), ``[N]``, for g ``[N, G]``."""
    count, steps = len(g), len(beginning)
    x = torch.from_numpy(beginning.frames).to(g)[:, None].expand(-1, count, -1)  # [n, N, D]
    noise = torch.from_numpy(random.standard_normal((steps, count, model.settings.latent))).to(g)
    state = model.with_whole(model.labelled_state(labels, g.device), g)
    terms, _ = model.score(x, torch.ones_like(x[..., 0]), state, noise)
    return -(terms.nll + terms.kl).sum(0)


def _tempered(likelihood: Tensor) -> Tensor:
    """Weights ``[N]`` that add up to one, of which `FEWEST` count: 1 / sum w^2."""
    heat, values = 1.0, likelihood.double().cpu()
    for _ in range(WARMEST):
        weights = torch.softmax(values / heat, 0)
        if float(1 / weights.square().sum()) >= FEWEST:
            break
        heat *= WARMER
    return weights


def _tags(model: VRNN, labels: Sequence[str]) -> Tensor:
    return torch.from_numpy(model.vocabulary.indicators(labels))  # [B, V]
