"""Pens that draw while somebody watches: a thread that keeps a few frames ahead of whoever shows them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from studio.generation.alive import Alive
from studio.generation.backdrop import Backdrop, Field
from studio.generation.loaded import Loaded
from studio.generation.variance import Variance
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.materials import Material
from studio.sequences.representations import DrawingRepresentation

if TYPE_CHECKING:
    from studio.generation.sampler import Sampler
    from studio.sequences.pen import PenDecoder
    from studio.sequences.points import PointsDecoder
    from studio.sequences.sequence import Sequence as FrameSequence

_log = logging.getLogger(__name__)

# Frames drawn before they are asked for still have the old variance. Two reads ahead is 66 ms for a canvas at 30 Hz:
# enough to hide a hiccup, too little to be felt when a slider is moved.
_READS_AHEAD = 2
_FIRST_AHEAD = 8
_CHUNK = 16  # frames drawn between two looks at what else is wanted
_BOX_DRAWINGS = 100  # as many tell where drawings lie
_BOX_SHARE = 5.0  # per cent of the drawings that may stick out on each side


class LivePens(Alive):
    """Several pens side by side. No method ever waits for the model; all may be called from any thread.

    Args:
        load: gives the model with its newest weights; called in the background, at the beginning and at each restart.
        count: B, how many pens.
        length: frames at most; None: as many as the longest drawing of the material, and more after a long beginning.
        seed: not negative; the same seed, weights and variance give the same drawings.
        variance: how much chance, to begin with.
        begin: what every pen begins with; it stays where it is.
        label: what all shall show, where the model is told of labels.
        ends: two drawings, where the pens shall lead from the one to the other.

    Attributes:
        backdrop: what there is to see behind the pens, None while that is not known, or where there is nothing.
        error: one sentence where it cannot go on, else "".
        details: of a mistake in the studio: its traceback.
        remark: a sentence on the two ends; "" where there is nothing to be said.
    """

    _what = "pens"

    def __init__(
        self,
        load: Callable[[], Loaded],
        *,
        count: int,
        length: int | None = None,
        seed: int = 0,
        variance: Variance | None = None,
        begin: Drawing | None = None,
        label: str = "",
        ends: tuple[Drawing, Drawing] | None = None,
    ) -> None:
        self.count = count
        self.in_a_row = ends is not None
        self.remark = ""
        self.backdrop: Backdrop | None = None
        super().__init__(load, seed, variance, label)
        self._wanted_length = length
        self._begin = begin
        self._ends = ends
        self._stale = False  # whether the backdrop is older than the weights
        self._begin_frames: FrameSequence | None = None
        self._wake = threading.Condition()
        self._begin_anew()
        self._thread = threading.Thread(target=self._run, name="pens", daemon=True)
        self._thread.start()

    @property
    def finished(self) -> bool:
        """Whether all pens have ended and everything has been read."""
        with self._wake:
            return self._complete and self._position == len(self._points)

    @property
    def length(self) -> int:
        """Frames at most; 0 while that is not known."""
        if self._wanted_length is not None:
            return self._wanted_length
        return self._loaded.pens.length_after(self._given) if self._loaded else 0

    @property
    def _given(self) -> int:
        return 0 if self._begin_frames is None else len(self._begin_frames)

    @property
    def begin_frames(self) -> int:
        """How many frames at the beginning are the given one's."""
        return min(self._given, self.length)

    @property
    def box(self) -> tuple[FloatArray, FloatArray]:
        """Smallest and largest (x, y) between which drawings typically lie: a view in which nothing jumps."""
        return self._loaded.box if self._loaded else (np.full(2, -1.0), np.full(2, 1.0))

    @property
    def y_up(self) -> bool | None:
        """As in `Drawing`."""
        return self._loaded.pens.y_up if self._loaded else None

    @property
    def of_series(self) -> bool:
        """Whether x is time and y a value, which is no length."""
        return self._loaded is not None and self._loaded.of_series

    def read(self, frames: int) -> FloatArray:
        """New points of every pen, as many as are ready but at most ``frames``.

        Returns:
            ``[m, B, 4]``: x, y in the units of the material, whether the pen leaves the paper after the point, and
            whether the drawing had ended before it, so that the point is no part of it.
        """
        with self._wake:
            new = self._points[self._position : self._position + frames]
            self._position += len(new)
            self._ahead = _READS_AHEAD * frames
            self._wake.notify()
        return np.stack(new) if new else np.empty((0, self.count, 4))

    def restart(self, seed: int | None = None) -> None:
        """Begin anew with the newest weights, and with another seed if one is given."""
        with self._wake:
            if seed is not None:
                self._seed = seed
            self._begin_anew()
            self._wake.notify()

    @property
    def has_field(self) -> bool:
        """Whether a field stands behind the pens, that newer weights change."""
        return isinstance(self.backdrop, Field)

    def refresh(self) -> None:
        """Show the newest weights in what stands behind the pens; these go on with what they have."""
        with self._wake:
            self._stale = True
            self._wake.notify()

    @property
    def refreshing(self) -> bool:
        """Whether what `refresh` has asked for is yet to come."""
        return self._stale

    def drawings(self) -> list[Drawing]:
        """What has been read so far, pen by pen; a pen that has drawn nothing gives none."""
        with self._wake:
            points, times = self._points[: self._position], self._times[: self._position]
        if not points or self._loaded is None:
            return []
        return self._loaded.pens.drawings(np.stack(points), np.stack(times) if times else None)

    def materials(self) -> list[Material]:
        return [*self.drawings()]

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    def _begin_anew(self) -> None:
        self._points: list[FloatArray] = []  # one [B, 4] for each frame
        self._times: list[FloatArray] = []  # one [B] for each frame, where frames have times
        self._position = 0
        self._complete = False
        self._ahead = _FIRST_AHEAD
        self._pens: tuple[Sampler, PenDecoder | PointsDecoder] | None = None  # made by the thread

    def _run(self) -> None:
        with self._guarded():
            while self._wait():
                if self._stale:
                    self._renew_backdrop(self._load())
                if self._frames_wanted() > 0:
                    self._draw()

    def _wait(self) -> bool:
        """Until there is something to draw; False where there never will be."""
        with self._wake:
            self._wake.wait_for(lambda: self._closed or self._stale or self._frames_wanted() > 0)
            return not self._closed

    def _renew_backdrop(self, loaded: Loaded) -> None:
        from studio.generation.continuous import backdrop

        self._stale = False
        self.backdrop = backdrop(loaded.model, loaded.representation, loaded.box, self._begin)

    def _frames_wanted(self) -> int:
        if self._complete:
            return 0
        return min(_CHUNK, self._position + self._ahead - len(self._points))

    def _draw(self) -> None:
        with self._wake:
            points, pens, seed = self._points, self._pens, self._seed
            wanted = self._frames_wanted()
        if pens is None:
            pens = self._start(seed)
        sampler, decoder = pens
        count = max(min(wanted, self.length - len(points)), 0)
        new = decoder.points(sampler.frames(count, self._variance), sampler.times)
        new = new[~(new[..., 3] == 1).all(axis=1)]  # once all have ended there is nothing more to show
        with self._wake:
            if self._points is not points:
                return  # restarted meanwhile
            self._pens = pens
            points.extend(new)
            self._times.extend(() if sampler.times is None else sampler.times)
            self._complete = len(points) >= self.length or bool(decoder.ended.all())

    def _start(self, seed: int) -> tuple[Sampler, PenDecoder | PointsDecoder]:
        from studio.generation.sampler import Sampler
        from studio.generation.walk import why_not_alike

        loaded = self._load()
        representation = loaded.pens
        decoder = representation.decoder(self.count)
        if self._begin is not None:
            beginning, origin = representation.encode_beginning(self._begin)
            self._begin_frames = beginning
            decoder.start(origin)
        ends = None
        if self._ends is not None:
            ends = representation.encode(self._ends[0]), representation.encode(self._ends[1])
            self.remark = why_not_alike(loaded.model, representation, self._ends)
        self._renew_backdrop(loaded)
        self._loaded = loaded
        return Sampler(loaded.model, self.count, seed, self._begin_frames, self._label, ends), decoder


def typical_box(representation: DrawingRepresentation, drawings: Sequence[Drawing]) -> tuple[FloatArray, FloatArray]:
    """Where drawings of a representation lie once they are decoded: smallest and largest (x, y).

    Args:
        drawings: its material; where there is none, two and a half standard deviations around the centre.
    """
    centre, reach = representation.centre, 2.5 * representation.scale
    if not drawings:
        return centre - reach, centre + reach
    some = drawings[:: 1 + len(drawings) // _BOX_DRAWINGS]
    boxes = []
    for drawing in map(representation.resampled, some):
        low, high = drawing.box
        boxes.append((low - representation.origin(drawing), high - representation.origin(drawing)))
    lows, highs = np.asarray(boxes).transpose(1, 0, 2)
    return centre + np.percentile(lows, _BOX_SHARE, axis=0), centre + np.percentile(highs, 100 - _BOX_SHARE, axis=0)
