"""The end of `make run`: is there a display that answers?"""

from __future__ import annotations

import runpy
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

OPEN = Path(__file__).parent.parent.parent / ".ci" / "open.py"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")


@pytest.fixture
def has_display(monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    return runpy.run_path(str(OPEN))["has_display"]


def test_none_is_named(has_display: Callable[[], bool]) -> None:
    assert not has_display()


@pytest.mark.parametrize("display", [":91234", "unix:91234.0", "localhost:91", "nonsense"])
def test_the_named_one_is_gone(display: str, has_display: Callable[[], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    assert not has_display()


@pytest.mark.parametrize("display", [":91235", ":91235.0", "unix:91235"])
def test_the_named_one_answers(display: str, has_display: Callable[[], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0/tmp/.X11-unix/X91235")
        server.listen()
        assert has_display()


def test_wayland_answers(has_display: Callable[[], bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert not has_display()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-7"))
        server.listen()
        assert has_display()
