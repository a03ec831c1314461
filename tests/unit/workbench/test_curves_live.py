"""Live pens of models of continuous time: the field behind them, and the row from one drawing to another."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from tiny import PATIENCE, circle

from studio.assets import resource
from studio.errors import StudioError
from studio.generation.backdrop import Extrapolation, Field
from studio.sequences.material import Drawing
from studio.training.recipe import Recipe
from studio.workbench import GenerationSettings, LivePens, Workbench

SMALL = {
    "neural-ode": {"dynamics.widths": (6,), "training.window": 6},
    "latent-ode": {"model.hidden": 6, "dynamics.widths": (6,)},
    "vae": {"points": 12, "length": 12, "features": 3},
}


def learned(bench: Workbench, name: str) -> None:
    recipe = Recipe.from_toml(resource("recipes", f"{name}.toml").read_text("utf-8"))
    recipe = recipe.changed({_path(recipe, key): value for key, value in SMALL[name].items()})
    bench.train(recipe.changed({"steps": 3, "batch": 2}), seed=1)
    until(lambda: bench.poll() or bench.training.phase == "idle")


def _path(recipe: Recipe, key: str) -> str:
    return f"model.{key}" if key.endswith("widths") else key


def until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.001)


def drawn(pens: LivePens) -> list[Drawing]:
    until(lambda: pens.read(20) is None or pens.finished or pens.error)
    assert pens.error == ""
    return pens.drawings()


def test_a_field_stands_behind_the_pens_and_follows_newer_weights(full: Workbench) -> None:
    learned(full, "neural-ode")
    pens = full.live(GenerationSettings(count=1, length=10))
    drawn(pens)
    first = pens.backdrop
    assert isinstance(first, Field)
    assert pens.has_field
    pens.refresh()
    until(lambda: not pens.refreshing and pens.backdrop is not first)
    assert isinstance(pens.backdrop, Field)
    np.testing.assert_allclose(pens.backdrop.velocities, first.velocities)  # the same weights
    pens.close()


def test_observed_points_have_a_curve_behind_the_pens(full: Workbench) -> None:
    learned(full, "latent-ode")
    pens = full.live(GenerationSettings(count=1, length=40, begin=circle(3)))
    drawn(pens)
    assert isinstance(pens.backdrop, Extrapolation)
    assert not pens.has_field
    pens.close()
    found = full.wait(full.extrapolate(circle(3), after=0)).result
    assert isinstance(found, Extrapolation)
    assert found.after is None
    np.testing.assert_allclose(found.within, pens.backdrop.within, atol=1e-3)


def test_pens_lead_from_one_drawing_to_another(full: Workbench) -> None:
    learned(full, "vae")
    settings = GenerationSettings(count=3, between=(circle(1), circle(2)), output_variance=0.0)
    pens = full.live(settings)
    assert pens.in_a_row
    live, made = drawn(pens), full.wait(full.generate(settings)).result
    for one, other in zip(live, made, strict=True):
        np.testing.assert_allclose(one.points, other.points, atol=1e-4)
    assert not np.allclose(made[0].points, made[2].points, atol=1e-3)
    pens.close()


def test_what_cannot_be_done_is_said_beforehand(full: Workbench) -> None:
    assert full.why_not_between() == full.why_not_extrapolate() == full.why_not_generate() != ""
    learned(full, "neural-ode")
    assert "latent variable" in full.why_not_between()
    assert full.why_not_begin() == ""
    with pytest.raises(StudioError, match="train a latent ODE"):
        full.extrapolate(circle())
    learned(full, "vae")
    assert full.why_not_between() == ""
    assert "in one piece" in full.why_not_begin()
