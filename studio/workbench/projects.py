"""The project that is open: new, open, save, close."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from importlib.resources import as_file
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from studio.assets import sample_data
from studio.errors import StudioError
from studio.project.database import Note
from studio.project.file import ENDING, Project
from studio.workbench.base import Base
from studio.workbench.jobs import Task
from studio.workbench.state import Job, LeftBehind

if TYPE_CHECKING:
    from studio.project.restoring import Restored

_log = logging.getLogger(__name__)


class ProjectPart(Base):
    """These act at once, and raise StudioError where they cannot; then the project open before stays open."""

    @property
    def name(self) -> str:
        """What the title shows: the file's stem, or "Untitled"."""
        return "Untitled" if self.path is None else self.path.stem

    @property
    def path(self) -> Path | None:
        """The project's file; None while untitled."""
        return None if self._open_project is None or self.untitled else self._open_project.path

    @property
    def untitled(self) -> bool:
        """Whether nobody has given it a place yet."""
        return self._open_project is not None and self._places.is_untitled(self._open_project.path)

    @property
    def unsaved(self) -> bool:
        """Whether it is untitled and something was done in it: ask before it is thrown away."""
        return self.untitled and _was_touched(self._project)

    def new(self, path: Path | None = None) -> None:
        """Open an empty project.

        Args:
            path: where; None: untitled.

        Raises:
            StudioError: where there is a file already, or none can be made.
        """
        self._take(Project.create(self._places.untitled() if path is None else _with_ending(path)))

    def open(self, path: Path) -> None:
        """Open a project; an untitled one that was left behind becomes this process's own.

        Raises:
            StudioError: where it is missing, no project, damaged, or made by a newer studio. One that another program
                has open can only be looked at, see `why_read_only`.
        """
        if self._open_project is not None and self._open_project.is_at(path):
            if self.read_only:  # by now it may be ours
                self.close()
            else:
                return
        project = Project.open(path)
        if self._places.is_untitled(path):
            project.move_to(self._places.untitled())
        self._take(project)

    def rescue(self, path: Path, target: Path | None = None) -> Job:
        """Bring what can be read of a damaged project into a new one; the damaged one stays as it is.

        Args:
            target: the new file; None: beside the other, NAME.rescued.vrnn.

        Returns:
            a job whose result is a `studio.project.rescue.Rescued`, and whose messages say what was lost.
        """
        from studio.project.rescue import Rescued, rescue

        def work(task: Task) -> Rescued:
            rescued = rescue(path, target or path.with_name(f"{path.stem}.rescued{ENDING}"))
            task.say(*rescued.lost)
            return rescued

        return self._jobs.start("rescue", work)

    def restore(self, copy: Path, path: Path | None = None) -> Restored:
        """Put a copy in the place of a project, and open it; what was there is kept beside.

        Args:
            path: the project; None: the one that is open, else the one whose copy that is by its name.

        Raises:
            StudioError: where the copy is not whole, or another program has the project open; or nobody can tell of
                what it is a copy.
        """
        from studio.project.restoring import original_of, restore

        path = path or self.path or original_of(copy)
        if path is None:
            raise StudioError(f"{copy} does not say by its name what it is a copy of: name the project, too.")
        if self._open_project is not None and self._open_project.is_at(path):
            if problems := _problems(copy):
                raise StudioError(f"{copy} is not whole, and is not restored: {problems[0]}")
            self.close()
        restored = restore(copy, path)
        self.open(restored.path)
        return restored

    def open_copy(self, path: Path) -> None:
        """Open a copy of a project as an untitled one.

        Raises:
            StudioError: as for `open`.
        """
        project = Project.open(path)
        project.copy_to(self._places.untitled())
        self._take(project)

    def samples(self) -> tuple[str, ...]:
        """The shipped collections, by name."""
        return tuple(sorted(_sample_files()))

    def open_sample(self, name: str = "eights", path: Path | None = None) -> None:
        """Open a new project with one of the shipped collections in it.

        Args:
            name: one of `samples`.
            path: where, a name that is free; None: untitled.

        Raises:
            StudioError: where there is none of that name, or something is there already.
        """
        from studio.files.readers import read_materials

        if name not in self.samples():
            raise StudioError(f"There is no sample {name!r}: the samples are {', '.join(self.samples())}.")
        project = Project.create(path or self._places.untitled())
        with as_file(_sample_files()[name]) as file:
            found = read_materials([file])
        project.collection.add([(item.name, item.material) for item in found.materials], "open sample")
        project.collection.forget_history()
        self._take(project)

    def save_as(self, path: Path) -> None:
        """Go on in a file at ``path``, which is replaced: an untitled project moves there, another is copied.

        A training goes on undisturbed, into the new file.

        Raises:
            StudioError: where it cannot be written; everything then is as before.
        """
        path = _with_ending(path)
        if self.untitled:
            self._project.move_to(path)
        else:
            self._project.copy_to(path)
        self._remember_path()
        self._mark("project_changed")

    def close(self) -> None:
        """Stop and save a training, end jobs and pens, and close the file.

        An untitled project stays where it is and is offered again (`left_behind`) if something was done in it.
        """
        self._end(keep=self.unsaved or not self.untitled)

    def discard(self) -> None:
        """Close; an untitled project is deleted."""
        self._end(keep=not self.untitled)

    def recent(self) -> tuple[Path, ...]:
        """Projects opened lately, newest first; only those that still exist."""
        return self._places.recent()

    def forget_recent(self, path: Path | None = None) -> None:
        """Take one off that list, or all."""
        self._places.forget(path)

    def left_behind(self) -> tuple[Path, ...]:
        """Untitled projects with something in them that no running studio has open: to be offered after a crash.

        Those in which nothing was done are deleted.
        """
        found = []
        for path in self._places.left_behind():
            try:
                project = Project.open(path)
            except StudioError as error:
                _log.warning("%s", error)
                continue
            if _was_touched(project):
                project.close()
                found.append(path)
            else:
                project.delete()
        return tuple(found)

    def look_for_left_behind(self) -> Job:
        """Look at those, since that takes as long as there are many.

        Returns:
            a job whose result is a tuple of `LeftBehind`, newest first.
        """

        def work(_: Task) -> tuple[LeftBehind, ...]:
            found = (_described(path) for path in reversed(self.left_behind()))
            return tuple(left for left in found if left is not None)

        return self._jobs.start("look for unsaved projects", work)

    def delete_left_behind(self, path: Path) -> None:
        """Delete such a project for good.

        Raises:
            StudioError: it is none, or cannot be deleted.
        """
        if path not in self._places.left_behind():
            raise StudioError(f"{path} is no project that was left behind: nothing was deleted.")
        Project.open(path).delete()

    def _take(self, project: Project) -> None:
        self.close()
        project.claim()
        self._open_project = project
        self.times_opened += 1
        self.why_ended = ""
        self._forget()
        self._remember_path()
        self._mark("project_changed", "materials_changed", "recipes_changed", "runs_changed")
        if project.backup is not None:
            self._say(f"An older studio made {project.path.name}; as it was, it is kept as {project.backup.name}.")

    def _hear_of_file(self, note: Note) -> None:
        super()._hear_of_file(note)
        self._remember_path()

    def _remember_path(self) -> None:
        if self._remember and self.path is not None:
            self._places.remember(self.path)

    def _end(self, *, keep: bool) -> None:
        if self._open_project is None:
            return
        self._jobs.cancel_all()
        self._close_parts()
        if keep:
            self._open_project.close()
        else:
            self._open_project.delete()
        self._open_project = None
        self._forget()
        self._mark("project_changed", "materials_changed", "recipes_changed", "runs_changed")


def _sample_files() -> dict[str, Traversable]:
    """The shipped collections of drawings, piano rolls and texts, by name."""
    files = [*sample_data().iterdir(), *sample_data("text").iterdir()]
    return {file.name.rpartition(".")[0]: file for file in files if file.name.endswith((".json", ".npz", ".txt"))}


def _problems(copy: Path) -> list[str]:
    from studio.project.rescue import check

    return check(copy)


def _described(path: Path) -> LeftBehind | None:
    """What is to be known of a project before it is opened; None where it is not there any more."""
    try:
        facts = path.stat()
        project = Project.open(path)
    except (OSError, StudioError) as error:
        _log.warning("%s", error)
        return None
    try:
        items = project.collection.items()
        counts = Counter(item.kind for item in items)
        first = None
        with suppress(StudioError):
            first = items[0].material if items else None
        runs = len(project.runs.all())
        return LeftBehind(path, facts.st_mtime, facts.st_size, tuple(sorted(counts.items())), runs, first)
    finally:
        project.close()


def _was_touched(project: Project) -> bool:
    return bool(project.collection.undo_text() or project.collection.redo_text() or project.runs.all())


def _with_ending(path: Path) -> Path:
    return path if path.suffix == ENDING else path.with_name(path.name + ENDING)
