"""The variational recurrent neural network of Chung et al. 2015, section 3 (arXiv:1506.02216).

Every frame x_t has a latent variable z_t; the state h_t remembers both, and all that came before. Numbers in brackets
are the paper's equations, and appear again where each is computed.

    prior       z_t ~ N(mu_0, diag(sigma_0^2)),         (mu_0, sigma_0) = phi_prior(h_{t-1})              (5)
    decoder     x_t | z_t ~ p(x; phi_dec(phi_z(z_t), h_{t-1}))                                            (6)
    recurrence  h_t = f(phi_x(x_t), phi_z(z_t), h_{t-1})                                                  (7)
    encoder     z_t | x_t ~ N(mu_z, diag(sigma_z^2)),   (mu_z, sigma_z) = phi_enc(phi_x(x_t), h_{t-1})    (9)
    bound       log p(x) >= E_q sum_t log p(x_t | z_<=t, x_<t) - KL(q(z_t | x_<=t, z_<t) || p(z_t | x_<t, z_<t))   (11)

Shapes: T frames, B sequences, D columns of a frame, X, Z, H sizes of phi_x, z, h; time comes first.

Scoring walks a sequence with z from the encoder, sampling with z from the prior; the two share (5), (6) and (7). For
speed, scoring takes out of its loop over time whatever does not depend on the step before: phi_x and its share of the
first layers go before the loop, prior, decoder, KL and likelihood after it, each as one large product. The loop itself,
(9) and (7), is `studio.models.scan`; `VRNN.sample_step` has a step of the model in one piece.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from studio.models.blocks import Block
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import FrameDistribution, FrameLikelihood
from studio.models.recurrence import RECURRENCES
from studio.models.scan import scan
from studio.models.scan_parts import Inputs, Parts
from studio.models.settings import ModelSettings
from studio.sequences.sequence import FrameLayout

LATENT_SIGMA_FLOOR = 1e-3  # of prior and posterior, so that no KL is unbounded


class State(NamedTuple):
    """What is carried from one frame to the next."""

    h: Tensor  # [B, H]
    cell: Tensor | None  # [B, H], LSTM only
    position: Tensor | None  # [B, 2], where the pen is, in position units; for frames that are offsets

    def detach(self) -> State:
        """The same values without their history: where truncated back-propagation cuts."""
        return self._each(Tensor.detach)

    def reset(self, fresh: Tensor) -> State:
        """Zeros where ``fresh`` [B] is true: those sequences begin anew."""
        return self._each(lambda value: value.masked_fill(fresh[:, None], 0.0))

    def _each(self, change: Callable[[Tensor], Tensor]) -> State:
        cell = None if self.cell is None else change(self.cell)
        position = None if self.position is None else change(self.position)
        return State(change(self.h), cell, position)


@dataclass(frozen=True)
class Terms:
    """What scoring finds out about each frame; masked frames count zero."""

    nll: Tensor  # [T, B], -log p(x_t | z_<=t, x_<t), the reconstruction term of (11)
    kl: Tensor  # [T, B], the KL term of (11)
    log_weight: Tensor  # [T, B], log p(x_t, z_t | ...) - log q(z_t | ...) for the z that was drawn
    h: Tensor  # [T, B, H], h_{t-1}
    prior: DiagonalGaussian  # [T, B, Z]
    posterior: DiagonalGaussian  # [T, B, Z]
    z: Tensor  # [T, B, Z]
    output: FrameDistribution  # [T, B, ...]


class Draw(NamedTuple):
    """How a sampled frame came about."""

    prior: DiagonalGaussian  # [B, Z]
    z: Tensor  # [B, Z]
    output: FrameDistribution  # [B, ...]


class VRNN(nn.Module):
    """The model. ``score`` and ``generate`` are all that training, evaluation and sampling need.

    Args:
        settings: sizes and kinds of all parts.
        layout: what the columns of a frame are. Where the first two are offsets (``layout.step``), phi_x also sees the
            position they lead to: a function of x_<=t, so the model stays (5) to (11).
    """

    def __init__(self, settings: ModelSettings, layout: FrameLayout) -> None:
        super().__init__()
        self.settings, self.layout = settings, layout
        hidden, latent = settings.hidden, settings.latent
        self.phi_x = Block((layout.width + (2 if layout.step else 0),), settings.phi_x)
        self.phi_z = Block((latent,), settings.phi_z)
        self.prior_net = Block((hidden,), settings.prior, outputs=2 * latent)
        self.encoder = Block((self.phi_x.width, hidden), settings.encoder, outputs=2 * latent)
        self.decoder = Block((self.phi_z.width, hidden), settings.decoder)
        self.likelihood = FrameLikelihood(self.decoder.width, layout, settings.likelihood)
        self.recurrence = RECURRENCES[settings.recurrence](
            (self.phi_x.width, self.phi_z.width), hidden, settings.memory
        )

    @property
    def noise_width(self) -> int:
        """How many standard normal numbers one generated frame takes: those of z_t, then those of x_t."""
        return self.settings.latent + self.likelihood.noise_width

    def initial_state(self, batch: int, device: torch.device | str | None = None) -> State:
        """h_0 = 0, the pen at the origin."""
        zeros = self.recurrence.weight_h.new_zeros(batch, self.settings.hidden, device=device)
        return State(
            h=zeros,
            cell=torch.zeros_like(zeros) if self.recurrence.has_cell else None,
            position=zeros.new_zeros(batch, 2) if self.layout.step else None,
        )

    # The model: equations (5), (6), (7), and (9) for inference.

    def prior(self, h: Tensor) -> DiagonalGaussian:
        """p(z_t | x_<t, z_<t) from h_{t-1}, (5): ``[..., H] -> [..., Z]``."""
        return DiagonalGaussian.from_raw(self.prior_net(h), LATENT_SIGMA_FLOOR)

    def decode(self, phi_z: Tensor, h: Tensor) -> FrameDistribution:
        """p(x_t | z_<=t, x_<t) from phi_z(z_t) and h_{t-1}, (6)."""
        return self.likelihood.parameters_from(self.decoder(phi_z, h))

    def advance(self, phi_x: Tensor, phi_z: Tensor, state: State, position: Tensor | None) -> State:
        """h_t from phi_x(x_t), phi_z(z_t) and h_{t-1}, (7)."""
        h, cell = self.recurrence(phi_x, phi_z, state.h, state.cell)  # [B, H] each
        return State(h, cell, position)

    def features(self, x: Tensor, position: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """phi_x(x_t) of frames that follow one another, and where they leave the pen.

        Args:
            x: ``[T, B, D]``.
            position: ``[B, 2]`` of the pen before the first frame.

        Returns:
            ``[T, B, X]`` and ``[B, 2]``.
        """
        if position is None or self.layout.step is None:
            return self.phi_x(x), None
        positions = position + x[..., :2].cumsum(0) * self.layout.step  # [T, B, 2]
        return self.phi_x(torch.cat([positions, x], -1)), positions[-1]

    # Scoring: z from the encoder.

    def score(
        self, x: Tensor, mask: Tensor, state: State, noise: Tensor, target: Tensor | None = None
    ) -> tuple[Terms, State]:
        """The terms of the bound (11) for frames that follow one another.

        Args:
            x: ``[T, B, D]`` frames.
            mask: ``[T, B]``, 1 where there is a frame, 0 after the end of a sequence.
            state: of the frame before the first.
            noise: ``[T, B, Z]`` standard normal numbers for the posterior's z.
            target: ``[T, B, D]``, what the decoder should predict where that is not x itself: training may show the
                model a disturbed x and ask for the clean one.

        Returns:
            The terms, and the state after the last frame.
        """
        phi_x, position = self.features(x, state.position)  # [T, B, X], [B, 2]
        h, posterior, phi_z, last = self._infer(phi_x, noise, state)
        z = posterior.sample(noise)  # [T, B, Z]
        prior = self.prior(h)  # [T, B, Z]
        output = self.decode(phi_z, h)
        nll = -self.likelihood.log_prob(output, x if target is None else target) * mask  # [T, B]
        kl = posterior.kl(prior) * mask  # [T, B]
        with torch.no_grad():
            log_weight = (prior.log_prob(z) - posterior.log_prob(z)) * mask - nll  # [T, B]
        return Terms(nll, kl, log_weight, h, prior, posterior, z, output), State(*last, position)

    def _infer(
        self, phi_x: Tensor, noise: Tensor, state: State
    ) -> tuple[Tensor, DiagonalGaussian, Tensor, tuple[Tensor, Tensor | None]]:
        """The loop over time: encoder (9), phi_z and recurrence (7), from the shares of phi_x in both.

        Returns:
            h_{t-1} ``[T, B, H]``, the posterior ``[T, B, Z]``, phi_z ``[T, B, phi_z]``, and the last h and cell.
        """
        from_x = self.encoder.from_first_input(phi_x)  # [T, B, E]
        drive = self.recurrence.drive(phi_x)  # [T, B, G H]
        found = scan(
            Parts(self.settings, self.recurrence, LATENT_SIGMA_FLOOR),
            self.encoder,
            self.phi_z,
            Inputs(from_x, drive, noise, state.h, state.cell),
        )
        return found.h, DiagonalGaussian(found.mean, found.sigma), found.phi_z, (found.last_h, found.last_cell)

    # Sampling: z from the prior.

    def sample_step(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, Draw, State]:
        """One frame: z_t from the prior (5), x_t from the decoder (6), and on to h_t (7).

        Args:
            state: of the frame before.
            noise: ``[B, noise_width]`` standard normal numbers.
            latent_variance: multiplies the prior's sigma; 0: z is its mean.
            output_variance: as in `FrameLikelihood.sample`.

        Returns:
            x_t ``[B, D]``, how it came about, and the state after it.
        """
        latent_noise, output_noise = noise.tensor_split((self.settings.latent,), -1)  # [B, Z], [B, noise_width - Z]
        prior = self.prior(state.h)  # [B, Z]
        z = prior.sample(latent_noise, latent_variance)  # [B, Z]
        phi_z = self.phi_z(z)  # [B, phi_z]
        output = self.decode(phi_z, state.h)
        x = self.likelihood.sample(output, output_noise, output_variance)  # [B, D]
        phi_x, position = self.features(x[None], state.position)  # [1, B, X], [B, 2]
        return x, Draw(prior, z, output), self.advance(phi_x[0], phi_z, state, position)

    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        """As many frames as ``noise`` [T, B, noise_width] has: ``[T, B, D]``, and the state after the last."""
        frames = []
        for noise_t in noise.unbind():
            x, _, state = self.sample_step(state, noise_t, latent_variance, output_variance)
            frames.append(x)
        return torch.stack(frames), state


def build_model(settings: ModelSettings, layout: FrameLayout, seed: int = 0) -> VRNN:
    """A model with fresh weights, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VRNN(settings, layout)
