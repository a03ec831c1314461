"""Drawings out of a table, once it is known how it is read (`readings`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.files.columns import Column, FloatArray, Refuse, drawing_from_table
from studio.files.geo import metres
from studio.files.raw_table import RawTable
from studio.files.readings import Reading, each_drawing
from studio.sequences.material import Drawing

Say: TypeAlias = Callable[[str], None]
Rows: TypeAlias = NDArray[np.intp]
Flags: TypeAlias = NDArray[np.bool_]

TOLD = (
    "samples without a position are a lifted pen",
    "values that are missing at some samples were taken from those before and after them",
    "rows were out of order and were sorted by their times",
    "times that fall within a stroke were raised to those before them",
)
LIFTED, FILLED, SORTED, RAISED = TOLD


def drawings_of(table: RawTable, reading: Reading, refuse: Refuse, say: Say) -> Iterator[Drawing]:
    """Every drawing of a table.

    Args:
        refuse: makes the error for a bad row.
        say: is told what was done to rows that are incomplete or out of order.

    Raises:
        StudioError: by way of `refuse`.
    """
    empty = True
    for rows in each_drawing(reading, table):
        drawing = _One(table, reading, rows, refuse, say).drawing()
        if drawing is not None:
            empty = False
            yield drawing
    if empty:
        raise refuse("holds no points", None)


@dataclass(frozen=True)
class _One:
    """One drawing of a table: its rows."""

    table: RawTable
    reading: Reading
    rows: Rows
    refuse: Refuse
    say: Say

    def column(self, *roles: Any) -> FloatArray | None:
        """The values of a role in the rows."""
        at = self.reading.index(*roles)
        return None if at is None else self.table.values[self.rows, at]

    @np.errstate(all="ignore")  # values that are not finite are refused at the end, with their row
    def drawing(self) -> Drawing | None:
        """None where no row has a position."""
        label = self._label()
        value = self.column("value")
        if value is not None:
            return self._series(value, label)
        points = self._points()
        missing = np.isnan(points).any(1)
        if self.reading.lifted is not None:
            missing |= (points == self.reading.lifted).all(1)
        elif missing.any():
            self.say(LIFTED)
        missing |= self._padding(points)
        force = self.column("pressure", "pen or pressure")
        if self.reading.hovers and force is not None:
            missing |= force == 0
        if missing.all():
            return None
        columns = self._columns(points, missing)
        return self._assembled(columns, missing, label)

    def _label(self) -> str:
        at = self.reading.index("label")
        if at is None or at not in self.table.texts:
            return ""
        cells = self.table.texts[at]
        found = {cells[row].strip() for row in self.rows}
        return found.pop() if len(found) == 1 else ""

    def _series(self, values: FloatArray, label: str) -> Drawing | None:
        times = self.column("time")
        at = self.reading.index("time")
        if times is None or at is None:
            raise self.refuse("has values without a time; expected columns t and value", None)
        known = ~(np.isnan(values) | np.isnan(times))
        if not known.all():
            self.say("times without a value were left out")
        order = np.flatnonzero(known)
        if (np.diff(times[order]) < 0).any():
            self.say(SORTED)
            order = order[np.argsort(times[order], kind="stable")]
        unit = self.reading.unit
        column = Column("time", unit) if unit is not None else self.reading.columns[at]
        if not len(order):
            return None
        table = np.column_stack([times[order], values[order]])
        return drawing_from_table(table, self._refusal(order), columns=[column, Column("value")], label=label)

    def _points(self) -> FloatArray:
        """x and y, ``[N, 2]``, as they stand; of degrees, metres."""
        reading = self.reading
        if reading.index("lon") is not None and reading.index("x") is None:
            return self._metres()
        x, y = self.column("x", "dx"), self.column("y", "dy")
        if x is None or y is None:
            raise self.refuse("has no columns x and y", None)
        return np.stack([x, y], 1)

    def _metres(self) -> FloatArray:
        longitude, latitude = self.column("lon"), self.column("lat")
        if longitude is None or latitude is None:
            raise self.refuse("has no columns lat and lon", None)
        with np.errstate(invalid="ignore"):
            bad = np.flatnonzero((np.abs(latitude) > 90) | (np.abs(longitude) > 360))
        if len(bad):
            row = int(self.rows[bad[0]])
            raise self.refuse("holds a latitude or longitude that there is not; expected degrees", row)
        return metres(longitude, latitude)

    def _padding(self, points: FloatArray) -> Flags:
        """Rows of a stroke-5 that mark the end of the drawing and hold no point."""
        end, pen = self.reading.index("end"), self.reading.index("pen")
        if end is None or pen is None:
            return np.zeros(len(points), bool)
        ended = self.table.values[self.rows, end] == 1
        ended[1:] &= (points[1:] == 0).all(1)
        ended[0] &= bool((points[0] == 0).all()) and len(points) > 1
        return np.asarray(ended)

    def _columns(self, points: FloatArray, missing: Flags) -> dict[str, FloatArray]:
        """The values of what is read, by role, each ``[N]``."""
        found = {"x": points[:, 0], "y": points[:, 1]}
        if self.reading.offsets:
            with np.errstate(over="ignore", invalid="ignore"):
                found["x"], found["y"] = np.cumsum(np.nan_to_num(points), 0).T
        for role in ("pen", "pen down", "pen flag", "pressure", "pen or pressure", "time", "end"):
            values = self.column(role)
            if values is not None:
                found[role] = self._filled(role, values, ~missing)
        if "pen flag" in found:
            found["pen down" if self.reading.pen_down else "pen"] = found.pop("pen flag")
        stroke = self.reading.index("stroke")
        if stroke is not None:
            found["stroke"] = self._numbered(stroke)
        return found

    def _filled(self, role: str, values: FloatArray, wanted: Flags) -> FloatArray:
        """A column whose missing values are filled in: the pen with 0, others from their neighbours."""
        gaps = np.isnan(values)
        if not gaps.any():
            return values
        if (gaps & wanted).any():
            self.say(FILLED)
        known = np.flatnonzero(~gaps)
        if role in ("pen", "pen flag", "pen down", "end") or not len(known):
            return np.where(gaps, 0.0, values)
        filled = np.interp(np.arange(len(values)), known, values[known])
        return np.where(gaps, filled, values)

    def _numbered(self, at: int) -> FloatArray:
        """The strokes, numbered in the order in which they appear."""
        cells = self.table.texts.get(at)
        if cells is None:
            return np.asarray(self.table.values[self.rows, at])
        numbers: dict[str, float] = {}
        return np.array([numbers.setdefault(cells[row], float(len(numbers))) for row in self.rows])

    def _begins(self, columns: dict[str, FloatArray], missing: Flags) -> Flags:
        """Where another stroke begins: after an empty line, after missing samples, where the clock starts again."""
        begins = np.zeros(len(self.rows), bool)
        if self.table.begins is not None and len(self.rows) == len(self.table):
            begins |= self.table.begins
        elif self.table.begins is not None:  # of another drawing
            begins[1:] |= self.table.begins[self.rows[1:]] & (np.diff(self.rows) == 1)
        begins[1:] |= missing[:-1]
        return begins

    def _assembled(self, columns: dict[str, FloatArray], missing: Flags, label: str) -> Drawing:
        begins = self._begins(columns, missing)
        order = np.arange(len(self.rows))
        columns.pop("end", None)
        if "time" in columns:
            order, begins = self._in_order(columns, begins, missing)
        kept = ~missing[order]
        order, numbers = order[kept], np.cumsum(begins)[kept]
        table = np.stack([values[order] for values in columns.values()], 1)
        made = [self._made_column(role) for role in columns]
        gaps = np.concatenate([[0.0], np.diff(numbers) != 0])
        drawing = drawing_from_table(table, self._refusal(order), columns=made, begins=gaps, label=label)
        north = self.reading.index("lon") is not None and self.reading.index("x") is None
        return Drawing(drawing.strokes, label, y_up=True) if north else drawing

    def _made_column(self, role: Any) -> Column:
        at = self.reading.index(role)
        column = self.reading.columns[at] if at is not None else None
        if role == "time":
            own = column.unit if column is not None else None
            return Column("time", self.reading.unit if self.reading.unit is not None else own)
        return Column(role)

    def _in_order(self, columns: dict[str, FloatArray], begins: Flags, missing: Flags) -> tuple[Rows, Flags]:
        """The order of the rows by their times, where that makes the way of the pen no longer; and where strokes begin
        in this order.

        A clock that starts again with a stroke, or as it began, is no disorder.
        """
        times, count = columns["time"], len(self.rows)
        order = np.arange(count)
        strokes = begins.copy()
        strokes[1:] |= np.diff(columns["stroke"]) != 0 if "stroke" in columns else False
        for role, ends in (("pen", 1.0), ("pen down", 0.0)):
            if role in columns:
                strokes[1:] |= columns[role][:-1] == ends
        falls = np.zeros(count, bool)
        falls[1:] = np.diff(times) < 0
        if not (falls & ~strokes).any():
            return order, begins
        restarts = _starts_again(times, falls & ~strokes)
        if not {"stroke", "pen", "pen down"} & set(columns) and restarts is not None:
            return order, begins | restarts
        by_stroke = np.cumsum(strokes) if "stroke" in columns else np.zeros(count)
        by_time = np.lexsort((times, by_stroke))
        points = np.stack([columns["x"], columns["y"]], 1)
        if not self.reading.offsets and _way(points[by_time]) <= _way(points) * (1 + 1e-9):
            self.say(SORTED)
            return by_time, np.concatenate([[False], missing[by_time[:-1]]])
        self.say(RAISED)
        return order, begins

    def _refusal(self, order: Rows) -> Refuse:
        rows = self.rows[order]
        return lambda what, row: self.refuse(what, None if row is None else int(rows[row]))


def _starts_again(times: FloatArray, falls: Flags) -> Flags | None:
    """Where the clock starts again as it began; None where it merely falls back somewhere."""
    pieces = np.split(times, np.flatnonzero(falls))
    length = max(float(piece[-1] - piece[0]) for piece in pieces)
    alike = all(len(piece) > 1 and abs(piece[0] - times[0]) <= 0.05 * length for piece in pieces)
    return falls if alike else None


def _way(points: FloatArray) -> float:
    """How long the way through points ``[N, 2]`` is."""
    with np.errstate(all="ignore"):
        return float(np.nansum(np.linalg.norm(np.diff(points[~np.isnan(points).any(1)], axis=0), axis=1)))
