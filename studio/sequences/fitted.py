"""What all representations have in common: settings, constants found in the material, and how both are stored."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import msgspec

from studio.errors import StudioError
from studio.settings import Settings


class Constants(Protocol):
    """What every `fit` finds."""

    @property
    def ends(self) -> bool: ...

    @property
    def typical_length(self) -> int: ...


S = TypeVar("S", bound=Settings)
C = TypeVar("C", bound=Constants)


class FittedRepresentation(Generic[S, C]):
    """The base class of representations.

    Args:
        settings: how material becomes frames.

    Attributes:
        kinds: the tags of the settings.
        settings_type: their type, or a union of several.
        constants_type: the type of the constants.
        material: what it represents, as messages name it.
    """

    kinds: ClassVar[tuple[str, ...]]
    settings_type: ClassVar[Any]
    constants_type: ClassVar[Any]
    material: ClassVar[str]

    def __init__(self, settings: S | None = None) -> None:
        self.settings: S = self.settings_type() if settings is None else settings
        self._constants: C | None = None

    @property
    def constants(self) -> C:
        """The fitted constants."""
        if self._constants is None:
            raise RuntimeError("the representation has not been fitted")
        return self._constants

    @property
    def ends(self) -> bool:
        """Whether frames say where the material ends."""
        return self.constants.ends

    @property
    def endless(self) -> bool:
        """Whether the material goes on and on, so that any place may serve as a beginning."""
        return not self.ends

    @property
    def typical_length(self) -> int:
        """Frames of material that nobody gives a length for."""
        return self.constants.typical_length

    def length_after(self, given: int) -> int:
        """The same with so many frames given at the beginning: there is always room to go on from it."""
        return max(self.typical_length, given + self.typical_length // 2) if given else self.typical_length

    def to_dict(self) -> dict[str, Any]:
        """Settings and constants as JSON values."""
        settings = msgspec.to_builtins(self.settings)
        return {"kind": settings["kind"], "settings": settings, "constants": msgspec.to_builtins(self.constants)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The representation that `to_dict` described.

        Raises:
            StudioError: where the values are not such a description.
        """
        if values.get("kind") not in cls.kinds:
            raise StudioError(f"This is a representation of kind {values.get('kind')!r}, not of {cls.material}.")
        try:
            representation = cls(msgspec.convert(values.get("settings"), cls.settings_type))
            representation._constants = msgspec.convert(values.get("constants"), cls.constants_type)
            representation._check()
        except msgspec.ValidationError as error:
            raise StudioError(f"The stored representation of {cls.material} cannot be read: {error}.") from error
        return representation

    def _check(self) -> None:
        """Raise a ValidationError where the constants cannot be those of the settings."""
