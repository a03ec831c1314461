"""The loop over time on a graphics processor: recorded once, and from then on started as a whole.

The loop in torch starts some thirty small kernels for every frame and way, and to start one takes longer than it runs.
A CUDA graph (PyTorch's notes on CUDA semantics, "CUDA Graphs") remembers all of them, and starts them with one call. It
is bound to the shapes and the places in memory with which it was recorded: so what the loop reads is copied there
before, and what it finds is copied out afterwards. A training records more than the loop where it can
(`studio.training.step_graph`); validations, and trainings on windows of many lengths, have the loop recorded alone,
there and back.

A loop is recorded when its shapes have come up a few times; anything else, and everything once a recording has failed,
runs as in `scan_torch`. VRNN_CUDA_GRAPHS=0 in the environment does without recordings.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias, TypeVar

import torch
from torch import Tensor

from studio.models import scan_torch
from studio.models.recurrence import Recurrence
from studio.models.scan_parts import Deltas, Inputs, Parts, Scanned, Trace, Weights

T = TypeVar("T")
Kind: TypeAlias = tuple[object, ...]  # device, precision and shapes of what a loop reads
Record: TypeAlias = Callable[[Callable[[], T]], tuple[Callable[[], None], T]]

REPEATS = 3  # times that shapes must have come up: windows of a training do, sequences of all lengths do not
MOST = 4  # recordings of one model; each keeps the memory of a whole loop
WARM_UPS = 2  # so that libraries have chosen their algorithms and taken their memory before anything is recorded

_log = logging.getLogger(__name__)
_lock = threading.RLock()  # from filling the places of a recording until what it wrote is copied
_part_of_more: ContextVar[bool] = ContextVar("part_of_more", default=False)


def wanted() -> bool:
    """Whether anything may be recorded at all."""
    return os.environ.get("VRNN_CUDA_GRAPHS") != "0"


@contextmanager
def part_of_more() -> Iterator[None]:
    """Loops that this thread runs inside are part of a larger recording, and have none of their own."""
    token = _part_of_more.set(True)
    try:
        yield
    finally:
        _part_of_more.reset(token)


def captured(work: Callable[[], T]) -> tuple[Callable[[], None], T]:
    """Record what `work` does on the graphics processor, as a CUDA graph.

    Returns:
        What does it again, and the result of `work`: tensors that are only filled, and each time anew, by doing it.
    """
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UPS):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    # The outer context: where a recording fails, torch leaves this thread on the stream that it was to be recorded on.
    # Other threads may go on using the processor: only what this one does must be fit to be recorded.
    with torch.cuda.stream(torch.cuda.current_stream()), torch.cuda.graph(graph, capture_error_mode="thread_local"):
        result = work()
    return graph.replay, result


class Recording:
    """A loop of certain shapes, with the places that it reads and writes.

    Args:
        parts: of the model; the recording holds for its recurrence only, and does not keep it alive.
        weights: of these shapes.
        inputs: of these shapes.
        record: see `captured`.
    """

    def __init__(self, parts: Parts, weights: Weights, inputs: Inputs, record: Record[Trace | Deltas]) -> None:
        self._weights = _like(weights)
        self._inputs = Inputs(*map(_place, inputs))  # type: ignore[arg-type]
        self._user: weakref.ref[Replayed] | None = None
        self._fill(weights, inputs)
        self._there, trace = record(lambda: scan_torch.run(parts, self._weights, self._inputs))
        assert isinstance(trace, scan_torch.TorchTrace)
        self.trace = trace
        self._gradients = Scanned(*map(_place, trace.found))  # type: ignore[arg-type]
        self._back, deltas = record(lambda: trace.back(self._weights, self._gradients))
        assert isinstance(deltas, Deltas)
        self._deltas = deltas

    @property
    def in_use(self) -> bool:
        """Whether the way back of the last run may still be gone, which another run would overwrite."""
        user = None if self._user is None else self._user()
        return user is not None and not user.gone_back

    def run(self, weights: Weights, inputs: Inputs) -> Replayed:
        """The way there, once more."""
        self._fill(weights, inputs)
        self._there()
        replayed = Replayed(self)
        self._user = weakref.ref(replayed)
        return replayed

    def is_of(self, run: Replayed) -> bool:
        """Whether that is the last run."""
        return self._user is not None and self._user() is run

    def back(self, gradients: Scanned) -> Deltas:
        """The way back of the last run."""
        _copy(_known(self._gradients), _known(gradients))
        self._back()
        found = self._deltas
        return Deltas(
            encoder=[value.clone() for value in found.encoder],
            phi_z=[value.clone() for value in found.phi_z],
            driven=found.driven.clone(),
            from_h=found.from_h.clone(),
            h=found.h.clone(),
            cell=None if found.cell is None else found.cell.clone(),
        )

    def _fill(self, weights: Weights, inputs: Inputs) -> None:
        _copy([*_all(self._weights), *_known(self._inputs)], [*_all(weights), *_known(inputs)])


class Replayed:
    """A recorded loop that has been run; see `studio.models.scan_parts.Trace`.

    What is found is a copy, and stays; the rest is in the places of the recording, and holds until its next run.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        trace = recording.trace
        self.found = Scanned(*(None if value is None else value.clone() for value in trace.found))  # type: ignore[arg-type]
        self.z, self.encoder, self.phi_z = trace.z, trace.encoder, trace.phi_z
        self.gone_back = False  # once is usual: autograd keeps a run for as long as the state after it is needed

    def back(self, weights: Weights, gradients: Scanned) -> Deltas:
        """The way back; the weights are those of the way there.

        Raises:
            RuntimeError: at a second time, where another run has come between.
        """
        with _lock, torch.inference_mode(False), torch.no_grad():
            if not self._recording.is_of(self):
                raise RuntimeError("What this way back needs has been overwritten by a later run.")
            self.gone_back = True
            return self._recording.back(gradients)


class Recorder:
    """Decides what is recorded, and runs it.

    Args:
        record: see `captured`.
    """

    def __init__(self, record: Record[Trace | Deltas] = captured) -> None:
        self._record = record
        self._refused = not wanted()
        self._recordings: weakref.WeakKeyDictionary[Recurrence, dict[Kind, Recording]] = weakref.WeakKeyDictionary()
        self._seen: weakref.WeakKeyDictionary[Recurrence, Counter[Kind]] = weakref.WeakKeyDictionary()

    def run(self, parts: Parts, weights: Weights, inputs: Inputs) -> Trace:
        """The loop; see `studio.models.scan`."""
        if _part_of_more.get():
            return scan_torch.run(parts, weights, inputs)
        # What is made in inference mode could not be written to outside of it, where the next run may be.
        with _lock, torch.inference_mode(False), torch.no_grad():
            recording = self._recording(parts, weights, inputs)
            if recording is not None and not recording.in_use:
                return recording.run(weights, inputs)
        return scan_torch.run(parts, weights, inputs)

    def _recording(self, parts: Parts, weights: Weights, inputs: Inputs) -> Recording | None:
        if self._refused:
            return None
        kind: Kind = (inputs.h.device, inputs.h.dtype, *(None if value is None else value.shape for value in inputs))
        recordings = self._recordings.setdefault(parts.recurrence, {})
        if kind not in recordings and len(recordings) < MOST:
            seen = self._seen.setdefault(parts.recurrence, Counter())
            seen[kind] += 1
            if seen[kind] > REPEATS:
                self._try(parts, weights, inputs, kind)
        return recordings.get(kind)

    def _try(self, parts: Parts, weights: Weights, inputs: Inputs, kind: Kind) -> None:
        try:
            self._recordings[parts.recurrence][kind] = Recording(parts, weights, inputs, self._record)
        except Exception as error:  # too little memory, or a driver that cannot
            _log.warning("Training will be slower, since the loop over time cannot be recorded as a graph: %s", error)
            self._refused = True


def _place(like: Tensor | None) -> Tensor | None:
    return None if like is None else torch.zeros_like(like, memory_format=torch.contiguous_format)


def _like(weights: Weights) -> Weights:
    encoder_h, recurrence_h, recurrence_z = (torch.empty_like(value).contiguous() for value in weights[:3])
    layers = [[(torch.empty_like(w), torch.empty_like(b)) for w, b in part] for part in weights[3:]]
    return Weights(encoder_h, recurrence_h, recurrence_z, *layers)


def _all(weights: Weights) -> Iterator[Tensor]:
    yield from weights[:3]
    for layers in weights[3:]:
        for layer in layers:
            yield from layer


def _known(values: Sequence[Tensor | None]) -> list[Tensor]:
    return [value for value in values if value is not None]


def _copy(to: list[Tensor], values: list[Tensor]) -> None:
    torch._foreach_copy_(to, values)


recorder = Recorder()
