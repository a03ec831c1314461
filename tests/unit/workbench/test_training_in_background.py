"""Trainings in their thread: started, paused, stopped, resumed, failed."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import circle, tiny, train, wait_until

from studio.errors import StudioError
from studio.project.database import Database
from studio.training import trainer as trainer_module
from studio.training.events import Progress, Saved, Stopped, TrainingEvent
from studio.workbench import GenerationSettings, TrainingState, Workbench, background_training
from studio.workbench import training as training_module

ENDLESS = 10**6


def weights(bench: Workbench, run: int) -> dict[str, Any]:
    from studio.training.checkpoints import Checkpoint

    stored = bench._project.runs.checkpoint(run, "last")
    return Checkpoint(stored.weights, stored.meta).tensors()


def assert_equal_weights(bench: Workbench, one: int, other: int) -> None:
    first, second = weights(bench, one), weights(bench, other)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert tensor.equal(second[name]), name


def test_preparing_is_announced(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[TrainingState] = []
    full.training_changed.connect(states.append)
    go = threading.Event()
    monkeypatch.setattr("studio.training.devices.choose_device", lambda *_: go.wait(60) and "cpu")
    full.train(tiny())
    full.poll()
    go.set()
    wait_until(full, lambda: full.training.phase == "idle")
    assert (states[0].phase, states[-1].phase) == ("preparing", "idle")


def test_a_training_from_beginning_to_end(full: Workbench) -> None:
    states: list[TrainingState] = []
    events: list[TrainingEvent] = []
    said: list[str] = []
    here = threading.get_ident()
    full.training_changed.connect(states.append)
    full.training_event.connect(events.append)
    full.message.connect(said.append)
    threads: set[int] = set()
    full.training_changed.connect(lambda state: threads.add(threading.get_ident()))
    run = train(full, tiny(), seed=3)
    assert [state.step for state in states] == sorted(state.step for state in states)
    assert states[-1] == full.training
    assert (full.training.phase, full.training.run, full.training.step) == ("idle", run, 12)
    assert full.training.message == said[-1]
    assert isinstance(events[-1], Stopped)
    assert isinstance([event for event in events if isinstance(event, Progress)][-1], Progress)
    assert threads == {here}
    info = full.run(run)
    assert (info.name, info.status, info.step, info.device, info.seed) == ("tiny-1", "finished", 12, "cpu", 3)
    assert info.has_weights
    assert not info.can_resume
    assert full.newest_run() == info


def test_curves_are_kept(full: Workbench) -> None:
    run = train(full, tiny(validation=0.4))
    live = full.metrics(run)
    assert live["loss"][0].tolist() == list(range(1, 13))
    assert {"reconstruction", "kl", "learning_rate", "validation.elbo", "validation.kl"} <= set(live)
    assert full.path is not None
    path = full.path
    full.close()
    full.open(path)
    kept = full.metrics(run)
    assert kept.keys() == live.keys()
    for name, (steps, values) in live.items():
        np.testing.assert_array_equal(kept[name][0], steps)
        np.testing.assert_array_equal(kept[name][1], values)


def test_the_same_seed_trains_the_same(full: Workbench) -> None:
    assert_equal_weights(full, train(full, tiny(), seed=5), train(full, tiny(), seed=5))


def test_why_not(bench: Workbench) -> None:
    assert "nothing to learn from" in bench.why_not_train()
    with pytest.raises(StudioError, match="nothing to learn from"):
        bench.train(tiny())
    bench.add_drawing(circle())
    assert bench.why_not_train() == ""
    bench.train(tiny(steps=ENDLESS))
    assert "running" in bench.why_not_train()
    with pytest.raises(StudioError, match="running"):
        bench.train(tiny())
    bench.close()


def test_stop_saves_and_resume_goes_on_as_if_nothing_had_been(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    original = trainer_module.Trainer.events

    def events(self: Any) -> Iterator[TrainingEvent]:
        for event in original(self):
            if isinstance(event, Progress) and event.step == 5:
                full.stop()
            yield event

    with monkeypatch.context() as changed:
        changed.setattr(trainer_module.Trainer, "events", events)
        run = train(full, tiny(steps=14), seed=7)
    info = full.run(run)
    assert (info.status, info.step) == ("stopped", 5)
    assert info.can_resume
    assert full.metrics(run)["loss"][0].tolist() == [1, 2, 3, 4, 5]

    assert train(full, resume=run) == run
    assert (full.run(run).status, full.run(run).step) == ("finished", 14)
    assert full.metrics(run)["loss"][0].tolist() == list(range(1, 15))
    whole = train(full, tiny(steps=14), seed=7)
    assert_equal_weights(full, run, whole)
    np.testing.assert_array_equal(full.metrics(run)["loss"][1], full.metrics(whole)["loss"][1])


def test_stop_answers_at_once(full: Workbench) -> None:
    run = full.train(tiny(steps=ENDLESS))
    wait_until(full, lambda: full.training.step >= 3)
    full.stop()
    assert full.training.phase == "stopping"
    wait_until(full, lambda: full.training.phase == "idle")
    assert full.run(run).status == "stopped"
    assert full.run(run).can_resume


def test_a_finished_run_needs_more_steps_to_go_on(full: Workbench) -> None:
    run = train(full, tiny())
    with pytest.raises(StudioError, match="made all its 12 steps"):
        full.train(resume=run)
    assert full.training.phase == "idle"
    train(full, tiny(steps=20), resume=run)
    assert (full.run(run).step, full.run(run).steps) == (20, 20)


def test_resuming_without_weights(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setattr(trainer_module, "Trainer", lambda *a, **o: Fails(*a, error=StudioError("No."), **o))
        run = train(full, tiny())
    assert not full.run(run).can_resume
    with pytest.raises(StudioError, match="no weights"):
        full.train(resume=run)


def test_pause_and_go_on(full: Workbench) -> None:
    full.train(tiny(steps=ENDLESS))
    wait_until(full, lambda: full.training.phase == "training")
    full.pause()
    assert full.training.phase == "paused"
    events: list[TrainingEvent] = []
    full.training_event.connect(events.append)
    wait_until(full, lambda: any(isinstance(event, Saved) for event in events))
    full.poll()
    step = full.training.step
    for _ in range(20):
        full.poll()
    assert full.training.step == step
    full.go_on()
    assert full.training.phase == "training"
    wait_until(full, lambda: full.training.step > step)
    full.pause()
    full.stop()
    wait_until(full, lambda: full.training.phase == "idle")


def test_stop_while_preparing(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    monkeypatch.setattr("studio.training.devices.choose_device", lambda *_: go.wait(60) and "cpu")
    run = full.train(tiny())
    assert full.training.phase == "preparing"
    full.stop()
    assert full.training.phase == "stopping"
    go.set()
    wait_until(full, lambda: full.training.phase == "idle")
    assert (full.run(run).status, full.run(run).step) == ("stopped", 0)
    assert "stopped" in full.training.message


def test_closing_saves(full: Workbench) -> None:
    run = full.train(tiny(steps=ENDLESS))
    wait_until(full, lambda: full.training.step >= 2)
    path = full.path
    assert path is not None
    full.close()
    assert full.training.phase == "idle"
    full.open(path)
    info = full.run(run)
    assert info.status == "stopped"
    assert info.step >= 2
    assert info.can_resume


def test_saving_under_another_name_while_training(full: Workbench, tmp_path: Path) -> None:
    run = full.train(tiny(steps=ENDLESS))
    wait_until(full, lambda: full.training.step >= 2)
    full.save_as(tmp_path / "other.vrnn")
    step = full.training.step
    wait_until(full, lambda: full.training.step > step)
    full.stop()
    wait_until(full, lambda: full.training.phase == "idle")
    assert full.path == tmp_path / "other.vrnn"
    assert full.run(run).step > step
    assert full.metrics(run)["loss"][0].tolist() == list(range(1, full.run(run).step + 1))
    full.open(tmp_path / "p.vrnn")
    # In the old file it is as far as it was; this process still lives, and so is taken to be training it.
    assert full.run(run).step <= step


def test_new_drawings_are_taken_in(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    original = trainer_module.Trainer.take_in

    def take_in(self: Any, sequences: Any) -> None:
        taken.append(len(sequences))
        original(self, sequences)

    monkeypatch.setattr(trainer_module.Trainer, "take_in", take_in)
    run = full.train(tiny(steps=ENDLESS, validation=0.4))
    full.add_drawing(circle(7))  # perhaps while it is being prepared
    wait_until(full, lambda: full.training.step >= 1)
    held_back = full._project.runs.get(run).held_back
    assert len(held_back) == 2
    full.add_drawing(circle(8))
    wait_until(full, lambda: taken[-1] == 8 - 2)
    first = next(item.id for item in full.materials() if item.id not in held_back)
    full.delete([first])
    wait_until(full, lambda: taken[-1] == 7 - 2)
    step = full.training.step
    wait_until(full, lambda: full.training.step > step + 5)
    full.stop()
    wait_until(full, lambda: full.training.phase == "idle")
    assert full.run(run).status == "stopped"


def test_what_is_known_already_is_not_encoded_again(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    monkeypatch.setattr(trainer_module.Trainer, "take_in", lambda self, sequences: taken.append(list(sequences)))
    full.train(tiny(steps=ENDLESS, validation=0))
    wait_until(full, lambda: full.training.step >= 1)
    for number, change in enumerate(
        [
            lambda: full.add_drawing(circle(8)),
            lambda: full.relabel([full.materials()[0].id], "other"),
            full.undo,
        ]
    ):
        change()
        wait_until(full, lambda number=number: len(taken) > number)  # type: ignore[misc]
    assert all(a is b for later in taken[1:] for a, b in zip(taken[0], later, strict=True))
    full.close()


def test_a_new_drawing_that_cannot_be_taken_in_does_not_end_the_training(
    full: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    full.failed.connect(told.append)
    full.train(tiny(steps=ENDLESS, validation=0))
    wait_until(full, lambda: full.training.step >= 1)

    def refuse(*_: object) -> None:
        raise StudioError("It has no times.")

    monkeypatch.setattr("studio.workbench.background_training.encoded", refuse)
    full.add_drawing(circle(8))
    wait_until(full, lambda: bool(told))
    assert told == ["The training goes on without what is new: It has no times."]
    step = full.training.step
    wait_until(full, lambda: full.training.step > step)
    full.close()


def test_a_training_that_cannot_end_yet_never_writes_to_a_closed_project(
    full: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one that waits for half a minute of compiling: by then another project may be open."""
    begun, go_on = threading.Event(), threading.Event()
    original = background_training.fitted

    def slow(*given: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return original(*given)

    monkeypatch.setattr(background_training, "fitted", slow)
    monkeypatch.setattr(training_module, "_CLOSING_SECONDS", 0.05)
    monkeypatch.setattr(training_module, "_PREPARING_SECONDS", 0.05, raising=False)
    path = full.path
    run = full.train(tiny())
    training, project = full._background, full._project
    assert training is not None
    assert begun.wait(60)
    written: list[str] = []
    monkeypatch.setattr(Database, "transaction", _noted(Database.transaction, project._database, written))
    full.new(tmp_path / "other.vrnn")
    before = len(written)
    go_on.set()
    assert training.wait(60)
    assert written[before:] == []
    assert path is not None
    full.open(path)
    assert full.run(run).status == "stopped"


def test_a_training_that_is_left_behind_while_it_works_can_be_resumed(
    full: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_module, "_CLOSING_SECONDS", 0.05)
    go_on = threading.Event()
    run = full.train(tiny(steps=ENDLESS, save_seconds=0.001, validation=0))
    wait_until(full, lambda: full._project.runs.get(run).has_weights)
    training, path = full._background, full.path
    assert training is not None
    assert path is not None
    monkeypatch.setattr(trainer_module.Trainer, "_end", lambda *_: iter([go_on.wait(60)][1:]))
    full.new(tmp_path / "other.vrnn")
    go_on.set()
    assert training.wait(60)
    full.open(path)
    assert full.run(run).status == "interrupted"
    assert full.run(run).can_resume


def _noted(transaction: Any, database: Database, written: list[str]) -> Any:
    def noted(self: Database) -> Any:
        if self is database:
            written.append(threading.current_thread().name)
        return transaction(self)

    return noted


def test_changed_settings_act_and_are_kept(full: Workbench) -> None:
    with pytest.raises(StudioError, match="No training is running"):
        full.change_training(steps=3)
    run = full.train(tiny(steps=ENDLESS))
    wait_until(full, lambda: full.training.step >= 1)
    with pytest.raises(StudioError, match="cannot change"):
        full.change_training(hidden=4)
    target = full.training.step + 100
    full.change_training(steps=target, learning_rate=1e-4)
    wait_until(full, lambda: full.training.phase == "idle")
    info = full.run(run)
    assert (info.status, info.step, info.steps) == ("finished", target, target)
    assert info.recipe.training.learning_rate == 1e-4


def test_time_limit(full: Workbench) -> None:
    run = train(full, tiny(steps=ENDLESS), minutes=0.005)
    assert full.run(run).status == "stopped"
    assert "time is up" in full.training.message


def test_steps_that_fit_the_time(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.workbench.background_training._FIT_SECONDS", 0.05)
    run = train(full, tiny(steps=ENDLESS), minutes=0.02, fit_steps=True)
    assert full.run(run).steps < ENDLESS
    assert full.run(run).status in ("finished", "stopped")


class Fails:
    """A trainer that fails after one step."""

    remark = ""

    def __init__(self, recipe: Any, *arguments: Any, error: BaseException, **options: Any) -> None:
        self.recipe = recipe
        self.error = error

    def events(self) -> Iterator[TrainingEvent]:
        yield Progress(1, 12, {"loss": 3.0, "reconstruction": 1.0, "kl": 2.0})
        raise self.error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (StudioError("Too bad."), "Too bad."),
        (MemoryError(), "There is not enough memory for this training"),
        (ZeroDivisionError("nought"), "a mistake in the studio (nought)"),
    ],
)
def test_failure_is_told_and_the_studio_lives(
    full: Workbench, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    failures: list[str] = []
    full.failed.connect(failures.append)
    with monkeypatch.context() as changed:
        changed.setattr(trainer_module, "Trainer", lambda *a, **o: Fails(*a, error=error, **o))
        run = train(full, tiny())
    assert len(failures) == 1
    assert sentence in failures[0]
    assert full.training.message == failures[0]
    assert full.run(run).status == "failed"
    assert full.metrics(run)["loss"][1].tolist() == [3.0]
    assert full.run(train(full, tiny())).status == "finished"


def out_of_memory() -> Exception:
    """What PyTorch raises where the system refuses."""
    import torch

    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60, dtype=torch.uint8)
    return raised.value


def test_out_of_memory_is_told_with_advice(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[tuple[str, str]] = []
    full.failed.connect(lambda sentence, details: failures.append((sentence, details)))
    error = out_of_memory()
    with monkeypatch.context() as changed:
        changed.setattr(trainer_module, "Trainer", lambda *a, **o: Fails(*a, error=error, **o))
        train(full, tiny(batch=5, window=16))
    ((sentence, details),) = failures
    assert "not enough memory for this training on cpu: make batch (5), window (16) or hidden (" in sentence
    assert "Traceback" in details
    assert full.run(train(full, tiny())).status == "finished"


def test_an_explosion_is_told_and_the_curves_go_back(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer_module, "GOOD_STEPS", 2)
    monkeypatch.setattr(trainer_module, "GOOD_SHARE", 1.0)
    monkeypatch.setattr("studio.workbench.background_training._WRITE_SECONDS", 0.0)
    usual = trainer_module.LossWatch.explodes
    exploded = []

    def explodes(watch: Any, loss: float) -> bool:
        if len(watch._usual) == 7 and not exploded:
            exploded.append(loss)
            return True
        return usual(watch, loss)

    monkeypatch.setattr(trainer_module.LossWatch, "explodes", explodes)
    told: list[str] = []
    full.failed.connect(lambda sentence: told.append(sentence))
    recipe = tiny(steps=12)
    run = train(full, recipe)
    assert len(told) == 1
    assert "went back to step 4" in told[0]
    assert full.run(run).status == "finished"
    assert full.run(run).recipe.training.learning_rate == recipe.training.learning_rate / 2
    steps, values = full.metrics(run)["loss"]
    assert steps.tolist() == list(range(1, 13))
    assert len(values) == 12


def test_a_full_disk_ends_a_training_with_a_sentence(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: Any, **__: Any) -> None:
        raise StudioError("The disk is full.")

    failures: list[str] = []
    full.failed.connect(failures.append)
    with monkeypatch.context() as changed:
        changed.setattr("studio.project.runs.Runs.save_checkpoint", full_disk)
        train(full, tiny())
    assert failures == ["The disk is full."]


def test_the_switch_interval_is_restored(full: Workbench) -> None:
    before = sys.getswitchinterval()
    full.train(tiny(steps=ENDLESS))
    wait_until(full, lambda: full.training.step >= 1)
    assert sys.getswitchinterval() < before
    full.stop()
    wait_until(full, lambda: full.training.phase == "idle")
    assert sys.getswitchinterval() == before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
def test_the_training_gives_way_to_the_window(full: Workbench) -> None:
    def niceness(thread: threading.Thread) -> int:
        assert thread.native_id is not None
        return os.getpriority(os.PRIO_PROCESS, thread.native_id)

    full.train(tiny(steps=ENDLESS))
    wait_until(full, lambda: full.training.step >= 1)
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "training")
    assert niceness(thread) > niceness(threading.main_thread())
    full.stop()
    wait_until(full, lambda: full.training.phase == "idle")


def test_names_of_runs(full: Workbench) -> None:
    first = train(full, tiny(), name="mine")
    with pytest.raises(StudioError, match="already is a run 'mine'"):
        full.train(tiny(), name="mine")
    assert full.training.phase == "idle"
    second = train(full, tiny())
    third = train(full, tiny())
    assert [run.name for run in full.runs()] == ["mine", "tiny-1", "tiny-2"]
    full.rename_run(second, " other ")
    assert full.run_named("other").id == second
    for wrong in ("mine", " "):
        with pytest.raises(StudioError):
            full.rename_run(second, wrong)
    with pytest.raises(StudioError, match="its runs: mine, other, tiny-2"):
        full.run_named("nonsense")
    full.delete_run(third)
    assert [run.id for run in full.runs()] == [first, second]
    with pytest.raises(StudioError, match=f"no run {third}"):
        full.run(third)


def test_the_running_one_cannot_be_deleted(full: Workbench) -> None:
    run = full.train(tiny(steps=ENDLESS))
    with pytest.raises(StudioError, match="stop it first"):
        full.delete_run(run)
    full.close()


def test_recipes(bench: Workbench) -> None:
    names = [recipe.name for recipe in bench.recipes()]
    assert names[0] == "pens"
    assert bench.recipe("pens") == bench.recipes()[0]
    with pytest.raises(StudioError, match="no recipe 'nonsense'"):
        bench.recipe("nonsense")
    with pytest.raises(StudioError, match="another name"):
        bench.save_recipe(bench.recipe("pens").changed({"steps": 7}))
    bench.save_recipe(tiny(steps=7))
    assert bench.own_recipe("tiny")
    assert not bench.own_recipe("pens")
    assert bench.recipe("tiny") == tiny(steps=7)
    bench.save_recipe(tiny(steps=8))
    assert [recipe.name for recipe in bench.recipes()] == [*names, "tiny"]
    assert bench.recipe("tiny").training.steps == 8
    bench.delete_recipe("tiny")
    assert [recipe.name for recipe in bench.recipes()] == names


def test_a_run_with_an_unreadable_recipe_is_still_shown(full: Workbench) -> None:
    run = train(full, tiny())
    full._project.runs.set_recipe(run, "from = 'the future'")
    path = full.path
    assert path is not None
    full.close()
    full.open(path)
    assert full.run(run).recipe.name == "unknown"
    assert full.run(run).step == 12


def test_when_all_it_learned_from_is_gone(full: Workbench) -> None:
    run = train(full, tiny(validation=0.4))
    held_back = full._project.runs.get(run).held_back
    full.delete([item.id for item in full.materials() if item.id not in held_back])
    failures: list[str] = []
    full.failed.connect(failures.append)
    train(full, tiny(steps=20), resume=run)
    assert "is gone" in failures[0]


def test_a_recipe_that_is_gone_is_that_which_does_its_work(full: Workbench) -> None:
    assert full.recipe("drawings").name == "pens"
    assert "drawings" not in [recipe.name for recipe in full.recipes()]


def test_a_run_of_a_recipe_that_is_gone_opens_and_is_resumed(full: Workbench) -> None:
    run = train(full, tiny(name="drawings", title="Drawings"), seed=1)
    path = full.path
    full.close()
    full.open(path)
    assert full.run(run).recipe.name == "drawings"
    longer = full.run(run).recipe.changed({"training.steps": 16})
    assert train(full, longer, resume=run) == run
    assert (full.run(run).step, full.run(run).recipe.name) == (16, "drawings")
    assert full.wait(full.generate(GenerationSettings(count=1, run=run))).result
