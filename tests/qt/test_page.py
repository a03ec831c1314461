"""How material lies on a canvas."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import circle
from hypothesis import given
from hypothesis import strategies as st

from studio.sequences.material import SERIES_HEIGHT, Drawing
from studio.ui.page import OWN_EXTENT, Page, page_of_collection

numbers = st.floats(-1e4, 1e4)


@given(
    *(numbers, numbers, st.floats(1e-3, 1e4), st.booleans(), st.integers(50, 2000)),
    st.sampled_from([0.01, 1.0, 300.0]),
)
def test_to_the_canvas_and_back(x: float, y: float, extent: float, up: bool, width: int, stretch: float) -> None:
    page = Page((x, y), extent, up, stretch)
    points = np.array([[x, y], [x + extent / 2, y - extent / 3]])
    back = page.to_material(page.to_canvas(points, width, 300), width, 300)
    np.testing.assert_allclose(back, points, atol=1e-9 * (abs(x) + abs(y) + extent) * max(1, 1 / stretch))


def test_what_points_up_points_up() -> None:
    top = [[0.0, 1.0]]
    assert Page(y_up=True).to_canvas(top, 100, 100)[0, 1] < 50 < Page(y_up=False).to_canvas(top, 100, 100)[0, 1]


def test_shape_is_kept_on_a_wide_canvas() -> None:
    corners = Page.around([0, 0], [2, 2], True).to_canvas([[0, 0], [2, 2]], 800, 200)
    sides = np.abs(corners[1] - corners[0])
    assert sides[0] == pytest.approx(sides[1])
    assert corners.min() >= 0
    assert corners[:, 1].max() <= 200


def test_new_drawings_get_the_units_of_the_collection() -> None:
    assert page_of_collection([], Page(extent=3.0)) == Page()
    page = page_of_collection([circle(1.0), circle(1.2)], Page())
    assert page.y_up
    assert 2 < page.extent < 4


def test_page_stays_while_the_collection_looks_right_on_it() -> None:
    page = page_of_collection([circle(1.0)], Page())
    assert page_of_collection([circle(1.0), circle(0.9)], page) is page
    assert page_of_collection([circle(1.0), circle(40.0), circle(41.0)], page).extent > 10 * page.extent


def test_a_few_far_off_drawings_do_not_make_the_others_tiny() -> None:
    drawings = [circle(1.0) for _ in range(100)]
    drawings[7] = circle(1000.0)
    assert page_of_collection(drawings, Page()).extent < 4


def test_own_drawings_lie_on_the_own_page() -> None:
    own = circle(OWN_EXTENT / 3)
    own = type(own)(own.strokes, y_up=False)
    assert page_of_collection([own], Page(extent=1.0)) == Page()


def test_a_series_fills_its_page_whatever_its_units() -> None:
    level = Drawing.series([2000, 2050, 2100], [-1e-3, 2e-3, 0])
    page = Page.of(level, margin=0.0)
    places = page.to_canvas(level.points, 300, 200)
    assert np.ptp(places, axis=0) == pytest.approx([200, SERIES_HEIGHT * 200])
    assert places[1, 1] < places[0, 1]  # the larger value is above
    assert page.shows(*level.box)
    assert page_of_collection([level], Page()) == Page.of(level)
    assert page_of_collection([level], Page.of(level, margin=0.1)) == Page.of(level, margin=0.1)
    assert page_of_collection([level, circle(50.0)], Page()).stretch == 1
