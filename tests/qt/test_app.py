"""How the program starts, and what it says where it cannot."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QMessageLogContext, QtMsgType
from PySide6.QtTest import QSignalSpy

from studio import __version__, app
from studio.ui.problems import problems


def test_without_a_display_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(app, "open_window", lambda project: pytest.fail("tried to open a window"))
    assert app.main([]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "vrnn-studio demo" in said.err
    monkeypatch.setenv("DISPLAY", ":0")
    assert app.has_display()


def test_arguments_go_to_the_command_line_and_a_project_to_the_window(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    opened: list[Path | None] = []
    monkeypatch.setattr(app, "open_window", lambda project: opened.append(project) or 0)
    assert app.main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out
    assert not opened
    assert app.main(["some/where.vrnn"]) == 0
    assert app.main([]) == 0
    assert opened == [Path("some/where.vrnn"), None]


def test_a_missing_library_is_told_with_the_line_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def fail(_: Path | None) -> int:
        raise ImportError("libEGL.so.1: cannot open shared object file", name="PySide6.QtGui")

    monkeypatch.setattr(app, "open_window", fail)
    assert app.main([]) == 1
    said = capsys.readouterr().err
    assert "libEGL.so.1" in said
    assert "apt install" in said


def test_mistakes_of_ours_are_not_taken_for_missing_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path | None) -> int:
        raise ImportError("cannot import name 'x' from 'studio.y'", name="studio.y")

    monkeypatch.setattr(app, "open_window", fail)
    with pytest.raises(ImportError):
        app.main([])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("qt.qpa.xcb: could not connect to display :5", "The display :5 cannot be reached"),
        ("From 6.5.0, xcb-cursor0 or libxcb-cursor0 is needed to load the Qt xcb platform plugin.", "libxcb-cursor0"),
    ],
)
def test_why_qt_gives_up_is_told_in_one_sentence(said: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":5")
    messages = app.QtMessages()
    messages(QtMsgType.QtWarningMsg, QMessageLogContext(), said)
    reason = messages.reason("This application failed to start because no Qt platform plugin could be initialized.")
    assert expected in reason
    assert "\n" not in reason


def test_what_nobody_caught_goes_to_the_banner(capsys: pytest.CaptureFixture) -> None:
    spy = QSignalSpy(problems().met)
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError as error:
        app._tell_defects(type(error), error, error.__traceback__)
    sentence, details = spy.at(0)
    assert sentence == app.DEFECT
    assert "ZeroDivisionError: by zero" in details
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_what_a_thread_did_not_catch_goes_to_the_banner_too(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = QSignalSpy(problems().met)
    monkeypatch.setattr(threading, "excepthook", app._tell_defects_of_threads)
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    sentence, details = spy.at(0)
    assert sentence == app.DEFECT
    assert "ZeroDivisionError" in details
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_window_is_up_before_torch() -> None:
    program = (
        "import sys; from studio.ui import main_window; import studio.workbench;"
        "print(sorted({'torch', 'scipy', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


CALCULATING = """
import threading, torch
from studio import app

def calculate():
    weight = torch.ones(300, 300)
    while True:
        begun.set()
        weight @ weight

begun = threading.Event()
threading.Thread(target=calculate, daemon=True).start()
begun.wait()
app.main = lambda: 7
print("the last words", end="")
app.run()
"""


def test_leaving_while_a_thread_calculates_is_no_crash() -> None:
    done = subprocess.run([sys.executable, "-c", CALCULATING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, "the last words", "")
