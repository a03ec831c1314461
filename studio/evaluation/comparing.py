"""Whether bounds can be compared: two densities can where they are of the same numbers, and else they cannot.

A bound per frame needs the same frames: the same columns, and every piece of material cut into as many of them. Where
frames are other stretches of the same samples of sound, whole pieces can be compared still. In all other cases a
difference of bounds says nothing, and the table says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.sequences.representations import AnyRepresentation

_NO_MATTER = {"anchor"}  # settings that only move what is measured


@dataclass(frozen=True)
class Measure:
    """What a run's bounds are densities of.

    Attributes:
        kind: of its representation.
        settings: of its representation that decide what the numbers in a frame are.
        columns: of a frame.
        frames: how many of them each piece of material becomes.
        samples_per_second: where frames are samples of sound, else None.
    """

    kind: str
    settings: tuple[tuple[str, str], ...]
    columns: int
    frames: tuple[int, ...]
    samples_per_second: int | None = None


def measure_of(representation: AnyRepresentation, frames: Sequence[int]) -> Measure:
    """What a run with this representation measures on pieces that become so many frames each."""
    described: Mapping[str, Any] = representation.to_dict()
    settings = described.get("settings", {})
    kept = tuple(sorted((name, repr(value)) for name, value in settings.items() if name not in _NO_MATTER))
    kind = str(described.get("kind"))
    rate = getattr(representation, "rate", None) if kind == "raw" else None
    return Measure(kind, kept, representation.layout.width, tuple(frames), rate)


def reference(measures: Sequence[Measure]) -> Measure | None:
    """The measure that most runs share; of several the first."""
    counts = Counter(measures)
    return max(measures, key=lambda measure: counts[measure]) if measures else None


def why_not_compared(measure: Measure, with_: Measure) -> tuple[str, bool]:
    """In words why bounds per frame cannot be compared, "" where they can; and whether those of whole pieces can."""
    if measure == with_:
        return "", True
    if measure.samples_per_second is not None and measure.samples_per_second == with_.samples_per_second:
        words = "its frames are other stretches of the same samples: compare whole recordings, or bits per sample"
        return words, True
    if measure.kind != with_.kind:
        words = f"it describes the material as {measure.kind}, the others as {with_.kind}: densities of other numbers"
        return words, False
    if sum(measure.frames) != sum(with_.frames):
        words = (
            f"it makes {sum(measure.frames):,} frames of the same material, the others {sum(with_.frames):,}: "
            "densities of other numbers"
        )
        return words, False
    if measure.columns != with_.columns:
        return f"its frames have {measure.columns} columns, those of the others {with_.columns}", False
    different = sorted({name for name, _ in set(measure.settings) ^ set(with_.settings)})
    words = "its frames hold other numbers" + (f": {', '.join(different)} differ" if different else "")
    return words, False
