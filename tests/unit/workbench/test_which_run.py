"""Which run is drawn with where nobody names one: the newest that went far enough."""

from __future__ import annotations

import pytest
from tiny import circle, tiny, train

from studio.workbench import Workbench


@pytest.fixture
def trained(tmp_path, monkeypatch) -> Workbench:
    """With one run that was finished."""
    bench = Workbench(tmp_path / "studio")
    bench.new()
    bench.add_drawings(circle(seed) for seed in range(4))
    train(bench, tiny(steps=12), seed=1)
    yield bench
    bench.discard()


def stopped(bench: Workbench, step: int, steps: int) -> int:
    """A run that was stopped by hand after so many steps."""
    run = train(bench, tiny(steps=4), seed=2)
    recipe = tiny(steps=steps).to_toml()
    with bench._project._database.transaction() as connection:
        connection.execute("UPDATE runs SET status = 'stopped', step = ?, recipe = ? WHERE id = ?", (step, recipe, run))
    bench._runs_changed()
    return run


def test_a_run_stopped_by_mistake_does_not_become_what_is_drawn(trained: Workbench) -> None:
    stopped(trained, step=8, steps=400)
    used = trained.newest_run()
    assert used is not None
    assert used.name == "tiny-1"
    assert trained.why_not_newest() == "tiny-1 is used: tiny-2, which is newer, made only 8 of 400 steps."


@pytest.mark.parametrize(("step", "steps"), [(100, 20_000), (50, 200)])
def test_a_run_that_went_far_enough_does(trained: Workbench, step: int, steps: int) -> None:
    run = stopped(trained, step, steps)
    assert trained.newest_run() == trained.run(run)
    assert trained.why_not_newest() == ""


def test_a_young_run_is_used_where_there_is_no_other(trained: Workbench) -> None:
    trained.delete_run(1)
    run = stopped(trained, step=8, steps=400)
    assert trained.newest_run() == trained.run(run)
    assert trained.why_not_newest() == ""
