"""Drawings for property tests: any number of strokes and points, dots, repeated points, with and without times."""

import numpy as np
from hypothesis import strategies as st

from studio.sequences.material import Drawing, Stroke

unknown = st.none()
coordinates = st.integers(-10_000, 10_000).map(lambda number: number / 8)


@st.composite
def strokes(draw, timed: bool = False) -> Stroke:
    points = draw(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=12))
    if not timed:
        return Stroke(np.array(points))
    waits = draw(st.lists(st.integers(0, 40), min_size=len(points), max_size=len(points)))
    pressure = draw(st.lists(st.floats(0, 1), min_size=len(points), max_size=len(points)))
    return Stroke(np.array(points), np.cumsum(waits) / 100, np.array(pressure))


def drawings(timed: bool = False, y_up: st.SearchStrategy = unknown) -> st.SearchStrategy[Drawing]:
    pieces = st.lists(strokes(timed), min_size=1, max_size=4).map(tuple)
    return st.builds(Drawing, pieces, st.sampled_from(["", "cat"]), y_up)
