"""Labels as a model is told of them: a label names one or several things, its tags, parted by commas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError

_SHOWN = 20  # tags named in a sentence


def tags_of(label: str) -> tuple[str, ...]:
    """What a label names, each once, in its order: "seven, jackson" names "seven" and "jackson"."""
    return tuple(dict.fromkeys(tag for part in label.split(",") if (tag := part.strip())))


class Vocabulary:
    """The labels of the material that a model learned from.

    Args:
        labels: each with how often it occurs, "" for none.

    Attributes:
        tags: V of them, all that the labels name, sorted.
    """

    def __init__(self, labels: Sequence[tuple[str, int]]) -> None:
        self._labels = tuple(labels)
        self._contents = [frozenset(tags_of(label)) for label, _ in self._labels]
        self.tags: tuple[str, ...] = tuple(sorted(frozenset().union(*self._contents)))
        self._index = {tag: index for index, tag in enumerate(self.tags)}

    @classmethod
    def of(cls, labels: Iterable[str]) -> Vocabulary:
        """That of the labels of all pieces of material, those without one included."""
        return cls(sorted(Counter(labels).items()))

    def __len__(self) -> int:
        return len(self.tags)

    def indicators(self, labels: Sequence[str]) -> NDArray[np.float32]:
        """Which tags each of B labels names, ``[B, V]`` of zeros and ones; tags that are not known are passed over."""
        result = np.zeros((len(labels), len(self.tags)), np.float32)
        for row, label in enumerate(labels):
            for tag in tags_of(label):
                if tag in self._index:
                    result[row, self._index[tag]] = 1
        return result

    def label_of(self, tags: NDArray[np.floating[Any]]) -> str:
        """The label of the material that names just these of the tags ``[V]``; "" where none does."""
        named = frozenset(tag for tag, wanted in zip(self.tags, tags, strict=True) if wanted > 0.5)
        return next(
            (label for (label, _), content in zip(self._labels, self._contents, strict=True) if content == named), ""
        )

    def completed(self, wish: str, count: int, seed: int) -> list[str]:
        """Labels to generate under, one for each of so many samples.

        Where the wish names only some of what labels name, each sample takes a label of the material that has it all,
        at random, as often as the material has it: "seven" said by one speaker, then by another.

        Args:
            wish: a label, or some of its tags; "": anything.
            count: how many samples.
            seed: sample b takes the same label for the same seed, however many there are.

        Raises:
            StudioError: the wish names something unknown.
        """
        wanted = tags_of(wish)
        for tag in wanted:
            if tag not in self._index:
                raise StudioError(f"Nothing was learned under the label {tag!r}; {self._known()}.")
        fitting = [place for place, content in enumerate(self._contents) if content.issuperset(wanted)]
        if not fitting:  # a combination that the material does not have
            return [", ".join(wanted)] * count
        counts = np.array([self._labels[place][1] for place in fitting], np.float64)
        shares = counts / counts.sum()
        choices = (np.random.default_rng([seed, sample, 1]).choice(fitting, p=shares) for sample in range(count))
        return [self._labels[place][0] for place in choices]

    def _known(self) -> str:
        if not self.tags:
            return "the material had no labels"
        more = "" if len(self.tags) <= _SHOWN else f" and {len(self.tags) - _SHOWN} more"
        return f"known are {', '.join(self.tags[:_SHOWN])}{more}"

    def to_list(self) -> list[list[Any]]:
        """As JSON values."""
        return [[label, count] for label, count in self._labels]

    @classmethod
    def from_list(cls, values: Any) -> Vocabulary:
        """The vocabulary that `to_list` described.

        Raises:
            StudioError: where the values are not such a description.
        """
        try:
            return cls([(str(label), int(count)) for label, count in values])
        except (TypeError, ValueError) as error:
            raise StudioError(f"The stored labels cannot be read: {error}.") from error


NO_LABELS = Vocabulary(())
"""That of a model which is not told of labels."""


def read_vocabulary(meta: Mapping[str, Any]) -> Vocabulary:
    """The labels that a checkpoint's model knows; none where it was made before there were any.

    Args:
        meta: what belongs to the weights.

    Raises:
        StudioError: where they cannot be read.
    """
    return Vocabulary.from_list(meta.get("labels", []))
