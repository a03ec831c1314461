"""What goes on inside a model while it reads one sequence: Chung et al. 2015, Figure 2, frame by frame.

Where the approximate posterior departs from the prior, z tells the model something that the past did not: the KL term
of (11) is large there, and the posterior's mean moves. Those frames are the decisions of the material, such as which
way a trace goes where its shapes meet, or where a sound begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.evaluation.bounds import scored
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import FrameLikelihood
from studio.models.sequence_model import SequenceModel, Terms
from studio.sequences.sequence import Frames
from studio.sequences.sequence import Sequence as FrameSequence

Values: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Inside:
    """One sequence of T frames, as a model with Z latent dimensions reads it.

    Attributes:
        nll: ``[T]``, -log p(x_t | z_<=t, x_<t) in nats, in the material's own units.
        whole_kl: KL(q(g | x) || p(g)) in nats, of the latent variable of the whole sequence; 0 where there is none.
        kl: ``[T]``, KL(q(z_t | x_<=t, z_<t) || p(z_t | x_<t, z_<t)) in nats; it has no units.
        mean_change: ``[T]``, how far the posterior's mean moves, the norm of mu_z,t - mu_z,t-1; 0 for the first frame.
        prior_mean, prior_sigma: ``[T, Z]``, of (5).
        posterior_mean, posterior_sigma: ``[T, Z]``, of (9).
        frames: ``[T, D]``, what the model makes of each frame, given its z and all frames before it: the mean of the
            likeliest component of (6), the likelier value of what is 0 or 1. Where frames are offsets of a pen, each
            leads from where the pen truly was, since that is what the model knows; else small errors would add up.
            None where the model does not say.
    """

    nll: Values
    kl: Values
    mean_change: Values
    prior_mean: Values
    prior_sigma: Values
    posterior_mean: Values
    posterior_sigma: Values
    frames: Frames | None
    whole_kl: float = 0.0

    def __len__(self) -> int:
        return len(self.kl)

    @property
    def elbo(self) -> float:
        """The bound (11) on the log likelihood of the whole sequence, in nats."""
        return -float((self.nll + self.kl).sum()) - self.whole_kl

    @property
    def latent(self) -> int:
        """Z."""
        return int(self.posterior_mean.shape[1])


def look_inside(
    model: SequenceModel,
    sequence: FrameSequence,
    *,
    seed: int = 0,
    nats_per_frame_offset: float = 0.0,
    before_chunk: Callable[[], object] = lambda: None,
) -> Inside:
    """Read a sequence from its first frame to its last, never resetting the state.

    The same weights, sequence and seed give the same values; with seed 0 they are those that make up the ELBO of
    `studio.evaluation.bounds.elbo` for this sequence.

    Args:
        model: on whatever device it is.
        sequence: at least one frame.
        seed: of the posterior's samples.
        nats_per_frame_offset: of the representation; 0 leaves the likelihood in frame units.
        before_chunk: called every few tenths of a second; what it raises ends the reading.
    """
    generator = torch.Generator().manual_seed(seed)
    parts = list(scored([sequence], model, 1, generator, before_chunk))
    posterior = _joined([terms.posterior for terms in parts])
    prior = _joined([terms.prior for terms in parts])
    kl, whole_kl = _values([terms.kl for terms in parts]), 0.0
    if parts[0].whole is not None:
        whole_kl = float(parts[0].whole.kl[0])
        kl[0] -= whole_kl
    moved = np.diff(posterior[0], axis=0, prepend=posterior[0][:1])  # [T, Z]
    return Inside(
        nll=_values([terms.nll for terms in parts]) + nats_per_frame_offset,
        kl=kl,
        mean_change=np.linalg.norm(moved, axis=1),
        prior_mean=prior[0],
        prior_sigma=prior[1],
        posterior_mean=posterior[0],
        posterior_sigma=posterior[1],
        frames=_frames(model, parts, sequence),
        whole_kl=whole_kl,
    )


def _joined(gaussians: list[DiagonalGaussian]) -> tuple[Values, Values]:
    return _values([gaussian.mean for gaussian in gaussians]), _values([gaussian.sigma for gaussian in gaussians])


def _values(parts: list[Tensor]) -> Values:
    """``[T, 1, ...]`` piece after piece to ``[T, ...]``."""
    values: Values = torch.cat(parts)[:, 0].cpu().double().numpy()
    return values


def _frames(model: SequenceModel, parts: list[Terms], sequence: FrameSequence) -> Frames | None:
    likelihood = getattr(model, "likelihood", None)
    if not isinstance(likelihood, FrameLikelihood):
        return None
    with torch.inference_mode():
        likeliest = [
            likelihood.sample(terms.output, terms.nll.new_zeros(*terms.nll.shape, likelihood.noise_width), 0.0)
            for terms in parts
        ]  # [T, 1, D] each
    frames: Frames = torch.cat(likeliest)[:, 0].cpu().numpy().astype(np.float32)
    return frames if model.layout.step is None else _led_from_the_truth(frames, sequence.frames)


def _led_from_the_truth(frames: Frames, truth: Frames) -> Frames:
    """Offsets that lead from one reconstructed place to the next, each of them one offset from where the pen was."""
    places = np.cumsum(truth[:, :2], axis=0, dtype=np.float64) - truth[:, :2] + frames[:, :2]  # [T, 2]
    led = frames.copy()
    led[:, :2] = np.diff(places, axis=0, prepend=np.zeros((1, 2)))
    return led
