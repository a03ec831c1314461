"""The sample text: it is what its maker makes, and has a form that a sample can be held against."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from studio.files.readers import read_text

FOLDER = Path(__file__).parent.parent.parent / "sample_data"


def test_it_is_what_its_maker_makes() -> None:
    assert (
        read_text(FOLDER / "text" / "harbour.txt").characters == runpy.run_path(str(FOLDER / "make_text.py"))["log"]()
    )


def test_every_page_has_the_same_form() -> None:
    text = read_text(FOLDER / "text" / "harbour.txt").characters
    assert 20_000 < len(text) < 60_000
    pages = text.strip().split("\n\n")
    assert len(pages) == 140
    for page in pages:
        day, weather, *said = page.split("\n")
        assert re.fullmatch(r"[A-Z]+DAY, \d+ \w+", day)
        wind = re.match(r"Wind ([a-z-]+), force \d\. Sea \w+\. Sky: .+\.", weather)
        assert wind is not None
        assert all(re.fullmatch(r"[A-Z ]+: .+[.?!]", line) for line in said)
        for named in re.findall(r"\b((?:north|south|east|west)[a-z-]*)\b(?! side)", " ".join(said)):
            assert named == wind[1]
