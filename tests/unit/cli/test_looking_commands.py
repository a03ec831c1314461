"""Comparing runs and looking inside one, by the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., Any]


@pytest.fixture
def two(run: Run, trained: str) -> str:
    """A project with two runs, one of them without z."""
    assert run(f"train {trained} --recipe tiny.toml --set latent=0 --seed 4 --run plain").code == 0
    return trained


def test_compare(run: Run, two: str, place: Path) -> None:
    said = run(f"compare {two} --out table.csv --image table.svg --count 2 --seed 7")
    assert said.code == 0, said.err
    assert "on the 2 drawings that both runs held back" in said.out
    assert "RNN-GMM" in said.out
    assert "Wrote table.csv." in said.out
    with (place / "table.csv").open() as file:
        rows = {row["run"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {"tiny-1", "plain"}
    evaluated = json.loads(run(f"evaluate {two} --run plain --json").out)
    assert float(rows["plain"]["nats_per_frame"]) == pytest.approx(evaluated["nats_per_frame"]["mean"])
    assert (place / "table.svg").read_text().count("<polyline") >= 6


def test_compare_chosen_runs_as_json(run: Run, two: str) -> None:
    said = run(f"compare {two} plain --json")
    assert said.code == 0
    found = json.loads(said.out)
    assert [row["run"] for row in found["runs"]] == ["plain"]
    assert found["runs"][0]["parameters"] > 0
    assert found["runs"][0]["training_seconds"] > 0
    assert run(f"compare {two} nobody").code == 1


def test_compare_refuses_endings_before_it_measures(run: Run, two: str) -> None:
    for wrong in ("--out table.png", "--image table.csv"):
        said = run(f"compare {two} {wrong}")
        assert said.code == 2
        assert "known are" in said.err
    said = run(f"compare {two} --image table.png --zoom 0")
    assert said.code == 2
    assert "not a number above 0" in said.err


def test_inside(run: Run, trained: str, place: Path) -> None:
    said = run(f"inside {trained} --item 2 --out inside.csv")
    assert said.code == 0, said.err
    assert "tiny-1 at step 6" in said.out
    assert "KL from prior to posterior" in said.out
    with (place / "inside.csv").open() as file:
        rows = list(csv.DictReader(file))
    facts = json.loads(run(f"inside {trained} --item 2 --json").out)
    assert [float(row["kl"]) for row in rows] == facts["kl"]
    assert facts["elbo_nats"] == pytest.approx(-np.sum(facts["kl"]) - np.sum(facts["nll"]))
    assert facts["step"] == 6


def test_inside_at_an_earlier_step(run: Run, trained: str) -> None:
    now, before = (json.loads(run(f"inside {trained} --json {more}").out) for more in ("", "--step 2"))
    assert (now["step"], before["step"]) == (6, 2)
    assert now["kl"] != before["kl"]


@pytest.mark.parametrize(("name", "frames"), [("inside.png", 1), ("inside.gif", 3)])
def test_inside_as_a_picture(run: Run, trained: str, place: Path, name: str, frames: int) -> None:
    said = run(f"inside {trained} --out {name} --reconstruction --light --colour mean_change")
    assert said.code == 0, said.err
    with Image.open(place / name) as picture:
        assert getattr(picture, "n_frames", 1) == frames


def test_inside_refuses(run: Run, trained: str) -> None:
    assert run(f"inside {trained} --out inside.pdf").code == 2
    said = run(f"inside {trained} --item 99")
    assert said.code == 1
    assert "has 6" in said.err
