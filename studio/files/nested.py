"""Drawings in arrays and lists of arrays: what NumPy and MATLAB files have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.files import limits
from studio.files.columns import Column, column_named, drawing_from_table
from studio.files.pickled_arrays import Nested
from studio.files.raw_table import RawTable
from studio.files.source import Source
from studio.files.table_reader import drawings_in
from studio.files.text_tables import has_points
from studio.sequences.material import Drawing

Array: TypeAlias = NDArray[Any]

EXPECTED = "expected [N, 2] x and y, [N, 3] with the pen or the time, or several of them as [K, N, 2]"

WIDEST, WIDEST_NAMED = 5, 64
"""Columns of an array of points at most; where the import names them."""

TURNED = (2, 3)
"""Rows of an array that has one for x, one for y, and perhaps one for the pen or the time."""


def drawings(source: Source, nested: Nested, part: str, *, positions: bool = False) -> Iterator[Drawing]:
    """Every drawing in an array, or in a list of arrays or of lists.

    An array ``[N, 2...5]`` is a drawing, ``[K, N, 2...5]`` is K of them, and so are ``[2, N]``, ``[3, N]``,
    ``[K, 2, N]`` and ``[K, 3, N]`` where N is larger than 5; rows at the end that are all NaN, or all 0 in one of
    several, only fill it up. Arrays of records have columns by name. A list is a list of drawings; but in a list of
    lists of ``[N, 2]`` arrays the innermost arrays are the strokes of one drawing. What the columns hold is found out
    from all arrays of a width together.

    Args:
        part: what the array is called, for refusals.
        positions: whether the file says that its points are positions.
    """
    yield from drawings_in(source, _walk(source, nested, part, 0, positions))


def _walk(source: Source, nested: Nested, part: str, depth: int, positions: bool) -> Iterator[tuple[RawTable, str]]:
    if isinstance(nested, np.ndarray):
        yield from _in_array(source, nested, part, positions)
    elif depth > 0 and nested and all(isinstance(item, np.ndarray) and item.shape[1:] == (2,) for item in nested):
        yield _of_strokes(source, nested, part), part
    else:
        for i, item in enumerate(nested):
            yield from _walk(source, item, f"{part}[{i}]", depth + 1, positions)


def _of_strokes(source: Source, strokes: list[Any], part: str) -> RawTable:
    pieces = [numbers(source, stroke, part) for stroke in strokes if len(stroke)]
    begins = np.concatenate([np.arange(len(piece)) == 0 for piece in pieces] or [np.zeros(0, bool)])
    table = np.concatenate([np.zeros((0, 2)), *pieces])
    return RawTable(table, begins=begins, positions=True)


def _in_array(source: Source, array: Array, part: str, positions: bool) -> Iterator[tuple[RawTable, str]]:
    if array.dtype.names is not None:
        yield from _of_records(source, array, part)
        return
    widest = WIDEST_NAMED if source.options.columns else WIDEST
    upright = array.ndim in (2, 3) and 2 <= array.shape[-1] <= widest
    if not upright and not (array.ndim in (2, 3) and array.shape[-2] in TURNED and array.shape[-1]):
        raise source.refuse(f"has the shape {list(array.shape)}; {EXPECTED}", part=part)
    values = numbers(source, array, part)
    if not upright:
        source.assume("arrays with a row for x, a row for y and so on were turned over")
        values = values.swapaxes(-1, -2)
    if values.ndim == 2:
        yield RawTable(_without_padding(values), positions=positions), part
        return
    filled_up = _are_filled_up(values)
    if filled_up:
        source.assume("rows of zeros at the end of an array only fill it up and were left out")
    for i, table in enumerate(values):
        yield RawTable(_without_padding(table, zeros=filled_up), positions=positions), f"{part}[{i}]"


def _of_records(source: Source, array: Array, part: str) -> Iterator[tuple[RawTable, str]]:
    """An array of records, one for each point: ``[N]``, or ``[K, N]`` several."""
    if array.ndim not in (1, 2):
        raise source.refuse(f"has the shape {list(array.shape)}; expected [N] records, one for each point", part=part)
    names = array.dtype.names or ()
    texts = [j for j, name in enumerate(names) if array[name].dtype.kind in "US"]
    for i, records in enumerate(array if array.ndim == 2 else [array]):
        columns = [
            np.full(len(records), np.nan) if j in texts else numbers(source, records[name], f"{part}[{name!r}]")
            for j, name in enumerate(names)
        ]
        cells = {j: [str(cell) for cell in records[name].tolist()] for j, name in enumerate(names) if j in texts}
        shown_part = f"{part}[{i}]" if array.ndim == 2 else part
        yield RawTable(np.stack(columns, 1), tuple(names), cells), shown_part


def _without_padding(table: Array, *, zeros: bool = False) -> Array:
    """A table without the rows at its end that are all NaN, or all 0."""
    empty = np.isnan(table).all(1)
    if zeros:
        empty |= (table == 0).all(1)
    full = np.flatnonzero(~empty)
    return table[: full[-1] + 1] if len(full) else table


def _are_filled_up(values: Array) -> bool:
    """Whether tables ``[K, N, C]`` end with rows of zeros, of different number, as drawings of different lengths do."""
    if len(values) < 2 or values.shape[1] < 2:
        return False
    last = [np.flatnonzero((table != 0).any(1)) for table in values]
    ends = [int(rows[-1]) + 1 if len(rows) else 0 for rows in last]
    return max(ends) - min(ends) > 0 and values.shape[1] - min(ends) > 1


def numbers(source: Source, array: Array, part: str) -> NDArray[np.float64]:
    """The array as real numbers."""
    if array.dtype.kind not in "biuf":
        raise source.refuse(f"holds values of type {array.dtype}; expected real numbers", part=part)
    if array.size > limits.VALUES:
        raise source.refuse(f"holds more than {limits.VALUES:,} numbers in one array", part=part)
    with np.errstate(over="ignore", invalid="ignore"):  # what long doubles become is refused as not finite
        return array.astype(np.float64)


def refusal(source: Source, part: str) -> Callable[[str, int | None], StudioError]:
    """Errors that name the row of an array."""
    return lambda what, row: source.refuse(what, part=part if row is None else f"{part} row {row}")


def named_columns(source: Source, arrays: Mapping[str, Nested]) -> Iterator[Drawing] | None:
    """The drawings in vectors called x, y and so on, or None where there are none of equal length."""
    vectors = {
        name: array.reshape(-1)
        for name, array in arrays.items()
        if isinstance(array, np.ndarray) and array.ndim > 0 and array.size == max(array.shape) and column_named(name)
    }
    first = next((vectors[name] for name in vectors if _is(name, "x", "dx", "lon")), None)
    if first is None or not any(_is(name, "y", "dy", "lat") for name in vectors):
        return None
    same = {name: vector for name, vector in vectors.items() if len(vector) == len(first)}
    if (others := [name for name in vectors if name not in same]) and len(first) > 1:
        source.note(f"{', '.join(others[:5])}: another number of values than x has; left out")
    texts = {j: list(map(str, vector)) for j, vector in enumerate(same.values()) if vector.dtype.kind in "US"}
    columns = [
        np.full(len(vector), np.nan) if j in texts else numbers(source, vector, name)
        for j, (name, vector) in enumerate(same.items())
    ]
    return drawings_in(source, [(RawTable(np.stack(columns, 1), tuple(same), texts, ordered=False), "x, y")])


def _is(name: str, *roles: str) -> bool:
    column = column_named(name)
    return column is not None and column.role in roles


def stroke3(source: Source, nested: Nested, part: str) -> Iterator[Drawing]:
    """sketch-rnn's format: rows (dx, dy, pen lifted after this point), y downwards, the pen starting from (0, 0)."""
    for i, item in enumerate(nested):
        place = f"{part}[{i}]"
        if not isinstance(item, np.ndarray) or item.ndim != 2 or item.shape[1] != 3:
            raise source.refuse("is no [N, 3] array of dx, dy and pen", part=place)
        table = numbers(source, item, place)
        with np.errstate(over="ignore", invalid="ignore"):
            table[:, :2] = np.cumsum(table[:, :2], 0)
        columns = [Column("x"), Column("y"), Column("pen")]
        drawing = drawing_from_table(table, refusal(source, place), columns=columns)
        yield Drawing(drawing.strokes, y_up=False)


def may_be_drawings(nested: Nested) -> bool:
    """Whether an array has the shape of drawings; a list is always tried."""
    if isinstance(nested, list):
        return bool(nested)
    if nested.dtype.names is not None:
        return nested.ndim in (1, 2) and has_points(nested.dtype.names)
    if nested.dtype.kind not in "biuf" or nested.ndim not in (2, 3) or not nested.size:
        return False
    return 2 <= nested.shape[-1] <= WIDEST or nested.shape[-2] in TURNED


def listed(found: Mapping[str, Any]) -> str:
    """The names of arrays with their shapes, for a refusal: at most five."""
    return ", ".join(f"{name} {_shape(value)}".strip() for name, value in list(found.items())[:5]) or "no arrays"


def _shape(value: Any) -> str:
    if isinstance(value, list):
        return f"[{len(value)}]"
    return str(list(value.shape)) if isinstance(value, np.ndarray) else "(no array)"
