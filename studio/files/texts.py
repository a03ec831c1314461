"""Texts that people have written: plain files, in whatever common encoding."""

from __future__ import annotations

from studio.errors import StudioError
from studio.files import limits
from studio.files.source import Source
from studio.sequences.text import Text, controls, tidied

ENDINGS = (".txt", ".md", ".markdown", ".text")
"""Of files that hold text, unless what is in them says otherwise."""

WRITTEN = (".txt", ".md")
"""Of files that texts can be written to."""

_MOST_CONTROLS = 0.01  # share of control characters; in a text there are none, but for a stray one


def read(source: Source) -> Text:
    """The text in a file.

    Raises:
        StudioError: it is too large, holds no text, or something else than text.
    """
    source.limit_bytes(limits.WRITTEN_BYTES)
    raw = source.text()
    left_out = controls(raw.replace("\r", ""))
    if left_out > _MOST_CONTROLS * len(raw):
        raise source.refuse("holds control characters where text was expected")
    characters = tidied(raw)
    if not characters.strip():
        raise source.refuse("holds no text")
    text = Text(characters)
    if source.legacy:
        source.note(f"is not UTF-8, so it was read as {source.legacy}; an import can name another")
    elif damaged := source.damaged - source.data.count("\ufffd".encode()):
        source.note(f"is UTF-8 but for {damaged:,} byte{'s' if damaged > 1 else ''}, read as unknown characters")
    if left_out:
        source.note(f"{left_out:,} control character{'s were' if left_out > 1 else ' was'} left out")
    return text


def is_written(head: bytes) -> bool:
    """Whether the first bytes of a file are letters: text of some encoding, almost without control characters."""
    for data in (head, head[:-2]):  # a letter may be cut in two
        try:
            raw = Source("", data).text()
        except StudioError:
            continue
        return controls(raw.replace("\r", "")) <= _MOST_CONTROLS * len(raw)
    return False


def to_bytes(text: Text) -> bytes:
    """UTF-8, and nothing but the characters: `read` gives the same text back."""
    return text.characters.encode()
