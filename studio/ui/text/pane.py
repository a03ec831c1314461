"""The pane of texts: a sheet to write on, and the collection."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from studio.sequences.text import Text, tidied
from studio.ui.actions import Actions, plain
from studio.ui.collection_pane import CollectionPane
from studio.ui.file_dialogs import TEXT_FILES
from studio.ui.problems import reported
from studio.ui.text.editor import EDITABLE, Editor
from studio.ui.text.thumbnails import TEXTS
from studio.ui.widgets import ElidedLabel, Hint, column, push_button, row
from studio.workbench import Job, MaterialItem, Workbench

PREVIEW = 20_000  # characters that are shown of a text too long to be changed here


class TextPane(CollectionPane):
    """Everything about the texts of the project.

    What is selected in the collection is on the sheet and can be changed there; where nothing is, the sheet holds the
    text that is being written.
    """

    title = "Text"
    kind = "text"
    look = TEXTS
    says = "tell"
    exports = TEXT_FILES
    own = ("add-text", "new-text", "split-lines")
    menu = (
        *("label", "duplicate", "", "split-lines", "", "begin", ""),
        *("select-all", "export-selected", "delete"),
    )

    def __init__(self, workbench: Workbench, actions: Actions) -> None:
        super().__init__(workbench, actions)
        self.hint = Hint(
            "text", "Write or paste a text, or drop text files: one long text, or many short ones. Then train on them."
        )
        self.editor = Editor()
        self.label_field = QLineEdit()
        self.what = ElidedLabel(role="small")
        self.sample_button = push_button("Load Sample Text", "open")
        self._shown: MaterialItem | None = None  # whose text is on the sheet
        self._draft = ""  # what was being written before that
        self._put = ""  # the characters that were put on the sheet, or kept from it, last
        self._splitting: set[int] = set()  # jobs whose result will be selected
        self._build()
        self._connect()
        self.show_materials()
        self._show_sheet()

    # --- building

    def _build(self) -> None:
        self.label_field.setPlaceholderText("label of new texts")
        self.label_field.setAccessibleName("Label of new texts")
        self.label_field.setToolTip("What the next texts are about, e.g. weather; may stay empty")
        self.label_field.setClearButtonEnabled(True)
        self.sample_button.setToolTip("Put a text that was written for this studio into the collection, to begin with")
        self.new_button = self._button("new-text")
        buttons = row(self.label_field, None, self.new_button, self._button("add-text"), spacing=4)
        buttons.setStretch(0, 4)
        above = column(self.editor, self.what, buttons, spacing=4)
        above.setStretch(0, 1)
        self._lay_out(above, ("split-lines", "import", "export-selected", "delete"), self.sample_button)

    def _button(self, name: str) -> QPushButton:
        """A button with an action's words, since the words tell whether a text is new."""
        action = self._actions[name]
        button = push_button("")
        button.clicked.connect(action.trigger)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

        def follow() -> None:
            button.setText(plain(action.text()))
            button.setToolTip(action.toolTip())
            button.setEnabled(action.isEnabled())

        action.changed.connect(follow)
        follow()
        return button

    def _connect(self) -> None:
        self._actions.connect({"add-text": self._keep, "new-text": self._begin_new, "split-lines": self._split})
        self.editor.committed.connect(self._keep)
        self.editor.left.connect(self._keep_changes)
        self.editor.pasted_long.connect(self._add_long)
        self.editor.textChanged.connect(self._show_state)
        self.sample_button.clicked.connect(self._load_sample)
        self.collection.opened.connect(lambda _: self.editor.setFocus())
        self._workbench.job_changed.connect(self._follow_job)

    @property
    def first_focus(self) -> QWidget:
        """What keys mean when the person comes to this pane."""
        return self.editor

    def come_to_front(self, on: bool) -> None:
        """The person looks at this pane, or at another one."""
        if not on:
            self._keep_changes()
        super().come_to_front(on)

    # --- what is shown

    def forget(self) -> None:
        """Another project has labels of its own."""
        self.label_field.clear()

    def show_materials(self) -> None:
        """Show the collection as it is now."""
        super().show_materials()
        items = self.collection.collection.items
        self.sample_button.setVisible(not items and self._workbench.has_sample_text)

    def _show_selection(self) -> None:
        chosen = self.collection.selected()
        shown, before = (chosen[0] if chosen else None), self._shown
        if before is not None and (shown is None or shown.id != before.id):
            self._keep_changes()
        if before is None and shown is not None:
            self._draft = self.editor.toPlainText()
        self._shown = shown
        another = (None if shown is None else shown.id) != (None if before is None else before.id)
        if another or (shown is not None and shown.text.characters != self._put):
            self._show_sheet()
        super()._show_selection()

    def _show_sheet(self) -> None:
        """Put on the sheet what belongs there."""
        characters = self._put = self._draft if self._shown is None else self._shown.text.characters
        self.editor.setReadOnly(len(characters) > EDITABLE)
        self.editor.setPlainText(characters[:PREVIEW] if self.editor.isReadOnly() else characters)
        self.editor.document().setModified(False)
        self._show_state()

    def _show_state(self) -> None:
        """Say what is on the sheet; with each key, so it must not count characters one by one."""
        count = self.editor.document().characterCount() - 1
        if self._shown is None:
            self.what.setText(f"New text, {count:,} characters" if count else "New text")
        elif self.editor.isReadOnly():
            whole = len(self._shown.text)
            self.what.setText(f"The first {count:,} of {whole:,} characters: too long to be changed here")
        else:
            changed = ", changed" if self.editor.document().isModified() else ""
            self.what.setText(f"{count:,} characters{changed}")
        if self.in_front:
            self.show_actions()

    def show_actions(self) -> None:
        """Enable what can be done now; the others say why not."""
        super().show_actions()
        new = self._shown is None
        if new:
            self._actions.retitle("add-text", "&Add Text", "add", "Put the text into the collection")
            why_not = "the sheet is empty." if self.editor.is_blank else ""
        else:
            self._actions.retitle("add-text", "&Save Changes", "check", "Keep the text as it is on the sheet now")
            why_not = "" if self.editor.document().isModified() else "nothing was changed."
        self._actions.allow("add-text", why_not)
        self._actions.allow("new-text", "the sheet holds a new text already." if new else "")
        self.label_field.setVisible(new)
        self.new_button.setVisible(not new)
        one = "" if len(self.collection.selected()) == 1 else "select one text in the collection first."
        self._actions.allow("split-lines", one)

    # --- what the person does

    @reported
    def _keep(self) -> None:
        """Put a new text into the collection, or the changed one in its place."""
        if self._shown is not None:
            self._keep_changes()
            return
        characters = tidied(self.editor.toPlainText())
        if characters.strip():
            self._workbench.add_text(Text(characters, self.label_field.text().strip()))
            self._draft = ""
            self._show_sheet()
            self.said.emit("The text is in the collection; undo takes it out again.")

    @reported
    def _keep_changes(self) -> None:
        if self._shown is None or self.editor.isReadOnly() or not self.editor.document().isModified():
            return
        self.editor.document().setModified(False)
        characters = tidied(self.editor.toPlainText())
        if not characters.strip():
            self.said.emit("A text without words is not kept: delete it instead.")
        elif characters != self._shown.text.characters:
            self._put = characters
            self._workbench.replace_text(self._shown.id, Text(characters))
        self._show_state()

    @reported
    def _add_long(self, characters: str) -> None:
        text = tidied(characters)
        if text.strip():
            self._workbench.add_text(Text(text, self.label_field.text().strip()), "pasted")
            self.said.emit(f"{len(text):,} characters went straight into the collection: too many to be changed here.")

    def _begin_new(self) -> None:
        self.collection.clearSelection()
        self.editor.setFocus()

    @reported
    def _split(self) -> None:
        self._keep_changes()
        self._splitting.add(self._workbench.split_into_lines(self._ids()[0]).id)

    def _follow_job(self, job: Job) -> None:
        """The lines that a text was split into are selected."""
        if job.finished and job.id in self._splitting:
            self._splitting.discard(job.id)
            if job.result:
                self._select_next = job.result
                self.show_materials()

    @reported
    def _load_sample(self) -> None:
        self._workbench.import_sample_text()
