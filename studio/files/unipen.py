"""UNIPEN 1.0 (.unp, .unipen, .upn): points between .PEN_DOWN and .PEN_UP, named by .COORD, labelled by .SEGMENT.

Guyon et al., "UNIPEN project of on-line data exchange and recognizer benchmarks" (1994). Files that .INCLUDE others are
read as far as they go themselves; points in the air are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from studio.errors import StudioError
from studio.files import limits
from studio.files.columns import Column, FloatArray, drawing_from_table
from studio.files.source import Source, shown
from studio.files.text_tables import NUMBER
from studio.sequences.material import Drawing

COMMAND = re.compile(r"\.[A-Z][A-Z_0-9]+")
NEEDED = frozenset({".PEN_DOWN", ".COORD", ".VERSION", ".INCLUDE"})
SEGMENT = re.compile(
    r'\.SEGMENT\s+(\S+)\s+([0-9][0-9:,\-]*)(?:\s+[^"\s]\S*)?(?:\s+"((?:[^"\\]|\\.){0,500})")?', re.DOTALL
)
SPAN = re.compile(r"([0-9]{1,9})(?::[0-9]+)?(?:-([0-9]{1,9})(?::[0-9]+)?)?")
COORDINATES = {
    "X": Column("x"),
    "Y": Column("y"),
    "T": Column("time", 1e-3),  # the standard: milliseconds
    "P": Column("pressure"),
}


@dataclass
class Component:
    """What the pen did between two .PEN_DOWN and .PEN_UP: the unit in which segments are counted."""

    down: bool
    lines: list[int] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True)
class Segment:
    """A labelled part of the ink: components `first` to `last` inclusive, in several spans."""

    level: str
    spans: tuple[tuple[int, int], ...]
    label: str


def looks_like(lines: Sequence[str]) -> bool:
    """Whether the first line is a command, and one of them such as every UNIPEN file has."""
    words = [line.split()[0].upper() for line in lines]
    return COMMAND.fullmatch(words[0]) is not None and not NEEDED.isdisjoint(words)


def read(source: Source) -> Iterator[Drawing]:
    """One drawing per segment of the finest level (CHARACTER, WORD, ...), or one per file without segments; y up.

    Raises:
        StudioError: with the line, for points that are no numbers or not as many as .COORD names.
    """
    lines = source.lines()
    names, components = _components(source, lines)
    downs = [component for component in components if component.down and component.rows]
    if not downs:
        raise source.refuse("holds no points between .PEN_DOWN and .PEN_UP")
    segments = _finest(list(_segments("\n".join(lines))))
    numbered = _numbered(components, downs, segments)
    if len(segments) < 2:
        yield _drawing(source, names, downs, segments[0].label if segments else "")
        return
    for segment in segments:
        chosen = [numbered[i] for first, last in segment.spans for i in range(first, min(last + 1, len(numbered)))]
        chosen = [component for component in chosen if component.down and component.rows]
        if chosen:
            yield _drawing(source, names, chosen, segment.label)
        else:
            source.note(f"the segment {shown(segment.label)} names strokes that are not there and was left out")


def _components(source: Source, lines: list[str]) -> tuple[list[str], list[Component]]:
    names = ["X", "Y"]
    components: list[Component] = []
    in_points = False
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words:
            continue
        keyword = words[0].upper()
        if keyword in (".PEN_DOWN", ".PEN_UP"):
            components.append(Component(keyword == ".PEN_DOWN"))
            in_points, words = True, words[1:]
        elif keyword == ".COORD":
            before, names = names, _coordinates(source, words[1:], number)
            if names != before and any(component.rows for component in components):
                raise source.refuse("names other coordinates than those of the points before it", line=number)
            in_points = False
        elif keyword.startswith("."):
            in_points = False
        if in_points and words:
            _add_points(source, components[-1], words, len(names), number)
        if number % 10_000 == 0:
            source.check_cancelled()
    return names, components


def _coordinates(source: Source, words: list[str], line: int) -> list[str]:
    names = [word.upper() for word in words]
    if names.count("X") != 1 or names.count("Y") != 1:
        raise source.refuse(f"names the coordinates {shown(' '.join(words))}; expected X and Y among them", line=line)
    return names


def _add_points(source: Source, component: Component, words: list[str], width: int, line: int) -> None:
    bad = next((word for word in words if not NUMBER.fullmatch(word)), None)
    if bad is not None:
        raise source.refuse(f"{shown(bad)} is not a number", line=line)
    if len(words) % width:
        raise source.refuse(f"has {len(words)} values where .COORD names {width}", line=line)
    values = [float(word) for word in words]
    for start in range(0, len(values), width):
        component.rows.append(values[start : start + width])
        component.lines.append(line)
    if len(component.rows) > limits.POINTS_PER_DRAWING:
        raise source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points in one stroke", line=line)


def _segments(text: str) -> Iterator[Segment]:
    for found in SEGMENT.finditer(text):
        spans = [(int(a), int(b or a)) for a, b in SPAN.findall(found[2])]
        label = re.sub(r"\\(.)", r"\1", found[3] or "").strip()
        yield Segment(found[1], tuple(spans), label)


def _finest(segments: list[Segment]) -> list[Segment]:
    """The segments of the level that has most of them."""
    levels = Counter(segment.level for segment in segments)
    return [segment for segment in segments if segment.level == levels.most_common(1)[0][0]]


def _numbered(components: list[Component], downs: list[Component], segments: list[Segment]) -> list[Component]:
    """The components as segments count them: some programs count pen-ups too, as the standard says, and some do not."""
    highest = max((last for segment in segments for _, last in segment.spans), default=0)
    return downs if highest < len(downs) else components


def _drawing(source: Source, names: list[str], strokes: list[Component], label: str) -> Drawing:
    table: FloatArray = np.array([row for stroke in strokes for row in stroke.rows])
    lines = [line for stroke in strokes for line in stroke.lines]
    begins = np.array([float(i == 0) for stroke in strokes for i in range(len(stroke.rows))])

    def refuse(what: str, row: int | None) -> StudioError:
        return source.refuse(what, line=None if row is None else lines[row])

    columns = [COORDINATES.get(name) for name in names]
    drawing = drawing_from_table(table, refuse, columns=columns, begins=begins, label=label)
    return Drawing(drawing.strokes, label, y_up=True)
