"""Sampling as fast as it goes: compiled where that is possible, otherwise as the model itself does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

import torch
from torch import Tensor

from studio.models.building import build_model
from studio.models.compiling import Compiled
from studio.models.likelihoods import CategoricalOutput, GaussianOutput, LineOutput, MixtureOutput
from studio.models.recurrence import GRU
from studio.models.sequence_model import SequenceModel, State
from studio.models.settings import VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.sequence import FrameLayout

if TYPE_CHECKING:
    from studio.generation.packed_model import Constants, PackedModel


class Stepper:
    """Draws frames from a model: the same as `SequenceModel.generate` draws, but faster.

    Args:
        model: is used with the weights that it has at each call.
    """

    def __init__(self, model: SequenceModel) -> None:
        self.model = model
        self._packed: PackedModel | None = None
        self._versions: list[tuple[int, int]] = []
        self._told: tuple[Tensor | None, Constants] | None = None  # with the packed weights

    def generate(
        self, state: State, noise: Tensor, latent_variance: float = 1.0, output_variance: float = 1.0
    ) -> tuple[Tensor, State]:
        """As many frames as ``noise`` [T, B, noise_width] has; see `SequenceModel.generate`."""
        model = self.model
        if not (_suits(model) and compiled.works()):
            return model.generate(state, noise, latent_variance, output_variance)
        packed = self._pack(model)
        constants = self._constants(model, state.condition)
        if state.fresh is None or not bool(state.fresh.any()):
            return packed.generate(state, noise, latent_variance, output_variance, constants)
        first, state = model.generate(state, noise[:1], latent_variance, output_variance)
        rest, state = packed.generate(state, noise[1:], latent_variance, output_variance, constants)
        return torch.cat([first, rest]), state

    def _pack(self, model: VRNN) -> PackedModel:
        from studio.generation.packed_model import PackedModel

        versions = [(value.data_ptr(), value._version) for value in model.parameters()]
        if self._packed is None or versions != self._versions:
            self._packed, self._versions, self._told = PackedModel(model), versions, None
        return self._packed

    def _constants(self, model: VRNN, condition: Tensor | None) -> Constants:
        """What labels add: the same from call to call, as the condition goes from state to state."""
        from studio.generation.packed_model import told

        if self._told is None or self._told[0] is not condition:
            self._told = condition, told(model, condition)
        return self._told[1]


def _suits(model: SequenceModel) -> TypeGuard[VRNN]:
    if type(model) is not VRNN:
        return False
    weight = model.recurrence.weight_h
    outputs = (GaussianOutput, MixtureOutput, CategoricalOutput, LineOutput)
    known = type(model.recurrence) is GRU and type(model.likelihood.continuous) in outputs
    known = known and model.layout.independent == 0  # the compiled steps do not know them, and rolls are slow anyway
    return known and weight.device.type == "cpu" and weight.dtype == torch.float32


def _check() -> None:
    """Draw a few frames either way.

    Raises:
        ArithmeticError: where they differ.
    """
    from studio.generation.packed_model import PackedModel

    model = build_model(VRNNSettings(hidden=20), FrameLayout(continuous=2, binary=2, step=0.2))
    state, noise = model.initial_state(3), torch.linspace(-1, 1, 12 * model.noise_width).view(4, 3, -1)
    with torch.no_grad():
        expected, last = model.generate(state, noise)
    frames, reached = PackedModel(model).generate(state, noise, 1.0, 1.0)
    if not (torch.allclose(frames, expected, atol=1e-4) and torch.allclose(reached.h, last.h, atol=1e-4)):
        raise ArithmeticError("what has been compiled draws something else")


compiled = Compiled(_check, "Drawing will be slower")
