"""Putting a copy of a project in the place of the project."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from studio.errors import StudioError
from studio.project import logs
from studio.project.claim import holder
from studio.project.database import Database, explained
from studio.project.handle import is_open_here
from studio.project.rescue import check

_COPY = re.compile(r"(?P<stem>.+)\.(version-\d+|kept(-\d+)?|rescued|before-restoring(-\d+)?)")


@dataclass(frozen=True)
class Restored:
    """What became of it.

    Attributes:
        path: the project, which now holds what the copy does.
        before: what was there, None where nothing was.
    """

    path: Path
    before: Path | None


def original_of(copy: Path) -> Path | None:
    """The project that a copy is of, by the names that the studio gives to copies; None for other names."""
    found = _COPY.fullmatch(copy.stem)
    return None if found is None else copy.with_name(found["stem"] + copy.suffix)


def restore(copy: Path, path: Path) -> Restored:
    """Put what a copy holds in the place of a project; what is there, with its log, is kept under another name.

    Raises:
        StudioError: where the copy is not whole, or the project is open.
    """
    if copy.exists() and path.exists() and copy.samefile(path):
        raise StudioError(f"{copy} is itself what it would be restored to: name the copy, and then the project.")
    if problems := check(copy):
        raise StudioError(f"{copy} is not whole, and is not restored: {problems[0]} `vrnn-studio check` says more.")
    if holder(path) or is_open_here(path):
        raise StudioError(f"{path} is open in another VRNN Studio: close it there, then try again.")
    source = Database.open(copy)
    try:
        before = _put_by(path)
        try:
            source.move(path, keep=True)
        except BaseException:
            if before is not None:  # as it was
                _rename(before, path)
            raise
    finally:
        source.close()
    return Restored(path, before)


def _put_by(path: Path) -> Path | None:
    """Give what is in a place another name, with the log that belongs to it."""
    with explained(path, "write"):
        if not os.path.lexists(path):
            logs.settle(path)
            return None
        number = 1
        while os.path.lexists(before := path.with_name(f"{path.stem}.{_before(number)}{path.suffix}")):
            number += 1
        if logs.belongs(path) == "foreign":
            logs.settle(path)
        _rename(path, before)
        return before


def _before(number: int) -> str:
    return "before-restoring" if number == 1 else f"before-restoring-{number}"


def _rename(path: Path, new: Path) -> None:
    with explained(path, "write"):
        path.rename(new)
        for ending in ("-wal", "-journal"):
            log = path.with_name(path.name + ending)
            if log.exists():
                log.rename(new.with_name(new.name + ending))
        path.with_name(path.name + "-shm").unlink(missing_ok=True)
