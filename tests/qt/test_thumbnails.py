"""The collection as small pictures."""

from __future__ import annotations

import pytest
from fakes import circle
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.sequences.materials import Facts, Material
from studio.ui.theme import theme
from studio.ui.thumbnails import DRAWINGS, CollectionModel, CollectionView, thumbnail
from studio.workbench import MaterialItem


class AtHand:
    """Where the material of such items is."""

    def __init__(self, size: float = 1.0) -> None:
        self.size = size

    def at_hand(self, item: MaterialItem) -> bool:
        return True

    def read(self, item: MaterialItem) -> Material:
        return circle(self.size, item.label, points=24 if self.size == 1 else 4)


HERE = AtHand()


def item(id: int, label: str = "", source: AtHand = HERE) -> MaterialItem:
    """Of the collection, not in any project."""
    return MaterialItem(id, "pen", label, "drawn", id, Facts(24), source)


@pytest.fixture
def view(qtbot: QtBot) -> CollectionView:
    found = CollectionView()
    found.resize(320, 300)
    qtbot.addWidget(found)
    found.show()
    qtbot.waitExposed(found)
    return found


def ids(model: CollectionModel) -> list[int]:
    return [model.index(row).data(Qt.ItemDataRole.UserRole).id for row in range(model.rowCount())]


def test_model_keeps_to_the_rules_of_qt_whatever_changes(qtbot: QtBot) -> None:
    model = CollectionModel(DRAWINGS)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for wanted in ([], [1, 2, 3], [1, 2, 3, 4], [2, 4], [9, 2, 7, 4], [4, 2], [], [5]):
        model.show([item(id) for id in wanted])
        assert ids(model) == wanted
    assert not model.index(0).data(Qt.ItemDataRole.DecorationRole)
    assert model.rowCount(model.index(0)) == 0
    assert model.rowCount(QModelIndex()) == 1


def test_selection_stays_with_its_items(view: CollectionView) -> None:
    items = [item(id) for id in range(10)]
    view.collection.show(items)
    view.select([3, 5])
    view.collection.show([items[0], *items[2:], item(77)])
    assert [found.id for found in view.selected()] == [3, 5]
    view.collection.show([found for found in items if found.id != 3])
    assert [found.id for found in view.selected()] == [5]


def test_only_what_changed_is_told(view: CollectionView) -> None:
    items = [item(id) for id in range(5)]
    view.collection.show(items)
    changed: list[int] = []
    view.collection.dataChanged.connect(lambda first, last, roles: changed.extend(range(first.row(), last.row() + 1)))
    items[2] = item(2, "eight")
    view.collection.show(items)
    assert changed == [2]
    assert view.collection.index(2).data() == "eight"
    assert "eight" in view.collection.index(2).data(Qt.ItemDataRole.ToolTipRole)
    assert "1 stroke, 24 points" in view.collection.index(2).data(Qt.ItemDataRole.ToolTipRole)


def test_pictures_are_painted_once_and_only_where_they_are_seen(view: CollectionView) -> None:
    view.collection.show([item(id) for id in range(5000)])
    view.grab()
    first = view.delegate.painted
    assert 0 < first < 100
    view.grab()
    assert view.delegate.painted == first
    view.scrollToBottom()
    view.grab()
    assert first < view.delegate.painted < 200
    theme().apply("dark")
    view.grab()
    assert view.delegate.painted >= 2 * first
    theme().apply("light")


def test_numbers_of_another_project_mean_other_drawings(view: CollectionView) -> None:
    view.collection.show([item(1)])
    before = view.grab().toImage()
    changed: list[int] = []
    view.collection.dataChanged.connect(lambda first, last, roles: changed.append(first.row()))
    view.collection.show([item(1, source=AtHand(2.0))])
    assert changed == [0]
    assert view.grab().toImage() != before
    view.collection.show([item(1)])
    assert view.grab().toImage() == before


def test_pictures_follow_the_drawing(qtbot: QtBot) -> None:
    low, high = thumbnail(circle(1.0), 60).toImage(), thumbnail(circle(1000.0), 60).toImage()
    assert low == high  # fitted
    assert low != thumbnail(circle(1.0, points=4), 60).toImage()
    assert thumbnail(circle(1.0, points=10_000), 60).width() == 60
    assert thumbnail(circle(1.0), 60, ratio=2.0).width() == 120


def test_enter_and_double_click_open(view: CollectionView) -> None:
    view.collection.show([item(id) for id in range(4)])
    opened: list[int] = []
    view.opened.connect(opened.append)
    view.select([2])
    view.setCurrentIndex(view.collection.index(2))
    QTest.keyClick(view, Qt.Key.Key_Return)
    place = view.visualRect(view.collection.index(1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened == [2, 1]


def test_empty_collection_says_what_to_do(view: CollectionView) -> None:
    empty = view.grab().toImage()
    view.collection.show([item(1)])
    view.collection.show([])
    QApplication.processEvents()
    assert view.grab().toImage() == empty
    corner = empty.pixelColor(20, 20)
    assert any(empty.pixelColor(x, y) != corner for x in range(20, 300, 3) for y in range(20, empty.height() - 20, 3))
