"""Long texts in pieces, so that many streams of a batch learn from one text side by side."""

from __future__ import annotations

from studio.sequences.sequence import Sequence
from studio.sequences.text import held_back_length

WINDOWS_PER_PIECE = 64  # a model begins anew with each piece, and what comes before costs it little once in so many


def piece_length(total: int, batch: int, window: int) -> int:
    """How many frames a piece should have: whole windows, and a piece for each stream where there is enough text.

    Args:
        total: frames of all texts together.
        batch: streams side by side.
        window: frames that each takes at a time.
    """
    windows = total // batch // window
    return window * min(max(1, windows), WINDOWS_PER_PIECE)


def in_pieces(sequence: Sequence, frames: int) -> list[Sequence]:
    """The sequence cut after every so many frames; it has at least one."""
    if len(sequence) <= frames:
        return [sequence]
    starts = range(0, len(sequence), frames)
    return [Sequence(sequence.frames[start : start + frames], label=sequence.label) for start in starts]


def spread_out(sequence: Sequence, count: int, frames: int) -> list[Sequence]:
    """At most so many stretches of so many frames each, evenly spread over the sequence."""
    if len(sequence) <= count * frames:
        return in_pieces(sequence, frames)
    starts = [place * (len(sequence) - frames) // max(1, count - 1) for place in range(count)]
    return [Sequence(sequence.frames[start : start + frames], label=sequence.label) for start in starts]


class Pieces:
    """Texts without end as a training takes them: the last part of each is held back, the rest is cut into pieces.

    Training knows a sequence again by its being the same object, and so it is with what this gives for it.

    Args:
        share: of each text to hold back.
        frames: how long pieces are.
    """

    def __init__(self, share: float, frames: int) -> None:
        self._share, self._frames = share, frames
        self._known: dict[int, tuple[Sequence, list[Sequence]]] = {}

    def to_learn(self, sequences: list[Sequence]) -> list[Sequence]:
        """What is trained on."""
        known = self._known
        self._known = {id(sequence): known.get(id(sequence)) or self._cut(sequence) for sequence in sequences}
        return [piece for _, pieces in self._known.values() for piece in pieces]

    def held_back(self, sequences: list[Sequence]) -> list[Sequence]:
        """What is measured on."""
        parts = [(sequence, held_back_length(len(sequence), self._share)) for sequence in sequences]
        return [Sequence(whole.frames[-held:], label=whole.label) for whole, held in parts if held]

    def _cut(self, sequence: Sequence) -> tuple[Sequence, list[Sequence]]:
        first = len(sequence) - held_back_length(len(sequence), self._share)
        return sequence, in_pieces(Sequence(sequence.frames[:first], label=sequence.label), self._frames)
