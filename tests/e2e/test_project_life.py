"""Opening, leaving and coming back: nothing that was drawn gets lost without being asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from conftest import Start
from shapes import eight

from studio.files.readers import read_materials

SHAPE = eight((0, 0), 120, np.random.default_rng(1))


def test_first_start_shows_the_sample_and_lets_it_be_trained(start: Start) -> None:
    with start() as studio:
        studio.wait_for_drawings(12)
        studio.wait_for(lambda: studio.run_button("Train").enabled, "Train to be usable at once")
        assert studio.quit() == 0
        assert studio.output == ""


def test_untitled_work_is_not_lost_without_a_question(start: Start, tmp_path: Path) -> None:
    with start() as studio:
        studio.new_project()
        studio.draw(SHAPE)

        studio.choose("File", "Quit")
        studio.find(kind="QMessageBox")
        studio.click(text="Cancel", kind="QPushButton")
        assert studio.drawings == 1

        studio.choose("File", "Quit")
        studio.click(text="Save", kind="QPushButton")
        studio.enter_path(tmp_path / "kept.vrnn")
        assert studio.wait_for_end() == 0
    assert (tmp_path / "kept.vrnn").is_file()


def test_saved_project_comes_back_with_its_drawings_and_their_undo(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "eights.vrnn"
    with start() as studio:
        studio.new_project()
        studio.draw(SHAPE)
        studio.save_as(path)
        studio.draw(SHAPE * 0.7)  # after the save: everything is kept as it is done
        assert studio.quit() == 0

    with start(str(path)) as studio:
        studio.wait_for_drawings(2)
        studio.screen.press("ctrl+z")
        studio.wait_for_drawings(1)
        assert studio.quit() == 0

    with start() as studio:
        studio.choose("File", "Open Recent", "eights")
        studio.wait_for_drawings(1)


def test_discarded_work_does_not_come_back(start: Start) -> None:
    with start() as studio:
        studio.new_project()
        studio.draw(SHAPE)
        studio.choose("File", "Quit")
        studio.click(text="Discard", kind="QPushButton")
        assert studio.wait_for_end() == 0

    with start() as studio:
        assert "Untitled" in studio.title or studio.drawings in (0, 12)
        assert not studio.is_there(text="Look")


def test_killed_program_loses_nothing(start: Start) -> None:
    with start() as studio:
        studio.new_project()
        studio.draw(SHAPE)
        studio.kill()

    with start() as studio:
        studio.click(text="Look")
        studio.find("recover")
        studio.click(text="Open", kind="QPushButton")
        studio.wait_for_drawings(1)


def test_undo_and_redo_by_keyboard(start: Start) -> None:
    with start() as studio:
        studio.new_project()
        studio.draw(SHAPE)
        studio.screen.press("ctrl+z")
        studio.wait_for_drawings(0)
        studio.screen.press("ctrl+shift+z")
        studio.wait_for_drawings(1)


def test_busy_program_keeps_every_point_of_the_pen(start: Start, tmp_path: Path) -> None:
    with start() as studio:
        studio.new_project()
        middle = np.array(studio.find(kind="DrawingCanvas").middle)
        with studio.busy():
            studio.screen.drag(SHAPE + middle)
        studio.wait_for_drawings(1)
        studio.choose("File", "Export Selected")
        studio.enter_path(tmp_path / "drawn.json")
        studio.wait_for((tmp_path / "drawn.json").exists, "the file")
    (item,) = read_materials([tmp_path / "drawn.json"]).materials
    pixels = len(np.unique(SHAPE.round(), axis=0))
    assert len(item.material) >= 0.9 * pixels


def test_drawing_of_two_strokes_is_one_drawing(start: Start) -> None:
    with start() as studio:
        studio.new_project()
        cross = np.linspace((-40, -40), (40, 40), 20)
        studio.draw(cross, cross * (1, -1))
        assert studio.drawings == 1
