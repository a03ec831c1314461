"""Texts as frames: one character each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from statistics import median
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.sequences.fitted import FittedRepresentation
from studio.sequences.sequence import FrameLayout, Frames, Sequence
from studio.sequences.text import UNKNOWN, Text
from studio.settings import Count, Settings, Share, about

LONG_TEXT = 2000  # characters; what is longer goes on and on rather than being a short text with an end
LENGTH_WITHOUT_END = 1000  # characters of a generated text that has no end of its own

Codes = NDArray[np.uint32]


class CharacterSettings(Settings, frozen=True, tag_field="kind", tag="characters"):
    """How texts become frames."""

    rare: Annotated[
        Share, about("characters that make up less than this share of the texts become one unknown character")
    ] = 1e-5
    most: Annotated[
        Count, about("characters that are known at most, the most frequent ones; the others become the unknown one")
    ] = 512
    ends: Annotated[
        Literal["auto", "yes", "no"],
        about("whether the model learns where a text ends; auto: yes where there are several texts, short ones"),
    ] = "auto"


class CharacterConstants(Settings, frozen=True):
    """What `CharacterRepresentation.fit` found."""

    characters: Annotated[str, about("the characters that are known, in the order of their codes")]
    ends: Annotated[bool, about("whether the end of a text is a symbol of its own")]
    typical_length: Annotated[Count, about("frames of a text that nobody gives a length for")]
    unknown: Annotated[float, Meta(ge=0, le=1), about("share of the characters learned from that are not known")]


class CharacterRepresentation(FittedRepresentation[CharacterSettings, CharacterConstants]):
    """Frames of one column each: the index of the character.

    Index 0 is the unknown character, which stands for all that are rare in the texts learned from, or not in them at
    all; 1 to n are the known ones in the order of their codes. Where `ends` is true, n + 1 is the end of a text, and
    every text has one more frame than characters.

    ``decode(encode(m).frames)`` is m with every unknown character as U+FFFD.
    """

    kinds = ("characters",)
    settings_type = CharacterSettings
    constants_type = CharacterConstants
    material = "texts"

    def fit(self, materials: Iterable[Text]) -> None:
        """Find out which characters there are, in the training part of the material only.

        Raises:
            StudioError: where there is no text.
        """
        counts: Counter[str] = Counter()
        lengths = []
        for text in materials:
            counts.update(text.characters)
            lengths.append(len(text))
        if not lengths:
            raise StudioError("There are no texts to learn from: write one, or import a file.")
        total = sum(lengths)
        counts.pop(UNKNOWN, None)
        often = [character for character, count in counts.most_common(self.settings.most)]
        known = sorted(character for character in often if counts[character] >= self.settings.rare * total)
        ends = resolved(self.settings, lengths).ends == "yes"
        self._constants = CharacterConstants(
            characters="".join(known),
            ends=ends,
            typical_length=max(lengths) + 1 if ends else LENGTH_WITHOUT_END,
            unknown=1 - sum(counts[character] for character in known) / total,
        )

    @property
    def layout(self) -> FrameLayout:
        """One column that says which character."""
        return FrameLayout(
            continuous=0,
            categories=1 + len(self.constants.characters) + int(self.ends),
            unseen=() if self.constants.unknown or not self.constants.characters else (0,),
        )

    @property
    def nats_per_frame_offset(self) -> float:
        """Characters have no units."""
        return 0.0

    @property
    def units(self) -> dict[str, float]:
        """What a figure in bits per character depends on, for display beside it."""
        constants = self.constants
        return {"characters known": float(len(constants.characters)), "share unknown": constants.unknown}

    def bits_per_character(self, nats_per_frame: float) -> float:
        """A code length per character (the end of a text counts as one), from nats per frame."""
        return nats_per_frame / math.log(2)

    def unknown_in(self, characters: str) -> list[str]:
        """The characters that it does not know, each once, in order."""
        return sorted(set(characters) - set(self.constants.characters) - {UNKNOWN})

    # ------------------------------------------------------------ there and back

    def encode(self, material: Text) -> Sequence:
        """A text as frames ``[T, 1]``; T is its length, and one more where texts end."""
        return self._sequence(material, ended=self.ends)

    def encode_beginning(self, material: Text) -> Sequence:
        """The beginning of a text as frames that another may follow upon: without an end."""
        return self._sequence(material, ended=False)

    def _sequence(self, text: Text, *, ended: bool) -> Sequence:
        codes = _codes(text.characters)
        known = _codes(self.constants.characters)
        frames = np.zeros((len(codes) + int(ended), 1), np.float32)
        if len(known):
            place = np.searchsorted(known, codes).clip(max=len(known) - 1)
            frames[: len(codes), 0] = np.where(known[place] == codes, place + 1, 0)
        if ended:
            frames[-1, 0] = self._end
        return Sequence(frames, label=text.label)

    @property
    def _end(self) -> int:
        """The index of the end; no frame has it where texts do not end."""
        return len(self.constants.characters) + 1

    def decode(self, frames: Frames, label: str = "") -> Text:
        """The text that frames ``[T, 1]`` spell, up to its end where it has one.

        Raises:
            ValueError: where that is not a single character.
        """
        return Text(self.decoder(1).characters(np.asarray(frames)[:, None])[0], label)

    def decoder(self, count: int) -> TextDecoder:
        """Turns frames of several texts into characters as they come."""
        return TextDecoder(count, UNKNOWN + self.constants.characters, self._end)

    def _check(self) -> None:
        known = self.constants.characters
        if "".join(sorted(set(known))) != known:
            raise msgspec.ValidationError("its characters are out of order")


class TextDecoder:
    """Frames of several texts to characters, chunk after chunk.

    Attributes:
        ended: ``[B]`` whether each text has come to its end.
    """

    def __init__(self, count: int, characters: str, end: int) -> None:
        self.ended: NDArray[np.bool_] = np.zeros(count, bool)
        self._characters = characters
        self._end = end

    def characters(self, frames: NDArray[np.floating[Any]]) -> list[str]:
        """The next characters of each text, from frames ``[n, B, 1]`` in continuation of those before."""
        found = []
        for text, indices in enumerate(np.asarray(frames)[..., 0].astype(np.int64).T):  # [n]
            stops = np.flatnonzero(indices == self._end)
            last = 0 if self.ended[text] else int(stops[0]) if len(stops) else len(indices)
            self.ended[text] |= len(stops) > 0
            found.append("".join(self._characters[index] for index in indices[:last].tolist()))
        return found


def resolved(settings: CharacterSettings, lengths: Iterable[int]) -> CharacterSettings:
    """The settings with "auto" decided: texts of such lengths end where there are several, and most are short."""
    if settings.ends != "auto":
        return settings
    known = list(lengths)
    ends = len(known) > 1 and median(known) <= LONG_TEXT
    return msgspec.structs.replace(settings, ends="yes" if ends else "no")


def _codes(characters: str) -> Codes:
    return np.frombuffer(characters.encode("utf-32-le"), "<u4")
