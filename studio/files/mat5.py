"""MATLAB's file formats, levels 4 and 5 (versions up to 7.2): numeric arrays, texts, cells and structures.

scipy reads these too, but a damaged file makes its compiled reader crash the whole program; this one only ever looks
at slices of the bytes. The layout is that of "MAT-File Format" (MathWorks): after a header of 128 bytes, elements of a
type, a length and so many bytes, padded to multiples of 8; a matrix is an element of elements (flags, dimensions, name,
values), a cell a matrix of matrices, a structure likewise, with the names of its fields before them. Objects and sparse
matrices are passed over.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.files import limits
from studio.files.source import Source, printable

Variable: TypeAlias = NDArray[Any] | str | list["Variable"] | dict[str, "Variable"] | None
"""A numeric array, a text, a cell as a list (first dimension fastest), a structure, or None for what is passed over.
The fields of a structure go by what follows its name: ".x", or "(1).x" where it holds several."""

HEADER_BYTES = 128
MATRIX, COMPRESSED = 14, 15

STORED_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXT_ENCODINGS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}

CELL, STRUCTURE, TEXT = 1, 2, 4
NUMERIC_CLASSES = range(6, 16)
COMPLEX = 0x0800

LEVEL_4_TYPES = ("f8", "f4", "i4", "i2", "u2", "u1")


@dataclass(frozen=True)
class Element:
    """A piece of a file: its type, its bytes, and where in the file they are, or what they were unpacked from."""

    kind: int
    data: bytes
    byte: int


def read_variables(source: Source) -> dict[str, Variable]:
    """Every variable of a MATLAB file by its name, in the order of the file.

    Raises:
        StudioError: with the byte where the file is damaged.
    """
    source.limit_bytes(limits.DOCUMENT_BYTES)
    if 0 in source.data[:4]:
        return dict(_level_4(source))
    if len(source.data) < HEADER_BYTES or source.data[126:128] not in (b"IM", b"MI"):
        raise source.refuse("is no MATLAB file: its header is missing", byte=0)
    return dict(_Level5(source).variables())


class _Level5:
    """Reads the elements of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.order = "<" if source.data[126:128] == b"IM" else ">"
        self.bytes_left = limits.UNPACKED_BYTES

    def variables(self) -> Iterator[tuple[str, Variable]]:
        for element in self.elements(self.source.data[HEADER_BYTES:], HEADER_BYTES):
            self.source.check_cancelled()
            inner = list(self.elements(self.unpacked(element), element.byte, packed=True))
            for matrix in inner if element.kind == COMPRESSED else [element]:
                if matrix.kind == MATRIX and matrix.data:
                    name, value = self.matrix(matrix, limits.NESTING)
                    fields = value if isinstance(value, dict) else {"": value}
                    yield from ((name + field, inner) for field, inner in fields.items())

    def unpacked(self, element: Element) -> bytes:
        if element.kind != COMPRESSED:
            return b""
        try:
            data = zlib.decompressobj().decompress(element.data, self.bytes_left + 1)
        except zlib.error as error:
            raise self.source.refuse(
                "is damaged: what is packed there cannot be unpacked", byte=element.byte
            ) from error
        self.bytes_left -= len(data)
        if self.bytes_left < 0:
            raise self.source.refuse(f"unpacks to more than {limits.UNPACKED_BYTES // 2**20} MB")
        return data

    def elements(self, data: bytes, byte: int, packed: bool = False) -> Iterator[Element]:
        """The elements in some bytes that begin at `byte` of the file (or, packed, are made of those at `byte`)."""
        position = 0
        while position < len(data):
            place = byte if packed else byte + position
            if position + 8 > len(data):
                raise self.source.refuse("is damaged: it ends within an element", byte=place)
            kind, length = struct.unpack_from(f"{self.order}II", data, position)
            start, padded = position + 8, length if kind == COMPRESSED else -(-length // 8) * 8
            if kind >> 16:  # a small element: length and type share a word, and the next one holds the bytes
                kind, length, start, padded = kind & 0xFFFF, kind >> 16, position + 4, 4
            if length > len(data) - start or start + length > position + 8 + padded:
                raise self.source.refuse(f"is damaged: an element of {length:,} bytes does not fit there", byte=place)
            yield Element(kind, data[start : start + length], place if packed else byte + start)
            position = start + padded

    def matrix(self, element: Element, depth: int) -> tuple[str, Variable]:
        """The name and the value of a matrix."""
        parts = list(self.elements(element.data, element.byte))
        if len(parts) < 3 or len(parts[0].data) != 8 or len(parts[1].data) % 4:
            raise self.source.refuse("is damaged: a matrix has no flags, dimensions and name", byte=element.byte)
        (flags,) = struct.unpack_from(f"{self.order}I", parts[0].data)
        shape = struct.unpack(f"{self.order}{len(parts[1].data) // 4}i", parts[1].data)
        name = printable(parts[2].data.decode("latin-1"))
        if not 2 <= len(shape) <= 32 or min(shape) < 0:
            raise self.source.refuse(
                f"is damaged: {name or 'a matrix'} has the dimensions {list(shape)[:8]}", byte=parts[1].byte
            )
        return name, self.value(flags, shape, parts[3:], element.byte, depth)

    def value(self, flags: int, shape: tuple[int, ...], parts: list[Element], byte: int, depth: int) -> Variable:
        kind = flags & 0xFF
        if kind == CELL:
            return self.cell(math.prod(shape), parts, byte, depth)
        if kind == STRUCTURE:
            return self.structure(math.prod(shape), parts, byte, depth)
        if kind == TEXT:
            return self.text(parts)
        if kind not in NUMERIC_CLASSES or flags & COMPLEX:
            return None
        stored = STORED_TYPES.get(parts[0].kind) if parts else None
        if stored is None:
            raise self.source.refuse("is damaged: a matrix has no values", byte=byte)
        dtype = np.dtype(self.order + stored)
        if len(parts[0].data) != math.prod(shape) * dtype.itemsize:
            what = f"is damaged: a matrix of {list(shape)[:8]} has {len(parts[0].data):,} bytes of values"
            raise self.source.refuse(what, byte=parts[0].byte)
        return np.frombuffer(parts[0].data, dtype).reshape(shape, order="F")

    def cell(self, count: int, parts: list[Element], byte: int, depth: int) -> list[Variable]:
        if depth <= 0:
            raise self.source.refuse(f"holds cells nested more than {limits.NESTING} deep", byte=byte)
        if len(parts) != count or any(part.kind != MATRIX for part in parts):
            raise self.source.refuse(f"is damaged: a cell of {count:,} has {len(parts):,} matrices", byte=byte)
        return [self.matrix(part, depth - 1)[1] if part.data else np.zeros((0, 0)) for part in parts]

    def structure(self, count: int, parts: list[Element], byte: int, depth: int) -> dict[str, Variable]:
        if depth <= 0:
            raise self.source.refuse(f"holds structures nested more than {limits.NESTING} deep", byte=byte)
        names, values = self.field_names(parts, byte), parts[2:]
        if len(values) != count * len(names) or any(part.kind != MATRIX for part in values):
            raise self.source.refuse(f"is damaged: a structure has {len(values):,} fields", byte=byte)
        found: dict[str, Variable] = {}
        for i, part in enumerate(values):
            which, field = divmod(i, len(names))
            name = f"({which + 1}).{names[field]}" if count > 1 else f".{names[field]}"
            value = self.matrix(part, depth - 1)[1] if part.data else None
            found |= {name + inner: one for inner, one in value.items()} if isinstance(value, dict) else {name: value}
        return found

    def field_names(self, parts: list[Element], byte: int) -> list[str]:
        """The names of the fields: how long each may be, then all of them, filled up with zeros."""
        if len(parts) < 2 or len(parts[0].data) != 4:
            raise self.source.refuse("is damaged: a structure has no fields", byte=byte)
        (width,) = struct.unpack(f"{self.order}i", parts[0].data)
        text = parts[1].data
        if width <= 0 or len(text) % width:
            raise self.source.refuse("is damaged: a structure has no names of its fields", byte=parts[1].byte)
        names = (text[i : i + width].split(b"\0")[0] for i in range(0, len(text), width))
        return [printable(name.decode("latin-1")) for name in names]

    def text(self, parts: list[Element]) -> str | None:
        encoding = TEXT_ENCODINGS.get(parts[0].kind) if parts else None
        if encoding is None:
            return None
        if encoding in ("utf-16", "utf-32"):
            encoding += "-le" if self.order == "<" else "-be"
        return parts[0].data.decode(encoding, errors="replace")


def _level_4(source: Source) -> Iterator[tuple[str, Variable]]:
    """The matrices of a level 4 file: each a header of five whole numbers, a name, and values column by column."""
    data, position = source.data, 0
    while position < len(data):
        source.check_cancelled()
        if position + 20 > len(data):
            raise source.refuse("is no MATLAB file, or cut short", byte=position)
        order = "<" if data[position + 3] == 0 and data[position + 2] == 0 else ">"
        kind, rows, columns, is_complex, name_length = struct.unpack_from(f"{order}5i", data, position)
        machine, precision, purpose = kind // 1000, kind // 10 % 10, kind % 10
        if not (0 <= machine <= 4 and kind // 100 % 10 == 0 and precision < 6 and purpose < 3):
            raise source.refuse("is no MATLAB file, or a damaged one", byte=position)
        dtype = np.dtype(order + LEVEL_4_TYPES[precision])
        start = position + 20 + name_length
        length = rows * columns * dtype.itemsize
        end = start + length * (2 if is_complex else 1)
        if min(rows, columns) < 0 or not 0 < name_length < 256 or end > len(data):
            raise source.refuse("is no MATLAB file, or cut short", byte=position)
        name = printable(data[position + 20 : start].rstrip(b"\0").decode("latin-1"))
        plain = purpose == 0 and not is_complex
        values = np.frombuffer(data, dtype, rows * columns, start).reshape((rows, columns), order="F")
        yield name, values if plain else None
        position = end
