"""SVG outlines as strokes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.files import svg
from studio.files.curves import cubic_at, flattened
from studio.files.source import Source
from studio.sequences.material import Drawing

NUMBERS = st.floats(-1e3, 1e3)


def read(body: str, attributes: str = "") -> list[Drawing]:
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {attributes}>{body}</svg>'
    )
    return list(svg.read(Source("a.svg", text.encode())))


def shape(body: str, attributes: str = "") -> list[list[list[float]]]:
    (drawing,) = read(body, attributes)
    assert drawing.y_up is False
    return [np.round(stroke.points, 9).tolist() for stroke in drawing.strokes]


@pytest.mark.parametrize(
    ("body", "strokes"),
    [
        ('<path d="M0 1L2 3M4,5 6,7"/>', [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
        ('<path d="m0 1 2 2m2 2 2 2"/>', [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
        ('<path d="M0 0h1v2H0z"/>', [[[0, 0], [1, 0], [1, 2], [0, 2], [0, 0]]]),
        ('<path d="M0 0h1v2L0 0z"/>', [[[0, 0], [1, 0], [1, 2], [0, 0]]]),
        ('<path d="M0 0h1v2zL5 5"/>', [[[0, 0], [1, 0], [1, 2], [0, 0]], [[0, 0], [5, 5]]]),
        ('<path d="M3 4z"/>', [[[3, 4]]]),
        ('<path d="M9 9M3 4L5 6"/>', [[[3, 4], [5, 6]]]),
        ('<line x1="1" y1="2" x2="3"/>', [[[1, 2], [3, 0]]]),
        ('<polyline points="0,1 2,3,4 5"/>', [[[0, 1], [2, 3], [4, 5]]]),
        ('<polygon points="0,1 2,3 4,5"/>', [[[0, 1], [2, 3], [4, 5], [0, 1]]]),
        ('<rect x="1" y="2" width="3" height="4"/>', [[[1, 2], [4, 2], [4, 6], [1, 6], [1, 2]]]),
        ('<line x2="1in" y2="2.54cm"/>', [[[0, 0], [96, 96]]]),
        ('<g transform="translate(10)"><line x2="1"/></g>', [[[10, 0], [11, 0]]]),
        ('<g transform="translate(10,5) scale(2)"><line x2="1" y2="1"/></g>', [[[10, 5], [12, 7]]]),
        ('<line x2="1" transform="rotate(90)"/>', [[[0, 0], [0, 1]]]),
        ('<line x2="2" transform="rotate(90 1 0)"/>', [[[1, -1], [1, 1]]]),
        ('<line x2="1" y2="1" transform="matrix(1 2 3 4 5 6)"/>', [[[5, 6], [9, 12]]]),
        ('<line x2="1" y2="1" transform="skewX(45)"/>', [[[0, 0], [2, 1]]]),
        ('<line x2="1" y2="1" transform="skewY(45), scale(1 2)"/>', [[[0, 0], [1, 3]]]),
        ('<defs><line id="a" x2="1"/></defs><use href="#a" x="2"/><use xlink:href="#a" y="3"/>',
         [[[2, 0], [3, 0]], [[0, 3], [1, 3]]]),
        ('<symbol id="a"><line x2="1"/></symbol><use href="#a"/>', [[[0, 0], [1, 0]]]),
        ('<line x2="1"/><line x2="2" display="none"/><g style="fill:red; display: none"><line x2="3"/></g>',
         [[[0, 0], [1, 0]]]),
        ('<text>hello</text><clipPath><line x2="3"/></clipPath><line x2="1"/>', [[[0, 0], [1, 0]]]),
    ],
)  # fmt: skip
def test_shapes_and_transforms(body: str, strokes: list[list[list[float]]]) -> None:
    assert shape(body) == strokes


def test_view_box_is_ignored() -> None:
    assert shape('<line x2="1"/>', 'viewBox="5 5 100 100" width="10mm"') == [[[0, 0], [1, 0]]]


@pytest.mark.parametrize(
    "body",
    [
        '<circle cx="3" cy="4" r="50"/>',
        '<ellipse cx="3" cy="4" rx="50" ry="50"/>',
        '<path d="M53 4A50 50 0 1 1 -47 4A50 50 0 1 1 53 4"/>',
        '<rect x="-47" y="-46" width="100" height="100" rx="50"/>',
        '<circle r="25" transform="translate(3 4) scale(2)"/>',
    ],
)
def test_circles_are_sampled_evenly_to_the_tolerance(body: str) -> None:
    (drawing,) = read(body)
    points = drawing.points - [3, 4]
    radii = np.linalg.norm(points, axis=1)
    middles = np.linalg.norm((points[1:] + points[:-1]) / 2, axis=1)
    tolerance = svg.TOLERANCE * 100
    assert np.abs(radii - 50).max() < tolerance
    assert np.abs(middles - 50).max() < 2 * tolerance
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    steps = steps[steps > 0]  # a rectangle all of corners has sides of no length
    assert steps.max() < 1.5 * steps.min()
    assert len(points) < 200


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=4, max_size=4), st.floats(1e-3, 10))
def test_flattened_curves_keep_their_ends_and_stay_within_the_tolerance(
    control: list[tuple[float, float]], tolerance: float
) -> None:
    curve = np.array(control)
    points = flattened(curve, tolerance)
    assert points[0].tolist() == curve[0].tolist()
    assert points[-1].tolist() == curve[-1].tolist()
    dense = cubic_at(curve, np.linspace(0, 1, 500))
    # The curve from the points' side: every place on it is near some point by half a step and the tolerance.
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1).max()
    nearest = np.sqrt(((dense[:, None] - points) ** 2).sum(2).min(1))
    assert nearest.max() <= steps * 0.75 + tolerance + 1e-9


def test_quadratic_curves_and_smooth_ones() -> None:
    (drawing,) = read('<path d="M0 0Q50 100 100 0T200 0"/>')
    x, y = drawing.points.T
    expected = np.where(x <= 100, 2 * x / 100 * (1 - x / 100) * 100, -2 * (x / 100 - 1) * (2 - x / 100) * 100)
    np.testing.assert_allclose(y, expected, atol=1e-9)
    assert len(x) > 10


def test_arcs_without_radius_are_lines() -> None:
    assert shape('<path d="M0 0A0 5 0 0 1 3 4"/>') == [[[0, 0], [3, 4]]]


def test_labels() -> None:
    assert read("<title> a &amp; b </title><line x2='1'/>")[0].label == "a & b"
    kanji = '<g k:element="山" xmlns:k="http://kanjivg.tagaini.net"><line x2="1"/></g>'
    assert read(kanji)[0].label == "山"


def test_groups_of_the_studio_are_drawings() -> None:
    group = '<g class="drawing" transform="translate({0} 0)"><title>{0}</title><line x2="1"/></g>'
    first, second = read(group.format(0) + group.format(5))
    assert (first.label, second.label) == ("0", "5")
    assert second.points.tolist() == [[5, 0], [6, 0]] or second.points.tolist() == [[0, 0], [1, 0]]


def test_document_type_with_attribute_lists_is_read() -> None:
    text = """<?xml version="1.0"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.0//EN" "http://www.w3.org/TR/2001/REC-SVG-20010904/DTD/svg10.dtd" [
<!ATTLIST g xmlns:kvg CDATA #FIXED "http://kanjivg.tagaini.net" kvg:element CDATA #IMPLIED >
]>
<svg xmlns="http://www.w3.org/2000/svg"><g kvg:element="a"><path d="M0 0L1 1"/></g></svg>"""
    (drawing,) = svg.read(Source("a.svg", text.encode()))
    assert drawing.label == "a"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("\n<path d='M0 0L1'/>", "the path data 'M0 0L1' cannot be read"),
        ("<path d='M0 0 L1 1 X'/>", "holds more than path commands"),
        ("<path d='L1 1'/>", "does not begin with M"),
        ("<path d='M0 0 A1 1 0 5 0 1 1'/>", "cannot be read"),
        ("<path d='M0 0 L1e999 1'/>", "not a finite number"),
        ("<path d='M0 0 L1e40 1'/>", "not a finite number"),
        ("<path d='M0 0 Lnan 1'/>", "holds more than"),
        ("<line x2='1%'/>", "x2='1%' is no length"),
        ("<circle r='a'/>", "r='a' is no length"),
        ("<polyline points='1,2 3'/>", "are no pairs"),
        ("<polyline points='1,2 a,3'/>", "are no pairs"),
        ("<line x2='1' transform='turn(3)'/>", r"the transform 'turn\(3\)' cannot"),
        ("<line x2='1' transform='scale(1 2 3)'/>", "cannot be read"),
        ("<line x2='1' transform='scale(1'/>", "cannot be read"),
        ("<line x2='1' transform='scale(1e999)'/>", "cannot be read"),
        ("", "no shape that draws"),
        ("<text>a</text>", "no shape that draws"),
        ("<path d=''/><rect/><circle/><polyline points='1 1'/>", "no shape that draws"),
        ("<g id='a'><use href='#a'/></g>", "repeats itself too often"),
        ("<g>", "is no XML there: mismatched tag"),
    ],
)
def test_refusals(body: str, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.svg, line {2 if body[:1] == chr(10) else 1}: .*{words}.*\.$"):
        read(body)


def test_use_cannot_multiply_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg.limits, "ELEMENTS", 10_000)
    doubling = "".join(f'<g id="a{i}"><use href="#a{i - 1}"/><use href="#a{i - 1}"/></g>' for i in range(1, 40))
    with pytest.raises(StudioError, match="repeats itself"):
        read(f'<defs><line id="a0" x2="1"/>{doubling}</defs><use href="#a39"/>')


def test_entities_are_refused() -> None:
    text = '<!DOCTYPE svg [\n<!ENTITY a "1">\n]><svg><line x2="&a;"/></svg>'
    with pytest.raises(StudioError, match="line 2: declares the entity 'a'"):
        list(svg.read(Source("a.svg", text.encode())))


def test_long_curves_have_more_points_and_short_ones_fewer() -> None:
    (long,) = read(f'<path d="M0 0C{" ".join(["100 0 100 100 0 100"] * 1)}"/>')
    (both,) = read('<path d="M0 0C100 0 100 100 0 100"/><path d="M0 0c1 0 1 1 0 1"/>')
    assert len(both.strokes[0]) == len(long.strokes[0])
    assert len(both.strokes[1]) < len(both.strokes[0]) / 2
    assert math.isclose(both.strokes[1].points[-1, 1], 1)
