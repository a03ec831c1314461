"""Long texts in pieces."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.sequences.pieces import WINDOWS_PER_PIECE, Pieces, in_pieces, piece_length, spread_out
from studio.sequences.sequence import Sequence


def counting(length: int) -> Sequence:
    return Sequence(np.arange(length, dtype=np.float32)[:, None], label="x")


@given(st.integers(1, 10**7), st.integers(1, 64), st.integers(1, 256))
def test_pieces_are_whole_windows_and_enough_for_all_streams(total: int, batch: int, window: int) -> None:
    length = piece_length(total, batch, window)
    assert length % window == 0
    assert window <= length <= WINDOWS_PER_PIECE * window
    if total >= batch * window:
        assert total // length >= batch


@given(st.integers(1, 500), st.integers(1, 100))
def test_pieces_make_up_the_whole(length: int, frames: int) -> None:
    pieces = in_pieces(counting(length), frames)
    np.testing.assert_array_equal(np.concatenate([piece.frames for piece in pieces]), counting(length).frames)
    assert {len(piece) for piece in pieces[:-1]} <= {frames}
    assert all(piece.label == "x" for piece in pieces)


@given(st.integers(1, 500), st.integers(1, 9), st.integers(1, 40))
def test_stretches_reach_from_the_beginning_to_the_end(length: int, count: int, frames: int) -> None:
    stretches = spread_out(counting(length), count, frames)
    assert len(stretches) <= count
    assert stretches[0].frames[0, 0] == 0
    assert all(len(stretch) <= frames for stretch in stretches)
    if count > 1:
        assert stretches[-1].frames[-1, 0] == length - 1


@given(st.lists(st.integers(1, 300), min_size=1, max_size=4), st.floats(0, 0.9), st.integers(1, 50))
def test_what_is_held_back_is_not_learned(lengths: list[int], share: float, frames: int) -> None:
    texts = [counting(length) for length in lengths]
    pieces = Pieces(share, frames)
    learned, held = pieces.to_learn(texts), pieces.held_back(texts)
    assert sum(map(len, learned)) + sum(map(len, held)) == sum(lengths)
    assert sum(map(len, held)) == sum(min(round(length * share), length - 1) for length in lengths)
    assert all(len(piece) > 0 for piece in (*learned, *held))


def test_a_text_gives_the_very_same_pieces_again() -> None:
    pieces, old, new = Pieces(0.1, 10), counting(100), counting(50)
    first = pieces.to_learn([old])
    assert all(a is b for a, b in zip(first, pieces.to_learn([old, new]), strict=False))
