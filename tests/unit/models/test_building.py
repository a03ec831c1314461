"""Every kind of settings that a recipe may have makes a model of its family."""

from __future__ import annotations

from typing import get_args

import pytest

from studio.models.building import FAMILIES, new_model
from studio.models.sequence_model import SequenceModel
from studio.models.settings import AnyModelSettings
from studio.sequences.sequence import FrameLayout

KINDS: tuple[type[AnyModelSettings], ...] = get_args(AnyModelSettings)


def test_each_kind_of_settings_has_a_family() -> None:
    assert set(FAMILIES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_each_family(kind: type[AnyModelSettings]) -> None:
    model = new_model(kind(), FrameLayout(continuous=2, binary=1, step=0.2))
    assert isinstance(model, SequenceModel)
    assert type(model).__name__ == FAMILIES[kind][1]
