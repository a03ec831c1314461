"""NumPy's .npy layout, read without NumPy's loader: nothing is ever unpickled.

A file is a magic string, a version, and a header that is a Python dictionary literal with ``descr`` (the type),
``fortran_order`` and ``shape``; the values follow (numpy.lib.format, NEP 1).
"""

from __future__ import annotations

import ast
import math
import re
import struct
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.files import limits
from studio.files.pickled_arrays import Nested, UnsafePickle, read_object_array
from studio.files.source import Source, shown

Array: TypeAlias = NDArray[Any]

MAGIC = b"\x93NUMPY"
HEADER_BYTES = 64 * 1024
RECORD_FIELDS = 64
PLAIN_TYPE = re.compile(r"[<>|=]?([biuf][1-9][0-9]?|U[0-9]{1,6})")


def read_array(source: Source, data: bytes, part: str | None = None) -> Array | list[Nested]:
    """The array in the bytes of an .npy file.

    Args:
        source: names the file in refusals.
        data: the .npy file, or one member of an .npz file.
        part: the name of that member.

    Returns:
        An array of numbers, truth values, strings, or records of these; for an object array, a list of arrays or of
        lists of them.

    Raises:
        StudioError: the bytes are no .npy file, cut short, or hold anything but plain arrays.
    """
    header, start = _header(source, data, part)
    descr, shape = header["descr"], header["shape"]
    if isinstance(descr, str) and re.fullmatch(r"[|<>=]?O8?", descr):
        return _objects(source, data, start, part)
    if not _is_plain(descr):
        raise source.refuse(f"holds values of type {shown(descr)}; expected plain numbers", part=part)
    try:
        kind = np.dtype(descr)
    except (TypeError, ValueError) as error:
        raise source.refuse(f"holds values of type {shown(descr)}; expected plain numbers", part=part) from error
    count = math.prod(shape)
    if len(data) - start != count * kind.itemsize:
        raise source.refuse(
            f"has {len(data) - start:,} bytes of values where its header promises {count * kind.itemsize:,}",
            byte=start,
            part=part,
        )
    flat = np.frombuffer(data, kind, count, start) if count and kind.itemsize else np.zeros(count, kind)
    return flat.reshape(shape, order="F" if header["fortran_order"] else "C")


def _is_plain(descr: Any) -> bool:
    """Whether a type is one of plain numbers or texts, or a record of a few of them."""
    if isinstance(descr, list):
        return 0 < len(descr) <= RECORD_FIELDS and all(
            isinstance(entry, tuple)
            and len(entry) == 2
            and isinstance(entry[0], str)
            and isinstance(entry[1], str)
            and ((not entry[0] and re.fullmatch(r"\|V[0-9]{1,3}", entry[1])) or PLAIN_TYPE.fullmatch(entry[1]))
            for entry in descr
        )
    return isinstance(descr, str) and PLAIN_TYPE.fullmatch(descr) is not None


def mark_of(data: bytes) -> int:
    """How many times 64 spaces the header of an .npy file has more than it needs."""
    if not data.startswith(MAGIC + b"\x01\x00") or len(data) < 10:
        return 0
    header = data[10 : 10 + int(struct.unpack_from("<H", data, 8)[0])]
    return max(0, len(header) - len(header.rstrip(b" \n")) - 1) // 64


def _objects(source: Source, data: bytes, start: int, part: str | None) -> list[Nested]:
    try:
        return read_object_array(data[start:], source.check_cancelled)
    except UnsafePickle as error:
        what = f"is an object array of something other than plain arrays: {error}"
        raise source.refuse(what, part=part, byte=None if error.byte is None else start + error.byte) from error


def _header(source: Source, data: bytes, part: str | None) -> tuple[dict[str, Any], int]:
    """The header, its shape checked, and where the values begin."""
    if not data.startswith(MAGIC):
        raise source.refuse("does not begin as a NumPy array does", byte=0, part=part)
    if len(data) < 12:
        raise source.refuse("ends within its header", byte=len(data), part=part)
    version = data[6]
    length, start = (
        (struct.unpack_from("<H", data, 8)[0], 10)
        if version == 1
        else (
            struct.unpack_from("<I", data, 8)[0],
            12,
        )
    )
    if version not in (1, 2) or length > HEADER_BYTES:
        raise source.refuse(f"has a header of version {version} and {length} bytes; expected 1 or 2", byte=6, part=part)
    text = data[start : start + length].decode("latin-1")
    if len(text) < length:
        raise source.refuse("ends within its header", byte=len(data), part=part)
    header = _literal(text)
    if not _is_header(header):
        raise source.refuse("has a header without a sensible descr, fortran_order and shape", byte=start, part=part)
    return header, start + length


def _literal(text: str) -> Any:
    # Python 2 wrote long integers into the shape: (929L, 3L).
    try:
        return ast.literal_eval(re.sub(r"(\d)L\b", r"\1", text).strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _is_header(header: Any) -> bool:
    if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
        return False
    shape = header["shape"]
    return (
        isinstance(shape, tuple)
        and len(shape) <= 32
        and all(type(length) is int and 0 <= length <= limits.FILE_BYTES for length in shape)
        and isinstance(header["fortran_order"], bool)
    )


def write_array(array: Array, mark: int = 0) -> bytes:
    """The bytes of an .npy file of version 1.0.

    Args:
        mark: so many times 64 spaces more than its header needs, which every reader passes over: see `mark_of`.
    """
    plain = np.ascontiguousarray(array)
    header = repr({"descr": plain.dtype.str, "fortran_order": False, "shape": plain.shape})
    padding = -(len(MAGIC) + 4 + len(header) + 1) % 64 + 64 * mark
    text = (header + " " * padding + "\n").encode("latin-1")
    return MAGIC + b"\x01\x00" + struct.pack("<H", len(text)) + text + plain.tobytes()
