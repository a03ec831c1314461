"""Batches of sequences of about the same length."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sequences.batches import Batch, WindowStream
from studio.sequences.labels import Vocabulary
from studio.sequences.sequence import Sequence
from studio.sequences.similar_lengths import SimilarLengths


def numbered(lengths: list[int]) -> list[Sequence]:
    """Sequence i holds (i, 0), (i, 1), (i, 2) and so on."""
    return [
        Sequence(np.stack([np.full(n, i), np.arange(n)], 1).astype(np.float32), label=f"label {i}, all")
        for i, n in enumerate(lengths)
    ]


def rows(batch: Batch) -> list[list[tuple[int, int]]]:
    """The frames of each stream that count."""
    return [
        [(int(i), int(t)) for (i, t), there in zip(batch.frames[:, b], batch.mask[:, b], strict=True) if there]
        for b in range(batch.frames.shape[1])
    ]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=25), st.integers(1, 8), st.integers(1, 12), st.integers(0, 99))
def test_every_frame_comes_once_an_epoch_but_for_what_fills_the_last_batch(
    lengths: list[int], batch: int, window: int, seed: int
) -> None:
    stream = SimilarLengths(numbered(lengths), batch, window, seed)
    seen: list[tuple[int, int]] = []
    walks: list[list[tuple[int, int]]] = []
    whole = -(-len(lengths) // batch)
    begun = 0
    while True:
        found = stream.next()
        if found.fresh.all():
            begun += 1
            if begun > whole:
                break
            walks = [[] for _ in range(batch)]
        assert found.fresh.all() or not found.fresh.any()
        assert len(found.frames) <= window
        assert found.mask.any(1).all()  # never longer than it must be
        for walk, row in zip(walks, rows(found), strict=True):
            walk += row
            seen += row
        assert all(walk == [(walk[0][0], t) for t in range(len(walk))] for walk in walks)
    assert set(seen) == {(i, t) for i, n in enumerate(lengths) for t in range(n)}
    assert stream.epoch == 1
    copies = -(-whole * batch // len(lengths))
    assert max(seen.count(frame) for frame in set(seen)) <= copies


def test_hardly_a_frame_is_empty() -> None:
    lengths = np.random.default_rng(0).integers(5, 100, 320).tolist()
    similar, stream = SimilarLengths(numbered(lengths), 16, 200, 0), WindowStream(numbered(lengths), 16, 200, 0)
    assert np.mean([similar.next().mask.mean() for _ in range(20)]) > 0.85
    assert np.mean([stream.next().mask.mean() for _ in range(20)]) < 0.6


def test_the_same_ones_do_not_always_meet() -> None:
    stream = SimilarLengths(numbered([10] * 12), 4, 20, 0)
    meetings = {frozenset(row[0][0] for row in rows(stream.next())) for _ in range(30)}
    assert len(meetings) > 20


def test_labels_and_what_follows() -> None:
    vocabulary = Vocabulary.of(["label 0, all", "label 1"])
    stream = SimilarLengths(numbered([6, 6]), 2, 4, 0, ahead=3, vocabulary=vocabulary)
    for found in (stream.next(), stream.next()):
        for b, row in enumerate(rows(found)):
            assert found.labels[b].tolist() == [1, float(row[0][0] == 0), float(row[0][0] == 1)]
    first = SimilarLengths(numbered([6, 6]), 2, 4, 0, ahead=3).next()
    assert first.ahead[:2, :, 1].tolist() == [[4, 4], [5, 5]]
    assert first.ahead_mask.tolist() == [[1, 1], [1, 1], [0, 0]]


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_it_goes_on_exactly(steps: int) -> None:
    material = numbered([3, 14, 9, 5, 2, 2, 30])
    one = SimilarLengths(material, 3, 8, 5)
    for _ in range(steps):
        one.next()
    state = json.loads(json.dumps(one.state_dict()))
    other = SimilarLengths(material, 3, 8, 77)
    other.load_state_dict(state)
    for _ in range(12):
        wanted, found = one.next(), other.next()
        for name, value in vars(wanted).items():
            np.testing.assert_array_equal(getattr(found, name), value)
    assert one.epoch == other.epoch >= 1


def test_other_material() -> None:
    stream = SimilarLengths(numbered([4, 4]), 2, 8, 0)
    state = stream.state_dict()
    stream.replace(numbered([7, 7, 7]))
    assert len(stream.next().frames) == 7
    other = SimilarLengths(numbered([5]), 2, 8, 0)
    other.load_state_dict(state)
    assert len(other.next().frames) == 5
    for nothing in (lambda: stream.replace([]), lambda: SimilarLengths([], 2, 8, 0)):
        with pytest.raises(ValueError, match="at least one"):
            nothing()
