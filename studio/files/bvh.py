"""BVH (.bvh): motion of a skeleton, each of its channels a series of values over time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray
from studio.files.source import Source, shown
from studio.files.text_tables import NUMBER
from studio.sequences.material import Drawing

JOINT = re.compile(r"\s*(?:ROOT|JOINT)\s+(.{1,200}?)\s*", re.IGNORECASE)
CHANNELS = re.compile(r"\s*CHANNELS\s+([0-9]{1,3})((?:\s+\w{1,40})*)\s*", re.IGNORECASE)
FRAMES = re.compile(r"\s*Frames\s*:\s*([0-9]{1,9})\s*", re.IGNORECASE)
FRAME_TIME = re.compile(rf"\s*Frame Time\s*:\s*({NUMBER.pattern})\s*", re.IGNORECASE)
MOST_CHANNELS = 2_000


def looks_like(lines: Sequence[str]) -> bool:
    """Whether the first lines are those of a skeleton."""
    first = [line.upper() for line in lines[:2]]
    return len(first) == 2 and first[0] == "HIERARCHY" and first[1].startswith("ROOT ")


def read(source: Source) -> Iterator[Drawing]:
    """One series for each channel that changes, under the names of its joint and of the channel; times in seconds.

    Raises:
        StudioError: with the line, for a motion that is damaged or has another number of values than channels.
    """
    lines = source.lines()
    motion = next((i for i, line in enumerate(lines) if line.strip().upper() == "MOTION"), None)
    if motion is None:
        raise source.refuse("has no MOTION below its HIERARCHY")
    names = _channels(source, lines[:motion])
    step, first = _frame_time(source, lines, motion)
    values = _values(source, lines, first, len(names))
    times = np.arange(len(values)) * step
    moving = np.ptp(values, axis=0) > 0
    if not moving.any():
        raise source.refuse("holds no channel that changes")
    if not moving.all():
        source.note("channels that never change were left out")
    for j in np.flatnonzero(moving):
        source.check_cancelled()
        yield Drawing.series(times, values[:, j], names[j])


def _channels(source: Source, lines: list[str]) -> list[str]:
    """The names of all channels, in the order of their values."""
    names: list[str] = []
    joint = ""
    for number, line in enumerate(lines, 1):
        if found := JOINT.fullmatch(line):
            joint = " ".join(found[1].split())
        elif found := CHANNELS.fullmatch(line):
            words = found[2].split()
            if len(words) != int(found[1]):
                raise source.refuse(f"names {len(words)} channels where it promises {found[1]}", line=number)
            names += [f"{joint} {word}".strip() for word in words]
    if not names or len(names) > MOST_CHANNELS:
        raise source.refuse(f"has {len(names)} channels; expected 1 to {MOST_CHANNELS:,}")
    return names


def _frame_time(source: Source, lines: list[str], motion: int) -> tuple[float, int]:
    """Seconds from frame to frame, and the number of the line after which the frames stand."""
    for number, line in enumerate(lines[motion : motion + 10], motion + 1):
        if found := FRAME_TIME.fullmatch(line):
            step = float(found[1])
            if not 1e-9 < step < 1e9:
                raise source.refuse(f"has the frame time {shown(found[1])}; expected seconds", line=number)
            return step, number
        if line.strip() and line.strip().upper() != "MOTION" and not FRAMES.fullmatch(line):
            break
    raise source.refuse("has no line 'Frame Time:' below MOTION", line=motion + 1)


def _values(source: Source, lines: list[str], first: int, width: int) -> FloatArray:
    """The values, ``[T, width]``."""
    rows: list[list[float]] = []
    for number, line in enumerate(lines[first:], first + 1):
        words = line.split()
        if not words:
            continue
        if len(words) != width:
            raise source.refuse(f"has {len(words)} values where there are {width} channels", line=number)
        bad = next((word for word in words if not NUMBER.fullmatch(word)), None)
        if bad is not None:
            raise source.refuse(f"{shown(bad)} is not a number", line=number)
        rows.append([float(word) for word in words])
        if len(rows) > limits.POINTS_PER_DRAWING or len(rows) * width > limits.POINTS_PER_FILE:
            raise source.refuse(f"holds more than {limits.POINTS_PER_FILE:,} values", line=number)
        if len(rows) % 1000 == 0:
            source.check_cancelled()
    if len(rows) < 2:
        raise source.refuse("holds fewer than two frames")
    values = np.array(rows)
    bad_rows = np.flatnonzero(~(np.abs(values) <= limits.LARGEST_NUMBER).all(1))
    if len(bad_rows):
        raise source.refuse(f"holds a value in frame {bad_rows[0] + 1} that is not a finite number of sensible size")
    return values
