"""Untitled projects that were left behind: what each holds, and when it was changed last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QListWidgetItem, QMessageBox, QWidget

from studio.sequences.materials import kind_of
from studio.ui.adapting import open_at
from studio.ui.generated_kinds import KINDS
from studio.ui.problems import reported
from studio.ui.theme import STEP
from studio.ui.widgets import column, label, push_button
from studio.workbench import Job, LeftBehind, Workbench

PICTURE = QSize(64, 64)
NONE = "There is none: whatever was done was kept, or discarded by somebody."


class RecoverDialog(QDialog):
    """Accepted, `path` is the project to be opened."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.setObjectName("recover")
        self.setWindowTitle("Recover Untitled Projects")
        self.words = label("Looking …", "muted")
        self.words.setWordWrap(True)
        self.projects = QListWidget()
        self.projects.setIconSize(PICTURE)
        self.projects.setAccessibleName("Untitled projects")
        self.projects.setWordWrap(True)
        self.remove = push_button("&Delete…", "trash")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Close)
        self.choose = buttons.button(QDialogButtonBox.StandardButton.Open)
        buttons.addButton(self.remove, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = column(self.words, self.projects, buttons, spacing=STEP, margins=2 * STEP)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        open_at(self, QSize(520, 380))
        self.projects.currentRowChanged.connect(lambda _: self._allow())
        self.projects.itemDoubleClicked.connect(lambda _: self.accept())
        self.remove.clicked.connect(self._delete)
        self._job = workbench.look_for_left_behind().id
        workbench.job_changed.connect(self._show)
        self._allow()

    @property
    def path(self) -> Path | None:
        """The chosen project."""
        item = self.projects.currentItem()
        found = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        return None if found is None else Path(found)

    def _show(self, job: Job) -> None:
        if job.id != self._job or not job.finished:
            return
        self.projects.clear()
        for left in job.result or ():
            self.projects.addItem(self._item(left))
        self.projects.setCurrentRow(0)
        there = self.projects.count()
        self.words.setText("Choose the one to go on with; the others stay where they are." if there else NONE)
        self._allow()

    def _item(self, left: LeftBehind) -> QListWidgetItem:
        item = QListWidgetItem(in_words(left))
        if left.first is not None:
            look = KINDS[kind_of(left.first)].look
            item.setIcon(QIcon(look.paint(left.first, PICTURE, self.devicePixelRatioF())))
        item.setData(Qt.ItemDataRole.UserRole, str(left.path))
        item.setToolTip(str(left.path))
        return item

    def _allow(self) -> None:
        for button in (self.choose, self.remove):
            button.setEnabled(self.path is not None)

    @reported
    def _delete(self) -> None:
        path = self.path
        buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel
        question = "Delete this project with all that is in it? This cannot be undone."
        if path is None or QMessageBox.question(self, "Delete", question, buttons) != QMessageBox.StandardButton.Yes:
            return
        self._workbench.delete_left_behind(path)
        self.projects.takeItem(self.projects.currentRow())
        self._allow()


def in_words(left: LeftBehind) -> str:
    """What it holds, when it was changed last, and how large it is."""
    when = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(left.changed)), QLocale.FormatType.ShortFormat)
    return f"{left.holds}\n{when} · {QLocale().formattedDataSize(left.size)}"
