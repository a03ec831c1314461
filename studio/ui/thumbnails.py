"""The collection as small pictures: a model, its painter, and the list that shows them. Thousands stay fluid."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import is_
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.errors import StudioError
from studio.sequences.material import Drawing
from studio.sequences.materials import Facts
from studio.ui.grid_view import GridView
from studio.ui.icons import picture
from studio.ui.ink import curved_path, ink_pen
from studio.ui.page import Page
from studio.ui.paper import paint_empty
from studio.ui.reading import Reader
from studio.ui.theme import colour, font, theme
from studio.workbench import MaterialItem

Index = QModelIndex | QPersistentModelIndex
PICTURE = 56  # logical pixels
MOST_PICTURES = 4000  # kept painted; the oldest go first
MOST_POINTS = 400  # more than this cannot be seen in so small a picture
ABOVE, ABOVE_LABEL = 4, 3  # pixels above the picture, and between it, the label and the next row
BADGE = 24


@dataclass(frozen=True)
class Look:
    """How material of one kind is shown in a collection.

    Attributes:
        noun: what one of them is called.
        cell: room for the picture and the label below it.
        picture: size of the picture with its frame.
        paint: the picture of material, of that size, at that many device pixels per pixel.
        describe: its size, in words, from what is known before it is read.
        empty: icon, title and text of a collection without any.
        badge: icon of a button that appears on a picture under the mouse; "" for none.
    """

    noun: str
    cell: QSize
    picture: QSize
    paint: Callable[[Any, QSize, float], QPixmap]
    describe: Callable[[Facts], str]
    empty: tuple[str, str, str]
    badge: str = ""


class CollectionModel(QAbstractListModel):
    """The material of the project, in order. `show` finds out what changed, so that the selection stays."""

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = look
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
            if old is not new and (old.label != new.label or not old.has_content_of(new)):
                self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.label
        if role == Qt.ItemDataRole.ToolTipRole:
            lines = [item.label] if item.label else []
            return "\n".join([*lines, self._look.describe(item.facts), f"from: {item.name}"])
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._look.noun.capitalize()} {index.row() + 1} {item.label}".strip()
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


def cell_of(look: Look) -> QSize:
    """Of a thumbnail with its label, which a large font makes higher."""
    below = QFontMetrics(font("small")).height() + ABOVE_LABEL
    return QSize(look.cell.width(), max(look.cell.height(), ABOVE + look.picture.height() + below))


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints an item as a small sheet with the material on it and its label below.

    Attributes:
        hovered: row whose badge is shown, -1 for none.
        busy: id of the item that shows its badge all the time, and another icon on it: the one that is played.
    """

    arrived = Signal()  # pictures that were asked for are there

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.look = look
        self.hovered = -1
        self.busy: int | None = None
        self.painted = 0  # pictures painted, not taken from the cache
        self._pictures: OrderedDict[tuple[int, int], tuple[MaterialItem, QPixmap]] = OrderedDict()
        self._reader = Reader(self)
        theme().changed.connect(self.forget)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return cell_of(self.look)

    def badge(self, cell: QRect) -> QRectF:
        """Where the badge of an item is."""
        return QRectF(self._frame(cell).right() - BADGE - 2, self._frame(cell).bottom() - BADGE - 2, BADGE, BADGE)

    def _frame(self, cell: QRect) -> QRectF:
        wide, high = self.look.picture.width(), self.look.picture.height()
        return QRectF(cell.x() + (cell.width() - wide) / 2, cell.y() + ABOVE, wide, high)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: MaterialItem = index.data(Qt.ItemDataRole.UserRole)
        cell: QRect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        frame = self._frame(cell)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QPen(colour("accent"), 2) if selected or focused else QPen(colour("line"), 1))
        painter.setBrush(colour("selection") if selected else colour("surface"))
        painter.drawRoundedRect(frame, 6, 6)
        drawn = self._picture(item, painter.device().devicePixelRatioF())
        if drawn is not None:
            painter.drawPixmap(frame.topLeft(), drawn)
        label = font("small")
        painter.setFont(label)
        painter.setPen(colour("text") if selected else colour("muted"))
        text = QFontMetrics(label).elidedText(item.label, Qt.TextElideMode.ElideRight, cell.width() - 4)
        below = QRectF(cell.x() + 2, frame.bottom() + 1, cell.width() - 4, cell.bottom() - frame.bottom())
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
        if self.look.badge and (index.row() == self.hovered or item.id == self.busy):
            self._paint_badge(painter, self.badge(cell), "stop" if item.id == self.busy else self.look.badge)
        painter.restore()

    def _paint_badge(self, painter: QPainter, place: QRectF, icon: str) -> None:
        painter.setPen(QPen(colour("border"), 1))
        painter.setBrush(colour("surface"))
        painter.drawEllipse(place)
        size = BADGE - 8
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(place.topLeft() + QPointF(4, 4), picture(icon, "text", size, ratio))

    def forget(self) -> None:
        """Hold no pictures any more, as after another project was opened."""
        self._pictures.clear()

    def _picture(self, item: MaterialItem, ratio: float) -> QPixmap | None:
        """The picture; None while its material is read on another thread, after which `arrived` asks for a repaint."""
        key = (item.id, round(ratio * 100))
        found = self._pictures.get(key)
        if found is not None and found[0].has_content_of(item):
            self._pictures.move_to_end(key)
            return found[1]
        if item.at_hand:
            with suppress(StudioError):  # its project was closed just now
                return self._keep(item, ratio, self.look.paint(item.material, self.look.picture, ratio))

        def done(material: Any) -> None:
            self._keep(item, ratio, self.look.paint(material, self.look.picture, ratio))
            self.arrived.emit()

        def failed(_: str) -> None:
            self._keep(item, ratio, _damaged(self.look.picture, ratio))
            self.arrived.emit()

        self._reader.read_later(item, done, failed)
        return None

    def _keep(self, item: MaterialItem, ratio: float, image: QPixmap) -> QPixmap:
        self.painted += 1
        self._pictures[item.id, round(ratio * 100)] = (item, image)
        if len(self._pictures) > MOST_PICTURES:
            self._pictures.popitem(last=False)
        return image


def _damaged(size: QSize, ratio: float) -> QPixmap:
    """What is shown of material that cannot be read."""
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    middle = QPointF((size.width() - BADGE) / 2, (size.height() - BADGE) / 2)
    painter.drawPixmap(middle, picture("warning", "muted", BADGE, ratio))
    painter.end()
    return pixmap


def thumbnail(drawing: Drawing, size: int, ratio: float = 1.0) -> QPixmap:
    """A picture of a drawing, as large as it fits, in the theme's ink on nothing."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    page = Page.of(drawing, margin=0.12)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = ink_pen(colour("ink"), 1.6)
    for stroke in _thinned(drawing).strokes:
        painter.strokePath(curved_path(page.to_canvas(stroke.points, size, size)), pen)
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


def _describe(drawing: Facts) -> str:
    strokes = "1 stroke" if drawing.parts == 1 else f"{drawing.parts} strokes"
    return f"{strokes}, {drawing.length} points"


DRAWINGS = Look(
    noun="drawing",
    cell=QSize(72, 88),
    picture=QSize(PICTURE + 4, PICTURE + 4),
    paint=lambda drawing, size, ratio: thumbnail(drawing, size.width(), ratio),
    describe=_describe,
    empty=("import", "No drawings yet", "Draw above, or drop files here."),
)


class CollectionView(GridView):
    """The list itself."""

    opened = Signal(int)  # id of an item: double click or Enter
    badge_clicked = Signal(int)  # likewise

    def __init__(self, look: Look = DRAWINGS, parent: QWidget | None = None) -> None:
        super().__init__(cell_of(look), parent)
        self.look = look
        self.collection = CollectionModel(look, self)
        self.delegate = ThumbnailDelegate(look, self)
        self._on_badge = False  # whether the mouse went down on one
        self.setModel(self.collection)
        self.setItemDelegate(self.delegate)
        self.delegate.arrived.connect(self.viewport().update)
        self.setSelectionMode(GridView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMinimumHeight(cell_of(look).height() + 12)
        self.setMouseTracking(bool(look.badge))
        self.setAccessibleName(f"Collection of {look.noun}s")
        self.doubleClicked.connect(lambda index: self.opened.emit(self.collection.items[index.row()].id))

    def show_busy(self, id: int | None) -> None:
        """Mark the item that something is done with, or none."""
        if id != self.delegate.busy:
            self.delegate.busy = id
            self.viewport().update()

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
        elif event.text().isalpha() or event.key() == Qt.Key.Key_Space:
            event.ignore()  # letters belong to the pane; a list would look for items that begin with them
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._on_badge = event.button() == Qt.MouseButton.LeftButton and self._badge_at(event.position()) is not None
        if not self._on_badge:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._on_badge = self._badge_at(event.position()) is not None
        if not self._on_badge:
            super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.indexAt(event.position().toPoint()).row())
        if not self._on_badge:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        on_badge, self._on_badge = self._on_badge, False
        if not on_badge:
            super().mouseReleaseEvent(event)
        elif (id := self._badge_at(event.position())) is not None:
            self.badge_clicked.emit(id)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, row: int) -> None:
        if self.look.badge and row != self.delegate.hovered:
            self.delegate.hovered = row
            self.viewport().update()

    def _badge_at(self, place: QPointF) -> int | None:
        index = self.indexAt(place.toPoint())
        if not self.look.badge or not index.isValid():
            return None
        item = self.collection.items[index.row()]
        return item.id if self.delegate.badge(self.visualRect(index)).contains(place) else None

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.collection.items:
            painter = QPainter(self.viewport())
            paint_empty(painter, QRectF(self.viewport().rect()), *self.look.empty)
            painter.end()
