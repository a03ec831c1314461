"""Processes that work on a project and are stopped, woken and killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

COMMON = """
import sys
from pathlib import Path
import numpy as np
from studio.errors import StudioError
from studio.project.file import Project
from studio.project.records import StoredCheckpoint
from studio.sequences.material import Drawing
path = Path(sys.argv[1])

def line(seed, label=""):
    return Drawing.from_points(np.random.default_rng(seed).normal(size=(5, 2)), label=label)

def say(*words):
    print(*words, flush=True)

def heard():
    return sys.stdin.readline().strip()

project = Project.open(path)
project.claim(float(sys.argv[2]) if len(sys.argv) > 2 else None)
say("open", project.why_read_only)
"""


class Worker:
    """Another process with a project open, which says lines and waits for lines."""

    def __init__(self, program: str, *arguments: object) -> None:
        command = [sys.executable, "-c", COMMON + program, *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.number = self._process.pid

    def hear(self) -> str:
        """The next line that it says, "" once it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def tell(self, line: str = "") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        """Let it stand still, as a closed lid does."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()


@contextmanager
def working(program: str, path: Path, *arguments: object) -> Iterator[Worker]:
    """A worker that has the project open, ended in the end."""
    worker = Worker(program, path, *arguments)
    try:
        assert worker.hear() == "open "
        yield worker
    finally:
        worker.end()
