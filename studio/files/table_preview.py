"""How tables of points will be read, before they come in: for whoever wants to see it and choose otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from studio.errors import StudioError
from studio.files import readers
from studio.files.columns import Column
from studio.files.readings import Reading
from studio.files.source import Source
from studio.files.table_options import SECONDS, TableOptions
from studio.files.table_reader import Doubt
from studio.sequences.material import Drawing

MOST_FILES = 40
MOST_BYTES = 16 * 2**20
MOST_WAYS = 3
MOST_DRAWINGS = 4

WORDS = {"pen flag": "pen", "pen": "pen_up", "pen down": "pen_down", "end": "eod", "group": "trial", "time": "t"}
WORDS |= {"pen or pressure": "p"}
UNITS = {seconds: unit for unit, seconds in SECONDS.items()}


@dataclass(frozen=True)
class Way:
    """One way to read a table.

    Attributes:
        said: what it assumes, as parts of a sentence.
        drawings: the first ones that it makes.
        options: those that make the import read all tables so.
    """

    said: tuple[str, ...]
    drawings: tuple[Drawing, ...]
    options: TableOptions


@dataclass(frozen=True)
class TablePreview:
    """A table among the files of an import that can be read in several ways, or the first one.

    Attributes:
        name: of its file.
        ways: the likeliest first, which is the one that is taken.
        problem: the sentence instead of them, where it cannot be read.
    """

    name: str
    ways: tuple[Way, ...] = ()
    problem: str = ""


def preview(
    paths: Sequence[Path], options: TableOptions, cancelled: Callable[[], bool] = lambda: False
) -> TablePreview | None:
    """Look at the tables among files and in folders, and show the first that is doubtful, else the first.

    Returns:
        None where there is no table among the first files.
    """
    first: TablePreview | None = None
    for path, name in islice(readers.tables_among(paths), MOST_FILES):
        if cancelled():
            break
        found = _previewed(path, name, options)
        if found is not None and (len(found.ways) > 1 or found.problem):
            return found
        first = first or found
    return first


def _previewed(path: Path, name: str, options: TableOptions) -> TablePreview | None:
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        source = Source.open(path, name, options=options)
        form = readers.form_of_table(path, source)
        if form is None:
            return None
        for _ in islice(readers.read_drawings(form, source), MOST_DRAWINGS):
            pass
    except StudioError as error:
        return TablePreview(name, problem=str(error))
    except OSError:
        return None
    if not source.doubts:
        return None
    doubt = max(source.doubts, key=lambda doubt: len(doubt.readings))
    return TablePreview(name, tuple(_ways(doubt, options)))


def _ways(doubt: Doubt, options: TableOptions) -> list[Way]:
    found = []
    for reading in doubt.readings[:MOST_WAYS]:
        try:
            drawings = tuple(doubt.drawn(reading)[:MOST_DRAWINGS])
        except StudioError:
            continue
        found.append(Way(reading.said or (described(reading),), drawings, settled(reading, doubt.readings[0], options)))
    return found


def described(reading: Reading) -> str:
    """What the columns of a reading hold, where nothing else is to be said of it."""
    names = [word for column in reading.columns if (word := _word(column)) != "-"]
    return f"the columns are {', '.join(names)}"


def settled(reading: Reading, likeliest: Reading, options: TableOptions) -> TableOptions:
    """The options that make tables be read like this rather than as is likeliest: only what differs is settled."""
    found = options
    if reading.columns != likeliest.columns:
        found = replace(found, columns=tuple(map(_word, reading.columns)))
    if reading.offsets != likeliest.offsets:
        found = replace(found, offsets=reading.offsets)
    if reading.pen_down != likeliest.pen_down:
        found = replace(found, pen_down=reading.pen_down)
    if reading.unit != likeliest.unit and reading.unit is not None:
        found = replace(found, time_unit=UNITS[reading.unit])
    if likeliest.restarts and not reading.restarts:
        found = replace(found, by="none")
    if likeliest.lifted is not None and reading.lifted is None:
        found = replace(found, sentinels=False)
    return found


def _word(column: Column | None) -> str:
    """A column as `TableOptions.columns` calls it."""
    if column is None:
        return "-"
    if column.role == "time" and column.unit is not None:
        return f"t_{UNITS[column.unit]}"
    return WORDS.get(column.role, column.role)
