"""UJI Pen Characters, second version (.txt): words of strokes as lists of coordinates, captured from a tablet computer.

::

    WORD a trn_UJI_W01-01
      NUMSTROKES 1
      POINTS 43 # 1306 1287 1298 1270 ...

Lines that begin with ``//`` are comments; y grows downwards. The first version is UNIPEN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray
from studio.files.source import Source, shown
from studio.files.text_tables import NUMBER
from studio.sequences.material import Drawing, Stroke

WORD = re.compile(r"\s*WORD\s+(\S+)\s+\S+\s*")
POINTS = re.compile(r"\s*POINTS\s+([0-9]{1,9})\s+#\s*(.*)")


def looks_like(lines: Sequence[str]) -> bool:
    """Whether the first lines that are no comments are those of a word."""
    said = [line for line in lines if line.strip() and not line.lstrip().startswith("//")][:2]
    return len(said) == 2 and WORD.fullmatch(said[0]) is not None and said[1].strip().startswith("NUMSTROKES")


def read(source: Source) -> Iterator[Drawing]:
    """One drawing for each WORD, which is the label.

    Raises:
        StudioError: with the line, for points that are no numbers or not as many as promised.
    """
    label, begun, strokes, found = "", 0, list[Stroke](), False
    total = 0
    for number, line in chain(enumerate(source.lines(), 1), [(0, "WORD end end")]):
        if word := WORD.fullmatch(line):
            if begun and not strokes:
                raise source.refuse("is a word without strokes", line=begun)
            if begun:
                found = True
                yield Drawing(tuple(strokes), label, y_up=False)
            label, begun, strokes = word[1], number, []
            source.check_cancelled()
        elif points := POINTS.fullmatch(line):
            stroke = _points(source, points, number)
            total += len(stroke)
            if total > limits.POINTS_PER_FILE:
                raise source.refuse(f"holds more than {limits.POINTS_PER_FILE:,} points", line=number)
            strokes.append(Stroke(stroke))
        elif not _is_known(line):
            raise source.refuse(f"{shown(line.strip())} is none of WORD, NUMSTROKES and POINTS", line=number)
    if not found:
        raise source.refuse("holds no WORD with strokes")


def _is_known(line: str) -> bool:
    return (
        not line.strip()
        or line.lstrip().startswith("//")
        or re.fullmatch(r"\s*NUMSTROKES\s+[0-9]+\s*", line) is not None
    )


def _points(source: Source, found: re.Match[str], line: int) -> FloatArray:
    words = found[2].split()
    bad = next((word for word in words if not NUMBER.fullmatch(word)), None)
    if bad is not None:
        raise source.refuse(f"{shown(bad)} is not a number", line=line)
    if len(words) != 2 * int(found[1]) or not words:
        raise source.refuse(f"holds {len(words)} numbers; expected two for each of its {found[1]} points", line=line)
    points = np.array([float(word) for word in words]).reshape(-1, 2)
    if not (np.abs(points) <= limits.LARGEST_NUMBER).all():
        what = f"holds a value that is not a finite number below {limits.LARGEST_NUMBER:g}"
        raise source.refuse(what, line=line)
    return points
