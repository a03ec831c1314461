"""The collection of material: drawing, recording, deleting, labelling, undo and redo, import and export, patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from operator import is_
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from studio.assets import sample_data
from studio.errors import StudioError
from studio.project.file import Project
from studio.project.records import MaterialItem, Unread
from studio.sequences.material import Drawing, Stroke
from studio.sequences.materials import Kind, Material, counted, kind_of, plural
from studio.sequences.recording import Recording, split_at_pauses, trimmed
from studio.sequences.roll import Roll
from studio.sequences.text import Text
from studio.workbench.base import Base
from studio.workbench.jobs import Task
from studio.workbench.state import Job

__all__ = ["CollectionPart", "counted"]

if TYPE_CHECKING:
    from studio.files.audio import Width
    from studio.files.rolls import Reading
    from studio.files.table_options import TableOptions
    from studio.files.table_preview import TablePreview
    from studio.sequences.patterns import Pattern


SPEECH = "speech"  # the folder of shipped recordings
TEXT = "text"  # and of texts


class CollectionPart(Base):
    """Each change is one transaction and one entry of the undo history, which is kept in the project."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._items: tuple[MaterialItem, ...] | None = None  # until the collection changes
        self._listed: tuple[MaterialItem, ...] = ()  # what it was before that
        self._of_kind: dict[str, tuple[MaterialItem, ...]] = {}
        self._by_id: dict[int, MaterialItem] = {}

    def materials(self, kind: str | None = None) -> tuple[MaterialItem, ...]:
        """The collection in its order; the same tuple until it changes."""
        if self._items is None:
            self._list(() if self._open_project is None else tuple(self._open_project.collection.items()))
            assert self._items is not None
        if kind is None:
            return self._items
        if kind not in self._of_kind:
            self._of_kind[kind] = tuple(item for item in self._items if item.kind == kind)
        return self._of_kind[kind]

    def _list(self, items: tuple[MaterialItem, ...]) -> None:
        """These are the items now. Where some were only added, those before are not looked at one by one."""
        before = len(self._listed)
        if len(items) < before or not all(map(is_, self._listed, items)):
            before, self._of_kind, self._by_id = 0, {}, {}
        for kind, known in self._of_kind.items():
            self._of_kind[kind] = known + tuple(item for item in items[before:] if item.kind == kind)
        self._by_id |= {item.id: item for item in items[before:]}
        self._items = self._listed = items

    def material(self, id: int) -> MaterialItem:
        """One entry of the collection."""
        self.materials()
        found = self._by_id.get(id)
        if found is None:
            raise StudioError(f"There is no item {id} in the collection: it was deleted, or never there.")
        return found

    def labels(self) -> tuple[str, ...]:
        """All labels in use, sorted."""
        return tuple(sorted({item.label for item in self.materials() if item.label}))

    def add_materials(self, materials: Iterable[Material], name: str, text: str = "") -> tuple[int, ...]:
        """Add pieces of any kind at the end; returns their ids.

        Args:
            name: where they came from.
            text: what undo calls it, "" for "add 3 drawings".
        """
        return self._add([(name, material) for material in materials], text)

    def add_drawing(self, drawing: Drawing, name: str = "drawn") -> int:
        """Add a drawing at the end, under its own label; returns its id."""
        return self.add_drawings([drawing], name)[0]

    def add_drawings(self, drawings: Iterable[Drawing], name: str = "drawn", text: str = "") -> tuple[int, ...]:
        """Add drawings at the end; returns their ids. Arguments as for `add_materials`."""
        return self.add_materials(drawings, name, text)

    def add_recording(self, recording: Recording, name: str = "recorded") -> int:
        """Add a recording at the end, under its own label; returns its id."""
        return self.add_recordings([recording], name)[0]

    def add_recordings(
        self, recordings: Iterable[Recording], name: str = "recorded", text: str = ""
    ) -> tuple[int, ...]:
        """Add recordings at the end; returns their ids. Arguments as for `add_materials`."""
        return self.add_materials(recordings, name, text)

    def add_roll(self, roll: Roll, name: str = "drawn") -> int:
        """Add a piano roll at the end, under its own label; returns its id."""
        return self.add_rolls([roll], name)[0]

    def add_rolls(self, rolls: Iterable[Roll], name: str = "drawn", text: str = "") -> tuple[int, ...]:
        """Add piano rolls at the end; returns their ids. Arguments as for `add_materials`."""
        return self.add_materials(rolls, name, text)

    def replace_roll(self, id: int, roll: Roll, text: str = "edit piano roll") -> None:
        """Put another piano roll in the place of one, as a stroke of the pencil does; its label stays."""
        self._replace({id: roll}, text)

    def add_text(self, text: Text, name: str = "written") -> int:
        """Add a text at the end, under its own label; returns its id."""
        return self._add([(name, text)])[0]

    def add_texts(self, texts: Iterable[Text], name: str = "written", text: str = "") -> tuple[int, ...]:
        """Add texts at the end; returns their ids. Arguments as for `add_materials`."""
        return self.add_materials(texts, name, text)

    def replace_text(self, id: int, text: Text, undo: str = "edit text") -> None:
        """Put another text in the place of one; its label stays."""
        self._replace({id: text}, undo)

    def split_into_lines(self, id: int) -> Job:
        """Put one text for each line that is not blank in the place of one: a list of names becomes names.

        Returns:
            a job whose result is the ids of the lines; that of the text itself where it has but one.
        """
        item, project = self._item(id, "text"), self._project

        def split(task: Task) -> list[Text]:
            return item.text.lines()

        def keep(lines: list[Text]) -> tuple[int, ...]:
            if project is not self._open_project:
                return ()
            if len(lines) < 2:
                return (id,)
            ids = project.collection.split(id, lines, f"split into {counted(len(lines), ('text',))}")
            self._collection_changed()
            return tuple(ids)

        return self._jobs.start("split into lines", split, keep)

    def replace_recording(self, id: int, recording: Recording, text: str = "edit recording") -> None:
        """Put another recording in the place of one, such as a trimmed one; its label stays."""
        self._replace({id: recording}, text)

    def replace_drawing(self, id: int, drawing: Drawing, text: str = "edit drawing") -> None:
        """Put another drawing in the place of one; its label stays."""
        self.replace_drawings({id: drawing}, text)

    def replace_drawings(self, drawings: Mapping[int, Drawing | None], text: str) -> None:
        """Put others in the place of several at once, as an eraser does; None deletes."""
        self._replace(drawings, text)

    def delete(self, ids: Iterable[int]) -> None:
        """Take material out of the collection."""
        if chosen := list(ids):
            self._project.collection.delete(chosen, f"delete {self._counted(chosen)}")
            self._collection_changed()

    def duplicate(self, ids: Iterable[int]) -> tuple[int, ...]:
        """Add copies at the end; returns their ids."""
        chosen = list(ids)
        if not chosen:
            return ()
        copies = self._project.collection.duplicate(chosen, f"duplicate {self._counted(chosen)}")
        self._collection_changed()
        return tuple(copies)

    def relabel(self, ids: Iterable[int], label: str) -> None:
        """Put material under another label; "" for none. Commas part what it names: "seven, jackson"."""
        if chosen := list(ids):
            self._project.collection.relabel(chosen, label, f"label {self._counted(chosen)}")
            self._collection_changed()

    def flip(self, ids: Iterable[int], direction: Literal["horizontal", "vertical"]) -> None:
        """Mirror each drawing about the middle of its own box."""
        chosen = list(ids)
        items = [self._item(id, "pen") for id in chosen]
        flipped: dict[int, Drawing | None] = {item.id: _flipped(item.drawing, direction) for item in items}
        self.replace_drawings(flipped, f"flip {counted(len(chosen))}")

    def move(self, ids: Iterable[int], before: int | None) -> None:
        """Put material, in the order it has, before another piece; None: to the end."""
        chosen = set(ids)
        order = [item.id for item in self.materials()]
        moved = [id for id in order if id in chosen]
        if not moved or before in chosen:
            return
        rest = [id for id in order if id not in chosen]
        place = len(rest) if before is None else rest.index(self.material(before).id)
        self._project.collection.arrange([*rest[:place], *moved, *rest[place:]], f"move {self._counted(moved)}")
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

    def import_paths(
        self,
        paths: Sequence[Path],
        label: str = "",
        kind: Kind | None = None,
        reading: Reading | None = None,
        tables: TableOptions | None = None,
    ) -> Job:
        """Read files and folders into the collection, as one change.

        Args:
            label: for all; "": each file's own label, or the name of its folder.
            kind: "pen", "audio", "roll" or "text"; None: told from the files.
            reading: of piano rolls, what their files do not say; None: what is usual.
            tables: of tables and arrays of points, likewise.

        Returns:
            a job whose result is the ids of what came in, and whose messages say what was refused, and why.
        """
        project = self._project

        def read(task: Task) -> tuple[int, ...]:
            from studio.files.readers import ImportResult, read_file_by_file
            from studio.files.rolls import AS_IT_SAYS
            from studio.files.table_options import AS_FOUND

            def taken(found: ImportResult) -> list[tuple[str, Material]]:
                task.say(*found.problems)
                return [(item.name, item.material) for item in found.materials]

            files = read_file_by_file(
                paths,
                label=label,
                kind=kind,
                progress=task.progress,
                cancelled=lambda: task.cancelled,
                reading=reading or AS_IT_SAYS,
                tables=tables or AS_FOUND,
            )
            coming = chain.from_iterable(map(taken, files))  # which holds no file while the next one is read
            return self._stored(project, chain(coming, _nothing_more(task)), task)

        def keep(ids: tuple[int, ...]) -> tuple[int, ...]:
            if project is not self._open_project:
                return ()
            if ids:
                self._collection_changed()
            return ids

        return self._jobs.start("import", read, keep)

    def preview_tables(self, paths: Sequence[Path], tables: TableOptions) -> Job:
        """How tables are read, before they come in; result: a `TablePreview`, None where there is nothing to ask."""

        def look(task: Task) -> TablePreview | None:
            from studio.files.table_preview import preview

            return preview(paths, tables, lambda: task.cancelled)

        return self._jobs.start("look at tables", look)

    def _stored(self, project: Project, materials: Iterable[tuple[str, Material]], task: Task) -> tuple[int, ...]:
        """Put what a job reads into the project, on the job's thread: an hour of sound takes more than a second."""
        try:
            ids = project.collection.add_as_they_come(materials, lambda count, kinds: f"import {counted(count, kinds)}")
        except StudioError:
            task.stop_if_cancelled()  # as it has been where the project was closed
            raise
        return tuple(ids)

    @property
    def has_sample_speech(self) -> bool:
        """Whether recordings were shipped with the studio."""
        return sample_data(SPEECH).is_dir()

    def import_sample_speech(self) -> Job:
        """Put the shipped recordings into the collection; the job is that of `import_paths`."""
        return self.import_paths([Path(str(sample_data(SPEECH)))], kind="audio")

    @property
    def has_sample_text(self) -> bool:
        """Whether texts were shipped with the studio."""
        return sample_data(TEXT).is_dir()

    def import_sample_text(self) -> Job:
        """Put the shipped texts into the collection; the job is that of `import_paths`."""
        return self.import_paths([Path(str(sample_data(TEXT)))], kind="text")

    def import_sample_rolls(self, name: str = "canons") -> Job:
        """Put piano rolls that came with the studio into the collection; the job is that of `import_paths`."""
        return self.import_paths([Path(str(sample_data(f"{name}.npz")))], kind="roll")

    def export_materials(self, ids: Iterable[int], path: Path, *, width: Width = 16) -> Job:
        """Write material of the collection in the format that the path's ending names; result: the paths written.

        Drawings as `export_drawings` with all columns, recordings as `export_recordings`, texts as `export_texts`,
        piano rolls as `export_rolls`; one kind at once.
        """
        return self._export(Unread(self.material(id) for id in ids), path, all_columns=True, width=width)

    def export_samples(self, samples: Sequence[Material], path: Path, *, smooth: bool = True) -> Job:
        """Write what was generated, one kind at once, as `export_materials` does with the collection.

        Args:
            samples: at least one.
            path: where to; its ending says the format.
            smooth: drawings in SVG, PNG and GIF as curves through their points, instead of straight lines.
        """
        return self._export(samples, path, smooth=smooth)

    def export_recordings(self, recordings: Sequence[Recording], path: Path, *, width: Width = 16) -> Job:
        """Write recordings to a .wav or .flac file, or a folder of files where there are several.

        Args:
            recordings: material or samples.
            path: where to; its ending says the format.
            width: bits per sample, 16 or 24, or "float" (WAV only).

        Returns:
            a job whose result is the paths written.
        """
        return self._export(recordings, path, width=width)

    def export_texts(self, texts: Sequence[Text], path: Path) -> Job:
        """Write texts to a .txt file, or a folder of files where there are several; result: the paths written."""
        return self._export(texts, path)

    def export_drawings(
        self, drawings: Sequence[Drawing], path: Path, *, all_columns: bool = False, smooth: bool = False
    ) -> Job:
        """Write drawings in the format that the path's ending names.

        Args:
            drawings: material or samples.
            path: .csv, .npy, .inkml: one file, or a folder of files where there are several drawings; .json, .npz,
                .svg, .png, .gif: one file for all.
            all_columns: in CSV, add times and pressure to x, y and pen.
            smooth: in SVG, PNG and GIF, curves through the points instead of straight lines.

        Returns:
            a job whose result is the paths written.
        """

        return self._export(drawings, path, all_columns=all_columns, smooth=smooth)

    def export_rolls(self, rolls: Sequence[Roll], path: Path, *, width: Width = 16) -> Job:
        """Write piano rolls in the format that the path's ending names.

        Args:
            rolls: material or samples.
            path: .csv, .npy: one file, or a folder of files where there are several; .npz, .png: one file for all;
                .wav, .flac: what they sound like.
            width: of sound, as for `export_recordings`.

        Returns:
            a job whose result is the paths written.
        """
        return self._export(rolls, path, width=width)

    def _export(
        self,
        materials: Sequence[Material],
        path: Path,
        *,
        all_columns: bool = False,
        width: Width = 16,
        smooth: bool = False,
    ) -> Job:
        def write(task: Task) -> tuple[Path, ...]:
            from studio.files.writers import left_out, write_materials

            written = write_materials(materials, path, all_columns=all_columns, width=width, smooth=smooth)
            labels = materials.labels if isinstance(materials, Unread) else [each.label for each in materials]
            kind = materials.kind if isinstance(materials, Unread) else kind_of(materials[0])
            if sentence := left_out(kind, labels, materials, written[0].suffix.lower()):
                task.say(sentence)
            return tuple(written)

        return self._jobs.start("export", write)

    def trim_silence(self, ids: Iterable[int]) -> Job:
        """Cut off the silence before and after recordings, as one change.

        Returns:
            a job whose result is the ids of those that were cut.
        """
        items = [self._item(id, "audio") for id in ids]
        project = self._project

        def trim(task: Task) -> dict[int, Material | None]:
            found: dict[int, Material | None] = {}
            for number, item in enumerate(items, 1):
                recording = item.recording
                shorter = trimmed(recording)
                if len(shorter) < len(recording):
                    found[item.id] = shorter
                task.progress(number, len(items))
            return found

        def keep(found: dict[int, Material | None]) -> tuple[int, ...]:
            if project is not self._open_project:
                return ()
            self._replace(found, f"trim {self._counted(found)}")
            return tuple(found)

        return self._jobs.start("trim silence", trim, keep)

    def split_at_pauses(self, id: int) -> Job:
        """Put one recording for each stretch between pauses in the place of one: ten words in a row become ten.

        Returns:
            a job whose result is the ids of the parts; that of the recording itself where it has no pauses.
        """
        item, project = self._item(id, "audio"), self._project

        def split(task: Task) -> list[Recording]:
            return split_at_pauses(item.recording)

        def keep(parts: list[Recording]) -> tuple[int, ...]:
            if project is not self._open_project:
                return ()
            if len(parts) == 1:
                return (id,)
            ids = project.collection.split(id, parts, f"split into {counted(len(parts), ('audio',))}")
            self._collection_changed()
            return tuple(ids)

        return self._jobs.start("split at pauses", split, keep)

    def patterns(self) -> tuple[Pattern, ...]:
        """What can be inserted, with the parameters of each."""
        from studio.sequences.patterns import PATTERNS

        return tuple(PATTERNS.values())

    def preview_pattern(
        self, name: str, *, points: int, seed: int, noise: float | None = None, **parameters: float
    ) -> Drawing:
        """Draw a pattern without keeping it."""
        from studio.sequences.patterns import refuse_too_many

        refuse_too_many(1, points)
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
        from studio.sequences.patterns import refuse_too_many

        pattern, project = _pattern(name), self._project
        refuse_too_many(count, points)

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

    def _add(self, materials: Sequence[tuple[str, Material]], text: str = "") -> tuple[int, ...]:
        if not materials:
            return ()
        kinds = {kind_of(material) for _, material in materials}
        ids = self._project.collection.add(materials, text or f"add {counted(len(materials), kinds)}")
        self._collection_changed()
        return tuple(ids)

    def _replace(self, materials: Mapping[int, Material | None], text: str) -> None:
        if materials:
            self._project.collection.replace(materials, text)
            self._collection_changed()

    def _counted(self, ids: Iterable[int]) -> str:
        """So many drawings or recordings."""
        chosen = set(ids)
        return counted(len(chosen), {item.kind for item in self.materials() if item.id in chosen})

    def _item(self, id: int, kind: Kind) -> MaterialItem:
        """One entry of the collection, which must be of that kind."""
        item = self.material(id)
        if item.kind != kind:
            raise StudioError(f"Item {id} is {_a(item.kind)}: only {plural(kind)} can be changed in this way.")
        return item

    def _collection_changed(self) -> None:
        self._items = None
        self._mark("materials_changed")

    def _forget(self) -> None:
        super()._forget()
        self._items, self._listed, self._of_kind, self._by_id = None, (), {}, {}


def _nothing_more(task: Task) -> Iterator[tuple[str, Material]]:
    """The end of what a job reads, unless it was asked to end before."""
    task.stop_if_cancelled()
    yield from ()


def _a(kind: Kind) -> str:
    return counted(1, (kind,)).replace("one ", "a ", 1)


def _pattern(name: str) -> Pattern:
    from studio.sequences.patterns import PATTERNS

    if name not in PATTERNS:
        raise StudioError(f"There is no pattern {name!r}: the patterns are {', '.join(PATTERNS)}.")
    return PATTERNS[name]


def _flipped(drawing: Drawing, direction: str) -> Drawing:
    low, high = drawing.box
    axis = 0 if direction == "horizontal" else 1

    def mirrored(stroke: Stroke) -> Stroke:
        points = np.array(stroke.points)
        points[:, axis] = low[axis] + high[axis] - points[:, axis]
        return replace(stroke, points=points)

    return replace(drawing, strokes=tuple(map(mirrored, drawing.strokes)))
