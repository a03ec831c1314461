"""Small text files: recipes and the like."""

from __future__ import annotations

import os
from pathlib import Path

from studio.files import atomic, limits
from studio.files.source import Source


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a file, in whatever common encoding it is.

    Raises:
        StudioError: it is missing, cannot be read, is too large, or holds no text.
    """
    source = Source.open(Path(path))
    source.limit_bytes(limits.TEXT_BYTES)
    return source.text().replace("\r\n", "\n")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a UTF-8 text file, whole or not at all.

    Raises:
        StudioError: its folder is missing, or it cannot be written there.
    """
    atomic.write_text(Path(path), text)
