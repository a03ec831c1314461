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
from studio.sequences.sequence import Frames
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


class Draws:
    """Draws of g from its prior, weighed by how likely they make what is there of a piece.

    g ~ p(g | x_1 .. x_n), by importance resampling; each likelihood is the bound with one sample of z. Few frames and
    many dimensions let one draw outweigh all others, so likelihoods are tempered until `FEWEST` count.

    Args:
        model: has g.
        count: N, how many.
        random: the chance of the draws, and of the z of frames that are followed.
        scale: the latent variance, of the draws.
        label: what the piece shall be; None: whatever fits what is there.

    Attributes:
        g: ``[N, G]``.
        group: ``[N]``, of the prior.
        state: of each draw, after what was followed.
    """

    def __init__(
        self, model: VRNN, count: int, random: np.random.Generator, scale: float, label: str | None = None
    ) -> None:
        self._model, self._random = model, random
        wanted = [label or ""] * count
        device = model.whole_prior.means.device
        uniform = torch.from_numpy(random.random(count)).float().to(device)
        noise = torch.from_numpy(random.standard_normal((count, model.whole))).float().to(device)
        tags = None if label is None else _tags(model, wanted).to(device)
        self.group = model.whole_prior.choose(uniform, tags)
        self.g = model.whole_prior.draw(self.group, noise, scale)
        self.state = model.with_whole(model.labelled_state(wanted, device), self.g)
        self._likelihood = self.g.new_zeros(count)

    def follow(self, frames: Frames) -> None:
        """The next frames ``[n, D]`` of the piece."""
        x = torch.from_numpy(frames).to(self.g)[:, None].expand(-1, len(self.g), -1)  # [n, N, D]
        noise = torch.from_numpy(self._random.standard_normal((*x.shape[:2], self._model.settings.latent))).to(x)
        if len(frames) == 1 and self._in_the_middle:
            posterior, draw, self.state = self._model.infer_step(x[0], self.state, noise[0])  # the same, but sooner
            self._likelihood += self._model.likelihood.log_prob(draw.output, x[0]) - posterior.kl(draw.prior)
            return
        terms, self.state = self._model.score(x, torch.ones_like(x[..., 0]), self.state, noise)
        self._likelihood -= (terms.nll + terms.kl).sum(0)

    @property
    def _in_the_middle(self) -> bool:
        """Whether a frame is like any other: neither the first, nor seen together with those that follow."""
        fresh = self.state.fresh
        return self._model.future is None and (fresh is None or not bool(fresh.any()))

    def choose(self, uniform: NDArray[np.float64]) -> Tensor:
        """The draws ``[B]`` at which the weights, added up, reach numbers between 0 and 1."""
        weights = _tempered(self._likelihood)  # [N]
        chosen = torch.searchsorted(weights.cumsum(0), torch.from_numpy(uniform)).clamp(max=len(weights) - 1)
        return chosen.to(self.g.device)


def told_from(
    model: VRNN, beginning: FrameSequence, count: int, seed: int, scale: float, labels: Sequence[str] | None
) -> Chosen:
    """g of pieces that begin so: draws of the prior, taken as often as their likelihood of the beginning asks.

    Args:
        model: has g.
        beginning: n frames.
        count: B, how many are wanted.
        seed: not negative.
        scale: the latent variance, of the draws.
        labels: what each shall be; None: whatever fits the beginning.
    """
    random = np.random.default_rng([seed, _DRAWS_CHANCE])
    draws = Draws(model, DRAWS, random, scale, None if labels is None else labels[0])
    draws.follow(beginning.frames)
    chosen = draws.choose(np.array([np.random.default_rng([seed, pen, _CHANCE]).random() for pen in range(count)]))
    return Chosen(draws.g[chosen], draws.group[chosen])


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
