"""``vrnn-studio recover``."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.project.file import Project


def test_they_are_listed_and_one_is_kept(run, left: Path, tmp_path: Path) -> None:
    listed = run("recover")
    assert listed.code == 0
    assert listed.out.startswith("1  20")
    assert listed.out.rstrip().endswith("MB  one text")
    kept = run(f"recover 1 {tmp_path / 'kept.vrnn'}")
    assert (kept.code, kept.out) == (0, f"{tmp_path / 'kept.vrnn'}: one text.\n")
    project = Project.open(tmp_path / "kept.vrnn")
    assert [item.label for item in project.collection.items()] == ["lost"]
    project.close()
    assert run("recover").err == "No untitled project was left behind.\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("1", "Say where project 1 shall be kept"),
        ("2 {folder}/kept.vrnn", "There is no project 2: 1 were left behind."),
        ("1 {folder}/there.vrnn", "is there already: choose another name."),
    ],
)
def test_what_cannot_be_is_said(run, left: Path, tmp_path: Path, words: str, why: str) -> None:
    (tmp_path / "there.vrnn").write_text("somebody's")
    said = run(f"recover {words.format(folder=tmp_path)}")
    assert said.code == 1
    assert why in said.err
    assert left.exists()
    assert (tmp_path / "there.vrnn").read_text() == "somebody's"
