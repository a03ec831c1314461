"""The variational recurrent neural network of Chung et al. 2015, section 3 (arXiv:1506.02216).

Every frame x_t has a latent variable z_t; the state h_t remembers both, and all that came before. Numbers in brackets
are the paper's equations, and appear again where each is computed.

    prior       z_t ~ N(mu_0, diag(sigma_0^2)),         (mu_0, sigma_0) = phi_prior(h_{t-1})              (5)
    decoder     x_t | z_t ~ p(x; phi_dec(phi_z(z_t), h_{t-1}))                                            (6)
    recurrence  h_t = f(phi_x(x_t), phi_z(z_t), h_{t-1})                                                  (7)
    joint       p(x, z) = prod_t p(x_t | z_<=t, x_<t) p(z_t | x_<t, z_<t)                                 (8)
    encoder     z_t | x_t ~ N(mu_z, diag(sigma_z^2)),   (mu_z, sigma_z) = phi_enc(phi_x(x_t), h_{t-1})    (9)
    posterior   q(z | x) = prod_t q(z_t | x_<=t, z_<t)                                                    (10)
    bound       log p(x) >= E_q sum_t log p(x_t | z_<=t, x_<t) - KL(q(z_t | x_<=t, z_<t) || p(z_t | x_<t, z_<t))   (11)

Where a model is told of labels, a vector c that stands for all that a sequence's label names is given to every part:
h_0 = tanh(W c + b); encoder and recurrence see [phi_x(x_t), c]; the prior sees [h, c], the decoder [phi_z(z_t), h, c].
So (5) to (11) hold for p(x | c). Without a label c is zero.

Where there is a latent variable g of the whole piece (`studio.models.whole`), it is drawn before the first frame, and
stands in the same place, beside c. So (5) to (11) hold for p(x | g), and the bound has one more term:

    whole       g ~ p(g),  g | x ~ q(g | x),   log p(x) >= E_q [ (11) given g ] - KL(q(g | x) || p(g))

Settings make of it the models it is compared with: without z, a plain recurrent network whose bound is the likelihood
itself (RNN-Gauss, RNN-GMM); with z_t ~ N(0, 1) in place of (5), VRNN-I; with an encoder that sees a summary of the
frames that follow (`studio.models.future`), a smoothing posterior as the SRNN has it.

Shapes: T frames, B sequences, D columns of a frame, X, Z, H, C sizes of phi_x, z, h, c; time comes first.

Scoring walks a sequence with z from the encoder, sampling with z from the prior; the two share (5), (6) and (7). For
speed, scoring takes out of its loop over time whatever does not depend on the step before: phi_x and its share of the
first layers go before the loop, prior, decoder, KL and likelihood after it, each as one large product. The loop itself,
(9) and (7), is `studio.models.scan`; `VRNN.sample_step` has a step of the model in one piece.
"""

from __future__ import annotations

from typing import NamedTuple, TypeGuard

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.models.blocks import Block
from studio.models.future import Future, FutureWindow, Smoother
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import FrameDistribution, FrameLikelihood
from studio.models.recurrence import RECURRENCES
from studio.models.scan import scan
from studio.models.scan_parts import Inputs, Parts
from studio.models.sequence_model import SequenceModel, State, Terms, WholeTerms
from studio.models.settings import BlockSettings, VRNNSettings
from studio.models.whole import Glance, WholePrior
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import FrameLayout

LATENT_SIGMA_FLOOR = 1e-3  # of prior and posterior, so that no KL is unbounded


class Draw(NamedTuple):
    """How a sampled frame came about."""

    prior: DiagonalGaussian  # [B, Z]
    z: Tensor  # [B, Z]
    output: FrameDistribution  # [B, ...]


class VRNN(SequenceModel):
    """The model.

    Args:
        settings: sizes and kinds of all parts; of the parts that only z needs, nothing counts where there is no z.
        layout: what the columns of a frame are. Where the first two are offsets (``layout.step``), phi_x also sees the
            position they lead to: a function of x_<=t, so the model stays (5) to (11). Where frames are symbols
            (``layout.categories``), phi_x sees numbers that are learned for each symbol.
        vocabulary: of the labels; the model is told of them where there are any and ``settings.label_embedding`` is
            not 0.
    """

    recordable = True

    def __init__(self, settings: VRNNSettings, layout: FrameLayout, vocabulary: Vocabulary = NO_LABELS) -> None:
        super().__init__(settings, layout, vocabulary if settings.told_of_labels else NO_LABELS)
        self.settings = settings = settings if settings.latent else _without_latent(settings)
        hidden, latent = settings.hidden, settings.latent
        self.label_width = settings.label_embedding if self.is_conditioned else 0  # C
        width = self.label_width + settings.whole
        condition = (width,) if width else ()
        positions = 2 if layout.step else 0
        self.phi_x = Block((settings.embedding if layout.categories else layout.width + positions,), settings.phi_x)
        self.phi_z = Block((latent,), settings.phi_z)
        self.prior_net = None
        if not settings.standard_prior:
            self.prior_net = Block((hidden, *condition), settings.prior, outputs=2 * latent)
        self.future = _future(settings, layout, self.phi_x.width + sum(condition))
        seen = self.phi_x.width + sum(condition) + (settings.future if self.future else 0)
        self.encoder = Block((seen, hidden), settings.encoder, outputs=2 * latent)
        self.decoder = Block((self.phi_z.width, hidden, *condition), settings.decoder)
        self.likelihood = FrameLikelihood(self.decoder.width, layout, settings.likelihood)
        self.recurrence = RECURRENCES[settings.recurrence](
            (self.phi_x.width + sum(condition), self.phi_z.width), hidden, settings.memory
        )
        if self.label_width:
            self.embedding = nn.Parameter(torch.randn(len(self.vocabulary), self.label_width))  # [V, C]
        if condition:
            self.beginning = nn.Linear(*condition, hidden)
        if settings.whole:
            self.glance = Glance(layout, self.phi_x.width, settings.whole)
            self.whole_prior = WholePrior(settings.whole, len(self.vocabulary))
        if layout.categories:
            self.symbols = nn.Parameter(torch.randn(layout.categories, settings.embedding))  # [V, E]

        self.recordable = not settings.whole  # pieces of all lengths: no two windows are alike
        self.needs_whole_sequence = self.future is not None or settings.whole > 0
        self.foresight = settings.future_frames if self.future else 0

    @property
    def latent(self) -> int:
        return self.settings.latent

    @property
    def whole(self) -> int:
        return self.settings.whole

    @property
    def posterior_noise_width(self) -> int:
        return self.latent + self.whole

    @property
    def memory_width(self) -> int:
        return self.settings.hidden

    @property
    def noise_width(self) -> int:
        return self.settings.latent + self.likelihood.noise_width

    def initial_state(
        self, batch: int, device: torch.device | str | None = None, labels: Tensor | None = None
    ) -> State:
        """h_0, the pen at the origin; where there is g, `with_whole` or `score` completes it."""
        zeros = self.recurrence.weight_h.new_zeros(batch, self.settings.hidden, device=device)
        condition = None
        if self.label_width:
            named = zeros.new_zeros(batch, len(self.vocabulary)) if labels is None else labels.to(zeros)  # [B, V]
            condition = named @ self.embedding  # [B, C]
        begun = condition is not None and not self.whole
        return State(
            h=torch.tanh(self.beginning(condition)) if begun else zeros,
            cell=torch.zeros_like(zeros) if self.recurrence.has_cell else None,
            position=zeros.new_zeros(batch, 2) if self.layout.step else None,
            condition=condition,
            fresh=zeros.new_ones(batch) if self.layout.starts_at_origin else None,
        )

    def with_whole(self, state: State, g: Tensor) -> State:
        """The state before the first frame of pieces that g ``[B, G]`` stands for."""
        told = [] if state.condition is None else [state.condition]
        condition = torch.cat([*told, g], -1)  # [B, C + G]
        return state._replace(h=torch.tanh(self.beginning(condition)), condition=condition, whole=g)

    # The model: equations (5), (6), (7), and for inference (9) and q(g | x).

    def prior(self, h: Tensor, condition: Tensor | None = None) -> DiagonalGaussian:
        """p(z_t | x_<t, z_<t) from h_{t-1}, (5): ``[..., H] -> [..., Z]``."""
        if self.prior_net is None:
            return DiagonalGaussian.standard(h, self.settings.latent)
        told = () if condition is None else (condition,)
        return DiagonalGaussian.from_raw(self.prior_net(h, *told), LATENT_SIGMA_FLOOR)

    def decode(self, phi_z: Tensor, h: Tensor, condition: Tensor | None = None) -> FrameDistribution:
        """p(x_t | z_<=t, x_<t) from phi_z(z_t) and h_{t-1}, (6)."""
        told = () if condition is None else (condition,)
        return self.likelihood.parameters_from(self.decoder(phi_z, h, *told))

    def encode(self, phi_x: Tensor, h: Tensor) -> DiagonalGaussian:
        """q(z_t | x_<=t, z_<t) from phi_x(x_t), with what is known of the future, and h_{t-1}, (9)."""
        return DiagonalGaussian.from_raw(self.encoder(phi_x, h), LATENT_SIGMA_FLOOR)

    def infer_whole(self, x: Tensor, mask: Tensor) -> DiagonalGaussian:
        """q(g | x) of whole pieces ``[T, B, D]`` with their mask ``[T, B]``: ``[B, G]``."""
        phi_x = x  # at a drawing the glance looks itself
        if not self.layout.step:
            phi_x = self.features(x, self.initial_state(x.shape[1], x.device))[0][..., : self.phi_x.width]
        posterior: DiagonalGaussian = self.glance(x, phi_x, mask)
        return posterior

    def advance(self, phi_x: Tensor, phi_z: Tensor, state: State, position: Tensor | None) -> State:
        """h_t from phi_x(x_t), phi_z(z_t) and h_{t-1}, (7)."""
        h, cell = self.recurrence(phi_x, phi_z, state.h, state.cell)  # [B, H] each
        fresh = None if state.fresh is None else torch.zeros_like(state.fresh)
        return state._replace(h=h, cell=cell, position=position, fresh=fresh)

    def features(self, x: Tensor, state: State, steps: int | None = None) -> tuple[Tensor, Tensor | None]:
        """phi_x(x_t) of frames that follow one another, with c, and where they leave the pen.

        Args:
            x: ``[T, B, D]``.
            state: before the first frame.
            steps: how many frames lead to where the pen is left; None: all.

        Returns:
            ``[T, B, X]``, or ``[T, B, X + C]`` where labels are told, and ``[B, 2]``.
        """
        if self.layout.categories:
            each = self.phi_x(self.symbols)  # [V, X]: there are no more values of phi_x than symbols
            return self._told(F.embedding(x[..., 0].long(), each), state.condition), None
        position = state.position
        if position is None or self.layout.step is None:
            return self._told(self.phi_x(x), state.condition), None
        positions = position + x[..., :2].cumsum(0) * self.layout.step  # [T, B, 2]
        left = positions[len(x) - 1 if steps is None else steps - 1]  # [B, 2]
        return self._told(self.phi_x(torch.cat([positions, x], -1)), state.condition), left

    def _told(self, phi_x: Tensor, condition: Tensor | None) -> Tensor:
        if condition is None:
            return phi_x
        return torch.cat([phi_x, condition.expand(len(phi_x), -1, -1)], -1)  # [T, B, X + C]

    # Scoring: z from the encoder.

    def score(
        self,
        x: Tensor,
        mask: Tensor,
        state: State,
        noise: Tensor,
        target: Tensor | None = None,
        times: Tensor | None = None,
        keep: Tensor | None = None,
    ) -> tuple[Terms, State]:
        """The terms of the bound (11).

        Where there is g and the state knows none, the frames are whole pieces, and g is inferred from them: its KL is
        counted with the first frame. ``keep`` [T, B, H] multiplies h on its way to the decoder: dropout, in training.
        """
        steps = len(noise)
        noise, whole_noise = noise.tensor_split((self.settings.latent,), -1)  # [T, B, Z], [T, B, G]
        whole = None
        if self.whole and state.whole is None:
            whole = self._whole_terms(x, mask, whole_noise[0])
            state = self.with_whole(state, whole.g)
        phi_x, position = self.features(x, state, steps)  # [T, B, X], [B, 2]
        seen = phi_x
        if self.future is not None:
            later = self.future(x, phi_x, mask, steps)  # [T, B, A]
            x, mask, phi_x = x[:steps], mask[:steps], phi_x[:steps]
            seen = torch.cat([phi_x, later], -1)  # [T, B, X + A]
        h, posterior, phi_z, last = self._infer(phi_x, seen, noise, state)
        z = posterior.sample(noise)  # [T, B, Z]
        prior = self.prior(h, state.condition)  # [T, B, Z]
        output = self.decode(phi_z, h if keep is None else h * keep, state.condition)
        known = None  # [T, B], the offset of a first frame that is the origin
        if state.fresh is not None:
            known = F.pad(state.fresh[None], (0, 0, 0, steps - 1))
            state = state._replace(fresh=torch.zeros_like(state.fresh))
        nll = -self.likelihood.log_prob(output, x if target is None else target, known) * mask  # [T, B]
        kl = posterior.kl(prior) * mask  # [T, B]
        if whole is not None:
            kl = kl + F.pad(whole.kl[None], (0, 0, 0, steps - 1))
        terms = Terms(nll, kl, h, prior, posterior, z, output, mask, whole=whole)
        return terms, state._replace(h=last[0], cell=last[1], position=position)

    def _whole_terms(self, x: Tensor, mask: Tensor, noise: Tensor) -> WholeTerms:
        """g of whole pieces; against N(0, 1) in training, where its prior is yet to be fitted."""
        posterior = self.infer_whole(x, mask)  # [B, G]
        g = posterior.sample(noise)  # [B, G]
        if self.training:
            prior = DiagonalGaussian.standard(g, self.whole)
            return WholeTerms(posterior, g, posterior.kl(prior), prior.log_prob(g) - posterior.log_prob(g))
        log_ratio = self.whole_prior.log_prob(g) - posterior.log_prob(g)  # [B]
        return WholeTerms(posterior, g, -log_ratio, log_ratio)

    def _infer(
        self, phi_x: Tensor, seen: Tensor, noise: Tensor, state: State
    ) -> tuple[Tensor, DiagonalGaussian, Tensor, tuple[Tensor, Tensor | None]]:
        """The loop over time: encoder (9), phi_z and recurrence (7), from the shares of phi_x in both.

        Args:
            phi_x: ``[T, B, X]``.
            seen: by the encoder: phi_x, or ``[T, B, X + A]`` with what is known of the future.
            noise: ``[T, B, Z]``.
            state: before the first frame.

        Returns:
            h_{t-1} ``[T, B, H]``, the posterior ``[T, B, Z]``, phi_z ``[T, B, phi_z]``, and the last h and cell.
        """
        from_x = self.encoder.from_first_input(seen)  # [T, B, E]
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
        prior = self.prior(state.h, state.condition)  # [B, Z]
        z = prior.sample(latent_noise, latent_variance)  # [B, Z]
        phi_z = self.phi_z(z)  # [B, phi_z]
        output = self.decode(phi_z, state.h, state.condition)
        x = self.likelihood.sample(output, output_noise, output_variance)  # [B, D]
        if state.fresh is not None:  # the first frame is where positions are measured from
            x = torch.cat([x[:, :2] * (1 - state.fresh[:, None]), x[:, 2:]], -1)
        phi_x, position = self.features(x[None], state)  # [1, B, X], [B, 2]
        return x, Draw(prior, z, output), self.advance(phi_x[0], phi_z, state, position)

    def infer_step(
        self, x: Tensor, state: State, noise: Tensor, future: Tensor | None = None
    ) -> tuple[DiagonalGaussian, Draw, State]:
        """One frame of scoring: z_t from the encoder (9), and on to h_t (7); `score` does the same for all frames.

        Args:
            x: ``[B, D]``.
            state: of the frame before.
            noise: ``[B, Z]`` standard normal numbers.
            future: ``[B, A]``, what a smoothing posterior knows of the frames that follow.

        Returns:
            The posterior, the prior with z and the output distribution, and the state after the frame.
        """
        posterior, z, phi_z, after = self._inferred(x, state, noise, future)
        draw = Draw(self.prior(state.h, state.condition), z, self.decode(phi_z, state.h, state.condition))
        return posterior, draw, after

    def observe_step(self, x: Tensor, state: State, noise: Tensor) -> State:
        """The state after a frame ``[B, D]`` that is given, without its likelihood; see `infer_step`."""
        return self._inferred(x, state, noise, None)[3]

    def _inferred(
        self, x: Tensor, state: State, noise: Tensor, future: Tensor | None
    ) -> tuple[DiagonalGaussian, Tensor, Tensor, State]:
        """The posterior, z and phi_z of one frame, and the state after it."""
        phi_x, position = self.features(x[None], state)  # [1, B, X], [B, 2]
        seen = phi_x[0] if future is None else torch.cat([phi_x[0], future], -1)  # [B, X + A]
        posterior = self.encode(seen, state.h)  # [B, Z]
        z = posterior.sample(noise)  # [B, Z]
        phi_z = self.phi_z(z)  # [B, phi_z]
        return posterior, z, phi_z, self.advance(phi_x[0], phi_z, state, position)

    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        """`sample_step` after `sample_step`."""
        frames = []
        for noise_t in noise.unbind():
            x, _, state = self.sample_step(state, noise_t, latent_variance, output_variance)
            frames.append(x)
        return torch.stack(frames), state


def _without_latent(settings: VRNNSettings) -> VRNNSettings:
    """The same without the parts that lead to z and from it."""
    none = BlockSettings(widths=())
    return msgspec.structs.replace(
        settings, posterior="filtering", standard_prior=False, phi_z=none, prior=none, encoder=none
    )


def _future(settings: VRNNSettings, layout: FrameLayout, inputs: int) -> Future | None:
    if settings.posterior == "smoothing":
        return Smoother(inputs, settings.future)
    if settings.posterior == "window":
        return FutureWindow(layout, inputs, settings.future_frames, settings.future)
    return None


def has_whole(model: SequenceModel) -> TypeGuard[VRNN]:
    """Whether a latent variable g is drawn for the whole piece."""
    return isinstance(model, VRNN) and model.whole > 0
