"""Importing: several files and folders, labels, and one bad file that never stops the rest."""

import io
import json
import logging
import os
import pickle
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.files import readers
from studio.files.readers import FORMATS, Format, ImportResult, read_materials, sniff
from studio.files.source import Source
from studio.files.writers import write_drawings
from studio.sequences.material import Drawing

LINE = Drawing.from_points([[0, 0], [1, 1]])
QUICKDRAW = '{"word":"cat","drawing":[[[0,2],[1,3]]]}\n'


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, data in members.items():
            made.writestr(f"{name}.npy", data)
    return file.getvalue()


def make(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def described(result: ImportResult) -> list[tuple[str, str]]:
    return [(item.name, item.material.label) for item in result.materials]


def test_files_in_the_order_given_with_their_own_labels(tmp_path: Path) -> None:
    make(tmp_path, {"b.csv": "0,0\n1,1\n", "a.ndjson": QUICKDRAW * 2})
    result = read_materials([tmp_path / "b.csv", str(tmp_path / "a.ndjson")])
    assert described(result) == [("b.csv", ""), ("a.ndjson 1", "cat"), ("a.ndjson 2", "cat")]
    assert result.problems == []


def test_a_single_path_will_do(tmp_path: Path) -> None:
    make(tmp_path, {"b.csv": "0,0\n1,1\n"})
    assert len(read_materials(tmp_path / "b.csv").materials) == 1
    assert len(read_materials(str(tmp_path / "b.csv")).materials) == 1


def test_a_label_for_everything(tmp_path: Path) -> None:
    make(tmp_path, {"x/a.csv": "0,0\n1,1\n", "x/b.ndjson": QUICKDRAW})
    assert [label for _, label in described(read_materials([tmp_path], label="mine"))] == ["mine", "mine"]


def test_folders_are_walked_in_order_and_give_labels(tmp_path: Path) -> None:
    files = [
        "z.csv",
        "eight/2.csv",
        "eight/10.csv",
        "eight/deep/er.csv",
        "oval/a.txt",
        ".hidden/a.csv",
        "__MACOSX/a.csv",
    ]
    make(tmp_path / "set", dict.fromkeys([*files, "eight/.a.csv", "eight/._2.csv"], "0,0\n1,1\n"))
    make(
        tmp_path / "set",
        {"README.md": "# 1,2", "README": "Hello", "LICENSE.txt": "You may, or may not.", "p.png": b"\x89"},
    )
    make(tmp_path / "set", {"cat.ndjson": QUICKDRAW})
    result = read_materials([tmp_path / "set"])
    assert described(result) == [
        ("cat.ndjson", "cat"),
        ("z.csv", "set"),
        ("10.csv", "eight"),
        ("2.csv", "eight"),
        ("er.csv", "deep"),
        ("a.txt", "oval"),
    ]
    assert result.problems == []


def test_a_folder_given_as_a_dot_still_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "eight", {"a.csv": "0,0\n1,1\n"})
    monkeypatch.chdir(tmp_path / "eight")
    assert described(read_materials(["."])) == [("a.csv", "eight")]


def test_problems_in_folders_name_the_file_within(tmp_path: Path) -> None:
    make(tmp_path / "set", {"a/x.csv": "0,0\n1,b\n", "b/x.csv": "0,0\n1,1\n"})
    result = read_materials([tmp_path / "set"])
    assert result.problems == [f"{Path('set/a/x.csv')}, line 2: 'b' is not a number."]
    assert described(result) == [("x.csv", "b")]


def test_empty_and_missing_folders_and_files(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    make(tmp_path, {"a.docx": "PK", "b.csv": "0,0\n1,1\n", "empty.csv": ""})
    paths = [tmp_path / name for name in ("empty", "missing", "missing.csv", "a.docx", "b.csv", "empty.csv")]
    result = read_materials(paths)
    assert described(result) == [("b.csv", "")]
    empty, missing, missing_csv, word, no_points = result.problems
    assert "holds no file that can be read; known are .csv" in empty
    assert missing == "missing: not found."
    assert missing_csv == "missing.csv: not found."
    assert word.startswith("a.docx: is of no kind that can be read; known are .csv")
    assert no_points.startswith("empty.csv: holds no points")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert read_materials([tmp_path / "pipe.csv"]).problems == ["pipe.csv: is no file that can be read."]


@pytest.mark.parametrize("ending", [".csv", ".npy", ".npz", ".json", ".svg", ".inkml"])
def test_content_speaks_where_the_ending_does_not(ending: str, tmp_path: Path) -> None:
    (written,) = write_drawings([LINE], tmp_path / f"a{ending}")
    for name in ("a.txt", "a", "a.xml", "a.backup"):
        result = read_materials([written.rename(tmp_path / name)])
        assert len(result.materials) == 1, result.problems
        written = tmp_path / name


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (QUICKDRAW * 2, "Quick, Draw! file"),
        (QUICKDRAW, "JSON"),
        ("[[0, 1], [2, 3]]", "JSON"),
        ("START\n1,2,3\nBREAK\n", "Omniglot stroke file"),
        (".VERSION 1.0\n.COORD X Y\n", "UNIPEN file"),
        ("# a comment\nx y\n1 2\n3 4\n5 6", "table of points"),
        ("1;2\n", "table of points"),
        ("<?xml version='1.0'?><!-- a --><svg/>", "SVG document"),
        ("\ufeff  <ink/>", "InkML document"),
        (b"MATLAB 5.0 MAT-file, made by hand", "MATLAB file"),
        ("1,2\n3,4\n".encode("utf-16"), "table of points"),
        ("Dear reader,\nplease note:\n", None),
        ("<html>", None),
        ("", None),
        (b"\x00\x01\x02\x03\x04", None),
    ],
)
def test_sniffing(data: str | bytes, name: str | None) -> None:
    found = sniff(data.encode() if isinstance(data, str) else data)
    assert (found.name if found else None) == name


def test_progress_and_cancelling(tmp_path: Path) -> None:
    make(tmp_path, {f"{i}.csv": "0,0\n1,1\n" for i in range(5)})
    seen: list[tuple[int, int]] = []
    read_materials([tmp_path], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 5) for i in range(6)]
    calls = iter(range(1000))
    result = read_materials([tmp_path], cancelled=lambda: next(calls) > 3)
    assert 0 < len(result.materials) < 5
    assert result.problems == []
    assert read_materials([tmp_path], cancelled=lambda: True).materials == []


def test_a_cancelled_file_does_not_come_in_by_half(tmp_path: Path) -> None:
    make(tmp_path, {"a.ndjson": QUICKDRAW * 50})
    calls = iter(range(1000))
    assert read_materials([tmp_path], cancelled=lambda: next(calls) > 20).materials == []


def test_nothing_gives_nothing() -> None:
    for kind in ("pen", "audio", "text"):
        assert read_materials([], kind=kind).materials == []


def test_too_many_drawings_and_files_are_cut_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"a.ndjson": QUICKDRAW * 5, "b.ndjson": QUICKDRAW, "c.ndjson": QUICKDRAW})
    monkeypatch.setattr(readers.limits, "DRAWINGS_PER_FILE", 3)
    monkeypatch.setattr(readers.limits, "FILES_PER_IMPORT", 2)
    result = read_materials([tmp_path])
    assert [name for name, _ in described(result)] == ["a.ndjson 1", "a.ndjson 2", "a.ndjson 3", "b.ndjson"]
    assert any("only the first 3 drawings" in problem for problem in result.problems)
    assert any("Only the first 2 files" in problem for problem in result.problems)


def test_too_large_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"a.csv": "0,0\n" * 1_000_000, "b.json": "[" * 3_000_000})
    monkeypatch.setattr(readers.limits, "FILE_BYTES", 3 * 2**20)
    monkeypatch.setattr(readers.limits, "DOCUMENT_BYTES", 2 * 2**20)
    assert read_materials([tmp_path]).problems == [
        f"{tmp_path.name}/a.csv: is larger than 3 MB, the most that can be read.",
        f"{tmp_path.name}/b.json: is larger than 2 MB, the most that can be read.",
    ]


def test_too_many_points_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers.limits, "POINTS_PER_DRAWING", 100)
    many = Drawing.from_points(np.zeros((101, 2)))
    for ending in (".csv", ".npy", ".npz", ".svg", ".inkml"):
        write_drawings([many], tmp_path / f"a{ending}")
    make(tmp_path, {"a.unp": ".PEN_DOWN\n" + "1 2\n" * 101})
    result = read_materials([tmp_path])
    assert result.materials == []
    assert all("more than 100 points" in problem for problem in result.problems)
    assert len(result.problems) == 6


def test_what_a_library_raises_becomes_a_sentence_and_goes_to_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read(source: Source) -> Iterator[Drawing]:
        yield LINE
        raise ArithmeticError("secret detail")

    monkeypatch.setitem(FORMATS, ".odd", Format("odd file", read))
    make(tmp_path, {"a.odd": "1", "b.csv": "0,0\n1,1\n"})
    with caplog.at_level(logging.ERROR):
        result = read_materials([tmp_path])
    assert described(result) == [("b.csv", tmp_path.name)]
    (problem,) = result.problems
    assert problem.endswith("a.odd: cannot be read as odd file (ArithmeticError; the log says more).")
    assert "secret detail" in caplog.text


def test_names_that_would_break_a_sentence_are_tamed(tmp_path: Path) -> None:
    name = "a\nb.csv"
    try:
        (tmp_path / name).write_text("x")
    except OSError:
        pytest.skip("no such names here")
    (problem,) = read_materials([tmp_path / name]).problems
    assert "\n" not in problem


OBJECT_HEADER = npy(np.array([None]))[:128]

DAMAGED: dict[str, tuple[str | bytes, str]] = {
    "letters.csv": ("x,y\n0,0\n1,one\n", "line 3: 'one' is not a number"),
    "nan.csv": ("0,0\n1,inf\n", "line 2: .*not a finite number"),
    "short-row.csv": ("x,y,pen\n0,0,0\n1,1\n", "line 3: has 2 values where 3 were expected"),
    "no-x.csv": ("u,v,w\n1,2,3\n", "line 1: .*expected x and y"),
    "binary.csv": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "byte 8: holds a zero byte where text was expected"),
    "truncated.npy": (npy(np.zeros((5, 2)))[:-8], "byte 128: has 72 bytes of values where its header promises 80"),
    "wrong-shape.npy": (npy(np.zeros((5, 9))), r"array: has the shape \[5, 9\]; expected"),
    "not-numpy.npy": (b"hello", "byte 0: does not begin as a NumPy array"),
    "infinite.npy": (npy(np.array([[0, 0], [np.inf, 1]])), "array row 1: .*not a finite number"),
    "evil.npy": (OBJECT_HEADER + b"cos\nsystem\n(S'false'\ntR.", "byte 128: .*the name os.system"),
    "dict.npy": (OBJECT_HEADER + pickle.dumps({"a": 1}), "byte .*: .*the instruction EMPTY_DICT"),
    "truncated.npz": (archive(a=npy(np.zeros((5, 2))))[:60], "damaged archive"),
    "bad-member.npz": (archive(a=npy(np.zeros((5, 2)))[:100]), "byte 100, a: ends within its header"),
    "bad-offsets.npz": (archive(points=npy(np.zeros((5, 2))), offsets=npy(np.array([0, 9]))), "offsets: does not rise"),
    "comma.json": ('{"strokes": [\n[[0, 1],]]}', "line 2: is no JSON there"),
    "nan.json": ("[[0, 1],\n\n[NaN, 1]]", "line 3: NaN is not a finite number"),
    "point.json": ('{"strokes": [[[0, 1], [2]]]}', r"strokes\[0\]\[1\]: .*is no point \[x, y\]"),
    "deep.json": ("[" * 100_000, "line 1: is nested more than"),
    "line.ndjson": (QUICKDRAW + QUICKDRAW[:20], "line 2: is no JSON there"),
    "lengths.ndjson": (QUICKDRAW + '{"drawing":[[[1,2],[3]]]}', r"line 2, drawing\[0\]: has lists of 2 and 1 numbers"),
    "unclosed.inkml": ("<ink>\n<trace>0 0", "line 2: is no XML there"),
    "trace.inkml": ("<ink>\n<trace>0 0,\n1 a</trace></ink>", "line 3: 'a' is no value"),
    "entities.inkml": ('<!DOCTYPE i [\n<!ENTITY a "&b;&b;">]><ink/>', "line 2: declares the entity 'a'"),
    "value.unp": (".COORD X Y\n.PEN_DOWN\n1 2\n1 b\n", "line 4: 'b' is not a number"),
    "no-points.unp": (".VERSION 1.0\n", "holds no points between .PEN_DOWN and .PEN_UP"),
    "path.svg": ("<svg>\n<path d='M0 0L1'/></svg>", "line 2: the path data 'M0 0L1' cannot be read"),
    "entity.svg": ('<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>', "line 1: .*entity 'x'"),
    "empty.svg": ("<svg/>", "line 1: holds no shape that draws a line"),
    "transform.svg": ("<svg>\n\n<g transform='spin(1)'/></svg>", "line 3: the transform 'spin.1.' cannot be read"),
    "damaged.mat": (b"MATLAB 5.0 MAT-file" + bytes(300), "byte 0: is no MATLAB file"),
    "row.tra": ("1,2,3,4\n", "line 1: .*is not 16 numbers"),
    "zero": (b"\x00" * 100, "is of no kind that can be read; known are"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_gives_one_sentence_and_the_others_come_in(name: str, tmp_path: Path) -> None:
    content, words = DAMAGED[name]
    make(tmp_path, {"a-good.csv": "0,0\n1,1\n", name: content, "z-good.ndjson": QUICKDRAW})
    result = read_materials([tmp_path / "a-good.csv", tmp_path / name, tmp_path / "z-good.ndjson"])
    assert [item.name for item in result.materials] == ["a-good.csv", "z-good.ndjson"]
    (problem,) = result.problems
    assert problem.startswith(name)
    assert problem.endswith(".")
    assert "\n" not in problem
    assert "the log says more" not in problem  # it was foreseen
    assert len(problem) < 250
    assert re.search(words, problem), problem


def test_all_damaged_files_at_once(tmp_path: Path) -> None:
    assert len(DAMAGED) >= 25
    make(tmp_path, {name: content for name, (content, _) in DAMAGED.items()})
    make(tmp_path, {"good.json": json.dumps([[0, 0], [1, 1]])})
    result = read_materials([tmp_path])
    assert [item.name for item in result.materials] == ["good.json"]
    assert len(result.problems) == len(DAMAGED) - 1  # a file of zeros in a folder is passed over
