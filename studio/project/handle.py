"""Project files by what they are on the disk rather than by name: one descriptor for each, shared by this process.

A file keeps its identity (device and inode) whatever it is called, so that a file that was renamed, deleted or replaced
while it is open can be told. And POSIX drops all locks that a process has on a file, SQLite's included, as soon as the
process closes any descriptor of it: while a file is open here, it is read through this one.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Identity = tuple[int, int]  # device, inode

_LOCKED_BYTE = 2**62  # far beyond any file and the bytes that SQLite locks
_PIECE = 2**20

_lock = threading.Lock()
_open: dict[Identity, Handle] = {}


class Handle:
    """A file that is open. Made by `Handle.of`, let go of by `close`, as often as it was made."""

    def __init__(self, path: Path, identity: Identity) -> None:
        self.identity = identity
        flags = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        try:
            self._descriptor = os.open(path, os.O_RDWR | flags)
        except OSError:
            self._descriptor = os.open(path, os.O_RDONLY | flags)
        self._users = 0

    @classmethod
    def of(cls, path: Path) -> Handle:
        """The one of the file at `path`.

        Raises:
            OSError: where it cannot be opened.
        """
        with _lock:
            identity = identity_of(path)
            if identity is None:
                raise FileNotFoundError(2, "No such file", str(path))
            handle = _open.get(identity)
            if handle is None:
                handle = cls(path, identity)
                _open[identity] = handle
            handle._users += 1
            return handle

    def close(self) -> None:
        """Let go of it; the last who does closes it, which must have no connection to it any more."""
        with _lock:
            self._users -= 1
            if not self._users:
                _open.pop(self.identity, None)
                os.close(self._descriptor)

    @property
    def names(self) -> int:
        """How many names the file has now; 0: it has been deleted."""
        return os.fstat(self._descriptor).st_nlink

    @property
    def written(self) -> tuple[int, int]:
        """When it was written last, in nanoseconds, and its size."""
        state = os.fstat(self._descriptor)
        return state.st_mtime_ns, state.st_size

    def is_at(self, path: Path) -> bool:
        """Whether it still is what `path` names."""
        return identity_of(path) == self.identity

    def where(self) -> Path | None:
        """What it is called now; None where it has no name, or the system does not say."""
        if not self.names:
            return None
        try:
            if sys.platform == "darwin":
                import fcntl

                found = fcntl.fcntl(self._descriptor, 50, bytes(1024)).rstrip(b"\0").decode()  # F_GETPATH
            else:
                found = os.readlink(f"/proc/self/fd/{self._descriptor}")  # noqa: PTH115, a Path would look into it
        except (OSError, ValueError):
            return None
        path = Path(found)
        return path if self.is_at(path) else None

    def read(self, size: int, offset: int) -> bytes:
        """Bytes of it."""
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, size, offset)
        with _lock:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, size)

    def claim(self) -> bool:
        """Ask the system for a lock on it, which it lets go of when this process ends; False where there is none."""
        return _system_lock(self._descriptor)

    def is_claimed(self) -> bool | None:
        """Whether another process has that lock; None where the system does not say."""
        return _has_system_lock(self._descriptor)


def identity_of(path: Path) -> Identity | None:
    """Of the file that `path` names now; None where there is none."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino


def is_open_here(path: Path) -> bool:
    """Whether this process has that file open."""
    with _lock:
        return identity_of(path) in _open


@contextmanager
def opened(path: Path) -> Iterator[Handle]:
    """A file to be read for a moment."""
    handle = Handle.of(path)
    try:
        yield handle
    finally:
        handle.close()


def copy_of(path: Path, target: Path) -> None:
    """Copy the bytes of a file, which may be open in this process."""
    with opened(path) as handle, target.open("wb") as file:
        offset = 0
        while piece := handle.read(_PIECE, offset):
            file.write(piece)
            offset += len(piece)


if sys.platform == "linux":
    import fcntl

    # struct flock. Locks of a description rather than of a process (OFD): no other descriptor's closing drops them, and
    # threads and containers are told apart. Network file systems that know locks know these.
    _FLOCK = "hhqqi4x"

    def _system_lock(descriptor: int) -> bool:
        wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _LOCKED_BYTE, 1, 0)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)
        except OSError:
            return False
        return True

    def _has_system_lock(descriptor: int) -> bool | None:
        asked = struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, _LOCKED_BYTE, 1, 0)
        try:
            found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, asked)
        except OSError:
            return None
        return bool(struct.unpack(_FLOCK, found)[0] != fcntl.F_UNLCK)

else:

    def _system_lock(descriptor: int) -> bool:
        return False

    def _has_system_lock(descriptor: int) -> bool | None:
        return None
