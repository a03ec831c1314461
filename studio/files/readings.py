"""The ways in which a table of points can be read, the likelier first, each with a sentence that says what it assumes.

A table rarely says all: which column is the time, whether a 1 sets the pen down or lifts it, whether numbers are
positions or offsets. Every such choice is found out from names where there are some, else from the values
(`column_facts`), and never silently: a `Reading` holds all choices, `readings` gives the likeliest and those that
differ from it in one doubtful choice, and `TableOptions` settles any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from studio.files.column_facts import SAMPLED, ColumnFacts, facts, looks_like_offsets
from studio.files.columns import (
    DATES,
    LEAST_TICKS,
    LEAST_TICKS_ON_A_MAP,
    SLOWEST_DATES,
    Column,
    FloatArray,
    Refuse,
    Role,
    column_named,
    series_columns,
    unit_of_step,
)
from studio.files.raw_table import RawTable
from studio.files.source import shown
from studio.files.table_options import NOTHING, SECONDS, TableOptions, column_index, role_of
from studio.files.text_tables import named_pairs

WIDEST = 5
"""Columns without names of which it can be told what they hold."""

DOUBT = 1.0
"""A choice that leads by less than this is shown beside its alternative."""

FEW = 4
"""Rows that are too few to tell a count of the rows from coordinates."""

A_CLOCK = 4.0
"""Of `ColumnFacts.clock`: it begins at 0, and has even steps as short as those of a pen."""

MOST_SEEN = (64, 20_000)
"""Tables and rows by which it is judged how all tables of a file are read."""

SENTINELS = (-1.0, 0.0, -9999.0, -999.0, -99.0, 9999.0, -32768.0, 32767.0, 65535.0)
"""Values that devices put for both x and y while they see no pen, or no gaze."""

Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Reading:
    """How a table is read.

    Attributes:
        columns: what each holds, None for one that is not read.
        offsets: whether x and y are offsets from point to point.
        pen_down: whether a 1 in a column of the role "pen flag" is the pen on the paper.
        unit: seconds per tick of a column of times whose name does not say.
        by: the columns each value of which is a drawing of its own.
        restarts: whether a clock that starts again begins another drawing.
        lifted: the value of both x and y that stands for a lifted pen.
        hovers: whether a pressure of 0 is a pen in the air.
        said: what was assumed, as parts of one sentence.
        lead: how much likelier it is than the best other reading.
    """

    columns: tuple[Column | None, ...]
    offsets: bool = False
    pen_down: bool = False
    unit: float | None = None
    by: tuple[int, ...] = ()
    restarts: bool = False
    lifted: float | None = None
    hovers: bool = False
    said: tuple[str, ...] = ()
    lead: float = 9.0

    def index(self, *roles: Role) -> int | None:
        """The column of one of these roles."""
        return next((i for i, column in enumerate(self.columns) if column is not None and column.role in roles), None)

    @property
    def sentence(self) -> str:
        """What was assumed, "" where nothing was."""
        return "; ".join(self.said)


@dataclass(frozen=True)
class Way:
    """One way to decide: the attributes of `Reading` that it sets, what is said of it, and how likely it is."""

    sets: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    likely: float = 0.0


@np.errstate(all="ignore")  # values that are not finite are refused later, with their row
def readings(tables: Sequence[RawTable], options: TableOptions, refuse: Refuse) -> list[Reading]:
    """How tables that are alike can be read, the likeliest first; the others differ from it in one doubtful choice.

    Args:
        tables: at least one, all of one width; the first ones are looked at.
        options: what is said of them.
        refuse: makes the error for tables that cannot be read at all.

    Raises:
        StudioError: by way of `refuse`; x or y is not to be found, or `options` do not suit the table.
    """
    seen = _seen(tables)
    layouts = _layouts(seen, options, refuse)
    best = _decided(seen, layouts[0], options)
    lead = layouts[0].likely - layouts[1].likely if len(layouts) > 1 else 9.0
    if lead < DOUBT:
        second = _decided(seen, layouts[1], options)[0]
        best = [replace(best[0], lead=min(lead, best[0].lead)), *best[1:], replace(second, lead=-lead)]
    return best


def _seen(tables: Sequence[RawTable]) -> list[RawTable]:
    count, rows = MOST_SEEN
    return [
        table if len(table) <= rows else replace(
            table,
            values=table.values[:rows],
            texts={j: cells[:rows] for j, cells in table.texts.items()},
            begins=None if table.begins is None else table.begins[:rows],
        )
        for table in tables[:count]
    ]  # fmt: skip


def _decided(tables: list[RawTable], layout: Way, options: TableOptions) -> list[Reading]:
    """The reading of a layout with the likeliest of every other choice, and those with one doubtful choice changed."""
    bare = Reading(**layout.sets)
    choices = [[layout]]
    for choose in (_by, _offsets, _pen, _unit, _lifted, _hovering):
        ways = sorted(choose(tables, bare, options), key=lambda way: -way.likely)
        if ways:
            choices.append(ways)
            bare = replace(bare, **ways[0].sets)
    best = [ways[0] for ways in choices]
    leads = [ways[0].likely - ways[1].likely if len(ways) > 1 else 9.0 for ways in choices]
    found = [_reading(best, min(leads))]
    for i, ways in enumerate(choices):
        if leads[i] < DOUBT:
            found.append(_reading([*best[:i], ways[1], *best[i + 1 :]], -leads[i]))
    return [found[0], *sorted(found[1:], key=lambda reading: -reading.lead)]


def _reading(ways: Sequence[Way], lead: float) -> Reading:
    sets: dict[str, Any] = {}
    for way in ways:
        sets |= way.sets
    return Reading(**sets, said=tuple(way.said for way in ways if way.said), lead=lead)


# --- what the columns are


def _layouts(tables: list[RawTable], options: TableOptions, refuse: Refuse) -> list[Way]:
    table = tables[0]
    if options.columns and (table.ordered or any("=" in word for word in options.columns)):
        return [Way({"columns": _given(table, options.columns, refuse)})]
    if table.names is not None and not _says_nothing(table.names):
        return _named_layouts(table, refuse)
    return _unnamed_layouts(tables, refuse)


def _says_nothing(names: Sequence[str]) -> bool:
    """Whether names are of no more use than numbers."""
    return len(names) == 2 and not any(map(column_named, names)) and not named_pairs(names)


def _given(table: RawTable, words: Sequence[str], refuse: Refuse) -> tuple[Column | None, ...]:
    """The columns that the options name; a pen that stands in words says when it is down."""
    columns = list(_as_named(table, words, refuse))
    for j in table.pens:
        if (column := columns[j]) is not None and column.role in ("pen", "pen flag"):
            columns[j] = Column("pen down")
    return tuple(columns)


def _as_named(table: RawTable, words: Sequence[str], refuse: Refuse) -> tuple[Column | None, ...]:
    columns: list[Column | None] = [None] * table.width
    if not any("=" in word for word in words):
        if len(words) > table.width:
            raise refuse(f"has {table.width} columns where {len(words)} were named: {', '.join(words)}", None)
        columns[: len(words)] = map(role_of, words)
        return tuple(columns)
    for word in words:
        role, _, name = word.partition("=")
        at = column_index(name, table.names, table.width)
        if at is None:
            raise refuse(f"has no column {shown(name.strip())}", None)
        columns[at] = role_of(role)
    return tuple(columns)


def _named_layouts(table: RawTable, refuse: Refuse) -> list[Way]:
    names = table.names or ()
    if series := series_columns(names):
        return [Way({"columns": tuple(series)})]
    columns = [column_named(name) for name in names]
    words = _pen_in_words(table, columns)
    if words is not None:
        columns[words] = Column("pen down")
    roles = [column.role if column else None for column in columns]
    for twice in ("x", "y"):
        if [role for role in roles if role == twice][1:]:
            raise refuse(
                f"names two columns for {twice}; expected one, or that the import names them (--columns)", None
            )
    if {"x", "y"} <= set(roles) or {"lon", "lat"} <= set(roles) or {"dx", "dy"} <= set(roles):
        on_a_map = {"lon", "lat"} <= set(roles) and "x" not in roles
        said = "longitude and latitude became metres east and north of the first point" if on_a_map else ""
        return [_with_words(Way({"columns": _once(columns)}, said), names, words)]
    ways = [_pair(columns, names, i, j, -0.5 * k) for k, (i, j) in enumerate(named_pairs(names)[:4])]
    if ways:
        ways = ways if len(ways) > 1 else [replace(ways[0], said="")]
        return [_with_words(way, names, words) for way in ways]
    listed = ", ".join(shown(name) for name in names[:8])
    wanted = "one value for each time, or columns x and y" if "time" in roles else "x and y among them"
    raise refuse(f"names the columns {listed}; expected {wanted}, or that the import names them (--columns)", None)


def _pen_in_words(table: RawTable, columns: Sequence[Column | None]) -> int | None:
    """The first column whose words say when the pen is down, where no other tells one stroke from the next."""
    others = {column.role for j, column in enumerate(columns) if column is not None and j not in table.pens}
    return min(table.pens, default=None) if not others & {"pen", "pen flag", "pen down", "stroke"} else None


def _with_words(way: Way, names: Sequence[str], words: int | None) -> Way:
    """A layout that also says which column tells in words when the pen is down, and which ones it does not read."""
    pairs = zip(names, way.sets["columns"], strict=True)
    unread = [name.strip() for name, column in pairs if column is None and name.strip()]
    said = [way.said, f"{_listed(unread)} not read" if unread else ""]
    said.append("" if words is None else f"{names[words].strip()} says when the pen is down")
    return replace(way, said="; ".join(filter(None, said)))


def _listed(names: Sequence[str]) -> str:
    shown_names = ", ".join(shown(name) for name in names[:4]) + (" and others" if len(names) > 4 else "")
    return f"the column {shown_names} is" if len(names) == 1 else f"the columns {shown_names} are"


def _pair(columns: Sequence[Column | None], names: Sequence[str], i: int, j: int, likely: float) -> Way:
    """A layout in which two columns whose names differ only in x and y are x and y."""
    changed = list(columns)
    changed[i], changed[j] = Column("x"), Column("y")
    return Way(
        {"columns": _once(changed)}, f"x and y are the columns {names[i].strip()} and {names[j].strip()}", likely
    )


def _once(columns: Sequence[Column | None]) -> tuple[Column | None, ...]:
    """Every role once, the first time it is named, but for groups; offsets and degrees only where x and y are not."""
    roles = {column.role for column in columns if column is not None}
    dropped: set[Role] = set()
    if {"x", "y"} <= roles:
        dropped |= {"dx", "dy", "lon", "lat"}
    elif {"lon", "lat"} <= roles:
        dropped |= {"x", "y", "dx", "dy"}
    kept: list[Column | None] = []
    for column in columns:
        kept.append(None if column is None or column.role in dropped else column)
        if column is not None and column.role not in ("group", "label"):
            dropped.add(column.role)
    return tuple(kept)


WORDS: dict[Role, str] = {
    "pen flag": "pen", "pen": "pen", "pen down": "pen down", "end": "end of the drawing", "group": "drawing",
}  # fmt: skip


def _unnamed_layouts(tables: list[RawTable], refuse: Refuse) -> list[Way]:
    """All ways to take two neighbouring columns for x and y, and the others for what their values allow."""
    width = tables[0].width
    words = f"has {width} column{'s' * (width != 1)}; expected x, y and optionally pen, time and pressure"
    if not 2 <= width <= WIDEST:
        raise refuse(f"{words}, or that the import names the columns (--columns)", None)
    seen = [facts([table.values[:, j] for table in tables], text=j in tables[0].texts) for j in range(width)]
    if width == 2 and seen[0].rows >= FEW and (seen[0].clock or 0.0) >= A_CLOCK:
        points, series = (Column("x"), Column("y")), (Column("time"), Column("value"))
        other = Way({"columns": series}, "the columns are time and value: a series", 0.5)
        return [Way({"columns": points}, "the columns are x and y", 1.0), other]
    found = [layout for i in range(width - 1) if (layout := _layout(tables, seen, i)) is not None]
    if not found:
        odd = next((j for j in range(2, width) if not _roles(seen[j], j)), width - 1)
        raise refuse(
            f"has a column {odd + 1} that is neither pen (0 or 1), time (never falling) nor pressure (0 to 1); "
            "the import can be told what the columns are (--columns)",
            None,
        )
    return sorted(found, key=lambda way: -way.likely)


def _layout(tables: list[RawTable], seen: Sequence[ColumnFacts], at: int) -> Way | None:
    """The likeliest roles of all columns where x and y are those at `at` and beside it; None where one has none."""
    if seen[at].text or seen[at + 1].text:
        return None
    columns: list[Column | None] = [None] * len(seen)
    columns[at], columns[at + 1] = Column("x"), Column("y")
    likely = 1.0 if at == 0 else 0.0
    likely -= (seen[at].flag and seen[at].ones > 0) + (seen[at + 1].flag and seen[at + 1].ones > 0)
    likely -= 0.4 * (len(tables[0]) > 2 and (seen[at].counts or seen[at].runs))
    flags = [j for j in range(len(seen)) if seen[j].flag and j not in (at, at + 1)]
    if (pens := _pens(tables, flags)) is None:
        return None
    taken: set[Role] = set()
    for j, role in pens.items():
        columns[j] = None if role is None else Column(role)
    likely += bool(pens)
    for j, fact in enumerate(seen):
        if j in (at, at + 1) or j in pens:
            continue
        roles = [(score, role) for role, score in _roles(fact, j) if role not in taken]
        if not roles:
            return None
        score, best = max(roles)
        taken.add(best)
        likely += score
        columns[j] = None if best == "gap" else Column(best)
    return Way({"columns": tuple(columns)}, _columns_said(columns, seen), likely)


def _columns_said(columns: Sequence[Column | None], seen: Sequence[ColumnFacts]) -> str:
    if [column.role if column else None for column in columns] in (["x", "y"], ["x", "y", "pen flag"]):
        return ""
    names = [
        ("a count of the rows" if seen[j].counts else "pen down" if seen[j].flag else "one that is not read")
        if column is None
        else WORDS.get(column.role, column.role)
        for j, column in enumerate(columns)
    ]
    return f"the columns are {', '.join(names[:-1])} and {names[-1]}"


def _roles(fact: ColumnFacts, j: int) -> list[tuple[Role, float]]:
    """What a column beside x and y may be, and how likely; "gap" for a count of the rows, which says nothing."""
    found: list[tuple[Role, float]] = []
    if j == 0 and fact.counts and fact.rows < FEW:  # 0, 1, 2 may be anything
        return found
    if fact.text:
        found.append(("label", 0.5))
    if fact.clock is not None:
        found.append(("time", fact.clock - 2.0 * (fact.counts and j == 0)))
    if fact.runs:
        found.append(("stroke" if j else "group", 0.8))
    if fact.unit_interval and not fact.flag:
        found.append(("pressure", 0.7))
    if fact.counts and j == 0:
        found.append(("gap", 0.6))
    return found


def _pens(tables: list[RawTable], flags: list[int]) -> dict[int, Role | None] | None:
    """What columns of zeros and ones are: a pen; a pen and the end of the drawing; pens of which one is always 1."""
    if len(flags) <= 1:
        return dict.fromkeys(flags, "pen flag")
    values = [np.nan_to_num(table.values[:, flags]) for table in tables]
    one_hot = all((rows.sum(1) == 1).all() for rows in values)
    if len(flags) == 2 and one_hot:  # pen down, pen up
        return {flags[0]: None, flags[1]: "pen"}
    if len(flags) == 3 and one_hot:  # stroke-5: pen down, pen lifted, end
        return {flags[0]: None, flags[1]: "pen", flags[2]: "end"}
    only_last = all((rows[:-1, 1] == 0).all() for rows in values)
    with_strokes = all((rows[:, 1] <= rows[:, 0]).all() for rows in values)  # whoever ends a drawing, ends a stroke
    if len(flags) == 2 and (only_last or with_strokes):
        return {flags[0]: "pen flag", flags[1]: "end"}
    return None


# --- the other choices


def _by(tables: list[RawTable], reading: Reading, options: TableOptions) -> list[Way]:
    """Which columns tell drawings apart."""
    table = tables[0]
    if options.by is not None and options.by.strip().lower() in NOTHING:
        return [Way({"by": ()})]
    if options.by is not None:
        at = column_index(options.by, table.names, table.width)
        return [Way({"by": () if at is None else (at,)})]
    found = tuple(i for i, column in enumerate(reading.columns) if column is not None and _groups(table, column, i))
    if found:
        names = " and ".join(table.name_of(i) for i in found)
        return [Way({"by": found}, f"every {names} is a drawing of its own")]
    time = reading.index("time")
    if time is None or reading.index("pen", "pen flag", "pen down", "stroke", "end", "value") is not None:
        return []
    if not any(_restarts(table.values[:, time], table).any() for table in tables):
        return []
    return [
        Way({"restarts": True}, "wherever the time starts again another drawing begins", 0.8),
        Way({"restarts": False}, "wherever the time starts again another stroke begins"),
    ]


def _groups(table: RawTable, column: Column, i: int) -> bool:
    """Whether a column that may tell drawings apart does so: not where it is the same, or other, in every row."""
    if column.role not in ("group", "label"):
        return False
    cells = table.texts.get(i) or table.values[:, i].tolist()
    different = len(set(map(str, cells)))
    most = len(cells) - (len(cells) > FEW) if column.role == "label" else len(cells) // 2
    return 1 < different <= most


def _restarts(times: FloatArray, table: RawTable) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """``[N]``, True where a clock starts again as it began, without falling back in between."""
    starts = np.zeros(len(times), bool)
    with np.errstate(invalid="ignore"):
        falls = np.flatnonzero(np.diff(times) < 0) + 1
    if len(falls) and not np.isnan(times).any():
        pieces = np.split(times, falls)
        length = max(float(piece[-1] - piece[0]) for piece in pieces)
        alike = all(abs(piece[0] - times[0]) <= 0.05 * length for piece in pieces)
        starts[falls] = alike and all(len(piece) > 1 for piece in pieces)
    return starts


def _offsets(tables: list[RawTable], reading: Reading, options: TableOptions) -> list[Way]:
    if reading.index("value") is not None or reading.index("lon") is not None:
        return []
    if options.offsets is not None:
        return [Way({"offsets": options.offsets})]
    if reading.index("dx") is not None:
        return [Way({"offsets": True})]
    unnamed = tables[0].names is None or _says_nothing(tables[0].names)
    if tables[0].positions or not unnamed or reading.index("pen", "pen flag", "end") is None:
        return []
    x, y = reading.index("x") or 0, reading.index("y") or 0
    pen = reading.index("pen", "pen flag", "end") or 0
    lead = looks_like_offsets([_drawn(table, reading)[:, [x, y, pen]] for table in tables])
    offsets = Way({"offsets": True}, "x and y are offsets from point to point", lead)
    return [offsets, Way({"offsets": False}, "x and y are positions" if abs(lead) < DOUBT else "")]


def _drawn(table: RawTable, reading: Reading) -> FloatArray:
    """The rows of a table up to the end of its drawing."""
    end = reading.index("end")
    ends = np.flatnonzero(table.values[:, end] == 1) if end is not None else np.zeros(0)
    return table.values[: max(2, int(ends[0]))] if len(ends) else table.values


def _pen(tables: list[RawTable], reading: Reading, options: TableOptions) -> list[Way]:
    at = reading.index("pen flag")
    if at is None:
        return []
    if options.pen_down is not None:
        return [Way({"pen_down": options.pen_down})]
    name = tables[0].name_of(at)
    flags = [np.nan_to_num(table.values[:, at]) == 1 for table in tables]
    lead = _likelier_down(flags) - DOUBT * (tables[0].names is not None)
    unsure = abs(lead) < DOUBT
    return [
        Way({"pen_down": True}, f"a 1 in {name} is the pen on the paper", lead),
        Way({"pen_down": False}, f"a 1 in {name} is the last point of a stroke" if unsure else ""),
    ]


def mistaken_pen(lifted: Flags) -> bool:
    """Whether a column named "pen" that is 1 where the pen leaves the paper might be taken for the reverse."""
    return _likelier_down([lifted]) - DOUBT > -DOUBT


def _likelier_down(columns: Sequence[Flags]) -> float:
    """How much likelier it is that a 1 is the pen on the paper: strokes of one point and points in the air are rare."""
    rows = sum(map(len, columns))
    if rows < 2 * len(columns):
        return -DOUBT
    before = [np.concatenate([[True], column[:-1]]) for column in columns]
    single = sum(int((column & ones).sum()) for column, ones in zip(columns, before, strict=True))
    in_air = sum(int((~column & ~ones).sum()) for column, ones in zip(columns, before, strict=True))
    in_air += sum(int(not column[0]) for column in columns if len(column))
    return 3 * (single - in_air) / rows - 0.5


UNIT_NAMES = {1.0: "seconds", 1e-3: "milliseconds", 1e-6: "microseconds", 1e-9: "nanoseconds", 1e-7: "ticks of 100 ns"}


def _unit(tables: list[RawTable], reading: Reading, options: TableOptions) -> list[Way]:
    at = reading.index("time")
    if at is not None and at in tables[0].clocks:
        return [Way({"unit": 1.0})]
    if at is None or reading.index("value") is not None:
        return [Way({"unit": SECONDS[options.time_unit]})] if at is not None and options.time_unit else []
    if options.time_unit is not None:
        return [Way({"unit": SECONDS[options.time_unit]})]
    column = reading.columns[at]
    if column is None or column.unit is not None:
        return []
    columns = [values[~np.isnan(values)] for values in (table.values[:, at] for table in tables)]
    steps = np.concatenate([np.diff(values) for values in columns] or [np.zeros(0)])
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    largest = max((float(np.abs(values).max()) for values in columns if len(values)), default=0.0)
    for low, high, unit in DATES:
        if low <= largest <= high and step * unit <= SLOWEST_DATES:
            return [Way({"unit": unit})]
    on_a_map = reading.index("lon") is not None
    usual = unit_of_step(step, LEAST_TICKS_ON_A_MAP if on_a_map else LEAST_TICKS)
    likely = {unit: _plausibility(step * unit) for unit in UNIT_NAMES if unit != 1e-7}
    likely[usual] += 0.5
    best, other = sorted(likely, key=lambda unit: (unit != usual, -likely[unit], abs(np.log(unit / usual))))[:2]
    doubtful = step > 0 and (likely[other] > 0 or best < 1e-3)
    said = f"times are in {UNIT_NAMES[best]}" if doubtful or best not in (1.0, 1e-3) else ""
    ways = [Way({"unit": best}, said, 0.9 if doubtful else 9.0)]
    return [*ways, Way({"unit": other}, f"times are in {UNIT_NAMES[other]}")]


def _plausibility(step: float) -> float:
    """Of seconds from sample to sample: 1 for pens, mice and gazes, 0 for what none of them does."""
    return 1.0 if SAMPLED[0] <= step <= SAMPLED[1] else 0.0


def _lifted(tables: list[RawTable], reading: Reading, options: TableOptions) -> list[Way]:
    """Whether one value of both x and y stands for a lifted pen."""
    x, y = reading.index("x"), reading.index("y")
    known = reading.index("pen", "pen flag", "pen down", "stroke", "end", "value") is not None
    known = known or options.sentinels is False
    if x is None or y is None or known or reading.offsets or tables[0].positions:
        return []
    points = [table.values[:, [x, y]] for table in tables]
    for value in SENTINELS:
        if all(_stands_out(rows, value) for rows in points if (rows == value).all(1).any()) and any(
            (rows == value).all(1).any() for rows in points
        ):
            lifted = Way({"lifted": value}, f"points ({value:g}, {value:g}) are a lifted pen", 0.8)
            return [lifted, Way({"lifted": None}, f"points ({value:g}, {value:g}) are points like others")]
    return []


def _hovering(tables: list[RawTable], reading: Reading, options: TableOptions) -> list[Way]:
    """Whether a pressure of 0 is a pen in the air, where nothing else tells one stroke from the next."""
    at = reading.index("pressure", "pen or pressure")
    known = reading.index("pen", "pen flag", "pen down", "stroke", "end", "value") is not None
    if at is None or known or options.sentinels is False or reading.offsets or tables[0].positions:
        return []
    if any(table.begins is not None and table.begins[1:].any() for table in tables):
        return []
    forces = [table.values[:, at] for table in tables]
    is_pen = reading.index("pressure") is None and _is_flag(np.concatenate(forces))
    if is_pen or not any(_leaves_the_paper(force) for force in forces):
        return []
    air = Way({"hovers": True}, "samples of pressure 0 are a pen in the air", 0.8)
    return [air, Way({"hovers": False}, "samples of pressure 0 are points like others")]


def _leaves_the_paper(force: FloatArray) -> bool:
    """Whether a pressure falls to 0 and rises again, or is 0 for longer than a sample where strokes begin or end."""
    pressed = np.flatnonzero(force > 0)
    if not len(pressed):
        return False
    first, last = pressed[0], pressed[-1]
    return bool((force[first:last] == 0).any() or first > 1 or last < len(force) - 2)


def _is_flag(values: FloatArray) -> bool:
    return bool(((values == 0) | (values == 1)).all())


def _stands_out(points: FloatArray, value: float) -> bool:
    """Whether points at (value, value) lie apart from all others, and from their neighbours."""
    found = (points == value).all(1)
    others = points[~found & ~np.isnan(points).any(1)]
    if len(others) < 2:
        return False
    if value == -1 and others.min() < 0:
        return False
    if value == 0 and others.min() <= 0:
        return False
    if value not in (-1, 0) and 2 * np.abs(others).max() >= abs(value):
        return False
    steps = np.linalg.norm(np.diff(others, axis=0), axis=1)
    neighbours = ~found & (np.roll(found, 1) | np.roll(found, -1))
    near = points[neighbours & ~np.isnan(points).any(1)]
    jumps = np.linalg.norm(near - value, axis=1)
    first_only = bool(found[0]) and found.sum() == 1  # a drawing may begin in the corner
    return bool(len(jumps) and not first_only and np.median(jumps) > 2 * np.median(steps) and np.median(jumps) > 0)


def each_drawing(reading: Reading, table: RawTable) -> Iterator[np.ndarray[Any, np.dtype[np.intp]]]:
    """The rows of every drawing of a table, in the order in which they begin."""
    if not (reading.by or reading.restarts or reading.index("end") is not None):
        yield np.arange(len(table))
        return
    keys: np.ndarray[Any, np.dtype[Any]] = np.zeros(len(table), np.int64)
    for at in reading.by:
        cells = table.texts.get(at)
        different: dict[Any, int] = {}
        column = cells if cells is not None else table.values[:, at].tolist()
        codes = [different.setdefault(str(cell), len(different)) for cell in column]
        keys = keys * (len(table) + 1) + np.array(codes, np.int64)
        _, keys = np.unique(keys, return_inverse=True)
    time, end = reading.index("time"), reading.index("end")
    if reading.restarts and time is not None:
        keys = keys * (len(table) + 1) + np.cumsum(_restarts(table.values[:, time], table))
    if end is not None:
        ends = table.values[:, end] == 1
        ends[:-1] &= ~ends[1:]  # the last of several: what follows is another drawing
        keys = keys * (len(table) + 1) + np.concatenate([[0], np.cumsum(ends)[:-1]])
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    rows_by_key = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
    for key in np.argsort(first):
        yield rows_by_key[key]
