"""The table of runs: a tick for each that is to be compared, and what was measured; it sorts by any column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from studio.ui.theme import colour, font, theme
from studio.workbench import Row

UNKNOWN = "–"
RUN, MODEL, SIZE, FRAME, PIECE, BITS, PARAMETERS, TIME, STEPS = range(9)
COLUMNS = ("Run", "Model", "Size", "Nats per frame", "Per piece", "Bits", "Parameters", "Time", "Steps")
TIPS = (
    "Ticked runs are compared",
    "What the literature calls it",
    "Its recurrence with the units of h, and the dimensions of z",
    "The bound (ELBO) per frame in the material's own units, with its standard error; the larger the better",
    "The bound on whole pieces of material, with its standard error; the larger the better",
    "What the bound makes of a frame, or of a sample or character, in bits; the smaller the better",
    "How many numbers were learned",
    "How long the training worked, without pauses",
    "Updates that the weights have had; best: they did best on what the run held back, and are not the last",
)
FIRST_NUMBER = FRAME
PADDING = 16  # pixels that a cell has around what it says, which its hint leaves out


@dataclass(frozen=True)
class _Cell:
    text: str
    value: float | None  # to sort by; None: not known, and last in any order


class _Item(QTreeWidgetItem):
    """A run; what is not known stands last, whichever way the column is sorted."""

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        tree = self.treeWidget()
        column = tree.sortColumn() if tree is not None else RUN
        if column < FIRST_NUMBER:
            return self.text(column).casefold() < other.text(column).casefold()
        one, two = self.data(column, Qt.ItemDataRole.UserRole), other.data(column, Qt.ItemDataRole.UserRole)
        downwards = tree is not None and tree.header().sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        if one is None or two is None:
            return (one is None) == downwards and one is not two
        return bool(one < two)


class RunTable(QTreeWidget):
    """Shows `Row`s by the id of their runs."""

    ticked = Signal()  # other runs are ticked
    looked_at = Signal(int)  # the run in the current line

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unticked: frozenset[int] = frozenset()  # by the person
        self.setColumnCount(len(COLUMNS))
        self.setHeaderLabels(COLUMNS)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSortingEnabled(True)
        self.sortByColumn(FRAME, Qt.SortOrder.DescendingOrder)
        self.setAccessibleName("Runs to compare")
        self.setMinimumHeight(96)
        head = self.header()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setMinimumSectionSize(48)
        head.setFont(font("small"))
        for column, tip in enumerate(TIPS):
            self.headerItem().setToolTip(column, tip)
            if column >= FIRST_NUMBER:
                self.headerItem().setTextAlignment(column, _RIGHT)
        self.itemChanged.connect(self._tell)
        self.currentItemChanged.connect(lambda item, _: self._tell_current(item))
        self.setStyleSheet("QTreeView::item { padding: 3px 6px; }")  # columns of numbers want room between them
        theme().changed.connect(self._recolour)

    @property
    def chosen(self) -> list[int]:
        """The ids of the ticked runs, in the order of the table."""
        items = (self.topLevelItem(place) for place in range(self.topLevelItemCount()))
        return [
            item.data(RUN, Qt.ItemDataRole.UserRole)
            for item in items
            if item is not None and item.checkState(RUN) == Qt.CheckState.Checked
        ]

    def show_rows(self, rows: Mapping[int, Row], best: int | None, left_out: Sequence[int]) -> None:
        """Show these; ticks stay as they are, and new runs get one.

        Args:
            rows: by the id of the run.
            best: the run to be shown as the best, or None.
            left_out: runs that cannot be compared now, since they have no weights.
        """
        current = self.currentItem()
        stood = None if current is None else current.data(RUN, Qt.ItemDataRole.UserRole)
        self.blockSignals(True)
        self.setSortingEnabled(False)
        self.clear()
        for id, row in rows.items():
            item = _Item(self)
            item.setData(RUN, Qt.ItemDataRole.UserRole, id)
            tick = Qt.CheckState.Unchecked if id in left_out or id in self._unticked else Qt.CheckState.Checked
            item.setCheckState(RUN, tick)
            item.setDisabled(id in left_out)
            self._fill(item, row, best=id == best)
            if id == stood:
                self.setCurrentItem(item)
        units = {row.bits[1] for row in rows.values() if row.bits is not None}
        self.headerItem().setText(BITS, f"Bits {units.pop()}" if len(units) == 1 else COLUMNS[BITS])
        self.setSortingEnabled(True)
        self.blockSignals(False)
        self._share_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """The names take what the numbers leave, but never less than they need: the table is then scrolled."""
        head = self.header()
        name = self.sizeHintForColumn(RUN) + PADDING
        others = sum(head.sectionSize(each) for each in range(len(COLUMNS)) if each != RUN)
        fits = name + others <= self.viewport().width()
        head.setSectionResizeMode(RUN, QHeaderView.ResizeMode.Stretch if fits else QHeaderView.ResizeMode.Fixed)
        if not fits:
            head.resizeSection(RUN, name)

    def _items(self) -> list[QTreeWidgetItem]:
        found = (self.topLevelItem(place) for place in range(self.topLevelItemCount()))
        return [item for item in found if item is not None]

    def _fill(self, item: QTreeWidgetItem, row: Row, *, best: bool) -> None:
        item.setText(RUN, row.run.name + (" *" if row.note else ""))
        item.setText(MODEL, row.model)
        item.setText(SIZE, row.size)
        for column, cell in _cells(row).items():
            item.setText(column, cell.text)
            item.setData(column, Qt.ItemDataRole.UserRole, cell.value)
            item.setTextAlignment(column, _RIGHT)
        fair = {FRAME: row.per_frame, BITS: row.per_frame or row.per_sequence, PIECE: row.per_sequence}
        for column in range(len(COLUMNS)):
            face = font()
            face.setBold(best)
            item.setFont(column, face)
            item.setToolTip(column, f"{row.run.name}: {row.note}." if row.note else "")
            item.setForeground(column, colour("text" if fair.get(column, True) else "disabled"))

    def _recolour(self) -> None:
        for item in self._items():
            for column in range(len(COLUMNS)):
                item.setForeground(column, colour("text"))

    def _tell(self, item: QTreeWidgetItem, column: int) -> None:
        if column == RUN:
            id = item.data(RUN, Qt.ItemDataRole.UserRole)
            ticked = item.checkState(RUN) == Qt.CheckState.Checked
            self._unticked = self._unticked - {id} if ticked else self._unticked | {id}
            self.ticked.emit()

    def _tell_current(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self.looked_at.emit(item.data(RUN, Qt.ItemDataRole.UserRole))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() == Qt.Key.Key_Space and item is not None and not item.isDisabled():
            ticked = item.checkState(RUN) == Qt.CheckState.Checked
            item.setCheckState(RUN, Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked)
        else:
            super().keyPressEvent(event)


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _cells(row: Row) -> dict[int, _Cell]:
    from studio.workbench.comparison_picture import duration, estimate  # brings Pillow, which a start does without

    bound: Any = row.bound
    bits = None if row.bits is None else row.bits
    return {
        FRAME: _Cell(UNKNOWN, None)
        if bound is None
        else _Cell(estimate(bound.per_frame.mean, bound.per_frame.standard_error), bound.per_frame.mean),
        PIECE: _Cell(UNKNOWN, None)
        if bound is None
        else _Cell(estimate(bound.per_sequence.mean, bound.per_sequence.standard_error), bound.per_sequence.mean),
        BITS: _Cell(UNKNOWN, None) if bits is None else _Cell(f"{bits[0]:.3f}", bits[0]),
        PARAMETERS: _Cell(UNKNOWN, None)
        if row.parameters is None
        else _Cell(f"{row.parameters:,}", float(row.parameters)),
        TIME: _Cell(duration(row.seconds), row.seconds),
        STEPS: _Cell(UNKNOWN, None) if row.step is None else _Cell(_steps(row, row.step), float(row.step)),
    }


def _steps(row: Row, step: int) -> str:
    best = step == row.run.best_step and step != row.run.last_step
    return f"best, {step:,}" if best else f"{step:,}"
