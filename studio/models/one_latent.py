"""Models with one latent variable for a whole sequence, whose prior is the standard normal."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import FrameDistribution, FrameLikelihood
from studio.models.sequence_model import SequenceModel, State, Terms
from studio.models.settings import LatentODESettings, VAESettings
from studio.sequences.batches import padded
from studio.sequences.sequence import Sequence

SIGMA_FLOOR = 1e-3  # of the posterior, so that no KL is unbounded


class OneLatentModel(SequenceModel):
    """What these models have in common.

    Their `State` is ``h`` [B, Z], the latent variable as the next frame is made from it, and ``cell`` [B, 1], how many
    frames are still to be made from it; 0: z is drawn from the prior with the next frame.
    """

    needs_whole_sequence = one_latent = True
    settings: LatentODESettings | VAESettings
    likelihood: FrameLikelihood

    @property
    def latent(self) -> int:
        return self.settings.latent

    @property
    def noise_width(self) -> int:
        return self.latent + self.likelihood.noise_width

    @property
    def memory_width(self) -> int:
        return self.latent

    def initial_state(
        self, batch: int, device: torch.device | str | None = None, labels: Tensor | None = None
    ) -> State:
        """Nothing is drawn yet."""
        zeros = next(self.parameters()).new_zeros(batch, self.latent, device=device)
        return State(zeros, zeros[:, :1], None)

    @abstractmethod
    def infer(self, x: Tensor, mask: Tensor, times: Tensor | None = None) -> DiagonalGaussian:
        """The approximate posterior of z.

        Args:
            x: ``[T, B, D]``.
            mask: ``[T, B]``.
            times: ``[T, B]``.

        Returns:
            ``[B, Z]``.
        """

    @abstractmethod
    def begun(self, z: Tensor) -> State:
        """The state from which sequences are generated that z ``[B, Z]`` stands for."""

    def prior(self, batch: int) -> DiagonalGaussian:
        """N(0, 1), ``[B, Z]``."""
        zeros = next(self.parameters()).new_zeros(batch, self.latent)
        return DiagonalGaussian(zeros, torch.ones_like(zeros))


def terms_of(
    posterior: DiagonalGaussian, z: Tensor, output: FrameDistribution, nll: Tensor, mask: Tensor, drawn: Tensor
) -> Terms:
    """The terms of a bound whose KL is paid where z is drawn.

    Args:
        posterior: ``[T, B, Z]``, at every frame that of the z it belongs to.
        z: ``[T, B, Z]``.
        output: ``[T, B, ...]``.
        nll: ``[T, B]``.
        mask: ``[T, B]``.
        drawn: ``[T, B]``, 1 at the first frame of what z stands for.
    """
    prior = DiagonalGaussian(torch.zeros_like(posterior.mean), torch.ones_like(posterior.sigma))
    drawn = drawn * mask
    return Terms(nll * mask, posterior.kl(prior) * drawn, z, prior, posterior, z, output, mask, drawn)


def between(model: OneLatentModel, first: Sequence, last: Sequence, count: int) -> State:
    """The state from which sequences are generated that lead from one to another, along the straight line between the
    means of their posteriors.

    Args:
        model: is used as it is.
        first: with which the line begins.
        last: with which it ends.
        count: how many points of the line, both ends included.
    """
    device = next(model.parameters()).device

    def stands_for(sequence: Sequence) -> Tensor:
        batch = padded([sequence])
        times = None if batch.times is None else torch.from_numpy(batch.times).to(device)
        return model.infer(
            torch.from_numpy(batch.frames).to(device), torch.from_numpy(batch.mask).to(device), times
        ).mean

    share = torch.linspace(0, 1, count, device=device)[:, None]  # [B, 1]
    return model.begun(torch.lerp(stands_for(first), stands_for(last), share))
