"""Object arrays, read without unpickling.

NumPy stores an array of arrays (such as sketch-rnn's data sets) as a pickle. A pickle is a program, and running one
from a stranger runs whatever the stranger likes. Here `pickletools` only cuts it into instructions, and the little
machine below follows those that NumPy uses to store arrays of plain numbers: they make numbers, strings, tuples and
lists, and the few "calls" it recognises by name are looked up in a table of our own functions. Nothing is imported,
nothing is called by name, and any other instruction or name is refused.
"""

from __future__ import annotations

import math
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.files import limits

Nested: TypeAlias = NDArray[Any] | list["Nested"]

MOST_OBJECTS = 50 * limits.DRAWINGS_PER_FILE
"""Arrays and lists in the result, counting what is repeated as often as it is repeated."""

NUMERIC_TYPE = re.compile(r"[biuf](1|2|4|8)")


class UnsafePickle(Exception):
    """The pickle asks for something other than plain arrays; the text says what, in half a sentence.

    Attributes:
        byte: of the instruction in the pickle, where it was one.
    """

    byte: int | None = None


@dataclass(frozen=True)
class Name:
    """Something a pickle wants to import. It stays a name."""

    module: str
    name: str


@dataclass(eq=False)
class Type:
    """A NumPy type under construction: its code ("i2", "O8") and byte order."""

    code: str
    order: str = "="

    def dtype(self) -> np.dtype[Any]:
        """The finished type, if it is one of plain numbers."""
        if not NUMERIC_TYPE.fullmatch(self.code):
            raise UnsafePickle(f"values of type {self.code[:20]!r}")
        try:
            return np.dtype(self.order + self.code)
        except TypeError as error:
            raise UnsafePickle(f"values of type {self.code[:20]!r}") from error


@dataclass(eq=False)
class Array:
    """A NumPy array under construction; `content` is None until it has been filled."""

    content: NDArray[Any] | list[Any] | None = None


def read_object_array(data: bytes, check_cancelled: Callable[[], None] = lambda: None) -> list[Nested]:
    """The elements of a pickled one-dimensional object array whose elements are numeric arrays, or lists of them.

    Args:
        data: the pickle, protocol 2 to 5, from Python 2 or 3.
        check_cancelled: called now and then; may raise.

    Raises:
        UnsafePickle: there is anything else in it.
    """
    machine = Machine()
    byte: int | None = 0
    try:
        for count, (opcode, argument, position) in enumerate(pickletools.genops(data)):
            byte = position
            if count > limits.PICKLE_INSTRUCTIONS:
                raise UnsafePickle("too many instructions")
            if count % 100_000 == 0:
                check_cancelled()
            machine.follow(opcode.name, argument)
    except UnsafePickle as error:
        error.byte = byte
        raise
    except (ValueError, IndexError, KeyError, TypeError, UnicodeError, OverflowError) as error:
        # What a damaged pickle makes of the machine's stack, or pickletools of its bytes.
        damaged = UnsafePickle("damaged instructions")
        damaged.byte = byte
        raise damaged from error
    elements = _plain(machine.result, limits.NESTING, [MOST_OBJECTS])
    if not isinstance(elements, list):
        raise UnsafePickle("no list of arrays")
    return elements


class Machine:
    """Follows the instructions of a pickle that make numbers, texts, tuples, lists and NumPy arrays, and no others."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.bytes_left = limits.UNPACKED_BYTES
        self.result: Any = None

    def follow(self, opcode: str, argument: Any) -> None:
        """Follow one instruction, named as in `pickletools`."""
        if opcode in VALUES:
            self.stack.append(argument)
        elif opcode in CONSTANTS:
            self.stack.append(CONSTANTS[opcode]())
        elif opcode in TUPLES:
            count = TUPLES[opcode]
            self.stack[-count:] = [tuple(self.stack[-count:])]
        elif opcode in ACTIONS:
            ACTIONS[opcode](self, argument)
        elif opcode not in IGNORED:
            raise UnsafePickle(f"the instruction {opcode}")

    def to_mark(self) -> list[Any]:
        """Everything above the last mark, taken off the stack."""
        taken = self.stack
        self.stack = self.marks.pop()
        return taken

    def mark(self, _: Any) -> None:
        self.marks.append(self.stack)
        self.stack = []

    def tuple_to_mark(self, _: Any) -> None:
        taken = self.to_mark()
        self.stack.append(tuple(taken))

    def append(self, _: Any) -> None:
        value = self.stack.pop()
        self._list().append(value)

    def appends(self, _: Any) -> None:
        taken = self.to_mark()
        self._list().extend(taken)

    def _list(self) -> list[Any]:
        if not isinstance(self.stack[-1], list):
            raise UnsafePickle("an object that is no list used as one")
        return self.stack[-1]

    def put(self, index: Any) -> None:
        self.memo[index] = self.stack[-1]

    def memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, index: Any) -> None:
        self.stack.append(self.memo[index])

    def stop(self, _: Any) -> None:
        self.result = self.stack.pop()

    def name(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self.stack.append(_known(Name(module, name)))

    def stack_name(self, _: Any) -> None:
        name = self.stack.pop()
        self.stack[-1] = _known(Name(self.stack[-1], name))

    def reduce(self, _: Any) -> None:
        """What a pickle takes for a call: look the name up among our own functions."""
        arguments = self.stack.pop()
        what = self.stack.pop()
        if not isinstance(what, Name) or what not in MADE or not isinstance(arguments, tuple):
            raise UnsafePickle("a call of something that is no array")
        self._spend(arguments)
        self.stack.append(MADE[what](*arguments))

    def build(self, _: Any) -> None:
        """Complete the type or the array on top of the stack."""
        state = self.stack.pop()
        what = self.stack[-1]
        if not isinstance(state, tuple) or not isinstance(what, Type | Array):
            raise UnsafePickle("the state of something that is no array")
        self._spend(state)
        if isinstance(what, Type):
            _set_type(what, *state)
        else:
            _fill(what, *state)

    def _spend(self, values: tuple[Any, ...]) -> None:
        """Count the bytes that are about to be copied: one long string may be used many times over."""
        self.bytes_left -= sum(len(value) for value in values if isinstance(value, str | bytes | bytearray))
        if self.bytes_left < 0:
            raise UnsafePickle("too many bytes")


VALUES = frozenset(
    {
        *("BININT", "BININT1", "BININT2", "LONG1"),
        *("SHORT_BINSTRING", "BINSTRING", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    }
)
CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
IGNORED = frozenset(["PROTO", "FRAME"])
ACTIONS: dict[str, Callable[[Machine, Any], None]] = {
    "MARK": Machine.mark,
    "TUPLE": Machine.tuple_to_mark,
    "APPEND": Machine.append,
    "APPENDS": Machine.appends,
    "BINPUT": Machine.put,
    "LONG_BINPUT": Machine.put,
    "MEMOIZE": Machine.memoize,
    "BINGET": Machine.get,
    "LONG_BINGET": Machine.get,
    "GLOBAL": Machine.name,
    "STACK_GLOBAL": Machine.stack_name,
    "REDUCE": Machine.reduce,
    "BUILD": Machine.build,
    "STOP": Machine.stop,
}

NDARRAY = Name("numpy", "ndarray")


def _known(name: Name) -> Name:
    if name != NDARRAY and name not in MADE:
        raise UnsafePickle(f"the name {str(name.module)[:40]}.{str(name.name)[:40]}")
    return name


def _bytes(value: Any) -> bytes:
    """The bytes of a string; Python 2 had no other kind, and pickletools shows those as Latin-1."""
    if isinstance(value, str):
        return value.encode("latin-1")
    if not isinstance(value, bytes | bytearray):
        raise UnsafePickle("values that are no bytes")
    return bytes(value)


def _shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, tuple) or any(type(n) is not int or n < 0 for n in value) or len(value) > 32:
        raise UnsafePickle("an array without a sensible shape")
    return value


def _new_array(kind: Any, *_: Any) -> Array:
    if kind != NDARRAY:
        raise UnsafePickle("an array of an unusual kind")
    return Array()


def _new_type(code: Any, *_: Any) -> Type:
    if not isinstance(code, str):
        raise UnsafePickle("values of a compound type")
    return Type(code)


def _encoded(text: Any, encoding: Any) -> bytes:
    if encoding not in ("latin1", "latin-1") or not isinstance(text, str):
        raise UnsafePickle("a text in an unusual encoding")
    return text.encode("latin-1")


def _from_buffer(data: Any, kind: Any, shape: Any, order: Any) -> Array:
    array = Array()
    _fill(array, 1, shape, kind, order == "F", data)
    return array


def _set_type(kind: Type, _version: Any, order: Any, subtype: Any, names: Any, fields: Any, *_: Any) -> None:
    if subtype is not None or names is not None or fields is not None or order not in ("<", ">", "|", "="):
        raise UnsafePickle("values of a compound type")
    kind.order = order


def _fill(array: Array, _version: Any, shape: Any, kind: Any, fortran_order: Any, content: Any) -> None:
    shape = _shape(shape)
    if not isinstance(kind, Type):
        raise UnsafePickle("an array without a type")
    count = math.prod(shape)
    if kind.code in ("O8", "O4", "O"):
        if not isinstance(content, list) or len(content) != count:
            raise UnsafePickle("an object array without its elements")
        array.content = content
        return
    dtype, data = kind.dtype(), _bytes(content)
    if len(data) != count * dtype.itemsize:
        raise UnsafePickle("an array of another length than it says")
    array.content = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran_order else "C")


MADE: dict[Name, Callable[..., Any]] = {
    Name("numpy.core.multiarray", "_reconstruct"): _new_array,
    Name("numpy._core.multiarray", "_reconstruct"): _new_array,
    Name("numpy.core.numeric", "_frombuffer"): _from_buffer,
    Name("numpy._core.numeric", "_frombuffer"): _from_buffer,
    Name("numpy", "dtype"): _new_type,
    Name("_codecs", "encode"): _encoded,
}


def _plain(value: Any, depth: int, left: list[int]) -> Nested:
    """Finished arrays and lists of them. `left`: how many more there may be, for lists that contain themselves."""
    left[0] -= 1
    if depth < 0 or left[0] < 0:
        raise UnsafePickle("lists nested too deeply")
    if isinstance(value, Array):
        if isinstance(value.content, np.ndarray):
            return value.content
        value = value.content
    if not isinstance(value, list):
        raise UnsafePickle(f"an object of the type {type(value).__name__}")
    return [_plain(item, depth - 1, left) for item in value]
