"""Curves that grow."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.workbench.curves import Curves


@given(st.integers(0, 300), st.lists(st.integers(0, 700), max_size=5))
def test_what_was_seen_stays_and_what_is_new_is_told_once(old: int, pieces: list[int]) -> None:
    begin = np.arange(old), np.arange(old) / 2
    curves = Curves({"loss": begin} if old else None)
    told: list[int] = []
    seen = []
    step = old
    for piece in pieces:
        for _ in range(piece):
            curves.append(step, {"loss": step / 2})
            step += 1
        seen.append((step, curves.series()))
        told += curves.new().get("loss", ([], []))[0].tolist() if step > old else []
    assert told == list(range(old, step))
    for until, series in seen:
        if until:
            steps, values = series["loss"]
            np.testing.assert_array_equal(steps, np.arange(until))
            np.testing.assert_array_equal(values, np.arange(until) / 2)


def test_prefix() -> None:
    curves = Curves()
    curves.append(3, {"elbo": -1.0}, prefix="validation.")
    ((name, (steps, values)),) = curves.series().items()
    assert (name, steps.tolist(), values.tolist()) == ("validation.elbo", [3], [-1.0])
