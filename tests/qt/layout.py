"""What is wrong with how a window is laid out: parts that overlap, stick out, or are too small for what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QCoreApplication, QRect, QSize
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QSizeGrip,
    QSplitterHandle,
    QStackedWidget,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QTabWidget,
    QWidget,
)

from studio.ui.main_window import MainWindow
from studio.ui.widgets import ElidedLabel

ROUNDING = QSize(1, 1)  # that style sheets are off by at some sizes of fonts
LEAST_SEEN = 40  # pixels of a scrolled view, at least, in which its parts can be reached
OWN_BUSINESS = (
    *(QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QTabBar),
    *(QSplitterHandle, QSizeGrip),
)
"""Widgets whose inner parts are Qt's."""


def faults(window: QWidget) -> list[str]:
    """One line for each; none where all is well."""
    found = []
    for widget in _seen(window):
        found += [f"{_name(widget)}: {what}" for what in (*_outside(widget), *_cut(widget), *_overlapping(widget))]
    return found


def _seen(widget: QWidget) -> Iterator[QWidget]:
    yield widget
    if isinstance(widget, OWN_BUSINESS):
        return
    for child in _children(widget):
        yield from _seen(child)


def _children(widget: QWidget) -> list[QWidget]:
    children = [child for child in widget.children() if isinstance(child, QWidget)]
    return [child for child in children if child.isVisible() and not child.isWindow() and not _behind_a_tab(child)]


def _behind_a_tab(widget: QWidget) -> bool:
    """Qt keeps docks that share their place with one in front far outside the window."""
    return isinstance(widget, QDockWidget | QTabBar) and widget.geometry().right() < 0


def _name(widget: QWidget) -> str:
    parts: list[str] = []
    while widget is not None and not widget.isWindow():
        says = next((say() for say in (getattr(widget, "text", None), widget.accessibleName) if callable(say)), "")
        own = widget.objectName() or (says if isinstance(says, str) else "")
        parts.append(f"{type(widget).__name__} {own[:40]!r}" if own else type(widget).__name__)
        widget = widget.parentWidget()
    return " in ".join(parts[:4])


def _outside(widget: QWidget) -> Iterator[str]:
    parent = widget.parentWidget()
    if widget.isWindow() or parent is None:
        return
    scrolled = parent.parentWidget()
    if isinstance(scrolled, QScrollArea) and parent is scrolled.viewport():
        yield from _out_of_reach(widget, scrolled)
    elif not parent.rect().contains(widget.geometry()):
        yield f"{_box(widget.geometry())} sticks out of {_box(parent.rect())}"


def _out_of_reach(content: QWidget, area: QScrollArea) -> Iterator[str]:
    view = area.viewport().size()
    for across, needed, there, bar in (
        ("wide", content.width(), view.width(), area.horizontalScrollBar()),
        ("high", content.height(), view.height(), area.verticalScrollBar()),
    ):
        if needed > there and bar.maximum() < needed - there:
            yield f"{needed} {across} in {there}, and cannot be scrolled"
        if there < min(LEAST_SEEN, needed):
            yield f"only {there} {across} of {needed} can be seen"


def _cut(widget: QWidget) -> Iterator[str]:
    if widget.isWindow():
        return
    for kind, look in _LOOKS.items():
        if isinstance(widget, kind):
            yield from look(widget)
            break
    else:
        # What is to be no larger, as the small button that cancels a job, is not cut.
        least, size = widget.minimumSizeHint().boundedTo(widget.maximumSize()), widget.size()
        if least.boundedTo(size + ROUNDING) != least and not isinstance(widget, _OF_ANY_SIZE):
            yield f"{size.toTuple()} is less than {least.toTuple()}"
    if isinstance(widget, QAbstractButton) and widget.visibleRegion().isEmpty() and not _is_scrolled(widget):
        yield "cannot be seen"


def _cut_number(field: QAbstractSpinBox) -> Iterator[str]:
    metrics, room = field.fontMetrics(), field.findChild(QLineEdit).size()
    needed = QSize(metrics.horizontalAdvance(field.text()), metrics.height())
    if needed.boundedTo(room) != needed:
        yield f"its text is {needed.toTuple()}, there are {room.toTuple()}"


def _cut_tabs(bar: QTabBar) -> Iterator[str]:
    if bar.sizeHint().width() > bar.width():
        yield f"its tabs are {bar.sizeHint().width()} wide, it is {bar.width()}"


def _cut_words(words: QLabel) -> Iterator[str]:
    if isinstance(words, ElidedLabel):
        return  # says the whole in its tooltip
    needed = words.sizeHint()
    if words.wordWrap():
        if words.height() < words.heightForWidth(words.width()):
            yield f"{words.height()} high, its words need {words.heightForWidth(words.width())}"
    elif words.text() and (words.width() < needed.width() or words.height() < needed.height()):
        yield f"{words.size().toTuple()}, its words need {needed.toTuple()}"


def _cut_choice(box: QComboBox) -> Iterator[str]:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
    )
    needed = box.fontMetrics().horizontalAdvance(box.currentText())
    if needed > field.width() and box.currentText() not in box.toolTip():
        yield f"{box.currentText()!r} is {needed} wide, there are {field.width()}, and its tooltip does not say it"


_LOOKS: dict[type[QWidget], Callable[..., Iterator[str]]] = {
    QLabel: _cut_words,
    QComboBox: _cut_choice,
    QAbstractSpinBox: _cut_number,
    QTabBar: _cut_tabs,
}
# They scroll, or have pages that are not shown, or no text (a bar of progress, which the theme makes thin).
_OF_ANY_SIZE = QAbstractScrollArea | QTabWidget | QStackedWidget | QProgressBar


def _is_scrolled(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def _overlapping(parent: QWidget) -> Iterator[str]:
    if isinstance(parent, OWN_BUSINESS):
        return
    children = [child for child in _children(parent) if not child.objectName().startswith("qt_")]
    for place, one in enumerate(children):
        for other in children[place + 1 :]:
            shared = one.geometry() & other.geometry()
            if not shared.isEmpty() and not _may_lie_over(one, other):
                yield f"{_name(one)} and {_name(other)} share {_box(shared)}"


def _may_lie_over(one: QWidget, other: QWidget) -> bool:
    return any(isinstance(part, QSplitterHandle | QSizeGrip) for part in (one, other))


def _box(rect: QRect) -> str:
    return f"{rect.width()}x{rect.height()}+{rect.x()}+{rect.y()}"


def walk(window: MainWindow, look: Callable[[str], object]) -> None:
    """Show every pane and view of the window, one after the other, and look at each once it has its place."""
    for view in window.centre.names:
        window.centre.show_view(view)
        if view == "material" or (view == "view-samples" and not window.centre.has("material")):
            for place, pane in enumerate(window.panes):
                window.material_tabs.setCurrentIndex(place)
                settle()
                look(f"{view} {pane.title}")
            window.material_tabs.setCurrentIndex(0)
        else:
            settle()
            look(view)
    window.centre.show_view("view-samples")
    if not window.places.fold.beside and not window.centre.has("generate"):
        window.docks["generate"].raise_()
        settle()
        look("view-samples Generate")
        window.docks["material"].raise_()


def settle() -> None:
    """Let everything take its place."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents()
        QCoreApplication.processEvents()
