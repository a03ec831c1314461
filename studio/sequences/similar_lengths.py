"""Whole sequences of about the same length side by side: hardly a frame of a batch is empty."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.sequences.batches import Batch, BatchSource, Sequences, Walk
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import Sequence

_MIXED = 0.1  # lengths count as up to this share longer, so that not the same ones meet in every epoch


class SimilarLengths(BatchSource):
    """Batches of B sequences of about the same length, window after window until the longest of them is over.

    For material of short pieces, such as words: a stream of windows (see `WindowStream`) would be empty wherever a
    piece is shorter than the longest. All sequences are taken once per epoch, but for a few more of them that fill the
    last batch. How long a batch is differs from one to the next.

    Args:
        sequences: at least one.
        batch: B.
        window: frames at most; longer sequences take several, and the state of the model goes on from one to the next;
            None: every sequence comes in one piece.
        seed: decides the order.
        ahead: A, how many of the frames after a window come with it.
        vocabulary: of the labels that batches tell of.

    Attributes:
        epoch: how often all sequences have been taken.
    """

    def __init__(
        self,
        sequences: Sequences,
        batch: int,
        window: int | None,
        seed: int,
        ahead: int = 0,
        *,
        vocabulary: Vocabulary = NO_LABELS,
    ) -> None:
        super().__init__(sequences, seed, ahead, vocabulary)
        self.epoch = 0
        self._window = window
        self._walks = [Walk() for _ in range(batch)]
        self._groups = self._grouped()

    def next(self) -> Batch:
        """The next window of the batch, or the first of another."""
        fresh = all(walk.over for walk in self._walks)
        if fresh:
            self._walks = [Walk(sequence) for sequence in self._next_group()]
        longest = max(walk.left for walk in self._walks)
        window = longest if self._window is None else min(self._window, longest)
        result = self._batch_for(window, self._walks)
        result.fresh[:] = fresh
        for b, walk in enumerate(self._walks):
            walk.advance(b, result)
        return result

    def replace(self, sequences: Sequences) -> None:
        """Go on with other material: the batch in progress is finished, and the next begins another epoch.

        Raises:
            ValueError: where there is none.
        """
        self._take(sequences)
        self._groups = self._grouped()

    def state_dict(self) -> dict[str, Any]:
        """All that `load_state_dict` needs to go on with the very next window, as JSON values."""
        index = {id(sequence): i for i, sequence in enumerate(self._sequences)}
        return {
            **self._state(),
            "epoch": self.epoch,
            "groups": self._groups,
            "walks": [[index.get(id(walk.sequence)), walk.position] for walk in self._walks],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where the batches were that gave this state; as in `WindowStream`, where the material is the same."""
        self.epoch = state["epoch"]
        self._walks = [Walk() for _ in self._walks]
        if not self._resume(state) or len(state["walks"]) != len(self._walks):
            self._groups = self._grouped()
            return
        self._groups = state["groups"]
        if all(index is not None for index, _ in state["walks"]):
            self._walks = [Walk(self._sequences[index], 0, position) for index, position in state["walks"]]

    def _next_group(self) -> list[Sequence]:
        if not self._groups:
            self.epoch += 1
            self._groups = self._grouped()
        return [self._sequences[index] for index in self._groups.pop()]

    def _grouped(self) -> list[list[int]]:
        """The indices of the sequences of every batch of an epoch."""
        count, batch = len(self._sequences), len(self._walks)
        rounds = [self._random.permutation(count) for _ in range(-(-batch // count))]
        more = np.concatenate(rounds)[: -count % batch]  # so that the last batch is full
        order = np.concatenate([self._random.permutation(count), more])
        lengths = np.array([len(self._sequences[index]) for index in order])
        lengths = lengths * (1 + _MIXED * self._random.random(len(order)))
        groups = order[np.argsort(lengths)].reshape(-1, batch)
        self._random.shuffle(groups)
        result: list[list[int]] = groups.tolist()
        return result
