"""Texts as frames, and back."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.sequences import representations
from studio.sequences.characters import (
    LENGTH_WITHOUT_END,
    LONG_TEXT,
    CharacterRepresentation,
    CharacterSettings,
    resolved,
)
from studio.sequences.text import UNKNOWN, Text

written = st.text(st.characters(codec="utf-8", exclude_characters=UNKNOWN), min_size=1, max_size=60).map(Text)


def fitted(*characters: str, **settings: object) -> CharacterRepresentation:
    found = CharacterRepresentation(CharacterSettings(**settings))  # type: ignore[arg-type]
    found.fit([Text(each) for each in characters])
    return found


@given(st.lists(written, min_size=1, max_size=5), st.sampled_from(["auto", "yes", "no"]))
def test_there_and_back(texts: list[Text], ends: str) -> None:
    representation = CharacterRepresentation(CharacterSettings(ends=ends))  # type: ignore[arg-type]
    representation.fit(texts)
    layout = representation.layout
    for text in texts:
        frames = representation.encode(text).frames
        assert frames.shape == (len(text) + representation.ends, layout.width) == (len(frames), 1)
        assert frames.dtype == np.float32
        assert frames.min() >= 0
        assert frames.max() < layout.categories
        assert representation.decode(frames).characters == text.characters


@given(written, written)
def test_what_is_unknown_becomes_one_character(known: Text, other: Text) -> None:
    representation = CharacterRepresentation()
    representation.fit([known])
    expected = "".join(letter if letter in known.characters else UNKNOWN for letter in other.characters)
    assert representation.decode(representation.encode(other).frames).characters == expected
    assert representation.unknown_in(other.characters) == sorted(set(other.characters) - set(known.characters))


@given(st.lists(written, min_size=1, max_size=5))
def test_it_is_stored_as_json(texts: list[Text]) -> None:
    representation = CharacterRepresentation()
    representation.fit(texts)
    stored = json.loads(json.dumps(representation.to_dict()))
    again = representations.from_dict(stored)
    assert isinstance(again, CharacterRepresentation)
    assert again.to_dict() == representation.to_dict()
    np.testing.assert_array_equal(again.encode(texts[0]).frames, representation.encode(texts[0]).frames)


def test_rare_characters_are_unknown_and_counted() -> None:
    representation = fitted("a" * 50 + "b" * 49 + "c", rare=0.02)
    assert representation.constants.characters == "ab"
    assert representation.units == {"characters known": 2.0, "share unknown": pytest.approx(0.01)}
    assert fitted("aabbc", most=2).constants.characters == "ab"


def test_the_end_is_a_symbol_where_there_are_several_short_texts() -> None:
    assert fitted("Ada", "Grace").ends
    assert fitted("Ada", "Grace").typical_length == 6
    assert fitted("Ada").endless
    long = "x" * (LONG_TEXT + 1)
    assert fitted(long, long).endless
    assert fitted(long, long).typical_length == LENGTH_WITHOUT_END
    assert fitted("Ada", ends="yes").ends
    assert resolved(CharacterSettings(ends="no"), [3, 5]).ends == "no"


def test_what_follows_an_end_is_left_out() -> None:
    representation = fitted("ab", "ba")
    frames = representation.encode(Text("ab")).frames
    both = np.concatenate([frames, frames])
    assert representation.decode(both).characters == "ab"
    decoder = representation.decoder(2)
    first = np.stack([frames, np.concatenate([frames[:2], frames[:1]])], 1)  # [3, 2, 1]
    assert decoder.characters(first) == ["ab", "aba"]
    assert decoder.ended.tolist() == [True, False]
    assert decoder.characters(first[:1]) == ["", "a"]


def test_a_beginning_has_no_end() -> None:
    assert len(fitted("ab", "ba").encode_beginning(Text("ab"))) == 2


def test_bits_of_characters() -> None:
    assert fitted("ab").bits_per_character(math.log(2)) == pytest.approx(1.0)


def test_refusals() -> None:
    with pytest.raises(StudioError, match="no texts to learn from"):
        fitted()
    description = fitted("ab").to_dict()
    for broken in (
        {**description, "constants": {}},
        {**description, "settings": {"kind": "pen"}},
        {**description, "constants": {**description["constants"], "characters": "ba"}},
    ):
        with pytest.raises(StudioError, match="cannot be read"):
            representations.from_dict(broken)
    with pytest.raises(StudioError, match="not of texts"):
        CharacterRepresentation.from_dict({"kind": "pen"})
