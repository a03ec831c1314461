"""Damage is found, and what is left of a damaged file comes into a new one."""

import json
import random
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from some_drawings import line

from studio.errors import StudioError
from studio.project.file import Project
from studio.project.records import StoredCheckpoint
from studio.project.rescue import check, rescue


def weights(size: int = 64) -> bytes:
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(size)


@pytest.fixture
def full(project: Project, path: Path, add) -> Path:
    """A project with something of everything, closed."""
    ids = add(120)
    project.collection.relabel(ids[:5], "a", "label")
    project.collection.delete(ids[5:8], "delete")
    project.save_recipe("mine", 'name = "mine"')
    run = project.runs.create("pens-1", "", device="cpu", seed=1)
    project.runs.add_metrics(run, {"loss": (np.arange(500), np.arange(500) / 7)}, step=500)
    project.runs.save_checkpoint(run, StoredCheckpoint("last", 500, weights(20_000), {"step": 500}))
    project.runs.add_samples(run, {"seed": 1}, [line(5)])
    project.close()
    return path


def contents(path: Path) -> tuple:
    project = Project.open(path)
    items = [(item.id, item.label, item.drawing.points.tobytes()) for item in project.collection.items()]
    runs = [(run.name, {name: len(steps) for name, (steps, _) in project.runs.metrics(run.id).items()}) for run in
            project.runs.all()]  # fmt: skip
    found = (items, runs, project.recipes(), len(project.runs.samples()), project.collection.undo_text())
    project.close()
    return found


def test_a_whole_file_is_whole(full: Path) -> None:
    before = full.read_bytes()
    assert check(full) == []
    assert full.read_bytes() == before
    assert list(full.parent.iterdir()) == [full]


def test_of_a_whole_file_everything_is_rescued(full: Path) -> None:
    target = full.with_name("new.vrnn")
    rescued = rescue(full, target)
    assert rescued.lost == []
    assert contents(target) == contents(full)
    assert check(target) == []


def test_a_log_beside_it_counts(project: Project, path: Path, add) -> None:
    add(3)
    killed = path.with_name("killed.vrnn")
    for ending in ("", "-wal"):
        killed.with_name(killed.name + ending).write_bytes(path.with_name(path.name + ending).read_bytes())
    assert check(killed) == []
    rescue(killed, path.with_name("new.vrnn"))
    assert len(contents(path.with_name("new.vrnn"))[0]) == 3


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE contents SET data = x'00' WHERE id = 3", "contents 3"),
        ("UPDATE runs SET held_back = '{'", "runs 1"),
        ("UPDATE metrics SET steps = x'0000'", "metrics 1"),
        ("UPDATE checkpoints SET weights = x'00'", "checkpoints 1"),
        ("UPDATE samples SET settings = ''", "samples 1"),
        ("DELETE FROM contents WHERE id = 3", "belongs to something in contents"),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_rescued(full: Path, statement: str, says: str) -> None:
    with sqlite3.connect(full) as connection:
        connection.execute(statement)
    connection.close()
    assert any(says in problem for problem in check(full))
    rescued = rescue(full, full.with_name("new.vrnn"))
    assert rescued.lost
    assert check(rescued.path) == []
    assert len(contents(rescued.path)[0]) in (116, 117)


@pytest.mark.parametrize("seed", range(12))
def test_pages_that_are_gone_cost_only_what_was_on_them(full: Path, seed: int) -> None:
    """Any page but the first, which says what all others are."""
    data = bytearray(full.read_bytes())
    page = random.Random(seed).randrange(1, len(data) // 4096)
    data[4096 * page : 4096 * (page + 1)] = random.Random(seed).randbytes(4096)
    damaged = full.with_name("damaged.vrnn")
    damaged.write_bytes(data)
    before = {point for _, _, point in contents(full)[0]}
    assert check(damaged)
    rescued = rescue(damaged, full.with_name("new.vrnn"))
    assert damaged.read_bytes() == bytes(data)
    assert check(rescued.path) == []
    items = contents(rescued.path)[0]
    assert {point for _, _, point in items} <= before
    assert rescued.kept["contents"] + rescued.kept["runs"] > 0


def test_most_drawings_survive_a_lost_page_of_points(full: Path) -> None:
    data = bytearray(full.read_bytes())
    place = data.find(line(100, points=3).points.tobytes()[:8])
    pages = [page for page in range(1, len(data) // 4096) if data[4096 * page] == 13]  # leaves of tables
    assert place or pages
    survived = []
    for page in pages:
        damaged = full.with_name("damaged.vrnn")
        damaged.write_bytes(data[: 4096 * page] + bytes(4096) + data[4096 * (page + 1) :])
        target = full.with_name(f"new-{page}.vrnn")
        survived.append(rescue(damaged, target).kept["contents"])
    assert min(survived) >= 60
    assert sorted(survived)[len(survived) // 2] >= 110


@pytest.mark.parametrize("share", [0.6, 0.8, 0.95])
def test_a_file_cut_short(full: Path, share: float) -> None:
    data = full.read_bytes()
    damaged = full.with_name("damaged.vrnn")
    damaged.write_bytes(data[: int(share * len(data))])
    assert check(damaged)
    assert rescue(damaged, full.with_name("new.vrnn")).kept["contents"] > 0


def test_nothing_can_be_read(full: Path) -> None:
    damaged = full.with_name("damaged.vrnn")
    damaged.write_bytes(full.read_bytes()[:100] + bytes(10_000))
    with pytest.raises(StudioError, match="Nothing can be read"):
        rescue(damaged, full.with_name("new.vrnn"))
    assert not full.with_name("new.vrnn").exists()


def test_nothing_is_replaced(full: Path) -> None:
    with pytest.raises(StudioError, match="already exists"):
        rescue(full, full)


def test_what_is_no_project_is_not_checked(tmp_path: Path) -> None:
    (tmp_path / "diary.vrnn").write_text("Dear diary")
    with pytest.raises(StudioError, match="not a VRNN Studio project"):
        check(tmp_path / "diary.vrnn")
