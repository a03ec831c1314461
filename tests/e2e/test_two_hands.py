"""A person draws, the model answers, the person takes the pen back: by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import Start
from film import head, line, trained
from studio_window import Studio
from test_main_job import lines_in

EYES = line((-20, -24), (-20, -4)), line((22, -25), (22, -6))


def finished(studio: Studio) -> None:
    """The pens have come to their end, and stand still."""
    studio.find(kind="QToolButton", text="Play", seconds=300)


def says(studio: Studio, words: str) -> None:
    """The window tells so."""
    studio.wait_for(lambda: any(str(widget.text).startswith(words) for widget in studio.look()), words)


@pytest.mark.timeout(1500)
def test_what_is_begun_is_finished_and_the_pen_goes_from_hand_to_hand(start: Start, tmp_path: Path) -> None:
    with start(str(trained(tmp_path))) as studio:
        studio.wait_for_drawings(12)
        studio.choose("Draw", "A Drawing Is Added", "with Enter only")
        studio.choose("Generate", "Loop")  # off
        canvas = np.array(studio.find(kind="DrawingCanvas").middle)
        for stroke in (head(50), *EYES):
            studio.screen.drag(stroke + canvas)

        studio.choose("Generate", "Finish It")
        says(studio, "9 ways to go on")
        finished(studio)
        studio.choose("Generate", "Export Samples As", "As CSV")
        studio.enter_path(tmp_path / "ways.csv")
        studio.wait_for(lambda: len(lines_in(tmp_path / "ways.csv")) == 9, "a file for each of the ways")

        left, top, width, height = studio.find(kind="SharedCanvas").box
        studio.screen.click((left + 0.7 * width, top + 0.2 * height))  # where the first of them is alone
        says(studio, "Way 1 is on the canvas")
        studio.choose("Draw", "Add Drawing")
        studio.wait_for_drawings(13)

        studio.choose("Generate", "Begin with Nothing")
        finished(studio)
        middle = np.array(studio.find(kind="SharedCanvas").middle)
        studio.screen.drag(middle - (0.25 * width, 0.25 * height) + line((-40, 0), (40, 30)))
        says(studio, "The model goes on from what you drew")
        finished(studio)
        studio.choose("Generate", "Export Samples As", "As CSV")
        studio.enter_path(tmp_path / "gone-on.csv")
        studio.wait_for(lambda: len(lines_in(tmp_path / "gone-on.csv")) == 4, "a file for each of the pens")
        assert "Traceback" not in studio.output

    begins_alike(tmp_path / "ways.csv", ways=9)
    begins_alike(tmp_path / "gone-on.csv", ways=4)


def begins_alike(path: Path, ways: int) -> None:
    """All begin with the same points, and go on from there each in its own way."""
    drawn = lines_in(path)
    shortest = min(map(len, drawn))
    same = [all(np.allclose(each[row], drawn[0][row], atol=1e-3) for each in drawn) for row in range(shortest)]
    begun = same.index(False) if False in same else shortest
    assert begun > 20
    assert len({each[begun:].tobytes() for each in drawn}) == ways
