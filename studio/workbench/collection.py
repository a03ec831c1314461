"""The collection of material: drawing, deleting, labelling, undo and redo, import and export, patterns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from studio.errors import StudioError
from studio.project.records import MaterialItem
from studio.sequences.material import Drawing, Stroke
from studio.workbench.base import Base
from studio.workbench.jobs import Task
from studio.workbench.state import Job

if TYPE_CHECKING:
    from studio.files.readers import ImportResult, Kind
    from studio.sequences.patterns import Pattern


class CollectionPart(Base):
    """Each change is one transaction and one entry of the undo history, which is kept in the project."""

    _items: tuple[MaterialItem, ...] | None = None

    def materials(self, kind: str | None = None) -> tuple[MaterialItem, ...]:
        """The collection in its order; the same tuple until it changes."""
        if self._items is None:
            self._items = () if self._open_project is None else tuple(self._open_project.collection.items())
        return self._items if kind is None else tuple(item for item in self._items if item.kind == kind)

    def material(self, id: int) -> MaterialItem:
        """One entry of the collection."""
        found = next((item for item in self.materials() if item.id == id), None)
        if found is None:
            raise StudioError(f"There is no drawing {id} in the collection: it was deleted, or never there.")
        return found

    def labels(self) -> tuple[str, ...]:
        """All labels in use, sorted."""
        return tuple(sorted({item.label for item in self.materials() if item.label}))

    def add_drawing(self, drawing: Drawing, name: str = "drawn") -> int:
        """Add a drawing at the end, under its own label; returns its id."""
        return self.add_drawings([drawing], name)[0]

    def add_drawings(self, drawings: Iterable[Drawing], name: str = "drawn", text: str = "") -> tuple[int, ...]:
        """Add drawings at the end; returns their ids.

        Args:
            name: where they came from.
            text: what undo calls it, "" for "add 3 drawings".
        """
        return self._add([(name, drawing) for drawing in drawings], text)

    def replace_drawing(self, id: int, drawing: Drawing, text: str = "edit drawing") -> None:
        """Put another drawing in the place of one; its label stays."""
        self.replace_drawings({id: drawing}, text)

    def replace_drawings(self, drawings: Mapping[int, Drawing | None], text: str) -> None:
        """Put others in the place of several at once, as an eraser does; None deletes."""
        if drawings:
            self._project.collection.replace(drawings, text)
            self._collection_changed()

    def delete(self, ids: Iterable[int]) -> None:
        """Take drawings out of the collection."""
        if chosen := list(ids):
            self._project.collection.delete(chosen, f"delete {counted(len(chosen))}")
            self._collection_changed()

    def duplicate(self, ids: Iterable[int]) -> tuple[int, ...]:
        """Add copies at the end; returns their ids."""
        chosen = list(ids)
        if not chosen:
            return ()
        copies = self._project.collection.duplicate(chosen, f"duplicate {counted(len(chosen))}")
        self._collection_changed()
        return tuple(copies)

    def relabel(self, ids: Iterable[int], label: str) -> None:
        """Put drawings under another label; "" for none."""
        if chosen := list(ids):
            self._project.collection.relabel(chosen, label, f"label {counted(len(chosen))}")
            self._collection_changed()

    def flip(self, ids: Iterable[int], direction: Literal["horizontal", "vertical"]) -> None:
        """Mirror each drawing about the middle of its own box."""
        chosen = list(ids)
        flipped: dict[int, Drawing | None] = {id: _flipped(self.material(id).material, direction) for id in chosen}
        self.replace_drawings(flipped, f"flip {counted(len(chosen))}")

    def move(self, ids: Iterable[int], before: int | None) -> None:
        """Put drawings, in the order they have, before another one; None: to the end."""
        chosen = set(ids)
        order = [item.id for item in self.materials()]
        moved = [id for id in order if id in chosen]
        if not moved or before in chosen:
            return
        rest = [id for id in order if id not in chosen]
        place = len(rest) if before is None else rest.index(self.material(before).id)
        self._project.collection.arrange([*rest[:place], *moved, *rest[place:]], f"move {counted(len(moved))}")
        self._collection_changed()

    def undo(self) -> None:
        """Take back the last change of the collection, also one made before the project was last opened."""
        if text := self._project.collection.undo():
            self._collection_changed()
            self._say(f"Undone: {text}.")

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        if text := self._project.collection.redo():
            self._collection_changed()
            self._say(f"Done again: {text}.")

    @property
    def undo_text(self) -> str:
        """What undo takes back, such as "delete 3 drawings"; "" for nothing."""
        return "" if self._open_project is None else self._open_project.collection.undo_text()

    @property
    def redo_text(self) -> str:
        """What redo makes again; "" for nothing."""
        return "" if self._open_project is None else self._open_project.collection.redo_text()

    def import_paths(self, paths: Sequence[Path], label: str = "", kind: Kind | None = None) -> Job:
        """Read files and folders into the collection, as one change.

        Args:
            label: for all; "": each file's own label, or the name of its folder.
            kind: "pen", "audio" or "text"; None: told from the files.

        Returns:
            a job whose result is the ids of what came in, and whose messages say what was refused, and why.
        """
        project = self._project

        def read(task: Task) -> ImportResult:
            from studio.files.readers import read_materials

            found = read_materials(
                paths, label=label, kind=kind, progress=task.progress, cancelled=lambda: task.cancelled
            )
            task.say(*found.problems)
            return found

        def keep(found: ImportResult) -> tuple[int, ...]:
            if project is not self._open_project:
                return ()
            count = len(found.materials)
            return self._add([(item.name, item.material) for item in found.materials], f"import {counted(count)}")

        return self._jobs.start("import", read, keep)

    def export_materials(self, ids: Iterable[int], path: Path) -> Job:
        """Write drawings of the collection in the format that the path's ending names; result: the paths written."""
        return self.export_drawings([self.material(id).material for id in ids], path)

    def export_drawings(self, drawings: Sequence[Drawing], path: Path, *, all_columns: bool = False) -> Job:
        """Write drawings in the format that the path's ending names.

        Args:
            drawings: material or samples.
            path: .csv, .npy, .inkml: one file, or a folder of files where there are several drawings; .json, .npz,
                .svg, .png, .gif: one file for all.
            all_columns: in CSV, add times and pressure to x, y and pen.

        Returns:
            a job whose result is the paths written.
        """

        def write(task: Task) -> tuple[Path, ...]:
            from studio.files.writers import write_drawings

            return tuple(write_drawings(drawings, path, all_columns=all_columns))

        return self._jobs.start("export", write)

    def patterns(self) -> tuple[Pattern, ...]:
        """What can be inserted, with the parameters of each."""
        from studio.sequences.patterns import PATTERNS

        return tuple(PATTERNS.values())

    def preview_pattern(
        self, name: str, *, points: int, seed: int, noise: float | None = None, **parameters: float
    ) -> Drawing:
        """Draw a pattern without keeping it."""
        return _pattern(name).draw(points, seed, noise, **parameters)

    def insert_pattern(
        self,
        name: str,
        *,
        count: int,
        points: int,
        seed: int,
        noise: float | None = None,
        label: str = "",
        **parameters: float,
    ) -> Job:
        """Draw a pattern several times into the collection, as one change.

        Args:
            seed: of the first, which is what `preview_pattern` shows; the others take the numbers after it.
            label: "" for the pattern's name.

        Returns:
            a job whose result is the ids.
        """
        pattern, project = _pattern(name), self._project

        def draw(task: Task) -> list[Drawing]:
            found = []
            for number in range(count):
                drawing = pattern.draw(points, seed + number, noise, **parameters)
                found.append(drawing.labelled(label) if label else drawing)
                task.progress(number + 1, count)
            return found

        def keep(drawings: list[Drawing]) -> tuple[int, ...]:
            if project is not self._open_project:
                return ()
            return self._add([(f"pattern {name}", drawing) for drawing in drawings], f"insert {name}")

        return self._jobs.start("insert pattern", draw, keep)

    def _add(self, drawings: Sequence[tuple[str, Drawing]], text: str) -> tuple[int, ...]:
        if not drawings:
            return ()
        ids = self._project.collection.add(drawings, text or f"add {counted(len(drawings))}")
        self._collection_changed()
        return tuple(ids)

    def _collection_changed(self) -> None:
        self._items = None
        self._mark("materials_changed")

    def _forget(self) -> None:
        super()._forget()
        self._items = None


def _pattern(name: str) -> Pattern:
    from studio.sequences.patterns import PATTERNS

    if name not in PATTERNS:
        raise StudioError(f"There is no pattern {name!r}: the patterns are {', '.join(PATTERNS)}.")
    return PATTERNS[name]


def counted(count: int) -> str:
    """So many drawings, as part of a sentence."""
    return "one drawing" if count == 1 else f"{count} drawings"


def _flipped(drawing: Drawing, direction: str) -> Drawing:
    low, high = drawing.box
    axis = 0 if direction == "horizontal" else 1

    def mirrored(stroke: Stroke) -> Stroke:
        points = np.array(stroke.points)
        points[:, axis] = low[axis] + high[axis] - points[:, axis]
        return replace(stroke, points=points)

    return replace(drawing, strokes=tuple(map(mirrored, drawing.strokes)))
