"""What only shows in a process of its own: signals, pipes, terminals, and what is loaded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[[str], "subprocess.Popen[str]"]

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of Unix")


def begun(process: subprocess.Popen[str]) -> None:
    """Wait until a training has made some steps."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("step 3"):
            return
    raise AssertionError(process.stderr.read() if process.stderr else "")


def endless(start: Start, project: str, more: str = "") -> subprocess.Popen[str]:
    process = start(f"train {project} --recipe tiny.toml --steps 1000000 --set validate_every=1 {more}")
    begun(process)
    return process


def only_run(run, project: str) -> dict[str, object]:
    (found,) = json.loads(run(f"info {project} --json").out)["runs"]
    return found


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_trainings_are_saved(run, start: Start, project: str, number: int) -> None:
    process = endless(start, project)
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == 130
    assert err == "Interrupted.\n"
    assert "Stopping, and saving" in out
    found = only_run(run, project)
    assert found["status"] == "stopped"
    assert found["can_resume"]
    assert run(f"train {project} --resume --minutes 0.001").code == 0
    assert only_run(run, project)["step"] > found["step"]  # type: ignore[operator]


@posix
def test_the_first_compiling_can_be_interrupted(
    start: Start, project: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(place / "nothing compiled yet"))
    process = start(f"train {project} --recipe tiny.toml --steps 1000000")
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Compiling for this computer")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, err) == (130, "Interrupted.\n")
    assert not list(place.glob("**/complete-*"))


@posix
def test_killed_trainings_can_be_resumed(run, start: Start, project: str) -> None:
    process = endless(start, project, "--set save_seconds=0.01")
    assert only_run(run, project)["status"] == "training"
    assert run(f"train {project} --resume --run tiny-1").code == 1
    process.kill()
    process.communicate()
    found = only_run(run, project)
    assert found["status"] == "interrupted"
    assert found["can_resume"]
    assert run(f"train {project} --resume --minutes 0.001").code == 0
    assert only_run(run, project)["status"] == "stopped"


@posix
def test_a_deleted_project_is_kept_with_its_training(run, start: Start, project: str, place: Path) -> None:
    process = endless(start, project, "--set save_seconds=0.01")
    (place / project).unlink()
    _, err = process.communicate()  # ends by itself
    assert process.returncode == 1
    assert "was deleted while it was open: all that was in it is kept in p.kept.vrnn" in err
    assert "Traceback" not in err
    assert only_run(run, "p.kept.vrnn")["status"] == "stopped"
    assert run("train p.kept.vrnn --resume --minutes 0.001").code == 0


@posix
def test_a_renamed_project_is_followed(run, start: Start, project: str, place: Path) -> None:
    process = endless(start, project, "--set save_seconds=0.01")
    (place / project).rename(place / "other.vrnn")
    assert process.stderr is not None
    assert process.stderr.readline().endswith("other.vrnn now: the studio goes on there.\n")  # while it goes on
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 130
    assert only_run(run, "other.vrnn")["status"] == "stopped"
    assert not (place / project).exists()


@posix
def test_a_project_written_over_is_left_alone(run, start: Start, project: str, place: Path) -> None:
    older = (place / project).read_bytes()
    process = endless(start, project, "--set save_seconds=0.01")
    (place / project).write_bytes(older)
    _, err = process.communicate()  # ends by itself
    assert process.returncode == 1
    assert "was written over by another file while it was open" in err
    assert "Traceback" not in err
    assert json.loads(run(f"info {project} --json").out)["runs"] == []
    kept = [json.loads(run(f"info {file.name} --json").out) for file in sorted(place.glob("p.kept*.vrnn"))]
    assert any(each["status"] == "stopped" for info in kept for each in info["runs"])


@posix
def test_whoever_reads_may_go(start: Start, project: str) -> None:
    process = start(f"info {project} --json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait() in (0, 1)
    process.stderr.close()


@posix
def test_a_bar_on_a_terminal(project: str, place: Path) -> None:
    import pty

    parent, child = pty.openpty()
    code = "import sys; from studio.cli import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *f"train {project} --recipe tiny.toml".split()],
        stdout=child,
        stderr=subprocess.STDOUT,
        cwd=place,
        env=os.environ
        | {"PYTHONPATH": str(Path(__file__).parents[3]), "TERM": "xterm-256color", "COLUMNS": "140", "LINES": "30"},
    )
    os.close(child)
    shown = b""
    while True:
        try:
            piece = os.read(parent, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(parent)
    assert process.wait() == 0
    text = shown.decode()
    assert "\x1b[" in text
    assert "6/6" in text
    assert "frames/s" in text
    assert "reconstruction" in text
    assert "0:00 left" in text
    assert "Trained for 6 steps" in text


def test_simple_commands_load_no_torch(place: Path) -> None:
    code = (
        "import sys; from studio.cli import main\n"
        "assert main(['new', 'p']) == 0 and main(['info', 'p']) == 0 and main(['recipes']) == 0\n"
        "assert main(['pattern', 'sine', '--out', 's.csv']) == 0 and main(['import', 'p', 's.csv']) == 0\n"
        "print([name for name in ('torch', 'PySide6', 'scipy', 'rich') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "[]"
