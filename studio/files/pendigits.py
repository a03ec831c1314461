"""Pen-Based Recognition of Handwritten Digits (.tra, .tes): per line eight points 0 to 100 and a class; y up.

https://archive.ics.uci.edu/dataset/81 (Alpaydin and Alimoglu). The class may be a digit or ten 0s and 1s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from studio.files.source import Source, shown
from studio.sequences.material import Drawing

LINE = re.compile(r"\s*((?:[0-9]{1,3}\s*,\s*){16})([0-9]|[01]{10})\s*")
LARGEST = 100


def read(source: Source) -> Iterator[Drawing]:
    """One drawing of a single stroke per line, labelled with its digit.

    Raises:
        StudioError: with the line, for anything but sixteen numbers from 0 to 100 and a class.
    """
    found = False
    for number, line in enumerate(source.lines(), 1):
        if not line.strip():
            continue
        match = LINE.fullmatch(line)
        values = [int(value) for value in re.findall(r"[0-9]+", match[1])] if match else []
        label = match[2] if match else ""
        if len(label) == 10:
            label = str(label.index("1")) if label.count("1") == 1 else ""
        if not label or max(values) > LARGEST:
            raise source.refuse(f"{shown(line.strip())} is not 16 numbers from 0 to 100 and a digit", line=number)
        found = True
        source.check_cancelled()
        yield Drawing.from_points(np.array(values).reshape(8, 2), label=label, y_up=True)
    if not found:
        raise source.refuse("holds no digits")
