"""NumPy files (.npy, .npz). Object arrays are read by a machine of our own; nothing is ever unpickled."""

from __future__ import annotations

import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from studio.files import limits
from studio.files.columns import drawing_from_table
from studio.files.nested import drawings, listed, may_be_drawings, named_columns, numbers, refusal, stroke3
from studio.files.npy import Array, read_array, write_array
from studio.files.pickled_arrays import Nested
from studio.files.source import Source
from studio.sequences.material import Drawing

SKETCH_RNN_PARTS = {"train", "valid", "test"}
LABELS = ("labels", "label")


def read_npy(source: Source) -> Iterator[Drawing]:
    """An array ``[N, 2...5]`` (columns x, y, then pen, time, pressure as the values allow), ``[K, N, 2...5]``, or an
    object array of them.

    Raises:
        StudioError: another shape or type, a file cut short, a pickle of anything but arrays.
    """
    return drawings(source, read_array(source, source.data), "array")


def read_npz(source: Source) -> Iterator[Drawing]:
    """Several arrays in one file, in one of four layouts, known by the arrays' names.

    - ``points`` ``[N, 2...5]`` and ``offsets`` ``[K + 1]``: drawing k is ``points[offsets[k]:offsets[k + 1]]``;
    - ``train``, ``valid``, ``test``: sketch-rnn's data sets, offsets in the stroke-3 format;
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
    if {"points", "offsets"} <= set(arrays):
        return _flat(source, arrays["points"], arrays["offsets"])
    if arrays and set(arrays) <= SKETCH_RNN_PARTS:
        return (drawing for name, array in arrays.items() for drawing in stroke3(source, array, name))
    columns = named_columns(source, arrays)
    return iter([columns]) if columns is not None else _each(source, arrays)


def _each(source: Source, arrays: dict[str, Nested]) -> Iterator[Drawing]:
    usable = {name: array for name, array in arrays.items() if may_be_drawings(array)}
    if not usable:
        raise source.refuse(f"holds {listed(arrays)}; expected arrays [N, 2] or [N, 3] of points")
    left_out = [name for name in arrays if name not in usable and name not in LABELS]
    if left_out:
        source.note(f"the arrays {', '.join(left_out[:5])} are no drawings and were left out")
    for name, array in usable.items():
        yield from drawings(source, array, name)


def _flat(source: Source, points: Nested, offsets: Nested) -> Iterator[Drawing]:
    if not isinstance(points, np.ndarray) or points.ndim != 2 or not 2 <= points.shape[1] <= 5:
        raise source.refuse("is no array [N, 2] or [N, 3]", part="points")
    if not isinstance(offsets, np.ndarray) or offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        raise source.refuse("is no vector of whole numbers", part="offsets")
    cuts = [0, *offsets.tolist()] if len(offsets) and offsets[0] != 0 else offsets.tolist()
    if len(cuts) < 2 or cuts[-1] > len(points) or any(a >= b for a, b in itertools.pairwise(cuts)):
        raise source.refuse(f"does not rise from 0 to the {len(points)} points", part="offsets")
    table = numbers(source, points, "points")
    for k, (start, end) in enumerate(itertools.pairwise(cuts)):
        yield drawing_from_table(table[start:end], refusal(source, f"drawing {k}"))


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


def to_npy(drawing: Drawing) -> bytes:
    """The drawing as an .npy file: ``[N, 3]`` float64, x, y, pen = 1 at the last point of a stroke."""
    return write_array(_table(drawing))


def to_npz(drawings: Sequence[Drawing]) -> bytes:
    """Drawings as an .npz file in the flat layout (see `read_npz`), with their labels."""
    arrays: dict[str, Array] = {
        "points": np.concatenate([_table(drawing) for drawing in drawings]),
        "offsets": np.cumsum([0, *(len(drawing) for drawing in drawings)]),
        "labels": np.array([drawing.label for drawing in drawings], dtype=np.str_),
    }
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
