"""Untitled projects and recent ones."""

import os
from pathlib import Path

import pytest

from studio.errors import StudioError
from studio.project.owner import this_process
from studio.project.places import Places


def test_the_platform_has_a_place() -> None:
    assert Places().folder.is_absolute()


def test_untitled_places_differ_and_are_known_again(tmp_path: Path) -> None:
    places = Places(tmp_path / "home")
    first = places.untitled()
    first.touch()
    second = places.untitled()
    assert first != second
    assert places.is_untitled(first)
    assert not places.is_untitled(tmp_path / first.name)
    assert not places.is_untitled(first.with_name("eights.vrnn"))


def test_only_those_of_dead_processes_were_left_behind(tmp_path: Path) -> None:
    places = Places(tmp_path)
    mine = places.untitled()
    mine.touch()
    dead = mine.with_name(mine.name.replace(f"+{os.getpid()}+", "+4194399+"))
    dead.touch()
    mine.with_name("something.vrnn").touch()
    assert dead != mine
    assert places.left_behind() == (dead,)
    assert this_process().replace("/", "+") in mine.name


def test_recent_ones_come_newest_first_and_only_once(tmp_path: Path) -> None:
    places = Places(tmp_path / "home")
    assert places.recent() == ()
    paths = [tmp_path / f"{number}.vrnn" for number in range(14)]
    for path in paths:
        path.touch()
        places.remember(path)
    places.remember(paths[8])
    assert places.recent()[:3] == (paths[8], paths[13], paths[12])
    assert len(places.recent()) == 10
    paths[13].unlink()
    assert places.recent()[:2] == (paths[8], paths[12])
    places.forget(paths[8])
    assert places.recent()[0] == paths[12]
    places.forget()
    assert places.recent() == ()


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "[1, 2]", "null", "\ud800"])
def test_a_spoilt_list_is_no_reason_to_stop(tmp_path: Path, text: str) -> None:
    places = Places(tmp_path)
    (tmp_path / "recent.json").write_text(text, "utf-8", errors="surrogatepass")
    assert places.recent() == ()
    project = tmp_path / "p.vrnn"
    project.touch()
    places.remember(project)
    assert places.recent() == (project,)


def test_a_place_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    places = Places(tmp_path / "file")
    with pytest.raises(StudioError, match="Cannot make the folder"):
        places.untitled()
    places.remember(tmp_path / "p.vrnn")  # only the list is not kept
    assert places.recent() == ()
