"""New, open, save, close: and nothing is lost on the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import circle

from studio.errors import StudioError
from studio.project.file import Project
from studio.project.lock import lock_file
from studio.project.records import StoredCheckpoint
from studio.training.recipe import Recipe
from studio.workbench import Workbench


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_at_first_nothing_is_open(home: Path) -> None:
    bench = Workbench(home)
    assert not bench.is_open
    assert bench.materials() == ()
    assert bench.runs() == ()
    assert bench.undo_text == bench.redo_text == ""
    assert not bench.unsaved
    assert "No project is open" in bench.why_not_train()
    assert "No project is open" in bench.why_not_generate()
    with pytest.raises(StudioError, match="No project is open"):
        bench.add_drawing(circle())
    bench.close()
    assert not home.exists()


def test_an_untitled_project_is_a_file_from_the_first_stroke(home: Path) -> None:
    bench = Workbench(home)
    bench.new()
    assert (bench.name, bench.path, bench.untitled, bench.unsaved) == ("Untitled", None, True, False)
    bench.add_drawing(circle())
    assert bench.unsaved
    bench.undo()
    assert bench.unsaved  # it can be done again
    (file,) = (home / "untitled").glob("*.vrnn")
    bench.close()
    assert file.exists()


def test_an_untouched_one_goes_when_it_is_closed(home: Path) -> None:
    bench = Workbench(home)
    bench.open_sample()
    assert len(bench.materials()) > 5
    assert not bench.unsaved
    bench.new()
    bench.close()
    assert list((home / "untitled").iterdir()) == []


def test_discarding_deletes_only_what_is_untitled(home: Path, tmp_path: Path) -> None:
    bench = Workbench(home)
    bench.new()
    bench.add_drawing(circle())
    bench.discard()
    assert list((home / "untitled").iterdir()) == []
    bench.new(tmp_path / "p.vrnn")
    bench.add_drawing(circle())
    bench.discard()
    assert (tmp_path / "p.vrnn").exists()


def test_saving_gives_a_name_and_a_place(home: Path, tmp_path: Path) -> None:
    bench = Workbench(home)
    bench.new()
    id = bench.add_drawing(circle())
    bench.save_as(tmp_path / "eights")
    assert (bench.name, bench.path, bench.unsaved) == ("eights", tmp_path / "eights.vrnn", False)
    assert list((home / "untitled").iterdir()) == []
    assert bench.undo_text == "add one drawing"
    bench.delete([id])
    bench.save_as(tmp_path / "other.vrnn")
    bench.undo()
    bench.close()
    for name, count in (("eights", 0), ("other", 1)):
        project = Project.open(tmp_path / f"{name}.vrnn")
        assert len(project.collection.items()) == count
        project.close()


def test_history_survives_reopening(bench: Workbench) -> None:
    first, _ = bench.add_drawings([circle(1), circle(2)])
    bench.delete([first])
    bench.undo()
    path = bench.path
    assert path is not None
    bench.close()
    bench.open(path)
    assert (bench.undo_text, bench.redo_text) == ("add 2 drawings", "delete one drawing")
    bench.redo()
    assert len(bench.materials()) == 1


def test_a_project_that_cannot_be_opened_leaves_the_other_open(bench: Workbench, tmp_path: Path) -> None:
    bench.add_drawing(circle())
    (tmp_path / "text.vrnn").write_text("hello")
    for wrong in (tmp_path / "none.vrnn", tmp_path / "text.vrnn", tmp_path):
        with pytest.raises(StudioError):
            bench.open(wrong)
    with pytest.raises(StudioError):
        bench.new(tmp_path / "p.vrnn")
    with pytest.raises(StudioError):
        bench.save_as(tmp_path / "none" / "p.vrnn")
    assert bench.path == tmp_path / "p.vrnn"
    assert len(bench.materials()) == 1


def test_opening_the_open_one_again_changes_nothing(bench: Workbench) -> None:
    project = bench._project
    assert bench.path is not None
    bench.open(bench.path)
    assert bench._project is project


def test_a_copy_leaves_the_original_alone(bench: Workbench, tmp_path: Path) -> None:
    bench.add_drawing(circle())
    original = bench.path
    assert original is not None
    bench.open_copy(original)
    assert bench.untitled
    bench.delete([bench.materials()[0].id])
    bench.discard()
    project = Project.open(original)
    assert len(project.collection.items()) == 1
    project.close()


def test_samples(home: Path) -> None:
    bench = Workbench(home)
    assert "eights" in bench.samples()
    for name in bench.samples():
        bench.open_sample(name)
        assert bench.materials()
        assert bench.undo_text == ""
    with pytest.raises(StudioError, match="no sample 'nonsense'"):
        bench.open_sample("nonsense")
    bench.discard()


def test_a_sample_in_a_place_replaces_nothing(home: Path, tmp_path: Path) -> None:
    bench = Workbench(home)
    place = tmp_path / "demo.vrnn"
    bench.open_sample("eights", place)
    bench.add_drawing(circle())
    count = len(bench.materials())
    bench.close()
    with pytest.raises(StudioError, match="already exists"):
        bench.open_sample("eights", place)
    bench.open(place)
    assert len(bench.materials()) == count
    bench.close()
    place.write_text("my diary")
    with pytest.raises(StudioError, match="already exists"):
        bench.open_sample("eights", place)
    assert place.read_text() == "my diary"


def test_recent_projects(home: Path, tmp_path: Path) -> None:
    bench = Workbench(home)
    bench.new(tmp_path / "a.vrnn")
    bench.new()
    bench.save_as(tmp_path / "b.vrnn")
    bench.open_sample()
    assert bench.recent() == (tmp_path / "b.vrnn", tmp_path / "a.vrnn")
    bench.close()
    silent = Workbench(home, remember=False)
    silent.open(tmp_path / "a.vrnn")
    silent.close()
    assert bench.recent() == (tmp_path / "b.vrnn", tmp_path / "a.vrnn")
    bench.forget_recent(tmp_path / "b.vrnn")
    assert bench.recent() == (tmp_path / "a.vrnn",)


def as_of_a_dead_process(file: Path, number: int) -> None:
    file.rename(file.with_name(file.name.replace(f"+{os.getpid()}+", f"+{number}+")))


def test_what_a_crash_left_behind_is_offered_and_taken_over(home: Path) -> None:
    for number, touched in ((4194398, True), (4194399, False)):
        bench = Workbench(home)
        bench.open_sample()
        if touched:
            bench.add_drawing(circle())
        # A crash closes nothing: here only the connection, so that Windows could rename the file, too.
        bench._project.close()
        (file,) = [file for file in (home / "untitled").glob("*.vrnn") if f"+{os.getpid()}+" in file.name]
        as_of_a_dead_process(file, number)

    bench = Workbench(home)
    (left,) = bench.left_behind()
    assert len(list((home / "untitled").glob("*.vrnn"))) == 1  # the untouched one is gone
    bench.open(left)
    assert bench.untitled
    assert bench.undo_text == "add one drawing"
    assert bench.left_behind() == ()
    bench.discard()


def test_those_left_behind_are_described_and_can_be_deleted(home: Path) -> None:
    for number, drawings in ((4194397, 3), (4194398, 1)):
        bench = Workbench(home)
        bench.new()
        bench.add_drawings(circle() for _ in range(drawings))
        bench._project.close()
        (file,) = [file for file in (home / "untitled").glob("*.vrnn") if f"+{os.getpid()}+" in file.name]
        as_of_a_dead_process(file, number)
        os.utime(next(home.glob(f"untitled/*+{number}+*")), (number, number))

    bench = Workbench(home)
    found = bench.wait(bench.look_for_left_behind()).result
    assert [left.counts for left in found] == [(("pen", 1),), (("pen", 3),)]  # newest first
    assert [left.changed for left in found] == [4194398, 4194397]
    assert all(left.size == left.path.stat().st_size and left.runs == 0 for left in found)
    assert found[0].first.points.tolist() == circle().points.tolist()
    bench.delete_left_behind(found[0].path)
    assert bench.left_behind() == (found[1].path,)
    with pytest.raises(StudioError, match="nothing was deleted"):
        bench.delete_left_behind(home / "another.vrnn")


def test_changes_are_announced_by_the_poll_and_once(bench: Workbench, tmp_path: Path) -> None:
    heard: list[str] = []
    for name in ("project_changed", "materials_changed", "recipes_changed", "runs_changed"):
        getattr(bench, name).connect(lambda name=name: heard.append(name))
    bench.add_drawing(circle())
    bench.add_drawing(circle())
    assert heard == []
    bench.poll()
    assert heard == ["materials_changed"]
    bench.poll()
    assert heard == ["materials_changed"]
    heard.clear()
    bench.save_as(tmp_path / "q.vrnn")
    bench.poll()
    assert heard == ["project_changed"]
    heard.clear()
    bench.close()
    bench.poll()
    assert heard == ["materials_changed", "project_changed", "recipes_changed", "runs_changed"]


def test_a_project_that_is_open_elsewhere_is_shown_and_not_changed(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.vrnn"
    bench = Workbench(home)
    bench.new(path)
    bench.add_drawing(circle())
    bench.close()
    lock_file(path).write_text("another-computer/17")
    bench.open(path)
    assert bench.read_only
    assert "process 17 on another-computer" in bench.why_read_only
    assert bench.why_not_train() == bench.why_read_only
    assert len(bench.materials()) == 1
    with pytest.raises(StudioError, match="open in another VRNN Studio"):
        bench.add_drawing(circle())
    lock_file(path).unlink()
    bench.open(path)  # try again
    assert not bench.read_only
    bench.add_drawing(circle())
    bench.close()


def test_what_a_run_knows_is_told_without_waiting_for_torch(tmp_path: Path) -> None:
    """Loading torch takes seconds: a window that opens a project must not need it for that."""
    path = tmp_path / "p.vrnn"
    project = Project.create(path)
    run = project.runs.create("pens-1", Recipe(name="mine", title="Mine").to_toml(), device="cpu", seed=1)
    meta = {"labels": [["seven, ann", 2]]}
    project.runs.save_checkpoint(run, StoredCheckpoint("last", 9, bytes(100), meta))
    project.runs.set_status(run, "stopped")
    project.close()
    program = (
        "import sys; from pathlib import Path; from studio.workbench import Workbench\n"
        "bench = Workbench(Path(sys.argv[1]), remember=False); bench.open(Path(sys.argv[2]))\n"
        "print(bench.labels_of(), bench.preset_of().latent_variance, bench.kind_of(), 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.split("\n")[0] == "('ann', 'seven') 1.0 pen False"
