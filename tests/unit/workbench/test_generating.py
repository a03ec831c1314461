"""Drawing with what has been learned, live and at once."""

import gc
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import PATIENCE, circle, tiny, train, wait_until

from studio.errors import StudioError
from studio.generation import live
from studio.models import compiled, compiling
from studio.models.compiling import Compiled
from studio.sequences.material import Drawing, FloatArray
from studio.workbench import GenerationSettings, LivePens, Workbench
from studio.workbench.base import COMPILING


@pytest.fixture
def trained(full: Workbench) -> Workbench:
    train(full, tiny(), seed=1)
    return full


@pytest.fixture
def endless(full: Workbench) -> Workbench:
    """Its pens go on for as long as one likes."""
    train(full, tiny(ends="no"), seed=1)
    return full


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.001)


def read_all(pens: LivePens, frames: int = 5) -> FloatArray:
    """Everything the pens draw, ``[T, B, 4]``."""
    pieces = []

    def done() -> bool:
        pieces.append(pens.read(frames))
        return pens.finished or bool(pens.error)

    until(done)
    assert pens.error == ""
    return np.concatenate(pieces)


def points(drawings: list[Drawing]) -> list[list[list[float]]]:
    return [drawing.points.tolist() for drawing in drawings]


def test_nothing_to_draw_with(bench: Workbench) -> None:
    assert "Nothing has been learned" in bench.why_not_generate()
    for act in (bench.live, bench.generate):
        with pytest.raises(StudioError, match="Nothing has been learned"):
            act(GenerationSettings())
    with pytest.raises(StudioError, match="no run 7"):
        bench.live(GenerationSettings(run=7))


def test_live_pens_draw_what_generate_draws(trained: Workbench) -> None:
    settings = GenerationSettings(count=3, length=40, seed=5)
    wanted = trained.wait(trained.generate(settings)).result
    pens = trained.live(settings)
    drawn = read_all(pens)
    assert drawn.shape[1:] == (3, 4)
    assert points(pens.drawings()) == points(list(wanted))
    assert all(drawing.y_up is False for drawing in pens.drawings())
    pens.close()


def test_pens_do_not_depend_on_how_they_are_read(trained: Workbench) -> None:
    settings = GenerationSettings(count=2, length=30, seed=5)
    drawn = []
    for frames in (1, 7, 1000):
        pens = trained.live(settings)
        drawn.append(read_all(pens, frames))
        pens.close()
    for other in drawn[1:]:
        np.testing.assert_allclose(other, drawn[0], atol=1e-6)


def test_reading_never_waits(trained: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    load = trained._load_model
    monkeypatch.setattr(trained, "_load_model", lambda *wanted: go.wait(60) and load(*wanted))
    pens = trained.live(GenerationSettings(count=2))
    assert pens.read(10).shape == (0, 2, 4)
    assert not pens.ready
    assert not pens.finished
    assert pens.drawings() == []
    go.set()
    until(lambda: pens.ready)
    assert pens.length == trained.materials()[0].material.points.shape[0]
    assert pens.y_up is False
    pens.close()


def test_only_a_few_frames_are_drawn_ahead(endless: Workbench) -> None:
    """So that a variance that is moved shows at once."""
    pens = endless.live(GenerationSettings(count=1, length=10_000))
    pens.read(4)
    until(lambda: len(pens._points) >= 8)
    time.sleep(0.05)
    assert len(pens._points) <= 8 + live._CHUNK
    for _ in range(20):
        until(lambda: len(pens.read(4)) > 0)
        assert len(pens._points) - pens._position <= 8 + live._CHUNK
    pens.close()


def test_variance_acts_while_they_draw(endless: Workbench) -> None:
    settings = GenerationSettings(count=1, length=200, seed=3, latent_variance=0, output_variance=0)
    calm = endless.live(settings)
    still = read_all(calm)
    assert calm.variance == (0, 0)
    moved = endless.live(settings)
    pieces = [np.empty((0, 1, 4))]
    while sum(map(len, pieces)) < 20:
        pieces.append(moved.read(2))
    moved.variance = (1.0, 1.0)
    changed = np.concatenate([*pieces, read_all(moved, 2)])
    same = [np.allclose(a, b, atol=1e-4) for a, b in zip(still, changed, strict=False)]
    first = same.index(False)
    assert all(same[:20])
    assert first <= 20 + 4 + 2 * live._CHUNK
    with pytest.raises(ValueError, match="negative"):
        moved.variance = (-1.0, 1.0)
    calm.close()
    moved.close()


def test_restart(trained: Workbench) -> None:
    pens = trained.live(GenerationSettings(count=2, length=20, seed=5))
    first = read_all(pens)
    pens.restart()
    assert not pens.finished
    again = read_all(pens)
    np.testing.assert_allclose(again, first, atol=1e-6)
    pens.restart(seed=6)
    assert pens.seed == 6
    other = read_all(pens)
    shared = min(len(first), len(other))
    assert not np.allclose(other[:shared], first[:shared])
    pens.close()


def test_restart_in_the_middle_shows_nothing_old(trained: Workbench) -> None:
    pens = trained.live(GenerationSettings(count=1, length=50, seed=5))
    wanted = read_all(pens)
    for _ in range(10):
        pens.restart()
        until(lambda: len(pens.read(3)) > 0 or pens.finished)
    pens.restart()
    np.testing.assert_allclose(read_all(pens), wanted, atol=1e-6)
    pens.close()


def test_a_beginning_stays_where_it_is(trained: Workbench) -> None:
    begin = Drawing.from_points(circle(1).points[:8] + 1000, y_up=False)
    settings = GenerationSettings(count=2, length=24, seed=5, begin=begin)
    pens = trained.live(settings)
    drawn = read_all(pens)
    assert pens.begin_frames == 8
    for pen in range(2):
        np.testing.assert_allclose(drawn[:8, pen, :2], begin.points, atol=0.05)
    assert (drawn[:8, :, 3] == 0).all()
    wanted = trained.wait(trained.generate(settings)).result
    for found, drawing in zip(pens.drawings(), wanted, strict=True):
        np.testing.assert_allclose(found.points, drawing.points, atol=0.01)
    pens.close()


def test_the_box_holds_most_of_the_material(trained: Workbench) -> None:
    pens = trained.live(GenerationSettings(count=1))
    until(lambda: pens.ready)
    low, high = pens.box
    for item in trained.materials():
        assert (item.material.points >= low - 5).all()
        assert (item.material.points <= high + 5).all()
    assert ((high - low) < 120).all()
    pens.close()


def test_a_box_without_material(trained: Workbench) -> None:
    trained.delete([item.id for item in trained.materials()])
    pens = trained.live(GenerationSettings(count=1))
    until(lambda: pens.ready)
    low, high = pens.box
    assert (low < high).all()
    pens.close()


def test_pens_draw_while_the_run_is_being_trained(full: Workbench) -> None:
    weights: list[int] = []
    full.weights_changed.connect(weights.append)
    run = full.train(tiny(steps=10**6))
    assert "no weights yet" in full.why_not_generate(run)
    wait_until(full, lambda: len(weights) >= 1)
    assert full.why_not_generate(run) == ""
    pens = full.live(GenerationSettings(count=1, length=15, seed=5, run=run))
    first = read_all(pens)
    wait_until(full, lambda: len(weights) >= 3)
    assert set(weights) == {run}
    pens.restart()
    assert not np.array_equal(read_all(pens), first)  # newer weights
    full.stop()
    wait_until(full, lambda: full.training.phase == "idle")
    pens.restart()
    wanted = full.wait(full.generate(GenerationSettings(count=1, length=15, seed=5))).result
    read_all(pens)
    assert points(pens.drawings()) == points(list(wanted))
    pens.close()


def test_a_deleted_run_stops_the_pens_with_a_sentence(trained: Workbench) -> None:
    pens = trained.live(GenerationSettings(count=1, length=5))
    read_all(pens)
    trained.delete_run(trained.runs()[0].id)
    pens.restart()
    until(lambda: bool(pens.error))
    assert "There is no run" in pens.error


def test_closing_the_project_closes_the_pens(trained: Workbench) -> None:
    pens = trained.live(GenerationSettings(count=1))
    trained.close()
    until(lambda: not pens._thread.is_alive())


def test_early_stopped_runs_draw_with_their_best_weights(full: Workbench) -> None:
    run = train(full, tiny(validation=0.4))
    loaded = full._load_model(run)
    assert loaded is full._load_model(run)
    full._project.runs.set_status(run, "early")
    best = full._load_model(run)
    assert best is not loaded
    stored = full._project.runs.checkpoint(run, "best")
    assert stored.kind == "best"
    assert (loaded.step, best.step) == (12, stored.step)
    full._project.runs.save_checkpoint(run, replace(stored, step=10))
    assert full.wait(full.evaluate()).result.run.step == 10


def test_what_is_measured_while_training_tells_the_step_of_its_weights(full: Workbench) -> None:
    run = full.train(tiny(steps=10**6, validation=0.4))
    wait_until(full, lambda: not full.why_not_generate(run))
    first = full._load_model(run).step
    found = full.wait(full.evaluate()).result
    assert 1 <= first <= found.run.step < 10**6
    full.stop()
    wait_until(full, lambda: full.training.phase == "idle")
    assert found.run.step <= full.wait(full.evaluate()).result.run.step == full.run(run).step


def test_samples_are_kept_with_their_settings(trained: Workbench) -> None:
    settings = GenerationSettings(count=2, length=10, seed=9, latent_variance=0.5)
    drawings = trained.wait(trained.generate(settings)).result
    trained.keep_samples(settings, drawings)
    kept = trained.samples_kept()
    assert points([sample.material for sample in kept]) == points(list(drawings))
    assert kept[0].settings == {"step": 12, "seed": 9, "length": 10, "latent_variance": 0.5, "output_variance": 1.0}


def test_evaluation(full: Workbench) -> None:
    train(full, tiny(validation=0.4))
    found = full.wait(full.evaluate()).result
    assert found.on == "the 2 drawings that the run held back"
    assert found.bound.items == 2
    facts = found.to_dict()
    assert (facts["run"], facts["step"], facts["bound"]) == ("tiny-1", 12, "elbo")
    assert {"position scale", "offset scale"} <= facts["units"].keys()
    tight = full.wait(full.evaluate(bound="iwae", particles=3, on=[circle(40)])).result
    assert (tight.bound.name, tight.bound.particles, tight.on) == ("iwae", 3, "one drawing from files")
    with pytest.raises(StudioError, match="nothing to measure on"):
        full.evaluate(on=[])


def test_evaluation_where_nothing_was_held_back(full: Workbench) -> None:
    train(full, tiny(validation=0))
    found = full.wait(full.evaluate()).result
    assert found.bound.items == 6
    assert "which the run learned from" in found.on


def test_loading_in_background(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    heard = itertools.count()
    bench.ready_changed.connect(lambda: next(heard))
    bench.load_in_background()
    bench.load_in_background()
    wait_until(bench, lambda: bench.ready)
    bench.poll()
    bench.poll()
    assert next(heard) == 1


def test_what_is_loaded_is_no_garbage_to_be_looked_for(tmp_path: Path) -> None:
    gc.unfreeze()
    bench = Workbench(tmp_path)
    bench.load_in_background()
    assert bench._loading is not None
    bench._loading.join(PATIENCE)
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert frozen > 10_000
    assert gc.isenabled()


def test_nobody_waits_while_the_studio_is_compiled(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def compile_apart(code: str) -> SimpleNamespace:
        begun.set()
        assert may_end.wait(PATIENCE)
        return SimpleNamespace(returncode=0)

    from studio.generation import prepare, stepper

    monkeypatch.setattr(compiling, "patient", False)
    monkeypatch.setattr(compiling, "loop", Compiled(lambda: None, "Slower"))
    monkeypatch.setattr(stepper, "compiled", Compiled(lambda: None, "Slower"))
    monkeypatch.setattr(prepare, "child", SimpleNamespace(run=compile_apart))
    monkeypatch.setattr(compiled, "place", str(full.path.parent))
    said: list[str] = []
    full.message.connect(said.append)
    full.load_in_background()
    assert begun.wait(PATIENCE)
    full.train(tiny(steps=100_000), seed=1)
    wait_until(full, lambda: full.training.step > 3)
    assert full.training.speeds_up
    assert COMPILING in said
    wait_until(full, lambda: not full.why_not_generate())
    pens = full.live(GenerationSettings(count=1, length=20))
    read_all(pens)
    may_end.set()
    wait_until(full, lambda: not full.training.speeds_up)
    assert compiling.works()
    full.stop()
    wait_until(full, lambda: full.training.phase == "idle")
    pens.close()


def test_hairs_of_a_run(full: Workbench) -> None:
    assert full.why_not_foresee() == "Nothing has been learned yet: train first."
    train(full, tiny())
    assert not full.why_not_foresee()
    futures = full.futures(GenerationSettings(seed=3), 7)
    futures.ask(circle(points=11))
    wait_until(full, lambda: bool(futures.error) or not futures.busy or futures._made is not None)
    found = futures.take()
    assert found is not None
    assert found.points.shape == (7, 32, 4)
    np.testing.assert_array_equal(found.tip, circle(points=11).points[-1])
    full.close()
    assert futures._closed
    full.new()
