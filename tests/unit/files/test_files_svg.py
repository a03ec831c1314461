"""SVG outlines as strokes."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.files import limits, outlines, svg, svg_page
from studio.files.curves import cubic_at, extremes, flattened
from studio.files.source import Source
from studio.sequences.material import Drawing, Stroke

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
        ('<path d="M0 0h1v1zz"/>', [[[0, 0], [1, 0], [1, 1], [0, 0]]]),
        ('<path d="M0 0,1 1,L2 2-1.5.5"/>', [[[0, 0], [1, 1], [2, 2], [-1.5, 0.5]]]),
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


MEASURED = json.loads(Path(__file__).with_name("svg_in_browser.json").read_text(encoding="utf-8"))
"""By tests/benchmarks/svg_in_browser.py: files, the boxes around their lines and the lengths of these."""


@pytest.mark.parametrize("measured", MEASURED, ids=range(len(MEASURED)))
def test_what_a_browser_measures(measured: dict[str, Any]) -> None:
    (drawing,) = svg.read(Source("a.svg", measured["svg"].encode()))
    low, high = drawing.points.min(0), drawing.points.max(0)
    x0, y0, x1, y1 = measured["box"]
    within = 0.005 * max(x1 - x0, y1 - y0)
    np.testing.assert_allclose([*low, *high], [x0, y0, x1, y1], atol=within)
    if measured["length"] is not None:
        length = sum(np.linalg.norm(np.diff(stroke.points, axis=0), axis=1).sum() for stroke in drawing.strokes)
        assert length == pytest.approx(measured["length"], rel=0.005)


PAGE = 'viewBox="0 0 200 100"'


@pytest.mark.parametrize(
    ("body", "strokes"),
    [
        # Viewports: a nested <svg>, a <symbol>, and how what is in them fits.
        ('<svg x="50" y="20" width="40" height="40" viewBox="0 0 10 10"><path d="M0 0L10 10"/></svg>',
         [[[50, 20], [90, 60]]]),
        ('<svg x="50" width="50%" height="50%" viewBox="5 0 10 10"><path d="M5 0L15 10"/></svg>',
         [[[75, 0], [125, 50]]]),
        ('<svg width="40" height="20" viewBox="0 0 10 10" preserveAspectRatio="xMinYMin slice">'
         '<path d="M0 0L10 10"/></svg>', [[[0, 0], [40, 40]]]),
        ('<svg width="40" height="20" viewBox="0 0 10 10" preserveAspectRatio="none"><path d="M0 0L10 10"/></svg>',
         [[[0, 0], [40, 20]]]),
        ('<svg x="3" y="4"><path d="M0 0L1 1"/></svg>', [[[3, 4], [4, 5]]]),
        ('<svg width="0"><path d="M0 0L1 1"/></svg><line x2="1"/>', [[[0, 0], [1, 0]]]),
        ('<symbol id="s" viewBox="0 0 10 10"><path d="M0 0L10 10"/></symbol><use href="#s" x="20" y="30" width="50" '
         'height="50"/>', [[[20, 30], [70, 80]]]),
        ('<defs><svg id="s" width="5" height="5" viewBox="0 0 10 10"><path d="M0 0L10 10"/></svg></defs>'
         '<use href="#s" width="20" height="20"/>', [[[0, 0], [20, 20]]]),
        ('<svg viewBox="0 0 0 9"><path d="M0 0L1 1"/></svg><line x2="1"/>', [[[0, 0], [1, 0]]]),
        ('<style>.n { transform: scale(2) }</style><svg id="s" class="n" width="5"><path d="M0 0L1 1"/></svg>'
         '<use href="#s" width="9"/>', [[[0, 0], [2, 2]], [[0, 0], [2, 2]]]),
        # Percentages: of the viewport's width, height or diagonal.
        ('<line x1="10%" y1="10%" x2="100%" y2="100%"/>', [[[20, 10], [200, 100]]]),
        ('<rect width="100%" height="100%"/>', [[[0, 0], [200, 0], [200, 100], [0, 100], [0, 0]]]),
        ('<svg width="50" height="50" viewBox="0 0 10 10"><line x2="100%"/></svg>', [[[0, 0], [50, 0]]]),
        # Transforms of CSS.
        ('<path style="transform:translateX(75px)" d="M20 10L20 90"/>', [[[95, 10], [95, 90]]]),
        ('<line x2="1" style="transform: rotate(0.25turn)"/>', [[[0, 0], [0, 1]]]),
        ('<line x2="1" style="transform: translate(50%, 50%)"/>', [[[100, 50], [101, 50]]]),
        ('<line x2="10" transform="rotate(90)" transform-origin="10 0"/>', [[[10, -10], [10, 0]]]),
        ('<line x2="10" style="transform: rotate(180deg); transform-origin: center"/>', [[[200, 100], [190, 100]]]),
        ('<line x1="4" x2="8" style="transform: rotate(90deg); transform-origin: right; transform-box: fill-box"/>',
         [[[8, -4], [8, 0]]]),
        ('<line x2="1" transform="scale(9)" style="scale: 2 3; translate: 5px"/>', [[[5, 0], [23, 0]]]),
        ('<line x2="1" transform="scale(9)" style="transform: none"/>', [[[0, 0], [1, 0]]]),
        ('<style>line { transform: scale(2) }</style><line x2="1" transform="scale(9)"/>', [[[0, 0], [2, 0]]]),
        # Hidden by attribute, style or class.
        ('<style>.a{display:none}</style><g class="a"><line x2="9"/></g><line x2="1"/>', [[[0, 0], [1, 0]]]),
        ('<style><![CDATA[ g > #b, .c { visibility: hidden; } ]]></style><g><line id="b" x2="8"/></g>'
         '<line class="d c" x2="9"/><line x2="1"/>', [[[0, 0], [1, 0]]]),
        ('<line x2="9" style="d\\69splay:none"/><line x2="8" style="fill:red;display/**/:none"/><line x2="1" '
         'style="stroke-width:2"/>', [[[0, 0], [1, 0]]]),
        ('<g visibility="hidden"><line x2="9"/><line x2="1" style="visibility: visible"/></g>', [[[0, 0], [1, 0]]]),
        ('<style>.a{display:none}.b{display:inline}</style><line class="a b" x2="1"/>', [[[0, 0], [1, 0]]]),
        ('<style>.a{display:none}.b{display:none!important}</style><line class="a" x2="1" style="display:inline"/>'
         '<line class="b" x2="9" style="display:inline"/>', [[[0, 0], [1, 0]]]),
        ('<style>@media print { line { display: none } } @media screen { .s { display: none } }</style><line x2="1"/>'
         '<line class="s" x2="9"/>', [[[0, 0], [1, 0]]]),
        ('<style media="print">line { display: none }</style><line x2="1"/>', [[[0, 0], [1, 0]]]),
        ('<style>line:first-of-type { display: none } a:::b { display: none } line::before { display: none }</style>'
         '<line x2="9"/><line x2="1"/>', [[[0, 0], [1, 0]]]),
        # Places by CSS, what browsers do not know, and what asks for more than they have.
        ('<style>circle { r: 2em } line { x2: 5 }</style><line x2="1"/>', [[[0, 0], [1, 0]]]),
        ('<rect style="width: 1em; height: 2px; x: 1px" font-size="4"/>',
         [[[1, 0], [5, 0], [5, 2], [1, 2], [1, 0]]]),
        ('<path d="M0 0" style="d: path(&quot;M1 2L3 4&quot;)"/>', [[[1, 2], [3, 4]]]),
        ('<i:pgf xmlns:i="urn:i"><line x2="9"/></i:pgf><unknown><line x2="9"/></unknown><line x2="1"/>',
         [[[0, 0], [1, 0]]]),
        ('<switch><g requiredExtensions="urn:i"><line x2="9"/></g><line x2="1"/><line x2="8"/></switch>',
         [[[0, 0], [1, 0]]]),
    ],
)  # fmt: skip
def test_drawn_as_in_a_browser(body: str, strokes: list[list[list[float]]]) -> None:
    assert shape(body, PAGE) == strokes


def test_a_page_without_a_size_is_that_of_a_picture() -> None:
    source = Source("a.svg", b'<svg><rect width="100%" height="100%"/></svg>')
    (drawing,) = svg.read(source)
    assert drawing.points.max(0).tolist() == [300, 150]
    (said,) = source.notes
    assert "300 by 150" in said


def test_a_page_that_is_stretched_is_read_so() -> None:
    page = 'viewBox="0 0 10 10" width="100" height="50" preserveAspectRatio="none"'
    assert shape('<line x2="10" y2="10"/>', page) == [[[0, 0], [10, 5]]]


def test_style_rules_that_take_too_long() -> None:
    slow = " ".join(["g"] * 12)
    body = f"<style>{slow} {{ display: none }}</style>{'<g>' * 20}{'<line/>' * 1000}{'</g>' * 20}"
    with pytest.raises(StudioError, match="style rules that take too long"):
        read(body)


def test_style_sheets_that_are_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STYLE_BYTES", 10)
    with pytest.raises(StudioError, match="style sheets"):
        read("<style>line { display: none }</style><line/>")


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
    tolerance = outlines.TOLERANCE * 100
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


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=4, max_size=4))
def test_boxes_around_curves(control: list[tuple[float, float]]) -> None:
    curve = np.array(control)
    dense = cubic_at(curve, np.linspace(0, 1, 2000))
    points = np.concatenate([curve[[0, -1]], extremes(curve[None])])
    size = float(np.ptp(curve, axis=0).max()) + 1e-9
    np.testing.assert_allclose(points.min(0), dense.min(0), atol=1e-5 * size)
    np.testing.assert_allclose(points.max(0), dense.max(0), atol=1e-5 * size)


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


@pytest.mark.parametrize("hiding", ['display="none"', 'style="fill:none; visibility: hidden"'])
def test_a_drawing_that_another_program_hid_stays_out(hiding: str) -> None:
    drawings = [Drawing.from_points([[0, 0], [1, 2]], label=label) for label in "ab"]
    text = svg_page.to_text(drawings).replace("<g ", f"<g {hiding} ", 1)
    (left,) = svg.read(Source("a.svg", text.encode()))
    assert left.label == "b"


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
        ("<path d='M0 0L,1 1'/>", "cannot be read"),
        ("<path d='M0 0L1 1,,2 2'/>", "cannot be read"),
        ("<path d='M0 0z1 1'/>", "cannot be read"),
        ("<path d='M0 0 Lnan 1'/>", "holds more than"),
        ("<line x2='1lh'/>", "x2='1lh' is no length"),
        ("<line x2='1' style='transform: rotate(calc(1deg * 3))'/>", "the transform 'rotate.*' cannot be read"),
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
    monkeypatch.setattr(limits, "ELEMENTS", 10_000)
    doubling = "".join(f'<g id="a{i}"><use href="#a{i - 1}"/><use href="#a{i - 1}"/></g>' for i in range(1, 40))
    with pytest.raises(StudioError, match="repeats itself"):
        read(f'<defs><line id="a0" x2="1"/>{doubling}</defs><use href="#a39"/>')


def with_entities(declared: str, body: str = "", attributes: str = "") -> list[Drawing]:
    text = f"<!DOCTYPE svg [\n{declared}\n]><svg {attributes}><line x2='1'/>{body}</svg>"
    return list(svg.read(Source("a.svg", text.encode())))


def test_plain_entities_are_expanded() -> None:
    declared = '<!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/"><!ENTITY two "2">'
    (drawing,) = with_entities(declared, '<title>&two; lines</title><line x2="&two;"/>', 'xmlns:i="&ns_ai;"')
    assert drawing.label == "2 lines"
    assert drawing.strokes[1].points.tolist() == [[0, 0], [2, 0]]


@pytest.mark.parametrize(
    ("declared", "body", "words"),
    [
        ('<!ENTITY a "b"><!ENTITY b "&#38;a;">', "", "line 2: declares the entity 'b'.*save it again"),
        ('<!ENTITY a "&#60;g/>">', "", "line 2: declares the entity 'a'.*save it again"),
        (f'<!ENTITY a "{"b" * 1001}">', "", "line 2: declares the entity 'a'.*save it again"),
        ("".join(f'<!ENTITY a{n} "">' for n in range(101)), "", "too many entities.*save it again"),
        (f'<!ENTITY a "{"b" * 1000}">', "<g>" + "&a;" * 9000 + "</g>", "too many entities"),
        (f'<!ATTLIST g a CDATA "{"b" * 1000}">', "<g/>" * 9000, "grows too much"),
    ],
)  # fmt: skip
def test_entities_that_grow_are_refused(declared: str, body: str, words: str) -> None:
    with pytest.raises(StudioError, match=words):
        with_entities(declared, body)


def test_long_curves_have_more_points_and_short_ones_fewer() -> None:
    (long,) = read(f'<path d="M0 0C{" ".join(["100 0 100 100 0 100"] * 1)}"/>')
    (both,) = read('<path d="M0 0C100 0 100 100 0 100"/><path d="M0 0c1 0 1 1 0 1"/>')
    assert len(both.strokes[0]) == len(long.strokes[0])
    assert len(both.strokes[1]) < len(both.strokes[0]) / 2
    assert math.isclose(both.strokes[1].points[-1, 1], 1)


def written(text: str) -> list[Drawing]:
    return list(svg.read(Source("a.svg", text.encode())))


def wavy(**more: Any) -> Drawing:
    """Two strokes whose numbers have many digits, and a dot."""
    turn = np.linspace(0, 5, 17)
    points = np.stack([turn * 37.123456789, np.sin(turn) * 11 / 3], 1)
    dot, line = np.array([[1 / 3, 2 / 7]]), np.array([[0.1, 0.2], [5.5, 1e-7]])
    return Drawing((Stroke(points, np.cumsum(turn), None), Stroke(dot), Stroke(line)), **more)


@pytest.mark.parametrize("y_up", [True, False, None])
@pytest.mark.parametrize("count", [1, 3])
def test_smooth_lines_are_curves_and_come_back_exactly(count: int, y_up: bool | None) -> None:
    drawings = [wavy(label=f"no {k}", y_up=y_up) for k in range(count)]
    text = svg_page.to_text(drawings, smooth=True)
    assert text.count(" C") == count
    found = written(text)
    assert len(found) == count
    for one, other in zip(found, drawings, strict=True):
        assert (one.label, one.y_up, len(one.strokes)) == (other.label, other.y_up, len(other.strokes))
        for stroke, wanted in zip(one.strokes, other.strokes, strict=True):
            np.testing.assert_array_equal(stroke.points, wanted.points)
            assert (stroke.times is None) == (wanted.times is None)


def test_a_series_that_is_stretched_comes_back_exactly_from_curves() -> None:
    series = Drawing.series(np.arange(30.0) * 1e4, np.sin(np.arange(30.0)))
    text = svg_page.to_text([series, series], smooth=True)
    for one in written(text):
        np.testing.assert_array_equal(one.points, series.points)


def test_another_program_sees_the_curve() -> None:
    turn = np.linspace(0, 2 * np.pi, 17)
    ring = Drawing.from_points(100 * np.stack([np.cos(turn), np.sin(turn)], 1), y_up=False)
    text = svg_page.to_text([ring], smooth=True).replace("data-vrnn-studio", "data-other")
    (seen,) = written(text)
    radius = np.hypot(*seen.points.T)
    assert np.percentile(np.abs(radius - 100), 80) < 0.3  # lines from point to point are off by up to 1.9
