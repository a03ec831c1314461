"""NumPy files (.npy, .npz). Object arrays are read by a machine of our own; nothing is ever unpickled."""

from __future__ import annotations

import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from studio.files import limits, own_tables
from studio.files.columns import FloatArray
from studio.files.nested import drawings, listed, may_be_drawings, named_columns, numbers, stroke3
from studio.files.npy import Array, mark_of, read_array, write_array
from studio.files.pickled_arrays import Nested
from studio.files.raw_table import RawTable
from studio.files.source import Source
from studio.files.table_reader import drawings_in
from studio.sequences.material import Drawing

SKETCH_RNN_PARTS = {"train", "valid", "test"}
LABELS = ("labels", "label")
LAYOUT, OUR_LAYOUT = "layout", 2
"""The array in archives that the studio writes which says that they may be read exactly."""
OUR_COLUMNS = {1: ("x", "y", "pen_up", "t_s", "pressure"), 2: ("x", "y", "pen_up", "pressure")}
"""Of the .npy files that this studio writes, by the mark in their headers (`npy.mark_of`)."""


def read_npy(source: Source) -> Iterator[Drawing]:
    """An array ``[N, 2...6]``, ``[K, N, 2...6]``, one of records, or an object array of them: see `nested.drawings`.

    Raises:
        StudioError: another shape or type, a file cut short, a pickle of anything but arrays.
    """
    array = read_array(source, source.data)
    mark = mark_of(source.data)
    if mark in OUR_COLUMNS and isinstance(array, np.ndarray) and array.ndim == 2 and 3 <= array.shape[1] <= 5:
        names = OUR_COLUMNS[mark][: array.shape[1]]
        if (drawing := _as_written(numbers(source, array, "array"), names)) is not None:
            return iter([drawing])
        return drawings_in(source, [(RawTable(numbers(source, array, "array"), names), "array")])
    return drawings(source, array, "array")


def _as_written(table: FloatArray, names: Sequence[str]) -> Drawing | None:
    extra = [table[:, names.index(name)] if name in names else None for name in own_tables.EXTRA]
    return own_tables.drawing_of(table[:, :3], *extra)


def read_npz(source: Source) -> Iterator[Drawing]:
    """Several arrays in one file, in one of four layouts, known by the arrays' names.

    - ``points`` ``[N, 2...5]`` and ``offsets`` ``[K + 1]``: drawing k is ``points[offsets[k]:offsets[k + 1]]``; with
      ``times`` (seconds) and ``pressure`` ``[N]``, NaN where a drawing has none, and ``y_up`` ``[K]`` (1, 0, -1);
    - ``train``, ``valid``, ``test``: sketch-rnn's data sets, offsets in the stroke-3 format, whatever else is there;
    - ``x``, ``y`` and so on: vectors that are the columns of one drawing;
    - anything else: each array as in an .npy file, others left out with a note.

    ``labels`` gives the drawings their labels, if there are as many.
    """
    arrays = members(source)
    labels = _labels(arrays)
    found = _found(source, arrays)
    if labels is None:
        yield from found
        return
    for i, drawing in enumerate(found):
        yield drawing.labelled(labels[i]) if i < len(labels) else drawing


def _found(source: Source, arrays: dict[str, Nested]) -> Iterator[Drawing]:
    if arrays.keys() >= {"points", "offsets", LAYOUT} and (ours := _ours(source, arrays)) is not None:
        return iter(ours)
    if {"points", "offsets"} <= set(arrays):
        return _turned(drawings_in(source, _flat(source, arrays)), arrays.get("y_up"))
    if arrays and _is_sketch_rnn(arrays):
        return _sketch_rnn(source, arrays)
    columns = named_columns(source, arrays)
    return columns if columns is not None else _each(source, arrays)


def _ours(source: Source, arrays: Mapping[str, Nested]) -> list[Drawing] | None:
    """The drawings in an archive that the studio wrote, exactly as they were; None where they cannot be that."""
    layout, offsets = _plain(arrays, LAYOUT, 1, "iu"), _plain(arrays, "offsets", 1, "iu")
    points, directions = _plain(arrays, "points", 2, "f"), _plain(arrays, "y_up", 1, "i")
    extra = [_plain(arrays, name, 1, "f") for name in ("times", "pressure")]
    if layout is None or layout.tolist() != [OUR_LAYOUT] or offsets is None or points is None or directions is None:
        return None
    cuts = offsets.tolist()
    rises = (
        len(cuts) > 1 and cuts[0] == 0 and cuts[-1] == len(points) and all(a < b for a, b in itertools.pairwise(cuts))
    )
    if not rises or points.shape[1] != 3 or len(directions) != len(cuts) - 1:
        return None
    if any(values is not None and len(values) != len(points) for values in extra):
        return None
    found = []
    for k, (start, end) in enumerate(itertools.pairwise(cuts)):
        source.check_cancelled()
        columns = [None if values is None else np.asarray(values[start:end], np.float64) for values in extra]
        y_up = {1: True, 0: False}.get(int(directions[k]))
        drawing = own_tables.drawing_of(np.asarray(points[start:end], np.float64), *columns, y_up=y_up)
        if drawing is None:
            return None
        found.append(drawing)
    return found


def _plain(arrays: Mapping[str, Nested], name: str, dimensions: int, kinds: str) -> Array | None:
    """The array of that name, None where there is none of so many dimensions and such a type."""
    array = arrays.get(name)
    return array if isinstance(array, np.ndarray) and array.ndim == dimensions and array.dtype.kind in kinds else None


def _turned(found: Iterator[Drawing], y_up: Nested | None) -> Iterator[Drawing]:
    """Drawings with the directions of their y: 1 upwards, 0 downwards, -1 not known."""
    known = y_up.tolist() if isinstance(y_up, np.ndarray) and y_up.ndim == 1 and y_up.dtype.kind in "iu" else []
    for i, drawing in enumerate(found):
        direction = {1: True, 0: False}.get(known[i]) if i < len(known) else None
        yield drawing if direction is None else Drawing(drawing.strokes, drawing.label, direction)


def _is_sketch_rnn(arrays: Mapping[str, Nested]) -> bool:
    """Whether the arrays are those of sketch-rnn's data sets, or also: whatever else may stand beside them."""
    parts = SKETCH_RNN_PARTS & set(arrays)
    of_three = [
        item
        for name in parts
        for item in arrays[name]
        if isinstance(arrays[name], list) and isinstance(item, np.ndarray) and item.shape[1:] == (3,)
    ]
    return set(arrays) <= SKETCH_RNN_PARTS or ("train" in parts and bool(of_three))


def _sketch_rnn(source: Source, arrays: dict[str, Nested]) -> Iterator[Drawing]:
    left_out = [name for name in arrays if name not in SKETCH_RNN_PARTS and name not in LABELS]
    if left_out:
        source.note(f"the arrays {', '.join(left_out[:5])} are no drawings and were left out")
    for name, array in arrays.items():
        if name in SKETCH_RNN_PARTS:
            yield from stroke3(source, array, name)


def _each(source: Source, arrays: dict[str, Nested]) -> Iterator[Drawing]:
    usable = {name: array for name, array in arrays.items() if may_be_drawings(array)}
    if not usable:
        raise source.refuse(f"holds {listed(arrays)}; expected arrays [N, 2] or [N, 3] of points")
    left_out = [name for name in arrays if name not in usable and name not in LABELS]
    if left_out:
        source.note(f"the arrays {', '.join(left_out[:5])} are no drawings and were left out")
    for name, array in usable.items():
        yield from drawings(source, array, name)


def _flat(source: Source, arrays: Mapping[str, Nested]) -> Iterator[tuple[RawTable, str]]:
    """As `to_npz` writes them: the drawings one after the other, and times and pressure where there are some."""
    points, offsets = arrays["points"], arrays["offsets"]
    if not isinstance(points, np.ndarray) or points.ndim != 2 or not 2 <= points.shape[1] <= 5:
        raise source.refuse("is no array [N, 2] or [N, 3]", part="points")
    if not isinstance(offsets, np.ndarray) or offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        raise source.refuse("is no vector of whole numbers", part="offsets")
    cuts = [0, *offsets.tolist()] if len(offsets) and offsets[0] != 0 else offsets.tolist()
    if len(cuts) < 2 or cuts[-1] > len(points) or any(a >= b for a, b in itertools.pairwise(cuts)):
        raise source.refuse(f"does not rise from 0 to the {len(points)} points", part="offsets")
    table = numbers(source, points, "points")
    columns, names = [table], None
    if table.shape[1] == 3 and ((table[:, 2] == 0) | (table[:, 2] == 1)).all():
        names = ["x", "y", "pen_up"]
        for name in ("times", "pressure"):
            extra = arrays.get(name)
            if isinstance(extra, np.ndarray) and extra.shape == (len(table),):
                columns.append(numbers(source, extra, name)[:, None])
                names.append("t_s" if name == "times" else name)
    table = np.concatenate(columns, 1)
    unknown = names is None
    for k, (start, end) in enumerate(itertools.pairwise(cuts)):
        rows = table[start:end]
        kept = [j for j in range(rows.shape[1]) if j < 3 or not np.isnan(rows[:, j]).all()]
        piece = RawTable(rows[:, kept], tuple(names[j] for j in kept) if names else None, positions=unknown)
        yield piece, f"drawing {k}"


def _labels(arrays: dict[str, Nested]) -> list[str] | None:
    for name in LABELS:
        array = arrays.get(name)
        if isinstance(array, np.ndarray) and array.ndim == 1:
            return [str(label) for label in array.tolist()]
    return None


def members(source: Source) -> dict[str, Nested]:
    """Every array in an .npz archive by its name.

    Raises:
        StudioError: a damaged archive, or one that unpacks to more than there is room for.
    """
    arrays: dict[str, Nested] = {}
    left = limits.UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            for member in archive.infolist():
                if not member.filename.endswith(".npy"):
                    continue
                source.check_cancelled()
                with archive.open(member) as file:
                    data = file.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise source.refuse(f"unpacks to more than {limits.UNPACKED_BYTES // 2**20} MB")
                name = member.filename.removesuffix(".npy")
                arrays[name] = read_array(source, data, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise source.refuse(f"is a damaged archive: {str(error)[:80] or type(error).__name__}") from error
    return arrays


def to_npy(drawing: Drawing, all_columns: bool = False) -> bytes:
    """The drawing as an .npy file: ``[N, 3]`` float64, x, y, pen = 1 at the last point of a stroke.

    Args:
        all_columns: add times (seconds) and pressure where the drawing has them.
    """
    extra = [values for values in own_tables.extras(drawing) if all_columns and values is not None]
    mark = 2 if extra and own_tables.extras(drawing)[0] is None else 1
    return write_array(np.column_stack([_table(drawing), *extra]), mark)


def to_npz(drawings: Sequence[Drawing]) -> bytes:
    """Drawings as an .npz file in the flat layout (see `read_npz`), with their labels and all else they have."""
    strokes = [stroke for drawing in drawings for stroke in drawing.strokes]
    lengths = [len(stroke) for stroke in strokes]
    arrays: dict[str, Array] = {
        "points": np.concatenate([_table(drawing) for drawing in drawings]),
        "offsets": np.cumsum([0, *(len(drawing) for drawing in drawings)]),
        "labels": np.array([drawing.label for drawing in drawings], dtype=np.str_),
        "y_up": np.array([-1 if d.y_up is None else int(d.y_up) for d in drawings], np.int8),
        LAYOUT: np.array([OUR_LAYOUT]),
    }
    for name, parts in (("times", [s.times for s in strokes]), ("pressure", [s.pressure for s in strokes])):
        column = own_tables.whole_column(parts, lengths)  # NaN in strokes that have none
        if column is not None:
            arrays[name] = column
    return archive_of(arrays)


def archive_of(arrays: Mapping[str, Array]) -> bytes:
    """The .npz file that holds these arrays; the same arrays make the same file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))  # any date, but always the same
            archive.writestr(info, write_array(array), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _table(drawing: Drawing) -> Any:
    return np.column_stack([drawing.points, drawing.pen_up])
