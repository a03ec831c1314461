"""The real program on a screen of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from studio_window import Studio
from virtual_screen import VirtualScreen, missing_programs

Start = Callable[..., Studio]


@pytest.fixture
def screen(request: pytest.FixtureRequest) -> Iterator[VirtualScreen]:
    """A screen of 1280 x 800 pixels, or of the size that a test asks for as the fixture's parameter."""
    if missing := missing_programs():
        pytest.skip(f"no virtual screen without {', '.join(missing)}: `make test` installs them")
    with VirtualScreen(getattr(request, "param", (1280, 800))) as screen:
        yield screen


@pytest.fixture
def start(screen: VirtualScreen, tmp_path: Path) -> Start:
    """Starts the program with command line arguments, always with the same home, as somebody would day after day."""
    home = tmp_path / "home"
    home.mkdir()
    return lambda *arguments: Studio(screen, home, *arguments)
