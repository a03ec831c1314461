"""Where projects are that nobody has given a place yet, and which ones were open lately."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from studio.errors import StudioError
from studio.project.owner import may_be_alive, this_process

_log = logging.getLogger(__name__)

_RECENT = 10
_UNTITLED = re.compile(r"untitled \((?P<owner>.+)\) \d+\.vrnn")


class Places:
    """The studio's own folder.

    An untitled project is an ordinary file there from its first stroke; its name tells which process has it open, so
    that one left behind by a crash can be offered again.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_data_path("vrnn-studio", appauthor=False)

    def untitled(self) -> Path:
        """A new place for an untitled project of this process."""
        folder = self._untitled_folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StudioError(
                f"Cannot make the folder {folder} ({error.strerror}): mend its permissions, or name a project file."
            ) from error
        owner = this_process().replace("/", "+")
        number = 1
        while (path := folder / f"untitled ({owner}) {number}.vrnn").exists():
            number += 1
        return path

    def is_untitled(self, path: Path) -> bool:
        """Whether a project lies here rather than where somebody put it."""
        return path.parent == self._untitled_folder and _UNTITLED.fullmatch(path.name) is not None

    def left_behind(self) -> tuple[Path, ...]:
        """Untitled projects that no living process has open, oldest first."""
        found = []
        for path in self._untitled_folder.glob("*.vrnn"):
            match = _UNTITLED.fullmatch(path.name)
            if match and not may_be_alive(match["owner"].replace("+", "/")):
                found.append(path)
        return tuple(sorted(found, key=lambda path: path.stat().st_mtime))

    def recent(self) -> tuple[Path, ...]:
        """Projects opened lately, newest first; those that are gone are left out."""
        try:
            names = json.loads(self._recent_file.read_text("utf-8"))
            return tuple(path for path in map(Path, names) if path.is_file())
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError) as error:
            _log.warning("%s cannot be read: %s", self._recent_file, error)
            return ()

    def remember(self, path: Path) -> None:
        """Put a project at the top of the recent ones."""
        path = path.absolute()
        self._write([path, *(other for other in self.recent() if other != path)])

    def forget(self, path: Path | None = None) -> None:
        """Take one off that list, or all."""
        self._write([] if path is None else [other for other in self.recent() if other != path.absolute()])

    def _write(self, paths: Iterable[Path]) -> None:
        # A list that cannot be written is no reason to keep anybody from working.
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self._recent_file.with_suffix(".new")
            draft.write_text(json.dumps([str(path) for path in paths][:_RECENT]), "utf-8")
            draft.replace(self._recent_file)
        except OSError as error:
            _log.warning("%s cannot be written: %s", self._recent_file, error)

    @property
    def _untitled_folder(self) -> Path:
        return self.folder / "untitled"

    @property
    def _recent_file(self) -> Path:
        return self.folder / "recent.json"
