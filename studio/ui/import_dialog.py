"""Import: which files or folders, what they hold, and under which label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QLineEdit,
    QListWidget,
    QSpinBox,
    QWidget,
)

from studio.errors import StudioError
from studio.ui.adapting import Scrolled, grow_for, open_at
from studio.ui.file_dialogs import ask_for_files, ask_for_folder
from studio.ui.table_choices import TableChoices
from studio.ui.theme import STEP
from studio.ui.widgets import column, keep_wheel_for_scrolling, label, push_button, row, spread, timer
from studio.workbench import Workbench

FORMATS = (
    "Drawings: CSV and XLSX tables, NumPy (.npy, .npz), JSON, Quick, Draw! (.ndjson, .bin), sketch-rnn (.npz), InkML, "
    "UNIPEN, IAM-OnDB, SVG, Xournal++ (.xopp), Excalidraw, Fabric.js, HP-GL (.plt), G-code, GPX, KML, GeoJSON, BVH and "
    "MATLAB files. Recordings: WAV, FLAC, OGG, MP3 and AIFF files. "
    "Piano rolls: MIDI files, CSV and NumPy tables of zeros and ones, a row for each moment. Texts: .txt, .md. "
    "Or folders of them."
)
FEW_NAMES = 112  # pixels of the list of files beside what is asked of tables, so that a small screen holds both
QWIDGETSIZE_MAX = 16_777_215  # Qt's own: no limit
HOLD = {"": "tell from the files", "pen": "drawings", "audio": "recordings", "text": "texts", "roll": "piano rolls"}
TABLES = (".csv", ".tsv", ".dat")
TIME = {"auto": "time along the longer side", "down": "time down the rows", "across": "time across the columns"}


class ImportDialog(QDialog):
    """Gathers paths; `begin` starts reading them."""

    def __init__(self, workbench: Workbench, paths: Sequence[Path] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.setWindowTitle("Import")
        self.setAcceptDrops(True)
        self.paths: list[Path] = []
        self._shown: list[Path] = []
        self.formats = label(FORMATS, "muted")
        self.names = QListWidget()
        self.names.setAccessibleName("Files and folders to import")
        self.names.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.names.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.label_field = QLineEdit()
        self.label_field.setPlaceholderText("the files' own, or the folder's name")
        self.hold = QComboBox()
        self.time = QComboBox()
        self.tempo = QDoubleSpinBox()
        self.lowest = QSpinBox()
        self.tables = TableChoices(workbench)
        self._fit_soon = timer(self, 0, self._fit, once=True)
        self.tables.laid_out.connect(self._fit_soon.start)
        self.of_tables = QWidget()
        self.drums = QCheckBox("drums alone")
        self.encoding = QComboBox()
        self.of_texts = QWidget()
        self._build()
        self.add(paths)

    def _build(self) -> None:
        files = push_button("Add &Files…", "new")
        folder = push_button("Add F&older…", "open")
        self.remove = push_button("&Remove", "close")
        files.clicked.connect(lambda: self.add(ask_for_files(self)))
        folder.clicked.connect(lambda: self.add([path] if (path := ask_for_folder(self)) else []))
        self.remove.clicked.connect(self._remove)
        self.names.itemSelectionChanged.connect(self._allow)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setText("Import")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.formats.setWordWrap(True)
        list_and_buttons = row(self.names, column(files, folder, self.remove, None))
        label_row = row(label("&Label:", buddy=self.label_field), self.label_field, self._of_texts())
        hold_row = row(label("&What they hold:", buddy=self.hold), self.hold, self._of_rolls(), None)
        body = column(self.formats, list_and_buttons, hold_row, label_row, self.tables, spacing=2 * STEP)
        self._scrolled = Scrolled(spread(body))
        self.setLayout(column(self._scrolled, buttons, spacing=2 * STEP, margins=2 * STEP))
        self.hold.currentIndexChanged.connect(lambda _: self._allow())
        open_at(self, QSize(600, 376))

    def _of_rolls(self) -> QWidget:
        """What tables of zeros and ones do not say of themselves, and which notes of MIDI files are wanted."""
        for chooser, texts in ((self.hold, HOLD), (self.time, TIME)):
            for name, text in texts.items():
                chooser.addItem(text, name)
        self.time.setAccessibleName("Direction of time")
        self.tempo.setRange(0, 200)
        self.tempo.setSpecialValueText("usual tempo")
        self.tempo.setSuffix(" /s")
        self.tempo.setAccessibleName("Tempo, frames per second")
        self.tempo.setToolTip("Moments a second; usual: what the file says, or 8")
        self.lowest.setRange(-1, 127)
        self.lowest.setValue(-1)
        self.lowest.setSpecialValueText("usual keys")
        self.lowest.setPrefix("from key ")
        self.lowest.setAccessibleName("Lowest pitch, as a MIDI number")
        self.lowest.setToolTip("MIDI number of the lowest pitch, 60 being middle C; usual: by how many keys there are")
        self.drums.setToolTip("Take the drums of MIDI files, and nothing else; else all but the drums")
        self.of_tables.setLayout(row(self.time, self.tempo, self.lowest))
        return spread(row(self.of_tables, self.drums))

    def _of_texts(self) -> QWidget:
        """The encoding of texts and tables, which can be told wrongly."""
        from studio.files.encodings import ASKED_FOR, LEGACY

        self.encoding.addItem("told from the file", None)
        for name, said in (LEGACY | ASKED_FOR).items():
            self.encoding.addItem(said, name)
        self.encoding.setToolTip("Of texts and tables that do not say it: choose it where what came in is wrong")
        self.encoding.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.encoding.setMinimumContentsLength(14)
        keep_wheel_for_scrolling(self.encoding)
        self.encoding.currentIndexChanged.connect(lambda _: self.tables.take_encoding(self.encoding.currentData()))
        self.of_texts.setLayout(row(label("Encodin&g:", buddy=self.encoding), self.encoding))
        return self.of_texts

    def _ask_of_texts(self) -> None:
        """Ask of the encoding where there may be texts or tables."""
        from studio.files.texts import ENDINGS

        holds_text = any(path.suffix.lower() in (*ENDINGS, *TABLES) for path in self.paths)
        self.of_texts.setVisible(self.hold.currentData() == "text" or holds_text)

    def _ask_of_rolls(self) -> None:
        """Ask of piano rolls where there may be some, by what was chosen or by the files' endings."""
        from studio.files.midi import ENDINGS

        hold = self.hold.currentData()
        self.of_tables.setVisible(hold == "roll")
        holds_midi = hold == "" and any(path.suffix.lower() in ENDINGS for path in self.paths)
        self.drums.setVisible(hold == "roll" or holds_midi)

    def add(self, paths: Sequence[Path]) -> None:
        """Put files or folders on the list."""
        for path in paths:
            if path not in self.paths:
                self.paths.append(path)
                self.names.addItem(str(path))
        self._allow()

    def _remove(self) -> None:
        for item in self.names.selectedItems():
            row_number = self.names.row(item)
            self.names.takeItem(row_number)
            del self.paths[row_number]
        self._allow()

    def _allow(self) -> None:
        self.formats.setVisible(not self.paths)
        self.ok.setEnabled(bool(self.paths))
        self.ok.setToolTip("" if self.paths else "Add files or a folder first")
        self.remove.setEnabled(bool(self.names.selectedItems()))
        self._ask_of_rolls()
        self._ask_of_texts()
        if (shown := self.paths if self.hold.currentData() in ("", "pen") else []) != self._shown:
            self._shown = list(shown)
            self.tables.show_paths(shown)
        self._fit_soon.start()

    def _fit(self) -> None:
        """Grow where what is asked of the files needs room."""
        self.names.setMaximumHeight(FEW_NAMES if self.tables.isVisible() else QWIDGETSIZE_MAX)
        grow_for(self, self._scrolled)

    def accept(self) -> None:
        """Close, unless what is said of tables cannot be meant: that is shown."""
        try:
            self.tables.options()
        except StudioError as error:
            self.tables.show_problem(str(error))
            return
        super().accept()

    def done(self, result: int) -> None:
        """Close; nothing is looked at any more."""
        self.tables.leave()
        super().done(result)

    def begin(self) -> None:
        """Read what was chosen."""
        from studio.files.rolls import Reading

        lowest = self.lowest.value() if self.lowest.value() >= 0 else None
        is_asked = not self.drums.isHidden() and self.drums.isChecked()
        drums: Literal["auto", "only"] = "only" if is_asked else "auto"
        reading = Reading(self.time.currentData(), self.tempo.value() or None, lowest, drums)
        kind = self.hold.currentData() or None
        tables = self.tables.options()
        self._workbench.import_paths(self.paths, self.label_field.text().strip(), kind, reading, tables)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.add(local_paths(event))


def local_paths(event: QDropEvent) -> list[Path]:
    """The files and folders that were dropped."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
