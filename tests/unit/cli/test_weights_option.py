"""Which weights a command uses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio.project.file import Project

Run = Callable[..., Any]


@pytest.fixture
def two_kinds(run: Run, trained: str, place: Path) -> str:
    """A run that uses its best weights: those of step 2, which were kept, are made out to be those of step 1."""
    said = run(f"train {trained} --recipe tiny.toml --set weights=best --seed 5 --run wild")
    assert said.code == 0, said.err
    project = Project.open(place / trained)
    try:
        wild = project.runs.all()[-1].id
        project.runs.save_checkpoint(wild, replace(project.runs.snapshot(wild, 2), kind="best", step=1))
    finally:
        project.close()
    return trained


def test_what_is_used_is_what_the_recipe_says_and_is_told(run: Run, two_kinds: str) -> None:
    said = run(f"evaluate {two_kinds} --json")
    assert json.loads(said.out)["step"] == 1
    assert said.err == "wild: best, step 1, by its recipe; --weights last: step 6.\n"
    assert ", used: best, step 1" in run(f"info {two_kinds}").out


@pytest.mark.parametrize(("weights", "step"), [("best", 1), ("last", 6), ("6", 6), ("2", 2)])
def test_every_command_uses_those_asked_for(run: Run, two_kinds: str, weights: str, step: int) -> None:
    wanted = f"--run wild --weights {weights}"
    said = run(f"evaluate {two_kinds} {wanted} --json")
    assert json.loads(said.out)["step"] == step
    assert said.err == ""
    assert json.loads(run(f"inside {two_kinds} {wanted} --json").out)["step"] == step
    compared = json.loads(run(f"compare {two_kinds} wild --weights {weights} --json").out)
    assert [row["step"] for row in compared["runs"]] == [step]
    said = run(f"transitions {two_kinds} {wanted} --pattern eye --count 1 --length 200")
    assert f"by wild at step {step}" in said.out


def test_drawings_differ_with_the_weights(run: Run, two_kinds: str, place: Path) -> None:
    drawn = {}
    for weights in ("best", "last", "1"):
        assert run(f"generate {two_kinds} --length 20 --seed 1 --weights {weights} --out {weights}.csv").code == 0
        drawn[weights] = (place / f"{weights}.csv").read_text()
    assert drawn["best"] == drawn["1"] != drawn["last"]


@pytest.mark.parametrize(
    "line",
    ["generate {} --out a.csv", "evaluate {}", "inside {}", "compare {} wild", "transitions {} --pattern eye"],
)
def test_weights_that_are_not_there(run: Run, two_kinds: str, line: str) -> None:
    said = run(line.format(two_kinds) + " --weights 4")
    assert (said.code, said.out) == (1, "")
    assert said.err.endswith("kept no weights of step 4: choose one of best (step 1), last (step 6), 0, 2.\n")


def test_a_latent_variance_that_moves_nothing_is_told(run: Run, trained: str, place: Path) -> None:
    assert run(f"train {trained} --recipe tiny.toml --set latent=0 --run plain").code == 0
    said = run(f"generate {trained} --run plain --length 5 --latent-variance 2 --out a.csv")
    assert said.err == "This model has no latent variable: all chance is in its output.\n"
    assert run(f"generate {trained} --run plain --length 5 --output-variance 2 --out a.csv").err == ""
    project = Project.open(place / trained)
    try:
        first = project.runs.all()[0].id
        project.runs.note(first, "last", 6, {"latent_share": 0.031})
    finally:
        project.close()
    told = "decide only 3% of what varies"
    commands = (
        "generate {} --run tiny-1 --length 5 --latent-variance 2 --out a.csv",
        "transitions {} --run tiny-1 --pattern eye --count 1 --length 200 --latent-variance 2",
    )
    for command in commands:
        said = run(command.format(trained))
        assert said.code == 0
        assert told in said.err


def test_whether_it_moves_anything_is_measured_once_and_kept(run: Run, trained: str, place: Path) -> None:
    assert run(f"generate {trained} --length 5 --latent-variance 2 --out a.csv").code == 0
    project = Project.open(place / trained)
    try:
        kept = project.runs.checkpoint_meta(project.runs.all()[0].id, "last")["latent_share"]
    finally:
        project.close()
    assert kept >= 0
