"""The wheel: an installed studio has its icons, recipes and sample material too."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(TOP)).build(directory=str(folder), versions=["standard"])
    return Path(built)


def files_below(folder: str) -> set[str]:
    names = (path.relative_to(TOP).as_posix() for path in (TOP / folder).rglob("*") if path.is_file())
    return {name for name in names if "__pycache__" not in name and "/." not in name}


@pytest.mark.parametrize("folder", ["resources", "sample_data"])
def test_wheel_carries_every_file_of(folder: str, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    wanted = {f"studio/{name}" for name in files_below(folder)}
    assert wanted
    assert wanted <= carried


def test_installed_studio_finds_what_travels_with_it(wheel: Path, tmp_path: Path) -> None:
    """Unpacked elsewhere and without the checkout, as pip would leave it."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "from studio.assets import resource, sample_data as s; print(resource('recipes')); print(s('eights.json'))"
    result = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    recipes, eights = (Path(line) for line in result.stdout.splitlines())
    assert recipes == tmp_path / "studio" / "resources" / "recipes"
    assert list(recipes.glob("*.toml"))
    assert eights.is_file()
    assert tmp_path in eights.parents


def test_wheel_brings_the_command_and_its_terms(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = next(name for name in names if name.endswith("entry_points.txt"))
        metadata = next(name for name in names if name.endswith("/METADATA"))
        assert "vrnn-studio = studio.start:run" in archive.read(entry_points).decode()
        fields = Parser().parsestr(archive.read(metadata).decode())
    assert fields["License-Expression"] == "MIT"
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def constraints() -> dict[str, str]:
    lines = (TOP / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def requirements() -> list[Requirement]:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    lines = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["test"]
    return [Requirement(line) for line in lines + project["build-system"]["requires"]]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_constraints_pin_what_is_asked_for_within_its_range(requirement: Requirement) -> None:
    assert requirement.specifier.contains(constraints()[canonicalize_name(requirement.name)])


def test_constraints_hold_the_versions_that_must_not_move() -> None:
    pinned = constraints()
    assert pinned["torch"] == "2.13.0"
    assert Requirement("PySide6-Essentials>=6.8.3,<6.11").specifier.contains(pinned["pyside6-essentials"])


def test_no_index_is_named() -> None:
    """Where packages come from is the user's configuration."""
    for name in ("constraints.txt", "pyproject.toml", "Makefile", ".ci/setup", ".ci/constraints"):
        text = (TOP / name).read_text(encoding="utf-8")
        assert "index-url" not in text, name
        assert "://" not in text, name
