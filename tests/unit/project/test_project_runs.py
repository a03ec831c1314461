"""Trainings in the file: curves, checkpoints, samples, and who is at work on them."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from some_drawings import line

from studio.errors import StudioError
from studio.project.file import Project
from studio.project.owner import this_process
from studio.project.records import StoredCheckpoint

NOBODY = this_process().split("/")[0] + "/4194399"  # above the largest process number there can be


def new_run(project: Project, name: str = "a") -> int:
    return project.runs.create(name, 'name = "pens"', device="cpu", seed=3)


def test_a_new_run_trains_in_this_process(project: Project) -> None:
    id = new_run(project)
    run = project.runs.get(id)
    assert (run.name, run.status, run.step, run.device, run.seed) == ("a", "training", 0, "cpu", 3)
    assert not run.has_weights
    assert run.held_back == ()


def test_names_are_unique(project: Project) -> None:
    new_run(project, "a")
    other = new_run(project, "b")
    with pytest.raises(StudioError, match="already is a run 'a'"):
        new_run(project, "a")
    with pytest.raises(StudioError, match="already is a run 'a'"):
        project.runs.rename(other, "a")
    project.runs.rename(other, "b")
    project.runs.rename(other, "c")
    assert [run.name for run in project.runs.all()] == ["a", "c"]


def test_there_is_no_such_run(project: Project) -> None:
    with pytest.raises(StudioError, match="no run 7"):
        project.runs.get(7)


@pytest.mark.parametrize(
    ("owner", "status"),
    [(this_process(), "training"), (NOBODY, "interrupted"), ("elsewhere/1", "interrupted"), ("", "interrupted")],
    ids=["this process", "a dead one", "another computer", "nobody"],
)
def test_who_may_write_knows_that_no_other_trains(project: Project, owner: str, status: str) -> None:
    id = new_run(project)
    with project._database.transaction() as connection:
        connection.execute("UPDATE runs SET owner = ?", (owner,))
    assert project.runs.get(id).status == status
    project.runs.set_status(id, "finished")
    assert project.runs.get(id).status == "finished"


@pytest.mark.parametrize(
    ("writer", "status"), [("elsewhere/1", "training"), ("elsewhere/2", "interrupted"), ("", "interrupted")]
)
def test_who_looks_on_sees_what_the_writer_trains(project: Project, path: Path, writer: str, status: str) -> None:
    new_run(project)
    project.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE runs SET owner = 'elsewhere/1'")
    connection.execute("UPDATE claim SET owner = ?", (writer,))
    connection.commit()
    connection.close()
    looking = Project.open(path)
    looking.claim()
    assert looking.read_only == bool(writer)
    assert looking.runs.all()[0].status == status
    looking.close()


def test_curves_come_back_as_they_were(project: Project) -> None:
    id = new_run(project)
    random = np.random.default_rng(1).normal(size=(2, 100))
    for begin in range(0, 100, 7):
        steps = np.arange(100)[begin : begin + 7] + 1
        series = {name: (steps, row[begin : begin + 7]) for name, row in zip(("loss", "kl"), random, strict=True)}
        project.runs.add_metrics(id, series | {"validation.elbo": ([], [])}, step=int(steps[-1]))
    found = project.runs.metrics(id)
    assert set(found) == {"loss", "kl"}
    for name, row in zip(("loss", "kl"), random, strict=True):
        np.testing.assert_array_equal(found[name][0], np.arange(1, 101))
        np.testing.assert_array_equal(found[name][1], row)
    assert project.runs.get(id).step == 100


def test_resuming_forgets_what_came_after_the_checkpoint(project: Project) -> None:
    id = new_run(project)
    project.runs.add_metrics(id, {"loss": ([1, 2, 3], [0.1, 0.2, 0.3])}, step=3)
    project.runs.add_metrics(id, {"loss": ([4, 5], [0.4, 0.5]), "validation.elbo": ([5], [1.0])}, step=5)
    project.runs.resume(id, "other", step=4)
    found = project.runs.metrics(id)
    assert found["loss"][0].tolist() == [1, 2, 3, 4]
    assert found["loss"][1].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert "validation.elbo" not in found
    run = project.runs.get(id)
    assert (run.step, run.recipe, run.status) == (4, "other", "training")


def test_checkpoints_of_a_kind_replace_each_other(project: Project) -> None:
    id = new_run(project)
    with pytest.raises(StudioError, match="no weights yet"):
        project.runs.checkpoint(id, "last", "best")
    for step in (1, 2):
        project.runs.save_checkpoint(id, StoredCheckpoint("last", step, bytes([step]), {"step": step}))
    assert project.runs.checkpoint(id, "best", "last").weights == b"\2"
    project.runs.save_checkpoint(id, StoredCheckpoint("best", 1, b"best", {"nested": {"list": [1, None]}}))
    found = project.runs.checkpoint(id, "best", "last")
    assert (found.kind, found.step, found.weights, found.meta) == ("best", 1, b"best", {"nested": {"list": [1, None]}})
    assert project.runs.checkpoint_steps(id) == {"best": 1, "last": 2}
    assert project.runs.get(id).has_weights


def test_deleting_a_run_deletes_what_belongs_to_it_but_not_its_samples(project: Project) -> None:
    id, other = new_run(project, "a"), new_run(project, "b")
    for run in (id, other):
        project.runs.add_metrics(run, {"loss": ([1], [1.0])}, step=1)
        project.runs.save_checkpoint(run, StoredCheckpoint("last", 1, b"w", {}))
        project.runs.add_samples(run, {"seed": run}, [line(run)])
    project.runs.delete(id)
    assert [run.id for run in project.runs.all()] == [other]
    assert project._database.read("SELECT run FROM checkpoints UNION SELECT run FROM metrics") == [(other,)]
    assert [(sample.run, sample.settings["seed"]) for sample in project.runs.samples()] == [(None, id), (other, other)]


def test_samples_come_back(project: Project) -> None:
    id = new_run(project)
    project.runs.add_samples(id, {"seed": 4, "latent_variance": 0.5}, [line(1), line(2)])
    first, second = project.runs.samples()
    assert first.settings == second.settings == {"seed": 4, "latent_variance": 0.5}
    np.testing.assert_array_equal(second.material.points, line(2).points)


def test_what_is_noted_on_the_way(project: Project) -> None:
    id = new_run(project)
    project.runs.prepared(id, device="cuda", held_back=[4, 7])
    project.runs.set_recipe(id, "changed")
    run = project.runs.get(id)
    assert (run.device, run.held_back, run.recipe) == ("cuda", (4, 7), "changed")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("runs", "held_back", "[1, "),
        ("runs", "held_back", "7"),
        ("runs", "held_back", '["one"]'),
        ("runs", "name", b"bytes"),
        ("runs", "step", "many"),
        ("metrics", "steps", b"odd"),
        ("metrics", "data", bytes(8)),
        ("metrics", "data", 5),
        ("checkpoints", "meta", "{"),
        ("checkpoints", "meta", "[]"),
        ("checkpoints", "weights", "text"),
        ("samples", "settings", "nothing"),
        ("samples", "settings", "1"),
        ("contents", "data", bytes(8)),
        ("contents", "shape", "[]"),
        ("contents", "shape", 5),
    ],
)
def test_what_a_stranger_put_there_is_left_out(project: Project, table: str, column: str, value: object) -> None:
    id = project.runs.create("one", "", device="cpu", seed=1)
    project.runs.add_metrics(id, {"loss": ([1, 2], [0.5, 0.25])}, step=2)
    project.runs.save_checkpoint(id, StoredCheckpoint("last", 2, b"weights", {"step": 2}))
    project.runs.add_samples(id, {"seed": 4}, [line(1)])
    with project._database.transaction() as connection:
        connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
    whole = {"runs": 1, "metrics": 1, "checkpoints": 1, "samples": 1}
    found = {"runs": len(project.runs.all()), "metrics": len(project.runs.metrics(id)), "samples": 0, "checkpoints": 0}
    found["samples"] = len(project.runs.samples())
    with suppress(StudioError):
        found["checkpoints"] = len([project.runs.checkpoint(id, "last")])
    damaged = {"runs": ["runs", "checkpoints"], "contents": ["samples"]}.get(table, [table])
    assert {name for name, count in found.items() if count != whole[name]} <= set(damaged)
    assert found[damaged[0]] == 0


def test_the_other_checkpoint_is_used_where_one_is_damaged(project: Project) -> None:
    id = project.runs.create("one", "", device="cpu", seed=1)
    for kind in ("last", "best"):
        project.runs.save_checkpoint(id, StoredCheckpoint(kind, 2, b"weights", {"step": 2}))
    with project._database.transaction() as connection:
        connection.execute("UPDATE checkpoints SET meta = '{' WHERE kind = 'last'")
    assert project.runs.checkpoint(id, "last", "best").kind == "best"


def snapshot(step: int) -> StoredCheckpoint:
    return StoredCheckpoint("step", step, f"weights of {step}".encode(), {"step": step})


def test_weights_to_look_back_at_stand_beside_the_checkpoints(project: Project) -> None:
    id = new_run(project)
    for step in (0, 2, 100):
        project.runs.save_snapshot(id, snapshot(step))
    assert project.runs.snapshot_steps(id) == (0, 2, 100)
    assert project.runs.snapshot(id, 2) == snapshot(2)
    assert not project.runs.get(id).has_weights  # they are no reason to draw with a run
    assert project.runs.checkpoint_steps(id) == {}
    project.runs.save_snapshot(id, snapshot(140), forget=[2])
    assert project.runs.snapshot_steps(id) == (0, 100, 140)
    with pytest.raises(StudioError, match="no weights of step 2"):
        project.runs.snapshot(id, 2)
    project.runs.resume(id, "", step=100)
    assert project.runs.snapshot_steps(id) == (0, 100)
    project.runs.delete(id)
    assert project.runs.snapshot_steps(id) == ()
