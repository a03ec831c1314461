"""Tables of points as text."""

import numpy as np
import pytest

from studio.errors import StudioError
from studio.files import csv_points
from studio.files.source import Source
from studio.sequences.material import Drawing

POINTS = [[1.5, 2.0], [3.0, -4.25], [5.0, 6.0], [7.0, 8.0]]


def read(text: str | bytes) -> Drawing:
    data = text.encode() if isinstance(text, str) else text
    (drawing,) = csv_points.read(Source("a.csv", data))
    return drawing


def lengths(drawing: Drawing) -> list[int]:
    return [len(stroke) for stroke in drawing.strokes]


@pytest.mark.parametrize(
    "text",
    [
        "1.5,2\n3,-4.25\n5,6\n7,8\n",
        "x,y\n1.5,2\n3,-4.25\n5,6\n7,8",
        "X, Y\r\n1.5, 2\r\n3, -4.25\r\n5, 6\r\n7, 8\r\n",
        "\ufeffx;y\n1,5;2\n3;-4,25\n5;6\n7;8\n",
        "x;y\n1.5;2\n3;-4.25\n5;6\n7;8\n",
        "1,5 2\n3,0 -4,25\n5,0 6\n7,0 8\n",
        "x\ty\n1,5\t2\n3\t-4,25\n5\t6\n7\t8\n",
        "1.5 2\n3   -4.25\n  5 6\n7 8\n",
        "# made by somebody\n1.5e0|+2.\n.3e1|-4.25\n5|6\n7|8\n",
        "# x y\n1.5 2\n3 -4.25\n5 6\n7 8\n",
        '"pos_y","pos_x"\n"2","1.5"\n"-4.25","3"\n"6","5"\n"8","7"\n',
        ",x,y,comment\n0,1.5,2,hello\n1,3,-4.25,\n2,5,6,a b\n3,7,8,1\n",
        "1.5,2,\n3,-4.25,\n5,6,\n7,8,\n",
        "first,second\n1.5,2\n3,-4.25\n5,6\n7,8\n",
        "# x y z\n1.5,2\n3,-4.25\n5,6\n7,8\n",
        "x,y\n\n1.5,2\n\n3,-4.25\n\n5,6\n\n7,8\n",  # double-spaced, not strokes of one point
    ],
)
def test_delimiters_decimals_headers_and_comments(text: str) -> None:
    drawing = read(text)
    assert drawing.points.tolist() == POINTS
    assert lengths(drawing) == [4]
    assert drawing.times is None
    assert drawing.y_up is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = "# Übung\nx,y\n1.5,2\n3,-4.25\n5,6\n7,8\n"
    assert read(text.encode(encoding)).points.tolist() == POINTS


@pytest.mark.parametrize(
    "text",
    [
        "x,y,pen\n1,1,0\n2,2,1\n3,3,0\n4,4,0\n5,5,1\n",
        "x,y,pen_up\n1,1,False\n2,2,True\n3,3,False\n4,4,False\n5,5,False\n",
        "x,y,Pen-Down\n1,1,1\n2,2,0\n3,3,1\n4,4,1\n5,5,0\n",
        "x,y,pen_down\n1,1,1\n2,2,0\n9,9,0\n9,8,0\n3,3,1\n4,4,1\n5,5,1\n",  # the pen moves on in the air
        "x,y,pen_down\n9,9,0\n1,1,1\n2,2,0\n3,3,1\n4,4,1\n5,5,0\n",
        "x,y,lift\n1,1,0\n2,2,1\n3,3,0\n4,4,0\n5,5,0\n",
        "stroke id,x,y\n7,1,1\n7,2,2\n3,3,3\n3,4,4\n3,5,5\n",
        "stroke,x,y\na,1,1\na,2,2\nb,3,3\nb,4,4\nb,5,5\n",
        "1,1\n2,2\n\n3,3\n4,4\n5,5\n",
        "x,y\n1,1\n2,2\n,\n3,3\n4,4\n5,5\n",
        "1 1 0\n2 2 1\n3 3 0\n4 4 0\n5 5 0\n",
        "x,y,p\n1,1,0\n2,2,1\n3,3,0\n4,4,0\n5,5,1\n",
    ],
)
def test_ways_of_lifting_the_pen(text: str) -> None:
    drawing = read(text)
    assert drawing.points.tolist() == [[i, i] for i in range(1, 6)]
    assert lengths(drawing) == [2, 3]


@pytest.mark.parametrize(
    ("header", "values", "expected"),
    [
        ("x,y,t", [0, 0.1, 0.25], [0, 0.1, 0.25]),
        ("x,y,t", [0, 1, 2], [0, 1, 2]),
        ("x,y,time", [0, 16, 33], [0, 0.016, 0.033]),
        ("x,y,t_ms", [0, 1, 2], [0, 0.001, 0.002]),
        ("x,y,ms", [500, 510, 530], [0, 0.01, 0.03]),
        ("x,y,Time (ms)", [0, 1, 2], [0, 0.001, 0.002]),
        ("x,y,time [s]", [3, 13, 33], [0, 10, 30]),
        ("x,y,timestamp", [1_700_000_000_000, 1_700_000_000_020, 1_700_000_000_050], [0, 0.02, 0.05]),
        ("x,y,timestamp", [1_700_000_000.0, 1_700_000_000.25, 1_700_000_001.0], [0, 0.25, 1]),
        ("x,y,timestamp_us", [0, 1000, 3000], [0, 0.001, 0.003]),
    ],
)
def test_times_become_seconds(header: str, values: list[float], expected: list[float]) -> None:
    rows = [f"{i},{i},{value!r}" for i, value in enumerate(values)]
    drawing = read("\n".join([header, *rows]))
    np.testing.assert_allclose(drawing.times, expected, atol=1e-9)


def test_a_clock_that_restarts_with_every_stroke_is_joined_and_one_that_jumps_back_waits() -> None:
    text = "x,y,stroke,t_s\n0,0,0,0\n0,1,0,2\n0,2,0,1.5\n0,3,0,3\n1,0,1,0\n1,1,1,4\n"
    np.testing.assert_allclose(read(text).times, [0, 2, 2, 3, 3, 7])


def test_pressure_is_scaled_to_one() -> None:
    drawing = read("x,y,pressure\n0,0,0\n1,1,512\n2,2,1024\n")
    np.testing.assert_allclose(drawing.pressure, [0, 0.5, 1])


def test_five_columns_by_position() -> None:
    drawing = read("0,0,0,0,0.5\n1,1,1,0.1,0.6\n2,2,0,0.2,0.4\n")
    assert lengths(drawing) == [2, 1]
    np.testing.assert_allclose(drawing.times, [0, 0.1, 0.2])
    np.testing.assert_allclose(drawing.pressure, [0.5, 0.6, 0.4])


def test_third_column_by_position_is_the_time_if_it_cannot_be_the_pen() -> None:
    drawing = read("0,0,0\n1,1,20\n2,2,40\n")
    np.testing.assert_allclose(drawing.times, [0, 0.02, 0.04])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x,y\n1,2\n3,abc\n", 3, "'abc' is not a number"),
        ("x,y\n1,2\n3,inf\n", 3, "not a finite number"),
        ("x,y\n1,2\n\n# note\n3,-Infinity\n", 5, "not a finite number"),
        ("x,y\n1,2\n3,1e400\n", 3, "not a finite number"),
        ("x,y\n1,2\n3\n", 3, "1 values where 2"),
        ("x,y\n1,2\n3,4,5\n", 3, "3 values where 2"),
        ("x,y\n1,2\n3,..\n", 3, "'..' is not a number"),
        ("a,b,c\n1,2,3\n", 1, "expected x and y"),
        ("t,a,b\n1,2,3\n", 1, "names the columns 't', 'a', 'b'; expected one value for each time"),
        ("t,value\n1,2\n3,4\n3,5\n", 4, "holds the time 3 after 3; expected it to grow"),
        ("day,t,level\n1,2,3\n", 1, "expected one value for each time, or columns x and y"),
        ("x,x,y\n1,2,3\n", 1, "two columns for x"),
        ("x,y,pen\n1,2,0\n3,4,2\n", 3, "expected 0 or 1"),
        ("x,y,pressure\n1,2,0\n3,4,-1\n", 3, "negative pressure"),
        ("x,y\n1,2\n3,1_000\n", 3, "'1_000' is not a number"),
        ("x,y\n1,2\n3,٣\n", 3, "is not a number"),
    ],
)
def test_refusals_name_the_line(text: str, line: int, words: str) -> None:
    with pytest.raises(StudioError, match=rf"^a\.csv, line {line}: .*{words}.*\.$"):
        read(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no points"),
        ("x,y\n", "no points"),
        ("# nothing\n\n", "no points"),
        ("1,2,3,4,5,6\n", "6 columns"),
        ("1\n2\n", "1 column; expected"),
        ("0,0,5\n1,1,2\n2,2,9\n", "neither pen"),
        ("x,y,pen_down\n1,2,0\n2,3,0\n", "never touches"),
    ],
)
def test_refusals_of_whole_files(text: str, words: str) -> None:
    with pytest.raises(StudioError, match=words):
        read(text)


def test_a_binary_file_is_refused_with_its_byte() -> None:
    with pytest.raises(StudioError, match=r"byte 5: holds a zero byte"):
        read(b"1,2\n3\x00,4\n" + b"x" * 50)


def test_written_as_x_y_pen() -> None:
    drawing = Drawing.from_points([[0, 0.1], [1, 2], [-3.5, 1e-7]], [0, 1, 0], times=[0, 0.5, 1])
    assert csv_points.to_text(drawing) == "x,y,pen\n0.0,0.1,0\n1.0,2.0,1\n-3.5,1e-07,1\n"
    assert csv_points.to_text(drawing, all_columns=True).startswith("x,y,pen,t_s\n0.0,0.1,0,0.0\n")


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("t,value\n2,5\n2.5,-1\n4,3\n", [2, 2.5, 4]),
        ("time;level\n2;5\n2,5;-1\n4;3\n", [2, 2.5, 4]),
        ("seconds,x\n2,5\n2.5,-1\n4,3\n", [2, 2.5, 4]),
        ("temperature,Time (ms)\n5,2000\n-1,2500\n3,4000\n", [2, 2.5, 4]),
        ("t,pressure\n20,5\n25,-1\n40,3\n", [20, 25, 40]),  # a clock without a unit is left as it is
        (",t,y\n0,2,5\n1,2.5,-1\n2,4,3\n", [2, 2.5, 4]),
        ("# t y\n2 5\n2.5 -1\n\n4 3\n", [2, 2.5, 4]),
        ("timestamp,value\n1700000000,5\n1700000000.5,-1\n1700000002,3\n", [0, 0.5, 2]),
    ],
)
def test_a_time_and_one_value_are_a_series(text: str, times: list[float]) -> None:
    drawing = read(text)
    assert drawing.points.tolist() == [[times[0], 5], [times[1], -1], [times[2], 3]]
    assert lengths(drawing) == [3]
    assert drawing.is_series
    assert drawing.y_up


def test_a_series_is_written_as_one() -> None:
    series = Drawing.series([2000, 2000.5, 2002], [5, -1, 3])
    assert csv_points.to_text(series) == "t_s,value\n2000.0,5.0\n2000.5,-1.0\n2002.0,3.0\n"
    for all_columns in (False, True):
        again = read(csv_points.to_text(series, all_columns=all_columns))
        assert again.is_series
        assert again.points.tolist() == series.points.tolist()
