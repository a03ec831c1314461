"""What training minimises: the negative bound (11) of Chung et al., with the helps that a recipe asks for.

Or, where the recipe says so, squared errors (`studio.training.squared_error`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from studio.errors import StudioError
from studio.models.gaussian import DiagonalGaussian
from studio.models.likelihoods import LineGaussian
from studio.models.sequence_model import SequenceModel, State, Terms
from studio.sequences.batches import Batch
from studio.training.augmentation import Disturbance, begin_anew, distorted, random_distortions, with_input_noise
from studio.training.look_ahead import LookAhead
from studio.training.outline import Outline
from studio.training.recipe import ObjectiveSettings
from studio.training.squared_error import SquaredError
from studio.training.window import Window


class Carried(NamedTuple):
    """What goes on from one window to the next."""

    state: State
    disturbance: Disturbance

    def each(self, change: Callable[[Tensor], Tensor]) -> Carried:
        """The same of what `change` makes of every tensor."""
        return Carried(self.state.each(change), Disturbance(*map(change, self.disturbance)))

    def tensors(self) -> dict[str, Tensor]:
        """By name, for a checkpoint."""
        named = self.state._asdict() | self.disturbance._asdict()
        return {name: tensor for name, tensor in named.items() if tensor is not None}

    def restored(self, tensors: Mapping[str, Tensor]) -> Carried:
        """What `tensors` gave; or as it is, where there are more or fewer streams now, all of which then begin anew."""
        if tensors["h"].shape != self.state.h.shape:
            return self
        moved = {name: tensor.to(self.state.h.device) for name, tensor in tensors.items()}
        state = State(**{name: moved.get(name) for name in State._fields})  # type: ignore[arg-type]
        return Carried(state, Disturbance(moved["distortion"], moved["noise"]))


@dataclass(frozen=True)
class Losses:
    """Nats per frame, each a scalar; for squared errors, the reconstruction is that error in place of nats."""

    loss: Tensor  # what is minimised
    reconstruction: Tensor
    kl: Tensor
    look_ahead: Tensor
    kl_weight: Tensor

    def each(self, change: Callable[[Tensor], Tensor]) -> Losses:
        """The same of what `change` makes of every tensor."""
        return Losses(*map(change, vars(self).values()))


class Objective(nn.Module):
    """The loss of a window, as a function of the model.

        reconstruction + kl_weight * max(KL, free nats) + look_ahead * (the extra task)

    With a latent variable g of the whole piece, its KL has a weight of its own, and there is another extra task: the
    line of the drawing is told from g alone, so that g stands for what is drawn from the start.

    The extra task is given to h_{t-1}, and early in training also to h_{t-1} with z_t, if the settings want that: what
    z_t says then is of use from the start, and is not lost before the decoder has learned to make use of it.

    The free nats are compared with the mean over the whole batch, not frame by frame: a decision that costs ln 3 nats
    once in 70 frames must not be paid for in all the frames without one. They are free for the posterior only: the
    prior always learns to follow it. (Else the prior would learn from batches with a large KL alone, those in which
    rare decisions happen to be frequent, and would draw them too often.)

    Args:
        model: whose loss this is.
        settings: decide whether there is an extra task, and what it looks at.
        distort: whether drawings may be stretched and turned. Not if they are traces without end: one that has been
            going on for long has been turned one way all the time, and a model that has to find out which way learns
            little else.
    """

    def __init__(self, model: SequenceModel, settings: ObjectiveSettings, *, distort: bool = True) -> None:
        super().__init__()
        self.step = model.layout.step
        self.distort = distort and self.step is not None
        columns = 2 if self.step else model.layout.continuous or model.layout.independent
        frames = settings.look_ahead_frames if settings.look_ahead > 0 and columns else ()
        self.columns = columns
        self.look_ahead = LookAhead(model.memory_width, columns, frames) if frames else None
        self.latent_look_ahead = None
        if settings.latent_look_ahead > 0 and model.latent and columns:
            self.latent_look_ahead = LookAhead(model.memory_width + model.latent, columns, settings.look_ahead_frames)
        whole = model.whole
        self.outline = Outline(whole, self.step) if whole and self.step and settings.outline > 0 else None
        self.squared_error = SquaredError(settings.kl_start) if settings.kind == "mse" else None
        self.foresight = model.foresight

    @property
    def ahead(self) -> int:
        """How many frames after the window are needed."""
        tasks = [task.farthest for task in (self.look_ahead, self.latent_look_ahead) if task is not None]
        return max(self.foresight, *tasks, 0)

    def begin(self, model: SequenceModel, batch: int, device: torch.device | str) -> Carried:
        """What is carried into the first window."""
        return Carried(model.initial_state(batch, device), Disturbance.none(batch, device)).each(Tensor.detach)

    def draw(
        self,
        model: SequenceModel,
        batch: Batch,
        settings: ObjectiveSettings,
        kl_weight: float,
        input_noise: float,
        generator: torch.Generator,
        latent_look_ahead: float = 0.0,
        whole_weight: float = 1.0,
    ) -> Window:
        """A batch with all that chance adds to it, on the CPU.

        Args:
            model: is trained.
            batch: of T frames of B streams.
            settings: of the objective, which may change from window to window.
            kl_weight: of the KL term; for squared errors there is another.
            input_noise: its standard deviation, in position units.
            generator: on the CPU; all noise comes from it, so that a seed gives the same training on any device.
            latent_look_ahead: weight of the extra task for h with z.
            whole_weight: of the KL of the whole piece.
        """
        steps, streams = batch.mask.shape
        distortion = random_distortions(streams, settings, generator)  # [B, 2, 2]
        on_positions = None
        if self.step is not None and input_noise > 0:
            on_positions = input_noise * torch.randn(steps + self.foresight, streams, 2, generator=generator)
        keep = None
        if settings.dropout > 0:
            kept = torch.rand(steps, streams, model.memory_width, generator=generator) >= settings.dropout
            keep = kept / (1 - settings.dropout)
        whole = model.posterior_noise_width > model.latent
        return Window(
            frames=torch.from_numpy(batch.frames),
            mask=torch.from_numpy(batch.mask),
            fresh=torch.from_numpy(batch.fresh),
            ahead=torch.from_numpy(batch.ahead),
            ahead_mask=torch.from_numpy(batch.ahead_mask),
            labels=torch.from_numpy(batch.labels),
            times=None if batch.times is None else torch.from_numpy(batch.times),
            distortion=distortion,
            input_noise=on_positions,
            noise=torch.randn(steps, streams, model.posterior_noise_width, generator=generator),
            kl_weight=torch.tensor(kl_weight),
            latent_look_ahead=torch.tensor(latent_look_ahead) if latent_look_ahead > 0 else None,
            whole_weight=torch.tensor(whole_weight) if whole else None,
            keep=keep,
        )

    def forward(
        self, model: SequenceModel, window: Window, carried: Carried, settings: ObjectiveSettings
    ) -> tuple[Losses, Carried]:
        """The loss of one window.

        Args:
            model: is trained.
            window: as drawn, on the model's device.
            carried: from the window before.
            settings: of the objective, which may change from window to window.

        Returns:
            The losses, and what to carry on, without its history: truncated back-propagation cuts there.
        """
        mask, clean, following = window.mask, window.frames, window.ahead  # [T, B], [T, B, D], [A, B, D]
        initial = model.initial_state(len(window.fresh), mask.device, window.labels)
        state = carried.state.begun_anew(window.fresh, initial)
        disturbance = begin_anew(carried.disturbance, window.fresh, window.distortion)
        if self.distort:
            clean = distorted(clean, disturbance.distortion)
            following = distorted(following, disturbance.distortion)

        all_masks = torch.cat([mask, window.ahead_mask])  # [T + A, B]
        known = len(mask) + self.foresight
        future = torch.cat([clean, following])  # [T + A, B, D]
        seen, target, noise = self._with_noise(future[:known], disturbance.noise, window.input_noise)
        target, last_noise = target[: len(mask)], noise[len(mask) - 1]
        helps = {} if window.keep is None else {"keep": window.keep}
        terms, next_state = model.score(seen, all_masks[:known], state, window.noise, target, window.times, **helps)

        kl = terms.kl.sum() / mask.sum()
        kl_steps = kl if terms.whole is None else kl - terms.whole.kl.sum() / mask.sum()
        weight = window.kl_weight
        if self.squared_error is None:
            reconstruction = terms.nll.sum() / mask.sum()
            loss = reconstruction
        else:
            reconstruction, fit = self.squared_error(terms, target)
            weight = self.squared_error.weight
            loss = reconstruction + fit
        if model.latent:
            loss = loss + weight * _with_free_nats(kl_steps, terms, mask, settings.free_nats)
        loss = loss + self._of_whole_pieces(terms, window, clean, settings)
        if settings.pull > 0:
            loss = loss + settings.pull * _half_squared_error(terms, target, mask)
        if terms.extra is not None:
            loss = loss + terms.extra.sum() / mask.sum()
        far, ahead = self._looking_ahead(terms, self._targets(future, state, disturbance), all_masks, window, settings)
        next_carried = Carried(next_state, disturbance._replace(noise=last_noise)).each(Tensor.detach)
        return Losses(loss + ahead, reconstruction, kl, far, weight), next_carried

    def _of_whole_pieces(self, terms: Terms, window: Window, clean: Tensor, settings: ObjectiveSettings) -> Tensor:
        """What g adds to the loss, in nats per frame: its KL, and the outline that is told from it."""
        loss = terms.nll.new_zeros(())
        if terms.whole is None or window.whole_weight is None:
            return loss
        loss = loss + window.whole_weight * terms.whole.kl.sum()
        if self.outline is not None:
            loss = loss + settings.outline * self.outline(terms.whole.g, clean, window.mask)
        return loss / window.mask.sum()

    def _looking_ahead(
        self, terms: Terms, targets: Tensor, mask: Tensor, window: Window, settings: ObjectiveSettings
    ) -> tuple[Tensor, Tensor]:
        """The error of the extra task, and what such tasks add to the loss."""
        far = loss = terms.nll.new_zeros(())
        if self.look_ahead is not None:
            far = self.look_ahead(terms.h, targets, mask)
            loss = loss + settings.look_ahead * far
        if self.latent_look_ahead is not None and window.latent_look_ahead is not None:
            from_both = self.latent_look_ahead(torch.cat([terms.h, terms.z], -1), targets, mask)
            loss = loss + window.latent_look_ahead * from_both
        return far, loss

    def adapt(self, losses: Losses, settings: ObjectiveSettings) -> None:
        """After an update of the weights with these losses: what adapts to them, from the next window on."""
        if self.squared_error is not None:
            self.squared_error.adapt(losses.reconstruction, losses.kl, settings.kl_ratio)

    def _with_noise(self, clean: Tensor, before: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """The frames to see and to predict, and the noise on each position."""
        if self.step is None or noise is None:
            return clean, clean, before.new_zeros(*clean.shape[:2], 2)
        return *with_input_noise(clean, before, noise, self.step), noise

    def _targets(self, future: Tensor, state: State, disturbance: Disturbance) -> Tensor:
        """What the look-ahead predicts: true positions; where frames are not offsets, continuous columns, or keys."""
        if self.step is None or state.position is None:
            return future[..., : self.columns]
        start = state.position - disturbance.noise  # [B, 2], the true position before the window
        return start + future[..., :2].cumsum(0) * self.step  # [T + A, B, 2]


def _half_squared_error(terms: Terms, target: Tensor, mask: Tensor) -> Tensor:
    """Of the mean of Gaussians, per frame."""
    continuous = terms.output.continuous
    if not isinstance(continuous, DiagonalGaussian | LineGaussian):
        raise StudioError("objective.pull is for a likelihood of kind gaussian or line: set it to 0.")
    off = target[..., : continuous.mean.shape[-1]] - continuous.mean  # [T, B, C]
    return 0.5 * (off.square().sum(-1) * mask).sum() / mask.sum()


def _with_free_nats(kl: Tensor, terms: Terms, mask: Tensor, free_nats: float) -> Tensor:
    """max(kl, free nats), with a gradient for the prior in any case."""
    prior_kl = terms.prior_kl.sum() / mask.sum()
    return torch.where(kl > free_nats, kl, free_nats + prior_kl - prior_kl.detach())
