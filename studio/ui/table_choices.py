"""How tables of points are read: the likeliest way and others side by side, and fields that settle each choice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QWidget,
)

from studio.errors import StudioError
from studio.ui.theme import STEP
from studio.ui.thumbnails import thumbnail
from studio.ui.widgets import column, keep_wheel_for_scrolling, label, row, timer
from studio.workbench import Job, Workbench

if TYPE_CHECKING:
    from studio.files.table_options import TableOptions
    from studio.files.table_preview import TablePreview, Way

PICTURE = 112  # pixels
CARD = 172
OFFSETS = {None: "told from the values", False: "positions", True: "offsets from point to point"}
PEN = {None: "told from the values", False: "a 1 is the last point of a stroke", True: "a 1 is the pen on the paper"}
TIMES = {
    None: "told from the values",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "ticks": "ticks of 100 ns",
}
WAIT_MILLISECONDS = 300  # after the last change, before the tables are looked at again


class TableChoices(QWidget):
    """Shows how the first doubtful table of an import is read, and takes what is said of all of them.

    It is hidden while there is no table among the files.
    """

    laid_out = Signal()  # it takes another height

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._paths: list[Path] = []
        self._job: int | None = None
        self._found: TablePreview | None = None
        self._encoding: str | None = None
        self.columns, self.by = QLineEdit(), QLineEdit()
        self.offsets, self.pen, self.times = QComboBox(), QComboBox(), QComboBox()
        self.said = label("", "muted")
        self.said.setWordWrap(True)
        self.cards = QHBoxLayout()
        self.cards.setSpacing(2 * STEP)
        self.group = QButtonGroup(self)
        self._look_again = timer(self, WAIT_MILLISECONDS, self._look, once=True)
        self._build()
        self.hide()
        workbench.job_changed.connect(self._take)

    def _build(self) -> None:
        self.columns.setPlaceholderText("told from names and values; such as x,y,t or x=NAME,y=NAME")
        self.by.setPlaceholderText("trial, id and the like")
        self.by.setToolTip("The name or number of a column; none: the whole file is one drawing")
        for box, choices in ((self.offsets, OFFSETS), (self.pen, PEN), (self.times, TIMES)):
            for data, text in choices.items():
                box.addItem(text, data)
            box.currentIndexChanged.connect(self._changed)
        keep_wheel_for_scrolling(self.offsets, self.pen, self.times)
        for field in (self.columns, self.by):
            field.textEdited.connect(self._changed)
        self.group.idClicked.connect(self._choose)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(STEP)
        names: tuple[tuple[str, QWidget], ...] = (
            ("&Columns:", self.columns),
            ("&Numbers:", self.offsets),
            ("&Pen:", self.pen),
            ("&Times:", self.times),
        )
        fields: tuple[tuple[str, QWidget], ...] = (*names, ("One drawing &each:", self.by))
        for i, (text, part) in enumerate(fields):
            line, side = (0, 0) if i == 0 else (1 + (i - 1) // 2, 2 * ((i - 1) % 2))
            grid.addWidget(label(text, buddy=part), line, side)
            grid.addWidget(part, line, side + 1, 1, 3 if i == 0 else 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        self.setLayout(column(self.said, self.cards, grid, spacing=STEP))

    # --- what is said of the tables

    def options(self) -> TableOptions:
        """What the fields say.

        Raises:
            StudioError: columns that are not known.
        """
        from studio.files.table_options import TableOptions, columns_from

        chosen = self._chosen()
        return TableOptions(
            columns=columns_from(self.columns.text()),
            offsets=self.offsets.currentData(),
            pen_down=self.pen.currentData(),
            time_unit=self.times.currentData(),
            by=self.by.text().strip() or None,
            sentinels=chosen.options.sentinels if chosen is not None else None,
            encoding=self._encoding,
        )

    def take_encoding(self, encoding: str | None) -> None:
        """Read the files in this encoding; None: as they say, or as is told from them."""
        self._encoding = encoding
        self._changed()

    def _chosen(self) -> Way | None:
        """The way whose card is marked."""
        ways = () if self._found is None else self._found.ways
        return ways[self.group.checkedId()] if 0 <= self.group.checkedId() < len(ways) else None

    def _changed(self) -> None:
        self._look_again.start()

    def _choose(self, number: int) -> None:
        """Put what makes the chosen way into the fields."""
        way = self._chosen()
        if way is None:
            return
        said = way.options
        everything = (self.columns, self.by, self.offsets, self.pen, self.times)
        for part in everything:
            part.blockSignals(True)
        self.columns.setText(",".join(said.columns))
        self.by.setText(said.by or "")
        for box, value in ((self.offsets, said.offsets), (self.pen, said.pen_down), (self.times, said.time_unit)):
            box.setCurrentIndex(max(0, box.findData(value)))
        for part in everything:
            part.blockSignals(False)

    # --- what the files hold

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Look at the tables among these files."""
        self._paths = list(paths)
        self._look()

    def leave(self) -> None:
        """Stop looking at tables: the dialog closes."""
        self._forget()
        self._look_again.stop()
        self._workbench.job_changed.disconnect(self._take, missing_ok=True)

    def _forget(self) -> None:
        """Wait no longer for the job that looks at the tables."""
        if self._job is not None:
            self._workbench.cancel(self._job)
            self._job = None

    def _look(self) -> None:
        self._forget()
        if not self._paths:
            self.hide()
            return
        try:
            options = self.options()
        except StudioError as error:
            self.show_problem(str(error))
            return
        self._job = self._workbench.preview_tables(self._paths, options).id

    def _take(self, job: Job) -> None:
        if job.id != self._job or not job.finished:
            return
        self._job = None
        self._found = job.result
        self.setVisible(self._found is not None)
        if self._found is None:
            return
        if self._found.problem:
            self.show_problem(self._found.problem)
        else:
            self._show_ways(self._found)

    def show_problem(self, sentence: str) -> None:
        """Show a sentence in place of the ways to read a table."""
        self._clear()
        self.said.setText(sentence)
        self.setVisible(True)
        self.laid_out.emit()

    def _show_ways(self, found: TablePreview) -> None:
        self._clear()
        doubtful = len(found.ways) > 1
        shared = set.intersection(*(set(way.said) for way in found.ways)) if doubtful else set()
        common = "; ".join(part for part in found.ways[0].said if part in shared)
        several = f"{found.name} can be read in several ways; the first is the likeliest."
        self.said.setText(" ".join([several if doubtful else f"{found.name} is read so:", _sentence(common)]).strip())
        for number, way in enumerate(found.ways):
            words = _sentence("; ".join(part for part in way.said if part not in shared))
            self.cards.addWidget(self._card(number, way, words, doubtful))
        self.cards.addStretch(1)
        self.laid_out.emit()

    def _card(self, number: int, way: Way, sentence: str, doubtful: bool) -> QFrame:
        """One way: a mark to choose it, a picture, and what it assumes."""
        mark = QRadioButton("likeliest" if number == 0 else "or")
        mark.setChecked(number == 0)
        mark.setVisible(doubtful)
        mark.setAccessibleName(sentence)
        self.group.addButton(mark, number)
        picture, words = QLabel(), label(sentence, "small")
        picture.setPixmap(_picture(way, self.devicePixelRatioF()))
        picture.setFixedSize(PICTURE, PICTURE)
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignTop)
        width = CARD if doubtful else 2 * CARD
        words.setFixedWidth(width)
        words.setMinimumHeight(words.heightForWidth(width))
        card = QFrame()
        card.setLayout(column(row(mark, None), picture, words, None, spacing=STEP // 2))
        return card

    def _clear(self) -> None:
        for button in self.group.buttons():
            self.group.removeButton(button)
        while (item := self.cards.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()


def _sentence(parts: str) -> str:
    return f"{parts[0].upper()}{parts[1:]}." if parts else ""


def _picture(way: Way, ratio: float) -> QPixmap:
    """The first drawing of a way, or the first four in a square."""
    several = len(way.drawings) > 1
    size = PICTURE // 2 if several else PICTURE
    pixmap = QPixmap(round(PICTURE * ratio), round(PICTURE * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    for i, drawing in enumerate(way.drawings[: 4 if several else 1]):
        painter.drawPixmap((i % 2) * size, (i // 2) * size, thumbnail(drawing, size, ratio))
    painter.end()
    return pixmap
