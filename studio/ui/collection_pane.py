"""What the panes of all kinds of material share: a collection, and what is done with what is selected in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QInputDialog, QLayout, QMenu, QSplitter, QWidget

from studio.ui.actions import Actions
from studio.ui.adapting import Flow
from studio.ui.file_dialogs import Kinds, ask_where_to_save
from studio.ui.problems import reported
from studio.ui.theme import STEP
from studio.ui.thumbnails import CollectionView, Look
from studio.ui.widgets import Hint, action_button, column, label, row, spread
from studio.workbench import MaterialItem, Workbench

NEEDS_SELECTION = ("delete", "duplicate", "label")
SHARED = (*NEEDS_SELECTION, "select-all", "undo", "redo", "export-selected")
"""Actions that mean whichever pane is in front."""


class CollectionPane(QWidget):
    """One kind of material. The window calls `do` for shared actions, and says which pane is in front."""

    selection_changed = Signal()
    said = Signal(str)  # for the status bar

    title: ClassVar[str]  # of its tab
    kind: ClassVar[str]
    look: ClassVar[Look]
    says: ClassVar[str]  # what the material does: a drawing shows a circle
    exports: ClassVar[Kinds]
    own: ClassVar[tuple[str, ...]] = ()  # actions that need this pane in front
    menu: ClassVar[tuple[str, ...]] = ()  # actions of the context menu, "" for a line
    hint: Hint | None = None  # for a newcomer, where the pane does not say it itself

    def __init__(self, workbench: Workbench, actions: Actions) -> None:
        super().__init__()
        self._workbench = workbench
        self._actions = actions
        self._select_next: tuple[int, ...] = ()  # new items that will be there with the next change
        self.in_front = True
        self.collection = CollectionView(self.look)
        self._count = label("", "small")
        self.slots: dict[str, Callable[[], object]] = {
            "delete": self._delete,
            "duplicate": self._duplicate,
            "select-all": self.collection.selectAll,
            "label": self._label,
            "undo": self._undo,
            "redo": self._redo,
            "export-selected": self._export,
        }
        for name in ("delete", "select-all"):
            actions[name].setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.collection.addAction(actions[name])
        self.collection.selectionModel().selectionChanged.connect(self._show_selection)
        self.collection.customContextMenuRequested.connect(self._context_menu)
        workbench.materials_changed.connect(self.show_materials)
        workbench.project_changed.connect(self.collection.delegate.forget)

    def _lay_out(self, above: QLayout, buttons: tuple[str, ...], *below: QWidget) -> None:
        """The hint, what the person works on, and the collection: buttons stand over it, other widgets below it."""
        words = spread(row(label("Collection", "heading"), self._count, spacing=2))
        heading = Flow(words, None, *(action_button(self._actions[name]) for name in buttons), spacing=2)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(STEP)
        splitter.addWidget(spread(above))
        splitter.addWidget(spread(column(heading, self.collection, *below, spacing=4)))
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        layout = column(splitter) if self.hint is None else column(self.hint, splitter)
        layout.setContentsMargins(STEP, 4, 0, 0)
        layout.setStretchFactor(splitter, 1)
        self.setLayout(layout)

    # --- what the window asks for

    @property
    def first_focus(self) -> QWidget:
        """What keys mean when the person comes to this pane."""
        return self.collection

    def do(self, name: str) -> None:
        """Carry out one of the shared actions."""
        self.slots[name]()

    def come_to_front(self, on: bool) -> None:
        """The person looks at this pane, or at another one."""
        self.in_front = on
        if on:
            self.show_actions()
            self.first_focus.setFocus()
            return
        for name in self.own:
            self._actions.allow(name, f"choose {self.title} above the collection first.")

    def forget(self) -> None:
        """Another project was opened: what was chosen for new material in the one before does not hold for it."""

    # --- what the workbench tells

    def show_materials(self) -> None:
        """Show the collection as it is now."""
        items = self._workbench.materials(self.kind)
        more = len(items) > len(self.collection.collection.items) > 0
        self.collection.collection.show(items)
        if more:
            self.collection.scrollToBottom()
        self.collection.viewport().update()
        if self._select_next:
            self.collection.select(self._select_next)
            self._select_next = ()
        self._show_selection()

    def _show_selection(self) -> None:
        chosen, total = len(self.collection.selected()), len(self.collection.collection.items)
        self._count.setText(f"{chosen:,} of {total:,}" if chosen else f"{total:,}")
        if self.in_front:
            self.show_actions()
        self.selection_changed.emit()

    def _selected_or(self, shown: MaterialItem | None) -> MaterialItem | None:
        """The selected piece; where there is none, the one that was shown, as long as it is there."""
        chosen, items = self.collection.selected(), self.collection.collection.items
        place = self.collection.currentIndex().row()
        if chosen:
            return items[place] if 0 <= place < len(items) and items[place] in chosen else chosen[-1]
        return None if shown is None else next((item for item in items if item.id == shown.id), None)

    def show_actions(self) -> None:
        """Enable what can be done now; the others say why not."""
        for name in NEEDS_SELECTION:
            self._actions.allow(name, self._none_selected())
        items = self.collection.collection.items
        self._actions.allow("export-selected", "" if items else f"there are no {self.look.noun}s in the collection.")
        self._show_undo(self._workbench.undo_text, self._workbench.redo_text)

    def _none_selected(self) -> str:
        return "" if self.collection.selected() else f"select {self.look.noun}s in the collection first."

    def _show_undo(self, undo: str, redo: str) -> None:
        for name, what in (("undo", undo), ("redo", redo)):
            self._actions.allow(name, "" if what else f"there is nothing to {name}.")
            self._actions[name].setText(f"&{name.capitalize()} {what}".strip())

    # --- what the person does

    def _ids(self) -> list[int]:
        return [item.id for item in self.collection.selected()]

    @reported
    def _delete(self) -> None:
        self._workbench.delete(self._ids())

    @reported
    def _duplicate(self) -> None:
        self._select_next = self._workbench.duplicate(self._ids())

    @reported
    def _undo(self) -> None:
        self._workbench.undo()

    @reported
    def _redo(self) -> None:
        self._workbench.redo()

    @reported
    def _label(self) -> None:
        chosen = self.collection.selected()
        labels = list(self._workbench.labels())
        now = {item.label for item in chosen}
        text = now.pop() if len(now) == 1 else ""
        choices = [text, *(other for other in labels if other != text)]
        noun = self.look.noun
        what = f"the {noun} {self.says}s" if len(chosen) == 1 else f"the {len(chosen)} {noun}s {self.says}"
        answer, given = QInputDialog.getItem(self, "Label", f"What {what}:", choices, 0, True)
        if given:
            self._workbench.relabel([item.id for item in chosen], answer.strip())

    @reported
    def _export(self) -> None:
        items: list[MaterialItem] = self.collection.selected() or list(self.collection.collection.items)
        noun = self.look.noun
        title = f"Export the {noun}" if len(items) == 1 else f"Export {len(items):,} {noun}s"
        path = ask_where_to_save(self, title, f"{noun}s{next(iter(self.exports))}", self.exports)
        if path is not None:
            self._workbench.export_materials([item.id for item in items], path)

    def _context_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for name in self.menu:
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()
        menu.exec(self.collection.viewport().mapToGlobal(at))
        menu.deleteLater()
