"""A ring buffer gives what was put into it, whatever the order of events."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sound.ring_buffer import RingBuffer


@given(st.lists(st.tuples(st.sampled_from(["write", "read", "skip", "back"]), st.integers(0, 9)), max_size=60))
def test_it_is_a_queue(events: list[tuple[str, int]]) -> None:
    ring = RingBuffer(capacity=7, channels=2, history=4)
    counter = 0
    ever: list[int] = []  # everything written
    place = skip = 0  # where the reader is, and may not go back behind
    for event, count in events:
        if event == "write":
            count = min(count, ring.free)
            ring.write(np.arange(counter, counter + count, dtype=np.float32)[:, None].repeat(2, 1))
            ever += range(counter, counter + count)
            counter += count
        elif event == "read":
            out = np.full((count, 2), -1, np.float32)
            got = ring.read_into(out)
            assert out[:got, 1].tolist() == ever[place : place + count]
            assert (out[got:] == -1).all()
            place += got
        elif event == "skip":
            ring.skip_waiting()
            place = skip = len(ever)
        else:
            went = ring.go_back(count)
            assert went <= min(count, 4, place - skip)
            assert went == min(count, 4, place - skip, place - max(0, len(ever) - 7 - 4))
            place -= went
        assert ring.waiting == len(ever) - place
        assert 0 <= ring.free <= 7


def test_more_than_fits_is_refused() -> None:
    ring = RingBuffer(capacity=3, channels=1)
    with pytest.raises(ValueError, match="do not fit"):
        ring.write(np.zeros((4, 1), np.float32))


def test_what_was_just_read_can_be_read_again() -> None:
    ring = RingBuffer(capacity=10, channels=1, history=5)
    ring.write(np.arange(8, dtype=np.float32)[:, None])
    ring.read_into(np.empty((8, 1), np.float32))
    ring.write(np.arange(8, 18, dtype=np.float32)[:, None])
    assert ring.go_back(7) == 5
    out = np.empty((4, 1), np.float32)
    ring.read_into(out)
    assert out[:, 0].tolist() == [3, 4, 5, 6]


def test_nothing_skipped_comes_back() -> None:
    ring = RingBuffer(capacity=10, channels=1, history=5)
    ring.write(np.ones((4, 1), np.float32))
    ring.skip_waiting()
    assert ring.waiting == 0
    assert ring.go_back(3) == 0
    ring.drop_skipped()
    assert ring.free == 10


def test_exhausted_means_read_to_the_end() -> None:
    ring = RingBuffer(capacity=4, channels=1)
    ring.write(np.ones((2, 1), np.float32))
    ring.ended = True
    assert not ring.exhausted
    ring.read_into(np.empty((2, 1), np.float32))
    assert ring.exhausted
