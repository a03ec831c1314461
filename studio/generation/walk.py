"""A walk in g, the latent variable of a whole piece: what lies between one piece and another.

    g(s) = (1 - a(s)) g_1 + a(s) g_2,    0 <= s <= 1

g_1 and g_2 are the means of q(g | x) of the two. Of drawings, a(s) is such that equal steps of s are equal changes of
what is drawn. Pens draw at `PLACES` places of the walk side by side, with no chance; a change is how far two
neighbours are apart, frame by frame, where a pen that is done stays at its end; a(s) is where the share s of the sum of
the changes is reached. For other material a(s) = s.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from studio.errors import StudioError
from studio.evaluation.whole_map import Place, WholeMap
from studio.generation.live_point import NO_WHOLE, Route
from studio.generation.stepper import Stepper
from studio.generation.whole import Chosen, steady_noise
from studio.models.sequence_model import SequenceModel
from studio.models.vrnn import VRNN, has_whole
from studio.sequences.batches import padded
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.representations import DrawingRepresentation
from studio.sequences.sequence import Sequence as FrameSequence

PLACES = 33
MOST_FRAMES = 2.0  # times the longer of the two, for drawings on the way
NOT_ALIKE = "These two are drawn in different ways, so what lies between them may be no drawing of either kind."


class Walk:
    """From one piece to another.

    Args:
        model: has g.
        first, last: the ends.

    Attributes:
        alike: whether both are of one group of the prior, where all that lies between them is drawn as they are.
    """

    def __init__(self, model: VRNN, first: FrameSequence, last: FrameSequence) -> None:
        self._model = model
        self._frames = int(MOST_FRAMES * max(len(first), len(last)))
        with torch.inference_mode():
            self._ends = torch.cat([_mean(model, piece) for piece in (first, last)])  # [2, G]
            first_group, last_group = model.whole_prior.nearest(self._ends).tolist()
        self.alike = bool(first_group == last_group)

    def at(self, shares: FloatArray) -> Chosen:
        """What lies at these shares of the walk, ``[B]`` from 0 to 1."""
        with torch.inference_mode():
            g = self._straight(np.interp(shares, self._reached, np.linspace(0, 1, len(self._reached))))
            return Chosen(g, self._model.whole_prior.nearest(g))

    def _straight(self, along: FloatArray) -> Tensor:
        """``[B] -> [B, G]``."""
        return torch.lerp(self._ends[0], self._ends[1], torch.from_numpy(along).to(self._ends)[:, None])

    @cached_property
    def _reached(self) -> FloatArray:
        """The share of all changes that is reached at places evenly along the straight line, from 0 to 1."""
        if self._model.layout.step is None:
            return np.linspace(0, 1, 2)
        changes = self._changes().cpu().double().numpy()
        changes += changes.mean() * 1e-6 + 1e-12  # it grows, so that it can be inverted
        reached = np.concatenate([[0.0], np.cumsum(changes)])
        return np.asarray(reached / reached[-1])

    def _changes(self) -> Tensor:
        """How far the pen is apart at neighbouring places, on the mean over frames, ``[PLACES - 1]``."""
        model = self._model
        g = self._straight(np.linspace(0, 1, PLACES))
        state = model.with_whole(model.initial_state(PLACES, g.device), g)
        noise = torch.from_numpy(steady_noise(model, self._frames, PLACES)).to(g)
        x, _ = Stepper(model).generate(state, noise, 0.0, 0.0)
        ends = x[..., -1] if model.layout.binary > 1 else torch.zeros_like(x[..., 0])
        going = ends.cumsum(0) - ends == 0  # [T, PLACES]
        pen = (x[..., :2] * going[..., None]).cumsum(0)  # [T, PLACES, 2]
        apart = (pen[:, 1:] - pen[:, :-1]).norm(dim=-1)
        either = going[:, 1:] | going[:, :-1]
        changes: Tensor = (apart * either).sum(0) / either.sum(0)
        return changes


def _mean(model: VRNN, piece: FrameSequence) -> Tensor:
    """Of q(g | x), ``[1, G]``."""
    batch, device = padded([piece]), model.whole_prior.means.device
    frames, mask = torch.from_numpy(batch.frames).to(device), torch.from_numpy(batch.mask).to(device)
    return model.infer_whole(frames, mask).mean


def between(model: VRNN, first: FrameSequence, last: FrameSequence, count: int) -> Chosen:
    """Pieces at even steps of the walk, both ends included."""
    return Walk(model, first, last).at(np.linspace(0, 1, count))


def why_not_alike(model: SequenceModel, representation: DrawingRepresentation, ends: tuple[Drawing, Drawing]) -> str:
    """What is to be said of two drawings before a walk, in a sentence; "" where they are drawn alike."""
    if not has_whole(model):
        return ""
    first, last = map(representation.encode, ends)
    return "" if Walk(model, first, last).alike else NOT_ALIKE


def walk_on_map(model: SequenceModel, chart: WholeMap, first: FrameSequence, last: FrameSequence) -> Route:
    """A walk as points ``[1]`` of a route, from 0 to 1; what lies there is found at its place on a map.

    Raises:
        StudioError: the model has no g.
    """
    if not has_whole(model):
        raise StudioError(NO_WHOLE)
    walk = Walk(model, first, last)

    def place(point: FloatArray) -> Place:
        walked = walk.at(point)
        g = walked.g[0].cpu().double().numpy()
        return Place(chart.project(g), g, int(walked.group[0]))

    return Route(chart.labels, place, "" if walk.alike else NOT_ALIKE)
