"""What is said of the files of an import: one sentence for many files alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

NAMED = 3
"""Files that a sentence on several names at most."""

EACH = 20
"""So many files that did not come in, or not whole, have a sentence each, even if it is the same."""


@dataclass
class _Said:
    assumed: bool
    names: list[str] = field(default_factory=list)
    count: int = 0


class Sentences:
    """Collects what is said of each file, and tells the same of several files once."""

    def __init__(self) -> None:
        self._said: dict[str, _Said] = {}

    def add(self, name: str, sentences: Iterable[str], assumed: Collection[str] = ()) -> None:
        """Take sentences that begin with the name of their file.

        Args:
            assumed: those of them that only say how a file was read.
        """
        for sentence in sentences:
            begins = sentence.startswith((f"{name}: ", f"{name}, "))
            rest = sentence[len(name) :] if begins else sentence
            said = self._said.setdefault(rest, _Said(sentence in assumed))
            if len(said.names) <= EACH:
                said.names.append(name if begins else "")
            said.count += 1

    def told(self) -> list[str]:
        """All sentences, in the order in which they were first said."""
        found = []
        for rest, said in self._said.items():
            if said.count == 1 or not said.names[0] or (said.count <= EACH and not said.assumed):
                found += [name + rest for name in (said.names if said.names[0] else said.names[:1])]
            else:
                found.append(_listed(said.names, said.count) + rest)
        return found


def _listed(names: list[str], count: int) -> str:
    if count <= NAMED:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{count:,} files ({', '.join(names[:NAMED])} and {count - NAMED:,} more)"
