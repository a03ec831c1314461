"""A table as it stands in its file, before it is known what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.files.columns import FloatArray


@dataclass(frozen=True, eq=False)
class RawTable:
    """Rows of numbers, and where they came from.

    Attributes:
        values: ``[N, C]``, NaN where a cell is empty, says that its value is missing, or holds a text.
        names: of the columns, where the file gives them.
        texts: the cells, ``[N]``, of columns that hold texts or whose values only tell rows apart.
        begins: ``[N]``, True where another stroke begins: after an empty line.
        lines: ``[N]``, the line of each row, counted from 1; None where the file has no lines.
        header_line: the line that holds the names.
        ordered: whether the columns stand in an order that a person can see.
        positions: whether the file itself says that its x and y are positions.
        pens: the columns whose words say when the pen is down; their values are 1 and 0 accordingly.
        clocks: the columns of dates and times of day, whose values are seconds.
    """

    values: FloatArray
    names: tuple[str, ...] | None = None
    texts: Mapping[int, Sequence[str]] = field(default_factory=dict)
    begins: NDArray[np.bool_] | None = None
    lines: Sequence[int] | None = None
    header_line: int | None = None
    ordered: bool = True
    positions: bool = False
    pens: frozenset[int] = frozenset()
    clocks: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return int(self.values.shape[1])

    def name_of(self, column: int) -> str:
        """A column as its user knows it: by its name, else by its number from 1."""
        name = self.names[column].strip() if self.names is not None else ""
        return name or f"column {column + 1}"
