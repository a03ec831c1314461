"""A project to work on, and drawings to put into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from some_drawings import line

from studio.project.file import Project


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "eights.vrnn"


@pytest.fixture
def project(path: Path) -> Iterator[Project]:
    project = Project.create(path)
    yield project
    project.close()


@pytest.fixture
def add(project: Project):
    """Puts so many drawings into the project, and gives their ids."""

    def add(count: int = 1) -> list[int]:
        return project.collection.add([("drawn", line(seed)) for seed in range(count)], f"add {count}")

    return add
