"""From tables to drawings: read as they most likely are, which is said; other readings are kept for who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from studio.errors import StudioError
from studio.files.columns import Refuse
from studio.files.raw_table import RawTable
from studio.files.readings import MOST_SEEN, Reading, readings
from studio.files.source import Source
from studio.files.table_drawings import drawings_of
from studio.sequences.material import Drawing

Named: TypeAlias = tuple[RawTable, str | None]
"""A table, and the name of the part of its file that it stands in."""

Kind: TypeAlias = tuple[int, tuple[str, ...] | None, bool]

HOW_TO_MEND = "the import can be told otherwise"


@dataclass(frozen=True)
class Doubt:
    """A table that can be read in several ways.

    Attributes:
        readings: the likeliest first.
        drawn: the drawings that a reading makes of it.
        tables: all those of its file that are read alike.
    """

    readings: Sequence[Reading]
    drawn: Callable[[Reading], list[Drawing]]
    tables: Sequence[RawTable]


def drawings_in(source: Source, tables: Iterable[Named]) -> Iterator[Drawing]:
    """The drawings of one or more tables of a file, all those with the same columns read alike.

    Tables are looked at before the first one is drawn: the more of them speak, the surer it is what they hold.

    Raises:
        StudioError: with the line or the part, where a table cannot be read.
    """
    coming = iter(tables)
    first = list(islice(coming, MOST_SEEN[0]))
    ways: dict[Kind, Reading] = {}
    for table, part in _chained(first, coming):
        refuse = _refusal(source, table, part)
        if not len(table):
            raise refuse("holds no points", None)
        kind = _kind(table)
        if kind not in ways:
            ways[kind] = _way(source, [other for other, _ in first if _kind(other) == kind] or [table], part)
        else:
            source.check_cancelled()
        yield from drawings_of(table, ways[kind], refuse, source.assume)


def _chained(first: Sequence[Named], coming: Iterable[Named]) -> Iterator[Named]:
    yield from first
    yield from coming


def _kind(table: RawTable) -> Kind:
    """What tables have in common that are read alike."""
    return table.width, table.names, table.positions


def _way(source: Source, tables: Sequence[RawTable], part: str | None) -> Reading:
    """How tables that are alike are read; a sentence says it where it was a guess."""
    tables = [table for table in tables if len(table)]
    found = _readings(source, tables, _refusal(source, tables[0], part, header=True))
    _check_by(source, tables[0], found[0], part)

    def drawn(reading: Reading) -> list[Drawing]:
        return list(drawings_of(tables[0], reading, _refusal(source, tables[0], part), lambda what: None))

    source.doubts.append(Doubt(found, drawn, tables))
    if found[0].sentence:
        source.assume(f"it was assumed that {found[0].sentence}; {HOW_TO_MEND}")
    return found[0]


def _readings(source: Source, tables: Sequence[RawTable], refuse: Refuse) -> list[Reading]:
    """How tables are read, by what they hold and what those alike in other files of the import do."""
    others = [table for table in source.alike if _kind(table) == _kind(tables[0])]
    if others:
        try:
            return readings([*tables[: MOST_SEEN[0] // 2], *others], source.options, refuse)
        except StudioError:  # as alike as they look they are not
            pass
    return readings(tables, source.options, refuse)


def _check_by(source: Source, table: RawTable, reading: Reading, part: str | None) -> None:
    by = source.options.by
    if by is not None and by.strip().lower() not in ("none", "no") and not reading.by:
        raise _refusal(source, table, part, header=True)(f"has no column {by!r} that could tell drawings apart", None)


def _refusal(
    source: Source, table: RawTable, part: str | None, *, header: bool = False
) -> Callable[[str, int | None], StudioError]:
    """Errors that name the line, or the part and the row, of a table."""

    def refuse(what: str, row: int | None) -> StudioError:
        if table.lines is not None:
            line = table.header_line if row is None and header else None if row is None else table.lines[row]
            return source.refuse(what, line=line, part=part)
        return source.refuse(what, part=part if row is None else f"{part or 'array'} row {row}")

    return refuse
