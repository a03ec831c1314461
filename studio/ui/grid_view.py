"""A list whose items stand in rows of equal cells. Where an item is, is computed: one more costs nothing to lay out."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyleOptionRubberBand,
    QStyleOptionViewItem,
    QWidget,
)

Index = QModelIndex | QPersistentModelIndex
Move = QAbstractItemView.CursorAction
Hint = QAbstractItemView.ScrollHint


class GridView(QListView):
    """Cells from left to right and from top to bottom, as many in a row as fit.

    It is a `QListView` to those who style it or read it aloud; that one's own layout, which looks at every item
    whenever one comes or goes, is never asked for.
    """

    def __init__(self, cell: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell = cell
        self._pressed = QPoint()
        self._band: QRect | None = None  # that is drawn up with the mouse, in the coordinates of the contents
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(cell.height() // 2)

    # --- where things are

    @property
    def columns(self) -> int:
        """Cells side by side."""
        return max(1, self.viewport().width() // self._cell.width())

    @property
    def count(self) -> int:
        """How many items there are."""
        return 0 if self.model() is None else self.model().rowCount()

    def visualRect(self, index: Index) -> QRect:
        """Its cell, in the coordinates of the viewport; it may be outside of what is seen."""
        if not index.isValid():
            return QRect()
        row, column = divmod(index.row(), self.columns)
        wide, high = self._cell.width(), self._cell.height()
        return QRect(column * wide, row * high - self.verticalOffset(), wide, high)

    def indexAt(self, point: QPoint) -> QModelIndex:
        """The item whose cell that is; none to the right of and below all cells."""
        column = point.x() // self._cell.width()
        row = (point.y() + self.verticalOffset()) // self._cell.height() * self.columns + column
        if 0 <= column < self.columns and 0 <= row < self.count:
            return self.model().index(row, 0)
        return QModelIndex()

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def scrollTo(self, index: Index, hint: Hint = Hint.EnsureVisible) -> None:
        """Show an item, moving no further than need be."""
        cell, seen = self.visualRect(index), self.viewport().height()
        if cell.isNull():
            return
        move = min(cell.top(), 0) or max(cell.bottom() + 1 - seen, 0)
        if hint == Hint.PositionAtTop:
            move = cell.top()
        elif hint == Hint.PositionAtBottom:
            move = cell.bottom() + 1 - seen
        elif hint == Hint.PositionAtCenter:
            move = cell.center().y() - seen // 2
        self.verticalScrollBar().setValue(self.verticalOffset() + move)

    # --- what comes and goes

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        if model is not None:
            model.rowsRemoved.connect(self.updateGeometries)
            model.modelReset.connect(self.updateGeometries)

    def rowsInserted(self, parent: Index, first: int, last: int) -> None:
        QAbstractItemView.rowsInserted(self, parent, first, last)
        self.updateGeometries()

    def doItemsLayout(self) -> None:
        QAbstractItemView.doItemsLayout(self)

    def updateGeometries(self) -> None:
        """How far one can scroll."""
        rows = -(-self.count // self.columns)
        bar, seen = self.verticalScrollBar(), self.viewport().height()
        bar.setPageStep(seen)
        bar.setRange(0, max(0, rows * self._cell.height() - seen))
        self.viewport().update()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    # --- selection and keys

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select what a band touches, or, with keys and clicks, everything from one corner to the other."""
        drawn_up = self.state() == QAbstractItemView.State.DragSelectingState
        self.selectionModel().select(self._touched(rect) if drawn_up else self._between(rect), command)

    def _touched(self, rect: QRect) -> QItemSelection:
        wide, high, columns = self._cell.width(), self._cell.height(), self.columns
        area = rect.normalized().translated(0, self.verticalOffset())
        first, last = max(0, area.left() // wide), min(columns - 1, area.right() // wide)
        selection = QItemSelection()
        if first > last:
            return selection
        for row in range(max(0, area.top() // high), min(-(-self.count // columns) - 1, area.bottom() // high) + 1):
            begin, end = row * columns + first, min(row * columns + last, self.count - 1)
            if begin <= end:
                selection.select(self.model().index(begin, 0), self.model().index(end, 0))
        return selection

    def _between(self, rect: QRect) -> QItemSelection:
        one, other = self.indexAt(rect.topLeft()), self.indexAt(rect.bottomRight())
        if not one.isValid() or not other.isValid():
            return QItemSelection()
        first, last = sorted((one.row(), other.row()))
        return QItemSelection(self.model().index(first, 0), self.model().index(last, 0))

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())

    def moveCursor(self, action: Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Where the keys lead."""
        if self.count == 0:
            return QModelIndex()
        current = self.currentIndex()
        if not current.isValid():
            return self.model().index(0, 0)
        page = max(1, self.viewport().height() // self._cell.height()) * self.columns
        steps = {
            Move.MoveLeft: -1,
            Move.MovePrevious: -1,
            Move.MoveRight: 1,
            Move.MoveNext: 1,
            Move.MoveUp: -self.columns,
            Move.MoveDown: self.columns,
            Move.MovePageUp: -page,
            Move.MovePageDown: page,
            Move.MoveHome: -self.count,
            Move.MoveEnd: self.count,
        }
        row = current.row() + steps[action]
        if action in (Move.MoveUp, Move.MoveDown) and not 0 <= row < self.count:
            row = current.row()
        return self.model().index(min(max(row, 0), self.count - 1), 0)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        usual, delegate, columns, high = option.state, self.itemDelegate(), self.columns, self._cell.height()
        seen = event.rect().translated(0, self.verticalOffset())
        last = min(self.count, (seen.bottom() // high + 1) * columns)
        for row in range(max(0, seen.top() // high) * columns, last):
            index = self.model().index(row, 0)
            option.rect = self.visualRect(index)
            option.state = usual
            if self.selectionModel().isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if self.hasFocus() and index == self.currentIndex():
                option.state |= QStyle.StateFlag.State_HasFocus
            delegate.paint(painter, option, index)
        if self._band is not None:
            self._paint_band(painter, self._band.translated(0, -self.verticalOffset()))
        painter.end()

    def _paint_band(self, painter: QPainter, area: QRect) -> None:
        option = QStyleOptionRubberBand()
        option.initFrom(self)
        option.rect = area.intersected(self.viewport().rect())
        option.opaque = False
        self.style().drawControl(QStyle.ControlElement.CE_RubberBand, option, painter, self)

    # --- the band

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed = event.position().toPoint() + QPoint(0, self.verticalOffset())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self.state() == QAbstractItemView.State.DragSelectingState:
            here = event.position().toPoint() + QPoint(0, self.verticalOffset())
            self._band = QRect(self._pressed, here).normalized()
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._band is not None:
            self._band = None
            self.viewport().update()
