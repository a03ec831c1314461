"""What the window looks like on the two usual screens: filled, within the screen, and in both themes."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Start
from numpy.typing import NDArray
from program import Widget
from studio_window import Studio

DOCKS = ("material", "train", "generate")
SCREENS = [(1280, 800), (1920, 1080)]


def part(picture: NDArray[np.uint8], widget: Widget) -> NDArray[np.uint8]:
    x, y, width, height = widget.box
    return picture[max(y, 0) : y + height, max(x, 0) : x + width]


def is_blank(picture: NDArray[np.uint8]) -> bool:
    """Whether there is hardly anything but one colour."""
    colours, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
    return len(colours) < 16 or counts.max() > 0.998 * counts.sum()


def brightness(studio: Studio) -> float:
    return float(part(studio.screen.picture(), studio.find("studio")).mean())


@pytest.mark.parametrize("screen", SCREENS, ids=str, indirect=True)
def test_every_pane_shows_something_and_lies_within_the_screen(start: Start) -> None:
    with start() as studio:
        studio.wait_for_drawings(12)
        studio.wait_for(
            lambda: not is_blank(part(studio.screen.picture(), studio.find(kind="CollectionView"))), "the thumbnails"
        )
        picture = studio.screen.picture()
        width, height = studio.screen.size
        for name in DOCKS:
            dock = studio.find(name, kind="QDockWidget")
            assert not is_blank(part(picture, dock)), name
            x, y, wide, high = dock.box
            assert x >= 0, name
            assert y >= 0, name
            assert x + wide <= width, name
            assert y + high <= height, name


def test_theme_changes_at_once_and_is_remembered(start: Start) -> None:
    with start() as studio:
        studio.wait_for_drawings(12)
        studio.choose("View", "Theme", "Light")
        studio.wait_for(lambda: brightness(studio) > 170, "a light window")
        studio.choose("View", "Theme", "Dark")
        studio.wait_for(lambda: brightness(studio) < 85, "a dark window")
        assert studio.quit() == 0
    with start() as studio:
        studio.wait_for(lambda: brightness(studio) < 85, "a dark window the next time")


def test_layout_is_remembered_and_can_be_reset(start: Start) -> None:
    with start() as studio:
        studio.choose("View", "Panes", "Generate")
        studio.wait_for(lambda: not studio.is_there("generate", kind="QDockWidget"), "the pane to go")
        assert studio.quit() == 0
    with start() as studio:
        studio.find("material", kind="QDockWidget")
        assert not studio.is_there("generate", kind="QDockWidget")
        studio.choose("View", "Reset Layout")
        studio.find("generate", kind="QDockWidget")


@pytest.mark.parametrize("screen", [(1024, 700)], ids=str, indirect=True)
def test_everything_can_be_reached_on_a_small_screen(start: Start) -> None:
    with start() as studio:
        studio.wait_for_drawings(12)
        tabs = {entry.text: entry for bar in studio.all(kind="QTabBar") for entry in bar.items}
        studio.screen.click(tabs["Train"].middle)  # a tab where there is no room below
        train = studio.run_button("Train")
        width, height = studio.screen.size
        assert train.box[0] + train.box[2] <= width
        assert train.box[1] + train.box[3] <= height
        studio.screen.click(tabs["Samples"].middle)
        studio.screen.press("ctrl+k")
        studio.find("palette")
        studio.screen.type("compare runs")
        studio.screen.press("Return")
        studio.find(text="Compare", kind="QPushButton")
        studio.screen.press("F11")
        studio.wait_for(lambda: not studio.is_there(kind="QMenuBar"), "the canvas alone")
        studio.screen.press("Escape")
        studio.find(kind="QMenuBar")
