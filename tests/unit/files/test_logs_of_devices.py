"""Tables as eye trackers, pencils, mice and satellite receivers write them: nothing of them is lost unsaid."""

import math
from pathlib import Path
from typing import Any

import pytest

from studio.files import csv_points
from studio.files.readers import read_materials
from studio.files.source import Source
from studio.files.table_options import TableOptions
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
