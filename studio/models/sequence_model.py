"""What training, evaluation and sampling ask of a model, whichever family it is of.

Shapes: T frames, B sequences, D columns of a frame, Z dimensions of the latent variable; time comes first.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import FrameDistribution
from studio.models.settings import AnyModelSettings
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import FrameLayout


class State(NamedTuple):
    """What is carried from one frame to the next."""

    h: Tensor  # [B, H]
    cell: Tensor | None  # [B, H], LSTM only
    position: Tensor | None  # [B, 2], where the pen is, in position units; for frames that are offsets
    condition: Tensor | None = None  # [B, C + G], c, what the labels name, and g; the same from first to last frame
    whole: Tensor | None = None  # [B, G], g, of the whole piece; None where there is none, or none is known yet
    fresh: Tensor | None = None  # [B], 1 before the first frame, for layouts that start at the origin

    def begun_anew(self, fresh: Tensor, initial: State) -> State:
        """The initial state where ``fresh`` [B] is true; and what labels say as the initial state has it, for all."""

        def chosen(value: Tensor | None, start: Tensor | None) -> Tensor | None:
            return None if value is None or start is None else torch.where(fresh[:, None], start, value)

        def begun(value: Tensor | None, start: Tensor | None) -> Tensor | None:
            return None if value is None or start is None else torch.where(fresh, start, value)

        return State(
            h=torch.where(fresh[:, None], initial.h, self.h),
            cell=chosen(self.cell, initial.cell),
            position=chosen(self.position, initial.position),
            condition=initial.condition,
            whole=chosen(self.whole, initial.whole),
            fresh=None
            if initial.fresh is None or self.fresh is None
            else torch.where(fresh, initial.fresh, self.fresh),
        )

    def each(self, change: Callable[[Tensor], Tensor]) -> State:
        """The same of what `change` makes of every tensor."""
        return State(change(self.h), *(None if value is None else change(value) for value in self[1:]))


class WholeTerms(NamedTuple):
    """What scoring finds out about g, the latent variable of a whole piece."""

    posterior: DiagonalGaussian  # [B, G], q(g | x)
    g: Tensor  # [B, G], drawn from it
    kl: Tensor  # [B], KL(q(g | x) || p(g)), in closed form or by g
    log_ratio: Tensor  # [B], log p(g) - log q(g | x)


@dataclass(frozen=True)
class Terms:
    """What scoring finds out about each frame; masked frames count zero."""

    nll: Tensor  # [T, B], -log p(x_t | z_<=t, x_<t), the reconstruction term of (11)
    kl: Tensor  # [T, B], the KL term of (11)
    h: Tensor  # [T, B, H], what is known before the frame: h_{t-1}
    prior: DiagonalGaussian  # [T, B, Z]
    posterior: DiagonalGaussian  # [T, B, Z]
    z: Tensor  # [T, B, Z]
    output: FrameDistribution  # [T, B, ...]
    mask: Tensor  # [T, B], 1 where there is a frame
    latent_mask: Tensor | None = None  # [T, B], 1 where z is drawn; None: with every frame
    extra: Tensor | None = None  # [T, B], what training minimises besides, which is no part of the bound
    whole: WholeTerms | None = None  # of g, where it was inferred with the first of these frames; part of kl[0]

    @classmethod
    def without_latent(cls, nll: Tensor, h: Tensor, output: FrameDistribution, mask: Tensor) -> Terms:
        """Those of a model that has no z, whose bound is the likelihood itself."""
        nothing = DiagonalGaussian.standard(h, 0)  # [T, B, 0]
        return cls(nll, torch.zeros_like(nll), h, nothing, nothing, nothing.mean, output, mask)

    @property
    def prior_kl(self) -> Tensor:
        """The KL term with nothing to learn for the posterior, ``[T, B]``."""
        return self.posterior.detach().kl(self.prior) * self._drawn

    @property
    def log_weight(self) -> Tensor:
        """log p(x_t, z_t | ...) - log q(z_t | ...) for the z that was drawn, ``[T, B]``; nothing is learned from it."""
        with torch.no_grad():
            weight = (self.prior.log_prob(self.z) - self.posterior.log_prob(self.z)) * self._drawn - self.nll
            if self.whole is not None:
                weight[0] += self.whole.log_ratio
            return weight

    @property
    def _drawn(self) -> Tensor:
        return self.mask if self.latent_mask is None else self.latent_mask


class SequenceModel(nn.Module):
    """A distribution over sequences of frames that can be scored, and drawn from frame by frame.

    Args:
        settings: sizes and kinds of all parts.
        layout: what the columns of a frame are.
        vocabulary: of the labels that the model is told of; empty where it is told of none.

    Attributes:
        needs_whole_sequence: whether `score` must be given each sequence in one piece, from its first frame to its
            last, since what it makes of a frame depends on frames that follow. Where it is False, a sequence can be
            scored piece after piece, each with the state that the piece before has left.
        foresight: how many frames after a window of training `score` would like to be given with it; 0: none.
        one_latent: whether a latent variable is drawn once, with the first frame, for all that follow.
        goes_on: whether sequences can be generated that go on from a given beginning.
        draws_times: whether generated frames come at times that are drawn, too (see `time_of`); else they come one
            interval of the layout's clock apart, if it has one.
        recordable: whether `score` does the same work whatever the numbers are, without ever looking at one: so that on
            a graphics processor it can be recorded as a graph.
    """

    needs_whole_sequence: bool = False
    foresight: int = 0
    one_latent: bool = False
    goes_on: bool = True
    draws_times: bool = False
    recordable: bool = False

    def __init__(self, settings: AnyModelSettings, layout: FrameLayout, vocabulary: Vocabulary = NO_LABELS) -> None:
        super().__init__()
        self.layout, self.vocabulary = layout, vocabulary

    @property
    def is_conditioned(self) -> bool:
        """Whether the model is told of labels."""
        return len(self.vocabulary) > 0

    @property
    @abstractmethod
    def latent(self) -> int:
        """Z, dimensions of the latent variable of each frame."""

    @property
    def whole(self) -> int:
        """G, dimensions of a latent variable that is drawn once for the whole piece; 0: there is none."""
        return 0

    @property
    def posterior_noise_width(self) -> int:
        """How many standard normal numbers `score` takes per frame: Z, then those of g, used with the first frame."""
        return self.latent

    @property
    @abstractmethod
    def noise_width(self) -> int:
        """How many standard normal numbers one generated frame takes: those of z_t, then those of x_t."""

    @property
    @abstractmethod
    def memory_width(self) -> int:
        """H, the last dimension of `Terms.h`."""

    @abstractmethod
    def initial_state(
        self, batch: int, device: torch.device | str | None = None, labels: Tensor | None = None
    ) -> State:
        """The state before the first frame.

        Args:
            batch: B.
            device: where to.
            labels: ``[B, V]``, 1 for each thing that a sequence's label names (see `Vocabulary.indicators`); None: no
                sequence has a label.
        """

    def labelled_state(self, labels: Sequence[str], device: torch.device | str | None = None) -> State:
        """The state before the first frame of B sequences with these labels."""
        indicators = torch.from_numpy(self.vocabulary.indicators(labels))  # [B, V]
        return self.initial_state(len(labels), device, indicators)

    def time_of(self, state: State) -> Tensor:
        """When the last frame came ``[B]``, in units of the layout's clock; of models that draw times."""
        raise NotImplementedError

    @abstractmethod
    def score(
        self,
        x: Tensor,
        mask: Tensor,
        state: State,
        noise: Tensor,
        target: Tensor | None = None,
        times: Tensor | None = None,
    ) -> tuple[Terms, State]:
        """The terms of the lower bound on log p(x), for frames that follow one another.

        Args:
            x: ``[T, B, D]`` frames; where the model has `foresight`, more than T, of which the last are not scored but
                may be looked at.
            mask: ``[T, B]``, 1 where there is a frame, 0 after the end of a sequence; as many as of x.
            state: of the frame before the first.
            noise: ``[T, B, posterior_noise_width]`` standard normal numbers for the posterior's z.
            target: ``[T, B, D]``, what should be predicted where that is not x itself: training may show the model a
                disturbed x and ask for the clean one.
            times: ``[T, B]``, of the frames, in units of the layout's clock; None: one of its intervals apart. Models
                of frames that merely follow one another do not look at them.

        Returns:
            The terms, and the state after the last frame.
        """

    @abstractmethod
    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        """Frames drawn from the model.

        Args:
            state: of the frame before the first.
            noise: ``[T, B, noise_width]`` standard normal numbers.
            latent_variance: multiplies the prior's sigma; 0: z is its mean.
            output_variance: as in `FrameLikelihood.sample`.

        Returns:
            x ``[T, B, D]``, and the state after the last.
        """
