"""Draw, train, watch: the studio's main job, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import Start
from shapes import Points, distance, eight

from studio.files.readers import read_materials


@pytest.mark.timeout(1500)
def test_ten_drawn_eights_are_learned(start: Start, tmp_path: Path) -> None:
    chance = np.random.default_rng(8)
    with start() as studio:
        studio.new_project()
        for _ in range(10):
            studio.draw(eight((0, 0), 150, chance))
        studio.choose("File", "Export Selected")
        studio.enter_path(tmp_path / "drawn.json")

        studio.click(text="Train", kind="QPushButton")
        studio.wait_for(lambda: studio.run_button("Stop").enabled, "the training to begin")
        studio.wait_for(lambda: not studio.run_button("Stop").enabled, "the training to end", seconds=1200)

        studio.choose("Generate", "Loop")  # off: the pens stop when they have finished, which is to be exported
        studio.choose("Generate", "Restart")
        studio.find(kind="QToolButton", text="Play", seconds=300)
        studio.choose("Generate", "Export Samples As", "As CSV")
        studio.enter_path(tmp_path / "samples.csv")
        studio.wait_for(lambda: len(lines_in(tmp_path / "samples.csv")) == 4, "a file for each of the four pens")
        samples, drawn = (lines_in(tmp_path / name) for name in ("samples.csv", "drawn.json"))
        assert "Traceback" not in studio.output

    assert len(drawn) == 10
    # To the nearest of the drawings: that they differ is what a variational model is there to learn.
    near = [min(distance(shape, other) for other in drawn) for shape in samples]
    far = [min(distance(shape, other, quantile=0.9) for other in drawn) for shape in samples]
    assert np.median(near) < 0.05
    assert np.median(far) < 0.15


def lines_in(path: Path) -> list[Points]:
    """The drawings in a file or folder, each as one line; [] while they are not there."""
    return [item.material.points for item in read_materials([path]).materials] if path.exists() else []
