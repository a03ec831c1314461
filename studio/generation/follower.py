"""A model that follows a drawing while a person makes it, and says at any moment what may come next.

What has been drawn is followed once, frame by frame, as soon as its frames are certain; only the last one, at the tip
of the pen, is followed anew for every place where the pen is. Where the model has g, many draws of it are followed,
weighed by how likely they make what was drawn, and the futures are those of draws taken by weight.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.errors import StudioError
from studio.generation.sampler import chosen_labels
from studio.generation.stepper import Stepper
from studio.generation.variance import Variance
from studio.generation.whole import Draws
from studio.models.sequence_model import SequenceModel, State
from studio.models.vrnn import VRNN, has_whole
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.pen import PenRepresentation
from studio.sequences.representations import DrawingRepresentation
from studio.sequences.sequence import Frames

DRAWS = 128  # of g: fewer than for a beginning, since they are followed at every step of the pen
_CHANCE, _AHEAD, _PICKS = 4, 5, 6  # after the seed: streams of chance of their own


class _Followers(Protocol):
    """What is followed: states, of which some are chosen."""

    state: State

    def follow(self, frames: Frames) -> None: ...
    def choose(self, uniform: NDArray[np.float64]) -> Tensor: ...


class Follower:
    """Not to be called from several threads at a time.

    Args:
        model: is used as it is.
        representation: of the model.
        count: B, how many futures.
        variance: how much chance.
        seed: not negative.
        label: what the drawing shall show, see `Sampler`.

    Raises:
        StudioError: the model does not draw with a pen, or cannot go on from a beginning.
    """

    def __init__(
        self,
        model: SequenceModel,
        representation: DrawingRepresentation,
        count: int,
        *,
        variance: Variance,
        seed: int,
        label: str = "",
    ) -> None:
        if not isinstance(representation, PenRepresentation) or not model.goes_on or model.one_latent:
            raise StudioError("This model cannot say where a pen may go: choose a run that draws with a pen.")
        self._model, self._representation, self._count = model, representation, count
        self._variance, self._seed, self._label = variance, seed, label
        self._stepper = Stepper(model)
        places = np.random.default_rng([seed, _PICKS]).random(count)
        self._picks = (np.arange(count) + places) / count  # spread over the weights
        self._chance = np.random.default_rng([seed, _AHEAD])
        self._noise: Tensor | None = None
        self._tip_noise = self._drawn(1, model.posterior_noise_width)
        with torch.inference_mode():
            self._begin()

    def futures(self, drawing: Drawing, frames: int) -> FloatArray:
        """What may follow, ``[n, B, 4]`` as `LivePens.read` gives it, in the units of the drawing, its y as there.

        Args:
            drawing: as far as it is drawn; the pen is at its last point, and down.
            frames: n.
        """
        seen = self._representation.encode_beginning(drawing, growing=True)[0].frames
        with torch.inference_mode():
            self._follow(seen[:-1])
            state = self._at_tip(seen[-1:])
            x, _ = self._stepper.generate(state, self._ahead(frames), self._variance.latent, self._variance.output)
        return self._points(drawing, x.cpu().numpy())

    def _begin(self) -> None:
        self._seen = np.zeros((0, self._model.layout.width), np.float32)
        self._chosen: State | None = None  # of the followers, those that the futures go on from
        random = np.random.default_rng([self._seed, _CHANCE])
        if has_whole(self._model):
            scale = self._variance.of_whole
            self._followers: _Followers = Draws(self._model, DRAWS, random, scale, self._label or None)
        else:
            self._followers = _Alike(
                self._model, chosen_labels(self._model, self._label, self._count, self._seed), random
            )

    def _follow(self, certain: Frames) -> None:
        """All that is certain; from the beginning, where it is another drawing than before."""
        known = len(self._seen)
        if not np.array_equal(certain[:known], self._seen):
            self._begin()
            known = 0
        if len(certain) > known:
            self._followers.follow(certain[known:])
            self._seen, self._chosen = certain.copy(), None

    def _at_tip(self, frame: Frames) -> State:
        """The states of those that are chosen, after the last frame ``[1, D]``."""
        if self._chosen is None:
            which = self._followers.choose(self._picks)
            self._chosen = self._followers.state.each(lambda value: value[which])
        state = self._chosen
        x = torch.from_numpy(frame).to(state.h)[:, None].expand(-1, self._count, -1)  # [1, B, D]
        if isinstance(self._model, VRNN) and self._model.future is None:
            return self._model.observe_step(x[0], state, self._tip_noise[0, :, : self._model.latent])
        return self._model.score(x, torch.ones_like(x[..., 0]), state, self._tip_noise)[1]

    def _ahead(self, frames: int) -> Tensor:
        if self._noise is None or len(self._noise) != frames:
            self._noise = self._drawn(frames, self._model.noise_width)
        return self._noise

    def _drawn(self, frames: int, width: int) -> Tensor:
        noise = self._chance.standard_normal((frames, self._count, width)).astype(np.float32)
        return torch.from_numpy(noise).to(next(self._model.parameters()).device)

    def _points(self, drawing: Drawing, frames: Frames) -> FloatArray:
        """Frames ``[n, B, D]`` from the tip of the pen on."""
        tip, y_up = drawing.strokes[-1].points[-1], self._representation.y_up
        mirrored = np.array([1.0, -1.0 if None not in (drawing.y_up, y_up) and drawing.y_up != y_up else 1.0])
        decoder = self._representation.decoder(self._count)
        decoder.positions[:] = tip * mirrored
        points = decoder.points(frames)
        points[..., :2] *= mirrored
        return points


class _Alike:
    """The same for models without g: one state for each future, none of them likelier than another."""

    def __init__(self, model: SequenceModel, labels: list[str], random: np.random.Generator) -> None:
        self._model, self._random = model, random
        self.state = model.labelled_state(labels, next(model.parameters()).device)
        self._count = len(labels)

    def follow(self, frames: Frames) -> None:
        x = torch.from_numpy(frames).to(self.state.h)[:, None].expand(-1, self._count, -1)  # [n, B, D]
        noise = self._random.standard_normal((*x.shape[:2], self._model.posterior_noise_width))
        _, self.state = self._model.score(x, torch.ones_like(x[..., 0]), self.state, torch.from_numpy(noise).to(x))

    def choose(self, uniform: NDArray[np.float64]) -> Tensor:
        return torch.arange(len(uniform), device=self.state.h.device)
