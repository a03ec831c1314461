"""Models that go from point to point of a curve, each at a time of its own, without a latent variable."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.models.latent_ode import clock_of
from studio.models.sequence_model import SequenceModel, State
from studio.models.settings import NeuralODESettings, ODERNNSettings
from studio.sequences.sequence import FrameLayout


class CurveModel(SequenceModel):
    """What these models have in common.

    Their `State` is ``h`` [B, H] after the last point, and ``cell`` [B, 2]: its time, and 1 once there was one.

    Args:
        settings: sizes and kinds of all parts.
        layout: what the columns of a frame are; it has a clock.
        what: the model, as messages name it.

    Raises:
        StudioError: frames merely follow one another, without times.
    """

    def __init__(self, settings: NeuralODESettings | ODERNNSettings, layout: FrameLayout, what: str) -> None:
        super().__init__(settings, layout)
        self.clock = clock_of(layout, what)

    @property
    def latent(self) -> int:
        return 0

    def initial_state(
        self, batch: int, device: torch.device | str | None = None, labels: Tensor | None = None
    ) -> State:
        """Before any point."""
        zeros = next(self.parameters()).new_zeros(batch, self.memory_width, device=device)
        return State(zeros, zeros.new_zeros(batch, 2), None)

    def time_of(self, state: State) -> Tensor:
        return self._past(state)[0]

    @staticmethod
    def _past(state: State) -> tuple[Tensor, Tensor]:
        """The time of the last point ``[B]``, and 1 where there was one ``[B]``."""
        assert state.cell is not None
        return state.cell[:, 0], state.cell[:, 1]

    @staticmethod
    def _after(h: Tensor, last: Tensor, begun: Tensor) -> State:
        """The state after a point at that time ``[B]``."""
        return State(h, torch.stack([last, begun], -1), None)
