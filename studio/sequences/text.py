"""What a person writes: a text."""

from __future__ import annotations

from dataclasses import dataclass, replace

UNKNOWN = "\ufffd"
"""Stands where a character is not known."""

KEPT_CONTROLS = "\n\t"
"""Control characters that mean something in a text."""


@dataclass(frozen=True, eq=False)
class Text:
    """Characters in the order in which they are read.

    Attributes:
        characters: at least one; lines end in a line feed alone.
        label: what it is about, "" where unknown.

    Raises:
        ValueError: where there is no character, or one that is no character of Unicode.
    """

    characters: str
    label: str = ""

    def __post_init__(self) -> None:
        if not self.characters:
            raise ValueError("a text needs at least one character")
        if not self.characters.isascii():
            try:
                self.characters.encode("utf-8")
            except UnicodeEncodeError as error:
                raise ValueError("half a surrogate pair is no character") from error

    @classmethod
    def typed(cls, characters: str, label: str = "") -> Text:
        """The text that somebody typed or a file holds, tidied up (see `tidied`)."""
        return cls(tidied(characters), label)

    def __len__(self) -> int:
        return len(self.characters)

    def labelled(self, label: str) -> Text:
        """The same text under another label."""
        return replace(self, label=label)

    def parted(self, share: float) -> tuple[Text, Text | None]:
        """All but the last part, and that part: so large a share of the characters, None where that is not even one.

        Args:
            share: 0 to 1; at least one character is left before it.
        """
        held = held_back_length(len(self), share)
        if held == 0:
            return self, None
        cut = len(self) - held
        return replace(self, characters=self.characters[:cut]), replace(self, characters=self.characters[cut:])

    def lines(self) -> list[Text]:
        """Each line that is not blank, as a text of its own under the same label."""
        return [replace(self, characters=line.strip()) for line in self.characters.split("\n") if line.strip()]


def held_back_length(length: int, share: float) -> int:
    """How many of so many characters the last part has, where it has this share of them; one is left before it."""
    return min(round(length * share), length - 1)


def tidied(characters: str) -> str:
    """With one kind of line end, and without control characters; what is no character becomes the unknown one."""
    whole = characters.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    if not whole.isascii():
        whole = whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.translate(_CONTROLS)


def controls(characters: str) -> int:
    """How many control characters are in it that `tidied` would leave out."""
    return len(characters) - len(characters.translate(_CONTROLS))


_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in KEPT_CONTROLS}
