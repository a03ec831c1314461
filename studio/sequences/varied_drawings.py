"""Many drawings out of a few: mixtures of two that are drawn alike, made a little larger, turned, sheared and bent.

What is varied are the lines themselves, not their frames: points are spaced anew on every new line. Drawings are mixed
only with those of the same label that are drawn alike (`studio.sequences.alignment`), so no shape turns into another.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from copy import copy
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from studio.sequences.alignment import Alignments, Lines, Partner, evenly, groups_of, lines_of
from studio.sequences.batches import Batch, BatchSource, Sequences, padded
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.material import FloatArray
from studio.sequences.resampling import arc_length
from studio.sequences.sequence import FrameLayout, Frames, Sequence
from studio.settings import NotNegative, Settings, Share, about

BATCHES_AHEAD = 4  # made at a time and sorted by length, so that hardly a frame of a batch is empty
_WAVES, _WAVE_NUMBER = 3, 1.2  # of the smooth displacement, and how many of them fit into a drawing
_OWN_SHARE = 0.5  # at least so much of a mixture is the drawing itself


class VariationSettings(Settings, frozen=True):
    """How drawings are varied each time that they are trained on, for training.batches varied."""

    mix: Annotated[Share, about("share of drawings that are mixtures of two that are drawn alike")] = 0.8
    reach: Annotated[
        Share, about("how far a mixture may go beyond the drawing, away from the other, as a share of the way between")
    ] = 0.5
    scale: Annotated[NotNegative, about("standard deviation of the size's logarithm; half as much per axis")] = 0.1
    shear: Annotated[NotNegative, about("standard deviation of the shear")] = 0.08
    turn: Annotated[float, Meta(ge=0, le=180), about("standard deviation of the turn, in degrees")] = 7.0
    bend: Annotated[NotNegative, about("standard deviation of a smooth displacement, in position units")] = 0.09
    mild: Annotated[
        Share, about("share of all of these with which the prior of the whole piece is fitted after training")
    ] = 0.5

    def reduced(self) -> VariationSettings:
        """Those for fitting the prior."""
        return VariationSettings(
            mix=self.mix,
            reach=self.reach * self.mild,
            scale=self.scale * self.mild,
            shear=self.shear * self.mild,
            turn=self.turn * self.mild,
            bend=self.bend * self.mild,
            mild=self.mild,
        )


class VariedDrawings(BatchSource):
    """Batches of whole drawings, each varied anew; every drawing is taken once per epoch.

    Args:
        sequences: at least one, of pen frames.
        batch: B.
        seed: decides everything that is left to chance.
        layout: of the frames.
        spacing: of points, in position units.
        settings: how much is varied.
        vocabulary: of the labels that batches tell of.

    Attributes:
        groups: ``[N]``, for each sequence the group of those that are drawn alike; where drawings are not mixed, of
            those of its label.
        taken: ``[B]``, from which sequence each drawing of the latest batch was made.
    """

    def __init__(
        self,
        sequences: Sequences,
        batch: int,
        seed: int,
        *,
        layout: FrameLayout,
        spacing: float,
        settings: VariationSettings,
        vocabulary: Vocabulary = NO_LABELS,
    ) -> None:
        self._count, self._layout, self._spacing, self._settings = batch, layout, spacing, settings
        self._known: dict[int, tuple[Sequence, list[FloatArray], Lines]] = {}
        self._alignments = Alignments()
        super().__init__(sequences, seed, 0, vocabulary)
        self._queue: list[int] = []
        self._ready: list[list[tuple[int, Frames]]] = []
        self._before = self._position()

    def _take(self, sequences: Sequences) -> None:
        super()._take(sequences)
        known = self._known  # a sequence that was there before is the same object, and its lines are the same
        self._known = {
            id(sequence): known.get(id(sequence)) or (sequence, *_lines_in(sequence, self._layout))
            for sequence in sequences
        }
        self._strokes = [self._known[id(sequence)][1] for sequence in sequences]
        self._lines = [self._known[id(sequence)][2] for sequence in sequences]
        labels = [sequence.label for sequence in sequences]
        partners: list[list[Partner]] = [[] for _ in sequences]
        _, self.groups = np.unique(labels, return_inverse=True)
        if self._settings.mix > 0:
            partners = self._alignments.partners_of(self._lines, list(map(id, sequences)))
            self.groups = groups_of(partners, labels)
        self._partners = [
            [partner for partner in row if labels[partner.index] == labels[index]] for index, row in enumerate(partners)
        ]

    def label(self, index: int) -> str:
        """Of a sequence."""
        return self._sequences[index].label

    def reduced(self, batch: int, seed: Many[int]) -> VariedDrawings:
        """The same drawings, varied less, with other chance."""
        result = copy(self)
        result._count, result._settings = batch, self._settings.reduced()
        result._random = np.random.default_rng(seed)
        result._queue, result._ready = [], []
        return result

    def next(self) -> Batch:
        """The next batch."""
        if not self._ready:
            self._before = self._position()
            self._ready = self._made()
        made = self._ready.pop()
        self.taken = np.array([index for index, _ in made])
        sequences = [Sequence(frames, None, self._sequences[index].label) for index, frames in made]
        batch = padded(sequences)
        labels = self._vocabulary.indicators([sequence.label for sequence in sequences])
        return Batch(batch.frames, batch.mask, batch.fresh, batch.ahead, batch.ahead_mask, labels)

    def replace(self, sequences: Sequences) -> None:
        """Go on with other material, from the next batch on."""
        self._take(sequences)
        self._queue, self._ready = [], []

    def state_dict(self) -> dict[str, Any]:
        """All that `load_state_dict` needs to go on with the very next batch, as JSON values.

        Batches that lie ready are made again from where chance stood before them.
        """
        before = self._before if self._ready else self._position()
        return {**self._state(), **before, "left": len(self._ready)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where the batches were that gave this state, where the material is the same."""
        self._queue, self._ready = [], []
        if not self._resume(state):
            return
        self._queue = list(state["queue"])
        if state["left"]:
            self._before = self._position()
            self._ready = self._made()[: state["left"]]

    def _position(self) -> dict[str, Any]:
        return {"random": self._random.bit_generator.state, "queue": list(self._queue)}

    def _made(self) -> list[list[tuple[int, Frames]]]:
        """Some batches, each of drawings of about the same length."""
        made = [self._new() for _ in range(BATCHES_AHEAD * self._count)]
        made.sort(key=lambda drawing: len(drawing[1]))
        order = self._random.permutation(BATCHES_AHEAD)
        return [made[place * self._count : (place + 1) * self._count] for place in order]

    def _new(self) -> tuple[int, Frames]:
        if not self._queue:
            self._queue = self._random.permutation(len(self._sequences)).tolist()
        index = self._queue.pop()
        return index, self._frames(self._varied(index))

    def _varied(self, index: int) -> list[FloatArray]:
        """The strokes of a new drawing, in position units."""
        settings, random = self._settings, self._random
        strokes = self._strokes[index]
        if self._partners[index] and random.random() < settings.mix:
            partner = self._partners[index][random.integers(len(self._partners[index]))]
            weight = random.uniform(-settings.reach, _OWN_SHARE)
            strokes = _mixed(self._lines[index], self._lines[partner.index], partner, weight)
        size = np.exp(settings.scale * random.normal() + settings.scale / 2 * random.normal(size=2))
        angle = np.radians(settings.turn) * random.normal()
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        matrix = turn @ np.array([[1, settings.shear * random.normal()], [0, 1]]) @ np.diag(size)
        waves = _WAVE_NUMBER * random.normal(size=(2, _WAVES))
        phase = random.uniform(0, 2 * np.pi, _WAVES)
        push = settings.bend * random.normal(size=(_WAVES, 2))
        return [(stroke + np.sin(stroke @ waves + phase) @ push) @ matrix.T for stroke in strokes]

    def _frames(self, strokes: Many[FloatArray]) -> Frames:
        """As `PenRepresentation.encode` makes them, from strokes in position units."""
        spaced = [self._spaced(stroke) for stroke in strokes]
        points = np.concatenate(spaced)
        frames = np.zeros((len(points), self._layout.width), np.float32)
        frames[1:, :2] = np.diff(points, axis=0) / (self._layout.step or 1.0)
        frames[np.cumsum([len(line) for line in spaced]) - 1, 2] = 1
        if self._layout.binary > 1:
            frames[-1, 3] = 1
        else:
            frames[-1, 2] = 0
        return frames

    def _spaced(self, stroke: FloatArray) -> FloatArray:
        length = float(arc_length(stroke)[-1])
        return evenly(stroke, max(1, round(length / self._spacing)) + 1) if length > 0 else stroke[:1]


def strokes_of(sequence: Sequence, layout: FrameLayout) -> list[FloatArray]:
    """The strokes of pen frames, in position units: as they came where that is known, else from the frames."""
    if sequence.lines is not None:
        return list(sequence.lines)
    points = np.cumsum(sequence.frames[:, :2], axis=0, dtype=np.float64) * (layout.step or 1.0)
    return np.split(points, np.flatnonzero(sequence.frames[:-1, 2]) + 1)


def _lines_in(sequence: Sequence, layout: FrameLayout) -> tuple[list[FloatArray], Lines]:
    """Its strokes, and the same as they are aligned."""
    strokes = _centred(strokes_of(sequence, layout))
    return strokes, lines_of(strokes)


def _centred(strokes: Many[FloatArray]) -> list[FloatArray]:
    """Measured from the middle of the box, so that drawings of a shape lie upon each other."""
    points = np.concatenate(list(strokes))
    middle = (points.min(0) + points.max(0)) / 2
    return [stroke - middle for stroke in strokes]


def _mixed(own: Many[FloatArray], other: Many[FloatArray], partner: Partner, weight: float) -> list[FloatArray]:
    """(1 - weight) of the own line and weight of the other, point by point as they go together."""
    result = []
    for line, its, way in zip(own, other, partner.ways, strict=True):
        index: NDArray[np.float64] = np.arange(len(its), dtype=np.float64)
        found = np.stack([np.interp(way, index, its[:, 0]), np.interp(way, index, its[:, 1])], 1)
        result.append((1 - weight) * line + weight * found)
    return result
