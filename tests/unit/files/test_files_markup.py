"""JSON, Quick, Draw!, InkML, UNIPEN and the small formats of data sets."""

import json
import math

import numpy as np
import pytest

from studio.errors import StudioError
from studio.files import inkml, json_drawings, omniglot_strokes, pendigits, quickdraw, unipen
from studio.files.readers import Reader
from studio.files.source import Source
from studio.sequences.material import Drawing


def read(reader: Reader, text: str | bytes) -> list[Drawing]:
    return list(reader(Source("a.file", text.encode() if isinstance(text, str) else text)))


def one(reader: Reader, text: str | bytes) -> Drawing:
    (drawing,) = read(reader, text)
    return drawing


def shape(drawing: Drawing) -> list[list[list[float]]]:
    return [stroke.points.tolist() for stroke in drawing.strokes]


TWO_STROKES = [[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0]]]


# JSON


@pytest.mark.parametrize(
    "tree",
    [
        TWO_STROKES,
        {"strokes": TWO_STROKES},
        {"drawings": [TWO_STROKES]},
        [{"points": TWO_STROKES[0]}, {"points": TWO_STROKES[1]}],
        {"strokes": [{"points": points} for points in TWO_STROKES]},
        [[0, 1, 0], [2, 3, 1], [4, 5, 0]],
        {"points": [[0, 1, False], [2, 3, True], [4, 5, True]]},
        [{"x": 0, "y": 1, "pen": 0}, {"x": 2, "y": 3, "pen": 1}, {"x": 4, "y": 5, "pen": 1}],
        [[{"y": 1, "x": 0}, {"x": 2, "y": 3}], [{"x": 4, "y": 5}]],
        {"x": [0, 2, 4], "y": [1, 3, 5], "stroke": [0, 0, 1]},
        [{"x": [0, 2], "y": [1, 3]}, {"x": [4], "y": [5]}],
        {"drawing": [[[0, 2], [1, 3]], [[4], [5]]]},
    ],
)
def test_json_of_many_kinds(tree: object) -> None:
    assert shape(one(json_drawings.read, json.dumps(tree))) == TWO_STROKES


def test_json_of_several_drawings() -> None:
    assert [shape(drawing) for drawing in read(json_drawings.read, json.dumps([TWO_STROKES] * 3))] == [TWO_STROKES] * 3
    tree = [{"strokes": TWO_STROKES, "label": "a", "y_up": True}, {"strokes": TWO_STROKES, "label": 7, "y_up": "?"}]
    first, second = read(json_drawings.read, json.dumps(tree))
    assert (first.label, first.y_up, second.label, second.y_up) == ("a", True, "7", None)


def test_json_times_of_points_become_seconds() -> None:
    drawing = one(json_drawings.read, '[{"x":0,"y":1,"t":100},{"x":2,"y":3,"t":116}]')
    np.testing.assert_allclose(drawing.times, [0, 0.016])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"drawings": [\n{"strokes": [[[0, 1], [2,]]]}', "line 2: is no JSON"),
        ("[[0, 1],\n[NaN, 2]]", "line 2: NaN is not a finite"),
        ("[[0, 1],\n[2, -Infinity]]", "line 2: -Infinity is not a finite"),
        ("[[0, 1], [1e999, 2]]", r"\[1\]: 'inf' is not a finite"),
        ("[[0, 1], [1, 2, 3]]", r"\[1\]: '\[1, 2, 3\]' is no point"),
        ('[[0, 1], ["a", 2]]', r"\[1\]: 'a' is not a number"),
        ('[[0, 1], {"x": 1, "y": 2}]', r"\[1\]: .* is no point"),
        ('{"strokes": [{"points": [[0, 1]], "times": [0, 1]}]}', r"strokes\[0\]: has 2 times for 1 points"),
        ('{"strokes": [{"points": [[0, 1]], "pressure": 3}]}', r"strokes\[0\].pressure: '3' is no list"),
        ('{"strokes": []}', "strokes: .*no list with anything"),
        ('{"drawings": [{"strokes": [[]]}]}', r"drawings\[0\].strokes\[0\]: .*no list"),
        ("3", "'3' is no drawing; expected a list"),
        ("[]", "is no drawing"),
        ('{"a": 1}', "is no drawing"),
        ('{"x": [1, 2], "y": [1]}', "same length"),
        ('{"x": [1, 2], "y": 4}', "no columns x and y"),
        ('{"points": 5}', "no list with anything"),
        ('{"points": [5]}', r"points\[0\]: '5' is no point"),
        ('{"format": "vrnn-studio drawings", "version": 99, "drawings": []}', "version '99'"),
        ("[" * 100_000, "nested more than"),
        ("[" * 200 + "1" + "]" * 200, "is no drawing"),
        ("[[1, " + "9" * 5000 + "]]", "too many digits"),
        ("[[1, " + "9" * 400 + "]]", "not a finite number"),
    ],
)
def test_json_refusals(text: str, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.file.*{words}.*\.$"):
        read(json_drawings.read, text)


# Quick, Draw!


SIMPLE = '{"word":"cat","countrycode":"US","recognized":true,"drawing":[[[0,2],[1,3]],[[4],[5]]]}'


def test_quickdraw_simplified() -> None:
    first, second = read(quickdraw.read, f"{SIMPLE}\r\n\n{SIMPLE}")
    assert shape(first) == shape(second) == TWO_STROKES
    assert (first.label, first.y_up, first.times) == ("cat", False, None)


def test_quickdraw_raw_times() -> None:
    drawing = one(quickdraw.read, '{"word":"a","drawing":[[[0.5,2],[1,3],[40,60]],[[4],[5],[200]]]}')
    np.testing.assert_allclose(drawing.times, [0, 0.02, 0.16])


def test_quickdraw_lines_under_the_name_json() -> None:
    assert len(read(json_drawings.read, f"{SIMPLE}\n{SIMPLE}\n")) == 2
    assert one(json_drawings.read, SIMPLE).label == "cat"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no drawings"),
        (f"{SIMPLE}\n{SIMPLE[:-3]}", "line 2: is no JSON"),
        (f"{SIMPLE}\n[1, 2]", "line 2: is no object"),
        (f'{SIMPLE}\n{{"word":"cat"}}', "line 2: is no object"),
        (f'{SIMPLE}\n\n{{"drawing":[]}}', "line 3: is no object"),
        ('{"drawing":[[[0,1],[2]]]}', r"line 1, drawing\[0\]: has lists of 2 and 1 numbers"),
        ('{"drawing":[[[0],[2]],[[],[]]]}', r"drawing\[1\]: has lists of 0 and 0"),
        ('{"drawing":[[[0],["a"]]]}', r"drawing\[0\]\[1\]\[0\]: 'a' is not a number"),
        ('{"drawing":[[[0],[1],[2],[3]]]}', r"drawing\[0\]: .*is no stroke"),
        ('{"drawing":[[[0],[NaN]]]}', "line 1: NaN is not"),
        ('{"drawing":[[[0],[1e999]]]}', r"drawing\[0\]\[1\]\[0\]: 'inf' is not"),
        ('{"drawing":[5]}', r"drawing\[0\]: '5' is no stroke"),
        (b'{"word":"\xff"}', "line 1: is no UTF-8"),
    ],
)
def test_quickdraw_refusals(text: str | bytes, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.file.*{words}.*\.$"):
        read(quickdraw.read, text)


# InkML


def ink(body: str, channels: str = "X Y") -> str:
    made = "".join(f'<channel name="{name}" type="decimal"/>' for name in channels.split())
    return f'<ink xmlns="http://www.w3.org/2003/InkML"><traceFormat>{made}</traceFormat>{body}</ink>'


@pytest.mark.parametrize(
    "text",
    [
        ink("<trace>0 1, 2 3</trace><trace>4 5</trace>"),
        ink("<trace>1 0,3 2,</trace>\n<trace>\n5   4\n</trace>", "Y X"),
        ink("<trace>1 9 0 7, 3 9 2 7</trace><trace>5 9 4 7</trace>", "Y OTx X B1"),
        "<ink><trace>0 1, 2 3</trace><trace>4 5</trace></ink>",
        ink("<traceGroup><trace>0 1, '2'2</trace><traceGroup><trace>4 5</trace></traceGroup></traceGroup>"),
        ink('<trace type="penDown">0 1,2 3</trace><trace type="penUp">9 9,8 8</trace><trace>4 5</trace>'),
        ink('<trace continuation="begin">0 1</trace><trace continuation="end">2 3</trace><trace>4 5</trace>'),
        ink("<trace>0 1,\n2 3</trace><trace>4 5</trace><trace> </trace>"),
        '<i:ink xmlns:i="http://www.w3.org/2003/InkML"><i:trace>0 1, 2 3</i:trace><i:trace>4 5</i:trace></i:ink>',
        '<ink><definitions><context xml:id="c"><inkSource><traceFormat><channel name="Y"/><channel name="X"/>'
        "</traceFormat></inkSource></context></definitions>"
        '<trace contextRef="#c">1 0, 3 2</trace><trace contextRef="#c">5 4</trace></ink>',
    ],
)
def test_inkml_channels_groups_and_contexts(text: str) -> None:
    drawing = one(inkml.read, text)
    assert shape(drawing) == TWO_STROKES
    assert drawing.y_up is False


def test_inkml_differences_as_in_the_recommendation() -> None:
    # Section 3.2.1 of the recommendation: values, first differences, second differences.
    text = """1125 18432,'23'43,"7"-8,3-5,7 -3,6 2,6 8,3 6,!1500 2, * '1, 1 1"""
    points = one(inkml.read, ink(f"<trace>{text}</trace>")).points
    x, y = [1125, 1148, 1178, 1211, 1251, 1297, 1349, 1404], [18432, 18475, 18510, 18540, 18567, 18596, 18633, 18676]
    # Then a value again, the same value again, and differences that go on until something else is said.
    assert points.tolist() == [*map(list, zip(x, y, strict=True)), [1500, 18721], [1500, 18722], [1, 18723]]


def test_inkml_time_and_force() -> None:
    channels = '<channel name="X"/><channel name="Y" orientation="-ve"/><channel name="T" units="s"/>'
    channels += '<channel name="F" max="200"/>'
    text = f"<ink><traceFormat>{channels}</traceFormat><trace>0 0 5 100, 1 1 5.5 200</trace></ink>"
    drawing = one(inkml.read, text)
    np.testing.assert_allclose(drawing.times, [0, 0.5])
    np.testing.assert_allclose(drawing.pressure, [0.5, 1])
    assert drawing.y_up is True
    milliseconds = one(inkml.read, ink("<trace>0 0 100, 1 1 120</trace><trace>1 1 200, 2 2 210</trace>", "X Y T"))
    np.testing.assert_allclose(milliseconds.times, [0, 0.02, 0.1, 0.11])


def test_inkml_unknown_times_are_left_out() -> None:
    assert one(inkml.read, ink("<trace>0 0 1, 1 1 ?</trace>", "X Y T")).times is None


def test_inkml_labels() -> None:
    note = '<annotation type="writer">me</annotation><annotation type="truth"> $x$ </annotation>'
    assert one(inkml.read, ink(f"{note}<trace>0 0</trace>")).label == "$x$"
    assert one(inkml.read, ink(f"<traceGroup>{note}<trace>0 0</trace></traceGroup>")).label == "$x$"
    assert one(inkml.read, ink("<trace>0 0</trace>")).label == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: is no XML there: no element found"),
        ("<ink>\n<trace>0 0</ink>", "line 2: is no XML there: mismatched tag"),
        ("<svg/>", "line 1: begins with <svg>; expected <ink>"),
        (ink(""), "no <trace>"),
        (ink("\n<trace>0 0, 1</trace>"), "line 2: the point '1' has 1 values; expected 2"),
        (ink("\n<trace>0 0,\n1 1,\n2 x</trace>"), "line 4: 'x' is no value"),
        (ink("<trace>0 0, 1 2 3</trace>"), "'3' is no value"),
        (ink("<trace>0 0, 1 nan</trace>"), "'nan' is no value"),
        (ink("<trace>0 0, 1 1e999</trace>"), "point 2: .*not a finite number"),
        (ink("<trace>0 0, 1 ?</trace>"), "point 2: .*not a finite number"),
        (ink("<trace>0 0</trace>", "X T"), "trace format of 'X T'; expected X and Y"),
        ('<!DOCTYPE ink [\n<!ENTITY a "b">]><ink/>', "line 2: declares the entity 'a'"),
        ('<!DOCTYPE ink [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><ink/>', "entity 'a'"),
        ("<ink>&unknown;</ink>", "line 1: is no XML there: undefined entity"),
        ("<a>" * 200, "nested more than 100 deep"),
        ('<?xml version="1.0" encoding="klingon"?><ink/>', "line 1"),
    ],
)
def test_inkml_refusals(text: str, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.file.*{words}.*\.$"):
        read(inkml.read, text)


# UNIPEN


UNIPEN = """.VERSION 1.0
.COORD T X Y P
.COMMENT not 1 2 3
.PEN_DOWN
10 0 1 0
.DT 3
.PEN_UP
20 9 9 0
.PEN_DOWN 30 2 3 10
50 4 5 5
.PEN_UP
"""


def test_unipen() -> None:
    drawing = one(unipen.read, UNIPEN)
    assert shape(drawing) == [[[0, 1]], [[2, 3], [4, 5]]]
    np.testing.assert_allclose(drawing.times, [0, 0.02, 0.04])
    np.testing.assert_allclose(drawing.pressure, [0, 1, 0.5])
    assert drawing.y_up is True


def test_unipen_one_segment_labels_the_drawing() -> None:
    assert one(unipen.read, '.SEGMENT CHARACTER 0-1 ? "a \\"b\\""\n' + UNIPEN).label == 'a "b"'
    assert one(unipen.read, '.SEGMENT WORD 0-1 "a b"\n' + UNIPEN).label == "a b"


@pytest.mark.parametrize("numbering", [("0", "1"), ("0", "2")])
def test_unipen_segments_are_drawings(numbering: tuple[str, str]) -> None:
    a, b = numbering
    text = f'.SEGMENT WORD 0-{b} OK "ab"\n.SEGMENT CHARACTER {a} OK "a"\n.SEGMENT CHARACTER {b} OK "b"\n{UNIPEN}'
    first, second = read(unipen.read, text)
    assert (first.label, shape(first)) == ("a", [[[0, 1]]])
    assert (second.label, shape(second)) == ("b", [[[2, 3], [4, 5]]])


def test_unipen_segment_without_strokes_is_noted() -> None:
    source = Source("a.unp", ('.SEGMENT C 0 OK "a"\n.SEGMENT C 7 OK "b"\n' + UNIPEN).encode())
    assert [drawing.label for drawing in unipen.read(source)] == ["a"]
    assert "'b'" in source.notes[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no points"),
        (".PEN_UP\n1 2\n", "no points"),
        (".PEN_DOWN\n1 2\n3 x\n", "line 3: 'x' is not a number"),
        (".PEN_DOWN\n1 2\n3\n", "line 3: has 1 values where .COORD names 2"),
        (".COORD X T\n.PEN_DOWN\n1 2\n", "line 1: names the coordinates 'X T'"),
        (".PEN_DOWN\n1 2\n3 1e999\n", "line 3: .*not a finite"),
    ],
)
def test_unipen_refusals(text: str, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.file.*{words}.*\.$"):
        read(unipen.read, text)


# Omniglot's stroke files and Pendigits


def test_omniglot_strokes() -> None:
    drawing = one(omniglot_strokes.read, "START\n0,1,0\n2,3,50\nBREAK\n4,5,90\nBREAK\n")
    assert shape(drawing) == TWO_STROKES
    np.testing.assert_allclose(drawing.times, [0, 0.05, 0.09])
    assert drawing.y_up is True


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("START\n", "no points"),
        ("START\n0,1,0\nSTOP\n", "line 3: 'STOP' is neither"),
        ("START\n0,1\n", "line 2: '0,1' is neither"),
        ("START\n0,1,0\nBREAK\n1,nan,2\n", "line 4: .*not a finite"),
    ],
)
def test_omniglot_refusals(text: str, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.file.*{words}.*\.$"):
        read(omniglot_strokes.read, text)


def test_pendigits() -> None:
    numbers = ",".join(str(i) for i in range(16))
    first, second = read(pendigits.read, f"{numbers},8\n{numbers},0010000000\n")
    assert first.points.tolist() == np.arange(16).reshape(8, 2).tolist()
    assert (first.label, second.label, first.y_up) == ("8", "2", True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no digits"),
        ("1,2,3\n", "line 1: '1,2,3' is not 16 numbers"),
        (",".join(["1"] * 17) + "\n" + ",".join(["101"] * 16) + ",1", "line 2"),
        (",".join(["1"] * 16) + ",0110000000", "line 1"),
    ],
)
def test_pendigits_refusals(text: str, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.file.*{words}.*\.$"):
        read(pendigits.read, text)


def test_numbers_written_are_the_numbers_read() -> None:
    drawing = Drawing.from_points([[math.pi, 1 / 3], [1e-300, -5e22]])
    assert shape(one(json_drawings.read, json_drawings.to_text([drawing]))) == shape(drawing)
