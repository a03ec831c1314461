"""Short windows from anywhere, each for itself: what a Neural ODE is fitted to a trajectory with."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.sequences.batches import Batch, BatchSource, Sequences, Walk, position_at
from studio.sequences.labels import NO_LABELS, Vocabulary


class RandomWindows(BatchSource):
    """Batches of B windows that begin anywhere, every window as likely as every other; no state goes on to the next.

    Times count from the beginning of the window.

    Args:
        sequences: at least one.
        batch: B.
        window: W, frames per window; a sequence that has fewer comes whole.
        seed: decides which windows.
        ahead: A, how many of the frames after a window come with it.
        offsets: whether the first two columns are offsets; the first frame of a window then holds that from the origin,
            as that of a sequence does.
        vocabulary: of the labels that batches tell of.

    Attributes:
        epoch: how often as many frames have been taken as there are.
    """

    def __init__(
        self,
        sequences: Sequences,
        batch: int,
        window: int,
        seed: int,
        ahead: int = 0,
        *,
        offsets: bool = False,
        vocabulary: Vocabulary = NO_LABELS,
    ) -> None:
        self._batch = batch
        self._window = window
        self._offsets = offsets
        self._frames_taken = 0
        super().__init__(sequences, seed, ahead, vocabulary)

    @property
    def epoch(self) -> int:
        return self._frames_taken // sum(len(sequence) for sequence in self._sequences)

    def next(self) -> Batch:
        """Other windows."""
        walks = [self._anywhere() for _ in range(self._batch)]
        result = self._batch_for(min(self._window, max(walk.left for walk in walks)), walks)
        result.fresh[:] = True
        for b, walk in enumerate(walks):
            walk.advance(b, result)
            if self._offsets and walk.entry > 0:
                result.frames[0, b, :2] = position_at(walk)
        if result.times is not None:
            result.times[:] -= result.times[:1]
        self._frames_taken += int(result.mask.sum())
        return result

    def replace(self, sequences: Sequences) -> None:
        """Go on with other material.

        Raises:
            ValueError: where there is none.
        """
        self._take(sequences)

    def _take(self, sequences: Sequences) -> None:
        super()._take(sequences)
        starts = [max(1, len(sequence) - self._window + 1) for sequence in sequences]
        self._ends = np.cumsum(starts)  # of the starts of each sequence, all of them counted through

    def state_dict(self) -> dict[str, Any]:
        """All that `load_state_dict` needs to go on with the very next windows, as JSON values."""
        return {"random": self._random.bit_generator.state, "frames_taken": self._frames_taken}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where the windows were that gave this state."""
        self._random.bit_generator.state = state["random"]
        self._frames_taken = state["frames_taken"]

    def _anywhere(self) -> Walk:
        start = int(self._random.integers(self._ends[-1]))
        index = int(np.searchsorted(self._ends, start, side="right"))
        entry = start - (int(self._ends[index - 1]) if index else 0)
        return Walk(self._sequences[index], entry, entry)
