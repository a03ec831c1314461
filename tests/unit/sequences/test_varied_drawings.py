"""Drawings that are drawn alike, and many drawings out of a few."""

from __future__ import annotations

import json

import numpy as np
import pytest

from studio.sequences import alignment
from studio.sequences.alignment import POINTS, evenly, groups_of, lines_of, partners_of
from studio.sequences.batches import Batch
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.pen import PenRepresentation, PenSettings
from studio.sequences.sequence import Sequence
from studio.sequences.varied_drawings import VariationSettings, VariedDrawings, strokes_of

TURN = np.linspace(0, 2 * np.pi, 80)


def circle(size: float = 1.0) -> FloatArray:
    return size * np.stack([np.cos(TURN), np.sin(TURN)], 1)


def zigzag(size: float = 1.0) -> FloatArray:
    return size * np.stack([np.linspace(-1, 1, 80), np.abs((np.linspace(0, 4, 80) % 2) - 1)], 1)


def drawings() -> list[Drawing]:
    shapes = [(circle, "circle"), (zigzag, "zigzag")]
    return [
        Drawing.from_points(100 * shape(size), label=name) for shape, name in shapes for size in (0.9, 1.0, 1.05, 1.1)
    ]


def representation(material: list[Drawing]) -> PenRepresentation:
    made = PenRepresentation(PenSettings(anchor="start", spacing=0.2, spacing_unit="deviation", resample="arc"))
    made.fit(material)
    return made


def source(seed: int = 0, batch: int = 4, **settings: float) -> VariedDrawings:
    material = drawings()
    made = representation(material)
    return VariedDrawings(
        [made.encode(drawing) for drawing in material],
        batch,
        seed,
        layout=made.layout,
        spacing=made.constants.spacing.distance / made.constants.scale,
        settings=VariationSettings(**settings),
    )


def test_only_what_is_new_is_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    material = drawings()
    made = representation(material)
    sequences = [made.encode(drawing) for drawing in material]
    aligned: list[int] = []
    warped = alignment._warped

    def counted(own: FloatArray, other: FloatArray) -> tuple[FloatArray, FloatArray]:
        aligned.append(len(own))
        return warped(own, other)

    def stream(of: list[Sequence]) -> VariedDrawings:
        spacing = made.constants.spacing.distance / made.constants.scale
        return VariedDrawings(of, 4, 0, layout=made.layout, spacing=spacing, settings=VariationSettings())

    monkeypatch.setattr(alignment, "_warped", counted)
    found = stream(sequences[:-1])
    assert sum(aligned) == 7 * 6
    aligned.clear()
    found.replace(sequences)
    assert sum(aligned) == 2 * 7
    anew = stream(sequences)
    np.testing.assert_array_equal(found.groups, anew.groups)
    for one, other in zip(found._partners, anew._partners, strict=True):
        assert [partner.index for partner in one] == [partner.index for partner in other]
        for own, wanted in zip(one, other, strict=True):
            np.testing.assert_array_equal(own.ways[0], wanted.ways[0])
    aligned.clear()
    found.replace(sequences[2:])
    assert not aligned
    assert len(found._alignments._known) == 6 * 5  # those of what is gone are forgotten


def test_a_line_goes_with_itself_point_by_point_however_its_points_are_spaced() -> None:
    unevenly = circle()[np.unique((np.linspace(0, 1, 60) ** 2 * 79).astype(int))]
    partners = partners_of([lines_of([circle()]), lines_of([unevenly])])
    assert [row[0].index for row in partners] == [1, 0]
    assert np.abs(partners[0][0].ways[0] - np.arange(POINTS)).max() < 5


def test_the_warping_follows_a_line_that_lingers() -> None:
    share = np.linspace(0, 1, POINTS)
    line = np.stack([share, np.sin(6 * share)], 1)
    bent = np.stack([share**1.5, np.sin(6 * share**1.5)], 1)  # the same points, reached at other shares
    way = partners_of([[line], [bent]])[0][0].ways[0]
    found = np.stack([np.interp(way, np.arange(POINTS), bent[:, k]) for k in (0, 1)], 1)
    assert np.hypot(*(found - line).T).mean() < 0.3 * np.hypot(*(bent - line).T).mean()


def test_shapes_find_their_own_kind() -> None:
    material = drawings()
    partners = partners_of([lines_of([d.strokes[0].points / 100]) for d in material])
    assert groups_of(partners, [""] * 8).tolist() == [0] * 4 + [1] * 4
    assert groups_of(partners, list("aabbcccc")).tolist() == [0, 0, 1, 1, 2, 2, 2, 2]


def test_dots_and_other_numbers_of_strokes_are_no_partners() -> None:
    dot = np.zeros((1, 2))
    partners = partners_of([lines_of([circle()]), lines_of([circle(), dot]), lines_of([circle(1.1), dot])])
    assert [[p.index for p in row] for row in partners] == [[], [2], [1]]


def test_even_points_lie_on_the_line() -> None:
    corner = np.array([[0.0, 0], [1, 0], [1, 1]])
    assert evenly(corner, 5).tolist() == [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1]]


def test_a_variation_stays_of_its_shape_and_keeps_its_frames_in_order() -> None:
    varied = source()
    for _ in range(20):
        batch = varied.next()
        for b, index in enumerate(varied.taken):
            frames = batch.frames[: int(batch.mask[:, b].sum()), b]
            assert not frames[0, :2].any()
            assert frames[-1, 2:].tolist() == [1, 1]
            assert not frames[:-1, 2:].any()
            length = np.hypot(*frames[1:, :2].T)
            assert length.max() < 1.2  # evenly spaced, but that a chord over a corner is shorter
            assert abs(np.median(length) - 1) < 0.2
            ends_where_it_began = np.hypot(*frames[:, :2].sum(0)) < 2.5
            assert ends_where_it_began == (index < 4), index


def test_without_any_variation_they_are_the_drawings_themselves() -> None:
    varied = source(mix=0, scale=0, shear=0, turn=0, bend=0)
    batch = varied.next()
    for b, index in enumerate(varied.taken):
        frames = varied._sequences[index].frames
        np.testing.assert_allclose(batch.frames[: len(frames), b], frames, atol=2e-5)
        assert batch.mask[:, b].sum() == len(frames)


def test_all_are_taken_equally_often_and_labels_go_along() -> None:
    varied = source(batch=8)
    taken = np.concatenate([_taken(varied) for _ in range(8)])
    assert np.bincount(taken).tolist() == [8] * 8


def _taken(varied: VariedDrawings) -> list[int]:
    varied.next()
    return varied.taken.tolist()


@pytest.mark.parametrize("before", range(6))
def test_they_go_on_where_they_were(before: int) -> None:
    one, other = source(seed=1), source(seed=2)
    for _ in range(before):
        one.next()
    other.load_state_dict(json.loads(json.dumps(one.state_dict())))
    for _ in range(7):
        assert _same(one.next(), other.next())


def _same(one: Batch, other: Batch) -> bool:
    return np.array_equal(one.frames, other.frames) and np.array_equal(one.mask, other.mask)


def test_reduced_ones_leave_the_others_alone() -> None:
    one, other = source(), source()
    one.next()
    other.next()
    one.reduced(16, [3, 4]).next()
    assert _same(one.next(), other.next())
    assert _same(one.reduced(16, [3, 4]).next(), other.reduced(16, [3, 4]).next())


def test_strokes_come_back_from_frames_alone() -> None:
    material = [Drawing.from_points([[0, 0], [10, 0], [10, 5], [20, 5], [30, 5]], [0, 1, 1, 0, 1])]
    made = PenRepresentation(PenSettings(anchor="start", resample="none"))
    made.fit(material)
    strokes = strokes_of(made.encode(material[0]), made.layout)
    scaled = [stroke.points / made.constants.scale for stroke in material[0].strokes]
    for found, expected in zip(strokes, scaled, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)
