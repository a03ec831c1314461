"""Attacks every reader with damaged files, and prints a table: readers x inputs x failures.

    python tests/fuzz/campaign.py --inputs 100000
    python tests/fuzz/campaign.py --inputs 2000 --reader "SVG document" --engine hypothesis

Each reader is attacked in a process of its own, by hypothesis (good files with a few places changed, and nonsense) and,
where it is installed, by atheris (libFuzzer, which follows the branches taken; pip install atheris). A failure is
whatever escapes but `StudioError`, a hang of more than 5 seconds, and memory beyond 1 GB. Each is kept in
tests/fuzz/regressions, where tests/unit/test_fuzz_regressions.py finds it from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
REGRESSIONS = FOLDER / "regressions"
ENGINES = ("hypothesis", "atheris")
HANG_SECONDS = 5.0
MEMORY = 2**30  # bytes beyond what the process had before its first input
LARGEST = 2**20  # bytes of an input
HEAD = struct.Struct("<QQQQ")  # inputs begun, inputs done, failures, length of the present input
LAST_WORDS = 4000  # characters of what a process said that died
POLL_SECONDS = 0.1


@dataclass
class Outcome:
    """What became of one reader under one engine."""

    inputs: int
    failures: int
    seconds: float
    peak: int  # bytes beyond the beginning
    said: str = ""


class Board:
    """A piece of memory that both processes see: how far the attack is, and the input it is at."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), HEAD.size + LARGEST)

    @staticmethod
    def create(path: Path) -> Board:
        path.write_bytes(bytes(HEAD.size + LARGEST))
        return Board(path)

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        return HEAD.unpack_from(self._memory)

    def begin(self, data: bytes) -> None:
        begun, done, failures, _ = self.numbers
        self._memory[HEAD.size : HEAD.size + len(data)] = data
        HEAD.pack_into(self._memory, 0, begun + 1, done, failures, len(data))

    def end(self, *, failed: bool) -> None:
        begun, done, failures, length = self.numbers
        HEAD.pack_into(self._memory, 0, begun, done + 1, failures + failed, length)

    @property
    def input(self) -> bytes:
        return self._memory[HEAD.size : HEAD.size + self.numbers[3]]


def keep(name: str, data: bytes) -> Path:
    """Keep an input that made a reader fail."""
    folder = _folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:12]
    path.write_bytes(data)
    return path


def regressions(name: str) -> list[bytes]:
    """All inputs that were kept for a reader."""
    return [path.read_bytes() for path in sorted(_folder(name).glob("*"))]


def _folder(name: str) -> Path:
    return REGRESSIONS / name.replace(" ", "-").replace(",", "").lower()


# --- in the process that reads


def attack(name: str, engine: str, inputs: int, seed: int, board: Board) -> None:
    """Read `inputs` damaged files."""
    os.environ["FUZZ_TARGET"] = name
    if engine == "atheris":
        import atheris

        with atheris.instrument_imports(include=["studio"]):
            import targets
    else:
        import targets
    target = targets.targets()[name]
    seen: set[str] = set()

    def attempt(data: bytes) -> None:
        if len(data) > LARGEST:
            return
        board.begin(data)
        try:
            target.attempt(data)
        except Exception as error:
            where = repr(traceback.extract_tb(error.__traceback__)[-1])
            if where not in seen:  # the same mistake once
                seen.add(where)
                print(f"{keep(name, data)}: {error!r}", flush=True)
                board.end(failed=True)
                return
        board.end(failed=False)

    attempt(b"")  # what is loaded only once is not the fault of an input
    for data in target.good:
        attempt(data)
    print("ready", flush=True)
    {"hypothesis": _hypothesis, "atheris": _atheris}[engine](attempt, target.good, inputs, seed)


def _hypothesis(attempt: Callable[[bytes], None], good: tuple[bytes, ...], inputs: int, seed: int) -> None:
    import hypothesis
    from damage import damaged
    from hypothesis import HealthCheck, Phase, given, settings

    left = inputs
    while left > 0:  # in rounds: it remembers what it has tried, and grows slow
        some = min(left, 2_000)

        @settings(
            max_examples=some,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.seed(seed * 1_000_003 + left)
        @given(damaged(good))
        def attack_once(data: bytes) -> None:
            attempt(data)

        attack_once()
        left -= some


def _atheris(attempt: Callable[[bytes], None], good: tuple[bytes, ...], inputs: int, seed: int) -> None:
    import atheris

    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(good):
            Path(corpus, str(number)).write_bytes(data)
        longest = max([1000, *(2 * len(data) for data in good)])
        options = [f"-runs={inputs}", f"-seed={seed}", f"-max_len={min(longest, LARGEST)}", "-rss_limit_mb=0"]
        # Whoever watches ends what hangs. With -timeout=0 atheris itself would end, with code 77, whatever is at work
        # when its alarm rings after a second: on a busy computer that is no fault of the input.
        atheris.Setup([sys.argv[0], *options, "-timeout=1000", "-verbosity=0", corpus], attempt)
        atheris.Fuzz()


# --- in the process that watches


def campaign(name: str, engine: str, inputs: int, seed: int) -> Outcome:
    """Attack one reader until there were `inputs`; where the process dies or hangs, in another one."""
    began = time.monotonic()
    total, failures, peak, said = 0, 0, 0, ""
    while total < inputs and failures < 20:
        outcome = _one_process(name, engine, inputs - total, seed + total)
        total, failures, peak = total + outcome.inputs, failures + outcome.failures, max(peak, outcome.peak)
        said += outcome.said
        if outcome.inputs == 0:
            break
    return Outcome(total, failures, time.monotonic() - began, peak, said)


def _one_process(name: str, engine: str, inputs: int, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "board")
        board = Board.create(path)
        command = [sys.executable, __file__, "--inputs", str(inputs), "--seed", str(seed), "--reader", name]
        output = Path(folder, "said")
        with output.open("w") as stream:
            worker = subprocess.Popen(
                [*command, "--engine", engine, "--board", str(path)], stdout=stream, stderr=subprocess.STDOUT
            )
            died, peak = _watch(worker, board, output)
        said = "".join(line for line in output.read_text(errors="replace").splitlines(True) if "regressions" in line)
        _, done, failures, _ = board.numbers
        if died:
            said += f"{keep(name, board.input)}: {died}\n"
            done, failures = done + 1, failures + 1
        if died or done == 0:
            said += output.read_text(errors="replace")[-LAST_WORDS:]
        return Outcome(done, failures, 0.0, peak, said)


def _watch(worker: subprocess.Popen[bytes], board: Board, output: Path) -> tuple[str, int]:
    """Until it ends: what it died of, "" where it did not; and its memory."""
    base = peak = 0
    at, since = -1, time.monotonic()
    while worker.poll() is None:
        time.sleep(POLL_SECONDS)
        memory = _memory(worker.pid)
        if not base and "ready" in output.read_text(errors="replace"):
            base = memory
        peak = max(peak, memory)
        begun, done, _, _ = board.numbers
        if begun == done or begun != at:
            at, since = begun, time.monotonic()
        reason = ""
        if base and time.monotonic() - since > HANG_SECONDS:
            reason = f"a hang of more than {HANG_SECONDS:g} seconds"
        if base and peak - base > MEMORY:
            reason = f"more than {MEMORY >> 20} MB of memory"
        if reason:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            return reason, peak - base
    begun, done, _, _ = board.numbers
    return (f"the process ended with {worker.returncode}" if begun != done else ""), max(0, peak - base)


def _memory(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * mmap.PAGESIZE
    except (OSError, IndexError):
        return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=2_000, help="for each reader and engine")
    parser.add_argument("--reader", action="append", help="only this one; may be given several times")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only this one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--board", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path[:0] = [str(FOLDER), str(FOLDER.parent.parent)]
    if arguments.board is not None:
        attack(arguments.reader[0], arguments.engine[0], arguments.inputs, arguments.seed, Board(arguments.board))
        return 0
    return _report(arguments)


def _report(arguments: argparse.Namespace) -> int:
    import targets

    engines = arguments.engine or [e for e in ENGINES if importlib.util.find_spec(e)]
    print(
        "| reader | engine | inputs | failures | minutes | memory, MB |\n| --- | --- | --: | --: | --: | --: |",
        flush=True,
    )
    total = 0
    for name in arguments.reader or targets.targets():
        for engine in engines:
            found = campaign(name, engine, arguments.inputs, arguments.seed)
            total += found.failures + (found.inputs < arguments.inputs)
            row = (name, engine, f"{found.inputs:,}", found.failures, f"{found.seconds / 60:.1f}", found.peak >> 20)
            print("| " + " | ".join(map(str, row)) + " |", flush=True)
            print(found.said, end="", file=sys.stderr, flush=True)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
