"""What comes out of a project file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, overload

from studio.errors import StudioError
from studio.sequences.material import Drawing
from studio.sequences.materials import Facts, Kind, Material
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text

Status = Literal["training", "finished", "stopped", "early", "diverged", "failed", "interrupted"]


class Source(Protocol):
    """Where the material of items is; for any thread."""

    def at_hand(self, item: MaterialItem) -> bool: ...

    def read(self, item: MaterialItem) -> Material: ...


@dataclass(frozen=True)
class MaterialItem:
    """One entry of the collection. What is in it is read from the file when it is asked for.

    Attributes:
        id: stays the same as long as the project lives.
        name: where it came from: a file's name, "drawn", "recorded", "pattern eye".
        content: number of what is in it, which is the same as long as nothing but its label changes; in its project.
        facts: what is known of it without reading it.
    """

    id: int
    kind: Kind
    label: str
    name: str
    content: int
    facts: Facts
    _source: Source = field(repr=False, compare=False)

    def has_content_of(self, other: MaterialItem) -> bool:
        """Whether the very same is in both: of all projects, since numbers begin anew in each."""
        return self.content == other.content and self._source is other._source

    @property
    def at_hand(self) -> bool:
        """Whether `material` takes no time; else it may take some 5 ms for each minute of sound."""
        return self._source.at_hand(self)

    @property
    def material(self) -> Material:
        """What is in it. Not kept: whoever needs it for longer holds it, whoever needs many asks for one after another.

        Raises:
            StudioError: where it is damaged.
        """
        return self._source.read(self)

    @property
    def drawing(self) -> Drawing:
        """The material, which must be a drawing."""
        material = self.material
        assert isinstance(material, Drawing), self.kind
        return material

    @property
    def recording(self) -> Recording:
        """The material, which must be a recording."""
        material = self.material
        assert isinstance(material, Recording), self.kind
        return material

    @property
    def text(self) -> Text:
        """The material, which must be a text."""
        material = self.material
        assert isinstance(material, Text), self.kind
        return material

    @property
    def roll(self) -> Roll:
        """The material, which must be a piano roll."""
        material = self.material
        assert isinstance(material, Roll), self.kind
        return material


class Unread(Sequence[Material]):
    """The material of items, each read when it is asked for: to be gone through, not to be listed, where it is long.

    Args:
        items: whose.
        before: called before each is read; what it raises ends the work that the material is for.
    """

    def __init__(self, items: Iterable[MaterialItem], before: Callable[[], object] = lambda: None) -> None:
        self._items = tuple(items)
        self._before = before

    def __len__(self) -> int:
        return len(self._items)

    @property
    def labels(self) -> list[str]:
        """Of each, without reading it."""
        return [item.label for item in self._items]

    @property
    def kind(self) -> Kind:
        """Of the first, without reading it."""
        return self._items[0].kind

    @overload
    def __getitem__(self, index: int) -> Material: ...

    @overload
    def __getitem__(self, index: slice) -> Unread: ...

    def __getitem__(self, index: int | slice) -> Material | Unread:
        if isinstance(index, slice):
            return Unread(self._items[index], self._before)
        item = self._items[index]
        self._before()
        return item.material


def readable(items: Iterable[MaterialItem]) -> Iterator[Material]:
    """The material of items, but for what is damaged, of which the log tells."""
    for item in items:
        with suppress(StudioError):
            yield item.material


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
        best_step: of the weights that did best on what is held back; None where none were measured, or are kept.
        last_step: of the weights that it ended with, or was saved with last; None where there are none.
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
    best_step: int | None = None
    last_step: int | None = None


@dataclass(frozen=True)
class StoredCheckpoint:
    """Weights (safetensors bytes) and what belongs to them (JSON values)."""

    kind: Literal["best", "last", "step"]
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
