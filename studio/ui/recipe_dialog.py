"""All settings of a recipe in one place: explained, typed, searchable; changed ones stand out and can be put back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QInputDialog,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from studio.errors import StudioError
from studio.training.recipe import Recipe
from studio.ui.adapting import open_at
from studio.ui.recipe_fields import Field, fields, shown, typed
from studio.ui.theme import STEP
from studio.ui.widgets import column, keep_wheel_for_scrolling, label, push_button, row, spread, tool_button

LARGEST = 2**31 - 1
EXPLANATION_WIDTH = 344


class _Editor:
    """The editor of one setting."""

    def __init__(self, field: Field, changed: Callable[[], None]) -> None:
        self.field = field
        self.widget, self.read, self._write = _WIDGETS[field.kind](field, changed)
        self.widget.setAccessibleName(field.path)
        self.widget.setToolTip(field.explanation)

    def write(self, value: Any) -> None:
        self._write(value)


def _choice(field: Field, changed: Callable[[], None]) -> tuple[QWidget, Callable[[], Any], Callable[[Any], None]]:
    box = QComboBox()
    box.addItems(field.choices)
    keep_wheel_for_scrolling(box)
    box.currentTextChanged.connect(lambda _: changed())
    return box, box.currentText, box.setCurrentText


def _switch(field: Field, changed: Callable[[], None]) -> tuple[QWidget, Callable[[], Any], Callable[[Any], None]]:
    box = QCheckBox()
    box.toggled.connect(lambda _: changed())
    return box, box.isChecked, box.setChecked


def _whole(field: Field, changed: Callable[[], None]) -> tuple[QWidget, Callable[[], Any], Callable[[Any], None]]:
    box = QSpinBox()
    box.setRange(int(field.low if field.low is not None else -LARGEST), int(field.high or LARGEST))
    keep_wheel_for_scrolling(box)
    box.valueChanged.connect(lambda _: changed())
    return box, box.value, box.setValue


def _text(field: Field, changed: Callable[[], None]) -> tuple[QWidget, Callable[[], Any], Callable[[Any], None]]:
    box = QLineEdit()
    box.textChanged.connect(lambda _: changed())
    return box, lambda: typed(box.text(), field), lambda value: box.setText(shown(value))


_WIDGETS = {"choice": _choice, "switch": _switch, "whole": _whole, "real": _text, "text": _text}


class RecipeDialog(QDialog):
    """Starts from a recipe (and the one it was made from, to tell what is changed); `recipe` is the outcome."""

    def __init__(
        self, recipe: Recipe, origin: Recipe, save: Callable[[Recipe], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.recipe = recipe
        self._origin = origin
        self._save = save
        self._originals = {field.path: field.value for field in fields(origin)}
        self._editors: dict[str, _Editor] = {}
        self._rows: dict[str, QTreeWidgetItem] = {}
        self._resets: dict[str, QWidget] = {}
        self._changed: set[str] = set()
        self.setWindowTitle(f"Settings of “{origin.title}”")
        self.tree = QTreeWidget()
        self.search = QLineEdit()
        self.problem = QLabel()
        self._build()
        self._fill()
        self._check()

    def _build(self) -> None:
        self.search.setPlaceholderText("Find a setting")
        self.search.setAccessibleName("Find a setting")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._find)
        self.tree.setColumnCount(4)
        self.tree.setHeaderLabels(["Setting", "Value", "", "What it is"])
        self.tree.setAccessibleName("Settings")
        self.tree.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tree.setWordWrap(True)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.tree.header().setStretchLastSection(True)
        for section, width in enumerate((208, 176, 40)):
            self.tree.setColumnWidth(section, width)
        self.problem.setWordWrap(True)
        self.problem.setAccessibleName("What is wrong")
        summary = label(self._origin.summary, "muted")
        summary.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setText("Use")
        self.ok.setToolTip("Train with these settings")
        self.save_as = push_button("&Save as Own Recipe…", "save")
        self.reset_all = push_button("&Reset All", "reset")
        self.save_as.clicked.connect(self._save_as)
        self.reset_all.clicked.connect(self._reset_all)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        below = row(self.reset_all, self.save_as, None, buttons)
        layout = column(summary, self.search, self.tree, self.problem, below, spacing=STEP, margins=2 * STEP)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        open_at(self, QSize(840, 632))

    def _fill(self) -> None:
        tables: dict[str, QTreeWidgetItem] = {}
        for field in fields(self.recipe):
            path, text = field.table
            if path not in tables:
                tables[path] = self._table(path, text)
            self._add(field, tables[path])
        self.tree.expandAll()

    def _table(self, path: str, text: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self.tree, [path.replace(".", " › ").replace("_", " ").capitalize(), "", "", text])
        heading = item.font(0)
        heading.setBold(True)
        item.setFont(0, heading)
        item.setSizeHint(0, QSize(0, 40))
        return item

    def _add(self, field: Field, table: QTreeWidgetItem) -> None:
        item = QTreeWidgetItem(table, [field.name, "", "", field.explanation])
        item.setToolTip(0, f"{field.path}: {field.explanation}")
        item.setToolTip(3, field.explanation)
        wrap = int(Qt.TextFlag.TextWordWrap)
        text = self.fontMetrics().boundingRect(0, 0, EXPLANATION_WIDTH, 1000, wrap, field.explanation)
        item.setSizeHint(0, QSize(0, max(36, text.height() + STEP)))
        editor = _Editor(field, self._check)
        editor.write(field.value)
        reset = tool_button("reset", f"Reset {field.name}", f"Back to {shown(self._originals[field.path])}")
        reset.clicked.connect(lambda: editor.write(self._originals[field.path]))
        reset.hide()
        self._editors[field.path], self._rows[field.path], self._resets[field.path] = editor, item, reset
        self.tree.setItemWidget(item, 1, _padded(editor.widget))
        self.tree.setItemWidget(item, 2, _padded(reset))

    def _check(self) -> None:
        """See whether all values are allowed, and mark the changed ones."""
        if len(self._resets) < len(self._originals):
            return  # while the rows are made
        try:
            self.recipe = self._origin.changed({path: editor.read() for path, editor in self._editors.items()})
        except StudioError as error:
            self._judge(str(error))
            return
        changed = {field.path for field in fields(self.recipe) if field.value != self._originals[field.path]}
        for path in changed ^ self._changed:
            self._mark(path, path in changed)
        self._changed = changed
        self.reset_all.setEnabled(bool(changed))
        self._judge("", f"{len(changed)} of {len(self._rows)} settings changed." if changed else "")

    def _mark(self, path: str, changed: bool) -> None:
        face = self._rows[path].font(0)
        face.setBold(changed)
        self._rows[path].setFont(0, face)
        self._resets[path].setVisible(changed)

    def _judge(self, problem: str, remark: str = "") -> None:
        self.problem.setText(problem or remark or " ")
        role = "problem" if problem else "muted"
        if self.problem.property("role") != role:
            self.problem.setProperty("role", role)
            self.problem.style().polish(self.problem)
        self.ok.setEnabled(not problem)
        self.save_as.setEnabled(not problem)

    def _reset_all(self) -> None:
        for path, editor in self._editors.items():
            editor.write(self._originals[path])

    def _save_as(self) -> None:
        title, given = QInputDialog.getText(self, "Save as own recipe", "Name:", text=f"My {self._origin.title}")
        if given and title.strip():
            named = self.named(title.strip())
            try:
                self._save(named)
            except StudioError as error:
                self._judge(str(error))
                return
            self.recipe = self._origin = named
            self.accept()

    def named(self, title: str) -> Recipe:
        """The recipe as it stands, under another title and a short name made from it."""
        name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "own"
        return msgspec.structs.replace(self.recipe, name=name, title=title)

    def _find(self, text: str) -> None:
        words = text.lower().split()
        for path, item in self._rows.items():
            about = f"{path} {path.replace('_', ' ')} {item.text(3)}".lower()
            item.setHidden(not all(word in about for word in words))
        for index in range(self.tree.topLevelItemCount()):
            table = self.tree.topLevelItem(index)
            assert table is not None
            table.setHidden(all(table.child(i).isHidden() for i in range(table.childCount())))


def _padded(widget: QWidget) -> QWidget:
    layout = row(widget, spacing=0)
    layout.setContentsMargins(0, 2, STEP, 2)
    return spread(layout)
