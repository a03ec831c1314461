"""The middle of the window: what the model generates, what goes on inside it, and how runs compare."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QIcon, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QWidget

from studio.ui.actions import Actions, plain
from studio.ui.adapting import Scrolled
from studio.ui.icons import icon
from studio.ui.stage import Stage
from studio.ui.theme import STEP, theme
from studio.ui.widgets import column

ICON = QSize(16, 16)


class _Stack(QStackedWidget):
    """Takes no more room than the view in front wants: the panes beside it shall have theirs."""

    def minimumSizeHint(self) -> QSize:
        view = self.currentWidget()
        return QSize() if view is None else view.minimumSizeHint()

    def sizeHint(self) -> QSize:
        view = self.currentWidget()
        return QSize() if view is None else view.sizeHint()


class Centre(QWidget):
    """One of several views, chosen by tabs, or by their actions; the banner above is for all of them."""

    changed = Signal(str)  # the name of the action of the view in front

    def __init__(self, actions: Actions, stage: Stage, others: dict[str, QWidget]) -> None:
        """
        Args:
            actions: checkable ones by the names of the views among them.
            stage: the first view, "view-samples".
            others: the further ones, by the names of their actions.
        """
        super().__init__()
        self._views: dict[str, QWidget] = {"view-samples": stage, **others}
        self.names = list(self._views)  # of the tabs, from left to right
        self._icons = dict.fromkeys(self._views, "")  # of those that have no action
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName("Views")
        self._stack = _Stack()
        group = QActionGroup(self)
        for name, view in self._views.items():
            action = actions[name]
            place = self.tabs.addTab(action.icon(), plain(action.text()))
            self.tabs.setTabToolTip(place, action.toolTip())
            self._stack.addWidget(Scrolled(view))
            group.addAction(action)
            action.triggered.connect(lambda _, name=name: self.show_view(name))
        self._actions = actions
        layout = column(stage.banner, self.tabs, self._stack, spacing=0)
        layout.setContentsMargins(0, STEP // 2, 0, 0)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.tabs.currentChanged.connect(self._show)
        theme().changed.connect(self._fit_icons)
        self._fit_icons()
        actions["view-samples"].setChecked(True)

    @property
    def view(self) -> str:
        """The name of the view in front."""
        return self.names[self.tabs.currentIndex()]

    def show_view(self, name: str) -> None:
        """Bring a view to the front."""
        self.tabs.setCurrentIndex(self.names.index(name))

    def has(self, name: str) -> bool:
        """Whether there is a view of that name."""
        return name in self.names

    def take(self, name: str, title: str, icon: str, view: QWidget, *, first: bool = False) -> None:
        """One more view, which has no action: a pane for which there is no room beside the middle."""
        place = 0 if first else len(self.names)
        self.names.insert(place, name)
        self._icons[name] = icon
        self._stack.insertWidget(place, view)
        self.tabs.insertTab(place, title)
        self.tabs.setTabToolTip(place, title)
        self._fit_icons()
        self._stack.setCurrentIndex(self.tabs.currentIndex())

    def give_back(self, name: str) -> None:
        """Such a view is wanted elsewhere."""
        if name in self.names:
            place = self.names.index(name)
            if place == self.tabs.currentIndex():
                self.show_view("view-samples")
            view = self._stack.widget(place)
            assert view is not None
            self._stack.removeWidget(view)
            del self.names[place], self._icons[name]
            self.tabs.removeTab(place)
            self._fit_icons()

    def _show(self, place: int) -> None:
        if place != self.names.index(self.view) or self.tabs.count() != len(self.names):
            return  # a tab comes or goes
        if self.view in self._views:
            self._actions[self.view].setChecked(True)
        self.changed.emit(self.view)  # first, for a wider view would push aside what is to be remembered
        self._stack.setCurrentIndex(place)
        self._stack.updateGeometry()

    def _recolour(self) -> None:
        for place, name in enumerate(self.names):
            known = self._icons[name]
            self.tabs.setTabIcon(place, icon(known) if known else self._actions[name].icon())

    def _fit_icons(self) -> None:
        """Where there is no room for both, words say more than icons."""
        self.tabs.setIconSize(ICON)
        self._recolour()
        if self.tabs.sizeHint().width() > self.width():
            for place in range(self.tabs.count()):
                self.tabs.setTabIcon(place, QIcon())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_icons()
