"""Recordings of the way to the gradient. Where there is no graphics processor, a tape stands for a CUDA graph: it does
the same operations again in the same places, and knows nothing of the Python around them."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from small_training import Workshop, of_rolls, of_texts
from tape import Recorder
from torch import Tensor

import studio.training.learner as learner_module
from studio.models import products, scan, scan_cuda, scan_torch
from studio.training import step_graph
from studio.training.checkpoints import Checkpoint
from studio.training.events import Progress, Saved, SetBack, TrainingEvent
from studio.training.objective import Carried
from studio.training.step_graph import REPEATS, Record, StepGraph
from studio.training.trainer import Trainer
from studio.training.window import Window

MSE = {"objective.kind": "mse", "likelihood.kind": "gaussian", "shared_sigma": True, "kl_start": 0.01}
SCHEDULES = {
    "input_noise": 0.1,
    "input_noise_fade": 0.5,
    "kl_annealing": 0.8,
    "kl_start": 0.1,
    "warm_up": 0.3,
    "schedule": "cosine",
}


@pytest.fixture(autouse=True)
def all_in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a graphics processor: what is compiled would not be on the tape."""
    monkeypatch.setattr(scan, "body_for", lambda parts, inputs: scan_torch.run)
    monkeypatch.setattr(products, "works", lambda: False)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def trained(
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
    record: Record | None,
    meanwhile: Callable[[Trainer, TrainingEvent], None] = lambda trainer, event: None,
) -> tuple[Trainer, list[dict[str, float]], dict[str, Tensor]]:
    """A whole training: the trainer, what was told of each update, and everything that was saved last."""
    monkeypatch.setattr(learner_module, "record_for", lambda device, model: record)
    trainer = workshop.trainer(seed=3)
    told = []
    for event in trainer.events():
        meanwhile(trainer, event)
        if isinstance(event, Progress):
            told.append(event.values)
        if isinstance(event, Saved) and event.kind == "last":
            saved = event
    return trainer, told, Checkpoint(saved.weights, saved.meta).tensors()


def assert_same_training(
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
    record: Record,
    meanwhile: Callable[[Trainer, TrainingEvent], None] = lambda trainer, event: None,
) -> None:
    _, expected, saved = trained(workshop, monkeypatch, None, meanwhile)
    _, found, saved_too = trained(workshop, monkeypatch, record, meanwhile)
    assert found == expected
    assert saved.keys() == saved_too.keys()
    for name, value in saved.items():
        assert torch.equal(value, saved_too[name]), name


KINDS: dict[str, Callable[[], Workshop]] = {
    "as it is": Workshop,
    "pen mixture": lambda: Workshop(
        **{"likelihood.kind": "pen-mixture", "correlated": True}, weight_decay=0.1, optimiser="adamw"
    ),
    "lstm, labels": lambda: Workshop(recurrence="lstm", label_embedding=3, clip=0.1),
    "elman, smoothing": lambda: Workshop(recurrence="elman", posterior="smoothing", clip=0.0),
    "window": lambda: Workshop(posterior="window", future_frames=3, free_nats=0.3, look_ahead=0.0),
    "rnn-gmm": lambda: Workshop(latent=0),
    "vrnn-i": lambda: Workshop(standard_prior=True),
    "mse": lambda: Workshop(**MSE),
    "rolls": of_rolls,
    "texts": of_texts,
    "schedules": lambda: Workshop(**SCHEDULES),
}


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_updates_are_the_same_updates(monkeypatch: pytest.MonkeyPatch, recorder: Recorder, kind: str) -> None:
    """Weights, moments, average, what is carried on and what is told, to the last bit."""
    assert_same_training(KINDS[kind](), monkeypatch, recorder)
    assert (recorder.recorded, recorder.replayed) == (1, 12 - REPEATS)


def test_a_term_that_is_left_out_in_the_end(monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    workshop = Workshop(latent_look_ahead=0.5, latent_look_ahead_until=0.5, steps=20)
    assert_same_training(workshop, monkeypatch, recorder)
    assert (recorder.recorded, recorder.replayed) == (2, 20 - REPEATS - 2 * REPEATS)


def test_in_bfloat16(monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    monkeypatch.setattr(learner_module, "precision", lambda *_: torch.autocast("cpu", torch.bfloat16))
    assert_same_training(Workshop(), monkeypatch, recorder)
    assert recorder.replayed > 0


def test_settings_that_change_on_the_way(monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    def meanwhile(trainer: Trainer, event: TrainingEvent) -> None:
        if isinstance(event, Progress) and event.step == 6:
            trainer.change({"free_nats": 2.0, "random_stretch": 0.3})
        if isinstance(event, Progress) and event.step == 15:
            trainer.change({"learning_rate": 1e-4, "weight_decay": 0.1, "save_seconds": 0.5})
        if isinstance(event, Progress) and event.step == 20:
            trainer.change({"clip": 0.01})

    assert_same_training(Workshop(steps=40), monkeypatch, recorder, meanwhile)
    assert recorder.recorded == 3  # those of the optimiser need no other


def test_going_back_after_an_explosion(monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    workshop, setbacks = Workshop(steps=16, **{**MSE, "recurrence": "lstm"}), []

    def meanwhile(trainer: Trainer, event: TrainingEvent) -> None:
        if isinstance(event, SetBack):
            setbacks.append(event.failed_at)
        if isinstance(event, Progress) and event.step == 10 and trainer.recipe == workshop.recipe:
            with torch.no_grad():
                trainer.model.recurrence.bias.fill_(float("nan"))

    assert_same_training(workshop, monkeypatch, recorder, meanwhile)
    assert setbacks == [10, 10]  # noticed before anything is kept of these weights
    assert recorder.recorded == 1


def test_material_of_many_lengths_is_not_recorded_over_and_over(
    monkeypatch: pytest.MonkeyPatch, recorder: Recorder
) -> None:
    assert_same_training(Workshop(batches="similar", steps=60, batch=1), monkeypatch, recorder)
    assert recorder.recorded <= 1


def fails(work: Callable[[], Any]) -> Any:
    """A recording that breaks off when all is done."""
    work()
    raise RuntimeError("CUDA error: out of memory")


def test_what_cannot_be_recorded_is_done_all_the_same_and_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert_same_training(Workshop(**{**MSE, "input_noise": 0.1}), monkeypatch, fails)
    assert [record.message for record in caplog.records] == [
        "Training will be slower, since its updates cannot be recorded as a graph: CUDA error: out of memory"
    ]


# One window after the other.


class Bench:
    """A recording and what is to be recorded, with windows to try it on."""

    def __init__(self, record: Record | None, workshop: Workshop | None = None) -> None:
        workshop = workshop or Workshop(latent_look_ahead=0.5, label_embedding=3, recurrence="lstm", dropout=0.2)
        self.settings = workshop.recipe.objective
        self.trainer = workshop.trainer()
        self.learner = self.trainer.learner
        self.model, self.objective = self.learner.model, self.learner.objective
        self.graph = StepGraph(self.model, self.objective, nullcontext, record)
        self.generator = torch.Generator().manual_seed(0)
        self.carried = self.objective.begin(self.model, 3, "cpu").each(torch.clone)

    def window(self) -> Window:
        batch = self.trainer._stream.next()
        return self.objective.draw(self.model, batch, self.settings, 0.7, 0.1, self.generator, 0.4)

    def found(self, window: Window, carried: Carried) -> list[Tensor]:
        """All that is known of a window, gradients included."""
        losses, norm, later = self.graph.run(window, carried, self.settings, 0.5)
        gradients = [p.grad.clone() for p in self.learner.parameters.values() if p.grad is not None]
        return [*vars(losses).values(), norm, *later.tensors().values(), *gradients]

    def ready(self) -> None:
        for _ in range(REPEATS + 1):
            self.found(self.window(), self.carried)


def another(value: Tensor) -> Tensor:
    """Something else of the same kind."""
    if value.dtype == torch.bool:
        return ~value
    return (value + torch.linspace(0.1, 0.5, value.numel()).view(value.shape)).abs()


# No recurrent model looks at times; and where there is a weight of the whole piece, nothing is recorded.
PLACES = [("window", name) for name in Window._fields if name not in ("times", "whole_weight")]
PLACES += [("carried", name) for name in ("h", "cell", "position", "distortion", "noise")]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_everything_that_changes_is_copied(recorder: Recorder, place: tuple[str, str]) -> None:
    recorded, eager = Bench(recorder), Bench(None)
    recorded.ready()
    assert (recorder.recorded, recorder.replayed) == (1, 1)
    window, carried = eager.window(), eager.carried.each(another)
    window = window._replace(fresh=torch.tensor([True, False, False]))
    before = recorded.found(window, carried)
    which, name = place
    if which == "window":
        window = window._replace(**{name: another(getattr(window, name))})
    elif name in carried.state._fields:
        carried = carried._replace(state=carried.state._replace(**{name: another(getattr(carried.state, name))}))
    else:
        changed = {name: another(getattr(carried.disturbance, name))}
        carried = carried._replace(disturbance=carried.disturbance._replace(**changed))
    after, expected = recorded.found(window, carried), eager.found(window, carried)
    assert recorder.replayed == 3
    assert not all(torch.equal(value, old) for value, old in zip(after, before, strict=True))
    assert all(torch.equal(value, true) for value, true in zip(after, expected, strict=True))


def test_what_a_window_has_found_stays(recorder: Recorder) -> None:
    bench = Bench(recorder)
    bench.ready()
    found = bench.graph.run(bench.window(), bench.carried, bench.settings, 0.5)
    values = [*vars(found.losses).values(), found.norm, *found.carried.tensors().values()]
    kept = [value.clone() for value in values]
    bench.found(bench.window(), found.carried)
    assert all(torch.equal(value, old) for value, old in zip(values, kept, strict=True))


@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize("settings", [{}, MSE], ids=str)
def test_a_loss_that_is_not_finite_moves_nothing(
    monkeypatch: pytest.MonkeyPatch, recorder: Recorder, settings: dict[str, Any], record: bool
) -> None:
    monkeypatch.setattr(learner_module, "record_for", lambda device, model: recorder if record else None)
    workshop = Workshop(average_from=0.0, **settings)
    trainer = workshop.trainer()

    def learn(spoil: float) -> dict[str, float] | None:
        batch = trainer._stream.next()
        batch.frames[0, 0, 0] *= spoil
        return trainer.learner.learn(batch, 5, workshop.recipe, lambda loss: not math.isfinite(loss))

    for _ in range(REPEATS + 2):
        assert learn(1.0) is not None
    before = {name: value.clone() for name, value in trainer.learner.tensors().items()}
    assert learn(float("nan")) is None
    after = trainer.learner.tensors()
    assert after.keys() == before.keys()
    assert [name for name, value in before.items() if not torch.equal(value, after[name])] == ["random.noise"]
    assert learn(1.0) is not None
    assert recorder.recorded == record


def test_shapes_that_change_on_the_way(recorder: Recorder) -> None:
    recorded, eager = Bench(recorder), Bench(None)
    turns = [(8, 8), (5, 7), (8, 2), (5, 1), (8, 3), (6, 12), (8, 4)]  # how many frames, how often
    for frames, times in turns:
        for _ in range(times):
            for bench in (recorded, eager):
                window = bench.window()
                window = window._replace(
                    frames=window.frames[:frames],
                    mask=window.mask[:frames],
                    noise=window.noise[:frames],
                    input_noise=window.input_noise[:frames],
                    keep=window.keep[:frames],
                )
                bench.last = bench.found(window, bench.carried)
            for value, true in zip(recorded.last, eager.last, strict=True):
                assert torch.equal(value, true)
    # 8 at the fourth, 5 at its seventh, after twice as many; 6 needs twice as many again and never comes to it.
    assert recorder.recorded == 2
    assert recorder.replayed == (8 - 3) + (7 - 6) + 1


def test_nothing_is_held_of_the_windows_before() -> None:
    """Autograd's nodes belong to the stream on which they were made: none of an eager update may be met again by the
    work when it is recorded on another."""
    bench = Bench(None)
    parameters = list(bench.learner.parameters.values())
    nodes = [torch.autograd.graph.get_gradient_edge(parameter).node for parameter in parameters]
    for node in nodes:
        node.metadata["seen"] = True
    found = bench.graph.run(bench.window(), bench.carried, bench.settings, 0.5)
    assert found.carried.state.condition is not None
    del nodes, node
    for parameter in parameters:
        assert "seen" not in torch.autograd.graph.get_gradient_edge(parameter).node.metadata
    begun = bench.objective.begin(bench.model, 3, "cpu")
    assert not any(value.requires_grad for value in begun.tensors().values())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_looks_at_a_number(kind: str) -> None:
    """Which a graph would not allow. What is written down is what torch does when nobody is in between: a tape, or
    tensors without numbers, make some of its operations take another way."""
    bench = Bench(None, KINDS[kind]())
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        bench.found(bench.window(), bench.carried)
    names = {event.name for event in profile.events()}
    assert "aten::mm" in names
    assert "AddmmBackward0" in names  # the way back is there too
    assert not names & {"aten::item", "aten::_local_scalar_dense", "aten::nonzero", "aten::is_nonzero", "aten::equal"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_work_makes_everything_where_the_model_is(kind: str) -> None:
    """On torch's device without numbers, which refuses what comes from elsewhere."""
    bench = Bench(None, KINDS[kind]())
    window = bench.window().to("meta")
    bench.model.to("meta")
    bench.objective.to("meta")
    graph = StepGraph(bench.model, bench.objective, nullcontext, None)
    found = graph.run(window, bench.carried.each(lambda value: value.to("meta")), bench.settings, 0.5)
    assert found.norm.device.type == "meta"


def test_loops_inside_have_no_recordings_of_their_own(
    monkeypatch: pytest.MonkeyPatch, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    recorded_loops = []

    def record(work: Callable[[], Any]) -> Any:
        recorded_loops.append(work)
        raise RuntimeError("not here")

    loops = scan_cuda.Recorder(record)
    monkeypatch.setattr(scan, "body_for", lambda parts, inputs: loops.run)
    bench = Bench(recorder)
    for _ in range(3 * REPEATS):
        bench.found(bench.window(), bench.carried)
    assert recorder.recorded == 1
    assert not recorded_loops
    for _ in range(REPEATS + 1):
        bench.found(bench.window()._replace(latent_look_ahead=None), bench.carried)
    assert recorded_loops  # outside they have, as before
    assert [entry.message for entry in caplog.records] == [
        "Training will be slower, since the loop over time cannot be recorded as a graph: not here"
    ]


def test_memory_is_let_go_at_the_end(monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    trainer, _, _ = trained(Workshop(), monkeypatch, recorder)
    assert recorder.replayed > 0
    assert trainer.learner._graph._recording is None
    assert all(parameter.grad is None for parameter in trainer.learner.parameters.values())


def test_what_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VRNN_CUDA_GRAPHS", raising=False)
    vrnn = Workshop().trainer().model
    workshop = Workshop()
    other = workshop.trainer(recipe=workshop.recipe.changed({"model.kind": "predictor"})).model
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    assert step_graph.record_for(cuda, vrnn) is scan_cuda.captured
    assert step_graph.record_for(cpu, vrnn) is None
    assert step_graph.record_for(cuda, other) is None
    monkeypatch.setenv("VRNN_CUDA_GRAPHS", "0")
    assert step_graph.record_for(cuda, vrnn) is None


needs_graphics = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics processor")


@needs_graphics
@pytest.mark.parametrize("kind", KINDS)
def test_on_a_graphics_processor(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.undo()  # the loop as it is chosen there
    told = []
    for wanted in ("0", "1"):
        monkeypatch.setenv("VRNN_CUDA_GRAPHS", wanted)
        trainer = KINDS[kind]().trainer(seed=3, device="cuda")
        told.append([event.values for event in trainer.events() if isinstance(event, Progress)])
        assert (trainer.learner._graph.recordings == 1) == (wanted == "1")
    for values, expected in zip(*told, strict=True):
        assert values == pytest.approx(expected, rel=1e-3, abs=1e-4)


@needs_graphics
def test_in_bfloat16_on_a_graphics_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(learner_module, "precision", lambda *_: torch.autocast("cuda", torch.bfloat16))
    told = []
    for wanted in ("0", "1"):
        monkeypatch.setenv("VRNN_CUDA_GRAPHS", wanted)
        trainer = Workshop(hidden=64).trainer(seed=3, device="cuda")
        told.append([event.values["loss"] for event in trainer.events() if isinstance(event, Progress)])
        assert (trainer.learner._graph.recordings == 1) == (wanted == "1")
    assert told[1] == pytest.approx(told[0], rel=1e-2, abs=1e-2)
