"""A .txt file is a text, whatever its first letters; it is something else only where its whole structure is that."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from good_files import HPGL_TEXTS

from studio.files import audio, readers
from studio.files.readers import read_materials
from studio.sequences.material import Drawing
from studio.sequences.recording import Recording
from studio.sequences.text import Text

PROSE = "\nIt was a bright cold day in April, and the clocks were striking.\nNobody knew why; nobody asked.\n"

MAGIC = [
    start.decode("latin-1") + "    "[: max(0, at - len(start))] + more.decode() for start, at, more in audio._MAGIC
]
FIRST_WORDS = [
    *(word for word in MAGIC if word.isascii() and word.isprintable()),
    *(magic.decode() for magic, _ in readers.MAGIC if magic.isascii()),
    "MThd is how MIDI begins.",
    "RIFF    RMID and so on",
    "PK is short for Phil Katz.",
    "START",
    "HIERARCHY",
    ".COORD is a command of UNIPEN",
    ".PEN_DOWN",
    ".VERSION of this story: 2",
    "WORD a b",
    "NUMSTROKES 3",
    "sep=;",
    "<svg",
    "<ink> and paper",
    "<gpx",
    "<kml>",
    "<xournal>",
    "<WhiteboardCaptureSession",
    "[1] A footnote",
    "{curly}",
    '{"drawing": said she',
    "IN; PU; PD",
    "G1 is where we met, at",
    "G0 X1 Y1",
    "# 1, 2, 3",
    "1 2 3",
    "C4;D4;E4",
]


@pytest.mark.parametrize("word", FIRST_WORDS)
@pytest.mark.parametrize("between", ["", " "])
def test_a_text_whatever_its_first_letters(word: str, between: str, tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_text(word + between + PROSE)
    result = read_materials([path])
    (item,) = result.materials
    assert isinstance(item.material, Text)
    assert item.material.characters == word + between + PROSE
    for problem in result.problems:  # where it takes a closer look to see that it is a text
        assert "story.txt: came in as a text" in problem


@pytest.mark.parametrize("word", FIRST_WORDS)
def test_in_a_folder_of_texts_too(word: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Once upon a time.\n")
    (tmp_path / "b.txt").write_text(word + PROSE)
    result = read_materials([tmp_path])
    assert sorted(item.name for item in result.materials) == ["a.txt", "b.txt"]
    assert all(isinstance(item.material, Text) for item in result.materials)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_in_other_encodings(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(("START" + PROSE + "Zoë 𝄞" * 900).encode(encoding))
    (item,) = read_materials([path]).materials
    assert isinstance(item.material, Text)


WHOLE = {
    "omniglot": ("START\n1,2,3\n4,5,6\nBREAK\n", 2),
    "skeleton": (
        "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 1 Xposition\nEnd Site\n{\nOFFSET 0 0 0\n}\n}\nMOTION\nFrames: 2\n"
        "Frame Time: 0.1\n1\n2\n",
        2,
    ),
    "unipen": (".VERSION 1.0\n.COORD X Y\n.PEN_DOWN\n1 2\n3 4\n.PEN_UP\n", 2),
    "uji": ("WORD a b\n NUMSTROKES 1\n POINTS 2 # 1 2 3 4\n", 2),
    "table": ("x,y\n1,2\n3,4\n5,7\n", 3),
    "announced": ("sep=;\nx;y\n1;2\n3;4\n", 2),
    "svg": ('<?xml version="1.0"?><svg><path d="M0 0L1 1"/></svg>', 2),
    "json": ("[[1, 2], [3, 4]]", 2),
    "quickdraw": ('{"word":"cat","drawing":[[[0,2],[1,3]]]}\n', 2),
    "hpgl": ("IN;SP1;PU1,2;PD3,4;PU;SP0;", 2),
    "hpgl with a label": (HPGL_TEXTS[0].decode("latin-1").replace("\x1b.(;", ""), 31),
    "gcode": ("G21\nG90\n; a comment\nG0 X1 Y1\nG1 X2\nM117 done\n", 2),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_something_else_throughout_comes_in_as_that(name: str, tmp_path: Path) -> None:
    content, points = WHOLE[name]
    path = tmp_path / "a.txt"
    path.write_text(content, newline="")
    (item,) = read_materials([path]).materials
    assert isinstance(item.material, Drawing)
    assert len(item.material) == points


def test_a_damaged_drawing_is_a_text_and_the_sentence_says_why(tmp_path: Path) -> None:
    path = tmp_path / "strokes.txt"
    path.write_text("START\n1,2,3\nBREAK\nx\n")
    result = read_materials([path])
    assert isinstance(result.materials[0].material, Text)
    assert result.problems == [
        "strokes.txt: came in as a text; it begins like another kind of file, but cannot be read as that (line 4: "
        "'x' is neither x,y,t nor START nor BREAK)."
    ]
    asked_for = read_materials([path], kind="pen")
    assert asked_for.materials == []
    assert asked_for.problems == ["strokes.txt, line 4: 'x' is neither x,y,t nor START nor BREAK."]


def test_a_damaged_drawing_among_drawings_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "strokes.txt").write_text("START\n1,2,3\nBREAK\nx\n")
    result = read_materials([tmp_path])
    assert [item.name for item in result.materials] == ["a.csv"]
    assert "line 4: 'x' is neither" in result.problems[0]


@pytest.mark.parametrize(
    ("kind", "width"), [("OGG", "VORBIS"), ("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16")]
)
def test_a_sound_by_another_name_is_still_a_sound(kind: str, width: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    soundfile.write(path, np.sin(np.arange(4000) / 9), 8000, format=kind, subtype=width)
    (item,) = read_materials([path]).materials
    assert isinstance(item.material, Recording)


def test_other_bytes_keep_their_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"GIF89a" + bytes(range(256)) * 4)
    result = read_materials([path])
    assert result.materials == []
    (problem,) = result.problems
    assert (
        problem
        == "a.txt: is of no kind that can be read; known are "
        + readers.known_endings().removeprefix("known are ")
        + "."
    )


def test_an_array_by_another_name_is_still_an_array(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.save(file, np.arange(20.0).reshape(10, 2))
    (tmp_path / "a.txt").write_bytes(file.getvalue())
    (item,) = read_materials([tmp_path / "a.txt"]).materials
    assert isinstance(item.material, Drawing)
