"""The log: what users need not read, but whoever mends the studio must."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

_BYTES = 1_000_000
_FILES = 2  # older ones that are kept


class _Harmless(logging.Formatter):
    """Shows what a terminal would obey, such as escape sequences in names of files, to whoever reads the log in one."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)


def place() -> Path:
    """The log's file."""
    return platformdirs.user_log_path("vrnn-studio", appauthor=False) / "studio.log"


def start() -> Path | None:
    """Begin to write the log; gives its file, None where none can be written, which keeps nobody from working."""
    path = place()
    root = logging.getLogger()
    if any(isinstance(handler, RotatingFileHandler) for handler in root.handlers):
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", errors="replace", delay=True
        )
    except OSError:
        return None
    handler.setFormatter(_Harmless("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    logging.getLogger("studio").setLevel(logging.INFO)
    logging.captureWarnings(True)
    return path
