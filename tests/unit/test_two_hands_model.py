"""Two processes on one project against a model of what was acknowledged: the short form of tests/fuzz/two_hands.py."""

import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there is no SIGSTOP", allow_module_level=True)

import two_hands


def test_nothing_is_lost_and_nothing_written_without_a_claim() -> None:
    total = two_hands.run(300)
    assert total["steps"] > 200
    assert min(total[name] for name in ("acknowledged", "refused", "kills")) > 0


def test_a_loss_would_be_noticed(tmp_path: Path) -> None:
    world = two_hands.World(tmp_path)
    world.open_it(0)
    world.add(0)
    world.look()
    world.items[99] = "never added"
    with pytest.raises(AssertionError):
        world.look()
    world.end_processes()


def test_never_two_at_once() -> None:
    assert two_hands.race(40) == 40
