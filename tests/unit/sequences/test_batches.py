"""Windows that carry on, epochs without repetition, masks, and states that continue exactly."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sequences.batches import Batch, WindowStream, padded, split
from studio.sequences.sequence import Sequence

lengths = st.lists(st.integers(1, 23), min_size=1, max_size=8)


def numbered(lengths):
    """Sequences whose frames say which item and which frame they are, and a pen column of zeros."""
    sequences = []
    for item, length in enumerate(lengths):
        frames = np.zeros((length, 3), np.float32)
        frames[:, 0] = item + 1
        frames[:, 1] = np.arange(length)
        sequences.append(Sequence(frames))
    return sequences


def walks(stream, batches):
    """What each stream saw: a list of items, each a list of (item, frame)."""
    seen = []
    for _ in range(batches):
        batch = stream.next()
        for b, fresh in enumerate(batch.fresh):
            if len(seen) <= b:
                seen.append([])
            if fresh:
                seen[b].append([])
            seen[b][-1] += [(int(x) - 1, int(t)) for x, t, _ in batch.frames[batch.mask[:, b] == 1, b]]
    return seen


def assert_same(first: Batch, second: Batch):
    for name in ("frames", "mask", "fresh", "ahead", "ahead_mask"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), name)


# --- split ------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 200), st.floats(0, 1), st.integers(0, 99))
def test_a_split_parts_the_items_and_always_leaves_one_to_train_on(count, share, seed):
    train, validation = split(count, share, seed)
    assert sorted(train + validation) == list(range(count))
    assert train
    assert bool(validation) == (count >= 2 and share > 0)
    if 0 < round(count * share) < count:
        assert len(validation) == round(count * share)


def test_the_seed_decides_the_split():
    assert split(100, 0.1, 5) == split(100, 0.1, 5)
    assert split(100, 0.1, 5) != split(100, 0.1, 6)


# --- whole sequences --------------------------------------------------------------------------------------------------


@given(lengths)
def test_padding_keeps_every_frame_and_adds_only_masked_zeros(lengths):
    sequences = numbered(lengths)
    batch = padded(sequences)
    assert batch.frames.shape == (max(lengths), len(lengths), 3)
    assert batch.fresh.all()
    for b, sequence in enumerate(sequences):
        np.testing.assert_array_equal(batch.frames[batch.mask[:, b] == 1, b], sequence.frames)
        assert not batch.frames[len(sequence) :, b].any()
        assert batch.mask[:, b].sum() == len(sequence)


# --- windows ----------------------------------------------------------------------------------------------------------


@given(lengths, st.integers(1, 5), st.integers(1, 9), st.integers(0, 99))
def test_every_stream_walks_through_whole_items_one_after_another(lengths, batch, window, seed):
    stream = WindowStream(numbered(lengths), batch, window, seed)
    for items in walks(stream, 30):
        for walk in items[:-1]:  # the last may not be over yet
            item = walk[0][0]
            assert walk == [(item, t) for t in range(lengths[item])]
        assert items[-1] == [(items[-1][0][0], t) for t in range(len(items[-1]))]


@given(lengths, st.integers(1, 5), st.integers(1, 9), st.integers(0, 99))
def test_no_window_holds_two_items_and_padding_comes_last(lengths, batch, window, seed):
    stream = WindowStream(numbered(lengths), batch, window, seed, ahead=3)
    for _ in range(20):
        found = stream.next()
        assert found.frames.shape == (min(window, max(lengths)), batch, 3)
        for b in range(batch):
            used = found.mask[:, b] == 1
            assert used[0]
            assert (np.diff(found.mask[:, b]) <= 0).all()
            assert not found.frames[~used, b].any()
            items = {*found.frames[used, b, 0], *found.ahead[found.ahead_mask[:, b] == 1, b, 0]}
            assert len(items) == 1


@given(lengths, st.integers(1, 9), st.integers(0, 6), st.integers(0, 99))
def test_what_comes_ahead_is_what_follows_in_the_same_item(lengths, window, ahead, seed):
    stream = WindowStream(numbered(lengths), 2, window, seed, ahead=ahead)
    for _ in range(20):
        batch = stream.next()
        assert batch.ahead.shape == (ahead, 2, 3)
        for b in range(2):
            used = int(batch.mask[:, b].sum())
            item, last = (int(value) for value in batch.frames[used - 1, b, :2])
            following = range(last + 1, min(last + 1 + ahead, lengths[item - 1]))
            assert batch.ahead[batch.ahead_mask[:, b] == 1, b, 1].tolist() == list(following)


@given(lengths, st.integers(1, 5), st.integers(0, 99))
def test_each_epoch_takes_every_item_once(lengths, batch, seed):
    stream = WindowStream(numbered(lengths), batch, 7, seed)
    begun, epochs = [], []
    for _ in range(40):
        found = stream.next()
        begun += [int(found.frames[0, b, 0]) - 1 for b in np.flatnonzero(found.fresh)]
        epochs.append(stream.epoch)
    for start in range(0, len(begun) - len(lengths) + 1, len(lengths)):
        assert sorted(begun[start : start + len(lengths)]) == list(range(len(lengths)))
    assert epochs[-1] == (len(begun) - 1) // len(lengths)
    assert epochs == sorted(epochs)


def test_epochs_are_shuffled_differently():
    stream = WindowStream(numbered([1] * 20), 1, 7, seed=3)
    orders = [tuple(int(stream.next().frames[0, 0, 0]) for _ in range(20)) for _ in range(3)]
    assert len(set(orders)) == 3


def test_the_seed_decides_everything():
    def run(seed):
        return walks(WindowStream(numbered([5, 9, 30]), 2, 4, seed, endless=True), 30)

    assert run(1) == run(1)
    assert run(1) != run(2)


# --- endless traces ---------------------------------------------------------------------------------------------------


def trace(length, seed=0):
    frames = np.random.default_rng(seed).standard_normal((length, 3)).astype(np.float32)
    frames[:, 2] = 0
    return Sequence(frames)


@given(st.integers(60, 120), st.integers(0, 99))
def test_endless_traces_are_entered_anywhere_at_the_right_position(length, seed):
    whole = trace(length)
    positions = np.cumsum(whole.frames[:, :2], axis=0, dtype=np.float64)
    stream = WindowStream([whole], 3, 20, seed, endless=True)
    walked = [np.empty((0, 3))] * 3
    for _ in range(12):
        batch = stream.next()
        for b in range(3):
            piece = batch.frames[batch.mask[:, b] == 1, b]
            walked[b] = piece if batch.fresh[b] else np.concatenate([walked[b], piece])
            reached = np.cumsum(walked[b][:, :2], axis=0, dtype=np.float64)
            entry = int(np.abs(positions - reached[0]).sum(1).argmin())
            assert entry <= length - 20
            np.testing.assert_allclose(reached, positions[entry : entry + len(reached)], atol=1e-4)
            np.testing.assert_array_equal(walked[b][1:], whole.frames[entry + 1 : entry + len(reached)])


def test_entries_are_spread_over_the_trace():
    stream = WindowStream(numbered([100]), 1, 20, seed=0, endless=True)
    entries = Counter()
    while entries.total() < 400:
        batch = stream.next()
        if batch.fresh[0]:
            entries[int(batch.frames[1, 0, 1]) - 1] += 1  # the entry's own frame holds a position instead
    assert min(entries) < 4
    assert max(entries) > 76
    assert max(entries) <= 80
    assert np.mean(list(entries.elements())) == pytest.approx(40, abs=4)


def test_the_material_itself_is_not_changed_by_entering_it():
    whole = trace(100)
    before = whole.frames.copy()
    stream = WindowStream([whole], 4, 10, seed=0, endless=True)
    for _ in range(50):
        stream.next()
    np.testing.assert_array_equal(whole.frames, before)


def test_short_items_of_endless_material_are_entered_at_their_beginning():
    stream = WindowStream(numbered([20, 39, 40]), 2, 20, seed=0, endless=True)
    assert all(walk[0][1] == 0 for items in walks(stream, 40) for walk in items)


# --- going on ---------------------------------------------------------------------------------------------------------


@given(lengths, st.integers(1, 4), st.integers(1, 9), st.integers(0, 30), st.booleans())
def test_a_saved_stream_continues_exactly(lengths, batch, window, before, endless):
    sequences = numbered(lengths)
    stream = WindowStream(sequences, batch, window, 5, ahead=2, endless=endless)
    for _ in range(before):
        stream.next()
    saved = json.loads(json.dumps(stream.state_dict()))
    again = WindowStream(sequences, batch, window, 99, ahead=2, endless=endless)
    again.load_state_dict(saved)
    for _ in range(15):
        assert_same(again.next(), stream.next())
        assert again.epoch == stream.epoch


def test_a_state_of_other_material_starts_items_afresh():
    stream = WindowStream(numbered([30, 30]), 2, 4, 5)
    stream.next()
    other = WindowStream(numbered([30, 30, 7]), 2, 4, 5)
    other.load_state_dict(stream.state_dict())
    assert other.next().fresh.all()


def test_new_material_is_taken_with_the_next_item():
    old = numbered([12, 12])
    stream = WindowStream(old, 1, 4, 5)
    first = int(stream.next().frames[0, 0, 0])
    new = Sequence(np.full((4, 3), 9, np.float32))
    stream.replace([new])
    for _ in range(2):  # the old item to its end
        assert stream.next().frames[0, 0, 0] == first
    assert stream.next().frames[0, 0, 0] == 9


def test_added_items_join_the_epoch_and_taken_ones_wait_for_the_next():
    items = numbered([4] * 6)
    stream = WindowStream(items[:4], 1, 4, 5)
    taken = [int(stream.next().frames[0, 0, 0]) for _ in range(2)]
    stream.replace(items)
    rest = [int(stream.next().frames[0, 0, 0]) for _ in range(4)]
    assert stream.epoch == 0
    assert sorted(taken + rest) == [1, 2, 3, 4, 5, 6]
    stream.next()
    assert stream.epoch == 1


def test_a_stream_in_a_removed_item_begins_another_after_loading():
    stream = WindowStream(numbered([30]), 1, 4, 5)
    stream.next()
    left = numbered([30])
    stream.replace(left)
    saved = stream.state_dict()
    again = WindowStream(left, 1, 4, 5)
    again.load_state_dict(saved)
    assert again.next().fresh.all()


def test_the_window_follows_the_longest_item():
    stream = WindowStream(numbered([5]), 1, 100, 5)
    assert stream.next().frames.shape[0] == 5
    stream.replace(numbered([50]))
    assert stream.next().frames.shape[0] == 50


def test_a_stream_needs_material():
    with pytest.raises(ValueError, match="at least one"):
        WindowStream([], 1, 4, 5)
    with pytest.raises(ValueError, match="at least one"):
        WindowStream(numbered([5]), 1, 4, 5).replace([])
