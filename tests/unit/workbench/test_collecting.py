"""What is done to the collection, and undone."""

from pathlib import Path

import numpy as np
import pytest
from tiny import circle

from studio.errors import StudioError
from studio.sequences.material import Drawing
from studio.workbench import Workbench


def ids(bench: Workbench) -> list[int]:
    return [item.id for item in bench.materials()]


def test_drawings_come_in_order_and_are_cached(bench: Workbench) -> None:
    assert bench.add_drawings([]) == ()
    first = bench.add_drawing(circle(1), "pen")
    others = bench.add_drawings([circle(2), circle(3)])
    assert ids(bench) == [first, *others]
    assert bench.materials() is bench.materials()
    assert bench.materials("audio") == ()
    item = bench.material(first)
    assert (item.kind, item.name, item.label) == ("pen", "pen", "circle")
    np.testing.assert_array_equal(item.material.points, circle(1).points)
    assert bench.labels() == ("circle",)


def test_texts_of_undo(full: Workbench) -> None:
    some = ids(full)[:3]
    said: list[str] = []
    full.message.connect(said.append)
    steps = [
        (lambda: full.delete(some[:1]), "delete one drawing"),
        (lambda: full.relabel(some[1:], "o"), "label 2 drawings"),
        (lambda: full.duplicate(some[1:]), "duplicate 2 drawings"),
        (lambda: full.flip(some[1:], "vertical"), "flip 2 drawings"),
        (lambda: full.move(some[1:], None), "move 2 drawings"),
        (lambda: full.replace_drawing(some[1], circle(9)), "edit drawing"),
        (lambda: full.replace_drawings({some[1]: circle(9), some[2]: None}, "erase"), "erase"),
    ]
    for act, text in steps:
        act()
        assert full.undo_text == text
    for _, text in reversed(steps):
        assert full.undo_text == text
        full.undo()
        assert full.redo_text == text
    full.poll()
    assert said[0] == "Undone: erase."
    full.redo()
    full.poll()
    assert said[-1] == "Done again: delete one drawing."


def test_doing_nothing_leaves_no_trace(full: Workbench) -> None:
    text = full.undo_text
    full.delete([])
    full.relabel([], "x")
    full.flip([], "vertical")
    full.replace_drawings({}, "erase")
    full.move([], None)
    assert full.duplicate([]) == ()
    assert full.undo_text == text


def test_flipping_twice_is_nothing(full: Workbench) -> None:
    (id, *_) = ids(full)
    before = full.material(id).material
    for direction, axis in (("horizontal", 0), ("vertical", 1)):
        full.flip([id], direction)  # type: ignore[arg-type]
        flipped = full.material(id).material
        for bound, wanted in zip(flipped.box, before.box, strict=True):
            np.testing.assert_allclose(bound, wanted)
        assert not np.allclose(flipped.points[:, axis], before.points[:, axis])
        np.testing.assert_array_equal(flipped.points[:, 1 - axis], before.points[:, 1 - axis])
        full.flip([id], direction)  # type: ignore[arg-type]
        np.testing.assert_allclose(full.material(id).material.points, before.points)


def test_moving(full: Workbench) -> None:
    a, b, c, d, e, f = ids(full)
    full.move([e, b], d)
    assert ids(full) == [a, c, b, e, d, f]
    full.move([a], None)
    assert ids(full) == [c, b, e, d, f, a]
    full.move([f, a], c)
    assert ids(full) == [f, a, c, b, e, d]
    full.undo()
    full.undo()
    full.undo()
    assert ids(full) == [a, b, c, d, e, f]


def test_there_is_no_such_drawing(full: Workbench) -> None:
    for act in (
        lambda: full.material(99),
        lambda: full.delete([99]),
        lambda: full.relabel([99], "x"),
        lambda: full.duplicate([99]),
        lambda: full.flip([99], "vertical"),
        lambda: full.move([ids(full)[0]], 99),
    ):
        with pytest.raises(StudioError, match="no item 99"):
            act()


def test_a_deleted_drawing_cannot_be_changed(full: Workbench) -> None:
    (id, *_) = ids(full)
    full.delete([id])
    with pytest.raises(StudioError, match="deleted"):
        full.relabel([id], "x")
    with pytest.raises(StudioError, match="deleted"):
        full.duplicate([id])


def test_import_is_one_change_and_tells_what_was_refused(bench: Workbench, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.csv").write_text("x,y,pen\n0,0,0\n1,1,0\n2,0,1\n")
    (tmp_path / "bad.csv").write_text("x,y,pen\n0,0,0\n1,zwei,0\n")
    job = bench.wait(bench.import_paths([folder, tmp_path / "bad.csv"]))
    assert len(job.result) == 3
    assert len(job.messages) == 1
    assert "bad.csv" in job.messages[0]
    assert "line 3" in job.messages[0]
    assert ids(bench) == list(job.result)
    assert bench.labels() == ("letters",)
    assert bench.undo_text == "import 3 drawings"
    bench.undo()
    assert ids(bench) == []
    assert bench.wait(bench.import_paths([tmp_path / "bad.csv"])).result == ()
    assert bench.wait(bench.import_paths([folder], label="given")).result
    assert bench.labels() == ("given",)


def test_import_of_what_cannot_be(bench: Workbench, tmp_path: Path) -> None:
    job = bench.wait(bench.import_paths([tmp_path / "none.csv"]))
    assert job.result == ()
    assert "none.csv" in job.messages[0]
    assert bench.undo_text == ""


def test_what_is_imported_into_a_closed_project_goes_nowhere(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("0,0\n1,1\n2,0\n")
    job = bench.import_paths([tmp_path / "a.csv"])
    bench.new(tmp_path / "other.vrnn")
    bench.wait(job)
    assert bench.materials() == ()


def test_what_is_exported_comes_back(full: Workbench, tmp_path: Path) -> None:
    (file,) = full.wait(full.export_materials(ids(full), tmp_path / "all.json")).result
    wanted = [item.material for item in full.materials()]
    full.new()
    full.wait(full.import_paths([file]))
    for item, drawing in zip(full.materials(), wanted, strict=True):
        np.testing.assert_allclose(item.material.points, drawing.points)
        assert item.label == drawing.label
    full.discard()


def test_export_that_fails(full: Workbench, tmp_path: Path) -> None:
    failures: list[str] = []
    full.failed.connect(failures.append)
    with pytest.raises(StudioError, match="ending"):
        full.wait(full.export_materials(ids(full), tmp_path / "a.doc"))
    assert len(failures) == 1


def test_patterns(bench: Workbench) -> None:
    for pattern in bench.patterns():
        preview = bench.preview_pattern(pattern.name, points=50, seed=4)
        job = bench.wait(bench.insert_pattern(pattern.name, count=2, points=50, seed=4))
        first, second = (bench.material(id) for id in job.result)
        np.testing.assert_array_equal(first.material.points, preview.points)
        assert not np.array_equal(second.material.points, preview.points)
        assert (first.name, first.label) == (f"pattern {pattern.name}", pattern.name)
        assert bench.undo_text == f"insert {pattern.name}"
    with pytest.raises(StudioError, match="no pattern 'nonsense'"):
        bench.preview_pattern("nonsense", points=5, seed=1)
    with pytest.raises(StudioError, match="no parameter 'nonsense'"):
        bench.preview_pattern("sine", points=5, seed=1, nonsense=3)
    job = bench.wait(bench.insert_pattern("sine", count=1, points=50, seed=0, label="wave"))
    assert bench.material(job.result[0]).label == "wave"


def test_a_drawing_keeps_times_and_pressure(bench: Workbench) -> None:
    drawing = Drawing.from_points([[0, 0], [1, 1]], times=[0, 0.5], pressure=[0.1, 1.0], y_up=False)
    found = bench.material(bench.add_drawing(drawing)).material
    assert found.times is not None
    assert found.pressure is not None
    assert found.times.tolist() == [0, 0.5]
    assert found.pressure.tolist() == [0.1, 1.0]
    assert found.y_up is False
