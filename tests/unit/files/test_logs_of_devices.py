"""Tables as eye trackers, pencils, mice and satellite receivers write them: nothing of them is lost unsaid."""

import math
from pathlib import Path
from typing import Any

import pytest

from studio.errors import StudioError
from studio.files import csv_points
from studio.files.readers import read_materials
from studio.files.source import Source
from studio.files.table_options import TableOptions, columns_from
from studio.sequences.material import Drawing
from studio.sequences.text import Text

PLACES = [(500 + 300 * math.sin(i / 9), 400 + 200 * math.cos(i / 7)) for i in range(60)]


def read(text: str, **options: Any) -> tuple[list[Drawing], str]:
    source = Source("a.csv", text.encode(), options=TableOptions(**options))
    return list(csv_points.read(source)), " ".join(source.notes)


def counts(drawing: Drawing) -> list[int]:
    return [len(stroke.points) for stroke in drawing.strokes]


def tobii() -> str:
    head = "Recording timestamp\tSensor\tParticipant name\tGaze point X\tGaze point Y\tEye movement type\n"
    rows = [
        f"{16667 * i}\tEye Tracker\tP0{1 + i // 30}\t{x:.0f}\t{y:.0f}\tFixation\n" for i, (x, y) in enumerate(PLACES)
    ]
    return head + "".join(rows)


def test_participants_of_an_eye_tracker_are_drawings_of_their_own() -> None:
    drawings, said = read(tobii())
    assert [counts(drawing) for drawing in drawings] == [[30], [30]]
    assert "every Participant name is a drawing of its own" in said
    assert drawings[0].strokes[0].times is not None
    assert drawings[0].strokes[0].times[1] == pytest.approx(0.016667)


@pytest.mark.parametrize(
    "head",
    ["x,y,mood,t", "left_x,left_y,mood,t", "locationX,locationY,mood,timestamp", "lat,lon,mood,t", "dx,dy,mood,t"],
)
def test_a_column_that_is_not_read_is_said_whatever_the_others_are_called(head: str) -> None:
    rows = "".join(f"{i / 100},{i * i / 1000},gay,{i / 10}\n" for i in range(20))
    assert "the column 'mood' is not read" in read(f"{head}\n{rows}")[1]


@pytest.mark.parametrize(("ticks", "unit"), [(5, 1), (1, 1), (60, 1), (1000, 1e-3), (200, 1e-3)])
def test_a_receiver_writes_a_place_every_few_seconds(ticks: int, unit: float) -> None:
    rows = "".join(f"{50 + i * 1e-4},{8 + i * 1e-4},{i * ticks}\n" for i in range(10))
    (drawing,), said = read(f"lat,lng,time\n{rows}")
    assert drawing.strokes[0].times is not None
    assert drawing.strokes[0].times[1] == pytest.approx(ticks * unit)
    assert ("times are in seconds" in said) == (ticks < 100)


@pytest.mark.parametrize(
    ("head", "began", "moved", "ended"),
    [
        ("timestamp,locationX,locationY,phase", "began", "moved", "ended"),
        ("time,x,y,event", "mousedown", "mousemove", "mouseup"),
        ("timeStamp,clientX,clientY,type", "pointerdown", "pointermove", "pointerup"),
        ("t,x,y,action", "ACTION_DOWN", "ACTION_MOVE", "ACTION_UP"),
        ("t,x,y,pen_state", "down", "down", "up"),
        ("t,x,y,phase", "UITouch.Phase.began", "UITouch.Phase.moved", "UITouch.Phase.cancelled"),
        ("t,x,y,phase", "Began", "Moved", "Moved"),  # where ends are not written
    ],
)
def test_words_say_when_the_pen_is_down(head: str, began: str, moved: str, ended: str) -> None:
    words = [began, *[moved] * 8, ended] * 3
    rows = "".join(f"{i / 100},{i},{i * i % 17},{word}\n" for i, word in enumerate(words))
    (drawing,), said = read(f"{head}\n{rows}")
    assert counts(drawing) == [10, 10, 10]
    assert f"{head.rpartition(',')[2]} says when the pen is down" in said


def test_moves_of_a_pen_in_the_air_are_left_out() -> None:
    words = ["hover", "down", "move", "move", "up", "move", "down", "move", "up"]
    rows = "".join(f"{i},{i},{word}\n" for i, word in enumerate(words))
    assert counts(read(f"x,y,event\n{rows}")[0][0]) == [4, 3]


def test_words_of_a_mouse_that_clicks_now_and_then_lose_nothing() -> None:
    words = ["Move"] * 20 + ["Pressed", "Released"] + ["Move"] * 20
    rows = "".join(f"{i},{i},{word}\n" for i, word in enumerate(words))
    (drawing,), said = read(f"x,y,state\n{rows}")
    assert counts(drawing) == [42]
    assert "the column 'state' is not read" in said


def test_words_that_label_are_no_pen() -> None:
    rows = "".join(f"{i},{i},{'up' if i < 5 else 'down'}\n" for i in range(10))
    assert [drawing.label for drawing in read(f"x,y,label\n{rows}")[0]] == ["up", "down"]
    assert [counts(drawing) for drawing in read(f"x,y,event\n{rows}", by="event")[0]] == [[5], [5]]


@pytest.mark.parametrize("columns", [("x", "y", "pen_down"), ("x", "y", "pen"), ("x", "y", "pen_up")])
def test_a_pen_in_words_can_be_named(columns: tuple[str, ...]) -> None:
    rows = "".join(f"{i},{i},{'up' if i % 5 == 4 else 'down'}\n" for i in range(10))
    assert counts(read(f"a,b,state\n{rows}", columns=columns)[0][0]) == [5, 5]


@pytest.mark.parametrize("columns", [("t", "x", "y"), ("t=when", "x=a", "y=b")])
@pytest.mark.parametrize("time", ["10:00:0{}", "2024-01-05T10:00:0{}Z", "13.2.2024 10:00:0{}", "2/13/24, 1:00:0{} PM"])
def test_dates_in_columns_that_are_named_by_hand(columns: tuple[str, ...], time: str) -> None:
    rows = "".join(f'"{time.format(i)}",{i},{i * i}\n' for i in range(9))
    (drawing,) = read(f"when,a,b\n{rows}", columns=columns)[0]
    assert drawing.strokes[0].times is not None
    assert drawing.strokes[0].times.tolist() == pytest.approx(list(range(9)))


@pytest.mark.parametrize("columns", [("x", "y", "pen"), ("x", "y", "t"), ("x", "y", "pressure"), ("x", "t", "y")])
def test_words_where_a_person_says_that_there_are_numbers(columns: tuple[str, ...]) -> None:
    rows = "".join(f"{i},{i},{'maple' if i % 5 else 'oak'}\n" for i in range(10))
    with pytest.raises(StudioError, match=r"a\.csv, line 2: 'oak' is not a number"):
        read(f"a,b,tree\n{rows}", columns=columns)


@pytest.mark.parametrize(
    ("first", "second", "seconds"),
    [
        ("13.02.2024 10:00:00", "13.02.2024 10:00:01,5", 1.5),
        ("31.12.2023 23:59:59", "01.01.2024 00:00:01", 2),
        ("12/31/2023 11:59:59 PM", "1/1/2024 12:00:01 AM", 2),
        ("31/12/2023 23:59:59", "01/01/2024 00:00:01", 2),
        ("3/4/2024 11:59:59 am", "3/4/2024 12:00:01 pm", 2),
        ("03/04/2024 23:59:59", "04/04/2024 00:00:01", 2),  # the day first, or it would be a month
        ("04/03/2024 23:59:59", "04/04/2024 00:00:01", 2),  # the month first
        ("11:59:59 PM", "11:59:59.5 PM", 0.5),
        ("5-2-24 9:05", "5-2-24 9:06", 60),
        ("2024/1/5 9:05:03", "2024/1/5 9:05:04", 1),
    ],
)
def test_dates_as_people_write_them(first: str, second: str, seconds: float) -> None:
    (drawing,) = read(f"time;x;y\n{first};1;2\n{second};2;3\n")[0]
    assert drawing.strokes[0].times is not None
    assert drawing.strokes[0].times.tolist() == pytest.approx([0, seconds])


def test_dates_that_can_be_read_in_two_ways_are_said() -> None:
    assert "the day stands first in dates" in read("time;x;y\n3/4/2024 9:00:00;1;2\n4/4/2024 9:00:01;2;3\n")[1]
    assert "dates" not in read("time;x;y\n3/4/2024 9:00:00;1;2\n3/4/2024 9:00:01;2;3\n")[1]


@pytest.mark.parametrize("cell", ["32.13.2024 10:00:00", "1/2/2024", "soon", "30/30/2024 10:00:00", "1/2/2024 10:xx"])
def test_what_is_no_date(cell: str) -> None:
    with pytest.raises(StudioError, match="is not a number"):
        read(f"time;x;y\n{cell};1;2\n{cell};2;3\n")


@pytest.mark.parametrize(
    "text",
    [
        tobii(),
        "x\ty\tlabel\n" + "".join(f"{i}\t{i * i}\ta\n" for i in range(9)),
        "x y what\n" + "".join(f"{i} {i * i} oak\n" for i in range(9)),
        "## [iView]\n## Rate:\t500\nTime\tType\tL POR X [px]\tL POR Y [px]\n"
        + "".join(f"{2000 * i}\tSMP\t{i}\t{i * i}\n" for i in range(9)),
    ],
)
def test_a_table_with_columns_of_words_is_no_text(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text)
    result = read_materials([tmp_path / "a.txt"])
    assert result.materials
    assert all(isinstance(item.material, Drawing) for item in result.materials)


@pytest.mark.parametrize(
    "text", ["x y z\nwe all know\n", "time value lost\n1 2 3 soldiers\nand more\n", "x\ty\tlabel\nsee below\nthe end\n"]
)
def test_a_text_that_begins_with_names_of_columns_is_a_text(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text)
    assert [type(item.material) for item in read_materials([tmp_path / "a.txt"]).materials] == [Text]


def test_names_that_are_repeated_in_other_words_below_them() -> None:
    head = "LABEL,TRACK_ID,POSITION_X,POSITION_Y\nLabel,Track ID,X,Y\nLabel,Track ID,X,Y\n,,(micron),(micron)\n"
    drawings, said = read(head + "".join(f"ID{i},{i % 2},{i},{i * i}\n" for i in range(10)))
    assert [drawing.points[:2].tolist() for drawing in drawings] == [[[0, 0], [2, 4]], [[1, 1], [3, 9]]]
    assert "the lines below the names of the columns were left out" in said
    with pytest.raises(StudioError, match=r"line 2: 'oak' is not a number"):
        read("x,y\noak,1\n2,3\n")


def test_results_that_a_spreadsheet_could_not_reckon_are_missing() -> None:
    (drawing,), said = read("x,y\n1,2\n#DIV/0!,#REF!\n3,4\n5,6\n")
    assert counts(drawing) == [1, 2]
    assert "lifted pen" in said


def test_the_moves_beside_drags_are_in_the_air() -> None:
    words = ["Drag"] * 5 + ["Released", "Move", "Move", "Pressed"] + ["Drag"] * 5
    rows = "".join(f"{i},{i},{word}\n" for i, word in enumerate(words))
    assert counts(read(f"x,y,state\n{rows}")[0][0]) == [6, 6]


def test_a_name_that_differs_in_every_row_labels_nothing() -> None:
    (drawing,) = read("x,y,name\n" + "".join(f"{i},{i * i},p{i}\n" for i in range(20)))[0]
    assert (drawing.label, counts(drawing)) == ("", [20])


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Zeit [µs]", 1e-6),
        ("Temps (ms)", 1e-3),
        ("timestamp_sec", 1),
        ("Datetime [ns]", 1e-9),
        ("Elapsed Time (ms)", 1e-3),
    ],
)
def test_times_with_a_unit_in_other_languages(name: str, unit: float) -> None:
    (drawing,) = read(f"x,y,{name}\n" + "".join(f"{i},{i * i},{i * 7}\n" for i in range(20)))[0]
    assert drawing.strokes[0].times is not None
    assert drawing.strokes[0].times[1] == pytest.approx(7 * unit)


@pytest.mark.parametrize("name", ["image", "File name", "sketch_id"])
def test_images_and_files_are_drawings_of_their_own(name: str) -> None:
    rows = "".join(f"{1 + i // 10},{i // 5 % 2},{i},{i * i}\n" for i in range(20))
    assert [counts(drawing) for drawing in read(f"{name},stroke,x,y\n{rows}")[0]] == [[5, 5], [5, 5]]


def test_hours_and_minutes_before_and_after_noon() -> None:
    (drawing,) = read("time,x,y\n11:59 AM,1,2\n12:00 PM,2,3\n12:02 PM,3,4\n")[0]
    assert drawing.strokes[0].times is not None
    assert drawing.strokes[0].times.tolist() == [0, 60, 180]


def test_numbers_that_a_person_calls_labels_are_labels() -> None:
    rows = "".join(f"{i},{i * i},{i // 10}\n" for i in range(20))
    assert [drawing.label for drawing in read(rows, columns=("x", "y", "label"))[0]] == ["0", "1"]


def test_clicks_without_a_release_are_no_strokes() -> None:
    rows = "".join(f"{i},{i * i},{'Move' if i % 9 else 'Pressed'}\n" for i in range(30))
    assert counts(read(f"x,y,Event\n{rows}")[0][0]) == [30]


@pytest.mark.parametrize("time", ["10:00:{}", "2024-01-05T10:0{}:00", "5.1.2024 10:00:{}"])
@pytest.mark.parametrize("head", ["time,x,y", "Time (ms),x,y", "time,value"])
def test_times_of_day_are_seconds_however_far_apart(time: str, head: str) -> None:
    values = "" if "value" in head else ",2"
    rows = "".join(f"{time.format(i * 5)},{i}{values}\n" for i in (0, 1))
    (drawing,) = read(f"{head}\n{rows}")[0]
    seconds = 300 if "T" in time else 5
    found = drawing.points[:, 0] if "value" in head else drawing.strokes[0].times
    assert found is not None
    assert found[1] - found[0] == pytest.approx(seconds)


def test_columns_that_are_named_in_two_ways() -> None:
    with pytest.raises(StudioError, match="partly by ="):
        columns_from("x,y,t=stamp")
