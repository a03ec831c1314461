"""JSON from strangers: parsed with limits, and lists of numbers taken out of it."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import numpy as np

from studio.files import limits
from studio.files.columns import FloatArray
from studio.files.source import Source, shown

NOT_FINITE = re.compile(r'(?<![\w"])-?(NaN|Infinity)(?![\w"])')


class _NotFinite(ValueError):
    pass


def _refuse_constant(name: str) -> NoReturn:
    raise _NotFinite(name)


def parse(source: Source, text: str, line: int = 1) -> Any:
    """The tree of a JSON text that begins at `line` of its file.

    Raises:
        StudioError: with the line, for anything that is no JSON (NaN and Infinity included).
    """
    if text.count("[") + text.count("{") > limits.TREE_NODES:
        raise source.refuse(f"holds more than {limits.TREE_NODES:,} lists and objects", line=line)
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        what = error.msg[0].lower() + error.msg[1:]
        raise source.refuse(f"is no JSON there: {what}", line=line + error.lineno - 1) from error
    except _NotFinite as error:
        found = NOT_FINITE.search(text)
        at = line + text.count("\n", 0, found.start() if found else 0)
        raise source.refuse(f"{error} is not a finite number", line=at) from error
    except RecursionError as error:
        raise source.refuse(f"is nested more than {limits.NESTING} levels deep", line=line) from error
    except ValueError as error:  # a whole number of thousands of digits
        raise source.refuse("holds a number with too many digits", line=line) from error


def number_list(source: Source, values: Any, part: str, line: int | None = None) -> FloatArray:
    """A list of numbers, ``[N]``."""
    if not isinstance(values, list):
        raise source.refuse(f"{shown(values)} is no list of numbers", part=part, line=line)
    return np.array([number(source, value, f"{part}[{i}]", line) for i, value in enumerate(values)], np.float64)


def number(source: Source, value: Any, part: str, line: int | None = None) -> float:
    """A finite number of sensible size."""
    if not isinstance(value, int | float):
        raise source.refuse(f"{shown(value)} is not a number", part=part, line=line)
    if not abs(value) <= limits.LARGEST_NUMBER:
        raise source.refuse(
            f"{shown(value)} is not a finite number below {limits.LARGEST_NUMBER:g}", part=part, line=line
        )
    return float(value)
