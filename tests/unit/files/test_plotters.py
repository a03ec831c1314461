"""HP-GL and G-code: what plotters, lasers, mills and printers are told to draw."""

from __future__ import annotations

import numpy as np
import pytest

from studio.errors import StudioError
from studio.files import gcode, hpgl
from studio.files.source import Source
from studio.sequences.material import Drawing


def plotted(text: str) -> tuple[list[Drawing], list[str]]:
    source = Source("a.plt", text.encode("latin-1"))
    return list(hpgl.read(source)), source.notes


def milled(text: str) -> tuple[list[Drawing], list[str]]:
    source = Source("a.gcode", text.encode())
    return list(gcode.read(source)), source.notes


def strokes(drawing: Drawing) -> list[list[list[float]]]:
    return [np.round(stroke.points, 6).tolist() for stroke in drawing.strokes]


def plotted_strokes(text: str) -> list[list[list[float]]]:
    (drawing,), _ = plotted(text)
    return strokes(drawing)


def milled_strokes(text: str) -> list[list[list[float]]]:
    (drawing,), _ = milled(text)
    return strokes(drawing)


# --- HP-GL


@pytest.mark.parametrize(
    "text",
    [
        "IN;SP1;PU10,20;PD30,40,50,60;PU;SP0;",
        "IN SP1 PU10 20 PD30 40 50 60 PU SP0",
        "in;sp1;pu;pa10,20;pd;pa30,40;pa50,60;pu;",
        "IN;SP1PU10,20PDPR20,20,20,20PU",
        "\x1b.(;\x1b.I81;;17:IN;PU10,20;PD30,40,50,60;PU\n;",
        "\x1b%-12345X@PJL SET X=1\n\x1bE\x1b%0BIN;PU10,20;PD30,40,50,60;\x1b%0A\x1bE",
        'IN;PU+10.0,+20.;PD10,20,30,40;PD50,60;CO "PD9,9;";',
    ],
)
def test_hpgl_in_many_dialects(text: str) -> None:
    assert plotted_strokes(text) == [[[10, 20], [30, 40], [50, 60]]]
    (drawing,), notes = plotted(text)
    assert drawing.y_up is True
    assert notes == []


def test_hpgl_dots_and_several_strokes() -> None:
    assert plotted_strokes("IN;PU1,2;PD;PU;PU5,5;PD6,6;PU7,7;PD8,8") == [[[1, 2]], [[5, 5], [6, 6]], [[7, 7], [8, 8]]]


def test_hpgl_labels_and_fillings_are_left_out_and_said() -> None:
    (drawing,), notes = plotted("IN;LBPD;PA9,9\x03PU0,0;PD1,1;PU;DT*;LBa\x03b*RA5,5;XY1;")
    assert strokes(drawing) == [[[0, 0], [1, 1]]]
    assert len(notes) == 3
    assert [word in note for word, note in zip(("labels", "fillings", "XY"), notes, strict=True)] == [True] * 3


def test_hpgl_circles_and_arcs() -> None:
    (circle,), _ = plotted("IN;PU10,10;CI5;")
    assert np.allclose(np.hypot(*(circle.points - [10, 10]).T), 5, atol=0.01)
    assert np.allclose(circle.points[0], circle.points[-1])
    (arc,), _ = plotted("IN;PU10,0;PD;AA0,0,90;PU;")
    assert np.allclose(np.hypot(*arc.points.T), 10, atol=0.02)
    assert np.allclose(arc.points[[0, -1]], [[10, 0], [0, 10]])
    (relative,), _ = plotted("IN;PU10,0;PD;AR-10,0,-90;PU;")
    assert np.allclose(relative.points[-1], [0, -10])
    (three,), _ = plotted("IN;PU10,0;PD;AT0,10,-10,0;PU;")
    assert three.points[:, 1].max() == pytest.approx(10)
    assert np.allclose(three.points[-1], [-10, 0])
    (other_way,), _ = plotted("IN;PU10,0;PD;RT-10,-10,-20,0;PU;")
    assert other_way.points[:, 1].min() == pytest.approx(-10)


def test_hpgl_the_pen_returns_after_a_circle() -> None:
    (drawing,), _ = plotted("IN;PU10,10;PD;CI5;PU;PD20,10;PU")
    assert len(drawing.strokes) == 2
    assert drawing.strokes[1].points.tolist() == [[10, 10], [20, 10]]


def test_hpgl_rectangles_wedges_curves_and_polygons() -> None:
    assert plotted_strokes("PU1,1;EA3,4;") == [[[1, 1], [3, 1], [3, 4], [1, 4], [1, 1]]]
    assert plotted_strokes("PU1,1;ER-1,2;") == [[[1, 1], [0, 1], [0, 3], [1, 3], [1, 1]]]
    (wedge,), _ = plotted("PU0,0;EW10,90,90;")
    assert np.allclose(wedge.points[[0, 1, -2, -1]], [[0, 0], [0, 10], [-10, 0], [0, 0]])
    (curve,), _ = plotted("PU0,0;PD;BZ0,3,3,3,3,0;")
    assert curve.points[:, 1].max() == pytest.approx(2.25, abs=0.01)
    assert plotted_strokes("PU0,0;PM0;PD4,0,4,4;PM2;EP;") == [[[0, 0], [4, 0], [4, 4], [0, 0]]]
    with pytest.raises(StudioError, match="nothing drawn"):
        plotted("PU0,0;PM0;PD4,0,4,4;PM2;")


def test_hpgl_user_units_and_rotation() -> None:
    assert plotted_strokes("IP0,0,1000,2000;SC0,10,0,10;PU1,1;PD2,2;") == [[[100, 200], [200, 400]]]
    assert plotted_strokes("IP0,0,1000,2000;SC0,10,0,10,1;PU1,1;PD2,2;") == [[[100, 100], [200, 200]]]
    assert plotted_strokes("IP5,6,7,8;SC1,10,2,20,2;PU1,2;PD2,3;") == [[[5, 6], [15, 26]]]
    (drawing,), notes = plotted("SC0,10,0,10;PU1,1;PD2,2;")
    assert strokes(drawing) == [[[1, 1], [2, 2]]]
    assert "SC" in notes[0]
    assert plotted_strokes("RO90;PU1,0;PD2,0;") == [[[0, 1], [0, 2]]]


def test_hpgl_pages_are_drawings() -> None:
    first, second = plotted("IN;PD1,1;PG;IN;PU5,5;PD6,6;PU;PG;PG;")[0]
    assert strokes(second) == [[[5, 5], [6, 6]]]
    assert strokes(first) == [[[0, 0], [1, 1]]]


def encoded(value: int, *, base: int = 64) -> str:
    """A number as PE writes it."""
    value = 2 * value if value >= 0 else -2 * value + 1
    digits = []
    while True:
        digits.append(value % base)
        value //= base
        if not value:
            break
    last = 191 if base == 64 else 95
    return "".join(chr(63 + digit) for digit in digits[:-1]) + chr(last + digits[-1])


@pytest.mark.parametrize(("base", "begin"), [(64, ""), (32, "7")])
def test_hpgl_encoded_lines(base: int, begin: str) -> None:
    def pairs(*numbers: int) -> str:
        return "".join(encoded(number, base=base) for number in numbers)

    text = f"IN;PE{begin}<={pairs(100, 2000)}{pairs(10, -20)}{pairs(0, 5)}<{pairs(1, 1)}>{pairs(1)}{pairs(3, 4)};PU;"
    assert plotted_strokes(text) == [[[100, 2000], [110, 1980], [110, 1985]], [[111, 1986], [112.5, 1988]]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing drawn with the pen down"),
        ("IN;PU1,1;PU2,2;", "nothing drawn with the pen down"),
        ("IN;PD1,2,3;", "byte 3: coordinates of 3 numbers"),
        ("IN;PD1,1;?!", "byte 9: '?!' is no command"),
        ("IN;AA1,2;", "AA with 2 numbers; expected 3 or 4"),
        ("IN;LBhello", "without the character that ends the text"),
        ("IN;SC0,0,1,1;", "SC without an extent"),
        ("IN;PD99999999999,1;", "larger than any plotter"),
        ("IN;PD;BZ1,2,3;", "expected six"),
        ("IN;PE" + "?" * 40 + ";", "does not end"),
    ],
)
def test_hpgl_refusals(text: str, words: str) -> None:
    with pytest.raises(StudioError) as raised:
        plotted(text)
    assert words in str(raised.value)


# --- G-code

SQUARE = [[[10, 10], [20, 10], [20, 20]], [[0, 0], [5, 0]]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "G21 G90\nG0 Z5\nG0 X10 Y10\nG1 Z-1 F300\nG1 X20\nY20\nG0 Z5\nG0 X0 Y0\nG1 Z-1\nG1 X5\nG0 Z5\nM2",
            "Z is 2 or below",
        ),
        ("G0Z3\nG0X10Y10\nG1Z1\nG1X20\nG1Y20\nG0Z3\nG0X0Y0\nG1Z1\nG1X5\nG0Z3", "Z is 2 or below"),
        ("G1 Z0\nG0 X10 Y10\nG1 Z4\nG1 X20\nG1 Y20\nG1 Z0\nG0 X0 Y0\nG1 Z4\nG1 X5\nG1 Z0\nG0 X50", "Z is above 2"),
        ("G0 Z9\nG0 X10 Y10\nM3 S500\nG1 X20\nG1 Y20\nM5\nG0 X0 Y0\nM3\nG1 X5\nM5", "laser is on"),
        ("M4 S0\nG0 X10 Y10\nG1 X20 S90\nG1 Y20\nG1 X0 Y0 S0\nG1 X5 S70\nS0\nM5", "laser is on"),
        ("M3 S255\nG1 X10 Y10\nM3 S30\nG1 X20\nG1 Y20\nM3 S255\nG1 X0 Y0\nM3 S30\nG1 X5\nM3 S255", "the servo"),
        ("M280 P0 S5\nG1 X10 Y10\nM280 P0 S90\nG1 X20\nG1 Y20\nM280 P0 S5\nG1 X0 Y0\nM280 P0 S90\nG1 X5", "the servo"),
        ("M300 S50\nG1 X10 Y10\nM300 S30\nG1 X20\nG1 Y20\nM300 S50\nG1 X0 Y0\nM300 S30\nG1 X5", "the servo"),
        ("N10 G00 X10. Y10.\nN20 G01 X20.\nN30 Y20.\nN40 G00 X0 Y0\nN50 G01 X5.*33\n%", "G1, G2 and G3"),
        ("M106 S255\nG0 X10 Y10\nG1 X20\nG1 Y20\nM107\nG0 X0 Y0\nM106\nG1 X5\nM107", "laser is on"),
        ("(G1 X9) G0 X10 Y10 ; G1 X3\nG91\nG1 X10\nG1 Y10\nG0 X-20 Y-20\nG1 X5 (a (b) c)\n(open", "G1, G2 and G3"),
    ],
)
def test_gcode_tells_when_the_pen_is_down(text: str, said: str) -> None:
    (drawing,), notes = milled(text)
    assert strokes(drawing) == SQUARE
    assert drawing.y_up is True
    assert said in notes[-1]


def test_gcode_inches_and_relative_moves() -> None:
    (drawing,), notes = milled("G20\nG91\nG0 X1\nG1 X1 Y1\nG1 X-1")
    assert strokes(drawing) == [[[25.4, 0], [50.8, 25.4], [25.4, 25.4]]]
    assert "inches became millimetres" in notes[0]


@pytest.mark.parametrize(
    ("line", "middle", "end"),
    [
        ("G2 X10 Y10 I10 J0", (0, 0), (10, 10)),
        ("G3 X10 Y10 I0 J10", (0, 0), (10, 10)),
        ("G2 X10 Y10 R10", None, (10, 10)),
        ("G2 I5", None, (0, 0)),
        ("G90.1 G2 X10 Y10 I10 J0", None, (10, 10)),
    ],
)
def test_gcode_arcs(line: str, middle: tuple[float, float] | None, end: tuple[float, float]) -> None:
    (drawing,), _ = milled(f"G1 X-5 Y0\nG0 X0\n{line}")
    arc = drawing.strokes[-1].points
    assert np.allclose(arc[0], [0, 0])
    assert np.allclose(arc[-1], end)
    if line.startswith("G2 I5"):
        assert np.allclose(np.hypot(*(arc - [5, 0]).T), 5, atol=0.02)
        assert len(arc) > 20
    elif line.startswith("G3"):
        assert np.allclose(np.hypot(*(arc - [0, 10]).T), 10, atol=0.02)
        assert arc[len(arc) // 2][0] > arc[len(arc) // 2][1]
    else:
        assert np.allclose(np.hypot(*(arc - [10, 0]).T), 10, atol=0.02)
        assert arc[len(arc) // 2][1] > arc[len(arc) // 2][0]


def test_gcode_the_long_way_round() -> None:
    (drawing,), _ = milled("G0 X0 Y0\nG2 X10 Y10 R-10")
    assert np.allclose(np.hypot(*(drawing.points - [0, 10]).T), 10, atol=0.05)
    assert drawing.points[:, 1].max() == pytest.approx(20, abs=0.05)


def test_gcode_centres_that_are_absolute_unsaid() -> None:
    (drawing,), notes = milled("G0 X100 Y100\nG2 X110 Y110 I110 J100")
    assert np.allclose(np.hypot(*(drawing.points - [110, 100]).T), 10, atol=0.02)
    assert "absolute" in notes[0]


def test_gcode_of_a_printer_gives_a_drawing_for_each_layer() -> None:
    text = (
        "; by a slicer\nM73 P0\nM555 X85 Y67 W80 H80\nG28 W\nG80 X9 Y9\nG92 E0\nM82\nG1 Z0.2\nG1 X10 Y10\nG1 E2\n"
        "G1 X20 E3\nG1 Y20 E4\nG1 E2.2\nG1 X0 Y0\nG1 Z0.6\nG1 Z0.4\nG92 E0\nM83\nG1 E0.8\nG1 X5 E.5\nM117 Layer [2]!\n"
    )
    (first, second), notes = milled(text)
    assert strokes(first) == [[[10, 10], [20, 10], [20, 20]]]
    assert strokes(second) == [[[0, 0], [5, 0]]]
    assert "for each layer" in notes[-1]


def test_gcode_that_climbs_as_it_draws_is_one_layer() -> None:
    turns = "".join(f"G1 X{x} Y{y} Z{0.2 + 0.01 * i} E1\n" for i, (x, y) in enumerate([(1, 0), (1, 1), (0, 1), (0, 0)]))
    (drawing,), _ = milled(f"M83\nG1 Z.2\nG1 X0 Y0\n{turns}")
    assert len(drawing) == 5


def test_gcode_where_the_place_gets_another_name() -> None:
    assert milled_strokes("G0 X10 Y10\nG92 X0 Y0\nG1 X5 Y0") == [[[10, 10], [15, 10]]]


def test_gcode_dots_of_a_pen() -> None:
    assert milled_strokes("G0 Z5\nG0 X1 Y2\nG1 Z-1\nG0 Z5\nG0 X3 Y4\nG1 Z-1\nG1 X5\nG0 Z5") == [
        [[1, 2]],
        [[3, 4], [5, 4]],
    ]


def test_gcode_foreign_commands_are_named() -> None:
    _, notes = milled('START_PRINT BED=60\nG0 X1\nG1 X2\nG81 X1 Y1 Z-1 R1\nG80\n$H\nM862.3 P "MK3S"\nT0\n')
    assert "G81, START_PRINT" in notes[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no move in x and y"),
        ("G0 X1 Y1\nG0 X2", "no move with the pen down"),
        ("G1 X1\n#1=5", "line 2: holds a variable"),
        ("G1 X[1+2]", "line 1: holds a variable"),
        ("G1 X1 Yfoo", "line 1: 'Yfoo' is no word"),
        ("G1 X1\nG18\n", "line 2: G18 cannot be read"),
        ("G5 X1 Y1 I1 J1 P1 Q1", "splines"),
        ("G2 X1 Y1", "without its centre"),
        ("G2 X0 Y0 R5", "must end elsewhere"),
        ("G2 X100 Y0 R5", "less than half of the way"),
        ("G0 X50\nG2 X100 Y0 I1 J1", "equally far from its centre"),
        ("G1 X99999999999", "larger than any machine"),
        ("CDF\x01\x00\x00", "zero byte"),
    ],
)
def test_gcode_refusals(text: str, words: str) -> None:
    with pytest.raises(StudioError) as raised:
        milled(text)
    assert words in str(raised.value)
