"""Texts from files, and to files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import StudioError
from studio.files import limits, texts
from studio.files.readers import read_materials, read_text
from studio.files.source import Source
from studio.files.table_options import TableOptions, encoding_from
from studio.files.writers import write_materials
from studio.sequences.material import Drawing
from studio.sequences.text import Text, tidied

LETTER = "Dear Zoë,\n\nit rains. – Yours, 2 cats\n"


def read(data: bytes) -> tuple[str, list[str]]:
    source = Source("a.txt", data)
    return texts.read(source).characters, source.notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, end: str) -> None:
    assert read(LETTER.replace("\n", end).encode(encoding)) == (LETTER, [])


def test_the_western_code_page_is_said_so() -> None:
    text, notes = read("Zoë – “yes”".encode("cp1252"))
    assert text == "Zoë – “yes”"
    assert notes == [
        "a.txt: is not UTF-8, so it was read as Western European text (Windows-1252); an import can name another."
    ]


RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n" * 3


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("words", [RUSSIAN, "春はあけぼの。やうやう白くなりゆく山際、\n少し明りて\n"])
def test_utf_16_without_a_mark_in_other_scripts(encoding: str, words: str) -> None:
    assert read(words.encode(encoding)) == (words, [])


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
def test_an_older_encoding_is_detected_and_said(encoding: str) -> None:
    text, notes = read(RUSSIAN.encode(encoding))
    assert text == RUSSIAN
    assert len(notes) == 1
    assert "is not UTF-8, so it was read as Cyrillic text" in notes[0]


@pytest.mark.parametrize("name", ["cp866", "IBM866"])
def test_an_encoding_that_cannot_be_told_can_be_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_bytes(RUSSIAN.encode("cp866"))
    found = read_materials([tmp_path / "a.txt"], tables=TableOptions(encoding=encoding_from(name)))
    assert [item.material.characters for item in found.materials] == [RUSSIAN]
    assert found.problems == []


def test_a_table_in_an_encoding_that_was_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("x;y;label\n0;1;круг\n1;2;круг\n".encode("cp866"))
    found = read_materials([tmp_path / "a.csv"], tables=TableOptions(encoding="cp866"))
    assert [item.material.label for item in found.materials] == ["круг"]


def test_a_named_encoding_gives_way_to_a_mark_and_is_held_against_the_bytes() -> None:
    source = Source("a.txt", LETTER.encode("utf-8-sig"), options=TableOptions(encoding="cp866"))
    assert texts.read(source).characters == LETTER
    with pytest.raises(StudioError, match=r"a\.txt, byte 2: is no text in utf-8: name another encoding, or none"):
        texts.read(Source("a.txt", b"Zo\xeb", options=TableOptions(encoding="utf-8")))


@pytest.mark.parametrize("name", ["nonsense", "base64", "\0", "x" * 300])
def test_unknown_encodings_are_refused(name: str) -> None:
    with pytest.raises(StudioError, match=r"The encoding .* is unknown; known are utf-8"):
        encoding_from(name)
    assert encoding_from(" ") is None


def test_what_is_no_text_is_refused() -> None:
    for data, why in (
        (b"", "holds no text"),
        (b" \r\n\t\n", "holds no text"),
        (b"\xff\xfe\xff\xfe", "holds no text"),  # a byte order mark, twice
        (b"\xef\xbb\xbf\xef\xbb\xbf", "holds no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "zero byte"),
        (b"\x01\x02\x03abc", "control characters"),
    ):
        with pytest.raises(StudioError, match=why):
            read(data)


def test_a_stray_control_character_is_left_out_and_counted() -> None:
    text, notes = read(b"a" * 500 + b"\x07" + b"b" * 500)
    assert text == "a" * 500 + "b" * 500
    assert notes == ["a.txt: 1 control character was left out."]


def test_a_text_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WRITTEN_BYTES", 2**20)
    with pytest.raises(StudioError, match="larger than 1 MB"):
        read(b"a" * (2**20 + 1))


@given(st.text(min_size=1))
def test_written_and_read_again(characters: str) -> None:
    tidy = tidied(characters)
    if tidy.strip():
        assert read(texts.to_bytes(Text(tidy)))[0] == tidy


@given(st.binary(max_size=200))
def test_whatever_comes(data: bytes) -> None:
    with suppress(StudioError):
        text, _ = read(data)
        assert text == tidied(text)
        assert text.strip()


def test_the_kind_is_told_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(LETTER)
    (tmp_path / "notes.md").write_text("# Notes\n")
    (tmp_path / "points.txt").write_text("0 0\n1 1\n2 2\n")
    found = read_materials([tmp_path / name for name in ("notes.txt", "notes.md", "points.txt")])
    assert found.problems == []
    assert [type(item.material) for item in found.materials] == [Text, Text, Drawing]
    assert [item.name for item in found.materials] == ["notes.txt", "notes.md", "points.txt"]
    assert isinstance(read_materials(tmp_path / "points.txt", kind="text").materials[0].material, Text)


def test_a_folder_of_texts_comes_in_with_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "weather"
    folder.mkdir()
    for name in ("b.txt", "a.md", "c.dat", "d.jpg"):
        (folder / name).write_text(f"It rains in {name}.")
    for kind in (None, "text"):
        found = read_materials(folder, kind=kind)  # type: ignore[arg-type]
        assert [(item.name, item.material.label) for item in found.materials] == [
            ("a.md", "weather"),
            ("b.txt", "weather"),
        ]


def test_a_readme_among_drawings_is_no_material(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("0,0\n1,1\n")
    for name in ("README.txt", "README.md"):
        (tmp_path / name).write_text("Drawn by hand.")
    found = read_materials(tmp_path)
    assert [type(item.material) for item in found.materials] == [Drawing]
    assert len(read_materials(tmp_path, kind="text").materials) == 2


def test_one_file_or_a_folder_of_files(tmp_path: Path) -> None:
    one, other = Text("one\n"), Text("zwölf")
    assert write_materials([one], tmp_path / "a.txt") == [tmp_path / "a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"one\n"
    written = write_materials([one, other], tmp_path / "many")
    assert [path.name for path in written] == ["0001.txt", "0002.txt"]
    assert read_text(written[1]).characters == "zwölf"


def test_what_cannot_be_written(tmp_path: Path) -> None:
    drawing = Drawing.from_points([[0, 0], [1, 1]])
    with pytest.raises(StudioError, match="one kind at a time"):
        write_materials([Text("a"), drawing], tmp_path / "a.txt")
    with pytest.raises(StudioError, match=r"unknown for text; known are \.txt"):
        write_materials([Text("a")], tmp_path / "a.svg")


def test_no_text_to_begin_with(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("  ")
    with pytest.raises(StudioError, match="holds no text"):
        read_text(tmp_path / "a.txt")


def test_a_bad_byte_costs_one_character() -> None:
    text, notes = read("Привет мир\n".encode() * 20 + b"\xff\n")
    assert text == "Привет мир\n" * 20 + "\ufffd\n"
    assert notes == ["a.txt: is UTF-8 but for 1 byte, read as unknown characters."]


@pytest.mark.parametrize("words", ["[12/27/20, 18:51:14] Ann: hello\n", "{soft music}\nHello\n", "[1] A note\n"])
def test_a_text_may_begin_with_a_bracket(tmp_path: Path, words: str) -> None:
    (tmp_path / "a.txt").write_text(words)
    (item,) = read_materials([tmp_path / "a.txt"]).materials
    assert isinstance(item.material, Text)
    assert item.material.characters == words


def test_japanese_mail(tmp_path: Path) -> None:
    path = tmp_path / "mail.txt"
    path.write_bytes("Subject: 今日は天気がいい\n".encode("iso2022_jp"))
    result = read_materials([path])
    (item,) = result.materials
    assert isinstance(item.material, Text)
    assert item.material.characters == "Subject: 今日は天気がいい\n"
    assert "Japanese text (ISO-2022-JP)" in " ".join(result.problems)
