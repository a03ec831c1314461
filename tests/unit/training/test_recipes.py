"""Recipes: the files that travel with the studio, and reading, writing and changing them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.assets import resource
from studio.errors import StudioError
from studio.models.building import build_model
from studio.models.settings import PredictorSettings, VRNNSettings
from studio.sequences.pen import PenSettings
from studio.sequences.sequence import Clock, FrameLayout
from studio.sequences.speech.representation import CODERS
from studio.sequences.speech.settings import SourceFilterSettings
from studio.training.recipe import Recipe

SHIPPED = sorted(file.name for file in resource("recipes").iterdir())
PLAIN = Recipe(name="plain", title="Plain")


def shipped(name: str) -> str:
    return resource("recipes", name).read_text(encoding="utf-8")


def test_these_are_there() -> None:
    assert {"pens.toml", "pens-quick.toml", "patterns.toml", "pens-gmm.toml", "vrnn-gauss.toml"} <= set(SHIPPED)
    assert {"vae.toml", "neural-ode.toml", "latent-ode.toml", "ode-rnn.toml"} <= set(SHIPPED)
    assert {"speech.toml", "speech-log-mel.toml", "speech-raw.toml"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_are_what_the_studio_itself_writes(name: str) -> None:
    recipe = Recipe.from_toml(shipped(name), name)
    assert recipe.to_toml() == shipped(name)
    assert name == f"{recipe.name}.toml"
    assert recipe.title
    assert recipe.summary.endswith(".")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_recipes_make_a_model(name: str) -> None:
    recipe = Recipe.from_toml(shipped(name), name)
    layouts = {
        "pen": FrameLayout(continuous=2, binary=2, step=0.2),
        "audio": FrameLayout(continuous=24, binary=1),
        "text": FrameLayout(continuous=0, categories=40),
        "roll": FrameLayout(continuous=0, independent=30, binary=1),
    }
    by_time = recipe.representation.__struct_config__.tag == "points"
    model = build_model(recipe.model, FrameLayout(2, clock=Clock(0.1)) if by_time else layouts[recipe.material])
    assert type(model.settings) is type(recipe.model)
    assert next(model.parameters()).numel() > 0


def test_the_default_of_earlier_versions_is_what_a_recipe_is_without_settings() -> None:
    pens = Recipe.from_toml(shipped("pens-gmm.toml"))
    assert pens == Recipe(name=pens.name, title=pens.title, summary=pens.summary, group=pens.group)


def test_every_setting_is_explained() -> None:
    for path, _, explanation in PLAIN.settings():
        assert explanation, path
    lines = PLAIN.to_toml().splitlines()
    for before, line in pairwise(lines):
        if " = " in line:
            assert before.startswith("# "), line


@given(
    st.builds(
        lambda hidden, widths, noise, betas, name, title: PLAIN.changed(
            {"hidden": hidden, "model.phi_x.widths": widths, "input_noise": noise, "betas": betas}
            | {"name": name, "title": title}
        ),
        st.integers(1, 8192),
        st.lists(st.integers(1, 100), max_size=3).map(tuple),
        st.floats(0, 1e6),
        st.tuples(st.floats(0, 1), st.floats(0, 1)),
        st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    )
)
def test_toml_and_back(recipe: Recipe) -> None:
    assert Recipe.from_toml(recipe.to_toml()) == recipe


@pytest.mark.parametrize(
    ("settings", "path", "expected"),
    [
        ({"training.learning_rate": 0.01}, "training.learning_rate", 0.01),
        ({"learning_rate": "1e-2"}, "training.learning_rate", 0.01),
        ({"steps": "12"}, "training.steps", 12),
        ({"model.phi_x.widths": "[5, 6]"}, "model.phi_x.widths", (5, 6)),
        ({"phi_x.widths": (5, 6)}, "model.phi_x.widths", (5, 6)),
        ({"recurrence": "lstm"}, "model.recurrence", "lstm"),
        ({"recurrence": '"lstm"'}, "model.recurrence", "lstm"),
        ({"correlated": "true"}, "model.likelihood.correlated", True),
        ({"input_noise": "0"}, "objective.input_noise", 0.0),
    ],
)
def test_changed(settings: dict[str, Any], path: str, expected: object) -> None:
    changed = PLAIN.changed(settings)
    assert {p: v for p, v, _ in changed.settings()}[path] == expected
    others = [(p, v) for p, v, _ in changed.settings() if p != path]
    assert others == [(p, v) for p, v, _ in PLAIN.settings() if p != path]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"widths": "[3]"}, "ambiguous"),
        ({"nonsense": "3"}, "no setting 'nonsense'"),
        ({"steps": "0"}, "training.steps"),
        ({"steps": "many"}, "training.steps"),
        ({"recurrence": "tower"}, "model.recurrence"),
        ({"learning_rate": -1.0}, "training.learning_rate"),
        ({"random_rotation": 200.0}, "objective.random_rotation"),
    ],
)
def test_changes_that_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(StudioError, match=words):
        PLAIN.changed(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "mine.toml is not a TOML file"),
        ('name = "x"', "mine.toml.*title"),
        ('name = "x"\ntitle = "X"\n[training]\nstep = 3', "training.*step"),
        ('name = "x"\ntitle = "X"\n[training]\nsteps = 0.5', "training.steps"),
        ('name = "Big Name"\ntitle = "X"', "name"),
    ],
)
def test_files_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(StudioError, match=words):
        Recipe.from_toml(text, "mine.toml")


def test_recipes_from_before_there_were_recordings_are_for_pens() -> None:
    text = 'name = "old"\ntitle = "Old"\n[representation]\nspacing = 0.1\n'
    recipe = Recipe.from_toml(text)
    assert recipe.representation == PenSettings(spacing=0.1)
    assert recipe.material == "pen"
    assert Recipe.from_toml('name = "old"\ntitle = "Old"').representation == PenSettings()


@pytest.mark.parametrize(("kind", "material"), [("pen", "pen"), *((kind, "audio") for kind in CODERS)])
def test_the_kind_of_a_representation_is_a_setting(kind: str, material: str) -> None:
    recipe = PLAIN.changed({"representation.kind": kind})
    assert recipe.material == material
    assert f'kind = "{kind}"' in recipe.to_toml()
    assert Recipe.from_toml(recipe.to_toml()) == recipe
    assert {path: value for path, value, _ in recipe.settings()}["representation.kind"] == kind


def test_another_kind_keeps_what_both_have() -> None:
    speech = PLAIN.changed({"ends": "no", "representation.kind": "log-mel"}).changed({"bands": 40, "hop": 8.0})
    other = speech.changed({"representation.kind": "source-filter"})
    assert other.representation == SourceFilterSettings(ends="no", hop=8.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [('kind = "smell"', "smell"), ('kind = "raw"\nbands = 3', "bands"), ("bands = 3", "bands"), ("kind = 3", "kind")],
)
def test_other_representations_are_refused(text: str, words: str) -> None:
    with pytest.raises(StudioError, match=words):
        Recipe.from_toml(f'name = "x"\ntitle = "X"\n[representation]\n{text}\n', "mine.toml")
    with pytest.raises(StudioError):
        PLAIN.changed({"representation.kind": "smell"})


def test_another_kind_of_model_and_its_own_settings_at_once() -> None:
    changed = PLAIN.changed({"slow_tau": "50", "model.kind": "predictor", "hidden": "17", "steps": "3"})
    assert isinstance(changed.model, PredictorSettings)
    assert (changed.model.slow_tau, changed.model.hidden, changed.training.steps) == (50, 17, 3)
    assert changed.model.likelihood == PLAIN.model.likelihood
    back = changed.changed({"model.kind": "vrnn"})
    assert isinstance(back.model, VRNNSettings)
    assert back.model.hidden == 17


def test_settings_that_do_not_go_together_are_refused_in_words() -> None:
    with pytest.raises(StudioError, match="shared_sigma is for a likelihood of kind gaussian"):
        PLAIN.changed({"shared_sigma": "true"})
    assert PLAIN.changed({"shared_sigma": "true", "likelihood.kind": "gaussian"}).model.shares_sigma


def test_models_to_compare_differ_from_the_vrnn_in_what_they_are_named_after() -> None:
    """Equal footing: the same frames, the same size, the same helps and the same training."""
    gauss, rnn, gmm, independent, smoothing, mse = (
        Recipe.from_toml(shipped(f"{name}.toml"))
        for name in ("vrnn-gauss", "rnn-gauss", "rnn-gmm", "vrnn-i", "srnn", "vrnn-mse")
    )
    assert rnn.model == gauss.changed({"latent": 0}).model
    assert gmm.model == rnn.changed({"likelihood.kind": "pen-mixture"}).model
    assert independent.model == gauss.changed({"standard_prior": True}).model
    assert smoothing.model == gauss.changed({"posterior": "smoothing"}).model
    for recipe in (rnn, gmm, independent, smoothing):
        assert recipe.training == gauss.training
        assert recipe.objective == gauss.objective
        assert recipe.representation == gauss.representation
    assert mse.training == gauss.training
    assert (mse.model.hidden, mse.model.phi_x, mse.model.decoder) == (
        gauss.model.hidden,
        gauss.model.phi_x,
        gauss.model.decoder,
    )
    assert mse.objective.kind == "mse"


def test_models_to_compare_have_what_the_recipe_for_patterns_has() -> None:
    gauss, patterns = Recipe.from_toml(shipped("vrnn-gauss.toml")), Recipe.from_toml(shipped("patterns.toml"))
    assert gauss.model == patterns.changed({"likelihood.kind": "gaussian"}).model
    assert gauss.objective == patterns.objective
    assert gauss.training == patterns.changed({"steps": gauss.training.steps}).training
