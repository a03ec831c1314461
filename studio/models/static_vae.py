"""The static VAE (Kingma and Welling 2014, arXiv:1312.6114): one latent variable for a whole piece of N frames.

    prior     z ~ N(0, 1)
    decoder   x_1 .. x_N | z ~ prod_t p(x_t; phi_t(z))
    encoder   z | x ~ N(mu(x), diag(sigma(x)^2))
    bound     log p(x) >= E_q sum_t log p(x_t | z) - KL(q(z | x) || N(0, 1))

It is what the VRNN generalises: there z_t is drawn at every frame, from a prior that knows what came before; here once,
and whatever a piece is has to go into it. A sequence of more than N frames is several pieces, each for itself.
"""

from __future__ import annotations

import torch
from torch import Tensor

from studio.errors import StudioError
from studio.models.blocks import Block
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import FrameDistribution, FrameLikelihood, of_each
from studio.models.one_latent import SIGMA_FLOOR, OneLatentModel, terms_of
from studio.models.sequence_model import State, Terms
from studio.models.settings import BlockSettings, VAESettings
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import FrameLayout


class StaticVAE(OneLatentModel):
    """The model.

    Args:
        settings: sizes of all parts.
        layout: what the columns of a frame are.
        vocabulary: of labels; the model is not told of them.
    """

    goes_on = False
    settings: VAESettings

    def __init__(self, settings: VAESettings, layout: FrameLayout, vocabulary: Vocabulary = NO_LABELS) -> None:
        if layout.categories:
            raise StudioError("A static VAE describes pieces by numbers, not by characters: choose another recipe.")
        super().__init__(settings, layout)
        self.settings = settings
        length, features = settings.length, settings.features
        self.encoder = Block((length * (layout.width + 1),), settings.encoder, outputs=2 * settings.latent)
        last = BlockSettings(
            widths=(*settings.decoder.widths, length * features), activation=settings.decoder.activation
        )
        self.decoder = Block((settings.latent,), last)
        self.likelihood = FrameLikelihood(features, layout, settings.likelihood)

    def infer(self, x: Tensor, mask: Tensor, times: Tensor | None = None) -> DiagonalGaussian:
        """q(z | x) of the first piece."""
        pieces, masks = self._pieces(x[: self.settings.length], mask[: self.settings.length])
        return self._encode(pieces[0], masks[0])

    def _pieces(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Frames ``[T, B, D]`` as pieces ``[P, N, B, D]``, the last of them filled up, and their mask ``[P, N, B]``."""
        missing = -len(x) % self.settings.length
        x = torch.cat([x, x.new_zeros(missing, *x.shape[1:])])
        mask = torch.cat([mask, mask.new_zeros(missing, mask.shape[1])])
        shape = (-1, self.settings.length, x.shape[1])
        return x.reshape(*shape, x.shape[2]), mask.reshape(shape)

    def _encode(self, x: Tensor, mask: Tensor) -> DiagonalGaussian:
        """q(z | x) of pieces ``[..., N, B, D]``: ``[..., B, Z]``."""
        told = torch.cat([x * mask.unsqueeze(-1), mask.unsqueeze(-1)], -1)  # [..., N, B, D + 1]
        return DiagonalGaussian.from_raw(self.encoder(told.transpose(-3, -2).flatten(-2)), SIGMA_FLOOR)

    def decode(self, z: Tensor) -> FrameDistribution:
        """p(x_1), .. p(x_N) of pieces that z ``[..., B, Z]`` stands for: ``[..., N, B, ...]``."""
        features = self.decoder(z).reshape(*z.shape[:-1], self.settings.length, -1)  # [..., B, N, F]
        return self.likelihood.parameters_from(features.transpose(-3, -2))

    def score(
        self,
        x: Tensor,
        mask: Tensor,
        state: State,
        noise: Tensor,
        target: Tensor | None = None,
        times: Tensor | None = None,
    ) -> tuple[Terms, State]:
        """The terms of the bound; z takes the noise of the first frame of its piece."""
        steps, length = len(x), self.settings.length
        posterior = self._encode(*self._pieces(x, mask))  # [P, B, Z]
        z = posterior.sample(noise[::length])  # [P, B, Z]
        output = self._in_a_row(self.decode(z), steps)  # [T, B, ...]
        nll = -self.likelihood.log_prob(output, x if target is None else target)  # [T, B]
        everywhere = DiagonalGaussian(*(self._repeated(value, steps) for value in posterior))  # [T, B, Z]
        drawn = torch.zeros_like(mask)
        drawn[::length] = 1
        terms = terms_of(everywhere, self._repeated(z, steps), output, nll, mask, drawn)
        return terms, self.initial_state(x.shape[1], x.device)

    def _in_a_row(self, output: FrameDistribution, steps: int) -> FrameDistribution:
        """Pieces ``[P, N, B, ...]`` one after another, ``[T, B, ...]``."""
        return of_each(output, lambda value: value.flatten(0, 1)[:steps])

    def _repeated(self, value: Tensor, steps: int) -> Tensor:
        """``[P, B, Z]`` for every frame of its piece, ``[T, B, Z]``."""
        return value.repeat_interleave(self.settings.length, 0)[:steps]

    def begun(self, z: Tensor) -> State:
        """The state from which pieces are generated that z ``[B, Z]`` stands for."""
        return State(z, torch.full_like(z[:, :1], self.settings.length), None)

    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        """The next frames of the piece; where it is over, those of another."""
        assert state.cell is not None
        latent_noise, output_noise = noise.tensor_split((self.latent,), -1)  # [T, B, Z], [T, B, noise_width - Z]
        z, left = state.h, state.cell  # [B, Z], [B, 1]
        length, batch = self.settings.length, torch.arange(len(z), device=z.device)
        pieces = self.decode(z)  # [N, B, ...]
        frames = []
        for latent_t, output_t in zip(latent_noise, output_noise, strict=True):
            if bool((left == 0).any()):
                z = torch.where(left > 0, z, self.prior(len(z)).sample(latent_t, latent_variance))
                left = torch.where(left > 0, left, length)
                pieces = self.decode(z)
            place = (length - left[:, 0]).long()  # [B]
            now = _at(pieces, place, batch)  # [B, ...]
            frames.append(self.likelihood.sample(now, output_t, output_variance))
            left = left - 1
        return torch.stack(frames), State(z, left, None)


def _at(pieces: FrameDistribution, place: Tensor, sequence: Tensor) -> FrameDistribution:
    """Of each sequence the distribution of one frame, ``[N, B, ...]`` to ``[B, ...]``."""
    return of_each(pieces, lambda value: value[place, sequence])
