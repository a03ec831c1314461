"""Kills the studio at random moments of its work, and looks whether everything that it had acknowledged is there.

    python tests/fuzz/kills.py --kills 200

A worker does one kind of work in a process of its own and says what is done, after it is done. It is killed (SIGKILL)
at a moment drawn by chance. Then the project must open, pass `vrnn-studio check`, and hold all that was said.
"""

from __future__ import annotations

import argparse
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parent.parent.parent
FIRST_VERSION = TOP / "tests" / "unit" / "project" / "versions" / "1.sql"

COMMON = """
import sys
from pathlib import Path
import numpy as np
from studio.sequences.material import Drawing
from studio.workbench import Workbench
path, number = Path(sys.argv[1]), int(sys.argv[2])

def drawing(seed):
    return Drawing.from_points(np.cumsum(np.random.default_rng(seed).normal(size=(60, 2)), 0))

def say(*words):
    print(*words, flush=True)

def opened():
    bench = Workbench(path.parent / "home", remember=False)
    bench.open(path)
    return bench
"""

DRAWING = """
bench = opened()
say("ready")
step = 0
while True:
    step += 1
    id = bench.add_drawing(drawing(step))
    say("added", id)
    if step % 3 == 0:
        bench.relabel([id], f"label {step}")
        say("labelled", id, step)
    if step % 5 == 0:
        bench.delete([id])
        say("deleted", id)
    if step % 10 == 0:
        bench.undo()
        say("added", id)
"""

IMPORTING = """
from studio.files import csv_points
folder = path.parent / f"files {number}"
folder.mkdir()
for i in range(12):
    (folder / f"{i}.csv").write_text(csv_points.to_text(drawing(i)))
bench = opened()
say("ready")
while True:
    for id in bench.wait(bench.import_paths([folder])).result:
        say("added", id)
"""

TRAINING = """
from studio.training.events import Saved, Validation
bench = opened()
recipe = bench.recipe("pens-quick").changed(
    {"hidden": 8, "components": 1, "batch": 2, "window": 16}
    | {"steps": 100000, "save_seconds": 0.05, "validate_every": 40}
)
if len(bench.materials()) < 6:
    bench.add_drawings([drawing(i) for i in range(6)])
run = bench.interrupted_run()
run = bench.train(recipe, seed=1) if run is None or not run.can_resume else bench.train(resume=run.id)

begun = []

def tell(event):
    if not begun:
        begun.append(event)
        say("ready")
    if isinstance(event, Saved):
        say("saved", run, bench._project.runs.checkpoint(run, "last", "best").step)
        say("measured", run, len(bench._project.runs.metrics(run).get("loss", [[]])[0]))

bench.training_event.connect(tell)
import time
while True:
    bench.poll()
    time.sleep(0.005)
"""

MIGRATING = """
from studio.project import database, schema
from studio.project.file import Project

def next_version(connection):
    connection.execute("ALTER TABLE contents ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    connection.execute("CREATE TABLE copies AS SELECT * FROM contents")
    for i in range(200):
        connection.execute("UPDATE contents SET note = hex(randomblob(2000))")

say("ready")
schema.MIGRATIONS = (*schema.MIGRATIONS, next_version)
schema.SCHEMA_VERSION = database.SCHEMA_VERSION = len(schema.MIGRATIONS)
project = Project.open(path)
say("migrated", 1)
project.close()
while True:
    pass
"""

# What is killed, and the longest time that it gets before it is, in seconds.
WORK: dict[str, tuple[str, float]] = {
    "drawing": (DRAWING, 0.6),
    "importing": (IMPORTING, 0.8),
    "training": (TRAINING, 1.5),
    "migrating": (MIGRATING, 0.4),
}


@dataclass
class Tally:
    """What came of some kills.

    Attributes:
        acknowledged: transactions that the workers had said were done.
        lost: of those, how many were not there.
        refused: projects that did not open, or did not pass the check.
    """

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    refused: int = 0


def kill_often(kind: str, kills: int, seed: int, folder: Path) -> Tally:
    """Kill one kind of work so many times: the same project again and again, but for migrations."""
    chance = random.Random(f"{kind} {seed}")
    tally = Tally()
    path = _new_project(kind, folder)
    expected: dict[int, str | None] = {}
    for number in range(kills):
        if kind == "migrating":
            path = _new_project(kind, folder, str(number))
        said = _work_and_die(kind, path, number, chance.uniform(0, WORK[kind][1]))
        tally.kills += 1
        tally.acknowledged += len(said)
        try:
            tally.lost += _LOOK[kind](path, said, expected)
        except Exception as error:
            print(f"{kind}, kill {number}: {error!r}", file=sys.stderr)
            tally.refused += 1
    return tally


def _new_project(kind: str, folder: Path, name: str = "p") -> Path:
    from studio.project.file import Project

    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.vrnn"
    if kind != "migrating":
        Project.create(path).close()
        return path
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_VERSION.read_text("utf-8"))
    connection.close()
    return path


def _work_and_die(kind: str, path: Path, number: int, seconds: float) -> list[list[str]]:
    """What the worker said it had done before it was killed, so long after it had begun."""
    worker = subprocess.Popen(
        [sys.executable, "-c", COMMON + WORK[kind][0], str(path), str(number)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=TOP,
    )
    assert worker.stdout is not None
    if worker.stdout.readline().strip() != "ready":
        raise RuntimeError(f"the worker for {kind} did not begin")
    said: list[list[str]] = []

    def listen() -> None:
        assert worker.stdout is not None
        said.extend(line.split() for line in worker.stdout if line.endswith("\n"))

    listener = threading.Thread(target=listen)
    listener.start()
    time.sleep(seconds)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    listener.join()
    worker.stdout.close()
    return said


def _passes(path: Path) -> None:
    from studio.project.rescue import check

    if problems := check(path):
        raise RuntimeError(f"{path}: {problems[0]}")


def _look_at_material(path: Path, said: list[list[str]], expected: dict[int, str | None]) -> int:
    """Every drawing that was added and not deleted, under its label; `expected` goes on to the next kill."""
    from studio.project.file import Project

    labels: dict[int, str] = {}
    before = set(expected)
    for what, id, *more in said:
        if what == "added":
            expected[int(id)] = None
        elif what == "labelled":
            labels[int(id)] = f"label {more[0]}"
        else:
            expected.pop(int(id))
    _passes(path)
    project = Project.open(path)
    items = {item.id: item for item in project.collection.items()}
    project.close()
    last = int(said[-1][1]) if said else 0  # it may have been under way to be deleted, or brought back
    lost = sum(id not in items and id != last for id in expected)
    lost += sum(items[id].label != label for id, label in labels.items() if id in items)
    appeared = set(items) - set(expected) - {last}
    if len(appeared - before) > 12:  # one import under way
        raise RuntimeError(f"{len(appeared)} drawings that nobody added")
    expected.clear()
    expected.update(dict.fromkeys(items))
    return lost


def _look_at_training(path: Path, said: list[list[str]], _: dict[int, str | None]) -> int:
    from studio.project.file import Project

    _passes(path)
    project = Project.open(path)
    lost = 0
    for what, run, number in said:
        if what == "saved":
            lost += project.runs.checkpoint(int(run), "last", "best").step < int(number)
        else:
            steps, _values = project.runs.metrics(int(run))["loss"]
            lost += len(steps) < int(number)
    for run in project.runs.all():
        if run.status != "interrupted":
            raise RuntimeError(f"the run {run.name} is {run.status}")
    project.close()
    return lost


def _look_at_migration(path: Path, said: list[list[str]], _: dict[int, str | None]) -> int:
    """All that was there is there, before the migration or after it; and after it, so is the copy."""
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("contents", "materials")]
    connection.close()
    if not whole or counts != [4, 3]:
        raise RuntimeError(f"{path}: {counts}")
    copy = path.with_name(f"{path.stem}.version-1.vrnn")
    if version > 1:
        _passes(copy)
    else:
        _passes(path)
    return sum(version < 2 for what, _number in said if what == "migrated")


_LOOK: dict[str, Callable[[Path, list[list[str]], dict[int, str | None]], int]] = {
    "drawing": _look_at_material,
    "importing": _look_at_material,
    "training": _look_at_training,
    "migrating": _look_at_migration,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="of all kinds of work together")
    parser.add_argument("--while", dest="kinds", action="append", choices=WORK, help="only these kinds of work")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sys.path.insert(0, str(TOP))
    print("| killed while | kills | acknowledged | lost | refused |\n| --- | --: | --: | --: | --: |", flush=True)
    bad = 0
    for kind in arguments.kinds or WORK:
        with tempfile.TemporaryDirectory() as folder:
            tally = kill_often(kind, arguments.kills // len(WORK), arguments.seed, Path(folder))
        print(f"| {kind} | {tally.kills} | {tally.acknowledged:,} | {tally.lost} | {tally.refused} |", flush=True)
        bad += tally.lost + tally.refused
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
