"""Windows from anywhere."""

from __future__ import annotations

import json

import numpy as np
import pytest

from studio.sequences.batches import padded
from studio.sequences.random_windows import RandomWindows
from studio.sequences.sequence import Sequence
from studio.sequences.similar_lengths import SimilarLengths


def numbered(first: int, length: int, timed: bool = True) -> Sequence:
    """Every frame is another number, at a time of its own."""
    frames = np.arange(first, first + length, dtype=np.float32)[:, None]
    return Sequence(frames, np.cumsum(1 + np.arange(length) % 3).astype(float) if timed else None)


def test_windows_are_pieces_of_sequences_each_as_likely() -> None:
    windows = RandomWindows([numbered(0, 30), numbered(100, 12)], 50, 10, seed=1)
    firsts = []
    for _ in range(100):
        batch = windows.next()
        assert batch.frames.shape == (10, 50, 1)
        assert batch.fresh.all()
        assert batch.mask.all()
        np.testing.assert_array_equal(np.diff(batch.frames[..., 0], axis=0), 1)
        firsts += batch.frames[0, :, 0].tolist()
    starts, counts = np.unique(firsts, return_counts=True)
    assert starts.tolist() == [*range(21), 100, 101, 102]
    assert counts.min() > 0.7 * 5000 / 24
    assert counts.max() < 1.3 * 5000 / 24
    assert windows.epoch == 50_000 // 42


def test_times_count_from_the_beginning_of_the_window() -> None:
    sequence = numbered(0, 30)
    batch = RandomWindows([sequence], 20, 8, seed=1).next()
    assert batch.times is not None
    for b in range(20):
        first = int(batch.frames[0, b, 0])
        np.testing.assert_allclose(batch.times[:, b], sequence.times[first : first + 8] - sequence.times[first])


def test_a_short_sequence_comes_whole() -> None:
    batch = RandomWindows([numbered(0, 3)], 2, 10, seed=1).next()
    assert batch.frames[:, 0, 0].tolist() == [0, 1, 2]
    mixed = RandomWindows([numbered(0, 3), numbered(10, 10)], 20, 10, seed=1, ahead=2).next()
    short = int(np.flatnonzero(mixed.frames[0, :, 0] == 0)[0])
    assert mixed.mask[:, short].tolist() == [1] * 3 + [0] * 7
    np.testing.assert_allclose(np.diff(mixed.times[2:, short]), 0)
    assert not mixed.ahead_mask[:, short].any()


def test_the_first_offset_of_a_window_leads_there_from_the_origin() -> None:
    offsets = Sequence(np.ones((20, 3), np.float32))
    batch = RandomWindows([offsets], 30, 5, seed=1, offsets=True).next()
    assert set(batch.frames[0, :, 0].tolist()) <= set(range(1, 17))
    assert batch.frames[0, :, 0].max() > 1
    assert (batch.frames[0, :, 2] == 1).all()
    assert batch.times is None


def test_it_goes_on_where_it_was() -> None:
    sequences = [numbered(0, 30), numbered(100, 12)]
    one = RandomWindows(sequences, 4, 5, seed=1)
    one.next()
    state = json.loads(json.dumps(one.state_dict()))
    other = RandomWindows(sequences, 4, 5, seed=2)
    other.load_state_dict(state)
    np.testing.assert_array_equal(one.next().frames, other.next().frames)
    assert one.epoch == other.epoch


def test_other_material() -> None:
    windows = RandomWindows([numbered(0, 30)], 4, 5, seed=1)
    windows.replace([numbered(200, 9)])
    assert windows.next().frames.min() >= 200
    with pytest.raises(ValueError, match="at least one"):
        windows.replace([])


def test_whole_sequences_side_by_side_in_one_piece() -> None:
    sequences = [numbered(0, 40), numbered(100, 41), numbered(200, 5), numbered(300, 6)]
    batches = SimilarLengths(sequences, 2, None, seed=0)
    for _ in range(4):
        batch = batches.next()
        assert batch.fresh.all()
        lengths = batch.mask.sum(0)
        assert len(batch.mask) == lengths.max()
        assert set(lengths.tolist()) in ({40.0, 41.0}, {5.0, 6.0})


def test_times_of_padded_sequences_stand_still_after_the_end() -> None:
    batch = padded([numbered(0, 3), numbered(0, 5)])
    assert batch.times is not None
    assert batch.times[:, 0].tolist() == [1, 3, 6, 6, 6]
    assert padded([numbered(0, 3), numbered(0, 5, timed=False)]).times is None


def test_a_cut_sequence_has_times_from_its_first_frame_on() -> None:
    cut = numbered(0, 6).cut(2, 5)
    assert cut.frames[:, 0].tolist() == [2, 3, 4]
    assert cut.times.tolist() == [0, 1, 3]
    assert numbered(0, 6, timed=False).cut(2).times is None
