"""Texts, and their last parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sequences.text import UNKNOWN, Text, controls, tidied


@given(st.text())
def test_what_is_typed_is_a_text_once_it_is_tidy(typed: str) -> None:
    tidy = tidied(typed)
    assert tidied(tidy) == tidy
    assert controls(tidy) == 0
    assert "\r" not in tidy
    if tidy:
        assert Text(tidy).characters == tidy


def test_line_ends_and_strange_characters() -> None:
    assert tidied("a\r\nb\rc\n") == "a\nb\nc\n"
    assert tidied("\ufeffa\x00\tb\x7f") == "a\tb"
    assert tidied("\ud83d\ude00") == "\N{GRINNING FACE}"  # as Windows and Qt hand over what they call two characters
    assert tidied("\ud83d!") == UNKNOWN + "!"


def test_a_text_has_characters_and_only_such() -> None:
    with pytest.raises(ValueError, match="at least one character"):
        Text("")
    with pytest.raises(ValueError, match="surrogate"):
        Text("a\ud800")


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.floats(0, 1))
def test_parts_make_up_the_whole(characters: str, share: float) -> None:
    first, last = Text(characters, "x").parted(share)
    assert first.characters + ("" if last is None else last.characters) == characters
    assert first.label == "x"
    assert len(first) >= 1
    assert abs((0 if last is None else len(last)) - share * len(characters)) <= 1


def test_the_last_tenth() -> None:
    first, last = Text("0123456789" * 10).parted(0.1)
    assert last is not None
    assert (len(first), last.characters) == (90, "0123456789")


def test_lines_become_texts_of_their_own() -> None:
    lines = Text(" Ada \n\nGrace\n", "names").lines()
    assert [(line.characters, line.label) for line in lines] == [("Ada", "names"), ("Grace", "names")]
