"""What is typed, or comes in files, that nobody means well with, or that went wrong on the way: a sentence each."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.cli import saying

posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes, signals and locales of Unix")
TOP = Path(__file__).parents[3]
RED = "\x1b[31mred\x1b]0;title\x07\r\u202e"


@pytest.mark.parametrize(
    "line",
    [
        *(["new", ""], ["info", ""], ["check", ""], ["import", "p.vrnn", ""], ["import", "", "tiny.toml"]),
        *(["pattern", "sine", "--out", ""], ["demo", "--out", ""], ["info", "a\0b"], ["doctor", "--bundle", ""]),
        *(["train", "p.vrnn", "--seed", "9" * 20], ["pattern", "sine", "--seed", "9" * 5000, "--out", "s.csv"]),
        *(["train", "p.vrnn", "--steps", "9" * 20], ["generate", "p.vrnn", "--count", "9" * 30, "--out", "x.svg"]),
        *(["import", "p.vrnn", "tiny.toml", "--label", "\udcff"], ["train", "p.vrnn", "--run", "\ud800"]),
        ["train", "p.vrnn", "--minutes", "1e999"],
    ],
    ids=lambda line: " ".join(line)[:40].encode("ascii", "replace").decode().replace("\0", "?"),
)
def test_what_cannot_be_meant_is_wrong_use(run, line: list[str]) -> None:
    said = run(line)
    assert said.code == 2
    assert said.out == ""
    assert "mistake in the studio" not in said.err
    assert "error: argument" in said.err


def test_the_largest_seed_trains(run, project: str) -> None:
    seed = 2**62
    assert run(f"train {project} --recipe tiny.toml --seed {seed} --steps 2").code == 0
    assert json.loads(run(f"info {project} --json").out)["runs"][0]["seed"] == seed
    assert run(f"train {project} --recipe tiny.toml --seed {seed + 1} --steps 2").code == 2


# ---------------------------------------------------------------- terminals


def test_nothing_in_a_project_steers_the_terminal(run, project: str, place: Path) -> None:
    (place / "more.json").write_text("[[[0, 1], [2, 3], [4, 5]]]")
    assert run(["import", project, "more.json", "--label", RED]).code == 0
    assert run(["train", project, "--recipe", "tiny.toml", "--run", f"run {RED}"]).code == 0
    everything = [
        run(f"info {project}"),
        run(f"info {project} --json"),
        run(f"evaluate {project}"),
        run(["train", project, "--resume", "--run", "none \x1b[31m"]),
        run(["generate", project, "--label", RED, "--out", "x.svg"]),
        run(["import", project, "\x1b[31mmissing.csv"]),
        run(["info", "\x1b[31mmissing.vrnn"]),
        run(f"compare {project}"),
    ]
    for said in everything:
        assert not any(letter in said.out + said.err for letter in "\x1b\x07\r\u202e")
    assert "\ufffd[31mred" in everything[0].out
    assert json.loads(everything[1].out)["labels"][RED] == 1


def test_a_label_makes_no_lines_of_its_own(run, project: str, place: Path) -> None:
    (place / "more.json").write_text("[[[0, 1], [2, 3], [4, 5]]]")
    assert run(["import", project, "more.json", "--label", "one\nruns: 7"]).code == 0
    assert "\nruns: 7" not in run(f"info {project}").out


@pytest.mark.parametrize("kept", ["plain", "naïve 日本語 🙂", "a\tb\nc", "می\u200cخواهم"])
def test_ordinary_text_stays_as_it_is(kept: str) -> None:
    assert saying.harmless(kept) == kept


def test_the_log_steers_no_terminal_either(run, place: Path) -> None:
    from studio import log

    run(["info", "p.vrnn"])
    import logging

    logging.getLogger("studio").warning("a file named %s", RED)
    text = log.place().read_text("utf-8")
    assert "named \ufffd[31mred" in text
    assert "\x1b" not in text


def program(place: Path, *line: str, **options: object) -> subprocess.Popen[str]:
    code = "import sys; from studio.start import run; run()"
    environment = os.environ | {"PYTHONPATH": str(TOP)} | options.pop("environment", {})  # type: ignore[operator]
    settings: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": place}
    return subprocess.Popen([sys.executable, "-c", code, *line], env=environment, **(settings | options))  # type: ignore[call-overload,no-any-return]


@posix
def test_a_terminal_without_these_letters_shows_others(run, project: str, place: Path) -> None:
    (place / "more.json").write_text("[[[0, 1], [2, 3], [4, 5]]]")
    assert run(["import", project, "more.json", "--label", "größe"]).code == 0
    foreign = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    process = program(place, "info", project, environment=foreign)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert "gr??e" in out
    process = program(place, "recipes", "pens", environment=foreign)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    (place / "mine.toml").write_text(out)
    assert run(f"train {project} --recipe mine.toml --steps 1 --set hidden=8").code == 0


@posix
def test_a_training_goes_on_though_nobody_reads(run, project: str, place: Path) -> None:
    """As in `vrnn-studio train p.vrnn | head -1`."""
    process = program(place, "train", project, "--recipe", "tiny.toml", "--steps", "30")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 0
    process.stderr.close()
    (found,) = json.loads(run(f"info {project} --json").out)["runs"]
    assert (found["status"], found["step"]) == ("finished", 30)


@posix
def test_ctrl_c_while_it_starts_is_one_word(place: Path) -> None:
    """Heard while the studio's own modules are being loaded, wherever that is."""
    code = (
        "import os, signal, sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == wanted:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "wanted = sys.argv.pop(1)\n"
        "from studio.start import run\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "run()\n"
    )
    for module in ("studio.app", "logging", "platformdirs", "studio.cli", "argparse", "studio.cli.parser"):
        done = subprocess.run(
            [sys.executable, "-c", code, module, "recipes"],
            capture_output=True,
            text=True,
            cwd=place,
            env=os.environ | {"PYTHONPATH": str(TOP)},
            check=False,
        )
        assert done.stderr in ("Interrupted.\n", ""), module
        assert done.returncode == (130 if done.stderr else 0), module


@posix
@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_a_closed_terminal_ends_a_training_that_is_kept(run, project: str, place: Path, name: str) -> None:
    process = program(place, "train", project, "--recipe", "tiny.toml", "--steps", "1000000")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("step 3"):
            break
    process.send_signal(getattr(signal, name))
    process.communicate()
    assert process.returncode == 130
    (found,) = json.loads(run(f"info {project} --json").out)["runs"]
    assert found["status"] == "stopped"
    assert found["can_resume"]


# ---------------------------------------------------------------- files that are none


@pytest.fixture
def never_ends(place: Path) -> Callable[[str], Path]:
    """Makes something under a name that would keep its reader waiting for ever."""

    def make(name: str) -> Path:
        if name.startswith("socket"):
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(name)
        else:
            os.mkfifo(name)
        return place / name

    return make


@posix
@pytest.mark.parametrize("what", ["pipe", "socket"])
@pytest.mark.timeout(120)
def test_pipes_and_sockets_are_no_files(run, trained: str, never_ends: Callable[[str], Path], what: str) -> None:
    for ending in ("vrnn", "csv", "wav", "txt", "npz", "toml", "svg", "gif", "png", "zip"):
        never_ends(f"{what}.{ending}")
    lines = [
        f"info {what}.vrnn",
        f"new {what}.vrnn",
        f"check {what}.vrnn",
        f"check {what}.vrnn --repair --out x.vrnn",
        f"import {trained} {what}.csv",
        f"import {trained} {what}.wav",
        f"import {trained} {what}.txt",
        f"import {trained} {what}.npz --kind roll",
        f"import {what}.vrnn tiny.toml",
        f"train {trained} --recipe {what}.toml",
        f"generate {trained} --begin {what}.csv --out x.svg",
        f"generate {trained} --out {what}.svg --length 5",
        f"generate {trained} --out {what}.gif --length 5",
        f"evaluate {trained} --on {what}.csv",
        f"copy-synthesis {what}.wav --out x.wav",
        f"copy-synthesis tiny.toml --out {what}.wav",
        f"pattern sine --out {what}.csv",
        f"compare {trained} --out {what}.csv --count 1",
        f"compare {trained} --image {what}.png --count 1",
        f"inside {trained} --item 1 --out {what}.png",
        f"doctor --bundle {what}.zip",
    ]
    for line in lines:
        said = run(line)
        assert said.code == 1, line
        assert "mistake in the studio" not in said.err, line
        assert len(said.err.splitlines()) in (1, 2), line
    for ending in ("csv", "svg", "gif", "png", "zip"):
        assert not Path(f"{what}.{ending}").is_file(), "it was replaced"


@posix
def test_a_folder_with_a_pipe_in_it_comes_in_without_it(run, project: str, place: Path) -> None:
    (place / "mixed").mkdir()
    (place / "mixed" / "one.json").write_text("[[[0, 1], [2, 3], [4, 5]]]")
    os.mkfifo(place / "mixed" / "two.json")
    os.mkfifo(place / "mixed" / "three.wav")
    said = run(f"import {project} mixed")
    assert said.code == 0
    assert "One drawing came in" in said.out
    assert "two.json" in said.err
    assert "three.wav" in said.err


def test_half_a_letter_in_one_file_keeps_only_that_one_out(run, project: str, place: Path) -> None:
    (place / "good.json").write_text("[[[0, 1], [2, 3], [4, 5]]]")
    (place / "bad.json").write_text('{"label": "\\ud800", "strokes": [[[0, 1], [2, 3], [4, 5]]]}')
    (place / "bad.ndjson").write_text('{"word": "\\udfff", "drawing": [[[0, 1], [2, 3]]]}\n')
    (place / "also.json").write_text("[[[0, 1], [2, 3], [4, 6]]]")
    said = run(f"import {project} good.json bad.json bad.ndjson also.json")
    assert said.code == 0
    assert "mistake" not in said.err
    assert "bad.json" in said.err
    assert "bad.ndjson" in said.err
    assert "2 drawings came in" in said.out.lower().replace("two", "2")


@posix
def test_names_that_are_no_text_come_in_under_another(run, project: str, place: Path) -> None:
    folder = place / os.fsdecode(b"f\xff")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system has only names that are text")
    (folder / os.fsdecode(b"\xfe.json")).write_text("[[[0, 1], [2, 3], [4, 5]]]")
    assert run(["import", project, str(folder)]).code == 0
    said = run(f"info {project}")
    assert said.code == 0
    assert "\ufffd" in said.out


# ---------------------------------------------------------------- what is there already


def test_a_second_demonstration_leaves_the_first_alone(run, place: Path) -> None:
    assert run("demo --out there --steps 2").code == 0
    before = {path.name: path.read_bytes() for path in (place / "there").iterdir()}
    said = run("demo --out there --steps 3")
    assert said.code == 0
    assert "demo-2.vrnn" in said.out
    assert {path.name: path.read_bytes() for path in (place / "there").iterdir() if path.name in before} == before
    assert {"demo-2.vrnn", "demo-2.gif", "demo-2.svg"} <= {path.name for path in (place / "there").iterdir()}


@posix
def test_no_draft_is_written_through_a_link(run, place: Path) -> None:
    """Whoever may write in this folder puts a link where a draft might come to lie."""
    victim = place / "victim"
    victim.write_text("precious")
    for name in ("report.zip", "new.vrnn", "s.csv", "x.vrnn"):
        for foreseeable in (f".{name}.{os.getpid()}", f".{name}.part", f"{name}.part", f"{name}.tmp", f".{name}.tmp"):
            (place / foreseeable).symlink_to(victim)
    assert run("doctor --bundle report.zip").code == 0
    assert run("pattern sine --out s.csv").code == 0
    assert victim.read_text() == "precious"


def test_a_training_that_cannot_be_kept_has_failed(run, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the disk is so full that not even this can be written into the project."""
    from studio.errors import StudioError
    from studio.project.runs import Runs

    def full(*arguments: object, **options: object) -> None:
        raise StudioError("The disk is full.")

    monkeypatch.setattr(Runs, "save_checkpoint", full)
    monkeypatch.setattr(Runs, "set_status", full)
    monkeypatch.setattr(Runs, "add_metrics", full)
    said = run(f"train {project} --recipe tiny.toml")
    assert said.code == 1
    assert said.err.splitlines()[-1] == "The disk is full."
