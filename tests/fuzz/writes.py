"""Has every single write of every command fail once, and looks at what is left.

    python tests/fuzz/writes.py

A command is run once to count the changes that it makes to its folder: writes, syncs, new files, renamings.
Then it is run as often as there are, each time from the same beginning; the n-th of them fails as on a full disk, alone
or with all that come after it. Each time the command must end with a sentence, or with its work done; the project must
pass `check` and hold all that it held before; and no draft may be left behind. Needs Linux and a C compiler.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOP = Path(__file__).parent.parent.parent
SOURCE = Path(__file__).with_name("failing_writes.c")
SECONDS = 120  # for one run of a command: whatever takes longer hangs

TINY = (TOP / "tests" / "tiny.toml").read_text() + "save_seconds = 0.0001\n"

COMMANDS = {
    "new": "new fresh.vrnn",
    "pattern": "pattern eight --count 3 --points 24 --out out",
    "import": "import p.vrnn more",
    "train": "train p.vrnn --recipe tiny.toml --seed 1 --steps 4",
    "resume": "train p.vrnn --resume --steps 6",
    "generate": "generate p.vrnn --count 2 --length 8 --out out.svg",
    "animate": "generate p.vrnn --length 6 --out out.gif",
    "evaluate": "evaluate p.vrnn",
    "compare": "compare p.vrnn --count 1 --out out.csv --image out.png",
    "inside": "inside p.vrnn --item 1 --out out.png",
    "info": "info p.vrnn",
    "check": "check p.vrnn",
    "repair": "check damaged.vrnn --repair --out repaired.vrnn",
    "doctor": "doctor --bundle out.zip",
}


@dataclass(frozen=True)
class Ended:
    """What came of a command: its exit code, what it said, and how many changes it had made or tried."""

    code: int
    said: str
    changes: int


def compiled_library(folder: Path) -> Path | None:
    """The library that makes calls fail; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "failing_writes.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def ready() -> None:
    """Load everything once: commands run in forks of this process."""
    import studio.evaluation.bounds
    import studio.files.writers
    import studio.generation.sampler
    import studio.training.trainer
    import studio.workbench  # noqa: F401
    from studio.generation import prepare, stepper
    from studio.models import compiling

    compiling.loop.settled()
    stepper.compiled.settled()
    prepare.prepare = lambda announce=None: None


def attempt(line: str, folder: Path, fail: int = 0, *, lasting: bool = False) -> Ended:
    """Run a command in a fork of this process, in a folder; its n-th change fails."""
    report = folder.parent / "report"
    process = os.fork()
    if process == 0:
        code = 70
        try:
            code = _in_fork(line, folder, report, fail, lasting)
        finally:
            os._exit(code)
    give_up = time.monotonic() + SECONDS
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if time.monotonic() > give_up:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return Ended(124, f"no end within {SECONDS} seconds", 0)
        time.sleep(0.002)
    code, changes, said = report.read_text("utf-8").split("\n", 2)
    return Ended(int(code), said, int(changes))


def _in_fork(line: str, folder: Path, report: Path, fail: int, lasting: bool) -> int:
    from studio.cli import main

    os.chdir(folder)
    shim = ctypes.CDLL(None)
    with (folder.parent / "said").open("w+", encoding="utf-8") as said:
        with redirect_stdout(said), redirect_stderr(said):
            shim.failing_writes_arm(os.fsencode(folder), fail, int(lasting))
            code = main(line.split())
            changes = shim.failing_writes_seen()
            shim.failing_writes_arm(b"", 0, 0)
        said.seek(0)
        report.write_text(f"{code}\n{changes}\n{said.read()}", "utf-8")
    return 0


def begin(folder: Path) -> None:
    """What every command begins with: a project with drawings and a run, a damaged one, a recipe, files."""
    folder.mkdir()
    (folder / "tiny.toml").write_text(TINY)
    for line in (
        "pattern eight --count 4 --points 40 --seed 1 --out drawings",
        "pattern eight --count 2 --points 30 --seed 9 --out more",
        "new p.vrnn",
        "import p.vrnn drawings",
        "train p.vrnn --recipe tiny.toml --run first --seed 2 --steps 4",
    ):
        ended = attempt(line, folder)
        if ended.code:
            raise RuntimeError(ended.said)
    shutil.copy(folder / "p.vrnn", folder / "damaged.vrnn")
    os.truncate(folder / "damaged.vrnn", (folder / "p.vrnn").stat().st_size - 4096)


def faults(name: str, line: str, fail: int, lasting: bool, beginning: Path, usual: dict[str, Any]) -> list[str]:
    """What went wrong where this change failed."""
    folder = beginning.parent / "folder"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(beginning, folder)
    ended = attempt(line, folder, fail, lasting=lasting)
    wrong = []
    if ended.code not in (0, 1):
        wrong.append(f"it ended with {ended.code}")
    if "Traceback" in ended.said or "mistake in the studio" in ended.said:
        wrong.append("it speaks of a mistake in the studio")
    if ended.code == 1 and not ended.said.strip():
        wrong.append("it failed without a word")
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    drafts = sorted(path for path in left - usual["files"] if not path.endswith(("-wal", "-shm")))
    if drafts and not lasting:
        wrong.append(f"it left {', '.join(drafts)}")
    wrong += _project_faults(folder, ended, usual)
    return [f"{name}, change {fail}{' and on' if lasting else ''}: {sentence}: {ended.said!r}" for sentence in wrong]


def _project_faults(folder: Path, ended: Ended, usual: dict[str, Any]) -> Iterator[str]:
    from studio.project.rescue import check

    for sentence in check(folder / "p.vrnn"):
        yield f"the project is damaged: {sentence}"
    held = contents(folder / "p.vrnn")
    if not held >= usual["before"]:
        yield f"the project lost {sorted(usual['before'] - held)}"
    if ended.code == 0 and not held >= usual["after"]:
        yield f"it said that it was done, but {sorted(usual['after'] - held)} is not there"


def contents(path: Path) -> set[str]:
    """What a project holds, in words."""
    from studio.project.file import Project

    project = Project.open(path)
    try:
        items = {f"item {item.id}" for item in project.collection.items()}
        runs = {f"run {run.name}" for run in project.runs.all()}
        weights = {
            f"weights of {run.name}" for run in project.runs.all() if project.runs.checkpoint_steps(run.id).get("last")
        }
        return items | runs | weights
    finally:
        project.close()


def campaign(names: list[str], place: Path, most: int = 0) -> tuple[int, list[str]]:
    """Fail every change of these commands.

    Args:
        names: of `COMMANDS`.
        place: an empty folder.
        most: at most so many changes of each, spread out evenly; 0: all.

    Returns:
        how many failures there were, and sentences on what went wrong.
    """
    beginning = place / "beginning"
    begin(beginning)
    total, wrong = 0, []
    for name in names:
        began, line, folder = time.monotonic(), COMMANDS[name], place / "folder"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(beginning, folder)
        before = contents(beginning / "p.vrnn")
        plain = attempt(line, folder)
        if plain.code != 0 and name not in ("doctor", "repair"):
            raise RuntimeError(f"{name} fails by itself: {plain.said}")
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
        usual = {"files": files, "before": before, "after": contents(folder / "p.vrnn")}
        changes = plain.changes
        chosen = range(1, changes + 1)
        if most and changes > most:
            chosen = sorted({1 + i * (changes - 1) // (most - 1) for i in range(most)})
        found: list[str] = []
        for fail in chosen:
            for lasting in (False, True):
                total += 1
                found += faults(name, line, fail, lasting, beginning, usual)
        wrong += found
        seconds = time.monotonic() - began
        print(
            f"{name:<10}{changes:>5} changes, {2 * len(chosen)} failures, {len(found)} wrong ({seconds:.0f} s)",
            flush=True,
        )
        for sentence in found[:5]:
            print(f"    {sentence}", flush=True)
    return total, wrong


def main() -> int:
    """The whole campaign; 1 where something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", action="append", choices=sorted(COMMANDS))
    parser.add_argument("--most", type=int, default=0, help="changes of each command, spread out evenly (default: all)")
    parser.add_argument("--prepared", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.prepared is None:
        with tempfile.TemporaryDirectory(prefix="vrnn-studio-") as folder:
            library = compiled_library(Path(folder))
            if library is None:
                print("writes: not run, for want of Linux or of a C compiler")
                return 0
            homes = {f"XDG_{kind}_HOME": f"{folder}/home/{kind.lower()}" for kind in ("CONFIG", "DATA", "STATE")}
            command = [sys.executable, __file__, *sys.argv[1:], "--prepared", f"{folder}/work"]
            return subprocess.run(
                command, env=os.environ | homes | {"LD_PRELOAD": str(library)}, check=False
            ).returncode
    arguments.prepared.mkdir()
    ready()
    total, wrong = campaign(arguments.command or list(COMMANDS), arguments.prepared, arguments.most)
    print(f"writes: {total} failed, {len(wrong)} went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.path.insert(0, str(TOP))
    with suppress(KeyboardInterrupt):
        sys.exit(main())
