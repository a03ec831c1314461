"""Curves in continuous time, and ways from one drawing to another, by the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.files.readers import read_drawing, read_materials
from studio.sequences.material import SERIES_HEIGHT

Run = Callable[..., Any]

SMALL = "--steps 4 --set batch=2 --set validate_every=2 --seed 1"
VAE = f"--recipe vae --set encoder.widths=[8] --set decoder.widths=[8] --set features=4 {SMALL}"
LATENT = f"--recipe latent-ode --set model.hidden=6 --set dynamics.widths=[6] --set decoder.widths=[6] {SMALL}"


@pytest.fixture
def pieces(run: Run, place: Path) -> str:
    """A project with pieces of spirals, whose times have gaps."""
    assert run("pattern two-spirals --count 3 --points 30 --set missing=0.3 --out pieces.json").code == 0
    assert run("pattern two-spirals --seed 8 --points 30 --set missing=0.3 --out another.json").code == 0
    assert run("new p.vrnn").code == 0
    assert run("import p.vrnn pieces.json").code == 0
    return "p.vrnn"


def test_a_row_from_one_drawing_to_another(run: Run, place: Path, pieces: str) -> None:
    assert run(f"train {pieces} {VAE}").code == 0
    said = run(f"generate {pieces} --interpolate another.json another.json --count 3 --out row.json")
    assert said.code == 0
    row = [item.material for item in read_materials([place / "row.json"]).materials]
    assert [len(drawing) for drawing in row] == [64] * 3
    for drawing in row:  # from something to itself
        assert drawing.points == pytest.approx(row[0].points, abs=1e-3)
    refused = run(f"generate {pieces} --begin another.json --out x.json")
    assert refused.code == 1
    assert "in one piece" in refused.err


def test_a_curve_beyond_its_points(run: Run, place: Path, pieces: str) -> None:
    assert run(f"train {pieces} {LATENT}").code == 0
    assert run(f"generate {pieces} --extrapolate another.json --before 0 --after 1 --out on.json").code == 0
    found = read_drawing(place / "on.json")
    assert [len(stroke) for stroke in found.strokes] == [200, 200]
    again = run(f"generate {pieces} --extrapolate nowhere.json --out on.json")
    assert again.code == 1
    assert "nowhere.json" in again.err


def test_what_a_model_cannot_do_is_said(run: Run, place: Path, pieces: str) -> None:
    assert run(f"train {pieces} --recipe pens-gmm --set hidden=4 --steps 2 --set batch=2").code == 0
    for option, why in (
        ("--interpolate another.json another.json", "static VAE"),
        ("--extrapolate another.json", "ODE"),
    ):
        refused = run(f"generate {pieces} {option} --out x.json")
        assert refused.code == 1
        assert why in refused.err
    both = run(f"generate {pieces} --begin another.json --extrapolate another.json --out x.json")
    assert both.code == 2
    assert "one of them" in both.err


def test_a_column_of_a_table_is_a_series(run: Run, place: Path) -> None:
    rows = "\n".join(f"{2000 + 0.5 * k},{(k % 7) - 3}" for k in range(30))
    (place / "level.csv").write_text(f"x,y\n{rows}\n", encoding="utf-8")
    assert run("new s.vrnn").code == 0
    assert run("import s.vrnn level.csv").code == 0
    assert run(f"train s.vrnn {LATENT}").code == 0
    assert run("generate s.vrnn --extrapolate level.csv --before 0.5 --after 0.5 --out on.json").code == 0
    x = read_drawing(place / "on.json").points[:, 0]
    assert [x[0], x[-1]] == pytest.approx([2000 - 7.25, 2014.5 + 7.25], abs=1e-2)
    assert (x[1:] >= x[:-1] - 1e-6).all()


def test_a_time_and_a_value_are_learned_and_drawn_as_such(run: Run, place: Path) -> None:
    rows = "\n".join(f"{2000 + 0.5 * k},{1e-3 * ((k % 7) - 3)}" for k in range(30))
    (place / "level.csv").write_text(f"t,value\n{rows}\n", encoding="utf-8")
    assert run("new s.vrnn").code == 0
    assert run("import s.vrnn level.csv").code == 0
    assert run(f"train s.vrnn {LATENT}").code == 0
    assert run("generate s.vrnn --length 20 --out made.csv").code == 0
    assert (place / "made.csv").read_text().startswith("t_s,value\n2000.0,")
    assert run("generate s.vrnn --extrapolate level.csv --out on.svg").code == 0
    assert read_drawing(place / "on.svg").is_series
    look = re.sub(r' data-vrnn-studio="[0-9a-f]*"', "", (place / "on.svg").read_text())  # as of any other program
    (place / "look.svg").write_text(look)
    low, high = read_drawing(place / "look.svg").box
    assert (high - low)[1] / (high - low)[0] == pytest.approx(SERIES_HEIGHT)
    (place / "several.csv").write_text("t,one,other\n0,1,2\n1,2,3\n", encoding="utf-8")
    assert "expected one value for each time" in run("import s.vrnn several.csv").err
