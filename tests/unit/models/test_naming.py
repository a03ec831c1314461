"""What models are called."""

from __future__ import annotations

import pytest

from studio.models.naming import model_name, model_size
from studio.models.settings import (
    LatentODESettings,
    LikelihoodSettings,
    PredictorSettings,
    VAESettings,
    VRNNSettings,
)


def test_other_families() -> None:
    assert model_name(PredictorSettings()) == "MTRNN"
    assert model_name(PredictorSettings(network="elman")) == "Elman RNN"
    assert model_name(VAESettings()) == "static VAE"
    assert model_name(LatentODESettings()) == "latent ODE"
    assert model_size(PredictorSettings(hidden=30)) == "h 30"
    assert model_size(VAESettings(latent=5)) == "z 5"


@pytest.mark.parametrize(
    ("settings", "name", "size"),
    [
        ({}, "VRNN-GMM", "GRU 96, z 2"),
        ({"latent": 0}, "RNN-GMM", "GRU 96"),
        ({"latent": 0, "likelihood": LikelihoodSettings(kind="gaussian")}, "RNN-Gauss", "GRU 96"),
        ({"standard_prior": True, "recurrence": "lstm"}, "VRNN-I-GMM", "LSTM 96, z 2"),
        ({"posterior": "smoothing"}, "VRNN-GMM, smoothing", "GRU 96, z 2"),
        ({"likelihood": LikelihoodSettings(kind="mixture"), "recurrence": "elman"}, "VRNN-GMM", "Elman 96, z 2"),
    ],
)
def test_as_the_literature_does(settings: dict[str, object], name: str, size: str) -> None:
    chosen = VRNNSettings(**settings)  # type: ignore[arg-type]
    assert model_name(chosen) == name
    assert model_size(chosen) == size
