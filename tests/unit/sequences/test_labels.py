"""Labels as a model is told of them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.sequences.labels import NO_LABELS, Vocabulary, tags_of

LABELS = ["seven, ann", "seven, bob", "seven, bob", "one, ann", ""]
WORDS = Vocabulary.of(LABELS)


@pytest.mark.parametrize(
    ("label", "tags"),
    [
        ("seven, ann", ("seven", "ann")),
        (" seven ,ann,", ("seven", "ann")),
        ("seven, seven", ("seven",)),
        ("two words", ("two words",)),
        ("", ()),
        (" , ", ()),
    ],
)
def test_what_a_label_names(label: str, tags: tuple[str, ...]) -> None:
    assert tags_of(label) == tags


def test_indicators() -> None:
    assert WORDS.tags == ("ann", "bob", "one", "seven")
    found = WORDS.indicators(["seven, ann", "bob, unknown", ""])
    np.testing.assert_array_equal(found, [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]])
    assert NO_LABELS.indicators(["a", "b"]).shape == (2, 0)


def test_a_wish_is_completed_as_often_as_the_material_has_it() -> None:
    found = Counter(WORDS.completed("seven", 3000, seed=3))
    assert set(found) == {"seven, ann", "seven, bob"}
    assert found["seven, bob"] / 3000 == pytest.approx(2 / 3, abs=0.04)
    assert set(WORDS.completed("", 300, seed=3)) == set(LABELS)
    assert set(WORDS.completed("ann, seven", 20, seed=0)) == {"seven, ann"}


def test_what_a_sample_is_asked_for_depends_on_its_number_and_the_seed_alone() -> None:
    assert WORDS.completed("", 50, seed=1)[:20] == WORDS.completed("", 20, seed=1)
    assert WORDS.completed("", 50, seed=1) != WORDS.completed("", 50, seed=2)


def test_a_combination_that_was_never_heard_is_tried() -> None:
    assert WORDS.completed("one, bob", 2, seed=0) == ["one, bob"] * 2


def test_an_unknown_wish_is_refused_with_what_is_known() -> None:
    with pytest.raises(StudioError, match=r"'nine'; known are ann, bob, one, seven\."):
        WORDS.completed("seven, nine", 1, seed=0)
    with pytest.raises(StudioError, match="had no labels"):
        NO_LABELS.completed("nine", 1, seed=0)
    with pytest.raises(StudioError, match="and 80 more"):
        Vocabulary.of([str(n) for n in range(100)]).completed("x", 1, seed=0)


@given(st.lists(st.text(max_size=8), max_size=20))
def test_there_and_back(labels: list[str]) -> None:
    there = Vocabulary.of(labels)
    back = Vocabulary.from_list(there.to_list())
    assert back.tags == there.tags
    assert back.to_list() == there.to_list()
    assert (back.indicators(labels).sum(1) == [len(tags_of(label)) for label in labels]).all()


@pytest.mark.parametrize("values", [3, [3], [["a"]], [["a", "b"]], None])
def test_damaged_labels_are_refused(values: object) -> None:
    with pytest.raises(StudioError, match="stored labels"):
        Vocabulary.from_list(values)
