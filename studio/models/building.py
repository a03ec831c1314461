"""Models of every family, by their settings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, overload

import msgspec
import torch

from studio.capacity import refuse_beyond_memory
from studio.errors import StudioError
from studio.models.chance import drawing_from, seeded
from studio.models.sequence_model import SequenceModel
from studio.models.settings import (
    AnyModelSettings,
    LatentODESettings,
    ModelSettings,
    NeuralODESettings,
    ODERNNSettings,
    PredictorSettings,
    VAESettings,
    VRNNSettings,
)
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.sequence import FrameLayout

if TYPE_CHECKING:
    from studio.models.vrnn import VRNN

BYTES = 4  # of a number
_ORDINARY = 2048  # sizes up to there fit into any computer

FAMILIES: dict[type[ModelSettings], tuple[str, str]] = {
    VRNNSettings: ("studio.models.vrnn", "VRNN"),
    PredictorSettings: ("studio.models.predictor", "Predictor"),
    VAESettings: ("studio.models.static_vae", "StaticVAE"),
    NeuralODESettings: ("studio.models.neural_ode", "NeuralODE"),
    LatentODESettings: ("studio.models.latent_ode", "LatentODE"),
    ODERNNSettings: ("studio.models.ode_rnn", "ODERNN"),
}
"""Module and class of the model that settings describe; imported with the first model of the family."""


def new_model(
    settings: AnyModelSettings,
    layout: FrameLayout,
    vocabulary: Vocabulary = NO_LABELS,
    generator: torch.Generator | None = None,
) -> SequenceModel:
    """A model of the family that the settings are of.

    Args:
        settings: of the model.
        layout: of its frames.
        vocabulary: of the labels that it is told of.
        generator: of its weights; None where others are about to take their place.
    """
    module, name = FAMILIES[type(settings)]
    family = getattr(import_module(module), name)
    check_size(settings, layout, vocabulary)
    with drawing_from(seeded(0) if generator is None else generator):
        model: SequenceModel = family(settings, layout, vocabulary)
    return model


def check_size(
    settings: AnyModelSettings, layout: FrameLayout, vocabulary: Vocabulary = NO_LABELS, copies: int = 1
) -> None:
    """Refuse a model that could never fit into memory, before any room is made for it.

    Args:
        settings: of the model.
        layout: of its frames.
        vocabulary: of the labels that it is told of.
        copies: as much as its weights that is needed; a training keeps gradients and moments besides.

    Raises:
        StudioError: with the number of bytes.
    """
    sizes = (_largest(msgspec.to_builtins(settings)), layout.width, layout.categories, len(vocabulary))
    if max(sizes) > _ORDINARY:
        module, name = FAMILIES[type(settings)]
        try:
            with torch.device("meta"):  # which knows sizes, and holds nothing
                model = getattr(import_module(module), name)(settings, layout, vocabulary)
            numbers = sum(parameter.numel() for parameter in model.parameters())
        except (RuntimeError, OverflowError, TypeError) as error:  # there are no numbers for so many
            raise StudioError(
                "The sizes of this model are beyond what any computer can count: choose smaller ones, such as hidden."
            ) from error
        refuse_beyond_memory(
            BYTES * copies * numbers,
            f"A model of {numbers:,} numbers{' and its training' if copies > 1 else ''}",
            "choose smaller sizes, such as hidden",
        )


def _largest(settings: Any) -> int:
    """The largest whole number among settings."""
    if isinstance(settings, dict | list | tuple):
        values = settings.values() if isinstance(settings, dict) else settings
        return max(map(_largest, values), default=0)
    return settings if isinstance(settings, int) else 0


@overload
def build_model(
    settings: VRNNSettings, layout: FrameLayout, seed: int = 0, vocabulary: Vocabulary = NO_LABELS
) -> VRNN: ...
@overload
def build_model(
    settings: AnyModelSettings, layout: FrameLayout, seed: int = 0, vocabulary: Vocabulary = NO_LABELS
) -> SequenceModel: ...
def build_model(
    settings: AnyModelSettings, layout: FrameLayout, seed: int = 0, vocabulary: Vocabulary = NO_LABELS
) -> SequenceModel:
    """A model with fresh weights, the same for the same seed."""
    return new_model(settings, layout, vocabulary, seeded(seed))
