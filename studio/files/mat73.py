"""MATLAB files of version 7.3, which are HDF5, read with h5py where it is installed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from studio.errors import StudioError
from studio.files import limits
from studio.files.mat5 import Variable
from studio.files.source import Source

NEEDED = (
    "is of version 7.3 (HDF5), and h5py, which reads those, is not installed: pip install 'vrnn-studio[matlab]', "
    "or save it with -v7"
)
ITEMS = 2_000_000
"""Arrays, cells and fields of structures."""


def read_variables(source: Source) -> dict[str, Variable]:
    """The variables in the file, as those of older versions: arrays as MATLAB shows them, cells as lists; the fields of
    a structure by their names behind a dot.

    Raises:
        StudioError: h5py is missing; the file is damaged, or unpacks to more than there is room for.
    """
    try:
        import h5py
    except ImportError as error:
        raise source.refuse(NEEDED) from error
    try:
        with h5py.File(io.BytesIO(source.data), "r") as file:
            return _Reader(source, h5py, file).variables(file, "", limits.NESTING)
    except (StudioError, MemoryError):
        raise
    except Exception as error:  # whatever the library raises at a damaged file
        what = f"is of version 7.3, but damaged ({type(error).__name__}); save it with -v7 to read it here"
        raise source.refuse(what) from error


class _Reader:
    """Reads what is in a file, and counts as it goes."""

    def __init__(self, source: Source, h5py: Any, file: Any) -> None:
        self.source, self.h5py, self.file = source, h5py, file
        self.items = 0
        self.left = limits.UNPACKED_BYTES

    def variables(self, group: Any, before: str, depth: int) -> dict[str, Variable]:
        found: dict[str, Variable] = {}
        if depth < 0:
            raise self.source.refuse(f"is nested more than {limits.NESTING} levels deep")
        for name in group:
            if name.startswith("#"):  # where MATLAB keeps what cells refer to
                continue
            item = group.get(name)
            if isinstance(item, self.h5py.Group):
                found |= self.variables(item, f"{before}{name}.", depth - 1)
            elif isinstance(item, self.h5py.Dataset):
                value = self._value(item, depth)
                if value is not None:
                    found[before + name] = value
        return found

    def _value(self, dataset: Any, depth: int) -> Variable | None:
        self.items += 1
        if depth < 0 or self.items > ITEMS:
            raise self.source.refuse("holds more cells than there is room for")
        self.source.check_cancelled()
        kind = dataset.attrs.get("MATLAB_class", b"")
        kind = kind.decode("ascii", "replace") if isinstance(kind, bytes) else str(kind)
        if "MATLAB_empty" in dataset.attrs:
            return None
        if dataset.dtype == self.h5py.ref_dtype:
            references = dataset[()] if dataset.size <= ITEMS else []
            targets = [self.file[reference] for reference in np.asarray(references).T.reshape(-1) if reference]
            cells = [self._value(item, depth - 1) for item in targets if isinstance(item, self.h5py.Dataset)]
            return [cell for cell in cells if cell is not None]
        if dataset.dtype.kind not in "biuf":
            return None
        self.left -= dataset.size * dataset.dtype.itemsize
        if self.left < 0 or dataset.size > limits.VALUES:
            raise self.source.refuse(f"unpacks to more than {limits.UNPACKED_BYTES // 2**20} MB")
        values = np.asarray(dataset[()]).T  # columns first, as MATLAB keeps them
        if kind == "char":
            return "".join(map(chr, values.reshape(-1, order="F").tolist()))
        return values
