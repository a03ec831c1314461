"""MATLAB files (.mat; those of version 7.3 by way of h5py): numeric arrays and nested cells, Omniglot's among them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from studio.files import mat73
from studio.files.columns import Column, column_named, drawing_from_table
from studio.files.mat5 import Variable, read_variables
from studio.files.nested import drawings, listed, may_be_drawings, named_columns, numbers, refusal
from studio.files.pickled_arrays import Nested
from studio.files.source import Source
from studio.sequences.material import Drawing

OMNIGLOT = {"drawings", "timing"}


def read(source: Source) -> Iterator[Drawing]:
    """Every array ``[N, 2...5]`` or ``[K, N, 2...5]`` in every variable and cell; vectors x, y are one drawing.

    In cells of cells of ``[N, 2]`` arrays the innermost are strokes. Omniglot's ``drawings`` come with their
    ``timing``, labelled by alphabet and character.

    Raises:
        StudioError: the file is damaged, holds no such array, or is of version 7.3 (HDF5) and h5py is missing.
    """
    is_hdf = b"\x89HDF\r\n" in source.data[:1024]
    variables = mat73.read_variables(source) if is_hdf else read_variables(source)
    if set(variables) >= OMNIGLOT:
        yield from _omniglot(source, variables)
        return
    usable = {name: value for name, value in ((n, _numeric(v)) for n, v in variables.items()) if value is not None}
    structures: dict[str, dict[str, Nested]] = {}
    for name, value in usable.items():
        before, _, own = name.rpartition(".")
        structures.setdefault(before, {})[own] = value
    found = {name: columns for name, fields in structures.items() if (columns := named_columns(source, fields))}
    if found:
        _say_left_out(source, [name for name in usable if name.rpartition(".")[0] not in found])
        for structure, columns in found.items():
            label = _label(variables, structure)
            yield from (drawing if drawing.label else drawing.labelled(label) for drawing in columns)
        return
    points = {name: value for name, value in usable.items() if may_be_drawings(value)}
    if not points:
        raise source.refuse(f"holds {listed(variables)}; expected arrays [N, 2] or [N, 3], or cells of them")
    _say_left_out(source, [name for name in variables if name not in points])
    for name, value in points.items():
        yield from drawings(source, value, name)


def _say_left_out(source: Source, names: list[str]) -> None:
    if names:
        source.note(f"the variables {', '.join(names[:5])} are no drawings and were left out")


def _label(variables: dict[str, Variable], structure: str) -> str:
    """What a text beside x and y calls them: label, class, word and so on."""
    for name, value in variables.items():
        before, _, own = name.rpartition(".")
        column = column_named(own)
        if before == structure and isinstance(value, str) and column is not None and column.role == "label":
            return value.strip()
    return ""


def _numeric(value: Variable) -> Nested | None:
    """The numeric arrays in a variable, without texts and what else cells may hold; None where there are none."""
    if isinstance(value, np.ndarray):
        return value if value.size else None
    if not isinstance(value, list):
        return None
    items = [item for item in map(_numeric, value) if item is not None]
    return items or None


def _omniglot(source: Source, variables: dict[str, Variable]) -> Iterator[Drawing]:
    """``drawings{alphabet}{character}{drawer}{stroke}`` is ``[N, 2]``, ``timing`` its milliseconds; y up."""
    names = _cell(source, variables.get("names", []))
    pairs = zip(_cell(source, variables["drawings"]), _cell(source, variables["timing"]), strict=False)
    for a, (alphabet, alphabet_times) in enumerate(pairs):
        name = names[a] if a < len(names) else None
        name = name if isinstance(name, str) else f"alphabet{a + 1:02d}"
        characters = zip(_cell(source, alphabet), _cell(source, alphabet_times), strict=False)
        for c, (samples, sample_times) in enumerate(characters):
            for i, (strokes, times) in enumerate(
                zip(_cell(source, samples), _cell(source, sample_times), strict=False)
            ):
                part = f"drawings{{{a + 1}}}{{{c + 1}}}{{{i + 1}}}"
                yield _omniglot_drawing(source, strokes, times, part, f"{name}/character{c + 1:02d}")


def _omniglot_drawing(source: Source, strokes: Variable, times: Variable, part: str, label: str) -> Drawing:
    source.check_cancelled()
    tables = []
    for points, clock in zip(_cell(source, strokes), _cell(source, times), strict=False):
        if not isinstance(points, np.ndarray) or points.shape[1:] != (2,) or not isinstance(clock, np.ndarray):
            raise source.refuse("has a stroke that is no array [N, 2] with its times", part=part)
        if clock.size != len(points):
            raise source.refuse(f"has a stroke of {len(points)} points with {clock.size} times", part=part)
        tables.append(np.column_stack([numbers(source, points, part), numbers(source, clock.reshape(-1), part)]))
    if not tables:
        raise source.refuse("has no strokes", part=part)
    begins = np.concatenate([np.arange(len(table)) == 0 for table in tables]).astype(np.float64)
    columns = (Column("x"), Column("y"), Column("time", 1e-3))
    table = np.concatenate(tables)
    drawing = drawing_from_table(table, refusal(source, part), columns=columns, begins=begins)
    return Drawing(drawing.strokes, label, y_up=True)


def _cell(source: Source, value: Variable) -> list[Variable]:
    if not isinstance(value, list):
        raise source.refuse("has Omniglot's variables drawings and timing, but they are not nested cells as there")
    return value
