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
from studio.files.source import Source
from studio.sequences.material import Drawing

Array: TypeAlias = NDArray[Any]

EXPECTED = "expected [N, 2] x and y, [N, 3] with the pen or the time, or several of them as [K, N, 2]"


def drawings(source: Source, nested: Nested, part: str) -> Iterator[Drawing]:
    """Every drawing in an array, or in a list of arrays or of lists.

    An array ``[N, 2...5]`` is a drawing (columns by position), ``[K, N, 2...5]`` is K of them. A list is a list of
    drawings; but in a list of lists of ``[N, 2]`` arrays the innermost arrays are the strokes of one drawing.

    Args:
        part: what the array is called, for refusals.
    """
    yield from _walk(source, nested, part, depth=0)


def _walk(source: Source, nested: Nested, part: str, depth: int) -> Iterator[Drawing]:
    if isinstance(nested, np.ndarray):
        yield from _in_array(source, nested, part)
    elif depth > 0 and nested and all(isinstance(item, np.ndarray) and item.shape[1:] == (2,) for item in nested):
        yield _of_strokes(source, nested, part)
    else:
        for i, item in enumerate(nested):
            yield from _walk(source, item, f"{part}[{i}]", depth + 1)


def _of_strokes(source: Source, strokes: list[Any], part: str) -> Drawing:
    refuse = refusal(source, part)
    pieces = [numbers(source, stroke, part) for stroke in strokes if len(stroke)]
    begins = np.concatenate([[1.0, *[0.0] * (len(piece) - 1)] for piece in pieces]) if pieces else np.zeros(0)
    table = np.concatenate([np.zeros((0, 2)), *pieces])
    return drawing_from_table(table, refuse, columns=[Column("x"), Column("y")], begins=begins)


def _in_array(source: Source, array: Array, part: str) -> Iterator[Drawing]:
    if array.ndim not in (2, 3) or not 2 <= array.shape[-1] <= 5:
        raise source.refuse(f"has the shape {list(array.shape)}; {EXPECTED}", part=part)
    values = numbers(source, array, part)
    if values.ndim == 2:
        yield drawing_from_table(values, refusal(source, part))
        return
    for i, table in enumerate(values):
        yield drawing_from_table(table, refusal(source, f"{part}[{i}]"))


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


def named_columns(source: Source, arrays: Mapping[str, Nested]) -> Drawing | None:
    """One drawing out of vectors called x, y and so on, or None where there are none of equal length."""
    vectors = {
        name: array.reshape(-1)
        for name, array in arrays.items()
        if isinstance(array, np.ndarray) and array.ndim > 0 and array.size == max(array.shape) and column_named(name)
    }
    x = next((vector for name, vector in vectors.items() if _is(name, "x")), None)
    if x is None or not any(_is(name, "y") for name in vectors):
        return None
    same = {name: vector for name, vector in vectors.items() if len(vector) == len(x)}
    table = np.stack([numbers(source, vector, name) for name, vector in same.items()], 1)
    return drawing_from_table(table, refusal(source, "x, y"), columns=[column_named(name) for name in same])


def _is(name: str, role: str) -> bool:
    column = column_named(name)
    return column is not None and column.role == role


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
    return nested.dtype.kind in "biuf" and nested.ndim in (2, 3) and 2 <= nested.shape[-1] <= 5


def listed(found: Mapping[str, Any]) -> str:
    """The names of arrays with their shapes, for a refusal: at most five."""
    return ", ".join(f"{name} {_shape(value)}".strip() for name, value in list(found.items())[:5]) or "no arrays"


def _shape(value: Any) -> str:
    if isinstance(value, list):
        return f"[{len(value)}]"
    return str(list(value.shape)) if isinstance(value, np.ndarray) else "(no array)"
