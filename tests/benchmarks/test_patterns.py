"""The patterns that decide, learned by the command line: are the shares, the counts and the shapes right?

    pytest -s tests/benchmarks/test_patterns.py

Prints what it finds. A perfect process exceeds a total variation of 0.1 in about two of a hundred single traces of
20,000 points, so traces are pooled and intervals printed.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from studio import cli
from studio.evaluation.transitions import TurnStatistics, pattern_statistics
from studio.files.readers import read_materials
from studio.sequences.patterns import PATTERNS, ClosedPattern

SEED = 1
TRACES, POINTS = 8, 20_000
MATERIAL = ("--count", "120", "--points", "1024", "--seed", str(SEED))


def run(*words: object) -> None:
    arguments = [str(word) for word in words]
    print("vrnn-studio", *arguments, flush=True)
    assert cli.main(arguments) == 0


def learned(name: str, recipe: str, folder: Path) -> Path:
    """A project that has learned a pattern."""
    project = folder / f"{name}.vrnn"
    run("pattern", name, *MATERIAL, "--out", folder / "material")
    run("new", project)
    run("import", project, folder / "material")
    began = time.process_time()
    run("train", project, "--recipe", recipe, "--seed", SEED)
    print(f"trained in {time.process_time() - began:.0f} s of one processor's time")
    return project


def drawn(project: Path, out: Path, *words: object, points: int = POINTS) -> list[np.ndarray]:
    """Free-running traces ``[N, 2]``."""
    run("generate", project, "--count", TRACES, "--length", points, "--seed", SEED, *words, "--out", out)
    return [item.material.points for item in read_materials([out]).materials]


def judged(traces: list[np.ndarray], pattern: ClosedPattern) -> TurnStatistics:
    statistics = pattern_statistics(traces, pattern)
    print(f"bad turns      {statistics.bad}")
    for shape, share in statistics.shares.items():
        print(f"share of {shape:9s} {share}")
    print(f"wrong counts   {statistics.wrong_counts}")
    print(f"median error   {100 * statistics.median_error:.2f}% of the size")
    return statistics


def closed(name: str) -> ClosedPattern:
    pattern = PATTERNS[name]
    assert isinstance(pattern, ClosedPattern)
    return pattern


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["patterns"])
def test_eye(recipe: str, tmp_path: Path) -> None:
    pattern = closed("eye")
    project = learned("eye", recipe, tmp_path)
    statistics = judged(drawn(project, tmp_path / "as-trained"), pattern)
    assert statistics.shares["thin"].value == pytest.approx(1 / 3, abs=0.06)
    assert statistics.bad.value < 0.02
    assert statistics.median_error < 0.02

    print("without any chance:")
    still = judged(
        drawn(project, tmp_path / "still", "--latent-variance", 0, "--output-variance", 0, points=2000), pattern
    )
    assert still.bad.value < 0.05


@pytest.mark.slow
def test_the_choice_of_the_eye_lives_in_z(tmp_path: Path) -> None:
    """One Gaussian for the output: the latent variance decides how often the rarer oval is drawn."""
    pattern = closed("eye")
    project = learned("eye", "patterns-latent", tmp_path)
    thin = []
    for latent in (0, 0.5, 1):
        print(f"latent variance {latent}:")
        out = tmp_path / f"latent-{round(100 * latent)}"
        statistics = judged(drawn(project, out, "--latent-variance", latent), pattern)
        assert statistics.bad.value < 0.02
        thin.append(statistics.shares["thin"].value)
    assert thin[0] < 0.05
    assert thin[0] < thin[1] < thin[2]
    assert thin[2] == pytest.approx(1 / 3, abs=0.04)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["patterns"])
def test_circle_triangle_eight(recipe: str, tmp_path: Path) -> None:
    pattern = closed("circle-triangle-eight")
    project = learned(pattern.name, recipe, tmp_path)
    statistics = judged(drawn(project, tmp_path / "as-trained"), pattern)
    table = statistics.transitions
    distances = table.total_variation(pattern.true_transitions())
    print(f"after          {'  '.join(f'{name:>9s}' for name in table.names)}   total variation")
    for name, row in zip(table.names, table.probabilities, strict=True):
        print(f"{name:14s} {'  '.join(f'{value:9.3f}' for value in row)}   {distances[name]:.3f}")
    assert max(distances.values()) < 0.12
    assert statistics.bad.value < 0.02
    assert statistics.wrong_counts.value < 0.05
    assert statistics.median_error < 0.02
