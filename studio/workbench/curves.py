"""The curves of a training while it goes on."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from studio.project.runs import Series


class Curves:
    """Grows by one value at a time in one thread, and is read in another without copying."""

    def __init__(self, series: Mapping[str, Series] | None = None) -> None:
        self._curves = {name: _Curve(*values) for name, values in (series or {}).items()}
        self._lock = threading.Lock()

    def append(self, step: int, values: Mapping[str, float], prefix: str = "") -> None:
        """Add a value to each of the curves named."""
        with self._lock:
            for name, value in values.items():
                self._curves.setdefault(prefix + name, _Curve()).append(step, value)

    def cut(self, step: int) -> None:
        """Forget what came after `step`; whoever holds a series keeps it."""
        with self._lock:
            self._curves = {name: curve.until(step) for name, curve in self._curves.items()}

    def series(self) -> dict[str, Series]:
        """name -> (steps, values), which stay as they are when the curves grow."""
        with self._lock:
            return {name: curve.series() for name, curve in self._curves.items()}

    def new(self) -> dict[str, Series]:
        """What has come since the last call of this."""
        with self._lock:
            return {name: curve.new() for name, curve in self._curves.items()}


class _Curve:
    def __init__(self, steps: NDArray[np.int64] | None = None, values: NDArray[np.float64] | None = None) -> None:
        self.steps = np.empty(0, np.int64) if steps is None else steps
        self.values = np.empty(0, np.float64) if values is None else values
        self.length = self.told = len(self.steps)

    def append(self, step: int, value: float) -> None:
        if self.length == len(self.steps):
            room = np.zeros(max(256, self.length))
            # New arrays: whoever holds a view of the old ones keeps it.
            self.steps = np.concatenate([self.steps, room.astype(np.int64)])
            self.values = np.concatenate([self.values, room])
        self.steps[self.length] = step
        self.values[self.length] = value
        self.length += 1

    def until(self, step: int) -> _Curve:
        steps, values = self.series()
        kept = steps <= step
        found = _Curve(steps[kept], values[kept])
        found.told = min(self.told, found.length)
        return found

    def series(self) -> Series:
        return self.steps[: self.length], self.values[: self.length]

    def new(self) -> Series:
        since, self.told = self.told, self.length
        return self.steps[since : self.length], self.values[since : self.length]
