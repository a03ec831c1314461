"""The map of g: of whatever material, what lies at a point of it, and its files."""

from __future__ import annotations

import csv
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import PATIENCE, tiny, train

from studio.errors import StudioError
from studio.generation.live_point import Found, Route
from studio.sequences.material import Drawing
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text
from studio.workbench import GenerationSettings, LivePoint, Mapped, Workbench

WHOLE = {"whole": 3, "batches": "whole", "average": 0.9, "look_ahead": 0.0}
SMALL = {"hidden": 8, "steps": 6, "batch": 2, "validate_every": 3, "snapshots": 0, "whole": 3, "batches": "whole"}


@pytest.fixture
def trained(full: Workbench) -> Workbench:
    train(full, tiny(**WHOLE), seed=1)
    return full


def mapped(bench: Workbench) -> Mapped:
    found = bench.wait(bench.map_whole()).result
    assert isinstance(found, Mapped)
    return found


def lies_at(point: LivePoint, x: float, y: float) -> Found:
    point.ask([x, y])
    give_up = time.monotonic() + PATIENCE
    while (found := point.take()) is None:
        assert not point.error
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.002)
    return found


def test_there_is_none_without_g(full: Workbench) -> None:
    assert "train first" in full.why_not_map()
    train(full, tiny(), seed=1)
    assert full.why_not_map().startswith("This model draws no latent variable g of the whole piece")
    with pytest.raises(StudioError, match="no latent variable g"):
        full.map_whole()
    with pytest.raises(StudioError, match="no latent variable g"):
        full.wait(full.generate(GenerationSettings(count=1, at=(0.0, 0.0))))


def test_every_piece_is_on_it(trained: Workbench) -> None:
    found = mapped(trained)
    assert [item.id for item in found.items] == [item.id for item in trained.materials()]
    assert found.chart.points.shape == (6, 2)
    assert found.names == ["circle"] * 6
    assert found.step == 12


def test_what_lies_at_a_point_is_drawn_again_the_same(trained: Workbench) -> None:
    chart = mapped(trained)
    live = trained.live_point(chart)
    x, y = chart.chart.points[2].tolist()
    one, other = lies_at(live, x, y), lies_at(live, x + 1.0, y)
    assert isinstance(one.material, Drawing)
    assert isinstance(other.material, Drawing)
    np.testing.assert_allclose(one.point, [x, y], atol=1e-6)
    again = lies_at(live, x, y).material
    assert isinstance(again, Drawing)
    np.testing.assert_array_equal(again.points, one.material.points)
    assert not np.array_equal(other.material.points[:5], one.material.points[:5])
    live.close()
    steady = GenerationSettings(count=1, seed=0, latent_variance=0.0, output_variance=0.0, at=(x, y))
    (made,) = trained.wait(trained.generate(steady)).result
    shared = min(len(made), len(one.material))
    np.testing.assert_allclose(made.points[:shared], one.material.points[:shared], atol=1e-4)
    (other_seed,) = trained.wait(trained.generate(replace(steady, seed=99))).result
    np.testing.assert_array_equal(other_seed.points, made.points)  # nothing is left to chance, nor when it ends


def test_only_the_newest_point_is_made(trained: Workbench) -> None:
    live = trained.live_point(mapped(trained))
    lies_at(live, 0.0, 0.0)
    made = 0
    for step in range(300):
        live.ask([step / 300, 0.5])
    give_up = time.monotonic() + PATIENCE
    last = None
    while live.busy:
        found = live.take()
        made, last = made + (found is not None), found or last
        assert time.monotonic() < give_up
    assert last is not None
    assert last.asked.tolist() == [299 / 300, 0.5]
    assert made < 100
    live.close()


def test_a_failure_is_a_sentence(trained: Workbench) -> None:
    found = mapped(trained)

    def load() -> None:
        raise StudioError("The weights are gone.")

    live = LivePoint(load, lambda _: Route((), found.chart.at), trained.live_point(found)._variance)  # type: ignore[arg-type]
    live.ask([0.0, 0.0])
    give_up = time.monotonic() + PATIENCE
    while not live.error:
        assert time.monotonic() < give_up
        time.sleep(0.002)
    assert live.error == "The weights are gone."
    assert not live.busy


def test_as_files(trained: Workbench, tmp_path: Path) -> None:
    found = mapped(trained)
    for name in ("map.csv", "map.npz"):
        trained.wait(trained.export_map(found, tmp_path / name))
    with (tmp_path / "map.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["item", "label", "group", "x", "y", "g_1", "g_2", "g_3"]
    arrays = np.load(tmp_path / "map.npz", allow_pickle=False)
    g = np.array([[float(row[f"g_{k}"]) for k in (1, 2, 3)] for row in rows])
    np.testing.assert_array_equal(g, arrays["g"])
    np.testing.assert_allclose(
        [[float(row["x"]), float(row["y"])] for row in rows],
        (arrays["g"] - arrays["centre"]) @ arrays["directions"].T,
        atol=1e-12,
    )
    with pytest.raises(StudioError, match="can be written as"):
        trained.export_map(found, tmp_path / "map.pdf")


def test_of_other_material(bench: Workbench) -> None:
    texts = [Text("abab cdcd " * (2 + k), "letters") for k in range(4)]
    keys = np.eye(12, dtype=bool)[np.arange(24) % 12]
    rolls = [Roll(np.roll(keys, k, axis=0), lowest=60, rate=8.0, label="scale") for k in range(4)]
    tones = [
        Recording((0.3 * np.sin(np.arange(4000) * (0.1 + 0.02 * k))).astype(np.float32), 16000, "tone")
        for k in range(4)
    ]
    for materials, recipe, kind in ((texts, "text", Text), (rolls, "roll", Roll), (tones, "speech", Recording)):
        bench.add_materials(materials, name="made")
        train(bench, bench.recipe(recipe).changed(SMALL), seed=1)
        found = mapped(bench)
        assert len(found.items) == 4
        live = bench.live_point(found)
        assert isinstance(lies_at(live, *found.chart.points[0].tolist()).material, kind)
        live.close()
