"""Sequences as batches: whole, for evaluation, or window after window, for truncated back-propagation through time."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import Frames, Sequence

Sequences = collections.abc.Sequence[Sequence]


@dataclass(frozen=True, eq=False)
class Batch:
    """The same stretch of time of B sequences; what lies outside a sequence is zero.

    Attributes:
        frames: ``[W, B, D]``.
        mask: ``[W, B]``, 1 where a frame is one of its sequence's.
        fresh: ``[B]``, True where the first frame begins a sequence, so that no state may be carried on to it.
        ahead: ``[A, B, D]``, the frames that follow upon the window in the same sequence.
        ahead_mask: ``[A, B]``.
        labels: ``[B, V]``, 1 for each thing that the label of a stream's sequence names; V = 0 where nobody asks.
        times: ``[W, B]``, those of the sequences; after a sequence's end, that of its last frame. None where sequences
            have none.
    """

    frames: Frames
    mask: NDArray[np.float32]
    fresh: NDArray[np.bool_]
    ahead: Frames
    ahead_mask: NDArray[np.float32]
    labels: NDArray[np.float32]
    times: NDArray[np.float32] | None = None


def split(count: int, share: float, seed: int) -> tuple[list[int], list[int]]:
    """Which of so many items are trained on, and which are held back to measure progress.

    Args:
        count: how many items there are.
        share: of them to hold back, 0 to 1; at least one is trained on, and one held back unless the share is 0 or
            there is but one item.
        seed: decides which.

    Returns:
        the indices of the training part and of the validation part, each in order.
    """
    held_back = min(max(1, round(count * share)), count - 1) if share > 0 and count > 1 else 0
    order = np.random.default_rng(seed).permutation(count)
    return sorted(order[held_back:].tolist()), sorted(order[:held_back].tolist())


def padded(sequences: Sequences) -> Batch:
    """Whole sequences side by side, ``W`` being the longest."""
    longest = max(len(sequence) for sequence in sequences)
    batch = empty_batch(longest, len(sequences), 0, sequences[0].frames.shape[1], timed=are_timed(sequences))
    for b, sequence in enumerate(sequences):
        Walk(sequence).advance(b, batch)
    batch.fresh[:] = True
    return batch


@dataclass
class Walk:
    """Where one stream is: in which sequence, where it entered, and the next frame."""

    sequence: Sequence | None = None
    entry: int = 0
    position: int = 0

    @property
    def over(self) -> bool:
        """Whether there is no frame left."""
        return self.left == 0

    @property
    def left(self) -> int:
        """How many frames there are left."""
        return 0 if self.sequence is None else max(0, len(self.sequence) - self.position)

    @property
    def label(self) -> str:
        """Of the sequence."""
        return "" if self.sequence is None else self.sequence.label

    def advance(self, b: int, batch: Batch) -> None:
        """Put the next window into a batch's stream b, with what follows upon it."""
        assert self.sequence is not None
        frames, window = self.sequence.frames, len(batch.frames)
        piece = frames[self.position : self.position + window]
        batch.frames[: len(piece), b] = piece
        batch.mask[: len(piece), b] = 1
        if batch.times is not None and self.sequence.times is not None:
            times = self.sequence.times[self.position : self.position + window]
            batch.times[: len(times), b] = times
            batch.times[len(times) :, b] = self.sequence.times[-1]
        self.position += window
        following = frames[self.position : self.position + len(batch.ahead)]
        batch.ahead[: len(following), b] = following
        batch.ahead_mask[: len(following), b] = 1


class BatchSource:
    """What all have in common that make one batch after another for training.

    Args:
        sequences: at least one.
        seed: decides what is left to chance.
        ahead: A, how many of the frames after a window come with it.
        vocabulary: of the labels that batches tell of.

    Raises:
        ValueError: there is no sequence.
    """

    def __init__(self, sequences: Sequences, seed: int, ahead: int, vocabulary: Vocabulary) -> None:
        self._ahead = ahead
        self._vocabulary = vocabulary
        self._random = np.random.default_rng(seed)
        self._take(sequences)

    def _take(self, sequences: Sequences) -> None:
        if not sequences:
            raise ValueError("there must be at least one sequence")
        self._sequences = list(sequences)

    def _batch_for(self, window: int, walks: list[Walk]) -> Batch:
        """A batch without frames that walks can put theirs into; what their labels name is there already."""
        result = empty_batch(
            *(window, len(walks), self._ahead, self._sequences[0].frames.shape[1], len(self._vocabulary)),
            timed=are_timed(self._sequences),
        )
        result.labels[:] = self._vocabulary.indicators([walk.label for walk in walks])
        return result

    def _state(self) -> dict[str, Any]:
        """What tells the material, and where chance stands."""
        lengths = [len(sequence) for sequence in self._sequences]
        return {"lengths": lengths, "random": self._random.bit_generator.state}

    def _resume(self, state: dict[str, Any]) -> bool:
        """Let chance stand where it stood; whether the material is the same, told by the lengths of its sequences."""
        self._random.bit_generator.state = state["random"]
        return bool(state["lengths"] == [len(sequence) for sequence in self._sequences])


class WindowStream(BatchSource):
    """B streams of windows, each walking through one sequence at a time; the state of the model goes with the stream.

    A stream that reaches the end of its sequence takes another with the next window; so no window holds two of them.
    Sequences are taken in random order, all of them once per epoch, whichever stream takes them.

    Args:
        sequences: at least one.
        batch: B, how many streams.
        window: W, frames per window; never more than the longest sequence has.
        seed: decides the order and, for endless material, where traces are entered.
        ahead: A, how many of the frames after a window come with it.
        endless: for traces of pen offsets that go on and on: those longer than two windows are entered at a random
            frame, as if they began there.
        offsets: whether the first two columns are offsets; the frame at which a trace is entered then holds that from
            the origin, as a first frame does.
        vocabulary: of the labels that batches tell of.

    Attributes:
        epoch: how often all sequences have been taken.
    """

    def __init__(
        self,
        sequences: Sequences,
        batch: int,
        window: int,
        seed: int,
        ahead: int = 0,
        endless: bool = False,
        *,
        offsets: bool = True,
        vocabulary: Vocabulary = NO_LABELS,
    ) -> None:
        super().__init__(sequences, seed, ahead, vocabulary)
        self.epoch = 0
        self._longest_window = window
        self._endless = endless
        self._offsets = offsets
        self._queue: list[Sequence] = self._shuffled(self._sequences)
        self._walks = [Walk() for _ in range(batch)]

    @property
    def window(self) -> int:
        """W: the window asked for, or the length of the longest sequence if that is less."""
        return min(self._longest_window, max(len(sequence) for sequence in self._sequences))

    def next(self) -> Batch:
        """The next window of every stream."""
        fresh = [walk.over for walk in self._walks]
        for walk in self._walks:
            if walk.over:
                self._enter(walk)
        result = self._batch_for(self.window, self._walks)
        result.fresh[:] = fresh
        for b, walk in enumerate(self._walks):
            if self._offsets and walk.position == walk.entry > 0:
                first = position_at(walk)
                walk.advance(b, result)
                result.frames[0, b, :2] = first
            else:
                walk.advance(b, result)
        return result

    def replace(self, sequences: Sequences) -> None:
        """Go on with other material: streams finish the sequence they are in, and take the next from these.

        Sequences that were there before count as the same where they are the same objects; those of them already taken
        in this epoch come again in the next.

        Raises:
            ValueError: where there is none.
        """
        waiting = {id(sequence) for sequence in self._queue}
        old = {id(sequence) for sequence in self._sequences}
        self._take(sequences)
        self._queue = self._shuffled([s for s in sequences if id(s) in waiting or id(s) not in old])

    def state_dict(self) -> dict[str, Any]:
        """All that `load_state_dict` needs to go on with the very next window, as JSON values."""
        index = {id(sequence): i for i, sequence in enumerate(self._sequences)}
        return {
            **self._state(),
            "epoch": self.epoch,
            "queue": [index[id(sequence)] for sequence in self._queue],
            "walks": [[index.get(id(walk.sequence)), walk.entry, walk.position] for walk in self._walks],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where the stream was that gave this state.

        Where the material is no longer the same, or there are more or fewer
        streams, every stream takes a new sequence; so does one whose sequence had been replaced.
        """
        self.epoch = state["epoch"]
        self._walks = [Walk() for _ in self._walks]
        if not self._resume(state):
            self._queue = self._shuffled(self._sequences)
            return
        self._queue = [self._sequences[i] for i in state["queue"]]
        if len(state["walks"]) == len(self._walks):
            self._walks = [
                Walk(None if index is None else self._sequences[index], entry, position)
                for index, entry, position in state["walks"]
            ]

    def _shuffled(self, sequences: list[Sequence]) -> list[Sequence]:
        return [sequences[i] for i in self._random.permutation(len(sequences))]

    def _enter(self, walk: Walk) -> None:
        if not self._queue:
            self.epoch += 1
            self._queue = self._shuffled(self._sequences)
        sequence = self._queue.pop()
        enters_within = self._endless and len(sequence) > 2 * self.window
        # As late as leaves one whole window.
        entry = int(self._random.integers(len(sequence) - self.window + 1)) if enters_within else 0
        walk.sequence, walk.entry, walk.position = sequence, entry, entry


def position_at(walk: Walk) -> NDArray[np.float64]:
    """The offset from the origin to the point of the frame at which a walk entered, ``[2]``."""
    assert walk.sequence is not None
    position: NDArray[np.float64] = walk.sequence.frames[: walk.entry + 1, :2].sum(0, dtype=np.float64)
    return position


def are_timed(sequences: Sequences) -> bool:
    """Whether all of them have times."""
    return all(sequence.times is not None for sequence in sequences)


def empty_batch(window: int, batch: int, ahead: int, width: int, tags: int = 0, *, timed: bool = False) -> Batch:
    """No frames yet."""
    return Batch(
        frames=np.zeros((window, batch, width), np.float32),
        mask=np.zeros((window, batch), np.float32),
        fresh=np.zeros(batch, bool),
        ahead=np.zeros((ahead, batch, width), np.float32),
        ahead_mask=np.zeros((ahead, batch), np.float32),
        labels=np.zeros((batch, tags), np.float32),
        times=np.zeros((window, batch), np.float32) if timed else None,
    )
