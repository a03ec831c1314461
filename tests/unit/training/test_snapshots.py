"""When weights are kept to look back at, and which of them go when there are too many."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from studio.training.snapshots import is_moment, superfluous


def kept(steps: int, most: int) -> list[int]:
    """As a training of so many steps keeps them."""
    found: list[int] = []
    for step in filter(is_moment, range(steps + 1)):
        found = [one for one in [*found, step] if one not in superfluous([*found, step], most)]
    return found


def test_often_at_first_then_more_and_more_seldom() -> None:
    moments = list(filter(is_moment, range(100)))
    assert moments[:3] == [0, 2, 6]
    assert len(moments) == 11
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps[-1] > 4 * gaps[0]


@pytest.mark.parametrize("steps", [1_500, 20_000, 300_000])
def test_a_long_training_keeps_no_more_than_wanted(steps: int) -> None:
    found = kept(steps, 16)
    assert len(found) == 16
    assert found[0] == 0
    assert found[-1] > 0.75 * steps
    places = [math.log1p(step / 10) for step in found]
    gaps = [later - earlier for earlier, later in pairwise(places)]
    assert max(gaps) < 2.5 * sum(gaps) / len(gaps)


@given(some.sets(some.integers(0, 10**6), max_size=30), some.integers(0, 20))
def test_first_and_last_always_remain(steps: set[int], most: int) -> None:
    ordered = sorted(steps)
    gone = superfluous(ordered, most)
    left = [step for step in ordered if step not in gone]
    assert len(left) == min(len(ordered), max(2, most))
    assert set(gone) <= steps
    if ordered:
        assert left[0] == ordered[0]
        assert left[-1] == ordered[-1]
