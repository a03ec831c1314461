"""The pane of pen trajectories: a canvas to draw on and the collection below it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu, QSplitter, QWidget

from studio.sequences.material import Drawing
from studio.ui.actions import Actions
from studio.ui.drawing_canvas import Adding, DrawingCanvas
from studio.ui.file_dialogs import DRAWING_FILES, ask_where_to_save
from studio.ui.preferences import preferences, remembered, remembered_text
from studio.ui.problems import reported
from studio.ui.theme import STEP
from studio.ui.thumbnails import CollectionView
from studio.ui.widgets import Hint, action_button, column, label, row, spread, tool_button
from studio.workbench import MaterialItem, Workbench

ADDING: dict[Adding, str] = {
    "pause": "after a short &pause",
    "stroke": "with every &stroke",
    "hand": "with &Enter only",
}


class TrajectoriesPane(QWidget):
    """Everything about the drawings of the project."""

    selection_changed = Signal()
    said = Signal(str)  # for the status bar
    undo_changed = Signal()

    def __init__(self, workbench: Workbench, actions: Actions) -> None:
        super().__init__()
        self._workbench = workbench
        self._actions = actions
        self._edited: int | None = None
        self._select_next: tuple[int, ...] = ()  # new items that will be there with the next change
        self.hint = Hint("trajectories", "Draw a shape a few times, or use these.")
        self.canvas = DrawingCanvas()
        self.collection = CollectionView()
        self.label_field = QLineEdit()
        self._count = label("", "small")
        self._build()
        self._connect()
        self.show_materials()

    # --- building

    def _build(self) -> None:
        get = self._actions.__getitem__
        self.label_field.setPlaceholderText("label of new drawings")
        self.label_field.setAccessibleName("Label of new drawings")
        self.label_field.setToolTip("What the next drawings show, e.g. eight; may stay empty")
        self.label_field.setClearButtonEnabled(True)
        tools = row(*(action_button(get(name)) for name in ("pen", "eraser")), STEP, spacing=2)
        for name in ("undo", "redo", "clear"):
            tools.addWidget(action_button(get(name)))
        tools.addStretch(1)
        tools.addWidget(action_button(get("onion")))
        self.add_button = action_button(get("add"))
        when = tool_button("settings", "When a drawing is added")
        when.setMenu(self._actions.menus["adding*"])
        when.setPopupMode(when.ToolButtonPopupMode.InstantPopup)
        above = column(tools, self.canvas, row(self.label_field, self.add_button, when, spacing=2), spacing=STEP)
        above.setStretch(1, 1)
        heading = row(label("Collection", "heading"), self._count, None)
        for name in ("pattern", "import", "export-selected", "delete"):
            heading.addWidget(action_button(get(name)))
        heading.setSpacing(2)
        below = column(heading, self.collection, spacing=4)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(STEP)
        splitter.addWidget(spread(above))
        splitter.addWidget(spread(below))
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        layout = column(self.hint, splitter)
        layout.setContentsMargins(STEP, 4, 0, 0)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self._fill_adding_menu()
        self.collection.addActions([get(name) for name in ("delete", "select-all")])
        for name in ("delete", "select-all"):
            get(name).setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _fill_adding_menu(self) -> None:
        menu = self._actions.menus["adding*"]
        group = QActionGroup(self)
        self.canvas.adding = remembered_text("drawing/adding", "pause")  # type: ignore[assignment]
        for adding, text in ADDING.items():
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(adding == self.canvas.adding)
            action.triggered.connect(lambda _, chosen=adding: self._choose_adding(chosen))
            group.addAction(action)

    def _connect(self) -> None:
        self.canvas.finished.connect(self._keep_drawing)
        self.canvas.changed.connect(self._show_canvas)
        self.canvas.refused.connect(self.said)
        self.label_field.textChanged.connect(lambda text: setattr(self.canvas, "label", text.strip()))
        self.collection.opened.connect(self._edit)
        self.collection.selectionModel().selectionChanged.connect(self._show_selection)
        self.collection.customContextMenuRequested.connect(self._context_menu)
        slots = {
            "add": self.canvas.finish,
            "clear": self.canvas.clear,
            "undo": self._undo,
            "redo": self._redo,
            "delete": self._delete,
            "duplicate": self._duplicate,
            "select-all": self.collection.selectAll,
            "label": self._label,
            "flip-horizontal": lambda: self._flip("horizontal"),
            "flip-vertical": lambda: self._flip("vertical"),
            "edit": lambda: self._edit(self.collection.selected()[0].id),
            "pen": lambda: setattr(self.canvas, "tool", "pen"),
            "eraser": lambda: setattr(self.canvas, "tool", "eraser"),
            "export-selected": self._export,
        }
        for name, slot in slots.items():
            self._actions[name].triggered.connect(lambda *_, slot=slot: slot())
        onion = self._actions["onion"]
        onion.toggled.connect(self._set_onion)
        onion.setChecked(remembered("drawing/onion", True))
        self.canvas.set_onion_skin(onion.isChecked())
        self._workbench.materials_changed.connect(self.show_materials)

    # --- what the workbench tells

    def show_materials(self) -> None:
        """Show the collection as it is now."""
        items = self._workbench.materials("pen")
        more = len(items) > len(self.collection.collection.items) > 0
        self.collection.collection.show(items)
        if more:
            self.collection.scrollToBottom()
        self.collection.viewport().update()
        self.canvas.show_others([item.drawing for item in items])
        self._count.setText(f"{len(items):,}" if items else "")
        if self._edited is not None and all(item.id != self._edited for item in items):
            self.canvas.clear()
        if self._select_next:
            self.collection.select(self._select_next)
            self._select_next = ()
        self._show_canvas()
        self._show_selection()

    def _show_selection(self) -> None:
        chosen = len(self.collection.selected())
        none = "" if chosen else "select drawings in the collection first."
        for name in ("delete", "duplicate", "label", "flip-horizontal", "flip-vertical"):
            self._actions.allow(name, none)
        self._actions.allow("edit", "" if chosen == 1 else "select one drawing in the collection first.")
        self._actions.allow(
            "export-selected", "" if self.collection.collection.items else "there are no drawings in the collection."
        )
        total = len(self.collection.collection.items)
        self._count.setText(f"{chosen:,} of {total:,}" if chosen else f"{total:,}")
        self.selection_changed.emit()

    def _show_canvas(self) -> None:
        if self.canvas.editing is None:
            self._edited = None
        empty = "" if self.canvas.strokes else "there is nothing on the canvas yet."
        self._actions.allow("add", empty)
        self._actions.allow("clear", empty if self.canvas.editing is None else "")
        self._actions[self.canvas.tool].setChecked(True)
        undo = "the last stroke" if self.canvas.can_undo else self._workbench.undo_text
        redo = "the last stroke" if self.canvas.can_redo else self._workbench.redo_text
        for name, what in (("undo", undo), ("redo", redo)):
            self._actions.allow(name, "" if what else f"there is nothing to {name}.")
            self._actions[name].setText(f"&{name.capitalize()} {what}".strip())

    # --- what the person does

    @reported
    def _keep_drawing(self, drawing: Drawing) -> None:
        if self._edited is None:
            self._workbench.add_drawing(drawing)
        else:
            self._workbench.replace_drawing(self._edited, drawing)

    @reported
    def _edit(self, id: int) -> None:
        item = self._workbench.material(id)
        self.canvas.edit(item.drawing)
        self._edited = id
        self.canvas.setFocus()
        self.said.emit("Erase or add strokes; Enter keeps the changes, Escape leaves the drawing as it was.")

    def _choose_adding(self, adding: Adding) -> None:
        self.canvas.adding = adding
        preferences().setValue("drawing/adding", adding)

    def _set_onion(self, shown: bool) -> None:
        self.canvas.set_onion_skin(shown)
        preferences().setValue("drawing/onion", shown)

    @reported
    def _undo(self) -> None:
        if self.canvas.can_undo:
            self.canvas.undo()
        else:
            self._workbench.undo()

    @reported
    def _redo(self) -> None:
        if self.canvas.can_redo:
            self.canvas.redo()
        else:
            self._workbench.redo()

    def _ids(self) -> list[int]:
        return [item.id for item in self.collection.selected()]

    @reported
    def _delete(self) -> None:
        self._workbench.delete(self._ids())

    @reported
    def _duplicate(self) -> None:
        self._select_next = self._workbench.duplicate(self._ids())

    @reported
    def _flip(self, direction: str) -> None:
        self._workbench.flip(self._ids(), direction)  # type: ignore[arg-type]

    @reported
    def _label(self) -> None:
        chosen = self.collection.selected()
        labels = list(self._workbench.labels())
        now = {item.label for item in chosen}
        text = now.pop() if len(now) == 1 else ""
        choices = [text, *(other for other in labels if other != text)]
        what = "the drawing" if len(chosen) == 1 else f"the {len(chosen)} drawings"
        answer, given = QInputDialog.getItem(self, "Label", f"What {what} shows:", choices, 0, True)
        if given:
            self._workbench.relabel([item.id for item in chosen], answer.strip())

    @reported
    def _export(self) -> None:
        items: list[MaterialItem] = self.collection.selected() or list(self.collection.collection.items)
        title = "Export the drawing" if len(items) == 1 else f"Export {len(items):,} drawings"
        path = ask_where_to_save(self, title, "drawings.csv", DRAWING_FILES)
        if path is not None:
            self._workbench.export_materials([item.id for item in items], path)

    def _context_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        names = ["edit", "label", "duplicate", "", "flip-horizontal", "flip-vertical", "", "begin", "", "select-all"]
        for name in [*names, "export-selected", "delete"]:
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()
        menu.exec(self.collection.viewport().mapToGlobal(at))
        menu.deleteLater()
