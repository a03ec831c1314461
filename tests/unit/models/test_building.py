"""Every kind of settings that a recipe may have makes a model of its family."""

from __future__ import annotations

from typing import get_args

import pytest

from studio.models.building import FAMILIES, new_model
from studio.models.sequence_model import SequenceModel
from studio.models.settings import AnyModelSettings
from studio.sequences.sequence import Clock, FrameLayout

KINDS: tuple[type[AnyModelSettings], ...] = get_args(AnyModelSettings)
BY_TIME = ("neural-ode", "latent-ode", "ode-rnn")  # whose frames are points at times


def test_each_kind_of_settings_has_a_family() -> None:
    assert set(FAMILIES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_each_family(kind: type[AnyModelSettings]) -> None:
    by_time = kind.__struct_config__.tag in BY_TIME
    layout = FrameLayout(continuous=2, clock=Clock(0.1)) if by_time else FrameLayout(continuous=2, binary=1, step=0.2)
    model = new_model(kind(), layout)
    assert isinstance(model, SequenceModel)
    assert type(model).__name__ == FAMILIES[kind][1]
