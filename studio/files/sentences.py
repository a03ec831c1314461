"""What is said of the files of an import: one sentence for many files alike."""

from __future__ import annotations

from collections.abc import Iterable

NAMED = 3
"""Files that a sentence names at most."""


class Sentences:
    """Collects what is said of each file, and tells the same of several files once."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, name: str, sentences: Iterable[str]) -> None:
        """Take sentences that begin with the name of their file."""
        for sentence in sentences:
            begins = sentence.startswith((f"{name}: ", f"{name}, "))
            said = sentence[len(name) :] if begins else sentence
            names = self._names.setdefault(said, [])
            if len(names) < NAMED + 1:
                names.append(name if begins else "")
            self._counts[said] = self._counts.get(said, 0) + 1

    def told(self) -> list[str]:
        """All sentences, in the order in which they were first said."""
        return [_told(names, self._counts[said]) + said for said, names in self._names.items()]


def _told(names: list[str], count: int) -> str:
    if count == 1 or not names[0]:
        return names[0]
    if count <= NAMED:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{count:,} files ({', '.join(names[:NAMED])} and {count - NAMED:,} more)"
