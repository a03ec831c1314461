"""Pictures and animations."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from studio.files import images
from studio.files.grid import arranged, best_columns
from studio.sequences.material import Drawing

# A vertical line going up, then a dot to its right.
MARK = Drawing.from_points([[0, 0], [0, 10], [10, 0]], [0, 1, 1], y_up=True)


def darkness(picture: Image.Image) -> np.ndarray:
    """How dark each pixel is, ``[height, width]``: 0 paper, 1 ink."""
    shades = np.asarray(picture.convert("L"), np.float64)
    return (shades.max() - shades) / (shades.max() - shades.min())


def frames(data: bytes) -> list[tuple[Image.Image, int]]:
    with Image.open(io.BytesIO(data)) as picture:
        made = []
        for i in range(getattr(picture, "n_frames", 1)):
            picture.seek(i)
            made.append((picture.convert("RGB"), int(picture.info["duration"])))
    return made


def png(drawings: list[Drawing], side: int = 400) -> Image.Image:
    with Image.open(io.BytesIO(images.to_png(drawings, side))) as picture:
        assert picture.mode == "P"
        return picture.convert("RGB")


@pytest.mark.parametrize(("y_up", "dot_is_low"), [(True, True), (None, True), (False, False)])
def test_pictures_stand_upright(y_up: bool | None, dot_is_low: bool) -> None:
    picture = darkness(png([Drawing(MARK.strokes, y_up=y_up)]))
    height, width = picture.shape
    right = picture[:, round(width * 0.75) :]
    rows = np.flatnonzero(right.max(1) > 0.9)
    assert len(rows) > 0
    assert (rows.mean() > height / 2) == dot_is_low


def test_paper_ink_and_soft_edges() -> None:
    picture = np.asarray(png([Drawing.from_points([[0, 0], [10, 7]])]))
    assert tuple(picture[0, 0]) == images.PAPER
    assert tuple(picture.reshape(-1, 3).min(0)) == images.INK
    assert len(np.unique(picture[..., 0])) > 10


def test_several_drawings_stand_in_equal_cells() -> None:
    picture = darkness(png([MARK] * 4, 400))
    height, width = picture.shape
    quarters = [
        picture[i * height // 2 :][: height // 2, j * width // 2 :][:, : width // 2] for i in (0, 1) for j in (0, 1)
    ]
    for quarter in quarters:
        np.testing.assert_allclose(quarter.sum(), quarters[0].sum(), rtol=0.05)
    assert quarters[0].sum() > 20


def test_lines_are_as_wide_as_the_picture_asks() -> None:
    line = Drawing.from_points([[0, 0], [10, 0]], y_up=False)
    for side in (200, 1000):
        middle = darkness(png([line], side))[:, side // 2]
        expected = max(images.THINNEST, images.LINE_WIDTH * side / (1 + 2 * 0.1))
        assert middle.sum() == pytest.approx(expected, abs=0.5)


def test_the_gif_draws_for_four_seconds_then_holds() -> None:
    drawn = frames(images.to_gif([MARK, EIGHT]))
    durations = [duration for _, duration in drawn]
    assert set(durations[:-1]) == {40}
    assert sum(durations[:-1]) + 40 == 4000
    assert durations[-1] == 1600
    ink = [darkness(picture).sum() if i else 0 for i, (picture, _) in enumerate(drawn)]
    assert all(a <= b + 1e-6 for a, b in pairwise(ink))
    halfway, end = darkness(drawn[50][0]).sum(), darkness(drawn[-1][0]).sum()
    assert 0.3 < halfway / end < 0.8


t = np.linspace(0, 2 * np.pi, 200)
EIGHT = Drawing.from_points(np.stack([10 * np.sin(t), 5 * np.sin(2 * t)], 1))


def test_the_last_frame_is_the_whole_drawing_and_the_file_is_small() -> None:
    data = images.to_gif([EIGHT] * 9, side=300)
    last = darkness(frames(data)[-1][0])
    whole = darkness(png([EIGHT] * 9, 300))
    assert np.abs(last - whole).max() < 0.4  # pieces of lines begin between pixels
    assert np.abs(last - whole).mean() < 0.01
    assert len(data) < 200_000


def test_the_pen_follows_the_clock_where_there_is_one() -> None:
    slow_then_fast = Drawing.from_points([[0, 0], [1, 0], [10, 0]], times=[0, 9, 10])
    drawn = frames(images.to_gif([slow_then_fast]))
    ink = [darkness(picture).sum() for picture, _ in (drawn[len(drawn) // 2], drawn[-1])]
    assert ink[0] < 0.2 * ink[1]


@pytest.mark.parametrize(
    "drawing",
    [
        Drawing.from_points([[3, 3]]),
        Drawing.from_points([[0, 0], [0, 0]], times=[0, 0]),
        Drawing.from_points([[0, 0], [1e29, 1e-29]]),
        Drawing.from_points(np.zeros((5, 2)), np.ones(5)),
        Drawing.from_points(np.random.default_rng(0).normal(size=(20_000, 2)).cumsum(0), times=np.arange(20_000.0)),
    ],
)
def test_odd_drawings(drawing: Drawing) -> None:
    assert darkness(png([drawing])).max() == 1
    assert darkness(frames(images.to_gif([drawing, MARK]))[-1][0]).max() == 1


def test_an_outlier_does_not_shrink_the_others() -> None:
    giant = Drawing.from_points(EIGHT.points * 100)
    grid = arranged([EIGHT, EIGHT, EIGHT, giant])
    assert [cell.scale for cell in grid.cells[:3]] == [1, 1, 1]
    assert grid.cells[3].scale == pytest.approx(0.01)
    for drawing, cell in zip([EIGHT, EIGHT, EIGHT, giant], grid.cells, strict=True):
        assert (np.abs(cell.place(drawing.points) - cell.centre) <= grid.cell / 2).all()


@pytest.mark.parametrize(
    ("count", "aspect", "columns"), [(1, 1.0, 1), (4, 0.6, 2), (9, 0.66, 3), (16, 1.3, 4), (6, 1.0, 3)]
)
def test_a_grid_is_about_square_and_leaves_few_cells_empty(count: int, aspect: float, columns: int) -> None:
    assert best_columns(count, aspect) == columns


def test_a_grid_of_many_cells_is_laid_out_at_once() -> None:
    assert best_columns(2000, 1.0) in range(44, 46)


def test_smooth_lines_have_no_corners_between_points() -> None:
    """Of a ring of few points: the ink of straight lines cuts across, that of the curve is as round as a finer ring."""

    def ring(count: int) -> Drawing:
        turn = np.linspace(0, 2 * np.pi, count)
        return Drawing.from_points(np.stack([np.cos(turn), np.sin(turn)], 1), y_up=True)

    def ink(drawing: Drawing, **more: bool) -> np.ndarray:
        with Image.open(io.BytesIO(images.to_png([drawing], 240, **more))) as picture:
            return np.asarray(picture.convert("L"), float)

    fine = ink(ring(200))
    straight, smooth = (np.abs(ink(ring(13), smooth=on) - fine).mean() for on in (False, True))
    assert smooth < 0.4 * straight


def test_the_gif_ends_with_the_smooth_picture() -> None:
    turn = np.linspace(0, 2 * np.pi, 13)
    drawing = Drawing.from_points(np.stack([np.cos(turn), np.sin(2 * turn)], 1), y_up=True)
    with Image.open(io.BytesIO(images.to_gif([drawing], 200, 0.4, smooth=True))) as movie:
        movie.seek(movie.n_frames - 1)  # type: ignore[attr-defined]
        last = np.asarray(movie.convert("L"), float)
    with Image.open(io.BytesIO(images.to_png([drawing], 200, smooth=True))) as picture:
        whole = np.asarray(picture.convert("L"), float)
    assert np.abs(last - whole).mean() < 4
