"""The presentation view: the canvas alone, as large as the screen; its buttons appear where the mouse wants them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QCursor, QShortcut
from PySide6.QtWidgets import QMainWindow, QWidget

from studio.ui.actions import Actions
from studio.ui.centre import Centre
from studio.ui.panes import Panes
from studio.ui.stage import Stage
from studio.ui.widgets import timer

LOOKS_MILLISECONDS = 100  # between two looks at where the mouse is
NEAR = 96  # pixels from the lower edge within which the buttons are wanted


class Presentation(QObject):
    """Hides everything around the canvas of a window, and brings it back."""

    def __init__(self, window: QMainWindow, actions: Actions, centre: Centre, panes: Panes, stage: Stage) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._centre = centre
        self._panes = panes
        self._stage = stage
        self._was_full = False
        self._leave = QShortcut(Qt.Key.Key_Escape, window)
        self._leave.setEnabled(False)
        self._leave.activated.connect(lambda: actions["present"].setChecked(False))
        self._looks = timer(self, LOOKS_MILLISECONDS, lambda: self.look(stage.mapFromGlobal(QCursor.pos())))
        actions["present"].toggled.connect(self._show)
        window.installEventFilter(self)

    @property
    def on(self) -> bool:
        """Whether the canvas is alone."""
        return self._actions["present"].isChecked()

    @property
    def _around(self) -> tuple[QWidget, ...]:
        return self._window.menuBar(), self._window.statusBar(), self._centre.tabs

    def _show(self, on: bool) -> None:
        self._leave.setEnabled(on)
        for part in self._around:
            part.setVisible(not on)
        self._stage.hint.setVisible(not on and not self._stage.hint.dismissed)
        self._stage.keep_place_of_player(on)
        if on:
            self._was_full = self._window.isFullScreen()
            self._centre.show_view("view-samples")
            self._panes.put_aside()
            self._actions.belong_to(self._window)  # those of a menu bar that is hidden have no keys
            self._window.showFullScreen()
            self._window.setFocus()  # which Qt has moved on from what is hidden now
            self._looks.start()
            return
        self._looks.stop()
        self._actions.leave(self._window)
        self._stage.player.show()
        if not self._was_full:
            self._window.showNormal()
        self._panes.bring_back()

    def look(self, mouse: QPoint) -> None:
        """Show the buttons where the mouse, a place on the stage, is near them or has the focus."""
        wanted = self._stage.rect().contains(mouse) and mouse.y() > self._stage.height() - NEAR
        focus = self._window.focusWidget()
        used = focus is not None and self._stage.player.isAncestorOf(focus) and focus.hasFocus()
        self._stage.player.setVisible(wanted or used)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A window that is closed while it presents is remembered as it was before."""
        if event.type() == QEvent.Type.Close and self.on:
            self._actions["present"].setChecked(False)
        return super().eventFilter(watched, event)
