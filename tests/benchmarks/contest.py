"""Who is faster: contestants take turns, so that a busy moment of the machine hits all of them."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path


@dataclass
class Contest:
    """Contestants by name; `play_round` lets each do its work once and notes both clocks."""

    contestants: dict[str, Callable[[], object]]
    wall: dict[str, list[float]] = field(default_factory=dict)
    process: dict[str, list[float]] = field(default_factory=dict)

    def play_round(self) -> None:
        for name, work in self.contestants.items():
            wall, process = time.perf_counter(), time.process_time()
            work()
            self.process.setdefault(name, []).append(time.process_time() - process)
            self.wall.setdefault(name, []).append(time.perf_counter() - wall)

    def forget(self) -> None:
        """Leave out the rounds played so far: nobody is warm in the first."""
        self.wall.clear()
        self.process.clear()

    def ratio(self, name: str, to: str, clock: str = "process") -> float:
        """The median over the rounds of time(name) / time(to), both of the same round."""
        times = getattr(self, clock)
        return statistics.median(a / b for a, b in zip(times[name], times[to], strict=True))

    def seconds(self, name: str, clock: str = "wall") -> float:
        """The median over the rounds."""
        return statistics.median(getattr(self, clock)[name])


@dataclass
class Book:
    """Tables of results, to be printed and written down."""

    tables: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def note(self, table: str, **row: str) -> None:
        self.tables.setdefault(table, []).append(row)
        print(f"\n{table}: " + ", ".join(f"{name} {value}" for name, value in row.items()))

    def markdown(self) -> str:
        lines = ["# Benchmarks", "", "Written by `make bench`. " + _machine(), ""]
        for title, rows in self.tables.items():
            names = list(rows[0])
            lines += [f"## {title}", "", "| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
            lines += ["| " + " | ".join(row[name] for name in names) + " |" for row in rows] + [""]
        return "\n".join(lines)


def _machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "numba", "numpy"))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"Measured on {_processor()} with {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, {versions}, at a load of {load:.1f} when it ended. Ratios hold; absolute "
        "times are those of this machine."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
