"""Which spacing a collection gets."""

import numpy as np
import pytest

from studio.errors import StudioError
from studio.sequences.material import Drawing
from studio.sequences.resampling import step_lengths
from studio.sequences.spacing import Spacing


def circle(points, times=None, radius=1.0):
    angle = np.linspace(0, 2 * np.pi, points)
    return Drawing.from_points(radius * np.stack([np.sin(angle), np.cos(angle)], 1), times=times)


def test_points_that_are_even_already_stay_as_they_came():
    drawing = circle(40)
    spacing = Spacing.fit([drawing], "auto", 0.06)
    assert spacing.method == "even"
    assert spacing.resampled(drawing) is drawing


def test_a_drawing_spaced_otherwise_than_its_even_collection_is_spaced_like_it():
    collection = [circle(40)] * 3
    spacing = Spacing.fit(collection, "auto", 0.06)
    mouse = spacing.resampled(circle(400))
    assert len(mouse) == len(collection[0])


@pytest.mark.parametrize("points", [6, 400])
def test_points_too_dense_or_too_sparse_are_spaced_along_the_line(points):
    spacing = Spacing.fit([circle(points)], "auto", 0.06)
    assert spacing.method == "arc"
    assert spacing.distance == pytest.approx(0.12, rel=0.05)
    assert step_lengths(spacing.resampled(circle(points))).max() < 0.13


def test_uneven_points_are_spaced_along_the_line():
    uneven = Drawing.from_points(circle(40).points[[0, 1, 2, 3, 12, 13, 14, 25, 26, 39]])
    assert Spacing.fit([uneven], "auto", 0.06).method == "arc"


def test_a_long_wave_that_is_even_stays_as_it_came_however_wide_it_is():
    periods = np.arange(2000) / 32
    wave = Drawing.from_points(np.stack([4 * periods, np.sin(2 * np.pi * periods)], 1))
    assert Spacing.fit([wave], "auto", 0.06).method == "even"


def test_a_line_of_writing_is_spaced_by_its_height():
    x = np.linspace(0, 60, 30_000)
    writing = Drawing.from_points(np.stack([x + 0.5 * np.sin(9 * x), np.cos(9 * x)], 1))
    spacing = Spacing.fit([writing], "auto", 0.06)
    assert spacing.method == "arc"
    assert 0.1 < spacing.distance < 0.3


def test_the_typical_drawing_decides_not_the_largest():
    assert Spacing.fit([circle(400)] * 4 + [circle(400, radius=1000)], "arc", 0.06).distance == pytest.approx(
        0.12, rel=0.01
    )


def test_time_takes_the_interval_in_which_the_pen_covers_that_distance():
    spacing = Spacing.fit([circle(400, np.linspace(0, np.pi, 400))], "time", 0.06)  # 2 units a second
    assert spacing.interval == pytest.approx(0.06, rel=0.01)
    assert len(spacing.resampled(circle(400, np.linspace(0, np.pi, 400)))) == round(np.pi / spacing.interval) + 1


def test_time_without_times_says_what_to_do():
    with pytest.raises(StudioError, match=r"no times.*arc or auto"):
        Spacing.fit([circle(30)], "time", 0.06)


def test_none_leaves_everything_alone():
    drawing = circle(1000)
    assert Spacing.fit([drawing], "none", 0.06).resampled(drawing) is drawing


def test_dots_have_a_spacing_too():
    dot = Drawing.from_points([[3, 3]])
    assert len(Spacing.fit([dot], "auto", 0.06).resampled(dot)) == 1
