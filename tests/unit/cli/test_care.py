"""``vrnn-studio check`` and ``doctor --bundle``."""

import platform
import zipfile
from pathlib import Path

import pytest

from studio import doctor, log


def test_a_whole_project(run, project: str) -> None:
    said = run(f"check {project}")
    assert (said.code, said.err) == (0, "")
    assert "everything in it can be read" in said.out


def test_a_damaged_project_is_rescued(run, project: str, place: Path) -> None:
    path = next(place.rglob(f"{Path(project).stem}*.vrnn"))
    data = path.read_bytes()
    damaged = data[:-4096] + bytes(range(256)) * 16
    path.write_bytes(damaged)
    said = run(f"check {project}")
    assert said.code == 1
    assert said.err
    said = run(f"check {project} --repair --out {place / 'new.vrnn'}")
    assert said.code == 1
    assert "itself is as it was" in said.out
    assert path.read_bytes() == damaged
    assert run(f"check {place / 'new.vrnn'}").code == 0
    assert run(f"check {project} --repair --out {place / 'new.vrnn'}").code == 1  # is never replaced


def test_out_needs_repair(run, project: str) -> None:
    assert run(f"check {project} --out x.vrnn").code == 2


def test_what_is_not_there(run, place: Path) -> None:
    said = run(f"check {place / 'none.vrnn'}")
    assert said.code == 1
    assert "There is no project" in said.err


def test_a_bundle_holds_the_log_and_no_home(run, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_try", lambda code, **_: (1, "nothing"))
    logs = tmp_path / "logs" / "studio.log"
    logs.parent.mkdir()
    logs.write_text(f"something happened in {Path.home()}/secret/place")
    monkeypatch.setattr(log, "place", lambda: logs)
    said = run(f"doctor --bundle {place / 'bug.zip'}")
    assert said.code == 0
    with zipfile.ZipFile(place / "bug.zip") as archive:
        assert set(archive.namelist()) == {"doctor.txt", "packages.txt", "log/studio.log"}
        assert platform.platform() in archive.read("doctor.txt").decode()
        assert archive.read("log/studio.log").decode() == "something happened in ~/secret/place"
        assert "numpy " in archive.read("packages.txt").decode()
    assert run(f"doctor --bundle {place / 'none' / 'bug.zip'}").code == 1
