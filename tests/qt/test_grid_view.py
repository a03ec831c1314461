"""Equal cells in rows: where they are, what keys and mouse do, and what one more costs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QSize, QStringListModel, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.ui.grid_view import GridView

CELL = QSize(50, 40)
COUNT = 23


class Names(QStringListModel):
    """Counts how often it is asked."""

    asked = 0

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):  # type: ignore[no-untyped-def]
        Names.asked += 1
        return super().data(index, role)

    def rowCount(self, parent=None):  # type: ignore[no-untyped-def]
        Names.asked += 1
        return super().rowCount()


def shown(qtbot: QtBot, count: int) -> GridView:
    view = GridView(CELL)
    view.setFrameShape(GridView.Shape.NoFrame)
    view.setSelectionMode(GridView.SelectionMode.ExtendedSelection)
    view.setModel(Names([str(number) for number in range(count)], view))
    view.resize(5 * CELL.width() + view.verticalScrollBar().sizeHint().width() + 5, 3 * CELL.height() + 10)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def view(qtbot: QtBot) -> GridView:
    return shown(qtbot, COUNT)


def chosen(view: GridView) -> list[int]:
    return sorted(index.row() for index in view.selectionModel().selectedIndexes())


def middle(view: GridView, row: int) -> QPoint:
    return view.visualRect(view.model().index(row, 0)).center()


def press(view: GridView, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> int:
    QTest.keyClick(view, key, modifier)
    return view.currentIndex().row()


def test_every_cell_is_found_where_it_is(view: GridView) -> None:
    assert view.columns == 5
    for offset in (0, 33):
        view.verticalScrollBar().setValue(offset)
        assert [view.indexAt(middle(view, row)).row() for row in range(COUNT)] == list(range(COUNT))
    view.verticalScrollBar().setValue(0)
    assert not view.indexAt(QPoint(5 * CELL.width() + 1, 5)).isValid()
    assert not view.indexAt(QPoint(3 * CELL.width() + 5, 4 * CELL.height() + 5)).isValid()  # after the last
    assert not view.indexAt(QPoint(5, -5)).isValid()


def test_one_can_scroll_to_the_end_and_no_further(view: GridView) -> None:
    bar = view.verticalScrollBar()
    assert bar.maximum() == 5 * CELL.height() - view.viewport().height()
    view.scrollTo(view.model().index(COUNT - 1, 0))
    assert bar.value() == bar.maximum()
    view.scrollTo(view.model().index(0, 0))
    assert bar.value() == 0
    view.scrollTo(view.model().index(12, 0))  # is seen already
    assert bar.value() == 0
    view.scrollTo(view.model().index(7, 0), GridView.ScrollHint.PositionAtTop)
    assert bar.value() == CELL.height()
    view.model().removeRows(3, 20)
    assert bar.maximum() == 0


def test_keys_lead_where_one_expects(view: GridView) -> None:
    view.setCurrentIndex(view.model().index(7, 0))
    keys = Qt.Key
    assert [press(view, key) for key in (keys.Key_Right, keys.Key_Down, keys.Key_Left, keys.Key_Up)] == [8, 13, 12, 7]
    assert press(view, keys.Key_End) == COUNT - 1
    assert press(view, keys.Key_Right) == COUNT - 1
    assert press(view, keys.Key_Home) == 0
    assert press(view, keys.Key_Up) == 0
    assert press(view, keys.Key_PageDown) == 15
    assert press(view, keys.Key_PageUp) == 0
    press(view, keys.Key_Right)
    press(view, keys.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert chosen(view) == [1, 2, 3, 4, 5, 6]


def test_clicks_select(view: GridView) -> None:
    left, shift, control = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier
    QTest.mouseClick(view.viewport(), left, pos=middle(view, 2))
    assert chosen(view) == [2]
    QTest.mouseClick(view.viewport(), left, shift, middle(view, 6))
    assert chosen(view) == [2, 3, 4, 5, 6]
    QTest.mouseClick(view.viewport(), left, control.ControlModifier, middle(view, 4))
    assert chosen(view) == [2, 3, 5, 6]
    QTest.mouseClick(view.viewport(), left, pos=QPoint(view.viewport().width() - 1, 5))  # beside all cells
    assert chosen(view) == []


def test_a_band_selects_what_it_touches(view: GridView) -> None:
    viewport, left = view.viewport(), Qt.MouseButton.LeftButton
    QTest.mousePress(viewport, left, pos=middle(view, 6))
    QTest.mouseMove(viewport, middle(view, 7))
    before = view.grab().toImage()
    QTest.mouseMove(viewport, middle(view, 13))
    assert chosen(view) == [6, 7, 8, 11, 12, 13]
    assert view.grab().toImage() != before
    QTest.mouseRelease(viewport, left, pos=middle(view, 13))
    assert chosen(view) == [6, 7, 8, 11, 12, 13]


def test_one_more_costs_the_same_however_many_there_are(qtbot: QtBot) -> None:
    asked = []
    for count in (100, 10_000):
        view = shown(qtbot, count)
        view.scrollToBottom()
        view.grab()
        Names.asked = 0
        view.model().insertRows(count, 1)
        view.scrollToBottom()
        view.grab()
        asked.append(Names.asked)
    assert asked[1] <= asked[0] + 10
