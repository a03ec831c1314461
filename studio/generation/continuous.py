"""What only models of continuous time can tell: the field they follow, and where a curve was before it was observed."""

from __future__ import annotations

import numpy as np
import torch

from studio.errors import StudioError
from studio.generation.backdrop import Backdrop, Extrapolation, Field
from studio.models.latent_ode import LatentODE
from studio.models.neural_ode import NeuralODE
from studio.models.sequence_model import SequenceModel
from studio.sequences.batches import padded
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.points import PointsRepresentation
from studio.sequences.representations import AnyRepresentation

FIELD_SIDE = 48  # arrows along each side of the field
FIELD_REACH = 1.5  # of it to each side, in longer sides of the box that drawings lie in: a wide canvas shows so much
CURVE_POINTS = 200  # of a curve from its first point to its last
USUAL_REACH = 0.5  # how far it goes on to both sides, as a share of the time it was observed


def backdrop(
    model: SequenceModel,
    representation: AnyRepresentation,
    box: tuple[FloatArray, FloatArray],
    begin: Drawing | None = None,
) -> Backdrop | None:
    """What there is to see behind pens of this model; None where there is nothing.

    Args:
        model: is used as it is.
        representation: of the model.
        box: smallest and largest (x, y) between which drawings lie.
        begin: what the pens begin with.
    """
    if not isinstance(representation, PointsRepresentation):
        return None
    if isinstance(model, NeuralODE) and model.layout.continuous == 2:
        return vector_field(model, representation, box)
    if isinstance(model, LatentODE) and begin is not None:
        return extrapolated(model, representation, begin)
    return None


def vector_field(
    model: NeuralODE, representation: PointsRepresentation, box: tuple[FloatArray, FloatArray], side: int = FIELD_SIDE
) -> Field:
    """f of dx/dt = f(x) on a square grid around a box, ``side`` points along each side."""
    low, high = box
    reach = FIELD_REACH * float((high - low).max())
    along, spacing = np.linspace(-reach, reach, side, retstep=True)
    x, y = np.meshgrid(along, along)
    points = (low + high) / 2 + np.stack([x.ravel(), y.ravel()], 1)  # [N, 2]
    with torch.inference_mode():
        device = next(model.parameters()).device
        velocities = model.velocity(torch.from_numpy(representation.positions(points)).to(device)).cpu().double()
    units = representation.scale / representation.constants.time_unit
    return Field(points, velocities.numpy() * units, float(spacing))


def extrapolated(
    model: LatentODE,
    representation: PointsRepresentation,
    drawing: Drawing,
    before: float = USUAL_REACH,
    after: float = USUAL_REACH,
) -> Extrapolation:
    """The curve that the points of a drawing lie on, as the model sees it: for the mean of z(t_0), the mean of x.

    Args:
        model: is used as it is.
        representation: of the model.
        drawing: the points that were observed, at their times.
        before: for how long the curve is followed back beyond the first point, as a share of the time observed.
        after: likewise beyond the last.

    Raises:
        StudioError: there is but one point, or all are at the same time.
    """
    sequence, origin = representation.encode_beginning(drawing)
    assert sequence.times is not None
    duration = float(sequence.times[-1])
    if duration <= 0:
        raise StudioError("A curve cannot be told from one point: choose a drawing with points at several times.")
    batch = padded([sequence])
    assert batch.times is not None
    device = next(model.parameters()).device
    with torch.inference_mode():
        given = (torch.from_numpy(value).to(device) for value in (batch.frames, batch.mask, batch.times))
        z0 = model.infer(*given).mean  # [1, Z]

        def part(first: float, last: float) -> FloatArray | None:
            """The curve from one time to another, none of them on the other side of t_0."""
            if first == last:
                return None
            times = torch.linspace(first, last, max(2, round(CURVE_POINTS * (last - first) / duration)), device=device)
            ago = -times.flip(0)[:, None]
            z = model.moved_back(z0, ago).flip(0) if last <= 0 else model.moved(z0, times[:, None])  # [T, 1, Z]
            noise = z.new_zeros(*z.shape[:2], model.likelihood.noise_width)
            frames = model.likelihood.sample(model.decode(z), noise, 0.0)[:, 0].cpu().numpy()
            start = float(origin[0]) if representation.constants.series else None
            found: FloatArray = representation.drawing(frames, times.cpu().double().numpy(), start).points
            return found

        within = part(0.0, duration)
        assert within is not None
        return Extrapolation(
            observed=representation.resampled(drawing).points,
            before=part(-before * duration, 0.0),
            within=within,
            after=part(duration, (1 + after) * duration),
            y_up=representation.y_up,
            of_series=representation.constants.told,
        )
