"""Untitled projects that were left behind are all offered, always, and can be found later."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fakes import circle
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from studio.ui.recover_dialog import RecoverDialog
from studio.workbench import Workbench


@pytest.fixture
def left(tmp_path: Path) -> list[int]:
    """Two projects of processes that died, the second one newer, with one drawing and two."""
    home = tmp_path / "studio"
    numbers = [4194396, 4194397]
    for count, number in enumerate(numbers, 1):
        bench = Workbench(home)
        bench.new()
        bench.add_drawings([circle(label="lost")] * count)
        bench._project.close()
        (file,) = [file for file in (home / "untitled").glob("*.vrnn") if f"+{os.getpid()}+" in file.name]
        file.rename(file.with_name(file.name.replace(f"+{os.getpid()}+", f"+{number}+")))
        os.utime(next(home.glob(f"untitled/*+{number}+*")), (1_000_000_000 + number, 1_000_000_000 + number))
    return numbers


def test_they_are_offered_though_another_project_was_open(
    qtbot: QtBot, left: list[int], window: MainWindow, tmp_path: Path
) -> None:
    window.workbench.save_as(tmp_path / "named.vrnn")
    window.open_first(tmp_path / "named.vrnn")
    banner = window.stage.banner
    qtbot.waitUntil(banner.isVisible)
    assert "2 untitled projects" in banner.sentence.text()


def test_each_is_shown_with_picture_date_and_size_and_opened(
    qtbot: QtBot, left: list[int], window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[list[str]] = []

    def choose_the_second(dialog: RecoverDialog) -> int:
        qtbot.waitUntil(lambda: dialog.projects.count() == 2)
        items = [dialog.projects.item(row) for row in range(2)]
        shown.append([item.text() for item in items])
        assert not any(item.icon().isNull() for item in items)
        dialog.projects.setCurrentRow(1)
        return 1

    monkeypatch.setattr(RecoverDialog, "exec", choose_the_second)
    window.commands["recover"].trigger()
    window.workbench.poll()
    ((newer, older),) = shown
    assert newer.startswith("2 drawings\n")
    assert older.startswith("one drawing\n")
    assert all("2001" in text or "01" in text for text in (newer, older))
    assert all("kB" in text or "KiB" in text for text in (newer, older))
    assert len(window.workbench.materials()) == 1


def test_one_can_be_deleted(qtbot: QtBot, left: list[int], bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = RecoverDialog(bench)
    qtbot.addWidget(dialog)

    def there() -> bool:
        bench.poll()
        return dialog.projects.count() == 2

    qtbot.waitUntil(there)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    dialog.remove.click()
    assert dialog.projects.count() == 1
    assert len(bench.left_behind()) == 1


def test_where_there_is_none_it_says_so(qtbot: QtBot, bench: Workbench) -> None:
    dialog = RecoverDialog(bench)
    qtbot.addWidget(dialog)

    def told() -> bool:
        bench.poll()
        return "There is none" in dialog.words.text()

    qtbot.waitUntil(told)
    assert not dialog.choose.isEnabled()
    assert not dialog.remove.isEnabled()
