"""How tables and arrays are read: what is found out of their values, what is said of it, and what settles it."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.errors import StudioError
from studio.files import arrays, csv_points, json_drawings
from studio.files.npy import write_array
from studio.files.readers import read_materials
from studio.files.source import Source
from studio.files.table_options import TableOptions, columns_from
from studio.files.table_preview import settled
from studio.sequences.material import Drawing


def read(text: str, **options: Any) -> list[Drawing]:
    return read_with_notes(text, **options)[0]


def read_with_notes(text: str, **options: Any) -> tuple[list[Drawing], str]:
    source = Source("a.csv", text.encode(), options=TableOptions(**options))
    return list(csv_points.read(source)), " ".join(source.notes)


def read_npy(array: Any, **options: Any) -> tuple[list[Drawing], str]:
    file = io.BytesIO()
    np.save(file, array)
    source = Source("a.npy", file.getvalue(), options=TableOptions(**options))
    return list(arrays.read_npy(source)), " ".join(source.notes)


def strokes(drawing: Drawing) -> list[list[list[float]]]:
    return [stroke.points.tolist() for stroke in drawing.strokes]


# --- how numbers are written


@pytest.mark.parametrize(
    "text",
    [
        'x,y\n"1,5","-2,0"\n"3,25","4,5"\n',
        "sep=;\nx;y\n1,5;-2,0\n3,25;4,5\n",
        "x;y\n1,5;\u22122,0\n3,25;4,5\n",
        "x,y\n1.5,\u22122\n3.25,4.5\n",
        "x\ty\n1.5\t-2\n3.25\t4.5\n",
        "Subject: 12\nrecorded today\n\nx,y\n1.5,-2\n3.25,4.5\n",
        "x,y\nmm,mm\n1.5,-2\n3.25,4.5\n",
    ],
)
def test_numbers_and_delimiters_of_all_places(text: str) -> None:
    (drawing,) = read(text)
    assert drawing.points.tolist() == [[1.5, -2], [3.25, 4.5]]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ('x,y\n"1,234.5",2\n"12,000.0",3\n', [[1234.5, 2], [12000, 3]]),
        ("x;y\n1.234,5;2,0\n12.000,0;3,0\n", [[1234.5, 2], [12000, 3]]),
        ("x;y\n1 234,5;2,0\n12 000,0;3,0\n", [[1234.5, 2], [12000, 3]]),
        ("x;y\n1,234;2,345\n2,345;3,456\n", [[1.234, 2.345], [2.345, 3.456]]),  # no thousands: a decimal comma
        ("x;y\n1,234,567.5;2\n2;3\n", [[1234567.5, 2], [2, 3]]),
    ],
)
def test_thousands_separators(text: str, points: list[list[float]]) -> None:
    assert read(text)[0].points.tolist() == points


def test_the_decimal_sign_can_be_told() -> None:
    assert read("x;y\n1,234;2\n2,345;3\n", decimal=".")[0].points.tolist() == [[1234, 2], [2345, 3]]


# --- which column is what


@pytest.mark.parametrize(
    ("text", "points", "times"),
    [
        ("0.00,7,9\n0.01,8,9\n0.02,10,4\n0.03,9,1\n", [[7, 9], [8, 9], [10, 4], [9, 1]], [0, 0.01, 0.02, 0.03]),
        ("7,9,0.00\n8,9,0.01\n10,4,0.02\n9,1,0.03\n", [[7, 9], [8, 9], [10, 4], [9, 1]], [0, 0.01, 0.02, 0.03]),
        ("1,7,9\n2,8,9\n3,10,4\n4,9,1\n", [[7, 9], [8, 9], [10, 4], [9, 1]], None),  # the first counts the rows
        ("a b\nleft_x,left_y\n7,9\n8,9\n", [[7, 9], [8, 9]], None),
        ("t,gaze_x,gaze_y\n0,7,9\n20,8,9\n", [[7, 9], [8, 9]], [0, 0.02]),
        ("t,y,x\n0,9,7\n20,9,8\n", [[7, 9], [8, 9]], [0, 0.02]),
        ("hand.x;hand.y;note\n7;9;a\n8;9;b\n", [[7, 9], [8, 9]], None),
    ],
)
def test_columns_in_any_order(text: str, points: list[list[float]], times: list[float] | None) -> None:
    (drawing,) = read(text)
    assert drawing.points.tolist() == points
    assert (drawing.times is None) == (times is None)
    if times is not None:
        np.testing.assert_allclose(drawing.times, times)


def test_what_was_found_out_is_said_and_what_is_plain_is_not() -> None:
    assert "the columns are time, x and y" in read_with_notes("0.00,7,9\n0.01,8,9\n0.02,10,4\n")[1]
    assert read_with_notes("x,y\n0,1\n2,3\n")[1] == ""
    assert read_with_notes("x,y,pen_up,t_ms\n0,1,0,0\n2,3,1,9\n")[1] == ""
    assert "the lines above the names of the columns" in read_with_notes("by me\n1 page\nx,y\n1,2\n2,3\n")[1]


def test_columns_can_be_told() -> None:
    text = "0.00,7,9,1\n0.01,8,9,1\n0.02,10,4,1\n"
    (drawing,) = read(text, columns=columns_from("x,t_ms,y,-"))
    assert drawing.points.tolist() == [[0, 9], [0.01, 9], [0.02, 4]]
    np.testing.assert_allclose(drawing.times, [0, 0.001, 0.003])
    (named,) = read("a,b,c\n1,2,3\n4,5,6\n", columns=columns_from("y=a, x=c"))
    assert named.points.tolist() == [[3, 1], [6, 4]]
    (wide,) = read("1 2 3 4 5 6 7\n2 2 3 4 5 6 8\n", columns=columns_from("-,-,-,-,-,x,y"))
    assert wide.points.tolist() == [[6, 7], [6, 8]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("x,z", "unknown; known are x, y"), ("x,t", "lack x and y"), ("x=a,b=c", "unknown")],
)
def test_columns_that_cannot_be_meant(words: str, sentence: str) -> None:
    with pytest.raises(StudioError, match=sentence):
        columns_from(words)


def test_columns_in_their_order_are_not_asked_of_what_has_names_but_no_order() -> None:
    source = Source("a.json", b'{"y": [1, 2], "x": [3, 4]}', options=TableOptions(columns=("y", "x")))
    (drawing,) = json_drawings.read(source)
    assert drawing.points.tolist() == [[3, 1], [4, 2]]


def test_columns_that_a_file_has_not() -> None:
    with pytest.raises(StudioError, match="has 2 columns where 3 were named"):
        read("1,2\n3,4\n", columns=columns_from("x,y,t"))
    with pytest.raises(StudioError, match="has no column 'q'"):
        read("a,b\n1,2\n", columns=columns_from("x=q,y=b"))
    with pytest.raises(StudioError, match="has no column 'q' that could tell drawings apart"):
        read("x,y\n1,2\n", by="q")


# --- latitude and longitude


def test_degrees_become_metres_to_the_east_and_north() -> None:
    (drawing,), said = read_with_notes("lat,lon\n52.5,13.4\n52.5,13.5\n52.6,13.5\n")
    (x0, y0), (x1, y1), (x2, y2) = drawing.points.tolist()
    assert (x0, y0, y1, x2) == pytest.approx((0, 0, 0, x1))
    assert y2 == pytest.approx(11119.5, rel=1e-3)  # a tenth of a degree of a great circle
    assert x1 == pytest.approx(11119.5 * np.cos(np.radians(52.55)), rel=1e-3)
    assert drawing.y_up is True
    assert "metres east and north" in said


def test_a_way_over_the_date_line_is_short() -> None:
    (drawing,) = read("lon,lat\n179.9,0\n-179.9,0\n")
    assert drawing.points[1, 0] == pytest.approx(2 * 11119.5, rel=1e-3)


def test_a_latitude_that_there_is_not() -> None:
    with pytest.raises(StudioError, match="line 3: holds a latitude or longitude that there is not"):
        read("lat,lon\n1,2\n91,2\n")


# --- several drawings


@pytest.mark.parametrize("name", ["trial", "id", "participant", "Subject ID", "session", "track_id"])
def test_what_tells_trials_apart_makes_drawings(name: str) -> None:
    found, said = read_with_notes(f"{name},x,y,t\na,0,0,0\na,1,1,10\nb,5,5,0\nb,6,6,10\nb,7,6,20\n")
    assert [strokes(drawing) for drawing in found] == [[[[0, 0], [1, 1]]], [[[5, 5], [6, 6], [7, 6]]]]
    np.testing.assert_allclose(found[1].times, [0, 0.01, 0.02])
    assert f"every {name} is a drawing of its own" in said


def test_trials_of_participants_and_rows_that_alternate() -> None:
    text = "participant,trial,x,y\n1,1,0,0\n1,2,9,9\n1,1,1,1\n1,2,8,8\n2,1,4,4\n2,1,5,5\n"
    assert [strokes(drawing)[0] for drawing in read(text)] == [[[0, 0], [1, 1]], [[9, 9], [8, 8]], [[4, 4], [5, 5]]]


def test_a_count_of_rows_is_no_trial() -> None:
    assert len(read("id,x,y\n1,0,0\n2,1,1\n3,2,2\n")) == 1


def test_labels_are_labels() -> None:
    found = read("label,x,y\ncat,0,0\ncat,1,1\ndog,5,5\ndog,6,6\n")
    assert [(drawing.label, len(drawing)) for drawing in found] == [("cat", 2), ("dog", 2)]


def test_trials_can_be_told_otherwise() -> None:
    text = "trial,x,y,page\n1,0,0,a\n1,1,1,b\n2,5,5,a\n2,6,6,b\n"
    assert len(read(text, by="none")) == 1
    assert [strokes(drawing)[0] for drawing in read(text, by="page")] == [[[0, 0], [5, 5]], [[1, 1], [6, 6]]]
    assert len(read(text, by="4")) == 2


def test_a_clock_that_starts_again_begins_another_drawing() -> None:
    text = "x,y,t\n0,0,0\n1,1,10\n2,1,20\n9,9,0\n8,8,10\n"
    assert [len(drawing) for drawing in read(text)] == [3, 2]
    (one,) = read(text, by="none")
    assert [len(stroke) for stroke in one.strokes] == [3, 2]


def test_series_of_several_trials() -> None:
    found = read("trial,t,value\n1,0,5\n1,1,6\n2,0,7\n2,1,8\n")
    assert [drawing.is_series for drawing in found] == [True, True]


# --- times


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        ([0, 2000, 4000, 6100], [0, 0.002, 0.004, 0.0061]),
        ([0, 16, 33, 50], [0, 0.016, 0.033, 0.05]),
        ([0, 4_000_000, 8_000_000, 12_000_000], [0, 0.004, 0.008, 0.012]),
        ([638_500_000_000_000_000, 638_500_000_000_160_000, 638_500_000_000_320_000], [0, 0.016, 0.032]),
        ([1_700_000_000_000_000, 1_700_000_000_016_000, 1_700_000_000_032_000], [0, 0.016, 0.032]),
        ([1_700_000_000, 1_700_008_333, 1_700_016_666], [0, 0.008333, 0.016666]),  # microseconds since a start
        (["12:00:00.000", "12:00:00.016", "12:00:01"], [0, 0.016, 1]),
        (["2024-05-01T10:00:00Z", "2024-05-01T10:00:00.5Z", "2024-05-01 10:00:02"], [0, 0.5, 2]),
    ],
)
def test_clocks_of_any_unit(clock: list[Any], seconds: list[float]) -> None:
    (drawing,) = read("x,y,t\n" + "".join(f"{i},{i},{time}\n" for i, time in enumerate(clock)))
    np.testing.assert_allclose(drawing.times, seconds, atol=1e-9)


def test_the_unit_can_be_told_and_is_said() -> None:
    text = "x,y,t\n0,0,0\n1,1,2000\n2,2,4000\n"
    assert "times are in microseconds" in read_with_notes(text)[1]
    np.testing.assert_allclose(read(text, time_unit="ms")[0].times, [0, 2, 4])
    assert read_with_notes(text, time_unit="ms")[1] == ""


def test_rows_out_of_order_are_sorted() -> None:
    found, said = read_with_notes("t,x,y\n0,0,0\n30,3,0\n10,1,0\n20,2,0\n")
    assert found[0].points.tolist() == [[0, 0], [1, 0], [2, 0], [3, 0]]
    np.testing.assert_allclose(found[0].times, [0, 0.01, 0.02, 0.03])
    assert "sorted by their times" in said
    (series,) = read("t,value\n3,30\n1,10\n2,20\n")
    assert series.points.tolist() == [[1, 10], [2, 20], [3, 30]]


# --- samples that are no points


@pytest.mark.parametrize("missing", ["", "NA", "NaN", ".", "null", "N/A", "-"])
def test_missing_samples_are_a_lifted_pen(missing: str) -> None:
    found, said = read_with_notes(f"t,x,y\n0,1,1\n10,2,2\n20,{missing},{missing}\n30,3,{missing}\n40,4,4\n50,5,4\n")
    assert strokes(found[0]) == [[[1, 1], [2, 2]], [[4, 4], [5, 4]]]
    np.testing.assert_allclose(found[0].times, [0, 0.01, 0.04, 0.05])
    assert "samples without a position are a lifted pen" in said


def test_missing_times_are_filled_in_and_a_file_of_nothing_is_refused() -> None:
    found, said = read_with_notes("t,x,y\n0,1,1\n,2,2\n20,3,3\n")
    np.testing.assert_allclose(found[0].times, [0, 0.01, 0.02])
    assert "taken from those before and after" in said
    with pytest.raises(StudioError, match="holds no points"):
        read("x,y\n1,NA\nNA,2\n")


@pytest.mark.parametrize("mark", ["-1,-1", "0,0", "-9999,-9999", "-32768,-32768"])
def test_values_that_stand_for_a_lifted_pen(mark: str) -> None:
    text = f"x,y\n100,140\n101,141\n{mark}\n130,130\n131,131\n{mark}\n"
    found, said = read_with_notes(text)
    assert strokes(found[0]) == [[[100, 140], [101, 141]], [[130, 130], [131, 131]]]
    assert "are a lifted pen" in said
    assert len(read(text, sentinels=False)[0]) == 6


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n-1,-1\n0,0\n1,1\n2,2\n",  # on the way
        "x,y\n0,0\n50,50\n51,51\n52,52\n",  # a drawing may begin in the corner
        "x,y\n-5,3\n-6,4\n-1,-1\n-7,5\n",  # others are negative, too
        "x,y,pen\n100,140,0\n-1,-1,0\n130,130,1\n",  # there is a pen
    ],
)
def test_points_that_only_look_like_such_values(text: str) -> None:
    assert len(read(text)[0]) == len(text.splitlines()) - 1


# --- the pen


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([1, 1, 1, 0, 1, 1, 0], [4, 3]),
        ([1, 1, 1, 1], [4]),
        ([0, 0, 0, 1, 0, 0, 1], [4, 3]),
        ([0, 0, 0, 0], [4]),
        ([0, 1, 1, 1, 0, 1, 1], [4, 2]),  # begins in the air
    ],
)
def test_a_pen_without_a_name_is_up_or_down(flags: list[int], expected: list[int]) -> None:
    found = read("".join(f"{10 + i},{20 + i * i % 7},{flag}\n" for i, flag in enumerate(flags)))
    assert [len(stroke) for stroke in found[0].strokes] == expected


def test_the_pen_can_be_told() -> None:
    text = "".join(f"{10 + i},{20 + i},{flag}\n" for i, flag in enumerate([1, 1, 1, 0, 1, 1, 0]))
    assert [len(stroke) for stroke in read(text, pen_down=False)[0].strokes] == [1, 1, 1, 2, 1, 1]
    assert "is the pen on the paper" in read_with_notes(text)[1]


# --- offsets


STROKE3 = np.array([[3, 1, 0], [3, -2, 0], [-4, 1, 1], [5, -4, 0], [2, 2, 1]])
AS_POSITIONS = [[[3, 1], [6, -1], [2, 0]], [[7, -4], [9, -2]]]
STROKE5 = np.array([*([*row[:2], 1 - row[2], row[2], 0] for row in STROKE3.tolist()), [0, 0, 0, 0, 1], [0, 0, 0, 0, 1]])


@pytest.mark.parametrize(
    "array",
    [
        STROKE3,
        STROKE3.astype(np.float32),
        STROKE3.T.repeat(1, axis=0)[:, [0, 1, 2, 3, 4]].T,
        STROKE3[:, [2, 0, 1]],  # the pen first, as in handwriting of 2013
        STROKE5,
        STROKE5[:6],
    ],
)
def test_offsets_are_known_by_their_values(array: np.ndarray) -> None:
    (drawing,), said = read_npy(array)
    assert strokes(drawing) == AS_POSITIONS
    assert "offsets from point to point" in said


def test_offsets_can_be_told() -> None:
    assert strokes(read_npy(STROKE3, offsets=False)[0][0])[0] == STROKE3[:3, :2].tolist()
    assert read("x,y\n1,2\n3,4\n", offsets=True)[0].points.tolist() == [[1, 2], [4, 6]]
    assert read("dx,dy\n1,2\n3,4\n")[0].points.tolist() == [[1, 2], [4, 6]]
    assert len(read("dx dy eos eod\n9 8 0 0\n1 0 1 1\n5 5 0 0\n1 1 1 1\n")) == 2


def test_a_smooth_line_about_the_origin_is_one_of_positions() -> None:
    angle = np.linspace(0, 2 * np.pi, 60)
    circle = np.column_stack([np.cos(angle), np.sin(angle), np.arange(60) == 59])
    (drawing,), _ = read_npy(circle)
    np.testing.assert_allclose(drawing.points, circle[:, :2])


# --- arrays of other shapes


def test_rows_of_x_and_y() -> None:
    x = np.linspace(0, 5, 9)
    for array in (np.stack([x, x**2]), np.stack([x, x**2]).astype(np.float32)):
        (drawing,), said = read_npy(array)
        np.testing.assert_allclose(drawing.points, np.column_stack([x, x**2]), rtol=1e-6)
        assert "turned over" in said
    assert len(read_npy(np.stack([[x, x**2]] * 3))[0]) == 3


def test_batches_that_are_filled_up() -> None:
    batch = np.full((2, 6, 2), np.nan)
    batch[0, :4], batch[1] = np.arange(8).reshape(4, 2), np.arange(12).reshape(6, 2)
    assert [len(drawing) for drawing in read_npy(batch)[0]] == [4, 6]
    zeros = np.nan_to_num(batch) + (np.isfinite(batch) * 1.0)
    found, said = read_npy(zeros)
    assert [len(drawing) for drawing in found] == [4, 6]
    assert "rows of zeros" in said


def test_records() -> None:
    records = np.array([(0, 1, 0.0), (2, 3, 0.016)], [("y", "<i2"), ("x", "<f4"), ("t", "<f8")])
    (drawing,), _ = read_npy(records)
    assert drawing.points.tolist() == [[1, 0], [3, 2]]
    np.testing.assert_allclose(drawing.times, [0, 0.016])
    assert len(read_npy(np.stack([records, records]))[0]) == 2


def test_pens_of_which_one_is_always_down() -> None:
    array = np.array([[0, 246, 1, 0], [25, 186, 1, 0], [63, 120, 0, 1], [10, 10, 1, 0], [20, 20, 0, 1.0]])
    (drawing,), _ = read_npy(array)
    assert strokes(drawing) == [[[0, 246], [25, 186], [63, 120]], [[10, 10], [20, 20]]]


def test_sketch_rnn_data_with_one_more_array() -> None:
    items = np.empty(2, object)
    items[:] = [STROKE3, STROKE3]
    file = io.BytesIO()
    np.savez(file, train=items, std=np.float32(3.5))
    source = Source("a.npz", file.getvalue())
    assert [strokes(drawing) for drawing in arrays.read_npz(source)] == [AS_POSITIONS] * 2
    assert "std" in source.notes[0]


def test_offsets_in_an_archive_whatever_their_name() -> None:
    file = io.BytesIO()
    np.savez(file, kanji=STROKE3)
    (drawing,) = arrays.read_npz(Source("a.npz", file.getvalue()))
    assert strokes(drawing) == AS_POSITIONS


def test_a_file_of_ours_is_never_taken_for_offsets() -> None:
    drawing = Drawing.from_points(STROKE3[:, :2], STROKE3[:, 2])
    source = Source("a.npy", arrays.to_npy(drawing))
    (again,) = arrays.read_npy(source)
    assert strokes(again) == strokes(drawing)
    assert source.notes == []
    np.testing.assert_array_equal(np.load(io.BytesIO(source.data)), STROKE3.astype(float))
    assert write_array(STROKE3) != source.data


# --- the other readings


@pytest.mark.parametrize(
    "text",
    [
        "x,y,t\n0,0,0\n1,1,2000\n2,2,4000\n",
        "x,y,t\n0,0,0\n1,1,10\n2,1,20\n9,9,0\n8,8,10\n",
        "x,y\n100,140\n101,141\n-1,-1\n130,130\n131,131\n",
        "".join(f"{i / 50:.2f},{i},{i * i % 5 + i * 3}\n" for i in range(9)),
    ],
)
def test_other_readings_are_offered_and_can_be_had(text: str) -> None:
    source = Source("a.csv", text.encode())
    as_likely = list(csv_points.read(source))
    (doubt,) = source.doubts
    best, other = doubt.readings[:2]
    assert best.said != other.said
    asked = Source("a.csv", text.encode(), options=settled(other, best, TableOptions()))
    as_other = list(csv_points.read(asked))
    wanted = doubt.drawn(other)
    assert [(strokes(d), d.times is None) for d in as_other] == [(strokes(d), d.times is None) for d in wanted]
    for mine, drawing in zip(as_other, wanted, strict=True):
        if drawing.times is not None:
            np.testing.assert_allclose(mine.times, drawing.times)
    assert [(strokes(d), str(d.times)) for d in as_likely] != [(strokes(d), str(d.times)) for d in as_other]


# --- many files


def test_files_of_an_import_are_read_alike(tmp_path: Path) -> None:
    """One that would be taken for something else alone is read as the others beside it."""
    names = [f"{i:02d}.csv" for i in range(12)]
    for name in names:
        (tmp_path / name).write_text("x,y,t\n" + "".join(f"{i},{i},{i * 2000}\n" for i in range(9)))
    odd = "x,y,t\n0,0,0\n1,1,400\n2,2,800\n"
    (tmp_path / "odd.csv").write_text(odd)
    np.testing.assert_allclose(read(odd)[0].times, [0, 0.4, 0.8])
    result = read_materials([tmp_path])
    last = result.materials[-1].material
    assert isinstance(last, Drawing)
    np.testing.assert_allclose(last.times, [0, 0.0004, 0.0008])
    (sentence,) = result.problems
    assert sentence.startswith("13 files (")
    assert "times are in microseconds" in sentence


HOVERING = "x,y,pressure,t\n" + "".join(
    f"{i},{i % 3},{force},{8 * i}\n" for i, force in enumerate([0, 300, 800, 700, 0, 0, 500, 900, 0])
)


def test_a_pressure_of_zero_is_a_pen_in_the_air_and_said() -> None:
    (drawing,), said = read_with_notes(HOVERING)
    assert strokes(drawing) == [[[1, 1], [2, 2], [3, 0]], [[6, 0], [7, 1]]]
    assert "samples of pressure 0 are a pen in the air" in said
    (drawing,), said = read_with_notes(HOVERING, sentinels=False)
    assert len(drawing) == 9
    assert said == ""


@pytest.mark.parametrize(
    "text",
    [
        "x,y,pressure,pen\n0,0,0,0\n1,1,0.5,0\n2,2,0,1\n",  # there is a pen
        "x,y,pressure,stroke\n0,0,0,1\n1,1,0.5,1\n2,2,0,2\n",
        "x,y,pressure\n0,0,0\n1,1,0\n2,2,0\n",  # a mouse
        "x,y,pressure\n0,0,0\n1,1,0.5\n\n2,2,0\n",  # empty lines part the strokes
    ],
)
def test_a_pressure_of_zero_where_the_strokes_are_known(text: str) -> None:
    found, said = read_with_notes(text)
    assert [len(drawing) for drawing in found] == [3]
    assert "pressure 0" not in said


@pytest.mark.parametrize("name", ["Druck", "pression", "presión"])
def test_pressure_in_other_languages(name: str) -> None:
    (drawing,) = read(f"x;y;{name}\n1,5;2;0,5\n2,5;3;1\n")
    assert drawing.pressure is not None
    assert drawing.pressure.tolist() == [0.5, 1]


def test_tables_of_praat() -> None:
    (series,), said = read_with_notes("Time_s,F0_Hz\n0.01,--undefined--\n0.02,120.5\n0.03,121.5\n")
    assert series.points.tolist() == [[0.02, 120.5], [0.03, 121.5]]
    assert "times without a value were left out" in said
    (series,) = read("row\ttime\tF0\n1\t0.01\t120.5\n2\t0.02\t121.5\n")
    assert series.points.tolist() == [[0.01, 120.5], [0.02, 121.5]]
