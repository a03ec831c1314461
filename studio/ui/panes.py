"""The panes around the middle of the window: docks where there is room, tabs where there is not.

A wide window has the material on the left, what generates on the right, and the training below; the material reaches
to the bottom where the training has room enough beside it. In a narrower window what generates shares its place with
the material; in one that is too narrow for that, or too low for the training, panes become views in the middle. A pane
that still needs more room than it has scrolls. Nothing ever covers anything.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from studio.ui.adapting import Scrolled, least_height
from studio.ui.centre import Centre

LAYOUT_VERSION = 1  # of what QMainWindow.saveState remembers; another number forgets older ones
MIDDLE = QSize(400, 344)  # pixels that the middle of the window has at least beside and above docks
BETWEEN = 8  # pixels between two panes: QMainWindow::separator in the style sheet
MATERIAL = 308  # pixels of width in which each row of buttons there is one line
TITLE = 30  # pixels of height of a dock's title: QDockWidget::title in the style sheet
SCROLL_BAR = 12  # pixels: QScrollBar:vertical in the style sheet
USUAL_GENERATE = 272
_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
_AREAS = {
    "material": Qt.DockWidgetArea.LeftDockWidgetArea,
    "generate": Qt.DockWidgetArea.RightDockWidgetArea,
    "train": Qt.DockWidgetArea.BottomDockWidgetArea,
}
TITLES = {"material": "Material", "generate": "Generate", "train": "Train"}
ICONS = {"material": "pen", "generate": "dice", "train": "train"}


class Fold(NamedTuple):
    """What becomes of the panes: whether they are side by side, and which of them are views in the middle."""

    beside: bool = True  # what generates has a column of its own
    views: tuple[str, ...] = ()


OPEN = Fold()


class Panes(QObject):
    """Owns the docks of a window."""

    def __init__(self, window: QMainWindow, centre: Centre, contents: dict[str, QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._centre = centre
        self.fold = OPEN
        self._state: QByteArray | None = None  # of the docks as they were before they were folded
        self._shown_before: set[str] = set(contents)  # likewise
        self._view = centre.view
        self._generates = 0  # how wide that pane is when it comes back with the samples
        self._settled = False  # whether the window has its size
        self._aside: tuple[str, ...] = ()
        self._by_hand = False  # whether the sizes are the person's own
        self.frames = {
            name: content if isinstance(content, Scrolled) else Scrolled(content) for name, content in contents.items()
        }
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.docks = {name: self._dock(name) for name in contents}
        self.toggles = {name: self._toggle(name) for name in contents}
        centre.changed.connect(self._make_room)
        window.installEventFilter(self)

    def _dock(self, name: str) -> QDockWidget:
        dock = QDockWidget(TITLES[name], self._window)
        dock.setObjectName(name)
        dock.setWidget(self.frames[name])
        self._window.addDockWidget(_AREAS[name], dock)
        dock.visibilityChanged.connect(lambda _: self._show_toggles())
        return dock

    def _toggle(self, name: str) -> QAction:
        action = QAction(f"&{TITLES[name]}", self._window)
        action.setCheckable(True)
        action.setChecked(True)
        action.triggered.connect(lambda on: self._show(name, on))
        return action

    def _show_toggles(self) -> None:
        for name, action in self.toggles.items():
            action.setChecked(self._is_shown(name))

    def _is_shown(self, name: str) -> bool:
        return self._centre.has(name) or not self.docks[name].isHidden()

    def _show(self, name: str, on: bool) -> None:
        if name not in self.fold.views or self.docks[name].isFloating():
            self.docks[name].setVisible(on)
        elif on:
            self._become_view(name)
        else:
            self._centre.give_back(name)
        self._show_toggles()

    # --- what the window asks for

    def bring(self, name: str) -> None:
        """Show a pane, in front of what shares its place."""
        if not self._is_shown(name):
            self._show(name, True)
        if self._centre.has(name):
            self._centre.show_view(name)
        else:
            self.docks[name].raise_()

    def restore(self, layout: object) -> None:
        """As it was at the end of an earlier session."""
        self._settled = isinstance(layout, QByteArray) and self._window.restoreState(layout, LAYOUT_VERSION)
        self._by_hand = self._settled

    def state(self) -> QByteArray:
        """To be remembered for the next session: of the docks as they are where there is room for them."""
        return self._state if self._state is not None else self._window.saveState(LAYOUT_VERSION)

    def reset(self) -> None:
        """Put all panes back to where they were at first."""
        self._unfold()
        self._state, self._shown_before = None, set(self.docks)
        self._put_back()
        self._by_hand = False
        self.settle()

    def settle(self) -> None:
        """The window has its size: share it out, unless the person has done so in an earlier session."""
        self._settled = True
        self.arrange()

    def put_aside(self) -> None:
        """Show none of them for a while."""
        self._settled = False
        self._aside = tuple(name for name, dock in self.docks.items() if not dock.isHidden())
        for name in self._aside:
            self.docks[name].hide()

    def bring_back(self) -> None:
        """Show again what was put aside."""
        for name in self._aside:
            self.docks[name].show()
        self._aside = ()
        self.settle()

    # --- how much room there is

    def arrange(self) -> None:
        """Fold as much as the window is too small for."""
        if not self._settled:
            return
        wanted = self._wanted()
        if wanted != self.fold:
            self._fold(wanted)
        self._window.setCorner(Qt.Corner.BottomLeftCorner, self._corner())
        self._keep_apart()
        if not self._by_hand:
            self._share_out()
            QTimer.singleShot(0, self, self._share_out)  # once the docks have their places

    def _corner(self) -> Qt.DockWidgetArea:
        """The material reaches to the bottom, for a high canvas, where the training has room enough beside it."""
        beside = self._window.width() - max(self.docks["material"].width(), self._material_usual()) - BETWEEN
        fits = least_height(self.frames["train"].content, beside) + TITLE <= self._training_usual()
        return _AREAS["material" if fits else "train"]

    def _training_needs(self) -> int:
        """How high it is at least with its title, below everything else."""
        return least_height(self.frames["train"].content, self._window.width()) + TITLE

    def _widths(self) -> tuple[int, int]:
        """How wide the material and what generates are at least."""
        material, generate = (self.frames[name].least_width + SCROLL_BAR for name in ("material", "generate"))
        return max(material, MATERIAL), generate

    def _wanted(self) -> Fold:
        across = self._window.width()
        bars = self._window.menuBar().height() + self._window.statusBar().height()
        material, generate = self._widths()
        if across < material + BETWEEN + MIDDLE.width():
            return Fold(False, tuple(self.docks))
        low = self._window.height() < bars + MIDDLE.height() + BETWEEN + self._training_needs()
        beside = across >= material + MIDDLE.width() + generate + 2 * BETWEEN
        return Fold(beside, ("train",) if low else ())

    def _fold(self, wanted: Fold) -> None:
        if self.fold == OPEN:
            self._state = self._window.saveState(LAYOUT_VERSION)
            self._shown_before = {name for name in self.docks if self._is_shown(name)}
            if self._view != "view-samples" and self._generates:
                self._shown_before.add("generate")
        self._unfold()
        self.fold = wanted
        if wanted == OPEN:
            self._open_again()
            return
        self._put_back()
        if not wanted.beside and "generate" not in wanted.views and not self.docks["generate"].isFloating():
            self._share_place()
        for name in wanted.views:
            if name in self._shown_before and not self.docks[name].isFloating():
                self._become_view(name)
        self._make_room(self._centre.view)
        self._show_toggles()

    def _open_again(self) -> None:
        self._put_back()
        if self._state is not None:
            self._window.restoreState(self._state, LAYOUT_VERSION)
        self._state = None
        self._make_room(self._centre.view)
        self._show_toggles()

    def _unfold(self) -> None:
        """Every pane in its dock again."""
        for name, dock in self.docks.items():
            self._centre.give_back(name)
            if dock.widget() is not self.frames[name]:
                dock.setWidget(self.frames[name])
                self.frames[name].show()
        self.fold = OPEN

    def _put_back(self) -> None:
        for name, dock in self.docks.items():
            dock.setTitleBarWidget(None)  # type: ignore[arg-type]  # its own
            if not dock.isFloating() or self._state is None:
                dock.setFloating(False)
                self._window.removeDockWidget(dock)
                self._window.addDockWidget(_AREAS[name], dock)
            dock.setVisible(name in self._shown_before)

    def _share_place(self) -> None:
        """What generates and the material, with tabs in the place of titles."""
        self._window.tabifyDockWidget(self.docks["material"], self.docks["generate"])
        self.docks["material"].raise_()
        for name in ("material", "generate"):
            self.docks[name].setTitleBarWidget(QWidget())

    def _become_view(self, name: str) -> None:
        self.docks[name].hide()
        self._centre.take(name, TITLES[name], ICONS[name], self.frames[name], first=name == "material")

    def _keep_apart(self) -> None:
        """Panes in their usual places have what they need; others may become as small as somebody makes them."""
        usual = all(
            not dock.isFloating() and self._window.dockWidgetArea(dock) == _AREAS[name]
            for name, dock in self.docks.items()
            if not dock.isHidden() and not (name == "generate" and not self.fold.beside)
        )
        held = {name for name in self.docks if usual and name not in self.fold.views}
        for name, width in zip(("material", "generate"), self._widths(), strict=True):
            self.frames[name].setMinimumWidth(width if name in held else 0)
        self.frames["train"].setMinimumHeight(self._training_needs() - TITLE if "train" in held else 0)

    def _material_usual(self) -> int:
        return max(self._widths()[0], min(self._window.width() // 4, 440))

    def _training_usual(self) -> int:
        return max(self._training_needs(), self._window.height() * 30 // 100)

    def _share_out(self) -> None:
        material, generate, train = self.docks["material"], self.docks["generate"], self.docks["train"]
        if "material" not in self.fold.views:
            self._window.resizeDocks([material, generate], [self._material_usual(), USUAL_GENERATE], _ACROSS)
        if "train" not in self.fold.views:
            self._window.resizeDocks([train], [self._training_usual()], _DOWN)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The mouse that moves what is between two panes is let go."""
        if watched is self._window and event.type() == QEvent.Type.MouseButtonRelease:
            self._by_hand = True
        return super().eventFilter(watched, event)

    # --- what generates belongs to the samples

    def _make_room(self, view: str) -> None:
        """What generates the samples is of no use beside another view, which can do with its place."""
        if "generate" in self.fold.views or view in self.docks:
            return
        dock, before, self._view = self.docks["generate"], self._view, view
        if before == "view-samples" != view:
            self._generates = 0 if dock.isHidden() else dock.width()
            self._keep_widths(0)
        elif before != "view-samples" == view:
            self._keep_widths(self._generates)
            self._keep_apart()
        elif view != "view-samples":
            dock.hide()

    def _keep_widths(self, generate: int) -> None:
        """Show the generation pane so wide, 0: not at all, and leave the one with the material as wide as it is."""
        widths = {self.docks["material"]: self.docks["material"].width(), self.docks["generate"]: generate}
        self.docks["generate"].setVisible(generate > 0)
        if generate and not self.fold.beside:
            self._share_place()
        shown = [dock for dock, width in widths.items() if width and not dock.isHidden()]
        # Once the pane has its place: before, Qt gives it the least it can do with.
        QTimer.singleShot(0, self, lambda: self._window.resizeDocks(shown, [widths[dock] for dock in shown], _ACROSS))
