"""Starts the studio: the window, or the command line where there are arguments."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, NoReturn

from studio import log

if TYPE_CHECKING:
    from PySide6.QtCore import QMessageLogContext, QtMsgType
    from PySide6.QtWidgets import QApplication

    from studio.ui.main_window import MainWindow

NO_DISPLAY = (
    "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set): "
    "run `vrnn-studio demo` for the main job without a screen."
)
UNREACHABLE = (
    "The display {display} cannot be reached: check DISPLAY, "
    "or run `vrnn-studio demo` for the main job without a screen."
)
NO_QT = (
    "The window cannot be opened because the system lacks a library ({reason}): on Debian and Ubuntu, run "
    "sudo apt install libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0 libxcb-cursor0 "
    "libxkbcommon-x11-0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
)
DEFECT = "Something went wrong inside the studio; your work is kept. The details help to mend it."


def run() -> NoReturn:
    """`main` as a process of its own, to the very end."""
    leave(main())


def leave(code: int) -> NoReturn:
    """End the process, also where threads still calculate that nobody waits for.

    Python ends such threads in the midst of what they do while it takes itself apart. Inside the C++ of torch that
    aborts the process ("terminate called without an active exception"), and leaving the studio looks like a crash.
    """
    if not any(thread.daemon for thread in threading.enumerate()):
        sys.exit(code)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # there is none, or nobody reads it any more
            stream.flush()
    os._exit(code)


def main(arguments: list[str] | None = None) -> int:
    """The program: returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    project = _project(given)
    if given and project is None:
        from studio import cli

        return cli.main(given)
    if not has_display():
        print(NO_DISPLAY, file=sys.stderr)
        return 1
    try:
        return open_window(project)
    except ImportError as error:
        if "PySide6" not in (error.name or str(error)) and ".so" not in str(error):
            raise
        print(NO_QT.format(reason=str(error).split(":")[0]), file=sys.stderr)
        return 1


def _project(arguments: list[str]) -> Path | None:
    """The project to open, where that is all that was given."""
    if len(arguments) == 1 and arguments[0].endswith(".vrnn") and not arguments[0].startswith("-"):
        return Path(arguments[0])
    return None


def has_display() -> bool:
    """Whether a window can be seen."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_window(project: Path | None) -> int:
    """Show the window until it is closed."""
    gc.disable()  # what is loaded and made now stays; later the window itself looks for garbage (`studio.ui.garbage`)
    os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
    from PySide6.QtCore import QTimer

    from studio.models import compiling, threads
    from studio.training.memory import share_arenas
    from studio.ui.main_window import MainWindow
    from studio.workbench import Workbench

    share_arenas()
    application = _application()
    logs = log.start()
    window = MainWindow(Workbench(), logs.parent if logs is not None else None)
    sys.excepthook = _tell_defects
    threading.excepthook = _tell_defects_of_threads
    window.show()
    compiling.patient = False
    threads.spare = 1

    def go_on() -> None:
        window.open_first(project)
        window.workbench.load_in_background()

    QTimer.singleShot(0, go_on)  # the window is seen first
    _close_when_told_to(window)
    code = application.exec()
    sys.excepthook = sys.__excepthook__
    threading.excepthook = threading.__excepthook__
    return code


def _close_when_told_to(window: MainWindow) -> None:
    """Close the window, with everything kept, on Ctrl-C in its terminal and where the system or a scheduler ends it.

    Python hears of a signal when it next runs, which the window's timer sees to 30 times a second. Nobody is asked: an
    untitled project stays where it is, and is there again at the next start.
    """

    def close(number: int, frame: FrameType | None) -> None:
        from PySide6.QtCore import QTimer

        window.asks = False
        QTimer.singleShot(0, window.close)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            signal.signal(getattr(signal, name), close)


def _application() -> QApplication:
    from PySide6.QtCore import QLocale, Qt, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from studio.ui.main_window import remembered_theme
    from studio.ui.theme import theme

    qInstallMessageHandler(QtMessages())
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    application = QApplication(["vrnn-studio"])
    # Every point of the pen counts. Only now: on X11, creating the application switches this on.
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
    application.setApplicationName("VRNN Studio")
    application.setDesktopFileName("vrnn-studio")
    application.setStyle("Fusion")
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))  # the words are English too
    theme().apply(remembered_theme())
    return application


class QtMessages:
    """Takes what Qt says into the log. Where Qt is about to abort, says why in one sentence and ends instead."""

    def __init__(self) -> None:
        self._said: list[str] = []

    def __call__(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        from PySide6.QtCore import QtMsgType

        logging.getLogger("qt").debug("%s", message)
        if kind != QtMsgType.QtFatalMsg:
            self._said = [*self._said[-20:], message]
            return
        print(self.reason(message), file=sys.stderr, flush=True)
        os._exit(1)

    def reason(self, fatal: str) -> str:
        """What a user can do about a message that ends the program."""
        told = " ".join([*self._said, fatal])
        if "could not connect to display" in told:
            return UNREACHABLE.format(display=os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY", ""))
        if "platform plugin" in told:
            return NO_QT.format(reason="a platform plugin of Qt cannot be loaded")
        return fatal


def _tell_defects(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody caught goes to the log and into the banner, and the window goes on."""
    from studio.ui.problems import problems

    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    details = "".join(traceback.format_exception(kind, error, trace))
    logging.getLogger("studio").error("%s", details)
    print(details, file=sys.stderr)
    problems().met.emit(DEFECT, details)


def _tell_defects_of_threads(caught: threading.ExceptHookArgs) -> None:
    """The same for threads; the banner's own thread takes it from there."""
    if caught.exc_value is not None:
        _tell_defects(caught.exc_type, caught.exc_value, caught.exc_traceback)


if __name__ == "__main__":
    run()
