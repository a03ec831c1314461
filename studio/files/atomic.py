"""Writing files so that a reader, or a crash, finds the old file or the new one and never half of it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from studio.errors import StudioError
from studio.files.source import printable, reason


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole: to a neighbour first, which then takes its name.

    Raises:
        StudioError: its folder is missing, or it cannot be written there.
    """
    name = printable(str(path))
    if path.is_dir():
        raise StudioError(f"{name}: is a folder; choose another name for the file.")
    if path.exists() and not path.is_file():  # a device or a pipe would be replaced by a file
        raise StudioError(f"{name}: is no ordinary file; choose another name for the file.")
    if not path.parent.is_dir():
        raise StudioError(f"{name}: cannot be written, for the folder {printable(str(path.parent))} does not exist.")
    neighbour: Path | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        neighbour = Path(temporary)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        neighbour.chmod(path.stat().st_mode & 0o777 if path.exists() else _usual_mode())
        neighbour.replace(path)
    except OSError as error:
        raise StudioError(f"{name}: cannot be written: {reason(error)}.") from error
    finally:
        if neighbour is not None:
            with suppress(OSError):
                neighbour.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole, see `write_bytes`."""
    write_bytes(path, text.encode("utf-8", errors="replace"))


def make_folder(path: Path) -> None:
    """Make a folder unless it is there.

    Raises:
        StudioError: a file is in its place, its parent is missing, or it cannot be made.
    """
    name = printable(str(path))
    if path.exists() and not path.is_dir():
        raise StudioError(f"{name}: is a file; several drawings need a folder, so choose another name.")
    try:
        path.mkdir(exist_ok=True)
    except FileNotFoundError as error:
        raise StudioError(f"{name}: cannot be made, for the folder {path.parent} does not exist.") from error
    except OSError as error:
        raise StudioError(f"{name}: cannot be made: {reason(error)}.") from error


def _usual_mode() -> int:
    """The permissions of an ordinary new file; temporary ones have stricter ones."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
