"""Looking inside a run: now, and at the steps whose weights were kept."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import circle, tiny, train

from studio.errors import StudioError
from studio.evaluation.bounds import elbo
from studio.sequences.material import Drawing
from studio.sequences.representations import encoded
from studio.workbench import QUANTITIES, Looking, Workbench


@pytest.fixture
def trained(full: Workbench) -> Workbench:
    train(full, tiny(average=0.9, average_from=0.0), seed=1)
    return full


def looked(bench: Workbench, *arguments: object, **options: object) -> Looking:
    looking = bench.look_inside(*arguments, **options)  # type: ignore[arg-type]
    bench.wait(looking.job)
    return looking


def test_nothing_to_look_at(bench: Workbench) -> None:
    assert "train first" in bench.why_not_look()
    with pytest.raises(StudioError, match="train first"):
        bench.look_inside()


def test_every_kept_step_and_the_present(trained: Workbench) -> None:
    looking = looked(trained)
    assert looking.steps == (0, 2, 6, 10, 12)
    assert sorted(looking.looks) == [0, 2, 6, 10, 12]
    assert looking.latest is looking.looks[12]
    assert looking.at(7) is looking.looks[6]
    assert looking.held_back is True  # what it has not learned from comes first
    kls = [looking.looks[step].inside.kl.sum() for step in looking.steps]
    assert len({round(kl, 6) for kl in kls}) == len(kls)  # other weights, other values


def test_the_present_is_what_the_run_draws_with(trained: Workbench) -> None:
    id = trained.materials()[2].id
    looking = looked(trained, on=id, steps=())
    assert looking.steps == (12,)
    assert looking.item == id
    loaded = trained._load_model(looking.run.id)
    sequence = encoded(loaded.representation, trained.material(id).material)
    offset = loaded.representation.nats_per_frame_offset
    bound = elbo(loaded.model, [sequence], nats_per_frame_offset=offset)
    assert looking.looks[12].inside.elbo == pytest.approx(bound.per_sequence.mean, rel=1e-6)


def test_the_material_lies_where_it_was_and_each_frame_is_a_point_of_it(trained: Workbench) -> None:
    far = circle(9)
    moved = Drawing.from_points(far.points + np.array([1000.0, -300.0]), y_up=False)
    looking = looked(trained, on=moved)
    assert looking.item is None
    assert looking.held_back is None
    assert isinstance(looking.shown, Drawing)
    assert looking.shown.points == pytest.approx(moved.points, abs=0.2)
    inside = looking.looks[12].inside
    assert len(inside) == len(moved)
    made = looking.looks[12].reconstruction
    assert isinstance(made, Drawing)
    assert len(made) == len(moved)
    assert np.abs(made.points - moved.points).max() < 100  # one offset away at most, not adding up


def test_what_is_known_is_not_computed_again(trained: Workbench) -> None:
    first = looked(trained)
    again = looked(trained, on=first.item, known=first)
    assert again.looks[6] is first.looks[6]
    assert again.looks[12] is not first.looks[12]
    assert np.array_equal(again.looks[12].inside.kl, first.looks[12].inside.kl)


def test_colours_mean_the_same_at_all_steps(trained: Workbench) -> None:
    looking = looked(trained)
    for quantity in QUANTITIES:
        shares = looking.shares(quantity, looking.looks[12])
        assert shares.shape == (len(looking.looks[12].inside),)
        assert 0 < np.percentile(shares, 99) < 1.1
    assert looking.shares("kl", looking.looks[0]) == pytest.approx(looking.looks[0].inside.kl / looking.top("kl"))


def test_a_long_piece_is_looked_at_as_far_as_one_can_see(trained: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.workbench.looking.LONGEST", 10)
    looking = looked(trained)
    assert len(looking.looks[12].inside) == 10
    assert looking.left_out == 14


def test_cancelled_it_keeps_what_it_has(trained: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    from studio.workbench import looking as module

    seen = module._seen
    looking: list[Looking] = []

    def and_cancel(*arguments: object) -> object:
        found = seen(*arguments)  # type: ignore[arg-type]
        trained.cancel(looking[0].job.id)
        return found

    monkeypatch.setattr(module, "_seen", and_cancel)
    monkeypatch.setattr(trained._jobs, "start", _late(trained._jobs.start, looking))
    looking.append(trained.look_inside())
    job = trained.wait(looking[0].job)
    assert job.cancelled
    assert list(looking[0].looks) == [12]


def _late(start: object, looking: list[Looking]) -> object:
    """Begins the work once the looking is known to the test."""
    import time

    def begin(title: str, work: object, then: object = None) -> object:
        def wait_and_work(task: object) -> object:
            while not looking:
                time.sleep(0.001)
            return work(task)  # type: ignore[operator]

        return start(title, wait_and_work, then)  # type: ignore[operator]

    return begin


def test_another_kind_of_material_is_refused(trained: Workbench) -> None:
    from studio.sequences.recording import Recording

    with pytest.raises(StudioError, match="reads other material"):
        trained.look_inside(on=Recording(np.zeros(100, np.float32), 8000))


def test_long_trainings_keep_no_more_than_the_recipe_says(full: Workbench) -> None:
    run = train(full, tiny(steps=60, snapshots=5), seed=1)
    steps = full.snapshot_steps(run)
    assert len(steps) == 5
    assert steps[0] == 0
    assert steps[-1] == 50
    assert train(full, tiny(snapshots=0), seed=1) != run
    assert full.snapshot_steps(full.runs()[-1].id) == ()


@pytest.mark.parametrize("ending", [".csv", ".png", ".svg", ".gif", ".webp", ".apng"])
def test_exports(trained: Workbench, tmp_path: Path, ending: str) -> None:
    looking = looked(trained)
    path = tmp_path / f"look{ending}"
    trained.wait(trained.export_look(looking, path, step=6, reconstruction=True))
    if ending == ".csv":
        lines = list(csv.DictReader(path.read_text().splitlines()))
        inside = looking.looks[6].inside
        assert len(lines) == len(inside) == 24
        assert [float(line["kl"]) for line in lines] == inside.kl.tolist()
        assert [float(line["posterior_mean_2"]) for line in lines] == inside.posterior_mean[:, 1].tolist()
        assert isinstance(looking.shown, Drawing)
        assert float(lines[3]["x"]) == looking.shown.points[3, 0]
    elif ending == ".svg":
        text = path.read_text()
        assert "tiny-1, step 6" in text
        assert "data:image/png;base64" in text
    else:
        with Image.open(path) as picture:
            assert getattr(picture, "n_frames", 1) == (1 if ending == ".png" else 5)
            assert len(picture.convert("RGB").getcolors(2**24)) > 50


def test_no_animation_of_one_moment(trained: Workbench, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="no weights from along the way"):
        trained.export_look(looked(trained, steps=()), tmp_path / "look.gif")
    with pytest.raises(StudioError, match=r"\.png, \.svg"):
        trained.export_look(looked(trained, steps=()), tmp_path / "look.pdf")
