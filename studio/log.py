"""The log: what users need not read, but whoever mends the studio must."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

_BYTES = 1_000_000
_FILES = 2  # older ones that are kept


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
        handler = RotatingFileHandler(path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", delay=True)
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    logging.getLogger("studio").setLevel(logging.INFO)
    logging.captureWarnings(True)
    return path
