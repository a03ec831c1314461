"""Every example of the help and of the README does what it says, on material of its kind and in a few steps."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from studio.cli.parser import build_parser

README = Path(__file__).parents[3] / "README.md"
Run = Callable[..., Any]

FEW = {
    "train": "--steps 2 --seed 1 --device cpu",
    "demo": "--steps 2",
    "transitions": "--count 2 --length 300",
    "generate": "--length 30",
}
SMALL = "--set hidden=8 --set batch=2 --set window=16 --set validate_every=2 --set save_seconds=1000"


def examples() -> Iterator[str]:
    """The lines below "example:" in the help of the program and of every command, and those of the README."""
    parser = build_parser()
    commands = next(action for action in parser._actions if hasattr(action, "choices") and action.choices)
    for each in [parser, *commands.choices.values()]:  # type: ignore[union-attr, attr-defined]
        yield from re.findall(r"^  (vrnn-studio .*)$", each.epilog or "", re.MULTILINE)
    for block in re.findall(r"```(?:sh|bash|console)?\n(.*?)```", README.read_text("utf-8"), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("vrnn-studio ") and not re.search(r"\[|PROJECT|  |FILE", line.partition("#")[0].strip()):
                yield line.partition("#")[0].strip()


LINES = list(dict.fromkeys(examples()))


def words_of(line: str, place: Path) -> list[str]:
    """What a shell makes of it: patterns of files become files, and what follows `>` is left out."""
    words = shlex.split(line.partition(">")[0])[1:]
    found: list[str] = []
    for word in words:
        paths = sorted(place.glob(word)) if "*" in word else []
        found += [str(path.relative_to(place)) for path in paths] or [word]
    return found


def prepare(run: Run, place: Path) -> None:
    """The projects and files that examples speak of, each project with a run of every name that they mention."""
    assert run("pattern eight --count 6 --points 40 --out drawings").code == 0
    assert run("pattern eye --count 6 --points 80 --out eye").code == 0
    assert run("pattern spiral --count 6 --points 40 --out spiral").code == 0
    for name, source in {
        "more.csv": "drawings/0001.csv",
        "half.csv": "drawings/0002.csv",
        "one.csv": "spiral/0001.csv",
        "two.csv": "spiral/0002.csv",
    }.items():
        shutil.copy(place / source, place / name)
    shutil.copytree(place / "drawings", place / "other")
    (place / "recordings").mkdir()
    chance = np.random.default_rng(0)
    for i, label in enumerate(("seven", "six") * 3):
        sound = 0.2 * np.sin(np.arange(8000) / (4 + i)) + 0.01 * chance.standard_normal(8000)
        soundfile.write(place / "recordings" / f"{label}_anna_{i}.wav", sound, 16000)
    shutil.copy(place / "recordings" / "seven_anna_0.wav", place / "word.wav")
    (place / "rolls").mkdir()
    for i in range(4):
        keys = (chance.random((40, 13)) < 0.2).astype(np.uint8)
        np.save(place / "rolls" / f"{i}.npy", keys)
    (place / "gaze").mkdir()
    rows = "\n".join(f"{k * 4000},{k % 7},{k % 5},{k // 20}" for k in range(40))
    (place / "gaze" / "one.csv").write_text(f"stamp,gaze_x,gaze_y,trial\n{rows}\n")
    assert run("new gaze.vrnn").code == 0
    (place / "notes.txt").write_text("Monday. Rain again, and wind from the west.\n" * 40)
    for project, source, recipe, names in (
        ("eights", "drawings", "pens", ("vrnn-gmm", "rnn-gmm")),
        ("eye", "eye", "patterns", ("patterns-1",)),
        ("digits", "recordings --kind audio", "speech --set label_embedding=2", ("rnn-gmm", "vrnn")),
        ("tunes", "rolls --kind roll", "roll", ("roll-1",)),
        ("notes", "notes.txt", "text", ("text-1",)),
        ("shapes", "spiral", "vae", ("vae-1",)),
    ):
        assert run(f"new {project}.vrnn").code == 0
        assert run(f"import {project}.vrnn {source}").code == 0
        for name in names:
            settings = "--steps 2 --set batch=2" if recipe == "vae" else f"--steps 2 {SMALL}"
            said = run(f"train {project}.vrnn --recipe {recipe} {settings} --run {name}")
            assert said.code == 0, said
    (place / "backup").mkdir()
    for copy in ("eights.version-1.vrnn", "backup/eights.vrnn"):
        shutil.copy(place / "eights.vrnn", place / copy)


def test_examples_are_found() -> None:
    assert len(LINES) > 40
    commands = {line.split()[1] for line in LINES}
    assert {
        "demo",
        "new",
        "pattern",
        "import",
        "train",
        "generate",
        "evaluate",
        "compare",
        "inside",
        "doctor",
    } <= commands


def test_every_example_works(run: Run, place: Path, left: Path) -> None:
    prepare(run, place)
    for line in LINES:
        words = words_of(re.sub(r" --minutes \d+", "", line), place)
        made = [place / word for word in words[1:] if words[0] in ("new", "recover") and word.endswith(".vrnn")]
        for project in made:  # what follows needs what is in it
            project.replace(place / "aside")
        if words[0] in FEW and "--seconds" not in words and "--extrapolate" not in words:
            small = SMALL if words[0] == "train" and "--resume" not in words else ""
            words += f"{FEW[words[0]]} {small}".split()
        if "--resume" in words:
            words += ["--steps", "4"]
        said = run(words)
        assert said.code == 0 or words[0] == "doctor", f"{line}: {said}"
        for project in made:
            (place / "aside").replace(project)
