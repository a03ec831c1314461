"""Random drawings for every test of readers and writers: ``st.from_type(Drawing)``."""

import numpy as np
from hypothesis import strategies as st

from studio.sequences.material import Drawing, Stroke

COORDINATES = st.floats(-1e6, 1e6)
LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=12).map(str.strip)


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """Strokes of one to nine points; times begin at 0; times and pressure for all strokes or for none."""
    lengths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    count = sum(lengths)
    points = draw(st.lists(st.tuples(COORDINATES, COORDINATES), min_size=count, max_size=count))
    times = pressure = None
    if draw(st.booleans()):
        steps = draw(st.lists(st.floats(0, 100), min_size=count - 1, max_size=count - 1))
        times = np.cumsum([0.0, *steps])
    if draw(st.booleans()):
        pressure = draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    ends = np.zeros(count)
    ends[np.cumsum(lengths) - 1] = 1
    return Drawing.from_points(
        points,
        ends,
        times=times,
        pressure=pressure,
        label=draw(LABELS),
        y_up=draw(st.sampled_from([None, True, False])),
    )


st.register_type_strategy(Drawing, drawings())
st.register_type_strategy(Stroke, drawings().map(lambda drawing: drawing.strokes[0]))
