"""The page of figures: date, commit, every part's last words and whether it passed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import page
import pytest

TOP = Path(__file__).parent.parent.parent


def test_every_part_is_there() -> None:
    for part in page.PARTS.values():
        script = next(word for word in part.words(1.0) if word.startswith("tests/"))
        assert (TOP / script).is_file()
        assert "{" not in " ".join(part.words(0.001))


def test_a_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = {
        "good": page.Part("All is well", "-c print(1);print('tried',{n})", 1000),
        "bad": page.Part("Nothing is", "-c print('lost');raise(SystemExit(3))"),
    }
    monkeypatch.setattr(page, "PARTS", parts)
    monkeypatch.setattr(page, "KEPT", tmp_path / "kept")
    monkeypatch.setattr("sys.argv", shlex.split("page.py --share 0.01"))
    assert page.main() == 1
    text = (tmp_path / "kept" / "page.txt").read_text()
    assert re.match(r"VRNN Studio, reliability: \d{4}-\d\d-\d\d \d\d:\d\d UTC, commit \S+\n", text)
    assert "Not the whole: 0.01" in text
    assert re.search(r"All is well: passed, \d+\.\d minutes\n    tried 10\n", text)
    assert re.search(r"Nothing is: FAILED \(3\), \d+\.\d minutes\n    lost\n", text)
    assert text in capsys.readouterr().out
    assert (tmp_path / "kept" / "good.txt").read_text() == "1\ntried 10\n"
