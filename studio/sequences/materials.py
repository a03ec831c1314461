"""All kinds of material, for those who keep, import or export whatever a person brings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from studio.sequences.material import Drawing
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text

Material: TypeAlias = Drawing | Recording | Text | Roll
Kind: TypeAlias = Literal["pen", "audio", "text", "roll"]

_NOUNS = {"pen": "drawing", "audio": "recording", "text": "text", "roll": "piano roll"}


@dataclass(frozen=True)
class Facts:
    """What is known of a piece of material before it is read: ten hours of sound are listed, but not held in memory.

    Attributes:
        length: points of a drawing, samples of a recording (of each channel), frames of a piano roll.
        parts: strokes of a drawing, channels of a recording, keys of a piano roll.
        rate: so many of `length` make a second; 0 where that says nothing.
        memory: about how many bytes it takes once it is read.
    """

    length: int
    parts: int = 1
    rate: float = 0.0
    memory: int = 0

    @property
    def seconds(self) -> float:
        """How long it lasts; 0 where it has no rate."""
        return self.length / self.rate if self.rate else 0.0


def kind_of(material: Material) -> Kind:
    """Which kind of material this is, in the word that projects, recipes and the command line have for it."""
    if isinstance(material, Roll):
        return "roll"
    if isinstance(material, Text):
        return "text"
    return "audio" if isinstance(material, Recording) else "pen"


def plural(kind: str) -> str:
    """Drawings, recordings and so on, as part of a sentence."""
    return f"{_NOUNS.get(kind, 'item')}s"


def counted(count: int, kinds: Iterable[str] = ("pen",)) -> str:
    """So many drawings, recordings, or items where there are several kinds, as part of a sentence."""
    different = set(kinds)
    noun = _NOUNS.get(different.pop(), "item") if len(different) == 1 else "item"
    return f"one {noun}" if count == 1 else f"{count} {noun}s"
