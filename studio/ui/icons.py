"""One family of icons: strokes on a 24 x 24 grid, in the colour of the theme's text."""

from __future__ import annotations

import weakref
from functools import cache
from typing import Protocol

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from shiboken6 import isValid

from studio.assets import resource
from studio.ui.theme import theme


class HasIcon(Protocol):
    """A QAction, a button, or a tab's stand-in."""

    def setIcon(self, icon: QIcon) -> None: ...


def icon(name: str, colour: str = "text") -> QIcon:
    """The icon resources/icons/NAME.svg in a colour of the present theme."""
    colours = theme().colours
    return _icon(name, getattr(colours, colour), colours.disabled)


def set_icon(target: HasIcon, name: str, colour: str = "text") -> None:
    """Give an action or a button an icon that changes with the theme; call again for another one."""
    _shown[target] = (name, colour)
    target.setIcon(icon(name, colour))


def app_icon() -> QIcon:
    """The icon of the window."""
    found = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        found.addPixmap(_pixmap("app", "#000000", size))
    return found


def picture(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """One icon as a picture of `size` logical pixels."""
    found = QPixmap(_pixmap(name, getattr(theme().colours, colour), round(size * ratio)))  # its ratio is its own
    found.setDevicePixelRatio(ratio)
    return found


_shown: weakref.WeakKeyDictionary[HasIcon, tuple[str, str]] = weakref.WeakKeyDictionary()


def refresh() -> None:
    """Recolour every icon in use: connected to the theme by the window."""
    for target, (name, colour) in list(_shown.items()):
        if isValid(target):
            target.setIcon(icon(name, colour))


@cache
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    return QIcon(_Engine(name, colour, disabled))


class _Engine(QIconEngine):
    """Draws an icon when it is first seen, in the size in which it is: all in all sizes would take a start 0.1 s."""

    def __init__(self, name: str, colour: str, disabled: str) -> None:
        super().__init__()
        self._name, self._colour, self._disabled = name, colour, disabled

    def _shade(self, mode: QIcon.Mode) -> str:
        return self._disabled if mode == QIcon.Mode.Disabled else self._colour

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return _pixmap(self._name, self._shade(mode), min(size.width(), size.height()))

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        _drawing(self._name, self._shade(mode)).render(painter, QRectF(rect))

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour, self._disabled)


@cache
def _pixmap(name: str, colour: str, size: int) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    _drawing(name, colour).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


@cache
def _drawing(name: str, colour: str) -> QSvgRenderer:
    drawing = resource("icons", f"{name}.svg").read_bytes().replace(b"currentColor", colour.encode())
    return QSvgRenderer(QByteArray(drawing))
