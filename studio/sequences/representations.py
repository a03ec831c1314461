"""The representation that a recipe or a checkpoint asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from studio.errors import StudioError
from studio.sequences.materials import Kind, Material
from studio.sequences.pen import PenRepresentation, PenSettings
from studio.sequences.points import PointsRepresentation, PointsSettings
from studio.sequences.roll_frames import RollRepresentation, RollSettings
from studio.sequences.sequence import Sequence
from studio.sequences.speech.representation import CODERS, SpeechRepresentation
from studio.sequences.speech.settings import LogMelSettings, RawFrameSettings, SourceFilterSettings

SpeechSettings: TypeAlias = SourceFilterSettings | LogMelSettings | RawFrameSettings
AnySettings: TypeAlias = PenSettings | PointsSettings | SpeechSettings | RollSettings
DrawingRepresentation: TypeAlias = PenRepresentation | PointsRepresentation
AnyRepresentation: TypeAlias = DrawingRepresentation | SpeechRepresentation | RollRepresentation


def kind_described(settings: AnySettings) -> Kind:
    """The kind of material that a representation is for."""
    if isinstance(settings, RollSettings):
        return "roll"
    return "pen" if isinstance(settings, PenSettings | PointsSettings) else "audio"


def fitted(settings: AnySettings, materials: list[Material]) -> AnyRepresentation:
    """The representation, with its normalisation found.

    Raises:
        StudioError: where there is no material, or it cannot be represented in this way.
    """
    if isinstance(settings, PenSettings):
        pens = PenRepresentation(settings)
        pens.fit(cast(Any, materials))
        return pens
    if isinstance(settings, RollSettings):
        rolls = RollRepresentation(settings)
        rolls.fit(cast(Any, materials))
        return rolls
    if isinstance(settings, PointsSettings):
        points = PointsRepresentation(settings)
        points.fit(cast(Any, materials))
        return points
    speech = SpeechRepresentation(settings)
    speech.fit(cast(Any, materials))
    return speech


def encoded(representation: AnyRepresentation, material: Material) -> Sequence:
    """Material of the representation's kind as frames."""
    return representation.encode(cast(Any, material))


def from_dict(values: Mapping[str, Any]) -> AnyRepresentation:
    """The representation that `to_dict` of one of them described.

    Raises:
        StudioError: where the values are not such a description.
    """
    kind = values.get("kind")
    if kind in CODERS:
        return SpeechRepresentation.from_dict(dict(values))
    if kind == "pen":
        return PenRepresentation.from_dict(dict(values))
    if kind == "roll":
        return RollRepresentation.from_dict(dict(values))
    if kind == "points":
        return PointsRepresentation.from_dict(dict(values))
    raise StudioError(f"This version of the studio knows no representation of kind {kind!r}.")
