"""A trajectory that glows: where it is high it is bright, and the light goes no further than it should."""

from __future__ import annotations

import numpy as np
import pytest

from studio.files.colour_map import coloured
from studio.files.glow import PAPER, SLATE, Line, glow


def level(share: float, high_at: int | None = None) -> Line:
    """From left to right through the middle of 200 x 100 pixels."""
    points = np.column_stack([np.linspace(20, 180, 41), np.full(41, 50.0)])
    shares = np.full(41, share)
    if high_at is not None:
        shares[high_at] = 1.0
    return Line(points, shares)


@pytest.mark.parametrize("dark", [True, False])
def test_lines_have_the_colours_of_their_numbers(dark: bool) -> None:
    for share in (0.0, 0.2):
        picture = glow([level(share)], 200, 100, dark=dark, line_width=4)
        assert picture.shape == (100, 200, 3)
        assert np.abs(picture[50, 100].astype(int) - coloured(share, dark=dark)).max() <= 2
        assert tuple(picture[20, 100]) == (SLATE if dark else PAPER)  # nothing high, no light


@pytest.mark.parametrize("dark", [True, False])
def test_only_what_is_high_gives_light(dark: bool) -> None:
    picture = glow([level(0.0, high_at=20)], 200, 100, dark=dark, line_width=4).astype(int)
    ground = np.array(SLATE if dark else PAPER)
    at_the_middle, at_the_end = picture[42, 100] - ground, picture[42, 30] - ground
    assert np.abs(at_the_middle).max() > 15
    assert np.abs(at_the_end).max() <= 1
    assert at_the_middle.sum() * (1 if dark else -1) > 0


def test_the_highest_lies_on_top_whatever_came_last() -> None:
    high, low = level(0.2), level(0.0)
    for lines in ([high, low], [low, high]):
        picture = glow(lines, 200, 100, dark=True, line_width=4)
        assert np.abs(picture[50, 100].astype(int) - coloured(0.2, dark=True)).max() <= 2


def test_dots_short_lines_and_nothing() -> None:
    assert (glow([], 30, 20, dark=True) == SLATE).all()
    dot = Line(np.array([[15.0, 10.0]]), np.array([1.0]))
    assert tuple(glow([dot], 30, 20, dark=True, line_width=6)[10, 15]) > SLATE
    pair = Line(np.array([[5.0, 10.0], [25.0, 10.0]]), np.array([0.0, np.nan]))
    assert tuple(glow([pair], 30, 20, dark=True, line_width=6)[10, 15]) != SLATE
