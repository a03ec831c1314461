"""A program killed at any moment loses nothing that was acknowledged."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio.project.file import Project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

# Says what it has done after each thing it has done.
WORKER = """
import sys
from pathlib import Path
import numpy as np
from studio.project.file import Project
from studio.project.records import StoredCheckpoint
from studio.sequences.material import Drawing

project = Project.open(Path(sys.argv[1]))
run = project.runs.create(f"run {sys.argv[2]}", "", device="cpu", seed=1)
print("begun", run, flush=True)
for number in range(1, 10_000):
    points = np.random.default_rng(number).normal(size=(200, 2))
    (id,) = project.collection.add([("drawn", Drawing.from_points(points))], "add")
    print("added", id, flush=True)
    project.runs.add_metrics(run, {"loss": ([number], [number / 7])}, step=number)
    print("measured", number, flush=True)
    project.runs.save_checkpoint(run, StoredCheckpoint("last", number, bytes(300_000), {"step": number}))
    print("saved", number, flush=True)
    if number % 3 == 0:
        project.collection.delete([id], "delete")
        print("deleted", id, flush=True)
"""


def work_and_die(path: Path, name: str, lines: int) -> list[list[str]]:
    """What the worker said it had done before it was killed."""
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(path), name], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    said = []
    for said_line in worker.stdout:
        said.append(said_line.split())
        if len(said) == lines:
            worker.send_signal(signal.SIGKILL)
    worker.stdout.close()
    assert worker.wait() == -signal.SIGKILL
    return said


def test_everything_acknowledged_is_there(tmp_path: Path) -> None:
    path = tmp_path / "p.vrnn"
    Project.create(path).close()
    expected: set[int] = set()
    chance = random.Random(1)
    for round in range(4):
        said = work_and_die(path, str(round), chance.randrange(5, 60))
        done: dict[str, list[int]] = {}
        for what, number in said:
            done.setdefault(what, []).append(int(number))
        expected |= set(done.get("added", []))
        expected -= set(done.get("deleted", []))

        project = Project.open(path)
        assert project._database.read("PRAGMA integrity_check") == [("ok",)]
        ids = {item.id for item in project.collection.items()}
        # What was under way when the kill came may or may not be there; what was acknowledged must be.
        assert len(expected ^ ids) <= 1
        run = project.runs.get(done["begun"][0])
        assert run.status == "interrupted"
        assert len(project.runs.metrics(run.id).get("loss", [[]])[0]) >= len(done.get("measured", []))
        if "saved" in done:
            assert project.runs.checkpoint(run.id, "last").step >= done["saved"][-1]
        while project.collection.undo():
            pass
        assert project.collection.items() == []
        while project.collection.redo():
            pass
        assert {item.id for item in project.collection.items()} == ids
        expected = ids
        project.close()
