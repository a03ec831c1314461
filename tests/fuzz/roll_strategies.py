"""Piano rolls for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from studio.sequences.roll import PITCHES, Roll


@st.composite
def rolls(draw: st.DrawFn, label: str = "", most_frames: int = 40, most_pitches: int = 40) -> Roll:
    """Any piano roll, also an empty one."""
    frames, pitches = draw(st.integers(1, most_frames)), draw(st.integers(1, most_pitches))
    keys = draw(arrays(np.uint8, (frames, pitches), elements=st.integers(0, 1)))
    lowest = draw(st.integers(0, PITCHES - pitches))
    rate = draw(st.floats(0.25, 200, allow_subnormal=False))
    return Roll(keys, rate, lowest, label)


def sounding(found: Roll) -> set[tuple[int, int]]:
    """Each moment and pitch that is heard."""
    return {(int(frame), int(column) + found.lowest) for frame, column in np.argwhere(found.keys)}
