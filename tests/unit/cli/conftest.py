"""The command line as a script uses it, in this process; and as a user does, in one of its own."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio.cli import main
from studio.sequences.text import Text
from studio.workbench import Workbench

TINY = (Path(__file__).parents[2] / "tiny.toml").read_text()  # the harness of failing writes trains by it, too


@dataclass(frozen=True)
class Said:
    """What came of a command."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder commands are given in, with a recipe in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(TINY)
    before = list(logging.getLogger().handlers)
    yield tmp_path
    for handler in set(logging.getLogger().handlers) - set(before):
        logging.getLogger().removeHandler(handler)
        handler.close()
    logging.captureWarnings(False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Does one command here: ``run("info p.vrnn")``; as a list where a word has blanks."""

    def run(line: str | list[str]) -> Said:
        capsys.readouterr()
        code = main(line.split() if isinstance(line, str) else line)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def start(place: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts one command in another process."""
    # A shell has what runs in the background ignore Ctrl-C, and processes inherit that: not those begun here.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(line: str) -> subprocess.Popen[str]:
        code = "from studio.start import run; run()"  # as the program itself
        return subprocess.Popen(
            [sys.executable, "-c", code, *line.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=place,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent.parent.parent)},
        )

    return start


@pytest.fixture
def project(run: Callable[..., Said]) -> str:
    """A project with six drawings."""
    assert run("pattern eight --count 6 --points 40 --seed 1 --out eights").code == 0
    assert run("new p.vrnn").code == 0
    assert run("import p.vrnn eights").code == 0
    return "p.vrnn"


@pytest.fixture
def trained(run: Callable[..., Said], project: str) -> str:
    """A project with a trained run."""
    assert run(f"train {project} --recipe tiny.toml --seed 3").code == 0
    return project


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that a process which died left behind, in the folder that the command looks into."""
    home = tmp_path / "home"
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: home)
    bench = Workbench(home)
    bench.new()
    bench.add_materials([Text("words", "lost")], "written")
    bench._project.close()
    (file,) = [file for file in (home / "untitled").glob("*.vrnn") if f"+{os.getpid()}+" in file.name]
    return file.rename(file.with_name(file.name.replace(f"+{os.getpid()}+", "+4194395+")))
