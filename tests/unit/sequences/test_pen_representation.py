"""Drawings as frames and back."""

import json
import math

import numpy as np
import pytest
from drawing_strategies import drawings
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.sequences.material import Drawing
from studio.sequences.pen import PenRepresentation, PenSettings

methods = st.sampled_from(["auto", "arc", "none"])
anchors = st.sampled_from(["page", "drawing"])
ends = st.sampled_from(["auto", "yes", "no"])


def fitted(materials, **settings):
    representation = PenRepresentation(PenSettings(**settings))
    representation.fit(materials)
    return representation


def eight(turns=1, per_turn=40, size=100.0, shift=(0, 0), y_up=None):
    angle = np.arange(turns * per_turn + 1) * 2 * np.pi / per_turn
    return Drawing.from_points(size / 2 * np.stack([np.sin(2 * angle) / 2, np.cos(angle)], 1) + shift, y_up=y_up)


def size_of(materials):
    points = np.concatenate([material.points for material in materials])
    return max(float(np.ptp(points, axis=0).max()), 1.0)


@given(st.lists(drawings(), min_size=1, max_size=4), methods, anchors, ends)
def test_decoding_gives_back_the_resampled_drawing(materials, method, anchor, has_end):
    representation = fitted(materials, resample=method, anchor=anchor, ends=has_end, spacing=0.1)
    for material in materials:
        wanted = representation.resampled(material)
        sequence = representation.encode(material)
        found = representation.decode(sequence.frames, sequence.label, representation.origin(material))
        assert found.label == material.label
        np.testing.assert_array_equal(found.pen_up, wanted.pen_up)
        np.testing.assert_allclose(found.points, wanted.points, atol=1e-3 * size_of(materials))


@given(st.lists(drawings(), min_size=1, max_size=3))
def test_decoding_without_a_place_moves_the_drawing_to_the_common_centre(materials):
    representation = fitted(materials, resample="none")
    found = representation.decode(representation.encode(materials[0]).frames)
    middles = [np.mean(material.box, 0) for material in materials]
    np.testing.assert_allclose(np.mean(found.box, 0), np.mean(middles, 0), atol=1e-3 * size_of(materials))


@given(st.lists(drawings(timed=True), min_size=1, max_size=3))
def test_resampling_in_time_round_trips_where_there_is_time(materials):
    representation = PenRepresentation(PenSettings(resample="time"))
    try:
        representation.fit(materials)
    except StudioError:
        assert not any(np.ptp(s.times) and np.ptp(s.points, axis=0).any() for m in materials for s in m.strokes)
        return
    for material in materials:
        sequence = representation.encode(material)
        assert len(sequence.times) == len(sequence)
        found = representation.decode(sequence.frames, origin=representation.origin(material))
        wanted = representation.resampled(material)
        np.testing.assert_allclose(found.points, wanted.points, atol=1e-3 * size_of(materials))


@given(st.lists(drawings(y_up=st.sampled_from([None, True, False])), min_size=1, max_size=4))
def test_the_description_brings_back_the_same_representation(materials):
    representation = fitted(materials)
    again = PenRepresentation.from_dict(json.loads(json.dumps(representation.to_dict())))
    assert again.to_dict() == representation.to_dict()
    np.testing.assert_array_equal(again.encode(materials[0]).frames, representation.encode(materials[0]).frames)


def test_columns_say_offsets_lifts_and_the_end():
    drawing = Drawing.from_points([[0, 0], [2, 0], [2, 2], [0, 2]], [0, 1, 0, 0])
    representation = fitted([drawing], resample="none")
    assert (representation.layout.continuous, representation.layout.binary) == (2, 2)
    frames = representation.encode(drawing).frames
    assert frames.dtype == np.float32
    unit = representation.layout.step * representation.constants.scale
    np.testing.assert_allclose(frames[:, :2] * unit, [[0, 0], [2, 0], [0, 2], [-2, 0]], atol=1e-6)
    assert frames[:, 2].tolist() == [0, 1, 0, 1]
    assert frames[:, 3].tolist() == [0, 0, 0, 1]


def test_a_first_frame_is_measured_from_where_drawings_begin_on_average():
    materials = [eight(shift=shift) for shift in ((0, 0), (40, 10), (-10, 60))]
    representation = fitted(materials, anchor="page", resample="none")
    first = np.array([representation.encode(material).frames[0, :2] for material in materials])
    np.testing.assert_allclose(first.mean(0), 0, atol=1e-5)
    assert np.abs(first).max() > 1
    traces = fitted(materials, anchor="page", resample="none", ends="no")
    unit = traces.layout.step * traces.constants.scale
    origin = np.array(traces.constants.centre)
    np.testing.assert_allclose(
        traces.encode(materials[1]).frames[0, :2] * unit + origin, materials[1].points[0], atol=1e-3
    )


def test_positions_and_offsets_have_unit_size():
    materials = [eight(size=size, shift=(size, -size)) for size in (50, 100, 170)]
    representation = fitted(materials, resample="none")
    sequences = [representation.encode(material) for material in materials]
    offsets = np.concatenate([sequence.frames[1:, :2] for sequence in sequences])
    assert np.sqrt((offsets**2).mean()) == pytest.approx(1, abs=1e-4)
    step = representation.layout.step
    positions = np.concatenate([np.cumsum(sequence.frames[:, :2] * step, 0) for sequence in sequences])
    assert np.sqrt(positions.var(0).mean()) == pytest.approx(1, abs=1e-4)


def test_the_page_anchor_keeps_where_drawings_were():
    left, right = eight(), eight(shift=(300, 0))
    page, drawing = (fitted([left, right], anchor=anchor) for anchor in ("page", "drawing"))
    np.testing.assert_allclose(drawing.encode(left).frames, drawing.encode(right).frames, atol=1e-5)
    apart = page.decode(page.encode(right).frames).points - page.decode(page.encode(left).frames).points
    np.testing.assert_allclose(apart, [[300, 0]] * len(apart), atol=1e-2)


def test_nats_are_those_of_the_material():
    """A standard normal in frame units is a normal with deviation `offset scale` in the material's."""
    representation = fitted([eight()])
    sigma = representation.units["offset scale"]
    in_frames = math.log(2 * math.pi)  # -log N((0, 0); 0, I)
    in_material = math.log(2 * math.pi * sigma**2)
    assert in_frames + representation.nats_per_frame_offset == pytest.approx(in_material)


def test_nats_do_not_depend_on_the_units_of_the_material():
    small, large = fitted([eight(size=1)]), fitted([eight(size=1000)])
    assert large.nats_per_frame_offset - small.nats_per_frame_offset == pytest.approx(2 * math.log(1000))


def test_drawings_end_and_long_traces_do_not():
    drawings, traces = fitted([eight()] * 3), fitted([eight(turns=10)] * 3)
    assert (drawings.ends, drawings.endless, drawings.layout.width) == (True, False, 4)
    assert (traces.ends, traces.endless, traces.layout.width) == (False, True, 3)
    assert traces.encode(eight(turns=10)).frames[-1, 2] == 0  # where a recording stops, the pen is not lifted
    assert traces.typical_length == 401
    assert fitted([eight(turns=10)], ends="yes").ends
    assert not fitted([eight()], ends="no").ends


def test_what_grows_downwards_is_turned_to_what_most_drawings_do():
    up, down = eight(shift=(0, 10), y_up=True), eight(shift=(0, -10), y_up=False)
    representation = fitted([up, up, down])
    found = representation.decode(representation.encode(down).frames)
    assert found.y_up is True
    np.testing.assert_allclose(representation.encode(down).frames[1:, 1], -representation.encode(up).frames[1:, 1])
    mirrored = representation.resampled(down)
    np.testing.assert_allclose(mirrored.points, down.points * (1, -1))
    assert fitted([down, down, up]).decode(representation.encode(up).frames).y_up is False


def test_drawings_that_do_not_say_which_way_y_grows_are_never_turned():
    unknown = eight()
    assert fitted([unknown]).decode(fitted([unknown]).encode(unknown).frames).y_up is None
    np.testing.assert_array_equal(fitted([unknown, eight(y_up=False)]).resampled(unknown).points, unknown.points)


def test_a_beginning_leaves_the_pen_down_and_lies_where_drawings_begin():
    whole = eight(turns=3)
    representation = fitted([whole, eight(turns=3, shift=(500, 40))], ends="yes")
    beginning = Drawing.from_points(whole.points[:30])
    sequence, origin = representation.encode_beginning(beginning)
    assert sequence.frames[:, 2:].max() == 0
    np.testing.assert_allclose(sequence.frames[:, :2], representation.encode(whole).frames[:30, :2], atol=1e-5)
    np.testing.assert_allclose(representation.decode(sequence.frames, origin=origin).points, beginning.points, atol=0.1)


def test_nothing_to_learn_from_says_what_to_do():
    with pytest.raises(StudioError, match=r"no drawings.*draw some, or import"):
        PenRepresentation().fit([])


@pytest.mark.parametrize("values", [{"kind": "speech"}, {"kind": "pen"}, {"kind": "pen", "settings": {}, "x": 1}])
def test_a_strange_description_is_refused_in_a_sentence(values):
    with pytest.raises(StudioError, match=r"representation"):
        PenRepresentation.from_dict(values)


def test_dots_alone_can_be_encoded():
    dot = Drawing.from_points([[7, 7]])
    representation = fitted([dot])
    np.testing.assert_allclose(representation.decode(representation.encode(dot).frames).points, [[7, 7]])


# --- the stream decoder -----------------------------------------------------------------------------------------------


def frames_of(seed, length=50, pens=3):
    random = np.random.default_rng(seed)
    frames = random.standard_normal((length, pens, 4))
    frames[..., 2] = random.random((length, pens)) < 0.1
    frames[..., 3] = random.random((length, pens)) < 0.03
    return frames.astype(np.float32)


@given(st.integers(0, 1000), st.lists(st.integers(0, 50), max_size=5))
def test_points_do_not_depend_on_how_frames_are_cut_into_chunks(seed, cuts):
    representation, frames = fitted([eight()]), frames_of(seed)
    whole = representation.decoder(3).points(frames)
    decoder = representation.decoder(3)
    chunks = [decoder.points(chunk) for chunk in np.split(frames, sorted(cuts))]
    np.testing.assert_allclose(np.concatenate(chunks), whole, atol=1e-9)
    np.testing.assert_array_equal(decoder.ended, frames[..., 3].any(0))


@given(st.integers(0, 1000))
def test_every_pen_draws_what_decoding_its_frames_gives(seed):
    representation, frames = fitted([eight()]), frames_of(seed)
    points = representation.decoder(3).points(frames)
    for b in range(3):
        drawing = representation.decode(frames[:, b])
        drawn = points[:, b][points[:, b, 3] == 0]
        np.testing.assert_allclose(drawn[:, :2], drawing.points)
        np.testing.assert_array_equal(drawn[:-1, 2], drawing.pen_up[:-1])


def test_after_the_end_a_pen_rests_until_it_is_started_again():
    representation = fitted([eight()])
    decoder = representation.decoder(2)
    frames = np.ones((4, 2, 4), np.float32)
    frames[..., 3] = 0
    frames[1, 0, 3] = 1
    points = decoder.points(frames)
    assert points[:, 0, 3].tolist() == [0, 0, 1, 1]
    assert points[:, 1, 3].tolist() == [0, 0, 0, 0]
    np.testing.assert_array_equal(points[2:, 0, :2], points[[1, 1], 0, :2])
    assert decoder.points(frames)[:, 0, 3].tolist() == [1, 1, 1, 1]
    before = decoder.positions[1].copy()
    decoder.start((5, 6), pens=[0])
    constants = representation.constants
    np.testing.assert_allclose(decoder.positions, [np.add((5, 6), constants.scale * np.array(constants.start)), before])
    assert decoder.points(frames)[:, 0, 3].tolist() == [0, 0, 1, 1]


def test_a_decoder_of_endless_traces_never_ends():
    decoder = fitted([eight()], ends="no").decoder(1)
    assert decoder.points(np.ones((5, 1, 3)))[..., 3].max() == 0
    assert decoder.points(np.ones((0, 1, 3))).shape == (0, 1, 4)


# --- real material ----------------------------------------------------------------------------------------------------


def test_real_sketches_round_trip(shared_data):
    materials = []
    for line in (shared_data / "quickdraw" / "guitar.ndjson").read_text().splitlines():
        strokes = [np.array(stroke[:2], float).T for stroke in json.loads(line)["drawing"]]
        lengths = np.cumsum([len(stroke) for stroke in strokes]) - 1
        flat = np.concatenate(strokes)
        materials.append(Drawing.from_points(flat, np.isin(np.arange(len(flat)), lengths), label="guitar", y_up=False))
    representation = fitted(materials)
    assert representation.ends
    for material in materials:
        wanted = representation.resampled(material)
        sequence = representation.encode(material)
        found = representation.decode(sequence.frames, origin=representation.origin(material))
        np.testing.assert_array_equal(found.pen_up, wanted.pen_up)
        np.testing.assert_allclose(found.points, wanted.points, atol=1e-3 * material.size)


@pytest.mark.parametrize("anchor", ["page", "drawing", "start"])
def test_frames_of_a_drawing_that_is_being_drawn_stay_as_they_are(anchor):
    representation = fitted([eight(shift=(5, 9))], resample="arc", anchor=anchor)
    whole, before = eight(per_turn=90, shift=(40, 2)), np.empty((0, 4))
    pen_up = np.arange(len(whole)) % 30 == 29
    for count in range(1, len(whole), 3):
        part = Drawing.from_points(whole.points[:count], pen_up[:count])
        frames = representation.encode_beginning(part, growing=True)[0].frames
        np.testing.assert_array_equal(frames[: len(before)], before)
        before = frames[:-1]
    assert len(before) > 10


def test_a_beginning_that_nobody_timed_is_spaced_along_the_line():
    timed = [Drawing.from_points(eight(shift=(k, 0)).points, times=np.arange(41) / 20) for k in range(3)]
    representation = fitted(timed, resample="time")
    sequence, origin = representation.encode_beginning(eight())
    found = representation.decode(sequence.frames, origin=origin)
    np.testing.assert_allclose(found.points[[0, -1]], eight().points[[0, -1]], atol=0.1)
