"""Tables as CSV: a line of names, then a line of values for each row; nothing for what is not known."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Cell: TypeAlias = str | int | float | None


def to_csv(names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table as a CSV file in UTF-8; numbers as precise as they are."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_text(cell) for cell in row])
    return file.getvalue().encode()


def _text(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)
