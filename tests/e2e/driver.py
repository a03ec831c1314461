"""Runs the real program in this process and tells a test where its widgets are.

``python driver.py CHANNEL [ARGUMENT...]`` calls the very `run` that ``vrnn-studio ARGUMENT...`` calls. A thread
listens on the socket with file descriptor CHANNEL; every line that arrives there is answered by one line of JSON: what
is to be seen at that moment (see `describe`). Nothing here presses, changes or calls anything in the program: all input
comes through the screen, from the mouse and the keyboard.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPoint, QRect, Signal
from PySide6.QtWidgets import QAbstractItemView, QApplication, QMenu, QMenuBar, QTabBar, QWidget


class Eye(QObject):
    """Lives on the program's own thread, where alone widgets may be looked at."""

    asked = Signal()

    def __init__(self, channel: socket.socket) -> None:
        super().__init__()
        self._channel = channel
        self.asked.connect(self.answer)

    def answer(self) -> None:
        seen = [describe(widget) for widget in QApplication.allWidgets() if widget.isVisible()]
        self._channel.sendall(json.dumps(seen).encode() + b"\n")


def describe(widget: QWidget) -> dict[str, Any]:
    """A visible widget in JSON values; boxes are (x, y, width, height) on the screen."""
    return {
        "name": widget.objectName(),
        "kind": [kind.__name__ for kind in type(widget).__mro__ if kind is not object],
        "text": first_of(widget, "text", "currentText", "title", "toPlainText", "windowTitle"),
        "tip": widget.toolTip(),
        "value": first_of(widget, "value", "isChecked"),
        "enabled": widget.isEnabled(),
        "focus": widget.hasFocus(),
        "exposed": not widget.visibleRegion().isEmpty(),
        "box": box_of(widget, widget.rect()),
        "window": widget.window().objectName(),
        "items": items_of(widget),
    }


def first_of(widget: QWidget, *getters: str) -> Any:
    """What the first of these methods that the widget has says, where that is something JSON can hold."""
    for getter in getters:
        method = getattr(widget, getter, None)
        if callable(method):
            value = method()
            if isinstance(value, str | bool | int | float):
                return value.replace("&", "") if isinstance(value, str) else value
    return None


def box_of(widget: QWidget, part: QRect) -> list[int]:
    corner = widget.mapToGlobal(QPoint(part.x(), part.y()))
    return [corner.x(), corner.y(), part.width(), part.height()]


def items_of(widget: QWidget) -> list[dict[str, Any]]:
    """The entries of a list, a menu or a tab bar."""
    if isinstance(widget, QMenu | QMenuBar):
        return [
            item(action.text(), box_of(widget, widget.actionGeometry(action)), action.isEnabled(), action.isChecked())
            for action in widget.actions()
            if action.isVisible() and not action.isSeparator()
        ]
    if isinstance(widget, QTabBar):
        return [
            item(widget.tabText(tab), box_of(widget, widget.tabRect(tab)), widget.isTabEnabled(tab), False)
            for tab in range(widget.count())
        ]
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        model, chosen = widget.model(), widget.selectionModel()
        indexes = [model.index(row, 0, QModelIndex()) for row in range(model.rowCount())]
        return [
            item(str(model.data(index) or ""), box_of(widget.viewport(), widget.visualRect(index)), True, picked)
            for index in indexes
            for picked in [chosen is not None and chosen.isSelected(index)]
        ]
    return []


def item(text: str, box: list[int], enabled: bool, chosen: bool) -> dict[str, Any]:
    return {"text": text.replace("&", ""), "box": box, "enabled": enabled, "chosen": chosen}


def listen(channel: socket.socket) -> None:
    """Pass every question on to the program's thread, as soon as there is a program."""
    while (program := QApplication.instance()) is None:
        time.sleep(0.01)
    eye = Eye(channel)  # not sooner: Qt takes the thread of the first QObject for the program's own
    eye.moveToThread(program.thread())
    with channel.makefile("r") as lines:
        for _ in lines:
            eye.asked.emit()


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=listen, args=(channel,), daemon=True).start()
    sys.argv = ["vrnn-studio", *sys.argv[2:]]
    from studio.app import run

    run()


if __name__ == "__main__":
    main()
