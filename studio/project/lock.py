"""Signs of life: a small file beside a project names the process that has it open, and counts while that lives.

Who may write is decided in the project file itself (`studio/project/claim.py`). This file tells whether that process is
still at work: where processes can be seen from each other, they are looked at; where they cannot, as on two computers,
what counts is how long nothing has been heard, by the clock that never jumps (`time.monotonic`), not the time of day.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.project.handle import Handle
from studio.project.owner import shares_clock, standing, this_process

_log = logging.getLogger(__name__)

TOUCH_SECONDS = 15.0  # between two signs of life
DEAD_SECONDS = 90.0  # without one, after which others may take the project over
_LONGEST = 1000  # bytes of a sign
_heard: dict[tuple[str, str], tuple[int, float]] = {}  # by owner and token: the last sign, and when it was new here


@dataclass(frozen=True)
class Sign:
    """What the file says.

    Attributes:
        owner: the process, see `studio/project/owner.py`.
        token: of its claim; "" from an older studio.
        beats: so many signs so far.
        clock: `time.monotonic` of the last one, None where it does not say.
    """

    owner: str
    token: str = ""
    beats: int = 0
    clock: float | None = None


class Lock:
    """The signs of life of one claim."""

    def __init__(self, path: Path, token: str) -> None:
        self._file = lock_file(path)
        self._token = token
        self._beats = 0
        self._touched = time.monotonic()

    @classmethod
    def take(cls, path: Path, token: str, silent_after: float | None = None) -> Lock | None:
        """Begin to give signs of life.

        Returns:
            None where another process does so. Where no file can be made, what the project file says must do.
        """
        lock = cls(path, token)
        try:
            return lock if lock._made() or (lock._cleared(path, silent_after) and lock._made()) else None
        except OSError as error:
            _log.warning("no sign of life can be kept beside %s: %s", path, error)
            return lock

    def keep(self) -> bool:
        """Give a sign of life, from time to time; whether the file is still ours."""
        if time.monotonic() - self._touched < TOUCH_SECONDS:
            return True
        self._touched = time.monotonic()
        found = sign_of(self._file)
        if found is not None and found.token != self._token and is_held(found):
            return False
        self._beats += 1
        draft = self._file.with_name(f"{self._file.name}.{secrets.token_hex(4)}")
        try:
            draft.write_text(self._sign(), "utf-8")
            draft.replace(self._file)
        except OSError as error:
            _log.warning("%s cannot be kept up: %s", self._file, error)
            with suppress(OSError):
                draft.unlink()
        return True

    def release(self) -> None:
        """Let others have it."""
        found = sign_of(self._file)
        if found is not None and found.token == self._token:
            with suppress(OSError):
                self._file.unlink()

    def _made(self) -> bool:
        """Whether the file could be made; two processes cannot both."""
        try:
            with self._file.open("x", encoding="utf-8") as file:
                file.write(self._sign())
        except FileExistsError:
            return False
        return True

    def _cleared(self, path: Path, silent_after: float | None) -> bool:
        """Whether the file of a dead process was taken away, by us and nobody else."""
        found = sign_of(self._file)
        if found is not None and is_held(found, path, silent_after):
            return False
        mine = self._file.with_name(f"{self._file.name}.{secrets.token_hex(4)}")
        try:
            self._file.replace(mine)  # of two who try, one finds it gone
        except FileNotFoundError:
            return True
        taken = sign_of(mine)
        mine.unlink()
        # Between looking and taking, another may have put its own there: then that one is asked again, in the file.
        return taken == found

    def _sign(self) -> str:
        return f"{this_process()}\n{self._token}\n{self._beats}\n{time.monotonic():.3f}\n"


def lock_file(path: Path) -> Path:
    """The file beside a project that tells who has it open; the same for every link that leads to it."""
    real = path.resolve()
    return real.with_name(f".{real.name}.open")


def sign_of(file: Path) -> Sign | None:
    """What a sign of life says; None where there is none."""
    try:
        with file.open("rb") as stream:
            lines = stream.read(_LONGEST).decode("utf-8", "replace").split("\n")
            if len(lines) < 5:  # of an older studio, which touches it
                return Sign(lines[0], beats=os.fstat(stream.fileno()).st_mtime_ns)
        return Sign(lines[0], lines[1], int(lines[2]), float(lines[3]))
    except (OSError, ValueError):
        return None


def is_held(sign: Sign, path: Path | None = None, silent_after: float | None = None) -> bool:
    """Whether another process than this has given that sign, and is still at work.

    Args:
        path: the project, to ask the system about its lock.
        silent_after: seconds without a sign after which it is taken for dead, None: the usual.
    """
    if not sign.owner or sign.owner == this_process():
        return False
    known = standing(sign.owner)
    if known == "unknown" and shares_clock(sign.owner) and path is not None and not _has_lock(path):
        known = "dead"  # in another container of this computer, where it would have the system's lock
    return known != "dead" and _silence(sign) < (DEAD_SECONDS if silent_after is None else silent_after)


def _has_lock(path: Path) -> bool:
    """Whether another process has the system's lock on a file; where that cannot be told, it may."""
    try:
        handle = Handle.of(path)
    except OSError:
        return True
    try:
        return handle.is_claimed() is not False
    finally:
        handle.close()


def _silence(sign: Sign) -> float:
    """Seconds since that sign, as far as can be told from here."""
    now = time.monotonic()
    if sign.clock is not None and shares_clock(sign.owner) and sign.clock <= now:
        return now - sign.clock
    key = (sign.owner, sign.token)
    beats, since = _heard.get(key, (None, now))
    if beats != sign.beats:
        since = now
        _heard[key] = sign.beats, now
    return now - since
