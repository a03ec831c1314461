"""Walks through the window at whatever QT_SCALE_FACTOR says, and prints what is wrong: ``scaled_window.py FOLDER``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication


def main() -> None:
    folder, scale = Path(sys.argv[1]), float(os.environ["QT_SCALE_FACTOR"])
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))
    application = QApplication([])
    application.setStyle("Fusion")
    from sound import FakeSound
    from test_layout import SCREENS, logical, look_at_all

    from studio.ui.main_window import MainWindow
    from studio.ui.theme import theme
    from studio.workbench import Workbench

    theme().apply("light")
    workbench = Workbench(folder / "studio")
    workbench.open_sample("eights")
    workbench.poll()
    window = MainWindow(workbench, sound=FakeSound().system)
    window.show()
    for fault in look_at_all(window, [logical(screen, scale) for screen in SCREENS[:2]]):
        print(fault)
    workbench.discard()
    window.close()


if __name__ == "__main__":
    main()
