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

from studio.files.readers import read_materials
from studio.sequences.material import FloatArray

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


WHOLE = "--set model.whole=3 --set training.batches=whole --set training.average=0.9 --set look_ahead=0"


@pytest.fixture
def of_whole(run: Run, project: str) -> str:
    """A project whose run draws g."""
    assert run(f"train {project} --recipe tiny.toml --seed 3 {WHOLE}").code == 0
    return project


def test_map_of_g(run: Run, of_whole: str, place: Path) -> None:
    said = run(f"inside {of_whole} --map map.csv")
    assert said.code == 0, said.err
    assert "g of 6 pieces; the map shows" in said.out
    with (place / "map.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["item"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    facts = json.loads(run(f"inside {of_whole} --map map.npz --json").out)
    assert [piece["xy"] for piece in facts["pieces"]] == [[float(row["x"]), float(row["y"])] for row in rows]
    with np.load(place / "map.npz", allow_pickle=False) as arrays:
        assert arrays["g"].shape == (6, 3)


def test_what_lies_at_a_point_of_the_map(run: Run, of_whole: str, place: Path) -> None:
    for name, where in (("one", "-0.2 0.1"), ("again", "-0.2 0.1"), ("other", "0.9 0.1")):
        said = run(f"generate {of_whole} --at {where} --latent-variance 0 --output-variance 0 --out {name}.csv")
        assert said.code == 0, said.err
    one, again, other = ((place / f"{name}.csv").read_text() for name in ("one", "again", "other"))
    assert one == again
    assert one != other


@pytest.fixture
def of_two_shapes(run: Run, place: Path) -> str:
    """A project of three eights and three spirals, whose run draws g."""
    assert run("new two.vrnn").code == 0
    for name in ("eight", "spiral"):
        assert run(f"pattern {name} --count 3 --points 40 --out {name}.json").code == 0
        assert run(f"import two.vrnn {name}.json --label {name}").code == 0
    said = run("train two.vrnn --recipe pens --steps 30 --seed 1 --set training.validation=0")
    assert said.code == 0, said.err
    return "two.vrnn"


def walked(run: Run, place: Path, which: str, count: int = 5) -> list[FloatArray]:
    """The points of each drawing on the walk between two."""
    steady = "--latent-variance 0 --output-variance 0"
    said = run(f"generate two.vrnn --interpolate {which} --count {count} {steady} --out row.json")
    assert said.code == 0, said.err
    assert f"Wrote {count} drawings" in said.out
    return [item.material.points for item in read_materials([place / "row.json"]).materials]


def test_a_walk_between_two_drawings_of_the_project(run: Run, of_two_shapes: str, place: Path) -> None:
    row, back, stay = (walked(run, place, which) for which in ("1 4", "4 1", "1 1"))
    for one, other in zip(row, reversed(back), strict=True):
        np.testing.assert_allclose(one[:20], other[:20], atol=0.02 * np.ptp(row[0]))
    np.testing.assert_allclose(row[0], stay[-1], atol=1e-3)
    assert np.abs(row[0][:20] - row[-1][:20]).max() > 0.1 * np.ptp(row[0])
    assert run(f"export {of_two_shapes} --out each/").code == 0
    files = sorted((place / "each").iterdir())
    by_name = walked(run, place, f"{files[0].relative_to(place)} {files[3].relative_to(place)}")
    for one, other in zip(row, by_name, strict=True):
        np.testing.assert_allclose(one[:20], other[:20], atol=1e-2 * np.ptp(row[0]))


def test_a_walk_to_another_shape_says_so(run: Run, of_two_shapes: str) -> None:
    for which, said in (("1 4", True), ("1 2", False)):
        made = run(f"generate {of_two_shapes} --interpolate {which} --count 3 --out row.json")
        assert made.code == 0
        assert ("These two are drawn in different ways" in made.err) == said


def test_a_walk_to_no_drawing_is_refused(run: Run, of_two_shapes: str) -> None:
    refused = run(f"generate {of_two_shapes} --interpolate 2 99 --out x.json")
    assert refused.code == 1
    assert refused.err == "There is no drawing 99: two has 6 drawings.\n"
    assert run(f"generate {of_two_shapes} --interpolate 0 1 --out x.json").code == 2


def test_g_and_z_can_be_given_variances_of_their_own(run: Run, of_whole: str, place: Path) -> None:
    for name, more in (
        ("both", "--latent-variance 0.5"),
        ("apart", "--whole-variance 0.5 --step-variance 0.5"),
        ("other", "--latent-variance 0.5 --whole-variance 0"),
    ):
        said = run(f"generate {of_whole} --count 1 --seed 3 {more} --output-variance 0 --out {name}.csv")
        assert said.code == 0, said.err
    both, apart, other = ((place / f"{name}.csv").read_text() for name in ("both", "apart", "other"))
    assert both == apart != other
    assert run(f"generate {of_whole} --whole-variance -1 --out a.csv").code == 2


def test_a_variance_of_g_is_refused_where_there_is_none(run: Run, trained: str) -> None:
    said = run(f"generate {trained} --whole-variance 0.5 --out a.csv")
    assert said.code == 0
    assert "draws no latent variable g" in said.err


def test_the_map_refuses(run: Run, of_whole: str, trained: str) -> None:
    assert "known are .csv, .npz" in run(f"inside {of_whole} --map map.png").err
    said = run(f"inside {of_whole} --map map.csv --item 1 --out a.png")
    assert said.code == 2
    assert "leave --item and --out out" in said.err
    said = run(f"generate {of_whole} --at 0 0 --begin eights --out a.csv")
    assert said.code == 2
    assert "--at are different things" in said.err
    assert run(f"generate {of_whole} --at nan 0 --out a.csv").code == 2
    assert "leave --label out" in run(f"generate {of_whole} --at 0 0 --label eight --out a.csv").err
    for line in (f"inside {trained} --map map.csv", f"generate {trained} --at 0 0 --out a.csv"):
        said = run(f"{line} --run tiny-2")
        assert said.code == 1
        assert "no latent variable g" in said.err
