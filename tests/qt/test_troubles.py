"""What the window does about crashes, damage, other windows and mistakes of our own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import circle
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.project.file import Project
from studio.project.lock import lock_file
from studio.training.recipe import Recipe
from studio.ui.main_window import MainWindow
from studio.workbench import Workbench


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A project with a drawing in it."""
    found = tmp_path / "p.vrnn"
    project = Project.create(found)
    project.collection.add([("drawn", circle())], "add")
    project.close()
    return found


def interrupt_a_run(path: Path) -> None:
    project = Project.open(path)
    run = project.runs.create("pens-1", Recipe(name="mine", title="Mine").to_toml(), device="cpu", seed=1)
    with project._database.transaction() as connection:
        connection.execute("UPDATE runs SET owner = '', step = 7")
        connection.execute("INSERT INTO checkpoints VALUES (?, 'last', 7, '{}', x'00')", (run,))
    project.close()


def test_an_interrupted_training_is_offered(window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_a_run(path)
    resumed: list[int | None] = []
    monkeypatch.setattr(Workbench, "train", lambda self, *_, resume=None, **__: resumed.append(resume))
    window.open(path)
    window.workbench.poll()
    banner = window.stage.banner
    assert banner.isVisible()
    assert banner.sentence.text() == "The training pens-1 was interrupted at step 7 of 1,500; it is all kept."
    assert banner._action.text() == "Go On Training"
    banner._action.click()
    assert resumed == [1]
    assert not banner.isVisible()


def test_a_young_run_that_was_killed_is_offered_too(
    window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_a_run(path)
    project = Project.open(path)
    with project._database.transaction() as connection:
        connection.execute("DELETE FROM checkpoints")
    project.close()
    begun: list[tuple[str, object]] = []
    monkeypatch.setattr(
        Workbench, "train", lambda self, recipe, *, name, seed: begun.append((recipe.title, (name, seed)))
    )
    window.open(path)
    window.workbench.poll()
    banner = window.stage.banner
    assert banner.sentence.text() == "The training pens-1 was interrupted before anything of it was kept."
    banner._action.click()
    assert begun == [("Mine", ("pens-1", 1))]
    assert window.workbench.runs() == ()


def test_a_training_that_ended_is_not_offered(window: MainWindow, path: Path) -> None:
    interrupt_a_run(path)
    project = Project.open(path)
    project.runs.set_status(1, "stopped")
    project.close()
    window.open(path)
    window.workbench.poll()
    assert not window.stage.banner.isVisible()


def test_the_second_window_is_read_only_and_says_why(window: MainWindow, path: Path) -> None:
    lock_file(path).write_text("another-computer/17")
    window.open(path)
    window.workbench.poll()
    banner = window.stage.banner
    assert "is open in another VRNN Studio (process 17 on another-computer)" in banner.sentence.text()
    assert "p (read-only)" in window.windowTitle()
    window.trajectories.canvas.finished.emit(circle())
    assert "can only be read here" in banner.sentence.text()
    assert len(window.workbench.materials()) == 1
    lock_file(path).unlink()
    banner._act = None
    window.open(path)
    window.workbench.poll()
    assert "read-only" not in window.windowTitle()
    window.trajectories.canvas.finished.emit(circle())
    assert len(window.workbench.materials()) == 2


TAKER = """
import sys
from pathlib import Path
from studio.project.file import Project
project = Project.open(Path(sys.argv[1]))
project.claim(silent_after=0)
project.close()
"""


def test_a_project_that_another_took_over_is_given_up_and_can_be_taken_back(window: MainWindow, path: Path) -> None:
    window.open(path)
    window.workbench.poll()
    subprocess.run([sys.executable, "-c", TAKER, str(path)], check=True)
    window.trajectories.canvas.finished.emit(circle())
    banner = window.stage.banner
    assert "took" in banner.sentence.text()
    window.workbench.poll()
    assert "p (read-only)" in window.windowTitle()
    assert len(Project.open(path.with_name("p.kept.vrnn")).collection.items()) == 2  # and the drawing is not lost
    assert banner._action.text() == "Try Again"
    banner._action.click()
    window.workbench.poll()
    assert "read-only" not in window.windowTitle()


@pytest.mark.skipif(sys.platform == "win32", reason="no file can be renamed while it is open")
def test_a_project_that_is_renamed_is_followed_and_said(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    window.open(path)
    window.workbench.poll()
    path.rename(path.with_name("new.vrnn"))

    def followed() -> None:
        window.workbench.poll()
        assert f"is called {path.with_name('new.vrnn')} now" in window.stage.banner.sentence.text()

    wait_for(qtbot, followed)
    assert window.windowTitle().startswith("new")
    assert window.workbench.recent()[0] == path.with_name("new.vrnn")


def wait_for(qtbot: QtBot, found: Callable[[], None]) -> None:
    def holds() -> bool:
        try:
            found()
        except AssertionError:
            return False
        return True

    qtbot.waitUntil(holds)


def test_a_copy_is_restored_from_the_menu(window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = path.with_name("copy.vrnn")
    shutil.copy(path, copy)
    window.open(path)
    window.workbench.add_drawing(circle())
    monkeypatch.setattr("studio.ui.main_window.ask_for_project", lambda *_: copy)
    window.commands["restore"].trigger()
    assert window.workbench.path == path
    assert len(window.workbench.materials()) == 1
    before = Project.open(path.with_name("p.before-restoring.vrnn"))
    assert len(before.collection.items()) == 2
    before.close()


def test_what_can_be_read_of_a_damaged_project_is_rescued(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    data = path.read_bytes()
    damaged = data[: len(data) - 4096] + bytes(range(256)) * 16
    path.write_bytes(damaged)
    window.open(path)
    banner = window.stage.banner
    assert "is damaged" in banner.sentence.text()
    assert banner._action.text() == "Rescue What Can Be Read"
    banner._action.click()
    qtbot.waitUntil(lambda: window.workbench.name == "p.rescued")
    assert path.read_bytes() == damaged
    assert not window.workbench.read_only


def test_a_mistake_in_a_job_can_be_copied_with_its_details(qtbot: QtBot, window: MainWindow) -> None:
    window.workbench._jobs.start("juggle", lambda task: 1 / 0)  # type: ignore[arg-type]
    banner = window.stage.banner
    qtbot.waitUntil(banner.isVisible)
    banner._copy.click()
    copied = QApplication.clipboard().text()
    assert copied.startswith("Could not juggle because of a mistake in the studio")
    assert "Traceback" in copied
    assert "ZeroDivisionError" in copied
