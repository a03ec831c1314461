"""Quick, Draw! (.ndjson): one JSON object per line, ``{"word": .., "drawing": [[xs, ys(, milliseconds)], ...], ..}``.

Both the simplified files (whole numbers 0 to 255, no times) and the raw ones (with times); y grows downwards.
https://github.com/googlecreativelab/quickdraw-dataset
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from studio.files.columns import tidy_times
from studio.files.json_tree import number_list, parse
from studio.files.source import Source, shown
from studio.sequences.material import Drawing, Stroke

LINE_BYTES = 16 * 2**20
MILLISECOND = 1e-3


def read(source: Source) -> Iterator[Drawing]:
    """One drawing per line; its word is the label.

    Raises:
        StudioError: with the line, where it is no JSON object with a drawing.
    """
    found = False
    for line, raw in source.raw_lines():
        if not raw.strip(b" \t\r\n\xef\xbb\xbf"):
            continue
        source.check_cancelled()
        if len(raw) > LINE_BYTES:
            raise source.refuse(f"is longer than {LINE_BYTES // 2**20} MB", line=line)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise source.refuse("is no UTF-8 text", line=line) from error
        found = True
        yield drawing(source, parse(source, text, line), line=line)
    if not found:
        raise source.refuse("holds no drawings; expected one JSON object per line")


def looks_like(text: str) -> bool:
    """Whether a text is one JSON object per line rather than one JSON document."""
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:2]
    return len(lines) == 2 and all(re.match(r'\s*\{\s*"', line) for line in lines) and lines[0].rstrip().endswith("}")


def drawing(source: Source, tree: Any, part: str = "", line: int | None = None) -> Drawing:
    """The drawing in one object."""
    strokes = tree.get("drawing") if isinstance(tree, dict) else None
    if not isinstance(strokes, list) or not strokes:
        raise source.refuse('is no object with a list "drawing" of strokes', part=part or None, line=line)
    where = f"{part}.drawing" if part else "drawing"
    made = [_stroke(source, stroke, f"{where}[{i}]", line) for i, stroke in enumerate(strokes)]
    word = tree.get("word", "")
    return Drawing(_with_tidy_times(made), word if isinstance(word, str) else "", y_up=False)


def _stroke(source: Source, stroke: Any, part: str, line: int | None) -> Stroke:
    if not isinstance(stroke, list) or len(stroke) not in (2, 3):
        raise source.refuse(f"{shown(stroke)} is no stroke [xs, ys] or [xs, ys, times]", part=part, line=line)
    columns = [number_list(source, values, f"{part}[{j}]", line) for j, values in enumerate(stroke)]
    lengths = [len(column) for column in columns]
    if min(lengths) != max(lengths) or lengths[0] == 0:
        raise source.refuse(
            f"has lists of {' and '.join(map(str, lengths))} numbers; expected as many of each", part=part, line=line
        )
    return Stroke(np.stack(columns[:2], 1), columns[2] * MILLISECOND if len(columns) == 3 else None)


def _with_tidy_times(strokes: list[Stroke]) -> tuple[Stroke, ...]:
    """Times that begin at 0 and never fall, or none at all unless every stroke has them."""
    flat = Drawing(tuple(strokes))
    if flat.times is None:
        return tuple(Stroke(stroke.points) for stroke in strokes)
    times = tidy_times(flat.times, flat.pen_up)
    return Drawing.from_points(flat.points, flat.pen_up, times=times).strokes
