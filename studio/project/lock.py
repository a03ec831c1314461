"""Who has a project open: one program at a time may change it, others look on.

A small file beside the project names the process, and is touched while that process lives. Locks of the operating
system would be let go of without our help, but many network drives have none, or only seem to.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from studio.project.owner import may_be_alive, this_process

_log = logging.getLogger(__name__)

TOUCH_SECONDS = 15.0  # between two signs of life
DEAD_SECONDS = 90.0  # without one, after which the other is taken for dead; clocks of two computers differ a little
_LONGEST = 200  # bytes of a name


class Lock:
    """The claim of this process on one project."""

    def __init__(self, path: Path) -> None:
        self._file = lock_file(path)
        self._touched = time.monotonic()

    @classmethod
    def take(cls, path: Path) -> Lock | None:
        """Claim a project.

        Returns:
            None where another process has it, see `holder`; and where there is no way to tell, because no file can be
            made there, everybody may.
        """
        lock = cls(path)
        try:
            return lock if lock._made() or (lock._cleared() and lock._made()) else None
        except OSError as error:
            _log.warning("no lock can be kept for %s: %s", path, error)
            return lock

    def keep(self) -> bool:
        """Say that this process lives, from time to time; whether the claim still holds."""
        if time.monotonic() - self._touched < TOUCH_SECONDS:
            return True
        self._touched = time.monotonic()
        owner = _owner(self._file)
        if owner and owner != this_process():
            return False
        try:
            if owner:
                os.utime(self._file)
            else:
                self._made()
        except OSError as error:
            _log.warning("%s cannot be kept up: %s", self._file, error)
        return True

    def release(self) -> None:
        """Let others have it."""
        if _owner(self._file) == this_process():
            with suppress(OSError):
                self._file.unlink()

    def _made(self) -> bool:
        """Whether the file could be made; two processes cannot both."""
        try:
            with self._file.open("x", encoding="utf-8") as file:
                file.write(this_process())
        except FileExistsError:
            return False
        return True

    def _cleared(self) -> bool:
        """Whether the file of a dead process was taken away, by us and nobody else."""
        if _is_held(self._file):
            return False
        mine = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            self._file.replace(mine)  # of two who try, one finds it gone
        except FileNotFoundError:
            return True
        mine.unlink()
        return True


def holder(path: Path) -> str:
    """The living process, another one than this, that has a project open: "computer/number"; "" for none."""
    file = lock_file(path)
    return _owner(file) if _is_held(file) else ""


def lock_file(path: Path) -> Path:
    """The file beside a project that tells who has it open."""
    return path.with_name(f".{path.name}.open")


def _is_held(file: Path) -> bool:
    owner = _owner(file)
    if owner in ("", this_process()):
        return False
    try:
        silent = time.time() - file.stat().st_mtime
    except OSError:
        return False
    return silent < DEAD_SECONDS and may_be_alive(owner)


def _owner(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_LONGEST).decode("utf-8", "replace")
    except OSError:
        return ""
