"""A drawing that another hand goes on with."""

from __future__ import annotations

import numpy as np

from studio.sequences.continued import continued, with_stroke
from studio.sequences.material import Drawing, Stroke

GIVEN = Drawing(
    (Stroke(np.array([[0.0, 0], [1, 0]]), np.array([0.0, 0.5])), Stroke(np.array([[5.0, 5], [6, 7]]))), "two", False
)


def pen(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, float)


# As a model was given it: other points than those that were drawn, and after each whether the pen is lifted.
SEEN = ((0.0, 0.0, 0.0, 0.0), (1.0, 0.0, 1.0, 0.0), (5.0, 5.0, 0.0, 0.0), (6.0, 7.0, 0.0, 0.0))


def test_what_was_given_stays_as_it_was_and_its_last_stroke_goes_on() -> None:
    found = continued(GIVEN, pen(*SEEN, (7, 7, 1, 0), (8, 8, 0, 0), (0, 0, 0, 1)), 4, False)
    assert found is not None
    assert found.strokes[0] is GIVEN.strokes[0]
    assert [stroke.points.tolist() for stroke in found.strokes[1:]] == [[[5, 5], [6, 7], [7, 7]], [[8, 8]]]
    assert (found.label, found.y_up) == ("two", False)


def test_a_pen_that_was_lifted_after_what_was_given_begins_a_stroke() -> None:
    lifted = (*SEEN[:-1], (6.0, 7.0, 1.0, 0.0))
    found = continued(GIVEN, pen(*lifted, (7, 7, 0, 0), (8, 8, 0, 0)), 4, False)
    assert found is not None
    assert found.strokes[:2] == GIVEN.strokes
    assert found.strokes[2].points.tolist() == [[7, 7], [8, 8]]


def test_what_was_given_is_turned_as_the_model_draws() -> None:
    found = continued(GIVEN, pen(*SEEN, (7, -7, 1, 0)), 4, True)
    assert found is not None
    assert found.points.tolist() == [[0, 0], [1, 0], [5, -5], [6, -7], [7, -7]]
    assert found.y_up is True


def test_without_more_there_is_what_was_given_or_nothing() -> None:
    assert continued(GIVEN, pen(*SEEN), 4, False) is GIVEN
    assert continued(None, np.empty((0, 4)), 0, None) is None
    alone = continued(None, pen((1, 2, 0, 0), (3, 4, 1, 0), (9, 9, 0, 1)), 0, True)
    assert alone is not None
    assert alone.points.tolist() == [[1, 2], [3, 4]]


def test_a_stroke_is_one_of_its_own_or_goes_on() -> None:
    stroke = Stroke(np.array([[9.0, 9]]))
    assert with_stroke(None, stroke, goes_on=True, y_up=False).strokes == (stroke,)
    apart = with_stroke(GIVEN, stroke, goes_on=False, y_up=False)
    assert [len(each) for each in apart.strokes] == [2, 2, 1]
    joined = with_stroke(GIVEN, stroke, goes_on=True, y_up=False)
    assert joined.strokes[-1].points.tolist() == [[5, 5], [6, 7], [9, 9]]
