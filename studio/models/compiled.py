"""The compiled functions that Python calls: compiled once for all shapes, and kept on disk for the next start.

They are kept in the platform's place for what can be made again, or in NUMBA_CACHE_DIR: see `code_cache`.
"""

# mypy: disable-error-code="no-untyped-def, attr-defined"

from __future__ import annotations

import inspect
import threading
import zlib
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from studio.models import code_cache, kernels, scan_kernels
from studio.models.kernels import OPTIONS, PANEL

Floats: TypeAlias = NDArray[np.float32]

place: str | None = code_cache.settled()
"""Where numba keeps what it has compiled; None: nowhere."""


class Products(NamedTuple):
    """See the functions of the same names in `kernels`."""

    pack: Callable[..., None]
    outer: Callable[..., None]
    dense: Callable[..., None]


class Loops(NamedTuple):
    """See the functions of the same names in `scan_kernels`."""

    there: Callable[..., None]
    back: Callable[..., None]


_compiling = threading.RLock()


def products() -> Products:
    """The first call compiles, or finds what an earlier process has left."""
    with _compiling:
        return _products()


def loops() -> Loops:
    """The first call compiles, or finds what an earlier process has left."""
    with _compiling:
        return _loops()


def kept(signature: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Compile, and keep it on disk; for this process alone where nothing can be written."""

    def compile(function: Callable[..., None]) -> Callable[..., None]:
        options: Any = OPTIONS
        if place is None:
            return njit(signature, **options)(function)
        try:
            return njit(signature, cache=True, **options)(function)
        except RuntimeError:  # numba has found no place that it may write to
            return njit(signature, **options)(function)

    return compile


def stamp(*modules: ModuleType) -> int:
    """A number that changes with the source of the modules.

    Before it takes a function from disk, numba asks whether the file of that function has changed, but not whether
    those of the functions that it calls have. A function that refers to this number is compiled anew in either case.
    """
    return zlib.crc32("".join(inspect.getsource(module) for module in modules).encode())


def padded(columns: int) -> int:
    """The columns of full panels; as `kernels.padded`, without compiling it."""
    return -(-columns // PANEL) * PANEL


@cache
def _products() -> Products:
    version = stamp(kernels)

    @kept("void(float32[:, :], float32[::1], int64)")
    def pack(matrix, packed, start):
        if version:
            kernels.pack(matrix, packed, start)

    @kept("void(float32[:, ::1], float32[:, ::1], float32[:, ::1], int64, int64)")
    def outer(deltas, values, sums, first, end):
        if version:
            kernels.outer(deltas, values, sums, first, end)

    @kept("void(float32[:, ::1], float32[::1], float32[::1], float32[:, ::1], int64, int64)")
    def dense(values, packed, bias, result, first, end):
        if version:
            kernels.dense(values, packed, bias, result, first, end)

    return Products(pack, outer, dense)


@cache
def _loops() -> Loops:
    version = stamp(kernels, scan_kernels)

    @kept()
    def there(*arguments):
        if version:
            scan_kernels.there(*arguments)

    @kept()
    def back(*arguments):
        if version:
            scan_kernels.back(*arguments)

    return Loops(there, back)
