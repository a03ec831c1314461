"""How much of what varies the latent variables decide: distances, and models of which it is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from studio.generation.latent_share import LatentShare, latent_share, spread
from studio.models.building import build_model
from studio.sequences.material import Drawing
from studio.sequences.pen import PenRepresentation
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text
from studio.training.recipe import Recipe


def line(end: float) -> Drawing:
    return Drawing.from_points(np.linspace([5, 5], [5 + end, 5], 50))


def test_lines_are_apart_by_where_they_go_not_by_where_they_begin() -> None:
    moved = Drawing.from_points(np.linspace([9, 1], [11, 1], 50))
    assert spread([line(2), moved]) == pytest.approx(0)
    assert spread([line(0), line(1)]) < spread([line(0), line(2)])
    assert spread([line(0), line(0), line(2)]) == pytest.approx(2 / 3 * spread([line(0), line(2)]))


def test_texts_are_apart_by_what_differs() -> None:
    assert spread([Text("abcd"), Text("abcd")]) == 0
    assert spread([Text("abcd"), Text("wxyz")]) == 1
    assert spread([Text("abcd"), Text("abyz")]) == 0.5


def test_rolls_are_apart_by_the_keys_that_differ() -> None:
    keys = np.zeros((4, 3), np.uint8)
    keys[:, 1] = 1
    longer = np.concatenate([keys, keys])
    assert spread([Roll(keys, 8.0, 60), Roll(keys[:, 1:], 8.0, 61)]) == 0  # the same notes
    assert spread([Roll(keys, 8.0, 60), Roll(keys, 8.0, 72)]) == 1
    assert spread([Roll(keys, 8.0, 60), Roll(longer, 8.0, 60)]) == 0.5


def test_recordings_are_apart_by_their_spectra() -> None:
    time = np.arange(8000) / 16000
    low, high, soft = (
        Recording((volume * np.sin(2 * np.pi * pitch * time)).astype(np.float32), 16000)
        for pitch, volume in ((200, 0.5), (3000, 0.5), (200, 0.4))
    )
    assert spread([low, low]) == 0
    assert 0 < spread([low, soft]) < spread([low, high])
    assert spread([low, low.cut(0, 4000)]) > spread([low, soft])  # the shorter is silent at its end


@pytest.mark.parametrize("pieces", [[], [line(1)]])
def test_fewer_than_two_have_no_spread(pieces: list[Drawing]) -> None:
    assert spread(pieces) == 0


def test_where_nothing_varies_nothing_is_decided() -> None:
    assert LatentShare(0.0, 0.0).share == 0
    assert LatentShare(1.0, 4.0).share == 0.25


def model_and_representation(**settings: object) -> tuple[object, PenRepresentation]:
    recipe = Recipe(name="small", title="Small").changed(
        {"hidden": 8, "latent": 2, "ends": "no", "model.likelihood.kind": "gaussian", **settings}
    )
    representation = PenRepresentation(recipe.representation)
    turns = np.linspace(0, 20, 200)
    representation.fit([Drawing.from_points(np.stack([np.cos(turns), np.sin(turns)], 1))])
    return build_model(recipe.model, representation.layout, seed=1).eval(), representation


def test_without_a_latent_variable_there_is_none() -> None:
    assert latent_share(*model_and_representation(latent=0)).share == 0  # type: ignore[arg-type]


def test_a_model_whose_output_does_not_vary_leaves_everything_to_z() -> None:
    """And one that hears nothing of z leaves everything to its output."""
    model, representation = model_and_representation()
    with torch.no_grad():
        for name, weights in model.named_parameters():  # type: ignore[attr-defined]
            if name.startswith("phi_z"):
                weights.zero_()
    deaf = latent_share(model, representation, length=60)  # type: ignore[arg-type]
    assert deaf.latent == pytest.approx(0, abs=1e-9)
    assert deaf.both > 0
    model, representation = model_and_representation(sigma_floor=1e-6, sigma_start=1e-5, sigma_cap=1e-4)
    still = latent_share(model, representation, length=60)  # type: ignore[arg-type]
    assert still.share == pytest.approx(1, abs=0.05)


def test_it_can_be_ended() -> None:
    model, representation = model_and_representation()

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        latent_share(model, representation, between=stop)  # type: ignore[arg-type]
    assert math.isfinite(latent_share(model, representation, length=20).share)  # type: ignore[arg-type]
