"""The representation that a recipe or a checkpoint asks for."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from typing import Any, TypeAlias, cast

from studio.errors import StudioError
from studio.sequences.characters import CharacterRepresentation, CharacterSettings
from studio.sequences.materials import Kind, Material
from studio.sequences.pen import PenRepresentation, PenSettings
from studio.sequences.points import PointsRepresentation, PointsSettings
from studio.sequences.roll_frames import RollRepresentation, RollSettings
from studio.sequences.sequence import Sequence
from studio.sequences.speech.representation import SpeechRepresentation
from studio.sequences.speech.settings import LogMelSettings, RawFrameSettings, SourceFilterSettings

AnySettings: TypeAlias = (
    PenSettings
    | PointsSettings
    | SourceFilterSettings
    | LogMelSettings
    | RawFrameSettings
    | CharacterSettings
    | RollSettings
)
DrawingRepresentation: TypeAlias = PenRepresentation | PointsRepresentation
AnyRepresentation: TypeAlias = (
    DrawingRepresentation | SpeechRepresentation | CharacterRepresentation | RollRepresentation
)

# What kind of material each is for, and what makes its frames.
_TABLE: dict[type[AnySettings], tuple[Kind, type[AnyRepresentation]]] = {
    PenSettings: ("pen", PenRepresentation),
    PointsSettings: ("pen", PointsRepresentation),
    SourceFilterSettings: ("audio", SpeechRepresentation),
    LogMelSettings: ("audio", SpeechRepresentation),
    RawFrameSettings: ("audio", SpeechRepresentation),
    CharacterSettings: ("text", CharacterRepresentation),
    RollSettings: ("roll", RollRepresentation),
}


def kind_described(settings: AnySettings) -> Kind:
    """The kind of material that a representation is for."""
    return _TABLE[type(settings)][0]


def fitted(settings: AnySettings, materials: Many[Material]) -> AnyRepresentation:
    """The representation, with its normalisation found.

    Args:
        materials: may be read from a file one by one: hours of sound are gone through, not held.

    Raises:
        StudioError: where there is no material, or it cannot be represented in this way.
    """
    representation = _TABLE[type(settings)][1](cast(Any, settings))
    representation.fit(cast(Any, materials))
    return representation


def encoded(representation: AnyRepresentation, material: Material) -> Sequence:
    """Material of the representation's kind as frames."""
    return representation.encode(cast(Any, material))


def from_dict(values: Mapping[str, Any]) -> AnyRepresentation:
    """The representation that `to_dict` of one of them described.

    Raises:
        StudioError: where the values are not such a description.
    """
    kind = values.get("kind")
    for settings, (_, representation) in _TABLE.items():
        if settings.__struct_config__.tag == kind:
            return representation.from_dict(dict(values))
    raise StudioError(f"This version of the studio knows no representation of kind {kind!r}.")
