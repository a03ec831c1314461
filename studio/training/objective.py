"""What training minimises: the negative bound (11) of Chung et al., with the helps that a recipe asks for.

Or, where the recipe says so, squared errors (`studio.training.squared_error`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from studio.models.sequence_model import SequenceModel, State, Terms
from studio.sequences.batches import Batch
from studio.training.augmentation import Disturbance, begin_anew, distorted, with_input_noise
from studio.training.look_ahead import LookAhead
from studio.training.recipe import ObjectiveSettings
from studio.training.squared_error import SquaredError


class Carried(NamedTuple):
    """What goes on from one window to the next."""

    state: State
    disturbance: Disturbance

    def tensors(self) -> dict[str, Tensor]:
        """By name, for a checkpoint."""
        named = self.state._asdict() | self.disturbance._asdict()
        return {name: tensor for name, tensor in named.items() if tensor is not None}

    def restored(self, tensors: Mapping[str, Tensor]) -> Carried:
        """What `tensors` gave; or as it is, where there are more or fewer streams now, all of which then begin anew."""
        if tensors["h"].shape != self.state.h.shape:
            return self
        moved = {name: tensor.to(self.state.h.device) for name, tensor in tensors.items()}
        state = State(moved["h"], moved.get("cell"), moved.get("position"), moved.get("condition"))
        return Carried(state, Disturbance(moved["distortion"], moved["noise"]))


@dataclass(frozen=True)
class Losses:
    """Nats per frame, each a scalar; for squared errors, the reconstruction is that error in place of nats."""

    loss: Tensor  # what is minimised
    reconstruction: Tensor
    kl: Tensor
    look_ahead: Tensor
    kl_weight: Tensor


class Objective(nn.Module):
    """The loss of a window, as a function of the model.

        reconstruction + kl_weight * max(KL, free nats) + look_ahead * (the extra task)

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
        self.squared_error = SquaredError(settings.kl_start) if settings.kind == "mse" else None
        self.foresight = model.foresight

    @property
    def ahead(self) -> int:
        """How many frames after the window are needed."""
        tasks = [task.farthest for task in (self.look_ahead, self.latent_look_ahead) if task is not None]
        return max(self.foresight, *tasks, 0)

    def begin(self, model: SequenceModel, batch: int, device: torch.device | str) -> Carried:
        """What is carried into the first window."""
        return Carried(model.initial_state(batch, device), Disturbance.none(batch, device))

    def forward(
        self,
        model: SequenceModel,
        batch: Batch,
        carried: Carried,
        settings: ObjectiveSettings,
        kl_weight: float,
        input_noise: float,
        generator: torch.Generator,
        latent_look_ahead: float = 0.0,
    ) -> tuple[Losses, Carried]:
        """The loss of one window.

        Args:
            model: is trained.
            batch: of T frames of B streams.
            carried: from the window before.
            settings: of the objective, which may change from window to window.
            kl_weight: of the KL term; for squared errors there is another.
            input_noise: its standard deviation, in position units.
            generator: on the CPU; all noise comes from it, so that a seed gives the same training on any device.
            latent_look_ahead: weight of the extra task for h with z.

        Returns:
            The losses, and what to carry on.
        """
        device = carried.state.h.device
        fresh = torch.from_numpy(batch.fresh).to(device)  # [B]
        mask = torch.from_numpy(batch.mask).to(device)  # [T, B]
        clean = torch.from_numpy(batch.frames).to(device)  # [T, B, D]
        following = torch.from_numpy(batch.ahead).to(device)  # [A, B, D]
        initial = model.initial_state(len(fresh), device, torch.from_numpy(batch.labels))
        state = carried.state.detach().begun_anew(fresh, initial)
        disturbance = begin_anew(carried.disturbance, fresh, settings, generator)
        if self.distort:
            clean = distorted(clean, disturbance.distortion)
            following = distorted(following, disturbance.distortion)

        all_masks = torch.cat([mask, torch.from_numpy(batch.ahead_mask).to(device)])  # [T + A, B]
        known = len(mask) + self.foresight
        future = torch.cat([clean, following])  # [T + A, B, D]
        seen, target, noise = self._with_noise(future[:known], disturbance.noise, input_noise, generator)
        posterior_noise = torch.randn(*mask.shape, model.latent, generator=generator).to(device)  # [T, B, Z]
        target, last_noise = target[: len(mask)], noise[len(mask) - 1]
        times = None if batch.times is None else torch.from_numpy(batch.times).to(device)  # [T, B]
        terms, next_state = model.score(seen, all_masks[:known], state, posterior_noise, target, times)

        kl = terms.kl.sum() / mask.sum()
        weight = kl.new_tensor(kl_weight)
        if self.squared_error is None:
            reconstruction = terms.nll.sum() / mask.sum()
            loss = reconstruction
        else:
            reconstruction, fit = self.squared_error(terms, target)
            weight = self.squared_error.adapted(reconstruction, kl, settings.kl_ratio)
            loss = reconstruction + fit
        if model.latent:
            loss = loss + weight * _with_free_nats(kl, terms, mask, settings.free_nats)
        if terms.extra is not None:
            loss = loss + terms.extra.sum() / mask.sum()
        far = reconstruction.new_zeros(())
        targets = self._targets(future, state, disturbance)
        if self.look_ahead is not None:
            far = self.look_ahead(terms.h, targets, all_masks)
            loss = loss + settings.look_ahead * far
        if self.latent_look_ahead is not None and latent_look_ahead > 0:
            from_both = self.latent_look_ahead(torch.cat([terms.h, terms.z], -1), targets, all_masks)
            loss = loss + latent_look_ahead * from_both
        return Losses(loss, reconstruction, kl, far, weight), Carried(
            next_state, disturbance._replace(noise=last_noise)
        )

    def _with_noise(
        self, clean: Tensor, before: Tensor, sigma: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The frames to see and to predict, and the noise on each position."""
        if self.step is None or sigma == 0:
            return clean, clean, before.new_zeros(*clean.shape[:2], 2)
        noise = sigma * torch.randn(*clean.shape[:2], 2, generator=generator).to(clean)  # [T, B, 2]
        return *with_input_noise(clean, before, noise, self.step), noise

    def _targets(self, future: Tensor, state: State, disturbance: Disturbance) -> Tensor:
        """What the look-ahead predicts: true positions; where frames are not offsets, continuous columns, or keys."""
        if self.step is None or state.position is None:
            return future[..., : self.columns]
        start = state.position - disturbance.noise  # [B, 2], the true position before the window
        return start + future[..., :2].cumsum(0) * self.step  # [T + A, B, 2]


def _with_free_nats(kl: Tensor, terms: Terms, mask: Tensor, free_nats: float) -> Tensor:
    """max(kl, free nats), with a gradient for the prior in any case."""
    prior_kl = terms.prior_kl.sum() / mask.sum()
    return torch.where(kl > free_nats, kl, free_nats + prior_kl - prior_kl.detach())
