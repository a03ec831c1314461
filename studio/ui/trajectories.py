"""The pane of pen trajectories: a canvas to draw on and the collection below it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QLineEdit, QWidget

from studio.sequences.material import Drawing
from studio.ui.actions import Actions
from studio.ui.adapting import Flow
from studio.ui.collection_pane import CollectionPane
from studio.ui.drawing_canvas import Adding, DrawingCanvas
from studio.ui.file_dialogs import DRAWING_FILES
from studio.ui.onion import SKINS
from studio.ui.page import MOST_LOOKED_AT
from studio.ui.preferences import preferences, remembered, remembered_text
from studio.ui.problems import reported
from studio.ui.theme import STEP
from studio.ui.thumbnails import DRAWINGS
from studio.ui.widgets import action_button, column, row, spread, tool_button
from studio.workbench import MaterialItem, Workbench, readable

ADDING: dict[Adding, str] = {
    "pause": "after a short &pause",
    "stroke": "with every &stroke",
    "hand": "with &Enter only",
}


def _looked_at(items: Sequence[MaterialItem]) -> list[MaterialItem]:
    """What the canvas has to know of a large collection: the newest, and some from everywhere for the page."""
    newest = max(0, len(items) - SKINS - 1)
    chosen = {*np.linspace(0, len(items) - 1, min(len(items), MOST_LOOKED_AT)).astype(int), *range(newest, len(items))}
    return [items[row] for row in sorted(chosen)]


def _drawings(items: Sequence[MaterialItem]) -> list[Drawing]:
    return [item for item in readable(items) if isinstance(item, Drawing)]


HANDS, CHANGES = ("pen", "eraser"), ("undo", "redo", "clear")  # buttons above the canvas


class TrajectoriesPane(CollectionPane):
    """Everything about the drawings of the project."""

    title = "Trajectories"
    kind = "pen"
    look = DRAWINGS
    says = "show"
    exports = DRAWING_FILES
    own = ("flip-horizontal", "flip-vertical", "edit", "add", "clear")
    menu = (
        *("edit", "label", "duplicate", "", "flip-horizontal", "flip-vertical", "", "begin", "between", "walk", ""),
        *("select-all", "export-selected", "delete"),
    )

    def __init__(self, workbench: Workbench, actions: Actions) -> None:
        super().__init__(workbench, actions)
        self._edited: int | None = None
        self.canvas = DrawingCanvas()
        self.label_field = QLineEdit()
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
        hands, changes = (
            spread(row(*(action_button(get(name)) for name in names), spacing=2)) for names in (HANDS, CHANGES)
        )
        tools = Flow(hands, changes, None, action_button(get("onion")))
        self.add_button = action_button(get("add"))
        when = tool_button("settings", "When a drawing is added")
        when.setMenu(self._actions.menus["adding*"])
        when.setPopupMode(when.ToolButtonPopupMode.InstantPopup)
        below = row(self.label_field, action_button(get("finish")), self.add_button, when, spacing=2)
        above = column(tools, self.canvas, below, spacing=STEP)
        above.setStretch(1, 1)
        self._lay_out(above, ("pattern", "import", "export-selected", "delete"))
        self._fill_adding_menu()

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
        self.label_field.textChanged.connect(lambda _: self._show_others())
        self.label_field.textChanged.connect(lambda text: setattr(self.canvas, "label", text.strip()))
        self.collection.opened.connect(self._edit)
        slots = {
            "add": self.canvas.finish,
            "clear": self.canvas.clear,
            "flip-horizontal": lambda: self._flip("horizontal"),
            "flip-vertical": lambda: self._flip("vertical"),
            "edit": lambda: self._edit(self.collection.selected()[0].id),
            "pen": lambda: setattr(self.canvas, "tool", "pen"),
            "eraser": lambda: setattr(self.canvas, "tool", "eraser"),
        }
        self._actions.connect(slots)
        onion = self._actions["onion"]
        onion.toggled.connect(self._set_onion)
        onion.setChecked(remembered("drawing/onion", True))
        self.canvas.set_onion_skin(onion.isChecked())

    def _show_others(self) -> None:
        """Faintly under the pen lie drawings of one label: the chosen one, else that of the newest drawing."""
        items = self._workbench.materials("pen")
        chosen = self.label_field.text().strip() or (items[-1].label if items else "")
        alike = [item for item in items if item.label == chosen][-SKINS - 1 :]
        self.canvas.show_others(_drawings(_looked_at(items)), _drawings(alike))

    @property
    def first_focus(self) -> QWidget:
        """What keys mean when the person comes to this pane."""
        return self.canvas

    # --- what the workbench tells

    def forget(self) -> None:
        """Another project has labels of its own."""
        self.label_field.clear()

    def show_materials(self) -> None:
        """Show the collection as it is now."""
        items = self._workbench.materials("pen")
        self._show_others()
        if self._edited is not None and all(item.id != self._edited for item in items):
            self.canvas.clear()
        super().show_materials()

    def show_actions(self) -> None:
        """Enable what can be done now; the others say why not."""
        super().show_actions()
        for name in ("flip-horizontal", "flip-vertical"):
            self._actions.allow(name, self._none_selected())
        alone = len(self.collection.selected()) == 1
        self._actions.allow("edit", "" if alone else "select one drawing in the collection first.")
        empty = "" if self.canvas.strokes else "there is nothing on the canvas yet."
        self._actions.allow("add", empty)
        self._actions.allow("clear", empty if self.canvas.editing is None else "")
        undo = "the last stroke" if self.canvas.can_undo else self._workbench.undo_text
        redo = "the last stroke" if self.canvas.can_redo else self._workbench.redo_text
        self._show_undo(undo, redo)

    def _show_canvas(self) -> None:
        if self.canvas.editing is None:
            self._edited = None
        self._actions[self.canvas.tool].setChecked(True)
        if self.in_front:
            self.show_actions()

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

    @reported
    def _flip(self, direction: str) -> None:
        self._workbench.flip(self._ids(), direction)  # type: ignore[arg-type]
