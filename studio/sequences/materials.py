"""All kinds of material, for those who keep, import or export whatever a person brings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from studio.sequences.material import Drawing
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll

Material: TypeAlias = Drawing | Recording | Roll
Kind: TypeAlias = Literal["pen", "audio", "text", "roll"]

_NOUNS = {"pen": "drawing", "audio": "recording", "roll": "piano roll"}


def kind_of(material: Material) -> Kind:
    """Which kind of material this is, in the word that projects, recipes and the command line have for it."""
    if isinstance(material, Roll):
        return "roll"
    return "audio" if isinstance(material, Recording) else "pen"


def content_of(material: Material) -> object:
    """What is in it: the very same object as long as nothing but its label changes."""
    if isinstance(material, Roll):
        return material.keys
    return material.samples if isinstance(material, Recording) else material.strokes


def plural(kind: str) -> str:
    """Drawings, recordings and so on, as part of a sentence."""
    return f"{_NOUNS.get(kind, 'item')}s"


def counted(count: int, kinds: Iterable[str] = ("pen",)) -> str:
    """So many drawings, recordings, or items where there are several kinds, as part of a sentence."""
    different = set(kinds)
    noun = _NOUNS.get(different.pop(), "item") if len(different) == 1 else "item"
    return f"one {noun}" if count == 1 else f"{count} {noun}s"
