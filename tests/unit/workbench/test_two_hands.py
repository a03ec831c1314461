"""Nothing of a training is lost whose project another process takes over, or whose file goes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from tiny import tiny

from studio.project.file import Project
from studio.training.events import Saved
from studio.workbench import Workbench

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no file can be replaced while it is open")

TAKER = """
import sys
from pathlib import Path
from studio.project.file import Project
from studio.project.records import StoredCheckpoint
project = Project.open(Path(sys.argv[1]))
project.claim(silent_after=0)
(run,) = project.runs.all()
project.runs.save_checkpoint(run.id, StoredCheckpoint("last", 10**6, b"theirs", {}))
project.close()
"""


def until(bench: Workbench, done: Callable[[], bool]) -> None:
    """Poll until it is so; the time limit of the test ends what hangs."""
    while not done():
        bench.poll()
        time.sleep(0.01)


def train_until_saved(bench: Workbench) -> int:
    saved: list[object] = []
    bench.training_event.connect(lambda event: saved.append(event) if isinstance(event, Saved) else None)
    run = bench.train(tiny(steps=1_000_000, save_seconds=0.1), seed=1)
    until(bench, lambda: bool(saved))
    return run


@pytest.mark.parametrize("paused", [False, True])
def test_a_training_that_lost_its_file_is_kept_beside(full: Workbench, paused: bool) -> None:
    run = train_until_saved(full)
    path = full.path
    assert path is not None
    if paused:
        full.pause()
    subprocess.run([sys.executable, "-c", TAKER, str(path)], check=True)
    failures: list[str] = []
    full.failed.connect(lambda sentence, _: failures.append(sentence))
    until(full, lambda: full.training.phase == "idle")
    assert full.read_only
    assert "took" in failures[-1]
    kept = path.with_name("p.kept.vrnn")
    assert str(kept) in failures[-1]
    theirs = Project.open(path)
    assert theirs.runs.checkpoint(run, "last").weights == b"theirs"
    theirs.close()
    full.close()
    ours = Workbench(path.parent / "home")
    ours.open(kept)
    name = f"{ours.run(run).name} (kept)"
    mine = ours.run_named(name)
    assert (mine.status, mine.can_resume) == ("stopped", True)
    assert mine.step > 0
    ours.train(resume=mine.id)
    until(ours, lambda: ours.training.phase == "training")
    ours.stop()
    until(ours, lambda: ours.training.phase == "idle")
    assert ours.run(mine.id).step >= mine.step
    ours.close()


def test_a_training_goes_on_when_its_file_is_renamed_and_then_deleted(full: Workbench) -> None:
    run = train_until_saved(full)
    path = full.path
    assert path is not None
    said: list[str] = []
    full.file_changed.connect(said.append)
    path.rename(path.with_name("q.vrnn"))
    until(full, lambda: len(said) == 1)
    path.with_name("q.vrnn").unlink()
    until(full, lambda: len(said) == 2)
    assert [("is called" in said[0]), ("was deleted" in said[1])] == [True, True]
    assert full.training.phase == "training"
    assert full.path == path.with_name("q.kept.vrnn")
    full.stop()
    until(full, lambda: full.training.phase == "idle")
    assert full.run(run).can_resume
    full.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["home", "q.kept.vrnn"]
