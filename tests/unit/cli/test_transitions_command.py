"""``vrnn-studio transitions``: what follows upon what, in drawings there are and in what a run draws."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest


def test_drawings_of_the_pattern_itself(run, project: str, place: Path) -> None:
    assert run("pattern circle-triangle-eight --count 4 --points 4096 --seed 1 --out traces/").code == 0
    found = json.loads(run(f"transitions {project} --pattern circle-triangle-eight --on traces --json").out)
    assert (found["pattern"], found["on"], found["turns"]) == ("circle-triangle-eight", "4 drawings", 4 * 128)
    assert found["bad"]["share"] == 0
    assert found["wrong_counts"]["count"] == 0
    assert found["transitions"]["circle"]["triangle"]["probability"] == 1
    row = found["transitions"]["triangle"]
    assert sum(cell["probability"] for cell in row.values()) == pytest.approx(1)
    for cell in row.values():
        assert cell["true"] == pytest.approx(1 / 3)
        assert cell["interval"][0] <= cell["true"] <= cell["interval"][1]
    assert found["total_variation"]["circle"] == 0

    said = run(f"transitions {project} --pattern circle-triangle-eight --on traces")
    assert said.code == 0
    assert "Turns of the pattern circle-triangle-eight in 4 drawings:" in said.out
    (line,) = [line for line in said.out.splitlines() if re.match(r"  triangle .*\] 0\.333 ", line)]
    assert line.count("[") == 3
    assert re.search(rf"{found['total_variation']['triangle']:.3f} of \d+$", line)


def test_the_truth_follows_the_parameters(run, project: str) -> None:
    assert run("pattern eye --count 2 --points 4096 --seed 1 --set thin_share=0.8 --out eyes/").code == 0
    found = json.loads(run(f"transitions {project} --pattern eye --set thin_share=0.8 --on eyes --json").out)
    assert found["transitions"]["wide"]["thin"]["true"] == pytest.approx(0.8)
    low, high = found["shares"]["thin"]["interval"]
    assert low < 0.8 < high


def test_what_a_run_draws(run, trained: str) -> None:
    said = run(f"transitions {trained} --pattern eye --count 2 --length 200 --latent-variance 0.5")
    assert said.code == 0, said.err
    assert "2 drawings by tiny-1 at step 6, latent variance 0.5, output variance 1:" in said.out
    again = run(f"transitions {trained} --pattern eye --count 2 --length 200 --latent-variance 0.5")
    assert again.out == said.out
    facts = json.loads(run(f"transitions {trained} --pattern eye --count 1 --length 300 --json").out)
    assert facts["turns"] == facts["bad"]["count"]  # after six steps it has learned nothing
    assert facts["shares"]["thin"] == {"share": None, "interval": [0, 1], "count": 0, "of": 0}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("--pattern sine", "cannot be told apart"),
        ("--pattern eye --set thinness=1", "no parameter 'thinness'"),
        ("--pattern eye --set thin_share=much", "must be a number"),
        ("--pattern eye", "Nothing has been learned yet"),
    ],
)
def test_what_cannot_be_looked_at(run, project: str, words: str, reason: str) -> None:
    said = run(f"transitions {project} {words}")
    assert said.code in (1, 2)
    assert said.out == ""
    assert reason in said.err
