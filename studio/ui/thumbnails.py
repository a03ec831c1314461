"""The collection as small pictures: a model, its painter, and the list that shows them. Thousands stay fluid."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from operator import is_
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.sequences.material import Drawing, Stroke
from studio.ui.ink import drawing_paths, ink_pen
from studio.ui.page import Page
from studio.ui.paper import paint_empty
from studio.ui.theme import colour, font, theme
from studio.workbench import MaterialItem

Index = QModelIndex | QPersistentModelIndex
PICTURE = 56  # logical pixels
CELL = QSize(72, 88)
MOST_PICTURES = 4000  # kept painted; the oldest go first
MOST_POINTS = 400  # more than this cannot be seen in so small a picture


class CollectionModel(QAbstractListModel):
    """The drawings of the project, in order. `show` finds out what changed, so that the selection stays."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: tuple[MaterialItem, ...] = ()

    def show(self, items: Sequence[MaterialItem]) -> None:
        """Show these items instead; those that stay keep their place and selection."""
        after = tuple(items)
        if len(after) >= len(self.items) and all(map(is_, self.items, after)):  # the most frequent change: one more
            self._insert(after, list(range(len(self.items), len(after))))
            return
        wanted = {item.id for item in after}
        self._remove([row for row, item in enumerate(self.items) if item.id not in wanted])
        present = {item.id for item in self.items}
        if [item.id for item in self.items] != [item.id for item in after if item.id in present]:
            self._remove(list(range(len(self.items))))  # moved about
            present = set()
        self._insert(after, [row for row, item in enumerate(after) if item.id not in present])
        self._update_changed(after)

    def _remove(self, rows: list[int]) -> None:
        for first, last in reversed(_runs(rows)):
            self.beginRemoveRows(QModelIndex(), first, last)
            self.items = self.items[:first] + self.items[last + 1 :]
            self.endRemoveRows()

    def _insert(self, after: tuple[MaterialItem, ...], rows: list[int]) -> None:
        for first, last in _runs(rows):
            self.beginInsertRows(QModelIndex(), first, last)
            self.items = self.items[:first] + after[first : last + 1] + self.items[first:]
            self.endInsertRows()

    def _update_changed(self, after: tuple[MaterialItem, ...]) -> None:
        now, self.items = self.items, after
        for row, (old, new) in enumerate(zip(now, after, strict=True)):
            if old.drawing.strokes is not new.drawing.strokes or old.label != new.label:
                self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.label
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(item)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"Drawing {index.row() + 1} {item.label}".strip()
        if role == Qt.ItemDataRole.UserRole:
            return item
        return None


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Neighbouring rows together, as (first, last)."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def _tooltip(item: MaterialItem) -> str:
    drawing = item.drawing
    strokes = "1 stroke" if len(drawing.strokes) == 1 else f"{len(drawing.strokes)} strokes"
    lines = [item.label] if item.label else []
    return "\n".join([*lines, f"{strokes}, {len(drawing)} points", f"from: {item.name}"])


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints an item as a small sheet with the drawing on it and its label below."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: OrderedDict[tuple[int, int], tuple[tuple[Stroke, ...], QPixmap]] = OrderedDict()
        self.painted = 0  # pictures painted, not taken from the cache
        theme().changed.connect(self._pictures.clear)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return CELL

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: MaterialItem = index.data(Qt.ItemDataRole.UserRole)
        cell: QRect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        frame = QRectF(cell.x() + (cell.width() - PICTURE) / 2 - 2, cell.y() + 4, PICTURE + 4, PICTURE + 4)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QPen(colour("accent"), 2) if selected or focused else QPen(colour("line"), 1))
        painter.setBrush(colour("selection") if selected else colour("surface"))
        painter.drawRoundedRect(frame, 6, 6)
        painter.drawPixmap(frame.topLeft(), self._picture(item, painter))
        label = font("small")
        painter.setFont(label)
        painter.setPen(colour("text") if selected else colour("muted"))
        text = QFontMetrics(label).elidedText(item.label, Qt.TextElideMode.ElideRight, cell.width() - 4)
        below = QRectF(cell.x() + 2, frame.bottom() + 1, cell.width() - 4, cell.bottom() - frame.bottom())
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
        painter.restore()

    def _picture(self, item: MaterialItem, painter: QPainter) -> QPixmap:
        ratio = painter.device().devicePixelRatioF()
        key = (item.id, round(ratio * 100))
        found = self._pictures.get(key)
        if found is not None and found[0] is item.drawing.strokes:
            self._pictures.move_to_end(key)
            return found[1]
        picture = thumbnail(item.drawing, PICTURE + 4, ratio)
        self.painted += 1
        self._pictures[key] = (item.drawing.strokes, picture)
        if len(self._pictures) > MOST_PICTURES:
            self._pictures.popitem(last=False)
        return picture


def thumbnail(drawing: Drawing, size: int, ratio: float = 1.0) -> QPixmap:
    """A picture of a drawing, as large as it fits, in the theme's ink on nothing."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    low, high = drawing.box
    page = Page.around(low, high, drawing.y_up, margin=0.12)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = ink_pen(colour("ink"), 1.6)
    for path in drawing_paths(_thinned(drawing), page, size, size):
        painter.strokePath(path, pen)
    painter.end()
    return pixmap


def _thinned(drawing: Drawing) -> Drawing:
    every = len(drawing) // MOST_POINTS + 1
    if every == 1:
        return drawing
    points, pen_up = drawing.points, drawing.pen_up
    kept = pen_up.copy()
    kept[::every] = True
    return Drawing.from_points(points[kept], pen_up[kept], y_up=drawing.y_up)


class CollectionView(QListView):
    """The list itself."""

    opened = Signal(int)  # id of an item: double click or Enter

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.collection = CollectionModel(self)
        self.delegate = ThumbnailDelegate(self)
        self.setModel(self.collection)
        self.setItemDelegate(self.delegate)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setGridSize(CELL)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(CELL.height() // 2)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMinimumHeight(CELL.height() + 12)
        self.setAccessibleName("Collection of drawings")
        self.doubleClicked.connect(lambda index: self.opened.emit(self.collection.items[index.row()].id))

    def selected(self) -> list[MaterialItem]:
        """The selected items, in the collection's order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.collection.items[row] for row in rows]

    def select(self, ids: Sequence[int]) -> None:
        """Select exactly these, and show the last of them."""
        wanted = set(ids)
        rows = [row for row, item in enumerate(self.collection.items) if item.id in wanted]
        selection = QItemSelection()
        for row in rows:
            index = self.collection.index(row)
            selection.select(index, index)
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if rows:
            self.scrollTo(self.collection.index(rows[-1]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.collection.items[self.currentIndex().row()].id)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.collection.items:
            painter = QPainter(self.viewport())
            area = QRectF(self.viewport().rect())
            paint_empty(painter, area, "import", "No drawings yet", "Draw above, or drop files here.")
            painter.end()
