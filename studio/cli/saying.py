"""What a command says: text that cannot steer the terminal, whatever a file from a stranger calls itself."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

_JOINERS = "\u200c\u200d"  # which some scripts need within words
_KEPT = f"\n\t{_JOINERS}"

_outlives_readers = False


def say(*words: object, file: TextIO | None = None, end: str = "\n", flush: bool = False) -> None:
    """Print to standard output, or to `file`.

    Raises:
        BrokenPipeError: whoever read has gone, unless `go_on_unheard` was called before.
    """
    stream = sys.stdout if file is None else file
    try:
        print(harmless(" ".join(map(str, words))), file=stream, end=end, flush=flush or _outlives_readers)
    except BrokenPipeError:
        if not _outlives_readers:
            raise
        silence(stream)


def harmless(text: str) -> str:
    """The text without characters that a terminal obeys instead of showing them: escape sequences, directions."""
    return "".join(letter if letter.isprintable() or letter in _KEPT else "\ufffd" for letter in text)


def go_on_unheard() -> None:
    """From now on a reader who goes away, as in ``| head``, ends nothing: the work is worth more than the words."""
    global _outlives_readers
    _outlives_readers = True


def silence(*streams: TextIO) -> None:
    """Let what is said from now on go nowhere."""
    for stream in streams:
        # Of a stream that has no descriptor of its own, nothing is heard anyway.
        with suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


def speak_anywhere() -> None:
    """Where a terminal lacks letters, as in the locale C, others stand in for them."""
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", "") == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
