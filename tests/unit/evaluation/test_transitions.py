"""The reader of decisions: exact on true traces, however noisy, and not fooled by anything else."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.evaluation.transitions import (
    BAD,
    Share,
    TransitionTable,
    aligned,
    classify_turns,
    distances_to_curve,
    turn_statistics,
)
from studio.sequences.patterns import PATTERNS, automaton_transitions, oval

AUTOMATON = PATTERNS["circle-triangle-eight"]
EYE = PATTERNS["eye"]


def shapes_of(turns):
    return tuple(turn.shape for turn in turns)


def joined(*curves, per_turn=32):
    """A trace of closed curves one after another, from the top."""
    pieces = [curve[np.linspace(0, len(curve) - 1, per_turn + 1).round().astype(int)][1:] for curve in curves]
    return np.concatenate([curves[0][:1], *pieces])


# --- true traces ------------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(["circle-triangle-eight", "eye", "eight"]),
    st.integers(1, 40),
    st.floats(0, 0.02),
    st.integers(0, 10**6),
    st.sampled_from([16, 32, 50]),
)
def test_the_decisions_of_a_true_trace_are_read_exactly(name, turns, noise, seed, per_turn):
    pattern, points = PATTERNS[name], turns * per_turn + 1
    trace = pattern.draw(points, seed, noise, points_per_turn=per_turn).points
    assert shapes_of(classify_turns(trace, pattern.shapes())) == pattern.decisions(
        points, seed, points_per_turn=per_turn
    )


@given(st.integers(0, 10**6), st.floats(0.5, 20), st.floats(0.5, 1.5))
def test_turns_follow_one_upon_another(seed, points, width):
    trace = EYE.draw(int(points * 32), seed, wide=width * 1.6).points
    turns = classify_turns(trace, EYE.shapes())
    for before, after in pairwise(turns):
        assert before.stop == after.start
    assert all(0 <= turn.start < turn.stop < len(trace) for turn in turns)


def test_statistics_of_the_true_automaton():
    traces = [AUTOMATON.draw(20_000, seed).points for seed in range(2)]
    found = turn_statistics(traces, AUTOMATON.shapes(), turns_per_block=2)
    assert found.bad.count == 0
    assert found.wrong_counts.count == 0
    assert found.wrong_counts.total > 400
    assert found.median_error == pytest.approx(0.008, rel=0.1)
    distances = found.transitions.total_variation(automaton_transitions())
    assert (distances["circle"], distances["eight"]) == (0, 0)
    assert distances["triangle"] < 0.1
    truth = np.array(
        [[automaton_transitions()[row][column] for column in automaton_transitions()] for row in distances]
    )
    low, high = np.moveaxis(found.transitions.intervals(0.999), 2, 0)
    assert ((low <= truth + 1e-12) & (truth - 1e-12 <= high)).all()


def test_statistics_of_the_true_eye():
    found = turn_statistics([EYE.draw(20_000, 1).points], EYE.shapes())
    low, high = found.shares["thin"].interval(0.999)
    assert low < 1 / 3 < high
    assert found.shares["thin"].value + found.shares["wide"].value == pytest.approx(1)
    decided = EYE.decisions(20_000, 1)
    assert found.shares["thin"].count == decided.count("thin")
    assert found.bad.count == 0


# --- what is wrong with a trace ---------------------------------------------------------------------------------------

random = np.random.default_rng(0)
GARBAGE = {
    "white noise": random.standard_normal((2000, 2)),
    "a random walk": np.cumsum(0.1 * random.standard_normal((2000, 2)), axis=0),
    "a pen that rests in the middle": np.zeros((1000, 2)),
    "a pen that rests at the top": np.tile([0.0, 1.0], (1000, 1)),
    "shapes too small": 0.5 * AUTOMATON.draw(2000, 0).points,
    "ovals between the two": joined(*[oval(1.15)] * 60),
    "half ways there and back": joined(*[np.concatenate([oval(2.0)[:120], oval(2.0)[:120][::-1]])] * 60),
    "a line that goes away": np.stack([np.zeros(2000), 1 + 0.1 * np.arange(2000)], 1),
}


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("pattern", [AUTOMATON, EYE], ids=lambda pattern: pattern.name)
def test_what_is_no_shape_is_bad(name, pattern):
    found = turn_statistics([GARBAGE[name]], pattern.shapes())
    assert found.bad.total >= 10
    assert found.bad.value > 0.95


def test_a_bad_turn_is_found_where_it_is():
    circle, triangle = AUTOMATON.shapes()["circle"], AUTOMATON.shapes()["triangle"]
    trace = joined(circle, circle, oval(0.5), triangle)
    turns = classify_turns(trace, AUTOMATON.shapes())
    assert shapes_of(turns) == ("circle", "circle", BAD, "triangle")
    assert (turns[2].start, turns[2].stop) == (64, 96)
    assert turns[2].error > 0.05


def test_two_turns_between_which_the_pen_missed_the_top_are_two_bad_ones():
    circle = AUTOMATON.shapes()["circle"]
    trace = joined(*[circle] * 6)
    trace[60:69] *= 0.6
    assert shapes_of(classify_turns(trace, AUTOMATON.shapes())) == ("circle", BAD, BAD, "circle", "circle", "circle")


def test_a_pen_that_gets_stuck_is_bad_from_there_on():
    circle = AUTOMATON.shapes()["circle"]
    trace = joined(*[circle] * 4)
    trace = np.concatenate([trace, np.tile(trace[-10], (320, 1))])
    assert shapes_of(classify_turns(trace, AUTOMATON.shapes())) == ("circle",) * 4 + (BAD,) * 10


def test_incomplete_turns_at_either_end_are_none():
    circle = AUTOMATON.shapes()["circle"]
    trace = joined(*[circle] * 4)[10:-10]
    assert shapes_of(classify_turns(trace, AUTOMATON.shapes())) == ("circle",) * 2


def test_runs_of_a_wrong_length_are_counted():
    circle, triangle, eight = AUTOMATON.shapes().values()
    trace = joined(circle, circle, triangle, eight, eight, eight, circle, circle, triangle, triangle, circle)
    found = turn_statistics([trace], AUTOMATON.shapes(), turns_per_block=2)
    # Seen from beginning to end: one triangle and three eights are wrong, circles and triangles after them are right.
    assert (found.wrong_counts.count, found.wrong_counts.total) == (2, 4)
    assert found.transitions.counts.tolist() == [[0, 2, 0], [1, 0, 1], [1, 0, 0]]


def test_longer_runs_are_blocks_that_follow_themselves():
    circle, triangle, _ = AUTOMATON.shapes().values()
    trace = joined(circle, *[triangle] * 6, circle, circle, *[triangle] * 3)
    found = turn_statistics([trace], AUTOMATON.shapes(), turns_per_block=2)
    # Three blocks of triangles in the middle; the last run was cut off in its second block.
    assert found.transitions.counts.tolist() == [[0, 2, 0], [1, 3, 0], [0, 0, 0]]


def test_nothing_is_concluded_across_a_bad_turn():
    circle, triangle, _ = AUTOMATON.shapes().values()
    trace = joined(circle, circle, oval(0.5), triangle, triangle)
    found = turn_statistics([trace], AUTOMATON.shapes(), turns_per_block=2)
    assert found.transitions.counts.sum() == 0
    assert (found.bad.count, found.bad.total) == (1, 5)


def test_traces_are_pooled():
    first, second = EYE.draw(2001, 1).points, EYE.draw(2001, 2).points
    apart = [turn_statistics([trace], EYE.shapes()) for trace in (first, second)]
    together = turn_statistics([first, second], EYE.shapes())
    assert together.shares["thin"].count == sum(found.shares["thin"].count for found in apart)
    np.testing.assert_array_equal(together.transitions.counts, sum(found.transitions.counts for found in apart))


# --- alignment, distances, intervals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("scale", "right", "up"), [(1, 0, 0), (0.96, 0.05, -0.05), (1.05, -0.06, 0.02)])
def test_alignment_takes_small_differences_of_place_and_size_away(scale, right, up):
    trace = AUTOMATON.draw(1000, 3).points
    moved = aligned(trace * scale + [right, up], AUTOMATON.shapes())
    before, after = (turn_statistics([points], AUTOMATON.shapes()).median_error for points in (trace, moved))
    assert after == pytest.approx(before, rel=0.1)
    assert np.abs(moved - trace).max() < 0.03


def test_alignment_leaves_alone_what_has_no_shape():
    np.testing.assert_array_equal(aligned(GARBAGE["white noise"], EYE.shapes()), GARBAGE["white noise"])


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=20))
def test_the_distance_to_a_circle_is_that_of_the_radius(points):
    points = np.array(points)
    expected = np.abs(np.linalg.norm(points, axis=1) - 1)
    np.testing.assert_allclose(distances_to_curve(points, oval(2.0)), expected, atol=2e-4)


def test_the_distance_to_a_segment_ends_at_its_ends():
    segment = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 0.0]])
    points = np.array([[1.0, 3.0], [5.0, 4.0], [-3.0, -4.0]])
    np.testing.assert_allclose(distances_to_curve(points, segment), [3, 5, 5])


def test_wilson_interval_as_published():
    """Newcombe 1998, table I: 81 of 263 and 1 of 29, by the score method without continuity correction."""
    assert Share(81, 263).interval() == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert Share(1, 29).interval() == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert Share(0, 20).interval() == pytest.approx((0, 0.1611), abs=5e-5)


def test_of_nothing_nothing_is_known():
    assert np.isnan(Share(0, 0).value)
    assert Share(0, 0).interval() == (0, 1)
    assert turn_statistics([], EYE.shapes()).bad.total == 0


@given(st.integers(1, 500).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_intervals_hold_the_share_and_widen_with_confidence(numbers):
    share = Share(*numbers)
    low, high = share.interval(0.95)
    lower, higher = share.interval(0.99)
    assert 0 <= lower <= low + 1e-12
    assert low - 1e-12 <= share.value <= high + 1e-12
    assert high - 1e-12 <= higher <= 1


def test_a_table_knows_its_distance_from_the_truth():
    table = TransitionTable(("a", "b", "c"), np.array([[5, 5, 0], [0, 0, 0], [1, 1, 2]]))
    np.testing.assert_allclose(table.probabilities[[0, 2]], [[0.5, 0.5, 0], [0.25, 0.25, 0.5]])
    even = dict.fromkeys("abc", 1 / 3)
    distances = table.total_variation({"a": even, "b": even, "c": even})
    assert distances["a"] == pytest.approx(1 / 3)
    assert np.isnan(distances["b"])
    assert distances["c"] == pytest.approx(1 / 6)
    intervals = table.intervals()
    assert intervals.shape == (3, 3, 2)
    assert intervals[1].tolist() == [[0, 1]] * 3


def test_a_share_reads_well():
    assert str(Share(1, 3)) == "0.333 [0.061, 0.792] of 3"
