"""Recordings of the loop over time: how they are chosen and used. Where there is no graphics processor, something that
does the same work again in the same places stands for a CUDA graph."""

import gc
import logging
import weakref
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
import torch
from test_scan import Networks, model_settings, relative_error
from torch import Tensor

from studio.models import scan, scan_cuda, scan_torch
from studio.models.recurrence import RECURRENCES
from studio.models.scan_parts import Inputs, Scanned

T = TypeVar("T")


def remembered(work: Callable[[], T]) -> tuple[Callable[[], None], T]:
    """As `scan_cuda.captured`, on a processor: the results are overwritten each time."""
    result = work()

    def again() -> None:
        for place, value in zip(tensors(result), tensors(work()), strict=True):
            place.copy_(value)

    return again, result


def tensors(of: object) -> Iterator[Tensor]:
    if isinstance(of, Tensor):
        yield of
    elif isinstance(of, list | tuple):
        for part in of:
            yield from tensors(part)
    elif isinstance(of, scan_torch.TorchTrace | scan_cuda.Deltas):
        yield from tensors(list(vars(of).values()))


class Counted:
    """A recorder that counts what it records."""

    def __init__(self) -> None:
        self.count = 0
        self.recorder = scan_cuda.Recorder(self.record)

    def record(self, work: Callable[[], T]) -> tuple[Callable[[], None], T]:
        self.count += 1
        return remembered(work)

    def scan(self, networks: Networks, inputs: Inputs) -> Scanned:
        return scan.scan(networks.parts, networks.encoder, networks.phi_z, inputs, self.recorder.run)


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.mark.parametrize("recurrence", RECURRENCES)
def test_a_recording_computes_what_the_loop_computes(counted: Counted, recurrence: str) -> None:
    networks = Networks(model_settings(recurrence)).double()
    for _ in range(scan_cuda.REPEATS + 3):
        inputs = networks.inputs(7, 3)
        expected, found = networks.scan(inputs, "torch"), counted.scan(networks, inputs)
        for value, true in zip(found, expected, strict=True):
            torch.testing.assert_close(value, true)
        weights = networks.some_weights(expected)
        gradients = networks.gradients(found, inputs, weights)
        for name, true in networks.gradients(expected, inputs, weights).items():
            torch.testing.assert_close(gradients[name], true, msg=name)
        with torch.no_grad():
            for parameter in networks.parameters():  # as an update of the weights does
                parameter.add_(0.1)
        del found
    assert counted.count == 2  # the ways there and back, once


def test_only_shapes_that_come_up_again_and_again_are_recorded(counted: Counted) -> None:
    networks = Networks(model_settings())
    for steps in range(1, 3 * scan_cuda.MOST):
        counted.scan(networks, networks.inputs(steps, 2))
    assert counted.count == 0
    for steps in range(1, 3 * scan_cuda.MOST):
        for _ in range(scan_cuda.REPEATS + 1):
            counted.scan(networks, networks.inputs(steps, 2))
    assert counted.count == 2 * scan_cuda.MOST


def ready(counted: Counted, networks: Networks) -> None:
    for _ in range(scan_cuda.REPEATS + 1):
        counted.scan(networks, networks.inputs(5, 2))
    assert counted.count == 2


def test_a_run_does_not_touch_what_an_earlier_one_found(counted: Counted) -> None:
    networks = Networks(model_settings())
    ready(counted, networks)
    with torch.no_grad():
        first = counted.scan(networks, networks.inputs(5, 2))
        kept = [value.clone() for value in first if value is not None]
        counted.scan(networks, networks.inputs(5, 2))
    for value, before in zip((value for value in first if value is not None), kept, strict=True):
        assert value.equal(before)


def test_two_runs_before_the_first_way_back(counted: Counted) -> None:
    networks = Networks(model_settings()).double()
    ready(counted, networks)
    each = [networks.inputs(5, 2) for _ in range(2)]
    founds = [counted.scan(networks, inputs) for inputs in each]
    for inputs, found in zip(each, founds, strict=True):
        expected = networks.scan(inputs, "torch")
        weights = networks.some_weights(expected)
        gradients = networks.gradients(found, inputs, weights)
        for name, true in networks.gradients(expected, inputs, weights).items():
            torch.testing.assert_close(gradients[name], true, msg=name)


def test_a_training_that_keeps_the_last_state_replays_every_step(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    replayed = []
    run = scan_cuda.Recording.run
    monkeypatch.setattr(scan_cuda.Recording, "run", lambda *given: replayed.append(1) or run(*given))
    networks, carried = Networks(model_settings()), None
    for _ in range(scan_cuda.REPEATS + 4):
        inputs = networks.inputs(5, 2)
        if carried is not None:
            inputs = inputs._replace(h=carried.detach())
        found = counted.scan(networks, inputs)
        torch.autograd.grad(found.last_h.sum() + found.phi_z.sum(), [networks.recurrence.weight_h])
        carried = found.last_h  # with its history, as `Trainer` keeps it
    assert len(replayed) == 4


def test_a_second_way_back_after_another_run_is_refused(counted: Counted) -> None:
    networks = Networks(model_settings())
    ready(counted, networks)
    inputs = networks.inputs(5, 2)
    loss = counted.scan(networks, inputs).phi_z.sum()
    for _ in range(2):
        torch.autograd.grad(loss, [networks.recurrence.weight_h], retain_graph=True)
    counted.scan(networks, networks.inputs(5, 2))
    with pytest.raises(RuntimeError, match="overwritten"):
        torch.autograd.grad(loss, [networks.recurrence.weight_h])


def test_what_a_validation_has_recorded_serves_a_training(counted: Counted) -> None:
    networks = Networks(model_settings()).double()
    with torch.inference_mode():
        for _ in range(scan_cuda.REPEATS + 1):
            read = [None if value is None else value.detach().clone() for value in networks.inputs(5, 2)]
            counted.scan(networks, Inputs(*read))
    assert counted.count == 2
    inputs = networks.inputs(5, 2)
    expected, found = networks.scan(inputs, "torch"), counted.scan(networks, inputs)
    weights = networks.some_weights(expected)
    gradients = networks.gradients(found, inputs, weights)
    for name, true in networks.gradients(expected, inputs, weights).items():
        torch.testing.assert_close(gradients[name], true, msg=name)
    with torch.inference_mode():
        again = counted.scan(networks, Inputs(*(None if value is None else value.detach() for value in inputs)))
    torch.testing.assert_close(again.h, expected.h.detach())
    assert counted.count == 2


def test_what_cannot_be_recorded_runs_all_the_same_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    tried = []

    def fails(work: Callable[[], T]) -> tuple[Callable[[], None], T]:
        tried.append(work)
        raise RuntimeError("CUDA error: out of memory")

    networks, recorder = Networks(model_settings()), scan_cuda.Recorder(fails)
    with caplog.at_level(logging.WARNING):
        for steps in (5, 6):
            for _ in range(2 * scan_cuda.REPEATS):
                inputs = networks.inputs(steps, 2)
                found = scan.scan(networks.parts, networks.encoder, networks.phi_z, inputs, recorder.run)
                torch.testing.assert_close(found.h, networks.scan(inputs, "torch").h)
    assert len(tried) == 1
    assert [record.message for record in caplog.records] == [
        "Training will be slower, since the loop over time cannot be recorded as a graph: CUDA error: out of memory"
    ]


def test_it_can_be_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VRNN_CUDA_GRAPHS", "0")
    counted, networks = Counted(), Networks(model_settings())
    for _ in range(2 * scan_cuda.REPEATS):
        counted.scan(networks, networks.inputs(5, 2))
    assert counted.count == 0


def test_recordings_go_with_their_model(counted: Counted) -> None:
    networks = Networks(model_settings())
    counted.recorder._record = lambda work: (lambda: None, work())  # remembers nothing of its work
    for _ in range(scan_cuda.REPEATS + 1):
        counted.scan(networks, networks.inputs(5, 2))
    (recording,) = counted.recorder._recordings[networks.recurrence].values()
    gone = weakref.ref(recording)
    del networks, recording
    gc.collect()
    assert gone() is None


needs_graphics = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics processor")


@needs_graphics
def test_after_a_recording_that_failed_all_goes_on_where_it_was() -> None:
    value, stream = torch.ones(3, device="cuda"), torch.cuda.current_stream()
    with pytest.raises(RuntimeError):
        scan_cuda.captured(lambda: value.sum().item())
    assert torch.cuda.current_stream() == stream
    again, total = scan_cuda.captured(value.sum)
    value.fill_(2.0)
    again()
    assert total.item() == 6.0


@needs_graphics
@pytest.mark.parametrize("recurrence", RECURRENCES)
def test_on_a_graphics_processor(recurrence: str) -> None:
    networks = Networks(model_settings(recurrence, hidden=40)).cuda()
    recorder = scan_cuda.Recorder()
    for _ in range(scan_cuda.REPEATS + 3):
        read = [None if v is None else v.detach().cuda().requires_grad_() for v in networks.inputs(50, 8)]
        inputs = Inputs(*read)
        expected = networks.scan(inputs, "torch")
        found = scan.scan(networks.parts, networks.encoder, networks.phi_z, inputs, recorder.run)
        weights = Scanned(*(None if value is None else torch.randn_like(value) for value in expected))
        gradients = networks.gradients(found, inputs, weights)
        for name, true in networks.gradients(expected, inputs, weights).items():
            assert relative_error(gradients[name], true) < 1e-4, name
        del found
    assert len(recorder._recordings[networks.recurrence]) == 1
