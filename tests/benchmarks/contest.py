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

    def write(self, file: Path) -> None:
        """Put the tables into a file of such tables, in place of those of the same name unless these had more rows."""
        title, *parts = (file.read_text(encoding="utf-8") if file.exists() else HEAD).split("\n## ")
        sections = {part.partition("\n")[0]: part for part in parts}
        for name, rows in self.tables.items():
            if len(rows) >= sections.get(name, "").count("\n| ") - 2:
                sections[name] = _section(name, rows)
        whole = "\n\n## ".join(part.rstrip() for part in (title, *sections.values()))
        file.write_text(whole + "\n", encoding="utf-8")


HEAD = """# Benchmarks

Written by `make bench`. Contestants take turns; a ratio is the median over the rounds. Ratios hold, absolute times are
those of the machine. Graphics processors (CUDA) are not measured yet: none was at hand.
"""


def _section(name: str, rows: list[dict[str, str]]) -> str:
    columns = list(rows[0])
    lines = [name, "", "| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    lines += ["| " + " | ".join(row[column] for column in columns) + " |" for row in rows]
    return "\n".join([*lines, "", _machine()])


def _machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "numba", "numpy"))
    return (
        f"Measured on {_processor()} with {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}{_company()}."
    )


def _company() -> str:
    """Who else was at work."""
    if not hasattr(os, "getloadavg"):
        return ""
    load = f", at a load of {os.getloadavg()[0]:.1f} when it ended"
    first = hasattr(os, "SCHED_RR") and os.sched_getscheduler(0) in (os.SCHED_RR, os.SCHED_FIFO)
    return load + (", with precedence over all else that ran" if first else "")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
