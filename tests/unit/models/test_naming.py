"""What models are called."""

from __future__ import annotations

import pytest

from studio.models.naming import model_name, model_size
from studio.models.settings import LikelihoodSettings, VRNNSettings


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
