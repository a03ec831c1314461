"""The patterns: their shapes, their decisions, their noise."""

from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.sequences.patterns import PATTERNS, SIZE, ClosedPattern, automaton_transitions, two_spirals

CLOSED = [name for name, pattern in PATTERNS.items() if isinstance(pattern, ClosedPattern)]


def test_the_patterns_of_the_field_are_there():
    assert list(PATTERNS) == ["sine", "eight", "circle-triangle-eight", "eye", "noisy-oval", "spiral", "two-spirals"]
    assert all(pattern.title and pattern.summary for pattern in PATTERNS.values())


@given(st.sampled_from(list(PATTERNS)), st.integers(2, 300), st.integers(0, 10**6))
def test_a_pattern_has_the_points_asked_for_and_its_seed_decides(name, points, seed):
    drawing = PATTERNS[name].draw(points, seed)
    assert (len(drawing), len(drawing.strokes), drawing.y_up, drawing.label) == (points, 1, True, name)
    assert np.diff(drawing.times) == pytest.approx(drawing.times[1])
    np.testing.assert_array_equal(drawing.points, PATTERNS[name].draw(points, seed).points)
    assert not np.array_equal(drawing.points, PATTERNS[name].draw(points, seed + 1).points)


@given(st.sampled_from(list(PATTERNS)), st.data())
def test_every_parameter_in_its_range_gives_a_finite_drawing(name, data):
    chosen = {}
    for parameter in PATTERNS[name].parameters:
        low, high = parameter.range
        assert low <= parameter.default <= high
        assert parameter.meaning
        numbers = st.integers(int(low), int(high)) if parameter.whole else st.floats(low, high)
        chosen[parameter.name] = data.draw(numbers)
    drawing = PATTERNS[name].draw(100, 0, **chosen)
    assert len(drawing) == 100 or (chosen.get("missing", 0) > 0 and len(drawing) >= 2)


@pytest.mark.parametrize("name", CLOSED)
def test_shapes_share_their_top_and_set_out_to_the_right(name):
    for curve in PATTERNS[name].shapes().values():
        np.testing.assert_allclose(curve[[0, -1]], [[0, SIZE / 2]] * 2, atol=1e-12)
        assert curve[1, 0] > 0
        assert curve[:, 1].max() == pytest.approx(SIZE / 2)


@given(st.sampled_from(CLOSED), st.integers(12, 64), st.integers(0, 999))
def test_the_pen_is_at_the_top_at_each_turn_and_never_jumps(name, per_turn, seed):
    rough = {"left": 0, "right": 0} if name == "noisy-oval" else {}
    points = PATTERNS[name].draw(6 * per_turn + 1, seed, noise=0, points_per_turn=per_turn, **rough).points
    np.testing.assert_allclose(points[::per_turn], [[0, 1]] * 7, atol=1e-9)
    assert np.hypot(*np.diff(points, axis=0).T).max() < 6.4 / per_turn


@given(st.sampled_from(["circle-triangle-eight", "eye"]), st.integers(0, 999))
def test_each_turn_is_the_shape_that_was_decided(name, seed):
    pattern = PATTERNS[name]
    points = pattern.draw(10 * 32 + 5, seed, noise=0).points
    decisions = pattern.decisions(10 * 32 + 5, seed)
    assert len(decisions) == 11
    widths = {shape: np.abs(curve[:, 0]).max() for shape, curve in pattern.shapes().items()}
    for turn, shape in zip(np.split(points[1:], range(32, 321, 32)), decisions[:10], strict=False):
        assert np.abs(turn[:, 0]).max() == pytest.approx(widths[shape], abs=0.06)


@given(st.integers(0, 999), st.integers(1, 60))
def test_a_decision_does_not_show_before_it_is_taken(seed, turns):
    """Everything up to a top is the same whatever follows, jitter included."""
    eye = PATTERNS["eye"]
    points = turns * 32 + 1
    longer = eye.draw(points + 100, seed).points[:points]
    np.testing.assert_array_equal(eye.draw(points, seed).points, longer)


@given(st.integers(0, 999), st.floats(0, 0.1))
def test_noise_does_not_change_the_decisions(seed, noise):
    eye = PATTERNS["eye"]
    clean, noisy = (eye.draw(321, seed, noise=value).points for value in (0, noise))
    assert np.abs(noisy - clean).max() <= 6 * noise * SIZE


def blocks(seed, points=200_000, **parameters):
    decisions = PATTERNS["circle-triangle-eight"].decisions(points, seed, **parameters)
    return [(shape, len(list(run))) for shape, run in groupby(decisions)]


def test_the_automaton_draws_twos_and_follows_its_table():
    runs = blocks(seed=1)
    assert runs[0] == ("circle", 2)
    counts = {name: dict.fromkeys(("circle", "triangle", "eight"), 0) for name in ("circle", "triangle", "eight")}
    for (shape, length), (following, _) in pairwise(runs):
        assert length % 2 == 0
        assert shape == "triangle" or length == 2
        counts[shape][following] += 1
        counts[shape][shape] += length // 2 - 1
    for row, truth in automaton_transitions().items():
        total = sum(counts[row].values())
        for column, probability in truth.items():
            deviation = np.sqrt(probability * (1 - probability) / total)
            assert abs(counts[row][column] / total - probability) <= 4 * deviation


def test_the_automaton_can_be_told_never_to_draw_eights():
    assert {shape for shape, _ in blocks(seed=2, eight=0)} == {"circle", "triangle"}


@pytest.mark.parametrize("share", [0.0, 1 / 3, 1.0])
def test_the_eye_is_thin_as_often_as_asked(share):
    decisions = PATTERNS["eye"].decisions(32 * 6000, 4, thin_share=share)
    assert abs(decisions.count("thin") / 6000 - share) <= 4 * np.sqrt(share * (1 - share) / 6000)


def test_the_noisy_oval_is_rougher_on_its_right():
    oval = PATTERNS["noisy-oval"]
    rough = oval.draw(40_000, 3).points
    smooth = oval.draw(40_000, 3, left=0, right=0).points
    deviation = np.linalg.norm(rough, axis=1) - np.linalg.norm(smooth, axis=1)
    assert deviation[smooth[:, 0] > 0].std() == pytest.approx(0.145, rel=0.03)
    assert deviation[smooth[:, 0] < 0].std() == pytest.approx(0.025, rel=0.03)
    assert abs(np.corrcoef(deviation[:-1], deviation[1:])[0, 1]) < 0.03  # each point by itself


def test_the_usual_jitter_puts_the_median_point_as_far_off_as_the_recipes_were_measured_with():
    eight = PATTERNS["circle-triangle-eight"]
    points = eight.draw(20_000, 0, again=0, eight=0).points
    circles = points[[i for i in range(1, 20_000) if (i - 1) // 32 % 4 < 2]]
    off = np.abs(np.linalg.norm(circles, axis=1) - 1) / SIZE
    assert np.median(off) == pytest.approx(0.008, rel=0.05)


def test_spirals_turn_both_ways_outwards_and_evenly():
    senses = set()
    for seed in range(20):
        points = PATTERNS["spiral"].draw(100, seed, noise=0).points
        radius, angle = np.linalg.norm(points, axis=1), np.unwrap(np.arctan2(points[:, 1], points[:, 0]))
        assert (np.diff(radius) > 0).all()
        assert abs(angle[-1] - angle[0]) == pytest.approx(6 * np.pi)
        assert (radius[0], radius[-1]) == (pytest.approx(0.1), pytest.approx(1))
        steps = np.hypot(*np.diff(points, axis=0).T)
        assert steps.std() / steps.mean() < 0.1
        senses.add(bool(angle[-1] > angle[0]))
    assert senses == {True, False}
    for clockwise in (0, 1):
        here, there = PATTERNS["spiral"].draw(100, 0, noise=0, clockwise=clockwise).points[50:52]
        assert (here[0] * there[1] - here[1] * there[0] < 0) == bool(clockwise)


def test_a_sine_wave_is_one():
    points = PATTERNS["sine"].draw(320, 0, noise=0).points
    np.testing.assert_allclose(np.diff(points[:, 0]), 4 / 32)
    np.testing.assert_allclose(points[32:, 1], points[:-32, 1], atol=1e-9)
    assert np.ptp(points[:, 1]) == pytest.approx(SIZE, rel=0.01)
    assert points[0, 1] != PATTERNS["sine"].draw(320, 1, noise=0).points[0, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"points": 1}, "at least 2 points"),
        ({"noise": -0.1}, "noise between 0 and 1"),
        ({"noise": float("nan")}, "noise between 0 and 1"),
        ({"seed": -1}, "seed that is not negative"),
        ({"thickness": 3}, "no parameter 'thickness'.*thin_share"),
        ({"thin_share": 1.5}, "thin_share.*between 0 and 1, not 1.5"),
        ({"points_per_turn": 32.5}, "a whole number between 12 and 256"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(arguments, message):
    with pytest.raises(StudioError, match=message):
        PATTERNS["eye"].draw(**({"points": 100, "seed": 0} | arguments))


def test_the_two_spirals_are_those_of_the_published_example():
    clockwise, counter = two_spirals().values()
    assert clockwise.shape == counter.shape == (500, 2)
    np.testing.assert_allclose(counter[0], [5, 0], atol=1e-12)
    np.testing.assert_allclose(np.hypot(*(counter - [5, 0]).T)[-1], 0.3 * 6 * np.pi)
    radius = np.hypot(clockwise[:, 0] + 5, clockwise[:, 1])
    np.testing.assert_allclose(radius[[0, -1]], [15 / (6 * np.pi + 1), 15])


@given(st.integers(0, 999))
def test_a_piece_lies_on_one_of_them_in_its_order(seed):
    piece = PATTERNS["two-spirals"].draw(100, seed, noise=0).points
    first, which = min(
        (int(np.abs(curve - piece[0]).sum(1).argmin()), name)
        for name, curve in two_spirals().items()
        if np.abs(curve - piece[0]).sum(1).min() < 1e-9
    )
    assert 100 <= first < 400
    np.testing.assert_allclose(two_spirals()[which][first : first + 100], piece, atol=1e-9)


def test_points_that_nobody_has_seen_leave_gaps_in_time():
    spirals = PATTERNS["two-spirals"]
    drawing, whole = spirals.draw(100, 3, missing=0.6), spirals.draw(100, 3)
    assert 20 <= len(drawing) <= 60
    places = np.searchsorted(whole.times, drawing.times)
    np.testing.assert_array_equal(whole.points[places], drawing.points)
    assert np.diff(drawing.times).max() > 1.5 * np.diff(drawing.times).min()


@pytest.mark.parametrize("name", CLOSED)
def test_the_true_table_is_what_the_pattern_does(name: str) -> None:
    pattern = PATTERNS[name]
    assert isinstance(pattern, ClosedPattern)
    truth, per_block = pattern.true_transitions(), pattern.turns_per_block
    assert set(truth) == set(pattern.shapes())
    for row in truth.values():
        assert set(row) == set(truth)
        assert sum(row.values()) == pytest.approx(1)
    blocks = pattern.decisions(32 * 6000 + 1, seed=3)[::per_block]
    for before, row in truth.items():
        after = [b for a, b in pairwise(blocks) if a == before]
        for name, probability in row.items():
            assert after.count(name) / len(after) == pytest.approx(probability, abs=0.04)
