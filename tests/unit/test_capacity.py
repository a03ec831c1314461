"""What could never fit into memory is refused before any room is made for it, in a sentence with the number."""

from __future__ import annotations

import pytest
import seeds
import torch

from studio import capacity
from studio.errors import StudioError
from studio.models.building import build_model, check_size


@pytest.mark.parametrize("name", seeds.recipes())
def test_the_size_of_every_family_is_known_without_making_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, representation, _ = seeds.prepared(name)
    numbers = sum(parameter.numel() for parameter in build_model(recipe.model, representation.layout).parameters())
    monkeypatch.setattr("studio.models.building._ORDINARY", 0)
    before = torch.get_rng_state()
    monkeypatch.setattr(capacity, "memory", lambda: 4 * numbers)
    check_size(recipe.model, representation.layout)
    monkeypatch.setattr(capacity, "memory", lambda: 4 * numbers - 1)
    with pytest.raises(StudioError, match=f"{numbers:,} numbers"):
        check_size(recipe.model, representation.layout)
    assert torch.equal(torch.get_rng_state(), before)


def test_this_computer_has_memory() -> None:
    assert 2**28 < capacity.memory() < 2**50
    with pytest.raises(StudioError, match=r"^Something would take 1,000,000,000 GB of memory.*: take less\.$"):
        capacity.refuse_beyond_memory(1e18, "Something", "take less")


@pytest.mark.parametrize("name", ["hidden", "embedding"])
def test_sizes_that_nothing_can_count_are_refused_too(name: str) -> None:
    recipe, representation, _ = seeds.prepared("text")
    with pytest.raises(StudioError, match=r"memory|count"):
        build_model(recipe.changed({f"model.{name}": 2**62}).model, representation.layout)
