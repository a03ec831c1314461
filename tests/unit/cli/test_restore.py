"""``vrnn-studio restore``."""

from pathlib import Path

from studio.project.file import Project
from studio.sequences.text import Text


def project_with(path: Path, *texts: str) -> None:
    project = Project.create(path)
    for text in texts:
        project.collection.add([("written", Text(text, text))], "add")
    project.close()


def labels(path: Path) -> list[str]:
    project = Project.open(path)
    found = [item.label for item in project.collection.items()]
    project.close()
    return found


def test_a_copy_takes_the_place_of_the_project(run, tmp_path: Path) -> None:
    project_with(tmp_path / "p.vrnn", "new")
    project_with(tmp_path / "backup.vrnn", "old")
    said = run(f"restore {tmp_path / 'backup.vrnn'} {tmp_path / 'p.vrnn'}")
    assert (said.code, said.err) == (0, "")
    assert str(tmp_path / "p.before-restoring.vrnn") in said.out
    assert labels(tmp_path / "p.vrnn") == labels(tmp_path / "backup.vrnn") == ["old"]
    assert labels(tmp_path / "p.before-restoring.vrnn") == ["new"]


def test_the_name_of_a_copy_says_what_it_is_of(run, tmp_path: Path) -> None:
    project_with(tmp_path / "p.vrnn", "new")
    project_with(tmp_path / "p.kept-2.vrnn", "kept")
    assert run(f"restore {tmp_path / 'p.kept-2.vrnn'}").code == 0
    assert labels(tmp_path / "p.vrnn") == ["kept"]
    project_with(tmp_path / "other.vrnn")
    said = run(f"restore {tmp_path / 'other.vrnn'}")
    assert said.code == 1
    assert "does not say by its name what it is a copy of" in said.err
    assert run(f"restore {tmp_path / 'none.vrnn'} {tmp_path / 'p.vrnn'}").code == 1
    assert labels(tmp_path / "p.vrnn") == ["kept"]
