"""Texts by the command line: from files to new ones."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

WRITE = """
name = "write"
title = "Write"
[representation]
kind = "characters"
[model]
hidden = 8
embedding = 6
[model.likelihood]
kind = "categorical"
[objective]
look_ahead = 0.0
[training]
batch = 4
window = 16
steps = 8
validate_every = 4
[generation]
output_variance = 0.5
"""
VERSE = "It rains, it rains, and then it snows.\nAnd after that the north wind blows.\n\n"


@pytest.fixture
def written(run: Run, place: Path) -> str:
    """A project with a text that a run has learned from."""
    (place / "write.toml").write_text(WRITE)
    (place / "notes.txt").write_text(VERSE * 30)
    assert run("new t.vrnn").code == 0
    said = run("import t.vrnn notes.txt")
    assert (said.code, said.out, said.err) == (0, "One text came in; t now holds 1.\n", "")
    assert run("train t.vrnn --recipe write.toml --seed 3 --device cpu").code == 0
    return "t.vrnn"


def test_from_a_text_to_a_new_one(run: Run, written: str, place: Path) -> None:
    words = ["generate", written, "--prompt", "It rains", "--temperature", "0.8", "--length", "90", "--out"]
    said = run([*words, "new.txt"])
    assert (said.code, said.out, said.err) == (0, "Wrote one text to new.txt.\n", "")
    new = (place / "new.txt").read_text()
    assert (new[:8], len(new)) == ("It rains", 90)
    assert run([*words, "again.txt"]).code == 0
    assert (place / "again.txt").read_text() == new
    by_variance = [{"--temperature": "--output-variance"}.get(word, word) for word in words]
    assert run([*by_variance, "same.txt"]).code == 0
    assert (place / "same.txt").read_text() == new


def test_several_make_a_folder_and_begin_with_a_file(run: Run, written: str, place: Path) -> None:
    (place / "begin.md").write_text("And after")
    said = run(f"generate {written} --count 2 --length 40 --begin begin.md --out many")
    assert said.out == "Wrote 2 texts to many, 0001.txt to 0002.txt.\n"
    assert all(path.read_text().startswith("And after") for path in (place / "many").iterdir())


def test_bits_per_character(run: Run, written: str) -> None:
    said = run(f"evaluate {written}")
    assert "on the last 10% of what the run learned from" in said.out
    assert "bits per character" in said.out
    assert "characters known" in said.out
    found = json.loads(run(f"evaluate {written} --on notes.txt --json").out)
    assert found["bits_per_character"] == pytest.approx(-found["nats_per_frame"]["mean"] / math.log(2))
    assert found["frames"] == 30 * len(VERSE)


def test_facts(run: Run, written: str) -> None:
    facts = json.loads(run(f"info {written} --json").out)
    assert (facts["texts"], facts["characters"]) == (1, 30 * len(VERSE))
    assert f"one text, {30 * len(VERSE)} characters" in run(f"info {written}").out


def test_wrong_use_is_told_before_any_work(run: Run, written: str, trained: str, place: Path) -> None:
    for words, told in (
        (["generate", written, "--out", "a.svg"], "known are .txt, .md"),
        (["generate", written, "--seconds", "2", "--out", "a.txt"], "--seconds is for recordings"),
        (["generate", trained, "--prompt", "a", "--out", "a.svg"], "--prompt and --temperature are for texts"),
        (["generate", written, "--prompt", "", "--out", "a.txt"], "--prompt needs at least one character"),
        (["generate", written, "--prompt", "a", "--begin", "notes.txt", "--out", "a.txt"], "no --begin beside it"),
        (
            ["generate", written, "--temperature", "1", "--output-variance", "1", "--out", "a.txt"],
            "give one of them",
        ),
    ):
        said = run(words)
        assert said.code == 2, words
        assert told in said.err
    assert not (place / "a.txt").exists()


def test_the_encoding_of_a_text_can_be_named(run, place: Path) -> None:
    words = "Все счастливые семьи похожи друг на друга.\n"
    (place / "old.txt").write_bytes(words.encode("cp866"))
    assert run("new old.vrnn").code == 0
    assert run("import old.vrnn old.txt --encoding cp866").code == 0
    assert run("export old.vrnn --out new.txt").code == 0
    assert (place / "new.txt").read_text("utf-8") == words
    assert (
        "The encoding 'nonsense' is unknown; known are utf-8" in run("import old.vrnn old.txt --encoding nonsense").err
    )
