"""What comes out of a project file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from studio.sequences.material import Drawing
from studio.sequences.materials import Kind, Material
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll

Status = Literal["training", "finished", "stopped", "early", "diverged", "failed", "interrupted"]


@dataclass(frozen=True)
class MaterialItem:
    """One entry of the collection.

    Attributes:
        id: stays the same as long as the project lives.
        name: where it came from: a file's name, "drawn", "recorded", "pattern eye".
    """

    id: int
    kind: Kind
    label: str
    name: str
    material: Material

    @property
    def drawing(self) -> Drawing:
        """The material, which must be a drawing."""
        assert isinstance(self.material, Drawing), self.kind
        return self.material

    @property
    def recording(self) -> Recording:
        """The material, which must be a recording."""
        assert isinstance(self.material, Recording), self.kind
        return self.material

    @property
    def roll(self) -> Roll:
        """The material, which must be a piano roll."""
        assert isinstance(self.material, Roll), self.kind
        return self.material


@dataclass(frozen=True)
class StoredRun:
    """One training, as the file knows it.

    Attributes:
        name: unique in the project.
        recipe: TOML.
        step: updates made, as far as metrics or checkpoints tell.
        created: ISO 8601, UTC.
        held_back: ids of the material that it is measured on and does not learn from.
        has_weights: whether there is a checkpoint.
    """

    id: int
    name: str
    recipe: str
    status: Status
    step: int
    created: str
    device: str
    seed: int
    held_back: tuple[int, ...]
    has_weights: bool


@dataclass(frozen=True)
class StoredCheckpoint:
    """Weights (safetensors bytes) and what belongs to them (JSON values)."""

    kind: Literal["best", "last"]
    step: int
    weights: bytes = field(repr=False)
    meta: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class StoredSample:
    """A generated drawing or recording that somebody kept, and the settings that made it."""

    id: int
    run: int | None
    created: str
    settings: Mapping[str, Any]
    material: Material
