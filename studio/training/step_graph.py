"""The way from a window to the gradient; on a graphics processor recorded once, and then started as a whole.

    losses of the window -> their gradient -> its norm -> clipped

Of this work a CUDA graph is made (PyTorch's notes on CUDA semantics, "Whole-network capture"): it remembers thousands
of small kernels, and starts them with one call. It is bound to the places in memory with which it was recorded. So all
that changes from window to window is copied there before (`studio.training.window.Window`, and what is carried on), and
what is found is copied out afterwards; only the gradients stay where they are, until the next window. The weights are
in their own places, where whoever moves them, or puts back older ones, writes to. Chance comes from the processor, as
numbers among the rest. Settings are part of the work: where one changes, it is recorded anew.

What is not recorded: the optimiser and the average of the weights. Somebody looks at loss and norm before the weights
may move, which makes the processor wait in any case; and since they take all weights at once, they start some ten
kernels, where the rest starts thousands.

One recording is kept at a time. Work is recorded when it has come up a few times in a row, and for every further
recording twice as many times: material of many lengths is not recorded over and over. Anything else, and everything
once a recording has failed, is done kernel by kernel, with the loop over time recorded where that can be
(`studio.models.scan_cuda`). VRNN_CUDA_GRAPHS=0 in the environment does without recordings.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from studio.models import scan_cuda
from studio.models.sequence_model import SequenceModel
from studio.training.adam import clip
from studio.training.objective import Carried, Losses, Objective
from studio.training.recipe import ObjectiveSettings
from studio.training.window import Window

REPEATS = 3  # times in a row that work must have come up before it is recorded the first time

_log = logging.getLogger(__name__)


class Found(NamedTuple):
    """What is known of a window before the weights move; the gradients are in the parameters."""

    losses: Losses  # with nothing to learn from them any more
    norm: Tensor  # [], of the gradient before it was clipped
    carried: Carried  # into the next window


Gradients: TypeAlias = list[Tensor | None]  # of every parameter that has one
Work: TypeAlias = Callable[[], tuple[Found, Gradients]]
Record: TypeAlias = Callable[[Work], tuple[Callable[[], None], tuple[Found, Gradients]]]


def record_for(device: torch.device, model: SequenceModel) -> Record | None:
    """How work on this model is recorded; None: not at all."""
    wanted = device.type == "cuda" and model.recordable and scan_cuda.wanted()
    return scan_cuda.captured if wanted else None


class StepGraph:
    """Finds the gradient of one window after the other.

    Args:
        model: is trained.
        objective: what it is trained for.
        precise: makes the context in which the loss is computed (see `studio.training.devices.precision`).
        record: see `studio.models.scan_cuda.captured`; None: nothing is recorded.

    Attributes:
        recordings: how many have been made.
    """

    def __init__(
        self,
        model: SequenceModel,
        objective: Objective,
        precise: Callable[[], AbstractContextManager[object]],
        record: Record | None,
    ) -> None:
        self._model, self._objective, self._precise, self._record = model, objective, precise, record
        self._parameters = [*model.parameters(), *objective.parameters()]
        self._recording: _Recording | None = None
        self.recordings = 0
        self._kind: tuple[object, ...] = ()
        self._in_a_row = 0

    def run(self, window: Window, carried: Carried, settings: ObjectiveSettings, most: float) -> Found:
        """Leave the gradients in the parameters.

        Args:
            window: on the CPU.
            carried: from the window before.
            settings: of the objective.
            most: see `studio.training.adam.clip`.
        """
        recording = None if self._record is None else self._recorded(window, carried, settings, most)
        if recording is not None:
            return recording.run(window, carried)
        return self._work(window.to(carried.state.h.device), carried, settings, most)[0]

    def close(self) -> None:
        """Let go of the memory of the recording, and of the gradients."""
        self._recording = None
        self._record = None
        _set(self._parameters, [None] * len(self._parameters))

    def _work(
        self, window: Window, carried: Carried, settings: ObjectiveSettings, most: float
    ) -> tuple[Found, Gradients]:
        _set(self._parameters, [None] * len(self._parameters))
        with self._precise():
            losses, carried = self._objective(self._model, window, carried, settings)
        losses.loss.backward()
        norm = clip(self._parameters, most)
        found = Found(losses.each(Tensor.detach), norm, carried)
        return found, [parameter.grad for parameter in self._parameters]

    def _recorded(
        self, window: Window, carried: Carried, settings: ObjectiveSettings, most: float
    ) -> _Recording | None:
        kind = (settings, most, *(None if value is None else value.shape for value in window))
        self._in_a_row = self._in_a_row + 1 if kind == self._kind else 1
        self._kind = kind
        if self._recording is not None and self._recording.kind == kind:
            return self._recording
        if self._in_a_row <= REPEATS * 2**self.recordings:
            return None
        self._recording = None  # its memory is needed
        self._recording = self._try(kind, window, carried, settings, most)
        return self._recording

    def _try(
        self, kind: tuple[object, ...], window: Window, carried: Carried, settings: ObjectiveSettings, most: float
    ) -> _Recording | None:
        assert self._record is not None
        try:
            read, before = window.to(carried.state.h.device).each(torch.clone), carried.each(torch.clone)
            with scan_cuda.part_of_more():
                again, result = self._record(lambda: self._work(read, before, settings, most))
        except Exception as error:  # too little memory, or a driver that cannot
            _log.warning("Training will be slower, since its updates cannot be recorded as a graph: %s", error)
            self._record = None
            return None
        self.recordings += 1
        return _Recording(kind, again, read, before, self._parameters, *result)


@dataclass(frozen=True)
class _Recording:
    """Work of one kind, with the places that it reads and writes."""

    kind: tuple[object, ...]
    again: Callable[[], None]
    window: Window
    carried: Carried
    parameters: Sequence[nn.Parameter]
    found: Found
    gradients: Gradients

    def run(self, window: Window, carried: Carried) -> Found:
        """The work, once more."""
        _copy(self.window, window)
        _copy(self.carried.tensors().values(), carried.tensors().values())
        self.again()
        _set(self.parameters, self.gradients)
        losses, norm, carried = self.found
        return Found(losses.each(torch.clone), norm.clone(), carried.each(torch.clone))


def _set(parameters: Sequence[nn.Parameter], gradients: Sequence[Tensor | None]) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient


def _copy(to: Iterable[Tensor | None], values: Iterable[Tensor | None]) -> None:
    for place, value in zip(to, values, strict=True):
        if place is not None and value is not None:
            place.copy_(value)
