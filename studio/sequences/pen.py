"""Drawings as frames (dx, dy, pen): the representation of everything a pen draws."""

from __future__ import annotations

import math
from collections.abc import Iterable
from collections.abc import Sequence as Many
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import ArrayLike, NDArray

from studio.errors import StudioError
from studio.sequences.fitted import FittedRepresentation
from studio.sequences.material import Drawing, FloatArray, Stroke
from studio.sequences.resampling import resample_arc
from studio.sequences.sequence import FrameLayout, Frames, Sequence
from studio.sequences.spacing import Spacing
from studio.settings import Count, Positive, Settings, about

_FINE = 200.0  # points along the size of a drawing, for measuring it
LONG_TRACE = 200  # a single stroke of more frames than this goes on and on rather than being a drawing with an end


class PenSettings(Settings, frozen=True, tag_field="kind", tag="pen"):
    """How drawings become frames (dx, dy, pen)."""

    resample: Annotated[
        Literal["auto", "arc", "time", "none"],
        about(
            "points evenly spaced along the line (arc), evenly in time (time), as they came (none), or auto: "
            "as they came if they are already even, else along the line"
        ),
    ] = "auto"
    spacing: Annotated[
        float, Meta(ge=0.002, le=1), about("distance between resampled points, in the unit that spacing_unit says")
    ] = 0.06
    spacing_unit: Annotated[
        Literal["size", "deviation"],
        about(
            "what that distance is counted in: typical drawing sizes, or standard deviations of a drawing's positions; "
            "with these an offset of 1 is just that distance, as a base that was trained beforehand needs it"
        ),
    ] = "size"
    anchor: Annotated[
        Literal["page", "drawing", "start"],
        about(
            "what positions are measured from: the middle of all drawings (page) or of each (drawing), or the first "
            "point of each (start), so that nothing is known beforehand of what follows"
        ),
    ] = "drawing"
    ends: Annotated[
        Literal["auto", "yes", "no"],
        about("whether the model learns where a drawing ends; auto: yes unless drawings are long traces"),
    ] = "auto"


class PenConstants(Settings, frozen=True):
    """What `PenRepresentation.fit` found, in the units of the material."""

    centre: Annotated[
        tuple[float, float], about("the mean of the drawings' centres, or first points: where new drawings are put")
    ]
    scale: Annotated[Positive, about("standard deviation of the positions around their origin")]
    step: Annotated[Positive, about("root mean square of the offsets per coordinate, in that scale")]
    start: Annotated[tuple[float, float], about("the mean of the drawings' first positions, in that scale")]
    spacing: Annotated[Spacing, about("how far apart points are")]
    ends: Annotated[bool, about("whether frames have a column for the end of a drawing")]
    typical_length: Annotated[Count, about("frames of the longest drawing")]
    y_up: Annotated[bool | None, about("whether y grows upwards; none where the material does not say")]


class PenRepresentation(FittedRepresentation[PenSettings, PenConstants]):
    """Frames ``(dx, dy, pen[, end])`` of a drawing, as in sketch-rnn (Ha and Eck 2017) but without a start token.

    A point p of the material has the position (p - origin) / scale; the origin is the middle of the drawing's own
    bounding box, or of all drawings, or the drawing's first point (setting ``anchor``); the scale gives positions a
    standard deviation of one, the same for x and y. The offset of a frame leads from the position before it to its own,
    divided by ``step``, so that offsets, too, are of about unit size; that of the first frame leads from where drawings
    begin on average, or for traces without end from the origin; where the origin is the first point, it is zero.
    ``pen`` is 1 on the last point of a stroke; ``end`` is 1 on the last frame of a drawing. That column exists only
    where `ends` is true; where it is not, the last point of a trace is where somebody stopped looking, no lift of the
    pen, and ``pen`` is 0 there.

    ``decode(encode(m).frames)`` is `resampled` ``(m)``, moved from m's `origin` to the common centre, within 1e-3 of
    the material's size.
    """

    kinds = ("pen",)
    settings_type = PenSettings
    constants_type = PenConstants
    material = "drawings"

    def fit(self, materials: Iterable[Drawing]) -> None:
        """Find the constants of the normalisation, on the training part of the material only.

        Raises:
            StudioError: where there is no drawing, or times are needed and missing.
        """
        drawings = list(materials)
        if not drawings:
            raise StudioError("There are no drawings to learn from: draw some, or import a file.")
        y_up = prevailing_direction(drawings)
        drawings = [turned(drawing, y_up) for drawing in drawings]
        find = _beginning if self.settings.anchor == "start" else _middle
        centre = np.mean([find(drawing) for drawing in drawings], 0)
        spacing = self._spacing(drawings)
        by_page = self.settings.anchor == "page"
        origins = [centre if by_page else find(drawing) for drawing in drawings]
        drawings = [spacing.resampled(drawing) for drawing in drawings]
        positions = [drawing.points - origin for drawing, origin in zip(drawings, origins, strict=True)]
        scale = self._scale(positions)
        start = np.mean([points[0] for points in positions], 0) / scale
        offsets = np.concatenate([np.diff(points, axis=0) for points in positions]) / scale
        self._constants = PenConstants(
            centre=(float(centre[0]), float(centre[1])),
            scale=scale,
            step=self._step(offsets),
            start=(float(start[0]), float(start[1])),
            spacing=spacing,
            ends=_have_ends(drawings) if self.settings.ends == "auto" else self.settings.ends == "yes",
            typical_length=max(len(drawing) for drawing in drawings),
            y_up=y_up,
        )

    def _spacing(self, drawings: list[Drawing]) -> Spacing:
        """As `Spacing.fit` finds it; in standard deviations, these count for what a typical size is."""
        share = self.settings.spacing
        if self.settings.spacing_unit == "deviation":
            line = [resample_arc(drawing, drawing.size / _FINE or 1.0) for drawing in drawings]
            deviation = self._scale([drawing.points for drawing in line])
            found = Spacing.fit(drawings, self.settings.resample, share)
            return msgspec.structs.replace(found, distance=share * deviation)
        return Spacing.fit(drawings, self.settings.resample, share)

    def _scale(self, positions: list[FloatArray]) -> float:
        """The standard deviation of positions: of each drawing about its own mean, where each begins at its origin."""
        if self.settings.anchor == "start":
            return float(np.sqrt(np.mean([points.var(0).mean() for points in positions]))) or 1.0
        return float(np.sqrt(np.mean(np.concatenate(positions).var(0)))) or 1.0

    def _step(self, offsets: FloatArray) -> float:
        """The unit of offsets ``[N, 2]``, which are given in position units."""
        if self.settings.spacing_unit == "deviation":
            return self.settings.spacing
        return float(np.sqrt(np.mean(offsets**2))) or 1.0 if len(offsets) else 1.0

    @property
    def layout(self) -> FrameLayout:
        """Two offsets, then pen and perhaps end."""
        return FrameLayout(
            continuous=2,
            binary=2 if self.ends else 1,
            step=self.constants.step,
            starts_at_origin=self.settings.anchor == "start",
        )

    @property
    def centre(self) -> FloatArray:
        """Where new drawings are put, (x, y)."""
        return np.array(self.constants.centre)

    @property
    def scale(self) -> float:
        """The standard deviation of positions."""
        return self.constants.scale

    @property
    def y_up(self) -> bool | None:
        """As in `Drawing`."""
        return self.constants.y_up

    @property
    def nats_per_frame_offset(self) -> float:
        """What to add to a negative log likelihood per frame to get that of the offsets in the material's units."""
        return 2 * math.log(self.constants.scale * self.constants.step)

    @property
    def units(self) -> dict[str, float]:
        """The constants that a bound depends on, for display beside it: material units per frame unit."""
        constants = self.constants
        return {
            "position scale": constants.scale,
            "offset scale": constants.scale * constants.step,
            "nats per frame added": self.nats_per_frame_offset,
        }

    def origin(self, material: Drawing) -> FloatArray:
        """The point that positions in this drawing are measured from: (x, y), y as in the fitted material."""
        if self.settings.anchor == "page":
            return np.array(self.constants.centre)
        find = _beginning if self.settings.anchor == "start" else _middle
        return find(turned(material, self.constants.y_up))

    def resampled(self, material: Drawing) -> Drawing:
        """The drawing with its points spaced, and its y axis turned, as in the fitted material."""
        return self.constants.spacing.resampled(turned(material, self.constants.y_up))

    def encode(self, material: Drawing) -> Sequence:
        """A drawing as frames ``[T, D]``."""
        drawing = self.resampled(material)
        frames = self._frames(drawing, self.origin(material))
        if self.ends:
            frames[-1, 3] = 1
        else:
            frames[-1, 2] = 0
        return Sequence(frames, drawing.times, drawing.label, self._lines(material))

    def _lines(self, material: Drawing) -> tuple[FloatArray, ...] | None:
        """The strokes as they came, in position units, where points are spaced along the line."""
        if self.constants.spacing.method != "arc":
            return None
        drawing, origin = turned(material, self.constants.y_up), self.origin(material)
        return tuple((stroke.points - origin) / self.constants.scale for stroke in drawing.strokes)

    def encode_beginning(self, material: Drawing, *, growing: bool = False) -> tuple[Sequence, FloatArray]:
        """The beginning of a drawing as frames that another may follow upon: the pen is still down on the last.

        Its first point is known, and where positions are measured from it nothing else is needed. The middle of a
        drawing cannot be known from its beginning: where they are measured from there, it is taken to be where it would
        be if this one began where drawings begin on average.

        Args:
            material: the beginning.
            growing: whether it is being drawn now: then all frames but the last stay as they are while it grows.

        Returns:
            the frames ``[T, D]``, and the origin (x, y) that makes `decode` put them back where the material was.
        """
        origin = np.array(self.constants.centre)
        if self.settings.anchor == "start":
            origin = self.origin(material)
        if self.settings.anchor == "drawing":
            first = turned(material, self.constants.y_up).strokes[0].points[0]
            origin = first - self.constants.scale * np.array(self.constants.start)
        drawing = self.constants.spacing.of_beginning(turned(material, self.constants.y_up), growing=growing)
        frames = self._frames(drawing, origin)
        frames[-1, 2] = 0
        return Sequence(frames, drawing.times, drawing.label), origin

    @property
    def _first(self) -> FloatArray:
        """Where the pen is before the first frame, ``[2]``, in position units from the origin.

        Drawings with an end begin where drawings begin on average, so that their first offset is of ordinary size: one
        from the middle would be many times larger than all others, and is learned late and badly. Traces without end
        are entered anywhere, so for them it is the origin.
        """
        started = self.ends and self.settings.anchor != "start"
        return np.array(self.constants.start) if started else np.zeros(2)

    def _frames(self, drawing: Drawing, origin: FloatArray) -> Frames:
        """Of a drawing whose points are spaced already."""
        positions = (drawing.points - origin) / self.constants.scale - self._first  # [T, 2]
        frames = np.zeros((len(drawing), self.layout.width), np.float32)
        frames[:, :2] = np.diff(positions, axis=0, prepend=np.zeros((1, 2))) / self.constants.step
        frames[:, 2] = drawing.pen_up
        return frames

    def decode(self, frames: Frames, label: str = "", origin: ArrayLike | None = None) -> Drawing:
        """The drawing that frames ``[T, D]`` describe, up to its end where it has one.

        Args:
            frames: at least one.
            label: what the drawing shall be called.
            origin: where to put the origin of positions, in material units; None: the common centre of the training
                drawings. `origin` ``(m)`` puts m's frames back to where m was.
        """
        decoder = self.decoder(1)
        decoder.start(origin)
        points = decoder.points(np.asarray(frames)[:, None])[:, 0]  # [T, 4]
        points = points[points[:, 3] == 0]
        return Drawing.from_points(points[:, :2], points[:, 2], label=label, y_up=self.constants.y_up)

    def drawings(
        self, points: FloatArray, times: FloatArray | None = None, labels: Many[str] | None = None
    ) -> list[Drawing]:
        """What B pens have drawn; a pen that has drawn nothing gives none.

        Args:
            points: ``[N, B, 4]``, all that a decoder has given.
            times: are not looked at: frames of a pen merely follow one another.
            labels: of each; None: of none.
        """
        found = []
        for pen, label in zip(points.transpose(1, 0, 2), labels or [""] * points.shape[1], strict=True):
            drawn = pen[pen[:, 3] == 0]
            if len(drawn):
                found.append(Drawing.from_points(drawn[:, :2], drawn[:, 2], label=label, y_up=self.y_up))
        return found

    def decoder(self, count: int) -> PenDecoder:
        """Turns frames of several pens into points as they come."""
        constants = self.constants
        return PenDecoder(
            count, constants.scale * constants.step, constants.centre, self.ends, constants.scale * self._first
        )


class PenDecoder:
    """Frames of several pens to points in material units, chunk after chunk.

    Attributes:
        positions: ``[B, 2]`` where the pens are, in material units.
        ended: ``[B]`` whether each pen has finished its drawing.
    """

    def __init__(self, count: int, unit: float, centre: ArrayLike, ends: bool, first: ArrayLike = (0.0, 0.0)) -> None:
        self._unit = unit
        self._centre = np.asarray(centre, np.float64)
        self._first = np.asarray(first, np.float64)
        self._ends = ends
        self.positions: FloatArray = np.tile(self._centre + self._first, (count, 1))
        self.ended: NDArray[np.bool_] = np.zeros(count, bool)

    def start(self, position: ArrayLike | None = None, pens: ArrayLike | None = None) -> None:
        """Begin new drawings.

        Args:
            position: where the origin of positions shall be, in material units: (x, y), or one per pen started;
                None: the common centre.
            pens: the indices of the pens to start; None: all.
        """
        chosen = slice(None) if pens is None else np.asarray(pens)
        origin = self._centre if position is None else np.asarray(position, np.float64)
        self.positions[chosen] = origin + self._first
        self.ended[chosen] = False

    def points(self, frames: NDArray[np.floating[Any]], times: FloatArray | None = None) -> FloatArray:
        """The next points.

        Args:
            frames: ``[n, B, D]``, in continuation of those before.
            times: are not looked at: frames of a pen merely follow one another.

        Returns:
            ``[n, B, 4]``: x, y, whether the pen leaves the paper after this point, and whether the drawing had ended
            before it: such points are not part of it, and stay where the pen was.
        """
        frames = np.asarray(frames, np.float64)
        drawn = np.ones(frames.shape[:2], bool)
        stops = frames[..., 3] > 0.5 if self._ends else np.zeros_like(drawn)
        if len(frames):
            drawn[0] = ~self.ended
            drawn[1:] = ~np.logical_or.accumulate(self.ended | stops, axis=0)[:-1]
        result = np.empty((*drawn.shape, 4))
        offsets = np.where(drawn[..., None], frames[..., :2], 0.0) * self._unit
        result[..., :2] = self.positions + np.cumsum(offsets, axis=0)
        result[..., 2] = frames[..., 2] > 0.5
        result[..., 3] = ~drawn
        if len(frames):
            self.positions = result[-1, :, :2].copy()
            self.ended = self.ended | stops.any(0)
        return result


def _beginning(drawing: Drawing) -> FloatArray:
    point: FloatArray = drawing.strokes[0].points[0]
    return point


def _middle(drawing: Drawing) -> FloatArray:
    low, high = drawing.box
    return (low + high) / 2


def is_long_trace(drawing: Drawing) -> bool:
    """Whether this is a trace that goes on and on, by the spacing that is usual for its size."""
    if len(drawing.strokes) > 1:
        return False
    spaced = Spacing.fit([drawing], "arc", PenSettings().spacing).resampled(drawing)
    return len(spaced) > LONG_TRACE


def _have_ends(drawings: list[Drawing]) -> bool:
    long_traces = [len(drawing.strokes) == 1 and len(drawing) > LONG_TRACE for drawing in drawings]
    return bool(np.mean(long_traces) < 0.5)


def prevailing_direction(drawings: list[Drawing]) -> bool | None:
    """Whether y grows upwards in most drawings; None where none of them says."""
    known = [drawing.y_up for drawing in drawings if drawing.y_up is not None]
    return sum(known) * 2 > len(known) if known else None


def turned(drawing: Drawing, y_up: bool | None) -> Drawing:
    """The drawing with its y axis in that direction, where both are known."""
    if drawing.y_up is None or y_up is None or drawing.y_up == y_up:
        return drawing
    strokes = [Stroke(stroke.points * (1, -1), stroke.times, stroke.pressure) for stroke in drawing.strokes]
    return Drawing(tuple(strokes), drawing.label, y_up)
