"""When garbage is looked for, and through how much."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from studio.workbench import garbage
from studio.workbench.garbage import Collector, by_hand, by_itself, kept_for_good, loading


class Circle:
    """Garbage once nobody has it."""

    def __init__(self) -> None:
        self.itself = self


def circles(count: int) -> list[weakref.ref[Circle]]:
    return [weakref.ref(Circle()) for _ in range(count)]


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As it begins, also where other tests have their garbage taken away by hand."""
    before = gc.isenabled()
    monkeypatch.setattr(garbage, "_reasons", 0)
    gc.enable()
    yield
    (gc.enable if before else gc.disable)()


@pytest.fixture
def looks() -> Iterator[list[int]]:
    """The generations that are looked through from now on, by hand only."""
    found: list[int] = []

    def note(phase: str, told: dict[str, Any]) -> None:
        if phase == "start":
            found.append(told["generation"])

    by_hand()
    gc.collect()
    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)
    by_itself()


def test_python_looks_by_itself_once_nobody_asks_otherwise() -> None:
    assert gc.isenabled()
    by_hand()
    with kept_for_good():
        by_itself()
        assert not gc.isenabled()
    assert gc.isenabled()
    by_hand()
    with kept_for_good():
        pass
    assert not gc.isenabled(), "what was loaded in a window does not let Python look on any thread"
    by_itself()
    assert gc.isenabled()


def test_garbage_of_any_thread_goes_where_it_is_taken_away(looks: list[int]) -> None:
    found: list[weakref.ref[Circle]] = []
    thread = threading.Thread(target=lambda: found.extend(circles(2000)))
    thread.start()
    thread.join()
    assert looks == []
    assert all(ref() is not None for ref in found)
    Collector().take_away()
    assert looks == [0]
    assert not any(ref() is not None for ref in found)


def test_little_is_left_for_later(looks: list[int]) -> None:
    found = circles(100)
    Collector().take_away()
    assert looks == []
    assert all(ref() is not None for ref in found)


def test_what_has_lived_longer_is_looked_through_less_often(looks: list[int]) -> None:
    collector = Collector()
    for _ in range(300):
        circles(1000)
        collector.take_away()
    assert len(looks) == 300
    assert 10 <= sum(look > 0 for look in looks) <= 30
    assert 1 <= looks.count(2) <= 3


def test_very_many_are_looked_through_only_where_they_have_grown(
    looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "_FEW", 10)
    many, collector = [[number] for number in range(50_000)], Collector()

    def looked_through_all() -> int:
        looks.clear()
        for _ in range(600):
            circles(1000)
            collector.take_away()
        return looks.count(2)

    assert looked_through_all() == 1
    assert looked_through_all() == 0
    many += [[number] for number in range(200_000)]
    assert looked_through_all() == 1


def test_what_is_being_loaded_is_not_looked_through(looks: list[int]) -> None:
    collector = Collector()
    with loading():
        for _ in range(300):
            circles(1000)
            collector.take_away()
    assert set(looks) == {0, 1}
    gc.unfreeze()


def test_nobody_looks_while_something_is_made_that_is_kept(looks: list[int]) -> None:
    by_itself()
    with kept_for_good():
        found = circles(2000)
        Collector().take_away()
        assert looks == []
        assert all(ref() is not None for ref in found)
    circles(2000)
    assert looks
    gc.unfreeze()
    by_hand()
